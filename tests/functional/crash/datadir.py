# SPDX-License-Identifier: Apache-2.0
"""A key store's directory as the crash tests see it: what it holds, what must hold of it, and ways to end a commit."""
import json
import os
import pathlib
import random
import signal
import subprocess
import time

import yaml

STORE_FILES = {"audit.log", "keyset.json", "keys", "lock"}
SERVED = {"published", "ready", "active", "retired"}
STATES = {"published": "standby", "activated": "active", **{name: name for name in ("retired", "removed", "revoked")}}


class DataDir:
    """A directory store that storetool drives."""

    def __init__(self, storetool, path):
        self.storetool, self.path = storetool, pathlib.Path(path)

    def run(self, *arguments, env=None):
        """Runs storetool to its end: run("commit", 1)."""
        command, *rest = map(str, arguments)
        return subprocess.run([self.storetool, command, self.path, *rest], capture_output=True, text=True, timeout=60,
                              stdin=subprocess.DEVNULL, env=None if env is None else {**os.environ, **env})

    def load(self):
        """(revision, {kid: state}); 0 and {} when nothing was ever committed. The private keys must all be there."""
        result = self.run("load")
        if result.returncode != 0:
            assert "no such file" in result.stderr and not (self.path / "keyset.json").exists(), result.stderr
            return 0, {}
        revision, *lines = result.stdout.splitlines()
        keys = {kid: (state, half) for kid, state, half in map(str.split, lines)}
        for kid, (state, half) in keys.items():
            assert half == ("private" if state in SERVED else "public"), f"{kid} is {state} and {half}"
        return int(revision), {kid: state for kid, (state, _) in keys.items()}

    def commit(self, count=1):
        """`count` commits that must succeed; the revision of the last."""
        result = self.run("commit", count)
        assert result.returncode == 0, result.stderr
        assert result.stderr == ""
        return int(result.stdout.splitlines()[-1].split()[0])

    def strays(self, keys=None):
        """Private keys that no key of the set is to have, those that one lacks, and files that are none of the store's."""
        keys = keys or self.load()[1]
        expected = {f"{kid}.pem" for kid, state in keys.items() if state in SERVED}
        return set(os.listdir(self.path)) ^ STORE_FILES | set(os.listdir(self.path / "keys")) ^ expected

    def assert_no_strays(self, keys=None):
        """Nothing is in the directory but the store's files, and a private key for each key that is to have one.

        After a commit that came to its end, the audit is settled too.
        """
        revision, loaded = self.load()
        assert self.strays(keys or loaded) == set()
        self.assert_audit(loaded=(revision, loaded))

    def audit(self, settled=True):
        """The lines of the audit that stand, parsed. If not settled, whoever was killed may have left half of one."""
        path = self.path / "audit.log"
        lines = path.read_text().split("\n") if path.exists() else [""]
        assert lines.pop() == "" or not settled, "the last line was cut short"
        standing = []
        for line in map(json.loads, lines):
            if line["event"] == "abandoned":
                assert any(told["revision_after"] > line["revision_before"] for told in standing)
                standing = [told for told in standing if told["revision_after"] <= line["revision_before"]]
            else:
                standing.append(line)
        return standing

    def assert_audit(self, settled=True, loaded=None):
        """The audit tells of every revision that was committed and, once settled, of no other one.

        And what it tells of the keys leads to the states that they are in.
        """
        revision, keys = loaded or self.load()
        told = self.audit(settled)
        if not settled:
            told = [line for line in told if line["revision_after"] <= revision]
        revisions = [line["revision_after"] for line in told]
        assert revisions == sorted(revisions)
        assert set(revisions) == set(range(1, revision + 1))
        assert all(line["revision_before"] == line["revision_after"] - 1 for line in told)
        states = {}
        for line in told:
            if line["event"] == "forgotten":
                del states[line["kid"]]
            else:
                states[line["kid"]] = STATES.get(line["event"], states.get(line["kid"]))
        standbys = {"published": "standby", "ready": "standby"}
        assert states == {kid: standbys.get(state, state) for kid, state in keys.items()}

    def content(self):
        """Every file and its bytes, without lock and audit; to compare before and after."""
        files = [path for path in self.path.rglob("*") if path.is_file() and path.name not in ("lock", "audit.log")]
        return {str(p.relative_to(self.path)): p.read_bytes() for p in files}


def run_and_kill(command, longest, first_line=False):
    """Starts `command`, kills it at a random moment up to `longest` seconds later; (what it printed, was it killed).

    The time runs from the start, and most moments are late ones, because a program that is still loading its libraries
    has nothing to lose yet; or it runs from the first line that the program prints.
    """
    # Unbuffered: what readline() would take beyond the first line is lost to communicate().
    process = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, bufsize=0)
    printed = process.stdout.readline() if first_line else b""
    time.sleep(random.uniform(0, longest) if first_line else random.triangular(0, longest, 0.8 * longest))
    process.send_signal(signal.SIGKILL)
    out, err = process.communicate()
    assert process.returncode in (0, -signal.SIGKILL), f"exit {process.returncode}: {err.decode()}"
    return (printed + out).decode(), process.returncode != 0


def fault(faultfs, op, at, errno=None):
    """The environment in which the `at`th operation fails with `errno`, or the program dies there."""
    return {"LD_PRELOAD": str(faultfs), "FAULTFS_OP": op, "FAULTFS_AT": str(at),
            **({"FAULTFS_ERRNO": errno} if errno else {"FAULTFS_KILL": "1"})}


def duration_of(command):
    """How long `command` takes when nobody kills it, in seconds."""
    start = time.monotonic()
    subprocess.run(list(map(str, command)), check=True, capture_output=True, stdin=subprocess.DEVNULL)
    return time.monotonic() - start


class Issuer:
    """An issuer of the real program in a folder of its own, with keys that are quick to make."""

    def __init__(self, mintmark, storetool, folder):
        self.mintmark, self.storetool, self.folder = mintmark, storetool, pathlib.Path(folder)
        self.init_arguments = ["init", "--issuer", "http://127.0.0.1:8080", "--dir", self.folder, "--algorithm", "ES256"]
        self.import_arguments = ["key", "import", "-c", self.folder / "mintmark.yaml"]

    @property
    def store(self):
        """Where the configuration says that the keys are; None before there is one."""
        config = self.folder / "mintmark.yaml"
        if not config.exists():
            return None
        return DataDir(self.storetool, self.folder / yaml.safe_load(config.read_text())["data_dir"])

    def load(self):
        """As DataDir.load, also before init has come so far."""
        store = self.store
        return store.load() if store and store.path.exists() else (0, {})


def acknowledged(output):
    """The last revision that storetool's output acknowledges, 0 when there is none. A line cut short is none."""
    lines = [line for line in output.split("\n")[:-1] if line]
    return int(lines[-1].split()[0]) if lines else 0
