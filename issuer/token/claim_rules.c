/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold of the claims of a token whose signature was verified (RFC 7519 §4.1, RFC 8725 §3.8 and §3.9). */
#include "issuer/token/token.h"

#include <mintmark/json.h>
#include <string.h>

static bool is_text(const json_t *value)
{
	return json_is_string(value);
}

static bool is_audience(const json_t *value)
{
	for (size_t i = 0; i < json_array_size(value); i++) {
		if (!json_is_string(json_array_get(value, i)))
			return false;
	}
	return json_is_string(value) || json_is_array(value);
}

/* Integers alone: AWS refuses 1.5e9 too, and a reader that rounds extends a lifetime. */
static bool is_time(const json_t *value)
{
	return json_is_integer(value) && json_integer_value(value) >= 0;
}

static enum mm_code check_issuer(const json_t *value, const struct mm_verify_options *options, struct mm_err *err)
{
	const char *issuer = json_string_value(value);

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
	if (json_is_string(value) && is_wanted(options, json_string_value(value)))
		return MM_OK;
	for (size_t i = 0; i < json_array_size(value); i++) {
		if (is_wanted(options, json_string_value(json_array_get(value, i))))
			return MM_OK;
	}
	return fail_audience(value, options, err);
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
	mm_time expiry = json_integer_value(value);

	return options->now - options->leeway < expiry ? MM_OK : fail_time("expired at", expiry, options, err);
}

static enum mm_code check_not_before(const json_t *value, const struct mm_verify_options *options, struct mm_err *err)
{
	mm_time not_before = json_integer_value(value);

	if (options->now + options->leeway >= not_before)
		return MM_OK;
	return fail_time("not valid before", not_before, options, err);
}

static enum mm_code check_issued_at(const json_t *value, const struct mm_verify_options *options, struct mm_err *err)
{
	mm_time issued_at = json_integer_value(value);

	if (options->now + options->leeway >= issued_at)
		return MM_OK;
	return fail_time("issued in the future, at", issued_at, options, err);
}

static const struct rule {
	const char *name;
	bool (*has_form)(const json_t *value);
	const char *no_form; /* what is said when it has not */
	/* NULL: the form is all. */
	enum mm_code (*check)(const json_t *value, const struct mm_verify_options *options, struct mm_err *err);
	enum mm_token_fault fault; /* when that fails */
	bool required;
} rules[] = {
	{"iss", is_text, "is not a string", check_issuer, MM_TOKEN_ISSUER, true},
	{"aud", is_audience, "is neither a string nor an array of strings", check_audience, MM_TOKEN_AUDIENCE, true},
	{"exp", is_time, "is not a non-negative integer", check_expiry, MM_TOKEN_EXPIRED, true},
	{"nbf", is_time, "is not a non-negative integer", check_not_before, MM_TOKEN_EARLY, false},
	{"iat", is_time, "is not a non-negative integer", check_issued_at, MM_TOKEN_FUTURE, false},
	{"sub", is_text, "is not a string", NULL, MM_TOKEN_CLAIM, false},
};

static enum mm_code apply(const struct rule *rule, const struct mm_verify_options *options, struct mm_token *token,
			  struct mm_err *err)
{
	const json_t *value = json_object_get(token->claims, rule->name);

	token->fault = MM_TOKEN_CLAIM;
	if (!value)
		return rule->required ? mm_fail(err, MM_EVERIFY, "%s is missing", rule->name) : MM_OK;
	if (!rule->has_form(value))
		return mm_fail(err, MM_EVERIFY, "%s %s", rule->name, rule->no_form);
	token->fault = rule->fault;
	return rule->check ? rule->check(value, options, err) : MM_OK;
}

enum mm_code mm_token_check_claims(const struct mm_verify_options *options, struct mm_token *token, struct mm_err *err)
{
	for (size_t i = 0; i < MM_COUNT(rules); i++) {
		enum mm_code code = apply(&rules[i], options, token, err);

		if (code != MM_OK)
			return mm_context(err, code, "token");
	}
	token->fault = MM_TOKEN_GOOD;
	return MM_OK;
}
