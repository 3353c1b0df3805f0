# SPDX-License-Identifier: Apache-2.0
"""Every refusal of the token API word for word, asked for and answered in JSON and in Kubernetes protobuf."""
import json
import re

import pytest

import harness
import k8sproto
from test_http_hostile import Client

NARROW, UNLIMITED = "narrow-secret-0123456789", "unlimited-secret-01234567"
MEDIA = {"json": "application/json", "protobuf": k8sproto.MEDIA_TYPE}
GROUP = "authentication.k8s.io"
TOKEN_REVIEWS, SELF_REVIEWS = f"/apis/{GROUP}/v1/tokenreviews", f"/apis/{GROUP}/v1/selfsubjectreviews"
POD = {"kind": "Pod", "apiVersion": "v1"}


def path_of(account, namespace="ci"):
    return f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"


def invalid(name, field, value, why):
    """metav1.Status of a field that is not valid; `value` as it is quoted there."""
    cause = f"Invalid value: {value}: {why}"
    return (422, "Invalid", f'TokenRequest.{GROUP} "{name}" is invalid: {field}: {cause}',
            {**({"name": name} if name else {}), "group": GROUP, "kind": "TokenRequest",
             "causes": [{"reason": "FieldValueInvalid", "message": cause, "field": field}]})


def not_found(resource, name):
    return 404, "NotFound", f'{resource} "{name}" not found', {"name": name, "kind": resource}


def forbidden(name, message):
    details = {"name": name, "kind": "serviceaccounts"}
    return 403, "Forbidden", f'serviceaccounts "{name}" is forbidden: {message}', details


def may_not_mint(account, namespace, more=""):
    return forbidden(account, 'User "narrow" cannot create resource "serviceaccounts/token" in API group "" in the '
                              f'namespace "{namespace}"{more}')


# id: (path, TokenRequest, (code, reason, message, details)[, token])
REQUESTS = {
    "an account that is not declared": (path_of("nobody"), {}, not_found("serviceaccounts", "nobody")),
    "an account of another namespace": (path_of("builder", "prod"), {}, not_found("serviceaccounts", "builder")),
    "a name that is none": (path_of(".."), {}, not_found("serviceaccounts", "..")),
    "a name in capitals": (path_of("Builder"), {}, not_found("serviceaccounts", "Builder")),
    "a name that no account has": (path_of("_builder"), {}, not_found("serviceaccounts", "_builder")),
    "less than ten minutes": (
        path_of("builder"), {"spec": {"expirationSeconds": 60}},
        invalid("", "spec.expirationSeconds", 60, "may not specify a duration less than 10 minutes")),
    "one second less than ten minutes": (
        path_of("builder"), {"spec": {"expirationSeconds": 599}},
        invalid("", "spec.expirationSeconds", 599, "may not specify a duration less than 10 minutes")),
    "a negative lifetime": (
        path_of("builder"), {"spec": {"expirationSeconds": -1}},
        invalid("", "spec.expirationSeconds", -1, "may not specify a duration less than 10 minutes")),
    "more than 2^32 seconds": (
        path_of("builder"), {"spec": {"expirationSeconds": 2**32 + 1}},
        invalid("", "spec.expirationSeconds", 2**32 + 1, "may not specify a duration larger than 2^32 seconds")),
    "another account in the body": (
        path_of("builder"), {"metadata": {"name": "deployer"}},
        invalid("builder", "metadata.name", '"deployer"', "must match the service account name if specified")),
    "another namespace in the body": (
        path_of("builder"), {"metadata": {"namespace": "prod"}},
        invalid("builder", "metadata.namespace", '"prod"', "must match the service account namespace if specified")),
    "another uid of the account": (
        path_of("builder"), {"metadata": {"uid": "other"}},
        (409, "Conflict", f'Operation cannot be fulfilled on TokenRequest.{GROUP} "builder": the UID in the token '
                          "request (other) does not match the UID of the service account (account-uid-1)",
         {"name": "builder", "group": GROUP, "kind": "TokenRequest"})),
    "a pod that is not declared": (path_of("builder"), {"spec": {"boundObjectRef": {**POD, "name": "x"}}},
                                   not_found("pods", "x")),
    "a secret that is not declared": (
        path_of("builder"), {"spec": {"boundObjectRef": {"kind": "Secret", "apiVersion": "v1", "name": "x"}}},
        not_found("secrets", "x")),
    "a node that is not declared": (
        path_of("builder"), {"spec": {"boundObjectRef": {"kind": "Node", "apiVersion": "v1", "name": "x"}}},
        not_found("nodes", "x")),
    "a pod of another account": (
        path_of("deployer"), {"spec": {"boundObjectRef": {**POD, "name": "builder-0"}}},
        (400, "BadRequest", 'cannot bind token for serviceaccount "deployer" to pod running with different '
                            "serviceaccount name.", None)),
    "another kind": (
        path_of("builder"), {"spec": {"boundObjectRef": {"kind": "ConfigMap", "apiVersion": "v1", "name": "x"}}},
        (400, "BadRequest", "cannot bind token to object of type /v1, Kind=ConfigMap", None)),
    "a kind of another group": (
        path_of("builder"), {"spec": {"boundObjectRef": {"kind": "Pod", "apiVersion": "apps/v1", "name": "x"}}},
        (400, "BadRequest", "cannot bind token to object of type apps/v1, Kind=Pod", None)),
    "another uid of the pod": (
        path_of("builder"), {"spec": {"boundObjectRef": {**POD, "name": "builder-0", "uid": "U"}}},
        (409, "Conflict", 'Operation cannot be fulfilled on Pod "builder-0": the UID in the bound object reference (U) '
                          "does not match the UID in record. The object might have been deleted and then recreated",
         {"name": "builder-0", "kind": "Pod"})),
    "a namespace that no rule allows": (path_of("builder", "prod"), {}, may_not_mint("builder", "prod"), NARROW),
    "an account that no rule allows": (path_of("deployer"), {}, may_not_mint("deployer", "ci"), NARROW),
    "an audience that no rule allows": (
        path_of("builder"), {"spec": {"audiences": ["ours", "theirs"]}},
        may_not_mint("builder", "ci", ': no rule allows the audience "theirs"'), NARROW),
    "a caller that no rule names": (
        path_of("builder"), {}, forbidden("builder", 'User "unlimited" cannot create resource "serviceaccounts/token" '
                                                     'in API group "" in the namespace "ci"'), UNLIMITED),
    "an annotation for tests": (
        path_of("builder"), {"metadata": {"annotations": {"mintmark.dev/fault": "expired"}}}, 403),
}


