/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The provider that STS looks for: by the token's issuer, in the account of the role, and nowhere else. Then the
 * audience must be among its client ids.
 */
#include "issuer/iam/explain_parts.h"

#include <mintmark/json.h>
#include <string.h>

#define CLIENTS_TOLD 4

#define PASS(check, ...) mm_finding_add(&trial->out->provider, MM_FINDING_PASS, check, NULL, __VA_ARGS__)
#define SKIP(check, ...) mm_finding_add(&trial->out->provider, MM_FINDING_SKIP, check, NULL, __VA_ARGS__)
#define FAIL(check, ...) mm_finding_add(&trial->out->provider, MM_FINDING_FAIL, check, NULL, __VA_ARGS__)

static void refuse_not_found(struct mm_trial *trial)
{
	mm_trial_refuse(trial, "InvalidIdentityToken: No OpenIDConnect provider found in your account for %s",
			trial->issuer ? trial->issuer : "");
}

/* ---- what was given --------------------------------------------------------------------------------------------- */

/* Url stands without its scheme in the answers of IAM, and with it in requests and templates. */
static const char *without_scheme(const char *url)
{
	const char *rest = mm_behind(url, "https://");

	return rest ? rest : url;
}

static void refuse_url(struct mm_trial *trial, const char *found)
{
	FAIL("provider.url", "the provider is %s, the token's issuer %s", found,
	     trial->issuer ? trial->issuer : "missing");
	refuse_not_found(trial);
	if (trial->issuer)
		mm_hint_provider(trial, "the registered provider", found,
				 strstr(found, "://") ? trial->issuer : trial->name);
}

static void check_url(struct mm_trial *trial, const char *url)
{
	if (trial->issuer && strcmp(without_scheme(url), trial->name) == 0)
		PASS("provider.url", "%s", url);
	else
		refuse_url(trial, url);
}

/* What an ARN says behind "oidc-provider/"; NULL: it is of something else. */
static const char *name_in(const char *arn)
{
	const char *name = arn ? strstr(arn, MM_AWS_OIDC_PROVIDER) : NULL;

	return name ? name + strlen(MM_AWS_OIDC_PROVIDER) : NULL;
}

static const char *listed_arn(const json_t *list, size_t i)
{
	return mm_json_text(json_array_get(list, i), "Arn");
}

const char *mm_trial_registered(const struct mm_trial *trial)
{
	const json_t *list = json_object_get(trial->asked->provider, "OpenIDConnectProviderList");

	for (size_t i = 0; i < json_array_size(list) && !trial->asked->provider_arn; i++) {
		const char *arn = listed_arn(list, i), *name = name_in(arn);

		if (name && strcmp(name, trial->name) == 0)
			return arn;
	}
	return trial->asked->provider_arn;
}

/* The answer of `aws iam list-open-id-connect-providers`: the one whose ARN ends in the issuer's name. */
static enum mm_code check_list(struct mm_trial *trial, const json_t *list, struct mm_err *err)
{
	const char *only = NULL;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *arn = listed_arn(list, i);

		only = name_in(arn);
		if (!only)
			return mm_fail(err, MM_EPARSE,
				       "provider: OpenIDConnectProviderList[%zu] has no Arn of an oidc-provider", i);
		if (strcmp(only, trial->name) != 0)
			continue;
		PASS("provider.url", "%s", arn);
		return MM_OK;
	}
	FAIL("provider.url", "none of the %zu providers of the account is for %s", json_array_size(list),
	     trial->issuer ? trial->issuer : "it");
	refuse_not_found(trial);
	if (json_array_size(list) == 1)
		mm_hint_provider(trial, "the only registered provider", only, trial->name);
	else
		MM_HINT("hint.provider-missing", "register it: `mintmark register aws` writes the calls",
			"no provider is registered for %s in this account",
			trial->issuer ? trial->issuer : "the token");
	return MM_OK;
}

/* ---- audience --------------------------------------------------------------------------------------------------- */

static enum mm_code read_clients(const json_t *provider, struct mm_strings *out, struct mm_err *err)
{
	const json_t *list = json_object_get(provider, "ClientIDList");
	enum mm_code code = MM_OK;

	for (size_t i = 0; i < json_array_size(list) && code == MM_OK; i++) {
		const char *client = json_string_value(json_array_get(list, i));

		if (!client)
			return mm_fail(err, MM_EPARSE, "provider: ClientIDList[%zu] is not a text", i);
		code = mm_strings_add(out, client, err);
	}
	return code;
}

static bool has_audience(const struct mm_trial *trial, const struct mm_strings *clients)
{
	if (trial->azp)
		return mm_strings_has(clients, trial->azp);
	for (size_t i = 0; i < trial->audiences.n; i++) {
		if (mm_strings_has(clients, trial->audiences.v[i]))
			return true;
	}
	return false;
}

