/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold of every row of the option table, and the sample file that a user copies. */
#include "tests/unit/support.h"

#include <mintmark/alg.h>
#include <mintmark/config.h>
#include <mintmark/file.h>
#include <mintmark/option.h>
#include <mintmark/rules.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Calls `look` with each option, and then with each field of its records. */
static void for_each_row(void (*look)(const struct mm_option *row))
{
	for (size_t i = 0; i < mm_option_count; i++) {
		look(&mm_options[i]);
		for (const struct mm_option *field = mm_options[i].fields; field && field->name; field++)
			look(field);
	}
}

static void names_are_unique_and_nested_at_most_once(void **state)
{
	(void)state;

	for (size_t i = 0; i < mm_option_count; i++) {
		const char *dot = strchr(mm_options[i].name, '.');

		assert_ptr_equal(mm_option_find(mm_options[i].name), &mm_options[i]);
		assert_true(!dot || !strchr(dot + 1, '.'));
	}
	assert_null(mm_option_find("keys"));
	assert_null(mm_option_find(""));
}

static void no_two_options_share_their_place(void **state)
{
	(void)state;

	for (size_t i = 0; i < mm_option_count; i++) {
		assert_true(mm_options[i].offset < sizeof(struct mm_config));
		for (size_t j = 0; j < i; j++)
			assert_true(mm_options[i].offset != mm_options[j].offset);
	}
}

/* What a record holds is taken up by the fields of its table, to its end: none is missing, none overlaps. */
static void the_fields_of_a_record_fill_it(void **state)
{
	static const size_t sizes[] = {
		[MM_OPT_STRING] = sizeof(char *),         [MM_OPT_DURATION] = sizeof(mm_duration),
		[MM_OPT_ENUM] = sizeof(int64_t),          [MM_OPT_STRINGS] = sizeof(struct mm_strings),
		[MM_OPT_PAIRS] = sizeof(struct mm_pairs),
	};
	(void)state;

	for (size_t i = 0; i < mm_option_count; i++) {
		size_t end = 0;

		assert_int_equal(mm_options[i].type == MM_OPT_RECORDS, mm_options[i].fields != NULL);
		for (const struct mm_option *field = mm_options[i].fields; field && field->name; field++) {
			assert_int_equal(field->offset, end);
			end += sizes[field->type];
		}
		assert_int_equal(end, mm_options[i].record_size);
	}
}

static void look_at_help(const struct mm_option *row)
{
	assert_non_null(row->help);
	assert_null(strchr(row->help, '\n'));
	assert_int_equal(row->help[strlen(row->help) - 1], '.');
}

static void help_is_one_line_and_ends_in_a_full_stop(void **state)
{
	(void)state;

	for_each_row(look_at_help);
}

static void look_at_what_is_accepted(const struct mm_option *row)
{
	mm_auto_buf text = {0};

	mm_option_accepts(row, &text);
	assert_ok(mm_buf_check(&text, NULL), NULL);
	assert_true(text.len > 0);
}

static void every_option_says_what_it_accepts(void **state)
{
	(void)state;

	for_each_row(look_at_what_is_accepted);
}

static void accepts_is_derived_from_type_and_range(void **state)
{
	static const struct {
		const char *name, *accepts;
	} rows[] = {
		{"keys.verifier_cache", "a duration from 0s to 30d, such as 90s, 15m, 1h or 30d"},
		{"keys.max_keys", "a whole number from 2 to 100"},
		{"log.level", "error, warn, info or debug"},
		{"tls.key", "a path of 1 to 4096 bytes"},
		{"keys.rsa_bits", "2048, 3072 or 4096"},
		{"keys.algorithms", "a list of 1 to 10 different ones of RS256, RS384, RS512, PS256, PS384, PS512, "
				    "ES256, ES384, ES512 or EdDSA"},
		{"keys.on_change", "a list of the absolute path of a program and at most 63 arguments"},
		{"tokens.extend_expiration", "true or false"},
		{"rules", "a list of at most 1000 mappings with users, groups, may, namespaces, service_accounts, "
			  "audiences and max_ttl"},
		{"publish", "a list of 1 to 16 different directories, s3://BUCKET or s3://BUCKET/PREFIX"},
		{"bound_objects", "any, or a list of at most 10000 mappings with kind, namespace, name, uid, "
				  "service_account, node_name and node_uid"},
	};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto_buf text = {0};

		mm_option_accepts(mm_option_find(rows[i].name), &text);
		assert_string_equal(text.p, rows[i].accepts);
	}
}

