# SPDX-License-Identifier: Apache-2.0
"""`mintmark dev`: what it says, what it serves, what it changes at once, and when it stops."""
import base64
import json
import os
import signal
import socket
import ssl
import subprocess
import time
import urllib.error

import jwt
import pytest

from devissuer import Dev
import harness


@pytest.fixture
def dev(mintmark):
    with Dev(mintmark) as running:
        yield running


def claims_of(token):
    return jwt.decode(token, options={"verify_signature": False})


def verify(dev, token, issuer=None, **options):
    """As a stranger would, with the keys that are served now."""
    about = issuer or dev.about
    keys = jwt.PyJWKSet.from_dict(dev.fetch(about["url"] + "/openid/v1/jwks")).keys
    kid = jwt.get_unverified_header(token)["kid"]
    key = next((key for key in keys if key.key_id == kid), None)
    assert key, f"no key {kid} is published"
    return jwt.decode(token, key.key, algorithms=["ES256", "RS256", "EdDSA"], audience=about["issuer"],
                      issuer=about["issuer"], options=options)


# ---- what it says and when it stops ----------------------------------------------------------------------------------
def test_one_line_tells_where_everything_is(dev):
    about = dev.about
    assert list(about) == ["issuer", "jwks_uri", "url", "admin_url", "admin_token", "pid", "issuers"]
    assert about["pid"] == dev.process.pid
    assert about["issuers"] == [{name: about[name] for name in ("issuer", "jwks_uri", "url", "admin_url")}]
    discovery = dev.fetch(about["url"] + "/.well-known/openid-configuration")
    assert (discovery["issuer"], discovery["jwks_uri"]) == (about["issuer"], about["jwks_uri"])
    assert len(dev.fetch(about["jwks_uri"])["keys"]) == 2


def test_a_token_is_good(dev):
    assert verify(dev, dev.token())["sub"] == "system:serviceaccount:ci:builder"


def test_it_ends_when_its_standard_input_is_closed(mintmark):
    dev = Dev(mintmark)
    assert dev.stop() == "", "and says nothing"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_it_ends_on_a_signal(mintmark, number):
    dev = Dev(mintmark)
    dev.process.send_signal(number)
    assert dev.process.wait(timeout=15 * harness.PATIENCE) == 0
    dev.stop()


def test_it_ends_with_its_parent(mintmark, tmp_path):
    """A test run that is killed leaves nothing behind."""
    said = tmp_path / "said"
    script = f"exec 3>&1; sleep 600 | '{mintmark.path}' dev >'{said}'"
    with subprocess.Popen(["sh", "-c", script], stdin=subprocess.DEVNULL, start_new_session=True) as parent:
        pid = harness.wait_until(lambda: said.exists() and said.read_text().endswith("\n") and
                                 json.loads(said.read_text())["pid"], "it is ready")
        writer = subprocess.run(["pgrep", "-P", str(parent.pid), "sleep"], capture_output=True, text=True, check=True)
        os.kill(int(writer.stdout), signal.SIGKILL)
        parent.wait(timeout=15 * harness.PATIENCE)
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_it_runs_on_without_a_standard_input(mintmark, tmp_path):
    """As a background job of a shell has it: /dev/null, at whose end one always is."""
    said = tmp_path / "said"
    with open(said, "wb") as out, mintmark.popen("dev", stdout=out) as process:
        harness.wait_until(lambda: said.read_text().endswith("\n"), "it is ready")
        time.sleep(0.2)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=15 * harness.PATIENCE) == 0


def test_it_runs_on_when_standard_input_was_closed_before(mintmark):
    script = f"exec 0<&-; exec '{mintmark.path}' dev"
    with subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE) as process:
        assert json.loads(process.stdout.readline())["pid"] == process.pid
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=15 * harness.PATIENCE) == 0


@pytest.mark.parametrize("redirection, why", [(">/dev/full", "No space left on device"),
                                              (">&-", "Bad file descriptor")], ids=["full", "closed"])
def test_it_ends_when_it_cannot_say_where_it_is(mintmark, redirection, why):
    result = subprocess.run(["sh", "-c", f"'{mintmark.path}' dev {redirection}"], stdin=subprocess.DEVNULL, text=True,
                            stderr=subprocess.PIPE, timeout=15 * harness.PATIENCE, check=False)
    assert result.returncode == 1
    assert result.stderr == f"mintmark: cannot write to standard output: {why}\n"


