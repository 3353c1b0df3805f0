/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/ecdsa.h"
#include "tests/unit/keyhelp.h"

#include <mintmark/ossl.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <pthread.h>
#include <string.h>

static const char line[] = "the signature does not verify";
static const char text[] = "eyJhbGciOiJub25lIn0.e30";

static struct mm_span message(void)
{
	return mm_span(text, sizeof text - 1);
}

static size_t sign(const struct mm_key *key, uint8_t signature[static MM_SIGNATURE_MAX])
{
	mm_auto(mm_signer) signer = NULL;
	struct mm_err err = {0};
	size_t len = 0;

	assert_ok(mm_signer_local(key, &signer, &err), &err);
	assert_ok(mm_sign(signer, message(), signature, &len, &err), &err);
	return len;
}

/* Refused, with a line that does not tell why, and without a trace in OpenSSL's queue. */
static void check_refused(const struct mm_key *key, const void *signature, size_t len)
{
	struct mm_err err = {0};

	assert_int_equal(mm_verify(key, message(), mm_span(signature, len), &err), MM_EVERIFY);
	assert_string_equal(err.text, line);
	assert_int_equal(ERR_peek_error(), 0);
}

static void a_signature_with_any_byte_changed_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_ALG_COUNT; i++) {
		mm_auto(mm_key) key = test_key(mm_algs[i].name);
		uint8_t signature[MM_SIGNATURE_MAX];
		size_t len = sign(key, signature);

		for (size_t at = 0; at < len; at += 7) {
			signature[at] ^= 0x40;
			check_refused(key, signature, len);
			signature[at] ^= 0x40;
		}
	}
}

static void a_signature_of_any_other_length_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_ALG_COUNT; i++) {
		mm_auto(mm_key) key = test_key(mm_algs[i].name);
		uint8_t signature[MM_SIGNATURE_MAX + 8] = {0}, longer[MM_SIGNATURE_MAX + 8] = {0};
		size_t len = sign(key, signature);

		check_refused(key, "", 0);
		check_refused(key, signature, len - 1);
		check_refused(key, signature, len / 2);
		check_refused(key, signature, len + 1);
		memcpy(longer + 1, signature, len); /* a leading zero keeps the number, not the form */
		check_refused(key, longer, len + 1);
	}
}

static void a_signature_of_another_message_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_ALG_COUNT; i++) {
		mm_auto(mm_key) key = test_key(mm_algs[i].name);
		uint8_t signature[MM_SIGNATURE_MAX];
		size_t len = sign(key, signature);
		struct mm_err err = {0};

		assert_fails(mm_verify(key, mm_span(text, sizeof text - 2), mm_span(signature, len), &err), MM_EVERIFY,
			     &err);
	}
}

/* The key has one algorithm (RFC 8725 §3.1): what it signs with another, over the same numbers, is nothing. */
static void a_signature_of_the_same_key_with_another_algorithm_is_refused(void **state)
{
	static const char *const names[] = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"};

	(void)state;
	for (size_t made = 0; made < MM_COUNT(names); made++)
		for (size_t asked = 0; asked < MM_COUNT(names); asked++) {
			mm_auto(mm_key) maker = test_key(names[made]);
			mm_auto(mm_key) judge = test_key(names[asked]);
			uint8_t signature[MM_SIGNATURE_MAX];
			size_t len = sign(maker, signature);
			struct mm_err err = {0};

			if (made == asked)
				assert_ok(mm_verify(judge, message(), mm_span(signature, len), &err), &err);
			else
				check_refused(judge, signature, len);
		}
}

static void pss_with_another_salt_length_is_refused(void **state)
{
	static const int salts[] = {0, 20, 31, 33, RSA_PSS_SALTLEN_MAX};
	mm_auto(mm_key) key = test_key("PS256");

	(void)state;
	for (size_t i = 0; i < MM_COUNT(salts); i++) {
		mm_ossl_auto(EVP_MD_CTX) context = EVP_MD_CTX_new();
		uint8_t signature[MM_SIGNATURE_MAX];
		size_t len = sizeof signature;
		EVP_PKEY_CTX *options;

		assert_int_equal(EVP_DigestSignInit_ex(context, &options, "SHA256", NULL, NULL, mm_key_pkey(key), NULL),
				 1);
		assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING), 1);
		assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(options, salts[i]), 1);
		assert_int_equal(EVP_DigestSign(context, signature, &len, (const uint8_t *)text, sizeof text - 1), 1);
		check_refused(key, signature, len);
	}
}

