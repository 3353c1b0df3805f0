# SPDX-License-Identifier: Apache-2.0
"""File operations that fail: a commit that cannot be made durable changes nothing, says so and exits 1."""
import json
import os
import re
import resource
import subprocess

import pytest

import harness

from crash import datadir


def each_fault(store, faultfs, op, errno):
    """Commits with the 1st, 2nd, 3rd … operation failing, until one succeeds as if nothing had happened."""
    for at in range(1, 100):
        result = store.run("commit", env=datadir.fault(faultfs, op, at, errno))
        yield at, result
        if result.returncode == 0 and "warning" not in result.stderr:
            return
    pytest.fail("a hundred operations, and still one fails")


@pytest.mark.parametrize("errno, words", [("ENOSPC", "No space left on device"), ("EIO", "Input/output error"),
                                          ("EROFS", "Read-only file system"), ("EDQUOT", "Disk quota exceeded")])
@pytest.mark.parametrize("commits_before", [0, 4])
def test_each_failing_operation_leaves_the_previous_set(storetool, faultfs, tmp_path, commits_before, errno, words):
    store = datadir.DataDir(storetool, tmp_path / "data")
    store.path.mkdir(mode=0o700)
    if commits_before:
        store.commit(commits_before)
    failed = 0
    revision, before = commits_before, store.content()
    for at, result in each_fault(store, faultfs, "any", errno):
        if result.returncode == 0:
            # The set was durable; only an old private key could not be destroyed, or the lock not be marked.
            revision += 1
            assert store.load()[0] == revision
            assert result.stderr == "" or "could not be destroyed" in result.stderr or "/lock: cannot" in result.stderr
            continue
        failed += 1
        assert result.returncode == 1, result.stderr
        assert result.stdout == ""
        assert words in result.stderr
        assert "nothing was changed" in result.stderr
        assert str(store.path) in result.stderr
        assert len(result.stderr.splitlines()) == 1
        assert store.load()[0] == revision
        assert store.content() == before, f"operation {at}"
        store.assert_audit()
    assert failed >= 10, "the fault library does not reach the program's file operations"
    store.commit()
    store.assert_no_strays()


def test_a_failing_fsync_is_not_tried_again(storetool, faultfs, tmp_path):
    """Only one fsync fails; a program that tried again would succeed, and lose the data in earnest."""
    store = datadir.DataDir(storetool, tmp_path / "data")
    store.commit()
    statuses = [result.returncode for _, result in each_fault(store, faultfs, "fsync", "EIO")]
    # keys/ made to last, the private key, its directory, the audit, the set, its directory.
    assert statuses[:6] == [1, 1, 1, 1, 1, 1]


def test_a_failed_commit_names_the_file(storetool, faultfs, tmp_path):
    store = datadir.DataDir(storetool, tmp_path / "data")
    store.commit()
    messages = [result.stderr for _, result in each_fault(store, faultfs, "write", "ENOSPC") if result.returncode]
    assert re.search(r"keys: cannot write [A-Za-z0-9_-]{43}\.pem: write: No space left", messages[0])
    assert re.search(r"cannot write audit\.log: write: No space left", messages[1])
    assert re.search(r"cannot write keyset\.json: write: No space left", messages[2])


def test_a_commit_that_fails_after_its_audit_is_abandoned_with_the_reason(storetool, faultfs, tmp_path):
    store = datadir.DataDir(storetool, tmp_path / "data")
    store.commit()
    store.run("commit", env=datadir.fault(faultfs, "rename", 2, "EIO"))
    last = json.loads((store.path / "audit.log").read_text().splitlines()[-1])
    assert last["event"] == "abandoned"
    assert (last["revision_before"], last["revision_after"]) == (1, 2)
    assert last["why"] == "cannot write keyset.json: rename: Input/output error"
    store.assert_audit()


def test_a_line_cut_short_that_cannot_be_taken_back_is_ended(storetool, faultfs, tmp_path):
    """As with chattr +a."""
    store = datadir.DataDir(storetool, tmp_path / "data")
    store.commit()
    with open(store.path / "audit.log", "a") as audit:
        audit.write('{"time":"20')
    result = store.run("commit", env=datadir.fault(faultfs, "truncate", 1, "EIO"))
    assert result.returncode == 0, result.stderr
    lines = (store.path / "audit.log").read_text().splitlines()
    assert lines.count('{"time":"20') == 1
    assert {json.loads(line)["revision_after"] for line in lines if line != '{"time":"20'} == {1, 2}


