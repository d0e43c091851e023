"""The pictures that are measured: Debian's wallpapers, and variants made of them once."""

import pathlib
import subprocess

from PIL import Image, ImageDraw

MATE = pathlib.Path("/usr/share/backgrounds/mate")
PLASMA = pathlib.Path("/usr/share/wallpapers")

# Photographs as their makers saved them: all samplings, baseline and progressive, grey.
PHOTOGRAPHS = [MATE / "nature" / f"{name}.jpg" for name in (
    "Aqua", "Blinds", "Dune", "FreshFlower", "Garden", "GreenMeadow", "LadyBird", "RainDrops",
    "Storm", "TwoWings", "Wood", "YellowFlower")]
PHOTOGRAPHS += [MATE / "abstract" / f"{name}.jpg" for name in (
    "Elephants", "Elephants_3840x2160", "Elephants_5640x3172")]
PHOTOGRAPHS += [PLASMA / name / "contents/images" / size for name, size in (
    ("Autumn", "2560x1600.jpg"), ("BytheWater", "2560x1600.jpg"), ("ColdRipple", "2560x1600.jpg"),
    ("ColorfulCups", "2560x1600.jpg"), ("EveningGlow", "2560x1600.jpg"),
    ("FallenLeaf", "2560x1600.jpg"), ("Grey", "2560x1600.jpg"), ("OneStandsOut", "2560x1600.jpg"),
    ("Path", "2560x1600.jpg"), ("Flow", "5120x2880.jpg"), ("SafeLanding", "1622x2880.jpg"),
    ("SafeLanding", "5120x2880.jpg"))]
GRAPHICS = [MATE / "desktop" / f"{name}.png" for name in (
    "Ubuntu-Mate-Cold-no-logo", "MATE-Stripes-Light", "Float-into-MATE")]
GRAPHICS += [MATE / "abstract" / "Gulp.png"]

Image.MAX_IMAGE_PIXELS = None


def load(path, size=None):
    image = Image.open(path).convert("RGB")
    return image.resize(size, Image.LANCZOS) if size else image


def label(path):
    """"SafeLanding-5120x2880" of a wallpaper's long path, "Aqua" of the others."""
    if PLASMA in path.parents:
        return f"{path.relative_to(PLASMA).parts[0]}-{path.stem}"
    return path.stem


def make_cameras(folder):
    """12 and 24 megapixels as a camera saves them; one lies on its side, one is progressive."""
    source = PLASMA / "SafeLanding/contents/images/5120x2880.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    camera = folder / "camera-12mp.jpg"
    load(source, (4000, 3000)).save(camera, quality=92, subsampling=2)
    load(MATE / "nature/Wood.jpg", (4000, 3000)).save(folder / "camera-12mp-turned.jpg",
                                                      quality=90, subsampling=1,
                                                      exif=exif.tobytes())
    load(MATE / "abstract/Elephants_5640x3172.jpg", (6000, 4000)).save(
        folder / "camera-24mp.jpg", quality=90, subsampling=2)
    progressive = folder / "camera-12mp-progressive.jpg"
    subprocess.run(["jpegtran", "-progressive", "-outfile", progressive, camera], check=True)
    load(MATE / "nature/Garden.jpg", (1200, 900)).save(folder / "small-1mp.jpg", quality=85)


def make_large(folder):
    load(PLASMA / "SafeLanding/contents/images/5120x2880.jpg", (11_600, 8_700)).save(
        folder / "large-100mp.jpg", quality=85, subsampling=2)


def make_pngs(folder):
    for path in (MATE / "nature/Aqua.jpg", MATE / "nature/RainDrops.jpg"):
        load(path, (1600, 1000)).save(folder / f"{path.stem}.png")
    # A photograph with a soft round edge.
    image = load(MATE / "nature/LadyBird.jpg", (1600, 1000))
    mask = Image.radial_gradient("L").resize(image.size).point(lambda v: 255 - v)
    image.putalpha(mask)
    image.save(folder / "LadyBird-alpha.png")


def make_webps(folder):
    for name, options in (("Garden", {"quality": 80}), ("TwoWings", {"quality": 90}),
                          ("Dune", {"lossless": True})):
        load(MATE / "nature" / f"{name}.jpg").save(folder / f"{name}.webp", **options)
    Image.open(folder / "LadyBird-alpha.png").save(folder / "LadyBird-alpha.webp", quality=80)


def make_gifs(folder):
    """A window that pans over a photograph, and a drawn ball on nothing."""
    for name in ("Aqua", "Storm"):
        wide = load(MATE / "nature" / f"{name}.jpg", (1200, 600))
        frames = [wide.crop((x, 0, x + 960, 600)).quantize(128) for x in range(0, 240, 15)]
        frames[0].save(folder / f"{name}-pan.gif", save_all=True, append_images=frames[1:],
                       duration=60, loop=0)
    balls = []
    for step in range(20):
        image = Image.new("P", (900, 900), 0)
        image.putpalette([0, 0, 0, 220, 40, 40, 255, 255, 255])
        draw = ImageDraw.Draw(image)
        draw.ellipse((40 * step, 300, 40 * step + 120, 420), fill=1, outline=2, width=8)
        balls.append(image)
    balls[0].save(folder / "ball.gif", save_all=True, append_images=balls[1:], duration=40, loop=0,
                  transparency=0, disposal=2)


def make_avifs(folder):
    for name in ("Garden", "Storm", "Wood"):
        png = folder / f"{name}-for-avif.png"
        load(MATE / "nature" / f"{name}.jpg").save(png)
        subprocess.run(["avifenc", "--min", "20", "--max", "30", "-s", "8", png,
                        folder / f"{name}.avif"], check=True, capture_output=True)
        png.unlink()


def collect(folder, say):
    """{"jpeg": {label: path}, "png": …, "webp": …, "gif": …, "avif": …, "large": path}"""
    made = folder / "made"
    if not made.exists():
        say("making variants of the pictures (once)")
        folder.mkdir(parents=True, exist_ok=True)
        for make in (make_cameras, make_large, make_pngs, make_webps, make_gifs, make_avifs):
            make(folder)
        made.touch()

    def named(pattern):
        return {path.stem: path for path in sorted(folder.glob(pattern))}

    large = folder / "large-100mp.jpg"
    photographs = {label(path): path for path in PHOTOGRAPHS}
    photographs.update({name: path for name, path in named("*.jpg").items() if path != large})
    return {"jpeg": photographs,
            "png": {**{path.stem: path for path in GRAPHICS}, **named("*.png")},
            "webp": named("*.webp"), "gif": named("*.gif"), "avif": named("*.avif"),
            "large": large}