/* conf/ stands below keys/, so the words are written there again. */
static void algorithms_are_those_of_the_algorithm_table(void **state)
{
	const char *const *words = mm_option_find("keys.algorithm")->words;
	(void)state;

	assert_ptr_equal(mm_option_find("keys.algorithms")->words, words);
	assert_int_equal(mm_option_find("keys.algorithms")->max, MM_ALG_COUNT);
	for (size_t i = 0; i < MM_ALG_COUNT; i++)
		assert_string_equal(words[i], mm_algs[i].name);
	assert_null(words[MM_ALG_COUNT]);
}

static void level_words_are_in_the_order_of_their_values(void **state)
{
	(void)state;

	assert_string_equal(mm_option_find("log.level")->words[MM_LOG_WARN], "warn");
	assert_string_equal(mm_option_find("log.level")->words[MM_LOG_DEBUG], "debug");
	assert_string_equal(mm_option_find("log.format")->words[MM_LOG_JSON], "json");
	assert_string_equal(mm_option_find("log.access")->words[MM_ACCESS_OFF], "off");
	assert_string_equal(mm_option_find("log.access")->words[MM_ACCESS_JSON], "json");
}

static const struct mm_option *field_of(const char *option, const char *name)
{
	const struct mm_option *field = mm_option_find(option)->fields;

	while (field->name && strcmp(field->name, name) != 0)
		field++;
	assert_non_null(field->name);
	return field;
}

/* conf/ stands below issuer/ as well. */
static void what_rules_allow_are_the_privileges(void **state)
{
	const char *const *words = field_of("rules", "may")->words;
	size_t n = 0;
	(void)state;

	for (; words[n]; n++)
		assert_string_equal(mm_privilege_word(mm_privilege_find(words[n])), words[n]);
	for (enum mm_privilege privilege = MM_PRIV_NONE; privilege < MM_PRIV_COUNT; privilege++)
		n -= mm_privilege_word(privilege) != NULL;
	assert_int_equal(n, 0);
}

static void kinds_are_in_the_order_of_their_values(void **state)
{
	const char *const *words = field_of("bound_objects", "kind")->words;
	(void)state;

	assert_string_equal(words[0], "Pod");
	assert_string_equal(words[1], "Node");
	assert_string_equal(words[2], "Secret");
	assert_null(words[3]);
}

/* ---- the sample file --------------------------------------------------------------------------------------------- */

#define SAMPLE "conf/mintmark.yaml"

static char *read_sample(void)
{
	const char *top = getenv("MM_SRCDIR");
	mm_auto_buf path = {0}, text = {0};
	struct mm_err err = {0};

	mm_buf_printf(&path, "%s/" SAMPLE, top ? top : ".");
	assert_ok(mm_path_read(path.p, MM_FILE_ANY, 65536, &text, &err), &err);
	return mm_buf_take(&text);
}

/* Whether what follows a '#' is YAML: "name: value", an item of a list, or what is indented below; "# Text" is not. */
static bool is_commented_out(const char *text)
{
	return (*text >= 'a' && *text <= 'z') || *text == '-' || strncmp(text, "  ", 2) == 0;
}

/* The sample with everything that is commented out commented in: "#name: value" to "name: value". */
static void uncomment(char *text)
{
	char *to = text;

	for (char *line = text; *line != '\0';) {
		size_t len = strcspn(line, "\n") + 1, indent = strspn(line, " ");
		bool option = line[indent] == '#' && is_commented_out(&line[indent + 1]);

		if (line[len - 1] == '\0')
			len--;
		memmove(to, line, indent);
		memmove(to + indent, line + indent + option, len - indent - option);
		to += len - option;
		line += len;
	}
	*to = '\0';
}

/* Takes the one line with `name` out. */
static void leave_out(char *text, const char *name)
{
	char *line = strstr(text, name);
	size_t len;

	assert_non_null(line);
	len = strcspn(line, "\n");
	memmove(line, line + len, strlen(line + len) + 1);
}

static void sample_is_accepted_as_it_is(void **state)
{
	mm_auto_string text = read_sample();
	mm_auto(mm_config) config = NULL;
	struct mm_err err = {0};
	(void)state;

	assert_ok(mm_config_parse(mm_span_str(text), SAMPLE, "/etc/mintmark", &config, &err), &err);
	assert_string_equal(config->issuer, "https://oidc.example.com/id/prod");
}

