/* SPDX-License-Identifier: Apache-2.0 */
/* Keys in the forms in which others write and read them: PEM and JWK. */
#ifndef MINTMARK_KEYIO_H
#define MINTMARK_KEYIO_H

#include <mintmark/key.h>

#define MM_KEY_FILE_MAX 65536 /* bytes of a PEM or JWK file */

enum mm_key_form {
	MM_FORM_PKCS8,       /* PRIVATE KEY */
	MM_FORM_TRADITIONAL, /* what kube-apiserver reads: RSA PRIVATE KEY (PKCS#1) or EC PRIVATE KEY (SEC1) */
	MM_FORM_PUBLIC_PEM,  /* PUBLIC KEY */
	MM_FORM_PUBLIC_JWK,
	MM_FORM_PRIVATE_JWK,
};

/*
 * Reads a private key: PEM with PKCS#1, SEC1, PKCS#8 or encrypted PKCS#8 / traditional encryption, or a private JWK.
 * `alg` NULL: the JWK's alg, or RS256 for RSA and what fits the curve otherwise. `passphrase` is the absent span when
 * there is none. MM_ELIMIT: more than MM_KEY_FILE_MAX bytes; MM_EPARSE: no key in it, more than one, or damaged;
 * MM_EREFUSED: vetting, a public key where a private one is needed, alg that does not fit, an encrypted key without a
 * passphrase or with a wrong one (said which). Never prompts.
 */
MM_MUSTCHECK enum mm_code mm_key_import(struct mm_span text, const struct mm_alg *alg, struct mm_span passphrase,
					struct mm_key **out, struct mm_err *err);

/*
 * Reads a key of which the public half is enough, public or private: PEM (PUBLIC KEY as well), or a JWK. What comes out
 * is public. Errors as above.
 */
MM_MUSTCHECK enum mm_code mm_key_import_public(struct mm_span text, struct mm_key **out, struct mm_err *err);

/*
 * Appends the key in `form`, text that ends in a newline, never encrypted. MM_EREFUSED: a private form of a public key,
 * or TRADITIONAL for Ed25519 (there is none).
 */
MM_MUSTCHECK enum mm_code mm_key_export(const struct mm_key *key, enum mm_key_form form, struct mm_buf *out,
					struct mm_err *err);

/*
 * A public JWK as an object with the members use, kty, kid, crv, alg, x, y, n, e in kube-apiserver's order, public
 * members only (KEP-1393). Owned by the caller; NULL is not returned with MM_OK.
 */
MM_MUSTCHECK enum mm_code mm_jwk_from_key(const struct mm_key *key, json_t **out, struct mm_err *err);

/*
 * The key in a JWK; private members are read when `private` (and must then be there), and must be absent otherwise
 * (MM_EREFUSED). The alg is the JWK's own; without one RS256 for RSA and what fits the curve for EC and OKP: alg is
 * bound to the key, never taken from a token (RFC 8725 §3.1). The JWK's kid is not checked here: see mm_jwks_parse.
 * MM_EPARSE, MM_EREFUSED (vetting, non-canonical or over-long numbers, unknown kty, crv or alg).
 */
MM_MUSTCHECK enum mm_code mm_jwk_to_key(const json_t *jwk, bool private, struct mm_key **out, struct mm_err *err);

/* Whether the JWK's key_ops (RFC 7517 §4.3), if there are any, allow that operation: "sign", "verify". */
bool mm_jwk_allows(const json_t *jwk, const char *operation);

/* Overwrites the strings in an object that may hold private members, before it is given back. NULL is allowed. */
void mm_jwk_cleanse(json_t *jwk);

/* The name of a private or symmetric member that the JWK has; NULL: none, or it is not an object. */
const char *mm_jwk_private_member(const json_t *jwk);

#endif
