/* SPDX-License-Identifier: Apache-2.0 */
/* A token of the issuer, as the clouds would look at it; unlike mm_token_verify it does not stop at the first fault. */
#include "issuer/doctor/doctor_parts.h"

#include <mintmark/json.h>
#include <mintmark/token.h>
#include <stdio.h>
#include <string.h>

enum { SIZE_MIN = 4, LIFETIME_MAX = 86400 };

struct subject {
	const char *issuer;
	const struct mm_jwks *jwks;
	const struct mm_doctor_options *options;
	struct mm_token token;
	struct mm_findings *report;
};

static bool is_asked(const struct subject *s, const struct mm_cloud *cloud)
{
	return !s->options->clouds || s->options->clouds[cloud->id];
}

/* ---- header and signature --------------------------------------------------------------------------------------- */

static bool judge_form(struct subject *s)
{
	size_t len = s->options->token.len;
	struct mm_err why = {0};

	if (len < SIZE_MIN || len > MM_TOKEN_MAX) {
		mm_finding_add(s->report, MM_FINDING_FAIL, "token.size", "put fewer claims into it",
			       "%zu characters: AWS STS takes %d to %d", len, SIZE_MIN, MM_TOKEN_MAX);
		return false;
	}
	mm_finding_add(s->report, MM_FINDING_PASS, "token.size", NULL, "%zu characters", len);
	if (mm_token_inspect(s->options->token, &s->token, &why) == MM_OK)
		mm_finding_add(s->report, MM_FINDING_PASS, "token.form", NULL, "a JWS with claims");
	else
		mm_finding_add(s->report, MM_FINDING_FAIL, "token.form",
			       "give the token as it is mounted, in one piece: header.payload.signature", "%s",
			       why.text);
	return mm_doctor_holds(s->report, "token.form");
}

static void judge_kid(struct subject *s, const struct mm_token *verified, const struct mm_err *why)
{
	if (!s->token.kid[0])
		mm_finding_add(s->report, MM_FINDING_FAIL, "token.kid", "have the issuer name the key in the header",
			       "the header has no kid: GCP refuses it, and AWS STS looks for a key with kid \"\"");
	else if (!mm_jwks_find(s->jwks, mm_span_str(s->token.kid)) && verified->fault == MM_TOKEN_NO_KEY)
		mm_finding_add(s->report, MM_FINDING_FAIL, "token.kid",
			       "publish the key before it signs, and keep it while its tokens live", "%s", why->text);
	else
		mm_finding_add(s->report, MM_FINDING_PASS, "token.kid", NULL, "%.64s", s->token.kid);
}

static bool is_taken(const struct subject *s, const char *algorithm)
{
	for (size_t i = 0; i < MM_CLOUD_COUNT; i++) {
		if (is_asked(s, &mm_clouds[i]) && mm_cloud_takes(&mm_clouds[i], algorithm))
			return true;
	}
	return false;
}

static void judge_algorithm(struct subject *s)
{
	static const char remedy[] = "sign with the algorithm of the published key";
	const char *name = mm_json_text(s->token.header, "alg");
	const struct mm_key *key = mm_jwks_find(s->jwks, mm_span_str(s->token.kid));

	if (!name || !mm_alg_find(mm_span_str(name)))
		mm_finding_add(s->report, MM_FINDING_FAIL, "token.algorithm", remedy, "alg is %.64s; known are %s",
			       name ? name : "missing", mm_alg_names());
	else if (key && strcmp(mm_key_alg(key)->name, name) != 0)
		mm_finding_add(s->report, MM_FINDING_FAIL, "token.algorithm", remedy,
			       "alg is %s, and the key %.64s is for %s", name, s->token.kid, mm_key_alg(key)->name);
	else if (!is_taken(s, name))
		mm_finding_add(s->report, MM_FINDING_FAIL, "token.algorithm",
			       "sign with RS256, which every cloud takes", "alg is %s, which %s", name,
			       s->options->clouds ? "is refused there" : "no cloud takes");
	else
		mm_finding_add(s->report, MM_FINDING_PASS, "token.algorithm", NULL, "%s", name);
}

