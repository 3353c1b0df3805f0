/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include "conf/values.h"

#include <stdlib.h>
#include <string.h>

/* A configuration that is freed with the test. */
static struct mm_config *new_config(void)
{
	struct mm_config *config = calloc(1, sizeof *config);

	assert_non_null(config);
	return config;
}

static enum mm_code set(struct mm_config *config, const char *name, const char *text, struct mm_err *err)
{
	char *value = strdup(text);
	const struct mm_strings texts = {&value, 1};
	enum mm_code code = mm_option_set(mm_option_find(name), config, &texts, "/base", err);

	free(value);
	return code;
}

static void accept(struct mm_config *config, const char *name, const char *text)
{
	struct mm_err err = {0};

	assert_ok(set(config, name, text, &err), &err);
}

static void refuse(const char *name, const char *text, const char *part)
{
	mm_auto(mm_config) config = new_config();
	struct mm_err err = {0};

	assert_int_equal(set(config, name, text, &err), MM_ECONFIG);
	assert_contains(err.text, part);
	assert_contains(err.text, "; accepted: ");
}

static void durations_are_read_with_their_units(void **state)
{
	mm_auto(mm_config) config = new_config();
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
	mm_auto(mm_config) config = new_config();
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
	mm_auto(mm_config) config = new_config();
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
	mm_auto(mm_config) config = new_config();
	mm_auto(mm_config) bare = new_config();
	char *value = strdup("data");
	const struct mm_strings texts = {&value, 1};
	struct mm_err err = {0};
	(void)state;

	accept(config, "data_dir", "data");
	assert_string_equal(config->data_dir, "/base/data");
	accept(config, "data_dir", "/abs");
	assert_string_equal(config->data_dir, "/abs");
	assert_ok(mm_option_set(mm_option_find("data_dir"), bare, &texts, ".", &err), &err);
	assert_string_equal(bare->data_dir, "data");
	free(value);
	refuse("data_dir", "", "found \"\"");
}

static void addresses_are_host_and_port(void **state)
{
	mm_auto(mm_config) config = new_config();
	(void)state;

	accept(config, "listen.public", "0.0.0.0:443");
	accept(config, "listen.public", "[::1]:0");
	refuse("listen.public", "8443", "accepted: HOST:PORT");
	refuse("listen.public", "host:99999", "accepted: HOST:PORT");
	refuse("listen.public", "host:http", "accepted: HOST:PORT");
}

static void admin_stays_on_the_host(void **state)
{
	mm_auto(mm_config) config = new_config();
	(void)state;

	accept(config, "listen.admin", "off");
	accept(config, "listen.admin", "[::1]:8444");
	accept(config, "listen.admin", "localhost:1");
	refuse("listen.admin", "0.0.0.0:8444", "cannot tell callers apart");
	refuse("listen.admin", "192.0.2.1:8444", "must not leave the host");
	refuse("listen.admin", "[::]:8444", "must not leave the host");
}

static void a_broken_rule_is_told_and_the_value_named_once(void **state)
{
	mm_auto(mm_config) config = new_config();
	struct mm_err err = {0};
	const char *first;
	(void)state;

	assert_int_equal(set(config, "issuer", "https://h.example/", &err), MM_ECONFIG);
	assert_contains(err.text, "slash");
	first = strstr(err.text, "https://h.example/");
	assert_non_null(first);
	assert_null(strstr(first + 1, "https://h.example/"));
}

static void rsa_sizes_are_three(void **state)
{
	mm_auto(mm_config) config = new_config();
	(void)state;

	accept(config, "keys.rsa_bits", "3072");
	assert_int_equal(config->keys.rsa_bits, 3072);
	refuse("keys.rsa_bits", "2049", "2048, 3072 or 4096");
	refuse("keys.rsa_bits", "1024", "2048, 3072 or 4096");
}

