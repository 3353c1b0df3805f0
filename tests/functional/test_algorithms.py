# SPDX-License-Identifier: Apache-2.0
"""Several algorithms, one after the other or side by side: `serve` rotates with waits of seconds, tokens are minted all
the time, and verifiers that keep a JWKS for as long as they may accept every one of them for as long as it is valid.
"""
import json
import math
import shutil
import time

import jwt
import pytest
import yaml

import harness

AUDIENCE = "sts.example.com"
JWKS = "/openid/v1/jwks"
DISCOVERY = "/.well-known/openid-configuration"
SECOND = math.ceil(harness.PATIENCE)  # of the test; a slow program gets longer ones
# Times are kept in whole seconds, and that is what the propagation is for here.
PROPAGATION, VERIFIER_CACHE, ROTATE_EVERY, MAX_TTL = 1 * SECOND, 1 * SECOND, 3 * SECOND, 2 * SECOND
SHORT_WAITS = {"keys": {"propagation": f"{PROPAGATION}s", "verifier_cache": f"{VERIFIER_CACHE}s", "clock_skew": "0s",
                        "rotate_every": f"{ROTATE_EVERY}s"},
               "tokens": {"max_ttl": f"{MAX_TTL}s", "default_ttl": f"{MAX_TTL}s"}}


class Verifier:
    """PyJWT with a JWKS that is fetched again when it is as old as it may become, and never before."""

    def __init__(self, issuer, phase):
        self.issuer = issuer
        self.asked = time.monotonic() - phase * VERIFIER_CACHE  # the first one expires sooner: out of step with others
        self.keys = self.fetch()

    def fetch(self):
        return {jwk["kid"]: (jwk["alg"], jwt.PyJWK(jwk).key) for jwk in self.issuer.get(JWKS).json()["keys"]}

    def verify(self, token):
        """The claims; raises for a token that is not accepted."""
        now = time.monotonic()
        if now - self.asked >= VERIFIER_CACHE:
            self.asked, self.keys = now, self.fetch()
        algorithm, key = self.keys[jwt.get_unverified_header(token)["kid"]]
        return jwt.decode(token, key, algorithms=[algorithm], audience=AUDIENCE, issuer=self.issuer.url)


class Scene:
    """Mints and verifies until told otherwise; every token at once, and again as long as it is valid."""

    def __init__(self, issuer):
        self.issuer = issuer
        self.verifiers = [Verifier(issuer, phase) for phase in (0, 0.3, 0.6)]
        self.tokens = []  # (when it was asked for, algorithm, kid, token)

    def mint(self, *arguments):
        asked = time.time()
        token = self.issuer.token("builder", "--audience", AUDIENCE, *arguments)
        header = jwt.get_unverified_header(token)
        self.tokens.append((asked, header["alg"], header["kid"], token))

    def verify(self):
        for asked, alg, kid, token in self.tokens:
            for verifier in self.verifiers:
                if time.time() < math.floor(asked) + MAX_TTL - 0.1:  # valid, and not only until it has been looked at
                    try:
                        verifier.verify(token)
                    except (KeyError, jwt.PyJWTError) as error:
                        keys = json.dumps(keys_of(self.issuer), indent=1)
                        raise AssertionError(f"{alg} {kid}, asked for at {asked}: {error!r}; keys:\n{keys}\n"
                                             f"{self.issuer.log()}") from error

    def signers(self, algorithm):
        """The kids of its tokens."""
        return {kid for _, alg, kid, _ in self.tokens if alg == algorithm}

    def play_until(self, condition, *asked_for):
        """Mints by default, or for each of the algorithms that are asked for, until `condition` holds."""
        end = time.monotonic() + 60 * harness.PATIENCE
        while not condition():
            assert time.monotonic() < end, f"the log of serve:\n{self.issuer.log()}"
            for flags in [("--algorithm", algorithm) for algorithm in asked_for] or [()]:
                self.mint(*flags)
            self.verify()


def keys_of(issuer):
    return json.loads(issuer.run("key", "list", "-o", "json").stdout)["keys"]


def kids(issuer, algorithm, *states):
    return {key["kid"] for key in keys_of(issuer) if key["algorithm"] == algorithm and key["state"] in states}


def algorithms(issuer):
    """Those of the discovery document."""
    return issuer.get(DISCOVERY).json()["id_token_signing_alg_values_supported"]


def remade(issuer, **keys):
    """The issuer with these options and keys that `init` has made by them: each key has the waits that held then."""
    issuer.configure({"keys": keys})
    shutil.rmtree(issuer.data_dir)
    issuer.mintmark("init", "--issuer", issuer.url, "--dir", issuer.folder)
    return issuer


