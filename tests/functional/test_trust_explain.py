# SPDX-License-Identifier: Apache-2.0
"""mintmark trust explain: tokens that mintmark made, from files, standard input and a live issuer; hostile input."""
import base64
import json
import re

import pytest

import harness
from devissuer import Dev

ISSUER = "https://oidc.example.com/id/prod"
NAME = ISSUER.removeprefix("https://")
ROLE = "arn:aws:iam::123456789012:role/web"
PROVIDER = f"arn:aws:iam::123456789012:oidc-provider/{NAME}"
AUDIENCE = "sts.amazonaws.com"


def policy(subject="system:serviceaccount:prod:web", name=NAME, operator="StringEquals", **members):
    """A trust policy as IAM has it, for one subject."""
    statement = {"Effect": "Allow", "Principal": {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{name}"},
                 "Action": "sts:AssumeRoleWithWebIdentity",
                 "Condition": {operator: {f"{name}:aud": AUDIENCE, f"{name}:sub": subject}}, **members}
    return {"Version": "2012-10-17", "Statement": [statement]}


class World:
    """An issuer that nobody serves, a token of it, and a folder for what else is asked with."""

    def __init__(self, mintmark, folder):
        self.mintmark, self.folder = mintmark, folder
        mintmark("init", "--issuer", ISSUER, "--dir", folder, "--algorithm", "ES256")
        self.config = folder / "mintmark.yaml"
        self.token = self.make_token()

    def make_token(self, name="web", *flags):
        return self.mintmark("token", "create", name, "-n", "prod", "--audience", AUDIENCE, *flags, "-c",
                             self.config).stdout.strip()

    def write(self, name, content):
        path = self.folder / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    def explain(self, *flags, document=None, status=0, token=None, text=False):
        """What is explained, as JSON unless `text`; the token goes over standard input."""
        path = self.write("policy.json", document or policy())
        form = [] if text else ["-o", "json"]
        result = self.mintmark("trust", "explain", "--policy", path, "--token", "-", *form, *flags, status=status,
                               stdin=token or self.token, cwd=self.folder)
        return result if text else json.loads(result.stdout)


@pytest.fixture(scope="module")
def world(mintmark, tmp_path_factory):
    return World(mintmark, tmp_path_factory.mktemp("explain"))


def names(findings):
    return [finding["check"] for finding in findings]


# ---- the answer ------------------------------------------------------------------------------------------------------
def test_what_is_allowed_has_status_0_and_no_hints(world):
    answer = world.explain("--role-arn", ROLE)
    assert (answer["allowed"], answer["verdict"], answer["error"], answer["decided"]) == (True, "allowed", None, True)
    assert answer["principal"] == PROVIDER
    assert answer["hints"] == []
    assert {finding["level"] for finding in answer["token"]} == {"pass"}
    statement = answer["statements"][0]
    assert statement["principal"] == {"matches": True, "wanted": [f"Federated:{PROVIDER}"]}
    assert [(row["key"], row["outcome"], row["wanted"], row["got"]) for row in statement["conditions"]] == [
        (f"{NAME}:aud", "match", [AUDIENCE], [AUDIENCE]),
        (f"{NAME}:sub", "match", ["system:serviceaccount:prod:web"], ["system:serviceaccount:prod:web"])]


def test_what_is_denied_has_status_1_the_words_of_aws_and_a_hint(world):
    result = world.explain(document=policy("system:serviceaccount:production:web"), status=1, text=True)
    lines = result.stdout.splitlines()
    assert lines[0] == "denied: AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity"
    assert lines[1] == 'probably: Statement[0]: the namespace is "prod", the policy says "production"'
    assert '    wanted  "system:serviceaccount:production:web"' in lines
    assert '    got     "system:serviceaccount:prod:web"' in lines
    assert result.stderr == ("mintmark: STS would answer: AccessDenied: Not authorized to perform "
                             "sts:AssumeRoleWithWebIdentity\n")


def test_a_warning_stands_beside_what_is_allowed(world):
    document = policy()
    del document["Statement"][0]["Condition"]["StringEquals"][f"{NAME}:sub"]
    answer = world.explain(document=document)
    assert answer["allowed"] and names(answer["hints"]) == ["hint.sub-unconstrained"]
    assert answer["hints"][0]["level"] == "warn"


def test_what_is_not_known_is_undecided_until_it_is_said(world):
    document = policy()
    document["Statement"][0]["Condition"]["IpAddress"] = {"aws:SourceIp": "203.0.113.0/24"}
    answer = world.explain(document=document, status=1)
    assert (answer["verdict"], names(answer["hints"])) == ("undecided", ["hint.undecided"])
    assert world.explain("--context", "aws:SourceIp=203.0.113.7", document=document)["allowed"]
    answer = world.explain("--context", "aws:SourceIp=198.51.100.1", document=document, status=1)
    assert answer["verdict"] == "denied"


def test_another_time_may_be_asked_about(world):
    answer = world.explain("--at", "2099-01-01T00:00:00Z", status=1)
    assert answer["error"].startswith("ExpiredTokenException: Token expired: current date/time 4070908800 must be ")
    assert (answer["decided"], names(answer["hints"])) == (False, ["hint.expired"])
    assert answer["statements"][0]["outcome"] == "match", "the policy is told of nevertheless"


# ---- what is given ---------------------------------------------------------------------------------------------------
def test_a_policy_may_be_the_answer_of_get_role(world):
    assert world.explain(document={"Role": {"RoleName": "web", "AssumeRolePolicyDocument": policy()}})["allowed"]


def test_the_token_may_be_an_argument_or_a_file(world, mintmark):
    path, token = world.write("policy.json", policy()), world.write("token", f"{world.token}\n")
    for arguments in (["--token", world.token], ["--token-file", token]):
        assert mintmark("trust", "explain", "--policy", path, *arguments, cwd=world.folder).stdout.startswith("allowed\n")


def test_provider_and_service_account_are_as_aws_and_kubectl_print_them(world):
    provider = world.write("provider.json", {"Url": NAME, "ClientIDList": ["openshift"], "ThumbprintList": [],
                                             "CreateDate": "2026-01-01T00:00:00Z", "Tags": []})
    account = world.write("account.json", {
        "apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": [
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {
                "name": "web", "namespace": "prod", "uid": "u", "annotations": {"eks.amazonaws.com/rolearn": ROLE}}}]})
    answer = world.explain("--provider", provider, "--service-account", account, status=1)
    assert answer["error"] == "InvalidIdentityToken: Incorrect token audience"
    assert names(answer["hints"]) == ["hint.client-id", "hint.annotation-misspelt"]
    assert ["fail"] == [row["level"] for row in answer["account"] if row["check"] == "account.role-arn"]


