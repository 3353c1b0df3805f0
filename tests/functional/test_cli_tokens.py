# SPDX-License-Identifier: Apache-2.0
"""mintmark token create, verify, inspect: every flag, where the answer stands, and why a token is not valid."""
import base64
import datetime
import json
import os
import pty
import re
import subprocess

import pytest

import harness


@pytest.fixture(scope="module")
def issuer(mintmark, tmp_path_factory):
    """An issuer that nobody serves, with a lifetime and audiences of its own; the tests leave it as it is."""
    return harness.Issuer(mintmark, tmp_path_factory.mktemp("tokens"),
                          config={"tokens": {"audiences": ["one", "two"], "default_ttl": "2h", "max_ttl": "3h"}})


@pytest.fixture(scope="module")
def jwks(issuer):
    path = issuer.folder / "jwks.json"
    path.write_text(issuer.run("jwks").stdout)
    return path


def part(token, index):
    text = token.split(".")[index]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def claims_of(token):
    return part(token, 1)


# ---- create ----------------------------------------------------------------------------------------------------------
def test_the_token_alone_is_on_standard_output(issuer):
    result = issuer.run("token", "create", "web")
    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+\n", result.stdout)
    assert result.stderr == ""


def test_defaults_are_those_of_the_configuration(issuer):
    claims = claims_of(issuer.token("web"))
    assert claims["iss"] == issuer.url
    assert claims["sub"] == "system:serviceaccount:default:web"
    assert claims["aud"] == ["one", "two"]
    assert claims["exp"] - claims["iat"] == 7200


def test_every_flag_arrives_in_the_claims(issuer):
    token = issuer.token("web", "-n", "prod", "--audience", "a", "--audience=b", "--duration=90s", "--uid", "u-1",
                         "--bound-object-kind", "Pod", "--bound-object-name", "web-0", "--bound-object-uid", "p-1",
                         "--claim", 'team="a"', "--claim", 'level={"n":[1,true,null]}')
    claims = claims_of(token)
    assert claims["aud"] == ["a", "b"]
    assert claims["exp"] - claims["iat"] == 90
    assert claims["sub"] == "system:serviceaccount:prod:web"
    assert claims["kubernetes.io"] == {"namespace": "prod", "pod": {"name": "web-0", "uid": "p-1"},
                                       "serviceaccount": {"name": "web", "uid": "u-1"}}
    assert (claims["team"], claims["level"]) == ("a", {"n": [1, True, None]})


def test_the_uid_of_an_account_is_the_declared_one(mintmark, tmp_path):
    issuer = harness.Issuer(mintmark, tmp_path, config={"service_accounts": [
        {"namespace": "ci", "name": "builder", "uid": "declared-uid"}, {"namespace": "ci", "name": "other"}]})
    uids = [claims_of(issuer.token(account, "-n", "ci", *more))["kubernetes.io"]["serviceaccount"]["uid"]
            for account, more in (("builder", []), ("builder", ["--uid", "mine"]), ("other", []), ("unknown", []))]

    assert uids[:2] == ["declared-uid", "mine"]
    assert all(re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f-]{21}", uid) for uid in uids[2:])


@pytest.mark.parametrize("kind", ["Node", "Secret"])
def test_other_objects_can_be_bound_to(issuer, kind):
    claims = claims_of(issuer.token("web", f"--bound-object-kind={kind}", "--bound-object-name=x"))
    assert claims["kubernetes.io"][kind.lower()] == {"name": "x"}


def test_a_subject_of_ones_own(issuer):
    with_account = claims_of(issuer.token("web", "--subject", "me"))
    assert with_account["sub"] == "me" and "kubernetes.io" in with_account
    alone = claims_of(issuer.run("token", "create", "--subject", "me").stdout.strip())
    assert alone["sub"] == "me" and "kubernetes.io" not in alone


