/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <errno.h>
#include <mintmark/json.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

static void fail_records_code_and_line(void **state)
{
	struct mm_err err = {0};

	(void)state;
	assert_int_equal(mm_fail(&err, MM_EPARSE, "kid %s: %d", "k1", 7), MM_EPARSE);
	assert_int_equal(err.code, MM_EPARSE);
	assert_string_equal(err.text, "kid k1: 7");
}

static void the_first_failure_wins(void **state)
{
	struct mm_err err = {0};

	(void)state;
	assert_int_equal(mm_fail(&err, MM_EPARSE, "first"), MM_EPARSE);
	errno = ENOSPC;
	assert_int_equal(mm_fail(&err, MM_EIO, "second"), MM_EPARSE);
	assert_int_equal(mm_fail_errno(&err, "third"), MM_EPARSE);
	assert_int_equal(mm_fail_openssl(&err, MM_ECRYPTO, "fourth"), MM_EPARSE);
	assert_string_equal(err.text, "first");
}

static void every_function_does_without_err(void **state)
{
	(void)state;
	assert_int_equal(mm_fail(NULL, MM_ELIMIT, "x %d", 1), MM_ELIMIT);
	errno = EACCES;
	assert_int_equal(mm_fail_errno(NULL, "x"), MM_EIO);
	assert_int_equal(mm_fail_openssl(NULL, MM_ECRYPTO, "x"), MM_ECRYPTO);
	assert_int_equal(mm_context(NULL, MM_ELIMIT, "x"), MM_ELIMIT);
	mm_err_clear(NULL);
}

