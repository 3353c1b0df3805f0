# SPDX-License-Identifier: Apache-2.0
"""mintmark key export --for kube-apiserver: what others read in the files, and what is left when something fails."""
import base64
import datetime
import hashlib
import json
import os
import re
import shutil
import signal
import stat
import subprocess

import jwt
import pytest
from cryptography.hazmat.primitives import serialization

import harness

PRIVATE = {"RS256": "RSA PRIVATE KEY", "ES256": "EC PRIVATE KEY", "ES384": "EC PRIVATE KEY", "ES512": "EC PRIVATE KEY"}


def kid_of(public):
    """As kube-apiserver computes it."""
    spki = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.urlsafe_b64encode(hashlib.sha256(spki).digest()).decode().rstrip("=")


class Pki:
    """A directory with sa.pub and sa.key, read by somebody else's libraries."""

    def __init__(self, path):
        self.path = path
        path.mkdir(mode=0o755)
        self.pub, self.key = path / "sa.pub", path / "sa.key"

    @property
    def trusted(self):
        """The public keys by their kids, in the order of the file."""
        blocks = re.findall(r"-----BEGIN PUBLIC KEY-----\n.*?-----END PUBLIC KEY-----\n", self.pub.read_text(), re.S)
        assert "".join(blocks) == self.pub.read_text(), "nothing else is in it"
        keys = [serialization.load_pem_public_key(block.encode()) for block in blocks]
        return {kid_of(key): key for key in keys}

    @property
    def private(self):
        """The private key."""
        return serialization.load_pem_private_key(self.key.read_bytes(), None)

    @property
    def signer(self):
        """The kid of the private key."""
        return kid_of(self.private.public_key())

    def content(self):
        """Every file with what a watcher would see of it."""
        return {path.name: (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino) for path in
                self.path.iterdir()}


@pytest.fixture
def pki(tmp_path):
    """An empty directory as /etc/kubernetes/pki is: everybody may look."""
    return Pki(tmp_path / "pki")


@pytest.fixture
def issuer(make_issuer):
    """An ES256 issuer that nobody serves."""
    return make_issuer()


def export(issuer, pki, *flags, status=0, **options):
    return issuer.run("key", "export", "--for", "kube-apiserver", pki.path, *flags, status=status, **options)


def export_json(issuer, pki, *flags):
    return json.loads(export(issuer, pki, "-o", "json", *flags).stdout)


def keys_of(issuer):
    return json.loads(issuer.run("key", "list", "-o", "json").stdout)["keys"]


def time_of(text):
    return datetime.datetime.fromisoformat(text)


def served(issuer):
    return [key["kid"] for key in json.loads(issuer.run("jwks").stdout)["keys"]]


def kid_in_state(issuer, state):
    return next(key["kid"] for key in keys_of(issuer) if key["state"] == state)


# ---- what stands in the files ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("algorithm", PRIVATE)
def test_others_read_both_files(make_issuer, pki, algorithm):
    issuer = make_issuer(algorithm=algorithm)
    export(issuer, pki)
    assert pki.key.read_text().startswith(f"-----BEGIN {PRIVATE[algorithm]}-----\n")
    assert list(pki.trusted) == served(issuer) and list(pki.trusted)[0] == pki.signer
    for arguments in (["pkey", "-noout", "-check", "-in", pki.key], ["pkey", "-noout", "-pubin", "-in", pki.pub]):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (pki.pub, pki.key)] == [0o644, 0o600]
    # What an API server signs, and what mintmark signs, is verified with a key of sa.pub.
    token = jwt.encode({"sub": "system:serviceaccount:a:b"}, pki.private, algorithm, {"kid": pki.signer})
    for text in (token, issuer.token("web")):
        key = pki.trusted[jwt.get_unverified_header(text)["kid"]]
        assert jwt.decode(text, key, [algorithm], options={"verify_aud": False})["sub"]


def test_the_order_is_that_of_the_jwks(issuer, pki):
    issuer.run("key", "rotate")
    issuer.run("key", "prepare")
    answer = export_json(issuer, pki)
    assert list(pki.trusted) == served(issuer) == [key["kid"] for key in answer["sa_pub"]["keys"]]
    assert [key["state"] for key in answer["sa_pub"]["keys"]] == ["active", "retired", "published", "published"]
    assert pki.signer == answer["sa_key"]["kid"] == kid_in_state(issuer, "active")


