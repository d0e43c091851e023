"""The webhook: another server is told of every picture, whatever it answers and whoever dies."""

import http.server
import json
import pathlib
import re
import ssl
import subprocess
import tempfile
import threading
import time
import unittest

import cloud
import openapi_test

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER_SECRET = "whsec_c29tZSBzZWNyZXQgb2YgZW5vdWdoIGJ5dGVz"


def snippet(language):
    text = (cloud.ROOT / "docs/webhooks.md").read_text()
    return re.search(rf"```{language}\n(.*?)```", text, re.DOTALL)[1]


VERIFIER = {}
exec(snippet("python"), VERIFIER)


class Receiver:
    """Notes what comes; answers what is next in `answers`, else 204. An answer is a status, or
    "hang": none before the end."""

    def __init__(self, port=0, context=None):
        receiver = self
        self.messages, self.answers, self.lock = [], [], threading.Lock()
        self.released = threading.Event()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with receiver.lock:
                    receiver.messages.append((self.path, dict(self.headers), body))
                    answer = receiver.answers.pop(0) if receiver.answers else 204
                if answer == "hang":
                    receiver.released.wait()
                    return
                self.send_response(answer)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *arguments: None  # Who asked has gone.
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{self.port}/hook?a=b"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()

    def wait(self, count):
        deadline = time.monotonic() + cloud.DEADLINE_S
        while time.monotonic() < deadline:
            with self.lock:
                if len(self.messages) >= count:
                    return [(path, headers, json.loads(body), body)
                            for path, headers, body in self.messages]
            time.sleep(0.02)
        raise AssertionError(f"{len(self.messages)} messages came, not {count}")


def environment(url, **more):
    return {"IMAGEMILL_WEBHOOK_URL": url, "IMAGEMILL_WEBHOOK_SECRET": SECRET,
            "IMAGEMILL_WEBHOOK_RETRY_MILLISECONDS": "50", **more}


