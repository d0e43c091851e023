"""bench/burst's other half: sends the same photographs to `serve` and to a pipeline of Node and
sharp, in turn, beside what `imagemill process` alone does with them, then writes the section."""

import argparse
import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import time

import burst_document
import burst_pictures
import coldstart
import sections
from burst_load import Clients, Store
from processes import Watch

ROOT = pathlib.Path(__file__).resolve().parent.parent
HOME = ROOT / "build/bench-home"
BIN = ROOT / "build/release/bin"
COUNT = 2000
ROUNDS = 3  # For figures that are written into docs/.
CLIENTS = 16
CORES = os.cpu_count()


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def own_cpu_us():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return round((usage.ru_utime + usage.ru_stime) * 1e6)


def process_alone(pictures, folder):
    """As many processes as cores, each with its share of the pictures."""
    command = [BIN / "imagemill", "process", "--jobs", "1", "--out", folder]
    start = time.time()
    running = [subprocess.Popen(command + pictures[share::CORES], stderr=subprocess.DEVNULL)
               for share in range(CORES)]
    with Watch([process.pid for process in running], lambda pid: "process") as watch:
        usages = [os.wait4(process.pid, 0) for process in running]
        seconds = time.time() - start
    for process, (_, status, _) in zip(running, usages):
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise SystemExit(f"bench: imagemill process ended with {process.returncode}")
    cpu = sum(usage.ru_utime + usage.ru_stime for _, _, usage in usages)
    return {"seconds": seconds, "cpu_us": {"process": round(cpu * 1e6)},
            "peak_bytes": watch.peak_bytes}


def burst(url, store, pictures, watch):
    """Sends all, waits for all. A picture's time is from its request's first byte to the moment the
    store has what says that it is ready."""
    clients = Clients(url, pictures)
    own = own_cpu_us()
    with watch:
        start = time.time()
        clients.run(CLIENTS)
        sent = time.time()
        store.wait_for(pictures)
    own = own_cpu_us() - own
    ready = store.ready_times(pictures)
    latencies = sorted(ready[name] - began for name, began in clients.sent.items())
    return {"seconds": max(ready.values()) - start, "sending_seconds": sent - start,
            "cpu_us": watch.cpu_us, "clients_cpu_us": own, "peak_bytes": watch.peak_bytes,
            "refused": clients.refused, "p50_s": latencies[len(latencies) // 2],
            "p99_s": latencies[len(latencies) * 99 // 100]}


def kind_of_ours(serve):
    def kind_of(pid):
        if pid == serve:
            return "serve"
        variables = pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        return next((item[len(b"_HANDLER="):].decode() for item in variables
                     if item.startswith(b"_HANDLER=")), None)
    return kind_of


def ours(pictures, folder):
    server = coldstart.Server(BIN, folder)
    try:
        keys = dict(line.split(" = ") for line in (folder / "credentials").read_text().splitlines()
                    if " = " in line)
        store = Store(server.s3_url, "image-resized-output-bucket", keys["aws_access_key_id"],
                      keys["aws_secret_access_key"], lambda name: f"manifests/{name}/manifest.json")
        run = burst(server.url, store, pictures,
                    Watch([server.process.pid], kind_of_ours(server.process.pid)))
        for picture in pictures[:: max(1, len(pictures) // 20)]:
            image = server.send(f"/image/{picture.name}")
            if image["status"] != "ready":
                raise SystemExit(f"bench: {picture.name}: {image}")
        return run
    finally:
        server.stop()


def kind_of_rival(pid):
    command = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    return "s3rver" if b"store.mjs" in command else "app" if b"app.mjs" in command else None


def rival(pictures, folder):
    # As sharp's page on performance has it for glibc's allocator.
    environment = dict(os.environ, MALLOC_ARENA_MAX="2", NODE_ENV="production")
    app = subprocess.Popen(["node", ROOT / "bench/rival/app.mjs", folder], cwd=HOME, text=True,
                           stdout=subprocess.PIPE, env=environment)
    try:
        line = app.stdout.readline().split()
        if not line:
            raise SystemExit("bench: the pipeline of Node did not start")
        store = Store(line[2], "resized", "S3RVER", "S3RVER", lambda name: f"resized-{name}")
        return burst(line[1], store, pictures, Watch([app.pid], kind_of_rival))
    finally:
        app.terminate()
        app.wait()
        app.stdout.close()


def measure(pictures, rounds):
    contenders = {"process": process_alone, "serve": ours, "node": rival}
    runs = {name: [] for name in contenders}
    for turn in range(rounds):
        names = list(contenders)
        for name in names[turn % len(names):] + names[:turn % len(names)]:
            folder = pathlib.Path(tempfile.mkdtemp(prefix="burst-", dir=HOME))
            folder.chmod(0o755)
            try:
                runs[name].append(contenders[name](pictures, folder / "data"))
            finally:
                shutil.rmtree(folder)
            say(f"round {turn + 1} of {rounds}: {name} took {runs[name][-1]['seconds']:.0f} s")
    return runs


def arguments():
    parser = argparse.ArgumentParser(prog="bench/burst")
    parser.add_argument("--count", type=int, default=COUNT,
                        help=f"photographs; fewer than {COUNT} is a trial")
    parser.add_argument("--rounds", type=int, default=ROUNDS,
                        help=f"times all is done; fewer than {ROUNDS} is a trial")
    chosen = parser.parse_args()
    if chosen.count < CLIENTS or chosen.rounds < 1:
        parser.error(f"--count is at least {CLIENTS}, --rounds at least 1")
    return chosen


def main():
    chosen = arguments()
    if os.geteuid() != 0:
        raise SystemExit("bench/burst: run it as root: only root may see what contained instances "
                         "hold in memory.")
    pictures = burst_pictures.collect(HOME / "burst", chosen.count, say)
    sizes = [len(picture.read_bytes()) for picture in pictures]  # And into the system's cache.
    runs = measure(pictures, chosen.rounds)
    measured = {"count": chosen.count, "rounds": chosen.rounds, "clients": CLIENTS, "cores": CORES,
                "bytes": sum(sizes), "pixels": burst_pictures.megapixels_of(chosen.count) * 1e6,
                "load": os.getloadavg()[0], "runs": runs} | burst_document.facts(HOME)
    (HOME / "burst.json").write_text(json.dumps(measured, indent=1))
    is_trial = chosen.count < COUNT or chosen.rounds < ROUNDS
    target = HOME / "performance-burst.md" if is_trial else ROOT / "docs/performance.md"
    former = "" if is_trial else target.read_text()
    target.write_text(sections.put(former, burst_document.section(measured)))
    say(f"{target.relative_to(ROOT)} is written" + (" (a trial)" if is_trial else ""))


if __name__ == "__main__":
    main()
