# SPDX-License-Identifier: Apache-2.0
"""The running server when what is around it fails: log readers, folders, descriptors, memory of the kernel, signals."""
import contextlib
import ctypes
import os
import resource
import shutil
import signal
import socket
import ssl
import subprocess
import time

import pytest

import harness
from test_http_server import JWKS, metric


# ---- the log -----------------------------------------------------------------------------------------------------------
def start_with_stderr(issuer, stderr, **options):
    """Starts `serve` with its log going to a descriptor of ours, and waits until it is ready."""
    issuer.process = issuer.mintmark.popen("serve", "-c", issuer.config_path, stdout=subprocess.DEVNULL, stderr=stderr,
                                           **options)
    harness.wait_until(issuer._is_ready, "serve is ready")


def test_a_reader_of_the_log_that_sleeps_stops_nothing(make_issuer):
    issuer = make_issuer()
    reader, writer = os.pipe()
    try:
        start_with_stderr(issuer, writer)
        os.close(writer)

        def a_line_was_dropped():
            issuer.reload()
            return metric(issuer, "mintmark_log_dropped_total") > 0

        harness.wait_until(a_line_was_dropped, "a line of the log is dropped", timeout=60)
        before = metric(issuer, 'mintmark_reloads_total{what="config"}')
        issuer.reload()
        harness.wait_until(lambda: metric(issuer, 'mintmark_reloads_total{what="config"}') > before, "a reload")
        issuer.stop()  # on SIGTERM, with status 0
    finally:
        os.close(reader)


# ---- the folder of the key set -----------------------------------------------------------------------------------------
def kids(issuer):
    return {key["kid"] for key in issuer.get(JWKS).json()["keys"]}


def test_a_folder_that_is_put_in_place_of_the_key_sets_is_followed(make_issuer, tmp_path):
    issuer = make_issuer().start()
    served, away, key = kids(issuer), issuer.folder / "away", tmp_path / "key.pem"
    harness.generate_key(key)

    issuer.data_dir.rename(away)
    harness.wait_until(lambda: issuer.get("/readyz").status == 503, "/readyz tells that the folder is gone")
    assert issuer.get("/readyz").body == b"the key set cannot be read"
    assert kids(issuer) == served

    shutil.copytree(away, issuer.data_dir)
    harness.wait_until(lambda: issuer.get("/readyz").status == 200, "/readyz is ok with the copy")
    imported = issuer.import_key(key)
    harness.wait_until(lambda: kids(issuer) == served | {imported}, "a commit in the copy is served")

    issuer.data_dir.rename(issuer.folder / "with-import")
    away.rename(issuer.data_dir)  # in one second with the last one: no poll need have seen it missing
    harness.wait_until(lambda: kids(issuer) == served, "what came back is served")
    issuer.stop()
    assert issuer.log().count("the key set cannot be loaded") <= 2, "once for each time that it was gone"


# ---- what fails for a while --------------------------------------------------------------------------------------------
def out_of_descriptors(issuer):
    """From now on the server cannot open another file; returns what undoes it."""
    pid = issuer.process.pid
    soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, hard))
    return lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))


def served_certificate(issuer):
    with issuer.connect() as connection:
        return ssl.DER_cert_to_PEM_cert(connection.getpeercert(binary_form=True))


def failures(issuer, what):
    return metric(issuer, f'mintmark_reload_failures_total{{what="{what}"}}')


def test_a_certificate_that_could_not_be_opened_is_tried_again(make_issuer, ca):
    issuer = make_issuer(ca=ca).start()
    relieve = out_of_descriptors(issuer)
    certificate, key = ca.issue()
    shutil.copy(key, issuer.folder / "tls.key")
    shutil.copy(certificate, issuer.folder / "tls.crt")
    harness.wait_until(lambda: "the new certificate is not used" in issuer.log(), "the failure is logged")
    time.sleep(2.5 * harness.PATIENCE)  # it is tried each second
    relieve()
    harness.wait_until(lambda: served_certificate(issuer) == certificate.read_text(), "the new certificate is served")
    assert failures(issuer, "tls") >= 2
    assert issuer.log().count("Too many open files") == 1, "logged once"
    issuer.stop()


def test_a_configuration_that_could_not_be_opened_is_tried_again(make_issuer):
    issuer = make_issuer().start()
    relieve = out_of_descriptors(issuer)
    issuer.configure({"keys": {"verifier_cache": "77s"}})
    harness.wait_until(lambda: "the new configuration is not used" in issuer.log(), "the failure is logged")
    time.sleep(2.5 * harness.PATIENCE)
    relieve()
    harness.wait_until(lambda: "max-age=77" in issuer.get(JWKS).headers["Cache-Control"], "it is in force")
    assert failures(issuer, "config") >= 2
    assert issuer.log().count("the new configuration is not used") == 1, "logged once"
    issuer.stop()