# ---- one after the other ---------------------------------------------------------------------------------------------
def test_another_algorithm_is_a_rotation_like_any_other(make_issuer):
    """From RS256 to ES256 by one word in the configuration, without a gap."""
    with remade(make_issuer(config=SHORT_WAITS), algorithm="RS256") as issuer:
        scene = Scene(issuer)
        old = kids(issuer, "RS256", "active", "ready", "published")
        issuer.configure({"keys": {"algorithm": "ES256"}})
        issuer.reload()
        scene.play_until(lambda: kids(issuer, "ES256", "active"))
        assert not kids(issuer, "RS256", "active", "ready", "published"), "given up in the commit that lets it sign"
        assert algorithms(issuer) == ["ES256", "RS256"], "tokens of the old one are still under way"
        scene.play_until(lambda: not kids(issuer, "RS256", "retired"))
        scene.play_until(lambda: algorithms(issuer) == ["ES256"])

        signers = [alg for _, alg, _, _ in scene.tokens]
        assert signers == sorted(signers, reverse=True), "RS256 up to a moment, ES256 from then on"
        assert {"RS256", "ES256"} == set(signers)
        gone = [key for key in keys_of(issuer) if key["kid"] in old]
        assert {key["state"] for key in gone} == {"removed"}, "none was lost on the way"


# ---- side by side ----------------------------------------------------------------------------------------------------
@pytest.fixture
def side_by_side(make_issuer):
    return remade(make_issuer(config=SHORT_WAITS), algorithm=None, algorithms=["RS256", "ES256"])


@pytest.fixture(scope="module")
def unserved(mintmark, tmp_path_factory):
    """One that is only looked at, and has the usual waits."""
    issuer = harness.Issuer(mintmark, tmp_path_factory.mktemp("unserved"))
    return remade(issuer, algorithm=None, algorithms=["RS256", "ES256"])


def test_init_makes_keys_for_every_algorithm(unserved):
    assert sorted((key["algorithm"], key["state"]) for key in keys_of(unserved)) == [
        ("ES256", "active"), ("ES256", "ready"), ("RS256", "active"), ("RS256", "ready")]


@pytest.mark.parametrize("flags, algorithm", [([], "RS256"), (["--algorithm", "ES256"], "ES256")])
def test_the_first_signs_unless_another_one_is_asked_for(unserved, flags, algorithm):
    assert jwt.get_unverified_header(unserved.token("builder", *flags))["alg"] == algorithm


def test_two_algorithms_sign_and_rotate_side_by_side(side_by_side):
    with side_by_side as issuer:
        first = {algorithm: kids(issuer, algorithm, "active") for algorithm in ("RS256", "ES256")}
        assert algorithms(issuer) == ["ES256", "RS256"]
        assert [key["alg"] for key in issuer.get(JWKS).json()["keys"]][:2] == ["RS256", "ES256"], "what signs is first"
        scene = Scene(issuer)
        scene.play_until(lambda: all(len(scene.signers(algorithm)) >= 2 for algorithm in first), "RS256", "ES256")
        for algorithm, kid in first.items():
            assert kid < scene.signers(algorithm), f"{algorithm}: the first one, and at least one after it"


def test_one_of_two_is_given_up(side_by_side):
    """The first that is left signs already, so there is nothing to wait for but the tokens that are under way."""
    with side_by_side as issuer:
        scene = Scene(issuer)
        scene.mint("--algorithm", "RS256")
        issuer.configure({"keys": {"algorithms": ["ES256"]}})
        issuer.reload()
        scene.play_until(lambda: algorithms(issuer) == ["ES256"])
        assert scene.signers("RS256") <= kids(issuer, "RS256", "removed") and scene.signers("ES256")


# ---- what is refused -------------------------------------------------------------------------------------------------
def test_an_algorithm_without_a_key_is_refused_with_those_that_have_one(unserved):
    result = unserved.run("token", "create", "builder", "--algorithm", "EdDSA", status=1)
    assert result.stderr == "mintmark: token create: no active key for EdDSA to sign with; possible: RS256, ES256\n"


def test_one_algorithm_and_several_are_refused_together(make_issuer):
    issuer = make_issuer(config={"keys": {"algorithms": ["RS256"]}})
    text = issuer.config_path.read_text()
    lines = {name: number for number, line in enumerate(text.splitlines(), 1)
             for name in ("algorithm", "algorithms") if line.strip().startswith(name + ":")}
    second, first = sorted(lines, key=lines.get, reverse=True)
    assert issuer.run("key", "list", status=2).stderr == (
        f"mintmark: {issuer.config_path}:{lines[second]}: keys.{second}: keys.{first} stands in line {lines[first]}; "
        "accepted: one of the two\n")


@pytest.mark.parametrize("flags, message", [
    (["--algorithm", "ES256"], "its keys.algorithms is RS256, ES256\n"),
    (["--algorithm", "RS256"], None),
    ([], None),
])
def test_init_keeps_a_configuration_whose_first_algorithm_is_the_one_asked_for(mintmark, tmp_path, flags, message):
    url = "http://127.0.0.1:8080"
    (tmp_path / "mintmark.yaml").write_text(yaml.safe_dump(
        {"issuer": url, "data_dir": "data", "keys": {"algorithms": ["RS256", "ES256"]}}))
    result = mintmark("init", "--issuer", url, "--dir", tmp_path, *flags, status=1 if message else 0)
    if message:
        assert message in result.stderr
        assert not (tmp_path / "data").exists()
