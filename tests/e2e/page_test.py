"""The page and the console in Chromium, against a real server: tests/page holds what is looked at."""

import json
import os
import pathlib
import subprocess
import unittest

from cloud import BIN, Cloud, main

PAGE = pathlib.Path(__file__).parent.parent / "page"


class Page(unittest.TestCase):
    def test_in_a_browser(self):
        with Cloud() as cloud:
            ran = subprocess.run(
                ["node", "--test", *sorted(PAGE.glob("*.test.mjs"))], capture_output=True, text=True,
                env={**os.environ, "IMAGEMILL_PAGE_URL": cloud.url,
                     "IMAGEMILL_CONSOLE_COMMAND": json.dumps(
                         [str(BIN / "imagemill"), "console", "--data", str(cloud.data)])})
            self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr + cloud.stderr_text())


if __name__ == "__main__":
    main()
