"""workers: clients of several kinds, each with names of its own, changing them until the server is
gone."""

import hashlib
import http.client
import random
import re
import threading
import xml.sax.saxutils

from base64 import b64encode

from botocore.exceptions import BotoCoreError

from client import Client
from cloud import SOURCE, photos

BUCKET = "torture"
PART_BYTES = 5 << 20  # S3's smallest, and the smallest that gets a slot.


def md5(data):
    return hashlib.md5(data).hexdigest()


class Gone(Exception):
    """The server does not answer any more."""


class Worker:
    """`step()` asks for one thing. What the server should not have said goes to `faults`."""

    bucket = BUCKET
    key_count = 4

    def __init__(self, name, model, seed):
        self.name, self.model, self.rng = name, model, random.Random(seed)
        self.faults, self.count, self.client = [], 0, None

    def run(self, cloud):
        self.cloud, self.client = cloud, Client(cloud.s3_url, cloud.credentials())
        try:
            self.begin()
            while True:
                self.step()
        except Gone:
            pass
        except Exception as error:  # Told to the test.
            self.faults.append(f"{self.name}: {error!r}")
        finally:
            self.client.close()

    def begin(self):
        """What there is to do after a start."""

    def key(self):
        return f"{self.name}/{self.rng.randrange(self.key_count)}"

    def data(self, size_max=60_000):
        size = self.rng.choice([0, 1, 511, 4096, self.rng.randrange(size_max)])
        return self.rng.randbytes(size)

    def ask(self, *arguments, **more):
        try:
            return self.client.request(*arguments, **more)
        except (OSError, http.client.HTTPException) as error:
            raise Gone from error

    def change(self, states, ask):
        """Tells the model before and after."""
        changes = self.model.begin(states)
        answer = ask()
        if answer.status // 100 == 5 or (answer.status == 200 and not answer.is_done):
            self.faults.append(f"{self.name}: {answer}")
            return answer
        self.model.end(changes, is_refused=not answer.is_done)
        self.count += 1
        return answer

    def put(self, key, data, headers=None):
        return self.change({(self.bucket, key): md5(data)}, lambda: self.ask(
            "PUT", self.bucket, key, headers=headers, body=data))

    def delete(self, key):
        return self.change({(self.bucket, key): None},
                           lambda: self.ask("DELETE", self.bucket, key))

    def state(self, key):
        """What is there, as far as one knows: none, one or several."""
        return self.model.possible((self.bucket, key))

    def expect(self, answer, *statuses):
        if answer.status not in statuses:
            self.faults.append(f"{self.name}: {answer} instead of {statuses}")


class Plain(Worker):
    def step(self):
        if self.rng.random() < 0.3:
            self.expect(self.delete(self.key()), 204)
        else:
            self.expect(self.put(self.key(), self.data()), 200)


class Conditional(Worker):
    def step(self):
        key, data = self.key(), self.data()
        (etag,) = self.state(key)
        if self.rng.random() < 0.2:
            self.expect(self.delete(key), 204)
        elif self.rng.random() < 0.5:
            answer = self.put(key, data, {"If-None-Match": "*"})
            self.expect(answer, 412 if etag else 200)
        else:
            is_right = etag and self.rng.random() < 0.6
            answer = self.put(key, data, {"If-Match": f'"{etag if is_right else "0" * 32}"'})
            self.expect(answer, 200 if is_right else 412 if etag else 404)


class Copier(Worker):
    def step(self):
        source, target = self.key(), self.key()
        (state,) = self.state(source)
        if state is None or source == target:
            self.put(source, self.data())
        elif self.rng.random() < 0.3:
            self.delete(source)
        else:
            self.expect(self.change({(BUCKET, target): state}, lambda: self.ask(
                "PUT", BUCKET, target,
                headers={"x-amz-copy-source": f"/{BUCKET}/{source}"})), 200)


class Bulk(Worker):
    key_count = 8

    def step(self):
        for _ in range(4):
            self.put(self.key(), self.data(5_000))
        keys = {self.key() for _ in range(4)}
        body = "".join(f"<Object><Key>{xml.sax.saxutils.escape(key)}</Key></Object>"
                       for key in keys)
        body = f"<Delete><Quiet>true</Quiet>{body}</Delete>".encode()
        digest = b64encode(hashlib.md5(body).digest()).decode()
        self.expect(self.change({(BUCKET, key): None for key in keys}, lambda: self.ask(
            "POST", BUCKET, query={"delete": ""}, headers={"Content-MD5": digest}, body=body)), 200)


