"""The S3 port under crowds and bad manners: many connections, slow readers and writers, half-open
sockets, pipelining. Bounded by default; IMAGEMILL_LONG=1 takes as many as the server does."""

import contextlib
import os
import pathlib
import socket
import sys
import threading
import time
import unittest
import urllib.parse

from cloud import Cloud, DEADLINE_S, main

LONG = os.environ.get("IMAGEMILL_LONG") == "1"
CONNECTIONS = 500 if LONG else 128  # The server takes 512, and some are the functions'.
ROUNDS = 10 if LONG else 5
BODY = b"0123456789abcdef" * 64
BIG_BYTES = 64 * 1024 * 1024 if LONG else 16 * 1024 * 1024
CONNECTIONS_MAX = 512  # The server's own.
HUGE_BYTES = 5 * 1000 ** 3 if LONG else 96 * 1024 * 1024
PIECE = bytes(1024 * 1024)
PEAK_KB_MAX = 160 * 1024  # Of the server, with all the connections that it takes.
GROWTH_KB_MAX = 32 * 1024  # While one object passes: far less than the object.


class Wire:
    """A socket that speaks HTTP as badly as a test wants."""

    def __init__(self, url, timeout=DEADLINE_S):
        address = urllib.parse.urlsplit(url)
        self.host = address.netloc
        self.socket = socket.create_connection((address.hostname, address.port), timeout=timeout)
        self.file = self.socket.makefile("rb")

    def head(self, method, target, *headers):
        lines = [f"{method} {target} HTTP/1.1", f"Host: {self.host}", *headers, "", ""]
        return "\r\n".join(lines).encode()

    def send(self, data):
        self.socket.sendall(data)

    def answer(self):
        status = int(self.file.readline().split()[1])
        length = 0
        while (line := self.file.readline()) not in (b"\r\n", b""):
            name, value = line.split(b":", 1)
            if name.lower() == b"content-length":
                length = int(value)
        return status, self.file.read(length)

    def close(self):
        self.file.close()
        self.socket.close()


