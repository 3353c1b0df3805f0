/* SPDX-License-Identifier: Apache-2.0 */
/* The times of a token as STS reads them: exp, nbf, iat. */
#include "issuer/iam/explain_parts.h"

#include <mintmark/json.h>

#define AGE_MAX ((mm_duration)86400) /* the longest that Kubernetes' projected tokens commonly live */

#define PASS(check, ...) mm_finding_add(&trial->out->token, MM_FINDING_PASS, check, NULL, __VA_ARGS__)
#define WARN(check, ...) mm_finding_add(&trial->out->token, MM_FINDING_WARN, check, NULL, __VA_ARGS__)
#define FAIL(check, ...) mm_finding_add(&trial->out->token, MM_FINDING_FAIL, check, NULL, __VA_ARGS__)

/*
 * Integers alone: scientific notation and fractions are rejected (IAM User Guide, "Create an OpenID Connect identity
 * provider"). False: it is not there, or refused.
 */
static bool read_time(struct mm_trial *trial, const char *claim, const char *check, mm_time *out)
{
	const json_t *value = json_object_get(trial->token.claims, claim);

	if (!value)
		return false;
	if (json_is_integer(value)) {
		*out = json_integer_value(value);
		return true;
	}
	FAIL(check, "%s is %s, not an integer", claim,
	     json_is_real(value) ? "written with a fraction or an exponent" : "not a number");
	mm_trial_refuse(trial, "%s", mm_sts_not_valid);
	MM_HINT("hint.time-form", "write times as whole seconds, in digits alone",
		"%s is not written as an integer, and STS refuses 1.7e9 and 1700000000.0 alike", claim);
	return false;
}

static void check_expiry(struct mm_trial *trial)
{
	mm_time now = trial->asked->now, exp;
	char when[MM_TIME_TEXT_SIZE], distance[MM_DURATION_TEXT_SIZE];

	if (!json_object_get(trial->token.claims, "exp")) {
		mm_explain_missing(trial, "token.expiry", "exp");
		return;
	}
	if (!read_time(trial, "exp", "token.expiry", &exp))
		return;
	mm_time_format(exp, when);
	mm_distance_text(exp, now, distance);
	if (now < exp) {
		PASS("token.expiry", "until %s, in %s", when, distance);
		return;
	}
	if (now - MM_STS_SKEW < exp) {
		WARN("token.expiry", "expired at %s, %s ago; STS takes it for five minutes more, because clocks differ",
		     when, distance);
		return;
	}
	FAIL("token.expiry", "expired at %s, %s ago", when, distance);
	mm_trial_refuse(trial,
			"ExpiredTokenException: Token expired: current date/time %lld must be before the expiration "
			"date/time %lld",
			(long long)now, (long long)exp);
	MM_HINT("hint.expired",
		"read the file again for each call, as the SDKs do: the kubelet replaces it in time, a copy stays old",
		"the token expired %s ago, at %s", distance, when);
}

/* nbf and iat: neither may lie ahead. The tolerance is documented for exp, and taken to be one for all. */
static void check_begin(struct mm_trial *trial, const char *claim, const char *check, const char *says)
{
	mm_time now = trial->asked->now, begin;
	char when[MM_TIME_TEXT_SIZE], distance[MM_DURATION_TEXT_SIZE];

	if (!read_time(trial, claim, check, &begin))
		return;
	mm_time_format(begin, when);
	mm_distance_text(begin, now, distance);
	if (begin <= now) {
		PASS(check, "%s %s, %s ago", says, when, distance);
		return;
	}
	if (begin <= now + MM_STS_SKEW) {
		WARN(check, "%s %s, in %s: a clock is ahead", says, when, distance);
		return;
	}
	FAIL(check, "%s %s, in %s", says, when, distance);
	mm_trial_refuse(trial, "%s", mm_sts_not_valid);
	MM_HINT("hint.clock", "set the clock of the issuer (NTP), or look at the time with --at",
		"%s lies %s ahead, at %s: the clock of the issuer is ahead, or this one is behind", claim, distance,
		when);
}

/* Seen as "ExpiredTokenException: Token too old: 441398" while exp was ahead; the bound is not documented. */
static void check_age(struct mm_trial *trial)
{
	mm_time now = trial->asked->now, iat;
	char distance[MM_DURATION_TEXT_SIZE];

	if (mm_json_get_int(trial->token.claims, "iat", &iat, NULL) != MM_OK || iat < 0 || iat >= now - AGE_MAX)
		return;
	mm_distance_text(iat, now, distance);
	WARN("token.age", "%s old: STS has refused tokens of several days as \"Token too old\", whatever their exp",
	     distance);
}

void mm_explain_times(struct mm_trial *trial)
{
	check_expiry(trial);
	check_begin(trial, "nbf", "token.not-before", "valid from");
	check_begin(trial, "iat", "token.issued-at", "issued at");
	check_age(trial);
}
