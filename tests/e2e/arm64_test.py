"""The zip for Lambda on arm64, in an empty root under an emulator: it starts its own loader, and
makes of every picture what the x86_64 one makes, to the byte. Needs the cross compiler, which
`./test --with-arm64` installs."""

import os
import shutil
import subprocess
import sys
import unittest
import zipfile

import lambda_zip
from cloud import Cloud, main

EMULATOR, COMPILER = "qemu-aarch64-static", "aarch64-linux-gnu-g++"
ARM64 = 183  # e_machine of ELF's header.


class Arm64(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        lambda_zip.package("x86_64")
        lambda_zip.package("arm64")

    def setUp(self):
        if not lambda_zip.can_change_root():
            self.skipTest("this machine lets nobody change the root")

    def test_every_program_and_library_in_it_is_for_arm64(self):
        with zipfile.ZipFile(lambda_zip.zip_of("arm64")) as archive:
            self.assertLessEqual(lambda_zip.NEEDED, set(archive.namelist()))
            for name in archive.namelist():
                head = archive.read(name)[:20]
                self.assertEqual(head[:4], b"\x7fELF", name)
                self.assertEqual(int.from_bytes(head[18:20], "little"), ARM64, name)

    def test_bootstrap_starts_the_loader_that_is_beside_it(self):
        with lambda_zip.EmptyRoot("arm64", shutil.which(EMULATOR)) as root:
            ran = subprocess.run([*lambda_zip.CHROOT, root.path, "/emulator", "-strace",
                                  "/var/task/bootstrap"], capture_output=True, text=True)
        self.assertIn('execve("/var/task/lib/loader",{"/var/task/lib/loader","--library-path",'
                      '"/var/task/lib","--argv0","bootstrap","/var/task/lib/bootstrap",NULL}',
                      ran.stderr)

    def test_it_makes_what_the_other_one_makes(self):
        with Cloud() as cloud, lambda_zip.EmptyRoot("x86_64") as here, \
                lambda_zip.EmptyRoot("arm64", shutil.which(EMULATOR)) as there:
            lambda_zip.put_pictures(cloud)
            seconds = {"IMAGEMILL_MAX_SECONDS": "500"}  # An emulator takes its time.
            runs = [lambda_zip.Run(here, cloud, "lambda-out-x86", **seconds),
                    lambda_zip.Run(there, cloud, "lambda-out-arm", **seconds)]
            for run in runs:
                self.assertEqual(run.problems(), [])
            expected, made = (run.renditions() for run in runs)
        self.assertEqual(set(made), set(expected))
        for key in made:
            self.assertEqual(made[key], expected[key], key)


if __name__ == "__main__":
    missing = [program for program in (EMULATOR, COMPILER) if not shutil.which(program)]
    if missing and not os.environ.get("IMAGEMILL_WITH_ARM64"):
        print(f"not run: {', '.join(missing)} not installed; ./test --with-arm64 installs them")
        sys.exit(77)
    main()
