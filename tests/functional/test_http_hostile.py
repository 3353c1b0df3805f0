# SPDX-License-Identifier: Apache-2.0
"""What the HTTP server must survive, sent byte by byte to the running program: one test for each row.

Every hostile request goes to a connection of its own, while an honest client on another one is served undisturbed.
"""
import contextlib
import socket
import threading
import time

import pytest

import harness

GET = b"GET /openid/v1/jwks HTTP/1.1\r\nHost: h\r\n"
POST = b"POST /openid/v1/jwks HTTP/1.1\r\nHost: h\r\n"
HEAD_TIMEOUT = 2


@pytest.fixture(scope="module")
def server(mintmark, tmp_path_factory):
    """An issuer with short deadlines and one worker, so that limits are exact."""
    config = {"http": {"workers": 1, "max_connections": 16, "head_timeout": f"{HEAD_TIMEOUT}s", "idle_timeout": "3s"}}
    with harness.Issuer(mintmark, tmp_path_factory.mktemp("hostile"), config=config) as issuer:
        yield issuer


class Client:
    """A raw connection that reads whole responses."""

    def __init__(self, issuer, **options):
        self.socket = issuer.connect(**options)
        self.received = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)
        return self

    def _more(self):
        data = self.socket.recv(65536)
        self.received += data
        return bool(data)

    def response(self, head_only=False):
        """The next response: (status, headers with lower-case names, body)."""
        while b"\r\n\r\n" not in self.received:
            assert self._more(), f"closed in the middle of a head: {self.received!r}"
        head, self.received = self.received.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        status = int(lines[0].split(" ")[1])
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
        length = 0 if head_only or status in (100, 304) else int(headers["content-length"])
        while len(self.received) < length:
            assert self._more(), "closed in the middle of a body"
        body, self.received = self.received[:length], self.received[length:]
        return status, headers, body

    def is_closed(self):
        """Waits until the server has closed; nothing may come before that."""
        try:
            return not self.received and self.socket.recv(1) == b""
        except ConnectionResetError:
            return True


@contextlib.contextmanager
def honest_client(issuer):
    """Somebody who asks for the JWKS every few milliseconds, and must get it each time, soon."""
    stop, served, failures = threading.Event(), threading.Event(), []

    def ask():
        with Client(issuer) as client:
            while not stop.is_set():
                began = time.monotonic()
                client.send(GET + b"\r\n")
                status, _, _ = client.response()
                took = time.monotonic() - began
                served.set()
                if status != 200 or took > 0.5 * harness.PATIENCE:
                    failures.append((status, took))
                time.sleep(0.005)

    def run():
        try:
            ask()
        except Exception as error:  # whatever happened to it is the finding
            failures.append(error)
            served.set()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        served.wait()
        yield
    finally:
        stop.set()
        thread.join()
    assert not failures


def assert_refused(issuer, request, status):
    """The request is answered with `status` and the connection closed, whatever else was sent with it."""
    with honest_client(issuer), Client(issuer) as client:
        client.send(request)
        got, headers, body = client.response()
        assert got == status, body
        assert headers["connection"] == "close"
        assert headers["content-type"] == "application/json"
        assert client.is_closed()


