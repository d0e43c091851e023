"""The power cut itself is tried: what a program synced is there after every cut, and what it forgot
to sync is lost in some."""

import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import unittest

from power_cut import Before, Disk, read_journal, tree

JOURNAL = os.environ["TORTURE_LIBRARY"]
SEEDS = 60

# What each program begins with.
PRELUDE = """
import os
def put(name, data, sync=True, flags=os.O_WRONLY | os.O_CREAT):
    fd = os.open(name, flags, 0o600)
    os.write(fd, data)
    if sync: os.fsync(fd)
    os.close(fd)
def sync_folder(name="."):
    fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(fd)
    os.close(fd)
"""


class PowerCut(unittest.TestCase):
    def setUp(self):
        self.place = pathlib.Path(tempfile.mkdtemp(prefix="imagemill-cut-")).resolve()
        self.addCleanup(shutil.rmtree, self.place)
        self.root = self.place / "root"
        self.root.mkdir()

    def run_program(self, text):
        before = self.place / "before"
        shutil.rmtree(before, ignore_errors=True)
        self.before = Before(self.root, before)
        environment = {"PATH": os.environ["PATH"], "LD_PRELOAD": JOURNAL,
                       "TORTURE_ROOT": str(self.root), "TORTURE_JOURNAL": str(self.place / "j")}
        return subprocess.run([sys.executable, "-c", PRELUDE + text], cwd=self.root,
                              env=environment, capture_output=True, text=True)

    def after(self, text):
        """Every directory that some cut at the program's end leaves."""
        program = self.run_program(text)
        self.assertEqual(program.returncode, 0, program.stderr)
        disk = Disk(self.before, read_journal(self.place / "j"))
        outcomes = []
        for seed in range(-1, SEEDS):
            target = self.place / "after"
            target.mkdir()
            disk.write(target, random.Random(seed) if seed >= 0 else None)
            outcomes.append(tree(target))
            shutil.rmtree(target)
        self.assertEqual(outcomes[0], tree(self.root), "kept whole, it is what the program left")
        return outcomes

    def test_what_was_synced_with_its_folder_is_there_after_every_cut(self):
        for found in self.after("put('a', b'x' * 5000); sync_folder()"):
            self.assertEqual(found, {"a": b"x" * 5000})

    def test_a_forgotten_fsync_of_a_file_is_found(self):
        found = self.after("put('a', b'x' * 5000, sync=False); sync_folder()")
        self.assertTrue(all("a" in names for names in found))
        self.assertTrue(any(names["a"] == b"" for names in found))
        torn = [names["a"] for names in found if 0 < names["a"].count(b"x") < 5000]
        self.assertTrue(any(b"\0" in data for data in torn), "some sectors of it")

    def test_a_forgotten_fsync_of_a_folder_is_found(self):
        found = self.after("put('a', b'x')")
        self.assertIn({}, found)
        self.assertIn({"a": b"x"}, found)

    def test_an_fsync_before_the_last_write_does_not_count_for_it(self):
        found = self.after("put('a', b'1'); put('a', b'2', sync=False); sync_folder()")
        self.assertEqual({names["a"] for names in found}, {b"1", b"2"})

    def test_a_rename_is_there_whole_or_not_at_all(self):
        self.root.joinpath("a").write_bytes(b"old")
        found = self.after("put('b', b'new'); sync_folder(); os.rename('b', 'a')")
        self.assertIn({"a": b"new"}, found)
        self.assertIn({"a": b"old", "b": b"new"}, found)
        self.assertEqual(len({str(names) for names in found}), 2)

    def test_a_rename_before_its_bytes_are_synced_is_found(self):
        self.root.joinpath("a").write_bytes(b"old")
        found = self.after("put('b', b'new', sync=False); os.rename('b', 'a'); sync_folder()")
        self.assertTrue(all(list(names) == ["a"] for names in found))
        self.assertIn({"a": b""}, found)

    def test_a_rename_is_certain_when_one_of_its_folders_was_synced(self):
        self.root.joinpath("in").mkdir()
        for found in self.after("put('a', b'1'); sync_folder(); os.rename('a', 'in/a');"
                                "sync_folder('.')"):
            self.assertEqual(found, {"in": None, "in/a": b"1"})

    def test_a_removal_that_was_not_synced_may_not_have_happened(self):
        self.root.joinpath("a").write_bytes(b"1")
        found = self.after("os.unlink('a')")
        self.assertIn({}, found)
        self.assertIn({"a": b"1"}, found)

    def test_what_is_in_a_new_folder_stands_on_the_folder(self):
        found = self.after("os.mkdir('in'); put('in/a', b'1'); sync_folder('in')")
        self.assertEqual(found, [{"in": None, "in/a": b"1"}] * len(found))

    def test_a_new_length_may_be_lost_like_bytes(self):
        self.root.joinpath("a").write_bytes(b"123")
        found = self.after("os.truncate('a', 1)")
        self.assertEqual({names["a"] for names in found}, {b"1", b"123"})

    def test_every_way_to_write_is_seen(self):
        self.after("""
source = os.open('source', os.O_RDWR | os.O_CREAT)
os.write(source, bytes(range(200)))
target = os.open('target', os.O_RDWR | os.O_CREAT)
os.pwrite(target, b'abc', 7)
os.pwritev(target, [b'de', b'f'], 20)
os.writev(target, [b'12', b'3'])
os.copy_file_range(source, target, 50, 10, 40)
os.sendfile(target, source, 5, 30)
os.ftruncate(target, 70)
more = os.open('target', os.O_WRONLY | os.O_APPEND)
os.write(more, b'end')
nameless = os.open('.', os.O_RDWR | os.O_TMPFILE)
os.write(nameless, b'named late')
import ctypes
ctypes.CDLL(None).linkat(-100, f'/proc/self/fd/{nameless}'.encode(), -100, b'late', 0x400)
os.link('late', 'second')
put('source', b'cut', flags=os.O_WRONLY | os.O_TRUNC)
os.mkdir('in'); os.rename('second', 'in/second'); os.mkdir('out'); os.rmdir('out')
""")

    def test_what_it_does_not_cover_ends_the_program_with_a_sentence(self):
        opened = "fd = os.open('a', os.O_RDWR | os.O_CREAT); os.write(fd, b'1' * 4096);"
        for text in ("os.posix_fallocate(fd, 0, 10)", "os.dup(fd)", "os.symlink('a', 'b')",
                     "import mmap; mmap.mmap(fd, 4096)", "os.mkdir('d'); os.rename('d', 'e')"):
            program = self.run_program(opened + text)
            self.assertEqual(program.returncode, -6, text)
            self.assertIn("torture: the journal does not cover", program.stderr)

    def test_what_was_not_watched_shows_in_the_comparison(self):
        with self.assertRaises(AssertionError):
            self.after("import ctypes; libc = ctypes.CDLL(None);"
                       "fd = os.open('a', os.O_WRONLY | os.O_CREAT);"
                       "libc.syscall(1, fd, b'unseen', 6)")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
