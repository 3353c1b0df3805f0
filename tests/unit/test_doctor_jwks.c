/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/doctor/doctor_parts.h"
#include "tests/unit/keyhelp.h"
#include "tests/unit/reports.h"
#include "tests/unit/tokens.h"

#include <mintmark/json.h>
#include <stdlib.h>
#include <string.h>

#define DISCOVERY "{\"id_token_signing_alg_values_supported\":[\"RS256\",\"ES256\"]}"

/*
 * One change to a sound JWKS of an RSA key ("r") and an EC key ("e"): a member of the first, as JSON; NULL: it is taken
 * out. What fails or warns then, and what that says.
 */
static const struct {
	const char *alg; /* of the key that is changed, and then stands alone; NULL: the RSA key, beside the other */
	const char *member, *value;
	const char *faults, *says;
} rows[] = {
	{NULL, "x5c", "[\"MII\"]", "", ""},
	{NULL, "unknown", "{\"a\":1}", "", ""},
	{NULL, "key_ops", "[\"verify\"]", "", ""},
	{NULL, "kid", NULL, "jwks.kid", "key 1: it has no kid"},
	{NULL, "kid", "7", "jwks.kid", "no string"},
	{NULL, "kid", "\"\"", "jwks.kid", "empty"},
	{NULL, "kid", "\"e\"", "jwks.kid-unique", "keys 1 and 2 both have kid \"e\""},
	{NULL, "kty", NULL, "jwks.kty", "missing"},
	{NULL, "kty", "null", "jwks.kty", "no string"},
	{NULL, "kty", "\"AKP\"", "jwks.kty", "no verifier knows kty \"AKP\""},
	{NULL, "kty", "\"EC\"", "jwks.kty", "crv is missing"},
	{NULL, "use", NULL, "jwks.use", "it has no use"},
	{NULL, "use", "\"enc\"", "jwks.use", "its use is \"enc\""},
	{NULL, "use", "[]", "jwks.use", "no string"},
	{NULL, "key_ops", "[\"encrypt\"]", "jwks.use", "key_ops lacks \"verify\""},
	{NULL, "alg", NULL, "jwks.alg", "it has no alg"},
	{NULL, "alg", "1", "jwks.alg", "no string"},
	{NULL, "alg", "\"RSA-OAEP\"", "jwks.alg", "no cloud takes alg \"RSA-OAEP\""},
	{NULL, "alg", "\"none\"", "jwks.alg", "no cloud takes alg \"none\""},
	{NULL, "alg", "\"ES256\"", "jwks.alg", "kty does not fit"},
	{NULL, "alg", "\"RS512\"", "jwks.alg-listed", "RS512"},
	{NULL, "d", "\"AQ\"", "jwks.private", "private member \"d\""},
	{NULL, "oth", "[]", "jwks.private", "private member \"oth\""},
	{NULL, "k", "\"AQ\"", "jwks.private", "private member \"k\""},
	{NULL, "e", "\"Aw\"", "jwks.material", "exponent e is 3"},
	{NULL, "e", "\"AQAC\"", "jwks.material", "exponent e is even"},
	{NULL, "e", "\"AQAAAAE\"", "jwks.material", "too large"},
	{NULL, "n", "\"AQAB\"", "jwks.material", "modulus of 17 bits"},
	{NULL, "n", "\"AQ==\"", "jwks.material", "n"},
	{NULL, "n", NULL, "jwks.material", "no n"},
	{"ES256", "crv", "\"P-384\"", "jwks.alg", "crv does not fit"},
	{"ES256", "crv", "\"secp256k1\"", "jwks.kty jwks.usable", "no cloud takes the curve"},
	{"ES256", "x", "\"AQAB\"", "jwks.material", "written in full"},
	{"ES256", "use", "\"enc\"", "jwks.use jwks.usable", "not for signatures"},
	{"ES384", "unknown", "1", "jwks.alg-listed", "ES384"},
	{"EdDSA", "unknown", "1", "jwks.alg-listed", "EdDSA"},
};

static json_t *shared_jwk(const char *alg, const char *kid)
{
	mm_auto_string text = test_jwk(test_shared_key(alg, 0), kid);
	json_t *jwk = json_loads(text, 0, NULL);

	assert_non_null(jwk);
	json_object_set_new(jwk, "use", json_string("sig"));
	return jwk;
}

static json_t *judge(json_t *keys, struct mm_findings *report)
{
	json_t *document = json_pack("{s:o}", "keys", keys), *discovery = json_loads(DISCOVERY, 0, NULL), *sound;
	mm_auto_string text = json_dumps(document, 0);

	mm_finding_add(report, MM_FINDING_PASS, "discovery.algorithms", NULL, "as in life");
	sound = mm_doctor_judge_jwks(mm_span_str(text), discovery, report);
	json_decref(document);
	json_decref(discovery);
	return sound;
}

