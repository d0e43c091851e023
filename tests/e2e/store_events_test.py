"""The functions on a store that is not theirs: one server is that store, as any S3 is; another,
`serve --s3-endpoint`, has the functions and hears of events by POST /events. The notifications are
posted by the test, in the shapes of AWS, Ceph and MinIO."""

import configparser
import contextlib
import datetime
import hashlib
import http.server
import json
import os
import select
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse

import contained_test
import webhook_test
from cloud import BIN, Cloud, DEADLINE_S, jpeg_size, main, photos

PICTURES, RENDITIONS = "pictures", "renditions"  # The store's own functions look at neither.


class Front:
    """Hands connections on to the store; over TLS where it has a certificate."""

    def __init__(self, to, certificate=None):
        self.to = urllib.parse.urlsplit(to)
        self.context = None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificate)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"{'https' if certificate else 'http'}://localhost:{self.listener.getsockname()[1]}"
        self.is_open = True
        threading.Thread(target=self.run, daemon=True).start()

    def close(self):
        self.listener.close()

    def run(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(near,), daemon=True).start()

    def serve(self, near):
        with contextlib.suppress(OSError), near:
            if not self.is_open:
                return
            if self.context:
                near = self.context.wrap_socket(near, server_side=True)
            with near, socket.create_connection((self.to.hostname, self.to.port)) as far:
                while True:
                    waiting = isinstance(near, ssl.SSLSocket) and near.pending()
                    for one in [near] if waiting else select.select([near, far], [], [])[0]:
                        data = one.recv(65536)
                        if not data:
                            return
                        (far if one is near else near).sendall(data)


