/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/doctor/doctor_parts.h"
#include "tests/unit/certificates.h"
#include "tests/unit/reports.h"

#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#define DAY  ((mm_duration)86400)
#define NOW  CERT_NOW
#define HOST "oidc.test"

/* root <- middle <- leaf, for a year; old and late are other leaves by middle, alone is by itself. */
static struct test_certificate root, middle, leaf, old, late, soon, alone, stranger;
static struct test_dir dir;

/* Who is publicly trusted: nobody but the authorities of this file. */
static void trust(const char *name)
{
	assert_int_equal(setenv("SSL_CERT_FILE", test_dir_path(&dir, name), 1), 0);
	assert_int_equal(setenv("SSL_CERT_DIR", "/nonexistent", 1), 0);
}

static int make(void **state)
{
	const mm_time from = NOW - DAY, until = NOW + 365 * DAY;

	(void)state;
	test_dir_make(&dir);
	root = test_certificate_between(NULL, "root", NULL, from, until);
	middle = test_certificate_between(&root, "middle", NULL, from, until);
	leaf = test_certificate_between(&middle, "leaf", "DNS:" HOST, from, until);
	old = test_certificate_between(&middle, "old", "DNS:" HOST, NOW - 9 * DAY, NOW - 1);
	late = test_certificate_between(&middle, "late", "DNS:" HOST, NOW + 1, until);
	soon = test_certificate_between(&middle, "soon", "DNS:" HOST, NOW - 80 * DAY, NOW + DAY);
	alone = test_certificate_between(NULL, "alone", "DNS:" HOST, from, until);
	stranger = test_certificate_between(NULL, "stranger", NULL, from, until);
	test_pem_add(&dir, "root.pem", root.x509);
	test_pem_add(&dir, "stranger.pem", stranger.x509);
	return 0;
}

static int unmake(void **state)
{
	struct test_certificate *const all[] = {&root, &middle, &leaf, &old, &late, &soon, &alone, &stranger};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(all); i++)
		test_certificate_free(all[i]);
	test_dir_remove(&dir);
	return 0;
}

/* As if it had been fetched. */
static struct mm_certchain *chain_of(const struct test_certificate *const *list)
{
	struct mm_certchain *chain = test_chain(list);

	chain->protocol = "TLSv1.3";
	memcpy(chain->address, "192.0.2.1:443", sizeof "192.0.2.1:443");
	return chain;
}

/* As the server of the discovery document; `ca` is a file of the directory, or NULL. */
static struct mm_doctor_server judge(const struct test_certificate *const *list, const char *ca,
				     struct mm_findings *report)
{
	mm_auto(mm_certchain) chain = chain_of(list);
	char path[512];
	struct mm_doctor_server server = {.host = HOST, .chain = chain, .now = NOW};
	struct mm_err err = {0};

	if (ca)
		server.ca_file = strcpy(path, test_dir_path(&dir, ca));
	assert_ok(mm_doctor_judge_chain(MM_DOCTOR_DISCOVERY, &server, report, &err), &err);
	server.chain = NULL;
	server.ca_file = NULL;
	return server;
}

static void a_chain_as_it_should_be_passes_everything(void **state)
{
	mm_auto_findings report = {0};

	(void)state;
	trust("root.pem");
	assert_true(judge(TEST_LIST(&leaf, &middle), NULL, &report).public);
	assert_string_equal(test_faults(&report), "");
	assert_int_equal(report.n, 8);
	assert_found(&report, MM_FINDING_PASS, "tls.reach", "oidc.test at 192.0.2.1:443");
	assert_found(&report, MM_FINDING_PASS, "tls.version", "TLSv1.3");
	assert_found(&report, MM_FINDING_PASS, "tls.trust", "publicly trusted");
}

static void each_chain_has_its_faults_and_no_others(void **state)
{
	const struct {
		const struct test_certificate *const *list;
		const char *ca, *faults, *says;
	} rows[] = {
		{TEST_LIST(&leaf, &middle), "root.pem", "", ""},
		{TEST_LIST(&leaf, &middle, &root), "root.pem", "", ""},
		{TEST_LIST(&leaf, &middle), NULL, "tls.trust", "no public authority vouches"},
		{TEST_LIST(&leaf, &middle), "stranger.pem", "tls.trust", "issuer certificate"},
		{TEST_LIST(&alone), NULL, "tls.trust", "self"},
		{TEST_LIST(&alone), "root.pem", "tls.trust", "self"},
		{TEST_LIST(&leaf), NULL, "tls.trust", "no public authority vouches"},
		{TEST_LIST(&leaf), "root.pem", "tls.chain",
		 "CN=leaf is presented without that of its issuer, CN=middle"},
		{TEST_LIST(&leaf, &root), "root.pem", "tls.order tls.chain", "issued none of the others"},
		{TEST_LIST(&leaf, &root, &middle), "root.pem", "tls.order", "which is presented before it"},
		{TEST_LIST(&leaf, &middle, &stranger), "root.pem", "tls.order", "CN=stranger"},
		{TEST_LIST(&old, &middle), "root.pem", "tls.expiry", "CN=old, expired at"},
		{TEST_LIST(&late, &middle), "root.pem", "tls.expiry", "CN=late, is not valid before"},
		{TEST_LIST(&soon, &middle), "root.pem", "tls.expiry", "CN=soon, expires at"},
	};

	(void)state;
	trust("stranger.pem");
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto_findings report = {0};

		judge(rows[i].list, rows[i].ca, &report);
		if (strcmp(test_faults(&report), rows[i].faults) != 0)
			fail_msg("row %zu: %s, expected %s", i, test_faults(&report), rows[i].faults);
		for (size_t j = 0; j < report.n; j++) {
			if (report.v[j].level >= MM_FINDING_WARN) {
				assert_contains(report.v[j].text, rows[i].says);
				break;
			}
		}
	}
}

