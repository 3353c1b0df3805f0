# SPDX-License-Identifier: Apache-2.0
"""The admin listener below its routes: socket files, client certificates in the handshake, what is loaded for it."""
import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import tempfile

import jwt
import pytest

import harness
from test_http_hostile import Client
from test_http_server import metric

JWKS = "/openid/v1/jwks"
MINT = "/api/v1/namespaces/ci/serviceaccounts/builder/token"
TOKEN_REQUEST = json.dumps({"spec": {"audiences": ["sts.example"]}}).encode()
ME = f"unix:uid:{os.getuid()}"
I_MAY_ALL = [{"users": [ME], "may": ["mint", "review", "metrics"], **harness.EVERYTHING}]


class UnixConnection(http.client.HTTPConnection):
    """An HTTP connection to a socket file."""

    def __init__(self, path):
        super().__init__("localhost", timeout=5 * harness.PATIENCE)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


def ask(path, target, method="GET", body=None):
    """One request to a socket file: status and body."""
    with contextlib.closing(UnixConnection(path)) as connection:
        connection.request(method, target, body)
        answer = connection.getresponse()
        return answer.status, answer.read()


def mint(issuer):
    """The answer to a TokenRequest of the administrator."""
    return issuer.get(MINT, "POST", {"Content-Type": "application/json"}, admin=True, body=TOKEN_REQUEST)


