"""lambda_zip: the zip of deploy/package as Lambda runs it: unpacked in a root where nothing else is,
against a Runtime API that hands out one event after the other, and the S3 of a real server."""

import http.server
import json
import os
import pathlib
import queue
import shutil
import subprocess
import tempfile
import threading
import time
import urllib.parse
import zipfile

from cloud import DEADLINE_S, ROOT, photos

# As root a root can be changed at once; others need a namespace in which they are.
CHROOT = ["chroot"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "chroot"]
IN_BUCKET = "lambda-in"
# One for the JPEG lane, one for libvips.
PICTURES = {"photo.jpg": lambda: photos()[1],
            "drawing.png": lambda: ROOT / "fuzz/corpus/pictures/png-color6-8bit"}

NEEDED = {"bootstrap", "lib/bootstrap", "lib/loader", "lib/libimagemill-vips.so"}


def can_change_root():
    return subprocess.run([*CHROOT, "/", "true"], capture_output=True).returncode == 0


def zip_of(architecture):
    return ROOT / f"build/imagemill-lambda-{architecture}.zip"


def package(architecture):
    """What it says: the size, the digest, the contents."""
    ran = subprocess.run([ROOT / "deploy/package", architecture], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return ran.stderr


class RuntimeApi:
    """Hands out events one by one; what comes back is in `answers`."""

    def __init__(self):
        self.events, self.answers = queue.Queue(), queue.Queue()
        api = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                event = api.events.get()
                if event is None:
                    self.close_connection = True
                    return
                body = json.dumps(event).encode()
                self.send_response(200)
                for name, value in (("Lambda-Runtime-Aws-Request-Id", "request-1"),
                                    ("Lambda-Runtime-Deadline-Ms", int(time.time() + 600) * 1000),
                                    ("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:x"),
                                    ("Content-Length", len(body))):
                    self.send_header(name, str(value))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                api.answers.put((self.path.rsplit("/", 1)[-1], body.decode(), time.monotonic()))
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_: None  # The instance is killed while it waits.
        self.address = "127.0.0.1:%d" % self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.events.put(None)
        self.server.shutdown()
        self.server.server_close()


class EmptyRoot:
    """Use it as a context manager."""

    def __init__(self, architecture, emulator=None):
        self.architecture, self.emulator = architecture, emulator

    def __enter__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="imagemill-root-"))
        for folder in ("etc", "tmp"):
            (self.path / folder).mkdir()
        with zipfile.ZipFile(zip_of(self.architecture)) as archive:
            for info in archive.infolist():
                path = archive.extract(info, self.path / "var/task")
                os.chmod(path, info.external_attr >> 16 & 0o777)
        if self.emulator:
            shutil.copy(self.emulator, self.path / "emulator")
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path)

    def command(self):
        """An emulator cannot start the loader as bootstrap does: this kernel would have to."""
        if not self.emulator:
            return [*CHROOT, self.path, "/var/task/bootstrap"]
        return [*CHROOT, self.path, "/emulator", "/var/task/lib/loader", "--library-path",
                "/var/task/lib", "--argv0", "bootstrap", "/var/task/lib/bootstrap"]

    def start(self, api, cloud, out_bucket, **more):
        access_key, secret_key = cloud.credentials()
        environment = {"AWS_LAMBDA_RUNTIME_API": api.address, "_HANDLER": "processor",
                       "AWS_ENDPOINT_URL_S3": cloud.s3_url, "AWS_REGION": "us-east-1",
                       "AWS_ACCESS_KEY_ID": access_key, "AWS_SECRET_ACCESS_KEY": secret_key,
                       "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
                       "IMAGEMILL_SOURCE_BUCKET": IN_BUCKET,
                       "IMAGEMILL_DESTINATION_BUCKET": out_bucket,
                       "LAMBDA_TASK_ROOT": "/var/task",
                       "LD_LIBRARY_PATH": "/lib64:/usr/lib64:/var/runtime:/var/task:/var/task/lib"}
        return subprocess.Popen(self.command(),
                                env={**environment, "PATH": os.environ["PATH"], **more},
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def put_pictures(cloud):
    cloud.s3().create_bucket(Bucket=IN_BUCKET)
    for name, path in PICTURES.items():
        cloud.s3().put_object(Bucket=IN_BUCKET, Key=name, Body=path().read_bytes())


def invoke(api, name):
    """The answer: its kind, its body, and when it came."""
    api.events.put({"Records": [{
        "eventVersion": "2.6", "eventSource": "aws:s3", "eventName": "ObjectCreated:Put",
        "eventTime": "2026-12-01T12:00:00.000Z", "awsRegion": "us-east-1",
        "s3": {"s3SchemaVersion": "1.0", "bucket": {"name": IN_BUCKET},
               "object": {"key": urllib.parse.quote_plus(name),
                          "sequencer": "0055AED6DCD90281"}}}]})
    return api.answers.get(timeout=5 * DEADLINE_S)


def peak_kilobytes(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])


def manifest_of(cloud, out_bucket, name):
    return json.loads(cloud.s3().get_object(
        Bucket=out_bucket, Key=f"manifests/{name}/manifest.json")["Body"].read())


class Run:
    """Every picture through the zip, into a bucket of its own."""

    def __init__(self, root, cloud, out_bucket, **more):
        self.cloud, self.out_bucket = cloud, out_bucket
        cloud.s3().create_bucket(Bucket=out_bucket)
        api = RuntimeApi()
        process, begin = root.start(api, cloud, out_bucket, **more), time.monotonic()
        try:
            self.said = {name: invoke(api, name) for name in PICTURES}
            self.first_s = self.said["photo.jpg"][2] - begin
            self.peak_kb = peak_kilobytes(process)
        finally:
            process.kill()
            self.log = process.communicate()[0]
            api.close()

    def problems(self):
        """What was answered otherwise than by a picture that is ready."""
        found = []
        for name, (kind, body, _) in self.said.items():
            if kind != "response" or self.manifest(name)["status"] != "ready":
                found.append(f"{name}: {body}\n{self.log}")
        return found

    def manifest(self, name):
        return manifest_of(self.cloud, self.out_bucket, name)

    def renditions(self):
        """Bytes by key."""
        return {rendition["key"]: self.cloud.s3().get_object(
                    Bucket=self.out_bucket, Key=rendition["key"])["Body"].read()
                for name in PICTURES for rendition in self.manifest(name)["renditions"]}