/* Each option once: as it stands, or commented out with its default. */
static void sample_has_every_option_with_its_default(void **state)
{
	mm_auto_string text = read_sample();
	(void)state;

	for (size_t i = 0; i < mm_option_count; i++) {
		const struct mm_option *option = &mm_options[i];
		const char *dot = strchr(option->name, '.');
		mm_auto_buf line = {0};

		mm_buf_printf(&line, "\n%s%s%s:", dot ? "  " : "", option->required ? "" : "#",
			      dot ? dot + 1 : option->name);
		if (option->fallback)
			mm_buf_printf(&line, " %s\n", option->fallback);
		assert_contains(text, line.p);
	}
}

static void sample_stays_valid_with_everything_commented_in(void **state)
{
	mm_auto_string text = read_sample();
	mm_auto_string plain = read_sample();
	mm_auto(mm_config) config = NULL;
	mm_auto(mm_config) defaults = NULL;
	struct mm_err err = {0};
	(void)state;

	uncomment(text);
	leave_out(text, "  algorithm:"); /* what stands below it is in its place, and likewise */
	leave_out(text, "service_accounts: any");
	leave_out(text, "bound_objects: any");
	assert_contains(text, "\n  certificate: /etc");
	assert_ok(mm_config_parse(mm_span_str(text), SAMPLE, "/etc/mintmark", &config, &err), &err);
	assert_ok(mm_config_parse(mm_span_str(plain), SAMPLE, "/etc/mintmark", &defaults, &err), &err);
	assert_int_equal(config->keys.rotate_every, defaults->keys.rotate_every);
	assert_int_equal(config->http.max_connections, defaults->http.max_connections);
	assert_string_equal(config->listen.admin, defaults->listen.admin);
	assert_string_equal(config->data_dir, defaults->data_dir);
	assert_int_equal(config->tokens.audiences.n, 1);
	assert_int_equal(config->keys.algorithms.n, 2);
	assert_int_equal(config->keys.on_change.v[0][0], '/');
	assert_non_null(config->tls.key);
	assert_non_null(config->callers.client_crl);
	assert_int_equal(config->rules.n, 4);
	assert_int_equal(config->service_accounts.n, 1);
	assert_int_equal(config->bound_objects.n, 3);
	assert_int_equal(config->limits.burst, defaults->limits.burst);
	assert_int_equal(config->publish.n, 2);
	assert_non_null(config->s3.endpoint);
	assert_non_null(config->s3.region);
}

/* "(reload)" stands in the sample's comment above an option exactly when a reload takes the option over. */
static void sample_says_what_a_reload_takes_over(void **state)
{
	mm_auto_string text = read_sample();
	bool reload = false, in_comment = false;
	bool seen[64] = {false};
	char section[32] = "";
	(void)state;

	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		char name[64], *word = line + strspn(line, " ");
		const struct mm_option *option;

		if (*word == '#' && !is_commented_out(word + 1)) {
			reload = (in_comment && reload) || strstr(word, "(reload") != NULL;
			in_comment = true;
			continue;
		}
		in_comment = false;
		word += *word == '#';
		word[strcspn(word, ":")] = '\0';
		if (*line != ' ')
			snprintf(section, sizeof section, "%.20s", word);
		snprintf(name, sizeof name, "%s%s%.30s", *line == ' ' ? section : "", *line == ' ' ? "." : "", word);
		option = mm_option_find(name);
		if (!option)
			continue;
		seen[option - mm_options] = true;
		if (option->reloadable != reload)
			fail_msg("%s: reloadable %d, the sample says %d", name, option->reloadable, reload);
	}
	assert_true(mm_option_count < MM_COUNT(seen));
	for (size_t i = 0; i < mm_option_count; i++)
		assert_true(seen[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_unique_and_nested_at_most_once),
		cmocka_unit_test(no_two_options_share_their_place),
		cmocka_unit_test(the_fields_of_a_record_fill_it),
		cmocka_unit_test(help_is_one_line_and_ends_in_a_full_stop),
		cmocka_unit_test(every_option_says_what_it_accepts),
		cmocka_unit_test(accepts_is_derived_from_type_and_range),
		cmocka_unit_test(algorithms_are_those_of_the_algorithm_table),
		cmocka_unit_test(level_words_are_in_the_order_of_their_values),
		cmocka_unit_test(what_rules_allow_are_the_privileges),
		cmocka_unit_test(kinds_are_in_the_order_of_their_values),
		cmocka_unit_test(sample_is_accepted_as_it_is),
		cmocka_unit_test(sample_has_every_option_with_its_default),
		cmocka_unit_test(sample_stays_valid_with_everything_commented_in),
		cmocka_unit_test(sample_says_what_a_reload_takes_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
