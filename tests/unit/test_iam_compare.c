/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/iam/iam_compare.h"
#include "tests/unit/support.h"

#include <string.h>

struct row {
	const char *wanted, *got;
	char expected; /* how `got` stands to `wanted`: < = > x (other), ! (unreadable) */
};

static void assert_rows(enum mm_iam_order (*compare)(struct mm_span wanted, const char *got), const struct row *rows,
			size_t count)
{
	for (size_t i = 0; i < count; i++) {
		enum mm_iam_order order = compare(mm_span_str(rows[i].wanted), rows[i].got);
		char found = order == MM_IAM_LESS      ? '<'
			     : order == MM_IAM_EQUAL   ? '='
			     : order == MM_IAM_GREATER ? '>'
			     : order == MM_IAM_OTHER   ? 'x'
						       : '!';

		if (found != rows[i].expected)
			fail_msg("\"%s\" against \"%s\": expected %c, found %c", rows[i].got, rows[i].wanted,
				 rows[i].expected, found);
	}
}

static void numbers_are_exact_and_of_any_length(void **state)
{
	static const struct row rows[] = {
		{"0", "0", '='},
		{"0", "-0", '='},
		{"0", "-0.00", '='},
		{"0", "+0", '='},
		{"1", "001", '='},
		{"1", "1.000", '='},
		{"1", "+1", '='},
		{"1.5", "1.50", '='},
		{"1", "2", '>'},
		{"2", "1", '<'},
		{"10", "9", '<'},
		{"9", "10", '>'},
		{"0.5", "0.49", '<'},
		{"0.5", "0.51", '>'},
		{"0.5", "0.05", '<'},
		{"0.05", "0.5", '>'},
		{"1", "0.999999999999999999999999", '<'},
		{"-1", "1", '>'},
		{"1", "-1", '<'},
		{"-1", "-2", '<'},
		{"-2", "-1", '>'},
		{"-1.5", "-1.25", '>'},
		{"0", "-0.1", '<'},
		{"9007199254740993", "9007199254740992", '<'},
		{"123456789012345678901234567890", "123456789012345678901234567891", '>'},
		{"1", "", '!'},
		{"", "1", '!'},
		{"1", "1e3", '!'},
		{"1", "0x1", '!'},
		{"1", ".5", '!'},
		{"1", "5.", '!'},
		{"1", "1 ", '!'},
		{" 1", "1", '!'},
		{"1", "-", '!'},
		{"1", "+-1", '!'},
		{"1", "1,5", '!'},
		{"1.2.3", "1", '!'},
		{"NaN", "NaN", '!'},
	};

	(void)state;
	assert_rows(mm_iam_compare_number, rows, MM_COUNT(rows));
}

static void dates_have_the_forms_of_w3c_or_are_seconds(void **state)
{
	static const struct row rows[] = {
		{"1970", "0", '='},
		{"2026", "2026-01-01T00:00:00Z", '='},
		{"2026-11", "2026-11-01", '='},
		{"2026-11-22", "1795305600", '='},
		{"2026-11-22T00:15Z", "1795306500", '='},
		{"2026-11-22T01:15+01:00", "1795306500", '='},
		{"2026-11-22T00:15:00Z", "2026-11-21T19:15:00-05:00", '='},
		{"2026-11-22T00:15:00.5Z", "1795306500", '='},
		{"2026-11-22", "2026-11-23", '>'},
		{"2026-11-22", "2026-11-21T23:59:59Z", '<'},
		{"2024-02-29", "2024-02-29T00:00:00Z", '='},
		{"2023-02-29", "2024-02-29", '!'},
		{"2026-13", "2026", '!'},
		{"2026-1", "2026", '!'},
		{"202", "202", '='},
		{"2026-11-22T00:15", "2026", '!'},
		{"2026-11-22T24:15Z", "2026", '!'},
		{"2026-11-22 00:15:00Z", "2026", '!'},
		{"22.11.2026", "2026", '!'},
		{"2026-11-22T", "2026", '!'},
		{"2026-11-22Z", "2026", '!'},
		{"", "2026", '!'},
		{"2026", "", '!'},
		{"2026*", "2026", '!'},
		{"2026-11-22T00:15:00.00000000000000000000000000000000000000000000000000000000000Z", "2026", '!'},
		{"99999999999999999999999999999999999999999999999999999999999999999999999999", "2026", '!'},
	};

	(void)state;
	assert_rows(mm_iam_compare_date, rows, MM_COUNT(rows));
}

static void booleans_are_words(void **state)
{
	static const struct row rows[] = {
		{"true", "true", '='},  {"true", "TRUE", '='},  {"False", "false", '='}, {"true", "false", 'x'},
		{"false", "true", 'x'}, {"true", "1", '!'},     {"yes", "true", '!'},    {"", "true", '!'},
		{"true", "", '!'},      {"true", "truex", '!'}, {"tru", "true", '!'},
	};

	(void)state;
	assert_rows(mm_iam_compare_bool, rows, MM_COUNT(rows));
}

