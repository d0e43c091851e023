#!/usr/bin/env python3
"""How long a server that crashed takes to start, by what it keeps: a catalog of that many objects
(their files are absent: a start does not look at them), and a thousand uploads cut short.

    bench/recovery.py [OBJECTS…]     IMAGEMILL_BIN: the programs, build/release/bin"""

import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
PROGRAM = pathlib.Path(os.environ.get("IMAGEMILL_BIN", ROOT / "build/release/bin")) / "imagemill"
CUT_SHORT = 1000
RUNS = 5


def start(data):
    """Seconds until it serves, seconds of that on a processor, and its greatest memory, in MB."""
    begun = time.monotonic()
    with subprocess.Popen([PROGRAM, "serve", "--port", "0", "--s3-port", "0", "--data", data],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout.readline().startswith("ready")
        wall = time.monotonic() - begun
        stat = pathlib.Path(f"/proc/{server.pid}/stat").read_text().rsplit(")")[1].split()
        busy = (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")
        status = pathlib.Path(f"/proc/{server.pid}/status").read_text()
        memory = int(status.split("VmHWM:")[1].split()[0]) / 1000
        server.kill()
    return wall, busy, memory


def fill(data, count):
    catalog = sqlite3.connect(data / "catalog.sqlite")
    bucket, = catalog.execute("SELECT name FROM buckets LIMIT 1").fetchone()
    rows = ((bucket, f"album-{i // 1000:06}/picture-{i:09}.jpg", os.urandom(16).hex(),
             os.urandom(16).hex(), 3_000_000, 1_796_126_400_000 + i,
             '{"content_type":"image/jpeg","checksum_algorithm":"CRC64NVME",'
             '"checksum":"rosUhgp5mIg=","checksum_type":"FULL_OBJECT"}') for i in range(count))
    with catalog:
        catalog.executemany("INSERT INTO objects (bucket, key, file, etag, size_bytes, modified_ms,"
                            " attributes) VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    catalog.close()


def measure(count):
    with tempfile.TemporaryDirectory(prefix="imagemill-recovery-") as place:
        data = pathlib.Path(place) / "data"
        start(data)
        fill(data, count)
        runs = []
        for _ in range(RUNS):
            for _ in range(CUT_SHORT):
                (data / "tmp" / os.urandom(16).hex()).touch()
            runs.append(start(data))
            assert not any((data / "tmp").iterdir())
        wall, busy, memory = (sorted(values)[RUNS // 2] for values in zip(*runs))
        size = (data / "catalog.sqlite").stat().st_size / 1e6
        print(f"{count:>9} objects, catalog of {size:.0f} MB: ready after {wall:.2f} s, "
              f"{busy:.2f} s of a processor, {memory:.0f} MB (medians of {RUNS})")


for text in sys.argv[1:] or ["1000", "1000000"]:
    measure(int(text))
