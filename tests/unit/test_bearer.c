/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include "issuer/kube/bearer.h"

#include <mintmark/token.h>
#include <stdlib.h>
#include <string.h>

static void one_token_after_the_scheme_is_read(void **state)
{
	static const struct {
		const char *value, *token;
	} rows[] = {
		{"Bearer secret", "secret"},
		{"bearer secret", "secret"},
		{"BEARER s", "s"},
		{"Bearer a.b-c_d~e+f/g==", "a.b-c_d~e+f/g=="},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		struct mm_span token;
		struct mm_err err = {0};

		assert_ok(mm_bearer_read(mm_span_str(rows[i].value), &token, &err), &err);
		assert_true(mm_span_is(token, rows[i].token));
	}
}

static void anything_else_is_refused_and_not_quoted(void **state)
{
	static const char *const values[] = {
		"",
		"Bearer",
		"Bearer ",
		"Bearer  secret",
		"Bearer secret ",
		"Bearer secret two",
		"Bearer\tsecret",
		"Basic secret",
		"Bearersecret",
		"Bearer =secret",
		"Bearer ===",
		"Bearer se=cret",
		"Bearer \"secret\"",
		"Bearer secret,",
		"Token secret",
		"Bearer s\xc3\xa9"
		"cret",
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(values); i++) {
		struct mm_span token;
		struct mm_err err = {0};

		assert_int_equal(mm_bearer_read(mm_span_str(values[i]), &token, &err), MM_EVERIFY);
		assert_null(strstr(err.text, "cret"));
	}
}

static void a_nul_ends_no_token(void **state)
{
	struct mm_span token;

	(void)state;
	assert_int_equal(mm_bearer_read(mm_span("Bearer a\0b", 10), &token, NULL), MM_EVERIFY);
}

static void a_token_has_a_longest_length(void **state)
{
	size_t len = MM_TOKEN_MAX + 1;
	char *text = malloc(len);

	(void)state;
	memset(text, 'a', len);
	assert_true(mm_bearer_is_token(mm_span(text, len - 1)));
	assert_false(mm_bearer_is_token(mm_span(text, len)));
	text[len - 1] = '=';
	assert_false(mm_bearer_is_token(mm_span(text, len)));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_token_after_the_scheme_is_read),
		cmocka_unit_test(anything_else_is_refused_and_not_quoted),
		cmocka_unit_test(a_nul_ends_no_token),
		cmocka_unit_test(a_token_has_a_longest_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
