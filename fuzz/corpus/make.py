#!/usr/bin/python3
"""Makes the seeds in pictures/ and recipes/: one small file of every odd kind.

Needs Debian's python3-pil, libjpeg-turbo-progs, libavif-bin and libheif-examples. What it made is
committed; files whose names begin with `found-` are what fuzzing found and are left alone.
"""

import io
import pathlib
import random
import struct
import subprocess
import tempfile

from PIL import Image, ImageCms

import png

HERE = pathlib.Path(__file__).parent
TAIL_BYTES = 32  # As choices.h says: what an input's last bytes choose.


def gradient(mode="RGB", size=(40, 30), shift=0):
    image = Image.new("RGB", size)
    for y in range(size[1]):
        for x in range(size[0]):
            image.putpixel((x, y), ((x * 6 + shift) % 256, y * 8 % 256, (x * y + shift) % 256))
    return image.convert(mode)


def saved(image, format_name, **options):
    stream = io.BytesIO()
    image.save(stream, format_name, **options)
    return stream.getvalue()


def run(command, data, suffix_in, suffix_out):
    """Bytes through a program that reads and writes files; {in} and {out} stand for their names."""
    with tempfile.TemporaryDirectory() as directory:
        source = pathlib.Path(directory, "source" + suffix_in)
        target = pathlib.Path(directory, "target" + suffix_out)
        source.write_bytes(data)
        names = {"{in}": str(source), "{out}": str(target)}
        subprocess.run([names.get(word, word) for word in command], check=True,
                       capture_output=True)
        return target.read_bytes()


def exif(orientation):
    block = Image.Exif()
    block[0x0112] = orientation
    block[0x8298] = "someone"  # Copyright
    return block.tobytes()


def jpegs():
    color, grey = gradient(), gradient("L")
    for name, value in (("444", 0), ("422", 1), ("420", 2)):
        yield f"jpeg-{name}", saved(color, "JPEG", subsampling=value, quality=60)
        yield f"jpeg-{name}-progressive", saved(color, "JPEG", subsampling=value, quality=60,
                                                progressive=True)
    plain = saved(color, "JPEG", quality=60)
    yield "jpeg-grey", saved(grey, "JPEG")
    yield "jpeg-grey-progressive", saved(grey, "JPEG", progressive=True)
    yield "jpeg-optimised", saved(color, "JPEG", optimize=True)
    yield "jpeg-cmyk", saved(gradient("CMYK"), "JPEG", quality=50)
    yield "jpeg-one-pixel", saved(gradient(size=(1, 1)), "JPEG")
    yield "jpeg-narrow", saved(gradient(size=(3, 90)), "JPEG", quality=40)
    yield "jpeg-wide", saved(gradient(size=(90, 3)), "JPEG", quality=40, progressive=True)
    for orientation in range(2, 9):
        yield f"jpeg-orientation-{orientation}", saved(gradient(size=(20, 12)), "JPEG", quality=50,
                                                       exif=exif(orientation))
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    yield "jpeg-profile", saved(gradient(size=(8, 8)), "JPEG", quality=50, icc_profile=profile)
    ppm = saved(color, "PPM")
    for name, words in (("440", ["-sample", "1x2"]), ("411", ["-sample", "4x1"]),
                        ("410", ["-sample", "4x2"]), ("mixed", ["-sample", "2x2,2x1,1x2"]),
                        ("rgb", ["-rgb"]), ("restart", ["-restart", "1B"]),
                        ("restart-rows", ["-restart", "1", "-progressive"]),
                        ("arithmetic", ["-arithmetic"]),
                        ("arithmetic-progressive", ["-arithmetic", "-progressive"])):
        yield f"jpeg-{name}", run(["cjpeg", "-quality", "60", *words, "-outfile", "{out}", "{in}"],
                                  ppm, ".ppm", ".jpg")
    yield "jpeg-12bit", plain.replace(b"\xff\xc0\x00\x11\x08", b"\xff\xc0\x00\x11\x0c")
    yield "jpeg-lossless", plain.replace(b"\xff\xc0", b"\xff\xc3")
    yield "jpeg-short", plain[:-60]
    yield "jpeg-head-only", plain[:plain.index(b"\xff\xda")]
    yield "jpeg-progressive-short", saved(color, "JPEG", progressive=True)[:-200]
    large = plain.index(b"\xff\xc0") + 5
    yield "jpeg-claims-65535", plain[:large] + b"\xff\xff\xff\xff" + plain[large + 4:]


