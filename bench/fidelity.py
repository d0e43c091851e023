"""How near a reduced picture is to a float reference: Lanczos3, nothing rounded.

Both measures are taken on what a viewer decodes: PSNR over red, green and blue, SSIM on luma
(Wang, Bovik, Sheikh, Simoncelli 2004) with its 11×11 Gaussian window.
"""

import numpy
from PIL import Image, ImageOps


def reduced(pixels, target):
    """Along the first axis: Lanczos3, widened by the reduction, its weights scaled up to one."""
    scale = pixels.shape[0] / target
    width = max(scale, 1.0)
    out = numpy.empty((target, *pixels.shape[1:]), dtype=numpy.float32)
    for index in range(target):
        center = (index + 0.5) * scale
        first = max(0, int(center - 3 * width))
        last = min(pixels.shape[0], int(center + 3 * width) + 1)
        distance = (numpy.arange(first, last) + 0.5 - center) / width
        weights = numpy.where(numpy.abs(distance) < 3,
                              numpy.sinc(distance) * numpy.sinc(distance / 3), 0.0)
        weights = (weights / weights.sum()).astype(numpy.float32)
        out[index] = numpy.tensordot(weights, pixels[first:last], axes=1)
    return out


def decoded(path):
    with Image.open(path) as image:
        return numpy.asarray(ImageOps.exif_transpose(image).convert("RGB"), dtype=numpy.float32)


def reference(pixels, width, height):
    rows = reduced(pixels, height)
    both = reduced(rows.swapaxes(0, 1), width).swapaxes(0, 1)
    return numpy.clip(both, 0, 255)


def psnr(a, b):
    error = float(numpy.mean((a - b) ** 2, dtype=numpy.float64))
    return 99.0 if error == 0 else 10 * numpy.log10(255 ** 2 / error)


def blurred(plane):
    offsets = numpy.arange(-5, 6)
    weights = numpy.exp(-offsets ** 2 / (2 * 1.5 ** 2))
    weights /= weights.sum()
    for axis in (0, 1):
        length = plane.shape[axis] - 10
        plane = sum(weight * numpy.take(plane, numpy.arange(start, start + length), axis)
                    for start, weight in enumerate(weights))
    return plane


def ssim(a, b):
    luma = numpy.array([0.299, 0.587, 0.114])
    x, y = a.astype(numpy.float64) @ luma, b.astype(numpy.float64) @ luma
    mean_x, mean_y = blurred(x), blurred(y)
    var_x = blurred(x * x) - mean_x ** 2
    var_y = blurred(y * y) - mean_y ** 2
    both = blurred(x * y) - mean_x * mean_y
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    score = ((2 * mean_x * mean_y + c1) * (2 * both + c2) /
             ((mean_x ** 2 + mean_y ** 2 + c1) * (var_x + var_y + c2)))
    return float(score.mean())


def compare(source, outputs):
    """{name: (psnr, ssim)} of outputs {name: path}; sizes may differ by a pixel."""
    pixels = decoded(source)
    references = {}
    scores = {}
    for name, path in outputs.items():
        image = decoded(path)
        size = (image.shape[1], image.shape[0])
        if size not in references:
            references[size] = reference(pixels, *size)
        scores[name] = (psnr(image, references[size]), ssim(image, references[size]))
    return scores
