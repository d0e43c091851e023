"""The zip for Lambda: the same bytes twice, nothing in it that is not wanted, and in an empty root,
without one library of this machine, it serves real events from a real store."""

import hashlib
import sys
import unittest
import zipfile

import lambda_zip
from cloud import Cloud, jpeg_size, main

ZIP = lambda_zip.zip_of("x86_64")


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.listing = lambda_zip.package("x86_64")

    def test_the_same_sources_give_the_same_bytes(self):
        digest = hashlib.sha256(ZIP.read_bytes()).hexdigest()
        self.assertIn(digest, self.listing)
        lambda_zip.package("x86_64")
        self.assertEqual(hashlib.sha256(ZIP.read_bytes()).hexdigest(), digest)

    def test_it_holds_what_is_needed_and_is_well_under_50_MB(self):
        self.assertLess(ZIP.stat().st_size, 25_000_000)
        with zipfile.ZipFile(ZIP) as archive:
            modes = {info.filename: info.external_attr >> 16 & 0o777 for info in archive.infolist()}
        self.assertLessEqual(lambda_zip.NEEDED, set(modes))
        self.assertEqual({name for name, mode in modes.items() if mode & 0o111},
                         {"bootstrap", "lib/bootstrap", "lib/loader"})
        others = [name for name in modes if ".so" not in name and name not in lambda_zip.NEEDED]
        self.assertEqual(others, [])

    def test_nothing_in_it_says_where_it_was_made(self):
        with zipfile.ZipFile(ZIP) as archive:
            for name in archive.namelist():
                self.assertNotIn(str(lambda_zip.ROOT).encode() + b"/", archive.read(name), name)

    def test_it_works_where_nothing_else_is(self):
        if not lambda_zip.can_change_root():
            self.skipTest("this machine lets nobody change the root")
        with Cloud() as cloud, lambda_zip.EmptyRoot("x86_64") as root:
            lambda_zip.put_pictures(cloud)
            run = lambda_zip.Run(root, cloud, "lambda-out")
            self.assertEqual(run.problems(), [])
            self.assertEqual(max(jpeg_size(run.renditions()["resized-photo.jpg"])), 800)
        print(f"\nin an empty root: first picture {run.first_s:.3f} s after the start, "
              f"peak {run.peak_kb} kB after both", file=sys.stderr)


if __name__ == "__main__":
    main()
