"""Requests that two readers could understand differently, sent to both servers over real sockets:
each is refused and the connection closed, so that nothing behind it is read as a request."""

import re
import socket
import unittest
import urllib.parse

from cloud import Cloud, DEADLINE_S, main

# What must never be carried out; its target is looked for in every answer's place.
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"


def put(headers, body=b"", line=b"PUT /p HTTP/1.1", host=b"Host: localhost\r\n"):
    return line + b"\r\n" + host + headers + b"\r\n" + body


CHUNKED = b"Transfer-Encoding: chunked\r\n"
HEADS = {
    "two equal Content-Lengths": put(b"Content-Length: 0\r\nContent-Length: 0\r\n"),
    "two different Content-Lengths": put(b"Content-Length: 0\r\nContent-Length: 44\r\n"),
    "a list of Content-Lengths": put(b"Content-Length: 0, 44\r\n"),
    "a signed Content-Length": put(b"Content-Length: +0\r\n"),
    "Content-Length and Transfer-Encoding": put(b"Content-Length: 44\r\n" + CHUNKED),
    "Transfer-Encoding and Content-Length": put(CHUNKED + b"Content-Length: 5\r\n", b"0\r\n\r\n"),
    "chunked twice in a list": put(b"Transfer-Encoding: chunked, chunked\r\n"),
    "chunked twice": put(CHUNKED + CHUNKED),
    "xchunked": put(b"Transfer-Encoding: xchunked\r\n"),
    "chunked and identity": put(b"Transfer-Encoding: chunked, identity\r\n"),
    "a vertical tab before chunked": put(b"Transfer-Encoding: \x0bchunked\r\n"),
    "a space before the colon": put(b"Transfer-Encoding : chunked\r\n"),
    "a space before the first header": put(b"X: y\r\n", host=b" Host: localhost\r\n"),
    "a bare LF": b"GET / HTTP/1.1\nHost: localhost\n\n",
    "a bare LF after a header": put(b"X: y\n"),
    "a bare CR in a value": put(b"X: y\rContent-Length: 44\r\n"),
    "a header continued": put(b"X: y\r\n Content-Length: 44\r\n"),
    "NUL in a value": put(b"X: y\0z\r\n"),
    "a control character in a value": put(b"X: y\x01z\r\n"),
    "NUL in a name": put(b"X\0: y\r\n"),
    "two Hosts": put(b"Host: other\r\n"),
    "no Host": put(b"", host=b""),
    "HTTP/1.0 with Transfer-Encoding": put(CHUNKED, b"0\r\n\r\n", line=b"PUT /p HTTP/1.0"),
    "a tab in the request line": put(b"", line=b"PUT\t/p HTTP/1.1"),
    "two spaces in the request line": put(b"", line=b"PUT  /p HTTP/1.1"),
    "no version": put(b"", line=b"PUT /p"),
}
CHUNKS = {
    "a signed size": b"+5\r\nhello\r\n0\r\n\r\n",
    "a negative size": b"-5\r\nhello\r\n0\r\n\r\n",
    "a space before the size": b" 5\r\nhello\r\n0\r\n\r\n",
    "a size of 0x": b"0x5\r\nhello\r\n0\r\n\r\n",
    "a size that overflows": b"10000000000000005\r\nhello\r\n0\r\n\r\n",
    "no size": b"\r\nhello\r\n0\r\n\r\n",
    "LF after the size": b"5\nhello\r\n0\r\n\r\n",
    "more bytes than the size": b"5\r\nhello!\r\n0\r\n\r\n",
    "a long extension": b"5;" + b"x" * 70_000 + b"\r\nhello\r\n0\r\n\r\n",
}


