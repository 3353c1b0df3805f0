/* SPDX-License-Identifier: Apache-2.0 */
/* The rules for claims; every token here is signed by the key that the verifier knows. */
#include "tests/unit/verifying.h"

#include <string.h>

static void needed_claims_must_be_there(void **state)
{
	(void)state;
	assert_claims_refused("{\"aud\":\"sts.amazonaws.com\",\"exp\":1700003600}", "iss is missing");
	assert_claims_refused("{\"exp\":1700003600,\"iss\":\"" ISSUER "\"}", "aud is missing");
	assert_claims_refused("{\"aud\":\"sts.amazonaws.com\",\"iss\":\"" ISSUER "\"}", "exp is missing");
}

static void needed_claims_must_be_there_even_without_wishes(void **state)
{
	const struct mm_verify_options options = {.now = NOW};
	mm_auto_string token = test_token(known_key(), HEADER, "{\"exp\":1700003600,\"iss\":\"x\"}");
	struct mm_err err = {0};

	(void)state;
	assert_fails(verify_text(mm_span_str(token), &options, &err), MM_EVERIFY, &err);
}

static void issuer_is_compared_byte_for_byte(void **state)
{
	static const char *const issuers[] = {
		"\"" ISSUER "/\"", "\"https://OIDC.example.com\"",    "\"http://oidc.example.com\"", "\"\"",
		"\"\\u0068\"",     "\"https://oidc.example.com:443\""};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(issuers); i++) {
		mm_auto_buf claims = {0};

		mm_buf_printf(&claims, "{\"aud\":\"sts.amazonaws.com\",\"exp\":1700003600,\"iss\":%s}", issuers[i]);
		assert_claims_refused(claims.p, "iss is ");
	}
	assert_claims_refused("{\"aud\":\"sts.amazonaws.com\",\"exp\":1700003600,\"iss\":[\"" ISSUER "\"]}",
			      "iss is not a string");
}

static void one_wanted_audience_is_enough(void **state)
{
	static const char *const wanted[] = {"vault", "sts.amazonaws.com"};
	struct mm_verify_options options = strict;

	(void)state;
	options.audiences = wanted;
	options.audience_count = 2;
	assert_accepted_with(HEADER, CLAIMS, &options);
	assert_accepted(HEADER, "{\"aud\":[\"a\",\"sts.amazonaws.com\"],\"exp\":1700003600,\"iss\":\"" ISSUER "\"}");
	assert_accepted(HEADER, "{\"aud\":[\"sts.amazonaws.com\",\"a\"],\"exp\":1700003600,\"iss\":\"" ISSUER "\"}");
}

static void other_audiences_are_refused_and_shown(void **state)
{
	(void)state;
	assert_claims_refused("{\"aud\":[\"a\",\"b\"],\"exp\":1700003600,\"iss\":\"" ISSUER "\"}",
			      "aud is [\"a\",\"b\"], where \"sts.amazonaws.com\" belongs");
	assert_claims_refused("{\"aud\":[],\"exp\":1700003600,\"iss\":\"" ISSUER "\"}", "aud is []");
	assert_claims_refused("{\"aud\":\"sts\",\"exp\":1700003600,\"iss\":\"" ISSUER "\"}", "aud is \"sts\"");
}

static void where_any_audience_will_do_there_must_be_one(void **state)
{
	const struct mm_verify_options options = {.now = NOW};
	mm_auto_string token = test_token(known_key(), HEADER, "{\"aud\":[],\"exp\":1700003600,\"iss\":\"x\"}");
	struct mm_err err = {0};

	(void)state;
	assert_int_equal(verify_text(mm_span_str(token), &options, &err), MM_EVERIFY);
	assert_contains(err.text, "aud is an empty array");
}

static void an_audience_that_is_no_string_is_refused(void **state)
{
	(void)state;
	assert_claims_refused("{\"aud\":7,\"exp\":1700003600,\"iss\":\"" ISSUER "\"}", "aud is neither");
	assert_claims_refused("{\"aud\":{},\"exp\":1700003600,\"iss\":\"" ISSUER "\"}", "aud is neither");
	assert_claims_refused("{\"aud\":[\"sts.amazonaws.com\",7],\"exp\":1700003600,\"iss\":\"" ISSUER "\"}",
			      "aud is neither");
}

/* For each of exp, nbf and iat: only integers are times. */
static void times_are_integers(void **state)
{
	static const char *const names[] = {"exp", "nbf", "iat"};
	static const char *const values[] = {"\"1700003600\"", "1700003600.0", "1.7000036e9", "-1",         "null",
					     "true",           "[1700003600]", "{}",          "-1700003600"};

	(void)state;
	for (size_t n = 0; n < MM_COUNT(names); n++) {
		for (size_t v = 0; v < MM_COUNT(values); v++) {
			mm_auto_buf claims = {0}, reason = {0};

			mm_buf_printf(&claims, "{\"aud\":\"sts.amazonaws.com\",\"iss\":\"" ISSUER "\",\"%s\":%s%s}",
				      names[n], values[v], n == 0 ? "" : ",\"exp\":1700003600");
			mm_buf_printf(&reason, "%s is not a non-negative integer", names[n]);
			assert_claims_refused(claims.p, reason.p);
		}
	}
}

