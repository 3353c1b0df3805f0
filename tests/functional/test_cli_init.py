# SPDX-License-Identifier: Apache-2.0
"""mintmark init: what it makes, what it keeps, what it never touches."""
import fcntl
import json
import os
import pty
import shutil
import stat
import subprocess

import pytest
import yaml

import harness

LOOPBACK = "http://127.0.0.1:8080"


def init(mintmark, folder, *arguments, issuer=LOOPBACK, **options):
    return mintmark("init", "--issuer", issuer, "--dir", folder, *arguments, **options)


def listing(mintmark, folder):
    return json.loads(mintmark("key", "list", "-o", "json", "-c", folder / "mintmark.yaml").stdout)


def tree(folder):
    """Every file below `folder` with its content and what tells a rewritten file from an untouched one."""
    return {path.relative_to(folder): (path.read_bytes(), path.stat().st_ino, path.stat().st_mtime_ns)
            for path in folder.rglob("*") if path.is_file()}


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


# ---- what it makes ---------------------------------------------------------------------------------------------------
def test_a_fresh_issuer_has_an_active_key_and_a_ready_standby(mintmark, tmp_path):
    result = init(mintmark, tmp_path / "i")
    assert result.stderr == ""
    lines = result.stdout.splitlines()
    assert lines[0] == f"made {tmp_path}/i/mintmark.yaml"
    assert f"  mintmark serve -c {tmp_path}/i/mintmark.yaml" in lines
    keys = listing(mintmark, tmp_path / "i")
    assert keys["revision"] == 1
    assert [(key["algorithm"], key["bits"], key["state"]) for key in keys["keys"]] == [
        ("RS256", 2048, "active"), ("RS256", 2048, "ready")]
    for key in keys["keys"]:
        assert f"  RS256 {key['kid']}, {key['state']}" in lines


def test_nothing_of_it_is_open_to_others(mintmark, tmp_path):
    init(mintmark, tmp_path / "i", "--algorithm", "ES256")
    assert mode(tmp_path / "i") == 0o700
    assert mode(tmp_path / "i/mintmark.yaml") == 0o644  # no secrets in it; the folder decides who sees it
    assert mode(tmp_path / "i/data") == 0o700
    assert {mode(key) for key in (tmp_path / "i/data/keys").iterdir()} == {0o600}


def test_the_default_folder_is_the_current_one(mintmark, tmp_path):
    tmp_path.chmod(0o700)
    result = mintmark("init", "--issuer", LOOPBACK, "--algorithm", "ES256", cwd=tmp_path)
    assert result.stdout.startswith("made mintmark.yaml\n")
    assert mintmark("jwks", cwd=tmp_path).stdout == mintmark("jwks", "-c", tmp_path / "mintmark.yaml").stdout


@pytest.mark.parametrize("issuer, listen", [
    ("http://127.0.0.1:8080", {"public": "127.0.0.1:8080"}),
    ("http://localhost:9000/id/prod", {"public": "127.0.0.1:9000"}),
    ("http://[::1]:9000", {"public": "[::1]:9000"}),
    ("http://127.0.0.1", {"public": "127.0.0.1:80"}),
    ("http://127.0.0.1:8444", {"public": "127.0.0.1:8444", "admin": "127.0.0.1:8443"}),
    ("https://oidc.example.com/id", None),
])
def test_the_configuration_listens_where_a_loopback_issuer_says(mintmark, tmp_path, issuer, listen):
    init(mintmark, tmp_path / "i", "--algorithm", "EdDSA", issuer=issuer)
    config = yaml.safe_load((tmp_path / "i/mintmark.yaml").read_text())
    assert config.get("listen") == listen
    assert (config["issuer"], config["data_dir"], config["keys"]) == (issuer, "data", {"algorithm": "EdDSA"})


@pytest.mark.parametrize("algorithm", harness.ALGORITHMS)
def test_every_algorithm_can_be_had(mintmark, tmp_path, algorithm):
    answer = json.loads(init(mintmark, tmp_path / "i", "--algorithm", algorithm, "-o", "json").stdout)
    assert [key["algorithm"] for key in answer["keys"]] == [algorithm] * 2
    assert answer["config_written"] is True
    assert (answer["issuer"], answer["revision"]) == (LOOPBACK, 1)
    assert answer["data_dir"] == str(tmp_path / "i/data")


def test_rsa_bits_are_for_both_keys_and_all_later_ones(mintmark, tmp_path):
    answer = json.loads(init(mintmark, tmp_path / "i", "--rsa-bits=3072", "-o", "json").stdout)
    assert [key["bits"] for key in answer["keys"]] == [3072, 3072]
    assert yaml.safe_load((tmp_path / "i/mintmark.yaml").read_text())["keys"] == {"rsa_bits": 3072}