@pytest.fixture
def folder():
    """A folder with a short name: the path of a socket has 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="mm") as path:
        yield path


@pytest.fixture
def local(make_issuer, folder):
    """An issuer whose admin listener is a socket file, where this user may do everything; not started."""
    def make(**options):
        config = {"listen": {"admin": f"unix:{folder}/s"}, "rules": I_MAY_ALL, "log": {"access": "text"}}
        issuer = make_issuer(config=config, **options)
        issuer.socket = f"{folder}/s"
        return issuer
    return make


# ---- socket files ----------------------------------------------------------------------------------------------------
def test_the_user_at_the_other_end_of_a_socket_file_is_known(local):
    issuer = local().start()
    curl = subprocess.run(["curl", "-sS", "--unix-socket", issuer.socket, "http://localhost/metrics"], check=True,
                          capture_output=True, text=True)
    assert "mintmark_build_info" in curl.stdout
    status, body = ask(issuer.socket, MINT, "POST", TOKEN_REQUEST)
    assert status == 201
    assert issuer.mintmark("token", "verify", "-", "--issuer", issuer.url, stdin=json.loads(body)["status"]["token"])
    issuer.stop()
    assert f"peer=unix:uid={os.getuid()},pid={os.getpid()} " in issuer.log()
    assert f"user={ME}" in issuer.log()


def test_what_the_user_may_not_is_forbidden_there_too(local):
    issuer = local()
    issuer.configure({"rules": [{"users": ["unix:uid:4294967294"], "may": ["metrics"]}]})
    issuer.start()
    assert ask(issuer.socket, "/metrics")[0] == 403
    assert ask(issuer.socket, "/readyz") == (200, b"ok")


def test_a_socket_file_speaks_plain_http_whatever_the_other_listener_does(local, ca):
    issuer = local(ca=ca).start()
    assert issuer.get(JWKS).status == 200
    assert ask(issuer.socket, "/readyz") == (200, b"ok")


def test_a_socket_file_is_for_everybody_and_goes_with_the_server(local):
    issuer = local()
    before = os.umask(0o177)
    try:
        issuer.start()
    finally:
        os.umask(before)
    mode = os.stat(issuer.socket).st_mode
    assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o666
    issuer.stop()
    assert not os.path.exists(issuer.socket)


def test_all_workers_answer_on_one_socket_file(local):
    issuer = local()
    issuer.configure({"http": {"workers": 4}})
    issuer.start()
    assert [ask(issuer.socket, "/readyz")[0] for _ in range(64)] == [200] * 64
    issuer.stop()


def test_a_second_server_does_not_take_the_socket_file(local, make_issuer):
    first = local().start()
    second = make_issuer(config={"listen": {"admin": f"unix:{first.socket}"}})
    result = second.run("serve", status=1)
    assert f"cannot listen on unix:{first.socket}: Address already in use" in result.stderr
    assert ask(first.socket, "/readyz") == (200, b"ok")
    first.stop()


def test_a_socket_file_that_kill_9_left_is_replaced(local):
    issuer = local().start()
    issuer.kill()
    assert os.path.exists(issuer.socket)
    issuer.start()
    assert ask(issuer.socket, "/readyz") == (200, b"ok")
    issuer.stop()


def test_a_file_that_is_no_socket_is_left_alone(local):
    issuer = local()
    with open(issuer.socket, "w", encoding="ascii") as file:
        file.write("precious")
    assert "it is there and no socket" in issuer.run("serve", status=1).stderr
    with open(issuer.socket, encoding="ascii") as file:
        assert file.read() == "precious"


def test_a_missing_folder_is_named(local, folder):
    issuer = local()
    issuer.configure({"listen": {"admin": f"unix:{folder}/none/s"}})
    assert f"the directory {folder}/none: No such file or directory" in issuer.run("serve", status=1).stderr


# ---- client certificates in the handshake ----------------------------------------------------------------------------
@pytest.fixture(scope="module")
def certified(mintmark, ca, tmp_path_factory):
    """An issuer that asks callers for certificates; the CN `localhost` may see metrics."""
    config = {"callers": {"client_ca": str(ca.certificate)}, "rules": [{"users": ["localhost"], "may": ["metrics"]}]}
    with harness.Issuer(mintmark, tmp_path_factory.mktemp("certified"), ca=ca, config=config) as issuer:
        yield issuer


def s_client(port, *arguments, stdin="Q\n"):
    return subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", *map(str, arguments)], input=stdin,
                          capture_output=True, text=True, timeout=10 * harness.PATIENCE, check=False).stdout


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_the_admin_listener_names_the_authorities_that_it_knows(certified, version):
    assert "Acceptable client certificate CA names\nCN = mintmark test authority\n" in s_client(
        certified.admin_port, version)
    assert "No client certificate CA names sent" in s_client(certified.public_port, version)


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_a_certificate_shows_who_calls(certified, ca, version):
    certificate, key = ca.issue()
    answer = s_client(certified.admin_port, version, "-quiet", "-cert", certificate, "-key", key,
                      stdin="GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n")
    assert answer.startswith("HTTP/1.1 200 OK\n")


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_a_certificate_of_another_authority_shakes_hands_and_is_answered_401(certified, tmp_path, version):
    certificate, key = harness.Authority(tmp_path / "other").issue()
    answer = s_client(certified.admin_port, version, "-quiet", "-cert", certificate, "-key", key,
                      stdin="GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n")
    assert answer.startswith("HTTP/1.1 401 Unauthorized\n")


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
@pytest.mark.parametrize("copies", [1, 40])
def test_a_chain_that_is_longer_than_any_ends_the_handshake(certified, ca, version, copies, tmp_path):
    certificate, key = ca.issue()
    chain = tmp_path / "chain.pem"
    chain.write_text(ca.certificate.read_text() * copies)
    answer = s_client(certified.admin_port, version, "-quiet", "-cert", certificate, "-key", key, "-cert_chain", chain,
                      stdin="GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n")
    assert answer.startswith("HTTP/1.1 200 OK\n") == (copies == 1)


@pytest.mark.parametrize("exponent, status", [(65537, "401"), (2**64 + 1, None)], ids=["usual", "long"])
def test_a_key_that_takes_long_to_verify_with_ends_the_handshake(certified, tmp_path, exponent, status):
    key, certificate = tmp_path / "client.key", tmp_path / "client.crt"
    harness.generate_key(key, "RSA", f"rsa_keygen_pubexp:{exponent}")
    subprocess.run(["openssl", "req", "-x509", "-new", "-key", key, "-subj", "/CN=x", "-out", certificate], check=True)
    answer = s_client(certified.admin_port, "-tls1_2", "-quiet", "-cert", certificate, "-key", key,
                      stdin="GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n")
    assert (answer.split(" ")[1] if answer else None) == status


def test_no_session_is_resumed_on_the_admin_listener(certified):
    def handshakes(port):
        lines = s_client(port, "-tls1_2", "-reconnect").splitlines()
        return {line.split(",")[0] for line in lines if line.startswith(("New,", "Reused,"))}

    assert handshakes(certified.public_port) == {"New", "Reused"}
    assert handshakes(certified.admin_port) == {"New"}


def test_authorities_that_are_replaced_hold_for_connections_that_are_open(make_issuer, ca, tmp_path):
    authorities = tmp_path / "ca.pem"
    shutil.copy(ca.certificate, authorities)
    issuer = make_issuer(ca=ca, config={"callers": {"client_ca": str(authorities)},
                                        "rules": [{"users": ["localhost"], "may": ["metrics"]}]}).start()
    certificate, key = ca.issue()
    context = ca.context()
    context.load_cert_chain(certificate, key)
    connection = http.client.HTTPSConnection("localhost", issuer.admin_port, context=context)

    def status():
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        answer.read()
        return answer.status

    assert status() == 200
    harness.Authority(tmp_path / "other").certificate.replace(authorities)
    harness.wait_until(lambda: status() == 401, issuer.log)
    connection.close()
    issuer.stop()


# ---- callers and rules, while it serves ------------------------------------------------------------------------------
def may(issuer, token):
    return issuer.get("/metrics", admin=True, token=token).status


def test_a_token_file_that_is_replaced_holds_within_a_second(make_issuer):
    issuer = make_issuer().start()
    assert may(issuer, harness.ADMIN_TOKEN) == 200
    issuer.write_tokens("another-secret,admin,1")
    harness.wait_until(lambda: may(issuer, "another-secret") == 200, issuer.log)
    assert may(issuer, harness.ADMIN_TOKEN) == 401
    assert issuer.get("/metrics", admin=True, token="another-secret").body.count(
        b'mintmark_reloads_total{what="callers"} 1') == 1
    issuer.stop()


@pytest.mark.parametrize("line", ["another-secret", ",admin,1", "another-secret,system:anonymous,1"])
def test_a_token_file_that_is_wrong_keeps_the_old_one(make_issuer, line):
    issuer = make_issuer().start()
    issuer.write_tokens(f"{harness.ADMIN_TOKEN},admin,1", line)
    failures = 'mintmark_reload_failures_total{what="callers"}'
    harness.wait_until(lambda: metric(issuer, failures) == 1, issuer.log)
    assert issuer.get("/readyz").status == 200
    assert issuer.log().count("the new callers are not used; the old ones stay") == 1
    assert "another-secret" not in issuer.log()
    issuer.stop()


def test_a_token_file_that_is_wrong_at_the_start_ends_it(make_issuer):
    issuer = make_issuer()
    issuer.write_tokens("another-secret")
    assert "tokens.csv:1" in issuer.run("serve", status=2).stderr


def test_new_rules_hold_after_sighup(make_issuer):
    issuer = make_issuer().start()
    assert may(issuer, harness.ADMIN_TOKEN) == 200
    issuer.configure({"rules": [{"users": ["admin"], "may": ["review"]}]})
    issuer.reload()
    harness.wait_until(lambda: may(issuer, harness.ADMIN_TOKEN) == 403, issuer.log)
    issuer.stop()


def test_without_rules_the_log_says_what_that_means(make_issuer):
    issuer = make_issuer(config={"rules": None}).start()
    assert 'level=info msg="no rules: nobody may mint, review or read metrics"' in issuer.log()
    assert may(issuer, harness.ADMIN_TOKEN) == 403
    issuer.stop()


# ---- private keys ----------------------------------------------------------------------------------------------------
def test_without_an_admin_listener_no_private_key_is_needed(make_issuer):
    issuer = make_issuer(config={"listen": {"admin": "off"}})
    (issuer.data_dir / "keys").rename(issuer.folder / "elsewhere")
    issuer.start("serve", "--follow", "-c", issuer.config_path)
    assert len(issuer.get(JWKS).json()["keys"]) == 2
    issuer.stop()


def test_with_an_admin_listener_a_missing_private_key_ends_the_start(make_issuer):
    issuer = make_issuer()
    (issuer.data_dir / "keys").rename(issuer.folder / "elsewhere")
    assert "keys" in issuer.run("serve", status=1).stderr


def test_a_private_key_that_is_lost_while_serving_is_said_and_served_on(make_issuer):
    issuer = make_issuer().start()
    keys, elsewhere = issuer.data_dir / "keys", issuer.folder / "elsewhere"
    keys.rename(elsewhere)
    issuer.reload()
    harness.wait_until(lambda: issuer.get("/readyz").status == 503, issuer.log)
    assert issuer.get("/readyz").body == b"the key set cannot be read"
    assert len(issuer.get(JWKS).json()["keys"]) == 2
    assert mint(issuer).status == 201
    elsewhere.rename(keys)
    harness.wait_until(lambda: issuer.get("/readyz").status == 200, issuer.log)
    issuer.stop()


def test_a_revocation_is_published_although_a_private_key_cannot_be_read(make_issuer):
    issuer = make_issuer().start()
    active, standby = (key["kid"] for key in json.loads(issuer.run("key", "list", "-o", "json").stdout)["keys"])
    issuer.process.send_signal(signal.SIGSTOP)  # it meets the new revision and the key that is gone at once
    changed = json.loads(issuer.run("key", "revoke", standby, "--yes", "-o", "json").stdout)
    fresh = next(event["key"]["kid"] for event in changed["events"] if event["key"]["kid"] != standby)
    file = issuer.data_dir / "keys" / f"{fresh}.pem"
    file.rename(issuer.folder / "lost")
    issuer.process.send_signal(signal.SIGCONT)
    harness.wait_until(lambda: {key["kid"] for key in issuer.get(JWKS).json()["keys"]} == {active, fresh}, issuer.log)
    assert issuer.get("/readyz").status == 503
    token = mint(issuer).json()["status"]["token"]
    assert jwt.get_unverified_header(token)["kid"] == active
    (issuer.folder / "lost").rename(file)
    harness.wait_until(lambda: issuer.get("/readyz").status == 200, issuer.log)
    issuer.stop()


def test_where_the_key_that_signs_cannot_be_read_its_documents_are_served_and_nothing_signs(make_issuer):
    issuer = make_issuer().start()
    active = json.loads(issuer.run("key", "list", "-o", "json").stdout)["keys"][0]["kid"]
    key = issuer.folder / "new.key"
    harness.generate_key(key)
    issuer.process.send_signal(signal.SIGSTOP)
    fresh = json.loads(issuer.run("key", "import", key, "--activate", "--yes", "-o", "json").stdout)
    kid = next(event["key"]["kid"] for event in fresh["events"] if event["key"]["kid"] != active)
    (issuer.data_dir / "keys" / f"{kid}.pem").unlink()
    issuer.process.send_signal(signal.SIGCONT)
    harness.wait_until(lambda: kid in issuer.get(JWKS).body.decode(), issuer.log)
    answer = mint(issuer)
    assert answer.status == 500
    assert answer.json()["message"].startswith("Internal error occurred: failed to generate token: ")
    assert issuer.get("/readyz").status == 503
    issuer.stop()


# ---- requests that are under way -------------------------------------------------------------------------------------
@pytest.fixture
def narrow(make_issuer):
    """One request may be under way, of one worker."""
    issuer = make_issuer(config={"limits": {"concurrent": 1}, "http": {"workers": 1}}).start()
    yield issuer
    issuer.stop()


def begin(client, token):
    """A request of which half the body has come, and been read."""
    fields = ["Host: h", f"Content-Length: {len(TOKEN_REQUEST)}", f"Authorization: Bearer {token}"]
    client.send("\r\n".join([f"POST {MINT} HTTP/1.1", *fields, "Expect: 100-continue", "", ""]).encode())
    status = client.response()[0]
    if status == 100:
        client.send(TOKEN_REQUEST[:9])
    return status


def test_beyond_the_limit_of_bodies_under_way_the_one_that_began_first_gives_way(narrow):
    with Client(narrow, admin=True) as slow, Client(narrow, admin=True) as second:
        assert begin(slow, harness.ADMIN_TOKEN) == 100
        assert begin(second, harness.ADMIN_TOKEN) == 100
        status, fields, _ = slow.response()
        assert (status, fields["retry-after"]) == (429, "1")
        assert second.send(TOKEN_REQUEST[9:]).response()[0] == 201
    assert metric(narrow, 'mintmark_throttled_total{reason="concurrent"}') == 1


def test_nobody_is_locked_out_by_bodies_that_do_not_come(narrow):
    with Client(narrow, admin=True) as slow:
        assert begin(slow, harness.ADMIN_TOKEN) == 100
        assert mint(narrow).status == 201
        assert slow.send(TOKEN_REQUEST[9:]).response()[0] in (201, 429)


def test_one_that_is_broken_off_counts_no_more(narrow):
    with Client(narrow, admin=True) as first:
        assert begin(first, harness.ADMIN_TOKEN) == 100
    harness.wait_until(lambda: metric(narrow, 'mintmark_http_connections{listener="admin"}') == 1, narrow.log)
    with Client(narrow, admin=True) as second:
        assert begin(second, harness.ADMIN_TOKEN) == 100
        assert second.send(TOKEN_REQUEST[9:]).response()[0] == 201
    assert metric(narrow, 'mintmark_throttled_total{reason="concurrent"}') == 0


def test_strangers_do_not_crowd_callers_out(narrow):
    with Client(narrow, admin=True) as stranger, Client(narrow, admin=True) as silent:
        assert begin(stranger, "nobody-s") == 401
        silent.send(f"POST {MINT} HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nhalf".encode())
        assert mint(narrow).status == 201
