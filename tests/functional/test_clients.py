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
SIGNATURE = "(?i)signature|refused: Invalid argument"  # how the clients say that it does not verify
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


def libjwt_verify(issuer, _audience, token, pem_file):
    """libjwt with the key of the JWKS as PEM. It checks the signature; the claims are its user's affair."""
    discovery = fetch_json(issuer + "/.well-known/openid-configuration")
    key = jwt.PyJWKClient(discovery["jwks_uri"]).get_signing_key_from_jwt(token)
    pem_file.write_bytes(key.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    algorithm = discovery["id_token_signing_alg_values_supported"][0]
    result = subprocess.run([harness.built("tests/functional/libjwt_verify"), algorithm, pem_file], input=token,
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


@pytest.fixture(params=["jose", "openid-client", "PyJWT", "libjwt"])
def verify(request, issuer, ca, monkeypatch, tmp_path):
    """One client as a function (issuer URL, audience, token) -> claims."""
    monkeypatch.setenv("SSL_CERT_FILE", str(ca.certificate))
    if request.param == "PyJWT":
        return pyjwt_verify
    if request.param == "libjwt":
        if issuer.algorithm not in LIBJWT_ALGORITHMS:
            pytest.skip(f"libjwt 1 does not know {issuer.algorithm}")
        return lambda *what: libjwt_verify(*what, pem_file=tmp_path / "key.pem")
    node = request.getfixturevalue("node")
    return lambda *what: node.verify(request.param, *what)


@pytest.fixture
def verify_claims(request, verify):
    """The same for tests of claims, which libjwt leaves to its user."""
    if request.node.callspec.params["verify"] == "libjwt":
        pytest.skip("libjwt 1 checks no claims")
    return verify


# ---- the issuers -----------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module", params=harness.ALGORITHMS)
def issuer(request, mintmark, ca, tmp_path_factory):
    """An issuer for each algorithm, at https://localhost:PORT/id/prod, with a token that expires at once."""
    folder = tmp_path_factory.mktemp(request.param)
    with harness.Issuer(mintmark, folder, path="/id/prod", algorithm=request.param, ca=ca) as served:
        served.expired = mint(served, "--duration", "1s")
        yield served


def mint(issuer, *arguments):
    return issuer.token("builder", "-n", "ci", "--audience", AUDIENCE, "--claim", f"nonce={json.dumps(NONCE)}",
                        *arguments)


def decode_part(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def encode_part(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


# ---- what must hold --------------------------------------------------------------------------------------------------
def test_a_token_is_accepted(issuer, verify):
    claims = verify(issuer.url, AUDIENCE, mint(issuer))
    assert claims["iss"] == issuer.url
    assert claims["sub"] == "system:serviceaccount:ci:builder"
    assert claims["aud"] == [AUDIENCE]


def test_the_header_names_algorithm_and_a_key_of_the_jwks(issuer):
    header = jwt.get_unverified_header(mint(issuer))
    keys = {key["kid"]: key for key in issuer.get("/openid/v1/jwks").json()["keys"]}
    assert header == {"alg": issuer.algorithm, "kid": header["kid"], "typ": "JWT"}
    assert keys[header["kid"]]["alg"] == issuer.algorithm


def test_a_changed_payload_is_refused(issuer, verify):
    header, payload, signature = mint(issuer).split(".")
    claims = json.loads(decode_part(payload))
    claims["sub"] = "system:serviceaccount:kube-system:admin"
    forged = encode_part(json.dumps(claims, separators=(",", ":")).encode())
    with pytest.raises(Refused, match=SIGNATURE):
        verify(issuer.url, AUDIENCE, f"{header}.{forged}.{signature}")


def test_a_changed_signature_is_refused(issuer, verify):
    header, payload, signature = mint(issuer).split(".")
    changed = bytearray(decode_part(signature))
    changed[len(changed) // 2] ^= 1
    with pytest.raises(Refused, match=SIGNATURE):
        verify(issuer.url, AUDIENCE, f"{header}.{payload}.{encode_part(bytes(changed))}")


def test_another_audience_is_refused(issuer, verify_claims):
    token = mint(issuer)
    with pytest.raises(Refused, match="(?i)aud"):
        verify_claims(issuer.url, "other.example.com", token)


def test_an_expired_token_is_refused(issuer, verify_claims):
    expiry = json.loads(decode_part(issuer.expired.split(".")[1]))["exp"]
    time.sleep(max(0.0, expiry + 0.1 - time.time()))
    with pytest.raises(Refused, match="exp"):
        verify_claims(issuer.url, AUDIENCE, issuer.expired)


def test_an_issuer_of_another_name_is_refused(issuer, verify_claims):
    """The same server by its address: the documents are there, but they are another issuer's."""
    token = mint(issuer)
    with pytest.raises(Refused, match="iss"):
        verify_claims(issuer.url.replace("localhost", "127.0.0.1"), AUDIENCE, token)


def test_kid_is_the_digest_of_the_public_key_as_openssl_computes_it(issuer):
    kids = [key["kid"] for key in issuer.get("/openid/v1/jwks").json()["keys"]]
    assert len(kids) == 2, "the active key and its standby"
    for kid in kids:
        pem = issuer.data_dir / "keys" / f"{kid}.pem"
        pipeline = f"openssl pkey -in '{pem}' -pubout -outform DER | openssl dgst -sha256 -binary"
        digest = subprocess.run(["sh", "-c", pipeline], check=True, capture_output=True).stdout
        assert kid == encode_part(digest)
