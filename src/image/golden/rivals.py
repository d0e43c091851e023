#!/usr/bin/env python3
"""Measures how near Pillow and sharp come to a resize in floating point, for fidelity_test.cpp.

    /usr/bin/python3 src/image/golden/rivals.py

Needs Debian's python3-pil and python3-numpy, and the sharp that bench/run installs. It makes the
pictures, their references and rivals.txt; the test reads these and never runs this.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import numpy
import PIL
from PIL import Image

import make

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.append(str(ROOT / "bench"))
import fidelity as measures

HOME = ROOT / "build/bench-home"
# As the bench runs them: each as its users do, on its defaults.
RIVALS = {"pillow": ["/usr/bin/python3", ROOT / "bench/workers/pillow.py"],
          "sharp": ["node", ROOT / "bench/workers/sharp.mjs"]}
# Picture, format, box, quality.
ROWS = (("photo.jpg", "jpeg", 128, 75), ("photo.jpg", "jpeg", 300, 75),
        ("photo.jpg", "webp", 128, 75), ("grey.jpg", "jpeg", 128, 75),
        ("drawing.png", "png", 128, 75), ("photo.webp", "webp", 128, 75))


def texture(width, height, bands):
    """Like a photograph: the finer the detail, the weaker."""
    dice = numpy.random.default_rng(7)
    layers = numpy.zeros((height, width, bands))
    for cell in (96, 48, 24, 12, 6, 3):
        for band in range(bands):
            small = dice.normal(size=(height // cell + 2, width // cell + 2)).astype(numpy.float32)
            large = Image.fromarray(small, "F").resize((width, height), Image.BICUBIC)
            layers[:, :, band] += numpy.asarray(large) * cell ** 0.8
    return layers * 0.6


def make_pictures():
    size = (384, 256)
    photo = make.scene(*size, 3) * 0.6 + 50 + texture(*size, 3)
    image = Image.fromarray(numpy.clip(numpy.rint(photo), 0, 255).astype(numpy.uint8))
    image.save(make.FILES / "photo.jpg", quality=88, subsampling=2)
    image.convert("L").save(make.FILES / "grey.jpg", quality=88)
    image.save(make.FILES / "photo.webp", quality=85)
    make.save("drawing", make.scene(320, 240, 3))


def outputs_of(row, folder):
    picture, name, box, quality = row
    for rival, command in RIVALS.items():
        out = folder / f"{rival}.{name}"
        job = {"file": str(make.FILES / picture), "boxes": [box], "format": name,
               "quality": quality, "effort": 0, "out": str(out)}
        answer = subprocess.run(command, input=json.dumps(job) + "\n", text=True, check=True,
                                capture_output=True, cwd=HOME).stdout
        if "error" in json.loads(answer):
            raise SystemExit(f"{rival}: {answer}")
        yield measures.decoded(out)


def line_of(row, folder):
    picture, name, box, quality = row
    outputs = list(outputs_of(row, folder))
    height, width = outputs[0].shape[:2]
    assert all(output.shape == outputs[0].shape for output in outputs), row
    wanted = numpy.rint(measures.reference(measures.decoded(make.FILES / picture), width, height))
    stem, ending = picture.split(".")
    reference = f"{stem}-{ending}-{box}"
    grey = Image.open(make.FILES / picture).mode == "L"
    make.save(reference, wanted[:, :, :1] if grey else wanted)
    scores = [f"{measures.psnr(output, wanted):.3f} {measures.ssim(output, wanted):.5f}"
              for output in outputs]
    return " ".join([picture, f"{reference}.png", name, str(box), str(quality), *scores])


def main():
    make_pictures()
    package = json.loads((HOME / "node_modules/sharp/package.json").read_text())
    lines = [f"# By rivals.py, Pillow {PIL.__version__} and sharp {package['version']}: PSNR and "
             "SSIM of each.",
             "# picture reference format box quality Pillow's sharp's"]
    with tempfile.TemporaryDirectory() as folder:
        lines += [line_of(row, pathlib.Path(folder)) for row in ROWS]
    (make.FILES / "rivals.txt").write_text("\n".join(lines) + "\n")


main()
