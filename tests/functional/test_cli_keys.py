# SPDX-License-Identifier: Apache-2.0
"""mintmark key list, import, export."""
import base64
import datetime
import hashlib
import json
import os
import re
import stat
import subprocess

import pytest

import harness


@pytest.fixture(scope="module")
def issuer(mintmark, tmp_path_factory):
    """An issuer that nobody serves; the tests leave it as it is."""
    return harness.Issuer(mintmark, tmp_path_factory.mktemp("keys"))


def keys_of(issuer):
    return json.loads(issuer.run("key", "list", "-o", "json").stdout)["keys"]


def export(issuer, kid, *flags, status=0):
    return issuer.mintmark("key", "export", kid, "-c", issuer.config_path, *flags, status=status)


def openssl(*arguments, data=None):
    return subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, input=data).stdout


# ---- list ------------------------------------------------------------------------------------------------------------
def test_the_table_has_a_row_for_each_key(issuer):
    result = issuer.run("key", "list")
    head, *rows, last = result.stdout.splitlines()
    assert re.fullmatch(r"KID +ALGORITHM +STATE +SINCE +NEXT", head)
    assert [row.split()[1:3] for row in rows] == [["ES256", "active"], ["ES256", "ready"]]
    when = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    for row, action in zip(rows, ["retire", "activate"]):
        assert re.fullmatch(rf"{action} at {when} \((in 29d23h|in 30d)\)", re.split(r"  +", row)[-1]), row
    assert re.fullmatch(rf"next=publish algorithm=ES256 at={when}", last)
    assert result.stderr == ""


def test_the_last_line_names_the_key_that_comes_next(make_issuer):
    issuer = make_issuer(config={"keys": {"rotate_every": "62m", "max_keys": 100}})
    issuer.run("key", "prepare")
    last = issuer.run("key", "list").stdout.splitlines()[-1]
    next_action = json.loads(issuer.run("key", "list", "-o", "json").stdout)["next"]
    assert last == f"next=activate kid={keys_of(issuer)[1]['kid']} at={next_action['at']}"
    assert (next_action["action"], next_action["algorithm"]) == ("activate", "ES256")
    assert next_action["why"] == "rotate_every has passed"


def test_by_hand_keys_sign_and_stand_by_until_somebody_acts(make_issuer):
    issuer = make_issuer(config={"keys": {"rotate_every": 0}})
    *rows, last = issuer.run("key", "list").stdout.splitlines()[1:]
    assert [re.split(r"  +", row)[-1] for row in rows] == ["signs", "stands by"]
    assert last == "next=none"
    assert {row["next"] for row in keys_of(issuer)} == {None}


def test_old_tombstones_are_listed_when_asked_for(make_issuer):
    issuer = make_issuer()
    issuer.run("key", "revoke", "active", "--yes")
    stored = json.loads((issuer.data_dir / "keyset.json").read_text())
    for name in ("created", "published", "activated", "retired", "revoked"):
        then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=31)
        stored["keys"][0][name] = then.strftime("%Y-%m-%dT%H:%M:%SZ")
    (issuer.data_dir / "keyset.json").write_text(json.dumps(stored))
    revoked = stored["keys"][0]["kid"]
    *rows, left_out, last = issuer.run("key", "list").stdout.splitlines()[1:]
    assert revoked not in "".join(rows) and len(rows) == 2
    assert left_out == "1 removed or revoked more than 30 days ago: --all lists them" and last.startswith("next=")
    assert issuer.run("key", "list", "--all").stdout.splitlines()[1].startswith(revoked)
    assert keys_of(issuer)[0]["kid"] == revoked, "in JSON everything is listed"


def test_json_has_revision_and_times(issuer):
    document = json.loads(issuer.run("key", "list", "-o", "json").stdout)
    assert document["revision"] == 1
    active, standby = document["keys"]
    assert active["created"] == active["published"] == active["activated"] == document["committed"]
    assert standby["activated"] is None and active["retired"] is None
    assert len({active["kid"], standby["kid"]}) == 2


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "ES512", "EdDSA"])
def test_json_has_the_thumbprint_of_each_key(make_issuer, algorithm):
    issuer = make_issuer(algorithm=algorithm)
    published = {key["kid"]: key for key in json.loads(issuer.run("jwks").stdout)["keys"]}
    for row in keys_of(issuer):
        # RFC 7638 §3.2, RFC 8037 §2: the required members alone, sorted, without white space
        needed = {name: value for name, value in published[row["kid"]].items() if name not in ("alg", "kid", "use")}
        text = json.dumps(needed, sort_keys=True, separators=(",", ":")).encode()
        assert row["thumbprint"] == base64.urlsafe_b64encode(hashlib.sha256(text).digest()).rstrip(b"=").decode()


