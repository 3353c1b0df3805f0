/* SPDX-License-Identifier: Apache-2.0 */
/* The discovery document (OpenID Connect Discovery 1.0 §3). */
#include "issuer/doctor/doctor_parts.h"

#include <mintmark/json.h>
#include <string.h>

static const char *type_name(const json_t *value)
{
	static const char *const type_names[] = {
		[JSON_OBJECT] = "an object", [JSON_ARRAY] = "an array", [JSON_STRING] = "a string",
		[JSON_INTEGER] = "a number", [JSON_REAL] = "a number",  [JSON_TRUE] = "true",
		[JSON_FALSE] = "false",      [JSON_NULL] = "null",
	};

	return value ? type_names[json_typeof(value)] : "missing";
}

static void judge_issuer(const json_t *document, const char *issuer, struct mm_findings *report)
{
	static const char remedy[] =
		"have the document, iss of the tokens and the registration say the same, byte for byte";
	const json_t *member = json_object_get(document, "issuer");
	const char *found = json_string_value(member);

	if (!found)
		mm_finding_add(report, MM_FINDING_FAIL, "discovery.issuer", remedy, "issuer is %s", type_name(member));
	else if (strcmp(found, issuer) != 0)
		mm_finding_add(report, MM_FINDING_FAIL, "discovery.issuer", remedy,
			       "issuer is \"%.150s\", not \"%.150s\": %s", found, issuer,
			       mm_doctor_difference(found, issuer));
	else
		mm_finding_add(report, MM_FINDING_PASS, "discovery.issuer", NULL, "equal byte for byte");
}

/* ---- jwks_uri --------------------------------------------------------------------------------------------------- */

/* Plain http is for an issuer that is so itself, on loopback; for that a finding has been made. */
static bool is_allowed_scheme(const struct mm_url *url, const struct mm_url *issuer)
{
	return url->https || (!issuer->https && mm_host_is_loopback(url->host));
}

static bool judge_jwks_uri(const json_t *document, const struct mm_url *issuer, struct mm_url **url,
			   struct mm_findings *report)
{
	static const char remedy[] = "give the https URL where the keys are";
	const json_t *member = json_object_get(document, "jwks_uri");
	const char *text = json_string_value(member);
	struct mm_err why = {0};

	if (!text)
		mm_finding_add(report, MM_FINDING_FAIL, "discovery.jwks-uri", remedy, "jwks_uri is %s",
			       type_name(member));
	else if (mm_url_parse(text, url, &why) != MM_OK)
		mm_finding_add(report, MM_FINDING_FAIL, "discovery.jwks-uri", remedy, "jwks_uri: %s", why.text);
	else if (!is_allowed_scheme(*url, issuer))
		mm_finding_add(report, MM_FINDING_FAIL, "discovery.jwks-uri", remedy,
			       "jwks_uri is \"%.255s\", which is not https", text);
	else
		mm_finding_add(report, MM_FINDING_PASS, "discovery.jwks-uri", NULL, "%.255s", text);
	return mm_doctor_holds(report, "discovery.jwks-uri");
}

/* ---- arrays of words -------------------------------------------------------------------------------------------- */

static bool is_words(const json_t *value)
{
	for (size_t i = 0; i < json_array_size(value); i++) {
		if (!json_is_string(json_array_get(value, i)))
			return false;
	}
	return json_is_array(value);
}

static bool has_word(const json_t *words, const char *wanted)
{
	for (size_t i = 0; i < json_array_size(words); i++) {
		if (strcmp(json_string_value(json_array_get(words, i)), wanted) == 0)
			return true;
	}
	return false;
}

/* The members that the standard requires, beside those that are used. SPIRE leaves subject_types_supported empty. */
static const struct list {
	const char *check, *member;
	const char *wanted; /* a word that should be in it; NULL: any */
	const char *remedy;
} lists[] = {
	{"discovery.response-types", "response_types_supported", "id_token",
	 "publish \"response_types_supported\": [\"id_token\"]"},
	{"discovery.subject-types", "subject_types_supported", "public",
	 "publish \"subject_types_supported\": [\"public\"]"},
	{"discovery.algorithms", "id_token_signing_alg_values_supported", NULL,
	 "list the algorithms of the keys, as \"id_token_signing_alg_values_supported\": [\"RS256\"]"},
};

static void judge_list(const json_t *document, const struct list *list, struct mm_findings *report)
{
	const json_t *value = json_object_get(document, list->member);
	mm_auto_buf text = {0};

	if (!is_words(value)) {
		mm_finding_add(report, MM_FINDING_FAIL, list->check, list->remedy, "%s is %s%s", list->member,
			       type_name(value), json_is_array(value) ? " of more than strings" : "");
		return;
	}
	for (size_t i = 0; i < json_array_size(value) && text.len < MM_QUOTED_MAX; i++)
		mm_buf_printf(&text, "%s%.64s", i > 0 ? ", " : "", json_string_value(json_array_get(value, i)));
	if (json_array_size(value) == 0)
		mm_finding_add(report, MM_FINDING_WARN, list->check, list->remedy, "%s is empty", list->member);
	else if (list->wanted && !has_word(value, list->wanted))
		mm_finding_add(report, MM_FINDING_WARN, list->check, list->remedy, "%s lacks %s", list->member,
			       list->wanted);
	else
		mm_finding_add(report, MM_FINDING_PASS, list->check, NULL, "%s", text.failed ? "" : text.p);
	report->failed = report->failed || text.failed;
}

json_t *mm_doctor_judge_discovery(struct mm_span body, const char *issuer, const struct mm_url *url,
				  struct mm_url **jwks_url, struct mm_findings *report)
{
	struct mm_err why = {0};
	json_t *document;

	*jwks_url = NULL;
	if (mm_json_load(body, MM_DISCOVERY_MAX, &document, &why) != MM_OK) {
		mm_finding_add(report, MM_FINDING_FAIL, "discovery.json",
			       "publish one JSON object, as `mintmark discovery` prints it",
			       "not what every reader reads alike: %s", why.text);
		return NULL;
	}
	mm_finding_add(report, MM_FINDING_PASS, "discovery.json", NULL, "one JSON object");
	judge_issuer(document, issuer, report);
	if (!judge_jwks_uri(document, url, jwks_url, report)) {
		mm_url_free(*jwks_url);
		*jwks_url = NULL;
	}
	for (size_t i = 0; i < MM_COUNT(lists); i++)
		judge_list(document, &lists[i], report);
	return document;
}
