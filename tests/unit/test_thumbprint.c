/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/certificates.h"

#include <mintmark/thumbprint.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY  ((mm_duration)86400)
#define NOW  CERT_NOW
#define HOST "oidc.test"

/* root <- middle <- low <- leaf, valid for a year from a day before NOW. */
static struct test_certificate root, middle, low, leaf, alone, stranger;
static struct test_dir dir;

static int make(void **state)
{
	const mm_time from = NOW - DAY, until = NOW + 365 * DAY;

	(void)state;
	test_dir_make(&dir);
	root = test_certificate_between(NULL, "root", NULL, from, until);
	middle = test_certificate_between(&root, "middle", NULL, from, until);
	low = test_certificate_between(&middle, "low", NULL, from, until);
	leaf = test_certificate_between(&low, "leaf", "DNS:" HOST, from, until);
	alone = test_certificate_between(NULL, "alone", "DNS:" HOST, from, until);
	stranger = test_certificate_between(NULL, "stranger", NULL, from, until);
	test_pem_add(&dir, "root.pem", root.x509);
	test_pem_add(&dir, "stranger.pem", stranger.x509);
	return 0;
}

static int unmake(void **state)
{
	struct test_certificate *const all[] = {&root, &middle, &low, &leaf, &alone, &stranger};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(all); i++)
		test_certificate_free(all[i]);
	test_dir_remove(&dir);
	return 0;
}

/* ---- what is judged --------------------------------------------------------------------------------------------- */

/* Judges with the stranger as the only public authority; the last certificate is taken, whatever is found. */
static void judge(const struct test_certificate *const *list, const char *host, mm_time now,
		  struct mm_findings *findings)
{
	mm_auto(mm_certchain) chain = test_chain(list);
	struct mm_err err = {0};
	size_t taken;

	assert_ok(mm_thumbprint_judge(chain, host, test_dir_path(&dir, "stranger.pem"), now, &taken, findings, &err),
		  &err);
	assert_int_equal(taken, chain->n - 1);
}

/* Exactly one of more than pass must be found: `check` at `level`, whose text has `part`. NULL: none. */
static void assert_found(const struct test_certificate *const *list, mm_time now, enum mm_finding_level level,
			 const char *check, const char *part)
{
	mm_auto_findings findings = {0};
	const struct mm_finding *found = NULL;

	judge(list, HOST, now, &findings);
	for (size_t i = 0; i < findings.n; i++) {
		if (findings.v[i].level == MM_FINDING_PASS)
			continue;
		if (found)
			fail_msg("%s as well as %s: %s", findings.v[i].check, found->check, findings.v[i].text);
		found = &findings.v[i];
	}
	if (!check) {
		assert_null(found);
		return;
	}
	assert_non_null(found);
	assert_string_equal(found->check, check);
	assert_int_equal(found->level, level);
	assert_contains(found->text, part);
	assert_non_null(found->remedy);
}

static void a_chain_as_it_should_be_is_not_warned_of(void **state)
{
	(void)state;
	assert_found(TEST_LIST(&leaf, &low, &middle), NOW, MM_FINDING_PASS, NULL, NULL);
	assert_found(TEST_LIST(&leaf, &low), NOW, MM_FINDING_PASS, NULL, NULL);
}

static void a_server_that_presents_its_own_certificate_alone_is(void **state)
{
	(void)state;
	assert_found(TEST_LIST(&leaf), NOW, MM_FINDING_WARN, "chain.leaf-only",
		     "CN=leaf, is presented, and not that of its "
		     "issuer CN=low");
	assert_found(TEST_LIST(&alone), NOW, MM_FINDING_WARN, "chain.self-signed", "CN=alone");
}

static void a_root_is_named_with_the_thumbprint_below_it(void **state)
{
	mm_auto(mm_certchain) chain = test_chain(TEST_LIST(&middle));
	char hex[MM_THUMBPRINT_SIZE];

	(void)state;
	mm_thumbprint_hex(&chain->v[0], hex);
	assert_found(TEST_LIST(&leaf, &low, &middle, &root), NOW, MM_FINDING_WARN, "chain.root-included", hex);
	assert_found(TEST_LIST(&leaf, &low, &middle, &root), NOW, MM_FINDING_WARN, "chain.root-included",
		     "as the last one it is taken");
}

