# SPDX-License-Identifier: Apache-2.0
"""Hostile tokens, JWKS and key files against the program itself: each is refused in one line, and nothing is fetched.

A token differs from the good one in the one thing that its row names, and is signed properly wherever a signature can
be: what is refused is what the row says, not a signature that broke on the way.
"""
import base64
import json
import re
import socket

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

import harness
from forge import (EC_KEY, GOOD_CLAIMS, GOOD_HEADER, GOOD_JWKS, ISSUER, OTHER_KEY, P256_N, RSA_KEY, as_json, b64, der,
                   ec_jwk, es256, half, hs256, nested, number, padded_claims, pem, ps256, raw, roca_modulus, rs,
                   rsa_jwk, token, uncanonical, with_raw, without)


# ---- the rows --------------------------------------------------------------------------------------------------------
TOKENS = {
    # alg belongs to the key (RFC 8725 §3.1)
    "alg none": (token({"alg": "none"}, sign=lambda _: b""), 'alg is "none"'),
    "alg None": (token({"alg": "None"}, sign=lambda _: b""), 'alg is "None"'),
    "alg none, signed": (token({"alg": "none"}), 'alg is "none"'),
    "alg missing": (token(without(GOOD_HEADER, "alg")), "alg is missing"),
    "alg null": (token({"alg": None}), "alg is missing or not a string"),
    "alg in another case": (token({"alg": "es256"}), 'alg is "es256"'),
    "HS256 by the PEM": (token({"alg": "HS256", "kid": "rsa"}, sign=hs256(der(RSA_KEY, serialization.Encoding.PEM))),
                         'alg is "HS256"'),
    "HS256 by the DER": (token({"alg": "HS256", "kid": "rsa"}, sign=hs256(der(RSA_KEY))), 'alg is "HS256"'),
    "HS256 by the JWK's n": (token({"alg": "HS256", "kid": "rsa"}, sign=hs256(rsa_jwk(RSA_KEY)["n"].encode())),
                             'alg is "HS256"'),
    "RS512 by a key for RS256": (token({"alg": "RS512", "kid": "rsa"}, sign=rs(hashes.SHA512())),
                                 "alg is RS512, but the key"),
    "PS256 by a key for RS256": (token({"alg": "PS256", "kid": "rsa"}, sign=ps256), "alg is PS256, but the key"),
    "PS256 without kid": (token(as_json({"alg": "PS256"}), sign=ps256), "none of the 0 keys for PS256"),
    "RS256 by an EC key's kid": (token({"alg": "RS256"}, sign=rs(hashes.SHA256())), "alg is RS256, but the key"),
    # keys that the token brings along (RFC 7515 §4.1, CVE-2018-0114)
    "jwk": (token({"jwk": ec_jwk(OTHER_KEY)}, sign=es256(OTHER_KEY)), "the signature does not verify"),
    "jwk without kid": (token(as_json({"alg": "ES256", "jwk": ec_jwk(OTHER_KEY)}), sign=es256(OTHER_KEY)),
                        "none of the 1 keys for ES256"),
    "x5c": (token({"x5c": [base64.b64encode(der(OTHER_KEY)).decode()]}, sign=es256(OTHER_KEY)),
            "the signature does not verify"),
    # kid (RFC 8725 §3.10)
    "kid is a path": (token({"kid": "../../../../dev/null"}), "no key has its kid"),
    "kid is SQL": (token({"kid": "x' UNION SELECT 'k'; --"}), "no key has its kid"),
    "kid of 1024 bytes": (token({"kid": "k" * 1024}), "no key has its kid"),
    "kid of 1025 bytes": (token({"kid": "k" * 1025}), "kid of 1025 bytes"),
    "kid of 1 MiB": (token({"kid": "k" * (1 << 20)}), "larger than the 20002 bytes"),
    "kid is no string": (token({"kid": 1}), '"kid": expected a string'),
    "kid with NUL": (token(with_raw({"alg": "ES256"}, "kid", r'"ec\u0000"')), "\\u0000 is not allowed"),
    # extensions (RFC 7515 §4.1.11, RFC 7797)
    "crit": (token({"crit": ["exp"], "exp": 1}), '"crit"'),
    "crit, empty": (token({"crit": []}), '"crit"'),
    "b64 false": (token({"b64": False}), '"b64"'),
    "b64 false, crit": (token({"b64": False, "crit": ["b64"]}), "which is not accepted"),
    # a member twice (RFC 7515 §4)
    "alg twice": (token(with_raw(GOOD_HEADER, "alg", '"ES256"')), "duplicate object key"),
    "alg twice, escaped": (token(with_raw(GOOD_HEADER, r"\u0061lg", '"ES256"')), "duplicate object key"),
    "exp twice": (token(claims=with_raw(GOOD_CLAIMS, "exp", "9999999999")), "duplicate object key"),
    "exp twice, escaped": (token(claims=with_raw(GOOD_CLAIMS, r"\u0065xp", "9999999999")), "duplicate object key"),
    "twice, deep inside": (token(claims=with_raw(GOOD_CLAIMS, "a", '[{"b":1,"b":1}]')), "duplicate object key"),
    # JSON (RFC 8259)
    "nested 17 deep": (token(claims=nested(16)), "nested deeper than 16 levels"),
    "nested 2000 deep": (token(claims=nested(2000)), "nested deeper than 16 levels"),
    "header nested 2000 deep": (token(with_raw(GOOD_HEADER, "a", "[" * 2000 + "]" * 2000)),
                                "nested deeper than 16 levels"),
    "NUL byte": (token(claims=as_json(GOOD_CLAIMS) + b"\0"), "a NUL byte"),
    "NUL escaped": (token(claims=with_raw(GOOD_CLAIMS, "sub", r'"a\u0000b"')), "\\u0000 is not allowed"),
    "lone byte of UTF-8": (token(claims=as_json(GOOD_CLAIMS).replace(b'"a"', b'"a\xff"')),
                           "unable to decode byte 0xff"),
    "overlong UTF-8": (token(claims=as_json(GOOD_CLAIMS).replace(b'"a"', b'"a\xc0\xaf"')),
                       "unable to decode byte 0xc0"),
    "surrogate in UTF-8": (token(claims=as_json(GOOD_CLAIMS).replace(b'"a"', b'"a\xed\xa0\x80"')),
                           "unable to decode byte 0xed"),
    "lone surrogate, escaped": (token(claims=with_raw(GOOD_CLAIMS, "sub", r'"\ud800"')), "invalid Unicode"),
    "byte order mark": (token(claims=b"\xef\xbb\xbf" + as_json(GOOD_CLAIMS)), "a byte order mark"),
    "byte order mark, header": (token(b"\xef\xbb\xbf" + as_json(GOOD_HEADER)), "a byte order mark"),
    "trailing bytes": (token(claims=as_json(GOOD_CLAIMS) + b"x"), "end of file expected"),
    "two objects": (token(claims=as_json(GOOD_CLAIMS) * 2), "end of file expected"),
    "trailing bytes, header": (token(as_json(GOOD_HEADER) + b"{}"), "end of file expected"),
    "an array": (token(claims=as_json([GOOD_CLAIMS])), "an array, expected an object"),
    "NaN": (token(claims=with_raw(GOOD_CLAIMS, "x", "NaN")), "invalid token"),
    # base64url (RFC 4648 §3.5), each signed as it is written
    "padding": (token(claims=padded_claims(1), write=base64.urlsafe_b64encode), "(0x3d) is not in the alphabet"),
    "+ and /": (token(claims=padded_claims(0), write=base64.b64encode), "(0x2b) is not in the alphabet"),
    "white space": (token(write=lambda data: b64(data)[:8] + b" " + b64(data)[8:]), "(0x20) is not in the alphabet"),
    "line break": (token(write=lambda data: b64(data)[:8] + b"\n" + b64(data)[8:]), "(0x0a) is not in the alphabet"),
    "last bits, two": (token(claims=padded_claims(2), write=lambda data: uncanonical(b64(data))),
                       "the unused last bits are not zero"),
    "last bits, four": (token(claims=padded_claims(1), write=lambda data: uncanonical(b64(data))),
                        "the unused last bits are not zero"),
    "a character too few": (token(claims=padded_claims(0), write=lambda data: b64(data) + b"A"),
                            "no bytes encode to 121 characters"),
    "NUL in the token": (token(write=lambda data: b64(data) + b"\0"), "(0x00) is not in the alphabet"),
    "padded signature": (token() + b"==", "(0x3d) is not in the alphabet"),
    "last bits of the signature": (uncanonical(token()), "the unused last bits are not zero"),
    "two line breaks after it": (token() + b"\n\n", "(0x0a) is not in the alphabet"),
    "space before it": (b" " + token(), "(0x20) is not in the alphabet"),
    # exactly two dots (CVE-2025-27144, CVE-2025-30204)
    "nothing": (b"", "0 dots"),
    "one dot": (token().rpartition(b".")[0], "1 dots"),
    "three dots": (token() + b".", "3 dots"),
    "five parts": (token() + b".a.b", "4 dots"),
    "two dots alone": (b"..", "nothing there, expected an object"),
    "20,000 dots": (b"." * 20000, "20000 dots"),
    "a megabyte of dots": (b"." * (1 << 20), "larger than the 20002 bytes"),
    # signatures (CVE-2022-21449)
    "r and s are 0": (token(sign=raw(0, 0)), "the signature does not verify"),
    "r is 0": (token(sign=half(0, 0)), "the signature does not verify"),
    "s is 0": (token(sign=half(1, 0)), "the signature does not verify"),
    "r is n": (token(sign=half(0, P256_N)), "the signature does not verify"),
    "s is n": (token(sign=half(1, P256_N)), "the signature does not verify"),
    "r and s are n": (token(sign=raw(P256_N, P256_N)), "the signature does not verify"),
    "DER": (token(sign=lambda text: EC_KEY.sign(text, ec.ECDSA(hashes.SHA256()))), "the signature does not verify"),
    "63 bytes": (token(sign=lambda text: es256()(text)[:-1]), "the signature does not verify"),
    "65 bytes": (token(sign=lambda text: es256()(text) + b"\0"), "the signature does not verify"),
    "no signature": (token(sign=lambda _: b""), "the signature does not verify"),
    "RSA: a byte too few": (token({"alg": "RS256", "kid": "rsa"}, sign=lambda text: rs(hashes.SHA256())(text)[:-1]),
                            "the signature does not verify"),
    "RSA: a byte too many": (token({"alg": "RS256", "kid": "rsa"},
                                   sign=lambda text: b"\0" + rs(hashes.SHA256())(text)),
                                   "the signature does not verify"),
    "RSA: zero": (token({"alg": "RS256", "kid": "rsa"}, sign=lambda _: bytes(256)), "the signature does not verify"),
    "RSA: one": (token({"alg": "RS256", "kid": "rsa"}, sign=lambda _: bytes(255) + b"\1"),
                 "the signature does not verify"),
    # what must be there
    "no exp": (token(claims=without(GOOD_CLAIMS, "exp")), "exp is missing"),
    "no iss": (token(claims=without(GOOD_CLAIMS, "iss")), "iss is missing"),
    "no aud": (token(claims=without(GOOD_CLAIMS, "aud")), "aud is missing"),
    "aud empty": (token(claims={"aud": []}), "aud is an empty array"),
    "aud of numbers": (token(claims={"aud": [1]}), "aud is neither"),
}
# times are JSON integers (RFC 7519 §2, and AWS)
TIMES = {**dict.fromkeys(('"1790000000"', "1790000000.5", "1.79e9", "-1", "true", "null", "[1790000000]"),
                         "is not a non-negative integer"),
         **dict.fromkeys(("9223372036854775808", "18446744073709551617"), "too big integer"),
         **dict.fromkeys(("1e400", "-1e400"), "real number overflow")}