def test_a_person_is_told_why_it_takes_so_long(mintmark, tmp_path):
    child, terminal = pty.openpty()
    said = {}
    for name, bits in (("long", "3072"), ("short", "2048")):
        process = mintmark.popen("init", "--issuer", LOOPBACK, "--dir", tmp_path / name, "--rsa-bits", bits,
                                 stdout=subprocess.DEVNULL, stderr=terminal)
        assert process.wait() == 0
        os.write(terminal, b"end\n")
        said[name] = os.read(child, 65536).decode()
    os.close(child)
    os.close(terminal)
    assert said["long"].startswith("mintmark: making an RSA key of 3072 bits, which takes some seconds")
    assert said["short"].startswith("end")


# ---- an imported first key -------------------------------------------------------------------------------------------
def test_an_imported_key_is_active_and_decides_the_algorithm(mintmark, tmp_path):
    """Verifiers know it already, but not its standby, which therefore waits."""
    harness.generate_key(tmp_path / "sa.key", option="ec_paramgen_curve:P-384")
    answer = json.loads(init(mintmark, tmp_path / "i", "--key", tmp_path / "sa.key", "-o", "json").stdout)
    assert [(key["algorithm"], key["state"]) for key in answer["keys"]] == [("ES384", "active"),
                                                                             ("ES384", "published")]
    public = subprocess.run(["openssl", "pkey", "-in", tmp_path / "sa.key", "-pubout"], check=True,
                            capture_output=True, text=True).stdout
    assert mintmark("key", "export", "active", "-c", tmp_path / "i/mintmark.yaml").stdout == public


def test_the_standby_of_an_imported_rsa_key_is_no_weaker(mintmark, tmp_path):
    harness.generate_key(tmp_path / "sa.key", "RSA", "rsa_keygen_bits:3072")
    answer = json.loads(init(mintmark, tmp_path / "i", "--key", tmp_path / "sa.key", "--algorithm", "PS256",
                             "-o", "json").stdout)
    assert [(key["algorithm"], key["bits"]) for key in answer["keys"]] == [("PS256", 3072)] * 2


def test_an_encrypted_key_needs_its_passphrase(mintmark, tmp_path):
    harness.generate_key(tmp_path / "plain.key")
    subprocess.run(["openssl", "pkcs8", "-topk8", "-in", tmp_path / "plain.key", "-out", tmp_path / "sa.key",
                    "-passout", "pass:open sesame "], check=True)
    (tmp_path / "sa.key").chmod(0o600)
    for name, content in [("right", "open sesame \nnot part of it"), ("wrong", "open sesame\n")]:
        (tmp_path / name).write_text(content)
        (tmp_path / name).chmod(0o600)
    key = ["--key", tmp_path / "sa.key"]
    assert "passphrase" in init(mintmark, tmp_path / "i", *key, status=1).stderr
    assert "passphrase" in init(mintmark, tmp_path / "i", *key, "--passphrase-file", tmp_path / "wrong", status=1).stderr
    assert not (tmp_path / "i").exists(), "the key is read before anything is made"
    init(mintmark, tmp_path / "i", *key, "--passphrase-file", tmp_path / "right")


def test_a_key_that_others_can_read_is_refused(mintmark, tmp_path):
    harness.generate_key(tmp_path / "sa.key")
    (tmp_path / "sa.key").chmod(0o644)
    result = init(mintmark, tmp_path / "i", "--key", tmp_path / "sa.key", status=1)
    assert "sa.key" in result.stderr and "0644" in result.stderr


# ---- what it keeps ---------------------------------------------------------------------------------------------------
def test_an_existing_key_set_is_never_touched(mintmark, tmp_path):
    init(mintmark, tmp_path / "i", "--algorithm", "ES256")
    before = tree(tmp_path / "i")
    result = init(mintmark, tmp_path / "i", "--algorithm", "ES256", status=1)
    assert result.stdout == ""
    assert f"{tmp_path}/i/data holds a key set already; it was not touched\nhint: " in result.stderr
    assert tree(tmp_path / "i") == before


def test_a_key_set_without_its_configuration_is_not_touched_either(mintmark, tmp_path):
    init(mintmark, tmp_path / "i", "--algorithm", "ES256")
    (tmp_path / "i/mintmark.yaml").unlink()
    before = tree(tmp_path / "i")
    init(mintmark, tmp_path / "i", "--algorithm", "ES256", status=1)
    assert tree(tmp_path / "i") == before, "not even a configuration is written beside it"


