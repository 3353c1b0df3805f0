# SPDX-License-Identifier: Apache-2.0
"""Tokens of every algorithm, verified by the libraries that people use, which know nothing but the issuer's URL.

Each client is a function (issuer URL, audience, token) -> claims that raises Refused; the matrix of clients and
algorithms is run over HTTPS with a private CA and an issuer that has a path.
"""
import base64
import json
import os
import shutil
import subprocess
import time
import urllib.request

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import harness

AUDIENCE = "sts.example.com"
NONCE = "n-0S6_WzA2Mj"
LIBJWT_ALGORITHMS = ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512")


class Refused(Exception):
    """The client did not accept the token."""


# ---- the clients -----------------------------------------------------------------------------------------------------
class NodeClients:
    """clients.mjs, one process for all questions."""

    def __init__(self, ca):
        self.process = subprocess.Popen(
            ["node", harness.SOURCE_DIR / "tests/functional/clients.mjs"], stdin=subprocess.PIPE, text=True,
            stdout=subprocess.PIPE, env={**os.environ, "NODE_EXTRA_CA_CERTS": str(ca.certificate)})

    def verify(self, client, issuer, audience, token):
        question = {"client": client, "issuer": issuer, "audience": audience, "nonce": NONCE, "token": token}
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise Refused(answer["error"])
        return answer["claims"]

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(timeout=30) == 0


