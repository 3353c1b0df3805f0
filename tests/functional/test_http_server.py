# SPDX-License-Identifier: Apache-2.0
"""The running server: routes, conditions, connections, TLS, reloads, stopping, what it counts and what it logs."""
import json
import os
import re
import resource
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time

import pytest

import harness
from test_http_hostile import Client

JWKS, DISCOVERY = "/openid/v1/jwks", "/.well-known/openid-configuration"


def request(path, method="GET", *fields):
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: h", *fields, "", ""]).encode()


def metric(issuer, name):
    """The value of one series, written as on the page; 0 when it is not there."""
    for line in issuer.get("/metrics", admin=True).body.decode().splitlines():
        if line.startswith(name + " "):
            return float(line.rsplit(" ", 1)[1])
    return 0.0


# ---- routes ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("path, content_type", [(JWKS, "application/jwk-set+json"), (DISCOVERY, "application/json")])
def test_documents_carry_their_headers(served, path, content_type):
    answer = served.get(path)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == content_type
    assert re.fullmatch(r"public, max-age=\d+", answer.headers["Cache-Control"])
    assert re.fullmatch(r'"[A-Za-z0-9_-]{43}"', answer.headers["ETag"])
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Last-Modified"].endswith(" GMT")
    assert answer.headers["Date"].endswith(" GMT")
    answer.json()


@pytest.mark.parametrize("path", [JWKS, DISCOVERY, "/livez"])
def test_head_says_what_get_says_without_a_body(served, path):
    with Client(served) as client:
        _, get, body = client.send(request(path)).response()
        status, head, _ = client.send(request(path, "HEAD")).response(head_only=True)
        assert status == 200
        get.pop("date"), head.pop("date")
        assert head == get
        assert int(head["content-length"]) == len(body)
        assert client.send(request(path)).response()[2] == body  # nothing but the head came in between


def test_a_known_etag_gets_304_without_a_body(served):
    with Client(served) as client:
        _, headers, _ = client.send(request(JWKS)).response()
        for condition in (f"If-None-Match: {headers['etag']}", f'If-None-Match: "x", W/{headers["etag"]}',
                          "If-None-Match: *", f"If-Modified-Since: {headers['last-modified']}"):
            status, answer, _ = client.send(request(JWKS, "GET", condition)).response()
            assert status == 304
            assert answer["etag"] == headers["etag"]
            assert answer["cache-control"] == headers["cache-control"]
        for condition in ('If-None-Match: "x"', "If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT"):
            assert client.send(request(JWKS, "GET", condition)).response()[0] == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get", "BREW"])
def test_other_methods_get_405_with_allow(served, method):
    with Client(served) as client:
        status, headers, _ = client.send(request(JWKS, method)).response()
        assert status == 405
        assert headers["allow"] == "GET, HEAD"


def test_errors_of_the_public_listener_are_one_line_of_json(served):
    answer = served.get("/nothing")
    assert answer.status == 404
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.body == b'{"error":"not found"}\n'


def test_errors_of_the_admin_listener_are_kubernetes_statuses(served):
    answer = served.get("/nothing", admin=True)
    status = answer.json()
    assert (answer.status, status["code"]) == (404, 404)
    assert (status["kind"], status["apiVersion"], status["status"], status["reason"]) == ("Status", "v1", "Failure",
                                                                                        "NotFound")


@pytest.mark.parametrize("path", ["/metrics", "/version"])
def test_the_public_listener_has_no_admin_routes(served, path):
    assert served.get(path).status == 404
    assert served.get(path, admin=True).status == 200


@pytest.mark.parametrize("path", [JWKS, DISCOVERY])
def test_the_admin_listener_has_the_same_documents_for_those_who_are_somebody(served, path):
    public, admin = served.get(path), served.get(path, admin=True)
    assert (admin.status, admin.body, admin.headers["ETag"]) == (200, public.body, public.headers["ETag"])
    assert served.get(path, admin=True, token=None).status == 401


