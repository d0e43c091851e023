"""Pillow, as a Python function uses it: open, thumbnail, save.

The protocol is line_worker.h's.
"""

import io
import json
import resource
import sys
import time

from PIL import Image, ImageOps, ImageSequence

Image.MAX_IMAGE_PIXELS = None

OPTIONS = {
    "jpeg": lambda quality: {"quality": quality},
    "webp": lambda quality: {"quality": quality, "method": 4},
    "png": lambda quality: {"compress_level": 6},
    "gif": lambda quality: {},
}


def cpu_us():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return round((usage.ru_utime + usage.ru_stime) * 1e6)


def render(data, box, job):
    options = OPTIONS[job["format"]](job["quality"])
    target = io.BytesIO()
    with Image.open(io.BytesIO(data)) as image:
        if job["format"] in ("gif", "webp") and getattr(image, "n_frames", 1) > 1:
            frames = []
            for frame in ImageSequence.Iterator(image):
                small = frame.convert("RGBA")
                small.thumbnail((box, box))
                frames.append(small)
            frames[0].save(target, job["format"], save_all=True, append_images=frames[1:],
                           duration=image.info.get("duration", 100), loop=0, **options)
            return target.getvalue()
        image.thumbnail((box, box))
        image = ImageOps.exif_transpose(image)
        if job["format"] == "jpeg" and image.mode not in ("RGB", "L"):
            image = image.convert("RGB")
        image.save(target, job["format"], **options)
    return target.getvalue()


def work(job):
    with open(job["file"], "rb") as file:
        data = file.read()
    cpu, start = cpu_us(), time.monotonic()
    outputs = [render(data, box, job) for box in job["boxes"]]
    wall = round((time.monotonic() - start) * 1e6)
    cpu = cpu_us() - cpu
    if job["out"]:
        with open(job["out"], "wb") as file:
            file.write(outputs[0])
    return {"cpu_us": cpu, "wall_us": wall, "bytes": [len(output) for output in outputs]}


for line in sys.stdin:
    try:
        answer = work(json.loads(line))
    except Exception as error:  # Whatever it is, the bench prints it and stops.
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
