"""The libraries that are compared, each in processes of its own."""

import json
import os
import subprocess
import tempfile
import time


class Library:
    """How to start one, and what it can do."""

    def __init__(self, name, command, folder, cannot=()):
        self.name = name
        self.command = command
        self.folder = folder
        self.cannot = cannot  # Formats.

    def can(self, source, target):
        return source not in self.cannot and target not in self.cannot

    def start(self):
        return Worker(self)


class Worker:
    """A warm process that takes one job after another."""

    def __init__(self, library):
        self.library = library
        self.process = subprocess.Popen(library.command, cwd=library.folder, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def work(self, file, target, quality, boxes, out=""):
        job = {"file": str(file), "format": target, "quality": quality, "boxes": boxes,
               "out": str(out)}
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline() or '{"error":"the process ended"}')
        if "error" in answer:
            raise SystemExit(f"bench: {self.library.name} on {file}: {answer['error']}")
        return answer

    def stop(self):
        """Peak memory of the whole process, in bytes."""
        self.process.stdin.close()
        _, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = status
        self.process.stdout.close()
        return usage.ru_maxrss * 1024


def run_cold(command, folder):
    """One process from start to end: CPU and wall in microseconds, peak memory in bytes."""
    with tempfile.TemporaryFile() as output:
        start = time.monotonic()
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=output)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
        wall = time.monotonic() - start
        if status != 0:
            output.seek(0)
            raise SystemExit(f"bench: {command[0]} failed: {output.read().decode()[-500:]}")
    return {"cpu_us": round((usage.ru_utime + usage.ru_stime) * 1e6), "wall_us": round(wall * 1e6),
            "peak_bytes": usage.ru_maxrss * 1024}


def libraries(build, bench, modules):
    python = "/usr/bin/python3"
    return [
        Library("imagemill", [str(build / "bin/bench_ours")], modules),
        Library("sharp", ["node", str(bench / "workers/sharp.mjs")], modules),
        Library("libvips", [str(build / "bin/bench_libvips")], modules),
        Library("Pillow", [python, str(bench / "workers/pillow.py")], modules, cannot=("avif",)),
    ]
