# SPDX-License-Identifier: Apache-2.0
"""What `serve` does with the option publish: every destination is kept current, and a new key waits for all of them.

How it goes on after each failure is in tests/unit/test_publisher.c, buckets are in test_publish_s3.py.
"""
import fcntl
import json
import os
import re
import time

import pytest

import fakes3
import harness

JWKS = "openid/v1/jwks"
DISCOVERY = ".well-known/openid-configuration"
SHORT = {"keys": {"rotate_every": "0s", "propagation": "0s", "verifier_cache": "1s", "clock_skew": "0s"},
         "tokens": {"default_ttl": "1s", "max_ttl": "2s"}}


@pytest.fixture
def sites(tmp_path):
    return [tmp_path / "a", tmp_path / "b"]


@pytest.fixture
def publishing(make_issuer, sites):
    """Makes an issuer with both sites as destinations."""
    def make(changes=None, **options):
        return make_issuer(config=harness.merge({**SHORT, "publish": [str(site) for site in sites]}, changes or {}),
                           **options)

    return make


def kids(site):
    path = site / JWKS
    return {key["kid"] for key in json.loads(path.read_text())["keys"]} if path.exists() else set()


def keys(issuer):
    return json.loads((issuer.data_dir / "keyset.json").read_text())["keys"]


def metric(issuer, name):
    page = issuer.get("/metrics", admin=True).body.decode()
    return float(re.search(rf"^{re.escape(name)} (\S+)$", page, re.M).group(1))


def seconds(text):
    return time.mktime(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))


def wait_for(condition, issuer, timeout=10.0):
    harness.wait_until(condition, lambda: f"it; the log:\n{issuer.log()}", timeout=timeout)


def test_every_destination_has_what_is_served_from_the_start_and_after_each_commit(publishing, sites):
    with publishing() as issuer:
        for prepare in (False, True):
            if prepare:
                issuer.run("key", "prepare")
            committed = {key["kid"] for key in keys(issuer)}
            assert len(committed) == 2 + prepare
            wait_for(lambda: all(kids(site) == committed for site in sites), issuer)
        wait_for(lambda: (sites[0] / JWKS).read_bytes() == issuer.get("/" + JWKS).body, issuer)
        assert (sites[1] / DISCOVERY).read_bytes() == issuer.get("/" + DISCOVERY).body
        wait_for(lambda: metric(issuer, "mintmark_destinations_behind") == 0, issuer)
        wait_for(lambda: metric(issuer, "mintmark_published_revision") == metric(issuer, "mintmark_keyset_revision"),
                 issuer)
        assert metric(issuer, 'mintmark_publications_total{result="failed"}') == 0
        assert metric(issuer, 'mintmark_publications_total{result="succeeded"}') >= 4


def test_a_new_key_waits_from_the_moment_in_which_the_last_destination_has_it(publishing, sites):
    with publishing() as issuer:
        wait_for(lambda: kids(sites[0]) and kids(sites[1]), issuer)
        wait_for(lambda: not any(key.get("awaits_delivery") for key in keys(issuer)), issuer)
        # The second is out of order: a file where its folder should be.
        sites[1].rename(sites[1].with_name("aside"))
        sites[1].touch()
        issuer.run("key", "prepare")
        kid = keys(issuer)[-1]["kid"]
        wait_for(lambda: kid in kids(sites[0]), issuer)
        time.sleep(2.5)  # more than its wait
        [row] = [row for row in json.loads(issuer.run("key", "list", "-o", "json").stdout)["keys"]
                 if row["kid"] == kid]
        assert row["state"] == "published"
        assert "await" in issuer.run("key", "list").stdout
        assert keys(issuer)[-1]["awaits_delivery"] is True
        refused = issuer.run("key", "activate", kid, status=1).stderr
        assert "everywhere" in refused
        assert metric(issuer, "mintmark_destinations_behind") == 1
        assert len(re.findall(r"level=error .*cannot be published.*destination=" + re.escape(str(sites[1])),
                              issuer.log())) == 1

        sites[1].unlink()
        sites[1].with_name("aside").rename(sites[1])
        mended = time.time()
        wait_for(lambda: "delivered" in keys(issuer)[-1], issuer, timeout=20.0)
        key = keys(issuer)[-1]
        assert kid in kids(sites[1])
        assert seconds(key["delivered"]) - seconds(key["published"]) >= 2
        wait_for(lambda: issuer.run("key", "activate", kid, status=None).returncode == 0, issuer)
        assert time.time() - mended >= key["publish_wait"] - 1


