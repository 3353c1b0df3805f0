# SPDX-License-Identifier: Apache-2.0
"""Clients that keep to the letter of the protocols and wear the server out: others must not notice."""
import contextlib
import ctypes
import ctypes.util
import os
import resource
import signal
import socket
import ssl
import threading
import time

import pytest

import harness
from test_http_hostile import GET, Client
from test_http_server import metric, request

JWKS = "/openid/v1/jwks"
LIMIT = 16


@pytest.fixture
def small(make_issuer, ca):
    """One TLS issuer with the smallest limit, whose deadlines are too far off to help."""
    config = {"http": {"workers": 1, "max_connections": LIMIT, "head_timeout": "60s", "idle_timeout": "60s"}}
    with make_issuer(ca=ca, config=config) as issuer:
        yield issuer


def rss_kb(issuer):
    with open(f"/proc/{issuer.process.pid}/status") as status:
        return int(next(line for line in status if line.startswith("VmRSS")).split()[1])


@contextlib.contextmanager
def many_files():
    """Descriptors for thousands of clients."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


# ---- TLS records that are no data ------------------------------------------------------------------------------------
class KeyUpdates:
    """Sends nothing but KeyUpdates, as fast as it can, until the server has enough of it. Python's ssl has no call."""

    def __init__(self, issuer):
        self.libssl = ctypes.CDLL(ctypes.util.find_library("ssl"))
        for name in ("TLS_client_method", "SSL_CTX_new", "SSL_new"):
            getattr(self.libssl, name).restype = ctypes.c_void_p
        self.socket = issuer.connect(plain=True)
        self.socket.settimeout(None)
        self.context = ctypes.c_void_p(self.libssl.SSL_CTX_new(ctypes.c_void_p(self.libssl.TLS_client_method())))
        self.ssl = ctypes.c_void_p(self.libssl.SSL_new(self.context))
        self.libssl.SSL_set_fd(self.ssl, self.socket.fileno())
        assert self.libssl.SSL_connect(self.ssl) == 1
        self.sent, self.stop = 0, False
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        while not self.stop and self.libssl.SSL_key_update(self.ssl, 0) == 1 and \
                self.libssl.SSL_do_handshake(self.ssl) == 1:
            self.sent += 1

    def end(self):
        self.stop = True
        with contextlib.suppress(OSError):  # the server was faster
            self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.libssl.SSL_free(self.ssl)
        self.libssl.SSL_CTX_free(self.context)


def test_a_flood_of_key_updates_is_ended_and_disturbs_nobody(small):
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    with Client(small) as client:
        flood = KeyUpdates(small)
        try:
            for _ in range(20):
                began = time.monotonic()
                assert client.send(request("/livez")).response()[0] == 200
                assert time.monotonic() - began < 0.5 * harness.PATIENCE
            harness.wait_until(lambda: not flood.thread.is_alive(), lambda: f"{flood.sent} sent, and still open")
        finally:
            flood.end()


# ---- places taken and not used ---------------------------------------------------------------------------------------
def test_silent_handshakes_lock_nobody_out(small):
    with contextlib.ExitStack() as stack:
        for _ in range(LIMIT):
            stack.enter_context(small.connect(plain=True))
        time.sleep(0.2)
        for _ in range(3):
            assert small.get("/livez").status == 200


@pytest.mark.parametrize("unfinished", [GET, request(JWKS, "POST", "Content-Length: 100") + b"x"])
def test_unfinished_requests_lock_nobody_out(small, unfinished):
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(Client(small)) for _ in range(LIMIT)]
        for client in clients:
            client.send(unfinished)
            time.sleep(0.02)
        assert small.get("/livez").status == 200
        assert clients[0].is_closed()  # the one that began first, and no other
        clients[1].send(b"\r\n" if unfinished is GET else b"x" * 99)
        assert clients[1].response()[0] in (200, 405)


def test_the_oldest_head_goes_first_whatever_it_sends(make_issuer):
    config = {"http": {"workers": 1, "max_connections": LIMIT}}
    with make_issuer(config=config) as issuer, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(Client(issuer)) for _ in range(LIMIT)]
        for client in clients:
            client.send(GET)
            time.sleep(0.02)
        clients[0].send(b"A: b\r\n")  # progress is no merit
        time.sleep(0.2)
        stack.enter_context(Client(issuer))
        assert clients[0].is_closed()
        assert clients[1].send(b"\r\n").response()[0] == 200


def test_the_limit_holds_for_a_listener_however_many_workers_it_has(make_issuer):
    with make_issuer(config={"http": {"workers": 4, "max_connections": LIMIT}}) as issuer, \
            contextlib.ExitStack() as stack:
        time.sleep(0.2)
        clients = [stack.enter_context(Client(issuer)) for _ in range(LIMIT)]
        for client in clients:
            assert client.send(request("/livez")).response()[0] == 200
        assert metric(issuer, 'mintmark_http_connections{listener="public"}') == LIMIT
        for _ in range(LIMIT):
            stack.enter_context(Client(issuer))
        time.sleep(0.2)
        assert metric(issuer, 'mintmark_http_connections{listener="public"}') <= LIMIT


# ---- memory ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("head, body", [
    (request("/livez", "GET", "Content-Length: 65536"), b"x" * 60000),
    (request("/livez", "POST", "Transfer-Encoding: chunked"), (b"1000\r\n" + b"x" * 4096 + b"\r\n") * 15)])