def test_it_needs_no_file_and_leaves_none(mintmark, tmp_path):
    process = subprocess.Popen([mintmark.path, "dev", "--tls"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               cwd=tmp_path, env={"PATH": "", "HOME": str(tmp_path), "TMPDIR": str(tmp_path)})
    assert json.loads(process.stdout.readline())["ca"].startswith("-----BEGIN CERTIFICATE-----\n")
    process.communicate()
    assert list(tmp_path.iterdir()) == []


# ---- the command line ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("flags, says", [
    (["--listen", "0.0.0.0:0"], '--listen: found "0.0.0.0:0"; accepted: HOST:PORT on this host alone'),
    (["--admin", "192.0.2.1:80"], '--admin: found "192.0.2.1:80"; accepted: HOST:PORT on this host alone'),
    (["--admin", "unix:/tmp/socket"], '--admin: found "unix:/tmp/socket"'),
    (["--admin", "off"], '--admin: found "off"'),
    (["--issuer", "https://host/"], "--issuer: "),
    (["--issuer", "http://host"], "--issuer: "),
    (["--issuer", "http://localhost", "--tls"], "--tls: needs an https issuer"),
    (["--admin", "127.0.0.1:1", "--listen", "127.0.0.1:1"], '--admin: found "127.0.0.1:1"; accepted: another port'),
    (["--audience", "a", "--audience", "a"], "--audience a: given twice"),
    (["--path", "/a"], "--path /a: begins with a slash"),
    (["--path", "a", "--path", "a"], "--path a: given twice"),
    (["--workers", "0"], '--workers: found "0"; accepted: 1 to 64'),
    (["--workers", "2x"], '--workers: found "2x"'),
    (["--algorithm", "HS256"], '--algorithm: found "HS256"; accepted: RS256'),
], ids=lambda value: "_".join(value).replace("/", "|") if isinstance(value, list) else "")
def test_what_it_cannot_do_is_told(mintmark, flags, says):
    result = mintmark("dev", *flags, status=2)
    assert result.stdout == "" and says in result.stderr


def test_a_port_that_is_taken_is_told(mintmark):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        assert address in mintmark("dev", "--listen", address, status=1).stderr


@pytest.mark.parametrize("algorithm", ["RS256", "EdDSA"])
def test_keys_are_for_the_algorithm_that_was_asked_for(mintmark, algorithm):
    with Dev(mintmark, "--algorithm", algorithm) as dev:
        assert jwt.get_unverified_header(dev.token())["alg"] == algorithm
        verify(dev, dev.token())


def test_the_issuer_may_be_one_that_is_not_here(mintmark):
    with Dev(mintmark, "--issuer", "https://oidc.example.com/id/prod") as dev:
        about = dev.about
        assert about["jwks_uri"] == "https://oidc.example.com/id/prod/openid/v1/jwks"
        assert about["url"].startswith("http://127.0.0.1:") and about["url"].endswith("/id/prod")
        assert verify(dev, dev.token())["iss"] == "https://oidc.example.com/id/prod"


def test_audiences_are_those_that_were_given(mintmark):
    with Dev(mintmark, "--audience", "a", "--audience", "b") as dev:
        assert claims_of(dev.token())["aud"] == ["a", "b"]


def test_issuers_have_keys_of_their_own(mintmark):
    with Dev(mintmark, "--path", "tenants/a", "--path", "b") as dev:
        first, *_ = issuers = dev.about["issuers"]
        assert [about["issuer"] for about in issuers] == [first["issuer"] + path for path in ("", "/tenants/a", "/b")]
        kids = [set(dev.kids(about)) for about in issuers]
        assert len(set.union(*kids)) == 6
        for about in issuers:
            verify(dev, dev.token(at=about), about)
        dev.ask("POST", "/dev/rotate", at=issuers[2])
        assert [set(dev.kids(about)) == before for about, before in zip(issuers, kids)] == [True, True, False]


# ---- TLS -------------------------------------------------------------------------------------------------------------
def test_over_tls_the_certificate_that_is_told_is_trusted_by_strict_clients(mintmark):
    with Dev(mintmark, "--tls") as dev:
        dev.context.verify_flags |= ssl.VERIFY_X509_STRICT
        assert dev.about["issuer"].startswith("https://127.0.0.1:")
        verify(dev, dev.token())
        with pytest.raises(urllib.error.URLError):
            dev.context = ssl.create_default_context()
            dev.kids()


