# SPDX-License-Identifier: Apache-2.0
"""`kill -9` at 1,000 random moments of rotations: `key rotate`, `key rotate --due`, `key revoke`, and the rotor of serve.

Before each of them the key set is made a month older, so that all of it is due: a standby takes over, its predecessor
retires, the one before that is removed with its private key, and a new key is made.
"""
import collections
import datetime
import json
import re

import pytest

import harness
from crash import datadir

KILLS_PER_VERB, KILLS_OF_SERVE = 275, 200
KILLS_PER_ISSUER = 55  # then a fresh one, because tombstones stay
MONTH = datetime.timedelta(days=31)
TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)Z")

# What each event does to the state of a key, for the replay of the audit. It tells published from ready by no line.
STATE_AFTER = {"published": "stands by", "activated": "active", "retired": "retired", "removed": "removed",
               "revoked": "revoked"}


class Issuer:
    """An issuer whose month-old keys wait for a rotation."""

    def __init__(self, mintmark, storetool, folder):
        self.mintmark, self.folder = mintmark, folder
        self.config = folder / "mintmark.yaml"
        mintmark("init", "--issuer", "http://127.0.0.1:8080", "--dir", folder, "--algorithm", "EdDSA")
        text = self.config.read_text()
        self.config.write_text(re.sub(r"(?m)^listen:\n(  .*\n)*", "", text)
                               + "listen:\n  public: 127.0.0.1:0\n  admin: 127.0.0.1:0\n")
        self.store = datadir.DataDir(storetool, folder / "data")

    def command(self, *arguments):
        return [self.mintmark.path, *arguments, "-c", self.config]

    def grow_older(self):
        """By a month: every time in the key set is put back."""
        path = self.store.path / "keyset.json"
        aged = TIME.sub(lambda time: (datetime.datetime.fromisoformat(time[1]) - MONTH).isoformat() + "Z",
                        path.read_text())
        fresh = path.with_suffix(".aged")
        fresh.write_text(aged)
        fresh.replace(path)

    def rotate(self, *verb):
        """A month later, by a command that nobody kills; how long it took, in seconds."""
        self.grow_older()
        return datadir.duration_of(self.command(*verb))


# ---- what must hold --------------------------------------------------------------------------------------------------
def audited(path):
    """The events of the audit by revision, without those that a later line takes back; a line cut short is none."""
    by_revision = collections.defaultdict(list)
    for line in path.read_text().split("\n")[:-1]:
        entry = json.loads(line)
        if entry["event"] == "abandoned":
            for revision in [r for r in by_revision if r > entry["revision_before"]]:
                del by_revision[revision]
        else:
            assert entry["revision_after"] == entry["revision_before"] + 1
            by_revision[entry["revision_after"]].append(entry)
    return by_revision


def assert_the_audit_tells_how_it_came(store):
    """Replayed, it leads to the stored set: each revision has one author, no key is made or activated twice."""
    revision, keys = store.load()
    told = audited(store.path / "audit.log")
    assert set(range(1, revision + 1)) <= set(told) <= set(range(1, revision + 2)), "one more was under way at most"
    states = {}
    for number in range(1, revision + 1):
        assert len({(entry["actor"], entry["pid"]) for entry in told[number]}) == 1, f"revision {number} has two authors"
        for entry in told[number]:
            kid, event = entry["kid"], entry["event"]
            assert (kid in states) != (event == "published"), f"revision {number}: {kid} is {event}"
            assert states.get(kid) != STATE_AFTER[event], f"revision {number}: {kid} is {event} again"
            states[kid] = STATE_AFTER[event]
    stand_by = {"published", "ready"}
    assert states == {kid: "stands by" if state in stand_by else state for kid, state in keys.items()}


def assert_one_step(before, now, events):
    """From one set to the next in at most one commit: nothing is lost, nothing is doubled, and no key is left out."""
    (revision, keys), (found, found_keys) = before, now
    made = set(found_keys) - set(keys)
    assert set(keys) <= set(found_keys), "a tombstone stays"
    assert found - revision == len(made), "each of these rotations makes one key, in one commit"
    assert found - revision in (0, 1)
    assert collections.Counter(found_keys.values())["active"] == 1
    if events is not None:
        assert found == revision + 1, "it was acknowledged"
        assert {"published", "activated"} <= set(events)
        assert {kid for kid in made} == {events["published"]}
        assert found_keys[events["activated"]] == "active"


def acknowledged_events(output):
    """What a command said that it did, {event: kid}; None while its answer is not there to the end."""
    lines = output.split("\n")[:-1]
    if not any(line.startswith("next: ") for line in lines):
        return None
    return dict(line.split()[:2] for line in lines if re.match(r"[a-z]+ [A-Za-z0-9_-]{43} ", line))


# ---- the command line ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("verb", [("key", "rotate"), ("key", "rotate", "--due"), ("key", "revoke", "active", "--yes")],
                         ids=" ".join)
def test_a_killed_rotation_happened_whole_or_not_at_all(mintmark, storetool, tmp_path, verb):
    outcomes, swept = collections.Counter(), 0
    for i in range(KILLS_PER_VERB):
        if i % KILLS_PER_ISSUER == 0:
            issuer = Issuer(mintmark, storetool, tmp_path / f"issuer{i}")
            longest = issuer.rotate(*verb) * 1.2
            before = issuer.store.load()
        issuer.grow_older()
        output, was_killed = datadir.run_and_kill(issuer.command(*verb), longest)
        now = issuer.store.load()
        events = acknowledged_events(output)
        assert was_killed or events
        assert_one_step(before, now, events)
        committed = now[0] - before[0]
        outcomes[committed] += 1
        longest *= 0.97 if committed else 1.03  # half of them before the commit, half after it, on any machine
        if issuer.store.strays(now[1]):
            swept += 1
            issuer.rotate(*verb)
            issuer.store.assert_no_strays()
            now = issuer.store.load()
        if i % KILLS_PER_ISSUER == KILLS_PER_ISSUER - 1:
            assert_the_audit_tells_how_it_came(issuer.store)
        before = now
    assert min(outcomes[0], outcomes[1]) > KILLS_PER_VERB / 4, outcomes
    assert swept > 0, "no kill left anything to sweep"
    print(f"killed before and after the commit: {outcomes[0]} and {outcomes[1]}; {swept} left something to sweep")
