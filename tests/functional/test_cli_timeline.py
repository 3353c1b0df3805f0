# SPDX-License-Identifier: Apache-2.0
"""mintmark key timeline, key simulate."""
import datetime
import json
import os
import pty
import re
import struct
import subprocess
import termios
import time
import fcntl
import xml.etree.ElementTree as ElementTree

import pytest

import harness

SVG = "{http://www.w3.org/2000/svg}"
PUBLISH_WAIT, RETIRE_WAIT = 3720, 86520  # of the default policy
PLAIN = {"LC_ALL": "C", "COLUMNS": "", "NO_COLOR": ""}
UTF8 = {**PLAIN, "LC_ALL": "C.UTF-8"}


@pytest.fixture(scope="module")
def issuer(mintmark, tmp_path_factory):
    """An issuer that nobody serves; the tests leave it as it is."""
    made = harness.Issuer(mintmark, tmp_path_factory.mktemp("timeline"))
    time.sleep(1)  # the second in which its keys began is over: for whoever asks twice it is the past both times
    return made


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def timeline(issuer, *flags):
    return json.loads(issuer.run("key", "timeline", "-o", "json", *flags).stdout)


def simulate(issuer, *flags):
    return json.loads(issuer.run("key", "simulate", "-o", "json", *flags).stdout)


def spans_of(answer):
    """Every span of the answer with its key's kid and algorithm, ends that are not known at the end of time."""
    for key in answer["keys"]:
        for span in key["spans"]:
            yield {**span, "kid": key["kid"], "algorithm": key["algorithm"], "from": seconds(span["from"]),
                   "to": seconds(span["to"]) if span["to"] else float("inf")}


# ---- what is told ----------------------------------------------------------------------------------------------------
def test_json_has_the_times_that_key_list_has(issuer):
    listed = {key["kid"]: key for key in json.loads(issuer.run("key", "list", "-o", "json").stdout)["keys"]}
    told = {key["kid"]: key for key in timeline(issuer)["keys"] if not key["planned"]}
    assert set(told) == set(listed)
    for kid, key in told.items():
        first = key["spans"][0]
        assert first["from"] == listed[kid]["activated" if first["state"] == "active" else "published"]
        assert key["algorithm"] == listed[kid]["algorithm"]


def test_the_future_has_one_signer_at_a_time_and_keeps_every_wait(issuer):
    answer = timeline(issuer, "--until", "1y")
    spans = list(spans_of(answer))
    active = sorted((span for span in spans if span["state"] == "active"), key=lambda span: span["from"])
    assert len(active) == 13
    for span, successor in zip(active, active[1:]):
        assert span["to"] == successor["from"] == span["from"] + 30 * 86400
    published = [span for span in spans if span["state"] == "published"]
    assert len(published) == len([key for key in answer["keys"] if key["planned"]]) == 12
    assert {span["to"] - span["from"] for span in published} == {PUBLISH_WAIT}
    retired = [span for span in spans if span["state"] == "retired"]
    assert len(retired) == 12 and {span["to"] - span["from"] for span in retired} == {RETIRE_WAIT}
    for key in answer["keys"]:
        for span, following in zip(key["spans"], key["spans"][1:]):
            assert span["to"] == following["from"]


def test_events_are_the_beginnings_of_spans_in_order_of_time(issuer):
    answer = simulate(issuer, "--until", "100d")
    times = [event["at"] for event in answer["events"]]
    assert times == sorted(times)
    window = seconds(answer["from"]), seconds(answer["to"])
    begun = {(span["from"], span["kid"], span["state"]) for span in spans_of(answer)
             if window[0] <= span["from"] <= window[1]}
    assert {(seconds(event["at"]), event["kid"], event["state"]) for event in answer["events"]} == begun
    assert [event["kid"] for event in answer["events"] if event["state"] == "published"] == \
        ["planned-1", "planned-2", "planned-3"]


def test_the_summary_of_a_simulation_follows_from_its_events(issuer):
    answer = simulate(issuer)
    assert seconds(answer["to"]) - seconds(answer["now"]) == 365 * 86400
    assert answer["fresh"] is False and answer["new_keys"] == 12 == len([k for k in answer["keys"] if k["planned"]])
    assert answer["policy"] == {"rotate_every": 30 * 86400, "publish_wait": PUBLISH_WAIT, "retire_wait": RETIRE_WAIT}
    served = ("published", "ready", "active", "retired", "tainted")
    spans = [span for span in spans_of(answer) if span["state"] in served]
    at = seconds(answer["most_served_at"])
    count = lambda time: len({span["kid"] for span in spans if span["from"] <= time < span["to"]})
    assert answer["most_served"] == count(at) == max(count(span["from"]) for span in spans) == 3
    assert answer["next"]["action"] == "publish" and answer["next"]["algorithm"] == "ES256"
    assert answer["next"]["at"] == next(e["at"] for e in answer["events"] if e["state"] == "published")


