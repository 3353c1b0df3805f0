# SPDX-License-Identifier: Apache-2.0
"""What the command line says of callers: whether they may (`caller can-i`), and how they get there (`kubeconfig`)."""
import base64
import json
import os
import shutil
import subprocess

import pytest
import yaml

import harness

TOKENS = 'ci-secret,ci,1\ndora-secret,dora,2,"devs,ops"\n'
RULES = [
    {"users": ["ci"], "may": ["mint"], "namespaces": ["prod"], "service_accounts": ["deployer"],
     "audiences": ["sts.amazonaws.com"], "max_ttl": "1h"},
    {"groups": ["devs"], "may": ["mint", "review"], "namespaces": ["*"], "service_accounts": ["*"], "audiences": ["*"]},
    {"users": ["system:serviceaccount:prod:scraper", "carl"], "may": ["metrics"]},
]


class Configured:
    """A configuration with a key set, callers and rules, in a folder; nothing is served."""

    def __init__(self, mintmark, folder):
        self.mintmark, self.folder = mintmark, folder
        self.config = yaml.safe_load((folder / "mintmark.yaml").read_text())

    def configure(self, changes):
        self.config = harness.merge(self.config, changes)
        (self.folder / "mintmark.yaml").write_text(yaml.safe_dump(self.config, sort_keys=False))

    def __call__(self, *arguments, **options):
        return self.mintmark(*arguments, cwd=self.folder, **options)

    def can_i(self, *arguments, **options):
        return self("caller", "can-i", *arguments, **options)


@pytest.fixture(scope="module")
def sample(mintmark, tmp_path_factory, ca):
    """What each test gets a copy of: keys take time to make."""
    folder = tmp_path_factory.mktemp("sample") / "issuer"
    mintmark("init", "--issuer", "https://oidc.example.com/id", "--dir", folder, "--algorithm", "ES256")
    (folder / "tokens.csv").touch(mode=0o600)
    (folder / "tokens.csv").write_text(TOKENS)
    certificate, key = ca.issue(name="server")
    Configured(mintmark, folder).configure({
        "rules": RULES, "callers": {"tokens": "tokens.csv", "client_ca": str(ca.certificate)},
        "tls": {"certificate": str(certificate), "key": str(key)}})
    return folder


@pytest.fixture
def configured(mintmark, sample, tmp_path):
    shutil.copytree(sample, tmp_path / "issuer")
    return Configured(mintmark, tmp_path / "issuer")


def line_of(configured, text):
    lines = (configured.folder / "mintmark.yaml").read_text().splitlines()
    return next(i for i, line in enumerate(lines, 1) if text in line)


# ---- caller can-i ----------------------------------------------------------------------------------------------------
def test_yes_comes_first_and_then_by_which_rule_and_for_how_long(configured):
    answer = configured.can_i("mint", "deployer", "-n", "prod", "--as", "ci", "--audience", "sts.amazonaws.com",
                              "--duration", "2h")
    assert answer.stderr == ""
    assert answer.stdout.splitlines() == [
        "yes", "user: ci", "groups: system:authenticated", "audiences: sts.amazonaws.com",
        f"rule 1 (mintmark.yaml:{line_of(configured, 'users:')}) allows it",
        "lifetime: up to 1h (tokens.max_ttl 1d, rules 1h); a request for 2h is shortened to that"]


def test_no_comes_with_a_reason_for_each_rule_and_with_what_the_caller_reads(configured):
    answer = configured.can_i("mint", "deployer", "-n", "prod", "--as", "ci", "--audience", "vault", status=1)
    lines = answer.stdout.splitlines()
    assert lines[0] == "no"
    assert [line.split(" does not fit: ")[1] for line in lines[-3:]] == [
        "audiences: sts.amazonaws.com", "users: none; groups: devs",
        "users: system:serviceaccount:prod:scraper, carl; groups: none"]
    assert answer.stderr == (
        'mintmark: the caller would read: serviceaccounts "deployer" is forbidden: User "ci" cannot create resource '
        '"serviceaccounts/token" in API group "" in the namespace "prod": no rule allows the audience "vault"\n')


