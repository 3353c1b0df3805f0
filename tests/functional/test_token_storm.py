# SPDX-License-Identifier: Apache-2.0
"""A thousand clients at once for half a minute, while the keys are rotated again and again: nobody notices."""
import json
import subprocess
import time

import harness
from cluster import ADMIN_TOKEN, Cluster

CLIENTS, SECONDS, ROTATE_EVERY = 1000, 30, 2


def test_a_thousand_clients_notice_no_rotation(mintmark, tmp_path, ca):
    at_once = {"rotate_every": 0, "verifier_cache": "0s", "propagation": "0s", "clock_skew": "0s"}
    with Cluster(mintmark, tmp_path, ca, keys=at_once, limits={"rate": 0, "concurrent": 2 * CLIENTS}) as cluster:
        storm = subprocess.Popen(
            ["node", harness.SOURCE_DIR / "tests/functional/token_storm.mjs", cluster.admin_origin, cluster.url,
             ca.certificate, ADMIN_TOKEN, str(CLIENTS), str(SECONDS)], stdout=subprocess.PIPE, text=True)
        rotations = 0
        while storm.poll() is None:
            time.sleep(ROTATE_EVERY)
            cluster.run("key", "rotate")
            rotations += 1
        totals = json.loads(storm.stdout.read())

    assert totals["failures"] == {}
    assert totals["requests"] > CLIENTS
    assert rotations >= SECONDS // ROTATE_EVERY / 2
    assert totals["kids"] >= rotations / 2
