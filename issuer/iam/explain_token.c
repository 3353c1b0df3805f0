/* SPDX-License-Identifier: Apache-2.0 */
/* The token as STS reads it before it asks who issued it: length, form, algorithm, claims, times. */
#include "issuer/iam/explain_parts.h"

#include <mintmark/cloud.h>
#include <mintmark/json.h>
#include <string.h>

#define TOKEN_MIN 4 /* STS API Reference, AssumeRoleWithWebIdentity: WebIdentityToken */

static const char not_a_jwt[] = "InvalidIdentityToken: The ID Token provided is not a valid JWT. (You may see this "
				"error if you sent an Access Token)";
const char mm_sts_not_valid[] = "InvalidIdentityToken: The web identity token that was passed could not be validated "
				"by AWS";

#define PASS(check, ...) mm_finding_add(&trial->out->token, MM_FINDING_PASS, check, NULL, __VA_ARGS__)
#define WARN(check, ...) mm_finding_add(&trial->out->token, MM_FINDING_WARN, check, NULL, __VA_ARGS__)
#define FAIL(check, ...) mm_finding_add(&trial->out->token, MM_FINDING_FAIL, check, NULL, __VA_ARGS__)

/* ---- form ------------------------------------------------------------------------------------------------------- */

/* What else people hold for the token. */
static const struct {
	const char *prefix, *is, *remedy;
} mistaken[] = {
	{"Bearer ", "what stands in an Authorization header", "pass what follows \"Bearer \""},
	{"k8s-aws-v1.", "a token by which `aws eks get-token` signs in to a cluster",
	 "pass the content of $AWS_WEB_IDENTITY_TOKEN_FILE"},
	{"{", "JSON", "pass the token alone: its status.token, or the content of the token's file"},
	{"/", "a path", "pass the content of the file, with -, or the path with --token-file"},
};

static void hint_mistaken(struct mm_trial *trial)
{
	for (size_t i = 0; i < MM_COUNT(mistaken); i++) {
		if (!mm_span_starts(trial->asked->token, mistaken[i].prefix))
			continue;
		MM_HINT("hint.not-a-token", mistaken[i].remedy, "what was given begins with \"%s\": it is %s",
			mistaken[i].prefix, mistaken[i].is);
		return;
	}
}

static bool check_size(struct mm_trial *trial)
{
	size_t len = trial->asked->token.len;
	bool small = len < TOKEN_MIN;

	if (!small && len <= MM_TOKEN_MAX) {
		PASS("token.size", "%zu characters of %d", len, MM_TOKEN_MAX);
		return true;
	}
	FAIL("token.size", "%zu characters, where STS takes %d to %d", len, TOKEN_MIN, MM_TOKEN_MAX);
	mm_trial_refuse(trial,
			"ValidationError: 1 validation error detected: Value at 'webIdentityToken' failed to satisfy "
			"constraint: Member must have length %s than or equal to %d",
			small ? "greater" : "less", small ? TOKEN_MIN : MM_TOKEN_MAX);
	return false;
}

/* Whether there is something to go on with. */
static enum mm_code check_form(struct mm_trial *trial, bool *readable, struct mm_err *err)
{
	struct mm_err why = {0};
	enum mm_code code = mm_token_inspect(trial->asked->token, &trial->token, &why);

	*readable = code == MM_OK;
	if (code == MM_ENOMEM || code == MM_ECRYPTO)
		return mm_fail(err, code, "%s", why.text);
	if (code == MM_OK)
		return MM_OK;
	FAIL("token.form", "%s", why.text);
	mm_trial_refuse(trial, "%s", not_a_jwt);
	hint_mistaken(trial);
	return MM_OK;
}

static void check_algorithm(struct mm_trial *trial)
{
	const struct mm_cloud *aws = &mm_clouds[MM_CLOUD_AWS];
	const char *alg = mm_json_text(trial->token.header, "alg");

	if (alg && mm_cloud_takes(aws, alg)) {
		PASS("token.algorithm", "%s", alg);
		return;
	}
	FAIL("token.algorithm", "alg is %s; STS takes RS256, RS384, RS512, ES256, ES384 and ES512",
	     alg ? alg : "missing");
	mm_trial_refuse(trial, "%s", mm_sts_not_valid);
	MM_HINT("hint.algorithm", "sign with RS256 or ES256 (keys.algorithm), and rotate to such a key",
		"the token is signed with %s, which STS takes from nobody", alg ? alg : "nothing");
}

/* ---- claims ----------------------------------------------------------------------------------------------------- */

static const char *text_claim(const struct mm_trial *trial, const char *claim)
{
	const char *text = mm_json_text(trial->token.claims, claim);

	return text && text[0] != '\0' ? text : NULL;
}

/* What a Secret of the type service-account-token holds: no end, no audience, an issuer that is no URL. */
static bool is_legacy(const struct mm_trial *trial)
{
	const char *issuer = text_claim(trial, "iss");

	return json_object_get(trial->token.claims, "kubernetes.io/serviceaccount/namespace") ||
	       (issuer && strcmp(issuer, "kubernetes/serviceaccount") == 0);
}

void mm_explain_missing(struct mm_trial *trial, const char *check, const char *claim)
{
	bool there = json_object_get(trial->token.claims, claim);

	FAIL(check, "%s is %s", claim, there ? "there, but not of the form that it must have" : "missing");
	mm_trial_refuse(trial, "InvalidIdentityToken: Missing a required claim: %s", claim);
	if (!is_legacy(trial)) /* of which that is told already */
		MM_HINT("hint.claim-missing", "take an identity token: one with iss, sub, aud and exp",
			"the token has no %s that could be read, and STS needs it", claim);
}

