"""The command's other halves: process, upload, status, logs, check; and --help of each."""

import json
import os
import pathlib
import resource
import subprocess
import tempfile
import time
import unittest

from cloud import BIN, DEADLINE_S, ROOT, Cloud, jpeg_size, main, photos


def imagemill(*arguments, environment=None, **options):
    return subprocess.run([BIN / "imagemill", *map(str, arguments)], capture_output=True, text=True,
                          env={**os.environ, **(environment or {})}, **options)


class Process(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="imagemill-process-")
        self.addCleanup(folder.cleanup)
        self.out = pathlib.Path(folder.name)

    def test_makes_the_default_rendition(self):
        photo = photos()[1]
        ran = imagemill("process", "--out", self.out, photo)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertEqual(max(jpeg_size((self.out / f"resized-{photo.name}").read_bytes())), 800)

    def test_takes_what_a_rendition_is_from_its_options(self):
        photo = photos()[1]
        ran = imagemill("process", "--width", 64, "--height", 64, "--fit", "cover", "--format", "webp",
                        "--json", "--out", self.out, photo)
        line = json.loads(ran.stdout)
        self.assertEqual(line["status"], "ready")
        rendition = line["renditions"][0]
        self.assertEqual((rendition["width"], rendition["height"], rendition["format"]), (64, 64, "webp"))
        written = pathlib.Path(rendition["path"]).read_bytes()
        self.assertEqual((written[:4], written[8:12]), (b"RIFF", b"WEBP"))
        self.assertEqual(len(written), rendition["size"])

    def test_has_an_option_for_every_field_of_a_rendition(self):
        schema = json.loads((ROOT / "src/functions/recipes.schema.json").read_text())
        fields = set(schema["$defs"]["rendition"]["properties"]) - {"name"}
        help_text = imagemill("process", "--help").stdout
        for field in fields:
            self.assertIn("--" + field.replace("_", "-"), help_text)
        ran = imagemill("process", "--crop", "10,20,300,200", "--rotate", 90, "--flip", "both",
                        "--width", 50, "--dpr", 2, "--blur", 0.5, "--sharpen", 1, "--format", "jpeg",
                        "--quality", 90, "--effort", 5, "--max-bytes", 2000, "--progressive",
                        "--metadata", "copyright", "--color", "keep", "--json", "--out", self.out,
                        photos()[0])
        rendition = json.loads(ran.stdout)["renditions"][0]
        self.assertEqual((rendition["width"], rendition["height"]), (100, 150))
        self.assertLessEqual(rendition["size"], 2000)
        self.assertLess(rendition["quality"], 90)

    def test_refuses_a_bad_option_in_the_words_of_recipes(self):
        for option, value, says in (("--rotate", "45", "rotate: expected one of 0, 90, 180, 270"),
                                    ("--crop", "1,2,3", "crop: expected an object"),
                                    ("--dpr", "2x", "dpr: expected a number from 0.1 to 8")):
            ran = imagemill("process", option, value, "--out", self.out, photos()[0])
            self.assertEqual(ran.returncode, 1)
            self.assertIn(says, ran.stderr)

    def test_never_writes_one_picture_over_another(self):
        folders = [self.out / "a", self.out / "b"]
        for folder in folders:
            folder.mkdir()
            (folder / "cat.jpg").write_bytes(photos()[0].read_bytes())
        ran = imagemill("process", "--json", "--out", self.out, *(f / "cat.jpg" for f in folders))
        self.assertEqual(ran.returncode, 1)
        states = sorted(json.loads(line)["status"] for line in ran.stdout.splitlines())
        self.assertEqual(states, ["failed", "ready"])
        self.assertIn("another picture of the same name", ran.stdout)

    def test_takes_recipes_and_refuses_bad_ones_by_field(self):
        recipes = self.out / "recipes.json"
        recipes.write_text('{"rules":[{"prefix":"","renditions":['
                           '{"name":"a","width":10},{"name":"b","width":20,"format":"png"}]}]}')
        ran = imagemill("process", "--recipes", recipes, "--json", "--out", self.out, photos()[0])
        names = [rendition["name"] for rendition in json.loads(ran.stdout)["renditions"]]
        self.assertEqual(names, ["a", "b"])
        recipes.write_text('{"rules":[{"prefix":"","renditions":[{"name":"a","width":"big"}]}]}')
        ran = imagemill("process", "--recipes", recipes, photos()[0])
        self.assertEqual(ran.returncode, 1)
        self.assertIn("rules[0].renditions[0].width", ran.stderr)

    def test_a_further_picture_takes_no_further_memory(self):
        faults = {}
        for count in (1, 6):
            copies = [self.out / f"{count}-{i}.jpg" for i in range(count)]
            for copy in copies:
                copy.write_bytes(photos()[1].read_bytes())
            before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_minflt
            ran = imagemill("process", "--jobs", 1, "--out", self.out / "made", *copies)
            faults[count] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_minflt - before
            self.assertEqual(ran.returncode, 0, ran.stderr)
        # Of 4 KB each; a picture alone touches a thousand and more.
        self.assertLess((faults[6] - faults[1]) / 5, 100, faults)

    def test_one_failure_does_not_stop_the_others(self):
        bad = self.out / "bad.jpg"
        bad.write_text("no picture")
        ran = imagemill("process", "--json", "--out", self.out, photos()[0], bad, photos()[1],
                        self.out / "missing.jpg")
        self.assertEqual(ran.returncode, 1)
        lines = {pathlib.Path(line["file"]).name: line for line in map(json.loads, ran.stdout.splitlines())}
        self.assertEqual(len(lines), 4)
        self.assertEqual(lines[photos()[1].name]["status"], "ready")
        self.assertEqual(lines["bad.jpg"]["error"]["code"], "unsupported")
        self.assertEqual(lines["missing.jpg"]["status"], "failed")

    def test_a_limit_names_its_setting(self):
        ran = imagemill("process", "--json", "--out", self.out, photos()[0],
                        environment={"IMAGEMILL_MAX_PIXELS": "1000"})
        error = json.loads(ran.stdout)["error"]
        self.assertEqual((error["setting"], error["limit"]), ("IMAGEMILL_MAX_PIXELS", 1000))
        self.assertGreater(error["measured"], 1000)


