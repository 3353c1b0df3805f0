# SPDX-License-Identifier: Apache-2.0
"""Every fault, over the API of `mintmark dev` and on the command line, shown to verifiers that others wrote.

The table says what each of them makes of a token that our own verification judges in tests/unit/test_fault.c. Where a
library accepts a fault that it should refuse, that is what test authors want to know; docs/testing.md tells of it.
"""
import base64
import json

import pytest

from devissuer import Dev
from test_clients import Refused, node, pyjwt_verify  # pylint: disable=unused-import  # node is a fixture
import harness

AUDIENCE = "sts.example.com"

# With these a token is good; and what those libraries, as they were called, accept beside (some versions, at least).
GOOD = {"short-lived", "retired-key", "tainted-key", "no-typ"}
LENIENT = {
    "jose": {"no-subject", "issued-in-future", "wrong-typ"},
    "PyJWT": {"string-exp", "wrong-typ"},
}


@pytest.fixture(scope="module")
def dev(mintmark):
    """Rotated and tainted once, so that there is a key for every fault."""
    with Dev(mintmark) as running:
        running.ask("POST", "/dev/rotate")
        running.ask("POST", "/dev/taint")
        yield running


@pytest.fixture(scope="module")
def faults(commands):
    """The names of the table, from the program itself."""
    return next(flag["words"] for flag in commands["token create"]["flags"] if flag["name"] == "fault")


def accepted_by(verify, dev, faults):
    """Which of the faults a verifier accepts, after a good token, which it must."""
    def accepts(token):
        try:
            return verify(dev.about["issuer"], AUDIENCE, token)
        except Refused:
            return None

    assert accepts(dev.token(AUDIENCE))["aud"] == [AUDIENCE]
    return {fault for fault in faults if accepts(dev.token(AUDIENCE, fault=fault))}


def test_jose_refuses_each_fault_but_those_of_the_table(dev, faults, node):  # pylint: disable=redefined-outer-name
    accepted = accepted_by(lambda *what: node.verify("jose", *what), dev, faults)
    assert GOOD <= accepted <= GOOD | LENIENT["jose"]


def test_pyjwt_refuses_each_fault_but_those_of_the_table(dev, faults):
    accepted = accepted_by(pyjwt_verify, dev, faults)
    assert GOOD <= accepted <= GOOD | LENIENT["PyJWT"]


def test_our_own_review_refuses_each_fault_but_those_that_are_good(dev, faults):
    def review(token):
        return dev.ask("POST", "/apis/authentication.k8s.io/v1/tokenreviews",
                       {"spec": {"token": token, "audiences": [AUDIENCE]}}, status=201)["status"]

    accepted = {fault for fault in faults if review(dev.token(AUDIENCE, fault=fault)).get("authenticated")}
    assert accepted == GOOD | {"no-kid"}


# ---- on the command line ---------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def issuer(mintmark, tmp_path_factory):
    issuer = harness.Issuer(mintmark, tmp_path_factory.mktemp("faults"))
    issuer.run("key", "rotate")
    issuer.run("key", "taint", "active", "--allow-gap", "--yes")
    return issuer


def part(token, index):
    text = token.split(".")[index]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def test_each_fault_can_be_made_on_the_command_line_and_verify_says_what_is_wrong(issuer, faults):
    accepted = set()
    for fault in faults:
        token = issuer.token("builder", "--audience", AUDIENCE, "--fault", fault)
        result = issuer.run("token", "verify", token, "--audience", AUDIENCE, status=None)
        assert (result.returncode == 0) == (result.stderr == "") and result.returncode in (0, 1), fault
        if result.returncode == 0:
            accepted.add(fault)
    assert accepted == GOOD | {"no-kid", "no-subject"}


def test_the_answer_in_json_says_what_the_token_says(issuer):
    def answer(*flags):
        return json.loads(issuer.run("token", "create", "builder", "-o", "json", *flags).stdout)

    assert answer("--fault", "wrong-kid")["kid"] == "no-key-ever-had-this-kid"
    assert answer("--fault", "no-exp")["expirationTimestamp"] is None
    assert answer("--fault", "no-audience")["audiences"] is None
    assert answer("--fault", "alg-none")["algorithm"] == "none"
    assert answer("--issuer", "http://other")["issuer"] == "http://other"


def test_claims_replace_others_only_in_a_token_for_tests(issuer):
    refused = issuer.run("token", "create", "builder", "--claim", 'sub="me"', status=1)
    assert 'claim "sub" is set by mintmark itself' in refused.stderr
    token = issuer.token("builder", "--fault", "no-typ", "--claim", 'sub="me"', "--claim", "nbf=null")
    claims = part(token, 1)
    assert claims["sub"] == "me" and "nbf" not in claims and "typ" not in part(token, 0)


def test_a_fault_that_is_unknown_names_the_nearest(issuer):
    result = issuer.run("token", "create", "builder", "--fault", "expird", status=2)
    assert '--fault: found "expird"; did you mean expired?' in result.stderr


def test_help_lists_every_fault_with_what_is_wrong(mintmark, faults):
    listed = mintmark("token", "create", "--help").stdout.split("\nFaults:\n")[1]
    assert [line.split()[0] for line in listed.splitlines() if line[2] != " "] == faults


def test_serve_refuses_the_annotations_and_has_none_of_the_routes(served):
    """Whoever may mint there mints good tokens."""
    body = {"metadata": {"annotations": {"mintmark.dev/fault": "expired"}}, "spec": {}}
    answer = served.get("/api/v1/namespaces/ci/serviceaccounts/builder/token", "POST", admin=True,
                        headers={"Content-Type": "application/json"}, body=json.dumps(body).encode())
    assert answer.status == 403
    assert answer.json()["reason"] == "Forbidden"
    assert answer.json()["message"] == "annotations mintmark.dev/... are for 'mintmark dev' alone"
    for path in ("/dev/clock", "/dev/rotate", "/dev/taint", "/dev/revoke"):
        assert served.get(path, "POST", admin=True).status == 404
