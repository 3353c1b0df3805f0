# SPDX-License-Identifier: Apache-2.0
"""What the commands for keys say and refuse while destinations do not have a key yet.

What `serve` does about it is in test_publisher.py, and what is said is in tests/unit/test_hurt.c and test_keyrow.c.
"""
import json
import re

import pytest

WHEN = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
ASSUMED = "it is assumed that every destination has each new key at once"


@pytest.fixture
def issuer(make_issuer, tmp_path):
    """With one destination, which has the first two keys and not the third."""
    issuer = make_issuer(config={"publish": [str(tmp_path / "www")]})
    issuer.run("publish")
    issuer.run("key", "prepare")
    return issuer


def listed(issuer):
    return json.loads(issuer.run("key", "list", "-o", "json").stdout)


def test_a_key_that_waits_is_listed_as_such(issuer):
    document = listed(issuer)
    key = document["keys"][2]
    assert (key["state"], key["next"], key["next_at"]) == ("published", "await", None)
    assert (key["delivered"], key["ready_at"], key["publish_wait"]) == (None, None, 3720)
    assert (document["next"]["action"], document["next"]["kid"], document["next"]["at"]) == ("await", key["kid"], None)
    *_, row, last = issuer.run("key", "list").stdout.splitlines()
    assert re.fullmatch(rf"{key['kid']} +ES256 +published +{WHEN} +await delivery", row)
    assert last == f"next=await kid={key['kid']}"


def test_once_it_is_delivered_it_waits_by_the_clock(issuer):
    issuer.run("publish")
    key = listed(issuer)["keys"][2]
    assert key["next"] == "ready" and key["next_at"] == key["ready_at"]
    assert key["delivered"] >= key["published"]
    assert [line["event"] for line in map(json.loads, (issuer.data_dir / "audit.log").read_text().splitlines())][-1] \
        == "delivered"


def test_it_does_not_sign_before_unless_a_gap_is_allowed(issuer):
    issuer.run("key", "rotate")
    kid = listed(issuer)["keys"][2]["kid"]
    line, hint = issuer.run("key", "rotate", status=1).stderr.splitlines()
    assert line.startswith(f"mintmark: key rotate: key {kid} is not published everywhere yet: ")
    assert hint.startswith("hint: it is ready 1h2m after it is delivered: by serve, or by 'mintmark publish'; ")
    assert f"'mintmark key activate {kid} --allow-gap'" in hint
    done = issuer.run("key", "activate", kid, "--allow-gap", "--yes", "-o", "json")
    assert "refuses new tokens until it is published everywhere, and then for 1h2m." in done.stderr
    assert json.loads(done.stdout)["hurt"]["new_tokens"] == {
        "kid": kid, "refused_until": None, "refused_after_delivery": 3720}


def test_without_destinations_it_is_delivered_by_what_is_due(issuer):
    issuer.configure({"publish": None})
    answer = json.loads(issuer.run("key", "rotate", "--due", "-o", "json").stdout)
    assert [event["event"] for event in answer["events"]] == ["delivered"]
    assert answer["events"][0]["key"]["next"] == "ready"


@pytest.mark.parametrize("command", ["simulate", "timeline"])
def test_a_forecast_says_what_it_assumes(issuer, command):
    result = issuer.run("key", command, "--until", "90d")
    assert result.stderr == f"mintmark: key {command}: {ASSUMED}\n"


def test_a_delivery_is_a_part_of_the_picture(issuer):
    """Of one that came a second later at least, as of any that takes its time."""
    path = issuer.data_dir / "keyset.json"
    issuer.run("publish")
    stored = json.loads(path.read_text())
    stored["keys"][0].update(created="2026-01-01T00:00:00Z", published="2026-01-01T00:00:00Z", publish_wait=86400,
                             delivered="2026-01-03T00:00:00Z", activated="2026-01-05T00:00:00Z")
    path.write_text(json.dumps(stored))
    life = json.loads(issuer.run("key", "timeline", "-o", "json").stdout)["keys"][0]
    assert [span["state"] for span in life["spans"]][:4] == ["published", "delivered", "ready", "active"]
    assert "delivered 2026-01-03T00:00:00Z → 2026-01-04T00:00:00Z<" in issuer.run("key", "timeline", "-o", "svg").stdout
