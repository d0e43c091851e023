"""How near a reduced picture is to a float reference: Lanczos3 on linear axes, nothing rounded.

Both measures are taken on what a viewer decodes: PSNR over red, green and blue, SSIM on luma
(Wang, Bovik, Sheikh, Simoncelli 2004) with its 11×11 Gaussian window.
"""

import numpy
from PIL import Image, ImageOps


def kernel_matrix(source, target):
    """One row of weights for each target sample: Lanczos3, widened by the reduction."""
    scale = source / target
    support = 3 * max(scale, 1.0)
    centers = (numpy.arange(target) + 0.5) * scale
    positions = numpy.arange(source) + 0.5
    distance = (positions[None, :] - centers[:, None]) / max(scale, 1.0)
    weights = numpy.where(numpy.abs(distance) < 3,
                          numpy.sinc(distance) * numpy.sinc(distance / 3), 0.0)
    assert support > 0 and (weights.sum(axis=1) > 0).all()
    return (weights / weights.sum(axis=1, keepdims=True)).astype(numpy.float32)


def decoded(path):
    with Image.open(path) as image:
        return numpy.asarray(ImageOps.exif_transpose(image).convert("RGB"), dtype=numpy.float32)


def reference(pixels, width, height):
    rows = kernel_matrix(pixels.shape[0], height)
    columns = kernel_matrix(pixels.shape[1], width)
    reduced = [rows @ pixels[:, :, channel] @ columns.T for channel in range(3)]
    return numpy.clip(numpy.stack(reduced, axis=2), 0, 255)


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
