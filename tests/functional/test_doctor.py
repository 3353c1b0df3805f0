# SPDX-License-Identifier: Apache-2.0
"""mintmark doctor: issuers of whatever make, each broken in one way, of which exactly that fault is named."""
import gzip
import http.server
import json
import shutil
import subprocess
import threading
import time
import urllib.parse

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

import brokenissuers
import forge
import harness
from brokenissuers import Document

# What is said of an issuer that is all right, but for its private authority.
PRIVATE = {"aws.thumbprint", "gcp.trust", "azure.trust"}
SMALL_RSA = rsa.generate_private_key(65537, 1024)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return brokenissuers.Authority(tmp_path_factory.mktemp("authority"))


class Report:
    """The answer of `doctor -o json`."""

    def __init__(self, text):
        self.answer = json.loads(text)
        self.findings = self.answer["findings"]

    def checks(self, level):
        return {finding["check"] for finding in self.findings if finding["level"] == level}

    def text(self, check):
        return next(finding["text"] for finding in self.findings if finding["check"] == check)


def examine(mintmark, authority, arguments, stdin=None, public=False):
    result = mintmark("doctor", *arguments, "-o", "json", status=None, stdin=stdin,
                      env=authority.environment(public))
    assert result.returncode in (0, 1), result.stderr
    report = Report(result.stdout)
    assert result.returncode == (1 if report.checks("fail") else 0)
    assert report.answer["accepted"] == (not report.checks("fail"))
    return report


# ---- each broken in one way ------------------------------------------------------------------------------------------

FAULTS = {}


def fault(check, text, level="fail", others=(), quiet=()):
    """Registers a way to break an issuer: the check that is to fail (or warn), and what it says.

    `others` fail or warn too, because they are the same fault to another cloud; `quiet` of PRIVATE are not said then.
    """
    def register(function):
        FAULTS[function.__name__] = (function, check, text, level, set(others), set(quiet))
        return function
    return register


@fault("url.https", "plain http", quiet=PRIVATE)
def plain_http(issuer):
    issuer.tls, issuer.address, issuer.arguments = False, "", []
    issuer.rename("http://127.0.0.1:{port}")


@fault("url.query", "it has a query", quiet=PRIVATE)
def a_query(issuer):
    issuer.rename("https://oidc.example.test?cluster=1")


@fault("aws.issuer-port", "8443")
def a_port(issuer):
    issuer.rename("https://oidc.example.test:8443")


@fault("url.port", "spells out the port", "warn", others={"fail:aws.issuer-port"})
def the_port_of_https(issuer):
    issuer.rename("https://oidc.example.test:443")


@fault("aws.issuer-length", "characters")
def a_long_url(issuer):
    issuer.rename("https://oidc.example.test/" + "a" * 240)


@fault("url.slash", "ends in a slash", "warn")
def a_slash_at_the_end(issuer):
    issuer.rename("https://oidc.example.test/id/")


@fault("url.case", "upper-case", "warn")
def upper_case(issuer):
    issuer.rename("https://OIDC.example.test")


@fault("url.path", "percent-encoding", "warn")
def a_path_of_two_readings(issuer):
    issuer.rename("https://oidc.example.test/id%2Fa")


@fault("tls.reach", "connect to 127.0.0.1 port", quiet=PRIVATE)
def nobody_listens(issuer):
    issuer.listens = False


@fault("tls.reach", "does not speak TLS", quiet=PRIVATE)
def no_tls(issuer):
    issuer.tls = False


@fault("tls.name", "other.example.test")
def another_name(issuer):
    issuer.chain = issuer.authority.server(["other.example.test"])


@fault("tls.expiry", "expired at", quiet=PRIVATE)
def expired(issuer):
    issuer.chain = issuer.authority.server(begin=-10, end=-1)


@fault("tls.expiry", "not valid before", quiet=PRIVATE)
def not_yet_valid(issuer):
    issuer.chain = issuer.authority.server(begin=1)


