"""Functions tried by hand, with the command that is used on AWS: `aws lambda invoke`."""

import base64
import json
import os
import pathlib
import subprocess
import tempfile
import time
import unittest

import cloud

PROCESSOR = "image-resize-processor"
API = "image-upload-handler"
RECORD = {"Records": [{
    "eventVersion": "2.6", "eventSource": "aws:s3", "awsRegion": "us-east-1",
    "eventTime": "2026-12-01T00:00:00.000Z", "eventName": "ObjectCreated:Put",
    "s3": {"s3SchemaVersion": "1.0", "bucket": {"name": cloud.SOURCE},
           "object": {"key": "nothing-here.jpg", "size": 1, "eTag": "x", "sequencer": "00"}}}]}


class Invoke(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cloud.Cloud()
        cls.server.start()
        cls.addClassCleanup(cls.server.__exit__, None, None, None)
        cls.answer = pathlib.Path(tempfile.mkdtemp()) / "answer.json"

    def aws(self, *arguments):
        environment = {key: value for key, value in os.environ.items()
                       if not key.startswith("AWS_")}
        environment["AWS_SHARED_CREDENTIALS_FILE"] = str(self.server.data / "credentials")
        environment["AWS_DEFAULT_REGION"] = "us-east-1"
        return subprocess.run(
            ["/usr/bin/aws", "--endpoint-url", self.server.url, "lambda", "invoke", *arguments,
             str(self.answer)], env=environment, capture_output=True, text=True, timeout=120)

    def send(self, function, payload, *arguments):
        # By file: version 2 of the command takes a text for base64, version 1 for itself.
        file = self.answer.with_name("payload")
        file.write_text(payload)
        return self.aws("--function-name", function, "--payload", f"fileb://{file}", *arguments)

    def invoke(self, function, payload, *arguments):
        done = self.send(function, json.dumps(payload), *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_a_function_answers_and_its_log_comes_along(self):
        told = self.invoke(PROCESSOR, RECORD, "--log-type", "Tail")
        self.assertEqual(told["StatusCode"], 200)
        self.assertEqual(told["ExecutedVersion"], "$LATEST")
        self.assertNotIn("FunctionError", told)
        log = base64.b64decode(told["LogResult"]).decode()
        self.assertIn("START RequestId: ", log)
        self.assertIn("REPORT RequestId: ", log)
        self.assertLessEqual(len(log), 4096)
        self.assertNotIn("CloudWatchMetrics", log)  # Of which nobody here makes anything.
        self.assertIn("records", json.loads(self.answer.read_text()))

    def test_an_arn_names_it_as_well(self):
        arn = f"arn:aws:lambda:us-east-1:000000000000:function:{PROCESSOR}"
        self.assertEqual(self.invoke(arn, RECORD)["StatusCode"], 200)

    def test_a_failure_is_told_as_aws_tells_it(self):
        told = self.invoke(API, {"no": "event of the api"})
        self.assertEqual(told["StatusCode"], 200)
        self.assertEqual(told["FunctionError"], "Unhandled")
        self.assertIn("errorMessage", json.loads(self.answer.read_text()))

    def test_an_event_is_queued_and_run(self):
        before = self.server.request("GET", "/health").json()["functions"][PROCESSOR]["invocations"]
        told = self.invoke(PROCESSOR, RECORD, "--invocation-type", "Event")
        self.assertEqual(told["StatusCode"], 202)
        deadline = time.monotonic() + cloud.DEADLINE_S
        while time.monotonic() < deadline:
            now = self.server.request("GET", "/health").json()["functions"][PROCESSOR]
            if now["invocations"] > before:
                return
            time.sleep(0.1)
        self.fail("the event was never run")

    def test_a_dry_run_changes_nothing(self):
        self.assertEqual(self.invoke(PROCESSOR, {}, "--invocation-type", "DryRun")["StatusCode"], 204)

    def test_an_unknown_function_is_said_by_name(self):
        done = self.send("nobody", "{}")
        self.assertIn("ResourceNotFoundException", done.stderr)
        self.assertIn(PROCESSOR, done.stderr)

    def test_what_is_no_json_is_refused(self):
        done = self.send(PROCESSOR, "{")
        self.assertIn("InvalidRequestContentException", done.stderr)

    def test_nobody_invokes_without_the_key(self):
        answer = self.server.request("POST", f"/2015-03-31/functions/{PROCESSOR}/invocations", b"{}")
        self.assertEqual(answer.status, 403)
        self.assertEqual(answer.headers["x-amzn-ErrorType"], "MissingAuthenticationTokenException")


if __name__ == "__main__":
    cloud.main()