class Webhook(unittest.TestCase):
    photo = cloud.photos()[0].read_bytes()

    def receiver(self, **arguments):
        receiver = Receiver(**arguments)
        self.addCleanup(receiver.close)
        return receiver

    def serve(self, variables):
        server = cloud.Cloud(environment=variables)
        self.addCleanup(server.__exit__, None, None, None)
        server.start()
        return server

    def upload(self, server, name, content=None):
        self.assertEqual(server.upload(name, content or self.photo).status, 201)

    def events(self, server, state):
        done = subprocess.run(
            [cloud.BIN / "imagemill", "events", "list", "--json", "--state", state,
             "--function", "webhook", "--data", server.data],
            capture_output=True, text=True, timeout=cloud.DEADLINE_S)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def eventually(self, what):
        deadline = time.monotonic() + cloud.DEADLINE_S
        while not (found := what()):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        return found

    def test_tells_of_ready_and_failed_signed_as_the_documented_receivers_expect(self):
        receiver = self.receiver()
        server = self.serve({**environment(receiver.url),
                             "IMAGEMILL_WEBHOOK_SECRET": f"{OTHER_SECRET} {SECRET}"})
        self.upload(server, "trips/ä b.jpg")
        self.upload(server, "cut.jpg", self.photo[:len(self.photo) // 3])
        messages = receiver.wait(2)
        by_name = {message["data"]["filename"]: message for _, _, message, _ in messages}
        ready, failed = by_name["trips/ä b.jpg"], by_name["cut.jpg"]
        self.assertEqual((ready["type"], failed["type"]), ("image.ready", "image.failed"))
        self.assertEqual(failed["data"]["error"]["code"], "corrupt")
        picture = server.fetch(ready["data"]["renditions"][0]["url"])
        self.assertEqual((picture.status, picture.body[:2]), (200, b"\xff\xd8"))
        self.assertEqual(set(ready["data"]), set(server.image("trips/ä b.jpg").json()))

        # Each is as the document of the API has it, and no more.
        contract = openapi_test.Contract(server.request("GET", "/openapi.json").json())
        for _, _, message, _ in messages:
            contract.check("webhook", {"$ref": "#/components/schemas/Message"}, message)

        path, headers, _, body = messages[0]
        self.assertEqual(path, "/hook?a=b")
        self.assertEqual(headers["Content-Type"], "application/json")
        for secrets in (SECRET, OTHER_SECRET, f"whsec_AAAA {SECRET}"):
            VERIFIER["verify"](secrets, headers, body)
        refused = [(SECRET, headers, body + b" "), ("whsec_AAAA", headers, body),
                   (SECRET, {**headers, "webhook-id": "msg_other"}, body),
                   (SECRET, {**headers, "webhook-timestamp": "1"}, body)]
        for arguments in refused:
            self.assertRaises(ValueError, VERIFIER["verify"], *arguments)
        self.verify_in_node([(SECRET, headers, body), (OTHER_SECRET, headers, body)], refused)
        self.check_what_is_seen(server)

    def verify_in_node(self, good, bad):
        with tempfile.TemporaryDirectory() as folder:
            cases = [{"secrets": secrets, "headers": headers, "body": body.decode(), "good": is_good}
                     for is_good, rows in ((True, good), (False, bad))
                     for secrets, headers, body in rows]
            program = pathlib.Path(folder) / "receiver.mjs"
            program.write_text(snippet("js") + f"""
              for (const {{ secrets, headers, body, good }} of {json.dumps(cases)}) {{
                let passed = true;
                try {{ verify(secrets, headers, Buffer.from(body)); }} catch {{ passed = false; }}
                if (passed !== good) throw new Error(JSON.stringify(headers));
              }}
              console.log('verified');""")
            done = subprocess.run(["node", program], capture_output=True, text=True,
                                  timeout=cloud.DEADLINE_S)
            self.assertEqual(done.stdout, "verified\n", done.stderr)

    def check_what_is_seen(self, server):
        self.eventually(lambda: server.request("GET", "/health").json()
                        ["webhook"]["deliveries"]["delivered"] >= 2)
        metrics = server.request("GET", "/metrics").body.decode()
        self.assertRegex(metrics, r'imagemill_webhook_deliveries_total{outcome="delivered"} 2')
        self.assertRegex(metrics, r'imagemill_invocations_total{function="webhook"} 2')
        log = (server.data / "logs" / "webhook.log").read_text()
        self.assertIn('"message":"a message was delivered"', log)
        for text in (log, metrics, server.stderr_text()):
            self.assertNotIn(SECRET[6:], text)
            self.assertNotIn("a=b", text)

    def test_tries_again_under_the_same_id_until_it_is_taken(self):
        receiver = self.receiver()
        receiver.answers = [500, 302, "hang", 404, 200]
        server = self.serve(environment(receiver.url, IMAGEMILL_WEBHOOK_SECONDS="1"))
        self.upload(server, "cat.jpg")
        messages = receiver.wait(5)
        self.assertEqual(len({headers["webhook-id"] for _, headers, _, _ in messages}), 1)
        self.assertEqual({path for path, _, _, _ in messages}, {"/hook?a=b"})  # Not /elsewhere.
        for _, headers, _, body in messages:
            VERIFIER["verify"](SECRET, headers, body)
        self.eventually(lambda: not self.events(server, "waiting") and
                        not self.events(server, "running"))
        self.assertEqual(self.events(server, "dead"), [])
        self.assertEqual(len(receiver.messages), 5)

    def test_a_kill_between_the_picture_and_the_message_loses_nothing(self):
        receiver = self.receiver()
        port, url = receiver.port, receiver.url
        receiver.close()  # Nobody is there.
        server = self.serve(environment(url))
        self.upload(server, "cat.jpg")
        self.assertEqual(server.wait("cat.jpg").status, 200)
        server.kill()
        receiver = self.receiver(port=port)
        server.start()
        _, headers, message, body = receiver.wait(1)[0]
        VERIFIER["verify"](SECRET, headers, body)
        self.assertEqual(message["data"]["filename"], "cat.jpg")

    def test_a_kill_during_the_message_sends_it_again(self):
        receiver = self.receiver()
        receiver.answers = ["hang"]
        server = self.serve(environment(receiver.url))
        self.upload(server, "cat.jpg")
        receiver.wait(1)
        server.kill()
        server.start()
        messages = receiver.wait(2)
        self.assertEqual(*(headers["webhook-id"] for _, headers, _, _ in messages[:2]))

    def test_what_is_too_old_is_a_dead_letter_that_can_be_redriven(self):
        receiver = self.receiver()
        receiver.answers = [500] * 100
        server = self.serve(environment(receiver.url, IMAGEMILL_WEBHOOK_MAX_AGE_SECONDS="2"))
        self.upload(server, "cat.jpg")
        letter = self.eventually(lambda: self.events(server, "dead"))[0]
        self.assertEqual(letter["condition"], "EventAgeExceeded")
        self.assertEqual(letter["key"], "manifests/cat.jpg/manifest.json")
        self.assertEqual(letter["error"]["errorMessage"], "The receiver answered 500.")
        with receiver.lock:
            receiver.answers.clear()
        before = len(receiver.messages)
        subprocess.run([cloud.BIN / "imagemill", "events", "redrive", "--function", "webhook",
                        "--data", server.data], check=True, capture_output=True)
        messages = receiver.wait(before + 1)
        self.assertEqual(len({headers["webhook-id"] for _, headers, _, _ in messages}), 1)

    def test_a_receiver_that_is_gone_is_left_alone_until_the_next_start(self):
        receiver = self.receiver()
        receiver.answers = [410]
        server = self.serve(environment(receiver.url))
        self.upload(server, "cat.jpg")
        self.upload(server, "dog.jpg", self.photo + b"dog")
        letters = self.eventually(lambda: len(self.events(server, "dead")) == 2 and
                                  self.events(server, "dead"))
        self.assertEqual({letter["condition"] for letter in letters}, {"Refused"})
        self.assertEqual({letter["error"]["errorType"] for letter in letters}, {"Webhook.Gone"})
        self.assertTrue(server.request("GET", "/health").json()["webhook"]["gone"])
        self.assertEqual(len(receiver.messages), 1)
        server.stop()
        server.start()
        self.assertFalse(server.request("GET", "/health").json()["webhook"]["gone"])

    def test_a_receiver_that_hangs_holds_up_nothing_and_no_stop(self):
        receiver = self.receiver()
        receiver.answers = ["hang"] * 100
        server = self.serve(environment(receiver.url, IMAGEMILL_WEBHOOK_SECONDS="60"))
        names = [f"photo-{i}.jpg" for i in range(8)]
        for name in names:
            self.upload(server, name, self.photo + name.encode())
        for name in names:
            self.assertEqual(server.wait(name).status, 200)
        receiver.wait(4)
        (server.data / "logs" / "webhook.log").touch()  # It has nothing to say yet.
        self.assertEqual(len(self.events(server, "running")), 4)
        server.stop()
        # It waited for no answer, which had a minute.
        self.assertNotIn("timeout", (server.data / "logs" / "webhook.log").read_text())
        with receiver.lock:
            receiver.answers.clear()
            before = len(receiver.messages)
        server.start()
        told = receiver.wait(before + 8)[before:]
        self.assertEqual({message["data"]["filename"] for _, _, message, _ in told}, set(names))

    def test_tells_it_over_tls_to_who_it_should_be(self):
        with tempfile.TemporaryDirectory() as folder:
            key, certificate = f"{folder}/key.pem", f"{folder}/certificate.pem"
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                            "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", certificate,
                            "-days", "2", "-subj", "/CN=receiver",
                            "-addext", "subjectAltName=IP:127.0.0.1"],
                           check=True, capture_output=True)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
            receiver = self.receiver(context=context)
            server = self.serve(environment(receiver.url, SSL_CERT_FILE=certificate))
            self.upload(server, "cat.jpg")
            receiver.wait(1)
            stranger = self.serve(environment(receiver.url))
            self.upload(stranger, "cat.jpg")
            self.eventually(lambda: stranger.request("GET", "/health").json()
                            ["webhook"]["deliveries"]["unreachable"] >= 1)
            self.assertEqual(len(receiver.messages), 1)

    def test_a_wrong_setting_is_refused_at_the_start_by_a_sentence(self):
        url = {"IMAGEMILL_WEBHOOK_URL": "https://example.org/hook"}
        secret = {"IMAGEMILL_WEBHOOK_SECRET": SECRET}
        for variables, says in (
                (secret, "IMAGEMILL_WEBHOOK_URL, which says where messages go, is not."),
                (url, "IMAGEMILL_WEBHOOK_SECRET is not of its form"),
                ({**url, "IMAGEMILL_WEBHOOK_SECRET": "tooshort"}, "24 to 64 random bytes"),
                ({**secret, "IMAGEMILL_WEBHOOK_URL": "ftp://example.org"}, "neither http nor https"),
                ({**url, **secret, "IMAGEMILL_WEBHOOK_SECONDS": "0"}, "from 1 to 60")):
            with self.assertRaises(AssertionError) as refused:
                self.serve(variables)
            self.assertIn(says, str(refused.exception))
            self.assertNotIn("tooshort", str(refused.exception))


if __name__ == "__main__":
    cloud.main()
