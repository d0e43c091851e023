"""A backlog of events costs disk, not memory, and holds up nobody; a process has the memory that the
limits allow. IMAGEMILL_LONG=1: a million events, and a picture at the default limit of memory."""

import json
import os
import pathlib
import resource
import sqlite3
import struct
import subprocess
import tempfile
import time
import unittest
import zlib

import cloud
import invoke_test

LONG = os.environ.get("IMAGEMILL_LONG") == "1"
EVENTS = 1_000_000 if LONG else 20_000
GROWTH_MB_MAX = 48  # Far less than the events: 20,000 of them are 20 MB, a million a gigabyte.


def resident_mb(pid):
    with open(f"/proc/{pid}/status") as status:
        line = next(line for line in status if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def queue_up(data, count):
    """Events of pictures that are not there, as if they had come while nobody looked."""
    payload = json.dumps(invoke_test.RECORD | {"padding": "x" * 600})
    now = int(time.time() * 1000)
    with sqlite3.connect(data / "catalog.sqlite") as catalog:
        catalog.executemany(
            "INSERT INTO events (function, due_ms, queued_ms, request_id, payload)"
            " VALUES (?, ?, ?, ?, ?)",
            ((invoke_test.PROCESSOR, now, now, f"backlog-{i}", payload) for i in range(count)))
    catalog.close()


def interlaced_png(width, height):
    """Sixteen bits and alpha: libpng holds all of it, eight bytes a pixel, and the file is small."""
    def chunk(kind, body):
        return (struct.pack(">I", len(body)) + kind + body +
                struct.pack(">I", zlib.crc32(kind + body)))

    packer, parts = zlib.compressobj(1), []
    for x, y, dx, dy in ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4),
                         (1, 0, 2, 2), (0, 1, 1, 2)):
        row = b"\0" + bytes(range(32, 40)) * ((width - x + dx - 1) // dx)
        parts += [packer.compress(row) for _ in range((height - y + dy - 1) // dy)]
    parts.append(packer.flush())
    header = struct.pack(">IIBBBBB", width, height, 16, 6, 0, 0, 1)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"".join(parts)) +
            chunk(b"IEND", b""))


class Backlog(unittest.TestCase):
    def test_it_costs_disk_and_an_upload_goes_before_it(self):
        with cloud.Cloud("--max-instances", "1") as server:
            before = resident_mb(server.process.pid)
            server.keep_data = True  # Over the restart.
            server.stop()
            queue_up(server.data, EVENTS)
            server.start()
            server.keep_data = False

            def waiting():
                return server.request("GET", "/health").json()["queue"]["waiting"]

            self.assertGreater(waiting(), EVENTS / 2)
            answers = [server.upload(f"cat-{i}.jpg", cloud.photos()[0].read_bytes())
                       for i in range(5)]
            self.assertEqual([answer.status for answer in answers], [201] * 5)
            peak = resident_mb(server.process.pid)
            left = waiting()
            self.assertGreater(left, 0, "the backlog was gone before anything was seen")
            print(f"{EVENTS} events, {left} left: {before:.0f} MB before, {peak:.0f} MB with them")
            self.assertLess(peak - before, GROWTH_MB_MAX)


class Memory(unittest.TestCase):
    LIMIT = 1_000_000_000 if LONG else 150_000_000
    WIDTH = 4_000 if LONG else 1_000
    BASE = 40_000_000  # What libvips takes, and rows of floats.
    TOO_HIGH = 31_000

    def test_a_picture_at_the_limit_renders_and_one_beyond_is_refused(self):
        limits = {"IMAGEMILL_MAX_MEMORY": str(self.LIMIT), "IMAGEMILL_MAX_SECONDS": "300",
                  "IMAGEMILL_MAX_PIXELS": "200000000"}
        with cloud.Cloud(environment=limits) as server:
            def render(height):
                name = f"{height}.png"
                answer = server.upload(name, interlaced_png(self.WIDTH, height))
                self.assertEqual(answer.status, 201)
                return server.wait(name).json()

            refused = render(self.TOO_HIGH)
            error = refused["error"]
            self.assertEqual(error["setting"], "IMAGEMILL_MAX_MEMORY", refused)
            # The estimate grows with the pixels, from there: to just below the limit.
            height = int(self.TOO_HIGH * 0.98 * (self.LIMIT - self.BASE) /
                         (error["measured"] - self.BASE))
            largest = render(height)
            self.assertEqual(largest["status"], "ready", largest["error"])
            counts = server.request("GET", "/health").json()["functions"]
            self.assertEqual(counts[invoke_test.PROCESSOR]["errors"], 0)
            self.assertEqual(counts[invoke_test.PROCESSOR]["cold_starts"], 1, "none was lost")

    def test_memory_that_ends_is_a_reason_and_no_crash(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "large.png"
            file.write_bytes(interlaced_png(1_000, 20_000))
            limit = 100 << 20
            done = subprocess.run(
                [cloud.BIN / "imagemill", "process", "--json", "--out", folder, file],
                capture_output=True, text=True, timeout=cloud.DEADLINE_S,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (limit, limit)))
        self.assertEqual(done.returncode, 1, done.stderr)
        error = json.loads(done.stdout)["error"]
        self.assertEqual(error["code"], "unavailable")
        self.assertIn("not enough memory", error["message"])


if __name__ == "__main__":
    cloud.main()
