# SPDX-License-Identifier: Apache-2.0
"""The rotor of `serve`: it does what the schedule says, once, whoever else is at the key set, and keeps trying."""
import fcntl
import json
import re
import resource
import signal
import time

import pytest

import harness

JWKS = "/openid/v1/jwks"
SHORT_KEYS = {"rotate_every": "3s", "propagation": "0s", "verifier_cache": "1s", "clock_skew": "0s"}
SHORT_TOKENS = {"default_ttl": "1s", "max_ttl": "2s"}
BY_HAND = {"keys": {**SHORT_KEYS, "rotate_every": "0s"}, "tokens": SHORT_TOKENS}
# A new algorithm is work that is due at once.
NEW_ALGORITHM = {"keys": {"algorithm": None, "algorithms": ["ES256", "EdDSA"]}}


def metric(issuer, name):
    page = issuer.get("/metrics", admin=True).body.decode()
    return float(re.search(rf"^{re.escape(name)} (\S+)$", page, re.M).group(1))


def keys(issuer):
    return json.loads((issuer.data_dir / "keyset.json").read_text())["keys"]


def revision(issuer):
    return json.loads((issuer.data_dir / "keyset.json").read_text())["revision"]


def audit(issuer):
    return [json.loads(line) for line in (issuer.data_dir / "audit.log").read_text().splitlines()]


def wait_for_revision(issuer, number, timeout=10.0):
    harness.wait_until(lambda: revision(issuer) >= number or issuer.process.poll() is not None,
                       lambda: f"revision {number}; the log:\n{issuer.log()}", timeout=timeout)


def assert_each_step_was_done_once(issuer):
    """What the audit says is one history: no revision twice, no key taken through one step twice."""
    lines = audit(issuer)
    assert not [line for line in lines if line["event"] == "abandoned"]
    steps = [(line["kid"], line["event"]) for line in lines]
    assert len(steps) == len(set(steps))
    revisions = sorted({line["revision_after"] for line in lines})
    assert revisions == list(range(1, revision(issuer) + 1))
    assert all(line["revision_before"] == line["revision_after"] - 1 for line in lines)
    authors = {}
    for line in lines:
        assert authors.setdefault(line["revision_after"], line["pid"]) == line["pid"], "a revision of two processes"
    activations = [line for line in lines if line["event"] == "activated"]
    assert len(activations) == 1 + len([line for line in lines if line["event"] == "retired"]), "one signer at a time"


# ---- rotation --------------------------------------------------------------------------------------------------------
def test_keys_rotate_themselves_and_a_restart_makes_none(make_issuer):
    issuer = make_issuer(config={"keys": SHORT_KEYS, "tokens": SHORT_TOKENS}).start()
    first = issuer.get(JWKS).json()["keys"][0]["kid"]
    harness.wait_until(lambda: issuer.get(JWKS).json()["keys"][0]["kid"] != first, "another key signs")
    issuer.configure({"keys": {"rotate_every": "0s"}})
    issuer.reload()
    harness.wait_until(lambda: metric(issuer, "mintmark_next_action_timestamp_seconds") == 0 or
                       "next=remove" in issuer.log().splitlines()[-1], issuer.log)
    served = issuer.get(JWKS).body
    issuer.stop()
    assert_each_step_was_done_once(issuer)
    by_rotor = [line for line in audit(issuer) if line["actor"] == "rotor"]
    assert {"published", "activated", "retired"} <= {line["event"] for line in by_rotor}
    assert "rotate_every has passed" in {line["why"] for line in by_rotor}
    for line in by_rotor:
        assert f'msg="key {line["event"]}" kid={line["kid"]}' in issuer.log()
    assert re.search(r"msg=serving .* next=publish alg=ES256 at=20\S+Z$", issuer.log(), re.M)
    assert re.search(rf'msg="key set loaded" revision=\d+ keys=3 next=activate alg=ES256 kid=\S+ at=20\S+Z$',
                     issuer.log(), re.M)

    before = revision(issuer)
    issuer.start()
    assert issuer.get(JWKS).body == served
    time.sleep(1.2)  # the rotor has looked
    issuer.stop()
    assert revision(issuer) == before


