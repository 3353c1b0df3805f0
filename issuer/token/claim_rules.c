/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold of the claims of a token whose signature was verified (RFC 7519 §4.1, RFC 8725 §3.8 and §3.9). */
#include "issuer/token/token.h"

#include <mintmark/json.h>
#include <string.h>

static enum mm_code check_issuer(const json_t *value, const struct mm_verify_options *options, struct mm_err *err)
{
	const char *issuer = json_string_value(value);

	if (!issuer)
		return mm_fail(err, MM_EVERIFY, "iss is not a string");
	if (options->issuer && strcmp(issuer, options->issuer) != 0)
		return mm_fail(err, MM_EVERIFY, "iss is \"%.160s\", not \"%.255s\"", issuer, options->issuer);
	return MM_OK;
}

static bool is_wanted(const struct mm_verify_options *options, const char *audience)
{
	for (size_t i = 0; i < options->audience_count; i++) {
		if (strcmp(audience, options->audiences[i]) == 0)
			return true;
	}
	return options->audience_count == 0;
}

static enum mm_code fail_audience(const json_t *value, const struct mm_verify_options *options, struct mm_err *err)
{
	mm_auto_buf found = {0}, wanted = {0};
	enum mm_code code;

	if (options->audience_count == 0)
		return mm_fail(err, MM_EVERIFY, "aud is an empty array");
	code = mm_json_dump(value, false, &found, err);
	for (size_t i = 0; i < options->audience_count; i++)
		mm_buf_printf(&wanted, "%s\"%.160s\"", i == 0 ? "" : ", ", options->audiences[i]);
	if (code == MM_OK)
		code = mm_buf_check(&wanted, err);
	if (code != MM_OK)
		return code;
	return mm_fail(err, MM_EVERIFY, "aud is %.160s, where %s belongs", found.p, wanted.p);
}

static enum mm_code check_audience(const json_t *value, const struct mm_verify_options *options, struct mm_err *err)
{
	size_t n = json_is_array(value) ? json_array_size(value) : 1;
	bool found = false;

	for (size_t i = 0; i < n; i++) {
		const char *audience = json_string_value(json_is_array(value) ? json_array_get(value, i) : value);

		if (!audience)
			return mm_fail(err, MM_EVERIFY, "aud is neither a string nor an array of strings");
		found = found || is_wanted(options, audience);
	}
	return found ? MM_OK : fail_audience(value, options, err);
}

/* Integers alone: AWS refuses 1.5e9 too, and a reader that rounds extends a lifetime. */
static enum mm_code get_time(const char *name, const json_t *value, mm_time *out, struct mm_err *err)
{
	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return mm_fail(err, MM_EVERIFY, "%s is not a non-negative integer", name);
	*out = json_integer_value(value);
	return MM_OK;
}

static enum mm_code fail_time(const char *what, mm_time time, const struct mm_verify_options *options,
			      struct mm_err *err)
{
	char then[MM_TIME_TEXT_SIZE], now[MM_TIME_TEXT_SIZE];

	mm_time_format(time, then);
	mm_time_format(options->now, now);
	return mm_fail(err, MM_EVERIFY, "%s %s, now is %s (leeway %lld s)", what, then, now,
		       (long long)options->leeway);
}

/* "On or after" exp a token must not be accepted (RFC 7519 §4.1.4). Leeway is taken from now, which cannot overflow. */
static enum mm_code check_expiry(const json_t *value, const struct mm_verify_options *options, struct mm_err *err)
{
	mm_time expiry = 0;
	enum mm_code code = get_time("exp", value, &expiry, err);

	if (code == MM_OK && options->now - options->leeway >= expiry)
		return fail_time("expired at", expiry, options, err);
	return code;
}

static enum mm_code check_not_before(const json_t *value, const struct mm_verify_options *options, struct mm_err *err)
{
	mm_time not_before = 0;
	enum mm_code code = get_time("nbf", value, &not_before, err);

	if (code == MM_OK && options->now + options->leeway < not_before)
		return fail_time("not valid before", not_before, options, err);
	return code;
}

static enum mm_code check_issued_at(const json_t *value, const struct mm_verify_options *options, struct mm_err *err)
{
	mm_time issued_at = 0;
	enum mm_code code = get_time("iat", value, &issued_at, err);

	if (code == MM_OK && options->now + options->leeway < issued_at)
		return fail_time("issued in the future, at", issued_at, options, err);
	return code;
}

static enum mm_code check_subject(const json_t *value, const struct mm_verify_options *options, struct mm_err *err)
{
	(void)options;
	return json_is_string(value) ? MM_OK : mm_fail(err, MM_EVERIFY, "sub is not a string");
}

enum mm_code mm_token_check_claims(const json_t *claims, const struct mm_verify_options *options, struct mm_err *err)
{
	static const struct {
		const char *name;
		bool required;
		enum mm_code (*check)(const json_t *value, const struct mm_verify_options *options, struct mm_err *err);
	} rules[] = {
		{"iss", true, check_issuer},      {"aud", true, check_audience},   {"exp", true, check_expiry},
		{"nbf", false, check_not_before}, {"iat", false, check_issued_at}, {"sub", false, check_subject},
	};

	for (size_t i = 0; i < MM_COUNT(rules); i++) {
		const json_t *value = json_object_get(claims, rules[i].name);
		enum mm_code code = MM_OK;

		if (value)
			code = rules[i].check(value, options, err);
		else if (rules[i].required)
			code = mm_fail(err, MM_EVERIFY, "%s is missing", rules[i].name);
		if (code != MM_OK)
			return mm_context(err, code, "token");
	}
	return MM_OK;
}
