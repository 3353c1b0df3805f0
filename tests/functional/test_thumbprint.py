# SPDX-License-Identifier: Apache-2.0
"""Thumbprints against real TLS servers; what is expected is what openssl's own commands say of the same servers."""
import base64
import hashlib
import http.server
import json
import re
import socket
import ssl
import subprocess
import threading

import pytest

import harness

CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", re.S)
# What servers present: by the name of the host, which is sent as SNI; the server's own certificate is the first.
CHAINS = {
    "one.test": ["leaf"],
    "two.test": ["leaf", "low"],
    "three.test": ["leaf", "low", "middle"],
    "four.test": ["leaf", "low", "middle", "root"],
    "mixed.test": ["leaf", "middle", "low"],
    "root-between.test": ["leaf", "root", "low", "middle"],
    "twice.test": ["leaf", "low", "low"],
    "own.test": ["own"],
}


def openssl(*arguments, stdin=""):
    return subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, text=True, input=stdin,
                          timeout=30 * harness.PATIENCE).stdout


class Certificates:
    """root -> middle -> low -> leaf, and one that has signed itself; `paths` and `keys` by name."""

    def __init__(self, folder):
        self.folder = folder
        names = ",".join(["DNS:localhost", "IP:127.0.0.1", *(f"DNS:{name}" for name in CHAINS)])
        self._make("root", "root", "CA:TRUE")
        self._make("middle", "root", "CA:TRUE")
        self._make("low", "middle", "CA:TRUE")
        self._make("leaf", "low", "CA:FALSE", names)
        self._make("own", "own", "CA:FALSE", names)

    def _make(self, name, issuer, constraints, names=None):
        lines = [f"basicConstraints=critical,{constraints}", *([f"subjectAltName={names}"] if names else [])]
        arguments = ["-addext", lines[0], *(["-addext", lines[1]] if names else [])]
        if issuer != name:
            arguments += ["-CA", self.path(issuer), "-CAkey", self.key(issuer)]
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "90",
                "-subj", f"/CN={name}", "-keyout", self.key(name), "-out", self.path(name), *arguments)

    def path(self, name):
        return self.folder / f"{name}.pem"

    def key(self, name):
        return self.folder / f"{name}.key"

    def bundle(self, names):
        path = self.folder / f"{'-'.join(names)}.chain"
        path.write_text("".join(self.path(name).read_text() for name in names))
        return path

    def context(self, names, version=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.bundle(names), self.key(names[0]))
        if version:
            context.minimum_version = context.maximum_version = version
        return context


class Server:
    """HTTPS on 127.0.0.1, with the chain that the client's SNI asks for; answers any path with `document`."""

    def __init__(self, certificates, names=("leaf", "low"), version=None, document=None, later=None):
        self.document = document
        chains = {name: certificates.context(chain, version) for name, chain in CHAINS.items()}
        context = certificates.context(list(names), version)
        hosts = [context, certificates.context(list(later))] if later else [context]  # of one connection after the other

        def choose(tls, name, _):
            tls.context = chains.get(name) or (hosts.pop(0) if len(hosts) > 1 else hosts[0])

        context.sni_callback = choose
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = json.dumps(server.document).encode()
                self.send_response(404 if server.document is None else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        class Quiet(http.server.ThreadingHTTPServer):
            def finish_request(self, request, client_address):  # the handshake is in the connection's own thread
                try:
                    request.do_handshake()
                    super().finish_request(request, client_address)
                except OSError:
                    pass

        self.server = Quiet(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_port
        self.url = f"https://localhost:{self.port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def presented(self, host):
        """Every certificate, as openssl s_client sees them."""
        return CERTIFICATE.findall(openssl("s_client", "-showcerts", "-connect", f"127.0.0.1:{self.port}",
                                           "-servername", host))


def fingerprint(certificate, digest="sha1"):
    """As openssl prints it: "SHA1 Fingerprint=AA:BB:..."."""
    return openssl("x509", "-noout", "-fingerprint", f"-{digest}", stdin=certificate).strip()


def thumbprint(certificate):
    return fingerprint(certificate).partition("=")[2].replace(":", "").lower()


def digest_of(certificate, digest):
    return hashlib.new(digest, ssl.PEM_cert_to_DER_cert(certificate)).hexdigest()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("chains"))


@pytest.fixture(scope="module")
def server(certificates):
    with Server(certificates) as server:
        yield server


def found_by(result):
    """The names of the findings in the answer's only thumbprint that are no passes."""
    only, = json.loads(result.stdout)["thumbprints"]
    return [finding["check"] for finding in only["findings"] if finding["level"] != "pass"]


# ---- which certificate -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("host, findings", [
    ("one.test", ["chain.leaf-only"]),
    ("two.test", []),
    ("three.test", []),
    ("four.test", ["chain.root-included"]),
    ("mixed.test", ["chain.wrong-order"]),
    ("root-between.test", ["chain.wrong-order", "chain.root-included"]),
    ("twice.test", ["chain.unrelated"]),
    ("own.test", ["chain.self-signed"]),
])
def test_the_last_certificate_is_taken_as_openssl_sees_it(mintmark, server, host, findings):
    presented = server.presented(host)
    assert len(presented) == len(CHAINS[host])
    arguments = ["thumbprint", host, "--connect", f"127.0.0.1:{server.port}", "--host-only"]
    result = mintmark(*arguments)
    assert result.stdout == thumbprint(presented[-1]) + "\n"
    for finding in findings:
        assert f"warn  {finding} " in result.stderr
    result = mintmark(*arguments, "-o", "json")
    assert found_by(result) == findings
    answer, = json.loads(result.stdout)["thumbprints"]
    for digest in "sha1", "sha256":
        assert [row[digest] for row in answer["chain"]] == [digest_of(certificate, digest) for certificate in presented]
    assert [row["subject"] for row in answer["chain"]] == [f"CN={name}" for name in CHAINS[host]]
    assert (answer["taken"], answer["sni"], answer["address"]) == (len(presented), host, f"127.0.0.1:{server.port}")


