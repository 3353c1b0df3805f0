# SPDX-License-Identifier: Apache-2.0
"""`kill -9` at 1,000 random moments, and at every single file operation, of init, key import and commits."""
import collections
import random
import signal

import pytest
import yaml

import harness
from crash import datadir

COMMITS, INITS, IMPORTS = 500, 250, 250
IMPORTS_PER_ISSUER = 9  # each a key of its own; then a fresh issuer, because max_keys is 20


def test_commits_survive_kill_at_random_moments(storetool, tmp_path):
    """What was acknowledged is there, at most the one commit that was under way is more, and nothing is left over."""
    store = datadir.DataDir(storetool, tmp_path / "data")
    revision = store.commit(3)
    beyond_ack = 0
    for _ in range(COMMITS):
        out, _ = datadir.run_and_kill([storetool, "commit", store.path, 0], longest=0.02)
        acknowledged = max(revision, datadir.acknowledged(out))
        found, keys = store.load()
        assert acknowledged <= found <= acknowledged + 1
        assert collections.Counter(keys.values())["active"] == 1
        beyond_ack += found - acknowledged
        revision = store.commit()
        assert revision == found + 1
        store.assert_no_strays()
    print(f"{COMMITS} kills, {revision} revisions, {beyond_ack} durable but not acknowledged")


def test_first_commit_survives_kill_at_random_moments(storetool, tmp_path):
    longest = datadir.duration_of([storetool, "commit", tmp_path / "timing"]) * 1.2
    outcomes = collections.Counter()
    for i in range(100):
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
        result = store.run("commit", env={"LD_PRELOAD": str(faultfs), "FAULTFS_OP": "any", "FAULTFS_AT": str(at),
                                          "FAULTFS_KILL": "1"})
        found, _ = store.load()
        if result.returncode == 0:
            assert found == commits_before + 1
            break
        assert result.returncode == -signal.SIGKILL, result.stderr
        killed += 1
        assert commits_before <= found <= commits_before + 1
        assert datadir.acknowledged(result.stdout) <= found
        assert store.commit() == found + 1
        store.assert_no_strays()
    assert killed >= 8, "the fault library does not reach the program's file operations"


# ---- the real program ------------------------------------------------------------------------------------------------
def data_dir_of(folder):
    """Where the configuration in `folder` says that the keys are, or None before there is one."""
    config = folder / "mintmark.yaml"
    return folder / yaml.safe_load(config.read_text())["data_dir"] if config.exists() else None


def init_command(mintmark, folder):
    """`init` with keys that are quick to make: the file operations then have a good share of its time."""
    return [mintmark.path, "init", "--issuer", "http://127.0.0.1:8080", "--dir", folder, "--algorithm", "ES256"]


def test_init_survives_kill_at_random_moments(mintmark, storetool, tmp_path):
    """Killed or not, init run again ends with one issuer of two keys."""
    longest = datadir.duration_of(init_command(mintmark, tmp_path / "timing")) * 1.2
    outcomes = collections.Counter()
    for i in range(INITS):
        folder = tmp_path / str(i)
        _, was_killed = datadir.run_and_kill(init_command(mintmark, folder), longest)
        data_dir = data_dir_of(folder)
        found = datadir.DataDir(storetool, data_dir).load()[0] if data_dir and data_dir.exists() else 0
        assert found == 1 or (found == 0 and was_killed)
        outcomes[found] += 1
        mintmark(*init_command(mintmark, folder)[1:], status=1 if found else 0)
        store = datadir.DataDir(storetool, data_dir_of(folder))
        revision, keys = store.load()
        assert revision == 1
        assert sorted(keys.values()) == ["active", "ready"]
        store.commit()
        store.assert_no_strays()
    print(f"killed before and after the commit: {outcomes[0]} and {outcomes[1]}")


def test_key_import_survives_kill_at_random_moments(mintmark, storetool, tmp_path):
    """Each import is there whole or not at all; one that was acknowledged is there."""
    folder = tmp_path / "issuer"
    mintmark(*init_command(mintmark, folder)[1:])
    store = datadir.DataDir(storetool, data_dir_of(folder))
    keys = [tmp_path / f"{i}.pem" for i in range(1 + IMPORTS_PER_ISSUER)]
    for path in keys:
        harness.generate_key(path)
        path.chmod(0o600)
    command = [mintmark.path, "key", "import", "-c", folder / "mintmark.yaml"]
    longest = datadir.duration_of([*command, keys[0]]) * 1.2
    revision, before = store.load()
    outcomes = collections.Counter()
    for i in range(IMPORTS):
        if i % IMPORTS_PER_ISSUER == 0:
            folder = tmp_path / f"issuer{i}"
            mintmark(*init_command(mintmark, folder)[1:])
            store = datadir.DataDir(storetool, data_dir_of(folder))
            command[-1] = folder / "mintmark.yaml"
            revision, before = store.load()
        out, was_killed = datadir.run_and_kill([*command, keys[1 + i % IMPORTS_PER_ISSUER]], longest)
        found, now = store.load()
        assert set(before) <= set(now) and len(now) <= len(before) + 1
        assert found == revision + len(now) - len(before)
        assert out.strip() in now or (was_killed and "\n" not in out)
        outcomes[found - revision] += 1
        revision, before = found, now
    store.commit()
    store.assert_no_strays()
    print(f"killed before and after the commit: {outcomes[0]} and {outcomes[1]}")


def test_restarting_a_killed_command_makes_no_key_twice(mintmark, storetool, tmp_path):
    """The same import again and again, killed each time: the set never holds its key twice, nor another one."""
    folder = tmp_path / "issuer"
    mintmark(*init_command(mintmark, folder)[1:])
    store = datadir.DataDir(storetool, data_dir_of(folder))
    key = tmp_path / "key.pem"
    harness.generate_key(key)
    key.chmod(0o600)
    for _ in range(20):
        process = mintmark.popen("key", "import", "-c", folder / "mintmark.yaml", key, stdout=-3, stderr=-3)
        try:
            process.wait(random.uniform(0, 0.02))
        except Exception:  # still at work, as it should be
            process.kill()
            process.wait()
        assert len(store.load()[1]) in (2, 3)
    mintmark("key", "import", "-c", folder / "mintmark.yaml", key, status=None)
    assert len(store.load()[1]) == 3