def test_what_it_cannot_verify_is_left_out_and_said(issuer, pki):
    issuer.configure({"keys": {"algorithm": None, "algorithms": ["ES256", "EdDSA"]}})
    issuer.run("key", "rotate", "--due")
    result = export(issuer, pki, "-o", "json")
    left_out = json.loads(result.stdout)["sa_pub"]["left_out"]
    assert [key["algorithm"] for key in left_out] == ["EdDSA", "EdDSA"]
    assert result.stderr.splitlines() == [f"mintmark: warning: {key['kid']} is not in sa.pub: "
                                          "a kube-apiserver cannot verify EdDSA" for key in left_out]
    assert set(pki.trusted) == set(served(issuer)) - {key["kid"] for key in left_out}


def test_the_files_of_a_cluster_are_taken_over_without_a_change_of_its_key(mintmark, tmp_path, pki):
    """As kubeadm writes them: PKCS#1 and PKIX. A running token stays good."""
    subprocess.run(["openssl", "genrsa", "-traditional", "-out", pki.key, "2048"], check=True, capture_output=True)
    subprocess.run(["openssl", "rsa", "-in", pki.key, "-pubout", "-out", pki.pub], check=True, capture_output=True)
    signer, token = pki.signer, jwt.encode({"sub": "x"}, pki.private, "RS256", {"kid": pki.signer})
    key_before = pki.content()["sa.key"]
    mintmark("init", "--issuer", "https://oidc.example.com", "--dir", tmp_path / "i", "--key", pki.key)
    config = ["-c", tmp_path / "i/mintmark.yaml"]
    answer = json.loads(mintmark("key", "export", "--for", "kube-apiserver", pki.path, "-o", "json", *config).stdout)
    assert pki.content()["sa.key"] == key_before and not answer["sa_key"]["written"]
    assert list(pki.trusted)[0] == signer and len(pki.trusted) == 2
    assert jwt.decode(token, pki.trusted[signer], ["RS256"]) == {"sub": "x"}
    keys = json.loads(mintmark("key", "list", "-o", "json", *config).stdout)["keys"]
    assert (answer["restart"]["reason"], answer["restart"]["kid"]) == ("added", keys[1]["kid"])


# ---- what is said ----------------------------------------------------------------------------------------------------
def test_the_answer_for_people(issuer, pki):
    active, standby = [key["kid"] for key in keys_of(issuer)]
    assert export(issuer, pki).stdout == (
        f"{pki.path}/sa.pub written\n  {active}  ES256  active\n  {standby}  ES256  ready\n"
        f"{pki.path}/sa.key written\n  {active}  ES256\n"
        "there were no files before: start each API server with these\n")
    assert export(issuer, pki).stdout.splitlines()[-1] == "no API server that has read these keys needs a restart"


def test_each_change_says_by_when_the_api_servers_must_be_restarted(issuer, pki):
    issuer.configure({"keys": {"propagation": "2h"}})
    export(issuer, pki)
    issuer.run("key", "prepare")
    added = keys_of(issuer)[-1]
    assert re.search(rf"^restart each API server before \S+Z \(in 3h(1m)?\): from then on {added['kid']} may sign, "
                     "which they do not trust yet$", export(issuer, pki).stdout, re.M)
    replaced = kid_in_state(issuer, "active")
    issuer.run("key", "rotate")
    restart = export_json(issuer, pki)["restart"]
    record = next(key for key in keys_of(issuer) if key["kid"] == replaced)
    assert (restart["reason"], restart["kid"]) == ("replaced", replaced)
    # Two hours, the propagation, after it was replaced: the restart is what propagation has room for.
    assert time_of(restart["before"]) - time_of(record["retired"]) == datetime.timedelta(hours=2)
    issuer.run("key", "revoke", "active", "--yes")
    line = export(issuer, pki).stdout.splitlines()[-1]
    revoked = next(key["kid"] for key in keys_of(issuer) if key["state"] == "revoked")
    assert line == f"restart each API server at once: they still use {revoked}, which is revoked"


# ---- how they are written --------------------------------------------------------------------------------------------
def test_unchanged_files_are_not_touched(issuer, pki):
    export(issuer, pki)
    before = pki.content()
    assert export(issuer, pki).stdout.count(" unchanged\n") == 2
    assert pki.content() == before
    issuer.run("key", "prepare")
    export(issuer, pki)
    assert pki.content()["sa.key"] == before["sa.key"] and pki.content()["sa.pub"] != before["sa.pub"]