/* CVE-2022-21449 ("psychic signatures"), and the order in place of zero. */
static void ecdsa_with_r_or_s_of_zero_or_the_order_is_refused(void **state)
{
	static const uint8_t order[32] = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
					  0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
					  0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
	static const uint8_t zero[32];
	mm_auto(mm_key) key = test_key("ES256");
	uint8_t good[MM_SIGNATURE_MAX], bad[64];
	size_t len = sign(key, good);

	(void)state;
	for (size_t half = 0; half < 2; half++) {
		memcpy(bad, good, len);
		memcpy(bad + 32 * half, zero, 32);
		check_refused(key, bad, len);
		memcpy(bad + 32 * half, order, 32);
		check_refused(key, bad, len);
	}
	memset(bad, 0, sizeof bad);
	check_refused(key, bad, len);
	memcpy(bad, order, 32);
	memcpy(bad + 32, order, 32);
	check_refused(key, bad, len);
}

static void ecdsa_in_der_is_refused(void **state)
{
	static const char *const names[] = {"ES256", "ES384", "ES512"};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(names); i++) {
		mm_auto(mm_key) key = test_key(names[i]);
		uint8_t raw[MM_SIGNATURE_MAX], der[MM_ECDSA_DER_MAX];
		size_t len = sign(key, raw), der_len = 0;

		assert_true(mm_ecdsa_to_der(mm_key_alg(key), mm_span(raw, len), der, &der_len));
		check_refused(key, der, der_len);
	}
}

static void a_signature_by_another_key_is_refused(void **state)
{
	static const char *const names[] = {"ES256", "ES384", "ES512", "EdDSA"};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(names); i++) {
		mm_auto(mm_key) maker = test_key(names[i]);
		mm_auto(mm_key) judge = test_key(names[i]);
		uint8_t signature[MM_SIGNATURE_MAX];

		check_refused(judge, signature, sign(maker, signature));
	}
}

struct shared {
	const struct mm_key *key;
	struct mm_span signature;
	pthread_barrier_t together;
};

static void *verify_at_once(void *arg)
{
	struct shared *shared = arg;

	pthread_barrier_wait(&shared->together);
	return mm_verify(shared->key, message(), shared->signature, NULL) == MM_OK ? shared : NULL;
}

/* What is prepared for the first of them is there for all; the thread sanitizer says more. */
static void threads_verify_with_one_key(void **state)
{
	static const char *const names[] = {"RS256", "PS256", "ES256", "EdDSA"};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(names); i++) {
		mm_auto(mm_key) key = test_key(names[i]);
		uint8_t signature[MM_SIGNATURE_MAX];
		struct shared shared = {.key = key, .signature = mm_span(signature, sign(key, signature))};
		pthread_t threads[4];
		void *verified;

		assert_int_equal(pthread_barrier_init(&shared.together, NULL, MM_COUNT(threads)), 0);
		for (size_t t = 0; t < MM_COUNT(threads); t++)
			assert_int_equal(pthread_create(&threads[t], NULL, verify_at_once, &shared), 0);
		for (size_t t = 0; t < MM_COUNT(threads); t++) {
			assert_int_equal(pthread_join(threads[t], &verified), 0);
			assert_ptr_equal(verified, &shared);
		}
		pthread_barrier_destroy(&shared.together);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signature_with_any_byte_changed_is_refused),
		cmocka_unit_test(a_signature_of_any_other_length_is_refused),
		cmocka_unit_test(a_signature_of_another_message_is_refused),
		cmocka_unit_test(a_signature_of_the_same_key_with_another_algorithm_is_refused),
		cmocka_unit_test(pss_with_another_salt_length_is_refused),
		cmocka_unit_test(ecdsa_with_r_or_s_of_zero_or_the_order_is_refused),
		cmocka_unit_test(ecdsa_in_der_is_refused),
		cmocka_unit_test(a_signature_by_another_key_is_refused),
		cmocka_unit_test(threads_verify_with_one_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
