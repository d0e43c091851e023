"""ceph_cluster: a whole Ceph for tests: one monitor, one OSD that keeps everything in memory, one S3
gateway. Debian's programs, in a directory of its own, on a loopback address of its own (all of
127.0.0.0/8 is this machine's), so that clusters side by side share no port. Needs no root."""

import pathlib
import random
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
import uuid

PROGRAMS = ("ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "ceph")
DEADLINE_S = 300  # A start takes some 20 s; the machine may be busy.
KEY, SECRET = "CEPHTESTKEY", "a-secret-of-the-test-s-own-Ceph"

# No one has to prove who it is to the cluster, only to the gateway; without a key nothing can be
# encrypted either, which the gateway would otherwise want of the monitor. The scrubbing, balancing and
# reporting of a cluster that lives on is off, or falls away with the manager that is not there.
CONFIGURATION = """
[global]
fsid = {fsid}
mon host = v2:{host}:3300
public addr = {host}
cluster addr = {host}
auth cluster required = none
auth service required = none
auth client required = none
ms mon client mode = crc
run dir = {dir}
log file = {dir}/$name.log
admin socket = {dir}/$name.sock
crash dir = {dir}
debug ms = 0
mon data = {dir}/mon
mon data avail crit = 0
mon allow pool size one = true
mon warn on pool no redundancy = false
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd data = {dir}/osd
osd objectstore = memstore
osd class update on start = false
crush location = root=default host=test
memstore device bytes = 2147483648
rgw data = {dir}/rgw
rgw frontends = beast endpoint={host}:7480
rgw thread pool size = 32
rgw run sync thread = false
rgw enable lc threads = false
rgw enable quota threads = false
"""


def missing_programs():
    return [name for name in PROGRAMS if shutil.which(name) is None]


class CephCluster:
    """Use it as a context manager. What it leaves behind is nothing."""

    def __init__(self):
        # Short, as the path of a socket has 107 bytes.
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="ceph-", dir="/tmp"))
        self.host = ".".join(["127", *(str(random.randint(1, 254)) for _ in range(3))])
        self.url = f"http://{self.host}:7480"
        self.daemons = {}

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *exception):
        self.stop()

    def start(self):
        for name in ("mon", "osd", "rgw"):
            (self.dir / name).mkdir()
        (self.dir / "ceph.conf").write_text(
            CONFIGURATION.format(fsid=uuid.uuid4(), host=self.host, dir=self.dir))
        osd = str(uuid.uuid4())
        self.run("ceph-mon", "--mkfs", "-i", "a")
        self.start_daemon("ceph-mon", "-i", "a")
        self.run("ceph", "osd", "new", osd, "0")
        self.run("ceph-osd", "--mkfs", "-i", "0", "--osd-uuid", osd)
        self.start_daemon("ceph-osd", "-i", "0")
        self.start_daemon("radosgw", "-n", "client.rgw")
        self.wait_for_s3()
        self.run("radosgw-admin", "user", "create", "--uid", "tester", "--display-name", "Tester",
                 "--access-key", KEY, "--secret-key", SECRET)

    def stop(self):
        # Nothing of it is needed any more, so nothing of it is asked to put its things in order.
        for process in self.daemons.values():
            process.kill()
            process.wait()
        self.daemons = {}
        shutil.rmtree(self.dir, ignore_errors=True)

    def run(self, program, *arguments):
        """Runs a program of Ceph's to its end."""
        ran = subprocess.run([program, "-c", self.dir / "ceph.conf", *arguments], text=True,
                             capture_output=True, stdin=subprocess.DEVNULL, timeout=DEADLINE_S)
        if ran.returncode != 0:
            raise AssertionError(f"{program} {arguments} ended with {ran.returncode}\n{ran.stderr}"
                                 f"{self.logs()}")
        return ran.stdout

    def start_daemon(self, program, *arguments):
        # It ends with us, however we end.
        with open(self.dir / f"{program}.out", "wb") as out:
            self.daemons[program] = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", program, "-f",
                 "-c", self.dir / "ceph.conf", *arguments],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out)

    def wait_for_s3(self):
        deadline = time.monotonic() + DEADLINE_S
        while True:
            for program, process in self.daemons.items():
                if process.poll() is not None:
                    raise AssertionError(f"{program} ended with {process.returncode}\n{self.logs()}")
            try:
                with urllib.request.urlopen(self.url, timeout=DEADLINE_S):
                    return
            except (urllib.error.URLError, OSError) as error:
                if time.monotonic() > deadline:
                    raise AssertionError(f"no S3 after {DEADLINE_S} s: {error}\n{self.logs()}")
            time.sleep(0.1)

    def logs(self):
        """The end of what each program said."""
        paths = sorted([*self.dir.glob("*.log"), *self.dir.glob("*.out")])
        return "\n".join(f"--- {path.name}\n{path.read_text(errors='replace')[-2000:]}"
                         for path in paths)

    def peak_megabytes(self):
        """The most memory each of its processes ever had, in total."""
        total_kb = 0
        for process in self.daemons.values():
            for line in pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    total_kb += int(line.split()[1])
        return total_kb // 1024

    def client(self, service, **config):
        """boto3, pointed here."""
        import boto3
        from botocore.config import Config

        return boto3.client(service, endpoint_url=self.url, aws_access_key_id=KEY,
                            aws_secret_access_key=SECRET, region_name="us-east-1",
                            config=Config(retries={"max_attempts": 1}, **config))

    def s3(self):
        return self.client("s3", signature_version="s3v4", s3={"addressing_style": "path"})

    def notify(self, bucket, urls):
        """What happens in the bucket is POSTed to each of the URLs, a dictionary by names, again
        and again until it says 2xx."""
        sns = self.client("sns")
        topics = [{"Id": name, "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"],
                   "TopicArn": sns.create_topic(Name=name, Attributes={
                       "push-endpoint": url, "persistent": "true"})["TopicArn"]}
                  for name, url in urls.items()]
        self.s3().put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration={"TopicConfigurations": topics})
