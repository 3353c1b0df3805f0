/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"
#include "tests/unit/tokens.h"

#include <mintmark/base64url.h>
#include <mintmark/keyio.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static struct mm_jws *prepare(const struct mm_key *key, const char *header)
{
	struct mm_signer *signer;
	struct mm_jws *jws;
	struct mm_err err = {0};

	assert_ok(mm_signer_local(key, &signer, &err), &err);
	assert_ok(mm_jws_prepare(signer, header, &jws, &err), &err);
	return jws;
}

static void header_is_alg_kid_typ(void **state)
{
	const struct mm_key *key = test_shared_key("ES256", 0);
	mm_auto(mm_jws) jws = prepare(key, NULL);
	mm_auto_buf token = {0}, header = {0}, expected = {0};
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_jws_sign(jws, mm_span_str("{}"), &token, &err), &err);
	assert_ok(mm_base64url_decode_buf(mm_span(token.p, strcspn(token.p, ".")), &header, &err), &err);
	mm_buf_printf(&expected, "{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"JWT\"}", mm_key_kid(key));
	assert_string_equal(header.p, expected.p);
}

static void tells_algorithm_and_kid_of_its_key(void **state)
{
	const struct mm_key *key = test_shared_key("ES384", 0);
	mm_auto(mm_jws) jws = prepare(key, NULL);

	(void)state;
	assert_ptr_equal(mm_jws_alg(jws), mm_key_alg(key));
	assert_string_equal(mm_jws_kid(jws), mm_key_kid(key));
}

static void tokens_of_every_algorithm_verify(void **state)
{
	const struct mm_verify_options options = {.signature_only = true};

	(void)state;
	for (size_t i = 0; i < MM_ALG_COUNT; i++) {
		const struct mm_key *key = test_shared_key(mm_algs[i].name, 0);
		mm_auto(mm_jwks) jwks = test_jwks(key, mm_key_kid(key));
		MM_CLEANUP(mm_token_clear) struct mm_token token = {0};
		mm_auto_string text = test_token(key, NULL, "payload");
		struct mm_err err = {0};

		assert_ok(mm_token_verify(mm_span_str(text), jwks, &options, &token, &err), &err);
		assert_ptr_equal(token.alg, &mm_algs[i]);
		assert_string_equal(token.payload.p, "payload");
	}
}

static void token_is_appended_to_what_is_there(void **state)
{
	mm_auto(mm_jws) jws = prepare(test_shared_key("EdDSA", 0), NULL);
	mm_auto_string alone = test_token(test_shared_key("EdDSA", 0), NULL, "{}");
	mm_auto_buf token = {0};
	struct mm_err err = {0};

	(void)state;
	mm_buf_add_str(&token, "Bearer ");
	assert_ok(mm_jws_sign(jws, mm_span_str("{}"), &token, &err), &err);
	assert_string_equal(token.p + strlen("Bearer "), alone); /* EdDSA is deterministic */
}

static void empty_payload_has_an_empty_part(void **state)
{
	mm_auto_string token = test_token(test_shared_key("EdDSA", 0), "{\"alg\":\"EdDSA\"}", "");

	(void)state;
	assert_contains(token, "..");
}

/* RFC 8037 A.4: deterministic, so byte for byte. */
static void ed25519_vector_of_rfc_8037(void **state)
{
	static const char jwk[] =
		"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\","
		"\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}";
	mm_auto(mm_key) key = NULL;
	mm_auto_string token = NULL;
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_key_import(mm_span_str(jwk), NULL, mm_span(NULL, 0), &key, &err), &err);
	token = test_token(key, "{\"alg\":\"EdDSA\"}", "Example of Ed25519 signing");
	assert_string_equal(token, "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
				   "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_"
				   "MuM0KAg");
}

struct shared {
	const struct mm_jws *jws;
	char *expected;
	_Atomic int different;
};

static void *sign_repeatedly(void *arg)
{
	struct shared *shared = arg;

	for (int i = 0; i < 50; i++) {
		mm_auto_buf token = {0};

		if (mm_jws_sign(shared->jws, mm_span_str("{}"), &token, NULL) != MM_OK ||
		    strcmp(token.p, shared->expected) != 0)
			shared->different++;
	}
	return NULL;
}

static void threads_share_one(void **state)
{
	mm_auto(mm_jws) jws = prepare(test_shared_key("EdDSA", 0), NULL);
	struct shared shared = {.jws = jws, .expected = test_token(test_shared_key("EdDSA", 0), NULL, "{}")};
	pthread_t threads[4];

	(void)state;
	for (size_t i = 0; i < MM_COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, sign_repeatedly, &shared), 0);
	for (size_t i = 0; i < MM_COUNT(threads); i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(shared.different, 0);
	free(shared.expected);
}

/* A signer behind the seam that cannot sign, as when its token was pulled out. */
static enum mm_code broken_sign(const struct mm_signer *signer, struct mm_span message, uint8_t *signature, size_t *len,
				struct mm_err *err)
{
	(void)signer, (void)message, (void)signature, (void)len;
	return mm_fail(err, MM_ECRYPTO, "no token in the slot");
}

static void broken_free(struct mm_signer *signer)
{
	free(signer);
}

static void failure_of_the_signer_is_passed_on(void **state)
{
	static const struct mm_signer_ops ops = {broken_sign, broken_free};
	struct mm_signer *signer = calloc(1, sizeof *signer);
	mm_auto(mm_jws) jws = NULL;
	mm_auto_buf token = {0};
	struct mm_err err = {0};

	(void)state;
	assert_non_null(signer);
	signer->ops = &ops;
	signer->alg = mm_alg_find(mm_span_str("ES256"));
	assert_ok(mm_jws_prepare(signer, NULL, &jws, &err), &err);
	assert_int_equal(mm_jws_sign(jws, mm_span_str("{}"), &token, &err), MM_ECRYPTO);
	assert_string_equal(err.text, "no token in the slot");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_is_alg_kid_typ),
		cmocka_unit_test(tells_algorithm_and_kid_of_its_key),
		cmocka_unit_test(tokens_of_every_algorithm_verify),
		cmocka_unit_test(token_is_appended_to_what_is_there),
		cmocka_unit_test(empty_payload_has_an_empty_part),
		cmocka_unit_test(ed25519_vector_of_rfc_8037),
		cmocka_unit_test(threads_share_one),
		cmocka_unit_test(failure_of_the_signer_is_passed_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
