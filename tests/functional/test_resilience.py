# SPDX-License-Identifier: Apache-2.0
"""The running server when what is around it fails: log readers, folders, descriptors, memory of the kernel, signals."""
import os
import resource
import shutil
import signal
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
    imported = issuer.run("key", "import", key).stdout.strip()
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