def test_version_is_what_client_go_parses(served):
    version = served.get("/version", admin=True).json()
    assert (version["major"], version["minor"]) == ("1", "32")
    assert re.fullmatch(r"v\d+\.\d+\.\d+\+mintmark-[0-9A-Za-z.-]+", version["gitVersion"])


@pytest.mark.parametrize("admin", [False, True])
@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_health_is_ok_on_both_listeners(served, path, admin):
    answer = served.get(path, admin=admin)
    assert (answer.status, answer.body) == (200, b"ok")
    assert answer.headers["Cache-Control"] == "no-store"


def test_everything_stands_under_the_path_of_the_issuer(make_issuer):
    with make_issuer(path="/id/prod") as issuer:
        assert issuer.get(DISCOVERY).json()["jwks_uri"] == issuer.url + JWKS
        assert issuer.get("/livez").status == 200
        with Client(issuer) as client:
            for path, status in ((f"/id/prod{JWKS}", 200), (JWKS, 404), (f"/id{JWKS}", 404), (f"/id/prod/x{JWKS}", 404),
                                 (f"/ID/prod{JWKS}", 404), ("/livez", 200), ("/readyz", 200), ("/id/prod", 404)):
                assert client.send(request(path)).response()[0] == status, path


# ---- connections -------------------------------------------------------------------------------------------------------
def test_pipelined_requests_are_answered_in_order(served):
    paths = [JWKS, "/livez", "/nothing", DISCOVERY] * 50
    with Client(served) as client:
        client.send(b"".join(map(request, paths)))
        for path in paths:
            status, _, body = client.response()
            assert status == (404 if path == "/nothing" else 200)
            assert {JWKS: b"keys", "/livez": b"ok", "/nothing": b"not found", DISCOVERY: b"jwks_uri"}[path] in body


def test_requests_may_come_in_any_pieces(served):
    whole = request(JWKS) + request("/livez")
    for cut in range(1, len(whole), 7):
        with Client(served) as client:
            client.send(whole[:cut])
            time.sleep(0.002)
            client.send(whole[cut:])
            assert [client.response()[0], client.response()[0]] == [200, 200]


def test_connection_close_is_honoured(served):
    with Client(served) as client:
        status, headers, _ = client.send(request(JWKS, "GET", "Connection: close") + request(JWKS)).response()
        assert (status, headers["connection"]) == (200, "close")
        assert client.is_closed()


def test_http_1_0_is_answered_and_closed(served):
    with Client(served) as client:
        status, headers, _ = client.send(f"GET {JWKS} HTTP/1.0\r\n\r\n".encode()).response()
        assert (status, headers["connection"]) == (200, "close")
        assert client.is_closed()


def test_a_client_that_closes_its_half_still_gets_its_answers(served):
    with Client(served) as client:
        client.send(request(JWKS) * 3)
        client.socket.shutdown(socket.SHUT_WR)
        assert [client.response()[0] for _ in range(3)] == [200, 200, 200]
        assert client.is_closed()


@pytest.mark.parametrize("method, path, status", [("POST", JWKS, 405), ("POST", "/nothing", 404), ("GET", JWKS, 200)])
def test_who_expects_100_continue_is_not_asked_for_a_body_that_nobody_wants(served, method, path, status):
    with Client(served) as client:
        client.send(request(path, method, "Content-Length: 5", "Expect: 100-continue"))
        got, headers, _ = client.response()
        assert (got, headers["connection"]) == (status, "close")
        assert client.is_closed()


def test_expect_100_continue_is_not_answered_when_the_body_is_there(served):
    with Client(served) as client:
        client.send(request(JWKS, "POST", "Content-Length: 5", "Expect: 100-continue") + b"hello")
        assert client.response()[0] == 405


@pytest.mark.parametrize("body, fields", [(b"hello", ["Content-Length: 5"]),
                                          (b"5\r\nhello\r\n0\r\n\r\n", ["Transfer-Encoding: chunked"]),
                                          (b"x" * 65536, ["Content-Length: 65536"])])
def test_a_body_is_read_and_the_connection_goes_on(served, body, fields):
    with Client(served) as client:
        client.send(request(JWKS, "POST", *fields) + body + request("/livez"))
        assert client.response()[0] == 405
        assert client.response()[2] == b"ok"