def test_json_says_what_the_token_says(issuer):
    answer = json.loads(issuer.run("token", "create", "web", "-o", "json").stdout)
    claims, header = claims_of(answer["token"]), part(answer["token"], 0)
    expires = datetime.datetime.fromtimestamp(claims["exp"], datetime.timezone.utc)
    assert answer["expirationTimestamp"] == expires.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert {key: answer[key] for key in ("issuer", "subject", "audiences", "jti", "kid", "algorithm")} == {
        "issuer": claims["iss"], "subject": claims["sub"], "audiences": claims["aud"], "jti": claims["jti"],
        "kid": header["kid"], "algorithm": header["alg"]}


def test_the_key_is_chosen_by_algorithm(issuer):
    assert part(issuer.token("web", "--algorithm", "ES256"), 0)["alg"] == "ES256"
    result = issuer.run("token", "create", "web", "--algorithm", "EdDSA", status=1)
    assert result.stderr == "mintmark: token create: no active key for EdDSA to sign with; possible: ES256\n"


@pytest.mark.parametrize("arguments, status, line", [
    ([], 2, "token create: SERVICEACCOUNT is missing, and so is --subject"),
    (["web", "--bound-object-kind", "Pod"], 2, "token create: --bound-object-kind needs --bound-object-name"),
    (["web", "--bound-object-name", "x"], 2, "token create: --bound-object-name needs --bound-object-kind"),
    (["web", "--bound-object-uid", "x"], 2, "token create: --bound-object-uid needs --bound-object-kind"),
    (["web", "--claim", "team"], 2, 'token create: --claim: found "team"; accepted: NAME=JSON'),
    (["web", "--claim", "=1"], 2, 'token create: --claim: found "=1"; accepted: NAME=JSON'),
    (["web", "--claim", "team=a"], 2, "token create: --claim: the value of team is not JSON"),
    (["web", "--claim", 'team=1,"iss":2'], 2, "token create: --claim: the value of team is not JSON"),
    (["web", "--claim", "team=1}"], 2, "token create: --claim: the value of team is not JSON"),
    (["web", "--claim", "a=1", "--claim", "a=2"], 2, "token create: --claim: a is given twice"),
    (["web", "--claim", 'iss="x"'], 1, "iss"),
    (["web", "--duration", "4h"], 1, "token create: a lifetime of 4h; possible: 1s to 3h (tokens.max_ttl)"),
    (["--subject", "me", "--uid", "x"], 2, "token create: --uid needs SERVICEACCOUNT"),
    (["--subject", "me", "-n", "default"], 2, "token create: --namespace needs SERVICEACCOUNT"),
    (["web", "--subject", "system:serviceaccount:kube-system:root"], 1,
     'the subject "system:serviceaccount:kube-system:root" is not that of the service account, '
     '"system:serviceaccount:default:web"'),
    (["--subject", "system:serviceaccount:default:web"], 1, "is a service account's: name that account"),
    (["Web"], 1, "Web"),
    (["web", "-n", "not.a.label"], 1, "not.a.label"),
])
def test_what_cannot_be_minted_is_refused(issuer, arguments, status, line):
    result = issuer.run("token", "create", *arguments, status=status)
    assert result.stdout == ""
    assert result.stderr.startswith("mintmark: ") and line in result.stderr.splitlines()[0]


# ---- verify ----------------------------------------------------------------------------------------------------------
def test_a_valid_token_is_one_line_on_standard_output(issuer):
    result = issuer.run("token", "verify", issuer.token("web"))
    assert result.stdout.startswith("valid: system:serviceaccount:default:web for one and two, from " + issuer.url)
    assert result.stdout.count("\n") == 1 and result.stderr == ""


@pytest.mark.parametrize("arguments", [["-"], []])
def test_the_token_comes_from_standard_input(issuer, arguments):
    for end in ("", "\n", "\r\n"):
        assert issuer.run("token", "verify", *arguments, stdin=issuer.token("web") + end).stdout.startswith("valid: ")
    result = issuer.run("token", "verify", *arguments, stdin=issuer.token("web") + "\n\n", status=1)
    assert "token: " in result.stderr


