# SPDX-License-Identifier: Apache-2.0
"""`kill -9` at 1,000 random moments, and at every single file operation, of init, key import and commits."""
import collections
import signal

import pytest

import harness
from crash import datadir

COMMITS, FIRST_COMMITS, INITS, IMPORTS = 400, 100, 250, 250
IMPORTS_PER_ISSUER = 9  # each a key of its own; then a fresh issuer, because max_keys is 20


def test_commits_survive_kill_at_random_moments(storetool, tmp_path):
    """What was acknowledged is there, at most the one commit that was under way is more, and nothing is left over."""
    store = datadir.DataDir(storetool, tmp_path / "data")
    store.commit(3)
    beyond_ack = revision = 0
    for _ in range(COMMITS):
        out, was_killed = datadir.run_and_kill([storetool, "commit", store.path, 0], longest=0.015, first_line=True)
        assert was_killed
        acknowledged = datadir.acknowledged(out)
        revision, keys = store.load()
        assert acknowledged > 0 and acknowledged <= revision <= acknowledged + 1
        assert collections.Counter(keys.values())["active"] == 1
        beyond_ack += revision - acknowledged
    store.commit()
    store.assert_no_strays()
    print(f"{COMMITS} kills, {revision} revisions, {beyond_ack} durable but not acknowledged")


def test_the_next_commit_sweeps_what_a_kill_left(storetool, tmp_path):
    store = datadir.DataDir(storetool, tmp_path / "data")
    with_strays = 0
    for _ in range(100):
        datadir.run_and_kill([storetool, "commit", store.path, 0], longest=0.015, first_line=True)
        files = {str(path.relative_to(store.path)) for path in store.path.rglob("*")}
        with_strays += len(files - {"audit.log", "keyset.json", "lock", "keys"}) != 2
        store.commit()
        store.assert_no_strays()
    assert with_strays > 0, "no kill left anything to sweep"


def test_first_commit_survives_kill_at_random_moments(storetool, tmp_path):
    longest = datadir.duration_of([storetool, "commit", tmp_path / "timing"]) * 1.2
    outcomes = collections.Counter()
    for i in range(FIRST_COMMITS):
        store = datadir.DataDir(storetool, tmp_path / str(i))
        out, _ = datadir.run_and_kill([storetool, "commit", store.path], longest)
        found, _ = store.load() if store.path.exists() else (0, {})
        assert datadir.acknowledged(out) <= found <= 1
        outcomes[found] += 1
        assert store.commit() == found + 1
        store.assert_no_strays()
    print(f"killed before and after the commit: {outcomes[0]} and {outcomes[1]}")


@pytest.mark.parametrize("commits_before", [0, 1, 5])
def test_kill_at_every_file_operation(storetool, faultfs, tmp_path, commits_before):
    """Not left to chance: the process dies in the place of its 1st, 2nd, 3rd … write, fsync, rename or unlink."""
    killed = 0
    for at in range(1, 100):
        store = datadir.DataDir(storetool, tmp_path / str(at))
        if commits_before:
            store.commit(commits_before)
        result = store.run("commit", env=datadir.fault(faultfs, "any", at))
        found, _ = store.load()
        if result.returncode == 0:
            assert found == commits_before + 1
            break
        assert result.returncode == -signal.SIGKILL, result.stderr
        killed += 1
        assert commits_before <= found <= commits_before + 1
        assert datadir.acknowledged(result.stdout) <= found
        store.assert_audit(settled=False)
        assert store.commit() == found + 1
        store.assert_no_strays()
    assert killed >= 8, "the fault library does not reach the program's file operations"


# ---- the real program ------------------------------------------------------------------------------------------------
def assert_init_can_be_run_again(issuer):
    """Whatever a killed init left, another one ends with one set of two keys, made once."""
    found, _ = issuer.load()
    issuer.mintmark(*issuer.init_arguments, status=1 if found else 0)
    revision, keys = issuer.load()
    assert revision == 1
    assert sorted(keys.values()) == ["active", "ready"]
    if found:
        issuer.store.commit()
        keys = None
    issuer.store.assert_no_strays(keys)
    return found