BAD_REQUESTS = {
    "CL+TE": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "TE+CL": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two different Content-Lengths": POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "two equal Content-Lengths": POST + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "space before the colon": POST + b"Content-Length : 5\r\n\r\nhello",
    "Content-Length +5": POST + b"Content-Length: +5\r\n\r\nhello",
    "Content-Length 0x5": POST + b"Content-Length: 0x5\r\n\r\nhello",
    "Content-Length -1": POST + b"Content-Length: -1\r\n\r\n",
    "Content-Length 5, 5": POST + b"Content-Length: 5, 5\r\n\r\nhello",
    "Content-Length empty": POST + b"Content-Length:\r\n\r\n",
    "TE gzip, chunked": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "TE Chunked": POST + b"Transfer-Encoding: Chunked\r\n\r\n0\r\n\r\n",
    "TE vertical tab": POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "TE twice": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "TE identity": POST + b"Transfer-Encoding: identity\r\n\r\n",
    "TE in HTTP/1.0": b"POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunk size 0x5": POST + b"Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n",
    "chunk size -1": POST + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n",
    "chunk size beyond 32 bits": POST + b"Transfer-Encoding: chunked\r\n\r\n100000000\r\n",
    "chunk size empty": POST + b"Transfer-Encoding: chunked\r\n\r\n\r\n",
    "chunk longer than its size": POST + b"Transfer-Encoding: chunked\r\n\r\n4\r\nhello\r\n0\r\n\r\n",
    "chunk ended by LF": POST + b"Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n",
    "trailer without a colon": POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nx\r\n\r\n",
    "no Host": b"GET / HTTP/1.1\r\n\r\n",
    "two Hosts": GET + b"Host: h\r\n\r\n",
    "malformed Host": b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
    "empty Host": b"GET / HTTP/1.1\r\nHost:\r\n\r\n",
    "bare LF": b"GET / HTTP/1.1\nHost: h\n\n",
    "bare LF in a field": b"GET / HTTP/1.1\r\nHost: h\nA: b\r\n\r\n",
    "bare CR": b"GET / HTTP/1.1\r\nHost: h\rA: b\r\n\r\n",
    "obs-fold": GET + b"A: b\r\n c\r\n\r\n",
    "NUL in a value": GET + b"A: b\0c\r\n\r\n",
    "CR in a value": GET + b"A: b\rc\r\n\r\n",
    "space in a name": GET + b"A b: c\r\n\r\n",
    "no colon": GET + b"A\r\n\r\n",
    "empty name": GET + b": b\r\n\r\n",
    "HTTP/1.9": b"GET / HTTP/1.9\r\nHost: h\r\n\r\n",
    "HTTP/0.9": b"GET / HTTP/0.9\r\nHost: h\r\n\r\n",
    "HTTP/0.9 without a version": b"GET /\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "control byte in the target": b"GET /\x01 HTTP/1.1\r\nHost: h\r\n\r\n",
    "tab in the target": b"GET /\ta HTTP/1.1\r\nHost: h\r\n\r\n",
    "NUL in the target": b"GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n",
    "space in the target": b"GET /a b HTTP/1.1\r\nHost: h\r\n\r\n",
    "byte beyond ASCII in the target": b"GET /\xff HTTP/1.1\r\nHost: h\r\n\r\n",
    "authority form": b"CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n",
    "asterisk form": b"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",
    "user information": b"GET http://u@h/openid/v1/jwks HTTP/1.1\r\nHost: h\r\n\r\n",
    "other scheme": b"GET ftp://h/openid/v1/jwks HTTP/1.1\r\nHost: h\r\n\r\n",
    "TLS to a plain port": b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\n",
}


@pytest.mark.parametrize("row", BAD_REQUESTS)
def test_bad_requests_get_400_and_close(server, row):
    # The request behind it must never be answered: that is what smuggling is.
    assert_refused(server, BAD_REQUESTS[row] + GET + b"\r\n", 400)


def test_a_head_over_8_kib_is_431(server):
    assert_refused(server, GET + b"A: " + b"a" * 8192 + b"\r\n\r\n", 431)


def test_a_head_over_8_kib_is_431_before_it_ends(server):
    assert_refused(server, GET + b"A: " + b"a" * 8192, 431)


def test_more_than_64_fields_are_431(server):
    assert_refused(server, GET + b"A: b\r\n" * 64 + b"\r\n", 431)


def test_a_target_over_2_kib_is_414(server):
    assert_refused(server, b"GET /" + b"a" * 2048 + b" HTTP/1.1\r\nHost: h\r\n\r\n", 414)


def test_a_request_line_that_never_ends_is_414(server):
    assert_refused(server, b"GET /" + b"a" * 4096, 414)


def test_a_body_over_64_kib_is_413(server):
    assert_refused(server, POST + b"Content-Length: 65537\r\n\r\n", 413)


def test_a_body_over_64_kib_is_413_with_the_body_on_its_way(server):
    assert_refused(server, POST + b"Content-Length: 100000\r\n\r\n" + b"x" * 100000, 413)


def test_a_chunked_body_over_64_kib_is_413(server):
    chunks = b"8000\r\n" + b"x" * 0x8000 + b"\r\n"
    assert_refused(server, POST + b"Transfer-Encoding: chunked\r\n\r\n" + chunks * 3 + b"0\r\n\r\n", 413)


def test_an_unknown_expectation_is_417(server):
    assert_refused(server, POST + b"Expect: a-miracle\r\nContent-Length: 5\r\n\r\nhello", 417)


@pytest.mark.parametrize("target", ["/../openid/v1/jwks", "/%2e%2e/openid/v1/jwks", "/openid/v1/%6awks",
                                    "//openid/v1/jwks", "//127.0.0.1/openid/v1/jwks", "/openid//v1/jwks",
                                    "/openid/v1/jwks/", "/OPENID/v1/jwks", "/openid/v1/jwks;a", "/./openid/v1/jwks",
                                    "http://127.0.0.1:1//openid/v1/jwks", "/http://127.0.0.1:1/openid/v1/jwks"])
