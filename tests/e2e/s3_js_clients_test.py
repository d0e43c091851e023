"""The S3 clients that npm has, against a running server: tests/clients holds what each does."""

import os
import pathlib
import subprocess
import unittest

from cloud import Cloud, main

CLIENTS = pathlib.Path(__file__).parent.parent / "clients"


class JavaScriptClients(unittest.TestCase):
    def test_each_does_what_people_do_with_it(self):
        with Cloud() as cloud:
            key, secret = cloud.credentials()
            ran = subprocess.run(
                ["node", "--test", *sorted(CLIENTS.glob("*.test.mjs"))],
                capture_output=True, text=True,
                env={**os.environ, "IMAGEMILL_S3_URL": cloud.s3_url, "IMAGEMILL_S3_KEY": key,
                     "IMAGEMILL_S3_SECRET": secret})
            self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr + cloud.stderr_text())


if __name__ == "__main__":
    main()