def test_two_servers_and_the_command_line_do_each_step_once(make_issuer):
    config = {"keys": {**SHORT_KEYS, "rotate_every": "2s"}, "tokens": SHORT_TOKENS}
    one = make_issuer(config=config)
    other = make_issuer(config={**config, "data_dir": str(one.data_dir), "issuer": one.url})
    one.start()
    other.start()
    for _ in range(3):
        seen = revision(one)
        one.run("key", "rotate", status=None)  # refused where the next key is not ready yet
        wait_for_revision(one, seen + 2)
    wait_for_revision(one, 8)
    for issuer in (one, other):
        issuer.configure({"keys": {"rotate_every": "0s"}})
        issuer.reload()
    harness.wait_until(lambda: all(metric(issuer, "mintmark_next_action_timestamp_seconds") == 0 or
                                   "next=remove" in issuer.log().splitlines()[-1] for issuer in (one, other)),
                       "both have the new policy")
    harness.wait_until(lambda: len({metric(issuer, "mintmark_keyset_revision") for issuer in (one, other)}) == 1,
                       "both serve one revision")
    answers = [issuer.get(JWKS) for issuer in (one, other)]
    assert answers[0].body == answers[1].body
    assert answers[0].headers["ETag"] == answers[1].headers["ETag"]
    for issuer in (one, other):
        issuer.stop()
        assert "level=error" not in issuer.log()
    assert_each_step_was_done_once(one)


def test_a_changed_policy_is_followed_at_once(make_issuer):
    with make_issuer(config=BY_HAND) as issuer:
        harness.wait_until(lambda: "next=none at=never" in issuer.log(), issuer.log)
        assert metric(issuer, "mintmark_next_action_timestamp_seconds") == 0
        before = revision(issuer)
        issuer.configure(NEW_ALGORITHM)
        issuer.reload()
        harness.wait_until(lambda: {"ES256", "EdDSA"} == {key["alg"] for key in issuer.get(JWKS).json()["keys"]},
                           "a key of the new algorithm", timeout=0.9)
        assert revision(issuer) == before + 1
        assert metric(issuer, 'mintmark_key_events_total{event="published"}') == 2
        assert metric(issuer, 'mintmark_key_events_total{event="activated"}') == 0, "rotate_every is 0"