def test_an_imported_key_is_listed_with_what_comes_next(make_issuer, tmp_path):
    issuer = make_issuer()
    harness.generate_key(tmp_path / "k.pem")
    issuer.run("key", "import", tmp_path / "k.pem")
    kid = keys_of(issuer)[-1]["kid"]
    row = issuer.run("key", "list").stdout.splitlines()[-2]
    assert re.fullmatch(rf"{kid}  ES256 +published +\S+ +ready at \S+ \(in 1h[12]?m?\)", row), row
    imported = keys_of(issuer)[-1]
    assert (imported["kid"], imported["state"], imported["next"]) == (kid, "published", "ready")
    assert imported["next_at"] > imported["since"]


# ---- import ----------------------------------------------------------------------------------------------------------
def test_import_says_that_the_key_is_published_and_when_it_is_ready(make_issuer, tmp_path):
    issuer = make_issuer()
    harness.generate_key(tmp_path / "k.pem")
    result = issuer.run("key", "import", tmp_path / "k.pem")
    kid = keys_of(issuer)[-1]["kid"]
    assert re.match(rf"published {kid} \(ES256\), ready at \S+Z \(in 1h[12]m\)\nnext: ", result.stdout)
    assert result.stderr == ""
    assert kid in [key["kid"] for key in json.loads(issuer.run("jwks").stdout)["keys"]]


def test_import_answers_in_json(make_issuer, tmp_path):
    issuer = make_issuer(algorithm="PS384")
    harness.generate_key(tmp_path / "k.pem", "RSA", "rsa_keygen_bits:2048")
    result = issuer.run("key", "import", tmp_path / "k.pem", "--algorithm", "PS384", "-o", "json")
    row = json.loads(result.stdout)["events"][0]["key"]
    assert (row["algorithm"], row["bits"], row["state"]) == ("PS384", 2048, "published")
    assert row == keys_of(issuer)[-1] and result.stderr == ""


def test_a_key_for_an_algorithm_that_is_not_configured_is_refused(make_issuer, tmp_path):
    harness.generate_key(tmp_path / "k.pem", "ED25519", None)
    said = make_issuer().run("key", "import", tmp_path / "k.pem", status=1).stderr
    assert said == "mintmark: key import: EdDSA is not among the algorithms that the configuration names (ES256)\n"


def test_import_reads_standard_input(make_issuer, tmp_path):
    issuer = make_issuer()
    harness.generate_key(tmp_path / "k.pem")
    issuer.run("key", "import", "-", stdin=(tmp_path / "k.pem").read_text())
    assert len(keys_of(issuer)) == 3


def test_every_form_can_be_imported(make_issuer, tmp_path):
    issuer = make_issuer()
    plain = tmp_path / "plain.pem"
    files = {}
    for form in ("pkcs8", "traditional", "encrypted"):
        harness.generate_key(plain)
        files[form] = tmp_path / form
        openssl(*{"pkcs8": ["pkey"], "traditional": ["pkey", "-traditional"],
                  "encrypted": ["pkcs8", "-topk8", "-passout", "pass:secret"]}[form], "-in", plain, "-out", files[form])
        files[form].chmod(0o600)
    files["jwk"] = tmp_path / "jwk"
    files["jwk"].write_text(make_issuer().run("key", "export", "active", "--format", "private-jwk", "--private").stdout)
    files["jwk"].chmod(0o600)
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("secret\n")
    passphrase.chmod(0o600)
    for form, path in files.items():
        extra = ["--passphrase-file", passphrase] if form == "encrypted" else []
        issuer.run("key", "import", path, *extra)
    result = issuer.run("key", "list").stdout
    assert len(result.splitlines()) == 1 + 2 + len(files) + 1


def test_a_refused_import_changes_nothing(issuer, tmp_path):
    before = issuer.run("key", "list", "-o", "json").stdout
    harness.generate_key(tmp_path / "ok.pem")
    openssl("pkey", "-in", tmp_path / "ok.pem", "-pubout", "-out", tmp_path / "public.pem")
    openssl("genrsa", "-out", tmp_path / "weak.pem", 1024)
    (tmp_path / "open.pem").write_bytes((tmp_path / "ok.pem").read_bytes())
    (tmp_path / "open.pem").chmod(0o640)
    (tmp_path / "empty.pem").touch()
    for name in ("public.pem", "weak.pem", "empty.pem"):
        (tmp_path / name).chmod(0o600)
    own = tmp_path / "own.pem"
    issuer.run("key", "export", "active", "--format", "pkcs8", "--out", own)
    for name in ("public.pem", "weak.pem", "open.pem", "empty.pem", "none.pem", "own.pem"):
        result = issuer.run("key", "import", tmp_path / name, status=1)
        assert result.stdout == "" and result.stderr.startswith("mintmark: "), name
    result = issuer.run("key", "import", tmp_path / "ok.pem", "--algorithm", "RS256", status=1)
    assert "ok.pem: RS256 does not fit" in result.stderr
    assert issuer.run("key", "list", "-o", "json").stdout == before


