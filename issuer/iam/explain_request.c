/* SPDX-License-Identifier: Apache-2.0 */
/* The request that IAM evaluates the policy for: action, principal, and the condition keys that come of the token. */
#include "issuer/iam/explain_parts.h"

#include <mintmark/json.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- condition keys --------------------------------------------------------------------------------------------- */

/*
 * IAM User Guide, "IAM and AWS STS condition context keys", "Available keys for AWS OIDC federation": amr, aud, email,
 * oaud and sub, each behind the provider's name, and no other claim, whatever the token has. aud is azp where there is
 * one, and oaud is aud then.
 */
static bool begin_key(struct mm_trial *trial, const char *provider, const char *claim, size_t *i)
{
	mm_auto_buf name = {0};

	*i = trial->key_count++;
	mm_buf_printf(&name, "%s:%s", provider, claim);
	trial->key_names[*i] = mm_buf_take(&name);
	return trial->key_names[*i] != NULL;
}

static enum mm_code add_text(struct mm_trial *trial, const char *provider, const char *claim, const char *value,
			     struct mm_err *err)
{
	size_t i;

	if (!value)
		return MM_OK;
	if (!begin_key(trial, provider, claim, &i))
		return mm_fail(err, MM_ENOMEM, "out of memory");
	return mm_strings_add(&trial->key_values[i], value, err);
}

static enum mm_code add_list(struct mm_trial *trial, const char *claim, const struct mm_strings *values,
			     struct mm_err *err)
{
	size_t i;

	if (values->n == 0)
		return MM_OK;
	if (!begin_key(trial, trial->name, claim, &i))
		return mm_fail(err, MM_ENOMEM, "out of memory");
	return mm_strings_copy(&trial->key_values[i], values, err);
}

static enum mm_code add_amr(struct mm_trial *trial, struct mm_err *err)
{
	const json_t *amr = json_object_get(trial->token.claims, "amr");
	mm_auto_strings values = {0};
	enum mm_code code = MM_OK;

	for (size_t i = 0; i < json_array_size(amr) && code == MM_OK; i++) {
		const char *text = json_string_value(json_array_get(amr, i));

		if (text)
			code = mm_strings_add(&values, text, err);
	}
	return code == MM_OK ? add_list(trial, "amr", &values, err) : code;
}

static enum mm_code add_own_keys(struct mm_trial *trial, struct mm_err *err)
{
	const char *email = mm_json_text(trial->token.claims, "email");
	const char *name = trial->name;
	enum mm_code code;

	if (trial->azp)
		code = add_text(trial, name, "aud", trial->azp, err);
	else
		code = add_list(trial, "aud", &trial->audiences, err);
	if (code == MM_OK && trial->azp)
		code = add_list(trial, "oaud", &trial->audiences, err);
	if (code == MM_OK)
		code = add_text(trial, name, "sub", trial->subject, err);
	if (code == MM_OK)
		code = add_amr(trial, err);
	if (code == MM_OK)
		code = add_text(trial, name, "email", email, err);
	if (code == MM_OK)
		code = add_text(trial, "aws", "FederatedProvider", trial->provider_arn, err);
	return code;
}

static void take_own_keys(struct mm_trial *trial)
{
	for (size_t i = 0; i < trial->key_count; i++) {
		const struct mm_strings *values = &trial->key_values[i];

		trial->keys[i] = (struct mm_iam_key){
			.name = trial->key_names[i],
			.values = (const char *const *)values->v,
			.count = values->n,
			.multivalued = values->n > 1 || strcmp(strrchr(trial->key_names[i], ':'), ":amr") == 0,
		};
	}
}

static enum mm_code make_keys(struct mm_trial *trial, struct mm_err *err)
{
	const struct mm_explain *asked = trial->asked;
	enum mm_code code = add_own_keys(trial, err);
	size_t own = trial->key_count;

	if (code != MM_OK)
		return code;
	trial->keys = calloc(own + asked->context_count + 1, sizeof *trial->keys);
	if (!trial->keys)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	take_own_keys(trial);
	for (size_t i = 0; i < asked->context_count; i++) {
		for (size_t j = 0; j < own; j++) {
			if (strcasecmp(asked->context[i].name, trial->keys[j].name) == 0)
				return mm_fail(err, MM_EUSAGE,
					       "context: %.200s is what the token says, and not for others to say",
					       trial->keys[j].name);
		}
		trial->keys[trial->key_count++] = asked->context[i];
	}
	return MM_OK;
}