def test_text_tells_the_same_as_json(issuer):
    text = issuer.run("key", "simulate", "--until", "100d").stdout
    rows = re.findall(r"^(\S+Z)  (\S+) +ES256 +(\w+)  ", text, re.M)
    short = lambda kid: kid if kid.startswith("planned") else kid[:8]
    assert rows == [(event["at"], short(event["kid"]), event["state"])
                    for event in simulate(issuer, "--until", "100d")["events"]]
    assert re.search(r"^a key signs for 30d, waits 1h2m before it may, and is served for 1d2m afterwards$", text, re.M)
    assert re.search(r"^3 new keys until \S+Z; at most 3 in the JWKS at once, first at \S+Z$", text, re.M)
    assert re.search(r"^next: publish a new ES256 key at ", text, re.M)


def test_the_first_characters_of_a_kid_name_the_key_to_other_commands(issuer):
    kid = re.search(r"^(\S{8})  ES256 [█│]+", issuer.run("key", "timeline", env=UTF8).stdout, re.M)[1]
    assert issuer.run("key", "export", kid).stdout.startswith("-----BEGIN PUBLIC KEY")


def test_several_algorithms_stand_apart(make_issuer):
    issuer = make_issuer(config={"keys": {"algorithm": None, "algorithms": ["RS256", "ES256"]}})
    algorithms = [key["algorithm"] for key in timeline(issuer, "--until", "1y")["keys"]]
    assert algorithms == sorted(algorithms, reverse=True) and set(algorithms) == {"RS256", "ES256"}


def test_what_was_revoked_and_tainted_is_in_the_picture(make_issuer):
    issuer = make_issuer()
    first, second = (key["kid"] for key in json.loads(issuer.run("key", "list", "-o", "json").stdout)["keys"])
    issuer.run("key", "taint", first, "--yes")
    issuer.run("key", "revoke", second, "--yes")
    answer = timeline(issuer, "--since", "1h")
    states = {key["kid"]: [span["state"] for span in key["spans"]] for key in answer["keys"]}
    assert states[first][-2:] == ["tainted", "removed"] and states[second][-1] == "revoked"
    text = issuer.run("key", "timeline", "--since", "1h", "--until", "1d", env=PLAIN).stdout
    assert "tainted, still served" in text and "X revoked" in text


# ---- how it looks ----------------------------------------------------------------------------------------------------
def test_without_a_terminal_the_width_is_80_and_there_are_no_colours(issuer):
    for env in (PLAIN, UTF8):
        text = issuer.run("key", "timeline", env={**env, "TERM": "xterm"}).stdout
        assert "\x1b" not in text
        assert max(map(len, text.splitlines())) == 80
    assert text.isascii() is False and issuer.run("key", "timeline", env=PLAIN).stdout.isascii()


def test_the_width_is_that_of_the_environment_or_the_flag(issuer):
    wide = issuer.run("key", "timeline", env={**UTF8, "COLUMNS": "133"}).stdout
    assert max(map(len, wide.splitlines())) == 133
    narrow = issuer.run("key", "timeline", "--width", "20", env={**UTF8, "COLUMNS": "133"}).stdout
    assert max(map(len, narrow.splitlines())) == 20