def test_ipv6_is_served_where_it_is_listened_on(make_issuer):
    issuer = make_issuer()
    issuer.configure({"listen": {"public": f"[::1]:{issuer.public_port}"}})
    issuer.origin = issuer.origin.replace("127.0.0.1", "[::1]")
    with issuer:
        assert issuer.get(JWKS).status == 200
        harness.wait_until(lambda: f"public=[::1]:{issuer.public_port}" in issuer.log(), issuer.log)


def test_an_address_in_use_is_refused_in_words(served, make_issuer):
    other = make_issuer()
    other.configure({"listen": {"public": f"127.0.0.1:{served.public_port}"}})
    result = other.run("serve", status=1)
    assert f"cannot listen on 127.0.0.1:{served.public_port}: Address already in use" in result.stderr


def test_out_of_descriptors_neither_spins_nor_stops_it(make_issuer):
    issuer = make_issuer(config={"http": {"workers": 1, "max_connections": 1000}})
    with issuer:
        first = Client(issuer)
        assert first.send(request(JWKS)).response()[0] == 200
        used = len(os.listdir(f"/proc/{issuer.process.pid}/fd"))
        resource.prlimit(issuer.process.pid, resource.RLIMIT_NOFILE, (used + 5, used + 5))
        busy = [Client(issuer) for _ in range(10)]
        for client in busy:
            client.send(b"GET")  # not idle, so that none can be closed for another
        time.sleep(0.5)
        before = cpu_seconds(issuer.process.pid)
        time.sleep(1)
        assert cpu_seconds(issuer.process.pid) - before < 0.3
        for client in busy:
            client.socket.close()
        harness.wait_until(lambda: issuer.get(JWKS).status == 200, "it accepts again")
        first.socket.close()


