/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of keys/ share: keys without waiting for them, published vectors, and text that changes a little. */
#ifndef MINTMARK_TESTS_KEYHELP_H
#define MINTMARK_TESTS_KEYHELP_H

#include "tests/unit/support.h"

#include <mintmark/keyio.h>
#include <mintmark/signer.h>
#include <openssl/types.h>

/* The call must fail with `code` and a line that has `part` in it; `err` is cleared for the next. */
#define assert_fails_saying(call, code, err, part)                                                                     \
	do {                                                                                                           \
		assert_int_equal((call), (code));                                                                      \
		assert_contains((err)->text, (part));                                                                  \
		mm_err_clear(err);                                                                                     \
	} while (0)

const struct mm_alg *test_alg(const char *name);

/* A private key for `alg`, freed by the caller: generated, but for RSA the one of RFC 7515 A.2. */
struct mm_key *test_key(const char *alg);

/* tests/vectors/NAME, freed by the caller with json_decref. */
json_t *test_vector(const char *name);
/* A member that is a string; the vector keeps it. */
const char *test_vector_text(const json_t *vector, const char *name);

/* The key in some form, freed by the caller with free(). */
char *test_export(const struct mm_key *key, enum mm_key_form form);

/* A public RSA key of two numbers, freed by the caller with EVP_PKEY_free. */
EVP_PKEY *test_rsa_public(const BIGNUM *n, const BIGNUM *e);

#endif