@fault("tls.expiry", "expires at", "warn")
def soon_expired(issuer):
    issuer.chain = issuer.authority.server(begin=-80, end=5)


@fault("tls.chain", "without that of its issuer, CN=intermediate", quiet=PRIVATE)
def intermediate_missing(issuer):
    issuer.chain = issuer.authority.good[:1]


@fault("tls.chain", "without that of its issuer", quiet=PRIVATE)
def intermediate_missing_of_a_public_authority(issuer):
    issuer.chain, issuer.arguments = issuer.authority.server(tells=True)[:1], []


@fault("tls.trust", "no public authority vouches", quiet={"gcp.trust", "azure.trust"})
def an_authority_of_its_own(issuer):
    issuer.arguments = []


@fault("discovery.fetch", "certificate")
def another_certificate_once_the_first_was_judged(issuer):
    issuer.later = [brokenissuers.Certificate("server", None, [brokenissuers.HOST])]


@fault("tls.trust", "self", quiet={"gcp.trust", "azure.trust"})
def self_signed(issuer):
    issuer.chain = [brokenissuers.Certificate("server", None, [brokenissuers.HOST])]


@fault("tls.order", "is issued by certificate", "warn")
def wrong_order(issuer):
    issuer.chain = [issuer.authority.good[0], issuer.authority.root, issuer.authority.middle]


@fault("discovery.status", "the answer is 404")
def no_discovery(issuer):
    issuer.discovery.status = 404


@fault("discovery.status", "the answer is 401")
def credentials_wanted(issuer):
    issuer.discovery.status, issuer.discovery.headers["WWW-Authenticate"] = 401, "Basic"


@fault("discovery.status", "the answer is 429")
def throttled(issuer):
    issuer.discovery.status = 429


@fault("discovery.redirects", "1 on the way to https://oidc.example.test/there", "warn")
def redirected(issuer):
    issuer.extra["/there"] = issuer.discovery
    issuer.discovery = Document("", "text/plain")
    issuer.discovery.status, issuer.discovery.headers["Location"] = 302, "/there"


@fault("discovery.redirects", "https://elsewhere.example.test/, which is another host")
def redirected_to_another_host(issuer):
    issuer.discovery.status, issuer.discovery.headers["Location"] = 302, "https://elsewhere.example.test/"


@fault("discovery.redirects", "http://169.254.169.254/latest/meta-data, which is another host")
def redirected_to_metadata(issuer):
    issuer.discovery.status, issuer.discovery.headers["Location"] = 302, "http://169.254.169.254/latest/meta-data"


@fault("discovery.fetch", "timed out")
def discovery_that_drips(issuer):
    issuer.discovery.drip = 5
    issuer.arguments += ["--timeout", "1s"]


@fault("jwks.fetch", "timed out")
def slow_keys(issuer):
    issuer.jwks.delay = 3
    issuer.arguments += ["--timeout", "1s"]


@fault("discovery.size", "longer than the 65536 bytes")
def endless_discovery(issuer):
    issuer.discovery.body["claims_supported"] = ["x" * 70000]


@fault("discovery.json", "line 1, column 1")
def a_page_of_html(issuer):
    issuer.discovery.body = "<html></html>"


@fault("discovery.json", "duplicate")
def a_member_twice(issuer):
    issuer.discovery.body = json.dumps(issuer.discovery.body)[:-1] + ', "issuer": "https://evil.example.test"}'


@fault("discovery.json", "16")
def nested_deeply(issuer):
    issuer.discovery.body = '{"issuer":' + "[" * 5000 + "]" * 5000 + "}"


@fault("discovery.issuer", "it has a slash at its end")
def discovery_says_a_slash_more(issuer):
    issuer.discovery.body["issuer"] += "/"


@fault("discovery.issuer", "it is another issuer")
def discovery_of_another_issuer(issuer):
    issuer.discovery.body["issuer"] = "https://other.example.test\x1b[31m"


