/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/ecdsa.h"
#include "tests/unit/keyhelp.h"

#include <string.h>

/* A signer that asks a real one and then does something to what it gets. */
struct bent {
	struct mm_signer base;
	struct mm_signer *real;
	void (*bend)(const struct mm_signer *signer, uint8_t *signature, size_t *len);
};

static enum mm_code bent_sign(const struct mm_signer *signer, struct mm_span message, uint8_t *signature, size_t *len,
			      struct mm_err *err)
{
	const struct bent *bent = (const struct bent *)signer;
	enum mm_code code = mm_sign(bent->real, message, signature, len, err);

	if (code == MM_OK && bent->bend)
		bent->bend(signer, signature, len);
	return code;
}

static void bent_free(struct mm_signer *signer)
{
	mm_signer_free(((struct bent *)signer)->real);
}

static const struct mm_signer_ops bent_ops = {.sign = bent_sign, .free = bent_free};

/* Signs with `key` and claims to be the signer of `claimed`. */
static struct bent make_bent(const struct mm_key *key, const struct mm_key *claimed)
{
	struct bent bent = {.base = {.ops = &bent_ops, .alg = mm_key_alg(claimed)}};
	struct mm_err err = {0};

	memcpy(bent.base.kid, mm_key_kid(claimed), MM_KID_SIZE);
	assert_ok(mm_signer_local(key, &bent.real, &err), &err);
	return bent;
}

static void check_refused(struct bent *bent, const struct mm_key *key, const char *part)
{
	mm_auto(mm_key) public = NULL;
	struct mm_err err = {0};

	assert_ok(mm_key_public(key, &public, &err), &err);
	assert_fails_saying(mm_probe(&bent->base, public, &err), MM_ECRYPTO, &err, part);
	assert_null(strstr(err.text, "key ")); /* whoever asks names it, whatever it was that failed */
	mm_signer_free(&bent->base);
}

/* Who is asked first about `alg`. */
static const char *judge(const struct mm_alg *alg)
{
	return alg->libjwt >= 0 ? "libjwt does not verify" : "OpenSSL does not verify";
}

static void a_sound_signer_of_any_algorithm_passes(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_ALG_COUNT; i++) {
		mm_auto(mm_key) key = test_key(mm_algs[i].name);
		mm_auto(mm_key) public = NULL;
		mm_auto(mm_signer) signer = NULL;
		struct mm_err err = {0};

		assert_ok(mm_key_public(key, &public, &err), &err);
		assert_ok(mm_signer_local(key, &signer, &err), &err);
		assert_ok(mm_probe(signer, public, &err), &err);
	}
}

static void flip_a_bit(const struct mm_signer *signer, uint8_t *signature, size_t *len)
{
	(void)signer;
	signature[*len - 1] ^= 1;
}

static void a_wrong_signature_of_any_algorithm_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_ALG_COUNT; i++) {
		mm_auto(mm_key) key = test_key(mm_algs[i].name);
		struct bent bent = make_bent(key, key);

		bent.bend = flip_a_bit;
		check_refused(&bent, key, judge(&mm_algs[i]));
	}
}

static void give_nothing(const struct mm_signer *signer, uint8_t *signature, size_t *len)
{
	(void)signer;
	(void)signature;
	*len = 0;
}

static void an_empty_signature_of_any_algorithm_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_ALG_COUNT; i++) {
		mm_auto(mm_key) key = test_key(mm_algs[i].name);
		struct bent bent = make_bent(key, key);

		bent.bend = give_nothing;
		check_refused(&bent, key, "a signature of 0 bytes");
	}
}

static void give_der(const struct mm_signer *signer, uint8_t *signature, size_t *len)
{
	uint8_t der[MM_ECDSA_DER_MAX];
	size_t der_len = 0;

	assert_true(mm_ecdsa_to_der(signer->alg, mm_span(signature, *len), der, &der_len));
	memcpy(signature, der, der_len);
	*len = der_len;
}

static void an_ecdsa_signature_in_der_is_refused(void **state)
{
	static const char *const names[] = {"ES256", "ES384", "ES512"};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(names); i++) {
		mm_auto(mm_key) key = test_key(names[i]);
		struct bent bent = make_bent(key, key);

		bent.bend = give_der;
		check_refused(&bent, key, "bytes where");
	}
}

/* For the same numbers, so that only the algorithm is wrong: the header says one, the signature is of another. */
static void a_signer_that_uses_another_algorithm_is_refused(void **state)
{
	static const char *const names[] = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(names); i++) {
		mm_auto(mm_key) key = test_key(names[i]);
		mm_auto(mm_key) other = test_key(names[(i + 1) % MM_COUNT(names)]);
		struct bent bent = make_bent(other, key);

		check_refused(&bent, key, judge(test_alg(names[i])));
	}
}

static void a_signer_that_uses_another_key_is_refused(void **state)
{
	static const char *const names[] = {"ES256", "ES384", "ES512", "EdDSA"};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(names); i++) {
		mm_auto(mm_key) key = test_key(names[i]);
		mm_auto(mm_key) other = test_key(names[i]);
		struct bent bent = make_bent(other, key);

		check_refused(&bent, key, judge(test_alg(names[i])));
	}
}

static void a_signer_that_names_another_kid_or_algorithm_is_refused(void **state)
{
	mm_auto(mm_key) key = test_key("RS256");
	mm_auto(mm_key) same_numbers = test_key("RS384");
	mm_auto(mm_key) another = test_key("ES256");
	struct bent by_alg = make_bent(key, same_numbers), by_kid = make_bent(key, key);

	(void)state;
	check_refused(&by_alg, key, "is asked about key");
	memcpy(by_kid.base.kid, mm_key_kid(another), MM_KID_SIZE);
	check_refused(&by_kid, key, "is asked about key");
}

static enum mm_code fail_to_sign(const struct mm_signer *signer, struct mm_span message, uint8_t *signature,
				 size_t *len, struct mm_err *err)
{
	(void)message;
	(void)signature;
	(void)len;
	return mm_fail(err, MM_ETIMEOUT, "key %s: the token is not plugged in", signer->kid);
}

static void what_a_signer_says_when_it_fails_is_passed_on(void **state)
{
	static const struct mm_signer_ops ops = {.sign = fail_to_sign};
	mm_auto(mm_key) key = test_key("ES256");
	struct mm_signer signer = {.ops = &ops, .alg = mm_key_alg(key)};
	struct mm_err err = {0};

	(void)state;
	memcpy(signer.kid, mm_key_kid(key), MM_KID_SIZE);
	assert_fails_saying(mm_probe(&signer, key, &err), MM_ETIMEOUT, &err, "not plugged in");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sound_signer_of_any_algorithm_passes),
		cmocka_unit_test(a_wrong_signature_of_any_algorithm_is_refused),
		cmocka_unit_test(an_empty_signature_of_any_algorithm_is_refused),
		cmocka_unit_test(an_ecdsa_signature_in_der_is_refused),
		cmocka_unit_test(a_signer_that_uses_another_algorithm_is_refused),
		cmocka_unit_test(a_signer_that_uses_another_key_is_refused),
		cmocka_unit_test(a_signer_that_names_another_kid_or_algorithm_is_refused),
		cmocka_unit_test(what_a_signer_says_when_it_fails_is_passed_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
