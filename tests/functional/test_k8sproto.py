# SPDX-License-Identifier: Apache-2.0
"""The encoder and decoder that functional tests use for Kubernetes' protobuf, against bytes that were seen or counted."""
import pytest

import k8sproto

# kubectl 1.33, create token without flags; with two audiences, a duration and a pod (seen on the wire).
BARE = ("6b3873000a280a1861757468656e7469636174696f6e2e6b38732e696f2f7631120c546f6b656e52657175657374"
        "121a0a100a0012001a0022002a0032003800420012001a040a0012001a002200")
FULL = ("6b3873000a280a1861757468656e7469636174696f6e2e6b38732e696f2f7631120c546f6b656e52657175657374"
        "12510a100a0012001a0022002a0032003800420012370a1768747470733a2f2f7374732e6578616d706c652e636f6d0a0162"
        "1a160a03506f64120276311a057765622d3022043562326420901c1a040a0012001a002200")
SPEC = {"audiences": ["https://sts.example.com", "b"], "expirationSeconds": 3600,
        "boundObjectRef": {"kind": "Pod", "apiVersion": "v1", "name": "web-0", "uid": "5b2d"}}


def test_requests_are_those_of_kubectl():
    assert k8sproto.encode("TokenRequest", {}).hex() == BARE
    assert k8sproto.encode("TokenRequest", {"spec": SPEC}).hex() == FULL


def test_what_kubectl_sends_is_read():
    kind, version, request = k8sproto.decode(bytes.fromhex(FULL))
    assert (kind, version) == ("TokenRequest", "authentication.k8s.io/v1")
    assert request["spec"] == SPEC
    assert request["metadata"]["uid"] == ""
    assert request["status"] == {"token": "", "expirationTimestamp": {}}


@pytest.mark.parametrize("kind, members", [
    ("TokenReview", {"metadata": {"annotations": {"b": "2", "a": "é"}}, "spec": {"token": "t", "audiences": ["x"]},
                     "status": {"authenticated": True, "error": "e", "audiences": ["x"],
                                "user": {"username": "u", "groups": ["g", "h"], "extra": {"k": ["1", "2"]}}}}),
    ("SelfSubjectReview", {"status": {"userInfo": {"username": "u", "uid": "i"}}}),
    ("Status", {"status": "Failure", "message": "m", "reason": "Invalid", "code": 422,
                "details": {"causes": [{"reason": "r", "message": "m", "field": "f"}], "retryAfterSeconds": -1}}),
])
def test_what_is_written_is_read_again(kind, members):
    assert_holds(k8sproto.decode(k8sproto.encode(kind, members))[2], members)


def assert_holds(found, expected):
    """Everything expected is there; empty fields are written too, so there may be more."""
    if not isinstance(expected, dict):
        assert found == expected
        return
    for member, value in expected.items():
        assert_holds(found[member], value)


@pytest.mark.parametrize("body", [b"", b"k8s\n", bytes.fromhex(BARE)[:-1], bytes.fromhex(FULL)[:60], b"k8s\0\x2a\0"],
                         ids=["empty", "magic", "cut-in-a-field", "cut-in-the-object", "field-of-no-message"])
def test_what_is_malformed_is_noticed(body):
    with pytest.raises((AssertionError, IndexError, KeyError)):
        k8sproto.decode(body)


def test_a_member_that_a_message_does_not_have_is_noticed():
    with pytest.raises(AssertionError):
        k8sproto.encode("TokenRequest", {"spec": {"audience": "x"}})