def test_paths_are_compared_byte_for_byte(server, target):
    with Client(server) as client:
        client.send(f"GET {target} HTTP/1.1\r\nHost: h\r\n\r\n".encode())
        assert client.response()[0] == 404


def test_absolute_form_is_answered_here_and_nowhere_else(server):
    with socket.create_server(("127.0.0.1", 0)) as bait, Client(server) as client:
        bait.settimeout(0.3)
        client.send(f"GET http://127.0.0.1:{bait.getsockname()[1]}/openid/v1/jwks HTTP/1.1\r\nHost: h\r\n\r\n".encode())
        status, _, body = client.response()
        assert status == 200
        assert b'"keys"' in body
        with pytest.raises(TimeoutError):
            bait.accept()


# ---- deadlines -------------------------------------------------------------------------------------------------------
def drip(server, data, pause, patience):
    """Sends one byte after the other until the server answers or `patience` is over; returns the client."""
    client = Client(server)
    began = time.monotonic()
    client.socket.settimeout(pause)
    for byte in data:
        try:
            client.socket.sendall(bytes([byte]))
            if client._more():
                break
        except TimeoutError:
            pass
        assert time.monotonic() - began < patience, "the server waits for ever"
    client.socket.settimeout(5 * harness.PATIENCE)
    return client


def test_a_slow_drip_gets_408_at_its_absolute_deadline(server):
    with honest_client(server):
        began = time.monotonic()
        with drip(server, GET + b"A: b\r\n" * 60, 0.1, (HEAD_TIMEOUT + 2) * harness.PATIENCE) as client:
            took = time.monotonic() - began
            assert client.response()[0] == 408
            assert client.is_closed()
        assert took > HEAD_TIMEOUT - 0.1


def test_many_slow_drips_do_not_disturb_others(server):
    with honest_client(server), contextlib.ExitStack() as stack:
        clients = [stack.enter_context(Client(server)) for _ in range(10)]
        end = time.monotonic() + HEAD_TIMEOUT * 0.8
        while time.monotonic() < end:
            for client in clients:
                client.send(b"G")
            time.sleep(0.1)
        for client in clients:
            assert client.response()[0] == 408


def test_a_body_that_never_comes_does_not_disturb_others(server):
    with honest_client(server), Client(server) as client:
        client.send(POST + b"Content-Length: 5\r\n\r\nhe")
        time.sleep(0.5)


def test_an_idle_connection_is_closed_without_a_word(server):
    with honest_client(server), Client(server) as client:
        client.send(GET + b"\r\n")
        assert client.response()[0] == 200
        began = time.monotonic()
        assert client.is_closed()
        assert time.monotonic() - began > 2.5


def test_a_connection_that_says_nothing_is_closed(server):
    with Client(server) as client:
        assert client.is_closed()


def test_at_the_limit_the_longest_idle_connection_is_closed_first(server):
    def used():
        client = Client(server)
        client.send(GET + b"\r\n")
        assert client.response()[0] == 200
        return client

    time.sleep(0.5)  # what earlier tests left open is gone
    clients = [used() for _ in range(16)]
    clients[0].send(GET + b"\r\n")  # the first is not the longest idle any more
    assert clients[0].response()[0] == 200
    newcomer = used()
    assert clients[1].is_closed()
    for client in (clients[0], *clients[2:], newcomer):
        client.send(GET + b"\r\n")
        assert client.response()[0] == 200
        client.socket.close()


def test_a_reader_that_never_reads_does_not_disturb_others(server):
    with honest_client(server), socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", server.public_port))
        client.settimeout(0.3)
        with contextlib.suppress(TimeoutError):
            for _ in range(1000):
                client.sendall((GET + b"\r\n") * 100)
        time.sleep(0.5)


def test_a_reader_that_stops_for_a_while_gets_everything(server):
    count = 3000
    with socket.socket() as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.connect(("127.0.0.1", server.public_port))
        raw.settimeout(10 * harness.PATIENCE)
        sender = threading.Thread(target=lambda: raw.sendall((GET + b"\r\n") * count))
        sender.start()
        time.sleep(0.5)
        client = Client.__new__(Client)
        client.socket, client.received = raw, b""
        first = client.response()[2]
        for _ in range(count - 1):
            status, _, body = client.response()
            assert (status, body) == (200, first)
        sender.join()


def test_afterwards_nothing_is_left_open(server):
    def connections():
        metrics = server.get("/metrics", admin=True).body.decode()
        return next(line for line in metrics.splitlines() if line.startswith('mintmark_http_connections{listener="public"}'))

    harness.wait_until(lambda: connections().endswith(" 0"), connections)
