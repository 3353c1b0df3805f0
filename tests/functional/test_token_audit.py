# SPDX-License-Identifier: Apache-2.0
"""What is told of tokens: a line for each that was minted or refused, whatever the level of the log, the access log,
and the metrics; and never a token.
"""
import json
import re

import jwt
import pytest

import harness
from test_http_server import metric

TOKEN = "/api/v1/namespaces/ci/serviceaccounts/builder/token"
REVIEW = "/apis/authentication.k8s.io/v1/tokenreviews"
NARROW = "narrow-secret-0123456789"


@pytest.fixture
def quiet(make_issuer):
    """An issuer whose log says as little as it can."""
    issuer = make_issuer(config={"log": {"level": "error", "format": "json", "access": "off"}})
    issuer.write_tokens(f"{harness.ADMIN_TOKEN},admin,1", f"{NARROW},narrow,2")
    return issuer.start()


def post(issuer, path, members, token=harness.ADMIN_TOKEN):
    return issuer.get(path, "POST", {"Content-Type": "application/json"}, admin=True, body=json.dumps(members).encode(),
                      token=token)


def audit(issuer):
    return [line for line in map(json.loads, issuer.log().splitlines()) if line["level"] == "audit"]


def test_a_minted_token_is_in_the_log_before_its_answer_is_there(quiet):
    token = post(quiet, TOKEN, {"spec": {"audiences": ["a", "b"]}}).json()["status"]["token"]
    (line,) = audit(quiet)
    claims, header = jwt.decode(token, options={"verify_signature": False}), jwt.get_unverified_header(token)
    assert re.fullmatch(r"127\.0\.0\.1:\d+", line.pop("peer"))
    line.pop("time"), line.pop("exp")
    assert line == {"level": "audit", "msg": "token minted", "caller": "admin", "via": "token",
                    "sub": "system:serviceaccount:ci:builder", "jti": claims["jti"], "kid": header["kid"], "aud": "a,b"}


def test_a_refused_token_is_in_the_log_with_who_asked_and_why(quiet):
    assert post(quiet, TOKEN, {}, NARROW).status == 403
    assert post(quiet, TOKEN, {"spec": {"expirationSeconds": 1}}).status == 422
    assert post(quiet, TOKEN, {}, "nobody-knows-this-one-0123").status == 401
    forbidden, invalid = audit(quiet)
    assert (forbidden["msg"], forbidden["caller"], forbidden["account"]) == ("token refused", "narrow", "ci/builder")
    assert (forbidden["code"], forbidden["reason"]) == (403, "Forbidden")
    assert (invalid["caller"], invalid["code"], invalid["reason"]) == ("admin", 422, "Invalid")
    assert "10 minutes" in invalid["message"]


def test_no_line_holds_a_token(make_issuer):
    """Neither those that were minted or reviewed, nor those by which callers say who they are."""
    issuer = make_issuer(config={"log": {"level": "debug", "access": "text"}}).start()
    wrong = "wrong-secret-0123456789abc"
    token = post(issuer, TOKEN, {}).json()["status"]["token"]
    assert post(issuer, REVIEW, {"spec": {"token": token}}).json()["status"]["authenticated"]
    assert post(issuer, REVIEW, {"spec": {"token": token + "x"}}).status == 201
    assert issuer.get("/version", admin=True, token=token).status == 200
    assert issuer.get("/metrics", admin=True, token=wrong).status == 401
    assert issuer.get(f"/metrics?token={wrong}", admin=True).status == 200
    issuer.stop()
    log = issuer.log()
    assert "msg=\"token minted\"" in log and "not recognized" in log and "msg=access" in log
    for secret in (harness.ADMIN_TOKEN, wrong, *token.split(".")[1:]):
        assert secret not in log


def test_the_access_log_says_who_it_was(make_issuer):
    issuer = make_issuer(config={"log": {"access": "json"}, "http": {"workers": 1}}).start()
    post(issuer, TOKEN, {})
    issuer.get("/metrics", admin=True, token=None)
    issuer.get("/openid/v1/jwks")
    issuer.stop()
    lines = [json.loads(line) for line in issuer.log().splitlines() if line.startswith("{")]
    assert [(line["route"], line["status"], line["user"]) for line in lines if line["route"] != "readyz"] == [
        ("token", 201, "admin"), ("metrics", 401, "-"), ("jwks", 200, "-")]


def test_a_flood_of_wrong_tokens_is_few_lines(make_issuer):
    with make_issuer(config={"http": {"workers": 1}}) as issuer:
        for _ in range(50):
            assert issuer.get("/metrics", admin=True, token="wrong-secret-0123456789abc").status == 401
        lines = [line for line in issuer.log().splitlines() if "not recognized" in line]
        assert 1 <= len(lines) < 50, "at most one a second"
        assert all(" by=token peer=127.0.0.1:" in line for line in lines)


def test_what_was_done_is_counted(make_issuer):
    with make_issuer() as issuer:
        token = post(issuer, TOKEN, {}).json()["status"]["token"]
        post(issuer, TOKEN, {"spec": {"expirationSeconds": 1}})
        post(issuer, REVIEW, {"spec": {"token": token}})
        post(issuer, REVIEW, {"spec": {"token": "x"}})
        issuer.get("/metrics", admin=True, token="wrong-secret-0123456789abc")
        issuer.get("/metrics", admin=True, token=None)
        assert metric(issuer, 'mintmark_tokens_minted_total{alg="ES256"}') == 1
        assert metric(issuer, 'mintmark_tokens_minted_total{alg="RS256"}') == 0
        assert metric(issuer, 'mintmark_tokens_refused_total{reason="Invalid"}') == 1
        assert metric(issuer, 'mintmark_token_reviews_total{result="authenticated"}') == 1
        assert metric(issuer, 'mintmark_token_reviews_total{result="rejected"}') == 1
        assert metric(issuer, 'mintmark_authentications_total{kind="token",result="accepted"}') >= 4
        assert metric(issuer, 'mintmark_authentications_total{kind="token",result="refused"}') == 1
        assert metric(issuer, 'mintmark_authentications_total{kind="nobody",result="refused"}') == 1
        assert metric(issuer, 'mintmark_http_requests_total{route="token",code="201"}') == 1