@fault("discovery.issuer", "issuer is missing")
def discovery_without_issuer(issuer):
    del issuer.discovery.body["issuer"]


@fault("discovery.jwks-uri", "jwks_uri is missing")
def no_jwks_uri(issuer):
    del issuer.discovery.body["jwks_uri"]


@fault("discovery.jwks-uri", "which is not https")
def keys_by_plain_http(issuer):
    issuer.discovery.body["jwks_uri"] = "http://127.0.0.1/openid/v1/jwks"


@fault("discovery.jwks-uri", "file:///etc/passwd")
def keys_in_a_file(issuer):
    issuer.discovery.body["jwks_uri"] = "file:///etc/passwd"


@fault("discovery.jwks-host", "169.254.169.254")
def keys_at_the_metadata_service(issuer):
    issuer.discovery.body["jwks_uri"] = "https://169.254.169.254/openid/v1/jwks"


@fault("tls.jwks-reach", "does not speak TLS")
def keys_on_a_port_without_tls(issuer):
    """The port is on the host that --connect names, without its port."""
    other = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    threading.Thread(target=lambda: (other.handle_request(), other.server_close()), daemon=True).start()
    issuer.discovery.body["jwks_uri"] = f"https://oidc.example.test:{other.server_port}/openid/v1/jwks"


@fault("tls.jwks-name", "is for oidc.example.test, not for localhost", others={"warn:tls.jwks-address"})
def keys_on_another_host_with_another_name(issuer):
    issuer.chain = issuer.authority.server()
    issuer.discovery.body["jwks_uri"] = "https://localhost:{port}/openid/v1/jwks"


@fault("discovery.response-types", "response_types_supported is missing")
def no_response_types(issuer):
    del issuer.discovery.body["response_types_supported"]


@fault("discovery.subject-types", "subject_types_supported is a string")
def subject_types_of_another_type(issuer):
    issuer.discovery.body["subject_types_supported"] = "public"


@fault("discovery.subject-types", "is empty", "warn")
def subject_types_as_spire_has_them(issuer):
    issuer.discovery.body["subject_types_supported"] = []


@fault("discovery.algorithms", "id_token_signing_alg_values_supported is missing")
def no_algorithms(issuer):
    del issuer.discovery.body["id_token_signing_alg_values_supported"]


@fault("jwks.alg-listed", "RS256")
def an_algorithm_that_is_not_listed(issuer):
    issuer.discovery.body["id_token_signing_alg_values_supported"] = ["ES256"]


@fault("http.discovery-encoding", "Content-Encoding is gzip")
def always_compressed(issuer):
    issuer.discovery.body = gzip.compress(json.dumps(issuer.discovery.body).encode())
    issuer.discovery.headers["Content-Encoding"] = "gzip"


@fault("http.discovery-type", "binary/octet-stream", "warn")
def as_s3_has_it_without_a_type(issuer):
    issuer.discovery.headers["Content-Type"] = "binary/octet-stream"


@fault("http.jwks-cache", "no Cache-Control", "warn")
def nothing_said_of_caches(issuer):
    del issuer.jwks.headers["Cache-Control"]


@fault("http.jwks-cache", "no-store", "warn")
def as_spire_never_cached(issuer):
    issuer.jwks.headers["Cache-Control"] = "no-store"


@fault("http.jwks-cache", "31536000 s", "warn")
def cached_for_a_year(issuer):
    issuer.jwks.headers["Cache-Control"] = "public, max-age=31536000, immutable"


@fault("clock.date", "ahead of ours")
def a_clock_that_is_fast(issuer):
    issuer.date = 600


@fault("jwks.status", "the answer is 403")
def forbidden_keys(issuer):
    issuer.jwks.status = 403


@fault("jwks.json", "JSON")
def keys_that_are_no_json(issuer):
    issuer.jwks.body = "-----BEGIN PUBLIC KEY-----"


@fault("jwks.size", "longer than the 524288 bytes")
def endless_keys(issuer):
    issuer.jwks.body = json.dumps(issuer.jwks.body) + " " * 600000


