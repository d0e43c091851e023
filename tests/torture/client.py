"""client: S3 as a client without a library speaks it: signed requests, one connection."""

import hashlib
import hmac
import http.client
import time
import urllib.parse

REGION = "us-east-1"


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def is_done(self):
        # CompleteMultipartUpload and CopyObject may fail in a 200.
        return self.status // 100 == 2 and b"<Error>" not in self.body

    def __repr__(self):
        return f"{self.status} {self.body[:300]!r}"


class Client:
    def __init__(self, url, credentials):
        self.host = urllib.parse.urlsplit(url).netloc
        self.access_key, self.secret_key = credentials
        self.connection = http.client.HTTPConnection(self.host, timeout=120)

    def close(self):
        self.connection.close()

    def request(self, method, bucket, key="", query=None, headers=None, body=b""):
        path = "/" + bucket + ("/" + urllib.parse.quote(key) if key else "")
        text = urllib.parse.urlencode(sorted((query or {}).items()), quote_via=urllib.parse.quote)
        signed = self.sign(method, path, text, headers or {}, body)
        self.connection.request(method, path + ("?" + text if text else ""), body, signed)
        response = self.connection.getresponse()
        return Answer(response.status, response.headers, response.read())

    def sign(self, method, path, query, headers, body):
        digest = hashlib.sha256(body).hexdigest()
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        every = {name.lower(): value for name, value in headers.items()}
        every.update({"host": self.host, "x-amz-content-sha256": digest, "x-amz-date": stamp})
        names = sorted(every)
        canonical = "\n".join([method, path, query, *(f"{n}:{every[n]}" for n in names), "",
                               ";".join(names), digest])
        scope = f"{stamp[:8]}/{REGION}/s3/aws4_request"
        subject = "\n".join(["AWS4-HMAC-SHA256", stamp, scope,
                             hashlib.sha256(canonical.encode()).hexdigest()])
        key = ("AWS4" + self.secret_key).encode()
        for piece in scope.split("/"):
            key = hmac.digest(key, piece.encode(), "sha256")
        signature = hmac.digest(key, subject.encode(), "sha256").hex()
        every["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self.access_key}/{scope},"
            f"SignedHeaders={';'.join(names)},Signature={signature}")
        return every