static void times_beyond_64_bits_are_refused(void **state)
{
	static const char *const values[] = {"9223372036854775808", "-9223372036854775809", "1e400", "1e99999",
					     "99999999999999999999999999999999"};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(values); i++) {
		mm_auto_buf claims = {0};

		mm_buf_printf(&claims, "{\"aud\":\"sts.amazonaws.com\",\"exp\":%s,\"iss\":\"" ISSUER "\"}", values[i]);
		assert_refused(HEADER, claims.p, MM_EPARSE, "payload");
	}
}

static void the_latest_time_there_is_does_not_overflow(void **state)
{
	(void)state;
	assert_accepted(HEADER, "{\"aud\":\"sts.amazonaws.com\",\"exp\":9223372036854775807,\"iss\":\"" ISSUER "\"}");
	assert_claims_refused("{\"aud\":\"sts.amazonaws.com\",\"exp\":9223372036854775807,\"iss\":\"" ISSUER
			      "\",\"nbf\":9223372036854775807}",
			      "not valid before 9999-12-31");
}

struct moment {
	mm_time now;
	const char *reason; /* NULL: accepted */
};

static void assert_moments(const char *claims, const struct moment *moments, size_t n)
{
	mm_auto_string token = test_token(known_key(), HEADER, claims);

	for (size_t i = 0; i < n; i++) {
		struct mm_verify_options options = strict;
		struct mm_err err = {0};

		options.now = moments[i].now;
		assert_int_equal(verify_text(mm_span_str(token), &options, &err),
				 moments[i].reason ? MM_EVERIFY : MM_OK);
		if (moments[i].reason)
			assert_contains(err.text, moments[i].reason);
	}
}

static void a_token_is_refused_from_exp_and_leeway_on(void **state)
{
	static const struct moment moments[] = {
		{1700003600 + 59, NULL},
		{1700003600 + 60, "expired at 2023-11-14T23:13:20Z, now is 2023-11-14T23:14:20Z"},
		{1900000000, "expired at 2023-11-14T23:13:20Z"},
	};

	(void)state;
	assert_moments(CLAIMS, moments, MM_COUNT(moments));
}

static void a_token_is_refused_until_nbf_less_leeway(void **state)
{
	static const struct moment moments[] = {
		{1700000500 - 60, NULL},
		{1700000500 - 61, "not valid before 2023-11-14T22:21:40Z, now is 2023-11-14T22:20:39Z"},
	};

	(void)state;
	assert_moments("{\"aud\":\"sts.amazonaws.com\",\"exp\":1700003600,\"iss\":\"" ISSUER "\",\"nbf\":1700000500}",
		       moments, MM_COUNT(moments));
}

static void a_token_from_the_future_is_refused(void **state)
{
	static const struct moment moments[] = {
		{1700000500 - 60, NULL},
		{1700000500 - 61, "issued in the future, at 2023-11-14T22:21:40Z"},
	};

	(void)state;
	assert_moments("{\"aud\":\"sts.amazonaws.com\",\"exp\":1700003600,\"iat\":1700000500,\"iss\":\"" ISSUER "\"}",
		       moments, MM_COUNT(moments));
}

static void a_subject_must_be_a_string(void **state)
{
	(void)state;
	assert_claims_refused("{\"aud\":\"sts.amazonaws.com\",\"exp\":1700003600,\"iss\":\"" ISSUER "\",\"sub\":7}",
			      "sub is not a string");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(needed_claims_must_be_there),
		cmocka_unit_test(needed_claims_must_be_there_even_without_wishes),
		cmocka_unit_test(issuer_is_compared_byte_for_byte),
		cmocka_unit_test(one_wanted_audience_is_enough),
		cmocka_unit_test(other_audiences_are_refused_and_shown),
		cmocka_unit_test(where_any_audience_will_do_there_must_be_one),
		cmocka_unit_test(an_audience_that_is_no_string_is_refused),
		cmocka_unit_test(times_are_integers),
		cmocka_unit_test(times_beyond_64_bits_are_refused),
		cmocka_unit_test(the_latest_time_there_is_does_not_overflow),
		cmocka_unit_test(a_token_is_refused_from_exp_and_leeway_on),
		cmocka_unit_test(a_token_is_refused_until_nbf_less_leeway),
		cmocka_unit_test(a_token_from_the_future_is_refused),
		cmocka_unit_test(a_subject_must_be_a_string),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
