"""The photographs of bench/burst: as many as asked for, no two the same, of 1 to 12 megapixels.

Each is a piece of one of Debian's wallpapers, reduced or enlarged to a size that cameras and phones
have, and saved as they save: mostly 4:2:0 and baseline, one in ten progressive, one in four upright
by its orientation tag. Which piece, which size and which quality come from its number alone."""

import multiprocessing
import os
import random

from PIL import Image

import pictures

# Sizes and how many of a hundred photographs have them: 4.8 megapixels in the mean.
SIZES = {(1200, 900): 15, (1600, 1200): 20, (2048, 1536): 15, (2592, 1944): 20, (3264, 2448): 20,
         (4000, 3000): 10}
ORIENTATION = 0x0112
ON_ITS_SIDE = 6


class Choice:
    """What is made under one number."""

    def __init__(self, number):
        chance = random.Random(f"burst {number}")
        self.name = f"photo-{number:05}.jpg"
        self.source = chance.choice(pictures.PHOTOGRAPHS)
        self.size = chance.choices(list(SIZES), list(SIZES.values()))[0]
        self.part = chance.uniform(0.6, 1)
        self.place = chance.random(), chance.random()
        self.quality = chance.randint(88, 95)
        self.progressive = chance.random() < 0.1
        self.subsampling = 2 if chance.random() < 0.85 else 1
        self.turned = chance.random() < 0.25

    def box_in(self, whole):
        """The piece of the wallpaper, with the sides' ratio of the size."""
        scale = min(whole[0] / self.size[0], whole[1] / self.size[1]) * self.part
        width, height = self.size[0] * scale, self.size[1] * scale
        left, top = (whole[0] - width) * self.place[0], (whole[1] - height) * self.place[1]
        return left, top, left + width, top + height

    def make(self, wallpaper, path):
        image = wallpaper.resize(self.size, Image.BICUBIC, box=self.box_in(wallpaper.size),
                                 reducing_gap=2)
        exif = Image.Exif()
        if self.turned:
            exif[ORIENTATION] = ON_ITS_SIDE
        beside = path.with_suffix(".part")
        image.save(beside, "JPEG", quality=self.quality, subsampling=self.subsampling,
                   progressive=self.progressive, exif=exif.tobytes())
        beside.rename(path)  # A run cut short leaves no half of one.


def make_of_one(source, choices, folder):
    wallpaper = pictures.load(source)
    for choice in choices:
        choice.make(wallpaper, folder / choice.name)
    return len(choices)


def collect(folder, count, say):
    """The paths, in the order of their numbers; what is there from an earlier run is kept."""
    folder.mkdir(parents=True, exist_ok=True)
    choices = [Choice(number) for number in range(count)]
    missing = {}
    for choice in choices:
        if not (folder / choice.name).exists():
            missing.setdefault(choice.source, []).append(choice)
    if missing:
        total = sum(map(len, missing.values()))
        say(f"making {total} photographs (once)")
        with multiprocessing.Pool(os.cpu_count()) as pool:
            work = [pool.apply_async(make_of_one, (source, chosen, folder))
                    for source, chosen in missing.items()]
            done = 0
            for part in work:
                done += part.get()
                say(f"{done} of {total} photographs made")
    return [folder / choice.name for choice in choices]


def megapixels_of(count):
    sizes = [Choice(number).size for number in range(count)]
    return sum(width * height for width, height in sizes) / 1e6
