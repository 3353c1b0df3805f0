/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <mintmark/cloud.h>
#include <stdio.h>
#include <string.h>

static const struct mm_cloud *const aws = &mm_clouds[MM_CLOUD_AWS], *const gcp = &mm_clouds[MM_CLOUD_GCP],
				    *const azure = &mm_clouds[MM_CLOUD_AZURE];

/* The one finding that is expected; `check` NULL: none. */
static void assert_finds(const struct mm_findings *findings, const char *check, enum mm_finding_level level,
			 const char *text)
{
	if (!check) {
		assert_int_equal(findings->n, 0);
		return;
	}
	assert_int_equal(findings->n, 1);
	assert_string_equal(findings->v[0].check, check);
	assert_int_equal(findings->v[0].level, level);
	if (!strstr(findings->v[0].text, text))
		fail_msg("%s: \"%s\" is not in \"%s\"", check, text, findings->v[0].text);
	assert_non_null(findings->v[0].remedy);
}

/* ---- the table -------------------------------------------------------------------------------------------------- */

static void each_cloud_stands_at_its_own_id(void **state)
{
	static const char *const names[] = {"aws", "gcp", "azure"};
	(void)state;

	for (size_t i = 0; i < MM_CLOUD_COUNT; i++) {
		assert_int_equal(mm_clouds[i].id, i);
		assert_string_equal(mm_clouds[i].name, names[i]);
	}
}

static void algorithms_are_taken_as_the_clouds_say(void **state)
{
	static const struct {
		const char *name;
		bool aws, gcp, azure;
	} rows[MM_ALG_COUNT] = {
		{"RS256", true, true, true},    {"RS384", true, true, false},   {"RS512", true, true, false},
		{"ES256", true, true, false},   {"ES384", true, true, false},   {"ES512", true, true, false},
		{"PS256", false, false, false}, {"PS384", false, false, false}, {"PS512", false, false, false},
		{"EdDSA", false, false, false},
	};
	(void)state;

	for (size_t i = 0; i < MM_ALG_COUNT; i++) {
		assert_non_null(mm_alg_find(mm_span_str(rows[i].name)));
		assert_int_equal(mm_cloud_takes(aws, rows[i].name), rows[i].aws);
		assert_int_equal(mm_cloud_takes(gcp, rows[i].name), rows[i].gcp);
		assert_int_equal(mm_cloud_takes(azure, rows[i].name), rows[i].azure);
	}
	assert_false(mm_cloud_takes(aws, "none"));
	assert_false(mm_cloud_takes(aws, "rs256"));
}

/* ---- the issuer URL --------------------------------------------------------------------------------------------- */

static void issuer_urls_are_judged_as_each_cloud_would(void **state)
{
	const struct {
		const struct mm_cloud *cloud;
		const char *issuer, *check;
		enum mm_finding_level level;
		const char *text;
	} rows[] = {
		{aws, "https://oidc.example.com", NULL, 0, NULL},
		{gcp, "https://oidc.example.com", NULL, 0, NULL},
		{azure, "https://oidc.example.com", NULL, 0, NULL},
		{aws, "https://oidc.eks.eu-west-1.amazonaws.com/id/AB12CD", NULL, 0, NULL},
		{aws, "https://oidc.example.com:8443", "aws.issuer-port", MM_FINDING_FAIL, "8443"},
		{aws, "https://oidc.example.com:443/id", "aws.issuer-port", MM_FINDING_FAIL, "443"},
		{gcp, "https://oidc.example.com:8443", NULL, 0, NULL},
		{azure, "https://oidc.example.com:8443", NULL, 0, NULL},
		{aws, "http://oidc.example.com", "aws.issuer-scheme", MM_FINDING_FAIL, "plain http"},
		{gcp, "http://oidc.example.com", "gcp.issuer-scheme", MM_FINDING_FAIL, "plain http"},
		{azure, "http://oidc.example.com", "azure.issuer-scheme", MM_FINDING_FAIL, "plain http"},
		{aws, "https://oidc.example.com/?a=b", "aws.issuer-query", MM_FINDING_FAIL, "query"},
		{azure, "https://oidc.example.com?", "azure.issuer-query", MM_FINDING_FAIL, "query"},
		{aws, "https://OIDC.example.com", "aws.issuer-case", MM_FINDING_WARN, "upper-case"},
		{gcp, "HTTPS://oidc.example.com/id", "gcp.issuer-case", MM_FINDING_WARN, "upper-case"},
		{aws, "https://oidc.example.com/", "aws.issuer-slash", MM_FINDING_WARN, "slash"},
		{azure, "https://oidc.example.com/id/", "azure.issuer-slash", MM_FINDING_WARN, "slash"},
		{aws, "https://localhost", "aws.issuer-host", MM_FINDING_WARN, "localhost"},
		{gcp, "https://127.0.0.1/id", "gcp.issuer-host", MM_FINDING_WARN, "127.0.0.1"},
		{aws, "https://oidc.example.com/a//b", "aws.issuer-path", MM_FINDING_WARN, "//"},
		{aws, "https://oidc.example.com/%41", "aws.issuer-path", MM_FINDING_WARN, "%"},
		{gcp, "https://oidc.example.com:443", "gcp.issuer-path", MM_FINDING_WARN, ":443"},
		{aws, "oidc.example.com", "aws.issuer-url", MM_FINDING_FAIL, "oidc.example.com"},
		{gcp, "https://u@oidc.example.com", "gcp.issuer-url", MM_FINDING_FAIL, "@"},
		{azure, "https://oidc.example.com#f", "azure.issuer-url", MM_FINDING_FAIL, "#"},
		{aws, "", "aws.issuer-url", MM_FINDING_FAIL, ""},
	};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto_findings findings = {0};

		mm_cloud_check_issuer(rows[i].cloud, rows[i].issuer, &findings);
		assert_finds(&findings, rows[i].check, rows[i].level, rows[i].text);
	}
}