@fault("jwks.keys", "there are none")
def no_keys(issuer):
    issuer.jwks.body = {"keys": []}


@fault("jwks.keys", "missing, or no array")
def a_key_in_place_of_a_set(issuer):
    issuer.jwks.body = issuer.keys[0]


@fault("jwks.private", "key 1 (kid rsa): it publishes the private member \"d\"")
def private_key_leaked(issuer):
    issuer.keys[0] = forge.rsa_jwk(forge.RSA_KEY, private=True, use="sig")


@fault("jwks.private", "key 2 (kid secret): it publishes the private member \"k\"")
def shared_secret_leaked(issuer):
    issuer.keys.append({"kty": "oct", "kid": "secret", "alg": "HS256", "k": "c2VjcmV0"})


@fault("jwks.kid", "key 1: it has no kid")
def no_kid(issuer):
    del issuer.keys[0]["kid"]


@fault("jwks.kid-unique", "keys 1 and 2 both have kid \"rsa\"", others={"warn:azure.key-algorithm"})
def a_kid_twice(issuer):
    issuer.keys.append({**issuer.EC_JWK, "kid": "rsa"})
    issuer.discovery.body["id_token_signing_alg_values_supported"].append("ES256")


@fault("jwks.material", "an RSA modulus of 1024 bits")
def a_small_key(issuer):
    issuer.keys[0] = forge.rsa_jwk(SMALL_RSA, use="sig")


@fault("jwks.material", "the RSA exponent e is 1;")
def an_exponent_of_one(issuer):
    issuer.keys[0]["e"] = "AQ"


@fault("jwks.material", "JWK: n")
def a_number_in_the_other_base64(issuer):
    issuer.keys[0]["n"] = "+/" + issuer.keys[0]["n"][2:]


@fault("jwks.material", "no point on P-256")
def a_point_beside_its_curve(issuer):
    issuer.keys.append({**issuer.EC_JWK, "x": issuer.EC_JWK["y"]})


@fault("jwks.alg", "its kty does not fit its alg, which is \"ES256\"")
def an_alg_of_another_type(issuer):
    issuer.keys[0]["alg"] = "ES256"


@fault("jwks.alg", "it has no alg", "warn")
def no_alg(issuer):
    del issuer.keys[0]["alg"]


@fault("jwks.use", "it has no use", "warn")
def no_use(issuer):
    del issuer.keys[0]["use"]


@fault("jwks.usable", "none of the 1 keys", others={"warn:jwks.use"})
def nothing_but_a_key_for_encryption(issuer):
    issuer.keys[0]["use"] = "enc"


@fault("jwks.usable", "none of the 1 keys", others={"warn:jwks.kty"})
def a_curve_that_nobody_takes(issuer):
    issuer.keys[0] = {**issuer.EC_JWK, "crv": "secp256k1", "alg": "ES256K"}


@fault("azure.key-algorithm", "1 of 1 keys")
def no_key_for_entra(issuer):
    issuer.keys[0] = issuer.EC_JWK
    issuer.discovery.body["id_token_signing_alg_values_supported"] = ["ES256"]


@fault("aws.key-algorithm", "EdDSA", others={"fail:gcp.key-algorithm", "fail:azure.key-algorithm"})
def a_key_that_no_cloud_takes(issuer):
    x = ed25519.Ed25519PrivateKey.generate().public_key().public_bytes(
        forge.serialization.Encoding.Raw, forge.serialization.PublicFormat.Raw)
    issuer.keys[0] = {"kty": "OKP", "crv": "Ed25519", "kid": "ed", "alg": "EdDSA", "use": "sig",
                      "x": forge.b64(x).decode()}
    issuer.discovery.body["id_token_signing_alg_values_supported"] = ["EdDSA"]


@fault("aws.keys-count", "101 EC keys",
       others={"warn:azure.keys-count", "fail:azure.key-algorithm"})
