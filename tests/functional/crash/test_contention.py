# SPDX-License-Identifier: Apache-2.0
"""Many processes on one directory: each revision has one author, and readers see whole sets only."""
import subprocess

from crash import datadir

WRITERS, WINS = 32, 5


def start(storetool, *arguments, **options):
    return subprocess.Popen([storetool, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True, **options)


def test_each_revision_is_won_by_exactly_one_process(storetool, tmp_path):
    """From an empty directory on: the first commit is contended too."""
    store = datadir.DataDir(storetool, tmp_path / "data")
    writers = [start(storetool, "contend", store.path, WINS, stdin=subprocess.DEVNULL) for _ in range(WRITERS)]
    revisions = []
    for writer in writers:
        out, err = writer.communicate(timeout=120)
        assert writer.returncode == 0, err
        revisions += [int(line.split()[0]) for line in out.splitlines()]
    assert sorted(revisions) == list(range(1, WRITERS * WINS + 1))
    assert store.load()[0] == WRITERS * WINS
    store.assert_no_strays()


def test_readers_see_whole_sets_while_keys_come_and_go(storetool, tmp_path):
    """Every commit destroys a private key that a reader may be about to read."""
    store = datadir.DataDir(storetool, tmp_path / "data")
    store.commit(4)
    readers = [start(storetool, "poll", store.path, private, stdin=subprocess.PIPE) for private in (0, 1, 1)]
    last = store.commit(500)
    for reader in readers:
        out, err = reader.communicate(timeout=30)
        assert reader.returncode == 0, err
        revision, loads = map(int, out.split())
        assert revision <= last
        assert loads > 50
