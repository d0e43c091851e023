"""bench/s3's other half: runs the loads in turn, round after round, then writes the section."""

import argparse
import contextlib
import json
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import boto3
from botocore.config import Config

import s3_document
import sections
from processes import children_of, cpu_us, status_kb

ROOT = pathlib.Path(__file__).resolve().parent.parent
HOME = ROOT / "build/bench-home"
BIN = ROOT / "build/bench/bin"
ROUNDS_MIN = 5  # For figures that are written into docs/.
CONNECTIONS = 16
READ_SECONDS = 2
WRITE_SECONDS = 1  # Each write is a file; removing very many takes some disks minutes.
OBJECTS = 32
OBJECT_BYTES = 1024 * 1024


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def ended(process):
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


class Store:
    """`imagemill serve` with a bucket of objects in it."""

    def __init__(self, process, data):
        self.pid = process.pid
        self.port = int(process.stdout.readline().split()[3].rsplit(":", 1)[1])
        keys = dict(line.split(" = ") for line in (data / "credentials").read_text().splitlines()
                    if " = " in line)
        self.environment = dict(os.environ, AWS_ACCESS_KEY_ID=keys["aws_access_key_id"],
                                AWS_SECRET_ACCESS_KEY=keys["aws_secret_access_key"])
        client = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{self.port}",
                              region_name="us-east-1", aws_access_key_id=keys["aws_access_key_id"],
                              aws_secret_access_key=keys["aws_secret_access_key"],
                              config=Config(signature_version="s3v4"))
        client.create_bucket(Bucket="load")
        self.paths = []
        for number in range(OBJECTS):
            client.put_object(Bucket="load", Key=f"object-{number}", Body=os.urandom(OBJECT_BYTES))
            url = client.generate_presigned_url(
                "get_object", Params={"Bucket": "load", "Key": f"object-{number}"})
            self.paths.append(url.split(str(self.port), 1)[1])


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_nginx(folder, files, port):
    temporary = "".join(f"{name}_temp_path tmp; " for name in
                        ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user root; " if os.geteuid() == 0 else ""  # The files are their owner's alone.
    (folder / "nginx.conf").write_text(
        f"{user}daemon off; worker_processes auto; pid nginx.pid; error_log error.log;\n"
        "events { worker_connections 256; }\n"
        f"http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;\n"
        f"  {temporary}\n"
        f"  server {{ listen 127.0.0.1:{port}; root {files}; }} }}\n")
    process = subprocess.Popen([HOME / "nginx/usr/sbin/nginx", "-p", folder, "-c", "nginx.conf",
                                "-e", "error.log"])
    for _ in range(100):
        with contextlib.suppress(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port)).close()
            return process
        time.sleep(0.1)
    process.terminate()
    raise SystemExit(f"bench: nginx did not start: {(folder / 'error.log').read_text()}")


def read_from(port, paths, pids, folder):
    """What wrk saw, and the CPU that the server took a request."""
    targets = folder / f"targets-{port}"
    targets.write_text("".join(path + "\n" for path in paths))
    before = cpu_us(pids)
    output = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{READ_SECONDS}s",
         "-s", ROOT / "bench/wrk_targets.lua", f"http://127.0.0.1:{port}", "--", targets],
        capture_output=True, text=True, check=True).stdout
    run = json.loads(output.splitlines()[-1])
    assert run["errors"] == 0 and run["bytes"] >= run["count"] * OBJECT_BYTES, run
    return run | {"server_cpu_us": (cpu_us(pids) - before) / run["count"]}


def write_by(arguments, environment=None, pids=()):
    before = cpu_us(pids)
    output = subprocess.run([BIN / "bench_writers", *map(str, arguments), str(WRITE_SECONDS)],
                            env=environment, capture_output=True, text=True, check=True).stdout
    run = json.loads(output)
    own = run["cpu_us"] / run["count"]
    return run | {"server_cpu_us": (cpu_us(pids) - before) / run["count"] if pids else own}


def measure(rounds, folder):
    data = folder / "data"
    serve = subprocess.Popen([BIN / "imagemill", "serve", "--port", "0", "--s3-port", "0", "--data",
                              data], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    with ended(serve):
        store = Store(serve, data)
        idle_kb = status_kb(store.pid, "VmHWM")
        files = [path for path in (data / "objects").glob("*/*")]
        port = free_port()
        (folder / "nginx").mkdir()
        with ended(start_nginx(folder / "nginx", data / "objects", port)) as nginx:
            workers = [nginx.pid, *children_of(nginx.pid)]
            names = [f"/{path.parent.name}/{path.name}" for path in files]
            loads = {
                "nginx": lambda turn: read_from(port, names, workers, folder),
                "get": lambda turn: read_from(store.port, store.paths, [store.pid], folder),
                "bare": lambda turn: write_by(["bare", new_folder(folder, f"bare-{turn}")]),
                "synced": lambda turn: write_by(["synced", new_folder(folder, f"synced-{turn}")]),
                "digested": lambda turn: write_by(
                    ["digested", new_folder(folder, f"digested-{turn}")]),
                "put": lambda turn: write_by(["s3", store.port, "load"], store.environment,
                                             [store.pid]),
            }
            runs = {name: [] for name in loads}
            for turn in range(rounds + 1):
                names_of_turn = list(loads)
                first = turn % len(loads)
                for name in names_of_turn[first:] + names_of_turn[:first]:
                    run = loads[name](turn)
                    if turn > 0:  # The first warms up.
                        runs[name].append(run)
                say(f"round {turn} of {rounds}")
            nginx_kb = sum(status_kb(pid, "VmHWM") for pid in workers)
        return {"rounds": rounds, "runs": runs, "idle_kb": idle_kb, "nginx_kb": nginx_kb,
                "peak_kb": status_kb(store.pid, "VmHWM")}


def new_folder(folder, name):
    (folder / name).mkdir()
    return folder / name


def main():
    parser = argparse.ArgumentParser(prog="bench/s3")
    parser.add_argument("--rounds", type=int, default=7,
                        help=f"times each load is run; fewer than {ROUNDS_MIN} is a trial")
    rounds = parser.parse_args().rounds
    if rounds < 1:
        parser.error("--rounds is at least 1")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="s3-", dir=HOME))
    try:
        measured = measure(rounds, folder)
    finally:
        shutil.rmtree(folder)
    measured["load"] = statistics.mean(os.getloadavg())
    measured["nice"] = os.getpriority(os.PRIO_PROCESS, 0)
    if rounds < ROUNDS_MIN:
        target = HOME / "performance-s3.md"
        target.write_text(s3_document.section(measured))
    else:
        target = ROOT / "docs/performance.md"
        target.write_text(sections.put(target.read_text(), s3_document.section(measured)))
    say(f"{target.relative_to(ROOT)} is written" + (" (a trial)" if rounds < ROUNDS_MIN else ""))


if __name__ == "__main__":
    main()
