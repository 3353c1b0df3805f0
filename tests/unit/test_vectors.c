/* SPDX-License-Identifier: Apache-2.0 */
/* The published vectors of tests/vectors/: keys are read, signatures verify, deterministic ones come out the same. */
#include "tests/unit/keyhelp.h"

#include <mintmark/base64url.h>
#include <stdlib.h>
#include <string.h>

struct jws {
	json_t *vector;
	struct mm_key *key;
	struct mm_span signing_input;
	uint8_t signature[MM_SIGNATURE_MAX];
	size_t signature_len;
};

static struct jws open_jws(const char *name)
{
	struct jws jws = {.vector = test_vector(name)};
	const char *text = test_vector_text(jws.vector, "jws"), *dot = strrchr(text, '.');
	char *jwk = json_dumps(json_object_get(jws.vector, "jwk"), 0);
	const struct mm_alg *alg = test_alg(test_vector_text(jws.vector, "alg"));
	struct mm_err err = {0};

	assert_ok(mm_key_import(mm_span_str(jwk), alg, (struct mm_span){0}, &jws.key, &err), &err);
	jws.signing_input = mm_span(text, (size_t)(dot - text));
	assert_ok(mm_base64url_decode(mm_span_str(dot + 1), jws.signature, sizeof jws.signature, &jws.signature_len,
				      &err),
		  &err);
	free(jwk);
	return jws;
}

static void close_jws(struct jws *jws)
{
	mm_key_free(jws->key);
	json_decref(jws->vector);
}

static void the_published_signature_verifies(void **state)
{
	struct jws jws = open_jws(*state);
	struct mm_err err = {0};

	assert_ok(mm_verify(jws.key, jws.signing_input, mm_span(jws.signature, jws.signature_len), &err), &err);
	jws.signature[jws.signature_len - 1] ^= 1;
	assert_fails(mm_verify(jws.key, jws.signing_input, mm_span(jws.signature, jws.signature_len), &err), MM_EVERIFY,
		     &err);
	close_jws(&jws);
}

/* Byte for byte where the algorithm is deterministic, and not where it must not be. */
static void our_signature_is_the_published_one(void **state)
{
	struct jws jws = open_jws(*state);
	bool deterministic = json_is_true(json_object_get(jws.vector, "deterministic"));
	uint8_t signature[MM_SIGNATURE_MAX];
	mm_auto(mm_signer) signer = NULL;
	struct mm_err err = {0};
	size_t len = 0;

	assert_ok(mm_signer_local(jws.key, &signer, &err), &err);
	assert_ok(mm_sign(signer, jws.signing_input, signature, &len, &err), &err);
	assert_int_equal(len, jws.signature_len);
	assert_int_equal(memcmp(signature, jws.signature, len) == 0, deterministic);
	assert_ok(mm_verify(jws.key, jws.signing_input, mm_span(signature, len), &err), &err);
	close_jws(&jws);
}

static void the_thumbprint_is_the_published_one(void **state)
{
	json_t *vector = test_vector(*state);
	mm_auto(mm_key) key = NULL;
	struct mm_err err = {0};
	char thumbprint[MM_KID_SIZE];

	assert_ok(mm_jwk_to_key(json_object_get(vector, "jwk"), false, &key, &err), &err);
	assert_ok(mm_key_thumbprint(key, thumbprint, &err), &err);
	assert_string_equal(thumbprint, test_vector_text(vector, "thumbprint"));
	json_decref(vector);
}

#define VECTOR(function, file)                                                                                         \
	{                                                                                                              \
		file ": " #function, function, NULL, NULL, (void *)(uintptr_t)(file)                                   \
	}
#define JWS_VECTOR(file)                                                                                               \
	VECTOR(the_published_signature_verifies, file), VECTOR(our_signature_is_the_published_one, file)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		JWS_VECTOR("rfc7515-a2.json"),
		JWS_VECTOR("rfc7515-a3.json"),
		JWS_VECTOR("rfc7520-4.1.json"),
		JWS_VECTOR("rfc7520-4.2.json"),
		JWS_VECTOR("rfc7520-4.3.json"),
		JWS_VECTOR("rfc8037-a4.json"),
		VECTOR(the_thumbprint_is_the_published_one, "rfc7638-3.1.json"),
		VECTOR(the_thumbprint_is_the_published_one, "rfc8037-a3.json"),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