def test_bodies_that_nobody_wants_are_not_kept(make_issuer, head, body):
    if "MM_SLOWNESS" in os.environ:
        pytest.skip("a sanitizer or valgrind has memory of its own")
    with make_issuer() as issuer, contextlib.ExitStack() as stack:
        before = rss_kb(issuer)
        for _ in range(200):
            stack.enter_context(Client(issuer)).send(head + body)
        time.sleep(0.5)
        assert metric(issuer, 'mintmark_http_connections{listener="public"}') == 200
        assert rss_kb(issuer) - before < 200 * 8


def test_unfinished_heads_cost_little_more_than_they_are(make_issuer):
    if "MM_SLOWNESS" in os.environ:
        pytest.skip("a sanitizer or valgrind has memory of its own")
    with make_issuer() as issuer, many_files(), contextlib.ExitStack() as stack:
        clients = [stack.enter_context(Client(issuer)) for _ in range(1000)]
        time.sleep(0.3)
        before = rss_kb(issuer)
        for piece in (b"GET / HTTP/1.1\r\n", b"A: b\r\n"):
            for client in clients:
                client.send(piece)
            time.sleep(0.2)
        assert rss_kb(issuer) - before < 1000


# ---- what comes after a final response -------------------------------------------------------------------------------
def test_nothing_follows_a_refusal(served):
    with Client(served) as client:
        client.send(request(JWKS, "POST", "Expect: 100-continue", "Transfer-Encoding: chunked") + b"zz\r\n")
        assert client.response()[0] in (400, 405)
        assert client.is_closed()


@pytest.mark.parametrize("fields, status", [(["A"], 400), (["Content-Length: 65537"], 413), (["A: " + "b" * 9000], 431),
                                            (["Expect: a-miracle"], 417)])
def test_a_refused_head_has_no_body_and_is_logged_by_name(make_issuer, fields, status):
    with make_issuer(config={"log": {"access": "text"}}) as issuer:
        with Client(issuer) as client:
            client.send(request(JWKS, "HEAD", *fields))
            got, headers, _ = client.response(head_only=True)
            assert (got, headers["connection"]) == (status, "close")
            assert int(headers["content-length"]) > 0
            assert client.is_closed()
        expected = f'method=HEAD path="{JWKS}" status={status} bytes=0 '
        harness.wait_until(lambda: expected in issuer.log(), issuer.log)


# ---- draining --------------------------------------------------------------------------------------------------------
def test_a_stop_answers_all_that_the_kernel_has_accepted(make_issuer):
    with make_issuer(config={"http": {"workers": 1}}) as issuer, many_files(), contextlib.ExitStack() as stack:
        os.kill(issuer.process.pid, signal.SIGSTOP)
        clients = [stack.enter_context(Client(issuer)).send(request(JWKS)) for _ in range(900)]
        issuer.process.send_signal(signal.SIGTERM)
        os.kill(issuer.process.pid, signal.SIGCONT)
        for client in clients:
            assert client.response()[0] == 200
            assert client.is_closed()


def test_a_stop_says_so_to_idle_tls_connections(make_issuer, ca):
    context = ca.context()
    context.options &= ~getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0x80)
    with make_issuer(ca=ca) as issuer:
        strict = context.wrap_socket(issuer.connect(plain=True), server_hostname="localhost",
                                          suppress_ragged_eofs=False)
        with strict:
            strict.sendall(request("/livez"))
            assert strict.recv(1000).startswith(b"HTTP/1.1 200")
            issuer.process.send_signal(signal.SIGTERM)
            assert strict.recv(1) == b""  # without close_notify: SSLEOFError
            assert issuer.process.wait(timeout=5 * harness.PATIENCE) == 0


def test_a_handshake_that_a_stop_overtakes_gets_its_answer(make_issuer, ca):
    with make_issuer(ca=ca) as issuer, issuer.connect(plain=True) as raw:
        received, sent = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = ca.context().wrap_bio(received, sent, server_hostname="localhost")

        def step(call):
            while True:
                try:
                    result = call()
                    raw.sendall(sent.read())
                    return result
                except ssl.SSLWantReadError:
                    raw.sendall(sent.read())
                    data = raw.recv(65536)
                    assert data, "closed"
                    received.write(data)

        with contextlib.suppress(ssl.SSLWantReadError):
            tls.do_handshake()
        hello = sent.read()
        raw.sendall(hello[:50])
        time.sleep(0.2)
        issuer.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        raw.sendall(hello[50:])
        step(tls.do_handshake)
        time.sleep(0.1)
        tls.write(request("/livez"))
        assert step(lambda: tls.read(1000)).startswith(b"HTTP/1.1 200")
        assert issuer.process.wait(timeout=5 * harness.PATIENCE) == 0


# ---- descriptors -----------------------------------------------------------------------------------------------------
def test_that_accepting_pauses_is_logged_once_a_minute(make_issuer):
    with make_issuer(config={"http": {"workers": 1}}) as issuer:
        time.sleep(0.3)
        used = len(os.listdir(f"/proc/{issuer.process.pid}/fd"))
        resource.prlimit(issuer.process.pid, resource.RLIMIT_NOFILE, (used, used))
        with Client(issuer):
            time.sleep(1.2)
        assert issuer.log().count("cannot accept connections for a moment") == 1