def test_a_mistake_that_is_made_again_is_logged_again(make_issuer):
    issuer = make_issuer().start()
    for times in (1, 2):
        issuer.configure({"keys": {"verifier_cache": "soon"}})
        harness.wait_until(lambda: issuer.log().count("the new configuration is not used") == times, "it is logged")
    issuer.stop()


def test_connections_leave_descriptors_for_what_is_loaded(make_issuer, ca):
    """However many connect, the server can still open a new certificate."""
    issuer = make_issuer(ca=ca, prefix=("prlimit", "--nofile=80:80"), config={"http": {"workers": 1}}).start()
    crowd = [socket.create_connection(("127.0.0.1", port)) for port in (issuer.public_port, issuer.admin_port) * 60]
    certificate, key = ca.issue()
    shutil.copy(key, issuer.folder / "tls.key")
    shutil.copy(certificate, issuer.folder / "tls.crt")
    harness.wait_until(lambda: "certificate loaded" in issuer.log(), lambda: f"it is loaded; the log:\n{issuer.log()}")
    assert "Too many open files" not in issuer.log()
    for connection in crowd:
        connection.close()
    harness.wait_until(lambda: served_certificate(issuer) == certificate.read_text(), "the new certificate is served")
    issuer.stop()


# ---- the watchdog ------------------------------------------------------------------------------------------------------
@pytest.fixture
def supervised(make_issuer, tmp_path):
    """An issuer whose watchdog waits for 0.8 s, and the socket on which it notifies."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notices:
        notices.bind(str(tmp_path / "notify"))
        notices.settimeout(10 * harness.PATIENCE)
        with make_issuer(config={"http": {"workers": 2}},
                         env={"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "800000"}) as issuer:
            yield issuer, notices


def pings(notices, seconds):
    """How many arrive within so many seconds from now."""
    notices.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while notices.recv(100):
            pass
    time.sleep(seconds)
    count = 0
    with contextlib.suppress(BlockingIOError):
        while True:
            count += notices.recv(100) == b"WATCHDOG=1"
    return count


def test_the_watchdog_hears_of_us_twice_in_its_time_below_two_seconds_too(supervised):
    _, notices = supervised
    assert 3 <= pings(notices, 2.4) <= 7, "each 0.4 s"


@contextlib.contextmanager
def stuck_thread(pid, tid):
    """Holds one thread of another process, as a deadlock would."""
    libc = ctypes.CDLL(None, use_errno=True)
    seize, interrupt, detach = 0x4206, 0x4207, 17
    if libc.ptrace(seize, tid, None, None) != 0:
        pytest.skip(f"ptrace: {os.strerror(ctypes.get_errno())}")
    assert libc.ptrace(interrupt, tid, None, None) == 0
    os.waitpid(tid, 0x40000000)  # __WALL
    try:
        yield
    finally:
        libc.ptrace(detach, tid, None, None)


def test_the_watchdog_hears_nothing_while_a_worker_is_stuck(supervised):
    issuer, notices = supervised
    worker = max(map(int, os.listdir(f"/proc/{issuer.process.pid}/task")))
    assert worker != issuer.process.pid
    with stuck_thread(issuer.process.pid, worker):
        time.sleep(3)  # a worker may be busy for two seconds
        assert pings(notices, 2) == 0
    time.sleep(0.5 * harness.PATIENCE)
    assert pings(notices, 2) > 0


# ---- the end -----------------------------------------------------------------------------------------------------------
def test_signals_up_to_the_very_end_leave_the_exit_status_alone(make_issuer):
    for _ in range(10):
        issuer = make_issuer(config={"http": {"workers": 4}}).start()
        process, issuer.process = issuer.process, None
        while process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        assert process.returncode == 0


# ---- standard streams --------------------------------------------------------------------------------------------------
def test_closed_standard_streams_get_no_file_of_ours(make_issuer, mintmark):
    """Else the log would go into whatever the server opens first."""
    issuer = make_issuer()
    before = {path: path.read_bytes() for path in issuer.folder.rglob("*") if path.is_file()}
    issuer.process = subprocess.Popen(["sh", "-c", f"exec '{mintmark.path}' serve -c '{issuer.config_path}' <&- >&- 2>&-"])
    harness.wait_until(issuer._is_ready, "serve is ready")
    for number in (0, 1, 2):
        assert os.readlink(f"/proc/{issuer.process.pid}/fd/{number}") == "/"
    issuer.reload()
    harness.wait_until(lambda: metric(issuer, 'mintmark_reloads_total{what="config"}') > 0, "a reload")
    issuer.stop()
    assert {path: path.read_bytes() for path in before} == before


def test_output_that_has_no_place_is_an_error(mintmark):
    result = subprocess.run(["sh", "-c", f"exec '{mintmark.path}' version >&-"], capture_output=True, text=True)
    assert result.returncode == 1
    assert "Bad file descriptor" in result.stderr
