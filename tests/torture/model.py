"""model: what was asked of the server and what it said, in memory: the judge of what may be there.

A state is the MD5 of some bytes, or None for nothing there. A name is whatever has a state: an
object ("bucket", "key") or a part ("upload's id", number). One client at a time changes a name."""

import dataclasses
import threading
import time

NEVER = 2 ** 63


@dataclasses.dataclass
class Change:
    state: object
    begun_ns: int
    ended_ns: int = NEVER
    is_refused: bool = False


class Model:
    def __init__(self):
        self.lock = threading.Lock()
        self.base = {}     # What was there when the changes began.
        self.changes = {}  # By name, in order.
        self.acknowledged = 0

    def begin(self, states):
        """Before it is asked: `states` by name. Without an end it may have happened, or not."""
        changes = [Change(state, time.monotonic_ns()) for state in states.values()]
        with self.lock:
            for name, change in zip(states, changes):
                self.changes.setdefault(name, []).append(change)
        return changes

    def end(self, changes, is_refused=False):
        """After the answer."""
        with self.lock:
            self.acknowledged += 1
            for change in changes:
                change.ended_ns, change.is_refused = time.monotonic_ns(), is_refused

    def possible(self, name, until_ns=NEVER - 1):
        """The states `name` may have, had the world ended at that moment."""
        states = {self.base.get(name)}
        for change in list(self.changes.get(name, ())):
            if change.begun_ns > until_ns:
                break
            if change.ended_ns > until_ns:
                states.add(change.state)
            elif not change.is_refused:
                states = {change.state}
        return states

    def names(self):
        return set(self.base) | set(self.changes)

    def in_flight(self, until_ns=NEVER - 1):
        return sum(change.begun_ns <= until_ns < change.ended_ns
                   for changes in self.changes.values() for change in changes)

    def judge(self, found, until_ns=NEVER - 1):
        """Sentences on what is there and may not be, or is not there and must be."""
        faults = []
        for name in self.names() | set(found):
            states = self.possible(name, until_ns)
            if found.get(name) not in states:
                faults.append(f"{name} is {found.get(name)}, and may be {states}")
        return faults

    def settle(self, found):
        """From here on: the doubt is over."""
        self.base, self.changes = dict(found), {}
