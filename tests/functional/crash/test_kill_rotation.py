# SPDX-License-Identifier: Apache-2.0
"""`kill -9` at 1,000 random moments of rotations: `key rotate`, `key rotate --due`, `key revoke`, and serve's rotor.

Before each command the key set is made a month older, so that what can be due is due: a standby takes over, a new one
is made, what has retired is removed with its private key. The rotor has waits of a second.
"""
import collections
import concurrent.futures
import datetime
import random
import re
import signal
import subprocess
import time

import pytest

import harness
from crash import datadir

KILLS_PER_VERB, KILLS_OF_SERVE = 275, 200
KILLS_PER_ISSUER = 55  # then a fresh one, because tombstones stay
SERVERS = 20  # at a time: they wait for a second each
MONTH = datetime.timedelta(days=31)
TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)Z")
STATES_AFTER = {"published": {"published", "ready"}, "activated": {"active"}, "retired": {"retired"},
                "removed": {"removed"}, "revoked": {"revoked"}}


class Issuer:
    """An issuer whose month-old keys wait for a rotation."""

    def __init__(self, mintmark, storetool, folder):
        self.mintmark, self.config = mintmark, folder / "mintmark.yaml"
        mintmark("init", "--issuer", "http://127.0.0.1:8080", "--dir", folder, "--algorithm", "EdDSA")
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
def assert_the_audit_tells_how_it_came(store):
    """Each revision was committed once, by one process, and no key was made or activated twice."""
    store.assert_audit(settled=False)
    standing = store.audit(settled=False)
    authors = {(line["revision_after"], line["actor"], line["pid"]) for line in standing}
    assert len(authors) == len({revision for revision, _, _ in authors}), "a revision has two authors"
    steps = collections.Counter((line["kid"], line["event"]) for line in standing)
    assert max(steps.values()) == 1, steps.most_common(3)


def assert_one_step(before, now, events):
    """From one set to the next in at most one commit: nothing is lost, nothing is doubled, what was said is so."""
    (revision, keys), (found, found_keys) = before, now
    assert set(keys) <= set(found_keys), "a tombstone stays"
    assert len(found_keys) - len(keys) <= found - revision <= 1, "a commit makes one key"
    assert list(found_keys.values()).count("active") == 1
    if events is not None:
        assert found == revision + 1, "it was acknowledged"
        for kid, event in events.items():
            assert found_keys[kid] in STATES_AFTER[event], f"{kid} was {event}, and is {found_keys[kid]}"


def acknowledged_events(output):
    """What a command said that it did, as the last event of each key; None while its answer is not there to the end."""
    lines = output.split("\n")[:-1]
    if not any(line.startswith("next: ") for line in lines):
        return None
    return {kid: event for event, kid in re.findall(r"^([a-z]+) ([A-Za-z0-9_-]{43}) ", output, re.M)}


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


# ---- the rotor -------------------------------------------------------------------------------------------------------
class Server:
    """An issuer with waits of a second, whose `serve` is started and killed about the time of its first rotation."""

    moment = 1.02  # the middle of the kills, in seconds from the start; it follows the commits of all servers

    def __init__(self, mintmark, storetool, folder):
        self.issuer, self.folder = Issuer(mintmark, storetool, folder), folder
        self.issuer.config.write_text(
            "issuer: http://127.0.0.1:8080\ndata_dir: data\nlisten: {public: '127.0.0.1:0', admin: 'off'}\n"
            "http: {workers: 1}\ntokens: {default_ttl: 1s, max_ttl: 1s}\n"
            "keys: {algorithm: EdDSA, rotate_every: 1s, propagation: 0s, verifier_cache: 1s, clock_skew: 0s}\n")
        self.outcomes, self.swept = collections.Counter(), 0

    def serve_and_kill(self):
        """What it logged up to then."""
        log = self.folder / "serve.log"
        with open(log, "wb") as out:
            process = subprocess.Popen(self.issuer.command("serve"), stdin=subprocess.DEVNULL, stderr=out)
        time.sleep(self.moment + random.uniform(-0.02, 0.02))
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL, f"serve ended by itself; its log:\n{log.read_text()}"
        return log.read_text()

    def round(self):
        """Whatever the log says is there, and the audit tells how it came to what is there."""
        store = self.issuer.store
        revision, before = store.load()
        loaded = re.findall(r'msg="key set loaded" revision=(\d+) ', self.serve_and_kill())
        found, keys = store.load()
        assert found >= max([revision, *map(int, loaded)]), "it was acknowledged"
        assert set(before) <= set(keys) and list(keys.values()).count("active") == 1
        assert_the_audit_tells_how_it_came(store)
        self.outcomes[found > revision] += 1
        Server.moment += -0.003 if found > revision else 0.003
        if store.strays(keys):
            self.swept += 1
            self.issuer.rotate("key", "rotate", "--due")
            store.assert_no_strays()

    def rounds(self, count):
        for _ in range(count):
            self.round()
        return self


def test_a_killed_server_has_rotated_whole_or_not_at_all(mintmark, storetool, tmp_path):
    servers = [Server(mintmark, storetool, tmp_path / f"issuer{i}") for i in range(SERVERS)]
    with concurrent.futures.ThreadPoolExecutor(SERVERS) as pool:
        list(pool.map(lambda server: server.rounds(KILLS_OF_SERVE // SERVERS), servers))
    outcomes = sum((server.outcomes for server in servers), collections.Counter())
    assert min(outcomes[False], outcomes[True]) > KILLS_OF_SERVE / 8, outcomes
    print(f"killed before and after the commit: {outcomes[False]} and {outcomes[True]}; "
          f"{sum(server.swept for server in servers)} left something to sweep")
