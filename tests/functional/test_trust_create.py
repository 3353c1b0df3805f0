# SPDX-License-Identifier: Apache-2.0
"""trust create: what it prints is read by those for whom it is meant, and says what the rules of AWS ask for."""
import json
import shutil
import subprocess

import botocore.session
import botocore.validate
import pytest
import yaml

import harness

NAME = "oidc.example.com/id/prod"
ROLE = "arn:aws:iam::123456789012:role/runner"
PROVIDER = f"arn:aws:iam::123456789012:oidc-provider/{NAME}"


@pytest.fixture(scope="module")
def issuer(mintmark, tmp_path_factory):
    """mintmark with the configuration of an issuer that AWS would register, and some declared accounts."""
    folder = tmp_path_factory.mktemp("trust")
    config = folder / "mintmark.yaml"
    mintmark("init", "--issuer", f"https://{NAME}", "--dir", folder, "--algorithm", "ES256")
    declared = [{"namespace": "build", "name": "runner", "annotations": {"eks.amazonaws.com/role-arn": ROLE}},
                {"namespace": "build", "name": "other", "audiences": ["vault"],
                 "annotations": {"eks.amazonaws.com/role-arn": ROLE + "2", "eks.amazonaws.com/audience": "vault"}},
                {"namespace": "ci", "name": "plain"}]
    config.write_text(yaml.safe_dump({**yaml.safe_load(config.read_text()), "service_accounts": declared}))

    def call(*arguments, **options):
        return mintmark(*arguments, "-c", config, **options)

    return call


@pytest.fixture
def create(issuer):
    """create("build/runner") is the parsed answer of trust create; other forms are what `read` makes of it."""
    def call(*arguments, read=json.loads):
        return read(issuer("trust", "create", *arguments).stdout)

    return call


# ---- the policy ------------------------------------------------------------------------------------------------------
def test_one_account_of_one_audience_and_nothing_else_is_trusted(create):
    assert create("runner", "-n", "build") == {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Federated": PROVIDER},
                       "Action": "sts:AssumeRoleWithWebIdentity",
                       "Condition": {"StringEquals": {f"{NAME}:aud": "sts.amazonaws.com",
                                                      f"{NAME}:sub": "system:serviceaccount:build:runner"}}}]}


def test_every_statement_has_an_audience_and_a_subject(create):
    policy = create("build/a", "ci/b", "ci/deploy-*", "--allow-wildcards", "--account-id", "123456789012", "--audience",
                    "sts.amazonaws.com", "--audience", "other")
    exact, like = [statement["Condition"] for statement in policy["Statement"]]
    assert exact == {"StringEquals": {f"{NAME}:aud": ["sts.amazonaws.com", "other"],
                                      f"{NAME}:sub": ["system:serviceaccount:build:a", "system:serviceaccount:ci:b"]}}
    assert like == {"StringEquals": {f"{NAME}:aud": ["sts.amazonaws.com", "other"]},
                    "StringLike": {f"{NAME}:sub": "system:serviceaccount:ci:deploy-*"}}


def test_a_wide_policy_is_printed_with_a_warning(issuer):
    result = issuer("trust", "create", "ci/*", "--allow-wildcards", "--role-arn", ROLE)
    assert json.loads(result.stdout)["Statement"][0]["Condition"]["StringLike"]
    assert result.stderr.startswith("warn  trust.wide-account  ci/*: every service account of the namespace")


@pytest.mark.parametrize("accounts", [[], ["build/runner"]], ids=["nobody", "an account"])
def test_pod_identity_trusts_the_service_without_a_configuration(mintmark, tmp_path, accounts):
    policy = json.loads(mintmark("trust", "create", "--pod-identity", *accounts, cwd=tmp_path,
                                 env={"MINTMARK_CONFIG": ""}).stdout)
    assert policy["Statement"] == [{"Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"},
                                    "Action": ["sts:AssumeRole", "sts:TagSession"]}]


@pytest.mark.parametrize("flags, hint", [
    ([], "hint: --issuer URL with --role-arn ARN does without a configuration\n"),
    (["--pod-identity", "--what", "association", "--cluster", "x"],
     "hint: --role-arn ARN does without a configuration\n"),
], ids=["IRSA", "Pod Identity"])
def test_without_a_configuration_it_is_told_what_does_without(mintmark, tmp_path, flags, hint):
    result = mintmark("trust", "create", "build/runner", *flags, cwd=tmp_path, env={"MINTMARK_CONFIG": ""}, status=2)
    assert result.stderr.endswith(hint)


@pytest.mark.parametrize("account, audience", [("build/runner", None), ("build/other", "vault")])
def test_what_an_account_is_annotated_with_holds(create, account, audience):
    answer = create(account, "-o", "json")
    annotations = answer["service_accounts"][0]["metadata"]["annotations"]
    values = answer["policy"]["Statement"][0]["Condition"]["StringEquals"]
    assert annotations["eks.amazonaws.com/role-arn"].startswith(ROLE)
    assert annotations.get("eks.amazonaws.com/audience") == audience
    assert values[f"{NAME}:aud"] == (audience or "sts.amazonaws.com")