static void a_private_authority_is_known_not_to_be_public(void **state)
{
	mm_auto_findings report = {0};
	struct mm_doctor_server server;

	(void)state;
	trust("stranger.pem");
	server = judge(TEST_LIST(&leaf, &middle), "root.pem", &report);
	assert_true(server.public_known);
	assert_false(server.public);
	assert_found(&report, MM_FINDING_PASS, "tls.trust", "trusted by ");
}

static void what_has_expired_is_not_distrusted_as_well(void **state)
{
	mm_auto_findings report = {0};

	(void)state;
	trust("root.pem");
	assert_false(judge(TEST_LIST(&old, &middle), NULL, &report).public_known);
	assert_string_equal(test_faults(&report), "tls.expiry");
	assert_null(mm_findings_find(&report, "tls.trust"));
}

static void without_public_authorities_trust_is_not_known(void **state)
{
	mm_auto_findings blind = {0}, told = {0};

	(void)state;
	trust("none.pem");
	assert_false(judge(TEST_LIST(&leaf, &middle), NULL, &blind).public_known);
	assert_string_equal(test_faults(&blind), "tls.trust");
	assert_found(&blind, MM_FINDING_FAIL, "tls.trust", "cannot be told");
	assert_false(judge(TEST_LIST(&leaf, &middle), "root.pem", &told).public_known);
	assert_string_equal(test_faults(&told), "");
}

static void another_name_is_a_fault(void **state)
{
	mm_auto(mm_certchain) chain = chain_of(TEST_LIST(&leaf, &middle));
	struct mm_doctor_server server = {.host = "other.test", .chain = chain, .now = NOW};
	mm_auto_findings report = {0};
	struct mm_err err = {0};

	(void)state;
	trust("root.pem");
	assert_ok(mm_doctor_judge_chain(MM_DOCTOR_JWKS, &server, &report, &err), &err);
	assert_string_equal(test_faults(&report), "tls.jwks-name");
	assert_found(&report, MM_FINDING_FAIL, "tls.jwks-name", "is for oidc.test, not for other.test");
}

static void an_address_that_the_world_cannot_reach_is_a_warning(void **state)
{
	static const struct {
		bool placed;
		enum mm_scope scope;
		enum mm_finding_level level;
		const char *says;
	} rows[] = {
		{false, MM_SCOPE_PUBLIC, MM_FINDING_PASS, "oidc.test is 192.0.2.1:443"},
		{false, MM_SCOPE_PRIVATE, MM_FINDING_WARN, "a private address"},
		{false, MM_SCOPE_LOOPBACK, MM_FINDING_WARN, "a loopback address"},
		{true, MM_SCOPE_LOOPBACK, MM_FINDING_SKIP, "192.0.2.1:443 was given"},
	};

	(void)state;
	trust("root.pem");
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto(mm_certchain) chain = chain_of(TEST_LIST(&leaf, &middle));
		struct mm_doctor_server server = {
			.host = HOST, .chain = chain, .now = NOW, .placed = rows[i].placed, .scope = rows[i].scope};
		mm_auto_findings report = {0};
		struct mm_err err = {0};

		assert_ok(mm_doctor_judge_chain(MM_DOCTOR_DISCOVERY, &server, &report, &err), &err);
		assert_found(&report, rows[i].level, "tls.address", rows[i].says);
	}
}

static void authorities_that_cannot_be_read_are_an_error(void **state)
{
	mm_auto(mm_certchain) chain = chain_of(TEST_LIST(&leaf, &middle));
	struct mm_doctor_server server = {.host = HOST, .chain = chain, .now = NOW, .ca_file = "/nonexistent.pem"};
	mm_auto_findings report = {0};
	struct mm_err err = {0};

	(void)state;
	trust("stranger.pem");
	assert_fails(mm_doctor_judge_chain(MM_DOCTOR_DISCOVERY, &server, &report, &err), MM_EIO, &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chain_as_it_should_be_passes_everything),
		cmocka_unit_test(each_chain_has_its_faults_and_no_others),
		cmocka_unit_test(a_private_authority_is_known_not_to_be_public),
		cmocka_unit_test(what_has_expired_is_not_distrusted_as_well),
		cmocka_unit_test(without_public_authorities_trust_is_not_known),
		cmocka_unit_test(another_name_is_a_fault),
		cmocka_unit_test(an_address_that_the_world_cannot_reach_is_a_warning),
		cmocka_unit_test(authorities_that_cannot_be_read_are_an_error),
	};

	return cmocka_run_group_tests(tests, make, unmake);
}