static void change(json_t *jwk, const char *member, const char *value)
{
	json_object_del(jwk, member);
	if (value)
		json_object_set_new(jwk, member, json_loads(value, JSON_DECODE_ANY, NULL));
}

static void assert_says(const struct mm_findings *report, const char *says)
{
	for (size_t i = 0; i < report->n; i++) {
		if (report->v[i].level >= MM_FINDING_WARN) {
			assert_contains(report->v[i].text, says);
			return;
		}
	}
}

/* In the order of the judge, which the table of the report sorts. */
static void each_key_has_its_faults_and_no_others(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		json_t *jwk = shared_jwk(rows[i].alg ? rows[i].alg : "RS256", "r"), *keys = json_array(), *sound;
		mm_auto_findings report = {0};

		change(jwk, rows[i].member, rows[i].value);
		json_array_append_new(keys, jwk);
		if (!rows[i].alg)
			json_array_append_new(keys, shared_jwk("ES256", "e"));
		sound = judge(keys, &report);
		if (strcmp(test_faults(&report), rows[i].faults) != 0)
			fail_msg("%s = %s: %s, expected %s", rows[i].member, rows[i].value, test_faults(&report),
				 rows[i].faults);
		assert_says(&report, rows[i].says);
		assert_non_null(sound);
		json_decref(sound);
	}
}

static void what_is_no_set_of_keys_is_said(void **state)
{
	static const struct {
		const char *body, *faults, *says;
	} sets[] = {
		{"", "jwks.json", ""},
		{"{\"keys\":[],\"keys\":[]}", "jwks.json", "duplicate"},
		{"{}", "jwks.keys", "missing, or no array"},
		{"{\"keys\":{}}", "jwks.keys", "missing, or no array"},
		{"{\"keys\":[]}", "jwks.keys", "there are none"},
		{"{\"keys\":[{},7]}", "jwks.keys", "key 2 is no object"},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(sets); i++) {
		mm_auto_findings report = {0};

		assert_null(mm_doctor_judge_jwks(mm_span_str(sets[i].body), NULL, &report));
		assert_string_equal(test_faults(&report), sets[i].faults);
		assert_says(&report, sets[i].says);
	}
}

static void more_keys_than_are_read_are_not_looked_at(void **state)
{
	json_t *keys = json_array();
	mm_auto_findings report = {0};

	(void)state;
	for (int i = 0; i <= MM_JWKS_KEYS_MAX; i++)
		json_array_append_new(keys, json_object());
	assert_null(judge(keys, &report));
	assert_string_equal(test_faults(&report), "jwks.keys");
	assert_found(&report, MM_FINDING_FAIL, "jwks.keys", "1001 keys");
}

static void a_rule_speaks_once_of_all_keys_and_of_the_worst(void **state)
{
	static const struct {
		const char *kid, *alg;
	} keys[] = {{"odd", NULL}, {"bad", "7"}, {"worse", "\"ES256\""}, {"odder", NULL}};
	json_t *array = json_array(), *sound;
	mm_auto_findings report = {0};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(keys); i++) {
		json_t *jwk = shared_jwk("RS256", keys[i].kid);

		change(jwk, "alg", keys[i].alg);
		json_array_append_new(array, jwk);
	}
	sound = judge(array, &report);
	assert_found(&report, MM_FINDING_FAIL, "jwks.alg", "key 2 (kid bad): its alg is no string (and 1 more of 4)");
	assert_found(&report, MM_FINDING_PASS, "jwks.usable", "2 of 4 keys");
	assert_int_equal(json_array_size(json_object_get(sound, "keys")), 2);
	json_decref(sound);
}

static void a_kid_has_at_most_1024_bytes(void **state)
{
	char kid[MM_KID_MAX + 2];

	(void)state;
	memset(kid, 'k', sizeof kid);
	for (size_t len = MM_KID_MAX; len <= MM_KID_MAX + 1; len++) {
		mm_auto_findings report = {0};

		kid[len] = '\0';
		json_decref(judge(json_pack("[o]", shared_jwk("ES256", kid)), &report));
		assert_string_equal(test_faults(&report), len <= MM_KID_MAX ? "" : "jwks.kid");
		kid[len] = 'k';
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_key_has_its_faults_and_no_others),
		cmocka_unit_test(what_is_no_set_of_keys_is_said),
		cmocka_unit_test(more_keys_than_are_read_are_not_looked_at),
		cmocka_unit_test(a_kid_has_at_most_1024_bytes),
		cmocka_unit_test(a_rule_speaks_once_of_all_keys_and_of_the_worst),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
