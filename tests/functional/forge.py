# SPDX-License-Identifier: Apache-2.0
"""Makes keys, JWKs and tokens that no honest issuer would make, signed properly all the same."""
import base64
import hashlib
import hmac
import json
import math
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

EC_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(65537, 2048)
OTHER_KEY = ec.generate_private_key(ec.SECP256R1())
P256_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
ISSUER = "https://h.example"


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def number(value, length=None):
    return b64(value.to_bytes(length or (value.bit_length() + 7) // 8, "big")).decode()


def ec_jwk(key, private=False, **members):
    numbers = key.private_numbers()
    jwk = {"kty": "EC", "kid": "ec", "alg": "ES256", "crv": "P-256", "x": number(numbers.public_numbers.x, 32),
           "y": number(numbers.public_numbers.y, 32)}
    return {**jwk, **({"d": number(numbers.private_value, 32)} if private else {}), **members}


def rsa_jwk(key, private=False, **members):
    numbers = key.private_numbers()
    jwk = {"kty": "RSA", "kid": "rsa", "alg": "RS256", "n": number(numbers.public_numbers.n),
           "e": number(numbers.public_numbers.e)}
    halves = {"d": numbers.d, "p": numbers.p, "q": numbers.q, "dp": numbers.dmp1, "dq": numbers.dmq1,
              "qi": numbers.iqmp}
    return {**jwk, **({name: number(value) for name, value in halves.items()} if private else {}), **members}


def der(key, encoding=serialization.Encoding.DER):
    return key.public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)


def pem(key, form=serialization.PrivateFormat.PKCS8):
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


GOOD_HEADER = {"alg": "ES256", "kid": "ec", "typ": "JWT"}
GOOD_CLAIMS = {"iss": ISSUER, "aud": "a", "exp": int(time.time()) + 3600}
GOOD_JWKS = {"keys": [ec_jwk(EC_KEY), rsa_jwk(RSA_KEY)]}


def es256(key=EC_KEY):
    """Signs as JWS wants it: r and s side by side."""
    def sign(text):
        r, s = utils.decode_dss_signature(key.sign(text, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")
    return sign


def rs(digest):
    return lambda text: RSA_KEY.sign(text, padding.PKCS1v15(), digest)


def ps256(text):
    return RSA_KEY.sign(text, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())


def hs256(secret):
    return lambda text: hmac.new(secret, text, hashlib.sha256).digest()


def as_json(value):
    return value if isinstance(value, bytes) else json.dumps(value).encode()


def token(header=None, claims=None, sign=es256(), write=b64):
    """`header` and `claims` are laid over the good ones, or taken as they are when they are bytes."""
    parts = [as_json(change if isinstance(change, bytes) else {**good, **(change or {})})
             for good, change in ((GOOD_HEADER, header), (GOOD_CLAIMS, claims))]
    text = b64(parts[0]) + b"." + write(parts[1])
    return text + b"." + b64(sign(text))


def without(members, name):
    return as_json({key: value for key, value in members.items() if key != name})


def with_raw(members, name, text):
    """The object with one member more, whose value is written as it is."""
    return as_json(members)[:-1] + f', "{name}": {text}}}'.encode()


def nested(depth):
    return as_json({**GOOD_CLAIMS, "a": 1}).replace(b'"a": 1', b'"a": ' + b"[" * depth + b"]" * depth)


def raw(r, s):
    return lambda _: r.to_bytes(32, "big") + s.to_bytes(32, "big")


def half(index, value):
    """A proper signature with r (0) or s (1) replaced."""
    def sign(text):
        good = es256()(text)
        return (value.to_bytes(32, "big") + good[32:]) if index == 0 else (good[:32] + value.to_bytes(32, "big"))
    return sign


def uncanonical(text):
    """The last character with a bit set that belongs to no byte (RFC 4648 §3.5)."""
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    assert len(text) % 4, "it has spare bits"
    return text[:-1] + alphabet[alphabet.index(text[-1]) + 1:][:1]


def padded_claims(length):
    """Claims whose text has `length` modulo three, and whose base64url has a - and a _ in it."""
    text = as_json({**GOOD_CLAIMS, "x": "~~~~>>>>????", "y": ""})
    return text[:-2] + b"y" * ((length - len(text)) % 3) + b'"}'


def roca_modulus(bits=2048):
    """A number as RSALib made its moduli: a power of 65537 modulo the product of the smallest primes."""
    primes = [p for p in range(2, 168) if all(p % q for q in range(2, p))]
    product = math.prod(primes)
    return pow(65537, 12345, product) + product * ((1 << bits - 1) // product + 2)
