/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/doctor/doctor_parts.h"
#include "tests/unit/certificates.h"
#include "tests/unit/reports.h"

#include <string.h>

#define KEY(alg, kty) "{\"kid\":\"k\",\"use\":\"sig\",\"alg\":\"" alg "\",\"kty\":\"" kty "\"}"

/* The judges before have nothing to say; `failed`: but of this check. */
static struct mm_findings begin(const char *failed)
{
	static const char *const checks[] = {"url.https", "url.query", "jwks.usable", "tls.chain", "tls.trust"};
	struct mm_findings report = {0};

	for (size_t i = 0; i < MM_COUNT(checks); i++)
		mm_finding_add(&report, failed && strcmp(checks[i], failed) == 0 ? MM_FINDING_FAIL : MM_FINDING_PASS,
			       checks[i], NULL, "as was found before");
	return report;
}

static void judge(const char *issuer, const char *keys, const bool *clouds, struct mm_findings *report)
{
	json_t *jwks = json_loads(keys, 0, NULL);
	const struct mm_doctor_patient patient = {.issuer = issuer, .jwks = jwks};

	mm_doctor_judge_clouds(&patient, clouds, report);
	json_decref(jwks);
}

static void each_cloud_says_what_it_alone_asks_for(void **state)
{
	static const struct {
		const char *issuer, *keys, *faults;
	} rows[] = {
		{"https://a.test", "{\"keys\":[" KEY("RS256", "RSA") "]}", ""},
		{"https://a.test:8443", "{\"keys\":[" KEY("RS256", "RSA") "]}", "aws.issuer-port"},
		{"https://a.test", "{\"keys\":[" KEY("RS512", "RSA") "]}", "azure.key-algorithm"},
		{"https://a.test", "{\"keys\":[" KEY("PS256", "RSA") "]}",
		 "aws.key-algorithm gcp.key-algorithm azure.key-algorithm"},
		/* said before, of all: */
		{"https://a.test/", "{\"keys\":[" KEY("RS256", "RSA") "]}", ""},
		{"https://A.test", "{\"keys\":[" KEY("RS256", "RSA") "]}", ""},
		{"https://a.test/a//b", "{\"keys\":[" KEY("RS256", "RSA") "]}", ""},
		{"https://localhost", "{\"keys\":[" KEY("RS256", "RSA") "]}", ""},
		{"https://a.test", "{\"keys\":[{\"kty\":\"RSA\"}]}", ""},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto_findings report = begin(NULL);

		judge(rows[i].issuer, rows[i].keys, NULL, &report);
		assert_string_equal(test_faults(&report), rows[i].faults);
	}
}

static void those_that_take_all_say_so(void **state)
{
	mm_auto_findings report = begin(NULL);

	(void)state;
	judge("https://a.test:8443", "{\"keys\":[" KEY("ES256", "EC") "]}", NULL, &report);
	assert_null(mm_findings_find(&report, "aws.issuer"));
	assert_found(&report, MM_FINDING_PASS, "gcp.issuer", "takes this URL");
	assert_found(&report, MM_FINDING_PASS, "aws.keys", "takes these keys");
	assert_null(mm_findings_find(&report, "azure.keys"));
}

static void what_has_failed_is_not_said_again(void **state)
{
	mm_auto_findings plain = begin("url.https"), unusable = begin("jwks.usable");

	(void)state;
	judge("http://a.test:8080", "{\"keys\":[" KEY("RS256", "RSA") "]}", NULL, &plain);
	assert_string_equal(test_faults(&plain), "url.https");
	judge("https://a.test", "{\"keys\":[]}", NULL, &unusable);
	assert_string_equal(test_faults(&unusable), "jwks.usable");
}

static void only_those_are_asked_that_are_wanted(void **state)
{
	const bool clouds[MM_CLOUD_COUNT] = {[MM_CLOUD_AZURE] = true};
	mm_auto_findings report = begin(NULL);

	(void)state;
	judge("https://a.test:8443", "{\"keys\":[" KEY("ES256", "EC") "]}", clouds, &report);
	assert_string_equal(test_faults(&report), "azure.key-algorithm");
	assert_null(mm_findings_find(&report, "gcp.issuer"));
}

/* ---- whom they trust -------------------------------------------------------------------------------------------- */

/* A server whose certificate has this as its SHA-1. */
static struct mm_doctor_server server(struct mm_certchain *chain, struct mm_certificate *certificate, const char *host,
				      int sha1)
{
	*certificate = (struct mm_certificate){0};
	memset(certificate->sha1, sha1, sizeof certificate->sha1);
	*chain = (struct mm_certchain){.n = 1, .v = certificate};
	return (struct mm_doctor_server){.host = host, .chain = chain, .public_known = true};
}