def test_in_json_it_is_an_answer_for_programs(configured):
    yes = json.loads(configured.can_i("review", "--as", "x", "--as-group", "devs", "-o", "json").stdout)
    assert yes == {"allowed": True, "verb": "review", "reasons": [],
                   "user": {"name": "x", "groups": ["devs", "system:authenticated"]},
                   "rule": {"number": 2, "file": "mintmark.yaml", "line": line_of(configured, "groups:")}}
    no = json.loads(configured.can_i("metrics", "--as", "x", "-o", "json", status=1).stdout)
    assert not no["allowed"] and no["refusal"] == 'forbidden: User "x" cannot get path "/metrics"'
    assert [reason["part"] for reason in no["reasons"]] == ["users"] * 3


def test_declared_accounts_are_looked_up(configured):
    configured.configure({"service_accounts": [{"namespace": "prod", "name": "deployer", "max_ttl": "30m",
                                                "audiences": ["sts.amazonaws.com"]}]})
    assert "up to 30m (tokens.max_ttl 1d, rules 1h, service account 30m)" in \
        configured.can_i("mint", "deployer", "-n", "prod", "--as", "ci").stdout
    assert 'serviceaccounts "other" not found' in \
        configured.can_i("mint", "other", "--as", "x", "--as-group", "devs", status=1).stderr


def test_a_bearer_token_says_who_asks(configured):
    (configured.folder / "token").write_text("dora-secret\n")
    assert configured.can_i("review", "--token", "token").stdout.startswith("yes\nuser: dora, known by token\n")
    own = configured("token", "create", "scraper", "-n", "prod").stdout
    answer = configured.can_i("metrics", "--token", "-", stdin=own)
    assert "user: system:serviceaccount:prod:scraper, known by service-account" in answer.stdout


def test_a_token_that_does_not_hold_is_told_why_without_showing_it(configured):
    for token in ("dora-secres\n", configured("token", "create", "scraper", "-n", "prod", "--audience", "x").stdout):
        answer = configured.can_i("metrics", "--token", "-", stdin=token, status=1)
        assert answer.stdout.startswith("no\nbearer token: ")
        assert answer.stderr == "mintmark: the caller would read: Unauthorized\n"
        assert token.strip() not in answer.stdout


def test_a_certificate_says_who_asks(configured, ca):
    certificate, _ = ca.issue(name="carl")
    assert "user: carl, known by certificate" in configured.can_i("metrics", "--certificate", certificate).stdout
    stranger = harness.Authority(configured.folder / "stranger").issue(name="carl")[0]
    assert "no\nclient certificate" in configured.can_i("metrics", "--certificate", stranger, status=1).stdout
    configured.configure({"callers": {"client_ca": None}})
    assert "callers.client_ca is not set" in configured.can_i("metrics", "--certificate", certificate, status=1).stdout


def test_hostile_names_do_not_reach_the_terminal(configured):
    answer = configured.can_i("mint", "x\x1b[2J", "-n", "a\nb", "--as", "ci", "--audience", "\x9b", status=1)
    assert not set("\x1b\x9b") & set(answer.stdout + answer.stderr)


@pytest.mark.parametrize("arguments, part", [
    ("mint x", "accepted: --as USER, --token FILE or --certificate FILE"),
    ("mint --as a", "mint needs SERVICEACCOUNT"),
    ("strike x --as a", "accepted: mint, review or metrics"),
    ("review x --as a", "is for no service account"),
    ("metrics --as a --duration 1h", "is for no service account"),
    ("review --as a --token -", "accepted: one of them"),
    ("review --token - --as-group b", "--as-group needs --as"),
    ("review --as system:anonymous", "nobody can be that caller"),
], ids=range(8))
def test_wrong_questions_are_told_what_would_be_right(configured, arguments, part):
    assert part in configured.can_i(*arguments.split(), status=2).stderr


def test_it_agrees_with_the_server(make_issuer, ca, tmp_path):
    """Of each caller and request, what the command says is what the listener does."""
    tokens = tmp_path / "tokens.csv"
    tokens.touch(mode=0o600)
    tokens.write_text(TOKENS)
    with make_issuer(ca=ca, config={"callers": {"tokens": str(tokens)}, "rules": RULES}) as issuer:
        for secret in ("ci-secret", "dora-secret", "nobodys-secret"):
            for account, audience in (("deployer", "sts.amazonaws.com"), ("deployer", "vault"), ("other", "vault")):
                reply = issuer.get(f"/api/v1/namespaces/prod/serviceaccounts/{account}/token", "POST",
                                   {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}, True,
                                   json.dumps({"spec": {"audiences": [audience]}}).encode())
                answer = issuer.run("caller", "can-i", "mint", account, "-n", "prod", "--audience", audience, "--token",
                                    "-", stdin=secret, status=0 if reply.status == 201 else 1)
                if reply.status != 201:
                    assert answer.stderr == f"mintmark: the caller would read: {reply.json()['message']}\n"


