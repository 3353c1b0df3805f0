/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/keysets.h"
#include "tests/unit/tokens.h"

#include "cli/init_config.h"

#include <string.h>

#define ISSUER "https://h.example"

static void assert_composes(const struct mm_init_wish *wish, const char *part)
{
	mm_auto_buf text = {0};
	struct mm_err err = {0};

	assert_ok(mm_init_compose(wish, &text, &err), &err);
	assert_contains(text.p, part);
}

/* What is composed is read back, and agrees with the wish. */
static void what_is_composed_is_what_was_wished(void **state)
{
	const struct mm_init_wish wishes[] = {
		{.issuer = ISSUER},
		{.issuer = "http://[::1]:8444/id", .alg = test_alg("ES384")},
		{.issuer = ISSUER, .alg = test_alg("PS256"), .rsa_bits = 3072},
		{.issuer = ISSUER, .key = test_shared_key("EdDSA", 0)},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(wishes); i++) {
		mm_auto_buf text = {0};
		mm_auto_buf found = {0};
		mm_auto(mm_config) config = NULL;
		struct mm_policy policy;
		struct mm_err err = {0};

		assert_ok(mm_init_compose(&wishes[i], &text, &err), &err);
		assert_ok(mm_config_parse(mm_buf_span(&text), "m.yaml", ".", &config, &err), &err);
		assert_ok(mm_policy_from_config(config, &policy, &err), &err);
		assert_null(mm_init_disagreement(&wishes[i], config, &policy, &found));
	}
}

/* "#name: value" to "name: value"; "# Text" stays. */
static void uncomment(char *text)
{
	for (char *p = text; *p; p++) {
		if (*p == '#' && (p == text || p[-1] == '\n') && strncmp(p, "# ", 2) != 0)
			memmove(p, p + 1, strlen(p));
		else if (strncmp(p, "\n#  ", 4) == 0)
			memmove(p + 1, p + 2, strlen(p + 1));
	}
}

static void what_is_commented_out_is_accepted_too(void **state)
{
	mm_auto_buf text = {0};
	mm_auto(mm_config) config = NULL;
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_init_compose(&(struct mm_init_wish){.issuer = ISSUER}, &text, &err), &err);
	uncomment(text.p);
	assert_ok(mm_config_parse(mm_span_str(text.p), "m.yaml", ".", &config, &err), &err);
	assert_non_null(config->tls.key);
	assert_string_equal(config->callers.tokens, "tokens.csv");
	assert_int_equal(config->rules.n, 1);
}

static void an_imported_key_decides_what_is_not_said(void **state)
{
	(void)state;
	assert_composes(&(struct mm_init_wish){.issuer = ISSUER, .key = test_shared_key("RS256", 0)},
			"keys:\n  algorithm: RS256\n  rsa_bits: 2048\n");
	assert_composes(&(struct mm_init_wish){.issuer = ISSUER, .rsa_bits = 4096, .key = test_shared_key("RS256", 0)},
			"rsa_bits: 4096\n");
}

static void a_loopback_issuer_is_served_where_its_url_says(void **state)
{
	(void)state;
	assert_composes(&(struct mm_init_wish){.issuer = "http://localhost:8444"},
			"listen:\n  public: \"127.0.0.1:8444\"\n  admin: 127.0.0.1:8443\n");
}

/* ---- comparing --------------------------------------------------------------------------------------------------- */

/* Compares with a configuration for ISSUER, these keys in YAML, and returns the option that is not as wished. */
static const char *disagreement(const struct mm_init_wish *wish, const char *keys, struct mm_buf *found)
{
	mm_auto_buf text = {0};
	mm_auto(mm_config) config = NULL;
	struct mm_policy policy;
	struct mm_err err = {0};

	mm_buf_printf(&text, "issuer: " ISSUER "\nkeys: {%s}\n", keys);
	assert_ok(mm_config_parse(mm_buf_span(&text), "m.yaml", ".", &config, &err), &err);
	assert_ok(mm_policy_from_config(config, &policy, &err), &err);
	return mm_init_disagreement(wish, config, &policy, found);
}

static void assert_disagrees(const struct mm_init_wish *wish, const char *keys, const char *option, const char *value)
{
	mm_auto_buf found = {0};

	assert_string_equal(disagreement(wish, keys, &found), option);
	assert_string_equal(found.p, value);
}

static void assert_agrees(const struct mm_init_wish *wish, const char *keys)
{
	mm_auto_buf found = {0};

	assert_null(disagreement(wish, keys, &found));
}

static void each_thing_that_was_said_is_compared(void **state)
{
	(void)state;
	assert_agrees(&(struct mm_init_wish){.issuer = ISSUER}, "algorithm: EdDSA, rsa_bits: 4096");
	assert_disagrees(&(struct mm_init_wish){.issuer = ISSUER "/"}, "", "issuer", ISSUER);
	assert_disagrees(&(struct mm_init_wish){.issuer = ISSUER, .alg = test_alg("ES256")}, "algorithm: EdDSA",
			 "keys.algorithm", "EdDSA");
	assert_disagrees(&(struct mm_init_wish){.issuer = ISSUER, .rsa_bits = 3072}, "", "keys.rsa_bits", "2048");
}

static void of_several_algorithms_the_first_is_the_one_asked_for(void **state)
{
	(void)state;
	assert_agrees(&(struct mm_init_wish){.issuer = ISSUER, .alg = test_alg("ES256")}, "algorithms: [ES256, RS256]");
	assert_disagrees(&(struct mm_init_wish){.issuer = ISSUER, .alg = test_alg("RS256")},
			 "algorithms: [ES256, RS256]", "keys.algorithms", "ES256, RS256");
}

static void an_imported_key_may_be_for_any_of_them(void **state)
{
	const struct mm_init_wish wish = {.issuer = ISSUER, .key = test_shared_key("RS256", 0)};

	(void)state;
	assert_agrees(&wish, "algorithms: [ES256, RS256], rsa_bits: 4096");
	assert_disagrees(&wish, "algorithms: [ES256, EdDSA]", "keys.algorithms", "ES256, EdDSA");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_composed_is_what_was_wished),
		cmocka_unit_test(what_is_commented_out_is_accepted_too),
		cmocka_unit_test(an_imported_key_decides_what_is_not_said),
		cmocka_unit_test(a_loopback_issuer_is_served_where_its_url_says),
		cmocka_unit_test(each_thing_that_was_said_is_compared),
		cmocka_unit_test(of_several_algorithms_the_first_is_the_one_asked_for),
		cmocka_unit_test(an_imported_key_may_be_for_any_of_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