static void the_wrong_order_is_said_to_be_wrong(void **state)
{
	(void)state;
	assert_found(TEST_LIST(&leaf, &middle, &low), NOW, MM_FINDING_WARN, "chain.wrong-order",
		     "certificate 3, CN=low, is issued by certificate 2, CN=middle");
	assert_found(TEST_LIST(&middle, &low, &leaf), NOW, MM_FINDING_WARN, "chain.wrong-order",
		     "the first certificate, CN=middle, is an authority's");
}

static void the_wrong_order_does_not_hide_the_root(void **state)
{
	mm_auto_findings findings = {0};

	(void)state;
	judge(TEST_LIST(&leaf, &root, &low, &middle), HOST, NOW, &findings);
	assert_non_null(mm_findings_find(&findings, "chain.wrong-order"));
	assert_contains(mm_findings_find(&findings, "chain.root-included")->text, "certificate 2, CN=root");
	assert_null(strstr(mm_findings_find(&findings, "chain.root-included")->text, "it is taken"));
}

static void what_does_not_belong_there_is_named(void **state)
{
	(void)state;
	assert_found(TEST_LIST(&leaf, &low, &stranger, &middle), NOW, MM_FINDING_WARN, "chain.unrelated",
		     "certificate 3, CN=stranger");
	assert_found(TEST_LIST(&leaf, &low, &stranger), NOW, MM_FINDING_WARN, "chain.unrelated",
		     "as the last one it is taken");
	assert_found(TEST_LIST(&leaf, &low, &low), NOW, MM_FINDING_WARN, "chain.unrelated",
		     "certificate 3, CN=low, is presented twice");
	/* the issuer is missing between them */
	assert_found(TEST_LIST(&leaf, &middle), NOW, MM_FINDING_WARN, "chain.unrelated", "certificate 2, CN=middle");
}

/* An authority that has signed itself, and that an older one has signed too: both may be presented. */
static void a_cross_signed_authority_belongs_there_too(void **state)
{
	struct test_certificate cross = {.x509 = X509_dup(middle.x509), .key = NULL};
	mm_auto_findings findings = {0};

	(void)state;
	X509_set_issuer_name(cross.x509, X509_get_subject_name(stranger.x509));
	assert_true(X509_sign(cross.x509, stranger.key, EVP_sha256()) > 0);
	judge(TEST_LIST(&leaf, &low, &cross, &middle), HOST, NOW, &findings);
	assert_null(mm_findings_find(&findings, "chain.unrelated"));
	assert_null(mm_findings_find(&findings, "chain.wrong-order"));
	assert_non_null(mm_findings_find(&findings, "chain.publicly-trusted"));
	test_certificate_free(&cross);
}

static void dates_are_judged_to_the_second(void **state)
{
	struct test_certificate early = test_certificate_between(&low, "early", "DNS:" HOST, NOW, NOW + 90 * DAY);
	struct test_certificate brief = test_certificate_between(&low, "brief", "DNS:" HOST, NOW, NOW + 6 * DAY);

	(void)state;
	assert_found(TEST_LIST(&early, &low), NOW - 1, MM_FINDING_FAIL, "chain.not-yet-valid",
		     "CN=early, is not valid before");
	assert_found(TEST_LIST(&early, &low), NOW, MM_FINDING_PASS, NULL, NULL);
	assert_found(TEST_LIST(&early, &low), NOW + 60 * DAY, MM_FINDING_PASS, NULL, NULL);
	assert_found(TEST_LIST(&early, &low), NOW + 60 * DAY + 1, MM_FINDING_WARN, "chain.expires-soon", "CN=early");
	assert_found(TEST_LIST(&early, &low), NOW + 90 * DAY, MM_FINDING_WARN, "chain.expires-soon", "CN=early");
	assert_found(TEST_LIST(&early, &low), NOW + 90 * DAY + 1, MM_FINDING_FAIL, "chain.expired",
		     "2024-02-12T22:13:20Z");
	assert_found(TEST_LIST(&brief, &low), NOW + 4 * DAY, MM_FINDING_PASS, NULL, NULL);
	assert_found(TEST_LIST(&brief, &low), NOW + 4 * DAY + 1, MM_FINDING_WARN, "chain.expires-soon", "CN=brief");
	test_certificate_free(&early);
	test_certificate_free(&brief);
}

