"""power_cut: from a journal (journal.h) and what was there before, a directory as a power cut at
some moment may have left it.

What is certain: bytes (and a file's length) by an fsync of the file that began after they were
written and ended before the cut; a name by an fsync of its folder, likewise. A rename is one step:
it is certain once either folder was synced, and never half of it is there. All the rest is kept or
lost by chance, down to sectors of 512 bytes; only what something else that was kept stands on (an
earlier change of the same name, the folder it is in) is kept too."""

import dataclasses
import os
import pathlib
import shutil
import struct

HEAD = struct.Struct("<cQQqIIQ")
SECTOR_BYTES = 512
ALL = 2 ** 63


@dataclasses.dataclass
class Record:
    kind: str
    time_ns: int
    inode: int
    offset: int
    path: str
    other: str
    data: bytes


def read_journal(path):
    text = pathlib.Path(path).read_bytes()
    records, at = [], 0
    while at + HEAD.size <= len(text):
        kind, time_ns, inode, offset, *sizes = HEAD.unpack_from(text, at)
        at += HEAD.size
        if at + sum(sizes) > len(text):
            break  # Cut with its writer.
        pieces = []
        for size in sizes:
            pieces.append(text[at:at + size])
            at += size
        records.append(Record(kind.decode(), time_ns, inode, offset, os.fsdecode(pieces[0]),
                              os.fsdecode(pieces[1]), pieces[2]))
    return records


class Before:
    """What is below `root` before the program starts: a copy of it, and which inode is what."""

    def __init__(self, root, copy):
        self.root, self.copy = str(root), pathlib.Path(copy)
        self.inodes = {self.root: os.lstat(root).st_ino}
        self.folders = {self.root}
        for folder, folders, files in os.walk(root):
            for name in folders + [name for name in files if not name.endswith("-shm")]:
                path = os.path.join(folder, name)
                self.inodes[path] = os.lstat(path).st_ino
            self.folders.update(os.path.join(folder, name) for name in folders)
        shutil.copytree(root, copy)

    def bytes_of(self, path):
        return (self.copy / os.path.relpath(path, self.root)).read_bytes()


@dataclasses.dataclass
class Content:
    """A file: what it was, then its changes, each (number of the step, offset, bytes), bytes None
    for a new length."""
    base: str = ""  # Its path before, if it was there.
    changes: list = dataclasses.field(default_factory=list)
    synced: int = -1  # The changes of steps before this are certain.


@dataclasses.dataclass
class NameStep:
    number: int
    names: dict  # What it makes of each name: a Content, FOLDER or None.
    is_certain: bool = False


FOLDER = "a folder"


class Chance:
    """What becomes of what was not synced. `rng` None: all of it is kept."""

    def __init__(self, rng, last):
        self.rng = rng
        self.way = rng.choice(["all", "none", "some", "most", "in order"]) if rng else "all"
        self.kept_until = rng.randint(0, last) if rng else 0

    def keeps(self, number):
        if self.way == "in order":
            return number <= self.kept_until
        share = {"all": 1.0, "none": 0.0, "some": 0.5, "most": 0.9}[self.way]
        return share == 1.0 or (share > 0 and self.rng.random() < share)

    def tears(self):
        return self.way in ("some", "most") and self.rng.random() < 0.3


