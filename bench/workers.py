"""The libraries that are compared, each in processes of its own."""

import json
import subprocess


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

    def work(self, file, target, quality, boxes, out="", effort=None):
        job = {"file": str(file), "format": target, "quality": quality, "boxes": boxes,
               "out": str(out), "effort": effort}
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline() or '{"error":"the process ended"}')
        if "error" in answer:
            raise SystemExit(f"bench: {self.library.name} on {file}: {answer['error']}")
        return answer

    def stop(self):
        """Peak memory of the whole process, in bytes."""
        # Not wait4's: that begins with what this process had when it made the other.
        with open(f"/proc/{self.process.pid}/status") as status:
            peak = next(line for line in status if line.startswith("VmHWM:"))
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()
        return int(peak.split()[1]) * 1024


def run_cold(launcher, command, folder):
    """One process from start to end: CPU and wall in microseconds, peak memory in bytes."""
    done = subprocess.run([launcher, *command], cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"bench: {command[0]} failed: {done.stderr[-500:]}")
    return json.loads(done.stdout)


def libraries(build, bench, modules):
    python = "/usr/bin/python3"
    return [
        Library("imagemill", [str(build / "bin/bench_ours")], modules),
        Library("sharp", ["node", str(bench / "workers/sharp.mjs")], modules),
        Library("libvips", [str(build / "bin/bench_libvips")], modules),
        Library("Pillow", [python, str(bench / "workers/pillow.py")], modules, cannot=("avif",)),
    ]