def test_a_bucket_is_kept_current_through_an_outage_and_new_credentials(make_issuer, tmp_path):
    credentials = tmp_path / "credentials"

    def hand_out(secret):
        credentials.touch(mode=0o600)
        credentials.write_text(f"[default]\naws_access_key_id = {fakes3.KEY_ID}\naws_secret_access_key = {secret}\n")

    with fakes3.FakeS3() as store:
        hand_out(fakes3.SECRET)
        issuer = make_issuer(config={**SHORT, "publish": [f"s3://{store.bucket}/id"],
                                     "s3": {"endpoint": store.url, "region": store.region}},
                             env={"AWS_SHARED_CREDENTIALS_FILE": str(credentials), "AWS_CONFIG_FILE": "/dev/null"})

        def stored():
            body, _ = store.objects.get("id/" + JWKS, (b'{"keys":[]}', None))
            return {key["kid"] for key in json.loads(body)["keys"]}

        with issuer:
            wait_for(lambda: stored() == {key["kid"] for key in keys(issuer)}, issuer)
            wait_for(lambda: not any(key.get("awaits_delivery") for key in keys(issuer)), issuer)
            hand_out("takenAway")
            before = stored()
            issuer.run("key", "prepare")
            wait_for(lambda: "SignatureDoesNotMatch" in issuer.log(), issuer)
            assert stored() == before
            assert keys(issuer)[-1]["awaits_delivery"] is True
            hand_out(fakes3.SECRET)
            wait_for(lambda: "delivered" in keys(issuer)[-1], issuer, timeout=20.0)
            assert keys(issuer)[-1]["kid"] in stored()
            assert "takenAway" not in issuer.log() and fakes3.SECRET not in issuer.log()


def test_what_is_revoked_leaves_the_other_destinations_while_one_is_out_of_order(publishing, sites):
    with publishing() as issuer:
        wait_for(lambda: kids(sites[0]) and kids(sites[1]), issuer)
        sites[1].rename(sites[1].with_name("aside"))
        sites[1].touch()
        [signer] = [key["kid"] for key in keys(issuer) if "activated" in key]
        issuer.run("key", "revoke", signer, "--yes")
        wait_for(lambda: signer not in kids(sites[0]), issuer)


def test_who_follows_publishes_nothing(publishing, sites):
    issuer = publishing()
    issuer.start("serve", "--follow", "-c", issuer.config_path)
    issuer.run("key", "prepare")
    harness.wait_until(lambda: "revision=2" in issuer.log(), issuer.log)
    time.sleep(1.2)
    assert not any(site.exists() for site in sites)
    issuer.stop()


def test_a_reload_brings_other_destinations(publishing, sites, tmp_path):
    with publishing() as issuer:
        wait_for(lambda: kids(sites[0]) and kids(sites[1]), issuer)
        issuer.configure({"publish": [str(tmp_path / "c")]})
        issuer.reload()
        wait_for(lambda: kids(tmp_path / "c") == kids(sites[0]), issuer)


def test_keys_that_wait_for_destinations_that_are_configured_no_more_wait_no_longer(publishing, sites):
    sites[0].touch()
    with publishing() as issuer:
        issuer.run("key", "prepare")
        assert keys(issuer)[-1]["awaits_delivery"] is True
        issuer.configure({"publish": None})
        issuer.reload()
        wait_for(lambda: not any(key.get("awaits_delivery") for key in keys(issuer)), issuer)


def test_a_destination_that_hangs_does_not_keep_the_server_from_stopping(publishing, sites):
    sites[0].mkdir()
    lock = os.open(sites[0], os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    issuer = publishing({"http": {"drain_timeout": "1s"}}).start()
    wait_for(lambda: kids(sites[1]), issuer)
    begun = time.time()
    issuer.stop()
    assert time.time() - begun < 8 * harness.PATIENCE  # the lock is waited for up to 10 s
    os.close(lock)