def test_accounts_and_audiences_that_get_no_token_are_told_of(create):
    answer = create("build/othre", "build/other", "--audience", "sts.amazonaws.com", "-o", "json")
    assert {finding["check"]: finding["level"] for finding in answer["findings"]} == {
        "trust.account-not-declared": "warn", "trust.audience-not-declared": "warn"}


def test_less_than_ten_minutes_are_not_to_be_had_and_that_is_said(create):
    answer = create("ci/plain", "--role-arn", ROLE, "--token-expiration", "5m", "-o", "json")
    source, = answer["pods"][0]["spec"]["volumes"][0]["projected"]["sources"]
    assert source["serviceAccountToken"]["expirationSeconds"] == 600
    finding, = [finding for finding in answer["findings"] if finding["check"] == "trust.expiration-raised"]
    assert finding["level"] == "warn" and " 5m" in finding["text"] and " 10m" in finding["text"]


# ---- manifests -------------------------------------------------------------------------------------------------------
EVERYTHING = ("--audience", "a: b # c", "--token-expiration", "1h", "--region", "eu-central-1",
              "--sts-regional-endpoints")


def test_manifests_are_what_kubernetes_reads(create):
    texts, wanted = [], []
    for flags in (), EVERYTHING:
        answer = create("build/runner", "ci/plain", "--role-arn", ROLE, "-o", "json", *flags)
        wanted += answer["service_accounts"] + answer["pods"]
        texts += [create("build/runner", "ci/plain", "--role-arn", ROLE, "--what", what, *flags, read=str)
                  for what in ("service-account", "pod")]
    text = "---\n".join(texts)
    assert len(wanted) == 8 and list(yaml.safe_load_all(text)) == wanted
    result = subprocess.run(["node", harness.SOURCE_DIR / "tests/functional/kubernetes_yaml.mjs"], input=text,
                            text=True, check=True, capture_output=True, timeout=30 * harness.PATIENCE)
    assert json.loads(result.stdout) == wanted, "client-node knows every member, and its type"


@pytest.mark.skipif(not shutil.which("kubectl"), reason="there is no kubectl on this machine")
def test_kubectl_takes_the_pod(create, tmp_path):
    """`create --dry-run=client` would ask a server what a Pod is; `set image --local` knows it by itself."""
    text = create("build/runner", "--what", "pod", *EVERYTHING, read=str)
    result = subprocess.run(["kubectl", "set", "image", "-f", "-", "app=other", "--local", "-o", "json"], input=text,
                            text=True, check=True, capture_output=True, timeout=30 * harness.PATIENCE,
                            env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)})
    taken, wanted = json.loads(result.stdout), yaml.safe_load(text)
    assert taken["spec"]["volumes"] == wanted["spec"]["volumes"]
    assert taken["spec"]["serviceAccountName"] == "runner"
    container, ours = taken["spec"]["containers"][0], wanted["spec"]["containers"][0]
    assert container["image"] == "other"
    assert (container["env"], container["volumeMounts"]) == (ours["env"], ours["volumeMounts"])


# ---- associations ----------------------------------------------------------------------------------------------------
def test_an_association_is_what_eks_asks_for(create):
    association = create("build/runner", "--pod-identity", "--cluster", "prod", "--what", "association")
    # EKS API Reference, CreatePodIdentityAssociation: these four are required texts.
    assert association == {"clusterName": "prod", "namespace": "build", "serviceAccount": "runner", "roleArn": ROLE}
    model = botocore.session.get_session().get_service_model("eks")
    if "CreatePodIdentityAssociation" in model.operation_names:  # since November 2023
        shape = model.operation_model("CreatePodIdentityAssociation").input_shape
        report = botocore.validate.ParamValidator().validate({**association, "clientRequestToken": "x"}, shape)
        assert not report.has_errors() and set(association) <= set(shape.members), report.generate_report()


# ---- files -----------------------------------------------------------------------------------------------------------
def test_files_are_numbered_in_the_order_of_their_use(issuer, create, tmp_path):
    folder = tmp_path / "out"
    arguments = ("trust", "create", "build/runner", "--output-dir", folder)
    names = ["01-trust-policy.json", "02-service-accounts.yaml", "03-pods.yaml"]
    assert issuer(*arguments).stdout == "".join(f"{folder}/{name} written\n" for name in names)
    assert [path.name for path in sorted(folder.iterdir())] == names
    assert json.loads((folder / names[0]).read_text()) == create("build/runner")
    assert issuer(*arguments).stdout == "".join(f"{folder}/{name} unchanged\n" for name in names)
    answer = json.loads(issuer("trust", "create", "build/runner", "ci/plain", "--pod-identity", "--cluster", "prod",
                               "--output-dir", folder, "-o", "json").stdout)
    assert [(file["name"], file["written"]) for file in answer["files"]] == [
        (names[0], True), ("02-association.json", True), ("03-association.json", True)]


