/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include "conf/values.h"
#include "tests/unit/written.h"

#include <stdlib.h>
#include <string.h>

/* The option set to one text, which has no quotes in it. */
static void accept(struct mm_config *config, const char *name, const char *text)
{
	mm_auto_buf quoted = {0};

	mm_buf_printf(&quoted, "'%s'", text);
	written_accept(config, name, quoted.p);
}

static void refuse(const char *name, const char *text, const char *part)
{
	mm_auto_buf quoted = {0};

	mm_buf_printf(&quoted, "'%s'", text);
	written_refuse(name, quoted.p, part);
}

static void durations_are_read_with_their_units(void **state)
{
	mm_auto(mm_config) config = written_config_new();
	(void)state;

	accept(config, "tokens.max_ttl", "1h30m");
	assert_int_equal(config->tokens.max_ttl, 5400);
	accept(config, "keys.rotate_every", "0");
	assert_int_equal(config->keys.rotate_every, 0);
	accept(config, "tokens.max_ttl", "365d");
	assert_int_equal(config->tokens.max_ttl, 31536000);
}

static void durations_without_unit_or_out_of_range_are_refused(void **state)
{
	(void)state;

	refuse("tokens.max_ttl", "90", "found \"90\"");
	refuse("tokens.max_ttl", "1w", "found \"1w\"");
	refuse("tokens.max_ttl", "366d", "from 1s to 365d");
	refuse("tokens.max_ttl", "0", "found \"0\"");
	refuse("tokens.max_ttl", "-1h", "found \"-1h\"");
	refuse("tokens.max_ttl", "", "found \"\"");
}

static void integers_are_digits_alone(void **state)
{
	static const char *const wrong[] = {
		"", " 5", "+5", "-5", "0x10", "05", "5.0", "5e1", "1_000", "99999999999999999999", "101", "1"};
	mm_auto(mm_config) config = written_config_new();
	(void)state;

	accept(config, "keys.max_keys", "5");
	assert_int_equal(config->keys.max_keys, 5);
	accept(config, "http.workers", "0");
	assert_int_equal(config->http.workers, 0);
	for (size_t i = 0; i < MM_COUNT(wrong); i++)
		refuse("keys.max_keys", wrong[i], "a whole number from 2 to 100");
}

static void words_are_compared_byte_for_byte(void **state)
{
	mm_auto(mm_config) config = written_config_new();
	(void)state;

	accept(config, "log.level", "debug");
	assert_int_equal(config->log.level, MM_LOG_DEBUG);
	accept(config, "keys.algorithm", "EdDSA");
	assert_string_equal(config->keys.algorithm, "EdDSA");
	refuse("log.level", "Debug", "error, warn, info or debug");
	refuse("keys.algorithm", "HS256", "found \"HS256\"");
	refuse("keys.algorithm", "none", "found \"none\"");
	refuse("keys.algorithm", "rs256", "found \"rs256\"");
}

static void relative_paths_are_joined_to_the_base(void **state)
{
	const struct mm_place here = {.file = "f", .base_dir = ".", .name = "data_dir"};
	mm_auto(mm_config) config = written_config_new();
	mm_auto(mm_config) bare = written_config_new();
	char text[] = "data";
	const struct mm_yaml written = {.kind = MM_YAML_SCALAR, .text = text};
	struct mm_err err = {0};
	(void)state;

	accept(config, "data_dir", "data");
	assert_string_equal(config->data_dir, "/base/data");
	accept(config, "data_dir", "/abs");
	assert_string_equal(config->data_dir, "/abs");
	assert_ok(mm_option_set(mm_option_find("data_dir"), bare, &written, &here, &err), &err);
	assert_string_equal(bare->data_dir, "data");
	refuse("data_dir", "", "found \"\"");
}

static void a_broken_rule_is_told_and_the_value_named_once(void **state)
{
	mm_auto(mm_config) config = written_config_new();
	struct mm_err err = {0};
	const char *first;
	(void)state;

	assert_int_equal(written_set(config, "issuer", "https://h.example/", &err), MM_ECONFIG);
	assert_contains(err.text, "slash");
	first = strstr(err.text, "https://h.example/");
	assert_non_null(first);
	assert_null(strstr(first + 1, "https://h.example/"));
}

static void truth_has_two_words(void **state)
{
	static const char *const wrong[] = {"", "yes", "no", "on", "off", "True", "TRUE", "1", "0", "y", "n"};
	mm_auto(mm_config) config = written_config_new();
	(void)state;

	accept(config, "tokens.extend_expiration", "true");
	assert_true(config->tokens.extend_expiration);
	accept(config, "tokens.extend_expiration", "false");
	assert_false(config->tokens.extend_expiration);
	for (size_t i = 0; i < MM_COUNT(wrong); i++)
		refuse("tokens.extend_expiration", wrong[i], "; accepted: true or false");
}

