"""cloud: a real `imagemill serve` for tests: started on free ports in a directory of its own, stopped
and swept away afterwards. Only Python's standard library (and boto3 where a test asks for it)."""

import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse

BIN = pathlib.Path(os.environ["IMAGEMILL_BIN"])
ROOT = pathlib.Path(__file__).resolve().parents[2]
PHOTOS = pathlib.Path("/usr/share/backgrounds/mate")
SOURCE = "image-upload-source-bucket"
DESTINATION = "image-resized-output-bucket"
DEADLINE_S = 120  # For what must happen at some time: generous, as the machine may be busy.


def photos():
    """Real photographs, smallest first: JPEG, of Debian's mate-backgrounds."""
    found = sorted(PHOTOS.rglob("*.jpg"), key=lambda path: path.stat().st_size)
    assert found, "the Debian package mate-backgrounds is not installed"
    return found


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)


class Cloud:
    """One server. Use it as a context manager."""

    def __init__(self, *arguments, environment=None, data=None, through=()):
        self.arguments = list(arguments)
        self.through = list(through)  # A command that runs the server for us.
        self.environment = environment or {}
        self.keep_data = data is not None
        self.data = pathlib.Path(data or tempfile.mkdtemp(prefix="imagemill-e2e-"))
        self.process = None
        self.url = self.s3_url = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exception):
        self.stop()
        if not self.keep_data:
            shutil.rmtree(self.data, ignore_errors=True)

    def start(self):
        environment = {key: value for key, value in os.environ.items()
                       if not key.startswith(("IMAGEMILL_", "AWS_"))}
        environment.update(self.environment)
        self.stderr = open(self.data.parent / (self.data.name + ".stderr"), "ab")
        # With another store there is no S3 service, and no port of it to be chosen.
        s3_port = [] if "--s3-endpoint" in self.arguments else ["--s3-port", "0"]
        self.process = subprocess.Popen(
            [*self.through, BIN / "imagemill", "serve", "--port", "0", *s3_port, "--data", self.data,
             *self.arguments],
            stdout=subprocess.PIPE, stderr=self.stderr, env=environment, text=True)
        line = self.process.stdout.readline().split()
        if len(line) != 4 or line[0] != "ready":
            self.process.wait()
            raise AssertionError(f"serve did not start: {line}\n{self.stderr_text()}")
        self.url, self.s3_url = line[1], line[3]

    def stop(self, how=signal.SIGTERM):
        if self.process is None:
            return
        self.process.send_signal(how)
        self.process.wait(timeout=DEADLINE_S)
        self.process.stdout.close()
        self.stderr.close()
        self.process = None
        if not self.keep_data:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.stderr.name)

    def kill(self):
        self.stop(signal.SIGKILL)

    def stderr_text(self):
        return pathlib.Path(self.stderr.name).read_text(errors="replace")

    def request(self, method, path, body=None, headers=None, base=None):
        address = urllib.parse.urlsplit(base or self.url)
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=DEADLINE_S)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def fetch(self, url):
        """A whole URL, as curl would."""
        parts = urllib.parse.urlsplit(url)
        return self.request("GET", parts.path + ("?" + parts.query if parts.query else ""),
                            base=f"{parts.scheme}://{parts.netloc}")

    def upload(self, name, content, headers=None):
        query = urllib.parse.urlencode({"filename": name}, quote_via=urllib.parse.quote)
        return self.request("POST", "/upload?" + query, body=content,
                            headers={"Content-Type": "application/octet-stream", **(headers or {})})

    def image(self, name, query=""):
        return self.request("GET", "/image/" + urllib.parse.quote(name) + query)

    def wait(self, name):
        """The final answer of GET /image/NAME."""
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            answer = self.image(name, "?wait=10")
            if answer.status != 202:
                return answer
        raise AssertionError(f"{name} is still processing after {DEADLINE_S} s\n{self.stderr_text()}")

    def credentials(self):
        keys = {}
        for line in (self.data / "credentials").read_text().splitlines():
            if "=" in line:
                name, value = line.split("=", 1)
                keys[name.strip()] = value.strip()
        return keys["aws_access_key_id"], keys["aws_secret_access_key"]

    def s3(self):
        """boto3, pointed here."""
        import boto3
        from botocore.config import Config

        key, secret = self.credentials()
        return boto3.client("s3", endpoint_url=self.s3_url, aws_access_key_id=key,
                            aws_secret_access_key=secret, region_name="us-east-1",
                            config=Config(signature_version="s3v4",
                                          retries={"max_attempts": 1}))

    def keys(self, bucket):
        pages = self.s3().get_paginator("list_objects_v2").paginate(Bucket=bucket)
        return sorted(entry["Key"] for page in pages for entry in page.get("Contents", []))


def jpeg_size(data):
    """Width and height, by the frame header: enough of a check without an imaging library."""
    at = 2
    while at < len(data):
        assert data[at] == 0xFF, "not a JPEG marker"
        marker, length = data[at + 1], int.from_bytes(data[at + 2:at + 4], "big")
        if marker in (0xC0, 0xC1, 0xC2):
            return int.from_bytes(data[at + 7:at + 9], "big"), int.from_bytes(data[at + 5:at + 7], "big")
        at += 2 + length
    raise AssertionError("no frame header")


def run_all(work, jobs):
    """Runs the callables on `jobs` threads; raises the first exception."""
    errors, lock, rest = [], threading.Lock(), list(work)

    def take():
        while True:
            with lock:
                if not rest or errors:
                    return
                job = rest.pop()
            try:
                job()
            except BaseException as error:  # Told to the test, below.
                errors.append(error)

    threads = [threading.Thread(target=take) for _ in range(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def main():
    # boto3 leaves its sockets to the collector.
    unittest.main(argv=[sys.argv[0], "-v"], warnings="ignore")