class Parts(Worker):
    """Uploads in parts; what a crash interrupts goes on after it."""

    key_count = 2

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.uploads = {}  # By id: the key.
        self.bytes = {}    # By MD5.

    def begin(self):
        answer = self.ask("GET", BUCKET, query={"uploads": "", "prefix": self.name + "/"})
        listed = re.findall(r"<Key>(.*?)</Key>\s*<UploadId>(.*?)</UploadId>", answer.body.decode())
        listed = {upload: key for key, upload in listed}
        for upload in set(listed) - set(self.uploads):  # Its answer never came.
            self.ask("DELETE", BUCKET, listed[upload], query={"uploadId": upload})
        gone = set(self.uploads) - set(listed)
        for upload in gone:
            # Completed or aborted without an answer; then its parts went with it.
            if any(self.parts(upload).values()):
                self.faults.append(f"{self.name}: the upload {upload} is lost")
            del self.uploads[upload]

    def parts(self, upload):
        found = {}
        for number in (1, 2, 3):
            states = self.model.possible((upload, number))
            found[number] = states.pop() if len(states) == 1 else None
        return found

    def step(self):
        if len(self.uploads) < 2:
            key = self.key()
            answer = self.ask("POST", BUCKET, key, query={"uploads": ""})
            self.uploads[re.search(rb"<UploadId>(.*?)<", answer.body)[1].decode()] = key
            return
        upload = self.rng.choice(sorted(self.uploads))
        there = {number: state for number, state in self.parts(upload).items() if state}
        chance = self.rng.random()
        if chance < 0.6:
            self.put_part(upload, self.rng.choice((1, 2, 3)), there)
        elif chance < 0.65:
            self.change({(upload, number): None for number in there}, lambda: self.ask(
                "DELETE", BUCKET, self.uploads[upload], query={"uploadId": upload}))
            del self.uploads[upload]
        elif there:
            self.complete(upload, there)

    def put_part(self, upload, number, there):
        # Only the last may be small.
        data = self.rng.randbytes(PART_BYTES if number < 3 else self.rng.randrange(1, 9_000))
        self.bytes[md5(data)] = data
        self.expect(self.change({(upload, number): md5(data)}, lambda: self.ask(
            "PUT", BUCKET, self.uploads[upload],
            query={"uploadId": upload, "partNumber": str(number)}, body=data)), 200)

    def complete(self, upload, there):
        key = self.uploads[upload]
        whole = b"".join(self.bytes[there[number]] for number in sorted(there))
        listed = "".join(f"<Part><PartNumber>{n}</PartNumber><ETag>{there[n]}</ETag></Part>"
                         for n in sorted(there))
        body = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode()
        states = {(upload, number): None for number in there}
        states[(BUCKET, key)] = md5(whole)
        self.expect(self.change(states, lambda: self.ask(
            "POST", BUCKET, key, query={"uploadId": upload}, body=body)), 200)
        del self.uploads[upload]


class Boto(Worker):
    """Through a library, with what it adds to a request."""

    def begin(self):
        self.s3 = self.cloud.s3()

    def step(self):
        key, data = self.key(), self.data()
        changes = self.model.begin({(BUCKET, key): md5(data)})
        try:
            self.s3.put_object(Bucket=BUCKET, Key=key, Body=data, Metadata={"of": self.name})
        except (OSError, BotoCoreError) as error:
            raise Gone from error
        self.model.end(changes)
        self.count += 1


class Source(Worker):
    """Pictures, and what is none, into the bucket whose changes are events. Slowly: each is
    rendered."""

    bucket = SOURCE
    pause = threading.Event()

    def step(self):
        self.pause.wait(0.05)
        if self.rng.random() < 0.3:
            self.delete(self.key())
        else:
            self.put(self.key(), b"no picture " + self.rng.randbytes(20))


class Visitor(Worker):
    """Through the page's gateway."""

    bucket = SOURCE
    pause = threading.Event()
    number = 0

    def step(self):
        self.pause.wait(0.2)
        photo = photos()[0].read_bytes()
        note = self.rng.randbytes(8)
        data = photo[:2] + b"\xff\xfe\x00\x0a" + note + photo[2:]
        self.number += 1
        name = f"{self.name}-{self.number}.jpg"

        def ask():
            try:
                answer = self.cloud.upload(name, data)
            except (OSError, http.client.HTTPException) as error:
                raise Gone from error
            answer.is_done = answer.status == 201
            return answer
        self.expect(self.change({(SOURCE, name): md5(data)}, ask), 201)
        if self.number > 3 and self.rng.random() < 0.8:
            self.delete(f"{self.name}-{self.number - 3}.jpg")


KINDS = [Plain, Plain, Conditional, Copier, Bulk, Parts, Boto, Source, Visitor]


def make_workers(model, rng):
    return [kind(f"{kind.__name__.lower()}{i}", model, rng.random())
            for i, kind in enumerate(KINDS)]
