/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include "conf/values.h"
#include "tests/unit/written.h"

#include <stdlib.h>
#include <string.h>

/* "[first, a, a, …]" with so many items; freed by the caller. */
static char *list_of(const char *first, const char *other, size_t n)
{
	mm_auto_buf text = {0};

	mm_buf_printf(&text, "[%s", first);
	for (size_t i = 1; i < n; i++)
		mm_buf_printf(&text, ", %s", other);
	mm_buf_add_str(&text, "]");
	return mm_buf_take(&text);
}

/* "xxx…", freed by the caller. */
static char *text_of(size_t len)
{
	mm_auto_buf text = {0};

	for (size_t i = 0; i < len; i++)
		mm_buf_add_str(&text, "x");
	return mm_buf_take(&text);
}

static void a_list_takes_the_place_of_the_old_one(void **state)
{
	mm_auto(mm_config) config = written_config_new();
	(void)state;

	written_accept(config, "tokens.audiences", "[a, b]");
	assert_int_equal(config->tokens.audiences.n, 2);
	written_accept(config, "tokens.audiences", "[b]");
	assert_int_equal(config->tokens.audiences.n, 1);
	assert_string_equal(config->tokens.audiences.v[0], "b");
}

static void items_are_texts_that_are_not_empty_and_there_once(void **state)
{
	(void)state;

	written_refuse("tokens.audiences", "[a, b, a]", "found \"a\": twice; accepted: a list of 1 to 100");
	written_refuse("tokens.audiences", "[a, '']", "found \"\"");
	written_refuse("tokens.audiences", "[a, ~]", "found nothing");
	written_refuse("tokens.audiences", "[a, [b]]", "found a list");
	written_refuse("tokens.audiences", "[a, {b: c}]", "found a mapping");
	written_refuse("tokens.audiences", "a", "found \"a\"");
	written_refuse("tokens.audiences", "[]", "found an empty list");
}

static void an_item_is_told_with_its_own_line(void **state)
{
	(void)state;

	written_refuse("tokens.audiences", "\n  - a\n  - b\n  - a", "f.yaml:4: tokens.audiences: found \"a\": twice");
}

static void the_length_of_an_item_has_a_limit(void **state)
{
	mm_auto(mm_config) config = written_config_new();
	mm_auto_string longest = text_of(1024);
	mm_auto_string longer = text_of(1025);
	mm_auto_string good = list_of(longest, "", 1);
	mm_auto_string bad = list_of(longer, "", 1);
	(void)state;

	written_accept(config, "tokens.audiences", good);
	written_refuse("tokens.audiences", bad, "xxx...\"; accepted: ");
}

static void the_number_of_items_has_a_limit(void **state)
{
	mm_auto_string many = list_of("a", "a", 101);
	(void)state;

	written_refuse("tokens.audiences", many, "found \"a\": one too many");
}

static void algorithms_are_different_words_of_the_table(void **state)
{
	mm_auto(mm_config) config = written_config_new();
	(void)state;

	written_accept(config, "keys.algorithms", "[ES256, RS256]");
	assert_int_equal(config->keys.algorithms.n, 2);
	assert_string_equal(config->keys.algorithms.v[0], "ES256");
	written_refuse("keys.algorithms", "[RS256, HS256]",
		       "found \"HS256\"; accepted: a list of 1 to 10 different ones of RS256, RS384");
	written_refuse("keys.algorithms", "[RS256, RS256]", "found \"RS256\": twice; accepted: a list of");
}

static void a_relative_directory_to_publish_in_is_beside_the_file(void **state)
{
	mm_auto(mm_config) config = written_config_new();
	(void)state;

	written_accept(config, "publish", "[s3://bucket/a, /var/www, www, ./s3]");
	assert_int_equal(config->publish.n, 4);
	assert_string_equal(config->publish.v[0], "s3://bucket/a");
	assert_string_equal(config->publish.v[1], "/var/www");
	assert_string_equal(config->publish.v[2], "/base/www");
	assert_string_equal(config->publish.v[3], "/base/./s3");
}

static void what_is_neither_directory_nor_location_is_no_destination(void **state)
{
	(void)state;

	written_refuse("publish", "[gs://bucket]",
		       "f.yaml:1: publish: found \"gs://bucket\": expected s3://BUCKET or s3://BUCKET/PREFIX; "
		       "accepted: a list of 1 to 16 different directories");
	written_refuse("publish", "[s3://Bucket]", "found \"s3://Bucket\": the name of a bucket is of a-z");
	written_refuse("publish", "['']", "found \"\"; accepted: ");
	written_refuse("publish", "[]", "found an empty list");
	written_refuse("publish", "[www, /base/www]", "found \"/base/www\": twice");
	written_refuse("publish", "s3://bucket", "found \"s3://bucket\"; accepted: a list");
}

