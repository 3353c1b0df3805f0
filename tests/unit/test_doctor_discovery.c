/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/doctor/doctor_parts.h"
#include "tests/unit/reports.h"

#define ISSUER "https://a.test"
#define LISTS                                                                                                          \
	"\"response_types_supported\":[\"id_token\"],\"subject_types_supported\":[\"public\"],"                        \
	"\"id_token_signing_alg_values_supported\":[\"RS256\"]"
#define DOCUMENT(issuer, jwks_uri) "{\"issuer\":" issuer ",\"jwks_uri\":" jwks_uri "," LISTS "}"
#define OWN(jwks_uri)              DOCUMENT("\"" ISSUER "\"", jwks_uri)
#define WITH(lists)                "{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"https://a.test/k\"," lists "}"

static const struct {
	const char *body, *faults, *says;
	bool leads; /* whether the keys may be asked for */
} rows[] = {
	{OWN("\"https://a.test/k\""), "", "", true},
	{OWN("\"https://b.test:8443/k?v=1\""), "", "", true},
	{"", "discovery.json", "", false},
	{"[]", "discovery.json", "", false},
	{"{} {}", "discovery.json", "", false},
	{"\xef\xbb\xbf{}", "discovery.json", "", false},
	{"{\"issuer\":\"a\",\"\\u0069ssuer\":\"b\"}", "discovery.json", "duplicate", false},
	{DOCUMENT("\"https://a.test/\"", "\"https://a.test/k\""), "discovery.issuer", "a slash at its end", true},
	{DOCUMENT("7", "\"https://a.test/k\""), "discovery.issuer", "issuer is a number", true},
	{DOCUMENT("null", "\"https://a.test/k\""), "discovery.issuer", "issuer is null", true},
	{OWN("[]"), "discovery.jwks-uri", "jwks_uri is an array", false},
	{OWN("\"\""), "discovery.jwks-uri", "jwks_uri: ", false},
	{OWN("\"/k\""), "discovery.jwks-uri", "expected https://", false},
	{OWN("\"http://a.test/k\""), "discovery.jwks-uri", "not https", false},
	{OWN("\"http://127.0.0.1/k\""), "discovery.jwks-uri", "not https", false},
	{OWN("\"ftp://a.test/k\""), "discovery.jwks-uri", "expected https://", false},
	{OWN("\"https://user@a.test/k\""), "discovery.jwks-uri", "user or password", false},
	{OWN("\"https://0x7f.1/k\""), "discovery.jwks-uri", "not a host", false},
	{WITH("\"a\":1"), "discovery.response-types discovery.subject-types discovery.algorithms", "is missing", true},
	{WITH("\"response_types_supported\":[],\"subject_types_supported\":[],"
	      "\"id_token_signing_alg_values_supported\":[]"),
	 "discovery.response-types discovery.subject-types discovery.algorithms", "is empty", true},
	{WITH("\"response_types_supported\":[\"code\"],\"subject_types_supported\":[\"pairwise\"],"
	      "\"id_token_signing_alg_values_supported\":[\"RS256\",7]"),
	 "discovery.response-types discovery.subject-types discovery.algorithms", "lacks id_token", true},
	{WITH("\"response_types_supported\":\"id_token\",\"subject_types_supported\":[\"public\"],"
	      "\"id_token_signing_alg_values_supported\":[\"ES256\"]"),
	 "discovery.response-types", "is a string", true},
};

static void each_document_has_its_faults_and_no_others(void **state)
{
	mm_auto(mm_url) url = NULL;
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_url_parse(ISSUER, &url, &err), &err);
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto_findings report = {0};
		mm_auto(mm_url) jwks_url = NULL;
		json_t *document = mm_doctor_judge_discovery(mm_span_str(rows[i].body), ISSUER, url, &jwks_url,
							     &report);

		assert_string_equal(test_faults(&report), rows[i].faults);
		assert_int_equal(jwks_url != NULL, rows[i].leads);
		for (size_t j = 0; j < report.n; j++) {
			if (report.v[j].level >= MM_FINDING_WARN) {
				assert_contains(report.v[j].text, rows[i].says);
				break;
			}
		}
		json_decref(document);
	}
}

static void an_issuer_of_plain_http_may_have_its_keys_there(void **state)
{
	static const struct {
		const char *body;
		bool leads;
	} keys[] = {{DOCUMENT("\"http://127.0.0.1:8080\"", "\"http://127.0.0.1:8080/k\""), true},
		    {DOCUMENT("\"http://127.0.0.1:8080\"", "\"http://[::1]/k\""), true},
		    {DOCUMENT("\"http://127.0.0.1:8080\"", "\"http://169.254.169.254/k\""), false}};
	mm_auto(mm_url) url = NULL;
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_url_parse("http://127.0.0.1:8080", &url, &err), &err);
	for (size_t i = 0; i < MM_COUNT(keys); i++) {
		mm_auto_findings report = {0};
		mm_auto(mm_url) jwks_url = NULL;

		json_decref(mm_doctor_judge_discovery(mm_span_str(keys[i].body), "http://127.0.0.1:8080", url,
						      &jwks_url, &report));
		assert_int_equal(jwks_url != NULL, keys[i].leads);
		assert_string_equal(test_faults(&report), keys[i].leads ? "" : "discovery.jwks-uri");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_document_has_its_faults_and_no_others),
		cmocka_unit_test(an_issuer_of_plain_http_may_have_its_keys_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
