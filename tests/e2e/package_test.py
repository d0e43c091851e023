"""The zip for Lambda: the same bytes twice, nothing in it that is not wanted, and in an empty root,
without one library of this machine, it serves real events from a real store."""

import hashlib
import http.server
import json
import os
import pathlib
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse
import zipfile

from cloud import DEADLINE_S, ROOT, Cloud, jpeg_size, main, photos

ZIP = ROOT / "build/imagemill-lambda-x86_64.zip"
IN_BUCKET, OUT_BUCKET = "lambda-in", "lambda-out"
# As root a root can be changed at once; others need a namespace in which they are.
CHROOT = ["chroot"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "chroot"]


def package():
    ran = subprocess.run([ROOT / "deploy/package", "x86_64"], capture_output=True, text=True)
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
                                    ("Lambda-Runtime-Deadline-Ms", int(time.time() + 120) * 1000),
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


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.listing = package()

    def test_the_same_sources_give_the_same_bytes(self):
        digest = hashlib.sha256(ZIP.read_bytes()).hexdigest()
        self.assertIn(digest, self.listing)
        package()
        self.assertEqual(hashlib.sha256(ZIP.read_bytes()).hexdigest(), digest)

    def test_it_holds_what_is_needed_and_is_well_under_50_MB(self):
        self.assertLess(ZIP.stat().st_size, 25_000_000)
        with zipfile.ZipFile(ZIP) as archive:
            modes = {info.filename: info.external_attr >> 16 & 0o777 for info in archive.infolist()}
        wanted = {"bootstrap", "lib/bootstrap", "lib/loader", "lib/libimagemill-vips.so"}
        self.assertLessEqual(wanted, set(modes))
        self.assertEqual({name for name, mode in modes.items() if mode & 0o111},
                         {"bootstrap", "lib/bootstrap", "lib/loader"})
        others = [name for name in modes if ".so" not in name and name not in wanted]
        self.assertEqual(others, [])

    def test_it_works_where_nothing_else_is(self):
        if subprocess.run([*CHROOT, "/", "true"], capture_output=True).returncode != 0:
            self.skipTest("this machine lets nobody change the root")
        root = pathlib.Path(tempfile.mkdtemp(prefix="imagemill-root-"))
        self.addCleanup(shutil.rmtree, root)
        for folder in ("etc", "tmp"):
            (root / folder).mkdir()
        with zipfile.ZipFile(ZIP) as archive:
            for info in archive.infolist():
                path = archive.extract(info, root / "var/task")
                os.chmod(path, info.external_attr >> 16 & 0o777)
        api = RuntimeApi()
        self.addCleanup(api.close)
        with Cloud() as cloud:
            pictures = self.put_pictures(cloud)
            instance, begin = self.start(root, api, cloud), time.monotonic()
            try:
                said = [self.invoke(api, name) for name in pictures]
                peak = self.peak_kilobytes(instance)
            finally:
                instance.kill()
                log = instance.communicate()[0]
            for (kind, body, _), name in zip(said, pictures):
                self.assertEqual(kind, "response", f"{name}: {body}\n{log}")
                manifest = cloud.s3().get_object(Bucket=OUT_BUCKET,
                                                 Key=f"manifests/{name}/manifest.json")
                self.assertEqual(json.loads(manifest["Body"].read())["status"], "ready")
            made = cloud.s3().get_object(Bucket=OUT_BUCKET, Key="resized-photo.jpg")["Body"].read()
            self.assertEqual(max(jpeg_size(made)), 800)
        print(f"\nin an empty root: first picture {said[0][2] - begin:.3f} s after the start, "
              f"peak {peak} kB after both", file=sys.stderr)

    def put_pictures(self, cloud):
        for bucket in (IN_BUCKET, OUT_BUCKET):
            cloud.s3().create_bucket(Bucket=bucket)
        pictures = {"photo.jpg": photos()[1].read_bytes(),
                    "drawing.png": (ROOT / "fuzz/corpus/pictures/png-color6-8bit").read_bytes()}
        for name, content in pictures.items():
            cloud.s3().put_object(Bucket=IN_BUCKET, Key=name, Body=content)
        return list(pictures)

    def start(self, root, api, cloud):
        access_key, secret_key = cloud.credentials()
        environment = {"AWS_LAMBDA_RUNTIME_API": api.address, "_HANDLER": "processor",
                       "AWS_ENDPOINT_URL_S3": cloud.s3_url, "AWS_REGION": "us-east-1",
                       "AWS_ACCESS_KEY_ID": access_key, "AWS_SECRET_ACCESS_KEY": secret_key,
                       "IMAGEMILL_SOURCE_BUCKET": IN_BUCKET,
                       "IMAGEMILL_DESTINATION_BUCKET": OUT_BUCKET,
                       "LAMBDA_TASK_ROOT": "/var/task",
                       "LD_LIBRARY_PATH": "/lib64:/usr/lib64:/var/runtime:/var/task:/var/task/lib"}
        return subprocess.Popen([*CHROOT, root, "/var/task/bootstrap"],
                                env={**environment, "PATH": os.environ["PATH"]},
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def invoke(self, api, name):
        api.events.put({"Records": [{
            "eventVersion": "2.6", "eventSource": "aws:s3", "eventName": "ObjectCreated:Put",
            "eventTime": "2026-12-01T12:00:00.000Z", "awsRegion": "us-east-1",
            "s3": {"s3SchemaVersion": "1.0", "bucket": {"name": IN_BUCKET},
                   "object": {"key": urllib.parse.quote_plus(name),
                              "sequencer": "0055AED6DCD90281"}}}]})
        return api.answers.get(timeout=DEADLINE_S)

    def peak_kilobytes(self, instance):
        status = pathlib.Path(f"/proc/{instance.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0])


if __name__ == "__main__":
    main()
