/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include "tests/unit/written.h"

#include <mintmark/option.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MINIMAL "issuer: https://h.example\n"

static void every_default_is_filled_in(void **state)
{
	mm_auto(mm_config) config = written_parse(MINIMAL);
	(void)state;

	assert_string_equal(config->issuer, "https://h.example");
	assert_null(config->path);
	assert_string_equal(config->data_dir, "/var/lib/mintmark/data");
	assert_string_equal(config->listen.public, "127.0.0.1:8443");
	assert_string_equal(config->listen.admin, "127.0.0.1:8444");
	assert_null(config->tls.certificate);
	assert_null(config->tls.key);
	assert_string_equal(config->keys.algorithm, "RS256");
	assert_int_equal(config->keys.rsa_bits, 2048);
	assert_int_equal(config->keys.rotate_every, 30 * 86400);
	assert_int_equal(config->keys.verifier_cache, 3600);
	assert_int_equal(config->keys.propagation, 60);
	assert_int_equal(config->keys.clock_skew, 60);
	assert_int_equal(config->keys.max_keys, 20);
	assert_int_equal(config->keys.algorithms.n, 0);
	assert_int_equal(config->keys.on_change.n, 0);
	assert_int_equal(config->tokens.audiences.n, 0);
	assert_int_equal(config->tokens.default_ttl, 3600);
	assert_int_equal(config->tokens.max_ttl, 86400);
	assert_false(config->tokens.extend_expiration);
	assert_null(config->callers.tokens);
	assert_null(config->callers.client_ca);
	assert_null(config->callers.client_crl);
	assert_int_equal(config->rules.n, 0);
	assert_false(config->rules.any);
	assert_true(config->service_accounts.any);
	assert_true(config->bound_objects.any);
	assert_int_equal(config->limits.rate, 1000);
	assert_int_equal(config->limits.burst, 2000);
	assert_int_equal(config->limits.concurrent, 400);
	assert_int_equal(config->publish.n, 0);
	assert_null(config->s3.endpoint);
	assert_null(config->s3.region);
	assert_int_equal(config->http.workers, 0);
	assert_int_equal(config->http.max_connections, 10000);
	assert_int_equal(config->http.head_timeout, 10);
	assert_int_equal(config->http.idle_timeout, 60);
	assert_int_equal(config->http.drain_timeout, 10);
	assert_int_equal(config->log.level, MM_LOG_INFO);
	assert_int_equal(config->log.format, MM_LOG_TEXT);
	assert_int_equal(config->log.access, MM_ACCESS_OFF);
}

static void what_is_written_is_used(void **state)
{
	mm_auto(mm_config) config = written_parse(MINIMAL "data_dir: data\n"
							  "keys:\n  algorithm: ES256\n  rotate_every: 7d\n"
							  "tokens:\n  audiences: [a, b]\n"
							  "log: {access: json}\n");
	(void)state;

	assert_string_equal(config->data_dir, "/base/data");
	assert_string_equal(config->keys.algorithm, "ES256");
	assert_int_equal(config->keys.rotate_every, 7 * 86400);
	assert_string_equal(config->tokens.audiences.v[1], "b");
	assert_int_equal(config->log.access, MM_ACCESS_JSON);
}

static void lists_are_read_in_their_order(void **state)
{
	mm_auto(mm_config)
		config = written_parse(MINIMAL "keys:\n"
					       "  algorithms: [RS256, ES256]\n"
					       "  on_change:\n    - /usr/bin/env\n    - -i\n    - ''\n    - -i\n");
	(void)state;

	assert_int_equal(config->keys.algorithms.n, 2);
	assert_string_equal(config->keys.algorithms.v[0], "RS256");
	assert_string_equal(config->keys.algorithms.v[1], "ES256");
	assert_int_equal(config->keys.on_change.n, 4);
	assert_string_equal(config->keys.on_change.v[0], "/usr/bin/env");
	assert_string_equal(config->keys.on_change.v[2], "");
	assert_string_equal(config->keys.on_change.v[3], "-i");
}

static void empty_sections_are_fine(void **state)
{
	mm_auto(mm_config) config = written_parse(MINIMAL "tls:\nkeys: {}\nlog: ~\n");
	(void)state;

	assert_null(config->tls.key);
}

/* There is one way to write a name: nested. */
static void a_dotted_key_is_no_other_way_to_nest(void **state)
{
	(void)state;

	written_parse_refuse(MINIMAL "keys.algorithm: RS256\n",
			     "f.yaml:2: keys.algorithm: a key must be a name without dots; nest it");
	written_parse_refuse(MINIMAL "keys:\n  a.b: 1\n", "f.yaml:3: keys.a.b: a key must be a name without dots");
}

