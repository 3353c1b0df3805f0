# SPDX-License-Identifier: Apache-2.0
"""kubectl, every version that the machine has, against the admin listener over TLS: it must not notice what it talks to.

Up to 1.31 kubectl sends JSON with nulls, from 1.32 on Kubernetes protobuf, and it does not fall back.
"""
import datetime
import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest
import yaml

import harness
from cluster import ADMIN_TOKEN, Cluster

OLDEST = (1, 27)


def find_kubectls():
    """(version, path) of each kubectl from 1.27 on: that of the PATH, and those that lie beside it."""
    found = {}
    path = shutil.which("kubectl")
    folders = [pathlib.Path(path).resolve().parent] if path else []
    folders += [folder for folder in [pathlib.Path("/usr/lib/google-cloud-sdk/bin")] if folder not in folders]
    candidates = [pathlib.Path(path)] if path else []
    for folder in folders:
        candidates += sorted(folder.glob("kubectl.[0-9]*"))
    for candidate in candidates:
        answer = subprocess.run([candidate, "version", "--client", "-o", "json"], capture_output=True, text=True,
                                env={**os.environ, "HOME": "/nonexistent"}, check=False)
        match = re.search(r'"gitVersion": "v(\d+)\.(\d+)\.(\d+)([^"]*)', answer.stdout)
        if match and tuple(map(int, match.groups()[:2])) >= OLDEST:
            found.setdefault(".".join(match.groups()[:3]) + match.group(4), candidate)
    return sorted(found.items(), key=lambda item: [int(part) for part in re.findall(r"\d+", item[0])])


KUBECTLS = find_kubectls()
versions = pytest.mark.parametrize(
    "kubectl", [path for _, path in KUBECTLS] or [pytest.param(None, marks=pytest.mark.skip(
        reason="no kubectl from 1.27 on on this machine"))], ids=[version for version, _ in KUBECTLS] or ["none"],
    indirect=True)


class Kubectl:
    """One kubectl with a kubeconfig: kubectl("create", "token", "builder", status=1, user="nobody")."""

    def __init__(self, path, cluster, home):
        self.path, self.cluster, self.home = path, cluster, home

    def __call__(self, *arguments, status=0, user="admin", stdin=None):
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.home), "KUBECONFIG": str(self.cluster.kubeconfig)}
        result = subprocess.run([self.path, *arguments, "--user", user], capture_output=True, text=True,
                                input=stdin or "", env=environment, timeout=60 * harness.PATIENCE, check=False)
        assert result.returncode == status, f"{arguments}: exit {result.returncode}\n{result.stdout}\n{result.stderr}"
        return result


@pytest.fixture(scope="module")
def cluster(mintmark, tmp_path_factory, ca):
    with Cluster(mintmark, tmp_path_factory.mktemp("cluster"), ca) as issuer:
        yield issuer


@pytest.fixture(scope="module")
def declared(mintmark, tmp_path_factory, ca):
    """A cluster that knows two accounts, a pod and a node, and nothing else."""
    objects = [{"kind": "Pod", "namespace": "ci", "name": "builder-0", "uid": "pod-uid-1", "service_account": "builder",
                "node_name": "node-1", "node_uid": "node-uid-1"},
               {"kind": "Node", "name": "node-1", "uid": "node-uid-1"}]
    accounts = [{"namespace": "ci", "name": "builder", "uid": "account-uid-1"},
                {"namespace": "ci", "name": "deployer", "audiences": ["sts.amazonaws.com"], "max_ttl": "15m"}]
    with Cluster(mintmark, tmp_path_factory.mktemp("declared"), ca, service_accounts=accounts,
                 bound_objects=objects) as issuer:
        yield issuer


@pytest.fixture
def kubectl(request, cluster, tmp_path):
    return Kubectl(request.param, cluster, tmp_path)


@pytest.fixture
def kubectl_declared(kubectl, declared):
    return Kubectl(kubectl.path, declared, kubectl.home)