static void the_end_of_the_one_that_is_taken_is_the_thumbprints(void **state)
{
	struct test_certificate old = test_certificate_between(&middle, "old", NULL, NOW - 300 * DAY, NOW + 10 * DAY);
	struct test_certificate server = test_certificate_between(&old, "server", "DNS:" HOST, NOW, NOW + 90 * DAY);

	(void)state;
	assert_found(TEST_LIST(&server, &old), NOW, MM_FINDING_WARN, "chain.expires-soon",
		     "and the thumbprint is of this one");
	test_certificate_free(&old);
	test_certificate_free(&server);
}

static void another_name_is_told_with_those_that_it_has(void **state)
{
	mm_auto_findings findings = {0}, unasked = {0};

	(void)state;
	judge(TEST_LIST(&leaf, &low), "issuer.test", NOW, &findings);
	assert_int_equal(mm_findings_find(&findings, "chain.name-mismatch")->level, MM_FINDING_FAIL);
	assert_contains(mm_findings_find(&findings, "chain.name-mismatch")->text,
			"is for oidc.test, not for issuer.test");
	judge(TEST_LIST(&leaf, &low), NULL, NOW, &unasked);
	assert_null(mm_findings_find(&unasked, "chain.name-mismatch"));
}

static void whether_the_public_vouches_is_told(void **state)
{
	struct test_certificate server = test_certificate_between(&stranger, "server", "DNS:" HOST, NOW,
								  NOW + 90 * DAY);
	mm_auto_findings public = {0}, private = {0};

	(void)state;
	judge(TEST_LIST(&server), HOST, NOW, &public);
	assert_int_equal(mm_findings_find(&public, "chain.publicly-trusted")->level, MM_FINDING_PASS);
	judge(TEST_LIST(&leaf, &low), HOST, NOW, &private);
	assert_int_equal(mm_findings_find(&private, "chain.private")->level, MM_FINDING_PASS);
	assert_contains(mm_findings_find(&private, "chain.private")->text, "unable to get local issuer certificate");
	test_certificate_free(&server);
}

static void without_authorities_nobody_can_tell(void **state)
{
	mm_auto(mm_certchain) chain = test_chain(TEST_LIST(&leaf, &low));
	mm_auto_findings findings = {0};
	struct mm_err err = {0};
	size_t taken;

	(void)state;
	setenv("SSL_CERT_DIR", "/nonexistent", 1);
	setenv("SSL_CERT_FILE", "/nonexistent/ca.pem", 1);
	assert_ok(mm_thumbprint_judge(chain, HOST, NULL, NOW, &taken, &findings, &err), &err);
	assert_int_equal(mm_findings_find(&findings, "chain.publicly-trusted")->level, MM_FINDING_SKIP);
	unsetenv("SSL_CERT_DIR");
	unsetenv("SSL_CERT_FILE");
}

static void a_hundred_certificates_of_one_name_are_judged(void **state)
{
	const struct test_certificate *list[MM_CERTCHAIN_MAX + 1] = {&leaf, &low};
	mm_auto_findings findings = {0};

	(void)state;
	for (size_t i = 2; i < MM_CERTCHAIN_MAX; i++)
		list[i] = &low;
	judge(list, HOST, NOW, &findings);
	assert_non_null(mm_findings_find(&findings, "chain.unrelated"));
}

/* ---- what is registered ----------------------------------------------------------------------------------------- */

