# SPDX-License-Identifier: Apache-2.0
"""The running server when what is around it fails: log readers, folders, descriptors, memory of the kernel, signals."""
import os
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