# ---- create token ----------------------------------------------------------------------------------------------------
@versions
def test_a_token_without_any_wish_is_for_the_api_and_an_hour(kubectl, cluster):
    claims = cluster.verify(kubectl("create", "token", "builder", "-n", "ci").stdout.strip(), cluster.url)

    assert claims["sub"] == "system:serviceaccount:ci:builder"
    assert claims["aud"] == [cluster.url]
    assert claims["exp"] - claims["iat"] == 3600
    assert claims["kubernetes.io"]["serviceaccount"]["name"] == "builder"


@versions
def test_audiences_and_duration_are_what_was_asked_for(kubectl, cluster):
    token = kubectl("create", "token", "builder", "--audience", "sts.amazonaws.com", "--audience", "b", "--duration",
                    "20m").stdout.strip()
    claims = cluster.verify(token, "sts.amazonaws.com")

    assert claims["sub"] == "system:serviceaccount:default:builder"
    assert claims["aud"] == ["sts.amazonaws.com", "b"]
    assert claims["exp"] - claims["iat"] == 1200


@versions
def test_a_duration_beyond_the_maximum_is_shortened_with_a_warning(kubectl, cluster):
    result = kubectl("create", "token", "builder", "--duration", "48h")
    claims = cluster.verify(result.stdout.strip(), cluster.url)

    assert "requested expiration of 172800 seconds shortened to 86400 seconds" in result.stderr
    assert claims["exp"] - claims["iat"] == 86400


@versions
@pytest.mark.parametrize("kind", ["Pod", "Secret", "Node"])
def test_a_bound_token_names_its_object(kubectl, cluster, kind):
    help_text = kubectl("create", "token", "--help").stdout
    if kind not in re.search(r"--bound-object-kind=.*?:\s*(.*?)\n\n", help_text, re.S).group(1):
        pytest.skip(f"this kubectl binds no token to a {kind}")
    token = kubectl("create", "token", "builder", "--bound-object-kind", kind, "--bound-object-name", "thing",
                    "--bound-object-uid", "uid-of-the-thing").stdout.strip()

    assert cluster.verify(token, cluster.url)["kubernetes.io"][kind.lower()] == {"name": "thing",
                                                                                  "uid": "uid-of-the-thing"}


@versions
def test_the_whole_answer_as_json_and_as_yaml(kubectl, cluster):
    for form, load in (("json", json.loads), ("yaml", yaml.safe_load)):
        answer = load(kubectl("create", "token", "builder", "-n", "ci", "-o", form).stdout)
        claims = cluster.verify(answer["status"]["token"], cluster.url)
        expires = answer["status"]["expirationTimestamp"]
        if isinstance(expires, str):
            expires = datetime.datetime.fromisoformat(expires.replace("Z", "+00:00"))

        assert (answer["kind"], answer["apiVersion"]) == ("TokenRequest", "authentication.k8s.io/v1")
        assert (answer["metadata"]["name"], answer["metadata"]["namespace"]) == ("builder", "ci")
        assert answer["spec"]["expirationSeconds"] == 3600
        assert answer["spec"]["audiences"] == [cluster.url]
        assert expires.replace(tzinfo=datetime.timezone.utc).timestamp() == claims["exp"]


@versions
def test_the_answer_as_a_name(kubectl):
    assert "builder" in kubectl("create", "token", "builder", "-o", "name").stdout


# ---- who one is, documents, reviews ----------------------------------------------------------------------------------
@versions
def test_whoami(kubectl):
    info = json.loads(kubectl("auth", "whoami", "-o", "json").stdout)["status"]["userInfo"]

    assert info["username"] == "admin"
    assert info["uid"] == "1"
    assert sorted(info["groups"]) == ["system:authenticated", "team-a", "team-b"]


@versions
def test_both_documents(kubectl, cluster):
    for path in ("/.well-known/openid-configuration", "/openid/v1/jwks"):
        assert json.loads(kubectl("get", "--raw", path).stdout) == cluster.get(path).json()