def test_what_was_cut_short_is_swept_and_nothing_of_others(issuer, pki):
    """The directory is the cluster's: other programs write there in their own way."""
    for name in (".sa.key.tmp.0123ab", ".sa.pub.tmp.0123ab", ".ca.crt.tmp.0123ab"):
        (pki.path / name).write_text("half")
    export(issuer, pki)
    assert sorted(os.listdir(pki.path)) == [".ca.crt.tmp.0123ab", "sa.key", "sa.pub"]


def fault(faultfs, op, at, errno=None):
    return {"LD_PRELOAD": str(faultfs), "FAULTFS_OP": op, "FAULTFS_AT": str(at),
            **({"FAULTFS_ERRNO": errno} if errno else {"FAULTFS_KILL": "1"})}


def test_sa_pub_is_written_before_sa_key(issuer, pki, faultfs):
    result = export(issuer, pki, status=1, env=fault(faultfs, "rename", 1, "ENOSPC"))
    assert result.stderr == (f"mintmark: key export: {pki.path}: cannot write sa.pub: rename: "
                             "No space left on device\n")
    assert os.listdir(pki.path) == []
    result = export(issuer, pki, status=1, env=fault(faultfs, "rename", 2, "ENOSPC"))
    assert f"{pki.path}: cannot write sa.key: rename" in result.stderr and result.stdout == ""
    assert os.listdir(pki.path) == ["sa.pub"]


@pytest.mark.parametrize("verbs, errno", [
    pytest.param([["rotate"]], None, id="a rotation, killed"),
    pytest.param([["revoke", "active", "--yes"]], None, id="a revocation, killed"),
    pytest.param([["revoke", "active", "--yes"]], "ENOSPC", id="a revocation, without room"),
    pytest.param([["rotate"], ["revoke", "active", "--yes"]], None, id="two changes at once, killed"),
])
def test_wherever_it_ends_what_signs_is_trusted(issuer, pki, faultfs, tmp_path, verbs, errno):
    """Killed, or without room, at each operation: the pair that is left works, and the next export finishes."""
    export(issuer, pki)
    for arguments in verbs:
        issuer.run("key", *arguments)
    shutil.copytree(pki.path, tmp_path / "before")
    for at in range(1, 100):
        shutil.rmtree(pki.path)
        shutil.copytree(tmp_path / "before", pki.path)
        result = export(issuer, pki, status=None, env=fault(faultfs, "any", at, errno))
        assert pki.signer in pki.trusted, f"operation {at}"
        if result.returncode == 0:
            break
        assert result.returncode == (1 if errno else -signal.SIGKILL)
        assert errno is None or sorted(os.listdir(pki.path)) == ["sa.key", "sa.pub"]
        export(issuer, pki)
        assert sorted(os.listdir(pki.path)) == ["sa.key", "sa.pub"]
        assert list(pki.trusted) == served(issuer) and pki.signer == kid_in_state(issuer, "active")
    assert at >= 4, "the faults do not reach it"


# ---- refusals --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("algorithm", ["EdDSA", "RS384", "PS256"])
def test_an_issuer_whose_tokens_it_could_not_sign_is_refused(make_issuer, pki, algorithm):
    result = export(make_issuer(algorithm=algorithm), pki, status=1)
    assert result.stderr == (f"mintmark: key export: a kube-apiserver does not sign {algorithm}; accepted: RS256, "
                             "ES256, ES384 or ES512\n"
                             "hint: --algorithm names another of the algorithms in keys.algorithms\n")
    assert os.listdir(pki.path) == []


def test_a_key_of_somebody_else_is_kept_unless_forced(issuer, pki):
    """Such as that of a cluster that was not taken over: its running tokens would be refused from then on."""
    subprocess.run(["openssl", "genrsa", "-traditional", "-out", pki.key, "2048"], check=True, capture_output=True)
    before = pki.content()
    result = export(issuer, pki, status=1)
    assert result.stderr.startswith(f"mintmark: key export: {pki.path}: sa.key holds a key that is none of this "
                                    "issuer's, and is not replaced\nhint: ")
    assert pki.content() == before
    export(issuer, pki, "--force")
    assert pki.signer == kid_in_state(issuer, "active") and list(pki.trusted) == served(issuer)


