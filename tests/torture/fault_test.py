"""The disk refuses, through HTTP: a sentence to the client, nothing acknowledged that is not
there, what was there before still served, and all well again once the cause is gone."""

import contextlib
import os
import pathlib
import resource
import shutil
import sqlite3
import sys
import tempfile
import threading
import unittest
import zlib

from base64 import b64encode

from client import Client
from cloud import Cloud
from workers import BUCKET, PART_BYTES


class Fault(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = pathlib.Path(tempfile.mkdtemp(prefix="imagemill-fault-")).resolve()
        cls.addClassCleanup(shutil.rmtree, cls.place)
        cls.data, cls.fault_file = cls.place / "data", cls.place / "fault"
        cls.data.mkdir()
        cls.cloud = Cloud(data=cls.data, environment={
            "LD_PRELOAD": os.environ["TORTURE_LIBRARY"], "TORTURE_ROOT": str(cls.data),
            "TORTURE_FAULT": str(cls.fault_file)})
        cls.addClassCleanup(cls.cloud.stop)
        cls.cloud.start()
        cls.cloud.s3().create_bucket(Bucket=BUCKET)

    def setUp(self):
        self.client = Client(self.cloud.s3_url, self.cloud.credentials())
        self.addCleanup(self.client.close)
        self.ask("PUT", "before", 200, body=b"there before")

    def ask(self, method, key, status, said="", **more):
        answer = self.client.request(method, BUCKET, key, **more)
        self.assertEqual(answer.status, status, answer)
        self.assertIn(said, answer.body.decode())
        return answer

    @contextlib.contextmanager
    def fault(self, name):
        # Moved there, as it is read at any time.
        (self.place / "draft").write_text(name)
        (self.place / "draft").rename(self.fault_file)
        try:
            yield
        finally:
            self.fault_file.unlink()

    def file_of(self, key):
        catalog = sqlite3.connect(f"file:{self.data}/catalog.sqlite?mode=ro", uri=True)
        with contextlib.closing(catalog):
            name, = catalog.execute("SELECT file FROM objects WHERE key = ?", (key,)).fetchone()
        return self.data / "objects" / name[:2] / name

    def assert_writes_fail(self, said):
        """Every way to change something, and nothing changed. (Of what fails in the catalog alone,
        SQLite does not always say why.)"""
        names = set((self.data / "tmp").iterdir())
        self.ask("PUT", "new", 503, said, body=b"x" * 100_000)
        self.ask("PUT", "before", 503, said, body=b"instead")
        self.ask("PUT", "copy", 503, said,
                 headers={"x-amz-copy-source": f"/{BUCKET}/before"})
        self.ask("POST", "parts", 503, "The disk ", query={"uploads": ""})
        self.ask("DELETE", "before", 503, "The disk ")
        self.assertEqual(self.ask("GET", "before", 200).body, b"there before")
        self.ask("GET", "new", 404)
        self.ask("GET", "copy", 404)
        answer = self.cloud.upload("picture.jpg", b"\xff\xd8 no picture")
        self.assertGreaterEqual(answer.status, 400)
        self.assertEqual(set((self.data / "tmp").iterdir()), names, "no half files")

    def assert_well_again(self):
        self.ask("PUT", "new", 200, body=b"now")
        self.assertEqual(self.ask("GET", "new", 200).body, b"now")
        self.ask("DELETE", "new", 204)

    def test_a_full_disk(self):
        with self.fault("ENOSPC"):
            self.assert_writes_fail("The disk is full")
        self.assert_well_again()

    def test_a_disk_that_fills_while_parts_come(self):
        answer = self.ask("POST", "whole", 200, query={"uploads": ""})
        upload = answer.body.decode().split("<UploadId>")[1].split("<")[0]
        part = {"uploadId": upload, "partNumber": "1"}
        etag = self.ask("PUT", "whole", 200, query=part, body=b"1" * PART_BYTES).headers["ETag"]
        body = (f"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag>"
                f"</Part></CompleteMultipartUpload>").encode()
        with self.fault("ENOSPC"):
            self.ask("PUT", "whole", 503, "The disk is full",
                     query={**part, "partNumber": "2"}, body=b"2" * 1000)
            self.ask("POST", "whole", 503, "The disk is full", query={"uploadId": upload},
                     body=body)
            self.ask("GET", "whole", 404)
        self.ask("POST", "whole", 200, query={"uploadId": upload}, body=body)
        self.assertEqual(len(self.ask("GET", "whole", 200).body), PART_BYTES)

    def test_a_read_only_disk(self):
        with self.fault("EROFS"):
            self.assert_writes_fail("The disk is read-only")
        self.assert_well_again()

    def test_a_disk_that_cannot_sync(self):
        with self.fault("EIO"):
            self.ask("PUT", "new", 503, "The disk reports an error", body=b"x")
            self.ask("DELETE", "before", 503, "The disk reports an error")
        self.assert_well_again()

    def test_no_more_files(self):
        pid = self.cloud.process.pid
        former = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        late = []
        newcomer = threading.Thread(
            target=lambda: late.append(self.cloud.request("GET", "/health").status))
        try:
            # None is free but what stands now.
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, former[1]))
            self.ask("PUT", "new", 503, "Too many files are open", body=b"x" * 100_000)
            self.ask("GET", "before", 503, "Too many files are open")
            newcomer.start()
        finally:
            resource.prlimit(pid, resource.RLIMIT_NOFILE, former)
        newcomer.join()
        self.assertEqual(late, [200], "who came meanwhile waited")
        self.assertEqual(self.ask("GET", "before", 200).body, b"there before")
        self.assert_well_again()

    def test_a_file_that_was_removed(self):
        self.ask("PUT", "lost", 200, body=b"lost")
        self.file_of("lost").unlink()
        self.ask("GET", "lost", 503, "are missing or cut on this server's disk")
        self.ask("PUT", "copy", 503, "are missing or cut",
                 headers={"x-amz-copy-source": f"/{BUCKET}/lost"})
        self.ask("PUT", "lost", 200, body=b"again")
        self.assertEqual(self.ask("GET", "lost", 200).body, b"again")

    def test_a_file_that_was_cut(self):
        self.ask("PUT", "cut", 200, body=b"whole")
        os.truncate(self.file_of("cut"), 3)
        self.ask("GET", "cut", 503, "are missing or cut on this server's disk")
        self.ask("DELETE", "cut", 204)
        self.ask("GET", "cut", 404)

    def test_a_flipped_byte_comes_with_the_checksum_it_should_have(self):
        crc = b64encode(zlib.crc32(b"whole").to_bytes(4, "big")).decode()
        self.ask("PUT", "flipped", 200, body=b"whole", headers={"x-amz-checksum-crc32": crc})
        with self.file_of("flipped").open("r+b") as file:
            file.write(b"W")
        answer = self.ask("GET", "flipped", 200, headers={"x-amz-checksum-mode": "ENABLED"})
        self.assertEqual((answer.body, answer.headers["x-amz-checksum-crc32"]), (b"Whole", crc))
        self.ask("DELETE", "flipped", 204)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]], warnings="ignore")
