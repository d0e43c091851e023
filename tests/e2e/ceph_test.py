"""Our S3 client and our functions on a store that no one here wrote: Ceph's gateway, which tells
`serve --s3-endpoint` of what happens in it by its own notifications. Needs Debian's Ceph
(./test --with-ceph). IMAGEMILL_CEPH_PICTURES says how many pictures go through it."""

import concurrent.futures
import contextlib
import hashlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse

import ceph_cluster
from cloud import BIN, Cloud, DEADLINE_S, jpeg_size, main, photos, run_all
from store_events_test import PICTURES, RENDITIONS, of_ceph

# Of the facts that every store is asked for, those that Ceph 16.2 does not have. It removes whatever
# is there; the processor looks for the source after a removal, so nothing rests on this one.
CEPH_LACKS = {"RemoveHoldsItsCondition"}
COUNT = int(os.environ.get("IMAGEMILL_CEPH_PICTURES") or 500)
CLIENTS = 8
WIDTHS = (480, 700, 960, 1200)  # Of the pictures; the built-in recipe makes at most 800 of them.
# Ceph sends keys as they are: what another would decode must stay.
ODD_KEYS = ["a b+c.jpg", "trips/Zürich & Bülach.jpg", "100%.jpg", "100%25 sure%2F+.jpg", "tree/木.jpg",
            "quotes \"'<>.jpg"]


def setUpModule():
    global CEPH
    started = time.monotonic()
    CEPH = ceph_cluster.CephCluster()
    CEPH.__enter__()
    unittest.addModuleCleanup(CEPH.__exit__, None, None, None)
    print(f"Ceph took {time.monotonic() - started:.1f} s to start", file=sys.stderr)


def tearDownModule():
    print(f"Ceph's processes had at most {CEPH.peak_megabytes()} MB", file=sys.stderr)


class Store(unittest.TestCase):
    def test_ceph_has_what_every_store_must_but_for_what_is_written_down(self):
        for bucket in ("source", "destination"):
            CEPH.s3().create_bucket(Bucket=bucket)
        with tempfile.NamedTemporaryFile(suffix=".json") as told:
            ran = subprocess.run(
                [os.environ["IMAGEMILL_OUTSIDE_STORE_TEST"], f"--gtest_output=json:{told.name}"],
                env={**os.environ, "IMAGEMILL_OUTSIDE_S3": CEPH.url,
                     "AWS_ACCESS_KEY_ID": ceph_cluster.KEY,
                     "AWS_SECRET_ACCESS_KEY": ceph_cluster.SECRET}, capture_output=True, text=True)
            suites = json.load(told)["testsuites"]
        facts = [fact for suite in suites for fact in suite["testsuite"]]
        self.assertGreater(len(facts), 20, ran.stdout)
        lacks = {fact["name"].split("/")[0] for fact in facts if fact.get("failures")}
        self.assertEqual(lacks, CEPH_LACKS, ran.stdout)


class Picture:
    """A photograph of one of the widths, unlike every other by a comment in it."""

    bases = {}

    @classmethod
    def make_bases(cls):
        with tempfile.TemporaryDirectory() as folder:
            for width in WIDTHS:
                subprocess.run([BIN / "imagemill", "process", "--width", str(width), "--format",
                                "jpeg", "--out", folder, photos()[0]], check=True, capture_output=True)
                (made,) = pathlib.Path(folder).iterdir()
                cls.bases[width] = made.read_bytes()
                made.unlink()

    def __init__(self, key, note, width):
        base, note = self.bases[width], note.encode()
        self.key = key
        self.content = (base[:2] + b"\xff\xfe" + (len(note) + 2).to_bytes(2, "big") + note + base[2:])
        self.etag = hashlib.md5(self.content).hexdigest()
        width, height = jpeg_size(base)
        scale = min(1, 800 / max(width, height))
        self.rendition_size = round(width * scale), round(height * scale)


