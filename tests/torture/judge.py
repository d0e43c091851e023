"""judge: what is in a data directory that no server has open, and whether it is in order."""

import hashlib
import json
import pathlib
import sqlite3
import subprocess

from cloud import BIN, DESTINATION, SOURCE

KNOWN = {"catalog.sqlite", "objects", "tmp", "logs", "lock", "credentials", "operator-token",
         "server.json"}


class Directory:
    """After `imagemill check`, which opens it as a server does: brought in order, read through."""

    def __init__(self, data):
        self.data = pathlib.Path(data)
        check = subprocess.run([BIN / "imagemill", "check", "--data", data], capture_output=True,
                               text=True)
        self.faults = [] if check.returncode == 0 else [f"check: {check.stdout}{check.stderr}"]
        # A check makes the catalog of a directory that has none.
        uri = f"file:{self.data}/catalog.sqlite?mode=ro&immutable=1"
        self.catalog = sqlite3.connect(uri, uri=True)
        self.found = {}
        self.read_objects()
        self.read_parts()
        self.look_for_strays()

    def close(self):
        self.catalog.close()

    def rows(self, sql):
        return self.catalog.execute(sql).fetchall()

    def read_objects(self):
        self.files = set()
        self.manifests = {}
        for bucket, key, file, etag, size in self.rows(
                "SELECT bucket, key, file, etag, size_bytes FROM objects"):
            self.files.add(file)
            path = self.data / "objects" / file[:2] / file
            data = path.read_bytes() if path.exists() else b""
            digest = hashlib.md5(data).hexdigest()
            if len(data) != size or ("-" not in etag and digest != etag):
                self.faults.append(f"{bucket}/{key} is not whole: {len(data)} bytes, {digest}")
            if bucket == DESTINATION:
                if key.startswith("manifests/"):
                    self.manifests[key[len("manifests/"):-len("/manifest.json")]] = data
            else:
                self.found[(bucket, key)] = digest

    def read_parts(self):
        self.in_progress = {file for file, in self.rows(
            "SELECT slots_file FROM uploads WHERE slots_file <> ''")}
        for upload, number, etag, file, offset, size in self.rows(
                "SELECT upload, number, etag, file, offset_bytes, size_bytes FROM parts"):
            self.in_progress.add(file)
            path = self.data / "tmp" / file
            data = path.read_bytes()[offset:offset + size] if path.exists() else b""
            self.found[(upload, number)] = hashlib.md5(data).hexdigest()

    def look_for_strays(self):
        there = {path.name for path in (self.data / "objects").glob("*/*")}
        for stray in there ^ self.files:
            self.faults.append(f"objects/ and the rows do not agree on {stray}")
        for stray in {path.name for path in (self.data / "tmp").iterdir()} ^ self.in_progress:
            self.faults.append(f"tmp/ and the rows do not agree on {stray}")
        for name in {path.name.removesuffix(".draft") for path in self.data.iterdir()} - KNOWN:
            self.faults.append(f"{name} is left in the directory")
        for name in ("garbage", "events WHERE state <> 0"):
            if self.rows(f"SELECT * FROM {name}"):
                self.faults.append(f"there are {name}")

    def events_missing(self, possible):
        """Each change of a source, the last one at least, is done, or queued, or a dead letter."""
        told = set()
        for payload, in self.rows("SELECT payload FROM events "
                                  "UNION ALL SELECT payload FROM dead_letters"):
            event = json.loads(payload)["Records"][0]
            entry = event["s3"]["object"]
            told.add((entry["key"].replace("%2F", "/"), entry.get("eTag")))
        faults = []
        for (bucket, key), states in possible.items():
            if bucket != SOURCE or len(states) != 1:
                continue
            state = self.found.get((bucket, key))
            manifest = self.manifests.get(key)
            done = json.loads(manifest)["source"]["etag"] if manifest else None
            is_told = (key, state) in told or (state is None and any(k == key for k, _ in told))
            if done != state and not is_told:
                faults.append(f"{key} is {state}, its manifest of {done}, and no event is queued")
        return faults
