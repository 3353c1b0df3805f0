# SPDX-License-Identifier: Apache-2.0
"""mintmark key prepare, activate, rotate, taint, revoke, import --activate: what they do, say, ask, refuse, record."""
import datetime
import json
import os
import pty
import re
import subprocess

import pytest

import harness

PUBLISH_WAIT = 62 * 60  # what the default configuration makes of verifier_cache, propagation and clock_skew
RETIRE_WAIT = 24 * 3600 + 120
AT_ONCE = {"keys": {"verifier_cache": "0s", "propagation": "0s", "clock_skew": "0s"}}  # nobody waits for a key
TWO_ALGORITHMS = {"keys": {"algorithm": None, "algorithms": ["ES256", "EdDSA"], **AT_ONCE["keys"]}}
WHEN = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


# ---- looking at an issuer --------------------------------------------------------------------------------------------
def listed(issuer):
    return json.loads(issuer.run("key", "list", "-o", "json").stdout)


def keys(issuer, *states):
    """The kids of the keys in these states, in order of creation; of all keys without."""
    return [row["kid"] for row in listed(issuer)["keys"] if not states or row["state"] in states]


def states(issuer):
    return {row["kid"]: row["state"] for row in listed(issuer)["keys"]}


def published(issuer):
    return {row["kid"] for row in json.loads(issuer.run("jwks").stdout)["keys"]}


def signer(issuer):
    """Whose signature new tokens have."""
    token = issuer.token()
    return json.loads(issuer.mintmark("token", "inspect", "-", "-o", "json", stdin=token).stdout)["header"]["kid"]


def key(issuer, *arguments, status=0, **options):
    """A verb, whose answer in JSON is returned where it succeeds, and whose errors where it does not."""
    result = issuer.run("key", *arguments, "-o", "json", status=status, **options)
    if status != 0:
        assert result.stdout == "", "a refusal is no answer"
    return json.loads(result.stdout) if status == 0 else result.stderr


def events(answer):
    return [(row["event"], row["key"]["kid"]) for row in answer["events"]]


def seconds(text):
    return int(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())


def audit(issuer):
    return [json.loads(line) for line in (issuer.data_dir / "audit.log").read_text().splitlines()]


def new_key(folder, name="k.pem"):
    harness.generate_key(folder / name)
    return folder / name


# ---- rotate ----------------------------------------------------------------------------------------------------------
def test_rotate_lets_the_standby_sign_and_publishes_the_next(make_issuer):
    issuer = make_issuer()
    first, second = keys(issuer)
    answer = key(issuer, "rotate")
    third = keys(issuer)[2]
    assert events(answer) == [("retired", first), ("activated", second), ("published", third)]
    assert states(issuer) == {first: "retired", second: "active", third: "published"}
    assert signer(issuer) == second and published(issuer) == {first, second, third}
    assert answer["revision"] == listed(issuer)["revision"] == 2


def test_rotate_says_what_happened_what_follows_and_what_comes_next(make_issuer):
    issuer = make_issuer()
    lines = issuer.run("key", "rotate").stdout.splitlines()
    first, second, third = keys(issuer)
    assert re.fullmatch(rf"retired {first} \(ES256\), served until {WHEN} \(in 1d\)", lines[0])
    assert lines[1] == f"activated {second} (ES256)"
    assert re.fullmatch(rf"published {third} \(ES256\), ready at {WHEN} \(in 1h[12]m\)", lines[2])
    assert re.fullmatch(rf"next: remove {first} \(ES256\) at {WHEN} \(in 1d\)", lines[3])
    assert len(lines) == 4


def test_the_rows_of_an_answer_are_those_of_the_list(make_issuer):
    issuer = make_issuer()
    answer, document = key(issuer, "rotate"), listed(issuer)
    assert [row["key"] for row in answer["events"]] == document["keys"]
    assert answer["next"] == document["next"]
    retired, active, standby = document["keys"]
    assert (retired["next"], retired["next_at"]) == ("remove", retired["removable_at"])
    assert seconds(retired["removable_at"]) == seconds(retired["retired"]) + RETIRE_WAIT
    assert (standby["next"], standby["next_at"]) == ("ready", standby["ready_at"])
    assert seconds(standby["ready_at"]) == seconds(standby["published"]) + PUBLISH_WAIT
    assert (standby["publish_wait"], active["retire_wait"]) == (PUBLISH_WAIT, RETIRE_WAIT)