def too_many_keys(issuer):
    issuer.jwks.body = {"keys": [forge.ec_jwk(ec.generate_private_key(ec.SECP256R1()), kid=f"k{i}", use="sig")
                                 for i in range(101)]}
    issuer.discovery.body["id_token_signing_alg_values_supported"] = ["ES256"]


@fault("jwks.stable", "it gave other bytes", "warn")
def other_keys_from_another_replica(issuer):
    issuer.jwks.then = {"keys": []}


@pytest.mark.parametrize("which", FAULTS)
def test_exactly_the_fault_is_named(which, mintmark, authority):
    breaks, check, text, level, others, quiet = FAULTS[which]
    issuer = brokenissuers.Issuer(authority)
    breaks(issuer)
    with brokenissuers.Server(issuer) as server:
        report = examine(mintmark, authority, server.arguments)
    expected = {"fail": set(), "warn": PRIVATE - quiet}
    expected[level] = expected[level] | {check}
    for other in others:
        expected[other.split(":")[0]].add(other.split(":")[1])
    assert report.checks("fail") == expected["fail"], report.findings
    assert report.checks("warn") == expected["warn"], report.findings
    assert text in report.text(check)
    assert "\x1b" not in json.dumps(report.findings, ensure_ascii=False)


# ---- tokens ----------------------------------------------------------------------------------------------------------

NOW = int(time.time())
GOOD_CLAIMS = {"iss": "https://oidc.example.test", "sub": "system:serviceaccount:prod:app",
               "aud": ["sts.amazonaws.com"], "iat": NOW, "nbf": NOW, "exp": NOW + 3600}
GOOD_HEADER = {"alg": "RS256", "kid": "rsa", "typ": "JWT"}


def sign(claims=(), header=(), without="", signature=forge.rs(forge.hashes.SHA256()), text=None):
    """A token of the issuer's key with some claims changed, or one left out."""
    claims = {**GOOD_CLAIMS, **dict(claims)}
    claims.pop(without, None)
    header = {name: value for name, value in {**GOOD_HEADER, **dict(header)}.items() if value is not None}
    body = forge.b64(forge.as_json(header)) + b"." + forge.b64(text or forge.as_json(claims))
    return (body + b"." + forge.b64(signature(body))).decode()


TOKENS = {  # the check that fails or warns (None: none), what it says, the token, arguments
    "good": (None, "", sign(), []),
    "for Azure": (None, "", sign({"aud": "api://AzureADTokenExchange"}), ["--for", "azure"]),
    "for a provider of GCP": (None, "", sign({"aud": "//iam.googleapis.com/projects/1/locations/global/"
                                              "workloadIdentityPools/a/providers/b"}), []),
    "for an audience of its own": (None, "", sign({"aud": ["x", "vault"]}), ["--audience", "y", "--audience", "vault"]),
    "too long": ("token.size", "20000", sign({"x": "y" * 20000}), []),
    "two parts": ("token.form", "1 dots instead of 2", sign().rsplit(".", 1)[0], []),
    "no JSON": ("token.form", "payload", sign(text=b"<xml/>"), []),
    "unknown kid": ("token.kid", "no key has its kid \"other\"", sign(header={"kid": "other"}), []),
    "no kid": ("token.kid", "GCP refuses it", sign(header={"kid": None}), []),
    "alg none": ("token.algorithm", "alg is none", sign(header={"alg": "none"}, signature=lambda _: b""), []),
    "alg of another key": ("token.algorithm", "the key rsa is for RS256", sign(header={"alg": "RS512"}), []),
    "signature of another": ("token.signature", "", sign(signature=lambda text: b"x" * 256), []),
    "crit": ("token.signature", "crit", sign(header={"crit": ["b64"]}), []),
    "slash": ("token.issuer", "it has a slash at its end", sign({"iss": "https://oidc.example.test/"}), []),
    "no iss": ("token.issuer", "iss is missing", sign(without="iss"), []),
    "no sub": ("token.subject", "sub is missing", sign(without="sub"), []),
    "long sub": ("warn:token.subject", "takes 127", sign({"sub": "s" * 200}), []),
    "audience of another cloud": ("token.audience", "expected one of sts.amazonaws.com",
                                  sign({"aud": "api://AzureADTokenExchange"}), ["--for", "aws"]),
    "other audience": ("token.audience", 'aud is ["sts.amazonaws.com"], expected one of "vault"', sign(),
                       ["--audience", "vault"]),
    "no aud": ("token.audience", "aud is missing", sign(without="aud"), []),
    "float": ("token.times", "exp is no integer", sign(text=forge.as_json(GOOD_CLAIMS).replace(
        str(NOW + 3600).encode(), f"{NOW + 3600}.0".encode())), []),
    "scientific": ("token.times", "exp is no integer", sign(text=forge.as_json(GOOD_CLAIMS).replace(
        str(NOW + 3600).encode(), b"1.9e9")), []),
    "no iat": ("token.times", "iat is missing", sign(without="iat"), []),
    "expired": ("token.expiry", "it expired at", sign({"iat": NOW - 7200, "nbf": NOW - 7200, "exp": NOW - 3600}), []),
    "from the future": ("token.issued-at", "issued in the future", sign({"iat": NOW + 1800}), []),
    "not yet": ("token.not-before", "not valid before", sign({"nbf": NOW + 1800}), []),
    "a month": ("warn:token.lifetime", "30d", sign({"exp": NOW + 30 * 86400}), []),
}