/*
 * What is not among the keys: those of AWS hang on the call, of which nothing is known here. sts:ExternalId is a
 * parameter of AssumeRole alone, and all others are of providers: absent when the token has them not.
 */
static bool knows(void *arg, const char *name)
{
	(void)arg;
	if (strcasecmp(name, "sts:ExternalId") == 0)
		return true;
	return !mm_behind_nocase(name, "aws:") && !mm_behind_nocase(name, "sts:");
}

/* ---- the provider's ARN ----------------------------------------------------------------------------------------- */

static enum mm_code make_arn(struct mm_trial *trial, const struct mm_arn *account, struct mm_err *err)
{
	mm_auto_buf arn = {0};

	mm_buf_printf(&arn, "arn:%.*s:iam::%.*s:" MM_AWS_OIDC_PROVIDER "%s", (int)account->partition.len,
		      account->partition.p, (int)account->account.len, account->account.p, trial->name);
	trial->provider_arn = mm_buf_take(&arn);
	return trial->provider_arn ? MM_OK : mm_fail(err, MM_ENOMEM, "out of memory");
}

/* Whether the i-th principal of the statement is a provider of OIDC: then its ARN's parts. */
static bool provider_principal(const struct mm_iam_statement *statement, size_t i, struct mm_arn *arn)
{
	const char *text = mm_behind(statement->principals.v[i], "Federated:");

	return text && mm_arn_parse(text, arn, NULL) == MM_OK && mm_span_starts(arn->resource, MM_AWS_OIDC_PROVIDER);
}

/* The account of the policy's principal for this issuer; of any issuer, if there is none. */
static bool account_of_policy(const struct mm_trial *trial, const struct mm_iam_decision *decision, struct mm_arn *out)
{
	bool found = false;

	for (size_t i = 0; i < decision->count; i++) {
		const struct mm_iam_statement *statement = &decision->statements[i];

		for (size_t j = 0; j < statement->principals.n; j++) {
			struct mm_arn arn;

			if (!provider_principal(statement, j, &arn))
				continue;
			if (!found)
				*out = arn;
			found = true;
			if (strcmp(arn.resource.p + strlen(MM_AWS_OIDC_PROVIDER), trial->name) != 0)
				continue;
			*out = arn;
			return true;
		}
	}
	return found;
}

/* STS looks in the account of the role. Where that is not known, the policy is taken to name its own account. */
static enum mm_code find_arn(struct mm_trial *trial, struct mm_err *err)
{
	const struct mm_iam_request nobody = {
		.action = MM_STS_WEB_IDENTITY, .principal_type = "Federated", .principal = "", .knows = knows};
	mm_auto_iam_decision decision = {0};
	const char *registered = mm_trial_registered(trial);
	struct mm_arn arn;
	enum mm_code code;

	if (registered)
		return mm_string_set(&trial->provider_arn, registered, err);
	if (trial->role_arn && mm_arn_parse(trial->role_arn, &arn, NULL) == MM_OK)
		return make_arn(trial, &arn, err);
	/* To see whom the policy names; nobody is asked for. */
	code = mm_iam_evaluate(trial->asked->policy, &nobody, trial->asked->now, &decision, err);
	if (code == MM_OK && account_of_policy(trial, &decision, &arn))
		code = make_arn(trial, &arn, err);
	return code;
}

enum mm_code mm_explain_policy(struct mm_trial *trial, struct mm_err *err)
{
	struct mm_iam_request request = {
		.action = MM_STS_WEB_IDENTITY, .principal_type = "Federated", .knows = knows, .arg = trial};
	enum mm_code code = find_arn(trial, err);

	if (code == MM_OK)
		code = make_keys(trial, err);
	if (code != MM_OK)
		return code;
	request.principal = trial->provider_arn ? trial->provider_arn : trial->name;
	trial->out->principal = request.principal;
	request.keys = trial->keys;
	request.key_count = trial->key_count;
	trial->action = request.action;
	code = mm_iam_evaluate(trial->asked->policy, &request, trial->asked->now, &trial->out->decision, err);
	return code == MM_OK && trial->out->decision.verdict == MM_IAM_ALLOWED
		       ? mm_explain_demands(trial, &request, err)
		       : code;
}