def webps():
    color, alpha = gradient(), gradient("RGBA")
    alpha.putalpha(gradient("L", shift=90))
    frames = [gradient("RGBA", (16, 12), shift) for shift in (0, 60, 120)]
    yield "webp-lossy", saved(color, "WEBP", quality=40)
    yield "webp-lossless", saved(color, "WEBP", lossless=True)
    yield "webp-alpha", saved(alpha, "WEBP", quality=40)
    yield "webp-lossless-alpha", saved(alpha, "WEBP", lossless=True)
    yield "webp-orientation", saved(color, "WEBP", quality=30, exif=exif(6))
    yield "webp-animated", saved(frames[0], "WEBP", save_all=True, append_images=frames[1:],
                                 duration=[40, 90, 70], loop=3)
    yield "webp-animated-lossless", saved(frames[0], "WEBP", save_all=True,
                                          append_images=frames[1:], lossless=True)


def gifs():
    frames = [gradient("P", (16, 12), shift) for shift in (0, 60, 120, 180)]
    yield "gif", saved(gradient("P", (24, 16)), "GIF")
    yield "gif-interlaced", saved(gradient("P", (24, 16)), "GIF", interlace=1)
    yield "gif-transparent", saved(gradient("P", (24, 16)), "GIF", transparency=3)
    for disposal in range(4):
        yield f"gif-animated-disposal-{disposal}", saved(
            frames[0], "GIF", save_all=True, append_images=frames[1:], disposal=disposal,
            duration=[0, 20, 70, 100], loop=disposal, optimize=False)
    # A frame of 2×2 in the middle, and one that juts out of the screen.
    screen = b"GIF89a" + struct.pack("<HHBBB", 9, 9, 0x80, 0, 0) + bytes(6)
    block = b"\x21\xf9\x04\x09\x05\x00\x00\x00"
    pixels = b"\x02\x03\x44\x02\x05\x00"
    yield "gif-partial-frames", b"".join(
        [screen] + [block + b"\x2c" + struct.pack("<HHHHB", x, y, 2, 2, 0) + pixels
                    for x, y in ((0, 0), (4, 4), (8, 8))] + [b"\x3b"])


def tiffs():
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "I;16", "F"):
        base = gradient("L") if mode in ("I;16", "F") else None
        image = (base.convert("I").convert(mode) if mode == "I;16" else base.convert(mode)
                 if base else gradient(mode, (16, 12)))
        image = image.crop((0, 0, 16, 12))
        name = mode.replace(";", "-").lower()
        yield f"tiff-{name}", saved(image, "TIFF")
    color = gradient(size=(24, 16))
    for compression in ("tiff_lzw", "packbits", "tiff_deflate", "jpeg"):
        yield f"tiff-{compression.replace('tiff_', '')}", saved(color, "TIFF",
                                                                compression=compression)
    yield "tiff-fax4", saved(gradient("1", (24, 16)), "TIFF", compression="group4")
    yield "tiff-pages", saved(gradient("L", (9, 9)), "TIFF", save_all=True,
                              append_images=[gradient("L", (7, 5))])
    yield "tiff-big-endian", (b"MM\0*\0\0\0\x08\0\x08" + b"".join(
        struct.pack(">HHIHH", tag, 3, 1, value, 0) if kind == 3 else
        struct.pack(">HHII", tag, 4, 1, value)
        for tag, kind, value in ((256, 3, 4), (257, 3, 4), (258, 3, 8), (259, 3, 1), (262, 3, 1),
                                 (273, 4, 110), (278, 3, 4), (279, 4, 16))) + bytes(4) +
        bytes(range(16)))


def boxes():
    """AVIF and HEIC."""
    color = saved(gradient(size=(64, 64)), "PNG")
    alpha = gradient("RGBA", (32, 32))
    alpha.putalpha(gradient("L", (32, 32), 90))
    tile = saved(gradient(size=(64, 64), shift=50), "PNG")
    quality = ["avifenc", "--min", "50", "--max", "60", "-s", "8"]
    yield "avif", run([*quality, "{in}", "{out}"], color, ".png", ".avif")
    for depth in ("10", "12"):
        yield f"avif-{depth}bit", run([*quality, "-d", depth, "{in}", "{out}"], color, ".png",
                                      ".avif")
    yield "avif-grey", run([*quality, "-y", "400", "{in}", "{out}"], color, ".png", ".avif")
    yield "avif-444", run([*quality, "-y", "444", "{in}", "{out}"], color, ".png", ".avif")
    yield "avif-alpha", run([*quality, "{in}", "{out}"], saved(alpha, "PNG"), ".png", ".avif")
    yield "avif-turned", run([*quality, "--irot", "1", "--imir", "0", "{in}", "{out}"], color,
                             ".png", ".avif")
    yield "avif-grid", run([*quality, "--grid", "2x1", "{in}", "{out}"],
                           saved(gradient(size=(128, 64)), "PNG"), ".png", ".avif")
    yield "avif-animated", sequence(quality, color, tile)
    heic = run(["heif-enc", "-q", "20", "-o", "{out}", "{in}"], color, ".png", ".heic")
    yield "heic", heic
    yield "heic-pieces", in_pieces(heic)


