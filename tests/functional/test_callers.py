# SPDX-License-Identifier: Apache-2.0
"""Who is calling the admin listener, over TLS, by clients that others wrote: each kind of credential, what does not
hold, and what stops to hold while a connection is open.
"""
import datetime
import http.client
import json
import os
import re
import subprocess
import tempfile

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

import harness

WHOAMI = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
REVIEW = json.dumps({"kind": "SelfSubjectReview", "apiVersion": "authentication.k8s.io/v1"})
SECRET = "0123456789abcdef0123456789abcdef"
AUTHENTICATED = "system:authenticated"


def now():
    return datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)


def name(*parts):
    oids = {"CN": NameOID.COMMON_NAME, "O": NameOID.ORGANIZATION_NAME}
    return x509.Name([x509.NameAttribute(oids[kind], text) for kind, text in parts])


class Clients:
    """An authority for client certificates, with its list of those that it has revoked."""

    def __init__(self, folder, cn="clients"):
        self.folder, self.name = folder, name(("CN", cn))
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.path, self.crl_path = folder / f"{cn}.pem", folder / f"{cn}.crl"
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        self._write(self.path, self._builder(self.name, self.key, 3600).add_extension(constraints, critical=True))

    def _builder(self, subject, key, seconds, starts=-60):
        return x509.CertificateBuilder(self.name, subject, key.public_key(), x509.random_serial_number(),
                                       now() + datetime.timedelta(seconds=starts),
                                       now() + datetime.timedelta(seconds=seconds))

    def _write(self, path, builder):
        certificate = builder.sign(self.key, hashes.SHA256())
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return certificate

    def issue(self, *subject, seconds=3600, starts=-60, usage=ExtendedKeyUsageOID.CLIENT_AUTH):
        """One file with a certificate for those parts of a name, and its key; and the certificate."""
        key = ec.generate_private_key(ec.SECP256R1())
        path = self.folder / f"{x509.random_serial_number():x}.pem"
        builder = self._builder(name(*subject), key, seconds, starts)
        certificate = self._write(path, builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False))
        with path.open("ab") as file:
            file.write(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                         serialization.NoEncryption()))
        return path, certificate

    def write_crl(self, *revoked, seconds=3600):
        """Replaces the list by one of these certificates."""
        started = now() - datetime.timedelta(seconds=60)
        builder = x509.CertificateRevocationListBuilder(self.name, started,
                                                        now() + datetime.timedelta(seconds=seconds))
        for certificate in revoked:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder(certificate.serial_number, started).build())
        fresh = self.crl_path.with_suffix(".new")
        fresh.write_bytes(builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        fresh.replace(self.crl_path)


def make(make_issuer, ca, clients, *, crl=False, **options):
    """An issuer over TLS that knows a token of alice and the certificates of `clients`."""
    callers = {"client_ca": str(clients.path), **({"client_crl": str(clients.crl_path)} if crl else {})}
    issuer = make_issuer(ca=ca, config={"callers": callers}, **options)
    issuer.write_tokens(f'{SECRET},alice,1001,"ops,dev"')
    return issuer


@pytest.fixture(scope="module")
def clients(tmp_path_factory):
    return Clients(tmp_path_factory.mktemp("clients"))


@pytest.fixture(scope="module")
def issuer(mintmark, ca, clients, tmp_path_factory):
    """Served for all tests of this file that change nothing of it."""
    def make_one(**options):
        return harness.Issuer(mintmark, tmp_path_factory.mktemp("callers"), **options)

    with make(make_one, ca, clients) as served:
        yield served


def curl(issuer, *arguments):
    """Asks who one is: (status, user of the answer, or the answer)."""
    result = subprocess.run(
        ["curl", "-sS", "--cacert", issuer.ca.certificate, "-w", "\n%{http_code}", "-H",
         "Content-Type: application/json", "-d", REVIEW, *map(str, arguments), issuer.admin_origin + WHOAMI],
        check=True, capture_output=True, text=True, timeout=10 * harness.PATIENCE)
    body, status = result.stdout.rsplit("\n", 1)
    answer = json.loads(body)
    return int(status), answer["status"]["userInfo"] if status == "201" else answer


def bearer(token):
    return ["-H", f"Authorization: Bearer {token}"]


def user(username, *groups, **more):
    return 201, {"username": username, **more, "groups": [*groups, AUTHENTICATED]}


def assert_nobody(answer):
    status, body = answer
    assert status == 401
    assert (body["kind"], body["reason"], body["message"]) == ("Status", "Unauthorized", "Unauthorized")


class Connection:
    """A connection to the admin listener that is kept open, by Python."""

    def __init__(self, issuer, certificate=None):
        context = issuer.ca.context()
        if certificate:
            context.load_cert_chain(certificate)
        self.connection = http.client.HTTPSConnection("localhost", issuer.admin_port, context=context,
                                                      timeout=5 * harness.PATIENCE)
        self.connection.connect()
        self.socket = self.connection.sock

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def status(self, token=None):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.connection.request("POST", WHOAMI, REVIEW, headers)
        answer = self.connection.getresponse()
        answer.read()
        assert self.connection.sock is self.socket, "the connection was closed in between"
        return answer.status


# ---- each kind ------------------------------------------------------------------------------------------------------
def test_a_token_of_the_file_is_its_user(issuer):
    assert curl(issuer, *bearer(SECRET)) == user("alice", "ops", "dev", uid="1001")


def test_a_certificate_is_its_subject(issuer, clients):
    path, _ = clients.issue(("O", "operators"), ("CN", "carol"), ("O", "dev"))
    assert curl(issuer, "--cert", path) == user("carol", "operators", "dev")


def test_a_token_of_the_issuer_is_its_service_account(issuer):
    token = issuer.token("builder", "-n", "ci", "--bound-object-kind", "Pod", "--bound-object-name", "p",
                         "--bound-object-uid", "pod-uid")
    status, found = curl(issuer, *bearer(token))
    assert status == 201
    assert found["username"] == "system:serviceaccount:ci:builder"
    assert found["groups"] == ["system:serviceaccounts", "system:serviceaccounts:ci", AUTHENTICATED]
    extra = found["extra"]
    assert extra["authentication.kubernetes.io/pod-name"] == ["p"]
    assert extra["authentication.kubernetes.io/pod-uid"] == ["pod-uid"]
    assert re.fullmatch("JTI=[0-9a-f-]{36}", extra["authentication.kubernetes.io/credential-id"][0])


def test_a_process_on_a_socket_is_its_uid(make_issuer, ca, clients):
    with tempfile.TemporaryDirectory(prefix="mm") as folder:
        local = make(make_issuer, ca, clients)
        local.configure({"listen": {"admin": f"unix:{folder}/s"}})
        local.start()
        local.admin_origin = "http://localhost"
        socket = ["--unix-socket", f"{folder}/s"]
        assert curl(local, *socket) == user(f"unix:uid:{os.getuid()}", f"unix:gid:{os.getgid()}")
        assert curl(local, *socket, *bearer(SECRET))[1]["username"] == "alice"
        assert_nobody(curl(local, *socket, *bearer(SECRET + "x")))
        assert_nobody(curl(local, *socket, "-H", "Authorization;"))
        local.stop()


def test_an_authorization_header_comes_before_the_certificate(issuer, clients):
    path, _ = clients.issue(("CN", "carol"))
    assert curl(issuer, "--cert", path, *bearer(SECRET))[1]["username"] == "alice"


# ---- what does not hold ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("headers", [
    [], ["Authorization;"], ["Authorization: Bearer"], ["Authorization: Bearer  " + SECRET],
    ["Authorization: Bearer " + SECRET[:-1] + "0"], ["Authorization: Bearer " + SECRET[:-1]],
    ["Authorization: Bearer " + SECRET + "0"], ["Authorization: Bearer " + SECRET + " " + SECRET],
    ["Authorization: Basic YWxpY2U6MDEyMw=="], ["Authorization: Bearer alice"],
    ["Authorization: Bearer " + SECRET, "Authorization: Bearer " + SECRET], ["X-Remote-User: alice"],
], ids=["none", "empty", "scheme", "two-spaces", "same-length", "prefix", "longer", "two-tokens", "basic", "user",
        "two-headers", "remote-user"])