static void thumbprints_are_read_as_anybody_writes_them(void **state)
{
	static const char hex[] = "0123456789abcdef0123456789abcdef01234567";
	static const char *const texts[] = {
		"0123456789abcdef0123456789abcdef01234567",
		"0123456789ABCDEF0123456789ABCDEF01234567",
		"01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67",
		"sha1 Fingerprint=01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67",
		"01 23 45 67 89 ab cd ef 01 23 45 67 89 ab cd ef 01 23 45 67",
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(texts); i++) {
		mm_auto_strings list = {0}, read = {0};
		struct mm_err err = {0};

		test_strings_add(&list, texts[i]);
		assert_ok(mm_thumbprint_read(&list, false, &read, &err), &err);
		assert_int_equal(read.n, 1);
		assert_string_equal(read.v[0], hex);
	}
}

static void what_is_no_thumbprint_is_refused(void **state)
{
	static const struct {
		const char *text;
		bool sha256;
		const char *reason;
	} cases[] = {
		{"", false, "0 digits, not 40"},
		{"0123", false, "4 digits, not 40"},
		{"0123456789abcdef0123456789abcdef0123456", false, "39 digits"},
		{"0123456789abcdef0123456789abcdef0123456g", false, "no thumbprint"},
		{"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", false, "is it SHA-256?"},
		{"0123456789abcdef0123456789abcdef01234567", true, "is it SHA-1?"},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(cases); i++) {
		mm_auto_strings list = {0}, read = {0};
		struct mm_err err = {0};

		test_strings_add(&list, cases[i].text);
		assert_int_equal(mm_thumbprint_read(&list, cases[i].sha256, &read, &err), MM_EPARSE);
		assert_contains(err.text, cases[i].reason);
	}
}

/* The thumbprints of two hosts, of which the chains end in middle and in low. */
static void serve_two(struct mm_thumbprints *out)
{
	mm_auto_buf first = {0}, second = {0};
	struct mm_err err = {0};

	test_add_pem(&first, &leaf);
	test_add_pem(&first, &low);
	test_add_pem(&first, &middle);
	test_add_pem(&second, &leaf);
	test_add_pem(&second, &low);
	assert_ok(mm_thumbprint_of_file(mm_buf_span(&first), NULL, NOW, out, &err), &err);
	assert_ok(mm_thumbprint_of_file(mm_buf_span(&second), NULL, NOW, out, &err), &err);
	assert_int_equal(out->n, 2);
	assert_string_equal(out->v[0].role, "file");
	assert_int_equal(out->v[0].taken, 2);
}

static void what_is_registered_and_served_is_the_same_in_any_order(void **state)
{
	mm_auto_thumbprints served = {0};
	mm_auto_strings sha1 = {0}, sha256 = {0};
	mm_auto_findings findings = {0};

	(void)state;
	serve_two(&served);
	for (size_t i = 2; i-- > 0;) {
		test_strings_add(&sha1, served.v[i].hex);
		test_strings_add(&sha256, served.v[i].sha256);
	}
	mm_thumbprint_check(&served, false, &sha1, &findings);
	mm_thumbprint_check(&served, true, &sha256, &findings);
	assert_int_equal(findings.n, 2);
	for (size_t i = 0; i < findings.n; i++) {
		assert_string_equal(findings.v[i].check, "registered.same");
		assert_int_equal(findings.v[i].level, MM_FINDING_PASS);
	}
}