@pytest.fixture(scope="module")
def declared(mintmark, tmp_path_factory):
    """An issuer that knows two accounts and a pod; callers: the admin, one of narrow rules, one of none."""
    rules = [{"users": ["admin"], "may": ["mint", "review", "metrics"], **harness.EVERYTHING},
             {"users": ["narrow"], "may": ["mint"], "namespaces": ["ci"], "service_accounts": ["builder"],
              "audiences": ["ours"]}]
    config = {"rules": rules,
              "service_accounts": [{"namespace": "ci", "name": "builder", "uid": "account-uid-1"},
                                   {"namespace": "ci", "name": "deployer"}],
              "bound_objects": [{"kind": "Pod", "namespace": "ci", "name": "builder-0", "uid": "pod-uid-1",
                                 "service_account": "builder"}],
              "limits": {"rate": 0}}
    issuer = harness.Issuer(mintmark, tmp_path_factory.mktemp("declared"), path="/id/prod", config=config)
    issuer.write_tokens(f"{harness.ADMIN_TOKEN},admin,1", f"{NARROW},narrow,2", f"{UNLIMITED},unlimited,3")
    with issuer:
        yield issuer


def encode(form, kind, members, version="v1"):
    if form == "protobuf":
        return k8sproto.encode(kind, members, f"{GROUP}/{version}")
    return json.dumps({"kind": kind, "apiVersion": f"{GROUP}/{version}", **members}).encode()


def without_empty(value):
    """What Kubernetes' protobuf says explicitly and its JSON leaves out."""
    if isinstance(value, dict):
        pruned = {key: without_empty(inner) for key, inner in value.items()}
        return {key: inner for key, inner in pruned.items() if inner not in ("", 0, {}, [], None)}
    return [without_empty(inner) for inner in value] if isinstance(value, list) else value


def read_status(answer):
    """(code, reason, message, details or None) of an answer that is a Status, in whichever form it says it has."""
    form = next(form for form, media in MEDIA.items() if media == answer.headers["Content-Type"])
    assert answer.headers["Cache-Control"] == "no-store"
    if form == "json":
        kind, version, status = (lambda whole: (whole.pop("kind"), whole.pop("apiVersion"), whole))(answer.json())
        assert status["metadata"] == {}
    else:
        kind, version, status = k8sproto.decode(answer.body)
    assert (kind, version, status["status"]) == ("Status", "v1", "Failure")
    assert status["code"] == answer.status
    details = without_empty(status.get("details") or {}) or None
    return form, (status["code"], status["reason"], status["message"], details)


