/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/verifying.h"

static enum mm_code inspect(const char *text, struct mm_token *token, struct mm_err *err)
{
	return mm_token_inspect(mm_span_str(text), token, err);
}

static void shows_header_and_claims_of_any_token(void **state)
{
	mm_auto_string text = test_join(mm_span_str(HEADER), mm_span_str(CLAIMS), mm_span_str("no signature at all"));
	MM_CLEANUP(mm_token_clear) struct mm_token token = {0};
	struct mm_err err = {0};

	(void)state;
	assert_ok(inspect(text, &token, &err), &err);
	assert_string_equal(json_string_value(json_object_get(token.header, "typ")), "JWT");
	assert_string_equal(json_string_value(json_object_get(token.claims, "iss")), ISSUER);
	assert_string_equal(token.kid, "k1");
}

/* Whoever shows a token must not be able to say that it verified. */
static void names_no_verifying_algorithm(void **state)
{
	mm_auto_string text = test_token(known_key(), HEADER, CLAIMS);
	MM_CLEANUP(mm_token_clear) struct mm_token token = {0};
	struct mm_err err = {0};

	(void)state;
	assert_ok(inspect(text, &token, &err), &err);
	assert_null(token.alg);
}

static void shows_what_would_be_refused(void **state)
{
	mm_auto_string text = test_join(mm_span_str("{\"alg\":\"none\",\"crit\":[\"x\"]}"),
					mm_span_str("{\"exp\":\"never\"}"), mm_span_str(""));
	MM_CLEANUP(mm_token_clear) struct mm_token token = {0};
	struct mm_err err = {0};

	(void)state;
	assert_ok(inspect(text, &token, &err), &err);
	assert_string_equal(json_string_value(json_object_get(token.header, "alg")), "none");
}

static void a_payload_that_is_no_json_fails_but_is_shown(void **state)
{
	mm_auto_string text = test_join(mm_span_str(HEADER), mm_span_str("It's a dangerous business"),
					mm_span_str("x"));
	MM_CLEANUP(mm_token_clear) struct mm_token token = {0};
	struct mm_err err = {0};

	(void)state;
	assert_int_equal(inspect(text, &token, &err), MM_EPARSE);
	assert_contains(err.text, "token: payload");
	assert_non_null(token.header);
	assert_null(token.claims);
	assert_string_equal(token.payload.p, "It's a dangerous business");
}

static void has_the_limits_of_verification(void **state)
{
	MM_CLEANUP(mm_token_clear) struct mm_token token = {0};
	struct mm_err err = {0};
	mm_auto_buf text = {0};

	(void)state;
	assert_fails(inspect("e30.e30", &token, &err), MM_EPARSE, &err);
	assert_fails(inspect("e30.e30.e30.", &token, &err), MM_EPARSE, &err);
	mm_buf_printf(&text, "e30.e30.%0*d", MM_TOKEN_MAX, 0);
	assert_fails(inspect(text.p, &token, &err), MM_ELIMIT, &err);
}

static void a_cleared_token_is_empty(void **state)
{
	mm_auto_string text = test_token(known_key(), HEADER, CLAIMS);
	struct mm_token token = {0};
	struct mm_err err = {0};

	(void)state;
	assert_ok(inspect(text, &token, &err), &err);
	mm_token_clear(&token);
	assert_null(token.header);
	assert_null(token.claims);
	assert_int_equal(token.payload.len, 0);
	assert_string_equal(token.kid, "");
	mm_token_clear(&token);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shows_header_and_claims_of_any_token),
		cmocka_unit_test(names_no_verifying_algorithm),
		cmocka_unit_test(shows_what_would_be_refused),
		cmocka_unit_test(a_payload_that_is_no_json_fails_but_is_shown),
		cmocka_unit_test(has_the_limits_of_verification),
		cmocka_unit_test(a_cleared_token_is_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