def test_init_survives_kill_at_random_moments(mintmark, storetool, tmp_path):
    timing = datadir.Issuer(mintmark, storetool, tmp_path / "timing")
    longest = datadir.duration_of([mintmark.path, *timing.init_arguments]) * 1.2
    outcomes = collections.Counter()
    for i in range(INITS):
        issuer = datadir.Issuer(mintmark, storetool, tmp_path / str(i))
        _, was_killed = datadir.run_and_kill([mintmark.path, *issuer.init_arguments], longest)
        found = assert_init_can_be_run_again(issuer)
        assert was_killed or found
        outcomes[found] += 1
    print(f"killed before and after the commit: {outcomes[0]} and {outcomes[1]}")


def test_init_killed_at_every_file_operation(mintmark, storetool, faultfs, tmp_path):
    killed = 0
    for at in range(1, 100):
        issuer = datadir.Issuer(mintmark, storetool, tmp_path / str(at))
        result = mintmark(*issuer.init_arguments, env=datadir.fault(faultfs, "any", at), status=None)
        if result.returncode == 0:
            break
        assert result.returncode == -signal.SIGKILL, result.stderr
        killed += 1
        assert_init_can_be_run_again(issuer)
    assert killed >= 12, "the fault library does not reach the program's file operations"


def make_keys(folder, count):
    """Files with a key each, as `key import` accepts them."""
    paths = [folder / f"{i}.pem" for i in range(count)]
    for path in paths:
        harness.generate_key(path)
        path.chmod(0o600)
    return paths


def test_key_import_survives_kill_at_random_moments(mintmark, storetool, tmp_path):
    """Each import is there whole or not at all; one that was acknowledged is there."""
    first, *keys = make_keys(tmp_path, 1 + IMPORTS_PER_ISSUER)
    timing = datadir.Issuer(mintmark, storetool, tmp_path / "timing")
    mintmark(*timing.init_arguments)
    longest = datadir.duration_of([mintmark.path, *timing.import_arguments, first]) * 1.2
    outcomes = collections.Counter()
    for i in range(IMPORTS):
        if i % IMPORTS_PER_ISSUER == 0:
            issuer = datadir.Issuer(mintmark, storetool, tmp_path / f"issuer{i}")
            mintmark(*issuer.init_arguments)
        revision, before = issuer.load()
        out, was_killed = datadir.run_and_kill(
            [mintmark.path, *issuer.import_arguments, keys[i % IMPORTS_PER_ISSUER]], longest)
        found, now = issuer.load()
        assert set(before) <= set(now) and len(now) <= len(before) + 1
        assert found == revision + len(now) - len(before)
        assert out.split()[1] in now if "\n" in out else was_killed  # "published KID …"
        outcomes[found - revision] += 1
    issuer.store.commit()
    issuer.store.assert_no_strays()
    print(f"killed before and after the commit: {outcomes[0]} and {outcomes[1]}")


def test_key_import_killed_at_every_file_operation_and_run_again(mintmark, storetool, faultfs, tmp_path):
    """Run again it says that the key is there, or adds it; the set never holds it twice, nor another one."""
    key, = make_keys(tmp_path, 1)
    for at in range(1, 100):
        issuer = datadir.Issuer(mintmark, storetool, tmp_path / str(at))
        mintmark(*issuer.init_arguments)
        arguments = [*issuer.import_arguments, key]
        result = mintmark(*arguments, env=datadir.fault(faultfs, "any", at), status=None)
        if result.returncode == 0:
            break
        assert result.returncode == -signal.SIGKILL, result.stderr
        revision, keys = issuer.load()
        assert revision in (1, 2) and len(keys) == revision + 1
        mintmark(*arguments, status=0 if revision == 1 else 1)
        revision, keys = issuer.load()
        assert revision == 2 and len(keys) == 3
    assert at > 8, "the fault library does not reach the program's file operations"
