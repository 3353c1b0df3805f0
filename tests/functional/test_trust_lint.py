# SPDX-License-Identifier: Apache-2.0
"""trust lint: the real program on the forms in which people have a trust policy, and on those that mintmark writes."""
import json
import urllib.parse

import pytest

NAME = "oidc.example.com/id/prod"
ROLE = "arn:aws:iam::123456789012:role/web"
SUBJECT = "system:serviceaccount:prod:web"


def policy(subject=SUBJECT, operator="StringEquals", **members):
    """A trust policy as IAM has it, for one subject."""
    conditions = {"StringEquals": {f"{NAME}:aud": "sts.amazonaws.com"}}
    conditions.setdefault(operator, {})[f"{NAME}:sub"] = subject
    return {"Version": "2012-10-17", "Statement": [{
        "Sid": "Web", "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{NAME}"},
        "Action": "sts:AssumeRoleWithWebIdentity", "Condition": conditions, **members}]}


@pytest.fixture
def lint(mintmark):
    """The answer in JSON, of a document that comes over standard input."""
    def call(document, status=0):
        text = document if isinstance(document, str) else json.dumps(document)
        result = mintmark("trust", "lint", "--policy", "-", "-o", "json", status=status, stdin=text)
        answer = json.loads(result.stdout)
        assert answer["ok"] == (status == 0)
        return {finding["check"]: finding for finding in answer["findings"]}

    return call


def test_every_form_of_a_policy_is_read(lint):
    text = json.dumps(policy())
    for document in (policy(), urllib.parse.quote(text), {"Role": {"AssumeRolePolicyDocument": policy()}},
                     {"RoleName": "web", "AssumeRolePolicyDocument": urllib.parse.quote(text)},
                     {"RoleName": "web", "AssumeRolePolicyDocument": text}):
        assert list(lint(document)) == ["policy.statement"]


def test_a_failure_is_an_answer_and_exit_status_1(mintmark, lint, tmp_path):
    found = lint(policy("system:serviceaccount:prod:*"), status=1)
    assert found["policy.wildcard"]["level"] == "fail"
    assert found["policy.wildcard"]["text"].startswith("Statement[0] (Web): StringEquals")
    assert "StringLike" in found["policy.wildcard"]["remedy"]
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(policy("system:serviceaccount:prod:*")))
    result = mintmark("trust", "lint", "--policy", path, status=1)
    assert result.stdout.startswith("fail  policy.wildcard  Statement[0] (Web): ")
    assert result.stderr == "mintmark: trust lint: 1 of 1 findings are failures\n"


def test_a_warning_is_left_to_the_reader(lint):
    assert lint(policy("system:serviceaccount:prod:*", "StringLike"))["policy.sub-wide"]["level"] == "warn"


@pytest.mark.parametrize("text, part", [
    ("", "nothing there"),
    ('{"Version":"2012-10-17"}', "no Statement"),
    (json.dumps(policy(Resource="*")), "Statement[0]: Resource: not allowed in a trust policy"),
    (json.dumps(policy(Effect="Allow!")), 'Statement[0]: Effect: "Allow!": expected "Allow" or "Deny"'),
    ('{"Statement":' * 40, "nested deeper"),
    ("%7B%2", "no two hex digits"),
    ('{"Statement":"\x1b[2J"}', "JSON"),
], ids=("empty", "no-statement", "resource", "effect", "deep", "percent", "control"))
def test_what_is_no_trust_policy_is_one_line_with_the_place(mintmark, text, part):
    result = mintmark("trust", "lint", "--policy", "-", status=1, stdin=text)
    assert result.stdout == ""
    assert result.stderr.startswith("mintmark: standard input: ") and part in result.stderr
    assert len(result.stderr.splitlines()) == 1 and "\x1b" not in result.stderr


def test_what_a_stranger_wrote_does_not_reach_the_terminal(mintmark):
    document = policy("system:serviceaccount:prod:\x1b[2J\u202e", Sid="\x1b[31m")
    result = mintmark("trust", "lint", "--policy", "-", status=1, stdin=json.dumps(document))
    assert "policy.sub " in result.stdout
    assert not {"\x1b", "\u202e"} & set(result.stdout + result.stderr)


def test_what_trust_create_writes_is_sound(mintmark, lint, tmp_path):
    issuer = ["--issuer", f"https://{NAME}"]
    for arguments in (["prod/web", *issuer], ["prod/web", "ci/runner", "--audience", "sts.amazonaws.com", *issuer],
                      ["prod/web", "prod/api-*", "--allow-wildcards", *issuer], ["prod/web", "--pod-identity"]):
        created = mintmark("trust", "create", *arguments, "--role-arn", ROLE, cwd=tmp_path)
        assert {finding["level"] for finding in lint(created.stdout).values()} <= {"pass", "warn"}


def test_the_policy_is_required(mintmark):
    assert "--policy" in mintmark("trust", "lint", status=2).stderr