TOKENS.update({f"{name}: {text}": (token(claims=with_raw(json.loads(without(GOOD_CLAIMS, name)), name, text)), reason)
               for name in ("exp", "nbf", "iat") for text, reason in TIMES.items()})

JWKS = {
    "RSA-1024": (rsa_jwk(RSA_KEY, n=number(RSA_KEY.private_numbers().p)), "an RSA modulus of 1024 bits"),
    "e is 1": (rsa_jwk(RSA_KEY, e="AQ"), "the RSA exponent e is 1"),
    "e is 3": (rsa_jwk(RSA_KEY, e="Aw"), "the RSA exponent e is 3"),
    "e is even": (rsa_jwk(RSA_KEY, e=number(65538)), "the RSA exponent e is even"),
    "e beyond 2^31": (rsa_jwk(RSA_KEY, e=number(2**32 + 1)), "the RSA exponent e is too large"),
    "e is 0": (rsa_jwk(RSA_KEY, e="AA"), "e is empty or has leading zeros"),
    "n is even": (rsa_jwk(RSA_KEY, n=number(RSA_KEY.private_numbers().public_numbers.n + 1)), "the RSA modulus"),
    "n has leading zeros": (rsa_jwk(RSA_KEY, n=number(RSA_KEY.private_numbers().public_numbers.n, 257)),
                            "leading zeros"),
    "n of ROCA": (rsa_jwk(RSA_KEY, n=number(roca_modulus())), "ROCA"),
    "n is padded": (rsa_jwk(RSA_KEY, n=rsa_jwk(RSA_KEY)["n"] + "=="), "JWK: n"),
    "alg of another kty": (ec_jwk(EC_KEY, alg="RS256"), "no algorithm for kty EC"),
    "alg of another curve": (ec_jwk(EC_KEY, alg="ES384"), "no algorithm for kty EC crv P-256 with alg ES384"),
    "a point off the curve": (ec_jwk(EC_KEY, y=number(EC_KEY.private_numbers().public_numbers.y ^ 1, 32)),
                              "no point on P-256"),
    "the point 0, 0": (ec_jwk(EC_KEY, x=number(0, 32), y=number(0, 32)), "no point on P-256"),
    "a short coordinate": (ec_jwk(EC_KEY, x=number(1, 31)), "x must be 32 bytes"),
    "a point of small order": ({"kty": "OKP", "crv": "Ed25519", "x": number(1 << 248, 32)}, "everybody can sign"),
    "a kid twice": (ec_jwk(OTHER_KEY, kid="rsa"), "both have kid"),
    "a kid of 1025 bytes": (ec_jwk(EC_KEY, kid="k" * 1025), "kid of 1025 bytes"),
    **{f"private {name}": (rsa_jwk(RSA_KEY, **{name: rsa_jwk(RSA_KEY, private=True)[name]}), f"{name} is a private")
       for name in ("d", "p", "q", "dp", "dq", "qi")},
    "private d, EC": (ec_jwk(EC_KEY, private=True), "d is a private"),
    "private k": (ec_jwk(EC_KEY, k="c2VjcmV0"), "k is a private"),
}