static void values_of_another_shape_are_refused(void **state)
{
	(void)state;

	written_refuse("data_dir", "[a]", "f.yaml:1: data_dir: found a list; accepted: a path");
	written_refuse("http.workers", "{a: 1}", "found a mapping; accepted: a whole number");
	written_refuse("tokens.max_ttl", "~", "found nothing; accepted: a duration");
	written_refuse("tokens.extend_expiration", "[true]", "found a list; accepted: true or false");
}

static void what_is_refused_leaves_the_old_value(void **state)
{
	mm_auto(mm_config) config = written_config_new();
	struct mm_err err = {0};
	(void)state;

	accept(config, "data_dir", "/kept");
	accept(config, "tokens.extend_expiration", "true");
	assert_fails(written_set(config, "data_dir", "''", &err), MM_ECONFIG, &err);
	assert_fails(written_set(config, "tokens.extend_expiration", "no", &err), MM_ECONFIG, &err);
	assert_string_equal(config->data_dir, "/kept");
	assert_true(config->tokens.extend_expiration);
}

static void rsa_sizes_are_three(void **state)
{
	mm_auto(mm_config) config = written_config_new();
	(void)state;

	accept(config, "keys.rsa_bits", "3072");
	assert_int_equal(config->keys.rsa_bits, 3072);
	refuse("keys.rsa_bits", "2049", "2048, 3072 or 4096");
	refuse("keys.rsa_bits", "1024", "2048, 3072 or 4096");
}

/* Of each type at least one. */
static const struct {
	const char *name, *value;
} samples[] = {
	{"issuer", "https://h.example"},
	{"tls.key", "/k"},
	{"keys.clock_skew", "5m"},
	{"http.workers", "3"},
	{"log.access", "json"},
	{"tokens.audiences", "[aud]"},
	{"keys.on_change", "[/c]"},
	{"publish", "[s3://bucket, www]"},
	{"tokens.extend_expiration", "true"},
	{"rules", "[{users: [a], may: [review], max_ttl: 1h}]"},
	{"service_accounts", "[{namespace: n, name: a, annotations: {a.b/c: d}}]"},
	{"bound_objects", "any"},
};

static void equality_looks_at_the_value(void **state)
{
	mm_auto(mm_config) a = written_config_new();
	mm_auto(mm_config) b = written_config_new();
	(void)state;

	for (size_t i = 0; i < MM_COUNT(samples); i++) {
		const struct mm_option *option = mm_option_find(samples[i].name);

		assert_true(mm_option_equal(option, a, b));
		written_accept(a, samples[i].name, samples[i].value);
		assert_false(mm_option_equal(option, a, b));
		assert_false(mm_option_equal(option, b, a));
		written_accept(b, samples[i].name, samples[i].value);
		assert_true(mm_option_equal(option, a, b));
	}
}

static void a_copy_is_equal_and_outlives_the_original(void **state)
{
	mm_auto(mm_config) to = written_config_new();
	struct mm_err err = {0};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(samples); i++) {
		const struct mm_option *option = mm_option_find(samples[i].name);
		struct mm_config *from = written_config_new();

		written_accept(from, samples[i].name, samples[i].value);
		assert_ok(mm_option_copy(option, to, from, &err), &err);
		assert_true(mm_option_equal(option, to, from));
		mm_config_free(from);
	}
	assert_string_equal(to->issuer, "https://h.example");
	assert_string_equal(to->tokens.audiences.v[0], "aud");
}

static void what_is_cleared_is_as_it_was_before(void **state)
{
	mm_auto(mm_config) config = written_config_new();
	mm_auto(mm_config) untouched = written_config_new();
	(void)state;

	for (size_t i = 0; i < MM_COUNT(samples); i++) {
		written_accept(config, samples[i].name, samples[i].value);
		mm_option_clear(mm_option_find(samples[i].name), config);
	}
	assert_memory_equal(config, untouched, sizeof *config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations_are_read_with_their_units),
		cmocka_unit_test(durations_without_unit_or_out_of_range_are_refused),
		cmocka_unit_test(integers_are_digits_alone),
		cmocka_unit_test(words_are_compared_byte_for_byte),
		cmocka_unit_test(relative_paths_are_joined_to_the_base),
		cmocka_unit_test(a_broken_rule_is_told_and_the_value_named_once),
		cmocka_unit_test(truth_has_two_words),
		cmocka_unit_test(values_of_another_shape_are_refused),
		cmocka_unit_test(what_is_refused_leaves_the_old_value),
		cmocka_unit_test(rsa_sizes_are_three),
		cmocka_unit_test(equality_looks_at_the_value),
		cmocka_unit_test(a_copy_is_equal_and_outlives_the_original),
		cmocka_unit_test(what_is_cleared_is_as_it_was_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
