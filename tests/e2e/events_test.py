"""The operator's commands: events, reprocess, and /metrics."""

import json
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import cloud
import invoke_test

PROCESSOR = invoke_test.PROCESSOR
ESCAPE = "evil\u001b[31m.jpg"


def record(key, bucket="not-the-source"):
    """An event that the processor refuses: it is of another bucket."""
    made = json.loads(json.dumps(invoke_test.RECORD))
    made["Records"][0]["s3"]["bucket"]["name"] = bucket
    made["Records"][0]["s3"]["object"]["key"] = key
    return made


class Operator(unittest.TestCase):
    aws = invoke_test.Invoke.aws
    send = invoke_test.Invoke.send
    invoke = invoke_test.Invoke.invoke

    @classmethod
    def setUpClass(cls):
        cls.server = cloud.Cloud(environment={"IMAGEMILL_MAX_RETRIES": "0"})
        cls.server.start()
        cls.addClassCleanup(cls.server.__exit__, None, None, None)
        cls.answer = pathlib.Path(tempfile.mkdtemp()) / "answer.json"

    def run_command(self, *arguments, data=None):
        return subprocess.run(
            [cloud.BIN / "imagemill", *arguments, "--data", data or self.server.data],
            capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)

    def dead(self, *arguments):
        done = self.run_command("events", "list", "--json", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def make_dead_letter(self, key):
        before = {event["id"] for event in self.dead()}
        self.invoke(PROCESSOR, record(key), "--invocation-type", "Event")
        deadline = time.monotonic() + cloud.DEADLINE_S
        while time.monotonic() < deadline:
            for event in self.dead("--function", PROCESSOR):
                if event["id"] not in before:
                    return event
            time.sleep(0.1)
        self.fail("no dead letter")

    def test_a_dead_letter_says_what_and_why_and_drives_no_terminal(self):
        event = self.make_dead_letter(ESCAPE)
        self.assertEqual(event["key"], ESCAPE)
        self.assertEqual(event["condition"], "RetriesExhausted")
        self.assertEqual(event["attempts"], 1)
        shown = self.run_command("events", "list").stdout
        self.assertNotIn("\u001b", shown)
        self.assertIn(r"evil\x1b[31m.jpg", shown)

    def test_a_dead_letter_is_redriven_and_deleted_by_its_id(self):
        event = self.make_dead_letter("again.jpg")
        done = self.run_command("events", "redrive", str(event["id"]))
        self.assertEqual((done.returncode, done.stdout), (0, "1 redriven\n"), done.stderr)
        deadline = time.monotonic() + cloud.DEADLINE_S
        while time.monotonic() < deadline:
            again = [other for other in self.dead() if other["request_id"] == event["request_id"]]
            if again and again[0]["id"] != event["id"]:
                break
            time.sleep(0.1)
        done = self.run_command("events", "delete", str(again[0]["id"]))
        self.assertEqual((done.returncode, done.stdout), (0, "1 deleted\n"), done.stderr)
        done = self.run_command("events", "delete", str(again[0]["id"]))
        self.assertEqual((done.returncode, done.stdout), (1, "0 deleted\n"), done.stderr)

    def test_options_that_contradict_are_refused(self):
        for arguments in ([], ["1", "--all"], ["--function", PROCESSOR, "--all"], ["1", "--yes"],
                          ["--all"], ["--function", "nobody"]):
            for verb in ("redrive", "delete"):
                done = self.run_command("events", verb, *arguments)
                self.assertEqual(done.returncode, 1, (verb, arguments))
                self.assertRegex(done.stderr, "^imagemill: .+", (verb, arguments))

    def test_all_are_deleted_where_that_is_said_twice(self):
        self.make_dead_letter("one.jpg")
        done = self.run_command("events", "delete", "--all", "--yes")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"^\d+ deleted$")

    def test_pictures_are_reprocessed(self):
        photo = cloud.photos()[0].read_bytes()
        for name in ("trips/a.jpg", "trips/b.jpg", "other.jpg"):
            self.assertEqual(self.server.upload(name, photo).status, 201)
        for name in ("trips/a.jpg", "trips/b.jpg", "other.jpg"):
            self.assertEqual(self.server.wait(name).status, 200)
        before = self.invocations()
        done = self.run_command("reprocess", "trips/")
        self.assertEqual((done.returncode, done.stdout), (0, "2 queued\n"), done.stderr)
        deadline = time.monotonic() + cloud.DEADLINE_S
        while self.invocations() < before + 2 and time.monotonic() < deadline:
            time.sleep(0.1)
        self.assertGreaterEqual(self.invocations(), before + 2)
        self.assertEqual(self.server.wait("trips/a.jpg").status, 200)

    def invocations(self):
        return self.server.request("GET", "/health").json()["functions"][PROCESSOR]["invocations"]

    def test_metrics_are_open_here_and_need_the_token_through_a_proxy(self):
        self.server.upload("counted.jpg", cloud.photos()[0].read_bytes())
        self.server.wait("counted.jpg")
        answer = self.server.request("GET", "/metrics")
        self.assertEqual(answer.status, 200)
        text = answer.body.decode()
        self.assertRegex(text, rf'imagemill_invocations_total{{function="{PROCESSOR}"}} [1-9]')
        self.assertRegex(text, r'imagemill_s3_requests_total{operation="PutObject",'
                               r'status="200",code="OK"} [1-9]')
        for line in text.splitlines():
            self.assertTrue(line.startswith("# ") or re.fullmatch(
                r'[a-z_0-9]+\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\} [0-9.]+', line), line)
        proxied = {"X-Forwarded-For": "192.0.2.1"}
        self.assertEqual(self.server.request("GET", "/metrics", headers=proxied).status, 401)
        token = (self.server.data / "operator-token").read_text().strip()
        self.assertEqual((self.server.data / "operator-token").stat().st_mode & 0o777, 0o600)
        proxied["Authorization"] = "Bearer " + token
        self.assertEqual(self.server.request("GET", "/metrics", headers=proxied).status, 200)
        self.assertEqual(self.server.request("GET", "/admin/events", headers=proxied).status, 403)

    def test_health_says_how_functions_are_contained(self):
        self.assertIn("lacks", self.server.request("GET", "/health").json()["containment"])