/* A command is run without $PATH; and unlike other lists, it may say a thing twice, or nothing. */
static void a_command_begins_with_an_absolute_path(void **state)
{
	mm_auto(mm_config) config = written_config_new();
	(void)state;

	written_accept(config, "keys.on_change", "[/bin/x, -v, -v, '']");
	assert_int_equal(config->keys.on_change.n, 4);
	written_refuse("keys.on_change", "[bin/x, /y]",
		       "f.yaml:1: keys.on_change: found \"bin/x\": not an absolute path; accepted: a list of the "
		       "absolute path of a program and at most 63 arguments");
	written_refuse("keys.on_change", "[x]", "not an absolute path");
	written_refuse("keys.on_change", "['']", "not an absolute path");
	written_refuse("keys.on_change", "[]", "found an empty list");
	written_refuse("keys.on_change", "[/bin/x, [y]]", "found a list");
}

static void a_command_has_its_limits(void **state)
{
	mm_auto(mm_config) config = written_config_new();
	mm_auto_string most = list_of("/bin/x", "a", 64);
	mm_auto_string more = list_of("/bin/x", "a", 65);
	mm_auto_string longest = text_of(4096);
	mm_auto_string longer = text_of(4097);
	mm_auto_string good = list_of("/bin/x", longest, 2);
	mm_auto_string bad = list_of("/bin/x", longer, 2);
	(void)state;

	written_accept(config, "keys.on_change", most);
	written_refuse("keys.on_change", more, "one too many");
	written_accept(config, "keys.on_change", good);
	written_refuse("keys.on_change", bad, "xxx...\": too long; accepted: ");
}

/* ---- pairs ------------------------------------------------------------------------------------------------------- */

/* One account with these annotations. */
static char *account_with(const char *annotations)
{
	mm_auto_buf text = {0};

	mm_buf_printf(&text, "[{namespace: n, name: a, annotations: %s}]", annotations);
	return mm_buf_take(&text);
}

static void refuse_annotations(const char *annotations, const char *part)
{
	mm_auto_string account = account_with(annotations);

	written_refuse("service_accounts", account, part);
}

static void pairs_are_kept_as_they_are_written(void **state)
{
	mm_auto(mm_config) config = written_config_new();
	mm_auto_string account = account_with("{eks.amazonaws.com/role-arn: 'arn:x', b: '', a: yes, c.d: 1}");
	const struct mm_pairs *pairs;
	(void)state;

	written_accept(config, "service_accounts", account);
	pairs = &((const struct mm_account_record *)config->service_accounts.v)->annotations;
	assert_int_equal(pairs->names.n, 4);
	assert_int_equal(pairs->values.n, 4);
	assert_string_equal(pairs->names.v[0], "eks.amazonaws.com/role-arn");
	assert_string_equal(pairs->values.v[0], "arn:x");
	assert_string_equal(pairs->names.v[1], "b");
	assert_string_equal(pairs->values.v[1], "");
	assert_string_equal(pairs->values.v[2], "yes");
	assert_string_equal(pairs->names.v[3], "c.d");
}

static void pairs_may_be_none(void **state)
{
	mm_auto(mm_config) config = written_config_new();
	mm_auto_string account = account_with("{}");
	(void)state;

	written_accept(config, "service_accounts", account);
}

static void pairs_are_names_and_texts(void **state)
{
	(void)state;

	refuse_annotations("[a]", "f.yaml:1: service_accounts[0].annotations: found a list; accepted: a mapping");
	refuse_annotations("a", "service_accounts[0].annotations: found \"a\"; accepted: a mapping");
	refuse_annotations("~", "found nothing");
	refuse_annotations("{a/b: [c]}", "service_accounts[0].annotations.a/b: found a list");
	refuse_annotations("{a/b: {c: d}}", "service_accounts[0].annotations.a/b: found a mapping");
	refuse_annotations("{a/b: ~}", "service_accounts[0].annotations.a/b: found nothing");
	refuse_annotations("{a b: c}", "service_accounts[0].annotations: found \"a b\": no name of an annotation");
}

static void the_length_of_a_value_has_a_limit(void **state)
{
	mm_auto_string longer = text_of(4097);
	mm_auto_buf pair = {0};
	(void)state;

	mm_buf_printf(&pair, "{a: %s}", longer);
	refuse_annotations(pair.p, "too long");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_takes_the_place_of_the_old_one),
		cmocka_unit_test(items_are_texts_that_are_not_empty_and_there_once),
		cmocka_unit_test(an_item_is_told_with_its_own_line),
		cmocka_unit_test(the_length_of_an_item_has_a_limit),
		cmocka_unit_test(the_number_of_items_has_a_limit),
		cmocka_unit_test(algorithms_are_different_words_of_the_table),
		cmocka_unit_test(a_relative_directory_to_publish_in_is_beside_the_file),
		cmocka_unit_test(what_is_neither_directory_nor_location_is_no_destination),
		cmocka_unit_test(a_command_begins_with_an_absolute_path),
		cmocka_unit_test(a_command_has_its_limits),
		cmocka_unit_test(pairs_are_kept_as_they_are_written),
		cmocka_unit_test(pairs_may_be_none),
		cmocka_unit_test(pairs_are_names_and_texts),
		cmocka_unit_test(the_length_of_a_value_has_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
