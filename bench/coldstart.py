"""What the start of an instance costs, seen from outside: a real `imagemill serve` whose instances are
killed before each picture, or let be. bench/coldstart runs this by itself."""

import contextlib
import json
import os
import pathlib
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import sections
from processes import children_of

FUNCTIONS = {"image-upload-handler": "api", "image-resize-processor": "processor"}
DEADLINE_S = 60


class Server:
    def __init__(self, bin_folder, data):
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith(("IMAGEMILL_", "AWS_"))}
        self.data = pathlib.Path(data)
        self.process = subprocess.Popen(
            [str(bin_folder / "imagemill"), "serve", "--port", "0", "--s3-port", "0", "--data",
             str(data)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment,
            text=True)
        line = self.process.stdout.readline().split()
        if not line or line[0] != "ready":
            raise SystemExit("bench: imagemill serve did not start")
        self.url, self.s3_url = line[1], line[3]

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()

    def send(self, path, body=None):
        with urllib.request.urlopen(self.url + path, data=body, timeout=DEADLINE_S) as answer:
            return json.load(answer)

    def kill_instances(self):
        """The server finds them gone when it next has work for them."""
        for child in self.instances():
            os.kill(child, signal.SIGKILL)
        while self.instances():
            time.sleep(0.002)

    def instances(self):
        return children_of(self.process.pid)

    def upload_and_wait(self, name, content):
        """Milliseconds from the first byte of the upload to the answer that says ready."""
        start = time.monotonic()
        self.send(f"/upload?filename={name}", content)
        while True:
            image = self.send(f"/image/{name}?wait=10")
            if image["status"] == "failed":
                raise SystemExit(f"bench: {image['error']}")
            if image["status"] == "ready":
                return (time.monotonic() - start) * 1000

    def init_durations(self):
        """{function: [milliseconds from the start of a process to its first call of next]}"""
        found = {short: [] for short in FUNCTIONS.values()}
        for path in (self.data / "logs").rglob("*"):
            short = next((short for name, short in FUNCTIONS.items() if name in str(path)), None)
            if short and path.is_file():
                found[short] += [float(value) for value in
                                 re.findall(r"Init Duration: ([0-9.]+) ms", path.read_text())]
        return found


def scale(server, content):
    """From nothing to two processors by a burst, and back when they have been idle long enough."""
    def processors():
        return server.send("/health")["functions"]["image-resize-processor"]["instances"]

    start = time.monotonic()
    burst = [threading.Thread(target=server.upload_and_wait, args=(f"burst-{i}.jpg", content))
             for i in range(8)]
    for upload in burst:
        upload.start()
    while processors() < 2:
        time.sleep(0.002)
    up_ms = (time.monotonic() - start) * 1000
    for upload in burst:
        upload.join()
    start = time.monotonic()
    while processors() > 0:
        time.sleep(0.2)
    return {"up_ms": up_ms, "down_s": time.monotonic() - start}


def quantiles(values):
    ordered = sorted(values)
    return {"p50": statistics.median(ordered), "p99": ordered[min(len(ordered) - 1,
                                                                  len(ordered) * 99 // 100)],
            "count": len(ordered)}


def measure(bin_folder, picture, rounds, step):
    """{"start": {function: quantiles}, "cold": quantiles, "warm": quantiles} in milliseconds."""
    content = pathlib.Path(picture).read_bytes()
    with tempfile.TemporaryDirectory(prefix="imagemill-bench-") as folder:
        os.chmod(folder, 0o755)
        server = Server(pathlib.Path(bin_folder), pathlib.Path(folder) / "data")
        try:
            cold, warm = [], []
            for turn in range(rounds):
                server.kill_instances()
                cold.append(server.upload_and_wait(f"cold-{turn}.jpg", content))
                warm.append(server.upload_and_wait(f"warm-{turn}.jpg", content))
                step(f"cold start {turn + 1} of {rounds}")
            starts = server.init_durations()
            server.kill_instances()
            scaled = scale(server, content)
        finally:
            server.stop()
    return {"start": {short: quantiles(values) for short, values in starts.items()},
            "cold": quantiles(cold), "warm": quantiles(warm), "scale": scaled}


HEADING = "## Cold start of an instance"


def section(measured):
    rows = [("start of `api`, to its first call of next", measured["start"]["api"]),
            ("start of `processor`, likewise", measured["start"]["processor"]),
            ("upload to ready, no instance there", measured["cold"]),
            ("upload to ready, both warm", measured["warm"])]
    scaled = measured["scale"]
    return "\n".join([
        HEADING, "",
        "`imagemill serve`, one 2560×1600 JPEG through `POST /upload` and `GET /image?wait`, with all",
        "that [guarantees.md](guarantees.md), Contained, has around an instance. Measured by",
        f"`bench/coldstart`, {measured['cold']['count']} rounds, {measured['where']}.", "",
        "| | p50, ms | p99, ms |", "|---|---:|---:|",
        *(f"| {name} | {row['p50']:.0f} | {row['p99']:.0f} |" for name, row in rows), "",
        f"A burst of 8 uploads had two processors {scaled['up_ms']:.0f} ms after its beginning; "
        "the last was gone", f"{scaled['down_s']:.0f} s after the last picture (idle instances stop "
        "after 60 s).", ""])


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    picture = "/usr/share/backgrounds/mate/nature/TwoWings.jpg"

    def step(what):
        print(f"\rbench: {what}", end="", file=sys.stderr, flush=True)

    measured = measure(root / "build/release/bin", picture, rounds, step)
    ahead = " at a real-time priority" if os.sched_getscheduler(0) != os.SCHED_OTHER else ""
    measured["where"] = f"{os.cpu_count()} cores,{ahead} beside a load of {os.getloadavg()[0]:.0f}"
    page = root / "docs/performance.md"
    page.write_text(sections.put(page.read_text(), section(measured)))
    print("\nbench: docs/performance.md has it", file=sys.stderr)


if __name__ == "__main__":
    main()
