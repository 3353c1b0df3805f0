# SPDX-License-Identifier: Apache-2.0
"""mintmark jwks, discovery and publish: the same bytes that serve serves; and what serve says when it starts."""
import fcntl
import json
import os
import stat
import subprocess

import pytest

import harness

JWKS, DISCOVERY = "openid/v1/jwks", ".well-known/openid-configuration"


@pytest.fixture(scope="module")
def issuer(mintmark, tmp_path_factory):
    """An issuer with a path, served."""
    with harness.Issuer(mintmark, tmp_path_factory.mktemp("documents"), path="/id/prod") as served:
        yield served


def test_documents_are_printed_as_they_are_served(issuer):
    assert issuer.run("jwks").stdout == issuer.get("/" + JWKS).body.decode() + "\n"
    assert issuer.run("discovery").stdout == issuer.get("/" + DISCOVERY).body.decode() + "\n"


@pytest.mark.parametrize("document", ["jwks", "discovery"])
def test_documents_are_json_whatever_form_is_asked_for(issuer, document):
    printed = issuer.run(document).stdout
    assert issuer.run(document, "-o", "json").stdout == issuer.run(document, "--output=text").stdout == printed


def test_no_private_member_is_printed(issuer):
    for key in json.loads(issuer.run("jwks").stdout)["keys"]:
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & set(key)


def test_publish_writes_what_is_served_at_its_paths(issuer, tmp_path):
    result = issuer.run("publish", tmp_path / "www")
    root = tmp_path / "www/id/prod"
    assert result.stdout == f"{root}/{JWKS} written\n{root}/{DISCOVERY} written\n"
    assert (root / JWKS).read_bytes() == issuer.get("/" + JWKS).body
    assert (root / DISCOVERY).read_bytes() == issuer.get("/" + DISCOVERY).body
    assert {stat.S_IMODE((root / name).stat().st_mode) for name in (JWKS, DISCOVERY)} == {0o644}
    assert result.stderr == ""


def test_publish_can_leave_the_issuers_path_out(issuer, tmp_path):
    issuer.run("publish", tmp_path / "www", "--omit-issuer-path")
    assert sorted(os.listdir(tmp_path / "www")) == [".well-known", "openid"]


def test_publish_leaves_alone_what_is_right(issuer, tmp_path):
    issuer.run("publish", tmp_path / "www")
    before = (tmp_path / "www/id/prod" / JWKS).stat()
    answer = json.loads(issuer.run("publish", tmp_path / "www", "-o", "json").stdout)
    assert answer == {
        "jwks": {"path": f"{tmp_path}/www/id/prod/{JWKS}", "written": False},
        "discovery": {"path": f"{tmp_path}/www/id/prod/{DISCOVERY}", "written": False}}
    after = (tmp_path / "www/id/prod" / JWKS).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_publish_writes_the_new_jwks_alone_after_an_import(make_issuer, tmp_path):
    issuer = make_issuer()
    issuer.run("publish", tmp_path / "www")
    harness.generate_key(tmp_path / "k.pem")
    kid = issuer.import_key(tmp_path / "k.pem")
    answer = json.loads(issuer.run("publish", tmp_path / "www", "-o", "json").stdout)
    assert (answer["jwks"]["written"], answer["discovery"]["written"]) == (True, False)
    assert kid in (tmp_path / "www" / JWKS).read_text()


def test_publish_where_nothing_can_be_written_fails(issuer, tmp_path):
    (tmp_path / "file").touch()
    result = issuer.run("publish", tmp_path / "file", status=1)
    assert result.stdout == "" and str(tmp_path / "file") in result.stderr


def test_publish_loads_the_keys_under_the_lock_of_the_directory(make_issuer, tmp_path):
    """A run that had to wait publishes what was committed meanwhile, never an older set over a newer."""
    issuer = make_issuer()
    (tmp_path / "www").mkdir()
    harness.generate_key(tmp_path / "k.pem")
    lock = os.open(tmp_path / "www", os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    waiting = issuer.mintmark.popen("publish", tmp_path / "www", "-c", issuer.config_path)
    with pytest.raises(subprocess.TimeoutExpired):
        waiting.wait(0.5)  # by now it would have loaded them without the lock
    kid = issuer.import_key(tmp_path / "k.pem")
    os.close(lock)
    assert waiting.wait(30) == 0
    assert kid in (tmp_path / "www" / JWKS).read_text()


def test_publish_makes_durable_what_is_right_already(issuer, faultfs, tmp_path):
    """The last directory is synced also where no file is written: whoever wrote it may have been killed before that."""
    issuer.run("publish", tmp_path / "www")
    failures = []
    for number in range(1, 100):
        result = issuer.run("publish", tmp_path / "www", status=None, env={
            "LD_PRELOAD": str(faultfs), "FAULTFS_OP": "fsync", "FAULTFS_AT": str(number)})
        if result.returncode == 0:
            break
        failures.append(result.stderr)
    assert [name for name in ("jwks", "openid-configuration")
            if not any(f"{name} is there, but may not survive" in line for line in failures)] == []


# ---- serve -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("host, warned", [("192.0.2.1", True), ("127.0.0.1", False)])
def test_serve_warns_of_plain_http_to_other_hosts(issuer, mintmark, tmp_path, host, warned):
    """Neither address can be listened on: one is nobody's (RFC 5737), the other is taken."""
    mintmark("init", "--issuer", "https://oidc.example.com", "--dir", tmp_path / "i", "--algorithm", "ES256")
    (tmp_path / "i/mintmark.yaml").write_text(
        f"issuer: https://oidc.example.com\ndata_dir: data\nlisten: {{public: '{host}:{issuer.public_port}'}}\n")
    log = mintmark("serve", "-c", tmp_path / "i/mintmark.yaml", status=1).stderr
    warning = "the issuer is https, but the public listener speaks plain HTTP to other hosts"
    assert (warning in log) == warned
    assert "mintmark: " in log.splitlines()[-1]


def test_serve_says_when_its_address_is_taken(issuer, make_issuer):
    second = make_issuer(config={"listen": {"public": f"127.0.0.1:{issuer.public_port}"}})
    result = second.run("serve", status=1)
    assert str(issuer.public_port) in result.stderr and result.stdout == ""
