"""deploy/aws, with an account that is a fake and a store that is ours: every call it would make, in
its order, is in deploy/aws.calls; what it puts into buckets is put, and its own test passes against
a real gateway. `IMAGEMILL_UPDATE=1` writes deploy/aws.calls anew."""

import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import tempfile
import unittest

from cloud import DESTINATION, ROOT, SOURCE, Cloud, main

DEPLOY = ROOT / "deploy"
AWS = os.environ.get("IMAGEMILL_AWS") or shutil.which("aws")
GOLDEN = DEPLOY / "aws.calls"
TOKEN = "a-token-of-the-test"


class Deploy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cloud = cls.enterClassContext(Cloud(environment={"IMAGEMILL_UPLOAD_TOKEN": TOKEN}))

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="imagemill-deploy-")
        self.addCleanup(folder.cleanup)
        self.work = pathlib.Path(folder.name)
        (self.work / "bin").mkdir()
        (self.work / "bin/aws").symlink_to(pathlib.Path(__file__).with_name("fake_aws.py"))
        self.zip = self.work / "code.zip"
        self.zip.write_bytes(b"not really a zip")
        self.stack = "mill-" + self.id().rsplit("_", 1)[-1]
        self.save({"exists": False, "parameters": {}, "messages": [], "outputs": {
            "ApiUrl": self.cloud.url, "ApiName": "api", "ProcessorName": "processor",
            "PageUrl": "https://page.example", "PageBucketName": self.stack + "-page",
            "PageDistribution": "E1", "SourceBucketName": SOURCE,
            "DestinationBucketName": DESTINATION, "DeadLetterQueue": "https://queue.example",
            "DashboardUrl": "https://dashboard.example", "S3Url": self.cloud.s3_url}})
        self.store = ""  # Where the calls of S3 go; nowhere, they are only written down.

    def use_store(self):
        self.store = self.cloud.s3_url
        self.s3("mb", f"s3://{self.stack}-page")

    def save(self, state):
        (self.work / "state.json").write_text(json.dumps(state))

    def state(self):
        return json.loads((self.work / "state.json").read_text())

    def environment(self):
        return {"PATH": f"{self.work / 'bin'}:{os.environ['PATH']}", "HOME": str(self.work),
                "FAKE_STATE": str(self.work / "state.json"), "FAKE_CALLS": str(self.work / "calls"),
                "FAKE_AWS": AWS, "FAKE_S3": self.store, "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_SHARED_CREDENTIALS_FILE": str(self.cloud.data / "credentials")}

    def s3(self, *arguments):
        ran = subprocess.run([AWS, "--endpoint-url", self.cloud.s3_url, "s3", *arguments],
                             env=self.environment(), capture_output=True, text=True)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        return ran.stdout

    def run_deploy(self, *arguments, answer="", status=0):
        ran = subprocess.run([DEPLOY / "aws", *arguments, "--stack", self.stack], input=answer,
                             env=self.environment(), capture_output=True, text=True)
        self.assertEqual(ran.returncode, status, ran.stderr)
        return ran.stdout + ran.stderr

    def up(self, *arguments):
        return self.run_deploy("up", "--zip", str(self.zip), *arguments)

    def calls(self):
        """What was called since the last time, without what differs from run to run."""
        path = self.work / "calls"
        calls = [json.loads(line) for line in path.read_text().splitlines()]
        path.unlink()
        text = "\n".join(shlex.join(call) for call in calls)
        text = text.replace(str(self.zip), "ZIP").replace(str(DEPLOY), "deploy")
        text = text.replace(str(ROOT), ".").replace(self.stack, "imagemill")
        text = re.sub(r"/tmp/tmp\.\w+", "WORK", text)
        text = re.sub(r"UploadToken=\S{32}", "UploadToken=TOKEN", text)
        return re.sub(r"-[0-9a-f]{32}\.zip", "-DIGEST.zip", text) + "\n"

    def check_buckets(self):
        code = self.s3("ls", f"s3://{self.stack}-code-123456789012-us-east-1")
        self.assertIn("imagemill-lambda-x86_64-", code)
        listing = self.s3("ls", "--recursive", f"s3://{self.stack}-page")
        for path in (ROOT / "web").glob("*.*"):
            self.assertIn(path.name, listing)
        self.assertNotIn("console", listing)  # It is of one machine's server.
        config = json.loads(self.s3("cp", f"s3://{self.stack}-page/config.json", "-"))
        self.assertEqual((config["api"], config["token_required"]), (self.cloud.url, True))

    def test_every_call_is_known(self):
        steps = {}
        self.use_store()
        self.up("--set", "AlarmEmail=me@example.org")
        steps["up, the first time"] = self.calls()
        self.check_buckets()
        self.up()
        steps["up again"] = self.calls()
        self.save({**self.state(), "messages": [["handle-1", '{"Records":[1]}']]})
        self.run_deploy("status")
        steps["status"] = self.calls()
        self.run_deploy("redrive")
        steps["redrive"] = self.calls()
        self.assertEqual(self.state()["invoked"], ['{"Records":[1]}'])
        self.save({**self.state(), "outputs": {**self.state()["outputs"],
                                               "SourceBucketName": self.stack + "-page",
                                               "DestinationBucketName": self.stack + "-page"}})
        self.run_deploy("down", answer=self.stack + "\n")
        steps["down"] = self.calls()
        text = "\n".join(f"# {name}\n{calls}" for name, calls in steps.items())
        if os.environ.get("IMAGEMILL_UPDATE"):
            GOLDEN.write_text(text)
        self.assertEqual(text, GOLDEN.read_text())

    def test_a_token_is_made_once_and_stays(self):
        self.up()
        token = self.state()["parameters"]["UploadToken"]
        self.assertRegex(token, r"^[A-Za-z0-9_-]{32}$")
        self.assertIn(token, self.up())
        self.assertEqual(self.state()["parameters"]["UploadToken"], token)
        self.up("--new-token")
        self.assertNotEqual(self.state()["parameters"]["UploadToken"], token)

    def test_an_open_one_gets_no_token(self):
        self.up("--public", "--set", "ProcessorConcurrency=5")
        self.assertNotIn("UploadToken", self.state()["parameters"])
        self.save({**self.state(), "exists": False})
        self.up("--set", "Public=false")
        self.assertIn("UploadToken", self.state()["parameters"])

    def test_its_test_passes_against_a_real_gateway_and_says_what_was_refused(self):
        state = {**self.state(), "exists": True}
        self.save({**state, "parameters": {"UploadToken": TOKEN}})
        self.assertIn("the stack works", self.run_deploy("test"))
        self.save({**state, "parameters": {"UploadToken": "another"}})
        self.assertIn("HTTP 401", self.run_deploy("test", status=1))

    def test_down_deletes_nothing_unless_the_name_is_typed(self):
        self.use_store()
        self.up()
        said = self.run_deploy("down", answer="yes\n", status=1)
        self.assertIn("Nothing was deleted", said)
        self.assertRegex(said, r"-page  \d+ objects \d+ bytes")
        self.assertTrue(self.state()["exists"])

    def test_mistakes_are_named(self):
        self.stack = "Mill_1"
        self.assertIn('"Mill_1"', self.run_deploy("status", status=1))
        self.stack = "none"
        self.assertIn("no stack none", self.run_deploy("status", status=1))
        self.assertIn('no option "--frob"', self.run_deploy("up", "--frob", status=1))
        self.assertIn('no command "fly"', self.run_deploy("fly", status=1))
        self.assertIn("cannot be read", self.run_deploy("up", "--zip", "/none.zip", status=1))


if __name__ == "__main__":
    main()
