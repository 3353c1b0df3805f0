/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/verifying.h"

static const char *const audience[] = {"sts.amazonaws.com"};
const struct mm_verify_options strict = {
	.issuer = ISSUER,
	.audiences = audience,
	.audience_count = 1,
	.now = NOW,
	.leeway = MM_LEEWAY,
};

const struct mm_key *known_key(void)
{
	return test_shared_key("ES256", 0);
}

enum mm_code verify_text(struct mm_span text, const struct mm_verify_options *options, struct mm_err *err)
{
	mm_auto(mm_jwks) jwks = test_jwks(known_key(), "k1");
	MM_CLEANUP(mm_token_clear) struct mm_token token = {0};

	return mm_token_verify(text, jwks, options, &token, err);
}

void assert_accepted_with(const char *header, const char *claims, const struct mm_verify_options *options)
{
	mm_auto_string token = test_token(known_key(), header, claims);
	struct mm_err err = {0};

	assert_ok(verify_text(mm_span_str(token), options, &err), &err);
}

void assert_accepted(const char *header, const char *claims)
{
	assert_accepted_with(header, claims, &strict);
}

void assert_text_refused(struct mm_span text, enum mm_code code, const char *reason)
{
	struct mm_err err = {0};
	enum mm_code found = verify_text(text, &strict, &err);

	if (found != code)
		fail_msg("%.*s: %s (%s)", (int)text.len, text.p, mm_code_name(found), err.text);
	assert_contains(err.text, reason);
}

void assert_refused(const char *header, const char *claims, enum mm_code code, const char *reason)
{
	mm_auto_string token = test_token(known_key(), header, claims);

	assert_text_refused(mm_span_str(token), code, reason);
}

void assert_claims_refused(const char *claims, const char *reason)
{
	assert_refused(HEADER, claims, MM_EVERIFY, reason);
}