static void the_thumbprints_of_both_servers_are_told(void **state)
{
	struct mm_certchain chains[2];
	struct mm_certificate certificates[2];
	struct mm_doctor_server issuer = server(&chains[0], &certificates[0], "a.test", 0x11),
				other = server(&chains[1], &certificates[1], "b.test", 0x22);
	const struct mm_doctor_patient patient = {.issuer = "https://a.test", .servers = {&issuer, &other}};
	mm_auto_findings report = begin(NULL);

	(void)state;
	mm_finding_add(&report, MM_FINDING_PASS, "tls.jwks-chain", NULL, "complete");
	mm_finding_add(&report, MM_FINDING_PASS, "tls.jwks-trust", NULL, "by --cacert");
	issuer.public = true;
	mm_doctor_judge_clouds(&patient, NULL, &report);
	assert_string_equal(test_faults(&report), "aws.thumbprint gcp.trust azure.trust");
	assert_found(&report, MM_FINDING_WARN, "aws.thumbprint",
		     "1111111111111111111111111111111111111111 of a.test and "
		     "2222222222222222222222222222222222222222 of b.test");
}

static void public_trust_is_enough_for_all(void **state)
{
	struct mm_certchain chain;
	struct mm_certificate certificate;
	struct mm_doctor_server issuer = server(&chain, &certificate, "a.test", 1);
	const struct mm_doctor_patient patient = {.issuer = "https://a.test", .servers = {&issuer}};
	mm_auto_findings report = begin(NULL);

	(void)state;
	issuer.public = true;
	mm_doctor_judge_clouds(&patient, NULL, &report);
	assert_string_equal(test_faults(&report), "");
	assert_found(&report, MM_FINDING_PASS, "aws.thumbprint", "none is needed");
	assert_found(&report, MM_FINDING_PASS, "azure.trust", "publicly trusted");
}

static void a_distrusted_server_leaves_the_thumbprint_alone_to_be_said(void **state)
{
	struct mm_certchain chain;
	struct mm_certificate certificate;
	const struct mm_doctor_server issuer = server(&chain, &certificate, "a.test", 1);
	const struct mm_doctor_patient patient = {.issuer = "https://a.test", .servers = {&issuer}};
	mm_auto_findings report = begin("tls.trust");

	(void)state;
	mm_doctor_judge_clouds(&patient, NULL, &report);
	assert_string_equal(test_faults(&report), "tls.trust aws.thumbprint");
	assert_null(mm_findings_find(&report, "gcp.trust"));
}

/* The last certificate would be the server's own, whose thumbprint changes with each renewal. */
static void no_thumbprint_is_told_of_a_chain_that_lacks_something(void **state)
{
	struct mm_certchain chain;
	struct mm_certificate certificate;
	const struct mm_doctor_server issuer = server(&chain, &certificate, "a.test", 1);
	const struct mm_doctor_patient patient = {.issuer = "https://a.test", .servers = {&issuer}};
	mm_auto_findings report = begin("tls.chain");

	(void)state;
	mm_doctor_judge_clouds(&patient, NULL, &report);
	assert_null(mm_findings_find(&report, "aws.thumbprint"));
}

static void without_authorities_to_ask_nothing_is_said(void **state)
{
	struct mm_certchain chain;
	struct mm_certificate certificate;
	struct mm_doctor_server issuer = server(&chain, &certificate, "a.test", 1);
	const struct mm_doctor_patient patient = {.issuer = "https://a.test", .servers = {&issuer}};
	mm_auto_findings report = begin(NULL);

	(void)state;
	issuer.public_known = false;
	mm_doctor_judge_clouds(&patient, NULL, &report);
	assert_string_equal(test_faults(&report), "");
	assert_null(mm_findings_find(&report, "aws.thumbprint"));
	assert_null(mm_findings_find(&report, "gcp.trust"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_cloud_says_what_it_alone_asks_for),
		cmocka_unit_test(those_that_take_all_say_so),
		cmocka_unit_test(what_has_failed_is_not_said_again),
		cmocka_unit_test(only_those_are_asked_that_are_wanted),
		cmocka_unit_test(the_thumbprints_of_both_servers_are_told),
		cmocka_unit_test(public_trust_is_enough_for_all),
		cmocka_unit_test(a_distrusted_server_leaves_the_thumbprint_alone_to_be_said),
		cmocka_unit_test(no_thumbprint_is_told_of_a_chain_that_lacks_something),
		cmocka_unit_test(without_authorities_to_ask_nothing_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