# ---- what fails ------------------------------------------------------------------------------------------------------
def fill_disk(issuer):
    """No file of the server can grow any more; its log neither."""
    limits = resource.prlimit(issuer.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(issuer.process.pid, resource.RLIMIT_FSIZE, (1, limits[1]))
    return lambda: resource.prlimit(issuer.process.pid, resource.RLIMIT_FSIZE, limits)


def spoil_audit(issuer):
    """There is something else in the place of the audit, without which nothing is committed."""
    log, kept = issuer.data_dir / "audit.log", issuer.data_dir / "kept"
    log.rename(kept)
    log.mkdir()
    return lambda: (log.rmdir(), kept.rename(log))


@pytest.mark.parametrize("spoil", [fill_disk, spoil_audit])
def test_while_nothing_can_be_committed_it_says_so_and_serves_on(make_issuer, spoil):
    with make_issuer(config=BY_HAND) as issuer:
        before = issuer.get(JWKS)
        mend = spoil(issuer)
        issuer.configure(NEW_ALGORITHM)
        issuer.reload()
        answer = harness.wait_until(lambda: (a := issuer.get("/readyz")).status == 503 and a, "not ready")
        assert answer.body == b"a due key rotation cannot be committed"
        assert metric(issuer, "mintmark_rotation_failures_total") >= 1
        assert metric(issuer, "mintmark_ready") == 0
        assert 0 < metric(issuer, "mintmark_next_action_timestamp_seconds") <= time.time()
        after = issuer.get(JWKS)
        assert (after.status, after.body, after.headers["ETag"]) == (200, before.body, before.headers["ETag"])
        assert issuer.get("/livez").status == 200
        assert issuer.token()
        mend()
        harness.wait_until(lambda: issuer.get("/readyz").status == 200, "ready again, by itself")
        assert revision(issuer) == 2
        assert metric(issuer, 'mintmark_key_events_total{event="published"}') == 2
        assert "no key rotation is overdue any more" in issuer.log()


def test_a_failure_is_said_once_and_a_reload_tries_again_at_once(make_issuer):
    with make_issuer(config=BY_HAND) as issuer:
        mend = spoil_audit(issuer)
        issuer.configure(NEW_ALGORITHM)
        issuer.reload()
        harness.wait_until(lambda: metric(issuer, "mintmark_rotation_failures_total") >= 2, "it waits for two seconds")
        errors = [line for line in issuer.log().splitlines() if "level=error" in line]
        assert len(errors) == 1 and "audit.log" in errors[0], errors
        mend()
        issuer.reload()
        harness.wait_until(lambda: issuer.get("/readyz").status == 200, "ready again", timeout=1.0)


def test_a_store_that_is_back_is_rotated_at_once(make_issuer):
    """However long it was away: what could not be read is no failed rotation, after which the next attempt waits."""
    with make_issuer(config=BY_HAND) as issuer:
        away = issuer.data_dir.with_name("away")
        issuer.data_dir.rename(away)
        harness.wait_until(lambda: issuer.get("/readyz").body == b"the key set cannot be read", "not ready")
        issuer.configure(NEW_ALGORITHM)
        issuer.reload()
        time.sleep(3.5)
        assert metric(issuer, "mintmark_rotation_failures_total") == 0
        away.rename(issuer.data_dir)
        harness.wait_until(lambda: issuer.get("/readyz").status == 200 and revision(issuer) == 2, "rotated, and ready",
                           timeout=2.0)
        assert "a due key rotation cannot be committed" not in issuer.log()


# ---- stopping --------------------------------------------------------------------------------------------------------
def test_a_rotation_that_is_under_way_is_finished_before_the_end(make_issuer):
    with make_issuer(config={**BY_HAND, "http": {"drain_timeout": "1m"}}) as issuer:
        issuer.configure({"keys": {"algorithm": None, "algorithms": ["ES256", "RS256"]}})
        issuer.reload()
        issuer.process.send_signal(signal.SIGTERM)
        assert issuer.process.wait(timeout=60 * harness.PATIENCE) == 0
        assert "RS256" in {key["alg"] for key in keys(issuer)}
        issuer.process = None


def test_a_key_that_takes_long_to_make_is_no_reason_to_fail(make_issuer):
    """A stop that is asked for ends well, and soon: nothing is changed before the commit."""
    with make_issuer(config={**BY_HAND, "http": {"drain_timeout": "0s"}}) as issuer:
        issuer.configure({"keys": {"algorithm": None, "algorithms": ["ES256", "RS256", "RS384", "RS512", "PS256"],
                                   "rsa_bits": 4096}})
        issuer.reload()
        harness.wait_until(lambda: "configuration loaded" in issuer.log(), "the job has begun", interval=0.001)
        issuer.process.send_signal(signal.SIGTERM)
        assert issuer.process.wait(timeout=6 * harness.PATIENCE) == 0
        assert "a key that was being made is thrown away" in issuer.log()
        assert "level=error" not in issuer.log()
        assert revision(issuer) == 1
        issuer.process = None


def test_a_rotation_that_hangs_does_not_keep_it_from_ending(make_issuer):
    with make_issuer(config={**BY_HAND, "http": {"drain_timeout": "0s"}}) as issuer, \
            open(issuer.data_dir / "lock", "r+b") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)
        issuer.configure(NEW_ALGORITHM)
        issuer.reload()
        harness.wait_until(lambda: "configuration loaded" in issuer.log(), "the job has begun")
        time.sleep(1)  # keys are made meanwhile, at the lowest priority: what hangs is the commit
        issuer.process.send_signal(signal.SIGTERM)
        assert issuer.process.wait(timeout=6 * harness.PATIENCE) == 1
        assert "a commit of the key set does not end" in issuer.log()
        assert revision(issuer) == 1
        issuer.process = None


# ---- who rotates nothing ---------------------------------------------------------------------------------------------
def test_who_follows_serves_what_others_commit_and_takes_no_step(make_issuer):
    issuer = make_issuer(config=NEW_ALGORITHM)
    issuer.start("serve", "--follow", "-c", issuer.config_path)
    issuer.run("key", "revoke", "active", "--yes")
    harness.wait_until(lambda: metric(issuer, "mintmark_keyset_revision") == 2, "the revocation is served")
    time.sleep(2.5)  # two looks at the clock, at least
    assert revision(issuer) == 2
    assert issuer.get("/readyz").status == 200
    issuer.stop()