@pytest.mark.parametrize("which", TOKENS)
def test_exactly_the_fault_of_a_token_is_named(which, mintmark, authority):
    check, text, token, arguments = TOKENS[which]
    level, check = check.split(":") if check and ":" in check else ("fail", check)
    with brokenissuers.Server(brokenissuers.Issuer(authority)) as server:
        report = examine(mintmark, authority, [*server.arguments, *arguments, "--token", token])
    named = {finding["check"] for finding in report.findings
             if finding["level"] in ("warn", "fail") and finding["check"] not in PRIVATE}
    assert named == ({check} if check else set()), report.findings
    assert check is None or (check in report.checks(level) and text in report.text(check))


# ---- issuers that are all right --------------------------------------------------------------------------------------

def test_a_public_issuer_is_all_right(mintmark, authority):
    issuer = brokenissuers.Issuer(authority)
    issuer.arguments = ["--token", "-"]
    with brokenissuers.Server(issuer) as server:
        report = examine(mintmark, authority, server.arguments, public=True, stdin=sign() + "\n")
    assert report.checks("fail") == report.checks("warn") == set(), report.findings
    assert report.checks("skip") == {"tls.address"}
    assert "none is needed" in report.text("aws.thumbprint")


def test_the_keys_may_stand_on_another_host(mintmark, authority):
    """Of which IAM needs the thumbprint as well."""
    issuer = brokenissuers.Issuer(authority)
    issuer.discovery.body["jwks_uri"] = "https://localhost:{port}/openid/v1/jwks"
    with brokenissuers.Server(issuer) as server:
        report = examine(mintmark, authority, server.arguments)
    assert report.checks("fail") == set(), report.findings
    assert report.checks("warn") == PRIVATE | {"tls.jwks-address"}
    assert " of oidc.example.test and " in report.text("aws.thumbprint")
    assert report.text("aws.thumbprint").endswith(" of localhost")


# Documents as these three write them; where the keys are, and what is to be warned of beside the private certificate.
KUBERNETES = {"response_types_supported": ["id_token"], "subject_types_supported": ["public"],
              "id_token_signing_alg_values_supported": ["RS256"]}