static void lists_replace_lists(void **state)
{
	mm_auto(mm_config) config = new_config();
	char a[] = "a", b[] = "b";
	char *two[] = {a, b}, *one[] = {b};
	struct mm_err err = {0};
	(void)state;

	assert_ok(mm_option_set(mm_option_find("tokens.audiences"), config, &(struct mm_strings){two, 2}, ".", &err),
		  &err);
	assert_int_equal(config->tokens.audiences.n, 2);
	assert_ok(mm_option_set(mm_option_find("tokens.audiences"), config, &(struct mm_strings){one, 1}, ".", &err),
		  &err);
	assert_int_equal(config->tokens.audiences.n, 1);
	assert_string_equal(config->tokens.audiences.v[0], "b");
}

static void wrong_lists_are_refused_and_leave_the_old_one(void **state)
{
	const struct mm_option *option = mm_option_find("tokens.audiences");
	mm_auto(mm_config) config = new_config();
	char a[] = "a", empty[] = "", longer[1026];
	char *twice[] = {a, a}, *nothing[] = {empty}, *too_long[] = {longer}, *many[101];
	struct mm_err err = {0};
	(void)state;

	memset(longer, 'x', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	for (size_t i = 0; i < MM_COUNT(many); i++)
		many[i] = a;
	accept(config, "tokens.audiences", "kept");
	assert_fails(mm_option_set(option, config, &(struct mm_strings){NULL, 0}, ".", &err), MM_ECONFIG, &err);
	assert_fails(mm_option_set(option, config, &(struct mm_strings){twice, 2}, ".", &err), MM_ECONFIG, &err);
	assert_fails(mm_option_set(option, config, &(struct mm_strings){nothing, 1}, ".", &err), MM_ECONFIG, &err);
	assert_fails(mm_option_set(option, config, &(struct mm_strings){too_long, 1}, ".", &err), MM_ECONFIG, &err);
	assert_fails(mm_option_set(option, config, &(struct mm_strings){many, 101}, ".", &err), MM_ECONFIG, &err);
	assert_string_equal(config->tokens.audiences.v[0], "kept");
}

/* Sets an option to these words, and returns what came of it. */
static enum mm_code set_list(struct mm_config *config, const char *name, const char *const words[], size_t n,
			     struct mm_err *err)
{
	mm_auto_strings texts = {0};

	for (size_t i = 0; i < n; i++)
		assert_ok(mm_strings_add(&texts, words[i], err), err);
	return mm_option_set(mm_option_find(name), config, &texts, "/base", err);
}

static void algorithms_are_different_words_of_the_table(void **state)
{
	static const char *const good[] = {"ES256", "RS256"}, *const unknown[] = {"RS256", "HS256"};
	static const char *const twice[] = {"RS256", "RS256"};
	mm_auto(mm_config) config = new_config();
	struct mm_err err = {0};
	(void)state;

	assert_ok(set_list(config, "keys.algorithms", good, 2, &err), &err);
	assert_int_equal(set_list(config, "keys.algorithms", unknown, 2, &err), MM_ECONFIG);
	assert_contains(err.text, "found \"HS256\"; accepted: a list of 1 to 10 different ones of RS256, RS384");
	mm_err_clear(&err);
	assert_int_equal(set_list(config, "keys.algorithms", twice, 2, &err), MM_ECONFIG);
	assert_contains(err.text, "found \"RS256\": twice; accepted: a list of");
	mm_err_clear(&err);
	assert_int_equal(set_list(config, "keys.algorithms", NULL, 0, &err), MM_ECONFIG);
	assert_contains(err.text, "found \"[]\"; accepted: a list of");
	assert_int_equal(config->keys.algorithms.n, 2);
	assert_string_equal(config->keys.algorithms.v[0], "ES256");
}

/* A command is run without $PATH; and unlike other lists, it may say a thing twice, or nothing. */
static void a_command_begins_with_an_absolute_path(void **state)
{
	static const char *const good[] = {"/bin/x", "-v", "-v", ""}, *const relative[] = {"bin/x", "/y"};
	static const char *const bare[] = {"x"}, *const empty[] = {""};
	mm_auto(mm_config) config = new_config();
	struct mm_err err = {0};
	(void)state;

	assert_ok(set_list(config, "keys.on_change", good, 4, &err), &err);
	assert_int_equal(set_list(config, "keys.on_change", relative, 2, &err), MM_ECONFIG);
	assert_string_equal(err.text, "found \"bin/x\": not an absolute path; accepted: a list of the absolute path of "
				      "a program and at most 63 arguments");
	mm_err_clear(&err);
	assert_fails(set_list(config, "keys.on_change", bare, 1, &err), MM_ECONFIG, &err);
	assert_fails(set_list(config, "keys.on_change", empty, 1, &err), MM_ECONFIG, &err);
	assert_fails(set_list(config, "keys.on_change", NULL, 0, &err), MM_ECONFIG, &err);
	assert_int_equal(config->keys.on_change.n, 4);
}

static void a_command_has_its_limits(void **state)
{
	char longest[4098];
	const char *words[65] = {"/bin/x", longest};
	mm_auto(mm_config) config = new_config();
	struct mm_err err = {0};
	(void)state;

	memset(longest, 'x', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	assert_int_equal(set_list(config, "keys.on_change", words, 2, &err), MM_ECONFIG);
	assert_contains(err.text, "xxx...\": too long; accepted: ");
	mm_err_clear(&err);
	longest[sizeof longest - 2] = '\0';
	for (size_t i = 2; i < MM_COUNT(words); i++)
		words[i] = "a";
	assert_ok(set_list(config, "keys.on_change", words, 64, &err), &err);
	assert_int_equal(set_list(config, "keys.on_change", words, 65, &err), MM_ECONFIG);
	assert_contains(err.text, "one too many");
}

static void equality_looks_at_the_value(void **state)
{
	mm_auto(mm_config) a = new_config();
	mm_auto(mm_config) b = new_config();
	static const char *const names[] = {"issuer",     "tls.key",          "keys.clock_skew", "http.workers",
					    "log.access", "tokens.audiences", "keys.on_change"};
	static const char *const values[] = {"https://h.example", "/k", "5m", "3", "json", "aud", "/c"};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(names); i++) {
		const struct mm_option *option = mm_option_find(names[i]);

		assert_true(mm_option_equal(option, a, b));
		accept(a, names[i], values[i]);
		assert_false(mm_option_equal(option, a, b));
		assert_false(mm_option_equal(option, b, a));
		accept(b, names[i], values[i]);
		assert_true(mm_option_equal(option, a, b));
	}
}

static void a_copy_is_equal_and_outlives_the_original(void **state)
{
	mm_auto(mm_config) to = new_config();
	struct mm_err err = {0};
	static const char *const names[] = {"issuer",     "tls.key",          "keys.clock_skew", "http.workers",
					    "log.access", "tokens.audiences", "keys.on_change"};
	static const char *const values[] = {"https://h.example", "/k", "5m", "3", "json", "aud", "/c"};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(names); i++) {
		struct mm_config *from = new_config();

		accept(from, names[i], values[i]);
		assert_ok(mm_option_copy(mm_option_find(names[i]), to, from, &err), &err);
		assert_true(mm_option_equal(mm_option_find(names[i]), to, from));
		mm_config_free(from);
	}
	assert_string_equal(to->issuer, "https://h.example");
	assert_string_equal(to->tokens.audiences.v[0], "aud");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations_are_read_with_their_units),
		cmocka_unit_test(durations_without_unit_or_out_of_range_are_refused),
		cmocka_unit_test(integers_are_digits_alone),
		cmocka_unit_test(words_are_compared_byte_for_byte),
		cmocka_unit_test(relative_paths_are_joined_to_the_base),
		cmocka_unit_test(addresses_are_host_and_port),
		cmocka_unit_test(admin_stays_on_the_host),
		cmocka_unit_test(a_broken_rule_is_told_and_the_value_named_once),
		cmocka_unit_test(rsa_sizes_are_three),
		cmocka_unit_test(lists_replace_lists),
		cmocka_unit_test(wrong_lists_are_refused_and_leave_the_old_one),
		cmocka_unit_test(algorithms_are_different_words_of_the_table),
		cmocka_unit_test(a_command_begins_with_an_absolute_path),
		cmocka_unit_test(a_command_has_its_limits),
		cmocka_unit_test(equality_looks_at_the_value),
		cmocka_unit_test(a_copy_is_equal_and_outlives_the_original),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