def cpu_seconds(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("admin, limit, warned", [
    ("on", 67, True), ("on", 68, False), ("off", 50, True), ("off", 51, False)])
def test_too_few_descriptors_for_all_connections_are_warned_of(make_issuer, admin, limit, warned):
    """16 on each listener, its socket, two for the worker, and 32 for the process."""
    issuer = make_issuer(prefix=("prlimit", f"--nofile={limit}:{limit}"),
                         config={"http": {"workers": 1, "max_connections": 16},
                                 **({"listen": {"admin": "off"}} if admin == "off" else {})})
    with issuer:
        assert ("allows fewer open files" in issuer.log()) == warned


# ---- TLS -----------------------------------------------------------------------------------------------------------------
@pytest.fixture
def secure(make_issuer, ca):
    with make_issuer(ca=ca) as issuer:
        yield issuer


def handshake(issuer, **settings):
    """A TLS connection with a context that differs in `settings`; returns the socket."""
    context = issuer.ca.context()
    for name, value in settings.items():
        if callable(getattr(context, name)):
            getattr(context, name)(value)
        else:
            setattr(context, name, value)
    raw = socket.create_connection(("127.0.0.1", issuer.public_port), timeout=5)
    return context.wrap_socket(raw, server_hostname="localhost")


def serial(issuer):
    with handshake(issuer) as connection:
        return connection.getpeercert()["serialNumber"]


def test_https_serves_both_listeners(secure):
    assert secure.get(JWKS).status == 200
    assert secure.get("/version", admin=True).status == 200
    with Client(secure) as client:
        client.send(request(JWKS) * 20)
        assert [client.response()[0] for _ in range(20)] == [200] * 20


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_1_2_and_1_3_are_spoken(secure, version):
    with handshake(secure, maximum_version=version, minimum_version=version) as connection:
        assert connection.version() == version.name.replace("_", ".")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tls_1_1_is_refused(secure):
    with pytest.raises((ssl.SSLError, ConnectionError)):
        handshake(secure, set_ciphers="ALL:@SECLEVEL=0", minimum_version=ssl.TLSVersion.TLSv1,
                  maximum_version=ssl.TLSVersion.TLSv1_1)


def test_ciphers_without_forward_secrecy_are_refused(secure):
    with pytest.raises((ssl.SSLError, ConnectionError)):
        handshake(secure, maximum_version=ssl.TLSVersion.TLSv1_2, set_ciphers="AES128-SHA")


def test_alpn_selects_http_1_1_and_nothing_else(secure):
    with handshake(secure, set_alpn_protocols=["h2", "http/1.1"]) as connection:
        assert connection.selected_alpn_protocol() == "http/1.1"
    with handshake(secure) as connection:
        assert connection.selected_alpn_protocol() is None
    with pytest.raises(ssl.SSLError, match="(?i)no.application.protocol"):
        handshake(secure, set_alpn_protocols=["h2"])


def test_a_session_is_resumed(secure):
    context = secure.ca.context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2

    def connect(session):
        raw = socket.create_connection(("127.0.0.1", secure.public_port), timeout=5)
        return context.wrap_socket(raw, server_hostname="localhost", session=session)

    with connect(None) as first:
        session = first.session
    with connect(session) as second:
        assert second.session_reused


def test_plain_http_to_a_tls_port_is_closed(secure):
    with Client(secure, plain=True) as client:
        client.send(request(JWKS))
        assert client.is_closed()


def test_a_handshake_that_hangs_is_ended(make_issuer, ca):
    with make_issuer(ca=ca, config={"http": {"head_timeout": "1s"}}) as issuer, Client(issuer, plain=True) as client:
        client.send(b"\x16\x03\x01")
        assert issuer.get(JWKS).status == 200
        assert client.is_closed()
        assert metric(issuer, 'mintmark_http_connections_closed_total{reason="timeout"}') == 1


def replace(source, target):
    shutil.copy(source, f"{target}.new")
    os.replace(f"{target}.new", target)


def test_a_new_certificate_is_used_without_a_restart(secure):
    before = serial(secure)
    with Client(secure) as client:
        client.send(request(JWKS)).response()
        certificate, key = secure.ca.issue()
        replace(key, secure.folder / "tls.key")
        replace(certificate, secure.folder / "tls.crt")
        harness.wait_until(lambda: serial(secure) != before, "the new certificate is served", timeout=5)
        assert client.send(request(JWKS)).response()[0] == 200  # connections survive
    assert metric(secure, 'mintmark_reloads_total{what="tls"}') >= 1


def test_a_broken_pair_keeps_the_old_one_and_says_so(secure):
    before = serial(secure)
    expires = metric(secure, "mintmark_tls_certificate_expiry_timestamp_seconds")
    assert expires > time.time()
    other, _ = secure.ca.issue()
    replace(other, secure.folder / "tls.crt")  # the key is still that of the old one
    harness.wait_until(lambda: "not the key of the certificate" in secure.log(), secure.log, timeout=5)
    time.sleep(1.5)
    assert secure.log().count("not the key of the certificate") == 1  # once, not each second
    assert serial(secure) == before
    assert secure.get("/readyz").status == 200
    assert metric(secure, 'mintmark_reload_failures_total{what="tls"}') == 1
    assert metric(secure, "mintmark_tls_certificate_expiry_timestamp_seconds") == expires


@pytest.mark.parametrize("content", ["", "nonsense\n", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_a_certificate_that_cannot_be_used_stops_the_start(make_issuer, ca, content):
    issuer = make_issuer(ca=ca)
    (issuer.folder / "tls.crt").write_text(content)
    result = issuer.run("serve", status=2)
    assert "tls.crt: no certificate in it" in result.stderr


@pytest.mark.parametrize("mode, warned", [(0o600, False), (0o440, False), (0o644, True)])
def test_a_key_that_every_user_can_read_is_warned_of(make_issuer, ca, mode, warned):
    issuer = make_issuer(ca=ca)
    (issuer.folder / "tls.key").chmod(mode)
    with issuer:
        assert ("every user of this host can read" in issuer.log()) == warned


# ---- changes while serving -------------------------------------------------------------------------------------------------
def new_key(folder):
    path = folder / "imported.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path],
                   check=True, capture_output=True)
    return path


def test_a_commit_by_another_process_is_served_within_a_second(make_issuer):
    with make_issuer() as issuer:
        before = issuer.get(JWKS)
        issuer.run("key", "import", new_key(issuer.folder))
        began = time.monotonic()
        after = harness.wait_until(lambda: (a := issuer.get(JWKS)).body != before.body and a, "a new JWKS", interval=0.002)
        assert time.monotonic() - began < 1.0 * harness.PATIENCE
        assert len(after.json()["keys"]) == len(before.json()["keys"]) + 1
        assert after.headers["ETag"] != before.headers["ETag"]
        assert metric(issuer, "mintmark_keyset_revision") == 2
        assert metric(issuer, 'mintmark_keys{state="published"}') == 1


def test_a_key_set_that_cannot_be_read_leaves_the_old_one_served(make_issuer):
    with make_issuer() as issuer:
        before = issuer.get(JWKS).body
        keyset = issuer.data_dir / "keyset.json"
        content = keyset.read_bytes()
        keyset.with_suffix(".new").write_bytes(content[:-20])
        keyset.with_suffix(".new").chmod(0o600)
        keyset.with_suffix(".new").replace(keyset)
        answer = harness.wait_until(lambda: (a := issuer.get("/readyz")).status == 503 and a, "not ready", timeout=5)
        assert answer.body == b"the key set cannot be read"
        assert issuer.get("/livez").status == 200
        assert issuer.get(JWKS).body == before
        assert metric(issuer, 'mintmark_reload_failures_total{what="store"}') >= 1
        assert metric(issuer, "mintmark_ready") == 0
        keyset.write_bytes(content)
        harness.wait_until(lambda: issuer.get("/readyz").status == 200, "ready again", timeout=5)
        assert issuer.log().count("the key set cannot be loaded") == 1


def max_age(issuer):
    return int(issuer.get(JWKS).headers["Cache-Control"].split("=")[1])


@pytest.mark.parametrize("how", ["SIGHUP", "by itself"])
def test_a_changed_configuration_is_used(make_issuer, how):
    with make_issuer(config={"keys": {"verifier_cache": "10m"}}) as issuer:
        assert max_age(issuer) == 600
        issuer.configure({"keys": {"verifier_cache": "5m"}})
        if how == "SIGHUP":
            issuer.reload()
        harness.wait_until(lambda: max_age(issuer) == 300, "the new max-age", timeout=5)


def test_a_reload_turns_the_access_log_on(make_issuer):
    with make_issuer() as issuer:
        issuer.configure({"log": {"access": "text"}})
        issuer.reload()
        harness.wait_until(lambda: issuer.get(JWKS) and "msg=access" in issuer.log(), issuer.log, timeout=5)


def test_a_wrong_configuration_keeps_what_runs(make_issuer):
    with make_issuer() as issuer:
        before = issuer.get(JWKS).body
        issuer.configure({"keys": {"verifier_cache": "a while"}})
        issuer.reload()
        harness.wait_until(lambda: "the new configuration is not used" in issuer.log(), issuer.log, timeout=5)
        assert "keys.verifier_cache" in issuer.log()
        assert issuer.get(JWKS).body == before
        assert issuer.get("/readyz").status == 200
        assert metric(issuer, 'mintmark_reload_failures_total{what="config"}') >= 1


def test_an_option_that_a_reload_may_not_change_is_named(make_issuer):
    with make_issuer(config={"keys": {"verifier_cache": "10m"}}) as issuer:
        issuer.configure({"issuer": "https://another.example.com", "keys": {"verifier_cache": "5m"}})
        harness.wait_until(lambda: max_age(issuer) == 300, "the rest of the new configuration", timeout=5)
        assert 'msg="a changed option takes effect at the next start" option=issuer' in issuer.log()
        assert issuer.get(DISCOVERY).json()["issuer"] == issuer.url


# ---- stopping -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_finishes_what_is_under_way(make_issuer, number):
    with make_issuer() as issuer:
        idle, busy = Client(issuer), Client(issuer)
        assert idle.send(request(JWKS)).response()[0] == 200
        busy.send(request(JWKS)[:-2])
        time.sleep(0.1)
        issuer.process.send_signal(number)
        assert idle.is_closed()
        # Reset: who comes in the very moment in which the listener is closed.
        with pytest.raises((ConnectionRefusedError, ConnectionResetError)):
            harness.wait_until(lambda: Client(issuer).socket.close(), "the listener is closed")
        status, headers, body = busy.send(b"\r\n").response()
        assert (status, headers["connection"]) == (200, "close")
        assert b"keys" in body
        assert issuer.process.wait(timeout=5) == 0


def test_a_stop_waits_no_longer_than_it_should(make_issuer):
    with make_issuer(config={"http": {"drain_timeout": "1s"}}) as issuer:
        with Client(issuer) as client:
            client.send(b"GET")
            time.sleep(0.1)
            began = time.monotonic()
            issuer.process.send_signal(signal.SIGTERM)
            assert issuer.process.wait(timeout=5) == 0
            assert 0.8 < time.monotonic() - began < 3 * harness.PATIENCE


def test_a_second_signal_stops_at_once(make_issuer):
    with make_issuer() as issuer:
        with Client(issuer) as client:
            client.send(b"GET")
            time.sleep(0.1)
            issuer.process.send_signal(signal.SIGTERM)
            time.sleep(0.2)
            assert issuer.process.poll() is None
            issuer.process.send_signal(signal.SIGTERM)
            assert issuer.process.wait(timeout=2 * harness.PATIENCE) == 0


def test_no_request_is_lost_when_a_server_stops_under_load(make_issuer):
    """Every request whose connection was accepted is answered, or its connection closed before anything was sent."""
    torn = []

    def ask(issuer):
        while True:
            try:
                with Client(issuer) as client:
                    for _ in range(5):
                        client.send(request(JWKS))
                        if client.response()[1].get("connection") == "close":
                            break
            except ConnectionRefusedError:
                return
            except (ConnectionResetError, BrokenPipeError):
                continue
            except AssertionError as error:
                if client.received:
                    torn.append(error)

    with make_issuer() as issuer:
        threads = [threading.Thread(target=ask, args=(issuer,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        issuer.stop()
        for thread in threads:
            thread.join(timeout=10)
    assert not torn


# ---- what others are told ---------------------------------------------------------------------------------------------------
def test_metrics_are_what_prometheus_reads(served):
    served.get(JWKS), served.get("/nothing")
    answer = served.get("/metrics", admin=True)
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    text = answer.body.decode()
    sample = re.compile(r'[a-z_]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? -?[0-9.e+-]+|[a-z_]+_bucket\{le="\+Inf"\} \d+')
    families = set()
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            assert line.split()[2] not in families, "a family twice"
            families.add(line.split()[2])
        elif not line.startswith("# HELP "):
            assert sample.fullmatch(line), line
            assert re.sub(r"_(bucket|sum|count)$", "", re.match("[a-z_]+", line)[0]) in families
    assert metric(served, 'mintmark_http_requests_total{route="jwks",code="200"}') >= 1
    assert metric(served, 'mintmark_http_requests_total{route="none",code="404"}') >= 1
    assert metric(served, "mintmark_http_request_duration_seconds_count") >= 2
    assert metric(served, 'mintmark_keys{state="active"}') == 1
    assert metric(served, 'mintmark_keys{state="ready"}') == 1
    assert metric(served, "mintmark_keyset_revision") == 1
    assert metric(served, "mintmark_next_action_timestamp_seconds") > time.time()
    assert "mintmark_build_info{version=" in text


def test_the_next_action_is_that_of_the_schedule(make_issuer):
    with make_issuer(config={"keys": {"rotate_every": "30d", "verifier_cache": "10m", "propagation": "1m",
                                      "clock_skew": "1m"}}) as issuer:
        due = metric(issuer, "mintmark_next_action_timestamp_seconds")  # the next standby, in time to be ready
        assert abs(due - (time.time() + 30 * 86400 - 12 * 60)) < 5


def test_the_access_log_has_a_json_object_for_each_request(make_issuer):
    with make_issuer(config={"log": {"access": "json"}}) as issuer:
        def lines():
            return [json.loads(line) for line in issuer.log().splitlines() if line.startswith("{")]

        with Client(issuer) as client:
            client.send(request(JWKS + "?secret=1") + b'GET /a"%0a HTTP/1.1\r\nHost: h\r\n\r\n')
            assert [client.response()[0], client.response()[0]] == [200, 400]
        bad = harness.wait_until(lambda: next((line for line in lines() if line["status"] == 400), None), issuer.log)
        assert (bad["method"], bad["path"], bad["route"]) == ("-", "-", "none")
        good = next(line for line in lines() if line["route"] == "jwks")
        assert (good["method"], good["path"], good["status"], good["tls"]) == ("GET", JWKS, 200, "-")
        assert good["bytes"] > 100 and 0 <= good["duration"] < 1
        assert re.fullmatch(r"127\.0\.0\.1:\d+", good["peer"])
        assert "secret" not in issuer.log()


def test_the_access_log_in_text_names_the_protocol(make_issuer, ca):
    with make_issuer(ca=ca, config={"log": {"access": "text"}}) as issuer:
        issuer.get(JWKS)
        harness.wait_until(lambda: re.search(rf'msg=access method=GET path="{JWKS}" status=200 bytes=\d+ '
                                             r'duration=\d\.\d{6} peer=127\.0\.0\.1:\d+ route=jwks tls=TLSv1\.3 user=-\n',
                                             issuer.log()), issuer.log)


def test_without_an_access_log_requests_leave_no_line(served):
    served.get(JWKS)
    time.sleep(0.4)
    assert "msg=access" not in served.log()


def test_a_log_reader_that_sleeps_does_not_stop_the_server(make_issuer):
    issuer = make_issuer(config={"log": {"access": "text"}})
    process = issuer.mintmark.popen("serve", "-c", issuer.config_path, stderr=subprocess.PIPE)
    try:
        harness.wait_until(lambda: answers(issuer), "it serves")
        with Client(issuer) as client:
            for _ in range(30):
                client.send(request(JWKS) * 100)
                assert [client.response()[0] for _ in range(100)] == [200] * 100
        harness.wait_until(lambda: metric(issuer, "mintmark_access_log_dropped_total") > 0, "lines are dropped")
    finally:
        process.kill()
        process.communicate()


def answers(issuer):
    try:
        return issuer.get("/livez").status == 200
    except OSError:
        return False


@pytest.mark.parametrize("abstract", [False, True])
def test_systemd_is_told(make_issuer, tmp_path, abstract):
    name = f"\0mintmark-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(name)
        listener.settimeout(5 * harness.PATIENCE)
        with make_issuer(env={"NOTIFY_SOCKET": name.replace("\0", "@"), "WATCHDOG_USEC": "2000000"}) as issuer:
            assert listener.recv(1000) == b"READY=1"
            assert listener.recv(1000) == b"WATCHDOG=1"
            issuer.reload()
            states = [listener.recv(1000) for _ in range(2)]
            states = [s for s in states if s != b"WATCHDOG=1"] + [listener.recv(1000)] * (b"WATCHDOG=1" in states)
            assert re.fullmatch(rb"RELOADING=1\nMONOTONIC_USEC=\d+", states[0])
            assert states[1] == b"READY=1"
            issuer.process.send_signal(signal.SIGTERM)
            while (state := listener.recv(1000)) == b"WATCHDOG=1":
                pass
            assert state == b"STOPPING=1"
            issuer.process.wait(timeout=5)


def test_resident_memory_stays_within_15_mb(make_issuer):
    if "MM_SLOWNESS" in os.environ:
        pytest.skip("a sanitizer or valgrind has memory of its own")
    with make_issuer(algorithm="RS256", config={"http": {"workers": 2}}) as issuer:
        with Client(issuer) as client:
            for _ in range(50):
                client.send(request(JWKS) * 20)
                assert [client.response()[0] for _ in range(20)] == [200] * 20
        status = open(f"/proc/{issuer.process.pid}/status").read()
        assert int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) <= 15 * 1024