def test_key_and_passphrase_cannot_share_standard_input(issuer):
    result = issuer.run("key", "import", "-", "--passphrase-file", "-", status=2)
    assert result.stderr.startswith("mintmark: key import: key and passphrase cannot both be standard input")


def test_an_empty_passphrase_is_told(issuer, tmp_path):
    (tmp_path / "p").write_text("\nsecret\n")
    (tmp_path / "p").chmod(0o600)
    assert "first line is empty" in issuer.run("key", "import", "k", "--passphrase-file", tmp_path / "p", status=1).stderr


# ---- export ----------------------------------------------------------------------------------------------------------
def test_the_public_half_is_the_default(issuer):
    active = keys_of(issuer)[0]["kid"]
    text = issuer.run("key", "export", "active").stdout
    assert text == export(issuer, active, "--format", "public-pem").stdout
    assert text.startswith("-----BEGIN PUBLIC KEY-----\n")
    jwk = json.loads(export(issuer, active, "--format=public-jwk").stdout)
    assert jwk in json.loads(issuer.run("jwks").stdout)["keys"]


def test_the_kid_is_what_openssl_computes(issuer):
    for key in keys_of(issuer):
        text = export(issuer, key["kid"]).stdout.encode()
        digest = openssl("dgst", "-sha256", "-binary", data=openssl("pkey", "-pubin", "-outform", "DER", data=text))
        encoded = openssl("base64", "-A", data=digest).decode().rstrip("=").replace("+", "-").replace("/", "_")
        assert encoded == key["kid"]


@pytest.mark.parametrize("dashes", ["-", "--", "-c", "-h"])
def test_a_kid_that_begins_like_a_flag_is_a_kid(issuer, dashes):
    kid = dashes.ljust(43, "A")
    assert f"there is no key {kid}" in export(issuer, kid, status=1).stderr


def test_what_begins_with_a_dash_and_is_no_kid_is_a_flag(issuer):
    assert "unknown flag" in export(issuer, "-A" * 20, status=2).stderr


@pytest.mark.parametrize("form, begin", [("pkcs8", "-----BEGIN PRIVATE KEY-----"),
                                         ("traditional", "-----BEGIN EC PRIVATE KEY-----"), ("private-jwk", "{")])
def test_a_private_form_is_printed_only_when_asked_for(issuer, form, begin):
    refused = issuer.run("key", "export", "active", "--format", form, status=2)
    assert refused.stdout == ""
    assert refused.stderr.startswith(f"mintmark: key export: {form} is a private key, and is not printed unasked\nhint: ")
    assert issuer.run("key", "export", "active", "--format", form, "--private").stdout.startswith(begin)


@pytest.mark.parametrize("form, mode", [("pkcs8", 0o600), ("traditional", 0o600), ("private-jwk", 0o600),
                                        ("public-pem", 0o644), ("public-jwk", 0o644)])
def test_files_have_the_mode_of_their_content(issuer, tmp_path, form, mode):
    result = issuer.run("key", "export", "active", "--format", form, "--out", tmp_path / "k")
    assert (result.stdout, result.stderr) == ("", "")
    assert stat.S_IMODE((tmp_path / "k").stat().st_mode) == mode
    printed = issuer.run("key", "export", "active", "--format", form, "--private").stdout
    assert (tmp_path / "k").read_text() == printed
    assert os.listdir(tmp_path) == ["k"]


def test_a_file_is_replaced_only_with_force(issuer, tmp_path):
    (tmp_path / "k").write_text("precious")
    result = issuer.run("key", "export", "active", "--out", tmp_path / "k", status=1)
    assert result.stderr == f"mintmark: key export: {tmp_path}/k is there already\nhint: --force replaces it\n"
    assert (tmp_path / "k").read_text() == "precious"
    issuer.run("key", "export", "active", "--out", tmp_path / "k", "--force")
    assert (tmp_path / "k").read_text().startswith("-----BEGIN PUBLIC KEY")