static void a_line_that_fits_exactly_is_not_cut(void **state)
{
	struct mm_err err = {0};
	char text[MM_ERR_TEXT_MAX];

	(void)state;
	memset(text, 'a', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	(void)mm_fail(&err, MM_EPARSE, "%s", text);
	assert_string_equal(err.text, text);
}

static void too_long_a_line_ends_in_dots(void **state)
{
	struct mm_err err = {0};
	char text[MM_ERR_TEXT_MAX + 1];

	(void)state;
	memset(text, 'a', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	(void)mm_fail(&err, MM_EPARSE, "%s", text);
	assert_int_equal(strlen(err.text), MM_ERR_TEXT_MAX - 1);
	assert_string_equal(err.text + MM_ERR_TEXT_MAX - 6, "aa...");
}

static void cutting_leaves_no_half_character(void **state)
{
	(void)state;
	/* Each shift puts another byte of a three-byte character at the cut. */
	for (size_t shift = 0; shift < 3; shift++) {
		struct mm_err err = {0};
		char text[MM_ERR_TEXT_MAX * 2] = "aaa";

		text[shift] = '\0';
		while (strlen(text) < MM_ERR_TEXT_MAX)
			strcat(text, "\xe2\x82\xac");
		(void)mm_fail(&err, MM_EPARSE, "%s", text);
		assert_string_equal(err.text + strlen(err.text) - 3, "...");
		assert_true(mm_utf8_valid(mm_span_str(err.text)));
		assert_null(strchr(err.text, '?'));
	}
}

static void context_that_is_cut_ends_in_dots_too(void **state)
{
	struct mm_err err = {0};
	char text[MM_ERR_TEXT_MAX];

	(void)state;
	memset(text, 'a', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	(void)mm_fail(&err, MM_EPARSE, "%s", text);
	(void)mm_context(&err, MM_EPARSE, "file");
	assert_memory_equal(err.text, "file: aaa", 9);
	assert_int_equal(strlen(err.text), MM_ERR_TEXT_MAX - 1);
	assert_string_equal(err.text + MM_ERR_TEXT_MAX - 4, "...");
}

static void strangers_control_characters_are_tamed(void **state)
{
	struct mm_err err = {0};

	(void)state;
	(void)mm_fail(&err, MM_EPARSE, "%s", "\na\nb\rc\td\033[31me\177f\302\233g\302\240h");
	assert_string_equal(err.text, " a b c d?[31me?f??g\302\240h");
}

static void nothing_turns_the_text_around_or_ends_the_line(void **state)
{
	struct mm_err err = {0};

	(void)state;
	(void)mm_fail(&err, MM_EPARSE, "%s", "a\u200e\u202eb\u2028c\u2069d\u061ce\u2027\u202f\u20ac");
	assert_string_equal(err.text, "a??????b???c???d??e\u2027\u202f\u20ac");
}

static void a_line_is_always_utf8(void **state)
{
	struct mm_err err = {0};

	(void)state;
	(void)mm_fail(&err, MM_EPARSE, "%s", "a\xff\xc2\x80z\x80");
	assert_string_equal(err.text, "a???z?");
}

static void arguments_may_point_into_the_line(void **state)
{
	struct mm_err err = {.code = MM_OK, .text = "inner"};

	(void)state;
	(void)mm_fail(&err, MM_EPARSE, "outer: %s: %s", err.text, err.text);
	assert_string_equal(err.text, "outer: inner: inner");
	(void)mm_context(&err, MM_EPARSE, "again %s", err.text);
	assert_string_equal(err.text, "again outer: inner: inner: outer: inner: inner");
}

static void fail_errno_appends_the_reason(void **state)
{
	struct mm_err err = {0};

	(void)state;
	errno = ENOSPC;
	assert_int_equal(mm_fail_errno(&err, "write %s", "f"), MM_EIO);
	assert_string_equal(err.text, "write f: No space left on device");
	assert_int_equal(errno, ENOSPC);
}

static void enomem_is_a_code_of_its_own(void **state)
{
	struct mm_err err = {0};

	(void)state;
	errno = ENOMEM;
	assert_int_equal(mm_fail_errno(&err, "open"), MM_ENOMEM);
	assert_int_equal(err.code, MM_ENOMEM);
}

static void fail_openssl_names_the_oldest_error_and_empties_the_queue(void **state)
{
	struct mm_err err = {0};

	(void)state;
	ERR_clear_error();
	ERR_raise(ERR_LIB_EVP, EVP_R_BAD_DECRYPT);
	ERR_raise(ERR_LIB_EVP, EVP_R_WRONG_FINAL_BLOCK_LENGTH);
	assert_int_equal(mm_fail_openssl(&err, MM_EPARSE, "%s.%s", "key", "pem"), MM_EPARSE);
	assert_string_equal(err.text, "key.pem: bad decrypt");
	assert_int_equal(ERR_peek_error(), 0);
}

static void fail_openssl_understands_system_errors(void **state)
{
	struct mm_err err = {0};

	(void)state;
	ERR_clear_error();
	ERR_raise(ERR_LIB_SYS, ENOENT);
	(void)mm_fail_openssl(&err, MM_ECRYPTO, "load");
	assert_string_equal(err.text, "load: No such file or directory");
}

static void fail_openssl_gives_a_number_where_there_is_no_reason(void **state)
{
	struct mm_err err = {0};

	(void)state;
	ERR_clear_error();
	ERR_raise(ERR_LIB_USER, 77);
	(void)mm_fail_openssl(&err, MM_ECRYPTO, "load");
	assert_string_equal(err.text, "load: OpenSSL error 4000004d");
}

static void fail_openssl_with_an_empty_queue_adds_nothing(void **state)
{
	struct mm_err err = {0};

	(void)state;
	ERR_clear_error();
	(void)mm_fail_openssl(&err, MM_ECRYPTO, "sign");
	assert_string_equal(err.text, "sign");
}

static void fail_openssl_empties_the_queue_even_when_it_says_nothing(void **state)
{
	struct mm_err err = {0};

	(void)state;
	(void)mm_fail(&err, MM_EPARSE, "first");
	ERR_raise(ERR_LIB_EVP, EVP_R_BAD_DECRYPT);
	(void)mm_fail_openssl(&err, MM_ECRYPTO, "x");
	assert_int_equal(ERR_peek_error(), 0);
	ERR_raise(ERR_LIB_EVP, EVP_R_BAD_DECRYPT);
	(void)mm_fail_openssl(NULL, MM_ECRYPTO, "x");
	assert_int_equal(ERR_peek_error(), 0);
}

static void context_goes_before_the_line(void **state)
{
	struct mm_err err = {0};

	(void)state;
	(void)mm_fail(&err, MM_ENOTFOUND, "no key");
	assert_int_equal(mm_context(&err, MM_ENOTFOUND, "set %d", 3), MM_ENOTFOUND);
	assert_string_equal(err.text, "set 3: no key");
	assert_int_equal(err.code, MM_ENOTFOUND);
}

static void context_of_success_does_nothing(void **state)
{
	struct mm_err err = {0};

	(void)state;
	assert_int_equal(mm_context(&err, MM_OK, "set"), MM_OK);
	assert_string_equal(err.text, "");
	assert_int_equal(err.code, MM_OK);
}

static void context_of_a_failure_without_a_line_is_the_line(void **state)
{
	struct mm_err err = {0};

	(void)state;
	assert_int_equal(mm_context(&err, MM_ELIMIT, "body"), MM_ELIMIT);
	assert_string_equal(err.text, "body");
	assert_int_equal(err.code, MM_ELIMIT);
}

static void a_cleared_err_takes_the_next_failure(void **state)
{
	struct mm_err err = {0};

	(void)state;
	(void)mm_fail(&err, MM_EPARSE, "first");
	mm_err_clear(&err);
	assert_string_equal(err.text, "");
	assert_int_equal(mm_fail(&err, MM_EIO, "second"), MM_EIO);
	assert_string_equal(err.text, "second");
}

static void every_code_has_a_row_of_its_own(void **state)
{
	(void)state;
	for (int code = MM_OK; code < MM_CODE_COUNT; code++) {
		assert_non_null(mm_code_name(code));
		for (int other = MM_OK; other < code; other++)
			assert_string_not_equal(mm_code_name(code), mm_code_name(other));
	}
}

static void exit_status_is_0_for_ok_2_for_what_the_operator_wrote_and_1_otherwise(void **state)
{
	(void)state;
	for (int code = MM_OK; code < MM_CODE_COUNT; code++) {
		int expected = code == MM_OK ? 0 : code == MM_EUSAGE || code == MM_ECONFIG ? 2 : 1;

		assert_int_equal(mm_code_exit_status(code), expected);
	}
}

static void http_statuses_are_errors_for_errors(void **state)
{
	(void)state;
	assert_int_equal(mm_code_http_status(MM_OK), 200);
	assert_int_equal(mm_code_http_status(MM_ENOTFOUND), 404);
	assert_int_equal(mm_code_http_status(MM_ECONFLICT), 409);
	for (int code = MM_OK + 1; code < MM_CODE_COUNT; code++)
		assert_in_range(mm_code_http_status(code), 400, 599);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fail_records_code_and_line),
		cmocka_unit_test(the_first_failure_wins),
		cmocka_unit_test(every_function_does_without_err),
		cmocka_unit_test(a_line_that_fits_exactly_is_not_cut),
		cmocka_unit_test(too_long_a_line_ends_in_dots),
		cmocka_unit_test(cutting_leaves_no_half_character),
		cmocka_unit_test(context_that_is_cut_ends_in_dots_too),
		cmocka_unit_test(strangers_control_characters_are_tamed),
		cmocka_unit_test(nothing_turns_the_text_around_or_ends_the_line),
		cmocka_unit_test(a_line_is_always_utf8),
		cmocka_unit_test(arguments_may_point_into_the_line),
		cmocka_unit_test(fail_errno_appends_the_reason),
		cmocka_unit_test(enomem_is_a_code_of_its_own),
		cmocka_unit_test(fail_openssl_names_the_oldest_error_and_empties_the_queue),
		cmocka_unit_test(fail_openssl_understands_system_errors),
		cmocka_unit_test(fail_openssl_gives_a_number_where_there_is_no_reason),
		cmocka_unit_test(fail_openssl_with_an_empty_queue_adds_nothing),
		cmocka_unit_test(fail_openssl_empties_the_queue_even_when_it_says_nothing),
		cmocka_unit_test(context_goes_before_the_line),
		cmocka_unit_test(context_of_success_does_nothing),
		cmocka_unit_test(context_of_a_failure_without_a_line_is_the_line),
		cmocka_unit_test(a_cleared_err_takes_the_next_failure),
		cmocka_unit_test(every_code_has_a_row_of_its_own),
		cmocka_unit_test(exit_status_is_0_for_ok_2_for_what_the_operator_wrote_and_1_otherwise),
		cmocka_unit_test(http_statuses_are_errors_for_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