def test_rotate_is_refused_while_the_next_key_is_not_ready(make_issuer):
    issuer = make_issuer()
    issuer.run("key", "rotate")
    before, standby = listed(issuer), keys(issuer)[2]
    line, hint = key(issuer, "rotate", status=1).splitlines()
    assert re.fullmatch(rf"mintmark: key rotate: key {standby} is not ready before {WHEN}: .*", line)
    assert re.fullmatch(rf"hint: it is ready in 1h[12]m; 'mintmark key activate {standby} --allow-gap' does it .*", hint)
    assert listed(issuer) == before


def test_rotate_is_refused_where_nothing_stands_by(make_issuer):
    """An algorithm that the configuration has only now: its first standby is published by the schedule, or by hand."""
    issuer = make_issuer()
    issuer.configure({"keys": {"algorithm": None, "algorithms": ["ES256", "EdDSA"]}})
    line, hint = key(issuer, "rotate", "--algorithm", "EdDSA", status=1).splitlines()
    assert line == "mintmark: key rotate: no EdDSA key stands by"
    assert hint == "hint: 'mintmark key prepare --algorithm EdDSA' publishes one"
    published = events(key(issuer, "prepare", "--algorithm", "EdDSA"))  # and one that will stand by when it signs
    assert published == [("published", keys(issuer)[2]), ("published", keys(issuer)[3])]


def test_rotate_rotates_the_algorithm_that_is_named(make_issuer):
    issuer = make_issuer(config=TWO_ALGORITHMS)
    issuer.run("key", "rotate", "--due")
    before = {row["algorithm"]: row["kid"] for row in listed(issuer)["keys"] if row["state"] == "active"}
    answer = key(issuer, "rotate", "--algorithm", "EdDSA")
    after = {row["algorithm"]: row["kid"] for row in listed(issuer)["keys"] if row["state"] == "active"}
    assert set(before) == {"ES256", "EdDSA"} and after["ES256"] == before["ES256"]
    assert ("activated", after["EdDSA"]) in events(answer) and ("retired", before["EdDSA"]) in events(answer)


@pytest.mark.parametrize("verb", ["rotate", "prepare"])
def test_an_algorithm_that_is_not_configured_is_refused(make_issuer, verb):
    line = key(make_issuer(), verb, "--algorithm", "RS256", status=1).splitlines()[0]
    assert line == f"mintmark: key {verb}: RS256 is not among the algorithms that the configuration names (ES256)"


# ---- rotate --due ----------------------------------------------------------------------------------------------------
def test_nothing_is_done_before_it_is_due(make_issuer):
    issuer = make_issuer()
    before = (issuer.data_dir / "keyset.json").read_bytes()
    result = issuer.run("key", "rotate", "--due")
    assert re.fullmatch(rf"nothing is due\nnext: publish a new ES256 key at {WHEN} \(in 29d2[23]h\)\n", result.stdout)
    answer = key(issuer, "rotate", "--due")
    assert (answer["revision"], answer["events"], answer["next"]["action"]) == (1, [], "publish")
    assert (issuer.data_dir / "keyset.json").read_bytes() == before


def test_what_is_due_is_done_as_the_rotor_would(make_issuer):
    """Seconds in place of days: a key that signed under this configuration goes as soon as its tokens have expired."""
    issuer = make_issuer(config={"keys": {"rotate_every": "1s", "max_keys": 100, **AT_ONCE["keys"]},
                                 "tokens": {"max_ttl": "1s", "default_ttl": "1s"}})
    first, second = keys(issuer)
    done = []

    def rotated():
        done.extend(events(key(issuer, "rotate", "--due")))
        return ("removed", second) in done

    harness.wait_until(rotated, lambda: f"the second key is removed: {done}", interval=0.2)
    assert [name for name, kid in done if kid == second] == ["activated", "retired", "removed"]
    assert second not in published(issuer) and not (issuer.data_dir / "keys" / f"{second}.pem").exists()
    assert first in published(issuer), "its tokens may live for a day: that is what it began to sign with"


def test_due_is_for_all_algorithms(make_issuer):
    assert "does not go with --algorithm" in key(make_issuer(), "rotate", "--due", "--algorithm", "ES256", status=2)