def test_only_a_file_is_replaced(issuer, tmp_path):
    """--out /dev/stdout --force would take that away from everybody."""
    (tmp_path / "k").symlink_to("/proc/self/fd/1")
    (tmp_path / "d").mkdir()
    os.mkfifo(tmp_path / "f")
    for name in ("k", "d", "f"):
        for force in ((), ("--force",)):
            result = issuer.run("key", "export", "active", "--out", tmp_path / name, *force, status=1)
            assert result.stderr == \
                f"mintmark: key export: {tmp_path}/{name} is not a regular file, and is not replaced\n"
    assert (tmp_path / "k").is_symlink()
    assert sorted(os.listdir(tmp_path)) == ["d", "f", "k"]


def test_a_link_is_neither_followed_nor_replaced(issuer, tmp_path):
    (tmp_path / "target").write_text("precious")
    (tmp_path / "k").symlink_to("target")
    for force in ((), ("--force",)):
        issuer.run("key", "export", "active", "--format", "pkcs8", "--out", tmp_path / "k", *force, status=1)
    assert (tmp_path / "target").read_text() == "precious" and (tmp_path / "k").is_symlink()


@pytest.mark.parametrize("arguments, status, line", [
    (["nosuchkid"], 1, "key export: there is no key nosuchkid"),
    (["active", "--force"], 2, "key export: --force needs --out"),
    (["active", "--out", "/none/k"], 1, "key export: /none"),
    (["active", "--out", "-"], 2, 'key export: --out: found "-"; accepted: the name of a file\nhint: without --out it is '
                                  "printed, a private form with --private"),
    (["active", "--out", "/tmp/"], 2, "key export: --out: /tmp/ is a directory; accepted: a file"),
])
def test_what_cannot_be_exported_is_told(issuer, arguments, status, line):
    assert issuer.run("key", "export", *arguments, status=status).stderr.startswith(f"mintmark: {line}")


def test_ed25519_has_no_traditional_form(make_issuer):
    issuer = make_issuer(algorithm="EdDSA")
    result = issuer.run("key", "export", "active", "--format", "traditional", "--private", status=1)
    assert result.stdout == "" and "key export: " in result.stderr


# ---- hardening -------------------------------------------------------------------------------------------------------
def test_whatever_reads_private_keys_is_hardened_first(mintmark, issuer):
    tables = json.loads(mintmark("help", "--dump", "json").stdout)
    assert [row["name"] for row in tables["commands"] if row["private_keys"]] == [
        "init", "serve", "token create", "key prepare", "key activate", "key rotate", "key taint", "key revoke",
        "key import", "key export", "key thumbprint", "publish"]
    # It waits for the key on standard input, and can be looked at.
    process = subprocess.Popen([mintmark.path, "key", "import", "-", "-c", issuer.config_path], stdin=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    try:
        proc = f"/proc/{process.pid}"
        harness.wait_until(lambda: "NoNewPrivs:\t1" in open(f"{proc}/status", encoding="ascii").read(), "it is hardened")
        limits = open(f"{proc}/limits", encoding="ascii").read()
        assert re.search(r"^Max core file size +0 +0 ", limits, re.M)
        assert os.stat(f"{proc}/environ").st_uid == 0, "undumpable: its /proc belongs to root"
    finally:
        process.communicate()
    assert process.returncode == 1


# ---- no key set ------------------------------------------------------------------------------------------------------
def test_without_a_key_set_the_way_to_one_is_shown(mintmark, tmp_path):
    (tmp_path / "m.yaml").write_text("issuer: https://h.example\ndata_dir: data\n")
    for command in (["key", "list"], ["key", "export", "active"], ["jwks"], ["token", "create", "a"], ["serve"]):
        result = mintmark(*command, "-c", "m.yaml", status=1, cwd=tmp_path)
        assert "\nhint: 'mintmark init --issuer https://h.example" in result.stderr, command
    assert os.listdir(tmp_path) == ["m.yaml"], "reading makes nothing"


def test_a_private_key_that_could_not_be_destroyed_is_warned_of(mintmark, faultfs, tmp_path):
    """One that was left over from a crash, say: the commit stands, but there is something to clean up."""
    issuer, key = harness.Issuer(mintmark, tmp_path), tmp_path / "key.pem"
    harness.generate_key(key)
    left_over = issuer.data_dir / "keys" / f"{'A' * 43}.pem"
    left_over.write_bytes(key.read_bytes())
    left_over.chmod(0o600)
    fault = {"LD_PRELOAD": str(faultfs), "FAULTFS_OP": "unlink", "FAULTFS_AT": "1", "FAULTFS_ERRNO": "EIO"}
    result = issuer.run("key", "import", key, env=fault)
    assert f"published {keys_of(issuer)[-1]['kid']} " in result.stdout
    assert re.match(r"mintmark: warning: .*: a private key could not be destroyed: .*Input/output error", result.stderr)
    assert left_over.exists()