def in_pieces(heic):
    """The same file, whose one item is said to lie in two pieces, one behind the other."""
    meta = heic.index(b"meta") - 4
    at = heic.index(b"iloc") - 4
    head, base, count, offset, size = struct.unpack_from(">12sIHII", heic, at + 8)
    assert count == 1 and offset == 0
    half = size // 2
    places = struct.pack(">12sIHIIII", head, base + 8, 2, 0, half, half, size - half)
    longer = struct.pack(">I", struct.unpack_from(">I", heic, meta)[0] + 8)
    return (heic[:meta] + longer + heic[meta + 4:at] +
            struct.pack(">I4s", 8 + len(places), b"iloc") + places + heic[at + 34:])


def sequence(command, *pictures):
    with tempfile.TemporaryDirectory() as directory:
        files = []
        for index, picture in enumerate(pictures):
            files.append(pathlib.Path(directory, f"{index}.png"))
            files[-1].write_bytes(picture)
        target = pathlib.Path(directory, "target.avif")
        subprocess.run([*command, *map(str, files), str(target)], check=True, capture_output=True)
        return target.read_bytes()


def svgs():
    head = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
    for name, text in (
            ("shapes", 'width="40" height="30"><rect x="2" y="3" width="9" height="9" fill="red"/>'
             '<path d="M0 0 C9 9 9 0 20 20 z"/><text x="3" y="20">a</text></svg>'),
            ("viewbox", 'viewBox="0 0 100 50"><circle cx="20" cy="20" r="9"/></svg>'),
            ("gradient", 'width="20" height="20"><defs><linearGradient id="g"><stop offset="0"/>'
             '<stop offset="1" stop-color="#0f0"/></linearGradient></defs>'
             '<rect width="20" height="20" fill="url(#g)"/></svg>'),
            ("filter", 'width="20" height="20"><filter id="f"><feGaussianBlur stdDeviation="2"/>'
             '</filter><g filter="url(#f)"><use xlink:href="#a"/><rect id="a" width="9" '
             'height="9"/></g></svg>'),
            ("picture", 'width="9" height="9"><image width="9" height="9" href="data:image/png;'
             'base64,iVBORw0KGgo="/></svg>'),
            ("outside", 'width="9" height="9"><image href="file:///etc/passwd"/></svg>'),
            ("units", 'width="2.5cm" height="50%" viewBox="0,0,3e2,1e2"><style>rect{fill:red}'
             '</style><rect width="9" height="9"/></svg>'),
            ("loop", 'width="9" height="9"><use id="a" href="#a"/></svg>')):
        yield f"svg-{name}", (head + text).encode()
    yield "svg-prolog", ('<?xml version="1.0" encoding="UTF-8"?>\n<!-- a -->\n' + head +
                         'width="9" height="9"/>').encode()
    yield "svg-entity", ('<!DOCTYPE svg [<!ENTITY a "b">]>' + head +
                         'width="9" height="9">&a;</svg>').encode()
    yield "svg-utf16", (head + 'width="9" height="9"/>').encode("utf-16")