static void judge_signature(struct subject *s)
{
	const struct mm_verify_options signature_only = {.signature_only = true};
	MM_CLEANUP(mm_token_clear) struct mm_token verified = {0};
	struct mm_err why = {0};
	enum mm_code code;

	if (!s->jwks)
		return;
	code = mm_token_verify(s->options->token, s->jwks, &signature_only, &verified, &why);
	judge_kid(s, &verified, &why);
	judge_algorithm(s);
	if (!mm_doctor_holds(s->report, "token.kid") || !mm_doctor_holds(s->report, "token.algorithm"))
		return;
	if (code == MM_OK)
		mm_finding_add(s->report, MM_FINDING_PASS, "token.signature", NULL, "the published key verifies it");
	else
		mm_finding_add(s->report, MM_FINDING_FAIL, "token.signature",
			       "is it of another issuer with the same kid, or was it changed on its way?", "%s",
			       why.text);
}

/* ---- claims ----------------------------------------------------------------------------------------------------- */

static const char *text_claim(const struct subject *s, const char *name)
{
	return mm_json_text(s->token.claims, name);
}

static void judge_issuer(struct subject *s)
{
	const char *iss = text_claim(s, "iss");

	if (!iss)
		mm_finding_add(s->report, MM_FINDING_FAIL, "token.issuer", "have iss be the issuer URL",
			       "iss is missing, or no string");
	else if (strcmp(iss, s->issuer) != 0)
		mm_finding_add(s->report, MM_FINDING_FAIL, "token.issuer",
			       "register the issuer that the tokens name, or have them name this one",
			       "iss is \"%.150s\", not \"%.150s\": %s", iss, s->issuer,
			       mm_doctor_difference(iss, s->issuer));
	else
		mm_finding_add(s->report, MM_FINDING_PASS, "token.issuer", NULL, "equal byte for byte");
}

/* The longest that a cloud takes, of those with a bound: google.subject is the narrowest. */
static void judge_subject(struct subject *s)
{
	const char *sub = text_claim(s, "sub");

	if (!sub || *sub == '\0') {
		mm_finding_add(s->report, MM_FINDING_FAIL, "token.subject", "have sub say who the token is for",
			       "sub is missing, empty, or no string");
		return;
	}
	for (size_t i = 0; i < MM_CLOUD_COUNT; i++) {
		const struct mm_cloud *cloud = &mm_clouds[i];

		if (!is_asked(s, cloud) || cloud->subject_max == 0 || strlen(sub) <= cloud->subject_max)
			continue;
		mm_finding_add(s->report, MM_FINDING_WARN, "token.subject", "choose shorter names",
			       "sub has %zu characters: %s takes %zu", strlen(sub), cloud->title, cloud->subject_max);
		return;
	}
	mm_finding_add(s->report, MM_FINDING_PASS, "token.subject", NULL, "%.160s", sub);
}

/* AWS takes integers alone: 1.7e9 is refused. */
static bool judge_times(struct subject *s)
{
	static const struct {
		const char *name;
		bool required;
	} times[] = {{"exp", true}, {"iat", true}, {"nbf", false}};

	for (size_t i = 0; i < MM_COUNT(times); i++) {
		const json_t *value = json_object_get(s->token.claims, times[i].name);

		if (json_is_integer(value) || (!value && !times[i].required))
			continue;
		mm_finding_add(s->report, MM_FINDING_FAIL, "token.times",
			       "write times as integers, in seconds since 1970", "%s is %s", times[i].name,
			       value ? "no integer, which AWS STS refuses" : "missing");
		return false;
	}
	mm_finding_add(s->report, MM_FINDING_PASS, "token.times", NULL, "integers");
	return true;
}

static void report_time(struct subject *s, bool good, const char *check, const char *remedy, const char *what,
			mm_time time)
{
	char then[MM_TIME_TEXT_SIZE], now[MM_TIME_TEXT_SIZE];

	mm_time_format(time, then);
	mm_time_format(s->options->now, now);
	if (good)
		mm_finding_add(s->report, MM_FINDING_PASS, check, NULL, "%s", then);
	else
		mm_finding_add(s->report, MM_FINDING_FAIL, check, remedy, "%s %s, now is %s", what, then, now);
}

