# SPDX-License-Identifier: Apache-2.0
"""Private material never appears in a response, a log line, an answer, an error or a core dump.

A server that rotates keys, and every verb with its failures: whatever they say anywhere is searched for the private
numbers of all keys that there were, in every spelling in which a program would write them.
"""
import base64
import json
import os
import signal
import subprocess

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
import pytest

import harness

KEYS = {"rotate_every": "2s", "propagation": "0s", "verifier_cache": "1s", "clock_skew": "0s"}
TOKENS = {"default_ttl": "1s", "max_ttl": "2s"}
PAGES = ("/openid/v1/jwks", "/.well-known/openid-configuration", "/livez", "/readyz", "/metrics", "/version", "/keys",
         "/nowhere", "/openid/v1/jwks/../../data/keys/")
LEAST = 20  # letters of a spelling that are looked for: nothing comes up by chance
OCTETS = LEAST // 4 * 3  # that base64 spells so; a multiple of three: no padding


def private_numbers(key):
    """The private numbers of a key, as octets."""
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = key.private_numbers()
        values = (numbers.d, numbers.p, numbers.q, numbers.dmp1, numbers.dmq1, numbers.iqmp)
    elif isinstance(key, ec.EllipticCurvePrivateKey):
        values = (key.private_numbers().private_value,)
    else:
        return [key.private_bytes(serialization.Encoding.Raw, serialization.PrivateFormat.Raw,
                                  serialization.NoEncryption())]
    return [value.to_bytes((value.bit_length() + 7) // 8, "big") for value in values]


def spellings(octets):
    """Raw, hexadecimal, decimal, and base64 wherever it may begin, the end too: a line of PEM may break the beginning.

    Some letters of each are enough.
    """
    yield octets[:LEAST]
    yield octets.hex()[:2 * LEAST].encode()
    yield octets.hex()[:2 * LEAST].upper().encode()
    yield octets.hex(":")[:2 * LEAST].encode()
    yield str(int.from_bytes(octets, "big"))[:2 * LEAST].encode()
    for begin in (0, len(octets) - OCTETS - 2):
        for start in range(begin, begin + 3):
            yield base64.b64encode(octets[start:start + OCTETS])
            yield base64.urlsafe_b64encode(octets[start:start + OCTETS])


class Secrets:
    """All private keys that were ever seen in a data directory."""

    def __init__(self, folder):
        self.folder, self.files = folder, {}

    def learn(self):
        """Takes in what is there now; a key may be destroyed at any moment."""
        for name in os.listdir(self.folder):
            try:
                self.files.setdefault(name, (self.folder / name).read_bytes())
            except FileNotFoundError:
                pass
        return len(self.files)

    def spelt(self):
        """Every spelling of every private number of every key, with the name of its file."""
        return [(name, spelling) for name, pem in self.files.items() if not name.startswith(".")  # a temporary
                for octets in private_numbers(serialization.load_pem_private_key(pem, None))
                for spelling in spellings(octets)]


@pytest.mark.parametrize("octets", [bytes(range(1, 33))])
def test_what_is_searched_for_is_found(octets):
    """The test of the test: in every spelling, and wherever it stands in what is encoded."""
    encoded = base64.b64encode(octets)
    for said in (octets, octets.hex().encode(), b"%d" % int.from_bytes(octets, "big"),
                 *(base64.b64encode(before + octets + b"after") for before in (b"", b"x", b"xx")),
                 base64.urlsafe_b64encode(octets), encoded[:12] + b"\n" + encoded[12:]):
        assert any(spelling in b"before" + said for spelling in spellings(octets)), said


# ---- whatever is said ------------------------------------------------------------------------------------------------
def exercise(issuer, secrets, tmp_path):
    """Runs every command that has to do with keys, well and badly; returns all that they said."""
    said, made = [], tmp_path / "made.pem"

    def run(*arguments, **options):
        result = issuer.run(*arguments, status=None, **options)
        said.append((result.stdout + result.stderr).encode())
        secrets.learn()

    harness.generate_key(made)
    (tmp_path / "cut.pem").write_text("".join(made.read_text().splitlines(True)[:-1]))
    (tmp_path / "cut.pem").chmod(0o600)
    secrets.files["made.pem"] = made.read_bytes()
    for verb in (["prepare"], ["rotate"], ["rotate", "--due"], ["taint", "active", "--allow-gap", "--yes"],
                 ["revoke", "active", "--yes", "--reason", "a test"], ["import", made], ["import", made],
                 ["import", tmp_path / "cut.pem"], ["import", "--activate", "--yes", made]):
        for form in ("json", "text"):
            run("key", *verb, "-o", form)
    for look in (["list"], ["list", "--all"], ["timeline"], ["simulate", "--until", "1h"]):
        for form in ("json", "text", *(["svg"] if look[0] in ("timeline", "simulate") else [])):
            run("key", *look, "-o", form)
    for form in ("public-pem", "public-jwk"):
        run("key", "export", "active", "--format", form)
    run("key", "export", "active", "--format", "private-jwk")  # refused
    run("key", "export", "--for", "kube-apiserver", tmp_path / "pki", "--yes")
    run("jwks")
    run("discovery")
    run("publish", tmp_path / "site")
    run("token", "create", "default")
    run("token", "inspect", "-", stdin=issuer.token())
    return said


def failures(issuer, secrets):
    """A private key that is damaged, cut short, or under the name of another: what the commands say then."""
    said, names = [], sorted(name for name in os.listdir(secrets.folder) if name.endswith(".pem"))
    whole = {name: (secrets.folder / name).read_bytes() for name in names}
    damages = (lambda name: whole[names[names.index(name) - 1]],
               lambda name: whole[name][:-30],
               lambda name: whole[name].replace(b"A", b"B"),
               lambda name: whole[name].replace(b"-----BEGIN", b"-----BEGAN"))
    for damage in damages:
        for name in names:
            (secrets.folder / name).write_bytes(damage(name))
        for command in (["token", "create", "default"], ["key", "export", "active", "--format", "pkcs8", "--private"]):
            result = issuer.run(*command, status=1)
            assert ".pem: " in result.stderr
            said.append((result.stdout + result.stderr).encode())
        for name in names:
            (secrets.folder / name).write_bytes(whole[name])
    return said


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_nothing_private_is_said_anywhere(make_issuer, tmp_path, algorithm):
    hook = "env; tr '\\0' ' ' </proc/$PPID/cmdline; cat /proc/self/cmdline"
    issuer = make_issuer(algorithm=algorithm, config={
        "keys": {**KEYS, "on_change": ["/bin/sh", "-c", f"({hook}) >>{tmp_path}/hook 2>&1"]}, "tokens": TOKENS,
        "log": {"level": "debug", "access": "json"}})
    secrets = Secrets(issuer.data_dir / "keys")
    secrets.learn()
    issuer.start()
    said = []
    harness.wait_until(lambda: secrets.learn() >= 4, lambda: f"the rotor makes keys; its log:\n{issuer.log()}")
    for page in PAGES:
        for admin in (False, True):
            answer = issuer.get(page, admin=admin)
            said += [answer.body, str(answer.headers).encode()]
    issuer.stop()  # what happens from here on, commands do
    issuer.configure({"keys": {"rotate_every": "0s"}})
    said += exercise(issuer, secrets, tmp_path)
    said += failures(issuer, secrets)
    files = [issuer.log_path, tmp_path / "hook", issuer.data_dir / "audit.log", issuer.data_dir / "keyset.json",
             issuer.config_path]
    files += [path for path in (tmp_path / "site").rglob("*") if path.is_file()]
    assert len(files) == 5 + 2
    said += [path.read_bytes() for path in files]
    assert len(secrets.files) >= 6 and len(said) > 60
    spelt = secrets.spelt()
    assert not [(name, spelling, text) for text in said for name, spelling in spelt if spelling in text]


# ---- memory ----------------------------------------------------------------------------------------------------------
def memory(pid):
    """What can be read of the memory of a process."""
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps, open(f"/proc/{pid}/mem", "rb") as mem:
        for line in maps:
            begin, end = (int(address, 16) for address in line.split()[0].split("-"))
            if line.split()[1].startswith("rw"):
                mem.seek(begin)
                yield mem.read(end - begin)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can read the memory of a process that forbids it")
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_no_token_stays_in_memory_after_its_request(make_issuer, mintmark, ca, tls):
    if mintmark.sanitized:
        pytest.skip("it has terabytes of shadow memory")
    issuer = make_issuer(ca=ca if tls else None, config={"http": {"workers": 1}})
    secret = "bob-secret-" + os.urandom(8).hex()
    issuer.write_tokens(f"{harness.ADMIN_TOKEN},admin,1", f"{secret},bob,2")
    issuer.start()
    as_json = {"Content-Type": "application/json"}
    minted = issuer.get("/api/v1/namespaces/a/serviceaccounts/b/token", "POST", as_json, admin=True, body=b"{}").json()
    token = minted["status"]["token"]
    review = json.dumps({"spec": {"token": token}}).encode()
    assert issuer.get("/apis/authentication.k8s.io/v1/tokenreviews", "POST", as_json, admin=True,
                      body=review).json()["status"]["authenticated"]
    assert issuer.get("/openid/v1/jwks", admin=True, token=secret).status == 200
    try:
        texts = list(memory(issuer.process.pid))
    except PermissionError:
        pytest.skip("not even root may")
    assert any(issuer.url.encode() in text for text in texts)  # it is read, and searched
    for needle in (secret, harness.ADMIN_TOKEN, token.split(".")[2]):
        assert not [text for text in texts if needle.encode() in text], needle
    issuer.stop()


# ---- core dumps ------------------------------------------------------------------------------------------------------
UNLIMITED = ("prlimit", "--core=unlimited:unlimited")


def dumps_core(process):
    """Ends it by a signal that dumps core; whether it did."""
    process.send_signal(signal.SIGSEGV)
    _, status = os.waitpid(process.pid, 0)
    process.returncode = -os.WTERMSIG(status)  # it is waited for
    assert os.WTERMSIG(status) == signal.SIGSEGV
    return os.WCOREDUMP(status)


def test_a_server_that_crashes_leaves_no_core(make_issuer, tmp_path):
    with subprocess.Popen([*UNLIMITED, "sleep", "60"], cwd=tmp_path) as other:
        harness.wait_until(lambda: open(f"/proc/{other.pid}/comm", encoding="ascii").read() == "sleep\n", "it runs")
        if not dumps_core(other):
            pytest.skip("no program dumps core here")
    issuer = make_issuer(prefix=UNLIMITED).start()
    process, issuer.process = issuer.process, None
    assert not dumps_core(process)
