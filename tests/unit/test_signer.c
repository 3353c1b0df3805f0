/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/keyhelp.h"

#include <openssl/err.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static const char text[] = "eyJhbGciOiJub25lIn0.e30";

static struct mm_span message(void)
{
	return mm_span(text, sizeof text - 1);
}

static struct mm_signer *open_signer(const struct mm_key *key)
{
	struct mm_signer *signer = NULL;
	struct mm_err err = {0};

	assert_ok(mm_signer_local(key, &signer, &err), &err);
	return signer;
}

static void signatures_of_every_algorithm_verify_and_have_their_length(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_ALG_COUNT; i++) {
		mm_auto(mm_key) key = test_key(mm_algs[i].name);
		mm_auto(mm_key) public = NULL;
		mm_auto(mm_signer) signer = open_signer(key);
		uint8_t signature[MM_SIGNATURE_MAX];
		struct mm_err err = {0};
		size_t len = 0;

		assert_ok(mm_key_public(key, &public, &err), &err);
		for (int round = 0; round < 3; round++) { /* the prepared context is not used up */
			assert_ok(mm_sign(signer, message(), signature, &len, &err), &err);
			assert_int_equal(len, mm_key_signature_len(key));
			assert_ok(mm_verify(public, message(), mm_span(signature, len), &err), &err);
		}
	}
}

static void a_signer_knows_its_key(void **state)
{
	mm_auto(mm_key) key = test_key("ES256");
	mm_auto(mm_signer) signer = open_signer(key);

	(void)state;
	assert_ptr_equal(signer->alg, mm_key_alg(key));
	assert_string_equal(signer->kid, mm_key_kid(key));
}

static void a_signer_outlives_the_reference_that_it_was_made_of(void **state)
{
	struct mm_key *key = test_key("ES256"), *public = NULL;
	mm_auto(mm_signer) signer = open_signer(key);
	uint8_t signature[MM_SIGNATURE_MAX];
	struct mm_err err = {0};
	size_t len = 0;

	(void)state;
	assert_ok(mm_key_public(key, &public, &err), &err);
	mm_key_free(key);
	assert_ok(mm_sign(signer, message(), signature, &len, &err), &err);
	assert_ok(mm_verify(public, message(), mm_span(signature, len), &err), &err);
	mm_key_free(public);
}

static void a_public_key_does_not_sign(void **state)
{
	static const char *const names[] = {"RS256", "ES256", "EdDSA"};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(names); i++) {
		mm_auto(mm_key) key = test_key(names[i]);
		mm_auto(mm_key) public = NULL;
		struct mm_signer *signer = NULL;
		struct mm_err err = {0};

		assert_ok(mm_key_public(key, &public, &err), &err);
		assert_fails_saying(mm_signer_local(public, &signer, &err), MM_EREFUSED, &err, "cannot sign");
		assert_null(signer);
	}
}

static void an_empty_and_a_long_message_are_signed(void **state)
{
	size_t size = 1 << 20;
	char *zeros = calloc(1, size);

	(void)state;
	for (size_t i = 0; i < MM_ALG_COUNT; i++) {
		mm_auto(mm_key) key = test_key(mm_algs[i].name);
		mm_auto(mm_signer) signer = open_signer(key);
		uint8_t signature[MM_SIGNATURE_MAX];
		struct mm_err err = {0};
		size_t len = 0;

		assert_ok(mm_sign(signer, mm_span("", 0), signature, &len, &err), &err);
		assert_ok(mm_verify(key, mm_span("", 0), mm_span(signature, len), &err), &err);
		assert_ok(mm_sign(signer, mm_span(zeros, size), signature, &len, &err), &err);
		assert_ok(mm_verify(key, mm_span(zeros, size), mm_span(signature, len), &err), &err);
		zeros[size - 1] ^= 1;
		assert_fails(mm_verify(key, mm_span(zeros, size), mm_span(signature, len), &err), MM_EVERIFY, &err);
		zeros[size - 1] ^= 1;
	}
	free(zeros);
}

static void pss_and_ecdsa_signatures_of_one_message_differ(void **state)
{
	static const char *const names[] = {"PS256", "ES256"};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(names); i++) {
		mm_auto(mm_key) key = test_key(names[i]);
		mm_auto(mm_signer) signer = open_signer(key);
		uint8_t one[MM_SIGNATURE_MAX], other[MM_SIGNATURE_MAX];
		struct mm_err err = {0};
		size_t len = 0;

		assert_ok(mm_sign(signer, message(), one, &len, &err), &err);
		assert_ok(mm_sign(signer, message(), other, &len, &err), &err);
		assert_memory_not_equal(one, other, len);
	}
}

/* ---- several threads with one signer, as the workers are (the race itself is for ThreadSanitizer to see) --------- */

struct job {
	const struct mm_signer *signer;
	const struct mm_key *key;
	int number;
	int verified;
};

static void *sign_and_verify(void *arg)
{
	struct job *job = arg;

	for (int i = 0; i < 20; i++) {
		struct mm_span own = mm_span(&job->number, sizeof job->number);
		uint8_t signature[MM_SIGNATURE_MAX];
		size_t len = 0;

		if (mm_sign(job->signer, own, signature, &len, NULL) == MM_OK &&
		    mm_verify(job->key, own, mm_span(signature, len), NULL) == MM_OK)
			job->verified++;
	}
	return NULL;
}

static void one_signer_serves_several_threads_at_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_ALG_COUNT; i++) {
		mm_auto(mm_key) key = test_key(mm_algs[i].name);
		mm_auto(mm_signer) signer = open_signer(key);
		struct job jobs[4];
		pthread_t threads[MM_COUNT(jobs)];

		for (size_t t = 0; t < MM_COUNT(jobs); t++) {
			jobs[t] = (struct job){.signer = signer, .key = key, .number = (int)t};
			assert_int_equal(pthread_create(&threads[t], NULL, sign_and_verify, &jobs[t]), 0);
		}
		for (size_t t = 0; t < MM_COUNT(jobs); t++) {
			assert_int_equal(pthread_join(threads[t], NULL), 0);
			assert_int_equal(jobs[t].verified, 20);
		}
	}
}

static void nothing_is_left_in_openssls_queue(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_ALG_COUNT; i++) {
		mm_auto(mm_key) key = test_key(mm_algs[i].name);
		mm_auto(mm_signer) signer = open_signer(key);
		uint8_t signature[MM_SIGNATURE_MAX];
		struct mm_err err = {0};
		size_t len = 0;

		assert_ok(mm_sign(signer, message(), signature, &len, &err), &err);
		assert_ok(mm_verify(key, message(), mm_span(signature, len), &err), &err);
		assert_int_equal(ERR_peek_error(), 0);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(signatures_of_every_algorithm_verify_and_have_their_length),
		cmocka_unit_test(a_signer_knows_its_key),
		cmocka_unit_test(a_signer_outlives_the_reference_that_it_was_made_of),
		cmocka_unit_test(a_public_key_does_not_sign),
		cmocka_unit_test(an_empty_and_a_long_message_are_signed),
		cmocka_unit_test(pss_and_ecdsa_signatures_of_one_message_differ),
		cmocka_unit_test(one_signer_serves_several_threads_at_once),
		cmocka_unit_test(nothing_is_left_in_openssls_queue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