def test_directories_that_are_not_safe_are_refused(issuer, pki, tmp_path):
    os.symlink(pki.path, tmp_path / "link")
    cases = {tmp_path / "link": "is a symbolic link", tmp_path / "none": "there is no such file or directory"}
    pki.path.chmod(0o775)
    cases[pki.path] = "group or others may write to it"
    for path, words in cases.items():
        result = issuer.run("key", "export", "--for", "kube-apiserver", path, status=1)
        assert result.stderr.startswith(f"mintmark: key export: {path}: {words}")


@pytest.mark.parametrize("name", ["sa.pub", "sa.key"])
def test_links_and_what_is_no_file_are_refused(issuer, pki, name):
    (pki.path / name).symlink_to("elsewhere")
    assert f"{name}: is a symbolic link" in export(issuer, pki, status=1).stderr
    (pki.path / name).unlink()
    (pki.path / name).mkdir()
    assert f"{name}: is not a regular file" in export(issuer, pki, status=1).stderr


@pytest.mark.parametrize("flags, line", [
    (["--for", "kube-apiserver", "--private"], "--private cannot be combined with --for"),
    (["--for", "kube-apiserver", "--out", "f"], "--out cannot be combined with --for"),
    (["--for", "kube-apiserver", "--format", "pkcs8"], "--format cannot be combined with --for"),
    (["--watch"], "--watch needs --for"),
    (["--algorithm", "ES256"], "--algorithm needs --for"),
    (["-o", "json"], "--output json needs --for"),
    (["--for", "etcd"], '--for: found "etcd"; accepted: kube-apiserver'),
])
def test_flags_of_the_other_way_are_refused(issuer, flags, line):
    result = issuer.run("key", "export", "active", *flags, status=2)
    assert result.stderr.startswith(f"mintmark: key export: {line}\n")


# ---- watching --------------------------------------------------------------------------------------------------------
class Watch:
    """A running `key export --watch`, and what it has said."""

    def __init__(self, issuer, pki, *flags):
        self.out, self.err = pki.path.parent / "watch.out", pki.path.parent / "watch.err"
        with open(self.out, "wb") as out, open(self.err, "wb") as err:
            self.process = issuer.mintmark.popen("key", "export", "--for", "kube-apiserver", pki.path, "--watch",
                                                 *flags, "-c", issuer.config_path, stdout=out, stderr=err)

    def lines(self, count):
        """The first `count` lines on standard output, once they are there; no more may be."""
        harness.wait_until(lambda: self.out.read_text().count("\n") >= count, lambda: (self.out.read_text(),
                                                                                     self.err.read_text()))
        lines = self.out.read_text().splitlines()
        assert len(lines) == count, lines
        return lines

    def complaint(self, words):
        """Waits for it on standard error."""
        harness.wait_until(lambda: words in self.err.read_text(), self.err.read_text)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def stop(self, number=signal.SIGTERM):
        """Ends it; its exit status."""
        self.process.send_signal(number)
        return self.process.wait(timeout=10 * harness.PATIENCE)


def test_a_watch_follows_each_commit(issuer, pki):
    with Watch(issuer, pki, "-o", "json") as watch:
        assert json.loads(watch.lines(1)[0])["restart"]["reason"] == "first"
        issuer.run("key", "rotate")
        line = json.loads(watch.lines(2)[1])
        assert (line["revision"], line["sa_pub"]["written"], line["sa_key"]["written"]) == (2, True, True)
        assert line["sa_key"]["kid"] == pki.signer == kid_in_state(issuer, "active")
        issuer.run("key", "prepare")
        line = json.loads(watch.lines(3)[2])
        assert (line["revision"], line["sa_pub"]["written"], line["sa_key"]["written"]) == (3, True, False)
        assert list(pki.trusted) == served(issuer)
        assert watch.stop() == 0 and watch.err.read_text() == ""


def test_a_watch_for_people_has_a_line_for_each_change(issuer, pki):
    with Watch(issuer, pki) as watch:
        watch.lines(1)
        issuer.run("key", "prepare")
        kids = [key["kid"] for key in keys_of(issuer)]
        assert re.fullmatch(rf"\S+Z revision 2: sa\.pub written, sa\.key unchanged, signer {kids[0]}; restart each API "
                            rf"server before \S+Z \(in 1h[12]?m?\): from then on {kids[2]} may sign, which they do not "
                            "trust yet", watch.lines(2)[1])
        assert watch.stop(signal.SIGINT) == 0


