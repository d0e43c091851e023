#!/usr/bin/env python3
"""The estimate of a render's memory (src/image/memory.h) beside the peak of a process that does it:
pictures of every kind, to every format, small and large. Writes a table to standard output; what is
outside "from the real peak to twice it" has a mark.

    bench/memory.py [SOURCE-TARGET…]     IMAGEMILL_BIN: the programs, build/bench/bin

A peak is the whole process's, less that of one that reduces a picture of one pixel, and less the
file, which is counted before."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

from PIL import Image

import pictures
from workers import run_cold

ROOT = pathlib.Path(__file__).resolve().parents[1]
BIN = pathlib.Path(os.environ.get("IMAGEMILL_BIN", ROOT / "build/bench/bin"))
SIZES = {"2mp": (1732, 1155), "12mp": (4242, 2828)}
TARGETS = ("jpeg", "png", "webp", "avif", "gif")
BOXES = (300, 1600)
RUNS = 3


def process(source, out, *options, memory_max=None):
    environment = dict(os.environ, LC_ALL="C")
    if memory_max:
        environment["IMAGEMILL_MAX_MEMORY"] = str(memory_max)
    return subprocess.run([BIN / "imagemill", "process", "--json", "--out", out, *options, source],
                          capture_output=True, text=True, env=environment)


def make_stills(folder, name, photograph):
    grey = photograph.convert("L")
    soft = photograph.copy()
    soft.putalpha(Image.radial_gradient("L").resize(photograph.size))
    photograph.save(folder / f"{name}.jpg", quality=90)
    photograph.save(folder / f"{name}-progressive.jpg", quality=90, progressive=True)
    photograph.convert("CMYK").save(folder / f"{name}-cmyk.jpg", quality=90)
    photograph.save(folder / f"{name}.png", compress_level=1)
    soft.save(folder / f"{name}-alpha.png", compress_level=1)
    grey.point(lambda v: v * 257, "I").convert("I;16").save(folder / f"{name}-grey16.png")
    photograph.quantize(64).save(folder / f"{name}-palette.png")
    photograph.save(folder / f"{name}.webp", quality=80, method=0)
    soft.save(folder / f"{name}-alpha.webp", quality=80, method=0)
    photograph.quantize(64).save(folder / f"{name}.gif")
    photograph.save(folder / f"{name}.tif")
    photograph.save(folder / f"{name}.bmp")
    process(folder / f"{name}.png", folder, "--format", "png", "--progressive", "--width",
            str(photograph.width))
    (folder / f"resized-{name}.png").rename(folder / f"{name}-interlaced.png")
    process(folder / f"{name}.jpg", folder, "--format", "avif", "--effort", "0", "--width",
            str(photograph.width))
    (folder / f"resized-{name}.avif").rename(folder / f"{name}.avif")


def make_moving(folder):
    """Frames of half a megapixel, a few and many."""
    wide = pictures.load(pictures.MATE / "nature/Storm.jpg", (1800, 600))
    for count in (4, 32):
        frames = [wide.crop((x * 24, 0, x * 24 + 900, 600)) for x in range(count)]
        for suffix, options in (("gif", {}), ("webp", {"quality": 70, "method": 0})):
            still = [f.quantize(64) for f in frames] if suffix == "gif" else frames
            still[0].save(folder / f"moving-{count}.{suffix}", save_all=True,
                          append_images=still[1:], duration=60, loop=0, **options)


def make(folder):
    for name, size in SIZES.items():
        make_stills(folder, name, pictures.load(pictures.MATE / "nature/Wood.jpg", size))
    make_moving(folder)
    (folder / "drawing.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="3000" height="2000">'
        '<rect width="3000" height="2000" fill="#246"/><circle cx="1500" cy="1000" r="900" '
        'fill="#fc6" fill-opacity="0.6"/></svg>')
    Image.new("RGB", (1, 1)).save(folder / "nothing.jpg")
    return sorted(path for path in folder.iterdir() if path.name != "nothing.jpg")


def peak(source, folder, options):
    """In bytes: the greatest of the runs, as threads of libvips meet by chance."""
    command = [str(BIN / "imagemill"), "process", "--out", str(folder), *options, str(source)]
    return max(run_cold(str(BIN / "bench_cold"), command, folder)["peak_bytes"]
               for _ in range(RUNS))


def estimate(source, folder, options):
    line = json.loads(process(source, folder, *options, memory_max=1).stdout)
    return line["error"].get("measured")


def main():
    os.environ["IMAGEMILL_MAX_SECONDS"] = "600"  # The machine may be busy.
    wanted = set(sys.argv[1:])
    with tempfile.TemporaryDirectory(prefix="imagemill-memory-") as place:
        folder = pathlib.Path(place)
        sources = make(folder)
        out = folder / "out"
        out.mkdir()
        base = peak(folder / "nothing.jpg", out, ["--format", "jpeg"])
        print(f"a process that does nothing much: {base / 1e6:.1f} MB\n")
        print("| source | to | inside | estimate, MB | peak, MB | ratio | |")
        print("|---|---|---:|---:|---:|---:|---|")
        for source in sources:
            for target in TARGETS:
                if wanted and f"{source.stem}{source.suffix}-{target}" not in wanted:
                    continue
                for box in BOXES:
                    options = ["--format", target, "--width", str(box), "--height", str(box)]
                    guess = estimate(source, out, options)
                    real = peak(source, out, options) - base - source.stat().st_size
                    ratio = guess / max(real, 1)
                    mark = "" if 1 <= ratio <= 2 else "under" if ratio < 1 else "over"
                    print(f"| {source.name} | {target} | {box} | {guess / 1e6:.0f} | "
                          f"{real / 1e6:.0f} | {ratio:.2f} | {mark} |", flush=True)


if __name__ == "__main__":
    main()
