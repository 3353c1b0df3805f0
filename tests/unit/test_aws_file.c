/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include "issuer/publish/aws_file.h"

#include <stdlib.h>
#include <string.h>

static enum mm_code parse(struct mm_span text, enum mm_aws_file_kind kind, struct mm_aws_file *file, struct mm_err *err)
{
	struct mm_buf copy = {0};

	mm_buf_add_span(&copy, text);
	return mm_aws_file_parse(&copy, kind, file, err);
}

/* What `name` of profile "p" comes to in a config file; the caller frees it, NULL: nothing. */
static char *value_of(const char *text, const char *name)
{
	mm_auto_aws_file file = {0};
	struct mm_err err = {0};
	struct mm_span value;

	assert_ok(parse(mm_span_str(text), MM_AWS_CONFIG, &file, &err), &err);
	assert_ok(mm_aws_file_get(&file, "profile", mm_span_str("p"), NULL, name, &value, &err), &err);
	return value.p ? strndup(value.p, value.len) : NULL;
}

static void a_setting_is_found_however_it_is_written(void **state)
{
	static const char *const texts[] = {
		"[profile p]\nregion = x",
		"[profile p]\nregion=x\n",
		"[profile p]\r\nregion = x\r\n",
		"[profile p]\nregion : x\n",
		"[ profile  p ]  # of the team\n\tregion\t=\tx\t\n",
		"[profile\tp]\nREGION = x\n",
		"[profile \"p\"]\nregion = x\n",
		"[profile 'p']\nregion = x\n",
		"# region = y\n; region = z\n\n   \n[profile p]\n  # region = y\nregion = x # not y\n",
		"[profile p]\nregion = x ;y\n",
		"[profile q]\nregion = y\n[profile p]\nregion = x\n[profile r]\nregion = y\n",
		"[profile p]\noutput = json\n[default]\nregion = y\n[profile p]\nregion = x\n",
		"[profile p]\n  output = json\n  region = x\n",
		"[profile p]\ns3 =\n  region = y\nregion = x\n",
		"[profile p]\nca = a list\n  of anything\n  at all\nregion = x\n",
	};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(texts); i++) {
		mm_auto_string value = value_of(texts[i], "region");

		if (!value || strcmp(value, "x") != 0)
			fail_msg("%s: found %s", texts[i], value ? value : "nothing");
	}
}

static void what_is_not_the_profiles_is_not_found(void **state)
{
	static const char *const texts[] = {
		"",
		"[profile p]\n",
		"[profile p]\nregion =\n",
		"[profile p]\nregion = # x\n",
		"[p]\nregion = x\n",
		"[profile P]\nregion = x\n",
		"[profile pp]\nregion = x\n",
		"[sso-session p]\nregion = x\n",
		"[profile p]\ns3 =\n  region = x\n",
		"[profile p]\nregions = x\n",
	};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(texts); i++) {
		mm_auto_string value = value_of(texts[i], "region");

		if (value)
			fail_msg("%s: found %s", texts[i], value);
	}
}

static void a_value_keeps_what_only_looks_like_a_comment(void **state)
{
	mm_auto_string value = value_of("[profile p]\nkey = a#b;c=d:e\n", "key");
	(void)state;

	assert_string_equal(value, "a#b;c=d:e");
}

static void a_nested_setting_is_found_below_its_parent(void **state)
{
	static const char text[] = "[services s]\ndynamodb =\n  endpoint_url = a\ns3 =\n  endpoint_url = b\n";
	mm_auto_aws_file file = {0};
	struct mm_err err = {0};
	struct mm_span value;
	(void)state;

	assert_ok(parse(mm_span_str(text), MM_AWS_CONFIG, &file, &err), &err);
	assert_ok(mm_aws_file_get(&file, "services", mm_span_str("s"), "S3", "endpoint_url", &value, &err), &err);
	assert_true(mm_span_is(value, "b"));
	assert_ok(mm_aws_file_get(&file, "services", mm_span_str("s"), NULL, "endpoint_url", &value, &err), &err);
	assert_null(value.p);
	assert_false(mm_aws_file_has_profile(&file, "s"));
}

static void sections_of_the_credentials_file_are_profiles(void **state)
{
	mm_auto_aws_file file = {0};
	struct mm_err err = {0};
	struct mm_span value;
	(void)state;

	assert_ok(parse(mm_span_str("[a b]\nx = y\n[empty]\n"), MM_AWS_CREDENTIALS, &file, &err), &err);
	assert_true(mm_aws_file_has_profile(&file, "a b"));
	assert_true(mm_aws_file_has_profile(&file, "empty"));
	assert_false(mm_aws_file_has_profile(&file, "b"));
	assert_ok(mm_aws_file_get(&file, "profile", mm_span_str("a b"), NULL, "x", &value, &err), &err);
	assert_true(mm_span_is(value, "y"));
}

static void a_setting_that_is_there_twice_is_none(void **state)
{
	mm_auto_aws_file file = {0};
	struct mm_err err = {0};
	struct mm_span value;
	(void)state;

	assert_ok(parse(mm_span_str("[default]\nregion = a\noutput = x\nRegion = b\noutput = y\n"), MM_AWS_CONFIG,
			&file, &err),
		  &err);
	assert_int_equal(mm_aws_file_get(&file, "profile", mm_span_str("default"), NULL, "region", &value, &err),
			 MM_EPARSE);
	assert_string_equal(err.text, "line 4: region is there already, in line 2");
}

static void a_wrong_line_is_named_by_its_number_alone(void **state)
{
	static const struct {
		const char *text, *said;
	} rows[] = {
		{"region = SECRET\n", "line 1: a setting before the first [SECTION]"},
		{"[p]\n\nSECRET\n", "line 3: expected NAME = VALUE, [SECTION] or # comment"},
		{"[p]\n= SECRET\n", "line 2: expected NAME = VALUE, [SECTION] or # comment"},
		{"[p\nx = SECRET\n", "line 1: expected [SECTION] and nothing after it"},
		{"[p] SECRET\n", "line 1: expected [SECTION] and nothing after it"},
		{"[ ]\n", "line 1: a section without a name"},
		{"[p]\nx = SECRET\x1b[2J\n", "line 2: a control character"},
		{"\xef\xbb\xbf[p]\n", "line 1: a setting before the first [SECTION]"},
	};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto_aws_file file = {0};
		struct mm_err err = {0};

		assert_int_equal(parse(mm_span_str(rows[i].text), MM_AWS_CREDENTIALS, &file, &err), MM_EPARSE);
		assert_string_equal(err.text, rows[i].said);
	}
}

static void a_nul_is_a_control_character(void **state)
{
	mm_auto_aws_file file = {0};
	struct mm_err err = {0};
	(void)state;

	assert_fails(parse(mm_span("[p]\nx = a\0b\n", 12), MM_AWS_CREDENTIALS, &file, &err), MM_EPARSE, &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_setting_is_found_however_it_is_written),
		cmocka_unit_test(what_is_not_the_profiles_is_not_found),
		cmocka_unit_test(a_value_keeps_what_only_looks_like_a_comment),
		cmocka_unit_test(a_nested_setting_is_found_below_its_parent),
		cmocka_unit_test(sections_of_the_credentials_file_are_profiles),
		cmocka_unit_test(a_setting_that_is_there_twice_is_none),
		cmocka_unit_test(a_wrong_line_is_named_by_its_number_alone),
		cmocka_unit_test(a_nul_is_a_control_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