class Container:
    """The service beside a container that tells its key, and that it ends in four minutes."""

    def __init__(self, key):
        self.key = key
        container = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=4)
                body = json.dumps({**container.key,
                                   "Expiration": end.strftime("%Y-%m-%dT%H:%M:%SZ")}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/key"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def record(source, name, key, bucket=PICTURES):
    return {"eventVersion": "2.2", "eventSource": source, "awsRegion": "", "eventName": name,
            "eventTime": "2026-12-01T12:00:00.125Z",
            "s3": {"s3SchemaVersion": "1.0", "configurationId": "c",
                   "bucket": {"name": bucket, "arn": "arn:aws:s3:::" + bucket},
                   "object": {"key": key, "size": 1, "eTag": "", "versionId": "",
                              "sequencer": "F7E6D75DC742D108"}}}


def of_aws(key, name="ObjectCreated:Put"):
    return {"Records": [record("aws:s3", name, urllib.parse.quote_plus(key, safe="/"))]}


def of_ceph(key, name="ObjectCreated:Put"):
    return {"Records": [{**record("ceph:s3", name, key), "eventId": "1.2.3", "opaqueData": ""}]}


def of_minio(key, name="s3:ObjectCreated:Put"):
    return {"EventName": name, "Key": PICTURES + "/" + key,
            "Records": [record("minio:s3", name, urllib.parse.quote(key, safe=""))]}


class StoreEvents(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.store = Cloud()
        cls.store.start()
        cls.addClassCleanup(cls.store.__exit__)
        cls.s3 = cls.store.s3()
        for bucket in (PICTURES, RENDITIONS):
            cls.s3.create_bucket(Bucket=bucket)
        cls.front = Front(cls.store.s3_url)
        cls.addClassCleanup(cls.front.close)
        cls.server = cls.functions_on(cls.front.url)
        cls.server.start()
        cls.addClassCleanup(cls.server.__exit__)
        cls.photo = photos()[0].read_bytes()

    @classmethod
    def functions_on(cls, url, more=None, **options):
        key, secret = cls.store.credentials()
        return Cloud("--s3-endpoint", url, environment={
            "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret,
            "IMAGEMILL_SOURCE_BUCKET": PICTURES, "IMAGEMILL_DESTINATION_BUCKET": RENDITIONS,
            **(more or {})}, **options)

    def token(self, server=None):
        return ((server or self.server).data / "events-token").read_text().strip()

    def post(self, event, server=None, token=None, status=200):
        server = server or self.server
        answer = server.request("POST", "/events", body=json.dumps(event), headers={
            "Content-Type": "application/json",
            "Authorization": "Bearer " + (token or self.token(server))})
        self.assertEqual(answer.status, status, answer.body)
        return answer.json()

    def put(self, key, content=None):
        self.s3.put_object(Bucket=PICTURES, Key=key, Body=content or self.photo)

    def keys(self, prefix=""):
        found = self.s3.list_objects_v2(Bucket=RENDITIONS, Prefix=prefix).get("Contents", [])
        return [entry["Key"] for entry in found]

    def assert_ready(self, key, server=None):
        server = server or self.server
        answer = server.wait(key)
        self.assertEqual(answer.status, 200, (key, answer.body, server.stderr_text()))
        image = answer.json()
        self.assertEqual(image["source"]["etag"], hashlib.md5(self.photo).hexdigest())
        rendition = image["renditions"][0]
        self.assertEqual(rendition["bucket"], RENDITIONS)
        return rendition

    def counted(self, outcome):
        text = self.server.request("GET", "/metrics").body.decode()
        line = f'imagemill_store_events_total{{outcome="{outcome}"}} '
        return int(next(one for one in text.splitlines() if one.startswith(line))[len(line):])

    def invocations(self):
        health = self.server.request("GET", "/health").json()
        return health["functions"]["image-resize-processor"]["invocations"]

    def test_an_event_of_each_store_makes_the_picture_ready(self):
        for shape in (of_aws, of_ceph, of_minio):
            key = f"trips/{shape.__name__} a b+ü%20.jpg"
            self.put(key)
            self.assertEqual(self.server.image(key).status, 202, "nobody has told yet")
            self.assertEqual(self.post(shape(key)), {"queued": 1, "ignored": []})
            rendition = self.assert_ready(key)
            self.assertTrue(rendition["url"].startswith(self.front.url + "/" + RENDITIONS + "/"),
                            rendition["url"])
            picture = self.server.fetch(rendition["url"])
            self.assertEqual(picture.status, 200)
            self.assertEqual(jpeg_size(picture.body), (rendition["width"], rendition["height"]))

    def test_the_url_for_ceph_is_what_serve_prints(self):
        self.put("by-url.jpg")
        line = next(line for line in self.server.stderr_text().splitlines() if " events " in line)
        url = line.split(" POST ")[1]
        done = subprocess.run(["sh", "-c", f'curl -sS --data-binary @- "{url}"'],
                              input=json.dumps(of_ceph("by-url.jpg")), capture_output=True, text=True)
        self.assertEqual(done.stdout, '{"queued":1,"ignored":[]}', done.stderr)
        self.assert_ready("by-url.jpg")
        self.assertNotIn(self.token(), self.server.stderr_text())

    def test_uploads_and_forms_go_to_the_other_store_and_so_do_removals(self):
        self.assertEqual(self.server.upload("up.jpg", self.photo).status, 201)
        self.assertEqual(self.s3.head_object(Bucket=PICTURES, Key="up.jpg")["ContentLength"],
                         len(self.photo))
        self.post(of_minio("up.jpg"))
        self.assert_ready("up.jpg")
        wanted = {"filename": "form.jpg", "contentType": "image/jpeg", "size": len(self.photo)}
        form = self.server.request("POST", "/upload", body=json.dumps(wanted),
                                   headers={"Content-Type": "application/json"}).json()
        self.assertEqual(form["upload"]["url"], f"{self.front.url}/{PICTURES}")
        self.assertEqual(self.server.request("DELETE", "/image/up.jpg").status, 204)
        self.assertEqual(self.server.image("up.jpg").status, 404)
        self.assertEqual(len(self.keys("resized-up.jpg")), 1, "nobody has told yet")
        self.post(of_minio("up.jpg", "s3:ObjectRemoved:Delete"))
        deadline = time.monotonic() + DEADLINE_S
        while self.keys("resized-up.jpg") + self.keys("manifests/up.jpg/") and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual(self.keys("resized-up.jpg") + self.keys("manifests/up.jpg/"), [])

    def test_a_duplicate_does_nothing_and_a_broken_picture_says_why(self):
        self.put("twice.jpg")
        self.post(of_aws("twice.jpg"))
        self.assert_ready("twice.jpg")
        made = self.s3.head_object(Bucket=RENDITIONS, Key="manifests/twice.jpg/manifest.json")["ETag"]
        before = self.invocations()
        self.post({"Records": of_aws("twice.jpg")["Records"] * 2})
        deadline = time.monotonic() + DEADLINE_S
        while self.invocations() < before + 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual(
            self.s3.head_object(Bucket=RENDITIONS, Key="manifests/twice.jpg/manifest.json")["ETag"], made)
        self.put("broken.jpg", self.photo[:len(self.photo) // 2])
        self.post(of_ceph("broken.jpg"))
        self.assertEqual(self.server.wait("broken.jpg").status, 422)
        # The console shows what failed, from the store it is in.
        link = subprocess.run([BIN / "imagemill", "console", "--data", self.server.data],
                              capture_output=True, text=True, timeout=DEADLINE_S).stdout.strip()
        entered = self.server.request("GET", link[link.index("/console"):])
        cookie = entered.headers["Set-Cookie"].split(";")[0]
        original = self.server.request("GET", "/console/api/original?key=broken.jpg",
                                       headers={"Cookie": cookie})
        self.assertEqual((original.status, original.headers["Content-Type"], original.body),
                         (200, "image/jpeg", self.photo[:len(self.photo) // 2]))
        gone = self.server.request("GET", "/console/api/original?key=none.jpg",
                                   headers={"Cookie": cookie})
        self.assertEqual(gone.status, 404)

    def test_a_webhook_is_told_where_the_store_tells_of_manifests(self):
        receiver = webhook_test.Receiver()
        self.addCleanup(receiver.close)
        with self.functions_on(self.front.url, webhook_test.environment(receiver.url)) as server:
            for key, content in (("told.jpg", self.photo), ("cut.jpg", self.photo[:2000])):
                self.put(key, content)
                self.post(of_aws(key), server)
                server.wait(key)
                manifest = f"manifests/{key}/manifest.json"
                told = {"Records": [record("ceph:s3", "ObjectCreated:Put", name, RENDITIONS)
                                    for name in (manifest, f"resized-{key}")]}
                answer = self.post(told, server)
                self.assertEqual((answer["queued"], answer["ignored"][0]["reason"]),
                                 (1, "other_kind"))
            messages = {message["data"]["filename"]: message
                        for _, _, message, _ in receiver.wait(2)}
            self.assertEqual((messages["told.jpg"]["type"], messages["cut.jpg"]["type"]),
                             ("image.ready", "image.failed"))
            url = messages["told.jpg"]["data"]["renditions"][0]["url"]
            self.assertEqual(server.fetch(url).body[:2], b"\xff\xd8")

    def test_what_is_not_for_us_is_taken_once_and_counted(self):
        before = {one: self.counted(one) for one in ("other_bucket", "test", "unauthorized", "queued")}
        stranger = {"Records": [record("ceph:s3", "ObjectCreated:Put", "resized-a.jpg", RENDITIONS)]}
        self.assertEqual(self.post(stranger)["ignored"][0]["reason"], "other_bucket")
        self.post({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": PICTURES})
        self.post(of_aws("a.jpg"), token="0" * 64, status=401)
        for one, more in (("other_bucket", 1), ("test", 1), ("unauthorized", 1), ("queued", 0)):
            self.assertEqual(self.counted(one), before[one] + more, one)

    def test_pictures_that_are_there_are_reprocessed(self):
        for index in range(3):
            self.put(f"old/{index}.jpg")
        done = subprocess.run([BIN / "imagemill", "reprocess", "old/", "--data", self.server.data],
                              capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (0, "3 queued\n"), done.stderr)
        for index in range(3):
            self.assert_ready(f"old/{index}.jpg")

    def test_a_kill_between_the_answer_and_the_work_loses_nothing(self):
        names = [f"killed/{index}.jpg" for index in range(8)]
        with self.functions_on(self.front.url) as server:
            for name in names:
                self.put(name)
            for name in names:
                self.post(of_ceph(name), server)
            server.kill()
            server.start()
            for name in names:
                self.assert_ready(name, server)

    def test_a_store_that_is_away_is_said_and_comes_back(self):
        front = Front(self.store.s3_url)
        self.addCleanup(front.close)
        front.is_open = False
        with self.functions_on(front.url) as server:
            self.assertIn("the store cannot be used", server.stderr_text())
            store = server.request("GET", "/health").json()["store"]
            self.assertEqual(store["url"], front.url)
            self.assertIn("The bucket pictures cannot be listed", store["trouble"])
            front.is_open = True
            deadline = time.monotonic() + DEADLINE_S
            while store["trouble"] is not None and time.monotonic() < deadline:
                time.sleep(0.2)
                store = server.request("GET", "/health").json()["store"]
            self.assertIsNone(store["trouble"])
            self.put("back.jpg")
            self.post(of_minio("back.jpg"), server)
            self.assert_ready("back.jpg", server)

    def store_key(self, name):
        said = subprocess.run([BIN / "imagemill", "keys", "add", name, "--grant", "read=*", "--grant",
                               "write=*", "--data", self.store.data],
                              check=True, capture_output=True, text=True).stdout
        profile = configparser.ConfigParser()
        profile.read_string(said)
        return {"AccessKeyId": profile[name]["aws_access_key_id"],
                "SecretAccessKey": profile[name]["aws_secret_access_key"]}

    def test_the_key_of_a_container_is_renewed_for_the_server_and_its_functions(self):
        first, second = self.store_key("first"), self.store_key("second")
        container, front = Container(first), Front(self.store.s3_url)
        self.addCleanup(container.close)
        self.addCleanup(front.close)
        front.is_open = False  # So it looks every few seconds.
        with Cloud("--s3-endpoint", front.url, environment={
                "HOME": "/nonexistent", "AWS_CONTAINER_CREDENTIALS_FULL_URI": container.url,
                "IMAGEMILL_SOURCE_BUCKET": PICTURES,
                "IMAGEMILL_DESTINATION_BUCKET": RENDITIONS}) as server:
            # There is an instance with the first key now.
            self.assertEqual(server.upload("renewed.jpg", self.photo).status, 503)
            container.key = second
            subprocess.run([BIN / "imagemill", "keys", "remove", "first", "--data", self.store.data],
                           check=True)
            front.is_open = True
            deadline = time.monotonic() + DEADLINE_S
            while server.request("GET", "/health").json()["store"]["trouble"] is not None:
                self.assertLess(time.monotonic(), deadline, server.stderr_text())
                time.sleep(0.2)
            self.assertEqual(server.upload("renewed.jpg", self.photo).status, 201)
            self.post(of_ceph("renewed.jpg"), server)
            self.assertIn(second["AccessKeyId"], self.assert_ready("renewed.jpg", server)["url"])
            self.assertIn("the store's key was renewed", server.stderr_text())

    def test_over_tls_with_an_authority_of_ones_own(self):
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        certificate = folder + "/store.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=store",
                        "-addext", "subjectAltName=DNS:localhost", "-keyout", certificate + ".key",
                        "-out", certificate], check=True, capture_output=True)
        with open(certificate + ".both", "w") as both:
            for path in (certificate, certificate + ".key"):
                both.write(open(path).read())
        for path in (folder, certificate):
            os.chmod(path, 0o755)
        front = Front(self.store.s3_url, certificate + ".both")
        self.addCleanup(front.close)
        with self.functions_on(front.url, {"SSL_CERT_FILE": certificate}) as server:
            self.put("tls.jpg")
            self.post(of_aws("tls.jpg"), server)
            self.assertTrue(self.assert_ready("tls.jpg", server)["url"].startswith(front.url))
            lacks = server.request("GET", "/health").json()["containment"]["lacks"] or ""
            self.assertNotIn("root", lacks)

    @unittest.skipIf(os.geteuid() != 0, "not root")
    def test_in_a_container_without_namespaces(self):
        through = ["unshare", "--mount", "sh", "-c", contained_test.CONTAINER, "sh"]
        if subprocess.run([*through, "true"]).returncode != 0:
            self.skipTest("this is such a container already")
        with self.functions_on(self.front.url, through=through) as server:
            self.put("shared.jpg")
            self.post(of_ceph("shared.jpg"), server)
            self.assert_ready("shared.jpg", server)
            lacks = server.request("GET", "/health").json()["containment"]["lacks"]
            self.assertIn("functions share this machine's network (", lacks)

    def test_what_cannot_be_is_refused_at_the_start(self):
        def refusal(*arguments, **environment):
            done = subprocess.run(
                [BIN / "imagemill", "serve", "--port", "0", "--data", self.server.data / "none",
                 *arguments], capture_output=True, text=True, timeout=DEADLINE_S,
                env={"HOME": "/nonexistent", "PATH": os.environ["PATH"], **environment})
            self.assertNotEqual(done.returncode, 0)
            return done.stderr

        url = self.front.url
        self.assertIn("--s3-endpoint needs a key", refusal("--s3-endpoint", url))
        self.assertIn("is not an endpoint", refusal("--s3-endpoint", "ftp://a"))
        self.assertIn("excludes", refusal("--s3-endpoint", url, "--s3-port", "9000"))
        keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
        self.assertIn("IMAGEMILL_EVENTS_TOKEN", refusal("--s3-endpoint", url, **keys,
                                                        IMAGEMILL_EVENTS_TOKEN="short"))
        answer = self.store.request("POST", "/events", body="{}")
        self.assertEqual(answer.status, 404)
        self.assertIn("--s3-endpoint", answer.json()["detail"])


if __name__ == "__main__":
    main()
