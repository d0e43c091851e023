"""What running processes took and hold, from /proc."""

import contextlib
import os
import pathlib
import threading

TICKS = os.sysconf("SC_CLK_TCK")
SAMPLE_SECONDS = 0.5


def children_of(pid):
    """Of all its threads: each keeps a list of its own."""
    found = []
    with contextlib.suppress(FileNotFoundError):
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(OSError):  # A thread that ended meanwhile.
                found += map(int, (task / "children").read_text().split())
    return found


def tree_of(pid):
    found = [pid]
    for child in children_of(pid):
        found += tree_of(child)
    return found


def status_kb(pid, field):
    """A field of /proc/PID/status, in kB."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(field)).split()[1])


def cpu_us(pids):
    """User and system time of processes so far."""
    ticks = 0
    for pid in pids:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks * 1_000_000 // TICKS


def pss_bytes(pid):
    """Memory with each shared page counted in parts, so that sums over processes are true."""
    lines = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("Pss:")).split()[1]) * 1024


class Watch:
    """Looks at processes and all below them, twice a second, from its entry to its exit:
    `cpu_us` is what each kind of process took meanwhile, `peak_bytes` the greatest sum of PSS.

    `kind_of(pid)` names the kind, or is None for one that is still becoming what it will be."""

    def __init__(self, roots, kind_of):
        self.roots = roots
        self.kind_of = kind_of
        self.kinds = {}
        self.first_us = {}
        self.last_us = {}
        self.peak_bytes = 0
        self.ended = threading.Event()

    def __enter__(self):
        for pid in self.all():
            with contextlib.suppress(OSError):
                self.first_us[pid] = cpu_us([pid])
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        return self

    def __exit__(self, *exception):
        self.ended.set()
        self.thread.join()
        self.sample()
        self.cpu_us = {}
        for pid, last in self.last_us.items():
            kind = self.kinds.get(pid, "other")
            self.cpu_us[kind] = self.cpu_us.get(kind, 0) + last - self.first_us.get(pid, 0)

    def all(self):
        return [pid for root in self.roots for pid in tree_of(root)]

    def run(self):
        while not self.ended.wait(SAMPLE_SECONDS):
            self.sample()

    def sample(self):
        total = 0
        for pid in self.all():
            with contextlib.suppress(OSError, StopIteration):  # One that ended meanwhile.
                self.last_us[pid] = cpu_us([pid])
                total += pss_bytes(pid)
                if pid not in self.kinds and self.kind_of(pid):
                    self.kinds[pid] = self.kind_of(pid)
        self.peak_bytes = max(self.peak_bytes, total)