def test_an_interrupted_init_is_completed(mintmark, tmp_path):
    """What a kill can leave: an empty folder, a folder with a configuration, one with an empty data directory too."""
    (tmp_path / "i").mkdir(mode=0o700)
    init(mintmark, tmp_path / "i", "--algorithm", "ES256")
    config = (tmp_path / "i/mintmark.yaml").read_bytes()
    for make_data in (False, True):
        shutil.rmtree(tmp_path / "i/data")
        if make_data:
            (tmp_path / "i/data").mkdir(mode=0o700)
        result = init(mintmark, tmp_path / "i", "--algorithm", "ES256")
        assert result.stdout.startswith(f"kept {tmp_path}/i/mintmark.yaml\n")
        assert (tmp_path / "i/mintmark.yaml").read_bytes() == config
        assert len(listing(mintmark, tmp_path / "i")["keys"]) == 2


def test_a_configuration_that_agrees_is_kept_and_followed(mintmark, tmp_path):
    (tmp_path / "i").mkdir(mode=0o700)
    (tmp_path / "i/mintmark.yaml").write_text(f"issuer: {LOOPBACK}\ndata_dir: elsewhere\nkeys: {{algorithm: ES512}}\n")
    answer = json.loads(init(mintmark, tmp_path / "i", "-o", "json").stdout)
    assert answer["config_written"] is False
    assert answer["data_dir"] == str(tmp_path / "i/elsewhere")
    assert [key["algorithm"] for key in answer["keys"]] == ["ES512"] * 2


@pytest.mark.parametrize("config, arguments, part", [
    ("issuer: http://127.0.0.1:8081\n", [], "its issuer is http://127.0.0.1:8081\n"),
    (f"issuer: {LOOPBACK}\n", ["--algorithm", "ES256"], "its keys.algorithm is RS256\n"),
    (f"issuer: {LOOPBACK}\n", ["--rsa-bits", "4096"], "its keys.rsa_bits is 2048\n"),
])
def test_a_configuration_that_disagrees_is_refused(mintmark, tmp_path, config, arguments, part):
    (tmp_path / "i").mkdir(mode=0o700)
    (tmp_path / "i/mintmark.yaml").write_text(config)
    result = init(mintmark, tmp_path / "i", *arguments, status=1)
    assert part in result.stderr and "\nhint: edit " in result.stderr
    assert (tmp_path / "i/mintmark.yaml").read_text() == config
    assert not (tmp_path / "i/data").exists()


def test_a_configuration_that_is_wrong_is_status_2(mintmark, tmp_path):
    (tmp_path / "i").mkdir(mode=0o700)
    (tmp_path / "i/mintmark.yaml").write_text("issuer: http://nowhere\n")
    assert "mintmark.yaml:1: issuer: found" in init(mintmark, tmp_path / "i", status=2).stderr


# ---- what it refuses -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("issuer", ["http://oidc.example.com", "https://oidc.example.com/", "https://OIDC.example.com",
                                    "https://h.example?x", "https://h.example#x", "https://u@h.example", "h.example"])
def test_an_issuer_url_that_breaks_a_rule_is_refused(mintmark, tmp_path, issuer):
    result = init(mintmark, tmp_path / "i", issuer=issuer, status=2)
    assert result.stderr.startswith("mintmark: init: --issuer: ")
    assert not (tmp_path / "i").exists()


def test_flags_that_need_another_say_so(mintmark, tmp_path):
    result = init(mintmark, tmp_path / "i", "--passphrase-file", "p", status=2)
    assert result.stderr.startswith("mintmark: init: --passphrase-file needs --key\n")


def test_a_folder_that_others_may_write_is_refused(mintmark, tmp_path):
    (tmp_path / "i").mkdir()
    (tmp_path / "i").chmod(0o777)
    result = init(mintmark, tmp_path / "i", status=1)
    assert "init: " in result.stderr and "0777" in result.stderr
    assert not list((tmp_path / "i").iterdir())


def test_a_folder_without_its_parent_is_refused(mintmark, tmp_path):
    result = init(mintmark, tmp_path / "none/i", status=1)
    assert f"{tmp_path}/none/i" in result.stderr


def test_two_at_once_do_not_mix(mintmark, tmp_path):
    (tmp_path / "i").mkdir(mode=0o700)
    folder = os.open(tmp_path / "i", os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    result = init(mintmark, tmp_path / "i", status=1)
    os.close(folder)
    assert f"another init is at work in {tmp_path}/i" in result.stderr
    assert not list((tmp_path / "i").iterdir())


def test_many_at_once_make_one_key_set(mintmark, tmp_path):
    running = [mintmark.popen("init", "--issuer", LOOPBACK, "--dir", tmp_path / "i", "--algorithm", "ES256",
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(12)]
    assert sorted(process.wait() for process in running) == [0] + [1] * 11
    assert listing(mintmark, tmp_path / "i")["revision"] == 1
    assert len(list((tmp_path / "i/data/keys").iterdir())) == 2
