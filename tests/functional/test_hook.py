# SPDX-License-Identifier: Apache-2.0
"""keys.on_change: the command that `serve` runs when it starts and after each change of the key set.

How runs follow one another under a clock is in tests/unit/test_hook.c; here it is the program that runs real ones.
"""
import re
import signal
import time

import pytest

import harness


@pytest.fixture
def hooked(make_issuer, tmp_path):
    """Starts an issuer whose command is a shell with `script`; $0 is the folder for what it leaves behind."""
    def start(script, **options):
        config = harness.merge({"keys": {"on_change": ["/bin/sh", "-c", script, str(tmp_path)]}},
                               options.pop("config", {}))
        return make_issuer(config=config, **options).start()

    return start


@pytest.fixture
def left(tmp_path):
    """What a script has left in a file of that name; "" as long as there is none."""
    def read(name="out"):
        path = tmp_path / name
        return path.read_text() if path.exists() else ""

    return read


def wait_for(read, content, issuer):
    harness.wait_until(lambda: read() == content, lambda: f"{content!r}, not {read()!r}; the log:\n{issuer.log()}")


def revision(issuer):
    return int(re.search(r'"revision": (\d+)', (issuer.data_dir / "keyset.json").read_text()).group(1))


def runs(issuer, result):
    """How many runs the metrics tell of."""
    page = issuer.get("/metrics", admin=True).body.decode()
    return int(re.search(rf'^mintmark_on_change_runs_total{{result="{result}"}} (\d+)$', page, re.M).group(1))


def test_it_is_run_at_the_start_and_after_each_commit(hooked, left):
    issuer = hooked("echo $MINTMARK_REVISION >>$0/out")
    wait_for(left, "1\n", issuer)
    issuer.run("key", "prepare")
    wait_for(left, "1\n2\n", issuer)
    issuer.run("key", "rotate")
    wait_for(left, f"1\n2\n{revision(issuer)}\n", issuer)
    harness.wait_until(lambda: runs(issuer, "succeeded") == 3, issuer.log)
    assert runs(issuer, "failed") == 0
    assert len(re.findall(r'msg="keys.on_change is run" revision=\d+ command=/bin/sh pid=\d+', issuer.log())) == 3
    assert len(re.findall(r'msg="keys.on_change succeeded" revision=\d+ milliseconds=\d+', issuer.log())) == 3


def test_a_reload_alone_is_no_change_of_the_keys(hooked, left):
    issuer = hooked("echo $MINTMARK_REVISION >>$0/out")
    wait_for(left, "1\n", issuer)
    issuer.reload()
    harness.wait_until(lambda: "configuration loaded" in issuer.log(), issuer.log)
    issuer.run("key", "prepare")
    wait_for(left, "1\n2\n", issuer)


def test_changes_during_a_run_lead_to_one_more(hooked, left, tmp_path):
    issuer = hooked("echo $MINTMARK_REVISION >>$0/out; until test -e $0/go; do sleep 0.01; done")
    wait_for(left, "1\n", issuer)
    for verb in ("prepare", "rotate", "prepare"):
        issuer.run("key", verb)
    last = revision(issuer)
    assert last >= 4
    loaded = rf'msg="key set loaded" revision={last} '
    harness.wait_until(lambda: re.search(loaded, issuer.log()), issuer.log)
    assert issuer.get("/readyz").status == 200
    (tmp_path / "go").touch()
    wait_for(left, f"1\n{last}\n", issuer)
    harness.wait_until(lambda: runs(issuer, "succeeded") == 2, issuer.log)


def test_it_is_told_what_it_needs_and_nothing_else_is_open(hooked, left):
    """And no signal is blocked or ignored, though `serve` blocks some and ignores others."""
    issuer = hooked("env >$0/environment; cat /proc/self/status >$0/status; "
                    "read x || echo no input >>$0/out; ls /proc/self/fd >>$0/out",
                    env={"MINTMARK_ISSUER": "of somebody else", "NOTIFY_SOCKET": "/nowhere", "KEPT": "as it was"})
    wait_for(left, "no input\n0\n1\n2\n3\n", issuer)
    for mask in re.findall(r"^Sig(?:Blk|Ign):\t([0-9a-f]{16})$", left("status"), re.M):
        assert int(mask, 16) & 0x7fffffff == 0, "but 32 and 33, which posix_spawn of the C library leaves ignored"
    environment = dict(line.split("=", 1) for line in left("environment").splitlines() if "=" in line)
    assert {name: value for name, value in environment.items() if name.startswith("MINTMARK_")} == {
        "MINTMARK_REVISION": "1", "MINTMARK_CONFIG": str(issuer.config_path),
        "MINTMARK_DATA_DIR": str(issuer.data_dir), "MINTMARK_ISSUER": issuer.url}
    assert environment["KEPT"] == "as it was" and "NOTIFY_SOCKET" not in environment


def test_what_it_says_goes_where_the_log_goes(hooked):
    issuer = hooked("echo to stdout; echo to stderr >&2")
    harness.wait_until(lambda: "\nto stdout\n" in issuer.log() and "\nto stderr\n" in issuer.log(), issuer.log)