/* "a, b and 3 more" */
static void list_clients(const struct mm_strings *clients, struct mm_buf *out)
{
	size_t told = clients->n < CLIENTS_TOLD ? clients->n : CLIENTS_TOLD;

	mm_buf_add_str(out, clients->n == 0 ? "none" : "");
	for (size_t i = 0; i < told; i++)
		mm_buf_printf(out, "%s\"%.64s\"", i > 0 ? ", " : "", clients->v[i]);
	if (clients->n > told)
		mm_buf_printf(out, " and %zu more", clients->n - told);
}

static enum mm_code refuse_audience(struct mm_trial *trial, const struct mm_strings *clients, struct mm_err *err)
{
	const char *where = "the provider's ClientIDList", *audience = mm_trial_audience(trial);
	mm_auto_buf list = {0};

	list_clients(clients, &list);
	if (list.failed)
		return mm_buf_check(&list, err);
	FAIL("provider.audience", "the audience is \"%.160s\", the client ids are %s", audience, list.p);
	mm_trial_refuse(trial, "InvalidIdentityToken: Incorrect token audience");
	if (!mm_hint_audience_mistaken(trial, where, (const char *const *)clients->v, clients->n))
		MM_HINT("hint.client-id",
			"add it: `aws iam add-client-id-to-open-id-connect-provider`; or ask for the token with a "
			"registered audience",
			"the token's audience is \"%.160s\", and %s has %s", audience, where, list.p);
	return MM_OK;
}

static enum mm_code check_clients(struct mm_trial *trial, struct mm_err *err)
{
	mm_auto_strings clients = {0};
	enum mm_code code = read_clients(trial->asked->provider, &clients, err);

	if (code != MM_OK || !mm_trial_audience(trial))
		return code;
	if (!has_audience(trial, &clients))
		return refuse_audience(trial, &clients, err);
	PASS("provider.audience", "one of %zu client ids", clients.n);
	return MM_OK;
}

/* ---- account ---------------------------------------------------------------------------------------------------- */

/* STS looks in the role's account alone, whatever the policy names. */
static enum mm_code check_account(struct mm_trial *trial, struct mm_err *err)
{
	const char *arn = mm_trial_registered(trial);
	struct mm_arn provider, role;

	if (trial->role_arn && mm_role_arn_parse(trial->role_arn, &role, err) != MM_OK)
		return mm_context(err, MM_EPARSE, "role");
	if (!arn)
		return MM_OK;
	if (mm_arn_parse(arn, &provider, err) != MM_OK)
		return mm_context(err, MM_EPARSE, "provider");
	if (!mm_span_starts(provider.resource, MM_AWS_OIDC_PROVIDER))
		return mm_fail(err, MM_EPARSE,
			       "provider: found \"%.200s\"; accepted: arn:aws:iam::ACCOUNT:oidc-provider/HOST/PATH",
			       arn);
	if (!trial->role_arn || mm_span_eq(provider.account, role.account)) {
		PASS("provider.arn", "%s", arn);
		return MM_OK;
	}
	FAIL("provider.account", "the provider is in account %.*s, the role in %.*s", (int)provider.account.len,
	     provider.account.p, (int)role.account.len, role.account.p);
	refuse_not_found(trial);
	MM_HINT("hint.account",
		"register the issuer in the account of the role, too, and name that provider in its policy",
		"the provider is in account %.*s and the role in %.*s, where STS looks for it",
		(int)provider.account.len, provider.account.p, (int)role.account.len, role.account.p);
	return MM_OK;
}

static void check_arn_name(struct mm_trial *trial)
{
	const char *name = name_in(trial->asked->provider_arn);

	if (name && strcmp(name, trial->name) != 0)
		refuse_url(trial, name);
}

static enum mm_code check_given(struct mm_trial *trial, struct mm_err *err)
{
	const json_t *provider = trial->asked->provider;
	const json_t *list = json_object_get(provider, "OpenIDConnectProviderList");
	const char *url = mm_json_text(provider, "Url");

	if (json_is_array(list))
		return check_list(trial, list, err);
	if (!url)
		return mm_fail(err, MM_EPARSE,
			       "provider: it has no Url; accepted: the answer of `aws iam "
			       "get-open-id-connect-provider` or `list-open-id-connect-providers`");
	check_url(trial, url);
	return check_clients(trial, err);
}

enum mm_code mm_explain_provider(struct mm_trial *trial, struct mm_err *err)
{
	enum mm_code code = check_account(trial, err);

	if (code != MM_OK)
		return code;
	if (trial->asked->provider)
		return check_given(trial, err);
	check_arn_name(trial);
	SKIP("provider.audience", "whether a provider is registered, and for which audiences, was not given");
	return MM_OK;
}
