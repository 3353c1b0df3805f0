# SPDX-License-Identifier: Apache-2.0
"""The running server when what is around it fails: log readers, folders, descriptors, memory of the kernel, signals."""
import os
import shutil
import signal
import subprocess

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
