# SPDX-License-Identifier: Apache-2.0
"""Whatever a path looks like, it never reaches another route's privilege: each trick by somebody whom nobody knows, and
by a caller who may review tokens and nothing else.
"""
import json

import pytest

import harness
from test_http_hostile import Client

REVIEWER = "reviewer-secret-01234567"
MINT = "/api/v1/namespaces/a/serviceaccounts/b/token"
REVIEW = "/apis/authentication.k8s.io/v1/tokenreviews"

# target → what the reviewer gets for a GET (403: the route of the metrics was reached, 404: none was).
READING = {
    "/metrics": 403,
    "/id/prod/metrics": 403,
    "/metrics?": 403,
    "/metrics?x=/livez": 403,
    "http://h/metrics": 403,
    "https://elsewhere.test/id/prod/metrics": 403,
    "http://h//metrics": 404,
    "http://h": 404,
    "http://livez": 404,
    "/metrics/": 404,
    "//metrics": 404,
    "/./metrics": 404,
    "/%2e/metrics": 404,
    "/metrics/.": 404,
    "/metrics%2f": 404,
    "/metrics%00": 404,
    "/metrics;x": 404,
    "/metrics;/../livez": 404,
    "/%6detrics": 404,
    "/%6Detrics": 404,
    "/METRICS": 404,
    "/%2fmetrics": 404,
    "/livez/../metrics": 404,
    "/livez/%2e%2e/metrics": 404,
    "/livez/%2E%2E/metrics": 404,
    "/livez/..%2fmetrics": 404,
    "/livez%2f..%2fmetrics": 404,
    "/livez/..;/metrics": 404,
    "/livez/": 404,
    "/livez%20": 404,
    "/version/../version": 404,
    "/id/prod/../metrics": 404,
    "/id/prod//metrics": 404,
    "/id/prod/id/prod/metrics": 404,
    "/id/prodmetrics": 404,
    "/id/prod%2fmetrics": 404,
    "/id/metrics": 404,
    "/id/other/metrics": 404,
    "/ID/PROD/metrics": 404,
    "/id/prod": 404,
    "/": 404,
    "/dev/clock": 404,
    "/id/prod/dev/clock": 404,
    MINT: 405,
    REVIEW: 405,
}

# Likewise for a POST with an empty object (403: minting was reached, 400: reviewing was).
POSTING = {
    MINT: 403,
    "/id/prod" + MINT: 403,
    MINT + "?fieldManager=x": 403,
    "http://h" + MINT: 403,
    "/api/v1/namespaces/../serviceaccounts/b/token": 403,
    "/api/v1/namespaces/./serviceaccounts/./token": 403,
    REVIEW: 400,
    "/id/prod" + REVIEW: 400,
    MINT + "/": 404,
    "/" + MINT: 404,
    "/./" + MINT[1:]: 404,
    MINT.replace("/a/", "//"): 404,
    MINT.replace("/a/", "/"): 404,
    MINT.replace("/a/", "/%61/"): 404,
    MINT.replace("/a/", "/A/"): 403,
    MINT.replace("/a/", "/a~/"): 404,
    MINT.replace("/a/", "/a%2fb/"): 404,
    MINT.replace("/a/", "/a%2Fserviceaccounts%2Fb/"): 404,
    MINT.replace("/a/", "/%2e%2e/"): 404,
    MINT.replace("/a/", "/*/"): 404,
    MINT.replace("/a/", "/a;b/"): 404,
    MINT.replace("/b/", "/b/../b/"): 404,
    MINT.replace("/b/", "/b%00/"): 404,
    MINT.replace("/b/", "/" + "b" * 254 + "/"): 404,
    MINT.replace("/token", "/token%2f"): 404,
    MINT.replace("/token", "/%74oken"): 404,
    MINT.replace("/token", "/TOKEN"): 404,
    MINT.replace("/token", ""): 404,
    REVIEW + "/": 404,
    REVIEW + "/../../../../api/v1/namespaces/a/serviceaccounts/b/token": 404,
    REVIEW + "/..%2f..%2f..%2f..%2fmetrics": 404,
    REVIEW.replace("/v1/", "//v1/"): 404,
    REVIEW.replace("/v1/", "/v1beta1/"): 404,
    REVIEW.replace("tokenreviews", "tokenreviews/status"): 404,
    "/id/prod/.." + MINT: 404,
    "/id/prod%2f.." + MINT: 404,
    "/id/other" + MINT: 404,
    "/id/prod/id/prod" + MINT: 404,
    "/dev/rotate": 404,
    "/dev/revoke": 404,
    "/id/prod/dev/taint": 404,
    "/metrics": 405,
}

# Fields by which others may say who they speak for, or which path they mean.
LENT = ("X-HTTP-Method-Override: GET", "X-Original-URL: /livez", "X-Rewrite-URL: /metrics", "X-Remote-User: admin",
        "X-Remote-Group: system:masters", "Impersonate-User: admin", "X-Forwarded-For: 127.0.0.1",
        "Forwarded: for=127.0.0.1", "X-Forwarded-Client-Cert: Subject=\"CN=admin\"",
        "Cookie: token=" + harness.ADMIN_TOKEN, "Proxy-Authorization: Bearer " + harness.ADMIN_TOKEN,
        "Sec-WebSocket-Protocol: base64url.bearer.authorization.k8s.io." + harness.ADMIN_TOKEN)


