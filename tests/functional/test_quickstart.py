# SPDX-License-Identifier: Apache-2.0
"""quickstart.sh, with the programs of the build that is tested."""
import os
import re
import signal
import subprocess
import time

import pytest

import harness

TOKEN = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+\n")


@pytest.fixture
def quickstart(tmp_path):
    """Starts quickstart.sh with a folder and a session of its own, as a terminal's would be; returns the Popen."""
    started = []

    def start(*arguments):
        environment = {**os.environ, "BUILD_DIR": str(harness.find_build_dir()), "QUICKSTART_DIR": str(tmp_path / "q")}
        process = subprocess.Popen([harness.SOURCE_DIR / "quickstart.sh", *arguments], env=environment, text=True,
                                   start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def processes_of(session):
    """The processes of a session, by /proc (man 5 proc: field 6 of stat)."""
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as stat:
                if int(stat.read().rpartition(")")[2].split()[3]) == session:
                    found.append(int(entry))
        except OSError:
            continue
    return found


def test_once_prints_a_token_and_leaves_nothing_running(quickstart, tmp_path):
    process = quickstart("--once")
    stdout, stderr = process.communicate(timeout=300 * harness.PATIENCE)
    assert process.returncode == 0, stderr
    assert TOKEN.fullmatch(stdout), "the token alone is on standard output"
    assert "Verified OK" in stderr, "openssl has verified it"
    assert 'msg="token minted" caller=quickstart via=token' in (tmp_path / "q/serve.log").read_text(), "over the API"
    callers = tmp_path / "q/tokens.csv"
    assert callers.stat().st_mode & 0o077 == 0
    assert callers.read_text().split(",")[0] not in stderr, "what the caller shows is not shown to others"
    assert not processes_of(process.pid)


def test_a_second_run_keeps_the_keys(quickstart, tmp_path):
    kept = []
    for _ in range(2):
        _, stderr = quickstart("--once").communicate(timeout=300 * harness.PATIENCE)
        assert "All of it worked" in stderr
        kept.append([(tmp_path / name).read_bytes() for name in ("q/data/keyset.json", "q/tokens.csv")])
    assert kept[0] == kept[1]


@pytest.mark.parametrize("whole_session", [True, False], ids=["ctrl-c", "script-only"])
def test_an_interrupt_stops_script_and_server(quickstart, whole_session):
    process = quickstart()
    for line in process.stderr:
        if "until Ctrl-C" in line:
            break
    time.sleep(0.2)
    if whole_session:
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=30 * harness.PATIENCE)
    assert process.returncode == 0, stderr
    assert not processes_of(process.pid)
