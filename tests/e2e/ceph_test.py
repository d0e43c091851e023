"""Our S3 client on a store that no one here wrote: Ceph's gateway. Needs Debian's Ceph
(./test --with-ceph)."""

import json
import os
import subprocess
import sys
import tempfile
import time
import unittest

import ceph_cluster
from cloud import main

# Of the facts that every store is asked for, those that Ceph 16.2 does not have. It removes whatever
# is there; the processor looks for the source after a removal, so nothing rests on this one.
CEPH_LACKS = {"RemoveHoldsItsCondition"}


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


if __name__ == "__main__":
    missing = ceph_cluster.missing_programs()
    if missing and not os.environ.get("IMAGEMILL_WITH_CEPH"):
        print(f"not run: {', '.join(missing)} not installed; ./test --with-ceph installs them")
        sys.exit(77)
    main()