static void refuse_not_found(struct mm_trial *trial)
{
	mm_trial_refuse(trial, "InvalidIdentityToken: No OpenIDConnect provider found in your account for %s",
			trial->issuer);
}

/* CreateOpenIDConnectProvider: "The URL must begin with https://". */
static void refuse_scheme(struct mm_trial *trial)
{
	trial->name = trial->issuer;
	FAIL("token.issuer", "\"%s\" does not begin with https://, so no provider can be registered for it",
	     trial->issuer);
	refuse_not_found(trial);
	if (mm_behind(trial->issuer, "http://"))
		MM_HINT("hint.http", "serve the issuer over https, and sign with that URL",
			"the token's issuer is \"%s\": AWS takes https alone", trial->issuer);
}

/* What CreateOpenIDConnectProvider takes of no issuer: a port, a query, a URL that is too long. */
static bool refuse_form(struct mm_trial *trial)
{
	mm_auto_findings found = {0};
	bool refused = false;

	mm_cloud_check_issuer(&mm_clouds[MM_CLOUD_AWS], trial->issuer, &found);
	trial->out->token.failed |= found.failed;
	for (size_t i = 0; i < found.n; i++) {
		if (found.v[i].level != MM_FINDING_FAIL)
			continue;
		FAIL("token.issuer", "%s", found.v[i].text);
		refuse_not_found(trial);
		MM_HINT("hint.issuer", found.v[i].remedy, "%s: no provider can be registered for it", found.v[i].text);
		refused = true;
	}
	return refused;
}

/* STS fetches from iss; what it finds there must call itself so (OpenID Connect Discovery 1.0 §4.3). */
static void refuse_other_server(struct mm_trial *trial)
{
	FAIL("token.issuer", "%s, where the keys are served by %s", trial->issuer, trial->asked->issuer);
	mm_trial_refuse(trial, "%s", mm_sts_no_key);
	mm_hint_provider(trial, "the issuer that serves the keys", trial->asked->issuer, trial->issuer);
}

static void check_issuer(struct mm_trial *trial)
{
	const char *server = trial->asked->issuer;

	trial->issuer = text_claim(trial, "iss");
	trial->name = trial->issuer ? mm_aws_provider_name(trial->issuer) : "";
	if (!trial->issuer)
		mm_explain_missing(trial, "token.issuer", "iss");
	else if (!trial->name)
		refuse_scheme(trial);
	else if (server && strcmp(server, trial->issuer) != 0)
		refuse_other_server(trial);
	else if (!refuse_form(trial))
		PASS("token.issuer", "%s", trial->issuer);
}

static enum mm_code read_audiences(struct mm_trial *trial, struct mm_err *err)
{
	const json_t *aud = json_object_get(trial->token.claims, "aud");
	enum mm_code code = MM_OK;

	if (json_is_string(aud))
		return mm_strings_add(&trial->audiences, json_string_value(aud), err);
	for (size_t i = 0; i < json_array_size(aud) && code == MM_OK; i++) {
		const char *text = json_string_value(json_array_get(aud, i));

		if (text)
			code = mm_strings_add(&trial->audiences, text, err);
	}
	return code;
}

static void check_audience(struct mm_trial *trial)
{
	const struct mm_strings *audiences = &trial->audiences;

	trial->azp = text_claim(trial, "azp");
	if (trial->azp)
		PASS("token.audience", "azp is %s, which STS takes in place of aud", trial->azp);
	else if (audiences->n == 1)
		PASS("token.audience", "%s", audiences->v[0]);
	else if (audiences->n > 1)
		WARN("token.audience", "%zu of them, %s first; ask for one alone, as the SDKs of AWS do", audiences->n,
		     audiences->v[0]);
	else
		mm_explain_missing(trial, "token.audience", "aud");
}

static enum mm_code check_claims(struct mm_trial *trial, struct mm_err *err)
{
	enum mm_code code = read_audiences(trial, err);

	if (code != MM_OK)
		return code;
	if (is_legacy(trial))
		MM_HINT("hint.legacy-token",
			"use a projected token: the annotation on the ServiceAccount makes the webhook mount one; "
			"without it, see `mintmark trust create`",
			"it is the token of a Secret (kubernetes.io/service-account-token), which has no exp and no "
			"audience");
	check_issuer(trial);
	trial->subject = text_claim(trial, "sub");
	if (trial->subject)
		PASS("token.subject", "%s", trial->subject);
	else
		mm_explain_missing(trial, "token.subject", "sub");
	check_audience(trial);
	return MM_OK;
}

/* ---- all of it -------------------------------------------------------------------------------------------------- */

enum mm_code mm_explain_token(struct mm_trial *trial, struct mm_err *err)
{
	bool readable;
	enum mm_code code;

	trial->name = "";
	if (!check_size(trial)) {
		hint_mistaken(trial);
		return MM_OK;
	}
	code = check_form(trial, &readable, err);
	if (code != MM_OK || !readable)
		return code;
	PASS("token.form", "a JWT");
	check_algorithm(trial);
	code = check_claims(trial, err);
	if (code == MM_OK)
		mm_explain_times(trial);
	return code;
}