static void each_broken_rule_of_one_url_is_named(void **state)
{
	mm_auto_findings findings = {0};
	(void)state;

	mm_cloud_check_issuer(aws, "http://Localhost:80/?x/", &findings);
	assert_non_null(mm_findings_find(&findings, "aws.issuer-scheme"));
	assert_non_null(mm_findings_find(&findings, "aws.issuer-port"));
	assert_non_null(mm_findings_find(&findings, "aws.issuer-query"));
	assert_non_null(mm_findings_find(&findings, "aws.issuer-host"));
	assert_non_null(mm_findings_find(&findings, "aws.issuer-case"));
	assert_non_null(mm_findings_find(&findings, "aws.issuer-slash"));
	assert_int_equal(findings.n, 6);
}

static void an_issuer_may_be_as_long_as_the_cloud_takes_it(void **state)
{
	const struct {
		const struct mm_cloud *cloud;
		size_t len;
		const char *check;
	} rows[] = {
		{aws, 255, NULL},   {aws, 256, "aws.issuer-length"},
		{azure, 600, NULL}, {azure, 601, "azure.issuer-length"},
		{gcp, 255, NULL},
	};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto_findings findings = {0};
		char issuer[700] = "https://oidc.example.com/";

		memset(issuer + strlen(issuer), 'a', rows[i].len - strlen(issuer));
		mm_cloud_check_issuer(rows[i].cloud, issuer, &findings);
		if (rows[i].check)
			assert_int_equal(mm_findings_find(&findings, rows[i].check)->level, MM_FINDING_FAIL);
		else
			assert_int_not_equal(mm_findings_worst(&findings), MM_FINDING_FAIL);
	}
}

/* ---- audiences -------------------------------------------------------------------------------------------------- */

static void audiences_are_counted_and_measured(void **state)
{
	const struct {
		const struct mm_cloud *cloud;
		size_t n, len;
		const char *check;
	} rows[] = {
		{aws, 100, 255, NULL},
		{aws, 101, 255, "aws.audiences-count"},
		{aws, 1, 256, "aws.audience-length"},
		{gcp, 10, 256, NULL},
		{gcp, 11, 256, "gcp.audiences-count"},
		{gcp, 1, 257, "gcp.audience-length"},
		{azure, 1, 600, NULL},
		{azure, 2, 10, "azure.audiences-count"},
		{azure, 1, 601, "azure.audience-length"},
	};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto_findings findings = {0};
		mm_auto_strings audiences = {0};
		char text[700] = "";

		memset(text, 'a', rows[i].len);
		for (size_t j = 0; j < rows[i].n; j++)
			assert_ok(mm_strings_add(&audiences, text, NULL), NULL);
		mm_cloud_check_audiences(rows[i].cloud, &audiences, &findings);
		if (rows[i].check)
			assert_int_equal(mm_findings_find(&findings, rows[i].check)->level, MM_FINDING_FAIL);
		else
			assert_int_not_equal(mm_findings_worst(&findings), MM_FINDING_FAIL);
	}
}