def test_headers_of_nobody(issuer, clients, headers):
    arguments = [argument for header in headers for argument in ("-H", header)]
    assert_nobody(curl(issuer, *arguments))
    if headers and "X-Remote-User" not in headers[0]:
        path, _ = clients.issue(("CN", "carol"))
        assert_nobody(curl(issuer, "--cert", path, *arguments))


def test_tokens_of_the_issuer_that_are_not_for_it_are_nobody_s(issuer):
    good = issuer.token("builder")
    assert curl(issuer, *bearer(good))[0] == 201
    assert_nobody(curl(issuer, *bearer(issuer.token("builder", "--audience", "sts.amazonaws.com"))))
    assert_nobody(curl(issuer, *bearer(issuer.token("--subject", "alice"))))
    assert_nobody(curl(issuer, *bearer(good[:-4] + ("AAAA" if good[-4:] != "AAAA" else "BBBB"))))


@pytest.mark.parametrize("subject, options", [
    ([("CN", "carol")], {"seconds": -1}),
    ([("CN", "carol")], {"starts": 600}),
    ([("CN", "carol")], {"usage": ExtendedKeyUsageOID.SERVER_AUTH}),
    ([("O", "operators")], {}),
    ([("CN", "carol"), ("CN", "root")], {}),
    ([("CN", "system:serviceaccount:kube-system:default")], {}),
    ([("CN", "unix:uid:0")], {}),
], ids=["expired", "not-yet-valid", "server", "no-cn", "two-cns", "service-account", "unix"])
def test_certificates_that_name_nobody(issuer, clients, subject, options):
    path, _ = clients.issue(*subject, **options)
    assert_nobody(curl(issuer, "--cert", path))


@pytest.mark.parametrize("cn", ["clients", "others"])
def test_a_certificate_of_another_authority_is_nobody_s(issuer, tmp_path, cn):
    path, _ = Clients(tmp_path, cn).issue(("CN", "carol"))
    assert_nobody(curl(issuer, "--cert", path))