def on_terminal(issuer, columns, **env):
    """What `key timeline` writes to a terminal of that width."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    with os.fdopen(master, "rb", 0) as reader:
        process = subprocess.Popen([issuer.mintmark.path, "key", "timeline", "-c", issuer.config_path], stdout=slave,
                                   stdin=subprocess.DEVNULL, env={**os.environ, **UTF8, "TERM": "xterm", **env})
        os.close(slave)
        written = b""
        try:
            while chunk := reader.read(65536):
                written += chunk
        except OSError:  # Linux's way to say that nobody has the terminal open any more
            pass
        assert process.wait(timeout=60) == 0
    return written.decode().replace("\r\n", "\n")


def test_a_terminal_gets_its_width_and_colours(issuer):
    coloured = on_terminal(issuer, 101)
    plain = re.sub("\x1b\\[\\d+m", "", coloured)
    assert plain != coloured and "\x1b" not in plain
    assert max(map(len, plain.splitlines())) == 101
    assert "\x1b" not in on_terminal(issuer, 101, NO_COLOR="1")
    assert "\x1b" not in on_terminal(issuer, 101, TERM="dumb")


# ---- the drawing -----------------------------------------------------------------------------------------------------
def shapes_of(drawing):
    """The spans as they are drawn: (kid, state, from, x, right end)."""
    for shape in drawing.iter():
        title = shape.find(f"{SVG}title")
        told = title is not None and re.fullmatch(r"(\S+) (\S+) (\w+) (\S+Z)(?: → (\S+Z))?", title.text or "")
        if told and shape.tag == f"{SVG}rect":
            x, width = float(shape.get("x")), float(shape.get("width"))
            yield {"kid": told[1], "state": told[3], "from": told[4], "to": told[5], "x": x, "right": x + width}


@pytest.mark.parametrize("command", ["timeline", "simulate"])
def test_the_drawing_is_xml_that_stands_alone_and_can_be_told(issuer, command):
    drawing = ElementTree.fromstring(issuer.run("key", command, "-o", "svg").stdout)
    assert drawing.tag == f"{SVG}svg" and drawing.get("role") == "img"
    described = {element.get("id"): element.text for element in drawing if element.get("id")}
    assert drawing.get("aria-labelledby").split() == list(described) == ["mm-title", "mm-desc"]
    assert issuer.url in described["mm-title"] and "in the JWKS at once" in described["mm-desc"]
    assert {element.tag.removeprefix(SVG) for element in drawing.iter()} <= {
        "svg", "title", "desc", "style", "defs", "pattern", "rect", "path", "text", "g"}
    attributes = [value for element in drawing.iter() for value in element.attrib.values()]
    assert not [value for value in attributes if "//" in value or value.startswith("#")]
    assert "prefers-color-scheme:dark" in drawing.find(f"{SVG}style").text


@pytest.mark.parametrize("flags", [[], ["--until", "2d"], ["--since", "1y", "--until", "3y"]])
def test_the_drawing_has_every_span_where_it_belongs(issuer, flags):
    answer = timeline(issuer, *flags)
    drawing = ElementTree.fromstring(issuer.run("key", "timeline", "-o", "svg", *flags).stdout)
    left, right = seconds(answer["from"]), seconds(answer["to"])
    shapes = list(shapes_of(drawing))
    seen = [span for span in spans_of(answer)
            if span["state"] != "removed" and span["from"] < right and span["to"] > left]
    assert [(shape["kid"], shape["state"]) for shape in shapes] == [(span["kid"], span["state"]) for span in seen]
    width = float(drawing.get("viewBox").split()[2])
    # The window is as wide as what is drawn of it: a signer is always there, and so is a standby.
    begin, end = min(shape["x"] for shape in shapes), max(shape["right"] for shape in shapes)
    assert 0 < begin < end < width
    scale = (end - begin) / (right - max(left, min(span["from"] for span in seen)))
    for shape, span in zip(shapes, seen):
        place = lambda time: end - scale * (right - min(max(time, left), right))
        # A few pixels: what is too short to be seen takes some from its neighbours.
        assert abs(shape["x"] - place(span["from"])) < 8 and abs(shape["right"] - place(span["to"])) < 8, shape
        assert shape["right"] - shape["x"] > 3
    for before, after in zip(shapes, shapes[1:]):
        assert before["kid"] != after["kid"] or before["right"] <= after["x"] + 0.02


def test_the_example_in_the_documentation_is_drawn_like_this(issuer):
    """Everything but keys and times: whoever changes how it looks, draws the example anew."""
    drawn = ElementTree.fromstring(issuer.run("key", "timeline", "-o", "svg").stdout)
    example = ElementTree.parse(harness.SOURCE_DIR / "docs/images/timeline.svg").getroot()
    for part in ("style", "defs"):
        assert ElementTree.tostring(example.find(f"{SVG}{part}")) == ElementTree.tostring(drawn.find(f"{SVG}{part}"))
    assert list(shapes_of(example)) != []


# ---- trying another policy -------------------------------------------------------------------------------------------
def test_another_policy_can_be_tried(issuer):
    tried = simulate(issuer, "--rotate-every", "10d", "--verifier-cache", "5h", "--propagation", "2m",
                     "--clock-skew", "0s", "--max-ttl", "2d")
    assert tried["policy"] == {"rotate_every": 864000, "publish_wait": 5 * 3600 + 120, "retire_wait": 2 * 86400 + 120}
    assert tried["new_keys"] > simulate(issuer)["new_keys"]
    published = [span for span in spans_of(tried) if span["state"] == "published"]
    assert {span["to"] - span["from"] for span in published} == {5 * 3600 + 120}


def test_by_hand_nothing_happens(issuer):
    answer = simulate(issuer, "--rotate-every", "0", "--until", "10y")
    assert answer["new_keys"] == 0 and answer["next"] is None
    assert {span["to"] for span in spans_of(answer)} == {float("inf")}
    text = issuer.run("key", "simulate", "--rotate-every", "0").stdout
    assert "a key signs for as long as nobody activates another" in text
    assert "next: nothing happens by itself" in text


@pytest.mark.parametrize("flag, option, value", [("--rotate-every", "rotate_every", "10m"),
                                                 ("--verifier-cache", "verifier_cache", "30d"),
                                                 ("--rotate-every", "rotate_every", "65m")])
def test_a_policy_is_refused_as_in_the_configuration(make_issuer, flag, option, value):
    issuer = make_issuer()
    tried = issuer.run("key", "simulate", flag, value, status=2)
    assert tried.stdout == "" and tried.stderr.startswith("mintmark: keys.")
    issuer.configure({"keys": {option: value}})
    configured = issuer.run("key", "list", status=2).stderr
    assert re.sub(r"^mintmark: \S+?(:\d+)?: ", "mintmark: ", configured) == tried.stderr


def test_what_would_mend_a_refused_configuration_can_be_tried(make_issuer):
    issuer = make_issuer(config={"keys": {"rotate_every": "30d"}})
    issuer.configure({"keys": {"rotate_every": "10m"}})
    issuer.run("key", "simulate", status=2)
    assert simulate(issuer, "--rotate-every", "20d")["policy"]["rotate_every"] == 20 * 86400


# ---- what is not needed and not touched ------------------------------------------------------------------------------
def test_nothing_is_changed_and_no_private_key_is_needed(make_issuer):
    issuer = make_issuer()
    for key in (issuer.data_dir / "keys").iterdir():
        key.unlink()
    before = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in issuer.data_dir.rglob("*")}
    assert len(simulate(issuer)["events"]) > 40
    assert len(timeline(issuer)["keys"]) == 4
    assert {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in issuer.data_dir.rglob("*")} == before


def test_without_a_key_set_a_fresh_one_is_simulated(mintmark, tmp_path):
    (tmp_path / "m.yaml").write_text("issuer: https://h.example\ndata_dir: data\nkeys: {algorithms: [RS256, ES256]}\n")
    result = mintmark("key", "simulate", "-c", "m.yaml", "-o", "json", cwd=tmp_path)
    answer = json.loads(result.stdout)
    assert result.stderr == "mintmark: key simulate: there is no key set yet; this is the future of a fresh one\n"
    assert answer["fresh"] is True
    first = [(key["algorithm"], key["spans"][0]["state"]) for key in answer["keys"]
             if key["spans"][0]["from"] == answer["now"]]
    assert first == [("RS256", "active"), ("RS256", "ready"), ("ES256", "active"), ("ES256", "ready")]
    refused = mintmark("key", "timeline", "-c", "m.yaml", cwd=tmp_path, status=1)
    assert "\nhint: 'mintmark init --issuer https://h.example" in refused.stderr
    assert os.listdir(tmp_path) == ["m.yaml"], "reading makes nothing"


# ---- what is refused -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("arguments, line", [
    (["timeline", "--until", "2020-01-01T00:00:00Z"],
     '--until: found "2020-01-01T00:00:00Z"; accepted: a duration such as 90d or 1y, or a time after now such as '),
    (["simulate", "--until", "9999y"], '--until: found "9999y"; accepted: '),
    (["simulate", "--until", "0s"], '--until: found "0s"; accepted: '),
    (["timeline", "--since", "2999-01-01T00:00:00Z"],
     '--since: found "2999-01-01T00:00:00Z"; accepted: a duration such as 90d or 1y, or a time before now such as '),
    (["timeline", "--width", "19"], '--width: found "19"; accepted: a number of columns from 20 to 1000\n'),
    (["timeline", "--width", "80x"], '--width: found "80x"; accepted: a number of columns from 20 to 1000\n'),
    (["timeline", "--width", "100", "-o", "svg"],
     "--width: only the text has a width in columns; accepted: with -o text\n"),
    (["timeline", "-o", "png"], '--output: found "png"; accepted: text, json or svg\n'),
    (["simulate", "--rotate-every", "soon"], '--rotate-every: found "soon"; accepted: a duration from 0s to 3650d'),
    (["simulate", "--max-ttl", "0"], '--max-ttl: found "0"; accepted: '),
])
def test_what_is_wrong_is_told(issuer, arguments, line):
    result = issuer.run("key", *arguments, status=2)
    assert result.stdout == "" and result.stderr.startswith(f"mintmark: key {arguments[0]}: {line}")


def test_more_than_anybody_could_read_is_refused(issuer):
    result = issuer.run("key", "simulate", "--rotate-every", "2h", "--max-ttl", "10m", "--until", "100y", status=1)
    assert result.stdout == "" and "and has taken more than 5000 steps\nhint: a nearer --until" in result.stderr