static void the_audience_that_everybody_asks_for_is_missed(void **state)
{
	const struct {
		const struct mm_cloud *cloud;
		const char *audience, *check;
	} rows[] = {
		{aws, "sts.amazonaws.com", NULL},
		{aws, "sts.amazonaws.com.cn", "aws.audience-usual"},
		{aws, "https://sts.amazonaws.com", "aws.audience-usual"},
		{azure, "api://AzureADTokenExchange", NULL},
		{azure, "api://azureadtokenexchange", "azure.audience-usual"},
		{gcp, "anything", NULL},
	};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto_findings findings = {0};
		mm_auto_strings audiences = {0};

		assert_ok(mm_strings_add(&audiences, rows[i].audience, NULL), NULL);
		mm_cloud_check_audiences(rows[i].cloud, &audiences, &findings);
		assert_finds(&findings, rows[i].check, MM_FINDING_WARN, rows[i].audience);
	}
}

/* ---- the JWKS --------------------------------------------------------------------------------------------------- */

/* `n` keys, each with the members in `text` and a kid of its own. */
static void add_keys(json_t *jwks, size_t n, const char *text)
{
	json_t *keys = json_object_get(jwks, "keys");

	for (size_t i = 0; i < n; i++) {
		json_t *key = json_loads(text, 0, NULL);

		assert_non_null(key);
		json_object_set_new(key, "kid", json_sprintf("%zu", json_array_size(keys)));
		json_array_append_new(keys, key);
	}
}

#define RSA "{\"kty\":\"RSA\",\"alg\":\"RS256\",\"use\":\"sig\"}"
#define EC  "{\"kty\":\"EC\",\"crv\":\"P-256\",\"alg\":\"ES256\",\"use\":\"sig\"}"
#define OKP "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"alg\":\"EdDSA\",\"use\":\"sig\"}"
#define PSS "{\"kty\":\"RSA\",\"alg\":\"PS256\",\"use\":\"sig\"}"

static void keys_are_counted_as_each_cloud_does(void **state)
{
	const struct {
		const struct mm_cloud *cloud;
		size_t rsa, ec;
		const char *check;
		enum mm_finding_level level;
		const char *text;
	} rows[] = {
		{aws, 100, 100, NULL, 0, NULL},
		{aws, 101, 0, "aws.keys-count", MM_FINDING_FAIL, "101 RSA keys"},
		{aws, 1, 101, "aws.keys-count", MM_FINDING_FAIL, "101 EC keys"},
		{azure, 100, 0, NULL, 0, NULL},
		{azure, 101, 0, "azure.keys-count", MM_FINDING_WARN, "first 100"},
		{gcp, 101, 101, NULL, 0, NULL},
		{aws, 0, 0, "aws.keys-none", MM_FINDING_FAIL, "no keys"},
		{gcp, 0, 0, "gcp.keys-none", MM_FINDING_FAIL, "no keys"},
		{azure, 0, 0, "azure.keys-none", MM_FINDING_FAIL, "no keys"},
	};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto_findings findings = {0};
		json_t *jwks = json_pack("{s:[]}", "keys");

		add_keys(jwks, rows[i].rsa, RSA);
		add_keys(jwks, rows[i].ec, EC);
		mm_cloud_check_jwks(rows[i].cloud, jwks, &findings);
		assert_finds(&findings, rows[i].check, rows[i].level, rows[i].text);
		json_decref(jwks);
	}
}

static void keys_are_for_tokens_that_the_cloud_takes(void **state)
{
	const struct {
		const struct mm_cloud *cloud;
		const char *keys[2];
		const char *check;
		enum mm_finding_level level;
		const char *text;
	} rows[] = {
		{aws, {RSA, EC}, NULL, 0, NULL},
		{aws, {RSA, OKP}, "aws.key-algorithm", MM_FINDING_WARN, "key 2 (kid 1, EdDSA)"},
		{aws, {PSS, RSA}, "aws.key-algorithm", MM_FINDING_WARN, "key 1 (kid 0, PS256)"},
		{aws, {OKP, PSS}, "aws.key-algorithm", MM_FINDING_FAIL, "2 of 2 keys"},
		{gcp, {OKP, OKP}, "gcp.key-algorithm", MM_FINDING_FAIL, "EdDSA"},
		{azure, {RSA, RSA}, NULL, 0, NULL},
		{azure, {RSA, EC}, "azure.key-algorithm", MM_FINDING_WARN, "ES256"},
		{azure, {EC, EC}, "azure.key-algorithm", MM_FINDING_FAIL, "ES256"},
	};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto_findings findings = {0};
		json_t *jwks = json_pack("{s:[]}", "keys");

		add_keys(jwks, 1, rows[i].keys[0]);
		add_keys(jwks, 1, rows[i].keys[1]);
		mm_cloud_check_jwks(rows[i].cloud, jwks, &findings);
		assert_finds(&findings, rows[i].check, rows[i].level, rows[i].text);
		json_decref(jwks);
	}
}

