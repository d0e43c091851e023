"""The whole pipeline, as its users drive it: page's API, curl, AWS CLI, boto3."""

import hashlib
import json
import os
import shutil
import subprocess
import time
import unittest

from cloud import DEADLINE_S, DESTINATION, SOURCE, Cloud, jpeg_size, main, photos, run_all


class Pipeline(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cloud = Cloud(environment={"IMAGEMILL_METRICS": "cloudwatch"})
        cls.cloud.start()
        cls.addClassCleanup(lambda: cls.cloud.__exit__())

    def assert_ready(self, name, original):
        answer = self.cloud.wait(name)
        self.assertEqual(answer.status, 200, answer.body)
        image = answer.json()
        self.assertEqual(image["filename"], name)
        self.assertEqual(image["status"], "ready")
        self.assertEqual(image["source"]["bucket"], SOURCE)
        self.assertEqual(image["source"]["etag"], hashlib.md5(original).hexdigest())
        self.assertEqual(image["source"]["size"], len(original))
        self.assertIsNone(image["error"])
        self.assertTrue(image["placeholder"]["thumbhash"])
        rendition = image["renditions"][0]
        self.assertEqual(rendition["name"], "resized")
        self.assertEqual(rendition["bucket"], DESTINATION)
        picture = self.cloud.fetch(rendition["url"])
        self.assertEqual(picture.status, 200)
        self.assertEqual(len(picture.body), rendition["size"])
        self.assertEqual(picture.headers["Content-Type"], "image/jpeg")
        self.assertEqual(jpeg_size(picture.body), (rendition["width"], rendition["height"]))
        self.assertEqual(max(rendition["width"], rendition["height"]), 800)
        return image

    def test_curl_sends_a_form(self):
        photo = photos()[0]
        out = subprocess.run(
            ["curl", "-sS", "-F", f"file=@{photo};filename=curl form.jpg", self.cloud.url + "/upload"],
            capture_output=True, text=True, check=True)
        image = json.loads(out.stdout)["images"][0]
        self.assertEqual(image["filename"], "curl form.jpg")
        ready = self.assert_ready("curl form.jpg", photo.read_bytes())
        self.assertEqual(ready["renditions"][0]["key"], "resized-curl form.jpg")
        url = ready["renditions"][0]["url"]
        got = subprocess.run(["curl", "-sSf", "-o", "/dev/null", "-w", "%{http_code} %{content_type}", url],
                             capture_output=True, text=True, check=True)
        self.assertEqual(got.stdout, "200 image/jpeg")

    def test_a_trace_goes_from_the_upload_to_the_manifest_and_the_logs(self):
        root = "1-5759e988-bd862e3fe1be46a994272793"
        name = "traced.jpg"
        sent = self.cloud.upload(name, photos()[2].read_bytes(), {
            "traceparent": "00-5759e988bd862e3fe1be46a994272793-00f067aa0ba902b7-01"})
        self.assertEqual(sent.headers["X-Amzn-Trace-Id"],
                         f"Root={root};Parent=00f067aa0ba902b7;Sampled=1")
        self.assertEqual(self.cloud.wait(name).status, 200)
        manifest = self.cloud.s3().get_object(
            Bucket=DESTINATION, Key=f"manifests/{name}/manifest.json")
        self.assertEqual(json.loads(manifest["Body"].read())["trace_id"], root)
        for function in ("image-upload-handler", "image-resize-processor"):
            lines = [json.loads(line)
                     for line in (self.cloud.data / "logs" / f"{function}.log").open()
                     if line.startswith("{")]
            self.assertTrue(lines)
            for line in lines:  # Every line has one, this upload's its own.
                self.assertRegex(line["traceId"], r"^1-[0-9a-f]{8}-[0-9a-f]{24}$")
            self.assertIn(root, [line["traceId"] for line in lines if line.get("key") == name])

    def metrics_of(self, **members):
        """The first line of metrics that has these."""
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            for line in (self.cloud.data / "logs/image-resize-processor.log").open():
                found = json.loads(line) if line.endswith("}\n") and '"_aws"' in line else {}
                if found and members.items() <= found.items():
                    return found
            time.sleep(0.1)
        raise AssertionError(f"no metrics with {members}")

    def assert_cloudwatch_reads(self, line):
        """As its specification has it: every name is a member, dimensions are text, values numbers."""
        self.assertAlmostEqual(line["_aws"]["Timestamp"] / 1000, time.time(), delta=DEADLINE_S)
        for directive in line["_aws"]["CloudWatchMetrics"]:
            self.assertEqual(set(directive), {"Namespace", "Dimensions", "Metrics"})
            for name in directive["Dimensions"][0]:
                self.assertIsInstance(line[name], str)
            for metric in directive["Metrics"]:
                self.assertIsInstance(line[metric["Name"]], int)
                self.assertIn(metric["Unit"], ("Milliseconds", "Bytes", "Count"))

    def test_metrics_are_lines_as_cloudwatch_reads_them(self):
        photo = photos()[0].read_bytes()
        self.assertEqual(self.cloud.upload("measured.jpg", photo).status, 201)
        self.assert_ready("measured.jpg", photo)
        self.cloud.s3().put_object(Bucket=SOURCE, Key="text.jpg", Body=b"no picture")

        rendered = self.metrics_of(Outcome="rendered", BytesIn=len(photo))
        failed = self.metrics_of(Outcome="failed", BytesIn=len(b"no picture"))

        for line in (rendered, failed):
            self.assert_cloudwatch_reads(line)
            self.assertEqual(line["level"], "INFO")
            self.assertTrue(line["requestId"])
            self.assertEqual(line["FunctionName"], "image-resize-processor")
            self.assertEqual(line["Retries"], 0)
            self.assertEqual(line["Pictures"], 1)
        self.assertEqual(rendered["Lane"], "jpeg")
        self.assertGreaterEqual(rendered["TotalTime"], rendered["RenderTime"])
        self.assertGreater(rendered["BytesIn"], rendered["BytesOut"])
        for name in ("GetTime", "DecodeTime", "ResizeTime", "EncodeTime", "PutTime"):
            self.assertIn(name, rendered)
        self.assertEqual((failed["Reason"], failed["Failures"]), ("unsupported", 1))

    def test_raw_bytes_and_json(self):
        photo = photos()[1].read_bytes()
        self.assertEqual(self.cloud.upload("raw.jpg", photo).status, 201)
        self.assert_ready("raw.jpg", photo)
        import base64
        body = json.dumps({"filename": "json.jpg", "data": base64.b64encode(photo).decode()})
        answer = self.cloud.request("POST", "/upload", body, {"Content-Type": "application/json"})
        self.assertEqual(answer.status, 201, answer.body)
        self.assert_ready("json.jpg", photo)

    def test_a_presigned_form_goes_straight_to_the_bucket(self):
        photo = photos()[2]
        body = json.dumps({"filename": "direct.jpg", "contentType": "image/jpeg",
                           "size": photo.stat().st_size})
        answer = self.cloud.request("POST", "/upload", body, {"Content-Type": "application/json"})
        self.assertEqual(answer.status, 200, answer.body)
        told = answer.json()
        self.assertRegex(told["filename"], r"^direct-[0-9a-f]{32}\.jpg$")
        self.assertEqual(told["upload"]["method"], "POST")
        fields = [argument for name, value in told["upload"]["fields"].items()
                  for argument in ("-F", f"{name}={value}")]
        posted = subprocess.run(
            ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", *fields, "-F",
             f"file=@{photo};type=image/jpeg", told["upload"]["url"]],
            capture_output=True, text=True, check=True)
        self.assertIn(posted.stdout, ("200", "201", "204"))
        self.assert_ready(told["filename"], photo.read_bytes())

    def test_aws_s3_cp(self):
        photo = photos()[3]
        aws = shutil.which("aws", path="/usr/bin:" + os.environ["PATH"])
        environment = {**os.environ, "AWS_SHARED_CREDENTIALS_FILE": str(self.cloud.data / "credentials"),
                       "AWS_CONFIG_FILE": "/dev/null", "AWS_DEFAULT_REGION": "us-east-1"}
        copied = subprocess.run(
            [aws, "--endpoint-url", self.cloud.s3_url, "s3", "cp", str(photo),
             f"s3://{SOURCE}/trips/rome/aws.jpg"], capture_output=True, text=True, env=environment)
        self.assertEqual(copied.returncode, 0, copied.stderr)
        ready = self.assert_ready("trips/rome/aws.jpg", photo.read_bytes())
        self.assertEqual(ready["renditions"][0]["key"], "trips/rome/resized-aws.jpg")
        listed = subprocess.run(
            [aws, "--endpoint-url", self.cloud.s3_url, "s3", "ls", f"s3://{DESTINATION}/trips/rome/"],
            capture_output=True, text=True, env=environment)
        self.assertIn("resized-aws.jpg", listed.stdout)

    def test_boto3_upload_file(self):
        photo = photos()[4]
        s3 = self.cloud.s3()
        s3.upload_file(str(photo), SOURCE, "boto3 ü+.jpg", ExtraArgs={"ContentType": "image/jpeg"})
        ready = self.assert_ready("boto3 ü+.jpg", photo.read_bytes())
        head = s3.head_object(Bucket=DESTINATION, Key=ready["renditions"][0]["key"])
        self.assertEqual(head["ContentType"], "image/jpeg")
        manifest = s3.get_object(Bucket=DESTINATION, Key="manifests/boto3 ü+.jpg/manifest.json")
        self.assertEqual(json.load(manifest["Body"])["status"], "ready")

    def test_redirect_leads_to_the_picture(self):
        photo = photos()[0].read_bytes()
        self.cloud.upload("redirect.jpg", photo)
        self.assert_ready("redirect.jpg", photo)
        for query in ("?redirect", "?redirect=resized"):
            answer = self.cloud.image("redirect.jpg", query)
            self.assertEqual(answer.status, 302)
            self.assertEqual(answer.headers["Cache-Control"], "no-store")
            picture = self.cloud.fetch(answer.headers["Location"])
            self.assertEqual(picture.headers["Content-Type"], "image/jpeg")

    def test_delete_removes_the_source_and_all_made_of_it(self):
        photo = photos()[0].read_bytes()
        self.cloud.upload("gone.jpg", photo)
        self.assert_ready("gone.jpg", photo)
        self.assertEqual(self.cloud.request("DELETE", "/image/gone.jpg").status, 204)
        self.assertEqual(self.cloud.image("gone.jpg").status, 404)
        import time
        deadline = time.monotonic() + 60
        while any("gone.jpg" in key for key in self.cloud.keys(DESTINATION)):
            self.assertLess(time.monotonic(), deadline, "what was made of it is still there")
            time.sleep(0.1)

    def test_twenty_callers_wait_while_one_picture_is_made(self):
        photo = photos()[-2].read_bytes()
        self.assertEqual(self.cloud.upload("awaited.jpg", photo).status, 201)
        statuses = []
        run_all([lambda: statuses.append(self.cloud.image("awaited.jpg", "?wait=20").status)
                 for _ in range(20)], 20)
        self.assertEqual(len(statuses), 20)
        self.assertTrue(set(statuses) <= {200, 202}, statuses)
        self.assert_ready("awaited.jpg", photo)


if __name__ == "__main__":
    main()
