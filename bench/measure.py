"""Runs the libraries on the same files in turn, round after round."""

import statistics
import sys
import time

from workers import run_cold


class Progress:
    """One line on standard error: what is done, how much of it, how long it may take yet."""

    def __init__(self, total):
        self.total = total
        self.done = 0
        self.start = time.monotonic()
        self.shown = 0.0

    def step(self, what):
        self.done += 1
        now = time.monotonic()
        if now - self.shown < 0.5 and self.done < self.total:
            return
        self.shown = now
        left = (now - self.start) / self.done * (self.total - self.done)
        end = "\n" if self.done == self.total else ""
        line = f"bench: {self.done}/{self.total} {what}, {left / 60:.1f} min left"
        print(f"\r{line:<79.79}", end=end, file=sys.stderr, flush=True)


class Work:
    """A kind of work: pictures of one format into another."""

    def __init__(self, source, target, quality, name="", effort=None, repeats=1):
        self.name = name or f"{source}-{target}"
        self.source = source
        self.target = target
        self.quality = quality
        self.effort = effort  # None: each library's default.
        self.repeats = repeats  # Of each round, where few pictures leave little to average.
        self.box = 800


def interleave(work, pictures, libraries, rounds, out, progress):
    """{picture: {library: {"cpu_us": [a round each], "wall_us": […], "bytes": n, "file": path}}}

    Every library meets a picture right after the others, in another order each round; the first
    round warms up and is not kept.
    """
    able = [library for library in libraries if library.can(work.source, work.target)]
    running = {library.name: library.start() for library in able}
    results = {name: {library.name: {"cpu_us": [], "wall_us": []} for library in able}
               for name in pictures}
    for turn in range(rounds * work.repeats + 1):
        for name, path in pictures.items():
            for library in able[turn % len(able):] + able[:turn % len(able)]:
                file = out / f"{name}.{library.name}.{work.target}"
                answer = running[library.name].work(path, work.target, work.quality, [work.box],
                                                    file if turn == 0 else "", work.effort)
                progress.step(f"{work.name}: {library.name}, {name}")
                kept = results[name][library.name]
                if turn == 0:
                    kept.update(bytes=answer["bytes"][0], file=str(file))
                    continue
                if answer.get("stages_us"):
                    kept.setdefault("stages_us", []).append(answer["stages_us"])
                kept["cpu_us"].append(answer["cpu_us"])
                kept["wall_us"].append(answer["wall_us"])
    for worker in running.values():
        worker.stop()
    return results


def steps_of(work, pictures, libraries, rounds):
    able = sum(library.can(work.source, work.target) for library in libraries)
    return (rounds * work.repeats + 1) * len(pictures) * able


def ratio(results, name, ours, theirs, field="cpu_us"):
    """Of one picture: the median over rounds of what ours took, by what theirs took beside it."""
    pairs = zip(results[name][ours][field], results[name][theirs][field])
    return statistics.median(a / max(b, 1) for a, b in pairs)


def geometric_mean(values):
    return statistics.geometric_mean(values)


def peak_of_one(library, path, target, quality):
    """Peak memory of a process that did this one picture."""
    worker = library.start()
    worker.work(path, target, quality, [800])
    return worker.stop()


def cold_starts(launcher, commands, folder, rounds, progress):
    """{name: {"cpu_us": median, "wall_us": median, "peak_bytes": median}}"""
    runs = {name: [] for name in commands}
    for turn in range(rounds + 1):
        for name, command in commands.items():
            run = run_cold(launcher, command, folder)
            progress.step(f"cold start: {name}")
            if turn > 0:  # The first reads the disk.
                runs[name].append(run)
    return {name: {field: statistics.median(run[field] for run in done) for field in done[0]}
            for name, done in runs.items()}


def renditions(library, path, boxes, rounds, progress):
    """CPU of all boxes from one job, and of each by itself, as medians."""
    worker = library.start()
    together, alone = [], []
    for turn in range(rounds + 1):
        all_at_once = worker.work(path, "jpeg", 75, boxes)["cpu_us"]
        one_by_one = [worker.work(path, "jpeg", 75, [box])["cpu_us"] for box in boxes]
        progress.step("five renditions")
        if turn > 0:
            together.append(all_at_once)
            alone.append(one_by_one)
    worker.stop()
    return {"together_us": statistics.median(together),
            "alone_us": [statistics.median(times) for times in zip(*alone)]}