static void what_differs_is_told_each_by_each(void **state)
{
	static const char unknown[] = "0123456789abcdef0123456789abcdef01234567";
	mm_auto_thumbprints served = {0};
	mm_auto_strings registered = {0};
	mm_auto_findings findings = {0};
	char own[MM_THUMBPRINT_SIZE];

	(void)state;
	serve_two(&served);
	mm_thumbprint_hex(&served.v[0].chain->v[0], own);
	test_strings_add(&registered, served.v[1].hex);
	test_strings_add(&registered, unknown);
	test_strings_add(&registered, own);
	mm_thumbprint_check(&served, false, &registered, &findings);
	assert_int_equal(findings.n, 3);
	assert_string_equal(findings.v[0].check, "registered.missing");
	assert_contains(findings.v[0].text, served.v[0].hex);
	assert_string_equal(findings.v[1].check, "registered.unserved");
	assert_contains(findings.v[1].text, unknown);
	assert_contains(findings.v[1].text, "of no certificate that is served");
	assert_string_equal(findings.v[2].check, "registered.unserved");
	assert_contains(findings.v[2].text, "certificate 1, CN=leaf, which is not the last but the server's own");
	assert_int_equal(mm_findings_worst(&findings), MM_FINDING_FAIL);
}

/* IAM keeps five: an old one beside the new one is how an authority is changed without an outage. */
static void more_than_what_is_served_is_a_warning(void **state)
{
	mm_auto_thumbprints served = {0};
	mm_auto_strings registered = {0};
	mm_auto_findings findings = {0};

	(void)state;
	serve_two(&served);
	for (size_t i = 0; i < 2; i++)
		test_strings_add(&registered, served.v[i].hex);
	test_strings_add(&registered, "0123456789abcdef0123456789abcdef01234567");
	mm_thumbprint_check(&served, false, &registered, &findings);
	assert_int_equal(findings.n, 1);
	assert_string_equal(findings.v[0].check, "registered.unserved");
	assert_int_equal(findings.v[0].level, MM_FINDING_WARN);
}

/* ---- what is asked for ------------------------------------------------------------------------------------------ */

static void what_has_no_thumbprint_is_refused(void **state)
{
	static const struct {
		const char *target;
		enum mm_code code;
		const char *reason;
	} cases[] = {
		{"http://127.0.0.1:1", MM_EREFUSED, "plain http has no certificate"},
		{"https://a.test/?x=y", MM_EREFUSED, "no query"},
		{"https://", MM_EPARSE, "not a host"},
		{"ftp://a.test", MM_EPARSE, "expected https://"},
		{"", MM_EPARSE, "not a host"},
		{"a.test:0", MM_EPARSE, "port"},
		{"a.test/path", MM_EPARSE, "not a host"},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(cases); i++) {
		mm_auto_thumbprints found = {0};
		struct mm_err err = {0};

		assert_int_equal(
			mm_thumbprint_of(cases[i].target, &(struct mm_thumbprint_options){.now = NOW}, &found, &err),
			cases[i].code);
		assert_contains(err.text, cases[i].reason);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chain_as_it_should_be_is_not_warned_of),
		cmocka_unit_test(a_server_that_presents_its_own_certificate_alone_is),
		cmocka_unit_test(a_root_is_named_with_the_thumbprint_below_it),
		cmocka_unit_test(the_wrong_order_is_said_to_be_wrong),
		cmocka_unit_test(the_wrong_order_does_not_hide_the_root),
		cmocka_unit_test(what_does_not_belong_there_is_named),
		cmocka_unit_test(a_cross_signed_authority_belongs_there_too),
		cmocka_unit_test(dates_are_judged_to_the_second),
		cmocka_unit_test(the_end_of_the_one_that_is_taken_is_the_thumbprints),
		cmocka_unit_test(another_name_is_told_with_those_that_it_has),
		cmocka_unit_test(whether_the_public_vouches_is_told),
		cmocka_unit_test(without_authorities_nobody_can_tell),
		cmocka_unit_test(a_hundred_certificates_of_one_name_are_judged),
		cmocka_unit_test(thumbprints_are_read_as_anybody_writes_them),
		cmocka_unit_test(what_is_no_thumbprint_is_refused),
		cmocka_unit_test(what_is_registered_and_served_is_the_same_in_any_order),
		cmocka_unit_test(what_differs_is_told_each_by_each),
		cmocka_unit_test(more_than_what_is_served_is_a_warning),
		cmocka_unit_test(what_has_no_thumbprint_is_refused),
	};

	return cmocka_run_group_tests(tests, make, unmake);
}
