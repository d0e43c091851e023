"""bench/run's other half: measures, then writes the tables."""

import argparse
import json
import pathlib
import sys

import burst_document
import coldstart
import document
import fidelity
import measure
import pictures
import s3_document
import sections
from workers import libraries

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROUNDS_MIN = 5  # For figures that are written into docs/.
FIVE_BOXES = [96, 320, 640, 1024, 1600]
WORKS = [
    measure.Work("jpeg", "jpeg", 75),
    measure.Work("jpeg", "webp", 75),
    measure.Work("jpeg", "avif", 50),
    measure.Work("png", "png", 75, effort=6),
    measure.Work("png", "png", 75, name="png-png-default"),
    measure.Work("png", "webp", 75),
    measure.Work("webp", "webp", 75, repeats=3),
    measure.Work("gif", "gif", 75),
    measure.Work("avif", "jpeg", 75, repeats=3),
]
# Sections of the page that other benches write.
OF_OTHERS = [s3_document.TITLE, burst_document.TITLE]
# AVIF takes a hundred times as long as JPEG: a few photographs tell the same.
FEW = {"jpeg-avif": 5, "jpeg-webp": 12}


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def arguments():
    parser = argparse.ArgumentParser(prog="bench/run")
    parser.add_argument("--rounds", type=int, default=9,
                        help=f"times each picture is done; fewer than {ROUNDS_MIN} is a trial")
    parser.add_argument("--only", nargs="*", default=[], metavar="WORK",
                        help=", ".join(work.name for work in WORKS) + "; a trial, too")
    parser.add_argument("--pictures", type=int, default=0, help="a work, at most; a trial, too")
    chosen = parser.parse_args()
    known = {work.name for work in WORKS}
    unknown = [name for name in chosen.only if name not in known]
    if chosen.rounds < 1 or unknown or chosen.pictures < 0:
        parser.error(f"--rounds is at least 1, and the works are {', '.join(sorted(known))}")
    return chosen


def sample_of(found, work, count_max):
    """The pictures of a work; where only some, spread over all of them."""
    names = list(found[work.source])
    count = FEW.get(work.name, len(names))
    count = min(count, count_max or count, len(names))
    return {names[i * len(names) // count]: found[work.source][names[i * len(names) // count]]
            for i in range(count)}


def cold_commands(build, found, out):
    photograph = str(found["jpeg"]["TwoWings"])
    bench = ROOT / "bench"
    return {
        "imagemill": [str(build / "bin/imagemill"), "process", "--format", "jpeg", "--out",
                      str(out), photograph],
        "Node + sharp": ["node", str(bench / "cold/sharp.mjs"), photograph,
                         str(out / "cold-sharp.jpg")],
        "Python function": ["/usr/bin/python3", str(bench / "cold/function.py"), photograph,
                            str(out / "cold-pillow.jpg")],
    }


def peaks(works, samples, compared, progress):
    """{work: {library: bytes}}, each of the largest file there is."""
    found = {}
    for work in works:
        largest = max(samples[work.name].values(), key=lambda path: path.stat().st_size)
        found[work.name] = {}
        for library in compared:
            if library.can(work.source, work.target):
                found[work.name][library.name] = measure.peak_of_one(library, largest, work.target,
                                                                     work.quality)
                progress.step(f"peak memory: {library.name}, {work.name}")
    return found


def score(results, found):
    """Fidelity of what each library made of each photograph."""
    scores = {}
    for name, by_library in results["jpeg-jpeg"].items():
        say(f"comparing {name} with the float reference")
        scores[name] = fidelity.compare(found["jpeg"][name], {
            library: kept["file"] for library, kept in by_library.items()})
    return scores


def main():
    chosen = arguments()
    build = ROOT / "build/bench"
    home = ROOT / "build/bench-home"
    out = home / "out"
    out.mkdir(parents=True, exist_ok=True)
    found = pictures.collect(home / "pictures", say)
    compared = libraries(build, ROOT / "bench", home)
    works = [work for work in WORKS if not chosen.only or work.name in chosen.only]
    samples = {work.name: sample_of(found, work, chosen.pictures) for work in works}
    commands = cold_commands(build, found, out)
    rounds = chosen.rounds
    steps = sum(measure.steps_of(work, samples[work.name], compared, rounds) for work in works)
    steps += sum(measure.steps_of(work, ["the largest"], compared, 0) for work in works)
    progress = measure.Progress(steps + (rounds + 1) * (len(commands) + 1))

    results = {work.name: measure.interleave(work, samples[work.name], compared, rounds, out,
                                             progress) for work in works}
    cold = measure.cold_starts(str(build / "bin/bench_cold"), commands, home, rounds, progress)
    five = measure.renditions(compared[0], found["jpeg"]["camera-12mp"], FIVE_BOXES, rounds,
                              progress)
    measured = {
        "rounds": rounds, "results": results, "cold": cold, "five": five,
        "five_boxes": FIVE_BOXES,
        "peaks": peaks(works, samples, compared, progress),
        "large": {library.name: measure.peak_of_one(library, found["large"], "jpeg", 75)
                  for library in compared},
        "sizes": {name: document.size_of(path) for name, path in found["jpeg"].items()},
        "machine": document.machine(home),
        "instances": coldstart.measure(build / "bin", found["jpeg"]["TwoWings"], 10 * rounds,
                                       lambda what: None),
    }
    measured["instances"]["where"] = "on this machine"
    measured["scores"] = score(results, found) if "jpeg-jpeg" in results else {}
    (home / "measured.json").write_text(json.dumps(measured, indent=1))
    is_trial = rounds < ROUNDS_MIN or chosen.only or chosen.pictures
    target = home / "performance.md" if is_trial else ROOT / "docs/performance.md"
    former = target.read_text() if target.exists() else ""
    target.write_text(sections.carry(document.write(measured), former, OF_OTHERS))
    say(f"{target.relative_to(ROOT)} is written" + (" (a trial)" if is_trial else ""))


if __name__ == "__main__":
    main()
