# SPDX-License-Identifier: Apache-2.0
"""What a token says that was minted for a TokenRequest, byte for byte as kube-apiserver writes it, and what a review says
of it; and that a token which lives for a year finds its key for a year.
"""
import base64
import datetime
import json
import re

import pytest

import harness

YEAR = 365 * 86400
TOKEN = "/api/v1/namespaces/ci/serviceaccounts/builder/token"
REVIEW = "/apis/authentication.k8s.io/v1/tokenreviews"
USER = "system:serviceaccount:ci:builder"
EXTRA = "authentication.kubernetes.io/"
OBJECTS = [{"kind": "Pod", "namespace": "ci", "name": "waiting", "uid": "pod-1", "service_account": "builder"},
           {"kind": "Pod", "namespace": "ci", "name": "running", "uid": "pod-2", "service_account": "builder",
            "node_name": "node", "node_uid": "node-1"},
           {"kind": "Node", "name": "node", "uid": "node-1"},
           {"kind": "Secret", "namespace": "ci", "name": "secret", "uid": "secret-1"}]
NODE = {"node": {"name": "node", "uid": "node-1"}}

# id: (boundObjectRef, what kubernetes.io holds beside namespace and account, what a review tells beside the jti)
BOUND = {
    "nothing": (None, {}, {}),
    "a pod": ({"kind": "Pod", "name": "waiting"}, {"pod": {"name": "waiting", "uid": "pod-1"}},
              {"pod-name": ["waiting"], "pod-uid": ["pod-1"]}),
    "a pod that runs": ({"kind": "Pod", "name": "running"}, {"pod": {"name": "running", "uid": "pod-2"}, **NODE},
                        {"node-name": ["node"], "node-uid": ["node-1"], "pod-name": ["running"], "pod-uid": ["pod-2"]}),
    "a node": ({"kind": "Node", "name": "node"}, NODE, {"node-name": ["node"], "node-uid": ["node-1"]}),
    "a secret": ({"kind": "Secret", "name": "secret"}, {"secret": {"name": "secret", "uid": "secret-1"}}, {}),
}


def post(issuer, path, spec):
    return issuer.get(path, "POST", {"Content-Type": "application/json"}, admin=True,
                      body=json.dumps({"spec": spec}).encode()).json()


def decoded(token):
    """The bytes of header and payload."""
    return [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in token.split(".")[:2]]


def compact(claims):
    return json.dumps(claims, sort_keys=True, separators=(",", ":")).encode()


@pytest.fixture(scope="module")
def bound(mintmark, tmp_path_factory):
    with harness.Issuer(mintmark, tmp_path_factory.mktemp("claims"), path="/id/prod", config={
            "service_accounts": [{"namespace": "ci", "name": "builder", "uid": "account-1"}],
            "bound_objects": OBJECTS}) as issuer:
        yield issuer


@pytest.mark.parametrize("reference, objects, extra", BOUND.values(), ids=BOUND)
def test_claims_are_those_of_kubernetes_and_so_is_the_user(bound, reference, objects, extra):
    answer = post(bound, TOKEN, {"audiences": ["b", bound.url], "expirationSeconds": 1200,
                                 "boundObjectRef": reference and {**reference, "apiVersion": "v1"}})
    token = answer["status"]["token"]
    header, payload = decoded(token)
    claims = json.loads(payload)
    kid = json.loads(bound.get("/openid/v1/jwks").body)["keys"][0]["kid"]

    assert header == compact({"alg": "ES256", "kid": kid, "typ": "JWT"})
    assert re.fullmatch("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", claims["jti"])
    assert payload == compact({
        "aud": ["b", bound.url], "exp": claims["iat"] + 1200, "iat": claims["iat"], "iss": bound.url,
        "jti": claims["jti"], "nbf": claims["iat"], "sub": USER,
        "kubernetes.io": {"namespace": "ci", "serviceaccount": {"name": "builder", "uid": "account-1"}, **objects}})
    assert bound.mintmark("token", "verify", token, "--issuer", bound.url, "--audience", "b").stdout
    assert post(bound, REVIEW, {"token": token})["status"] == {
        "authenticated": True, "audiences": [bound.url], "user": {
            "username": USER, "uid": "account-1",
            "groups": ["system:serviceaccounts", "system:serviceaccounts:ci", "system:authenticated"],
            "extra": {EXTRA + "credential-id": [f"JTI={claims['jti']}"],
                      **{EXTRA + key: value for key, value in extra.items()}}}}


# ---- a year ----------------------------------------------------------------------------------------------------------
def extend(issuer, wanted):
    issuer.configure({"tokens": {"extend_expiration": wanted}})
    loaded = issuer.log().count("configuration loaded")
    issuer.reload()
    harness.wait_until(lambda: issuer.log().count("configuration loaded") > loaded, "the configuration is loaded")


def ask_as_kubelet(issuer):
    """The token and its claims."""
    answer = post(issuer, TOKEN, {"expirationSeconds": 3607, "boundObjectRef": {
        "kind": "Pod", "apiVersion": "v1", "name": "waiting", "uid": "pod-1"}})
    claims = json.loads(decoded(answer["status"]["token"])[1])
    expires = datetime.datetime.strptime(answer["status"]["expirationTimestamp"], "%Y-%m-%dT%H:%M:%S%z")
    assert (answer["spec"]["expirationSeconds"], expires.timestamp()) == (3607, claims["iat"] + 3607)
    return answer["status"]["token"], claims


def test_who_extends_tokens_keeps_their_key_for_a_year_even_when_none_are_extended_any_more(make_issuer):
    with make_issuer(config={"keys": {"max_keys": 30}}) as issuer:
        _, claims = ask_as_kubelet(issuer)
        assert claims["exp"] == claims["iat"] + 3607 and "warnafter" not in claims["kubernetes.io"]

        extend(issuer, True)
        token, claims = harness.wait_until(
            lambda: next(filter(lambda made: "warnafter" in made[1]["kubernetes.io"], [ask_as_kubelet(issuer)]), None),
            "the key set has promised a year")
        assert claims["kubernetes.io"]["warnafter"] == claims["iat"] + 3607
        assert claims["exp"] == claims["iat"] + YEAR

        extend(issuer, False)
        _, after = ask_as_kubelet(issuer)
        assert after["exp"] == after["iat"] + 3607 and "warnafter" not in after["kubernetes.io"]

        issuer.run("key", "rotate")
        kid = json.loads(decoded(token)[0])["kid"]
        key = next(key for key in json.loads(issuer.run("key", "list", "-o", "json").stdout)["keys"]
                   if key["kid"] == kid)
        removable = datetime.datetime.strptime(key["removable_at"], "%Y-%m-%dT%H:%M:%S%z").timestamp()
        assert key["state"] == "retired" and removable > claims["exp"]
        assert post(issuer, REVIEW, {"token": token})["status"]["authenticated"] is True