def test_the_signature_is_verified_by_a_key_set(world):
    jwks = world.write("jwks.json", world.mintmark("jwks", "-c", world.config).stdout)
    answer = world.explain("--jwks", jwks)
    assert answer["token"][-1]["check"] == "token.signature" and answer["token"][-1]["level"] == "pass"
    head, payload, signature = world.token.split(".")
    changed = base64.urlsafe_b64decode(payload + "==").replace(b":prod:web", b":prod:root")
    forged = f"{head}.{base64.urlsafe_b64encode(changed).decode().rstrip('=')}.{signature}"
    answer = world.explain("--jwks", jwks, document=policy("system:serviceaccount:prod:root"), token=forged, status=1)
    assert names(answer["hints"]) == ["hint.signature"]
    assert answer["statements"][0]["outcome"] == "match"


def test_a_token_of_another_issuer_is_not_verified_by_ones_own_keys_unless_they_are_named(world, mintmark):
    with Dev(mintmark, "--issuer", "https://oidc.example.com/id/dev") as dev:
        token = dev.token(AUDIENCE)
    document = policy("system:serviceaccount:ci:builder", name="oidc.example.com/id/dev")
    answer = world.explain(document=document, token=token)
    assert answer["token"][-1]["level"] == "skip"
    answer = world.explain("-c", world.config, document=document, token=token, status=1)
    assert names(answer["hints"]) == ["hint.key"]


def test_keys_are_fetched_from_a_live_issuer(mintmark, world):
    with Dev(mintmark) as dev:
        url, token = dev.about["issuer"], dev.token(AUDIENCE)
        document = policy("system:serviceaccount:ci:builder", name=url)
        answer = world.explain("--issuer", url, document=document, token=token, status=1)
    assert [row["level"] for row in answer["token"] if row["check"] == "token.signature"] == ["pass"]
    assert answer["error"] == f"InvalidIdentityToken: No OpenIDConnect provider found in your account for {url}"
    assert names(answer["hints"]) == ["hint.http"], "AWS takes https alone, and everything else is right"
    result = world.explain("--issuer", url, document=document, token=token, status=1, text=True)
    assert result.stdout == "" and "--jwks FILE" in result.stderr, "it is gone, and so would STS find it"


def test_what_trust_create_writes_is_allowed(world):
    made = world.mintmark("trust", "create", "prod/web", "prod/api-*", "--allow-wildcards", "--role-arn", ROLE, "-c",
                          world.config)
    document = json.loads(made.stdout)
    assert world.explain("--role-arn", ROLE, document=document)["hints"] == []
    assert world.explain(document=document, token=world.make_token("api-1"))["allowed"]
    answer = world.explain(document=document, token=world.make_token("wbe"), status=1)
    assert "hint.name" in names(answer["hints"])