static void members_that_are_missing_are_named(void **state)
{
	const struct {
		const struct mm_cloud *cloud;
		const char *jwks, *check;
		enum mm_finding_level level;
		const char *text;
	} rows[] = {
		{aws, "{\"keys\":[{\"kty\":\"RSA\",\"alg\":\"RS256\",\"use\":\"sig\"}]}", "aws.key-kid",
		 MM_FINDING_WARN, "key 1 (no kid, RS256)"},
		{gcp, "{\"keys\":[{\"kty\":\"RSA\",\"alg\":\"RS256\",\"use\":\"sig\"}]}", "gcp.key-kid",
		 MM_FINDING_FAIL, "no \"kid\""},
		{aws, "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"use\":\"sig\"}]}", "aws.key-alg", MM_FINDING_WARN,
		 "no \"alg\""},
		{azure, "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"alg\":\"RS256\"}]}", "azure.key-use",
		 MM_FINDING_WARN, "no \"use\""},
		/* What a key without alg is for follows from its type. */
		{aws, "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-521\",\"kid\":\"a\",\"use\":\"sig\"}]}", "aws.key-alg",
		 MM_FINDING_WARN, "ES512"},
	};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto_findings findings = {0};
		json_t *jwks = json_loads(rows[i].jwks, 0, NULL);

		mm_cloud_check_jwks(rows[i].cloud, jwks, &findings);
		assert_finds(&findings, rows[i].check, rows[i].level, rows[i].text);
		json_decref(jwks);
	}
}

static void a_kid_that_is_cut_is_still_utf8(void **state)
{
	mm_auto_findings findings = {0};
	char kid[2 * 100 + 2] = "a"; /* so that the cut is within a character */
	json_t *jwks;
	(void)state;

	for (size_t i = 0; i < 100; i++)
		strcat(kid, "\xc3\xbc");
	jwks = json_pack("{s:[{s:s, s:s}]}", "keys", "kid", kid, "kty", "oct");
	mm_cloud_check_jwks(aws, jwks, &findings);
	assert_true(mm_utf8_valid(mm_span_str(mm_findings_find(&findings, "aws.key-algorithm")->text)));
	json_decref(jwks);
}

static void a_key_of_an_unknown_kind_is_none_that_is_taken(void **state)
{
	static const char *const keys[] = {
		"{\"kty\":\"EC\",\"crv\":\"secp256k1\",\"kid\":\"a\"}",
		"{\"kty\":\"oct\",\"kid\":\"a\"}",
		"{\"kid\":\"a\"}",
		"{\"kty\":7,\"crv\":[],\"alg\":null}",
		"\"a key\"",
	};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(keys); i++) {
		mm_auto_findings findings = {0};
		json_t *jwks = json_pack("{s:[o]}", "keys", json_loads(keys[i], JSON_DECODE_ANY, NULL));

		mm_cloud_check_jwks(aws, jwks, &findings);
		assert_int_equal(mm_findings_find(&findings, "aws.key-algorithm")->level, MM_FINDING_FAIL);
		json_decref(jwks);
	}
}

static void what_is_no_jwks_is_said_to_be_none(void **state)
{
	static const char *const texts[] = {"{}", "[]", "{\"keys\":{}}", "{\"keys\":\"a\"}", "7"};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(texts); i++) {
		mm_auto_findings findings = {0};
		json_t *jwks = json_loads(texts[i], JSON_DECODE_ANY, NULL);

		mm_cloud_check_jwks(gcp, jwks, &findings);
		assert_finds(&findings, "gcp.jwks-form", MM_FINDING_FAIL, "keys");
		json_decref(jwks);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_cloud_stands_at_its_own_id),
		cmocka_unit_test(algorithms_are_taken_as_the_clouds_say),
		cmocka_unit_test(issuer_urls_are_judged_as_each_cloud_would),
		cmocka_unit_test(each_broken_rule_of_one_url_is_named),
		cmocka_unit_test(an_issuer_may_be_as_long_as_the_cloud_takes_it),
		cmocka_unit_test(audiences_are_counted_and_measured),
		cmocka_unit_test(the_audience_that_everybody_asks_for_is_missed),
		cmocka_unit_test(keys_are_counted_as_each_cloud_does),
		cmocka_unit_test(keys_are_for_tokens_that_the_cloud_takes),
		cmocka_unit_test(members_that_are_missing_are_named),
		cmocka_unit_test(a_kid_that_is_cut_is_still_utf8),
		cmocka_unit_test(a_key_of_an_unknown_kind_is_none_that_is_taken),
		cmocka_unit_test(what_is_no_jwks_is_said_to_be_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
