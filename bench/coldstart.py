"""bench/coldstart's measure: what the start of an instance costs, from outside: a real `imagemill
serve` whose instances are killed before each picture, or let be."""

import contextlib
import json
import os
import pathlib
import re
import signal
import statistics
import subprocess
import tempfile
import time
import urllib.request

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
        self.url = line[1]

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
        found = []
        for task in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir():
            with contextlib.suppress(OSError):  # A thread that ended meanwhile.
                found += map(int, (task / "children").read_text().split())
        return found

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
            server.kill_instances()  # Its log is whole when it is gone.
            starts = server.init_durations()
        finally:
            server.stop()
    return {"start": {short: quantiles(values) for short, values in starts.items()},
            "cold": quantiles(cold), "warm": quantiles(warm)}