static void judge_dates(struct subject *s)
{
	mm_time now = s->options->now, exp = json_integer_value(json_object_get(s->token.claims, "exp")),
		iat = json_integer_value(json_object_get(s->token.claims, "iat"));
	const json_t *nbf = json_object_get(s->token.claims, "nbf");
	char lifetime[MM_DURATION_TEXT_SIZE] = "";

	report_time(s, now < exp, "token.expiry", "get a new one; the SDKs read the file anew before each use",
		    "it expired at", exp);
	report_time(s, iat <= now + MM_LEEWAY, "token.issued-at", "set the clock of the issuer, or ours, by NTP",
		    "it was issued in the future, at", iat);
	if (nbf)
		report_time(s, json_integer_value(nbf) <= now + MM_LEEWAY, "token.not-before",
			    "wait, or set the clocks by NTP", "it is not valid before", json_integer_value(nbf));
	if (exp > iat && iat >= 0)
		mm_duration_format(exp - iat, lifetime);
	if (exp <= iat || iat < 0)
		mm_finding_add(s->report, MM_FINDING_FAIL, "token.lifetime", "have exp be after iat",
			       "it ends before it begins");
	else if (exp - iat > LIFETIME_MAX)
		mm_finding_add(s->report, MM_FINDING_WARN, "token.lifetime",
			       "ask for a shorter one: GCP takes no token of more than a day",
			       "it lives for %s: who steals it has it for as long", lifetime);
	else
		mm_finding_add(s->report, MM_FINDING_PASS, "token.lifetime", NULL, "%s", lifetime);
}

/* ---- audience --------------------------------------------------------------------------------------------------- */

static bool has_audience(const struct subject *s, const char *wanted)
{
	const json_t *aud = json_object_get(s->token.claims, "aud"), *one;
	const char *text = json_string_value(aud);
	size_t i;

	json_array_foreach(aud, i, one)
	{
		if (json_is_string(one) && strcmp(json_string_value(one), wanted) == 0)
			return true;
	}
	return text && strcmp(text, wanted) == 0;
}

/* What GCP takes unless its provider has audiences of its own: the provider's name. */
static bool names_gcp_provider(const struct subject *s)
{
	const json_t *aud = json_object_get(s->token.claims, "aud");
	const char *text = json_string_value(json_is_array(aud) ? json_array_get(aud, 0) : aud);

	return text && strstr(text, "//iam.googleapis.com/projects/") != NULL;
}

static bool is_for(const struct subject *s, const struct mm_cloud *cloud)
{
	return cloud->audience ? has_audience(s, cloud->audience) : names_gcp_provider(s);
}

/* Those that are wanted, of which one would do, and in `*found` the first that the token has. */
static void list_audiences(const struct subject *s, struct mm_buf *wanted, const char **found)
{
	const struct mm_strings *list = &s->options->audiences;

	*found = NULL;
	for (size_t i = 0; i < list->n; i++) {
		mm_buf_printf(wanted, "%s\"%.100s\"", wanted->len ? ", " : "", list->v[i]);
		if (!*found && has_audience(s, list->v[i]))
			*found = list->v[i];
	}
	for (size_t i = 0; list->n == 0 && i < MM_CLOUD_COUNT; i++) {
		const struct mm_cloud *cloud = &mm_clouds[i];

		if (!is_asked(s, cloud))
			continue;
		mm_buf_printf(wanted, "%s%s (%s)", wanted->len ? ", " : "",
			      cloud->audience ? cloud->audience : "the name of the provider", cloud->title);
		if (!*found && is_for(s, cloud))
			*found = cloud->title;
	}
}

static void judge_audience(struct subject *s)
{
	static const char remedy[] =
		"ask for the audience that the provider has, or register the one that tokens have; "
		"--audience says which one that is";
	const json_t *aud = json_object_get(s->token.claims, "aud");
	mm_auto_buf wanted = {0};
	mm_auto_string text = aud ? json_dumps(aud, JSON_ENCODE_ANY | JSON_COMPACT) : strdup("missing");
	const char *found;

	list_audiences(s, &wanted, &found);
	if (!text || wanted.failed)
		s->report->failed = true;
	else if (found)
		mm_finding_add(s->report, MM_FINDING_PASS, "token.audience", NULL, "%.160s, for %.80s", text, found);
	else
		mm_finding_add(s->report, MM_FINDING_FAIL, "token.audience", remedy,
			       "aud is %.160s, expected one of %.250s", text, wanted.p);
}

void mm_doctor_judge_token(const char *issuer, const struct mm_jwks *jwks, const struct mm_doctor_options *options,
			   struct mm_findings *report)
{
	struct subject s = {.issuer = issuer, .jwks = jwks, .options = options, .report = report};

	if (judge_form(&s)) {
		judge_signature(&s);
		judge_issuer(&s);
		judge_subject(&s);
		judge_audience(&s);
		if (judge_times(&s))
			judge_dates(&s);
	}
	mm_token_clear(&s.token);
}