JSON = {"Content-Type": "application/json"}
ISSUERS = {
    "eks": ("https://oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B716D3041E", "/keys", JSON,
            {**KUBERNETES, "authorization_endpoint": "urn:kubernetes:programmatic_authorization",
             "claims_supported": ["sub", "iss"]},
            ["sig", "sig"], {"sub": "system:serviceaccount:shop:backup"}, {"http.discovery-cache", "http.jwks-cache"}),
    "gke": ("https://container.googleapis.com/v1/projects/p/locations/europe-west1/clusters/c", "/jwks",
            {"Content-Type": "application/json; charset=UTF-8", "Cache-Control": "public, max-age=3600"},
            {**KUBERNETES, "claims_supported": ["iss", "sub", "kubernetes.io"], "grant_types": ["urn:kubernetes"]},
            ["sig"], {"sub": "system:serviceaccount:shop:backup"}, set()),
    "spire": ("https://spire.example.org", "/keys", {**JSON, "Cache-Control": "no-store"},
              {**KUBERNETES, "subject_types_supported": [], "authorization_endpoint": "",
               "id_token_signing_alg_values_supported": ["RS256", "ES256", "ES384"]},
              [None], {"sub": "spiffe://example.org/ns/shop/sa/backup"},
              {"discovery.subject-types", "jwks.use", "http.discovery-cache", "http.jwks-cache"}),
}


@pytest.mark.parametrize("which", ISSUERS)
def test_nothing_fails_of_what_clouds_take_today(which, mintmark, authority):
    url, keys, headers, document, uses, claims, warned = ISSUERS[which]
    issuer = brokenissuers.Issuer(authority)
    issuer.chain = authority.server([url.split("/")[2]])
    issuer.rename(url)
    issuer.discovery.body = {"issuer": url, "jwks_uri": url + keys, **document}
    jwks = {"keys": [{name: value for name, value in {**issuer.RSA_JWK, "kid": kid, "use": use}.items() if value}
                     for kid, use in zip(["rsa", "next"], uses)]}
    issuer.extra[urllib.parse.urlparse(url).path + keys] = issuer.jwks = Document(jwks, "application/json")
    issuer.discovery.headers = issuer.jwks.headers = headers
    with brokenissuers.Server(issuer) as server:
        report = examine(mintmark, authority, [*server.arguments, "--token", sign({"iss": url, **claims})])
    assert report.checks("fail") == set(), report.findings
    assert report.checks("warn") == PRIVATE | warned, report.findings


def test_our_own_server(make_issuer, mintmark, ca, authority):
    with make_issuer(ca=ca, path="/id/prod") as issuer:
        token = issuer.token("app", "--audience", "sts.amazonaws.com")
        arguments = ["-c", issuer.config_path, "--cacert", ca.certificate, "--token", token,
                     "--for", "aws", "--for", "gcp"]
        report = examine(mintmark, authority, arguments)
    assert report.answer["issuer"] == issuer.url
    assert report.checks("fail") == {"aws.issuer-port"}, report.findings
    assert report.checks("warn") == {"aws.thumbprint", "gcp.trust", "tls.address"}, report.findings


def test_mintmark_dev(served, mintmark, authority):
    report = examine(mintmark, authority, [served.url, "--for", "aws"])
    assert report.checks("fail") == {"url.https"}, report.findings
    assert {"tls.reach", "tls.trust", "aws.thumbprint"} <= report.checks("skip")
    assert not any(finding["check"].startswith(("gcp.", "azure.", "token.")) for finding in report.findings)


NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
NGINX_CONF = """daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    server {{
        listen 127.0.0.1:{port} ssl; server_name oidc.example.test; root {folder}/site;
        ssl_certificate {folder}/tls.pem; ssl_certificate_key {folder}/tls.pem;
        default_type {media}; expires 1h;
    }}
}}
"""


