# SPDX-License-Identifier: Apache-2.0
"""@kubernetes/client-node against the admin listener over TLS: it must not notice that this is no cluster."""
import json
import subprocess

import pytest

import harness
from cluster import Cluster


class Client:
    """kubernetes_client.mjs, one process for all calls: client("token", {…}) is the answer or raises Refused."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.process = subprocess.Popen(
            ["node", harness.SOURCE_DIR / "tests/functional/kubernetes_client.mjs"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)

    def __call__(self, call, argument=None, user="admin"):
        question = {"kubeconfig": str(self.cluster.kubeconfig), "user": user, "call": call, "argument": argument}
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        result = json.loads(self.process.stdout.readline())
        if "error" in result:
            raise Refused(result["error"])
        return result["answer"]

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(timeout=30 * harness.PATIENCE) == 0


class Refused(Exception):
    """The Status that the client was given."""

    def __init__(self, error):
        super().__init__(str(error))
        body = error.get("body")  # of a 401 the client keeps none
        self.code, self.status = error["code"], json.loads(body) if body else None


@pytest.fixture(scope="module")
def cluster(mintmark, tmp_path_factory, ca):
    with Cluster(mintmark, tmp_path_factory.mktemp("cluster"), ca,
                 service_accounts=[{"namespace": "ci", "name": "builder"}]) as issuer:
        yield issuer


@pytest.fixture(scope="module")
def client(cluster):
    process = Client(cluster)
    yield process
    process.close()


def request_for(name="builder", **spec):
    return {"name": name, "namespace": "ci", "body": {"spec": {"audiences": ["sts.amazonaws.com"], **spec}}}


def test_a_token_is_created(client, cluster):
    answer = client("token", request_for(expirationSeconds=1200))
    claims = cluster.verify(answer["status"]["token"], "sts.amazonaws.com")

    assert claims["sub"] == "system:serviceaccount:ci:builder"
    assert claims["exp"] - claims["iat"] == 1200
    assert answer["metadata"]["name"] == "builder"


def test_a_token_is_reviewed(client):
    token = client("token", request_for())["status"]["token"]
    answer = client("review", {"spec": {"token": token, "audiences": ["x", "sts.amazonaws.com"]}})

    assert answer["status"]["authenticated"] is True
    assert answer["status"]["audiences"] == ["sts.amazonaws.com"]
    assert answer["status"]["user"]["groups"] == ["system:serviceaccounts", "system:serviceaccounts:ci",
                                                  "system:authenticated"]


def test_a_token_for_somebody_else_is_not_authenticated(client, cluster):
    token = client("token", request_for())["status"]["token"]
    status = client("review", {"spec": {"token": token}})["status"]

    assert not status.get("authenticated")
    assert status["error"] == (f'[invalid bearer token, token audiences ["sts.amazonaws.com"] is invalid for the target '
                               f'audiences ["{cluster.url}"]]')


def test_whoever_asks_is_told_who_they_are(client):
    assert client("whoami", user="nobody")["status"]["userInfo"]["username"] == "nobody"


def test_the_version_is_one_that_the_client_understands(client):
    assert client("version")["major"] == "1"


@pytest.mark.parametrize("argument, user, code, reason, message", [
    (request_for("ghost"), "admin", 404, "NotFound", 'serviceaccounts "ghost" not found'),
    (request_for(expirationSeconds=60), "admin", 422, "Invalid",
     'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 60: may not specify a '
     'duration less than 10 minutes'),
    (request_for(), "nobody", 403, "Forbidden",
     'serviceaccounts "builder" is forbidden: User "nobody" cannot create resource "serviceaccounts/token" in API group '
     '"" in the namespace "ci"'),
], ids=["unknown-account", "too-short", "forbidden"])
def test_a_refusal_is_a_status(client, argument, user, code, reason, message):
    with pytest.raises(Refused) as refused:
        client("token", argument, user)

    assert refused.value.code == code
    assert (refused.value.status["kind"], refused.value.status["code"]) == ("Status", code)
    assert (refused.value.status["reason"], refused.value.status["message"]) == (reason, message)


def test_who_is_unknown_is_not_authorized(client):
    with pytest.raises(Refused) as refused:
        client("token", request_for(), "stranger")

    assert refused.value.code == 401
