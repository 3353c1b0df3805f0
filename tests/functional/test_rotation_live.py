# SPDX-License-Identifier: Apache-2.0
"""The promise, live: `serve` rotates every three seconds, three keys are revoked, tokens are minted all the time, and
no verifier with a cache refuses any but those of the revoked keys.

The verifiers are jose's (verifiers.mjs). They keep a JWKS for as long as `verifier_cache` allows and never look early.
"""
import collections
import datetime
import json
import math
import shutil
import subprocess
import threading
import time

import jwt
import pytest

import harness

AUDIENCE = "sts.example.com"
JWKS = "/openid/v1/jwks"
SECOND = math.ceil(harness.PATIENCE)  # of the test; a slow program gets longer ones
PROPAGATION, VERIFIER_CACHE, ROTATE_EVERY, MAX_TTL = 1 * SECOND, 2 * SECOND, 3 * SECOND, 2 * SECOND
PUBLISH_WAIT, RETIRE_WAIT = PROPAGATION + VERIFIER_CACHE, PROPAGATION + MAX_TTL
ROTATIONS = 20
REVOKE_AFTER = (4, 9, 14)  # rotations
VERIFIERS = 6


def seconds(text):
    """The time of a stored timestamp, None for one that is not there."""
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() if text else None


def history(issuer):
    """Every key that there ever was, by kid: the times of its steps and the waits that were frozen with them."""
    keys = json.loads((issuer.data_dir / "keyset.json").read_text())["keys"]
    steps = ("published", "activated", "retired", "removed", "revoked")
    return {key["kid"]: {**{step: seconds(key.get(step)) for step in steps},
                         "publish_wait": key["publish_wait"], "retire_wait": key.get("retire_wait")} for key in keys}


def rotations(keys):
    """How many keys have come to sign in good order: not the first, nor those that took over from a revoked one."""
    revoked = sum(key["revoked"] is not None for key in keys.values())
    return sum(key["activated"] is not None for key in keys.values()) - 1 - revoked


class Minter(threading.Thread):
    """Mints tokens on the command line, one after the other, and hands them to `take`."""

    def __init__(self, issuer, take):
        super().__init__()
        self.issuer, self.take = issuer, take
        self.minted = []  # (when it was asked for, kid)
        self.slow = 0  # were printed so late that they say nothing: the one that signs may have changed long ago
        self.error = None
        self.stop = threading.Event()

    def run(self):
        try:
            while not self.stop.is_set():
                self.mint()
                self.stop.wait(0.025 * SECOND)
        except Exception as error:  # pylint: disable=broad-except
            self.error = error

    def mint(self):
        asked = time.time()
        token = self.issuer.token("builder", "-n", "ci", "--audience", AUDIENCE, "--duration", f"{MAX_TTL}s")
        if time.time() - asked > PROPAGATION / 2:
            self.slow += 1
            return
        self.minted.append((asked, jwt.get_unverified_header(token)["kid"]))
        self.take(token)


