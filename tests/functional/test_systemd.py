# SPDX-License-Identifier: Apache-2.0
"""conf/mintmark.service: what it starts is what the program accepts."""
import re
import shlex
import subprocess

import pytest

import harness

UNIT = harness.SOURCE_DIR / "conf/mintmark.service"


def command(name):
    """The words of an Exec line of the unit."""
    return shlex.split(re.search(rf"^{name}=(.+)$", UNIT.read_text(), re.M).group(1))


@pytest.fixture
def started(make_issuer):
    """An issuer that was started by the words of the unit, with its own configuration for the installed one."""
    issuer = make_issuer()
    program, *words = command("ExecStart")
    assert program.endswith("/mintmark") and words[0] == "serve"
    words[words.index("/etc/mintmark/mintmark.yaml")] = issuer.config_path
    return issuer.start(*words)


def test_the_program_accepts_what_the_unit_starts_and_ends_on_sigterm(started):
    assert started.get("/openid/v1/jwks").status == 200
    started.stop()


def test_the_unit_reloads_it(started):
    subprocess.run([word.replace("$MAINPID", str(started.process.pid)) for word in command("ExecReload")], check=True)
    harness.wait_until(lambda: "msg=reloading" in started.log(), started.log)
    started.stop()