def test_a_manifest_in_yaml_is_not_read_and_what_to_do_is_said(world):
    path = world.write("account.yaml", "kind: ServiceAccount\n")
    result = world.explain("--service-account", path, status=1, text=True)
    assert "account.yaml: " in result.stderr and "hint: 'kubectl create --dry-run=client -o json" in result.stderr


# ---- what is wrong on the command line -------------------------------------------------------------------------------
@pytest.mark.parametrize("arguments, status, line", [
    ([], 2, "--policy FILE is missing"),
    (["--policy", "policy.json"], 2, "one of --token - and --token-file FILE must be there"),
    (["--policy", "policy.json", "--token", "a", "--token-file", "b"], 2, "one of --token - and --token-file FILE"),
    (["--policy", "-", "--token", "-"], 2, "only one input can be standard input"),
    (["--policy", "policy.json", "--token", "a", "--jwks", "j", "--issuer", ISSUER], 2, "--jwks and --issuer"),
    (["--policy", "policy.json", "--token", "a", "--cacert", "c"], 2, "--cacert needs --issuer"),
    (["--policy", "policy.json", "--token", "a", "--context", "x"], 2, '--context: found "x"; accepted: KEY=VALUE'),
    (["--policy", "policy.json", "--token", "a", "--at", "noon"], 2, "noon"),
    (["--policy", "none.json", "--token", "a"], 1, "none.json"),
    (["--policy", "token", "--token", "a"], 1, "token: "),
], ids=str)
def test_a_wrong_command_line_has_one_clear_line(world, mintmark, arguments, status, line):
    world.write("policy.json", policy())
    world.write("token", "not JSON")
    result = mintmark("trust", "explain", *arguments, status=status, cwd=world.folder)
    assert result.stdout == ""
    assert result.stderr.startswith("mintmark: ") and line in result.stderr.splitlines()[0]


def test_an_arn_that_is_none_is_a_wrong_command_line(world):
    for flag, value in (("--role-arn", "web"), ("--provider-arn", "x"), ("--context", f"{NAME}:sub=x")):
        result = world.explain(flag, value, status=2, text=True)
        assert result.stdout == "" and result.stderr.startswith("mintmark: ")


# ---- hostile input ---------------------------------------------------------------------------------------------------
def test_what_is_too_large_or_too_deep_is_refused(world, mintmark):
    huge = world.write("huge.json", json.dumps(policy(["x" * 50] * 5000)))
    deep = world.write("deep.json", '{"a":' * 100000 + "1" + "}" * 100000)
    good = world.write("policy.json", policy())
    for flags in (["--policy", huge], ["--policy", deep], ["--policy", good, "--provider", deep],
                  ["--policy", good, "--service-account", deep]):
        result = mintmark("trust", "explain", "--token", "a.b.c", *flags, status=1, cwd=world.folder)
        assert result.stdout == "" and re.match("mintmark: [^\n]*(huge|deep).json: ", result.stderr)


def test_a_token_that_is_too_long_is_answered_as_sts_answers(world):
    answer = world.explain(token="a" * 20001, status=1)
    assert answer["error"].startswith("ValidationError: ") and answer["statements"] == []


def test_stars_do_not_cost_time(world):
    token = world.make_token("a" * 250)
    document = policy("*a" * 500 + "b", operator="StringLike")
    assert not world.explain(document=document, token=token, status=1)["allowed"]


def test_nothing_that_others_wrote_steers_the_terminal(world, mintmark):
    evil = "\x1b]0;owned\x07\x9b31m\u202e"
    token = world.mintmark("token", "create", "--subject", evil, "--audience", evil, "-c", world.config).stdout.strip()
    document = policy(evil + "x", Sid=evil, Action=[evil])
    document["Statement"][0]["Condition"]["StringEquals"][evil] = evil
    document["Statement"][0]["Condition"][evil] = {f"{NAME}:sub": evil}
    account = world.write("account.json", {"kind": "ServiceAccount", "metadata": {"name": evil, "namespace": evil}})
    for form in ("text", "json"):
        result = world.explain("--service-account", account, "-o", form, document=document, token=token, status=1,
                               text=True)
        assert "Statement[0]" in result.stdout or '"index": 0' in result.stdout
        shown = result.stdout + result.stderr
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", shown), form


# ---- the manual ------------------------------------------------------------------------------------------------------
def test_every_finding_is_in_the_manual():
    sources = (harness.SOURCE_DIR / "issuer/iam").glob("explain*.c")
    found = set(re.findall(r'"((?:token|provider|account|hint)\.[a-z-]+)"', "".join(map(lambda p: p.read_text(), sources))))
    manual = (harness.SOURCE_DIR / "docs/man/mintmark.1").read_text()
    assert len(found) > 60
    assert not [name for name in sorted(found) if not re.search(rf"\b{re.escape(name)}(?![\w-])", manual)]