JWKS_TEXT = as_json(GOOD_JWKS)
JWKS_DOCUMENTS = {
    "not JSON": (b"<html>", "'[' or '{' expected"),
    "nothing": (b"", "nothing there, expected an object"),
    "an array": (b"[" + JWKS_TEXT + b"]", "an array, expected an object"),
    "no keys": (b"{}", '"keys" is missing'),
    "keys twice": (JWKS_TEXT[:-1] + b', "keys": []}', "duplicate object key"),
    "keys twice, escaped": (JWKS_TEXT[:-1] + rb', "\u006beys": []}', "duplicate object key"),
    "byte order mark": (b"\xef\xbb\xbf" + JWKS_TEXT, "a byte order mark"),
    "trailing bytes": (JWKS_TEXT + b"x", "end of file expected"),
    "NUL": (JWKS_TEXT + b"\0", "a NUL byte"),
    "bad UTF-8": (JWKS_TEXT.replace(b'"ec"', b'"\xff"'), "unable to decode byte 0xff"),
    "nested 2000 deep": (JWKS_TEXT[:-1] + b', "a": ' + b"[" * 2000 + b"]" * 2000 + b"}",
                         "nested deeper than 16 levels"),
    "1001 keys": (as_json({"keys": [{"kty": "?"}] * 1001}), "1001 keys"),
    "a megabyte": (JWKS_TEXT + b" " * (1 << 20), "of which 524288 are allowed"),
    "an oct key alone": (as_json({"keys": [{"kty": "oct", "kid": "ec", "k": "c2VjcmV0"}]}), "no key has its kid"),
}