class S3Load(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cloud = Cloud()
        cls.cloud.start()
        cls.s3 = cls.cloud.s3()
        cls.s3.create_bucket(Bucket="load")
        cls.s3.put_object(Bucket="load", Key="small", Body=BODY)
        cls.s3.put_object(Bucket="load", Key="big", Body=bytes(BIG_BYTES))

    @classmethod
    def tearDownClass(cls):
        cls.cloud.__exit__()

    def setUp(self):
        # From here on the peak is this test's.
        pathlib.Path(f"/proc/{self.cloud.process.pid}/clear_refs").write_text("5")

    def tearDown(self):
        name, peak_kb = self.id().rsplit(".", 1)[1], self.memory_kb("VmHWM")
        print(f"{name}: peak of serve {peak_kb / 1000:.1f} MB", file=sys.stderr)
        self.assertLess(peak_kb, PEAK_KB_MAX)

    def memory_kb(self, field):
        status = pathlib.Path(f"/proc/{self.cloud.process.pid}/status").read_text()
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith(field)))

    def sign(self, operation, key):
        url = self.s3.generate_presigned_url(operation, Params={"Bucket": "load", "Key": key})
        parts = urllib.parse.urlsplit(url)
        return f"{parts.path}?{parts.query}"

    def assert_served(self):
        """Somebody new is answered at once."""
        wire = Wire(self.cloud.s3_url)
        wire.send(wire.head("GET", self.sign("get_object", "small")))
        self.assertEqual(wire.answer(), (200, BODY))
        wire.close()

    def open_files(self):
        return len(os.listdir(f"/proc/{self.cloud.process.pid}/fd"))

    def test_many_connections_are_kept_and_answered(self):
        target = self.sign("get_object", "small")
        wires = [Wire(self.cloud.s3_url) for _ in range(CONNECTIONS)]
        wrong = []

        def ask(some):
            for _ in range(ROUNDS):
                for wire in some:
                    wire.send(wire.head("GET", target))
                wrong.extend(answer for wire in some if (answer := wire.answer()) != (200, BODY))

        threads = [threading.Thread(target=ask, args=(wires[part::8],)) for part in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])
        for wire in wires:
            wire.close()
        self.assert_served()

    def test_who_comes_above_the_limit_is_told_so(self):
        wires = [Wire(self.cloud.s3_url) for _ in range(CONNECTIONS_MAX)]
        late = []
        deadline = time.monotonic() + DEADLINE_S
        # A connection of the functions may be among those that are served.
        while not late and time.monotonic() < deadline:
            wire = Wire(self.cloud.s3_url, timeout=1)
            try:
                late.append(wire.answer())
            except TimeoutError:
                pass
            wires.append(wire)
        self.assertEqual(late[0][0], 503)
        self.assertIn(b"as many connections as it may (connections_max)", late[0][1])
        wires[0].send(wires[0].head("GET", self.sign("get_object", "small")))
        self.assertEqual(wires[0].answer(), (200, BODY))
        for wire in wires:
            wire.close()
        while self.open_files() > CONNECTIONS_MAX // 2 and time.monotonic() < deadline:
            time.sleep(0.1)
        self.assert_served()

    def test_a_huge_object_goes_up_and_down_in_flat_memory(self):
        before = self.memory_kb("VmHWM")
        wire = Wire(self.cloud.s3_url)
        length = f"Content-Length: {HUGE_BYTES}"
        wire.send(wire.head("PUT", self.sign("put_object", "huge"), length))
        for start in range(0, HUGE_BYTES, len(PIECE)):
            wire.send(PIECE[:HUGE_BYTES - start])
        self.assertEqual(wire.answer()[0], 200)
        wire.send(wire.head("GET", self.sign("get_object", "huge")))
        self.assertEqual(int(wire.file.readline().split()[1]), 200)
        while wire.file.readline() != b"\r\n":
            pass
        left, buffer = HUGE_BYTES, bytearray(len(PIECE))
        while left > 0 and (count := wire.file.readinto(memoryview(buffer)[:left])):
            left -= count
        wire.close()
        self.assertEqual(left, 0)
        self.assertLess(self.memory_kb("VmHWM") - before, GROWTH_KB_MAX)
        self.s3.delete_object(Bucket="load", Key="huge")

    def test_heads_that_trickle_hold_up_nobody_and_come_to_an_end(self):
        wires = [Wire(self.cloud.s3_url) for _ in range(64)]
        head = wires[0].head("GET", self.sign("get_object", "small"))
        # A head has 10 s (header_timeout); only the long form waits for it.
        for at in range(130 if LONG else 10):
            for wire in wires:
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    wire.send(head[at:at + 1])
            time.sleep(0.1)
            if at % 10 == 0:
                self.assert_served()
        if LONG:
            self.assertEqual({wire.answer()[0] for wire in wires}, {408})
        for wire in wires:
            wire.close()
        self.assert_served()

    def test_pipelined_requests_are_answered_in_order(self):
        wire = Wire(self.cloud.s3_url)
        put = wire.head("PUT", self.sign("put_object", "piped"), "Content-Length: 3") + b"abc"
        wire.send(put + wire.head("GET", self.sign("get_object", "piped")) +
                  wire.head("GET", self.sign("get_object", "small")) +
                  wire.head("DELETE", self.sign("delete_object", "piped")) +
                  wire.head("GET", self.sign("get_object", "piped")))
        self.assertEqual(wire.answer()[0], 200)
        self.assertEqual(wire.answer(), (200, b"abc"))
        self.assertEqual(wire.answer(), (200, BODY))
        self.assertEqual(wire.answer()[0], 204)
        self.assertEqual(wire.answer()[0], 404)
        wire.close()

    def test_slow_readers_and_writers_hold_up_nobody(self):
        readers = [Wire(self.cloud.s3_url) for _ in range(16)]
        for reader in readers:
            reader.send(reader.head("GET", self.sign("get_object", "big")))
        writers = [Wire(self.cloud.s3_url) for _ in range(16)]
        for number, writer in enumerate(writers):
            writer.send(writer.head("PUT", self.sign("put_object", f"slow/{number}"),
                                    "Content-Length: 1000") + b"x" * 10)
        for _ in range(5):
            self.assert_served()
            for reader in readers:
                reader.file.read(100)
            for writer in writers:
                writer.send(b"x" * 10)
            time.sleep(0.1)
        for writer in writers:
            writer.send(b"x" * (1000 - 60))
            self.assertEqual(writer.answer()[0], 200)
        self.assertEqual(self.s3.head_object(Bucket="load", Key="slow/7")["ContentLength"], 1000)
        for wire in readers + writers:
            wire.close()

    def test_who_hangs_up_half_way_leaves_nothing(self):
        before = self.open_files()
        for number in range(64):
            wire = Wire(self.cloud.s3_url)
            put = wire.head("PUT", self.sign("put_object", f"half/{number}"), "Content-Length: 99")
            get = wire.head("GET", self.sign("get_object", "big"))
            wire.send([put + b"half", put, put[:40], get][number % 4])
            if number % 2:
                wire.socket.shutdown(socket.SHUT_WR)
            wire.close()
        deadline = time.monotonic() + DEADLINE_S
        while self.open_files() > before + 4 and time.monotonic() < deadline:
            time.sleep(0.2)
        self.assertLessEqual(self.open_files(), before + 4)
        self.assertEqual(list((self.cloud.data / "tmp").iterdir()), [])
        self.assertEqual(self.s3.list_objects_v2(Bucket="load", Prefix="half/")["KeyCount"], 0)
        self.assert_served()

    def test_what_could_smuggle_a_request_is_refused_and_the_connection_closed(self):
        hidden = b"GET /load/small HTTP/1.1\r\nHost: x\r\n\r\n"
        target = self.sign("put_object", "smuggled")
        for headers in (["Content-Length: 4", "Content-Length: 40"],
                        ["Content-Length: 4", "Transfer-Encoding: chunked"],
                        ["X-A: b", " folded: c", "Content-Length: 4"],
                        ["X-A: b\nContent-Length: 4"],
                        ["Transfer-Encoding: chunked, identity"]):
            with self.subTest(headers=headers):
                wire = Wire(self.cloud.s3_url)
                wire.send(wire.head("PUT", target, *headers) + hidden)
                self.assertEqual(wire.answer()[0], 400)
                self.assertEqual(wire.file.read(), b"")
                wire.close()
        self.assertEqual(self.s3.list_objects_v2(Bucket="load", Prefix="smuggled")["KeyCount"], 0)


if __name__ == "__main__":
    main()
