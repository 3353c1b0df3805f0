/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/doctor/doctor_parts.h"
#include "tests/unit/reports.h"
#include "tests/unit/tokens.h"

#include <stdlib.h>
#include <string.h>

#define NOW    ((mm_time)1700000000)
#define ISSUER "https://a.test"
#define HEADER "{\"alg\":\"ES256\",\"kid\":\"k\"}"
#define CLAIMS(members)                                                                                                \
	"{\"iss\":\"https://a.test\",\"sub\":\"s\",\"aud\":\"sts.amazonaws.com\",\"iat\":1700000000,"                  \
	"\"exp\":1700003600" members "}"

static void judge(const char *header, const char *payload, const struct mm_doctor_options *options,
		  struct mm_findings *report)
{
	struct mm_doctor_options all = options ? *options : (struct mm_doctor_options){0};
	mm_auto(mm_jwks) jwks = test_jwks(test_shared_key("ES256", 0), "k");
	mm_auto_string token = test_token(test_shared_key("ES256", 0), header, payload);

	all.now = NOW;
	all.token = mm_span_str(token);
	mm_doctor_judge_token(ISSUER, jwks, &all, report);
}

/* ---- claims ----------------------------------------------------------------------------------------------------- */

/* Claims beside iss, sub and aud; what is to be found, and in which words. */
static const struct {
	const char *times, *faults, *says;
} times[] = {
	{"\"iat\":1700000000,\"exp\":1700000001", "", ""},
	{"\"iat\":1700000060,\"exp\":1700003600", "", ""},
	{"\"iat\":1700000061,\"exp\":1700003600", "token.issued-at", "issued in the future, at 2023-11-14T22:14:21Z"},
	{"\"iat\":1700000000,\"nbf\":1700000060,\"exp\":1700003600", "", ""},
	{"\"iat\":1700000000,\"nbf\":1700000061,\"exp\":1700003600", "token.not-before", "not valid before"},
	{"\"iat\":1699990000,\"exp\":1700000000", "token.expiry", "it expired at 2023-11-14T22:13:20Z"},
	{"\"iat\":1700000000,\"exp\":1700086400", "", ""},
	{"\"iat\":1700000000,\"exp\":1700086401", "token.lifetime", "1d1s"},
	{"\"iat\":1700000050,\"exp\":1700000050", "token.lifetime", "ends before it begins"},
	{"\"iat\":-5,\"exp\":1700003600", "token.lifetime", "ends before it begins"},
	{"\"iat\":-9223372036854775808,\"exp\":9223372036854775807", "token.lifetime", "ends before it begins"},
	{"\"iat\":9223372036854775807,\"nbf\":9223372036854775807,\"exp\":9223372036854775807",
	 "token.issued-at token.not-before token.lifetime", "issued in the future"},
	{"\"iat\":1700000000", "token.times", "exp is missing"},
	{"\"exp\":1700003600", "token.times", "iat is missing"},
	{"\"iat\":1.7e9,\"exp\":1700003600", "token.times", "iat is no integer"},
	{"\"iat\":1700000000,\"exp\":1700003600.0", "token.times", "exp is no integer"},
	{"\"iat\":1700000000,\"exp\":\"1700003600\"", "token.times", "exp is no integer"},
	{"\"iat\":1700000000,\"nbf\":null,\"exp\":1700003600", "token.times", "nbf is no integer"},
};

static void assert_says(const struct mm_findings *report, const char *says)
{
	for (size_t i = 0; i < report->n; i++) {
		if (report->v[i].level >= MM_FINDING_WARN) {
			assert_contains(report->v[i].text, says);
			return;
		}
	}
}

static void times_have_their_faults_and_no_others(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT(times); i++) {
		mm_auto_findings report = {0};
		mm_auto_buf claims = {0};

		mm_buf_printf(&claims, "{\"iss\":\"" ISSUER "\",\"sub\":\"s\",\"aud\":\"sts.amazonaws.com\",%s}",
			      times[i].times);
		judge(HEADER, claims.p, NULL, &report);
		assert_string_equal(test_faults(&report), times[i].faults);
		assert_says(&report, times[i].says);
	}
}

