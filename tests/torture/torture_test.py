"""Clients of several kinds change what a server keeps, until it is killed, or the power is cut, at
an instant nobody chose; a model in memory says what may be there afterwards.

IMAGEMILL_TORTURE_KILLS: how many of each kind (a few, or 200 with IMAGEMILL_LONG).
IMAGEMILL_TORTURE_SEED:  of the choices made here; the instants remain the machine's."""

import os
import pathlib
import random
import shutil
import sqlite3
import sys
import tempfile
import threading
import time
import unittest

from cloud import DEADLINE_S, SOURCE, Cloud
from client import Client
from judge import Directory
from model import NEVER, Model
from power_cut import Before, Disk, read_journal, tree
from workers import BUCKET, make_workers, md5

KILLS = int(os.environ.get("IMAGEMILL_TORTURE_KILLS") or
            (200 if os.environ.get("IMAGEMILL_LONG") else 3))
SEED = int(os.environ.get("IMAGEMILL_TORTURE_SEED") or random.randrange(10 ** 9))
CUTS = 4  # A power cut's: at moments of a run, then at its end.
LIBRARY = os.environ["TORTURE_LIBRARY"]


class Torture(unittest.TestCase):
    def setUp(self):
        self.make_place(None)
        self.rng = random.Random(SEED)
        self.model = Model()
        self.workers = make_workers(self.model, self.rng)
        self.credentials = None
        self.kills = self.checks = self.doubts = 0
        self.is_passed = False

    def make_place(self, folder):
        self.place = pathlib.Path(tempfile.mkdtemp(prefix="imagemill-torture-",
                                                   dir=folder)).resolve()
        self.data = self.place / "data"
        self.data.mkdir()

    def in_memory(self):
        """For a disk that is made up anyway."""
        if os.path.isdir("/dev/shm") and shutil.disk_usage("/dev/shm").free > 2 << 30:
            shutil.rmtree(self.place)
            self.make_place("/dev/shm")

    def tearDown(self):
        # What was found is kept to be looked at.
        if not self.is_passed:
            print(f"seed {SEED}; what was found is in {self.place}", file=sys.stderr)
        else:
            shutil.rmtree(self.place)

    def cloud(self, environment=None):
        cloud = Cloud(data=self.data, environment={"IMAGEMILL_RETRY_MILLISECONDS": "500",
                                                   **(environment or {})})
        self.addCleanup(lambda: cloud.process and cloud.kill())
        return cloud

    def start(self, environment=None):
        cloud = self.cloud(environment)
        cloud.start()
        return cloud

    def assert_no_faults(self, faults):
        for worker in self.workers:
            faults = faults + worker.faults
        self.assertEqual(faults, [], f"seed {SEED}, kill {self.kills}")

    def run_and_kill(self, environment=None):
        """Killed among the workers' requests, or, now and then, while it starts."""
        self.kills += 1
        cloud = self.cloud(environment)
        if self.credentials and self.rng.random() < 0.15:
            delay = self.rng.random() * 0.15
            timer = threading.Timer(delay, lambda: cloud.process and cloud.process.kill())
            timer.start()
            try:
                cloud.start()
            except AssertionError:
                return  # Before it was ready.
            finally:
                timer.join()
            cloud.kill()
            return
        cloud.start()
        if self.credentials is None:
            self.credentials = cloud.credentials()
            cloud.s3().create_bucket(Bucket=BUCKET)
        threads = [threading.Thread(target=worker.run, args=(cloud,)) for worker in self.workers]
        for thread in threads:
            thread.start()
        time.sleep(0.2 + self.rng.random() * 0.8)
        cloud.kill()
        for thread in threads:
            thread.join()

    def judge(self, data, until_ns=NEVER - 1):
        """What is in a directory after a crash; it must be what the model allows."""
        directory = Directory(data)
        try:
            possible = {name: self.model.possible(name, until_ns) for name in self.model.names()}
            self.assert_no_faults(directory.faults + self.model.judge(directory.found, until_ns) +
                                  directory.events_missing(possible))
        finally:
            directory.close()
        self.checks += 1
        return directory.found

    def restart_and_read(self):
        """A server after the crash: all that may be there, as a client reads it."""
        cloud = self.start()
        self.assertEqual(cloud.credentials(), self.credentials, "the root key")
        client, faults = Client(cloud.s3_url, self.credentials), []
        for bucket, key in self.model.names():
            if bucket not in (BUCKET, SOURCE):
                continue
            answer = client.request("GET", bucket, key)
            state = md5(answer.body) if answer.status == 200 else None
            if answer.status not in (200, 404) or state not in self.model.possible((bucket, key)):
                faults.append(f"GET {key}: {answer.status}, {state}")
        client.close()
        cloud.kill()
        self.assert_no_faults(faults)

    def settle(self):
        self.doubts += self.model.in_flight()
        self.restart_and_read()
        self.model.settle(self.judge(self.data))

    def finish(self, what):
        """Left alone, all events come to their end."""
        cloud = self.start()
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            queue = cloud.request("GET", "/health").json()["queue"]
            if queue["waiting"] + queue["running"] == 0:
                break
            time.sleep(0.05)
        self.assertEqual(queue["waiting"] + queue["running"], 0, cloud.stderr_text())
        cloud.stop()
        directory = Directory(self.data)
        sources = {key: state for (bucket, key), state in directory.found.items()
                   if bucket == SOURCE}
        self.assertEqual(sorted(directory.manifests), sorted(sources))
        possible = {name: {state} for name, state in directory.found.items()}
        self.assert_no_faults(directory.faults + self.model.judge(directory.found) +
                              directory.events_missing(possible))
        directory.close()
        operations = sum(worker.count for worker in self.workers)
        print(f"\n{what}: {self.kills} kills, {self.checks} directories judged, {operations} "
              f"changes acknowledged, {self.doubts} in flight, 0 lost; seed {SEED}",
              file=sys.stderr)

    def test_kill(self):
        for _ in range(KILLS):
            self.run_and_kill()
            self.settle()
        self.finish("kill -9")
        self.is_passed = True

    def test_power_cut(self):
        self.in_memory()
        for _ in range(KILLS):
            before, journal = Before(self.data, self.place / "before"), self.place / "journal"
            self.run_and_kill({"LD_PRELOAD": LIBRARY, "TORTURE_ROOT": str(self.data),
                               "TORTURE_JOURNAL": str(journal)})
            records = read_journal(journal) if journal.exists() else []
            for cut in range(CUTS):
                is_last = cut == CUTS - 1
                until_ns = NEVER - 1
                if records and not is_last:
                    until_ns = self.rng.choice(records).time_ns
                after = self.place / "after"
                after.mkdir()
                Disk(before, records, until_ns).write(after, self.rng)
                if is_last:
                    shutil.rmtree(self.data)
                    after.rename(self.data)
                else:
                    self.judge(after, until_ns)
                    shutil.rmtree(after)
            self.settle()
            shutil.rmtree(before.copy)
            journal.unlink(missing_ok=True)
        self.finish("power cut")
        self.is_passed = True

    def test_a_disk_whose_syncs_lie_is_found_out(self):
        self.in_memory()
        before, journal = Before(self.data, self.place / "before"), self.place / "journal"
        self.run_and_kill({"LD_PRELOAD": LIBRARY, "TORTURE_ROOT": str(self.data),
                           "TORTURE_JOURNAL": str(journal)})
        lies = [record for record in read_journal(journal) if record.kind not in "sS"]
        for seed in range(50):
            after = self.place / "after"
            after.mkdir()
            Disk(before, lies).write(after, random.Random(seed))
            try:
                self.judge(after)
            except (AssertionError, sqlite3.Error):
                self.is_passed = True
                return
            shutil.rmtree(after)
        self.fail("nobody missed anything")

    def test_the_journal_misses_nothing(self):
        self.in_memory()
        before, journal = Before(self.data, self.place / "before"), self.place / "journal"
        cloud = self.start({"LD_PRELOAD": LIBRARY, "TORTURE_ROOT": str(self.data),
                            "TORTURE_JOURNAL": str(journal)})
        cloud.s3().create_bucket(Bucket=BUCKET)
        threads = [threading.Thread(target=worker.run, args=(cloud,)) for worker in self.workers]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        cloud.stop()
        for thread in threads:
            thread.join()
        after = self.place / "after"
        after.mkdir()
        Disk(before, read_journal(journal)).write(after)
        there, replayed = tree(self.data), tree(after)
        self.assertEqual(sorted(replayed), sorted(there))
        self.assertEqual([name for name in there if replayed[name] != there[name]], [])
        self.is_passed = True


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]], warnings="ignore")