def test_over_tls_every_loopback_name_will_do(mintmark):
    with Dev(mintmark, "--tls", "--listen", "localhost:0") as dev:
        port = dev.about["url"].rsplit(":", 1)[1]
        for host in ("localhost", "127.0.0.1"):
            assert dev.fetch(f"https://{host}:{port}/openid/v1/jwks")["keys"]


# ---- who may -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", ["/dev/clock", "/dev/rotate", "/api/v1/namespaces/a/serviceaccounts/b/token", "/no"],
                         ids=["clock", "rotate", "token", "unknown"])
@pytest.mark.parametrize("token", [None, "x" * 32], ids=["nobody", "wrong"])
def test_nobody_else_is_answered(dev, path, token):
    assert dev.ask("POST", path, token=token, status=401)["message"] == "Unauthorized"


def test_a_token_of_its_own_changes_nothing(dev):
    """Whom a test hands a token is a service account, whose keys they are not."""
    before = dev.kids()
    assert dev.ask("POST", "/dev/revoke", token=dev.token(), status=403)["reason"] == "Forbidden"
    assert dev.kids() == before


def test_the_public_listener_has_none_of_it(dev):
    with pytest.raises(urllib.error.HTTPError, match="404"):
        dev.fetch(dev.about["url"] + "/dev/clock")


# ---- the clock -------------------------------------------------------------------------------------------------------
def test_a_frozen_clock_is_that_of_tokens_and_of_their_review(dev):
    review = "/apis/authentication.k8s.io/v1/tokenreviews"
    early = dev.token()
    assert dev.ask("PUT", "/dev/clock", {"at": "2030-01-01T00:00:00Z"}) == \
        {"now": "2030-01-01T00:00:00Z", "frozen": True, "shift": "0s"}
    answer = dev.token_request()
    assert claims_of(answer["status"]["token"])["iat"] == 1893456000
    assert answer["metadata"]["creationTimestamp"] == "2030-01-01T00:00:00Z"
    assert "expired" in dev.ask("POST", review, {"spec": {"token": early}}, status=201)["status"]["error"]
    assert dev.ask("POST", review, {"spec": {"token": dev.token()}}, status=201)["status"]["authenticated"]


def test_a_shifted_clock_runs(dev):
    assert dev.ask("PUT", "/dev/clock", {"shift": "-2h"})["shift"] == "-2h"
    assert abs(claims_of(dev.token())["iat"] - time.time() + 7200) < 60
    with pytest.raises(jwt.ExpiredSignatureError):
        verify(dev, dev.token())
    assert dev.ask("PUT", "/dev/clock", {})["shift"] == "0s"
    verify(dev, dev.token())


def test_the_clock_stays_when_it_is_only_asked_for(dev):
    dev.ask("PUT", "/dev/clock", {"at": "2030-01-01T00:00:00Z"})
    for _ in range(2):
        assert dev.ask("GET", "/dev/clock") == {"now": "2030-01-01T00:00:00Z", "frozen": True, "shift": "0s"}


@pytest.mark.parametrize("body, says", [
    ({"at": "tomorrow"}, 'body: at: found "tomorrow"; accepted: a time such as 2030-01-01T00:00:00Z'),
    ({"at": 5}, "body: at: not a string"),
    ({"shift": "1 hour"}, 'body: shift: found "1 hour"; accepted: a duration'),
    ({"shift": "--1h"}, 'body: shift: found "--1h"'),
    ({"shift": "36501d"}, "up to 100 years"),
    ({"at": "2030-01-01T00:00:00Z", "shift": "1h"}, "exclude each other"),
    ({"time": "1h"}, "body: time: unknown; accepted: at, shift"),
    ([], "body: "),
], ids=["at", "number", "shift", "sign", "far", "both", "unknown", "list"])
def test_a_clock_that_cannot_be_set_stays_as_it_is(dev, body, says):
    assert says in dev.ask("PUT", "/dev/clock", body, status=400)["message"]
    assert dev.ask("GET", "/dev/clock")["frozen"] is False