def bmps():
    for mode in ("1", "L", "P", "RGB", "RGBA"):
        yield f"bmp-{mode.lower()}", saved(gradient(mode, (13, 7)), "BMP")
    # OS/2's old header; rows from the top; run lengths.
    old = struct.pack("<IHHHH", 12, 4, 4, 1, 24)
    yield "bmp-os2", b"BM" + struct.pack("<IHHI", 26 + 48, 0, 0, 26) + old + bytes(range(48))
    down = struct.pack("<IiiHHIIiiII", 40, 4, -4, 1, 32, 0, 0, 0, 0, 0, 0)
    yield "bmp-top-down", b"BM" + struct.pack("<IHHI", 54 + 64, 0, 0, 54) + down + bytes(range(64))
    runs = struct.pack("<IiiHHIIiiII", 40, 4, 2, 1, 8, 1, 0, 0, 0, 2, 0)
    yield "bmp-run-lengths", (b"BM" + struct.pack("<IHHI", 72, 0, 0, 62) + runs + bytes(8) +
                              b"\x04\x01\0\0\x02\0\x02\x01\0\1")


    def info(depth, compression, used, masks=b"", size=40):
        return struct.pack("<IiiHHIIiiII", size, 4, 4, 1, depth, compression, 0, 0, 0, used,
                           0) + masks

    def file(header, palette, pixels):
        offset = 14 + len(header) + len(palette)
        return b"BM" + struct.pack("<IHHI", offset + len(pixels), 0, 0, offset) + (
            header + palette + pixels)

    pixels = bytes(range(64))
    yield "bmp-4bit", file(info(4, 0, 16), bytes(range(64)), pixels[:16])
    yield "bmp-16bit", file(info(16, 0, 0), b"", pixels[:32])
    yield "bmp-565", file(info(16, 3, 0), struct.pack("<III", 0xf800, 0x7e0, 0x1f), pixels[:32])
    masks = struct.pack("<IIII", 0xff0000, 0xff00, 0xff, 0xff000000)
    yield "bmp-version4", file(info(32, 3, 0, masks + b"BGRs" + bytes(48), 108), b"", pixels)
    yield "bmp-version5", file(info(32, 3, 0, masks + b" niW" + bytes(64), 124), b"", pixels)
    yield "bmp-run-lengths-4bit", file(info(4, 2, 2), bytes(8),
                                       b"\x04\x01\0\0\0\x04\x12\x34\0\x02\x01\x01\x02\x10\0\1")


def others():
    yield "other-empty", b""
    yield "other-text", b"not a picture\n"
    for name, magic in (("gzip", b"\x1f\x8b\x08"), ("psd", b"8BPS\0\1"), ("pdf", b"%PDF-1.7"),
                        ("jxl", b"\xff\x0a"), ("icon", b"\0\0\1\0"), ("zip", b"PK\x03\x04"),
                        ("film", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom")):
        yield f"other-{name}", magic


def tail(name):
    """Choices that differ from seed to seed, and stay the same from run to run."""
    dice = random.Random(name)
    return bytes([0, dice.randrange(256), 0, dice.randrange(256)] +
                 [dice.randrange(256) for _ in range(TAIL_BYTES - 4)])


RECIPES = {
    "default": '{"rules":[{"renditions":[{"name":"resized","width":800,"height":800}]}]}',
    "all-fields": '{"rules":[{"prefix":"a/","suffix":".png","renditions":[{"name":"s1","width":96,'
                  '"height":64,"fit":"cover","gravity":"attention","background":"#ff880080",'
                  '"enlarge":true,"format":"webp","quality":80,"effort":4,"crop":{"x":1,"y":2,'
                  '"width":3,"height":4},"rotate":90,"flip":"both","dpr":2,"blur":1.5,"sharpen":'
                  '0.5,"max_bytes":20000,"progressive":true,"metadata":"copyright","color":"keep"'
                  '}]}]}',
    "two-rules": '{"rules":[{"prefix":"b","renditions":[{"name":"a","format":"same"},{"name":"b",'
                 '"format":"avif","fit":"contain","gravity":"northwest"}]},{"renditions":[{"name":'
                 '"c","format":"gif","fit":"fill","width":1}]}]}',
    "escapes": '{"rules":[{"prefix":"\\u00fc\\ud83d\\ude00\\n\\"","renditions":[{"name":"a"}]}]}',
    "unknown": '{"rules":[{"renditions":[{"name":"a","widht":3}]}]}',
    "wrong-types": '{"rules":[{"renditions":[{"name":1,"width":"3","enlarge":1}]}]}',
    "numbers": '{"rules":[{"renditions":[{"name":"a","width":1e2,"height":-1,"quality":100.5}]}]}',
    "same-name": '{"rules":[{"renditions":[{"name":"a"},{"name":"a"}]}]}',
    "empty": '{"rules":[]}',
    "deep": "[" * 40,
}


def main():
    pictures, recipes = HERE / "pictures", HERE / "recipes"
    for folder in (pictures, recipes):
        folder.mkdir(exist_ok=True)
        for old in folder.iterdir():
            if not old.name.startswith("found-"):
                old.unlink()
    for make in (jpegs, png.all_kinds, webps, gifs, tiffs, boxes, svgs, bmps, others):
        for name, data in make():
            (pictures / name).write_bytes(data + tail(name))
    for name, text in RECIPES.items():
        (recipes / f"{name}.json").write_text(text)


if __name__ == "__main__":
    main()
