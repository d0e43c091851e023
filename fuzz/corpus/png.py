"""PNG of every colour type, bit depth and interlacing: Pillow writes too few kinds."""

import struct
import zlib

CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# Adam7 (PNG third edition, 8.1): first column, first row, step across, step down.
PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
          (0, 1, 1, 2)]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def pack_row(samples, depth):
    if depth == 16:
        return b"".join(struct.pack(">H", sample) for sample in samples)
    bits = "".join(format(sample, f"0{depth}b") for sample in samples)
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))


def write(width, height, color, depth, interlaced=False, extra=b""):
    """A slanted gradient; `extra` chunks stand before the pixels."""
    channels = CHANNELS[color]
    top = (1 << depth) - 1 if color != 3 else 3

    def pixel(x, y):
        return [(x * (c + 2) * top // width + y * top // height) % (top + 1)
                for c in range(channels)]

    raw = b""
    for x0, y0, step_x, step_y in PASSES if interlaced else [(0, 0, 1, 1)]:
        for y in range(y0, height, step_y):
            samples = [s for x in range(x0, width, step_x) for s in pixel(x, y)]
            if samples:
                raw += b"\0" + pack_row(samples, depth)
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, int(interlaced))
    palette = chunk(b"PLTE", bytes(range(12))) if color == 3 else b""
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + palette + extra +
            chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b""))


def all_kinds():
    kinds = [(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16), (3, 1), (3, 2), (3, 4),
             (3, 8), (4, 8), (4, 16), (6, 8), (6, 16)]
    for color, depth in kinds:
        if color == 3 and depth == 1:
            continue  # The gradient has four colours.
        for interlaced in (False, True):
            name = f"png-color{color}-{depth}bit{'-interlaced' if interlaced else ''}"
            transparency = {0: b"\0\0", 2: b"\0" * 6, 3: b"\0\x80"}.get(color)
            extra = chunk(b"tRNS", transparency) if transparency and not interlaced else b""
            yield name, write(17, 11, color, depth, interlaced, extra)
    yield "png-gamma-physical", write(8, 8, 2, 8, extra=chunk(b"gAMA", struct.pack(">I", 45455)) +
                                      chunk(b"pHYs", struct.pack(">IIB", 2835, 2835, 1)))
    yield "png-animated", write(8, 8, 6, 8, extra=chunk(b"acTL", struct.pack(">II", 2, 0)) +
                                chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 8, 8, 0, 0, 1, 10, 0,
                                                           0)))