# ---- the keys --------------------------------------------------------------------------------------------------------
def test_after_rotate_the_new_key_signs_and_the_old_one_verifies(dev):
    old, before = dev.token(), dev.kids()
    answer = dev.ask("POST", "/dev/rotate")
    assert [event["event"] for event in answer["events"]] == ["retired", "activated", "published"]
    assert [(key["kid"], key["state"]) for key in answer["keys"]][:2] == [(before[0], "retired"), (before[1], "active")]
    assert dev.kids()[0] == before[1] == jwt.get_unverified_header(dev.token())["kid"]
    verify(dev, old)


def test_a_revoked_key_is_out_of_the_jwks_at_once(dev):
    old, kid = dev.token(), dev.kids()[0]
    assert dev.ask("POST", "/dev/revoke")["keys"][0] == {"kid": kid, "alg": "ES256", "state": "revoked",
                                                          "tainted": False}
    assert kid not in dev.kids()
    with pytest.raises(AssertionError, match="is published"):
        verify(dev, old)
    verify(dev, dev.token())


def test_a_tainted_key_stays_in_the_jwks(dev):
    old, kid = dev.token(), dev.kids()[0]
    assert dev.ask("POST", "/dev/taint")["keys"][0] == {"kid": kid, "alg": "ES256", "state": "retired", "tainted": True}
    assert kid in dev.kids()[1:]
    verify(dev, old)


def test_keys_can_be_named(dev):
    active, standby = dev.kids()
    dev.ask("POST", "/dev/revoke", {"kid": standby})
    assert dev.kids()[0] == active and standby not in dev.kids()
    refused = dev.ask("POST", "/dev/rotate", {"kid": active}, status=422)
    assert f"key {active} is active" in refused["message"]
    assert dev.ask("POST", "/dev/taint", {"kid": "nobody"}, status=404)["message"] == "there is no key nobody"


def test_rotations_without_end(dev):
    """Each answer holds at once, for whoever asks next, and the JWKS never overflows."""
    for _ in range(25):
        active = [key["kid"] for key in dev.ask("POST", "/dev/rotate")["keys"] if key["state"] == "active"]
        assert jwt.get_unverified_header(dev.token())["kid"] == active[0]
    assert len(dev.kids()) == 20


# ---- annotations -----------------------------------------------------------------------------------------------------
def test_claims_and_issuer_are_what_the_annotations_say(dev):
    token = dev.token(claims='{"sub":"me","team":["a"],"nbf":null}', issuer="https://other.example.com")
    claims = claims_of(token)
    assert (claims["sub"], claims["team"], claims["iss"]) == ("me", ["a"], "https://other.example.com")
    assert "nbf" not in claims
    header, payload, signature = token.split(".")
    assert b'"aud"' in base64.urlsafe_b64decode(payload + "==") and header and signature


def test_the_answer_tells_the_expiry_of_the_token(dev):
    expired = dev.token_request(fault="expired")["status"]
    assert expired["expirationTimestamp"] < time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    assert dev.token_request(fault="no-exp")["status"]["expirationTimestamp"] is None


@pytest.mark.parametrize("annotations, says", [
    ({"fault": "expird"}, 'annotation mintmark.dev/fault: found "expird"; accepted: what'),
    ({"fault": "retired-key"}, "no retired key for ES256 is published: rotate the keys first"),
    ({"claims": "[]"}, "annotation mintmark.dev/claims: "),
    ({"claims": '{"a":1'}, "annotation mintmark.dev/claims: "),
    ({"clock": "x"}, "annotation mintmark.dev/clock: unknown; accepted: mintmark.dev/fault, mintmark.dev/claims"),
], ids=["unknown", "no-key", "list", "broken", "name"])
def test_what_an_annotation_cannot_mean_is_told(dev, annotations, says):
    answer = dev.token_request(status=400, **annotations)
    assert says in answer["message"] and answer["reason"] == "BadRequest"


def test_other_annotations_are_nothing_to_it(dev):
    body = {"metadata": {"annotations": {"example.com/fault": "expired"}}}
    answer = dev.ask("POST", "/api/v1/namespaces/ci/serviceaccounts/builder/token", body, status=201)
    verify(dev, answer["status"]["token"])


def test_kubernetes_rules_hold_for_a_wrong_token_too(dev):
    body = {"metadata": {"annotations": {"mintmark.dev/fault": "expired"}}, "spec": {"expirationSeconds": 60}}
    refused = dev.ask("POST", "/api/v1/namespaces/ci/serviceaccounts/builder/token", body, status=422)
    assert "may not specify a duration less than 10 minutes" in refused["message"]