def test_a_key_that_cannot_be_destroyed_is_reported_and_destroyed_later(storetool, faultfs, tmp_path):
    store = datadir.DataDir(storetool, tmp_path / "data")
    store.commit(4)
    result = store.run("commit", env=datadir.fault(faultfs, "unlink", 1, "EIO"))
    assert result.returncode == 0
    assert result.stdout.startswith("5 ")
    assert "a private key could not be destroyed" in result.stderr
    assert len(os.listdir(store.path / "keys")) == 3
    store.commit()
    store.assert_no_strays()


# ---- the real program ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("errno, words", [("ENOSPC", "No space left on device"), ("EIO", "Input/output error")])
def test_a_failing_key_import_leaves_the_previous_set(mintmark, storetool, faultfs, tmp_path, errno, words):
    issuer = datadir.Issuer(mintmark, storetool, tmp_path / "issuer")
    mintmark(*issuer.init_arguments)
    before = issuer.store.content()
    key = tmp_path / "key.pem"
    harness.generate_key(key)
    key.chmod(0o600)
    for at in range(1, 100):
        result = mintmark(*issuer.import_arguments, key, status=None,
                          env=datadir.fault(faultfs, "any", at, errno))
        if result.returncode == 0:
            break
        assert result.returncode == 1
        assert result.stdout == ""
        assert result.stderr.startswith("mintmark: ")
        assert words in result.stderr
        assert "nothing was changed" in result.stderr
        assert issuer.store.content() == before, f"operation {at}"
    assert at > 8, "the fault library does not reach the program's file operations"
    assert issuer.load()[0] == 2
    assert result.stdout.split()[1] in issuer.load()[1]  # "published KID …"
    issuer.store.assert_audit()


def test_a_failing_init_leaves_no_key_set(mintmark, storetool, faultfs, tmp_path):
    """And can be run again: what it had made of the folder does not hinder."""
    issuer = datadir.Issuer(mintmark, storetool, tmp_path / "issuer")
    for at in range(1, 100):
        result = mintmark(*issuer.init_arguments, status=None, env=datadir.fault(faultfs, "any", at, "ENOSPC"))
        if result.returncode == 0:
            break
        assert result.returncode == 1
        assert "No space left on device" in result.stderr
        assert issuer.load() == (0, {})
    assert at > 12, "the fault library does not reach the program's file operations"
    assert sorted(issuer.load()[1].values()) == ["active", "ready"]
    issuer.store.assert_no_strays()


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 256 KiB that is really full when it is full."""
    path = tmp_path / "disk"
    path.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k,mode=0700", "tmpfs", path], capture_output=True,
                             text=True)
    if mounted.returncode != 0:
        pytest.skip(f"mounting is not allowed here: {mounted.stderr.strip()}")
    yield path
    subprocess.run(["umount", path], check=True)


def fill(path):
    """Writes until there is no room for another byte."""
    with open(path, "wb", buffering=0) as out:
        try:
            while True:
                out.write(b"x" * 4096)
        except OSError:
            pass


def test_a_full_disk_leaves_the_previous_set(storetool, small_disk):
    store = datadir.DataDir(storetool, small_disk / "data")
    store.commit(4)
    before = store.content()
    fill(small_disk / "filler")
    result = store.run("commit")
    assert result.returncode == 1
    assert "No space left on device" in result.stderr
    assert "nothing was changed" in result.stderr
    assert store.content() == before
    (small_disk / "filler").unlink()
    assert store.commit() == 5
    store.assert_no_strays()


def test_a_limit_of_file_size_is_an_error_like_any_other(mintmark, storetool, tmp_path):
    """`ulimit -f 0`: the kernel's signal for it would end the program between a temporary file and its removal."""
    issuer = datadir.Issuer(mintmark, storetool, tmp_path / "issuer")
    mintmark(*issuer.init_arguments)
    before = issuer.store.content()
    key = tmp_path / "key.pem"
    harness.generate_key(key)
    key.chmod(0o600)
    www = tmp_path / "www"
    for arguments in (issuer.import_arguments + [key], ["publish", "-c", issuer.folder / "mintmark.yaml", www]):
        result = subprocess.run([mintmark.path, *map(str, arguments)], capture_output=True, text=True, timeout=60,
                                stdin=subprocess.DEVNULL,
                                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)))
        assert result.returncode == 1, result
        assert "File too large" in result.stderr
    assert issuer.store.content() == before
    assert [path for path in www.rglob("*") if path.is_file()] == []
