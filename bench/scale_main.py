"""bench/scale's other half: runs the model and writes docs/scale.md and its plots."""

import argparse
import concurrent.futures
import dataclasses
import pathlib
import sys

import scale_document
import scale_inputs
import scale_prices
import svg_plot
from scale_model import Cloud, Run, ceilings, quantile

ROOT = pathlib.Path(__file__).resolve().parent.parent
# What an account has after asking for it, and keys that begin with one of eight letters, say.
RAISED = dataclasses.replace(Cloud(), concurrency_max=20_000, gateway_rate=20_000,
                             gateway_burst=10_000, prefixes=8)
# Uploads a second: for how long, and since when all is warm.
LENGTHS = {1: (3600, 600), 100: (300, 60), 10_000: (60, 45)}
PARTS = {10_000: 0.1}  # Of the uploads and of each limit, where all would be many.
PAUSES = 600  # Seconds between two uploads that both find nothing warm.
MEMORIES = (1769, 1024, 512)


@dataclasses.dataclass(frozen=True)
class Case:
    program: str
    rate: float
    memory_mb: int = 1769


def cloud_of(rate):
    return RAISED if rate >= 1000 else Cloud()


def simulate(case, measured):
    length, warm = LENGTHS.get(case.rate, (PAUSES * 2000, 0))
    part = PARTS.get(case.rate, 1)
    run = Run(cloud_of(case.rate).part(part), scale_inputs.upload_function(measured),
              scale_inputs.processor(measured, case.program, case.memory_mb), case.rate * part,
              length)
    settled = [done for done in run.done if done[0] >= warm]

    def quantiles(of, values):
        ordered = sorted(value[of] for value in values)
        return quantile(ordered, 0.5), quantile(ordered, 0.99)

    return {"all": quantiles(1, run.done),
            "warm": quantiles(1, settled), "processor": quantiles(2, settled),
            "most": round((run.upload.most + run.processor.most) / part),
            "dollars": {architecture: scale_prices.per_million(run, case.rate,
                                                               measured.picture_bytes, architecture)
                        for architecture in scale_prices.GIGABYTE_SECOND},
            "seconds": by_second(run) if case.rate == 10_000 else []}


def by_second(run):
    """p99 of the uploads of each second."""
    found = {}
    for arrival, took, _ in run.done:
        found.setdefault(int(arrival), []).append(took)
    return [(second, quantile(sorted(values), 0.99)) for second, values in sorted(found.items())]


def cases():
    every = [Case(program, rate) for rate in (*reversed(LENGTHS), 1 / PAUSES)
             for program in scale_inputs.PROGRAMS]
    return every + [Case(program, 100, memory) for memory in MEMORIES[1:]
                    for program in scale_inputs.PROGRAMS]


def limits(measured):
    return {program: ceilings(Cloud(), scale_inputs.upload_function(measured),
                              scale_inputs.processor(measured, program))
            for program in scale_inputs.PROGRAMS}


def plots(results):
    burst = {program: results[Case(program, 10_000)]["seconds"]
             for program in scale_inputs.PROGRAMS}
    costs = {program: results[Case(program, 100)]["dollars"]["arm64"]
             for program in scale_inputs.PROGRAMS}
    return {"scale-burst.svg": svg_plot.lines(
                "10,000 uploads a second begin: p99 from upload to ready",
                "seconds since the first", "seconds", burst),
            "scale-dollars.svg": svg_plot.bars(
                "Dollars of a million images at 100 a second, arm64", "$", costs)}


def main():
    parser = argparse.ArgumentParser(prog="bench/scale")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "docs",
                        help="where scale.md and its plots go")
    out = parser.parse_args().out
    try:
        measured = scale_inputs.read((ROOT / "docs/performance.md").read_text())
    except scale_inputs.Missing as missing:
        raise SystemExit(f"bench: {missing}")
    with concurrent.futures.ProcessPoolExecutor() as pool:
        running = {case: pool.submit(simulate, case, measured) for case in cases()}
        results = {}
        for case, future in running.items():
            results[case] = future.result()
            print(f"bench: {case.rate:g} a second, {case.program}, {case.memory_mb} MB",
                  file=sys.stderr, flush=True)
    (out / "scale.md").write_text(
        scale_document.write(measured, results, limits(measured), MEMORIES, PAUSES))
    for name, drawn in plots(results).items():
        (out / name).write_text(drawn)


if __name__ == "__main__":
    main()