def post(issuer, form, path, body, token=harness.ADMIN_TOKEN, **headers):
    fields = {"Content-Type": MEDIA[form], "Accept": MEDIA[form],
              **{name.replace("_", "-"): value for name, value in headers.items()}}
    return issuer.get(path, "POST", fields, admin=True, body=body, token=token)


def expect(answer, form, code, reason, message, details=None):
    assert read_status(answer) == (form, (code, reason, message, details))


forms = pytest.mark.parametrize("form", MEDIA)


# ---- TokenRequest ----------------------------------------------------------------------------------------------------
@forms
@pytest.mark.parametrize("case", REQUESTS)
def test_a_token_request_that_is_refused(declared, form, case):
    path, members, expected, *token = REQUESTS[case]
    answer = post(declared, form, path, encode(form, "TokenRequest", members), *token)
    if expected == 403:
        assert read_status(answer)[1][:2] == (403, "Forbidden")
    else:
        expect(answer, form, *expected)


@forms
def test_a_token_request_that_is_answered(declared, form):
    answer = post(declared, form, path_of("builder") + "?fieldManager=kubectl-create",
                  encode(form, "TokenRequest", {"spec": {"expirationSeconds": 2**32}}))
    assert answer.status == 201
    assert (answer.headers["Content-Type"], answer.headers["Cache-Control"]) == (MEDIA[form], "no-store")
    assert answer.headers["Warning"] == '299 - "requested expiration of 4294967296 seconds shortened to 86400 seconds"'
    request = answer.json() if form == "json" else k8sproto.decode(answer.body)[2]
    assert request["spec"]["expirationSeconds"] == 86400
    assert request["metadata"]["uid"] == "account-uid-1"
    assert request["status"]["token"].count(".") == 2


def test_the_form_of_the_answer_is_that_of_accept_alone(declared):
    for form, accepted in (("json", "protobuf"), ("protobuf", "json")):
        answer = post(declared, form, path_of("builder"), encode(form, "TokenRequest", {}), Accept=MEDIA[accepted])
        assert (answer.status, answer.headers["Content-Type"]) == (201, MEDIA[accepted])
        answer = post(declared, form, path_of("nobody"), encode(form, "TokenRequest", {}), Accept=MEDIA[accepted])
        expect(answer, accepted, *not_found("serviceaccounts", "nobody"))


@pytest.mark.parametrize("query", ["dryRun=All", "fieldManager=x&dryRun=All", "dryRun=", "dryRun"])
def test_a_dry_run_of_a_token_is_refused(declared, query):
    answer = post(declared, "json", f"{path_of('builder')}?{query}", b"{}")
    expect(answer, "json", 400, "BadRequest",
           "a dry run of a token request is not supported: a token is good once it is made")


# ---- TokenReview, SelfSubjectReview ----------------------------------------------------------------------------------
@forms
def test_a_review_of_no_token(declared, form):
    expect(post(declared, form, TOKEN_REVIEWS, encode(form, "TokenReview", {"spec": {"token": ""}})), form, 400,
           "BadRequest", "token is required for TokenReview in authentication")


@forms
def test_a_review_by_who_may_not(declared, form):
    answer = post(declared, form, TOKEN_REVIEWS, encode(form, "TokenReview", {"spec": {"token": "x"}}), NARROW)
    expect(answer, form, 403, "Forbidden",
           f'tokenreviews.{GROUP} is forbidden: User "narrow" cannot create resource "tokenreviews" in API group '
           f'"{GROUP}" at the cluster scope', {"group": GROUP, "kind": "tokenreviews"})


@forms
def test_a_token_that_does_not_hold_is_an_answer_and_no_error(declared, form):
    answer = post(declared, form, TOKEN_REVIEWS, encode(form, "TokenReview", {"spec": {"token": "x"}}))
    review = answer.json() if form == "json" else k8sproto.decode(answer.body)[2]
    assert answer.status == 201
    assert without_empty(review["status"]) == {"error": "invalid bearer token"}


@forms
@pytest.mark.parametrize("version", ["v1", "v1beta1"])
def test_who_one_is(declared, form, version):
    answer = post(declared, form, SELF_REVIEWS.replace("/v1/", f"/{version}/"),
                  encode(form, "SelfSubjectReview", {}, version), UNLIMITED)
    review = answer.json() if form == "json" else k8sproto.decode(answer.body)[2]
    said = review["apiVersion"] if form == "json" else k8sproto.decode(answer.body)[1]
    assert (answer.status, answer.headers["Content-Type"], said) == (201, MEDIA[form], f"{GROUP}/{version}")
    assert without_empty(review["status"]["userInfo"]) == {"username": "unlimited", "uid": "3",
                                                           "groups": ["system:authenticated"]}