static void records_are_read_with_their_lines(void **state)
{
	mm_auto(mm_config) config = written_parse(MINIMAL "rules:\n- users: [a]\n  may: [metrics]\n"
							  "- users: [b]\n  may: [review]\n"
							  "bound_objects: []\n");
	(void)state;

	assert_int_equal(config->rules.n, 2);
	assert_int_equal(config->rules.lines[1], 5);
	assert_int_equal(config->lines[mm_option_find("rules") - mm_options], 2);
	assert_false(config->bound_objects.any);
}

static void the_paths_of_callers_are_relative_to_the_file(void **state)
{
	mm_auto(mm_config)
		config = written_parse(MINIMAL "tls: {certificate: c, key: k}\n"
					       "callers: {tokens: t.csv, client_ca: ca.pem, client_crl: /crl.pem}\n");
	(void)state;

	assert_string_equal(config->callers.tokens, "/base/t.csv");
	assert_string_equal(config->callers.client_ca, "/base/ca.pem");
	assert_string_equal(config->callers.client_crl, "/crl.pem");
}

static void a_missing_issuer_is_told(void **state)
{
	(void)state;

	written_parse_refuse("", "f.yaml: issuer: missing; accepted: an https URL");
	written_parse_refuse("issuer:\n", "f.yaml:1: issuer: found nothing");
}

static void unknown_keys_name_the_nearest_or_what_is_accepted(void **state)
{
	(void)state;

	written_parse_refuse(MINIMAL "keys:\n  rotate_evry: 1d\n",
			     "f.yaml:3: keys.rotate_evry: unknown key; did you mean keys.rotate_every?");
	written_parse_refuse(MINIMAL "isuer: x\n", "f.yaml:2: isuer: unknown key; did you mean issuer?");
	written_parse_refuse(MINIMAL "listne:\n  public: x\n", "f.yaml:2: listne: unknown key; did you mean listen?");
	written_parse_refuse(MINIMAL "keys:\n  frobnicate: 1\n",
			     "accepted: algorithm, algorithms, rsa_bits, rotate_every");
	written_parse_refuse(MINIMAL "zzz: 1\n",
			     "accepted: issuer, data_dir, listen, tls, keys, tokens, callers, rules, "
			     "service_accounts, bound_objects, limits, publish, s3, http, log");
	written_parse_refuse("issuer:\n  zzz: 1\n", "issuer: found a mapping; accepted: an https URL");
}

static void values_of_the_wrong_shape_are_told(void **state)
{
	(void)state;

	written_parse_refuse(MINIMAL "keys: 5\n", "f.yaml:2: keys: found \"5\"; accepted: a mapping with algorithm");
	written_parse_refuse(MINIMAL "keys: [a]\n", "f.yaml:2: keys: found a list");
	written_parse_refuse(MINIMAL "data_dir: [a]\n", "f.yaml:2: data_dir: found a list");
	written_parse_refuse(MINIMAL "tokens:\n  audiences: a\n",
			     "f.yaml:3: tokens.audiences: found \"a\"; accepted: a list");
	written_parse_refuse(
		MINIMAL "keys:\n  algorithms: RS256\n",
		"f.yaml:3: keys.algorithms: found \"RS256\"; accepted: a list of 1 to 10 different ones of RS256");
	written_parse_refuse(
		MINIMAL "keys:\n  on_change: /bin/true\n",
		"f.yaml:3: keys.on_change: found \"/bin/true\"; accepted: a list of the absolute path of a program");
	written_parse_refuse(MINIMAL "data_dir: ~\n", "f.yaml:2: data_dir: found nothing");
}

static void a_wrong_value_is_told_with_its_place(void **state)
{
	(void)state;

	written_parse_refuse(MINIMAL "tokens:\n  max_ttl: 24\n",
			     "f.yaml:3: tokens.max_ttl: found \"24\"; accepted: a duration from 1s to 365d");
}

static void a_long_wrong_value_is_cut(void **state)
{
	char text[400] = MINIMAL "log:\n  level: ";
	size_t len = strlen(text);
	mm_auto(mm_config) config = NULL;
	struct mm_err err = {0};
	(void)state;

	memset(text + len, 'x', 300);
	assert_int_equal(mm_config_parse(mm_span_str(text), "f.yaml", "/", &config, &err), MM_ECONFIG);
	assert_contains(err.text, "xxx...\"; accepted: error, warn, info or debug");
}