def test_the_command_line_works_in_it(hooked, mintmark, left):
    """It finds the configuration that `serve` has, and what it reads is the revision that it was told."""
    issuer = hooked(f"{mintmark.path} key list -o json >$0/out")
    harness.wait_until(lambda: '"revision": 1' in left(), issuer.log)


def test_a_failure_is_logged_counted_and_tried_again(hooked, left, tmp_path):
    issuer = hooked("echo $MINTMARK_REVISION >>$0/out; test -e $0/good || exit 3")
    harness.wait_until(lambda: re.search(r'level=error msg="keys.on_change failed" revision=1 command=/bin/sh '
                                         r'result="exit status 3" milliseconds=\d+ retry_in=1s', issuer.log()),
                       issuer.log)
    assert runs(issuer, "failed") >= 1
    (tmp_path / "good").touch()
    harness.wait_until(lambda: runs(issuer, "succeeded") == 1, issuer.log)
    assert set(left().split()) == {"1"} and len(left().split()) >= 2
    assert issuer.get("/readyz").status == 200


def test_a_program_that_is_not_there_is_named(make_issuer):
    issuer = make_issuer(config={"keys": {"on_change": ["/no/such/program", "-x"]}}).start()
    harness.wait_until(lambda: 'level=error msg="keys.on_change cannot be run" revision=1 error="/no/such/program: No '
                               'such file or directory" retry_in=1s' in issuer.log(), issuer.log)
    issuer.stop()


def test_a_reload_takes_another_command_over(hooked, left, tmp_path):
    issuer = hooked("echo first >>$0/out")
    wait_for(left, "first\n", issuer)
    issuer.configure({"keys": {"on_change": ["/bin/sh", "-c", "echo second >>$0/out", str(tmp_path)]}})
    issuer.reload()
    wait_for(left, "first\nsecond\n", issuer)
    issuer.configure({"keys": {"on_change": None}})
    issuer.reload()
    harness.wait_until(lambda: issuer.log().count("configuration loaded") == 2, issuer.log)
    issuer.run("key", "prepare")
    harness.wait_until(lambda: re.search(r'msg="key set loaded" revision=2 ', issuer.log()), issuer.log)
    assert left() == "first\nsecond\n"


@pytest.mark.parametrize("on_change, why", [
    ("/bin/true", r'found "/bin/true"; accepted: a list of the absolute path of a program and at most 63 arguments'),
    (["bin/true"], r'found "bin/true": not an absolute path; accepted: a list of'),
    ([], r'found an empty list; accepted: a list of'),
])
def test_what_is_no_command_is_refused_with_its_place(make_issuer, on_change, why):
    said = make_issuer(config={"keys": {"on_change": on_change}}).run("key", "list", status=2).stderr
    assert re.match(rf"mintmark: \S+mintmark.yaml:\d+: keys.on_change: {why}", said)


# ---- stopping --------------------------------------------------------------------------------------------------------
def test_a_stop_waits_for_it(hooked, left):
    issuer = hooked("echo begun >>$0/out; sleep 1; echo done >>$0/out")
    wait_for(left, "begun\n", issuer)
    issuer.stop()
    assert left() == "begun\ndone\n"
    assert 'msg="keys.on_change succeeded"' in issuer.log()


def is_gone(pid):
    """Ended; whoever adopted it may not have looked yet."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.parametrize("script", ["exec sleep 1000", "trap '' TERM; while :; do sleep 0.1; done"],
                         ids=["obedient", "stubborn"])
def test_a_stop_ends_what_takes_longer_than_the_drain(hooked, left, script):
    issuer = hooked(f"echo $$ >$0/out; {script}", config={"http": {"drain_timeout": "1s"}})
    pid = int(harness.wait_until(left, issuer.log))
    issuer.stop()
    harness.wait_until(lambda: is_gone(pid), "the command has ended")
    assert 'msg="keys.on_change takes too long and is ended" revision=1 command=/bin/sh signal=SIGTERM' in issuer.log()


def test_a_second_signal_does_not_wait_for_it(hooked, left):
    issuer = hooked("echo $$ >$0/out; exec sleep 1000")
    pid = int(harness.wait_until(left, issuer.log))
    begun = time.monotonic()
    issuer.process.send_signal(signal.SIGTERM)
    harness.wait_until(lambda: 'msg=stopping' in issuer.log(), issuer.log)
    issuer.stop()
    assert time.monotonic() - begun < 8 * harness.PATIENCE, "less than http.drain_timeout"
    harness.wait_until(lambda: is_gone(pid), "the command has ended")


def test_children_can_be_waited_for_whoever_started_serve(make_issuer):
    """A parent that ignores SIGCHLD, which is inherited, would have the kernel throw their status away."""
    ignoring = ["/usr/bin/env", "--ignore-signal=CHLD"]
    issuer = make_issuer(config={"keys": {"on_change": ["/bin/sh", "-c", "exit 3"]}}, prefix=ignoring).start()
    harness.wait_until(lambda: 'result="exit status 3"' in issuer.log(), issuer.log)