# ---- refused ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("arguments, status, line, hint", [
    ((), 2, "SERVICEACCOUNT is missing", "--help"),
    (("ci/plain",), 2, "the AWS account is not known", "--account-id"),
    (("ci/*", "--role-arn", ROLE), 2, "ci/*: a wildcard would trust accounts that nobody named", "--allow-wildcards"),
    (("build/runner", "-n", "ci"), 2, "build/runner is of another namespace than --namespace ci", ""),
    (("build/runner", "build/other"), 2, "the accounts have different annotations eks.amazonaws.com/role-arn", ""),
    (("ci/plain", "--role", "x"), 2, "--role needs --account-id", "--role-arn"),
    (("ci/plain", "--role-arn", ROLE, "--account-id", "123456789013"), 2, "accepted: the same", ""),
    (("ci/plain", "--role-arn", ROLE, "--partition", "aws-cn"), 2, "accepted: the same", ""),
    (("ci/plain", "--role-arn", "runner"), 2, "--role-arn: \"runner\": no ARN", ""),
    (("ci/plain", "--role", "a b", "--account-id", "123456789012"), 2, "--role: ", ""),
    (("ci/plain", "--account-id", "1234"), 2, "--account-id: found \"1234\"; accepted: 12 digits", ""),
    (("ci/plain", "--role", "x", "--account-id", "1234"), 2, "--account-id: found", ""),
    (("ci/Plain", "--role-arn", ROLE), 1, "service account \"Plain\"", ""),
    (("ci/plain", "--role-arn", ROLE, "--issuer", "https://h.example:8443"), 1, "takes no port", "443"),
    (("ci/plain", "--role-arn", ROLE, "--issuer", "http://127.0.0.1"), 1, "takes https alone", "https"),
    (("ci/plain", "--role-arn", ROLE, "--what", "all"), 2, "--output-dir DIR or -o json", ""),
    (("ci/plain", "--what", "service-account"), 2, "--role-arn is missing", ""),
    (("ci/a*", "--allow-wildcards", "--role-arn", ROLE, "--what", "pod"), 2, "a pattern is no account", ""),
    (("ci/plain", "--role-arn", ROLE, "--what", "association"), 2, "none without --pod-identity", ""),
    (("ci/plain", "--role-arn", ROLE, "--cluster", "prod"), 2, "--cluster means nothing without --pod-identity", ""),
    (("ci/plain", "--pod-identity", "--audience", "x"), 2, "--audience means nothing with --pod-identity", ""),
    (("ci/plain", "--pod-identity", "--role-arn", ROLE, "--what", "association"), 2, "--cluster is missing", ""),
    (("a/b", "c/d", "--pod-identity", "--role-arn", ROLE, "--cluster", "x", "--what", "association"), 2,
     "an association of its own", ""),
    (("ci/plain", "--role-arn", ROLE, "--region", "a b", "--what", "pod"), 2, "--region: ", ""),
], ids=lambda value: "-".join(value) if isinstance(value, tuple) else None)
def test_what_cannot_be_is_refused_with_what_to_do(issuer, arguments, status, line, hint):
    result = issuer("trust", "create", *arguments, status=status)
    assert result.stdout == ""
    assert result.stderr.startswith("mintmark: trust create: ") and line in result.stderr.splitlines()[0]
    assert hint in result.stderr.partition("\nhint: ")[2]


# ---- and then --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("arguments, warned_of", [
    (("build/runner",), []),
    (("build/a", "ci/b", "--role-arn", ROLE), []),
    (("build/d-*", "ci/b", "--allow-wildcards", "--role-arn", ROLE), ["policy.sub-wide"]),
], ids=["one", "several", "pattern"])
def test_lint_finds_no_fault_in_it(mintmark, create, tmp_path, arguments, warned_of):
    policy = tmp_path / "policy.json"
    policy.write_text(create(*arguments, read=str))
    answer = json.loads(mintmark("trust", "lint", "--policy", policy, "-o", "json").stdout)
    assert [finding["check"] for finding in answer["findings"] if finding["level"] in ("fail", "warn")] == warned_of


def test_its_tokens_are_allowed_and_those_of_others_are_not(issuer, create, tmp_path):
    policy, account = tmp_path / "policy.json", tmp_path / "account.json"
    policy.write_text(create("build/runner", read=str))
    account.write_text(json.dumps(create("build/runner", "--what", "service-account", read=yaml.safe_load)))
    for namespace, name, audience, status in [
            ("build", "runner", "sts.amazonaws.com", 0), ("build", "runner", "vault", 1),
            ("ci", "plain", "sts.amazonaws.com", 1)]:
        token = issuer("token", "create", name, "-n", namespace, "--audience", audience).stdout
        answer = json.loads(issuer("trust", "explain", "--policy", policy, "--token", "-", "--service-account", account,
                                   "-o", "json", stdin=token, status=status).stdout)
        assert answer["allowed"] == (status == 0)