static void audiences_are_those_of_the_clouds_or_those_that_were_asked_for(void **state)
{
	static char first[] = "vault", second[] = "x", *vault[] = {first, second};
	static const bool azure[MM_CLOUD_COUNT] = {[MM_CLOUD_AZURE] = true},
			  gcp[MM_CLOUD_COUNT] = {[MM_CLOUD_GCP] = true};
	static const struct {
		const char *aud;
		const bool *clouds;
		struct mm_strings audiences;
		bool good;
	} rows[] = {
		{"\"sts.amazonaws.com\"", NULL, {0}, true},
		{"[\"y\",\"api://AzureADTokenExchange\"]", NULL, {0}, true},
		{"[7,\"sts.amazonaws.com\"]", NULL, {0}, true},
		{"\"sts.amazonaws.com\"", azure, {0}, false},
		{"\"api://AzureADTokenExchange\"", azure, {0}, true},
		{"\"https://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x\"",
		 gcp,
		 {0},
		 true},
		{"[\"//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x\"]",
		 gcp,
		 {0},
		 true},
		{"\"sts.amazonaws.com\"", gcp, {0}, false},
		{"[\"x\"]", NULL, {vault, 2}, true},
		{"\"vault\"", azure, {vault, 2}, true},
		{"\"sts.amazonaws.com\"", NULL, {vault, 2}, false},
		{"\"STS.amazonaws.com\"", NULL, {0}, false},
		{"[]", NULL, {0}, false},
		{"7", NULL, {0}, false},
		{"[7,null]", gcp, {0}, false},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		const struct mm_doctor_options options = {.clouds = rows[i].clouds, .audiences = rows[i].audiences};
		mm_auto_findings report = {0};
		mm_auto_buf claims = {0};

		mm_buf_printf(&claims,
			      "{\"iss\":\"" ISSUER "\",\"sub\":\"s\",\"iat\":1700000000,\"exp\":1700003600,"
			      "\"aud\":%s}",
			      rows[i].aud);
		judge(HEADER, claims.p, &options, &report);
		assert_int_equal(mm_findings_find(&report, "token.audience")->level,
				 rows[i].good ? MM_FINDING_PASS : MM_FINDING_FAIL);
	}
}

static void a_subject_is_held_against_the_narrowest_cloud_that_is_asked_about(void **state)
{
	static const bool azure[MM_CLOUD_COUNT] = {[MM_CLOUD_AZURE] = true};
	static const struct {
		int len;
		const bool *clouds;
		enum mm_finding_level level;
	} rows[] = {{0, NULL, MM_FINDING_FAIL},
		    {127, NULL, MM_FINDING_PASS},
		    {128, NULL, MM_FINDING_WARN},
		    {600, azure, MM_FINDING_PASS},
		    {601, azure, MM_FINDING_WARN}};
	char sub[700];

	(void)state;
	memset(sub, 's', sizeof sub);
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		const struct mm_doctor_options options = {.clouds = rows[i].clouds};
		mm_auto_findings report = {0};
		mm_auto_buf claims = {0};

		mm_buf_printf(&claims,
			      "{\"iss\":\"" ISSUER "\",\"aud\":\"api://AzureADTokenExchange\",\"iat\":1700000000,"
			      "\"exp\":1700003600,\"sub\":\"%.*s\"}",
			      rows[i].len, sub);
		judge(HEADER, claims.p, &options, &report);
		assert_found(&report, rows[i].level, "token.subject", "");
	}
}

/* ---- header and signature --------------------------------------------------------------------------------------- */

static void headers_have_their_faults_and_no_others(void **state)
{
	static const struct {
		const char *header, *faults, *says;
	} rows[] = {
		{HEADER, "", ""},
		{"{\"alg\":\"ES256\",\"kid\":\"k\",\"jku\":\"https://evil.test\"}", "", ""},
		{"{\"alg\":\"ES256\"}", "token.kid", "GCP refuses it"},
		{"{\"alg\":\"ES256\",\"kid\":\"\"}", "token.kid", "GCP refuses it"},
		{"{\"alg\":\"ES256\",\"kid\":\"x\"}", "token.kid", "no key has its kid \"x\""},
		{"{\"kid\":\"k\"}", "token.algorithm", "alg is missing"},
		{"{\"alg\":\"HS256\",\"kid\":\"k\"}", "token.algorithm", "alg is HS256"},
		{"{\"alg\":\"RS256\",\"kid\":\"k\"}", "token.algorithm", "alg is RS256, and the key k is for ES256"},
		{"{\"alg\":\"ES256\",\"kid\":\"k\",\"crit\":[]}", "token.signature", "crit"},
		{"{\"alg\":\"ES256\",\"kid\":7}", "token.form", "kid"},
		{"[]", "token.form", "header"},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto_findings report = {0};

		judge(rows[i].header, CLAIMS(""), NULL, &report);
		assert_string_equal(test_faults(&report), rows[i].faults);
		assert_says(&report, rows[i].says);
	}
}

