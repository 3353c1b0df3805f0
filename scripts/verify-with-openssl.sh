#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# scripts/verify-with-openssl.sh JWKS_FILE < TOKEN
# Verifies the signature of an RS256 token with nothing but openssl: makes the DER public key from the n and e of the
# JWK, sees that its digest is the kid, and verifies. Says what it found on standard output; exits 0 when it verified.
set -euo pipefail
jwks=$1
IFS=. read -r header payload signature || [ -n "$signature" ]
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

base64url_decode() {
  local text
  text=$(tr -- '-_' '+/')
  while ((${#text} % 4)); do text+='='; done
  base64 -d <<<"$text"
}

base64url_encode() {
  base64 -w0 | tr '+/' '-_' | tr -d '='
}

hex() {
  od -An -v -tx1 | tr -d ' \n'
}

kid=$(base64url_decode <<<"$header" | jq -er 'select(.alg == "RS256").kid')
member() {
  jq -er --arg kid "$kid" --arg name "$1" '.keys[] | select(.kid == $kid) | .[$name]' "$jwks"
}

# SubjectPublicKeyInfo, RFC 5280 §4.1 and RFC 8017 §A.1.1
cat >"$work/key.cnf" <<END
asn1 = SEQUENCE:info
[info]
algorithm = SEQUENCE:rsa
key = BITWRAP,SEQUENCE:numbers
[rsa]
oid = OID:rsaEncryption
parameters = NULL
[numbers]
n = INTEGER:0x$(member n | base64url_decode | hex)
e = INTEGER:0x$(member e | base64url_decode | hex)
END
openssl asn1parse -genconf "$work/key.cnf" -noout -out "$work/key.der"

digest=$(openssl dgst -sha256 -binary "$work/key.der" | base64url_encode)
[ "$digest" = "$kid" ] || { echo "the kid $kid is not the digest of its key, $digest"; exit 1; }
base64url_decode <<<"$signature" >"$work/signature"
printf '%s.%s' "$header" "$payload" |
  openssl dgst -sha256 -keyform DER -verify "$work/key.der" -signature "$work/signature"