# ---- 64 at once ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("algorithm", ["EdDSA", "EdDSA", "ES256"])
def test_of_64_concurrent_rotations_one_succeeds_and_the_others_say_why(make_issuer, algorithm):
    issuer = make_issuer(algorithm=algorithm)
    racers = [issuer.mintmark.popen("key", "rotate", "-c", issuer.config_path, stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, text=True) for _ in range(64)]
    results = [(*racer.communicate(timeout=60 * harness.PATIENCE), racer.returncode) for racer in racers]
    assert sorted(status for _, _, status in results) == [0] + 63 * [1]
    reasons = re.compile(r"mintmark: key rotate: (?:.*: the key set is at revision 2, not 1: somebody else .*\n"
                         r"hint: another process changed the key set at the same moment: .* try again\n"
                         r"|key [\w-]{43} is not ready before .*\nhint: it is ready in .*\n)")
    for stdout, stderr, status in results:
        assert status == 0 or (stdout == "" and reasons.fullmatch(stderr)), stderr
    assert listed(issuer)["revision"] == 2
    assert sorted(states(issuer).values()) == ["active", "published", "retired"]
    assert len(os.listdir(issuer.data_dir / "keys")) == 3, "no private key is left over"


# ---- prepare ---------------------------------------------------------------------------------------------------------
def test_prepare_publishes_a_standby_and_a_third_is_refused(make_issuer):
    issuer = make_issuer()
    answer = key(issuer, "prepare")
    third = keys(issuer)[2]
    assert events(answer) == [("published", third)] and third in published(issuer)
    assert answer["hurt"] == {"old_tokens": None, "new_tokens": None} and answer["warning"] is None
    line, hint = key(issuer, "prepare", status=1).splitlines()
    assert line == f"mintmark: key prepare: 2 ES256 keys stand by already, {keys(issuer)[1]} the first of them"
    assert hint == "hint: 'mintmark key rotate --algorithm ES256' lets the first of them sign"
    assert keys(issuer) == [*keys(issuer)[:2], third]
    key(issuer, "revoke", keys(issuer)[1], "--yes")
    key(issuer, "prepare")
    hint = key(issuer, "prepare", status=1).splitlines()[1]
    assert hint.startswith("hint: 'mintmark key rotate --algorithm ES256' lets the first of them sign; it is ready in 1h")


@pytest.mark.parametrize("verb", ["prepare", "import"])
def test_a_full_jwks_takes_no_key_and_it_is_said_when_it_will(make_issuer, tmp_path, verb):
    issuer = make_issuer()
    issuer.run("key", "rotate")
    issuer.configure({"keys": {"max_keys": 3, "rotate_every": 0}})
    arguments = ["import", new_key(tmp_path)] if verb == "import" else ["prepare"]
    line, hint = key(issuer, *arguments, status=1).splitlines()
    assert re.fullmatch(rf"mintmark: key {verb}: (key \S+ )?the JWKS holds 3 keys already, and keys.max_keys is 3", line)
    assert re.fullmatch(rf"hint: {keys(issuer)[0]} may go at {WHEN} \(in .*\), and .* removes it then; or raise keys.max_keys",
                        hint)
    assert len(published(issuer)) == 3


def test_a_standby_that_is_not_wanted_any_more_makes_room_in_a_full_jwks(make_issuer):
    issuer = make_issuer()
    issuer.configure({"keys": {"algorithm": "EdDSA", "max_keys": 2, "rotate_every": 0}})
    standby = keys(issuer)[1]
    _, hint = key(issuer, "prepare", status=1).splitlines()
    assert re.fullmatch(rf"hint: {standby} may go at {WHEN} \(now\), and serve or 'mintmark key rotate --due' .*", hint)
    assert events(key(issuer, "rotate", "--due")) == [("removed", standby), ("published", keys(issuer)[2])]


# ---- activate --------------------------------------------------------------------------------------------------------
def test_activate_lets_that_standby_sign(make_issuer):
    issuer = make_issuer(config=AT_ONCE)
    issuer.run("key", "prepare")
    first, second, third = keys(issuer)
    answer = key(issuer, "activate", third)
    assert events(answer) == [("retired", first), ("activated", third)]
    assert states(issuer) == {first: "retired", second: "ready", third: "active"}
    assert signer(issuer) == third