def test_a_terminal_is_not_waited_for(issuer):
    child, terminal = pty.openpty()
    result = subprocess.run([issuer.mintmark.path, "token", "inspect"], stdin=terminal, capture_output=True, text=True,
                            timeout=20 * harness.PATIENCE, check=False)
    os.close(child)
    os.close(terminal)
    assert result.returncode == 2
    assert result.stderr.startswith("mintmark: token inspect: the token is missing\nhint: ")


def test_a_jwks_file_is_enough(issuer, mintmark, jwks, tmp_path):
    token = issuer.token("web")
    assert mintmark("token", "verify", token, "--jwks", jwks, cwd=tmp_path).stdout.startswith("valid: ")
    assert mintmark("token", "verify", token, "--jwks", "-", stdin=jwks.read_text()).stdout.startswith("valid: ")
    assert mintmark("token", "verify", token, "--jwks", jwks, "--issuer", issuer.url).stdout.startswith("valid: ")
    result = mintmark("token", "verify", token, "--jwks", jwks, "--issuer", "https://h.example", status=1)
    assert result.stderr == f'mintmark: token: iss is "{issuer.url}", not "https://h.example"\n'


def test_a_served_issuer_is_discovered(served, mintmark):
    assert mintmark("token", "verify", served.token(), "--issuer", served.url).stdout.startswith("valid: ")
    result = mintmark("token", "verify", served.token(), "--issuer", served.url + "/other", status=1)
    assert served.url + "/other" in result.stderr


def test_a_private_authority_is_named(make_issuer, mintmark, ca):
    with make_issuer(ca=ca, path="/id/prod") as issuer:
        verify = ["token", "verify", issuer.token(), "--issuer", issuer.url]
        assert mintmark(*verify, "--cacert", ca.certificate).stdout.startswith("valid: ")
        assert "certificate" in mintmark(*verify, status=1).stderr


def test_audiences_are_alternatives(issuer):
    token = issuer.token("web", "--audience", "a", "--audience", "b")
    issuer.run("token", "verify", token, "--audience", "x", "--audience", "b")
    result = issuer.run("token", "verify", token, "--audience", "x", status=1)
    assert result.stderr == 'mintmark: token: aud is ["a","b"], where "x" belongs\n'
    assert result.stdout == ""


