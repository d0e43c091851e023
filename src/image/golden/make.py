#!/usr/bin/env python3
"""Makes the goldens: small pictures and what a resize in floating point makes of them.

    /usr/bin/python3 src/image/golden/make.py      (Debian's python3-pil and python3-numpy)

The rows are those of golden_test.cpp, which reads the files and never runs this.
"""

import math
import pathlib

import numpy
from PIL import Image

FILES = pathlib.Path(__file__).parent / "files"


def scene(width, height, bands):
    """Smooth, with edges, a disc and fine stripes."""
    y, x = numpy.mgrid[0:height, 0:width].astype(float)
    disc = numpy.hypot(x - width * 0.6, y - height * 0.4) < height * 0.25
    stripes = (x < width / 4) & (y > height * 0.6) & (x.astype(int) % 6 < 3)
    red = 128 + 100 * numpy.sin(x * 0.06)
    green = numpy.where(disc, 235, 128 + 100 * numpy.sin(y * 0.09))
    blue = numpy.where(stripes, 20, 128 + 100 * numpy.cos((x + y) * 0.05))
    alpha = numpy.where(disc, 255, 255 * x / width)
    stacked = numpy.dstack([red, green, blue, alpha][:bands])
    return numpy.clip(numpy.rint(stacked), 0, 255)


def weights(source, target):
    """Lanczos with three lobes; a row of weights for each target sample."""
    scale = source / target
    stretch = max(scale, 1)
    table = numpy.zeros((target, source))
    for at in range(target):
        center = (at + 0.5) * scale - 0.5
        for tap in range(math.floor(center - 3 * stretch), math.ceil(center + 3 * stretch) + 1):
            z = (tap - center) / stretch
            if abs(z) >= 3:
                continue
            table[at, min(max(tap, 0), source - 1)] += numpy.sinc(z) * numpy.sinc(z / 3)
    return table / table.sum(axis=1, keepdims=True)


def resize(pixels, width, height):
    """By colours weighed with their alpha, where there is one."""
    has_alpha = pixels.shape[2] in (2, 4)
    if has_alpha:
        pixels = pixels.copy()
        pixels[:, :, :-1] *= pixels[:, :, -1:] / 255
    down = numpy.einsum("ts,sxb->txb", weights(pixels.shape[0], height), pixels)
    both = numpy.einsum("ts,ysb->ytb", weights(pixels.shape[1], width), down)
    if has_alpha:
        alpha = numpy.clip(both[:, :, -1:], 0, 255)
        both[:, :, :-1] = numpy.where(alpha > 0, both[:, :, :-1] * 255 / numpy.maximum(alpha, 1e-9), 0)
        both[:, :, -1:] = alpha
    return numpy.clip(numpy.rint(both), 0, 255)


def save(name, pixels):
    pixels = pixels.astype(numpy.uint8)
    if pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    Image.fromarray(pixels).save(FILES / f"{name}.png", optimize=True)


def contain(pixels, side, color):
    canvas = numpy.tile(numpy.array(color, dtype=float), (side, side, 1))
    top = (side - pixels.shape[0]) // 2
    canvas[top:top + pixels.shape[0], :pixels.shape[1]] = pixels
    return canvas


def main():
    FILES.mkdir(exist_ok=True)
    color, alpha, grey = scene(96, 64, 3), scene(96, 64, 4), scene(96, 64, 1)
    save("color", color)
    save("alpha", alpha)
    save("grey", grey)
    save("color-inside", resize(color, 24, 16))
    save("color-odd", resize(color, 41, 27))
    save("color-fill", resize(color, 40, 12))
    save("color-enlarged", resize(color, 144, 96))
    save("color-cover", resize(color, 36, 24)[:, 6:30])
    save("color-turned", numpy.rot90(resize(color, 48, 32), -1))
    save("color-flipped", resize(color, 48, 32)[:, ::-1])
    save("color-cropped", resize(color[8:48, 16:76], 30, 20))
    save("color-contained", contain(resize(color, 30, 20), 30, (32, 64, 96)))
    save("alpha-inside", resize(alpha, 24, 16))
    save("alpha-odd", resize(alpha, 41, 27))
    save("grey-inside", resize(grey, 24, 16))


if __name__ == "__main__":
    main()
