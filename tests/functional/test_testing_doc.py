# SPDX-License-Identifier: Apache-2.0
"""The examples of docs/testing.md are run as they stand there, and its tables say what the program says."""
import os
import re
import shutil
import subprocess
import sys

import pytest

from devissuer import Dev
from test_token_faults import GOOD, LENIENT
import harness

TEXT = (harness.SOURCE_DIR / "docs/testing.md").read_text()
NODE_MODULES = harness.SOURCE_DIR / "tests/functional/node_modules"


def example(name):
    return re.search(rf"^<!-- test: {name} -->\n```\w+\n(.*?)^```$", TEXT, re.M | re.S).group(1)


@pytest.fixture
def run(mintmark, tmp_path):
    """Runs a command in an empty folder, with the program on the PATH; its result."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/mintmark").symlink_to(mintmark.path)
    environment = {**os.environ, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "no_proxy": "127.0.0.1",
                   "PYTEST_ADDOPTS": ""}

    def call(*command):
        result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
                                stdin=subprocess.DEVNULL, timeout=120 * harness.PATIENCE)
        assert result.returncode == 0, result.stdout + result.stderr
        return result

    return call


def need(*commands):
    for command in commands:
        if shutil.which(command) is None:
            pytest.skip(f"{command} is not installed")


def run_node_test(run, folder, name, package):
    need("node")
    if not (NODE_MODULES / package).is_dir():
        pytest.skip(f"{package} is not installed: npm ci in tests/functional")
    (folder / "node_modules").symlink_to(NODE_MODULES)
    (folder / "example.test.mjs").write_text(example(name))
    version = int(run("node", "--version").stdout[1:].split(".")[0])
    # Node.js 18, which Debian 12 has, keeps what jose needs behind a flag.
    flags = ["--experimental-global-webcrypto"] if version < 20 else []
    return run("node", *flags, "--test", "example.test.mjs").stdout


# ---- the examples ----------------------------------------------------------------------------------------------------
def test_the_example_for_a_shell(run, tmp_path):
    need("curl", "jq")
    (tmp_path / "example.sh").write_text(example("shell"))
    assert run("sh", "example.sh").stdout == ""


def test_the_example_for_pytest(run, tmp_path):
    (tmp_path / "test_example.py").write_text(example("pytest"))
    said = run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_example.py").stdout
    assert re.search(r"^18 passed", said, re.M), said


def test_the_example_for_node(run, tmp_path):
    said = run_node_test(run, tmp_path, "node", "jose")
    assert re.search(r"pass 14$", said, re.M), said


def test_the_example_for_client_node(run, tmp_path):
    run_node_test(run, tmp_path, "client-node", "@kubernetes/client-node")


def test_the_example_for_kubectl(run, tmp_path):
    need("kubectl", "jq")
    (tmp_path / "example.sh").write_text(example("kubectl"))
    assert re.fullmatch(r"valid.*\n[\w-]+\.[\w-]+\.[\w-]+\n", run("sh", "example.sh").stdout, re.S)


def test_the_example_for_go_is_go(run, tmp_path):
    """Its modules are not here, so it is read and not run."""
    need("gofmt")
    (tmp_path / "verifier_test.go").write_text(re.search(r"^```go\n(.*?)^```$", TEXT, re.M | re.S).group(1))
    assert run("gofmt", "-l", "verifier_test.go").stdout == ""


# ---- the tables ------------------------------------------------------------------------------------------------------
def test_the_table_of_faults_is_that_of_the_program(mintmark):
    listed = mintmark("token", "create", "--help").stdout.split("\nFaults:\n")[1]
    listed = re.findall(r"^  (\S+) +(.*)$", re.sub(r"\n {3,}", " ", listed), re.M)
    rows = re.findall(r"^\| `([\w-]+)` \| (.*) \| (yes|no|may be) \| (.*) \|$", TEXT, re.M)
    assert [(name, text) for name, text, *_ in rows] == listed
    for name, _, accepted, lenient in rows:
        assert (accepted == "yes") == (name in GOOD), name
        assert lenient.strip() == ", ".join(library for library in LENIENT if name in LENIENT[library]), name


def test_every_member_of_the_line_is_shown(mintmark):
    shown = re.search(r"^```json\n(.*?)^```$", TEXT, re.M | re.S).group(1)
    with Dev(mintmark) as dev:
        assert re.findall(r'^  "(\w+)"', shown, re.M) == list(dev.about)


def test_under_a_clock_that_stands_a_token_can_be_the_same_each_time(mintmark):
    claim = "with `--algorithm EdDSA` and `mintmark.dev/claims: {\"jti\":\"1\"}` nothing changes at all"
    assert claim in " ".join(TEXT.split())
    with Dev(mintmark, "--algorithm", "EdDSA") as dev:
        dev.ask("PUT", "/dev/clock", {"at": "2030-01-01T00:00:00Z"})
        assert dev.token(claims='{"jti":"1"}') == dev.token(claims='{"jti":"1"}')
