/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <mintmark/config.h>

#define ISSUER "issuer: https://h.example\n"

static void accept(const char *text)
{
	mm_auto(mm_config) config = NULL;
	struct mm_err err = {0};

	assert_ok(mm_config_parse(mm_span_str(text), "f", ".", &config, &err), &err);
}

static void refuse(const char *text, const char *part)
{
	mm_auto(mm_config) config = NULL;
	struct mm_err err = {0};

	assert_int_equal(mm_config_parse(mm_span_str(text), "f", ".", &config, &err), MM_ECONFIG);
	assert_null(config);
	assert_contains(err.text, part);
}

static void default_lifetime_fits_into_the_longest(void **state)
{
	(void)state;

	accept(ISSUER "tokens: {default_ttl: 2h, max_ttl: 2h}\n");
	refuse(ISSUER "tokens:\n  max_ttl: 2h\n  default_ttl: 3h\n",
	       "f:4: tokens.default_ttl: default_ttl is 3h, max_ttl is 2h");
}

/* One of the two is at its default: the line is that of the other. */
static void default_lifetime_that_was_not_written_is_told_too(void **state)
{
	(void)state;

	refuse(ISSUER "tokens: {max_ttl: 30m}\n", "f:2: tokens.max_ttl: default_ttl is 1h, max_ttl is 30m");
}

static void certificate_and_key_come_together(void **state)
{
	(void)state;

	accept(ISSUER "tls: {certificate: c, key: k}\n");
	accept(ISSUER "tls:\n");
	refuse(ISSUER "tls: {certificate: c}\n", "f:2: tls.certificate: one of certificate and key is missing");
	refuse(ISSUER "tls:\n  key: k\n", "f:3: tls.key: one of certificate and key is missing");
}

static void tls_is_for_https_issuers(void **state)
{
	(void)state;

	refuse("issuer: http://127.0.0.1:8080\ntls: {certificate: c, key: k}\n", "the issuer is http");
}

/* With SO_REUSEPORT the kernel would let both listen there. */
static void listeners_have_ports_of_their_own(void **state)
{
	(void)state;

	accept(ISSUER "listen: {public: '0.0.0.0:8444', admin: off}\n");
	accept(ISSUER "listen: {public: '127.0.0.1:0', admin: '127.0.0.1:0'}\n");
	refuse(ISSUER "listen: {public: '0.0.0.0:8444'}\n", "f:2: listen.public: public and admin have the same port");
	refuse(ISSUER "listen: {admin: '127.0.0.1:8443'}\n", "f:2: listen.admin: public and admin have the same port");
}

static void one_algorithm_or_several_but_not_both(void **state)
{
	(void)state;

	accept(ISSUER "keys: {algorithm: ES256}\n");
	accept(ISSUER "keys: {algorithms: [ES256, RS256]}\n");
	refuse(ISSUER "keys:\n  algorithm: ES256\n  algorithms: [ES256]\n",
	       "f:4: keys.algorithms: keys.algorithm stands in line 3; accepted: one of the two");
	refuse(ISSUER "keys:\n  algorithms: [ES256]\n  algorithm: ES256\n",
	       "f:4: keys.algorithm: keys.algorithms stands in line 3; accepted: one of the two");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(default_lifetime_fits_into_the_longest),
		cmocka_unit_test(default_lifetime_that_was_not_written_is_told_too),
		cmocka_unit_test(certificate_and_key_come_together),
		cmocka_unit_test(tls_is_for_https_issuers),
		cmocka_unit_test(listeners_have_ports_of_their_own),
		cmocka_unit_test(one_algorithm_or_several_but_not_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