class Pictures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.s3 = CEPH.s3()
        for bucket in (PICTURES, RENDITIONS):
            cls.s3.create_bucket(Bucket=bucket)
        cls.server = cls.enterClassContext(Cloud("--s3-endpoint", CEPH.url, environment={
            "AWS_ACCESS_KEY_ID": ceph_cluster.KEY, "AWS_SECRET_ACCESS_KEY": ceph_cluster.SECRET,
            "IMAGEMILL_SOURCE_BUCKET": PICTURES, "IMAGEMILL_DESTINATION_BUCKET": RENDITIONS,
            "IMAGEMILL_RETRY_MILLISECONDS": "1000"}))
        cls.events_path = "/events/" + (cls.server.data / "events-token").read_text().strip()
        CEPH.notify(PICTURES, {"imagemill": cls.server.url + cls.events_path})
        Picture.make_bases()

    def put(self, picture):
        self.s3.put_object(Bucket=PICTURES, Key=picture.key, Body=picture.content)

    def get(self, key):
        return self.s3.get_object(Bucket=RENDITIONS, Key=key)["Body"].read()

    def listing(self, prefix=""):
        """ETags by keys, of what was made."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=RENDITIONS, Prefix=prefix)
        return {entry["Key"]: entry["ETag"] for page in pages for entry in page.get("Contents", [])}

    def health(self):
        return self.server.request("GET", "/health").json()

    def processor(self):
        return self.health()["functions"]["image-resize-processor"]

    def wait_until(self, is_true, moved=lambda: None):
        """Patience begins anew with all that moves: the machine may be as slow as it is."""
        before, deadline = None, 0
        while not is_true():
            now = moved()
            if now != before or not deadline:
                before, deadline = now, time.monotonic() + DEADLINE_S
            self.assertLess(time.monotonic(), deadline, f"{now}\n{self.server.stderr_text()}")
            time.sleep(0.2)

    def wait_for(self, pictures):
        """The manifests, once every one is ready and of the picture's own bytes."""
        ready, seen = {}, {}
        wanted = {picture.key: picture.etag for picture in pictures}

        def all_are_ready():
            for key, etag in self.listing("manifests/").items():
                if seen.get(key) == etag:
                    continue
                seen[key] = etag
                manifest = json.loads(self.get(key))
                source = manifest["source"]
                if manifest["status"] == "ready" and wanted.get(source["key"]) == source["etag"]:
                    ready[source["key"]] = manifest
            return len(ready) == len(wanted)

        self.wait_until(all_are_ready, lambda: len(ready))
        return ready

    def instances(self):
        """The processors' processes: those that know this store."""
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):
                variables = path.read_bytes().split(b"\0")
                if (b"_HANDLER=processor" in variables and
                        f"AWS_ENDPOINT_URL_S3={CEPH.url}".encode() in variables):
                    found.append(int(path.parent.name))
        return found

    def kill_one_at_work(self):
        while self.processor()["errors"] == 0:
            self.assertGreater(self.processor()["instances"], 0, self.server.stderr_text())
            for pid in self.instances()[:1]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.2)

    def assert_rendition(self, picture, manifest):
        (rendition,) = manifest["renditions"]
        made = self.get(rendition["key"])
        self.assertEqual(made[:3], b"\xff\xd8\xff", picture.key)
        self.assertEqual(jpeg_size(made), picture.rendition_size, picture.key)
        self.assertEqual((rendition["width"], rendition["height"]), picture.rendition_size)

    def test_photographs_go_in_and_come_out_while_an_instance_is_killed(self):
        keys = ODD_KEYS + [f"many/{index}.jpg" for index in range(COUNT - len(ODD_KEYS))]
        pictures = [Picture(key, f"picture {key}", WIDTHS[index % len(WIDTHS)])
                    for index, key in enumerate(keys)]
        # Some were other pictures a moment before: both events may be on their way at once.
        earlier = {picture.key: Picture(picture.key, "an earlier one", 480 if index % 2 else 1200)
                   for index, picture in enumerate(pictures) if index % 10 == 3}

        def send(picture):
            if picture.key in earlier:
                self.put(earlier[picture.key])
            self.put(picture)

        began = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as clients:
            sendings = [clients.submit(send, picture) for picture in pictures]
            self.wait_until(lambda: self.processor()["invocations"] >= COUNT // 4,
                            lambda: self.processor()["invocations"])
            self.kill_one_at_work()
            for sending in sendings:
                sending.result()
        sent = time.monotonic()
        manifests = self.wait_for(pictures)
        ready = time.monotonic()
        run_all([lambda one=one: self.assert_rendition(one, manifests[one.key]) for one in pictures],
                CLIENTS)
        print(f"{COUNT} pictures and {len(earlier)} earlier ones: in after {sent - began:.1f} s, "
              f"ready after {ready - began:.1f} s, read back after {time.monotonic() - began:.1f} s; "
              f"{self.processor()}", file=sys.stderr)
        # Nothing else was made, and no attempt was lost but for the killed one's.
        self.assertEqual(len(self.listing()), 2 * COUNT)
        self.assertEqual(self.health()["queue"]["dead"], 0)
        self.check_a_duplicate(pictures[0])
        self.check_the_api(pictures[: len(ODD_KEYS)])
        self.check_removals(pictures[: len(ODD_KEYS)])
        self.assertEqual(len(self.listing()), 2 * (COUNT - len(ODD_KEYS)))
        self.assertEqual(self.health()["queue"]["dead"], 0)

    def check_a_duplicate(self, picture):
        self.wait_until(lambda: self.health()["queue"] == {"waiting": 0, "running": 0, "dead": 0},
                        lambda: self.processor()["invocations"])
        made, before = self.listing(), self.processor()["invocations"]
        answer = self.server.request("POST", self.events_path, body=json.dumps(of_ceph(picture.key)))
        self.assertEqual(answer.json(), {"queued": 1, "ignored": []})
        self.wait_until(lambda: self.processor()["invocations"] > before)
        self.assertEqual(self.listing(), made)

    def check_the_api(self, pictures):
        for picture in pictures:
            answer = self.server.image(picture.key)
            self.assertEqual(answer.status, 200, (picture.key, answer.body))
            rendition = answer.json()["renditions"][0]
            self.assertTrue(rendition["url"].startswith(CEPH.url + "/"), rendition["url"])
            self.assertEqual(self.server.fetch(rendition["url"]).body, self.get(rendition["key"]))

    def check_removals(self, pictures):
        """By the store's own client, and by the API."""
        for picture in pictures[1:]:
            self.s3.delete_object(Bucket=PICTURES, Key=picture.key)
        path = "/image/" + urllib.parse.quote(pictures[0].key)
        self.assertEqual(self.server.request("DELETE", path).status, 204)
        self.wait_until(lambda: len(self.listing()) == 2 * (COUNT - len(pictures)),
                        lambda: len(self.listing()))
        for picture in pictures:
            self.assertEqual(self.server.image(picture.key).status, 404, picture.key)


if __name__ == "__main__":
    missing = ceph_cluster.missing_programs()
    if missing and not os.environ.get("IMAGEMILL_WITH_CEPH"):
        print(f"not run: {', '.join(missing)} not installed; ./test --with-ceph installs them")
        sys.exit(77)
    main()