def test_a_watch_survives_a_directory_that_is_not_safe_or_gone(issuer, pki):
    with Watch(issuer, pki) as watch:
        watch.lines(1)
        pki.path.chmod(0o777)
        issuer.run("key", "rotate")
        watch.complaint("others may write to it")
        pki.path.rename(pki.path.parent / "away")
        watch.complaint("no such file or directory")
        (pki.path.parent / "away").rename(pki.path)
        pki.path.chmod(0o755)
        assert "sa.pub written, sa.key written" in watch.lines(2)[1]
        assert pki.signer == kid_in_state(issuer, "active")
        # Tried each second, said once for each reason.
        assert len([line for line in watch.err.read_text().splitlines() if "may write to it" in line]) <= 2
        assert watch.stop() == 0


def test_a_watch_survives_a_store_that_is_gone_for_a_while(issuer, pki):
    with Watch(issuer, pki) as watch:
        watch.lines(1)
        issuer.data_dir.rename(issuer.data_dir.parent / "away")
        watch.complaint("it is tried again each second")
        (issuer.data_dir.parent / "away").rename(issuer.data_dir)
        watch.lines(2)
        assert watch.stop() == 0


def test_a_watch_takes_a_new_configuration(issuer, pki):
    issuer.configure({"keys": {"algorithm": None, "algorithms": ["ES256", "ES384"]}})
    issuer.run("key", "rotate", "--due")
    issuer.run("key", "activate", keys_of(issuer)[-1]["kid"], "--allow-gap", "--yes")
    with Watch(issuer, pki) as watch:
        watch.lines(1)
        issuer.configure({"keys": {"algorithms": ["ES384", "ES256"]}})
        assert "sa.key written" in watch.lines(2)[1]
        assert pki.private.curve.name == "secp384r1"
        issuer.configure({"keys": {"algorithms": ["nonsense"]}})
        watch.complaint("the new configuration is not used: ")
        assert watch.stop() == 0


def test_a_watch_looks_again_when_it_is_hung_up(issuer, pki):
    """Units often map a reload to SIGHUP. What nothing else would make it see: a file of its own that is gone."""
    with Watch(issuer, pki) as watch:
        watch.lines(1)
        (pki.path / "sa.pub").unlink()
        watch.process.send_signal(signal.SIGHUP)
        assert "sa.pub written, sa.key unchanged" in watch.lines(2)[1]
        pki.path.chmod(0o777)
        issuer.configure({"keys": {"algorithm": "nonsense"}})
        for times in 1, 2:  # what is wrong is said again, though nothing has changed
            watch.process.send_signal(signal.SIGHUP)
            for complaint in "others may write to it", "the new configuration is not used: ":
                harness.wait_until(lambda: watch.err.read_text().count(complaint) >= times, watch.err.read_text)
        assert watch.stop() == 0


def test_a_watch_goes_to_another_data_dir_with_the_configuration(issuer, pki):
    shutil.copytree(issuer.data_dir, issuer.folder / "moved")
    with Watch(issuer, pki, "-o", "json") as watch:
        watch.lines(1)
        issuer.configure({"data_dir": str(issuer.folder / "nowhere")})
        watch.complaint("the new configuration is not used: ")
        issuer.configure({"data_dir": str(issuer.folder / "moved")})
        issuer.run("key", "rotate")
        assert json.loads(watch.lines(2)[1])["sa_key"]["kid"] == pki.signer == kid_in_state(issuer, "active")
        issuer.run("key", "prepare")
        watch.lines(3)
        assert watch.stop() == 0


def test_what_is_wrong_at_the_start_of_a_watch_ends_it(issuer, pki):
    pki.path.chmod(0o777)
    with Watch(issuer, pki) as watch:
        assert watch.process.wait(timeout=10 * harness.PATIENCE) == 1
        assert "others may write to it" in watch.err.read_text()