# ---- kubeconfig ------------------------------------------------------------------------------------------------------
def parse(answer):
    """Server, user and context of a kubeconfig that is well-formed and consistent."""
    config = yaml.safe_load(answer.stdout)
    assert (config["apiVersion"], config["kind"]) == ("v1", "Config")
    (cluster,), (user,), (context,) = config["clusters"], config["users"], config["contexts"]
    assert context["name"] == config["current-context"]
    assert (context["context"]["cluster"], context["context"]["user"]) == (cluster["name"], user["name"])
    return cluster["cluster"], user["user"], context


@pytest.fixture
def token(configured):
    path = configured.folder / "token"
    path.write_text("ci-secret\n")
    return path


def test_a_kubeconfig_names_the_listener_and_the_token_file(configured, token):
    answer = configured("kubeconfig", "--token", "token", "-n", "prod")
    cluster, user, context = parse(answer)
    assert cluster["server"] == "https://127.0.0.1:8444"
    assert "tls-server-name" not in cluster
    assert user == {"tokenFile": str(token)}
    assert context["name"] == "mintmark" and context["context"]["namespace"] == "prod"
    assert "ci-secret" not in answer.stdout


def test_client_certificate_and_key_are_named(configured, ca):
    certificate, key = ca.issue(name="carl")
    _, user, _ = parse(configured("kubeconfig", "--client-certificate", certificate, "--client-key", key))
    assert user == {"client-certificate": str(certificate), "client-key": str(key)}


def test_any_name_is_quoted(configured, token):
    for name in ("a: b", 'q"\\', "- x", "null", "ü#'", "\n"):
        assert parse(configured("kubeconfig", "--token", token, "--name", name))[2]["name"] == name


@pytest.mark.parametrize("address, names, server, tls_name", [
    ("0.0.0.0:8444", ("IP:192.0.2.1", "DNS:*.example.com", "DNS:a.example.com"), "https://a.example.com:8444", None),
    ("'[::]:8444'", ("IP:2001:db8::1",), "https://[2001:db8::1]:8444", None),
    ("127.0.0.1:8444", ("DNS:oidc.example.com",), "https://127.0.0.1:8444", "oidc.example.com"),
    ("'[::1]:8444'", ("IP:::1",), "https://[::1]:8444", None),
], ids=["any-v4", "any-v6", "another-name", "address"])
def test_the_server_is_one_that_the_certificate_is_for(configured, token, ca, address, names, server, tls_name):
    certificate, key = ca.issue(name="server", names=names)
    configured.configure({"listen": {"admin": yaml.safe_load(address)},
                          "tls": {"certificate": str(certificate), "key": str(key)}})
    cluster, _, _ = parse(configured("kubeconfig", "--token", token))
    assert (cluster["server"], cluster.get("tls-server-name")) == (server, tls_name)


def test_the_authority_is_the_end_of_the_chain_or_a_file(configured, token, ca):
    answer = configured("kubeconfig", "--token", token)
    assert "certificate-authority-data" not in parse(answer)[0]
    assert "will trust those of the system" in answer.stderr

    chain = configured.folder / "chain.pem"
    chain.write_text(open(configured.config["tls"]["certificate"]).read() + ca.certificate.read_text())
    configured.configure({"tls": {"certificate": str(chain)}})
    answer = configured("kubeconfig", "--token", token)
    assert base64.b64decode(parse(answer)[0]["certificate-authority-data"]).decode() == ca.certificate.read_text()
    assert answer.stderr == ""

    both = configured.folder / "both.pem"
    both.write_text(ca.key.read_text() + ca.certificate.read_text())
    embedded = parse(configured("kubeconfig", "--token", token, "--certificate-authority", both))[0]
    assert base64.b64decode(embedded["certificate-authority-data"]).decode() == ca.certificate.read_text()