def test_the_beginning_of_a_kid_will_do(make_issuer):
    issuer = make_issuer()
    standby = keys(issuer)[1]
    # After "--", since one in 64 begins with a dash.
    issuer.mintmark("key", "activate", "-c", issuer.config_path, "--", standby[:8])
    assert signer(issuer) == standby


@pytest.mark.parametrize("name", ["-Qbcdefg", "--bcdefg", "-qbcdefghijklmnop"])
@pytest.mark.parametrize("verb", ["activate", "taint", "revoke", "export"])
def test_who_copies_a_beginning_that_looks_like_a_flag_is_told_where_it_goes(make_issuer, verb, name):
    refusal = key(make_issuer(), verb, name, status=2)
    assert "unknown flag -" in refusal and "the beginning of a kid that looks like a flag goes behind --" in refusal


@pytest.mark.parametrize("name, said", [
    ("nobody-at-all", "there is no key nobody-at-all"),
    ("short", "there is no key short; accepted: a kid, its first 8 characters or more")])
@pytest.mark.parametrize("verb", ["activate", "taint", "revoke"])
def test_an_unknown_key_is_refused_and_the_known_ones_are_named(make_issuer, verb, name, said):
    issuer = make_issuer()
    line, hint = key(issuer, verb, name, status=1).splitlines()
    assert line.startswith(f"mintmark: key {verb}: {said}")
    assert hint == "hint: {} (active), {} (ready)".format(*keys(issuer))


def test_activate_is_refused_before_the_key_is_ready(make_issuer):
    issuer = make_issuer()
    issuer.run("key", "prepare")
    standby = keys(issuer)[2]
    line, hint = key(issuer, "activate", standby, status=1).splitlines()
    assert re.fullmatch(rf"mintmark: key activate: key {standby} is not ready before {WHEN}: .*", line)
    assert re.fullmatch(r"hint: it is ready in 1h[12]m; --allow-gap does it before, and says who will be hurt", hint)
    assert states(issuer)[standby] == "published"


def test_activate_is_refused_for_what_does_not_stand_by(make_issuer):
    issuer = make_issuer()
    active = keys(issuer)[0]
    said = key(issuer, "activate", active, "--allow-gap", status=1)
    assert said == f"mintmark: key activate: key {active} is active; only a key that stands by can be activated\n"


def test_a_gap_is_said_in_words_and_in_json(make_issuer):
    issuer = make_issuer()
    issuer.run("key", "prepare")
    standby = keys(issuer)[2]
    result = issuer.run("key", "activate", standby, "--allow-gap", "--yes", "-o", "json")
    assert re.fullmatch(rf"mintmark: key activate {standby} \(ES256, published\):\n"
                        rf"  {standby} signs from now on, and is not ready.\n"
                        rf"  A verifier that holds a JWKS without it refuses new tokens until {WHEN} \(in 1h[12]m\).\n",
                        result.stderr)
    hurt = json.loads(result.stdout)["hurt"]
    assert hurt["old_tokens"] is None
    row = next(row for row in listed(issuer)["keys"] if row["kid"] == standby)
    assert hurt["new_tokens"] == {"kid": standby, "refused_until": row["ready_at"]}
    assert hurt["new_tokens"]["refused_until"] in result.stderr


def test_allow_gap_asks_nothing_where_there_is_no_gap(make_issuer):
    issuer = make_issuer()
    result = issuer.run("key", "activate", keys(issuer)[1], "--allow-gap")
    assert result.stderr == ""


# ---- taint -----------------------------------------------------------------------------------------------------------
def test_taint_hands_over_to_the_standby_and_serves_the_key_on(make_issuer):
    issuer = make_issuer()
    first, second = keys(issuer)
    answer = key(issuer, "taint", "active")
    assert events(answer)[:3] == [("retired", first), ("tainted", first), ("activated", second)]
    assert signer(issuer) == second and first in published(issuer)
    assert "is tainted already" in key(issuer, "taint", first, status=1)


def test_a_tainted_standby_is_replaced(make_issuer):
    issuer = make_issuer()
    first, second = keys(issuer)
    key(issuer, "taint", second)
    assert states(issuer) == {first: "active", second: "retired", keys(issuer)[2]: "published"}


