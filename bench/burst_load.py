"""The load of bench/burst: clients that send photographs one after the other, each over a
connection of its own, as fast as they are taken; and the look, once all are sent, at when each was
ready."""

import http.client
import threading
import time
import urllib.parse

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

DEADLINE_S = 120  # Of one upload; and of all pictures, for the next one to become ready.
PAUSE_S = 0.1
STRIDE = 20
BUSY = (429, 503)


class Clients:
    """Sends all pictures. `sent` is {name: when its request began}, `refused` how often a server
    was too busy and a client tried again a little later."""

    def __init__(self, url, pictures):
        self.address = urllib.parse.urlsplit(url)
        self.left = iter(pictures)
        self.lock = threading.Lock()
        self.sent = {}
        self.refused = 0
        self.errors = []

    def run(self, count):
        threads = [threading.Thread(target=self.client) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self.errors:
            raise SystemExit(f"bench: {self.errors[0]}")

    def client(self):
        connection = http.client.HTTPConnection(self.address.hostname, self.address.port,
                                                timeout=DEADLINE_S)
        try:
            while not self.errors:
                with self.lock:
                    picture = next(self.left, None)
                if picture is None:
                    break
                self.send(connection, picture)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.errors.append(f"an upload failed: {type(error).__name__}: {error}")
        finally:
            connection.close()

    def send(self, connection, picture):
        self.sent[picture.name] = time.time()
        while True:
            status = post(connection, picture)
            if status == 201:
                return
            if status not in BUSY:
                raise ValueError(f"{picture.name} was answered with {status}")
            with self.lock:
                self.refused += 1
            time.sleep(PAUSE_S)


def post(connection, picture):
    """By sendfile: a client that copies in Python would take from the cores what is measured."""
    with open(picture, "rb") as file:
        connection.putrequest("POST", f"/upload?filename={picture.name}")
        connection.putheader("Content-Type", "image/jpeg")
        connection.putheader("Content-Length", str(picture.stat().st_size))
        connection.endheaders()
        connection.sock.sendfile(file)
    answer = connection.getresponse()
    answer.read()
    return answer.status


class Store:
    """What is in the destination, seen through S3: the same for both servers."""

    def __init__(self, url, bucket, access_key, secret_key, key_of):
        self.bucket = bucket
        self.key_of = key_of
        self.client = boto3.client("s3", endpoint_url=url, region_name="us-east-1",
                                   aws_access_key_id=access_key, aws_secret_access_key=secret_key,
                                   config=Config(signature_version="s3v4",
                                                 s3={"addressing_style": "path"}))

    def wait_for(self, pictures):
        """Asks for a few, in the order they were sent: looking costs what is measured."""
        for picture in pictures[::STRIDE] + pictures[-STRIDE:]:
            end = time.monotonic() + DEADLINE_S
            while not self.holds(self.key_of(picture.name)):
                if time.monotonic() > end:
                    raise SystemExit(f"bench: {picture.name} was not ready {DEADLINE_S} s later")
                time.sleep(PAUSE_S)

    def holds(self, key):
        try:
            self.client.head_object(Bucket=self.bucket, Key=key)
            return True
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
                raise
            return False

    def ready_times(self, pictures):
        """{name: when it was ready}, by the store's own Last-Modified."""
        times = {}
        for page in self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket):
            for entry in page.get("Contents", []):
                times[entry["Key"]] = entry["LastModified"].timestamp()
        late = [picture for picture in pictures if self.key_of(picture.name) not in times]
        if late:  # One that was asked for neither among the few nor among the last.
            self.wait_for(late)
            return self.ready_times(pictures)
        return {picture.name: times[self.key_of(picture.name)] for picture in pictures}