def test_the_log_says_why_and_never_the_token(make_issuer, ca, clients):
    issuer = make(make_issuer, ca, clients).start()
    path, _ = clients.issue(("CN", "carol"), seconds=-1)
    assert_nobody(curl(issuer, "--cert", path))
    issuer.stop()
    line = next(line for line in issuer.log().splitlines() if 'msg="a caller was not recognized"' in line)
    assert "by=certificate" in line
    assert "CN=carol" in line and "certificate has expired" in line
    assert SECRET not in issuer.log()


# ---- what stops to hold ---------------------------------------------------------------------------------------------
def test_a_token_of_a_revoked_key_is_nobody_s(make_issuer, ca, clients):
    issuer = make(make_issuer, ca, clients).start()
    token = issuer.token("builder")
    kid = json.loads(issuer.run("key", "list", "-o", "json").stdout)["keys"][0]["kid"]
    with Connection(issuer) as connection:
        assert connection.status(token) == 201
        issuer.run("key", "revoke", kid, "--yes")
        harness.wait_until(lambda: connection.status(token) == 401, issuer.log)
    issuer.stop()


def test_a_certificate_that_is_revoked_is_nobody_s_at_once(make_issuer, ca, tmp_path):
    clients, impostor = Clients(tmp_path), Clients(tmp_path, "impostor")
    carol, certificate = clients.issue(("CN", "carol"))
    dave, _ = clients.issue(("CN", "dave"))
    clients.write_crl()
    issuer = make(make_issuer, ca, clients, crl=True).start()
    with Connection(issuer, carol) as of_carol, Connection(issuer, dave) as of_dave:
        assert (of_carol.status(), of_dave.status()) == (201, 201)
        clients.write_crl(certificate)
        harness.wait_until(lambda: of_carol.status() == 401, issuer.log)
        assert of_dave.status() == 201
        assert "certificate revoked" in issuer.log()
        impostor.write_crl()
        impostor.crl_path.replace(clients.crl_path)
        harness.wait_until(lambda: "the new callers are not used" in issuer.log(), issuer.log)
        assert "signed by none of the authorities" in issuer.log()
        assert (of_carol.status(), of_dave.status()) == (401, 201)
    issuer.stop()


def test_a_connection_does_not_outlive_its_certificate_nor_the_list(make_issuer, ca, tmp_path):
    clients = Clients(tmp_path)
    clients.write_crl(seconds=int(5 * harness.PATIENCE))
    short, _ = clients.issue(("CN", "carol"), seconds=int(3 * harness.PATIENCE))
    long, _ = clients.issue(("CN", "dave"))
    issuer = make(make_issuer, ca, clients, crl=True).start()
    with Connection(issuer, short) as of_carol, Connection(issuer, long) as of_dave:
        assert (of_carol.status(), of_dave.status()) == (201, 201)
        harness.wait_until(lambda: of_carol.status() == 401, issuer.log)
        assert of_carol.status(SECRET) == 201
        harness.wait_until(lambda: of_dave.status() == 401, issuer.log)
        harness.wait_until(lambda: of_dave.status() == 401 and "CRL has expired" in issuer.log(), issuer.log)
        clients.write_crl()
        harness.wait_until(lambda: of_dave.status() == 201, issuer.log)
        assert of_carol.status() == 401
    issuer.stop()


# ---- the manual -----------------------------------------------------------------------------------------------------
def commands_of_the_manual():
    """The three blocks of commands in CALLERS: to add a token, to make a certificate, to revoke it."""
    text = (harness.SOURCE_DIR / "docs/man/mintmark.1").read_text()
    section = re.search(r"^\.Sh CALLERS\n(.*?)^\.Sh ", text, re.M | re.S).group(1)
    blocks = re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed", section, re.M | re.S)
    return [block.replace("\\e", "\\") for block in blocks]


def test_the_manual_s_commands_make_callers(make_issuer, ca, tmp_path):
    add_token, certify, revoke = commands_of_the_manual()

    def shell(script):
        return subprocess.run(["bash", "-euc", script], cwd=tmp_path, check=True, capture_output=True, text=True).stdout

    token = shell(add_token + 'echo "$token"').strip()
    shell(certify)
    issuer = make_issuer(ca=ca, config={"callers": {"tokens": str(tmp_path / "tokens.csv"),
                                                    "client_ca": str(tmp_path / "ca.pem")}}).start()
    alice = ["--cert", tmp_path / "alice.pem", "--key", tmp_path / "alice.key"]
    assert curl(issuer, *bearer(token)) == user("ci-runner", "ci", "builders", uid="1001")
    assert curl(issuer, *alice) == user("alice", "operators")
    shell(revoke)
    issuer.configure({"callers": {"client_crl": str(tmp_path / "crl.pem")}})
    issuer.reload()
    harness.wait_until(lambda: curl(issuer, *alice)[0] == 401, issuer.log)
    assert curl(issuer, *bearer(token))[0] == 201
    issuer.stop()