class Disk:
    """What was before, and the records until the cut, one after the other."""

    def __init__(self, before, records, until_ns=ALL):
        self.now = {}       # Name: Content or FOLDER, as the program saw it.
        self.base = {}      # Likewise, before the first step.
        self.by_inode = {}
        self.folders = {}   # By inode: its name.
        self.steps = []
        self.syncs = {}     # By number: (inode, the step it began at).
        self.before = before
        for path, inode in before.inodes.items():
            if path in before.folders:
                self.base[path] = FOLDER
                self.folders[inode] = path
            else:
                self.base[path] = self.by_inode.setdefault(inode, Content(base=path))
        self.now.update(self.base)
        number = 0
        for number, record in enumerate(records):
            if record.time_ns > until_ns:
                break
            self.take(number, record)
        self.last = number

    def take(self, number, record):
        kind, path = record.kind, record.path
        if kind == "c":
            content = self.by_inode[record.inode] = Content()
            if path:
                self.name(number, {path: content})
        elif kind == "m":
            self.folders[record.inode] = path
            self.name(number, {path: FOLDER})
        elif kind == "w":
            self.by_inode[record.inode].changes.append((number, record.offset, record.data))
        elif kind == "t":
            self.by_inode[record.inode].changes.append((number, record.offset, None))
        elif kind == "l":
            self.name(number, {path: self.by_inode[record.inode]})
        elif kind in "ud":
            self.name(number, {path: None})
        elif kind == "r":
            self.name(number, {path: None, record.other: self.now[path]})
        elif kind == "s":
            self.syncs[record.offset] = (record.inode, number)
        elif kind == "S":
            self.synced(*self.syncs[record.offset])
        else:
            raise AssertionError(f"a record of kind {kind!r}")

    def name(self, number, names):
        self.now.update(names)
        self.steps.append(NameStep(number, names))

    def synced(self, inode, begun):
        if inode in self.folders:
            folder = self.folders[inode]
            for step in self.steps:
                if step.number < begun and any(os.path.dirname(n) == folder for n in step.names):
                    step.is_certain = True
        elif inode in self.by_inode:
            content = self.by_inode[inode]
            content.synced = max(content.synced, begun)

    def names_after(self, chance):
        """The names there are after the cut."""
        needed, kept = set(), []
        for step in reversed(self.steps):
            is_needed = not needed.isdisjoint(step.names)
            if not (step.is_certain or is_needed or chance.keeps(step.number)):
                continue
            kept.append(step)
            # What it stands on: whatever made these names what they were, and their folders.
            needed.update(step.names)
            needed.update(os.path.dirname(name) for name in step.names)
        names = dict(self.base)
        for step in reversed(kept):
            names.update(step.names)
        return {name: what for name, what in names.items() if what is not None}

    def write(self, target, rng=None):
        """The directory after the cut, in `target`."""
        chance = Chance(rng, self.last)
        made = {}
        names = self.names_after(chance)
        for name in sorted(names):
            place = pathlib.Path(target) / os.path.relpath(name, self.before.root)
            what = names[name]
            if what is FOLDER:
                place.mkdir(exist_ok=True)
            elif id(what) in made:
                os.link(made[id(what)], place)
            else:
                made[id(what)] = place
                place.write_bytes(self.bytes_of(what, chance))
                place.chmod(0o600)

    def bytes_of(self, content, chance):
        data = bytearray(self.before.bytes_of(content.base) if content.base else b"")
        for number, offset, new in content.changes:
            is_certain = number < content.synced
            if not is_certain and not chance.keeps(number):
                continue
            if new is None:
                del data[offset:]
                data += bytes(offset - len(data))
                continue
            data += bytes(max(0, offset + len(new) - len(data)))
            is_torn = not is_certain and chance.tears()
            for start, piece in sectors(offset, new) if is_torn else [(offset, new)]:
                if not is_torn or chance.rng.random() < 0.5:
                    data[start:start + len(piece)] = piece
        return data


def sectors(offset, data):
    at = 0
    while at < len(data):
        size = min(SECTOR_BYTES - (offset + at) % SECTOR_BYTES, len(data) - at)
        yield offset + at, data[at:at + size]
        at += size


def tree(root):
    """What is below a directory: its files' bytes, None for folders."""
    found = {}
    for path in sorted(pathlib.Path(root).rglob("*")):
        if not path.name.endswith("-shm"):
            found[str(path.relative_to(root))] = None if path.is_dir() else path.read_bytes()
    return found