def fetch_json(url):
    """GET with the CA that SSL_CERT_FILE names."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


def pyjwt_verify(issuer, audience, token):
    """PyJWT with PyJWKClient."""
    try:
        discovery = fetch_json(issuer + "/.well-known/openid-configuration")
        key = jwt.PyJWKClient(discovery["jwks_uri"]).get_signing_key_from_jwt(token)
        return jwt.decode(token, key.key, algorithms=discovery["id_token_signing_alg_values_supported"],
                          audience=audience, issuer=issuer, options={"require": ["exp", "iss", "aud", "sub"]})
    except jwt.PyJWTError as error:
        raise Refused(str(error)) from error


def libjwt_verify(issuer, token, pem_file):
    """libjwt with the key of the JWKS as PEM. It checks the signature; the claims are its user's affair."""
    jwks = fetch_json(issuer.url + "/openid/v1/jwks")
    kid = jwt.get_unverified_header(token)["kid"]
    key = next(key for key in jwt.PyJWKSet.from_dict(jwks).keys if key.key_id == kid).key
    pem_file.write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    result = subprocess.run([harness.built("tests/functional/libjwt_verify"), issuer.algorithm, pem_file], input=token,
                            capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise Refused(result.stderr)
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def node(ca):
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    if not (harness.SOURCE_DIR / "tests/functional/node_modules/jose").is_dir():
        pytest.skip("jose and openid-client are not installed: npm ci in tests/functional")
    clients = NodeClients(ca)
    yield clients
    clients.close()


@pytest.fixture(params=["jose", "openid-client", "PyJWT"])
def verify(request, trusting):
    """One client as a function (issuer URL, audience, token) -> claims."""
    if request.param == "PyJWT":
        return pyjwt_verify
    node = request.getfixturevalue("node")
    return lambda *what: node.verify(request.param, *what)


@pytest.fixture
def trusting(ca, monkeypatch):
    """OpenSSL's default for what Python trusts is the test's own authority."""
    monkeypatch.setenv("SSL_CERT_FILE", str(ca.certificate))


# ---- the issuers -----------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def issuers(mintmark, ca, tmp_path_factory):
    """An issuer for each algorithm, made when needed, at https://localhost:PORT/id/prod, and an expired token."""
    served = {}

    def get(algorithm):
        if algorithm not in served:
            folder = tmp_path_factory.mktemp(algorithm)
            issuer = harness.Issuer(mintmark, folder, path="/id/prod", algorithm=algorithm, ca=ca).start()
            served[algorithm] = issuer
            issuer.expired = mint(issuer, "--duration", "1s")
        return served[algorithm]

    yield get
    for issuer in served.values():
        issuer.stop()


@pytest.fixture(params=harness.ALGORITHMS)
def issuer(request, issuers):
    return issuers(request.param)


@pytest.fixture(params=LIBJWT_ALGORITHMS)
def libjwt_issuer(request, issuers):
    return issuers(request.param)


def mint(issuer, *arguments):
    return issuer.token("builder", "-n", "ci", "--audience", AUDIENCE, "--claim", f"nonce={json.dumps(NONCE)}",
                        *arguments)


def decode_part(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def encode_part(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def with_other_subject(token):
    """The token with another payload under the same signature."""
    header, payload, signature = token.split(".")
    claims = json.loads(decode_part(payload))
    claims["sub"] = "system:serviceaccount:kube-system:admin"
    return f"{header}.{encode_part(json.dumps(claims, separators=(',', ':')).encode())}.{signature}"


# ---- what must hold --------------------------------------------------------------------------------------------------
def test_a_token_is_accepted(issuer, verify):
    claims = verify(issuer.url, AUDIENCE, mint(issuer))
    assert claims["iss"] == issuer.url
    assert claims["sub"] == "system:serviceaccount:ci:builder"
    assert claims["aud"] == [AUDIENCE]


def test_libjwt_accepts_a_token(libjwt_issuer, trusting, tmp_path):
    claims = libjwt_verify(libjwt_issuer, mint(libjwt_issuer), tmp_path / "key.pem")
    assert claims["sub"] == "system:serviceaccount:ci:builder"


def test_libjwt_refuses_a_changed_payload(libjwt_issuer, trusting, tmp_path):
    with pytest.raises(Refused, match="Invalid argument"):
        libjwt_verify(libjwt_issuer, with_other_subject(mint(libjwt_issuer)), tmp_path / "key.pem")


def test_the_header_names_algorithm_and_a_key_of_the_jwks(issuer):
    header = jwt.get_unverified_header(mint(issuer))
    keys = {key["kid"]: key for key in issuer.get("/openid/v1/jwks").json()["keys"]}
    assert header == {"alg": issuer.algorithm, "kid": header["kid"], "typ": "JWT"}
    assert keys[header["kid"]]["alg"] == issuer.algorithm


def test_a_changed_payload_is_refused(issuer, verify):
    with pytest.raises(Refused, match="(?i)signature"):
        verify(issuer.url, AUDIENCE, with_other_subject(mint(issuer)))


def test_a_changed_signature_is_refused(issuer, verify):
    header, payload, signature = mint(issuer).split(".")
    changed = bytearray(decode_part(signature))
    changed[len(changed) // 2] ^= 1
    with pytest.raises(Refused, match="(?i)signature"):
        verify(issuer.url, AUDIENCE, f"{header}.{payload}.{encode_part(bytes(changed))}")


def test_another_audience_is_refused(issuer, verify):
    token = mint(issuer)
    with pytest.raises(Refused, match="(?i)aud"):
        verify(issuer.url, "other.example.com", token)


def test_an_expired_token_is_refused(issuer, verify):
    expiry = json.loads(decode_part(issuer.expired.split(".")[1]))["exp"]
    time.sleep(max(0.0, expiry + 0.1 - time.time()))
    with pytest.raises(Refused, match="exp"):
        verify(issuer.url, AUDIENCE, issuer.expired)


def test_an_issuer_of_another_name_is_refused(issuer, verify):
    """The same server by its address: the documents are there, but they are another issuer's."""
    token = mint(issuer)
    with pytest.raises(Refused, match="iss"):
        verify(issuer.url.replace("localhost", "127.0.0.1"), AUDIENCE, token)


def test_kid_is_the_digest_of_the_public_key_as_openssl_computes_it(issuer):
    kids = [key["kid"] for key in issuer.get("/openid/v1/jwks").json()["keys"]]
    assert len(kids) == 2, "the active key and its standby"
    for kid in kids:
        pem = issuer.data_dir / "keys" / f"{kid}.pem"
        pipeline = f"openssl pkey -in '{pem}' -pubout -outform DER | openssl dgst -sha256 -binary"
        digest = subprocess.run(["sh", "-c", pipeline], check=True, capture_output=True).stdout
        assert kid == encode_part(digest)