def test_taint_is_refused_before_the_successor_is_ready_unless_a_gap_is_allowed(make_issuer):
    issuer = make_issuer()
    issuer.run("key", "rotate")
    _, active, standby = keys(issuer)
    line, hint = key(issuer, "taint", "active", status=1).splitlines()
    assert line.startswith(f"mintmark: key taint: key {active} signs, and its successor cannot yet: key {standby} is not ")
    assert re.fullmatch(r"hint: it is ready in 1h[12]m; --allow-gap does it before, and says who will be hurt", hint)
    assert "nobody can be asked" in key(issuer, "taint", "active", "--allow-gap", status=2)
    assert signer(issuer) == active
    result = issuer.run("key", "taint", "active", "--allow-gap", "--yes")
    assert f"{standby} signs from now on, and is not ready" in result.stderr
    assert signer(issuer) == standby


def test_active_is_the_key_of_the_algorithm_that_is_named(make_issuer):
    issuer = make_issuer(config=TWO_ALGORITHMS)
    issuer.run("key", "rotate", "--due")
    other = next(row["kid"] for row in listed(issuer)["keys"]
                 if (row["algorithm"], row["state"]) == ("EdDSA", "active"))
    assert ("tainted", other) in events(key(issuer, "taint", "active", "--algorithm", "EdDSA"))
    assert "has no use beside a kid" in key(issuer, "taint", other, "--algorithm", "EdDSA", status=1 + 1)
    assert "no key for RS256 is active" in key(issuer, "taint", "active", "--algorithm", "RS256", status=1)


# ---- revoke ----------------------------------------------------------------------------------------------------------
def test_revoke_takes_the_key_out_and_destroys_it_and_the_standby_signs(make_issuer):
    issuer = make_issuer()
    first, second = keys(issuer)
    assert (issuer.data_dir / "keys" / f"{first}.pem").exists()
    answer = key(issuer, "revoke", first, "--yes")
    third = keys(issuer)[2]
    assert events(answer) == [("retired", first), ("revoked", first), ("activated", second), ("published", third)]
    assert published(issuer) == {second, third} and signer(issuer) == second
    assert sorted(os.listdir(issuer.data_dir / "keys")) == sorted(f"{kid}.pem" for kid in (second, third))
    assert states(issuer)[first] == "revoked", "its tombstone stays"


def test_revoke_says_who_is_hurt_and_until_when(make_issuer):
    issuer = make_issuer()
    first, second = keys(issuer)
    token = issuer.token("default", "--duration", "24h")
    result = issuer.run("key", "revoke", "active", "--yes", "-o", "json")
    said = result.stderr.splitlines()
    assert said[0] == f"mintmark: key revoke {first} (ES256, active):"
    assert "refused by a verifier as soon as that fetches the new JWKS" in said[1]
    assert re.fullmatch(rf"  By themselves the last of them would have expired by {WHEN} \(in 1d\).", said[2])
    assert re.fullmatch(rf"  A verifier that holds an older JWKS may accept .* until {WHEN} \(in 1h[12]m\).", said[3])
    assert said[4] == f"  {second} signs from now on, and is ready: every verifier has had time to fetch it."
    answer = json.loads(result.stdout)
    revoked = next(row["key"]["revoked"] for row in answer["events"] if row["event"] == "revoked")
    old = answer["hurt"]["old_tokens"]
    assert (old["kid"], answer["hurt"]["new_tokens"]) == (first, None)
    assert seconds(old["accepted_until"]) == seconds(revoked) + PUBLISH_WAIT
    assert seconds(old["expired_by"]) == seconds(revoked) + RETIRE_WAIT
    issuer.run("token", "verify", "-", stdin=token, status=1)


def test_revoking_twice_hands_over_to_a_key_that_is_not_ready(make_issuer):
    issuer = make_issuer()
    issuer.run("key", "revoke", "active", "--yes")
    standby = keys(issuer)[2]
    result = issuer.run("key", "revoke", "active", "--yes", "-o", "json")
    assert f"{standby} signs from now on, and is not ready" in result.stderr
    assert json.loads(result.stdout)["hurt"]["new_tokens"]["kid"] == standby
    assert signer(issuer) == standby


