"""What strangers and accidents send. Each gets the documented answer; nothing is left half-written;
the server goes on."""

import json
import socket
import struct
import unittest
import urllib.parse
import zlib

from cloud import DESTINATION, SOURCE, Cloud, main, photos


def png_header(width, height):
    """A PNG that claims a size and has no pixels."""
    def chunk(kind, body):
        return (struct.pack(">I", len(body)) + kind + body +
                struct.pack(">I", zlib.crc32(kind + body)))
    return (b"\x89PNG\r\n\x1a\n" +
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b""))


def gif(width, height, frames):
    """A GIF of one colour; each frame is a whole screen in a few bytes."""
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    frame = (b"\x21\xf9\x04\x00\x0a\x00\x00\x00" + b"\x2c" +
             struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02\x44\x01\x00")
    return head + frame * frames + b"\x3b"


class BadInput(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cloud = Cloud()
        cls.cloud.start()
        cls.addClassCleanup(lambda: cls.cloud.__exit__())

    def tearDown(self):
        # Whatever came, the server goes on.
        self.assertEqual(self.cloud.request("GET", "/health").status, 200)

    def assert_problem(self, answer, status, *words):
        self.assertEqual(answer.status, status, answer.body)
        self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
        problem = answer.json()
        self.assertEqual(problem["status"], status)
        for word in words:
            self.assertIn(word, problem["detail"] + str(problem.get("setting", "")))
        return problem

    def assert_refused(self, name, content, statuses, *words):
        before = self.cloud.keys(SOURCE)
        answer = self.cloud.upload(name, content)
        self.assertIn(answer.status, statuses, answer.body)
        self.assert_problem(answer, answer.status, *words)
        self.assertEqual(self.cloud.keys(SOURCE), before, "something was stored")

    # Pictures that are none.

    def test_a_text_named_jpg(self):
        self.assert_refused("text.jpg", b"hello, this is no picture", {415})

    def test_zero_bytes(self):
        self.assert_refused("empty.jpg", b"", {400, 415})

    def test_a_jpeg_cut_in_half(self):
        photo = photos()[0].read_bytes()
        answer = self.cloud.upload("half.jpg", photo[:len(photo) // 2])
        self.assertEqual(answer.status, 201, answer.body)  # Its header is fine.
        final = self.cloud.wait("half.jpg")
        self.assertEqual(final.status, 422)
        image = final.json()
        self.assertEqual(image["status"], "failed")
        self.assertTrue(image["error"]["message"])
        self.assertEqual(image["renditions"], [])
        self.assertFalse([key for key in self.cloud.keys(DESTINATION) if "resized-half" in key])

    def test_a_png_that_claims_sixty_thousand_by_sixty_thousand(self):
        answer = self.cloud.upload("bomb.png", png_header(60_000, 60_000))
        problem = self.assert_problem(answer, 413)
        self.assertIn(problem["setting"], ("IMAGEMILL_MAX_PIXELS", "IMAGEMILL_MAX_SIDE"))
        self.assertGreater(problem["measured"], problem["limit"])

    def test_the_same_bomb_past_the_front_door(self):
        self.cloud.s3().put_object(Bucket=SOURCE, Key="s3-bomb.png", Body=png_header(60_000, 60_000))
        final = self.cloud.wait("s3-bomb.png")
        self.assertEqual(final.status, 422)
        self.assertIn("60000", final.json()["error"]["message"].replace(" ", "").replace(",", ""))

    def test_a_gif_of_five_hundred_frames_over_the_pixel_limit(self):
        answer = self.cloud.upload("long.gif", gif(1000, 1000, 500))
        problem = self.assert_problem(answer, 413)
        self.assertEqual(problem["setting"], "IMAGEMILL_MAX_ANIMATION_PIXELS")
        self.assertEqual(problem["measured"], 500_000_000)

    def test_an_svg_that_reaches_out(self):
        svg = (b'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
               b'width="10" height="10"><image xlink:href="file:///etc/passwd" width="10" height="10"/></svg>')
        self.assert_refused("reach.svg", svg, {400, 415, 422})

    def test_an_svg_entity_bomb(self):
        entities = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10 if i else "lol"}">' for i in range(10))
        svg = f'<!DOCTYPE svg [{entities}]><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text>&e9;</text></svg>'
        self.assert_refused("bomb.svg", svg.encode(), {400, 415, 422})

    # Requests that are none.

    def raw(self, head, body=b"", shut=False):
        """Sends exactly these bytes; returns all that comes back."""
        address = urllib.parse.urlsplit(self.cloud.url)
        with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
            connection.sendall(head.replace("\n", "\r\n").encode() + body)
            if shut:
                connection.shutdown(socket.SHUT_WR)
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
        return answer.decode(errors="replace")

    def test_a_body_shorter_than_it_said(self):
        before = self.cloud.keys(SOURCE)
        answer = self.raw("POST /upload?filename=short.jpg HTTP/1.1\nHost: 127.0.0.1\n"
                          "Content-Type: image/jpeg\nContent-Length: 100000\n\n",
                          photos()[0].read_bytes()[:500], shut=True)
        if answer:
            self.assertIn(answer.split(" ")[1], ("400", "408"), answer)
        self.assertEqual(self.cloud.keys(SOURCE), before)

    def test_a_body_longer_than_it_said(self):
        photo = photos()[0].read_bytes()
        answer = self.raw(f"POST /upload?filename=long.jpg HTTP/1.1\nHost: 127.0.0.1\n"
                          f"Content-Type: image/jpeg\nContent-Length: {len(photo)}\nConnection: close\n\n",
                          photo + b"and then some more")
        self.assertIn(" 201 ", answer.split("\r\n")[0])

    def test_two_lengths(self):
        answer = self.raw("POST /upload HTTP/1.1\nHost: 127.0.0.1\nContent-Length: 3\n"
                          "Content-Length: 4\n\nabcd")
        self.assertIn(" 400 ", answer.split("\r\n")[0])

    def test_a_form_without_a_boundary(self):
        answer = self.cloud.request("POST", "/upload", b"x", {"Content-Type": "multipart/form-data"})
        self.assert_problem(answer, 400, "boundary")

    def test_a_form_without_a_file(self):
        body = b'--b\r\nContent-Disposition: form-data; name="note"\r\n\r\nhi\r\n--b--\r\n'
        answer = self.cloud.request("POST", "/upload", body,
                                    {"Content-Type": "multipart/form-data; boundary=b"})
        self.assert_problem(answer, 400, "file")

    def test_a_form_of_ten_thousand_parts(self):
        part = b'--b\r\nContent-Disposition: form-data; name="n"\r\n\r\n\r\n'
        answer = self.cloud.request("POST", "/upload", part * 10_000 + b"--b--\r\n",
                                    {"Content-Type": "multipart/form-data; boundary=b"})
        self.assert_problem(answer, 413, "parts")

    def test_a_part_header_of_a_megabyte(self):
        body = (b'--b\r\nContent-Disposition: form-data; name="file"; filename="' + b"x" * 1_000_000 +
                b'"\r\n\r\n\r\n--b--\r\n')
        answer = self.cloud.request("POST", "/upload", body,
                                    {"Content-Type": "multipart/form-data; boundary=b"})
        self.assert_problem(answer, 413, "header")

    def test_a_request_header_of_a_megabyte(self):
        answer = self.raw("GET / HTTP/1.1\nHost: 127.0.0.1\nX: " + "x" * 1_000_000 + "\n\n")
        self.assertIn(" 431 ", answer.split("\r\n")[0])

    def test_json_that_is_none(self):
        answer = self.cloud.request("POST", "/upload", b'{"filename":', {"Content-Type": "application/json"})
        self.assert_problem(answer, 400, "JSON")

    def test_bad_base64(self):
        body = json.dumps({"filename": "a.jpg", "data": "ab*d"})
        answer = self.cloud.request("POST", "/upload", body, {"Content-Type": "application/json"})
        self.assert_problem(answer, 400, "base64")

    def test_over_the_upload_limit(self):
        answer = self.raw("POST /upload?filename=huge.jpg HTTP/1.1\nHost: 127.0.0.1\n"
                          "Content-Type: image/jpeg\nContent-Length: 60000000\nConnection: close\n\n")
        self.assertIn(" 413 ", answer.split("\r\n")[0])
        self.assertIn("contentType", answer)  # How to get a pre-signed form.
        self.assertIn("IMAGEMILL_MAX_UPLOAD_BYTES", answer)

    # Names.

    def test_names_that_climb_or_are_none(self):
        photo = photos()[0].read_bytes()
        for name in ("../../etc/passwd", "", "x" * 2_000, "new\nline.jpg", "nul\0.jpg"):
            with self.subTest(name=name[:20]):
                self.assert_refused(name, photo, {400})

    def test_an_odd_name_survives(self):
        photo = photos()[0].read_bytes()
        name = "a b+ü%20.jpg"
        self.assertEqual(self.cloud.upload(name, photo).json()["images"][0]["filename"], name)
        ready = self.cloud.wait(name)
        self.assertEqual(ready.status, 200, ready.body)
        self.assertEqual(ready.json()["renditions"][0]["key"], "resized-" + name)
        self.assertEqual(self.cloud.fetch(ready.json()["renditions"][0]["url"]).status, 200)

    def test_a_name_like_a_manifest(self):
        photo = photos()[0].read_bytes()
        self.assertEqual(self.cloud.upload("manifests/cat.jpg.json", photo).status, 201)
        ready = self.cloud.wait("manifests/cat.jpg.json")
        self.assertEqual(ready.status, 200, ready.body)
        self.assertEqual(ready.json()["renditions"][0]["key"], "manifests/resized-cat.jpg.json")

    def test_the_same_name_with_other_bytes(self):
        one, other = photos()[0].read_bytes(), photos()[1].read_bytes()
        self.assertEqual(self.cloud.upload("twice.jpg", one).json()["images"][0]["filename"], "twice.jpg")
        again = self.cloud.upload("twice.jpg", one).json()["images"][0]["filename"]
        self.assertEqual(again, "twice.jpg")
        renamed = self.cloud.upload("twice.jpg", other).json()["images"][0]["filename"]
        self.assertRegex(renamed, r"^twice-[0-9a-f]+\.jpg$")
        self.assertEqual(self.cloud.wait("twice.jpg").json()["source"]["size"], len(one))
        self.assertEqual(self.cloud.wait(renamed).json()["source"]["size"], len(other))

    # Strangers.

    def test_an_unknown_host(self):
        answer = self.cloud.request("GET", "/", headers={"Host": "evil.example"})
        self.assert_problem(answer, 403, "--public-url")
        s3 = self.cloud.request("GET", "/", headers={"Host": "evil.example"}, base=self.cloud.s3_url)
        self.assertEqual(s3.status, 403)

    def test_an_unknown_origin(self):
        answer = self.cloud.upload("foreign.jpg", photos()[0].read_bytes(),
                                   {"Origin": "https://evil.example"})
        self.assert_problem(answer, 403, "IMAGEMILL_CORS_ORIGINS")

    def test_anonymous_s3(self):
        answer = self.cloud.request("GET", f"/{SOURCE}/", base=self.cloud.s3_url)
        self.assertEqual(answer.status, 403)
        self.assertIn(b"<Code>AccessDenied</Code>", answer.body)

    def test_a_wrong_secret(self):
        import boto3
        from botocore.config import Config
        from botocore.exceptions import ClientError
        key, _ = self.cloud.credentials()
        s3 = boto3.client("s3", endpoint_url=self.cloud.s3_url, aws_access_key_id=key,
                          aws_secret_access_key="wrong", region_name="us-east-1",
                          config=Config(retries={"max_attempts": 1}))
        with self.assertRaises(ClientError) as refused:
            s3.list_objects_v2(Bucket=SOURCE)
        self.assertEqual(refused.exception.response["Error"]["Code"], "SignatureDoesNotMatch")

    def test_an_expired_url_and_an_old_style_one(self):
        url = self.cloud.s3().generate_presigned_url(
            "get_object", Params={"Bucket": SOURCE, "Key": "x"}, ExpiresIn=1)
        import time
        time.sleep(2.1)
        answer = self.cloud.fetch(url)
        self.assertEqual(answer.status, 403)
        self.assertIn(b"Request has expired", answer.body)
        old = self.cloud.fetch(f"{self.cloud.s3_url}/{SOURCE}/x?AWSAccessKeyId=a&Signature=b&Expires=1")
        self.assertIn(b"signature_version=", old.body)


if __name__ == "__main__":
    main()
