"""/openapi.json against live answers: each documented status is made to happen, each answer is held
against the schema of its path, method, status and media type; one not documented is an error."""

import base64
import json
import unittest

import jsonschema

from cloud import Cloud, main, photos

TOKEN = "the-upload-token"
PAGE = "https://page.example"
UPLOAD, IMAGE = "/upload", "/image/{filename}"

# Documented, and not to be had from a server that is well.
NOT_ON_DEMAND = {
    "408": "a body that stops for longer than the server's deadline",
    "500": "a store that fails for good",
    "502": "a function that fails",
    "503": "a store, queue or pool out of reach",
    "504": "a store or function that takes longer than the deadline",
}


def closed(schema):
    """The schema with no members beside those it names, so that an undocumented one is found."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: closed(value) for name, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        made.setdefault("additionalProperties", False)
    return made


class Contract:
    def __init__(self, document):
        self.document = closed(document)
        self.resolver = jsonschema.RefResolver("", self.document)
        self.seen = set()

    def documented(self):
        return {(path, method, status) for path, item in self.document["paths"].items()
                for method, operation in item.items() if method != "parameters"
                for status in operation["responses"]}

    def hold(self, path, method, answer):
        status = str(answer.status)
        place = f"{method} {path} {status}"
        assert method in self.document["paths"][path], f"{place} is not documented"
        responses = self.document["paths"][path][method]["responses"]
        assert status in responses, f"{place} is not documented: {answer.body[:300]}"
        response = responses[status]
        for header, of in response.get("headers", {}).items():
            assert header in answer.headers, f"{place} lacks {header}"
            value = answer.headers[header]
            is_number = of["schema"].get("type") == "integer"
            self.check(place, of["schema"], int(value) if is_number else value)
        if "content" in response:
            kind = answer.headers.get("Content-Type", "")
            assert kind in response["content"], f"{place}: {kind!r} is not documented"
            self.check(place, response["content"][kind]["schema"], answer.json())
        else:
            assert answer.body == b"", f"{place} has a body"
        self.seen.add((path, method, status))

    def check(self, place, schema, value):
        validator = jsonschema.Draft202012Validator(schema, resolver=self.resolver)
        errors = [f"{list(error.path)}: {error.message}" for error in validator.iter_errors(value)]
        assert not errors, f"{place}: {errors}"


class OpenApi(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cloud = Cloud(environment={"IMAGEMILL_UPLOAD_TOKEN": TOKEN,
                                       "IMAGEMILL_CORS_ORIGINS": PAGE})
        cls.cloud.start()
        cls.addClassCleanup(cls.cloud.__exit__)
        cls.photo = photos()[0].read_bytes()

    def call(self, path, method, at=None, body=None, token=True, **headers):
        """An answer that the contract holds; its status."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            sent["Authorization"] = "Bearer " + TOKEN
        answer = self.cloud.request(method.upper(), at or path, body=body, headers=sent)
        self.contract.hold(path, method, answer)
        return answer

    def expect(self, status, *arguments, **options):
        answer = self.call(*arguments, **options)
        self.assertEqual(answer.status, status, answer.body[:300])
        return answer

    def put(self, name, content):
        return self.expect(201, UPLOAD, "post", "/upload?filename=" + name, body=content,
                           Content_Type="application/octet-stream")

    def post_json(self, status, document):
        return self.expect(status, UPLOAD, "post", body=json.dumps(document),
                           Content_Type="application/json")

    def settle(self, name):
        self.cloud.wait(name)
        return self.call(IMAGE, "get", "/image/" + name)

    def uploads(self):
        self.put("ready.jpg", self.photo)
        self.put("ready.jpg", self.photo)  # The very bytes again.
        self.put("cut.jpg", self.photo[:len(self.photo) // 2])
        self.post_json(201, {"filename": "data.jpg", "data": base64.b64encode(self.photo).decode()})
        self.post_json(200, {"filename": "form.jpg", "contentType": "image/jpeg", "size": 1000})
        self.post_json(413, {"filename": "form.jpg", "contentType": "image/jpeg", "size": 10**12})
        self.post_json(400, {"filename": "form.jpg"})
        self.expect(415, UPLOAD, "post", body="a text", Content_Type="text/plain")
        self.expect(401, UPLOAD, "post", body=self.photo, token=False, Content_Type="image/jpeg")

    def several_files(self):
        parts = [("good.jpg", self.photo), ("text.jpg", b"no picture")]
        for files, status in ((parts, 201), (parts[1:] * 2, 415)):
            head = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="%b"\r\n\r\n'
            body = b"".join(head % name.encode() + content + b"\r\n" for name, content in files)
            body += b"--edge--\r\n"
            answer = self.expect(status, UPLOAD, "post", body=body,
                                 Content_Type="multipart/form-data; boundary=edge")
            self.assertEqual(len(answer.json()["images"]), 2)

    def states(self):
        for index in range(200):  # The state is asked for before the processor can have ended.
            self.put(f"waits-{index}.jpg", photos()[-1].read_bytes())
            if self.call(IMAGE, "get", f"/image/waits-{index}.jpg").status == 202:
                break
        self.assertEqual(self.settle("ready.jpg").status, 200)
        self.assertEqual(self.settle("cut.jpg").status, 422)
        self.expect(302, IMAGE, "get", "/image/ready.jpg?redirect")
        self.expect(404, IMAGE, "get", "/image/ready.jpg?redirect=nothing")
        self.expect(404, IMAGE, "get", "/image/nothing.jpg")
        self.expect(400, IMAGE, "get", "/image/ready.jpg?wait=soon")

    def deletions(self):
        self.expect(401, IMAGE, "delete", "/image/ready.jpg", token=False)
        self.expect(204, IMAGE, "delete", "/image/ready.jpg")
        self.expect(404, IMAGE, "delete", "/image/ready.jpg")
        for name in ("a%00b", "a%FFb", "a%zzb"):
            self.expect(400, IMAGE, "delete", "/image/" + name)

    def strangers(self):
        for path, method in ((UPLOAD, "post"), (UPLOAD, "options"),
                             (IMAGE, "get"), (IMAGE, "delete"), (IMAGE, "options")):
            self.expect(403, path, method, path.replace("{filename}", "a.jpg"),
                        Origin="https://other.example")
        for path in ("/health", "/openapi.json"):
            self.expect(403, path, "get", Host="other.example")
            self.expect(200, path, "get")
        for path in (UPLOAD, IMAGE):
            allowed = self.expect(204, path, "options", path.replace("{filename}", "a.jpg"),
                                  Origin=PAGE)
            self.assertEqual(allowed.headers["Access-Control-Allow-Origin"], PAGE)

    def other_store(self):
        self.expect(404, "/events", "post", body="{}")
        key, secret = self.cloud.credentials()
        keys = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}
        with Cloud("--s3-endpoint", self.cloud.s3_url, environment=keys) as server:
            token = {"Authorization": "Bearer " + (server.data / "events-token").read_text().strip()}
            for status, body, headers in ((200, "{}", token), (401, "{}", {}), (413, " " * 262145, token)):
                answer = server.request("POST", "/events", body=body, headers=headers)
                self.assertEqual(answer.status, status, answer.body)
                self.contract.hold("/events", "post", answer)
            self.contract.hold("/health", "get", server.request("GET", "/health"))

    def test_says_what_is_answered_and_nothing_else(self):
        document = self.cloud.request("GET", "/openapi.json").json()
        for schema in document["components"]["schemas"].values():
            jsonschema.Draft202012Validator.check_schema(schema)
        self.contract = Contract(document)

        self.uploads()
        self.several_files()
        self.states()
        self.deletions()
        self.strangers()
        self.other_store()

        never = {one for one in self.contract.documented() - self.contract.seen
                 if one[2] not in NOT_ON_DEMAND}
        self.assertEqual(never, set(), "documented, and never answered")


if __name__ == "__main__":
    main()