def test_a_watch_that_nobody_hears_ends(issuer, pki):
    with issuer.mintmark.popen("key", "export", "--for", "kube-apiserver", pki.path, "--watch", "-c",
                               issuer.config_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.readline()
        process.stdout.close()
        issuer.run("key", "prepare")
        assert process.wait(timeout=10 * harness.PATIENCE) == 1
        assert b"cannot write to standard output" in process.stderr.read()


# ---- what docs/kube-apiserver.md says --------------------------------------------------------------------------------
DOCUMENT = (harness.SOURCE_DIR / "docs/kube-apiserver.md").read_text()


def run_script(name, folder, *arguments):
    """A script of the document, with directories and an ssh of ours; the CompletedProcess."""
    script = re.search(rf"^(#!/bin/sh\n# {name} NODE.*?)^```$", DOCUMENT, re.M | re.S).group(1)
    places = {"/var/lib/mintmark/apiserver": folder / "pki", "/etc/kubernetes/pki": "pki", "/run": folder}
    for place, ours in places.items():
        script = script.replace(place, str(ours))
    (folder / "bin").mkdir(exist_ok=True)
    (folder / "bin/ssh").write_text(f'#!/bin/sh\necho "$1 $2" >>{folder}/log\n'
                                    f'cd {folder}/"${{1#root@}}" && sh -c "$2"\n')
    (folder / "bin/ssh").chmod(0o755)
    return subprocess.run(["sh", "-c", script, name, *arguments], capture_output=True, text=True, check=False,
                          env={**os.environ, "PATH": f"{folder}/bin:{os.environ['PATH']}"})


def test_the_script_of_the_document_puts_both_files_on_every_node(issuer, pki, tmp_path):
    export(issuer, pki)
    for node in ("cp1", "cp2"):
        (tmp_path / node / "pki").mkdir(parents=True)
    assert run_script("distribute-sa", tmp_path, "cp1", "cp2").stderr == ""
    for node in ("cp1", "cp2"):
        files = {path.name: path for path in (tmp_path / node / "pki").iterdir()}
        assert {name: (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) for name, path in files.items()} == {
            "sa.pub": (pki.pub.read_bytes(), 0o644), "sa.key": (pki.key.read_bytes(), 0o600)}
    written = re.findall(r"^root@(\w+) .*pki/\.(sa\.\w+)\.new &&", (tmp_path / "log").read_text(), re.M)
    assert written == [("cp1", "sa.pub"), ("cp2", "sa.pub"), ("cp1", "sa.key"), ("cp2", "sa.key")]
    assert sorted(os.listdir(tmp_path)) == ["0", "bin", "cp1", "cp2", "log", "pki"], "no copy of the key is left"


def test_the_script_of_the_document_moves_nothing_that_was_cut_off(issuer, pki, tmp_path):
    export(issuer, pki)
    (tmp_path / "cp1/pki").mkdir(parents=True)
    run_script("distribute-sa", tmp_path, "cp1")
    before = (tmp_path / "cp1/pki/sa.pub").read_bytes()
    issuer.run("key", "prepare")
    export(issuer, pki)
    (tmp_path / "bin/cat").write_text("#!/bin/sh\nhead -c 100\n")
    (tmp_path / "bin/cat").chmod(0o755)
    assert run_script("distribute-sa", tmp_path, "cp1").returncode != 0
    assert (tmp_path / "cp1/pki/sa.pub").read_bytes() == before


def test_the_hook_of_the_document_fills_the_directory(make_issuer, pki):
    hook = re.search(r"^  on_change: \[(.*)\]$", DOCUMENT, re.M).group(1).split(", ")
    issuer = make_issuer()
    hook[0], hook[-1] = str(issuer.mintmark.path), str(pki.path)
    issuer.configure({"keys": {"on_change": hook}})
    with issuer:
        harness.wait_until(pki.key.exists, issuer.log)
        issuer.run("key", "rotate")
        active = kid_in_state(issuer, "active")
        harness.wait_until(lambda: pki.signer == active, issuer.log)
        assert list(pki.trusted) == served(issuer)


def test_the_numbers_of_the_document_are_a_policy(mintmark, tmp_path, pki):
    """The configuration is accepted, a key on standard input taken over, and 22 days the least with a year's tokens."""
    config = re.search(r"^# /etc/mintmark/mintmark.yaml\n(.*?)^```$", DOCUMENT, re.M | re.S).group(1)
    config = config.replace("/var/lib/mintmark/data", "data")
    (tmp_path / "mintmark.yaml").write_text(config)
    subprocess.run(["openssl", "genrsa", "-traditional", "-out", pki.key, "2048"], check=True, capture_output=True)
    mintmark("init", "--issuer", "https://oidc.example.com", "--dir", tmp_path, "--key", "-", stdin=pki.key.read_text())
    for days, status in ((21, 2), (22, 0)):
        (tmp_path / "mintmark.yaml").write_text(config.replace("rotate_every: 0 ", f"rotate_every: {days}d "))
        mintmark("key", "list", "-c", tmp_path / "mintmark.yaml", status=status)