static const struct {
	const char *algorithm, *faults;
	bool clouds[MM_CLOUD_COUNT]; /* none: all are asked about */
} algorithms[] = {
	{"RS256", "", {0}},
	{"ES256", "", {0}},
	{"ES256", "", {[MM_CLOUD_AWS] = true}},
	{"ES256", "token.algorithm", {[MM_CLOUD_AZURE] = true}},
	{"EdDSA", "token.algorithm", {0}},
	{"EdDSA", "token.algorithm", {[MM_CLOUD_AWS] = true, [MM_CLOUD_GCP] = true}},
};

static void an_algorithm_that_no_cloud_takes_is_a_fault(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT(algorithms); i++) {
		const struct mm_key *key = test_shared_key(algorithms[i].algorithm, 0);
		bool some = memchr(algorithms[i].clouds, true, sizeof algorithms[i].clouds);
		mm_auto(mm_jwks) jwks = test_jwks(key, "k");
		mm_auto_buf header = {0};
		mm_auto_findings report = {0};
		mm_auto_string token = NULL;

		mm_buf_printf(&header, "{\"alg\":\"%s\",\"kid\":\"k\"}", algorithms[i].algorithm);
		token = test_token(key, header.p,
				   "{\"iss\":\"" ISSUER "\",\"sub\":\"s\",\"iat\":1700000000,\"exp\":1700003600,"
				   "\"aud\":[\"sts.amazonaws.com\",\"api://AzureADTokenExchange\"]}");
		mm_doctor_judge_token(ISSUER, jwks,
				      &(struct mm_doctor_options){.now = NOW,
								  .token = mm_span_str(token),
								  .clouds = some ? algorithms[i].clouds : NULL},
				      &report);
		assert_string_equal(test_faults(&report), algorithms[i].faults);
	}
}

static void a_token_of_another_key_is_not_verified(void **state)
{
	mm_auto(mm_jwks) jwks = test_jwks(test_shared_key("ES256", 0), "k");
	mm_auto_string token = test_token(test_shared_key("ES256", 1), HEADER, CLAIMS(""));
	const struct mm_doctor_options options = {.now = NOW, .token = mm_span_str(token)};
	mm_auto_findings report = {0}, blind = {0};

	(void)state;
	mm_doctor_judge_token(ISSUER, jwks, &options, &report);
	assert_string_equal(test_faults(&report), "token.signature");
	mm_doctor_judge_token(ISSUER, NULL, &options, &blind);
	assert_string_equal(test_faults(&blind), "");
	assert_null(mm_findings_find(&blind, "token.kid"));
	assert_found(&blind, MM_FINDING_PASS, "token.issuer", "equal");
}

static void a_token_has_from_4_to_20000_characters(void **state)
{
	static const struct {
		size_t len;
		const char *faults;
	} rows[] = {
		{0, "token.size"}, {3, "token.size"}, {4, "token.form"}, {20000, "token.form"}, {20001, "token.size"}};
	char text[20001];

	(void)state;
	memset(text, 'a', sizeof text);
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		const struct mm_doctor_options options = {.now = NOW, .token = mm_span(text, rows[i].len)};
		mm_auto_findings report = {0};

		mm_doctor_judge_token(ISSUER, NULL, &options, &report);
		assert_string_equal(test_faults(&report), rows[i].faults);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_have_their_faults_and_no_others),
		cmocka_unit_test(audiences_are_those_of_the_clouds_or_those_that_were_asked_for),
		cmocka_unit_test(a_subject_is_held_against_the_narrowest_cloud_that_is_asked_about),
		cmocka_unit_test(headers_have_their_faults_and_no_others),
		cmocka_unit_test(an_algorithm_that_no_cloud_takes_is_a_fault),
		cmocka_unit_test(a_token_of_another_key_is_not_verified),
		cmocka_unit_test(a_token_has_from_4_to_20000_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