def test_another_time_can_be_asked_about(issuer):
    token = issuer.token("web", "--duration", "1h")
    issued = claims_of(token)["iat"]
    for at in (issued, issued + 3600, issued + 3659):
        issuer.run("token", "verify", token, "--at", at)
    for at in (issued - 61, issued + 3661):
        assert "now is" in issuer.run("token", "verify", token, "--at", at, status=1).stderr
    text = datetime.datetime.fromtimestamp(issued + 7200, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert f"now is {text}" in issuer.run("token", "verify", token, "--at", text, status=1).stderr


def test_verifying_in_json(issuer):
    token = issuer.token("web")
    answer = json.loads(issuer.run("token", "verify", token, "-o", "json").stdout)
    assert answer["valid"] is True
    assert (answer["header"], answer["claims"]) == (part(token, 0), claims_of(token))
    assert (answer["kid"], answer["algorithm"]) == (part(token, 0)["kid"], "ES256")
    result = issuer.run("token", "verify", token, "--audience", "x", "-o", "json", status=1)
    answer = json.loads(result.stdout)
    assert answer == {"valid": False, "error": "verify", "reason": 'token: aud is ["one","two"], where "x" belongs'}
    assert result.stderr == f"mintmark: {answer['reason']}\n"


def test_a_signature_alone_over_any_payload(issuer, mintmark, jwks):
    token = issuer.token("web")
    result = mintmark("token", "verify", "--jws", token, "--jwks", jwks)
    assert result.stdout.startswith("valid: signature over ") and part(token, 0)["kid"] in result.stdout
    answer = json.loads(mintmark("token", "verify", "--jws", token, "--jwks", jwks, "-o", "json").stdout)
    assert answer["valid"] is True and "claims" not in answer
    head, payload, signature = token.split(".")
    forged = f"{head}.{payload}.{signature[:-4]}AAAA"
    assert "mintmark: token: " in mintmark("token", "verify", "--jws", forged, "--jwks", jwks, status=1).stderr


@pytest.mark.parametrize("arguments, why", [
    (["-", "--jwks", "-"], "token and --jwks cannot both be standard input"),
    (["--jwks", "-"], "token and --jwks cannot both be standard input"),
    (["t", "--cacert", "f"], "--cacert needs --issuer"),
    (["t", "--jwks", "f", "--issuer", "https://h.example", "--cacert", "f"], "--cacert needs --issuer, and no --jwks"),
    (["t", "--jws", "--jwks", "f", "--audience", "a"], "--jws checks no claims"),
    (["t", "--jws", "--jwks", "f", "--at", "1"], "--jws checks no claims"),
    (["t", "--jws", "--jwks", "f", "--issuer", "https://h.example"], "--jws checks no claims"),
])
def test_flags_that_would_mean_nothing_are_refused(mintmark, arguments, why):
    result = mintmark("token", "verify", *arguments, status=2)
    assert result.stderr.startswith(f"mintmark: token verify: {why}")


def test_keys_that_cannot_be_had_are_told(mintmark, tmp_path):
    (tmp_path / "bad.json").write_text("{")
    assert "none.json" in mintmark("token", "verify", "a.b.c", "--jwks", tmp_path / "none.json", status=1).stderr
    assert "bad.json" in mintmark("token", "verify", "a.b.c", "--jwks", tmp_path / "bad.json", status=1).stderr
    assert "http://h.example" in mintmark("token", "verify", "a.b.c", "--issuer", "http://h.example", status=1).stderr


# ---- inspect ---------------------------------------------------------------------------------------------------------
def test_inspect_shows_and_says_that_it_verified_nothing(issuer, mintmark):
    token = issuer.token("web")
    result = mintmark("token", "inspect", token)
    assert result.stderr == "mintmark: nothing was verified: anybody can have written this\n"
    assert '"sub": "system:serviceaccount:default:web"' in result.stdout
    assert re.search(r"^expires +\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ \(in [12]h", result.stdout, re.M)
    answer = json.loads(mintmark("token", "inspect", "-", "-o", "json", stdin=token + "\n").stdout)
    assert answer == {"verified": False, "header": part(token, 0), "claims": claims_of(token)}


def test_inspect_shows_a_forged_token_too(issuer, mintmark):
    head, payload, _ = issuer.token("web").split(".")
    assert '"kubernetes.io"' in mintmark("token", "inspect", f"{head}.{payload}.AAAA").stdout


@pytest.mark.parametrize("token", ["x", "a.b", "a.b.c.d", "!.e30.AA", "W10.e30.AA"])
def test_inspect_refuses_what_is_no_token(mintmark, token):
    result = mintmark("token", "inspect", token, status=1)
    assert result.stdout == "" and result.stderr.startswith("mintmark: token: ")


def test_text_in_a_token_cannot_write_to_the_terminal(mintmark):
    claims = {"sub": "\x1b[2J\n\x7f\x9b2J\u00e9", "exp": 1}
    evil = base64.urlsafe_b64encode(json.dumps(claims, ensure_ascii=False).encode()).rstrip(b"=").decode()
    for arguments in ([], ["-o", "json"]):
        said = mintmark("token", "inspect", f"eyJhbGciOiJSUzI1NiJ9.{evil}.AA", *arguments).stdout
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", said)
        assert "\\u001B[2J\\n\\u007f\\u009b2J\u00e9" in said
    assert json.loads(said)["claims"] == claims
