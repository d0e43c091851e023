"""The systemd unit, read by systemd's own tool, with the program where this build has it."""

import pathlib
import shutil
import subprocess
import tempfile
import unittest

from cloud import BIN, ROOT, main

UNIT = ROOT / "deploy/systemd/imagemill.service"
INSTALLED = "/opt/imagemill/bin/imagemill"


@unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
class UnitFile(unittest.TestCase):
    def verify(self, text):
        with tempfile.TemporaryDirectory(prefix="imagemill-unit-") as folder:
            unit = pathlib.Path(folder) / UNIT.name
            unit.write_text(text)
            return subprocess.run(["systemd-analyze", "verify", "--man=no", unit],
                                  capture_output=True, text=True)

    def test_is_one_that_systemd_takes_without_a_word(self):
        text = UNIT.read_text()
        self.assertIn(INSTALLED, text)
        ran = self.verify(text.replace(INSTALLED, str((BIN / "imagemill").resolve())))
        self.assertEqual((ran.returncode, ran.stdout + ran.stderr), (0, ""))

    def test_leaves_instances_their_namespaces_and_mounts(self):
        names = {line.split("=")[0] for line in UNIT.read_text().splitlines()
                 if "=" in line and not line.startswith("#")}
        self.assertEqual(names & {"RestrictNamespaces", "SystemCallFilter"}, set())

    def test_would_be_told_of_a_directive_that_does_not_exist(self):
        said = self.verify(UNIT.read_text().replace("ProtectHome=", "ProtectHouse="))
        self.assertIn("ProtectHouse", said.stderr)


if __name__ == "__main__":
    main()