@pytest.mark.skipif(not NGINX, reason="nginx is not installed")
@pytest.mark.parametrize("media", ["application/json", "application/octet-stream"])
def test_static_documents_behind_nginx(media, mintmark, authority, tmp_path):
    port = harness.free_port()
    mintmark("init", "--issuer", "https://oidc.example.test/id", "--dir", tmp_path / "own", "--algorithm", "ES256")
    mintmark("publish", tmp_path / "site", "-c", tmp_path / "own/mintmark.yaml")
    chain = authority.good
    (tmp_path / "tls.pem").write_bytes(forge.pem(chain[0].key) + b"".join(one.pem for one in chain))
    (tmp_path / "nginx.conf").write_text(NGINX_CONF.format(folder=tmp_path, port=port, media=media))
    command = [NGINX, "-p", tmp_path, "-c", tmp_path / "nginx.conf", "-e", "stderr"]
    subprocess.run([*command, "-t"], check=True, stdin=subprocess.DEVNULL)
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as nginx:
        try:
            arguments = ["https://oidc.example.test/id", "--connect", f"127.0.0.1:{port}", "--cacert", authority.file,
                         "--for", "aws"]
            harness.wait_until(lambda: "tls.reach" in examine(mintmark, authority, arguments).checks("pass"), "nginx")
            report = examine(mintmark, authority, arguments)
        finally:
            nginx.terminate()
    assert report.checks("fail") == set(), report.findings
    types = set() if media == "application/json" else {"http.discovery-type", "http.jwks-type"}
    assert report.checks("warn") == {"aws.thumbprint"} | types, report.findings


# ---- the command -----------------------------------------------------------------------------------------------------

def test_for_people_it_is_a_table(mintmark, authority):
    issuer = brokenissuers.Issuer(authority)
    issuer.keys[0].pop("kid")
    with brokenissuers.Server(issuer) as server:
        result = mintmark("doctor", *server.arguments, status=1, env=authority.environment())
    lines = result.stdout.splitlines()
    fails = [i for i, line in enumerate(lines) if line.startswith("fail ")]
    assert [lines[i].split()[1] for i in fails] == ["jwks.kid"]
    assert lines[fails[0] + 1].strip().startswith("give each key a kid")
    assert lines[-1].endswith(" 1 failed")
    assert f"{server.url}: failed: jwks.kid\n" in result.stderr


def test_each_finding_has_the_same_members(mintmark, authority):
    with brokenissuers.Server(brokenissuers.Issuer(authority)) as server:
        report = examine(mintmark, authority, server.arguments)
    assert set(report.answer) == {"issuer", "accepted", "findings"}
    assert all(set(finding) == {"check", "level", "text", "remedy"} for finding in report.findings)
    assert all(finding["remedy"] for finding in report.findings if finding["level"] in ("warn", "fail"))
    names = [finding["check"] for finding in report.findings]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("arguments, text", [
    (["oidc.example.test"], "expected https://HOST/PATH"),
    (["https://oidc.example.test/#a"], "fragment"),
    (["https://oidc.example.test", "--for", "azur"], "did you mean azure?"),
    (["https://oidc.example.test", "--for", "hetzner"], "accepted: aws, gcp or azure"),
    (["https://oidc.example.test", "--audience", "a"], "--token"),
    (["https://oidc.example.test", "--timeout", "1h"], "1s to 5m"),
    (["https://oidc.example.test", "--connect", "no address!"], "no address!"),
    (["-c", "/nonexistent.yaml"], "/nonexistent.yaml"),
], ids=["no URL", "fragment", "nearly a cloud", "no cloud", "audience of no token", "timeout", "connect", "config"])
def test_what_is_no_question_is_refused(mintmark, arguments, text):
    result = mintmark("doctor", *arguments, status=2)
    assert text in result.stderr and not result.stdout, result


def test_a_file_of_authorities_that_cannot_be_read_is_an_error(mintmark, authority, tmp_path):
    issuer = brokenissuers.Issuer(authority)
    issuer.arguments = ["--cacert", tmp_path / "none.pem"]
    with brokenissuers.Server(issuer) as server:
        result = mintmark("doctor", *server.arguments, status=None, env=authority.environment())
    assert result.returncode in (1, 2) and "none.pem" in result.stderr and not result.stdout