class NoServer(unittest.TestCase):
    run_command = Operator.run_command

    def test_no_server_is_said_in_a_sentence(self):
        with tempfile.TemporaryDirectory() as data:
            done = self.run_command("events", "list", data=data)
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"No server runs on {data}.", done.stderr)

    def test_what_a_crash_left_behind_is_understood(self):
        with cloud.Cloud() as server:
            server.stop(signal.SIGKILL)
            self.assertTrue((server.data / "server.json").exists())
            done = self.run_command("events", "list", data=server.data)
            self.assertEqual(done.returncode, 1)
            self.assertIn("any more", done.stderr)
            server.start()
            self.assertEqual(self.run_command("events", "list", data=server.data).returncode, 0)
            server.stop()
            self.assertFalse((server.data / "server.json").exists())


class ChangedRecipes(unittest.TestCase):
    """What a server makes of a recipes file that changes under it."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.recipes = self.folder / "recipes.json"
        self.write(100)
        self.server = cloud.Cloud("--recipes", self.recipes)
        self.server.start()
        self.addCleanup(self.server.__exit__, None, None, None)

    def write(self, width):
        fresh = self.folder / "fresh.json"
        fresh.write_text(json.dumps(
            {"rules": [{"renditions": [{"name": "resized", "width": width}]}]}))
        fresh.rename(self.recipes)

    def width_of(self, name):
        return self.server.wait(name).json()["renditions"][0]["width"]

    def upload(self, name):
        photo = cloud.photos()[0].read_bytes()
        self.assertEqual(self.server.upload(name, photo).status, 201)

    def eventually(self, condition):
        deadline = time.monotonic() + cloud.DEADLINE_S
        while not condition():
            self.assertLess(time.monotonic(), deadline, self.server.stderr_text())
            time.sleep(0.1)

    def test_a_good_file_applies_without_a_restart_and_a_bad_one_not_at_all(self):
        self.upload("a.jpg")
        self.assertEqual(self.width_of("a.jpg"), 100)

        self.write("big")
        self.eventually(lambda: "the recipes stay as they are" in self.server.stderr_text())
        self.assertIn("width: expected a whole number", self.server.stderr_text())
        self.upload("b.jpg")
        self.assertEqual(self.width_of("b.jpg"), 100)

        self.write(200)
        self.eventually(lambda: "the recipes have changed" in self.server.stderr_text())
        self.upload("c.jpg")
        self.assertEqual(self.width_of("c.jpg"), 200)
        self.assertEqual(self.width_of("a.jpg"), 100)
        subprocess.run([cloud.BIN / "imagemill", "reprocess", "", "--data", self.server.data],
                       check=True, capture_output=True, timeout=120)
        self.eventually(lambda: self.width_of("a.jpg") == 200)

    def test_sighup_reads_the_file_and_ends_nothing(self):
        self.server.process.send_signal(signal.SIGHUP)
        self.eventually(lambda: "the recipes are the same" in self.server.stderr_text())
        self.upload("a.jpg")
        self.assertEqual(self.width_of("a.jpg"), 100)


if __name__ == "__main__":
    cloud.main()