static void what_is_found_wrong_later_is_told_with_its_place(void **state)
{
	mm_auto(mm_config) config = NULL;
	struct mm_err set = {0}, unset = {0}, unread = {0};
	(void)state;

	assert_ok(mm_config_parse(mm_span_str(MINIMAL "keys:\n  rotate_every: 1h\n"), "f.yaml", "/", &config, NULL),
		  NULL);
	(void)mm_config_context(config, "keys.rotate_every", mm_fail(&set, MM_ECONFIG, "too short"), &set);
	assert_string_equal(set.text, "f.yaml:3: too short");
	(void)mm_config_context(config, "keys.max_keys", mm_fail(&unset, MM_ECONFIG, "too few"), &unset);
	assert_string_equal(unset.text, "f.yaml: too few");
	(void)mm_config_context(&(struct mm_config){0}, "keys.max_keys", mm_fail(&unread, MM_ECONFIG, "few"), &unread);
	assert_string_equal(unread.text, "few");
	assert_int_equal(mm_config_context(config, "keys.max_keys", MM_OK, &set), MM_OK);
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

static int make_dir(void **state)
{
	static struct test_dir dir;

	test_dir_make(&dir);
	*state = &dir;
	return 0;
}

static int remove_dir(void **state)
{
	test_dir_remove(*state);
	return 0;
}

static char *path_in(const struct test_dir *dir, const char *name)
{
	mm_auto_buf path = {0};

	mm_buf_printf(&path, "%s/%s", dir->path, name);
	return mm_buf_take(&path);
}

static void paths_in_a_file_are_relative_to_it(void **state)
{
	mm_auto_string path = path_in(*state, "m.yaml");
	mm_auto_string data = path_in(*state, "keys/here");
	mm_auto(mm_config) config = NULL;
	struct mm_err err = {0};

	test_file_write(((struct test_dir *)*state)->fd, "m.yaml", MINIMAL "data_dir: keys/here\n", 0644);
	assert_ok(mm_config_load(path, &config, &err), &err);
	assert_string_equal(config->path, path);
	assert_string_equal(config->data_dir, data);
}

static void messages_name_the_file(void **state)
{
	mm_auto_string path = path_in(*state, "m.yaml");
	mm_auto(mm_config) config = NULL;
	struct mm_err err = {0};

	test_file_write(((struct test_dir *)*state)->fd, "m.yaml", MINIMAL "x: y\n", 0600);
	assert_int_equal(mm_config_load(path, &config, &err), MM_ECONFIG);
	assert_memory_equal(err.text, path, strlen(path));
	assert_contains(err.text, "m.yaml:2: x: unknown key");
}

static void a_missing_file_is_not_found(void **state)
{
	mm_auto_string path = path_in(*state, "none.yaml");
	mm_auto(mm_config) config = NULL;
	struct mm_err err = {0};

	assert_fails(mm_config_load(path, &config, &err), MM_ENOTFOUND, &err);
}

static void a_file_that_others_may_write_is_refused(void **state)
{
	static const mode_t modes[] = {0666, 0602, 0620};
	mm_auto_string path = path_in(*state, "m.yaml");

	for (size_t i = 0; i < MM_COUNT(modes); i++) {
		mm_auto(mm_config) config = NULL;
		struct mm_err err = {0};

		test_file_write(((struct test_dir *)*state)->fd, "m.yaml", MINIMAL, modes[i]);
		assert_int_equal(mm_config_load(path, &config, &err), MM_ECONFIG);
		assert_contains(err.text, "write to it");
	}
}

static void a_file_that_is_too_large_is_refused(void **state)
{
	mm_auto_string path = path_in(*state, "m.yaml");
	mm_auto(mm_config) config = NULL;
	struct mm_err err = {0};
	mm_auto_buf text = {0};

	mm_buf_add_str(&text, MINIMAL);
	while (text.len <= 4 << 20)
		mm_buf_add_str(&text, "# a comment that fills the file\n");
	test_file_write(((struct test_dir *)*state)->fd, "m.yaml", text.p, 0600);
	assert_fails(mm_config_load(path, &config, &err), MM_ECONFIG, &err);
}

/* ---- which file -------------------------------------------------------------------------------------------------- */

/* What is found for --config `flag` in the directory of the test. */
static char *find(const struct test_dir *dir, const char *flag, enum mm_code expected)
{
	mm_auto_string before = get_current_dir_name();
	char *path = NULL;
	struct mm_err err = {0};
	enum mm_code code;

	assert_int_equal(chdir(dir->path), 0);
	code = mm_config_find(flag, &path, &err);
	assert_int_equal(chdir(before), 0);
	assert_int_equal(code, expected);
	return path;
}

static void the_flag_comes_first(void **state)
{
	mm_auto_string path = NULL;

	setenv("MINTMARK_CONFIG", "/from/environment", 1);
	path = find(*state, "/from/flag", MM_OK);
	unsetenv("MINTMARK_CONFIG");
	assert_string_equal(path, "/from/flag");
}

/* Also when it does not exist: whoever set it did not mean another file. */
static void the_environment_comes_second(void **state)
{
	mm_auto_string path = NULL;

	test_file_write(((struct test_dir *)*state)->fd, "mintmark.yaml", MINIMAL, 0600);
	setenv("MINTMARK_CONFIG", "/from/environment", 1);
	path = find(*state, NULL, MM_OK);
	unsetenv("MINTMARK_CONFIG");
	assert_string_equal(path, "/from/environment");
}

static void the_working_directory_comes_third(void **state)
{
	mm_auto_string path = NULL;

	test_file_write(((struct test_dir *)*state)->fd, "mintmark.yaml", MINIMAL, 0600);
	setenv("MINTMARK_CONFIG", "", 1);
	path = find(*state, NULL, MM_OK);
	unsetenv("MINTMARK_CONFIG");
	assert_string_equal(path, "mintmark.yaml");
}

static void nothing_found_names_all_places(void **state)
{
	struct mm_err err = {0};
	mm_auto_string before = get_current_dir_name();
	mm_auto_string path = NULL;
	const struct test_dir *dir = *state;

	unsetenv("MINTMARK_CONFIG");
	if (access("/etc/mintmark/mintmark.yaml", F_OK) == 0)
		skip(); /* this host has one */
	assert_int_equal(chdir(dir->path), 0);
	assert_int_equal(mm_config_find(NULL, &path, &err), MM_ENOTFOUND);
	assert_int_equal(chdir(before), 0);
	assert_contains(err.text, "--config");
	assert_contains(err.text, "MINTMARK_CONFIG");
	assert_contains(err.text, "./mintmark.yaml");
	assert_contains(err.text, "/etc/mintmark/mintmark.yaml");
}

/* ---- reload ------------------------------------------------------------------------------------------------------ */

static void changes_that_need_a_restart_are_named(void **state)
{
	mm_auto(mm_config) running = written_parse(MINIMAL "keys: {rotate_every: 7d}\n");
	mm_auto(mm_config) next = written_parse(
		"issuer: https://other.example\nlisten: {public: 'h:1'}\nkeys: {rotate_every: 8d}\n");
	mm_auto_strings names = {0};
	struct mm_err err = {0};
	(void)state;

	assert_ok(mm_config_fixed_changes(running, next, &names, &err), &err);
	assert_int_equal(names.n, 2);
	assert_true(mm_strings_has(&names, "issuer"));
	assert_true(mm_strings_has(&names, "listen.public"));
}

static void what_a_reload_may_not_change_is_kept(void **state)
{
	mm_auto(mm_config) running = written_parse(MINIMAL "tls: {certificate: c, key: k}\n");
	mm_auto(mm_config) next = written_parse("issuer: https://other.example\nkeys: {rotate_every: 8d}\n");
	mm_auto_strings names = {0};
	struct mm_err err = {0};
	(void)state;

	assert_ok(mm_config_keep_fixed(running, next, &err), &err);
	assert_string_equal(next->issuer, "https://h.example");
	assert_string_equal(next->tls.key, "/base/k");
	assert_int_equal(next->keys.rotate_every, 8 * 86400);
	assert_ok(mm_config_fixed_changes(running, next, &names, &err), &err);
	assert_int_equal(names.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_default_is_filled_in),
		cmocka_unit_test(what_is_written_is_used),
		cmocka_unit_test(lists_are_read_in_their_order),
		cmocka_unit_test(empty_sections_are_fine),
		cmocka_unit_test(a_dotted_key_is_no_other_way_to_nest),
		cmocka_unit_test(records_are_read_with_their_lines),
		cmocka_unit_test(the_paths_of_callers_are_relative_to_the_file),
		cmocka_unit_test(a_missing_issuer_is_told),
		cmocka_unit_test(unknown_keys_name_the_nearest_or_what_is_accepted),
		cmocka_unit_test(values_of_the_wrong_shape_are_told),
		cmocka_unit_test(a_wrong_value_is_told_with_its_place),
		cmocka_unit_test(a_long_wrong_value_is_cut),
		cmocka_unit_test(what_is_found_wrong_later_is_told_with_its_place),
		cmocka_unit_test_setup_teardown(paths_in_a_file_are_relative_to_it, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(messages_name_the_file, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(a_missing_file_is_not_found, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(a_file_that_others_may_write_is_refused, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(a_file_that_is_too_large_is_refused, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(the_flag_comes_first, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(the_environment_comes_second, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(the_working_directory_comes_third, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(nothing_found_names_all_places, make_dir, remove_dir),
		cmocka_unit_test(changes_that_need_a_restart_are_named),
		cmocka_unit_test(what_a_reload_may_not_change_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