def test_revoke_asks_even_where_nobody_is_hurt(make_issuer):
    """It cannot be undone."""
    issuer = make_issuer(config=AT_ONCE)
    standby = keys(issuer)[1]
    said = key(issuer, "revoke", standby, status=2)
    assert "It signed no token that is still valid.\n  No verifier holds a JWKS with it any more.\n" in said
    assert "nobody can be asked" in said and states(issuer)[standby] == "ready"


def test_a_revoked_key_is_not_revoked_again_nor_asked_about(make_issuer):
    issuer = make_issuer()
    first = keys(issuer)[0]
    issuer.run("key", "revoke", first, "--yes")
    assert key(issuer, "revoke", first, status=1) == f"mintmark: key revoke: key {first} is revoked already\n"


def test_a_private_key_that_could_not_be_destroyed_fails_the_command_loudly(make_issuer, faultfs):
    issuer = make_issuer()
    first = keys(issuer)[0]
    fault = {"LD_PRELOAD": str(faultfs), "FAULTFS_OP": "unlink", "FAULTFS_AT": "1", "FAULTFS_ERRNO": "EIO"}
    result = issuer.run("key", "revoke", first, "--yes", "-o", "json", env=fault, status=1)
    assert "could not be destroyed" in json.loads(result.stdout)["warning"]
    assert f"\nmintmark: key revoke: {first} is revoked, but its private half may still be there\nhint: " in result.stderr
    assert states(issuer)[first] == "revoked" and (issuer.data_dir / "keys" / f"{first}.pem").exists()
    issuer.run("key", "prepare")
    assert not (issuer.data_dir / "keys" / f"{first}.pem").exists(), "the next commit tries it again"


# ---- import ----------------------------------------------------------------------------------------------------------
def test_an_imported_key_stands_by_until_it_is_activated(make_issuer, tmp_path):
    issuer = make_issuer()
    answer = key(issuer, "import", new_key(tmp_path))
    imported = keys(issuer)[2]
    assert events(answer) == [("published", imported)] and answer["hurt"]["new_tokens"] is None
    assert signer(issuer) == keys(issuer)[0]


def test_import_activate_says_who_is_hurt_and_lets_the_key_sign(make_issuer, tmp_path):
    issuer = make_issuer()
    first = keys(issuer)[0]
    assert "nobody can be asked" in key(issuer, "import", new_key(tmp_path), "--activate", status=2)
    assert len(keys(issuer)) == 2
    result = issuer.run("key", "import", tmp_path / "k.pem", "--activate", "--yes", "-o", "json")
    imported = keys(issuer)[2]
    assert result.stderr.startswith(f"mintmark: key import {imported} (ES256, new):\n"
                                    f"  {imported} signs from now on, and is not ready.\n")
    answer = json.loads(result.stdout)
    assert events(answer) == [("retired", first), ("published", imported), ("activated", imported)]
    assert answer["hurt"]["new_tokens"]["refused_until"] == answer["events"][1]["key"]["ready_at"]
    assert signer(issuer) == imported


def test_where_no_verifier_caches_import_activate_hurts_nobody(make_issuer, tmp_path):
    issuer = make_issuer(config=AT_ONCE)
    assert issuer.run("key", "import", new_key(tmp_path), "--activate").stderr == ""
    assert signer(issuer) == keys(issuer)[2]


# ---- the question ----------------------------------------------------------------------------------------------------
def at_a_terminal(issuer, *arguments, typed):
    """Runs a command whose standard input is a terminal; returns its status, stdout and stderr."""
    controller, terminal = pty.openpty()
    try:
        os.write(controller, typed)
        result = subprocess.run([issuer.mintmark.path, *arguments, "-c", issuer.config_path], stdin=terminal,
                                capture_output=True, text=True, timeout=60 * harness.PATIENCE, check=False)
    finally:
        os.close(controller)
        os.close(terminal)
    return result.returncode, result.stdout, result.stderr


def test_who_says_yes_goes_on(make_issuer):
    issuer = make_issuer()
    first = keys(issuer)[0]
    status, stdout, stderr = at_a_terminal(issuer, "key", "revoke", "active", typed=b"y\n")
    assert status == 0 and f"revoked {first} (ES256)\n" in stdout
    assert stderr.startswith(f"mintmark: key revoke {first} (ES256, active):\n"), "the kid is shown first"
    assert stderr.endswith("Go on? [y/N] ")


