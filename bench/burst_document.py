"""The section of docs/performance.md that bench/burst measures. bench/run leaves it as it is."""

import json
import pathlib
import platform
import statistics
import subprocess

from prose import prose, table

TITLE = "A burst of photographs"

WORDS = """Written by `bench/burst`, at commit {commit}, {rounds}, on {cpu}, Linux {kernel}, with
a load average of {load:.0f} at the end: Node {node}, sharp {sharp}, s3rver {s3rver}, AWS's client
{client}. To measure again: `bench/burst`.

{count} photographs, no two the same, of 1 to 12 megapixels ({megapixels:.1f} in the mean,
{megabytes:.2f} MB), are sent by {clients} clients through `POST /upload`, each as fast as it is
taken, on the machine that does the work. What is counted is the time until the last one is ready;
a photograph's own time is from its request's first byte until the store has its manifest (of
Node's pipeline: its result). All come at once, so most of that time is waiting for those before
it. `imagemill process` reads the same files and writes the same results with no server, {cores}
processes of one thread each. The three follow each other, in another order each round; figures
are medians.

The other pipeline ([bench/rival](../bench/rival/app.mjs)) is one as people build it to run on
their own machine: an endpoint that streams into an S3 server from npm, that server's event,
sharp, and a put of the result. It keeps events in memory and syncs nothing to the disk, so a
crash loses what it had accepted; it tries nothing again, looks at no upload before it takes it,
and has no state to ask for. `imagemill serve` does all that in the time it takes here
([guarantees.md](guarantees.md)).
"""

RATIOS = """The clients run on the same cores. “Of `process`” is the rate by that of `imagemill
process`, which has no clients beside it; “of the cores left” counts each rate by the processor
time that the clients left to it (they took {clients_ms:.1f} ms an image beside `serve`,
{clients_node_ms:.1f} ms beside Node; this counts the bench's own looks at memory, too).
"""

NAMES = {"process": "`imagemill process`", "serve": "`imagemill serve`",
         "node": "Node, sharp, s3rver"}
KINDS = [("serve", "serve", "`serve`: gateway, store, queue, pool"),
         ("serve", "api", "instances of `api`"),
         ("serve", "processor", "instances of `processor`"),
         ("process", "process", "`imagemill process`"),
         ("node", "app", "Node: endpoint and sharp"),
         ("node", "s3rver", "Node: s3rver")]


def asked(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def facts(home):
    def version(name):
        return json.loads((home / "node_modules" / name / "package.json").read_text())["version"]

    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    model = next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    root = pathlib.Path(__file__).resolve().parent
    return {"commit": asked("git", "-C", str(root), "rev-parse", "--short=12", "HEAD"),
            "cpu": f"{model}, {sum(line.startswith('processor') for line in lines)} cores",
            "kernel": platform.release(), "node": asked("node", "--version").lstrip("v"),
            "sharp": version("sharp"), "s3rver": version("s3rver"),
            "client": version("@aws-sdk/client-s3")}


def rate(run, count):
    return count / run["seconds"]


def rate_of_cores_left(run, measured):
    """What it would have been had the clients taken nothing, as far as processors go."""
    cores = measured["cores"]
    left = cores - run.get("clients_cpu_us", 0) / 1e6 / run["seconds"]
    return rate(run, measured["count"]) * cores / left


def median_ratio(measured, name, rate_of):
    """Over the rounds, of a contender by `process` in the same round."""
    pairs = zip(measured["runs"][name], measured["runs"]["process"])
    return statistics.median(rate_of(run) / rate_of(alone) for run, alone in pairs)


def median_ms(measured, runs, cost_us):
    return statistics.median(cost_us(run) for run in runs) / 1000 / measured["count"]


def contender_row(measured, name):
    runs, count = measured["runs"][name], measured["count"]

    def median(field):
        return statistics.median(run[field] for run in runs)

    def seconds(field):
        return f"{median(field):.1f}" if field in runs[0] else ""

    return [NAMES[name], f"{statistics.median(rate(run, count) for run in runs):.1f}",
            f"{median_ratio(measured, name, lambda run: rate(run, count)):.2f}",
            f"{median_ratio(measured, name, lambda run: rate_of_cores_left(run, measured)):.2f}",
            seconds("p50_s"), seconds("p99_s"),
            f"{median_ms(measured, runs, lambda run: sum(run['cpu_us'].values())):.1f}",
            f"{median('peak_bytes') / 1e6:.0f}"]


def kind_rows(measured):
    def milliseconds(name, kind):
        return median_ms(measured, measured["runs"][name], lambda run: run["cpu_us"].get(kind, 0))

    return [[words, f"{milliseconds(name, kind):.1f}"] for name, kind, words in KINDS]


def words(measured):
    count, rounds = measured["count"], measured["rounds"]
    return WORDS.format(**{**measured, "rounds": f"{rounds} round" + ("" if rounds == 1 else "s"),
                           "count": f"{count:,}",
                           "megapixels": measured["pixels"] / 1e6 / count,
                           "megabytes": measured["bytes"] / 1e6 / count})


def closing(measured):
    refused = max(run["refused"] for name in ("serve", "node") for run in measured["runs"][name])
    sending = statistics.median(run["sending_seconds"] for run in measured["runs"]["serve"])
    text = (f"`serve` had taken the last upload after {sending:.0f} s. "
            "Memory is the sum over all processes of each one's share (PSS), at its peak.")
    if refused:
        text += f" A server answered that it was busy up to {refused} times a round."
    return text + "\n"


def section(measured):
    clients = {name: median_ms(measured, measured["runs"][name], lambda run: run["clients_cpu_us"])
               for name in ("serve", "node")}
    head = ["", "images a second", "of `process`", "of the cores left", "p50, s", "p99, s",
            "CPU an image, ms", "peak, MB"]
    ratios = RATIOS.format(clients_ms=clients["serve"], clients_node_ms=clients["node"])
    blocks = [f"## {TITLE}", prose(words(measured)),
              table(head, [contender_row(measured, name) for name in NAMES]), prose(ratios),
              table(["processes", "CPU an image, ms"], kind_rows(measured)),
              prose(closing(measured))]
    return "\n\n".join(blocks) + "\n"