PRIVATE = as_json(ec_jwk(EC_KEY, private=True))
KEYS = {
    "RSA-1024": (pem(rsa.generate_private_key(65537, 1024)), "an RSA modulus of 1024 bits"),
    "e is 3": (pem(rsa.generate_private_key(3, 2048)), "the RSA exponent e is 3"),
    "P-224": (pem(ec.generate_private_key(ec.SECP224R1())), "accepted: RSA, EC on P-256"),
    "secp256k1": (pem(ec.generate_private_key(ec.SECP256K1())), "accepted: RSA, EC on P-256"),
    "a public key": (der(EC_KEY, serialization.Encoding.PEM), "public"),
    "two keys": (pem(EC_KEY) + pem(OTHER_KEY), "found PRIVATE KEY, PRIVATE KEY"),
    "a key cut off": (pem(EC_KEY)[:100], "PEM is damaged"),
    "nothing": (b"", "no key found"),
    "DER": (EC_KEY.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8,
                                 serialization.NoEncryption()), "no key found"),
    "a megabyte": (pem(EC_KEY) + b"\n" * (1 << 20), "larger than the 65536 bytes"),
    "JWK: e is even": (as_json(rsa_jwk(RSA_KEY, private=True, e=number(65538))), "the RSA exponent e is even"),
    "JWK: n of ROCA": (as_json(rsa_jwk(RSA_KEY, private=True, n=number(roca_modulus()))), "ROCA"),
    "JWK: dp of another key": (as_json(rsa_jwk(RSA_KEY, private=True, dp=rsa_jwk(RSA_KEY, private=True)["dq"])),
                               "do not belong together"),
    "JWK: three primes": (as_json(rsa_jwk(RSA_KEY, private=True, oth=[])), "more than two primes"),
    "JWK: public": (as_json(ec_jwk(EC_KEY)), "public JWK"),
    "JWK: oct": (as_json({"kty": "oct", "alg": "HS256", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQ"}), "HS256"),
    "JWK: alg none": (as_json(ec_jwk(EC_KEY, private=True, alg="none")), "alg none"),
    "JWK: alg of another curve": (as_json(ec_jwk(EC_KEY, private=True, alg="ES384")), "no algorithm for kty EC"),
    "JWK: for encryption": (as_json(ec_jwk(EC_KEY, private=True, use="enc")), 'use is not "sig"'),
    "JWK: d of another key": (as_json(ec_jwk(EC_KEY, d=ec_jwk(OTHER_KEY, private=True)["d"])), "does not belong"),
    "JWK: d is 0": (as_json(ec_jwk(EC_KEY, d=number(0, 32))), "does not belong to the public key"),
    "JWK: d is n": (as_json(ec_jwk(EC_KEY, d=number(P256_N, 32))), "does not belong to the public key"),
    "JWK: d is padded": (as_json(ec_jwk(EC_KEY, d=ec_jwk(EC_KEY, private=True)["d"] + "=")), "d must be 32 bytes"),
    "JWK: last bits of d": (as_json(ec_jwk(EC_KEY, d=uncanonical(ec_jwk(EC_KEY, private=True)["d"].encode()).decode())),
                            "the unused last bits are not zero"),
    "JWK: d twice": (PRIVATE[:-1] + b', "d": "AA"}', "duplicate object key"),
    "JWK: d twice, escaped": (PRIVATE[:-1] + rb', "\u0064": "AA"}', "duplicate object key"),
    "JWK: byte order mark": (b"\xef\xbb\xbf" + PRIVATE, "no key found"),
    "JWK: trailing bytes": (PRIVATE + b"x", "end of file expected"),
    "JWK: NUL": (PRIVATE + b"\0", "a NUL byte"),
    "JWK: bad UTF-8": (PRIVATE.replace(b'"ec"', b'"\xff"'), "unable to decode byte 0xff"),
    "JWK: nested 2000 deep": (PRIVATE[:-1] + b', "a": ' + b"[" * 2000 + b"]" * 2000 + b"}",
                              "nested deeper than 16 levels"),
}


# ---- the tests -------------------------------------------------------------------------------------------------------
def assert_one_line(result, reason, given):
    """Standard output is empty, and one line (and at most a hint) says why, quoting nothing long of what was given."""
    message = result.stderr.decode()
    assert result.stdout == b""
    assert re.fullmatch(r"mintmark: [^\n]+\n(hint: [^\n]+\n)?", message), message
    assert reason in message
    for piece in re.findall(rb"[\w+/-]{40,}", given):
        if piece.strip(b"k"):  # a long kid is quoted, cut off
            assert piece[:40].decode() not in message, "what may be a key is quoted"


@pytest.fixture(scope="module")
def jwks(tmp_path_factory):
    path = tmp_path_factory.mktemp("hostile") / "jwks.json"
    path.write_bytes(JWKS_TEXT)
    return path


def verify(mintmark, text, jwks, status=1):
    return mintmark("token", "verify", "-", "--jwks", jwks, "--issuer", ISSUER, stdin=text, status=status, text=False)


@pytest.mark.parametrize("text", [
    token(), token() + b"\n", token({"alg": "RS256", "kid": "rsa"}, sign=rs(hashes.SHA256())), token(claims=nested(15)),
    token(claims=padded_claims(1)), token(claims=padded_claims(2)), token(as_json({"alg": "ES256"}))],
    ids=["ES256", "newline", "RS256", "nested", "padded by 1", "padded by 2", "without kid"])
def test_what_the_rows_start_from_is_valid(mintmark, jwks, text):
    assert verify(mintmark, text, jwks, status=0).stdout.startswith(b"valid: ")


@pytest.mark.parametrize("text, reason", TOKENS.values(), ids=TOKENS)
def test_a_hostile_token_is_refused_in_one_line(mintmark, jwks, text, reason):
    assert_one_line(verify(mintmark, text, jwks), reason, text)


@pytest.mark.parametrize("member", ["jku", "x5u"])
@pytest.mark.parametrize("key, status", [(OTHER_KEY, 1), (EC_KEY, 0)], ids=["forged", "good"])
def test_no_address_in_a_header_is_fetched(mintmark, jwks, member, key, status):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/jwks.json"
        verify(mintmark, token({member: address}, sign=es256(key)), jwks, status)
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.mark.parametrize("jwk, reason", JWKS.values(), ids=JWKS)
def test_a_jwks_of_a_hostile_key_alone_is_refused(mintmark, tmp_path, jwk, reason):
    keys = [jwk] if reason != "both have kid" else [*GOOD_JWKS["keys"], jwk]
    (tmp_path / "jwks.json").write_bytes(as_json({"keys": keys}))
    assert_one_line(verify(mintmark, token(), tmp_path / "jwks.json"), reason, as_json({"keys": keys}))


@pytest.mark.parametrize("jwk, reason", JWKS.values(), ids=JWKS)
def test_a_hostile_key_beside_good_ones_is_never_used(mintmark, tmp_path, jwk, reason):
    """Leaked private members and kids that say nothing refuse the whole; other such keys are as if they were not there."""
    path = tmp_path / "jwks.json"
    others = [key for key in GOOD_JWKS["keys"] if key["kid"] != jwk.get("kid") or reason == "both have kid"]
    path.write_bytes(as_json({"keys": [*others, jwk]}))
    if "private" in reason or reason == "both have kid":
        assert_one_line(verify(mintmark, token(), path), reason, path.read_bytes())
        return
    of_rsa, of_ec = token({"alg": "RS256", "kid": "rsa"}, sign=rs(hashes.SHA256())), token()
    assert verify(mintmark, of_rsa if jwk.get("kid") == "ec" else of_ec, path, status=0).stdout.startswith(b"valid: ")
    if jwk.get("kid") in ("rsa", "ec"):
        result = verify(mintmark, of_ec if jwk["kid"] == "ec" else of_rsa, path)
        assert_one_line(result, reason, path.read_bytes())
        assert f"key {len(others)} of the JWKS has its kid, but was not taken" in result.stderr.decode()


@pytest.mark.parametrize("text, reason", JWKS_DOCUMENTS.values(), ids=JWKS_DOCUMENTS)
def test_a_hostile_jwks_is_refused_in_one_line(mintmark, tmp_path, text, reason):
    (tmp_path / "jwks.json").write_bytes(text)
    assert_one_line(verify(mintmark, token(), tmp_path / "jwks.json"), reason, text)


@pytest.fixture(scope="module")
def issuer(mintmark, tmp_path_factory):
    """An issuer that nobody serves, and that no refused key may change."""
    return harness.Issuer(mintmark, tmp_path_factory.mktemp("hostile"))


@pytest.mark.parametrize("text, reason", KEYS.values(), ids=KEYS)
def test_a_hostile_key_is_refused_in_one_line_and_changes_nothing(issuer, text, reason):
    before = issuer.run("key", "list", "-o", "json").stdout
    result = issuer.run("key", "import", "-", stdin=text, status=1, text=False)
    assert_one_line(result, reason, text)
    assert issuer.run("key", "list", "-o", "json").stdout == before


def test_the_key_that_the_rows_start_from_can_be_imported(make_issuer):
    make_issuer().run("key", "import", "-", stdin=PRIVATE, text=False)