# ---- whatever the object ---------------------------------------------------------------------------------------------
OBJECTS = {"token": (path_of("builder"), "TokenRequest"), "tokenreviews": (TOKEN_REVIEWS, "TokenReview"),
           "selfsubjectreviews": (SELF_REVIEWS, "SelfSubjectReview")}
objects = pytest.mark.parametrize("path, kind", OBJECTS.values(), ids=OBJECTS)


@forms
@objects
@pytest.mark.parametrize("token", [None, harness.ADMIN_TOKEN[:-1] + "x"], ids=["nothing", "wrong"])
def test_nobody(declared, form, path, kind, token):
    answer = post(declared, form, path, encode(form, kind, {}), token)
    expect(answer, form, 401, "Unauthorized", "Unauthorized")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="mintmark"'


@forms
@objects
def test_another_media_type(declared, form, path, kind):
    for media in ("application/yaml", "text/plain", "application/json-patch+json", "application/x-www-form-urlencoded"):
        answer = post(declared, form, path, encode(form, kind, {}), Content_Type=media)
        expect(answer, form, 415, "UnsupportedMediaType",
               "the body of the request was in an unknown format - accepted media types include: application/json, "
               "application/vnd.kubernetes.protobuf")


@objects
def test_an_answer_that_could_not_be_read(declared, path, kind):
    for accept in ("application/yaml", "text/html", "application/json;q=0"):
        answer = post(declared, "json", path, encode("json", kind, {}), Accept=accept)
        expect(answer, "json", 406, "NotAcceptable", "only the following media types are accepted: application/json, "
                                                     "application/vnd.kubernetes.protobuf")


@forms
@objects
@pytest.mark.parametrize("body", [b"{", b"", b"k8s\0\xff", b"[]", b'{"kind":"Pod","apiVersion":"v1"}', b"\0" * 100],
                         ids=["cut", "empty", "half", "list", "another kind", "zeros"])
def test_a_body_that_is_none(declared, form, path, kind, body):
    found, (code, reason, message, details) = read_status(post(declared, form, path, body))
    assert (found, code, reason, details) == (form, 400, "BadRequest", None)
    assert message and re.fullmatch(r"[ -~]+", message)


@objects
def test_a_body_without_a_type_is_json(declared, path, kind):
    with Client(declared, admin=True) as client:
        body = encode("json", kind, {"spec": {"token": "x"}} if kind == "TokenReview" else {})
        client.send(f"POST {path} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {harness.ADMIN_TOKEN}\r\n"
                    f"Transfer-Encoding: chunked\r\n\r\n{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n")
        status, headers, _ = client.response()
        assert (status, headers["content-type"]) == (201, "application/json")


@forms
def test_another_path_and_another_method(declared, form):
    expect(post(declared, form, "/api/v1/namespaces", b""), form, 404, "NotFound",
           "the server could not find the requested resource")
    answer = declared.get(path_of("builder"), headers={"Accept": MEDIA[form]}, admin=True)
    expect(answer, form, 405, "MethodNotAllowed", "the server does not allow this method on the requested resource")
    assert answer.headers["Allow"] == "POST"


@forms
def test_metrics_for_who_may_not(declared, form):
    expect(declared.get("/metrics", headers={"Accept": MEDIA[form]}, admin=True, token=NARROW), form, 403, "Forbidden",
           'forbidden: User "narrow" cannot get path "/id/prod/metrics"')


@forms
def test_a_body_that_is_too_large(declared, form):
    expect(post(declared, form, path_of("builder"), b"x" * 70000), form, 413, "RequestEntityTooLarge", "body too large")


# ---- too often -------------------------------------------------------------------------------------------------------
@forms
def test_whoever_comes_too_often_reads_when_to_come_back(make_issuer, form):
    with make_issuer(config={"limits": {"rate": 1, "burst": 3}}) as issuer:
        body = encode(form, "TokenRequest", {})
        answers = [post(issuer, form, path_of("builder"), body) for _ in range(5)]
        refused = next(answer for answer in answers if answer.status != 201)

        assert [answer.status for answer in answers[:3]] == [201] * 3
        assert refused.headers["Retry-After"] == "1"
        expect(refused, form, 429, "TooManyRequests", "Too many requests, please try again later.",
               {"retryAfterSeconds": 1})
        assert issuer.get("/livez", admin=True).status == 200