@pytest.mark.parametrize("typed", [b"n\n", b"\n", b"\x04"], ids=["no", "nothing", "end of file"])
def test_who_does_not_say_yes_changes_nothing(make_issuer, typed):
    issuer = make_issuer()
    before = listed(issuer)
    status, stdout, stderr = at_a_terminal(issuer, "key", "revoke", "active", typed=typed)
    assert (status, stdout) == (1, "")
    assert "mintmark: key revoke: nothing was changed: the answer was not yes\n" in stderr
    assert listed(issuer) == before


def test_without_a_terminal_a_dangerous_verb_wants_yes_on_its_command_line(make_issuer):
    issuer = make_issuer()
    before = listed(issuer)
    said = key(issuer, "revoke", "active", stdin="y\n", status=2)
    assert said.endswith("mintmark: key revoke: nothing was changed: standard input is no terminal, so nobody can be "
                         "asked\nhint: --yes goes on without asking\n")
    assert "may accept what it signs, or signed, until" in said, "what it would do is said all the same"
    assert listed(issuer) == before


# ---- the audit -------------------------------------------------------------------------------------------------------
def test_the_audit_names_the_command_and_the_reason(make_issuer):
    issuer = make_issuer()
    first = keys(issuer)[0]
    issuer.run("key", "revoke", first, "--yes", "--reason", "found in a public bucket")
    line = next(line for line in audit(issuer) if line["event"] == "revoked")
    assert (line["kid"], line["actor"], line["why"]) == (first, "key revoke", "found in a public bucket")
    assert (line["uid"], line["revision_before"], line["revision_after"]) == (os.getuid(), 1, 2)


def test_every_verb_is_in_the_audit_by_its_name(make_issuer, tmp_path):
    issuer = make_issuer(config=AT_ONCE)
    for arguments in (["rotate"], ["prepare"], ["activate", "last"], ["taint", "active"],
                      ["import", new_key(tmp_path)]):
        arguments = [keys(issuer)[-1] if word == "last" else word for word in arguments]
        issuer.run("key", *arguments, "--reason", f"to try {arguments[0]}")
    names = ["rotate", "prepare", "activate", "taint", "import"]
    assert [line["actor"] for line in audit(issuer) if line["actor"] != "init"].count("key taint") >= 2
    assert {(line["actor"], line["why"]) for line in audit(issuer) if line["actor"] != "init"} == \
        {(f"key {name}", f"to try {name}") for name in names}


@pytest.mark.parametrize("reason", ["two\nlines", "\x1b[2Jgone", "x" * 201, "\udcff"],
                         ids=["lines", "escape", "long", "bytes"])
def test_a_reason_is_one_line_of_text(make_issuer, reason):
    issuer = make_issuer()
    assert "key prepare: --reason: " in key(issuer, "prepare", "--reason", reason, status=2)
    assert len(keys(issuer)) == 2


# ---- the answer ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("form", ["text", "json"])
def test_an_answer_that_is_lost_does_not_look_like_a_refusal(make_issuer, form):
    """A script that tries again would rotate twice."""
    issuer = make_issuer()
    with open("/dev/full", "w") as full:
        result = subprocess.run([issuer.mintmark.path, "key", "rotate", "-c", issuer.config_path, "-o", form],
                                stdout=full, stderr=subprocess.PIPE, text=True)
    assert result.returncode == 1
    assert "key rotate: done, revision 2 is committed, but nobody could be told: cannot write" in result.stderr
    assert json.loads((issuer.data_dir / "keyset.json").read_text())["revision"] == 2


def test_a_person_is_told_why_it_takes_so_long(make_issuer):
    issuer = make_issuer(config={"keys": {"algorithm": None, "algorithms": ["ES256", "RS256"], "rsa_bits": 3072}})
    child, terminal = pty.openpty()
    process = issuer.mintmark.popen("key", "prepare", "--algorithm", "RS256", "-c", issuer.config_path,
                                    stdout=subprocess.DEVNULL, stderr=terminal)
    assert process.wait() == 0
    said = os.read(child, 65536).decode()
    os.close(child)
    os.close(terminal)
    assert said.startswith("mintmark: making an RSA key of 3072 bits, which takes some seconds")
