"""`serve` wherever it may have to run: as root, as a user, in a container: pictures come out ready, and
/health says what could not be had around the functions."""

import os
import shutil
import struct
import subprocess
import unittest
import zlib

import cloud

NOBODY = "65534"
# Docker's default: root without CAP_SYS_ADMIN, and no user namespaces, which nobody in a chroot has.
CONTAINER = """
mount --rbind / /mnt || exit 77
exec chroot /mnt setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin "$@"
"""
SVG = (b'<svg xmlns="http://www.w3.org/2000/svg" width="90" height="40">'
       b'<text x="5" y="30" font-size="24">Text</text></svg>')


def png():
    def chunk(kind, body):
        return (struct.pack(">I", len(body)) + kind + body +
                struct.pack(">I", zlib.crc32(kind + body)))
    rows = b"".join(b"\0" + bytes((x * 4 + y) % 256 for x in range(64)) for y in range(64))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 64, 64, 8, 0, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


class Contained(unittest.TestCase):
    """A JPEG needs no libvips, a PNG has it loaded when all else is closed, a text needs fonts."""

    def pictures_come_out(self, through, prepare=None):
        server = cloud.Cloud(through=through)
        if prepare:
            prepare(server.data)
        with server:
            for name, content in (("a.jpg", cloud.photos()[0].read_bytes()), ("b.png", png()),
                                  ("c.svg", SVG)):
                self.assertEqual(server.upload(name, content).status, 201, name)
                image = server.wait(name).json()
                self.assertEqual(image["status"], "ready", (name, image["error"]))
            health = server.request("GET", "/health").json()
            self.assertEqual(health["functions"]["image-resize-processor"]["errors"], 0)
            return health["containment"]["lacks"] or ""

    def test_as_it_is(self):
        self.pictures_come_out([])

    @unittest.skipIf(os.geteuid() != 0, "not root")
    def test_as_nobody(self):
        through = ["setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"]
        if subprocess.run([*through, "test", "-x", cloud.BIN / "bootstrap"]).returncode != 0:
            self.skipTest("nobody may not run these programs")
        lacks = self.pictures_come_out(through, lambda data: shutil.chown(data, int(NOBODY),
                                                                          int(NOBODY)))
        self.assertNotIn("root", lacks)

    @unittest.skipIf(os.geteuid() != 0, "not root")
    def test_in_a_container_without_namespaces(self):
        through = ["unshare", "--mount", "sh", "-c", CONTAINER, "sh"]
        if subprocess.run([*through, "true"]).returncode != 0:
            self.skipTest("this is such a container already")
        lacks = self.pictures_come_out(through)
        self.assertIn("functions share this machine's network (", lacks)
        self.assertIn("functions see which files this machine has (", lacks)
        self.assertNotIn("root", lacks)


if __name__ == "__main__":
    cloud.main()