@pytest.fixture(scope="module")
def guarded(mintmark, tmp_path_factory):
    """An issuer under /id/prod with an admin, and a reviewer."""
    rules = [{"users": ["admin"], "may": ["mint", "review", "metrics"], **harness.EVERYTHING},
             {"users": ["reviewer"], "may": ["review"]}]
    issuer = harness.Issuer(mintmark, tmp_path_factory.mktemp("guarded"), path="/id/prod", config={"rules": rules})
    issuer.write_tokens(f"{harness.ADMIN_TOKEN},admin,1", f"{REVIEWER},reviewer,2")
    with issuer:
        yield issuer


def raw(method, target, *fields, token=None, body=b""):
    credentials = [f"Authorization: Bearer {token}"] if token else []
    length = [f"Content-Length: {len(body)}"] if body else []
    head = [f"{method} {target} HTTP/1.1", "Host: h", *credentials, *fields, *length, "", ""]
    return "\r\n".join(head).encode() + body


def ask(issuer, *arguments, **options):
    """Status, headers and object of the answer to raw(…) on a connection of its own."""
    with Client(issuer, admin=True) as client:
        status, headers, body = client.send(raw(*arguments, **options)).response()
        return status, headers, body


@pytest.mark.parametrize("target", READING)
def test_a_path_that_is_read_is_never_another_routes(guarded, target):
    assert ask(guarded, "GET", target)[0] == 401
    assert ask(guarded, "GET", target, token=REVIEWER)[0] == READING[target]


@pytest.mark.parametrize("target", POSTING, ids=lambda target: target.replace("b" * 254, "b254"))
def test_a_path_that_is_posted_to_is_never_another_routes(guarded, target):
    assert ask(guarded, "POST", target, body=b"{}")[0] == 401
    assert ask(guarded, "POST", target, body=b"{}", token=REVIEWER)[0] == POSTING[target]


@pytest.mark.parametrize("target, status", [("/livez", 200), ("/id/prod/readyz", 200), ("/version?pretty", 200),
                                            ("/livez?/../metrics", 200), ("http://elsewhere.test/livez", 200)])
def test_health_and_version_need_nobody_and_are_nothing_else(guarded, target, status):
    assert ask(guarded, "GET", target)[0] == status
    assert b"mintmark_" not in ask(guarded, "GET", target, token=REVIEWER)[2]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "get"])
def test_a_stranger_learns_nothing_by_methods(guarded, method):
    answers = set()
    with Client(guarded, admin=True) as client:
        for target in ("/metrics", MINT, REVIEW, "/nothing"):
            status, headers, body = client.send(raw(method, target)).response(head_only=method == "HEAD")
            headers.pop("date")
            answers.add((status, json.dumps(headers), body))
    assert {status for status, *_ in answers} == {401}
    assert len(answers) == 1, "every path and what is not there look alike"


@pytest.mark.parametrize("field", LENT, ids=lambda field: field.split(":")[0])
def test_nobody_is_somebody_by_another_field(guarded, field):
    assert ask(guarded, "GET", "/metrics", field)[0] == 401
    assert ask(guarded, "GET", "/metrics", field, token=REVIEWER)[0] == 403


def test_who_somebody_is_ends_with_the_request(guarded):
    """Requests of several callers on one connection, as a proxy may send them."""
    with Client(guarded, admin=True) as client:
        client.send(raw("GET", "/metrics", token=harness.ADMIN_TOKEN) + raw("GET", "/metrics") +
                    raw("GET", "/metrics", token=REVIEWER) +
                    raw("GET", "/metrics", token=harness.ADMIN_TOKEN[:-1] + "x") +
                    raw("GET", "/metrics", token=harness.ADMIN_TOKEN))
        assert [client.response()[0] for _ in range(5)] == [200, 401, 403, 401, 200]


@pytest.mark.parametrize("credentials", [
    ["Authorization: Bearer " + harness.ADMIN_TOKEN] * 2,
    ["Authorization: Bearer " + harness.ADMIN_TOKEN, "Authorization: Bearer x"],
    ["Authorization: Basic " + harness.ADMIN_TOKEN],
    ["Authorization: " + harness.ADMIN_TOKEN],
    ["Authorization: Bearer " + harness.ADMIN_TOKEN + ", Bearer x"],
    ["Authorization: Bearer"],
    ["Authorization:"],
], ids=["twice", "two", "Basic", "no scheme", "list", "no token", "empty"])
def test_credentials_that_can_be_read_in_two_ways_are_nobodys(guarded, credentials):
    status, headers, body = ask(guarded, "GET", "/metrics", *credentials)
    assert status == 401
    assert headers["www-authenticate"] == 'Bearer realm="mintmark"'
    assert json.loads(body)["message"] == "Unauthorized"


def test_a_strangers_body_is_not_waited_for(guarded):
    """Expect: 100-continue is answered at once, by what would be the answer with a body."""
    with Client(guarded, admin=True) as client:
        client.send(raw("POST", MINT, "Expect: 100-continue", "Content-Length: 60000"))
        assert client.response()[0] == 401
        assert client.is_closed()
    with Client(guarded, admin=True) as client:
        client.send(raw("POST", MINT, "Expect: 100-continue", "Content-Length: 60000", token=REVIEWER))
        assert client.response()[0] == 403
    with Client(guarded, admin=True) as client:
        client.send(raw("POST", MINT, "Expect: 100-continue", "Content-Length: 2", token=harness.ADMIN_TOKEN))
        assert client.response()[0] == 100
        assert client.send(b"{}").response()[0] == 201


def test_the_public_listener_has_nothing_of_it(guarded):
    for target in (MINT, REVIEW, "/metrics", "/version", "/dev/clock"):
        with Client(guarded) as client:
            assert client.send(raw("POST", target, token=harness.ADMIN_TOKEN, body=b"{}")).response()[0] == 404