class Served(unittest.TestCase):
    def test_upload_status_logs_and_check(self):
        with Cloud() as cloud:
            photo = photos()[0]
            url = ["--url", cloud.url]
            sent = imagemill("upload", *url, photo)
            self.assertEqual(sent.returncode, 0, sent.stderr)
            link = sent.stdout.split()[-1]
            self.assertTrue(link.startswith(cloud.url), sent.stdout)
            self.assertEqual(cloud.fetch(link).status, 302)

            state = imagemill("status", *url, photo.name)
            self.assertEqual(state.returncode, 0, state.stderr)
            self.assertIn("ready", state.stdout)
            unknown = imagemill("status", *url, "unknown.jpg")
            self.assertEqual(unknown.returncode, 1)

            # The report follows the result: the picture may be ready a moment earlier.
            deadline = time.monotonic() + DEADLINE_S
            while True:
                logs = imagemill("logs", "--data", cloud.data, "--function", "processor").stdout
                if "REPORT" in logs or time.monotonic() > deadline:
                    break
                time.sleep(0.05)
            self.assertRegex(logs, r"START RequestId: [0-9a-f-]+ Version: \$LATEST")
            self.assertRegex(logs, r"REPORT RequestId: .*Max Memory Used: \d+ MB")

            link = imagemill("console", "--data", cloud.data)
            self.assertRegex(link.stdout, cloud.url + r"/console/login\?code=[0-9a-f]{64}\n")
            self.assertIn("/console/login?code=", cloud.stderr_text())

            busy = imagemill("check", "--data", cloud.data)
            self.assertEqual(busy.returncode, 1)
            self.assertIn("Another server has the directory", busy.stderr)
            cloud.stop()
            whole = imagemill("check", "--data", cloud.data)
            self.assertEqual(whole.returncode, 0, whole.stdout)
            self.assertIn("3 objects checked, 0 findings", whole.stdout)

            stored = max((cloud.data / "objects").rglob("*"), key=lambda path: path.stat().st_size)
            content = bytearray(stored.read_bytes())
            content[100] ^= 1
            stored.write_bytes(content)
            damaged = imagemill("check", "--data", cloud.data)
            self.assertEqual(damaged.returncode, 1)
            self.assertIn("1 finding", damaged.stdout)

            stray = cloud.data / "objects" / "ab" / ("ab" + 30 * "0")
            stray.parent.mkdir(exist_ok=True)
            stray.write_bytes(b"nobody's")
            self.assertIn("2 findings", imagemill("check", "--data", cloud.data).stdout)
            repaired = imagemill("check", "--repair", "--data", cloud.data)
            self.assertEqual(repaired.returncode, 1, "one finding is left")
            self.assertIn("Moved", repaired.stdout)
            self.assertIn("1 finding\n", repaired.stdout)
            aside = cloud.data / "lost+found" / ("ab-" + stray.name)
            self.assertEqual(aside.read_bytes(), b"nobody's")

    def test_a_sixteen_megabyte_photograph_just_works(self):
        with Cloud() as cloud:
            photo = photos()[-1]
            self.assertGreater(photo.stat().st_size, 12_000_000)
            sent = subprocess.run(["curl", "-sS", "-F", f"file=@{photo}", cloud.url + "/upload"],
                                  capture_output=True, text=True, check=True)
            name = json.loads(sent.stdout)["images"][0]["filename"]
            self.assertEqual(cloud.wait(name).status, 200)

    def test_a_second_server_and_a_taken_port_are_refused_in_words(self):
        with Cloud() as cloud:
            second = imagemill("serve", "--port", 0, "--s3-port", 0, "--data", cloud.data)
            self.assertEqual(second.returncode, 1)
            self.assertIn("Another server has the directory", second.stderr)
            taken = imagemill("serve", "--port", cloud.url.rsplit(":", 1)[1], "--data", cloud.data)
            self.assertEqual(taken.returncode, 1)
            self.assertIn("in use", taken.stderr)

    def test_a_token_is_asked_for(self):
        with Cloud(environment={"IMAGEMILL_UPLOAD_TOKEN": "secret-token"}) as cloud:
            refused = imagemill("upload", "--url", cloud.url, photos()[0])
            self.assertEqual(refused.returncode, 1)
            sent = imagemill("upload", "--url", cloud.url, "--token", "secret-token", photos()[0])
            self.assertEqual(sent.returncode, 0, sent.stderr)


    def test_logs_follow_what_comes_and_what_is_turned_over(self):
        with tempfile.TemporaryDirectory() as data:
            logs = pathlib.Path(data) / "logs"
            logs.mkdir()
            (logs / "image-resize-processor.log").write_text("one\n")
            follower = subprocess.Popen(
                [BIN / "imagemill", "logs", "--data", data, "--follow"],
                stdout=subprocess.PIPE, text=True)
            try:
                self.assertEqual(follower.stdout.readline(), "one\n")
                with open(logs / "image-resize-processor.log", "a") as log:
                    log.write("two\n")
                os.rename(logs / "image-resize-processor.log",
                          logs / "image-resize-processor.log.1")
                (logs / "image-resize-processor.log").write_text("3\n")
                self.assertEqual(follower.stdout.readline(), "two\n")
                self.assertEqual(follower.stdout.readline(), "3\n")
                (logs / "image-upload-handler.log").write_text("four\n")
                self.assertEqual(follower.stdout.readline(), "image-upload-handler: four\n")
            finally:
                follower.kill()
                follower.wait()
                follower.stdout.close()


class Help(unittest.TestCase):
    def test_every_command_has_one_with_an_example(self):
        for command in ("serve", "process", "upload", "status", "logs", "check", "keys", "console"):
            with self.subTest(command):
                told = imagemill(command, "--help")
                self.assertEqual(told.returncode, 0)
                self.assertIn("Example:\n  imagemill " + command, told.stdout)


if __name__ == "__main__":
    main()