class Verifiers:
    """verifiers.mjs, fed with tokens."""

    def __init__(self, issuer):
        arguments = (issuer.url + JWKS, issuer.url, AUDIENCE, issuer.algorithm, VERIFIERS, VERIFIER_CACHE * 1000)
        self.process = subprocess.Popen(
            ["node", harness.SOURCE_DIR / "tests/functional/verifiers.mjs", *map(str, arguments)], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def take(self, token):
        self.process.stdin.write(token + "\n")
        self.process.stdin.flush()

    def report(self):
        """Ends them; what they saw."""
        out, _ = self.process.communicate(timeout=30 * harness.PATIENCE)
        assert self.process.returncode == 0
        return json.loads(out)

    def kill(self):
        self.process.kill()
        self.process.wait()


def revoke_active(issuer):
    """Revokes the key that signs, with a standby that every verifier has; (kid, when it was asked for, when done)."""
    def standby_is_ready():
        keys = json.loads(issuer.run("key", "list", "-o", "json").stdout)["keys"]
        return any(key["state"] == "ready" for key in keys)

    harness.wait_until(standby_is_ready, "a standby is ready")
    revoked_before = {kid for kid, key in history(issuer).items() if key["revoked"]}
    asked = time.time()
    issuer.run("key", "revoke", "active", "--yes")
    done = time.time()
    kid, = {kid for kid, key in history(issuer).items() if key["revoked"]} - revoked_before
    return kid, asked, done


def rotate_as_soon_as_it_is_allowed(issuer):
    """By hand: then a key signs that has waited no longer than it had to, as none does that stood by for a rotation."""
    def rotated():
        result = issuer.run("key", "rotate", status=None)
        reasons = ("not ready before", "somebody else committed first")  # which is the rotor
        assert result.returncode == 0 or any(reason in result.stderr for reason in reasons), result.stderr
        return result.returncode == 0

    harness.wait_until(rotated, "the next standby is ready", timeout=2 * PUBLISH_WAIT / harness.PATIENCE, interval=0.05)


def run_the_scene(issuer):
    """Rotations and revokes under load; (report of the verifiers, minter, revokes)."""
    verifiers = Verifiers(issuer)
    minter = Minter(issuer, verifiers.take)
    revokes = []
    try:
        minter.start()
        for count in (*REVOKE_AFTER, ROTATIONS):
            harness.wait_until(lambda count=count: rotations(history(issuer)) >= count or minter.error,
                               lambda: f"{count} rotations; the log of serve:\n{issuer.log()}", interval=0.2,
                               timeout=(ROTATIONS + len(REVOKE_AFTER)) * ROTATE_EVERY / harness.PATIENCE * 2)
            if count in REVOKE_AFTER:
                time.sleep(PUBLISH_WAIT * 0.4 * (1 + len(revokes)))  # at another point of the cycle each time
                revokes.append(revoke_active(issuer))
                rotate_as_soon_as_it_is_allowed(issuer)
        minter.stop.set()
        minter.join()
        if minter.error:
            raise minter.error
        return verifiers.report(), minter, revokes
    finally:
        minter.stop.set()
        minter.join()
        verifiers.kill()


@pytest.fixture(scope="module")
def scene(mintmark, tmp_path_factory):
    """The issuer after the run, and what was seen in it."""
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    if not (harness.SOURCE_DIR / "tests/functional/node_modules/jose").is_dir():
        pytest.skip("jose is not installed: npm ci in tests/functional")
    config = {"keys": {"propagation": f"{PROPAGATION}s", "verifier_cache": f"{VERIFIER_CACHE}s", "clock_skew": "0s",
                       "rotate_every": f"{ROTATE_EVERY}s"},
              "tokens": {"max_ttl": f"{MAX_TTL}s", "default_ttl": f"{MAX_TTL}s"}}
    issuer = harness.Issuer(mintmark, tmp_path_factory.mktemp("rotating"), config=config)
    # Times are cut to whole seconds, and waits with them; what is cut off is missing from `propagation`. The server
    # looks at its keys once a second from its start on: early in one, little is cut off.
    time.sleep(1 - time.time() % 1)
    with issuer:
        report, minter, revokes = run_the_scene(issuer)
        Scene = collections.namedtuple("Scene", "report minter revokes keys log")
        yield Scene(report, minter, revokes, history(issuer), issuer.log())


# ---- what was seen ---------------------------------------------------------------------------------------------------
def test_no_token_is_refused_but_those_of_revoked_keys(scene):
    revoked = {kid: asked for kid, asked, _ in scene.revokes}
    wrong = [refusal for refusal in scene.report["refusals"]
             if not (refusal["kid"] in revoked and refusal["at"] >= revoked[refusal["kid"]] * 1000)]
    told = json.dumps({"refusals": wrong[:5], "keys": scene.keys, "revoked": revoked}, indent=1)
    assert not wrong, f"{len(wrong)} refusals, of which the first are:\n{told}\n{scene.log}"


def test_the_jwks_was_there_whenever_a_verifier_asked(scene):
    assert scene.report["unreachable"] == []


def test_a_key_is_out_of_the_jwks_when_revoke_has_returned(scene):
    """Until replicas have caught up, which is `propagation`."""
    for kid, _, done in scene.revokes:
        accepted = [seen["accepted"].get(kid, 0) for seen in scene.report["verifiers"]]
        assert any(accepted), "the key did sign"
        assert max(accepted) <= (done + PROPAGATION) * 1000


def test_a_revoked_key_signs_nothing_more_and_its_standby_signs_at_once(scene):
    for kid, _, done in scene.revokes:
        kids = [minted for asked, minted in scene.minter.minted if asked > done]
        assert kids and kid not in kids
        successor = scene.keys[kids[0]]
        assert successor["activated"] <= done
        assert successor["published"] + successor["publish_wait"] <= successor["activated"]


def test_every_key_waited_in_full(scene):
    """By the stored times: served for publish_wait before it signed, and for retire_wait after it had."""
    first = min(scene.keys, key=lambda kid: scene.keys[kid]["activated"] or math.inf)
    for kid, key in scene.keys.items():
        if key["activated"] is not None and kid != first:
            assert key["activated"] >= key["published"] + key["publish_wait"], kid
        if key["removed"] is not None and key["activated"] is not None:
            assert key["removed"] >= key["retired"] + RETIRE_WAIT and key["retire_wait"] >= RETIRE_WAIT, kid
    waits = [key["publish_wait"] for key in scene.keys.values()]
    assert waits == [0, 0] + [PUBLISH_WAIT] * (len(waits) - 2), "but the first two, which verifiers have from the start"


def test_enough_happened_for_all_this_to_mean_something(scene):
    """And the machine was quick enough for it: what came too late to be evidence is little."""
    report, signers = scene.report, {kid for _, kid in scene.minter.minted}
    assert rotations(scene.keys) >= ROTATIONS and len(scene.revokes) == len(REVOKE_AFTER)
    assert len(signers) >= ROTATIONS + len(scene.revokes), "every key that signed has a token in the run"
    assert sum(key["removed"] is not None for key in scene.keys.values()) >= ROTATIONS - 3
    assert report["tokens"] == len(scene.minter.minted) >= 4 * ROTATIONS * ROTATE_EVERY / SECOND
    assert len(report["verifiers"]) == VERIFIERS
    for seen in report["verifiers"]:
        assert seen["fetches"] >= ROTATIONS * ROTATE_EVERY / VERIFIER_CACHE * 0.8
        assert seen["verifications"] >= report["tokens"]
        assert signers <= set(seen["accepted"])
        assert 0.8 * VERIFIER_CACHE * 1000 <= seen["oldest_ms"] <= VERIFIER_CACHE * 1000
        assert seen["late"] <= 0.02 * seen["verifications"]
    assert scene.minter.slow <= 0.02 * report["tokens"]
    total = sum(seen["verifications"] for seen in report["verifiers"])
    late = sum(seen["late"] for seen in report["verifiers"])
    print(f"{rotations(scene.keys)} rotations, {len(scene.revokes)} revokes, {report['tokens']} tokens, {total} "
          f"verifications ({late} too late to count), {len(report['refusals'])} refusals, all of revoked keys")