class Smuggling(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cloud = Cloud()
        cls.cloud.start()
        cls.servers = {"gateway": cls.cloud.url, "s3": cls.cloud.s3_url}

    @classmethod
    def tearDownClass(cls):
        cls.cloud.__exit__()

    def answers(self, server, sent):
        """All that comes back until the server closes, or has nothing more to say to an end."""
        address = urllib.parse.urlsplit(self.servers[server])
        with socket.create_connection((address.hostname, address.port), DEADLINE_S) as peer:
            peer.sendall(sent)
            peer.shutdown(socket.SHUT_WR)
            received = b""
            while True:
                try:
                    piece = peer.recv(65_536)
                except ConnectionResetError:
                    break
                if not piece:
                    break
                received += piece
        return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", received)]

    def each(self, cases):
        for server in self.servers:
            for name, sent in cases.items():
                with self.subTest(server=server, case=name):
                    yield server, sent

    def test_heads_that_two_readers_could_take_for_two_things_are_refused(self):
        for server, sent in self.each(HEADS):
            self.assertEqual(self.answers(server, sent + SMUGGLED), [400])

    def test_other_codings_and_versions_are_named(self):
        self.assertEqual(self.answers("s3", put(b"Transfer-Encoding: gzip, chunked\r\n") + SMUGGLED),
                         [501])
        self.assertEqual(self.answers("s3", put(b"", line=b"PUT / HTTP/2.0") + SMUGGLED), [505])

    def test_too_long_heads_are_refused(self):
        long = {"a long line": put(b"", line=b"GET /" + b"a" * 70_000 + b" HTTP/1.1"),
                "a long header": put(b"X: " + b"a" * 70_000 + b"\r\n"),
                "many headers": put(b"".join(b"X-%d: y\r\n" % n for n in range(10_000)))}
        for server, sent in self.each(long):
            self.assertEqual(self.answers(server, sent + SMUGGLED), [431])

    def test_nothing_follows_a_body_with_broken_chunks(self):
        # Whatever the handler makes of the body, or of who asks: one answer, and no second.
        line = {"gateway": b"POST /upload?filename=a.jpg HTTP/1.1", "s3": b"PUT /p/k HTTP/1.1"}
        for server, chunks in self.each(CHUNKS):
            sent = put(CHUNKED, chunks, line=line[server]) + SMUGGLED
            statuses = self.answers(server, sent)
            self.assertEqual(len(statuses), 1, statuses)
            self.assertGreaterEqual(statuses[0], 400)

    def test_a_body_nobody_read_is_not_the_next_request(self):
        # Refused before its body was read; then the next request on the connection, in order.
        for server, line in {"gateway": b"POST /nowhere HTTP/1.1", "s3": b"PUT /p/k HTTP/1.1"}.items():
            length = b"Content-Length: %d\r\n" % len(SMUGGLED)
            chunked = b"%x\r\n" % len(SMUGGLED) + SMUGGLED + b"\r\n0\r\n\r\n"
            for framed in (put(length, SMUGGLED, line=line), put(CHUNKED, chunked, line=line)):
                with self.subTest(server=server):
                    statuses = self.answers(server, framed + put(b"", line=b"OPTIONS / HTTP/1.1"))
                    self.assertEqual(len(statuses), 2, statuses)
            large = put(b"Content-Length: 1000000\r\n", SMUGGLED * 1000, line=line)
            self.assertEqual(len(self.answers(server, large)), 1)

    def test_pipelined_requests_are_answered_in_order(self):
        sent = b"".join(put(b"", line=b"GET " + target + b" HTTP/1.1")
                        for target in (b"/health", b"/nowhere/at/all", b"/health", b"/openapi.json"))
        self.assertEqual(self.answers("gateway", sent), [200, 404, 200, 200])

    def test_an_absolute_target_says_the_host(self):
        # RFC 9112 3.2.2: the target counts, not the Host beside it; a name that is not ours is
        # refused wherever it stands.
        for server in self.servers:
            for target, host in ((b"http://evil.example/health", b"Host: localhost\r\n"),
                                 (b"/health", b"Host: evil.example\r\n")):
                with self.subTest(server=server, target=target):
                    answered = self.answers(server, put(b"", line=b"GET " + target + b" HTTP/1.1",
                                                        host=host))
                    self.assertEqual(len(answered), 1)
                    self.assertIn(answered[0], (403, 421))
        ours = put(b"", line=b"GET http://localhost/health HTTP/1.1", host=b"Host: evil.example\r\n")
        self.assertEqual(self.answers("gateway", ours), [200])


if __name__ == "__main__":
    main()