@pytest.mark.parametrize("version", ["tls1_2", "tls1_3"])
def test_a_server_of_openssls_own_that_speaks_one_version(mintmark, certificates, version):
    port = harness.free_port()
    process = subprocess.Popen(["openssl", "s_server", "-accept", f"127.0.0.1:{port}", f"-{version}", "-quiet",
                                "-cert", certificates.path("leaf"), "-key", certificates.key("leaf"),
                                "-cert_chain", certificates.bundle(["low", "middle"])],
                               stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        harness.wait_until(lambda: mintmark("thumbprint", f"127.0.0.1:{port}", "--host-only", status=None).stdout,
                           "s_server answers")
        result = mintmark("thumbprint", f"127.0.0.1:{port}", "--host-only", "-o", "json")
    finally:
        process.kill()
        process.wait()
    answer, = json.loads(result.stdout)["thumbprints"]
    assert answer["protocol"] == {"tls1_2": "TLSv1.2", "tls1_3": "TLSv1.3"}[version]
    assert answer["sni"] is None, "an address is no name"
    assert answer["sha1"] == thumbprint(certificates.path("middle").read_text())


# ---- where the keys are ----------------------------------------------------------------------------------------------
def test_the_host_of_jwks_uri_comes_first_and_the_issuers_own_second(mintmark, certificates):
    with Server(certificates, ["leaf", "low", "middle"]) as keys, Server(certificates) as issuer:
        issuer.document = {"issuer": issuer.url, "jwks_uri": f"https://127.0.0.1:{keys.port}/jwks"}
        result = mintmark("thumbprint", issuer.url)
        expected = [thumbprint(certificates.path(name).read_text()) for name in ("middle", "low")]
        assert result.stdout.split() == expected
        assert "(jwks_uri)" in result.stderr and "(issuer)" in result.stderr
        rows = json.loads(mintmark("thumbprint", issuer.url, "-o", "json").stdout)["thumbprints"]
        assert [(row["role"], row["host"], row["port"]) for row in rows] == [
            ("jwks_uri", "127.0.0.1", keys.port), ("issuer", "localhost", issuer.port)]
        # Two hosts below one authority need it once.
        keys.server.socket.context.load_cert_chain(certificates.bundle(["leaf", "low"]), certificates.key("leaf"))
        assert mintmark("thumbprint", issuer.url).stdout.split() == expected[1:]
        assert len(mintmark("thumbprint", issuer.url, "--host-only").stdout.split()) == 1


def test_one_host_for_both_is_asked_once(mintmark, certificates):
    with Server(certificates) as issuer:
        issuer.document = {"issuer": f"{issuer.url}/id", "jwks_uri": f"{issuer.url}/jwks"}
        row, = json.loads(mintmark("thumbprint", f"{issuer.url}/id", "-o", "json").stdout)["thumbprints"]
        assert row["role"] == "issuer and jwks_uri"
        findings = json.loads(mintmark("thumbprint", issuer.url, "-o", "json").stdout)["findings"]
        assert [finding["check"] for finding in findings] == ["discovery.issuer"]


def test_our_own_server_over_tls(mintmark, make_issuer, ca):
    issuer = make_issuer(ca=ca).start()
    result = mintmark("thumbprint", issuer.url, "--cacert", ca.certificate, "-o", "json")
    row, = json.loads(result.stdout)["thumbprints"]
    assert row["role"] == "issuer and jwks_uri" and "chain.leaf-only" in [f["check"] for f in row["findings"]]


@pytest.mark.parametrize("document, check", [
    (None, "discovery.unread"),
    ([], "discovery.unread"),
    ({"issuer": "ISSUER"}, "discovery.jwks-uri"),
    ({"issuer": "ISSUER", "jwks_uri": "http://localhost/jwks"}, "discovery.jwks-uri"),
    ({"issuer": "https://other.test", "jwks_uri": "ISSUER/jwks"}, "discovery.issuer"),
], ids=["404", "no-object", "no-jwks-uri", "plain-jwks-uri", "other-issuer"])
def test_a_discovery_document_that_is_wrong_is_a_finding(mintmark, certificates, document, check):
    with Server(certificates) as issuer:
        issuer.document = json.loads(json.dumps(document).replace("ISSUER", issuer.url))
        result = mintmark("thumbprint", issuer.url, "-o", "json")
        assert [finding["check"] for finding in json.loads(result.stdout)["findings"]] == [check]
        assert len(json.loads(result.stdout)["thumbprints"]) == 1


def test_the_document_of_a_server_that_nobody_vouches_for_is_not_believed_when_asked(mintmark, certificates, ca):
    with Server(certificates) as issuer:
        issuer.document = {"issuer": issuer.url, "jwks_uri": f"{issuer.url}/jwks"}
        result = mintmark("thumbprint", issuer.url, "--cacert", ca.certificate, "-o", "json")
        assert [finding["check"] for finding in json.loads(result.stdout)["findings"]] == ["discovery.unread"]
        issuer.server.socket.context.load_cert_chain(certificates.bundle(["leaf", "low", "middle"]),
                                                     certificates.key("leaf"))
        result = mintmark("thumbprint", issuer.url, "--cacert", certificates.path("root"), "-o", "json")
        assert json.loads(result.stdout)["findings"] == []


# ---- what is registered ----------------------------------------------------------------------------------------------
def test_what_is_registered_is_compared_with_what_is_served(mintmark, server):
    presented = server.presented("three.test")
    arguments = ["thumbprint", "three.test", "--connect", f"127.0.0.1:{server.port}", "--host-only"]
    last, own, other = thumbprint(presented[-1]), thumbprint(presented[0]), "0123456789" * 4
    assert "registered.same" in mintmark(*arguments, "--check", last).stderr
    assert "registered.same" in mintmark(*arguments, "--check", fingerprint(presented[-1])).stderr
    assert mintmark(*arguments, "--check", last, "-o", "json").stdout.count('"matches": true') == 1
    assert '"matches": null' in mintmark(*arguments, "-o", "json").stdout
    result = mintmark(*arguments, "--sha256", "--check", fingerprint(presented[-1], "sha256"))
    assert result.stdout == digest_of(presented[-1], "sha256") + "\n"
    result = mintmark(*arguments, "--check", other, "--check", last, "-o", "json")
    assert '"matches": true' in result.stdout and '"level": "warn"' in result.stdout, "one that fits is enough for IAM"
    result = mintmark(*arguments, "--check", own, "--check", other, status=1)
    assert result.stdout == last + "\n", "the answer is the answer, whatever is registered"
    assert f"{last} is served (host), and is not registered" in result.stderr
    assert f"{own} is registered, and is of certificate 1, CN=leaf" in result.stderr
    assert f"{other} is registered, and is of no certificate that is served" in result.stderr
    assert f"--thumbprint-list {last}\n" in result.stderr
    assert '"matches": false' in mintmark(*arguments, "--check", other, "-o", "json", status=1).stdout


@pytest.mark.parametrize("text, why", [("ab" * 32, "is it SHA-256?"), ("abc", "3 digits"), ("x" * 40, "hexadecimal")])
def test_what_is_no_thumbprint_is_a_wrong_command_line(mintmark, text, why):
    result = mintmark("thumbprint", "127.0.0.1:1", "--check", text, status=2)
    assert why in result.stderr and result.stdout == ""


# ---- offline ---------------------------------------------------------------------------------------------------------
def test_what_s_client_prints_is_a_chain_as_well(mintmark, server, tmp_path):
    printed = openssl("s_client", "-showcerts", "-connect", f"127.0.0.1:{server.port}", "-servername", "three.test")
    (tmp_path / "printed").write_text(printed)
    expected = thumbprint(server.presented("three.test")[-1]) + "\n"
    assert mintmark("thumbprint", "--chain", tmp_path / "printed").stdout == expected
    assert mintmark("thumbprint", "--chain", "-", "three.test", stdin=printed).stdout == expected
    assert "chain.name-mismatch" in mintmark("thumbprint", "--chain", "-", "other.test", stdin=printed).stderr
    result = mintmark("thumbprint", "--chain", "-", stdin="nothing\n", status=1)
    assert result.stdout == "" and "BEGIN CERTIFICATE" in result.stderr
    assert "--connect" in mintmark("thumbprint", "--chain", "-", "--connect", "127.0.0.1", status=2).stderr


# ---- what goes wrong -------------------------------------------------------------------------------------------------
def test_a_server_that_hangs_is_told_so(mintmark):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        result = mintmark("thumbprint", f"https://127.0.0.1:{port}", "--timeout", "1s", status=1)
    assert result.stdout == ""
    assert f"127.0.0.1:{port}: " in result.stderr and "TLS handshake did not end in 1000 ms" in result.stderr


def test_plain_http_is_refused_with_the_reason(mintmark, served):
    result = mintmark("thumbprint", served.url, status=1)
    assert "plain http has no certificate" in result.stderr and "hint: " in result.stderr
    result = mintmark("thumbprint", f"127.0.0.1:{served.public_port}", status=1)
    assert "does not speak TLS" in result.stderr and "plain http" in result.stderr


def test_what_is_no_place_is_a_wrong_command_line(mintmark):
    for target in ("https://", "ftp://h.example", ":443", "a b"):
        assert "thumbprint: " in mintmark("thumbprint", target, status=2).stderr


def test_nothing_is_asked_for(mintmark, tmp_path):
    assert "--chain FILE" in mintmark("thumbprint", cwd=tmp_path, status=2).stderr
    assert "resolv" in mintmark("thumbprint", "no-such-host.invalid", "--timeout", "1s", status=1).stderr.lower()


# ---- keys ------------------------------------------------------------------------------------------------------------
def jwk_thumbprint(jwk):
    """RFC 7638 §3.1, written from the rule."""
    required = {"RSA": "e kty n", "EC": "crv kty x y", "OKP": "crv kty x"}[jwk["kty"]].split()
    text = json.dumps({name: jwk[name] for name in required}, separators=(",", ":"), sort_keys=True)
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def test_the_thumbprint_of_rfc_7638(mintmark, tmp_path):
    vector = json.loads((harness.SOURCE_DIR / "tests/vectors/rfc7638-3.1.json").read_text())
    (tmp_path / "key.json").write_text(json.dumps(vector["jwk"]))
    result = mintmark("key", "thumbprint", tmp_path / "key.json")
    assert result.stdout == vector["thumbprint"] + "\n"
    assert f"kid {vector['jwk']['kid']}" in result.stderr


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"])
def test_every_form_of_a_key_has_one_thumbprint(make_issuer, tmp_path, algorithm):
    issuer = make_issuer(algorithm=algorithm)
    jwks = tmp_path / "jwks.json"
    jwks.write_text(issuer.run("jwks").stdout)
    keys = json.loads(jwks.read_text())["keys"]
    expected = {key["kid"]: jwk_thumbprint(key) for key in keys}
    assert sorted(issuer.run("key", "thumbprint").stdout.split()) == sorted(expected.values())
    assert issuer.run("key", "thumbprint", jwks).stdout.split() == [expected[key["kid"]] for key in keys]
    kid = keys[0]["kid"]
    answer = json.loads(issuer.run("key", "thumbprint", "active", "-o", "json").stdout)["keys"]
    assert answer == [{"thumbprint": expected[kid], "kid": kid, "algorithm": algorithm}]
    for form in "public-pem", "public-jwk", "pkcs8", "private-jwk":
        path = tmp_path / form
        issuer.run("key", "export", kid, "--format", form, "--out", path)
        assert issuer.run("key", "thumbprint", path).stdout == expected[kid] + "\n", form


def test_who_reads_the_document_of_a_public_host_wants_the_same_trust_again(mintmark, certificates, server):
    """The chain passes through whoever stands in between; the document would be another's."""
    document = {"issuer": "x", "jwks_uri": f"{server.url}/keys"}
    public = {"SSL_CERT_FILE": str(certificates.path("root"))}
    chain = ["leaf", "low", "middle"]
    with Server(certificates, chain, document=document) as issuer:
        result = mintmark("thumbprint", issuer.url, env=public)
        assert len(result.stdout.split()) == 2
    with Server(certificates, chain, document=document, later=["own"]) as issuer:
        result = mintmark("thumbprint", issuer.url, env=public)
        assert result.stdout == thumbprint(certificates.path("middle").read_text()) + "\n"
        assert "warn  discovery.unread" in result.stderr and "certificate" in result.stderr