def test_a_named_server_with_its_authority_needs_no_configuration(mintmark, tmp_path, ca):
    (tmp_path / "token").write_text("x")
    cluster, _, _ = parse(mintmark("kubeconfig", "--token", "token", "--server", "https://mint.example.com",
                                   "--certificate-authority", ca.certificate, cwd=tmp_path))
    assert cluster["server"] == "https://mint.example.com"


def test_plain_http_is_warned_of(configured, token, ca):
    configured.configure({"tls": None, "callers": {"client_ca": None}})
    answer = configured("kubeconfig", "--token", token)
    assert parse(answer)[0] == {"server": "http://127.0.0.1:8444"}
    assert "kubectl sends no token" in answer.stderr
    certificate, key = ca.issue(name="carl")
    refused = configured("kubeconfig", "--client-certificate", certificate, "--client-key", key, status=1)
    assert "plain HTTP, where nobody can show a certificate" in refused.stderr


@pytest.mark.parametrize("admin, part, hint", [
    ("off", "there is nobody to ask", "--server URL"),
    ("unix:/run/mintmark.sock", "kubectl cannot use a Unix-domain socket", "curl --unix-socket /run/mintmark.sock"),
    ("127.0.0.1:0", "the port is chosen at each start", "--server URL"),
], ids=["off", "unix", "port-0"])
def test_a_listener_that_kubectl_cannot_reach_is_told(configured, token, admin, part, hint):
    configured.configure({"listen": {"admin": admin}})
    answer = configured("kubeconfig", "--token", token, status=1)
    assert part in answer.stderr and hint in answer.stderr and answer.stdout == ""


@pytest.mark.parametrize("arguments, status, part", [
    ("", 2, "accepted: --token FILE, or --client-certificate FILE and --client-key FILE"),
    ("--token nothing", 1, "nothing: there is no such file"),
    ("--token .", 1, "no regular file"),
    ("--token token --client-key token", 2, "accepted: one of them"),
    ("--client-certificate token", 2, "--client-key is missing"),
    ("--client-key token", 2, "--client-certificate is missing"),
    ("--token token --certificate-authority token", 2, "no certificate in it"),
    ("--token token --server example.com", 2, "accepted: https://HOST:PORT"),
    ("--token token -n Prod", 2, "--namespace"),
], ids=range(9))
def test_what_is_missing_or_wrong_is_told(configured, token, arguments, status, part):
    assert token.exists()
    assert part in configured("kubeconfig", *arguments.split(), status=status).stderr


def test_kubectl_takes_it(configured, token, ca):
    kubectl = shutil.which("kubectl")
    if not kubectl:
        pytest.skip("kubectl is not installed")
    path = configured.folder / "kubeconfig"
    path.write_text(configured("kubeconfig", "--token", token, "--certificate-authority", ca.certificate, "--name",
                               'a "b": c').stdout)
    said = subprocess.run([kubectl, "config", "view", "--kubeconfig", path, "--minify", "-o", "json"], check=True,
                          capture_output=True, text=True, env={**os.environ, "HOME": str(configured.folder)})
    view = json.loads(said.stdout)
    assert view["current-context"] == 'a "b": c'
    assert view["clusters"][0]["cluster"]["server"] == "https://127.0.0.1:8444"
    assert view["users"][0]["user"] == {"tokenFile": str(token)}


def test_kubectl_mints_with_it(make_issuer, ca, tmp_path):
    kubectl = shutil.which("kubectl")
    if not kubectl:
        pytest.skip("kubectl is not installed")
    tokens = tmp_path / "tokens.csv"
    tokens.touch(mode=0o600)
    tokens.write_text(TOKENS)
    (tmp_path / "token").write_text("dora-secret\n")
    with make_issuer(ca=ca, config={"callers": {"tokens": str(tokens)}, "rules": RULES}) as issuer:
        (tmp_path / "kubeconfig").write_text(issuer.run("kubeconfig", "--token", tmp_path / "token", "-n", "prod",
                                                        "--certificate-authority", ca.certificate).stdout)
        minted = subprocess.run([kubectl, "create", "token", "deployer", "--kubeconfig", tmp_path / "kubeconfig"],
                                capture_output=True, text=True, check=False,
                                env={**os.environ, "HOME": str(tmp_path)})
        assert minted.returncode == 0, minted.stderr
        claims = json.loads(issuer.run("token", "verify", "-o", "json", stdin=minted.stdout).stdout)["claims"]
    assert claims["sub"] == "system:serviceaccount:prod:deployer"