/* RFC 4648 §10 */
static void bytes_are_compared_in_base64(void **state)
{
	static const struct row rows[] = {
		{"", "", '='},
		{"Zg==", "f", '='},
		{"Zm8=", "fo", '='},
		{"Zm9v", "foo", '='},
		{"Zm9vYg==", "foob", '='},
		{"Zm9vYmE=", "fooba", '='},
		{"Zm9vYmFy", "foobar", '='},
		{"Zm9vYmFy", "fooBar", 'x'},
		{"Zh==", "f", 'x'},
		{"Zg", "f", 'x'},
		{"Zg==", "", 'x'},
		{"", "f", 'x'},
		{"*", "f", 'x'},
	};

	(void)state;
	assert_rows(mm_iam_compare_binary, rows, MM_COUNT(rows));
}

static void addresses_are_in_ranges(void **state)
{
	static const struct row rows[] = {
		{"203.0.113.0/24", "203.0.113.0", '='},
		{"203.0.113.0/24", "203.0.113.255", '='},
		{"203.0.113.0/24", "203.0.112.255", 'x'},
		{"203.0.113.99/24", "203.0.113.1", '='},
		{"203.0.113.0/25", "203.0.113.127", '='},
		{"203.0.113.0/25", "203.0.113.128", 'x'},
		{"203.0.113.7/32", "203.0.113.7", '='},
		{"203.0.113.7", "203.0.113.7", '='},
		{"203.0.113.7", "203.0.113.6", 'x'},
		{"0.0.0.0/0", "255.255.255.255", '='},
		{"0.0.0.0/0", "::1", 'x'},
		{"::/0", "2001:db8::1", '='},
		{"::/0", "203.0.113.7", 'x'},
		{"2001:db8::/33", "2001:db8:7fff::1", '='},
		{"2001:db8::/33", "2001:db8:8000::1", 'x'},
		{"2001:DB8:1234:5678::/64", "2001:db8:1234:5678:ffff::", '='},
		{"2001:db8::1", "2001:db8::1", '='},
		{"2001:db8::1", "2001:db8::2", 'x'},
		{"2001:db8::1/128", "2001:db8::1", '='},
		{"203.0.113.0/33", "203.0.113.0", '!'},
		{"2001:db8::/129", "2001:db8::", '!'},
		{"203.0.113.0/", "203.0.113.0", '!'},
		{"203.0.113.0/-1", "203.0.113.0", '!'},
		{"203.0.113.0/+8", "203.0.113.0", '!'},
		{"203.0.113.0/2x", "203.0.113.0", '!'},
		{"203.0.113.0/255.255.255.0", "203.0.113.0", '!'},
		{"203.0.113.0/1000000000", "203.0.113.0", '!'},
		{"203.0.113", "203.0.113.0", '!'},
		{"203.0.113.*", "203.0.113.0", '!'},
		{"203.0.113.0/24", "203.0.113.0/24", '!'},
		{"203.0.113.0/24", "localhost", '!'},
		{"", "203.0.113.0", '!'},
		{"2001:db8:2001:db8:2001:db8:2001:db8:2001:db8:2001:db8:2001:db8", "::", '!'},
	};

	(void)state;
	assert_rows(mm_iam_compare_ip, rows, MM_COUNT(rows));
}

static void arns_have_six_parts(void **state)
{
	static const struct row rows[] = {
		{"arn:aws:iam::1:role/x", "arn:aws:iam::1:role/x", '='},
		{"arn:aws:iam::1:role/x", "arn:aws:iam::1:role/X", 'x'},
		{"arn:aws:iam::1:role/x", "arn:aws:iam:::role/x", 'x'},
		{"arn:aws:iam::1:a:b", "arn:aws:iam::1:a:b", '='},
		{"arn:aws:iam::1", "arn:aws:iam::1:a", '!'},
		{"arn:aws:iam::1:a", "arn:aws:iam::1", '!'},
		{"", "arn:aws:iam::1:a", '!'},
		{"arn:aws:iam::1:a", "", '!'},
	};

	(void)state;
	assert_rows(mm_iam_compare_arn, rows, MM_COUNT(rows));
}

static void case_counts_only_where_it_is_asked_for(void **state)
{
	static const struct row exact[] = {{"a", "a", '='}, {"a", "A", 'x'}, {"", "", '='}, {"a", "", 'x'}};
	static const struct row folded[] = {{"aB", "Ab", '='}, {"aB", "Abc", 'x'}, {"", "", '='},
					    {"é", "é", '='},   {"é", "É", '!'},    {"é", "e", 'x'}};

	(void)state;
	assert_rows(mm_iam_compare_text, exact, MM_COUNT(exact));
	assert_rows(mm_iam_compare_text_without_case, folded, MM_COUNT(folded));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_exact_and_of_any_length),
		cmocka_unit_test(dates_have_the_forms_of_w3c_or_are_seconds),
		cmocka_unit_test(booleans_are_words),
		cmocka_unit_test(bytes_are_compared_in_base64),
		cmocka_unit_test(addresses_are_in_ranges),
		cmocka_unit_test(arns_have_six_parts),
		cmocka_unit_test(case_counts_only_where_it_is_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
