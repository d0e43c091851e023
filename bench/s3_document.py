"""The section of docs/performance.md that bench/s3 measures. bench/run leaves it as it is."""

import pathlib
import platform
import statistics
import subprocess

from prose import table

TITLE = "Objects over S3"

WORDS = """Written by `bench/s3`, at commit {commit}, {rounds} rounds, on {cpu},
Linux {kernel}, with a load average of {load:.0f} and all of it at nice {nice} (above the number
of cores, others were at work, and what sleeps often waits long to run again). To measure again:
`bench/s3`.

GET: objects of 1 MB by pre-signed URLs, 16 connections of wrk, beside nginx {nginx} that serves
the very same files. PUT: new objects of 64 kB, signed with the SHA-256 of the body, 16 writers,
beside 16 threads that write, fsync and rename files of 64 kB on the same disk; once more with an
fsync of the folder, without which a power cut may take the name; and once more with the two digests
that S3 asks of a server, MD5 for the ETag and SHA-256 for what was signed. One after the other, in
another order each round; the ratio is the median over the rounds of ours by the one beside it, the
rest are medians. CPU is the server's, a request; of the bare loops, their own. The writers of
PutObject run on the same cores and take {client_cpu:.0f} µs of them a request, so where the disk is
fast both together are bound by the processor.
"""

MEMORY = """`imagemill serve` had a peak of {peak:.1f} MB after all rounds, and of {idle:.1f} MB
before the first; nginx {nginx:.1f} MB, all its processes.
"""


def asked(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def facts(measured):
    root = pathlib.Path(__file__).resolve().parent.parent
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    model = next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    cores = sum(line.startswith("processor") for line in lines)
    nginx = subprocess.run([root / "build/bench-home/nginx/usr/sbin/nginx", "-v"],
                           capture_output=True, text=True, check=True).stderr
    return {"commit": asked("git", "-C", str(root), "rev-parse", "--short=12", "HEAD"),
            "cpu": f"{model}, {cores} cores", "kernel": platform.release(),
            "nginx": nginx.strip().rsplit("/", 1)[1], "rounds": measured["rounds"],
            "load": measured["load"], "nice": measured["nice"],
            "client_cpu": statistics.median(run["cpu_us"] / run["count"]
                                            for run in measured["runs"]["put"])}


def rate(run):
    return run["count"] / run["wall_us"] * 1e6


def row(what, runs, beside=None):
    def median(field):
        return statistics.median(run[field] for run in runs)

    ratio = ""
    if beside is not None:
        ratio = f"{statistics.median(rate(a) / rate(b) for a, b in zip(runs, beside)):.2f}"
    return [what, f"{statistics.median(map(rate, runs)):.0f}", ratio,
            f"{median('p50_us') / 1000:.1f}", f"{median('p99_us') / 1000:.1f}",
            f"{median('server_cpu_us'):.0f}"]


def section(measured):
    runs = measured["runs"]
    rows = [row("GET, nginx", runs["nginx"]),
            row("GET, imagemill", runs["get"], runs["nginx"]),
            row("write, fsync, rename", runs["bare"]),
            row("… and fsync of the folder", runs["synced"], runs["bare"]),
            row("… and the digests", runs["digested"], runs["bare"]),
            row("PUT, imagemill", runs["put"], runs["bare"]),
            row("… by the one with the folder", runs["put"], runs["synced"]),
            row("… by the one with the digests", runs["put"], runs["digested"])]
    head = ["load", "a second", "ratio", "p50, ms", "p99, ms", "CPU, µs"]
    return "\n".join([f"## {TITLE}", "", WORDS.format(**facts(measured)), table(head, rows), "",
                      MEMORY.format(peak=measured["peak_kb"] / 1000,
                                    idle=measured["idle_kb"] / 1000,
                                    nginx=measured["nginx_kb"] / 1000)])
