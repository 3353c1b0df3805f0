/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One key: its algorithm, its kid, and the public or the private half in memory, parsed once. Immutable after
 * creation and shared by reference count, so that snapshots and threads can hold it without copies.
 */
#ifndef MINTMARK_KEY_H
#define MINTMARK_KEY_H

#include <jansson.h>
#include <mintmark/alg.h>
#include <openssl/types.h>

/* base64url(SHA-256(…)) without padding: 43 characters and NUL. */
#define MM_KID_SIZE 44

struct mm_key;

/*
 * Makes a key pair. `rsa_bits` is 2048, 3072 or 4096 for RSA, else ignored. Takes up to 0.7 s (RSA-2048) or 3.6 s
 * (RSA-4096): never on an event loop. MM_EREFUSED: other sizes. MM_ECRYPTO.
 */
MM_MUSTCHECK enum mm_code mm_key_generate(const struct mm_alg *alg, unsigned rsa_bits, struct mm_key **out,
					  struct mm_err *err);

/*
 * Takes a key that was parsed elsewhere; `pkey` is referenced, not consumed. Private when it has a private half.
 * Every rule of vetting holds for every key that enters the program, from wherever (MM_EREFUSED): the type and curve
 * fit `alg`; RSA of 2048 to 8192 bits and two primes, odd e from 65537 to 2^31-1 (Go verifies with no larger one), no
 * modulus with a small factor or of ROCA (CVE-2017-15361); EC on a named curve, points on it and not at infinity;
 * Ed25519 points not of small order; private and public half belong together.
 */
MM_MUSTCHECK enum mm_code mm_key_from_pkey(const struct mm_alg *alg, EVP_PKEY *pkey, struct mm_key **out,
					   struct mm_err *err);

/*
 * A key that is planned and not made: for schedules of the future. It has an algorithm and, for a kid,
 * "planned-NUMBER"; whatever needs either half is MM_EREFUSED, and no store takes it.
 */
MM_MUSTCHECK enum mm_code mm_key_planned(const struct mm_alg *alg, unsigned number, struct mm_key **out,
					 struct mm_err *err);
bool mm_key_is_planned(const struct mm_key *key);
MM_MUSTCHECK enum mm_code mm_key_check_made(const struct mm_key *key, struct mm_err *err); /* MM_EREFUSED: planned */

/* The public half of the same key. */
MM_MUSTCHECK enum mm_code mm_key_public(const struct mm_key *key, struct mm_key **out, struct mm_err *err);

struct mm_key *mm_key_ref(const struct mm_key *key);
void mm_key_free(struct mm_key *key); /* gives one reference back; the last one cleanses */
MM_AUTO(mm_key)

const struct mm_alg *mm_key_alg(const struct mm_key *key);
/* base64url(SHA-256(DER SubjectPublicKeyInfo)), as kube-apiserver computes it (pkg/serviceaccount/jwt.go). */
const char *mm_key_kid(const struct mm_key *key);
bool mm_key_is_private(const struct mm_key *key);
unsigned mm_key_bits(const struct mm_key *key);
size_t mm_key_signature_len(const struct mm_key *key); /* bytes of a JWS signature by this key */
EVP_PKEY *mm_key_pkey(const struct mm_key *key);       /* borrowed, for signing and verifying contexts; NULL: planned */

/* DER SubjectPublicKeyInfo, appended. */
MM_MUSTCHECK enum mm_code mm_key_spki(const struct mm_key *key, struct mm_buf *out, struct mm_err *err);

/* The JWK thumbprint with SHA-256 (RFC 7638 §3), base64url. */
MM_MUSTCHECK enum mm_code mm_key_thumbprint(const struct mm_key *key, char out[static MM_KID_SIZE], struct mm_err *err);

#endif