@versions
def test_a_review_of_a_token_that_it_made(kubectl, cluster, tmp_path):
    token = kubectl("create", "token", "builder", "-n", "ci").stdout.strip()
    review = tmp_path / "review.json"
    review.write_text(json.dumps({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview",
                                  "spec": {"token": token}}))
    answer = json.loads(kubectl("create", "--raw", "/apis/authentication.k8s.io/v1/tokenreviews", "-f",
                                str(review)).stdout)

    assert answer["status"]["authenticated"] is True
    assert answer["status"]["user"]["username"] == "system:serviceaccount:ci:builder"
    assert answer["status"]["audiences"] == [cluster.url]


# ---- what users see when it is refused -------------------------------------------------------------------------------
@versions
@pytest.mark.parametrize("arguments, message", [
    (["ghost", "-n", "ci"], 'serviceaccounts "ghost" not found'),
    (["builder", "-n", "ci", "--duration", "5m"], "spec.expirationSeconds: Invalid value: 300: may not specify a "
                                                  "duration less than 10 minutes"),
    (["builder", "-n", "ci", "--bound-object-kind", "Pod", "--bound-object-name", "ghost"], 'pods "ghost" not found'),
    (["deployer", "-n", "ci", "--bound-object-kind", "Pod", "--bound-object-name", "builder-0"],
     'cannot bind token for serviceaccount "deployer" to pod running with different serviceaccount name.'),
    (["builder", "-n", "ci", "--bound-object-kind", "Pod", "--bound-object-name", "builder-0", "--bound-object-uid",
      "other"], 'Operation cannot be fulfilled on Pod "builder-0": the UID in the bound object reference (other) does '
                'not match the UID in record'),
    (["deployer", "-n", "ci", "--audience", "elsewhere"], 'serviceaccounts "deployer" is forbidden'),
], ids=["no-account", "too-short", "no-pod", "other-pod", "other-uid", "other-audience"])
def test_a_refusal_says_what_kubernetes_says(kubectl_declared, arguments, message):
    result = kubectl_declared("create", "token", *arguments, status=1)

    assert message in result.stderr
    assert result.stderr.startswith(("error: failed to create token: ", "Error from server"))
    assert not result.stdout


@versions
def test_a_pod_that_runs_brings_its_node(kubectl_declared, declared):
    token = kubectl_declared("create", "token", "builder", "-n", "ci", "--bound-object-kind", "Pod",
                             "--bound-object-name", "builder-0").stdout.strip()

    assert declared.verify(token, declared.url)["kubernetes.io"] == {
        "namespace": "ci", "serviceaccount": {"name": "builder", "uid": "account-uid-1"},
        "pod": {"name": "builder-0", "uid": "pod-uid-1"}, "node": {"name": "node-1", "uid": "node-uid-1"}}


@versions
def test_who_may_not_is_told_in_kubernetes_words(kubectl):
    result = kubectl("create", "token", "builder", "-n", "ci", status=1, user="nobody")

    assert ('serviceaccounts "builder" is forbidden: User "nobody" cannot create resource "serviceaccounts/token" in '
            'API group "" in the namespace "ci"') in result.stderr


@versions
def test_a_wrong_token_must_log_in(kubectl):
    result = kubectl("create", "token", "builder", status=1, user="stranger")

    assert "You must be logged in to the server" in result.stderr or "Unauthorized" in result.stderr


# ---- mintmark kubeconfig ---------------------------------------------------------------------------------------------
@versions
def test_the_kubeconfig_that_mintmark_prints_is_enough(kubectl, cluster, tmp_path):
    secret = tmp_path / "token"
    secret.write_text(ADMIN_TOKEN)
    printed = cluster.run("kubeconfig", "--token", secret, "--certificate-authority", cluster.ca.certificate).stdout
    (tmp_path / "config").write_text(printed)
    result = subprocess.run([kubectl.path, "--kubeconfig", tmp_path / "config", "create", "token", "builder"],
                            capture_output=True, text=True, env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
                            timeout=60 * harness.PATIENCE, check=False)

    assert result.returncode == 0, result.stderr
    assert cluster.verify(result.stdout.strip(), cluster.url)["sub"] == "system:serviceaccount:default:builder"
