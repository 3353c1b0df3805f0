/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/trust_request.h"

#include "cli/output.h"

#include <mintmark/user.h>
#include <stdlib.h>
#include <string.h>

#define ROLE_ANNOTATION     MM_AWS_ANNOTATION_PREFIX "role-arn"
#define AUDIENCE_ANNOTATION MM_AWS_ANNOTATION_PREFIX "audience"

void mm_trust_request_clear(struct mm_trust_request *request)
{
	mm_strings_free(&request->trust.subjects);
	mm_strings_free(&request->trust.audiences);
	mm_strings_free(&request->namespaces);
	mm_strings_free(&request->names);
	mm_string_free(&request->role_arn);
	mm_string_free(&request->account);
	mm_string_free(&request->partition);
}

/* ---- the service accounts --------------------------------------------------------------------------------------- */

static enum mm_code add_account(struct mm_trust_request *request, const char *namespace, const char *name,
				struct mm_err *err)
{
	mm_auto_buf subject = {0};
	enum mm_code code;

	mm_buf_printf(&subject, MM_USER_SERVICE_ACCOUNT "%s:%s", namespace, name);
	code = mm_buf_check(&subject, err);
	if (code == MM_OK && mm_strings_has(&request->trust.subjects, subject.p))
		return MM_OK;
	if (code == MM_OK)
		code = mm_strings_add(&request->trust.subjects, subject.p, err);
	if (code == MM_OK)
		code = mm_strings_add(&request->namespaces, namespace, err);
	return code == MM_OK ? mm_strings_add(&request->names, name, err) : code;
}

/* NAME, in the namespace of the flag, or NAMESPACE/NAME. */
static enum mm_code take_argument(struct mm_call *call, const struct mm_trust_wish *wish, const char *argument,
				  struct mm_trust_request *request, struct mm_err *err)
{
	const char *slash = strchr(argument, '/'), *name = slash ? slash + 1 : argument;
	mm_auto_string namespace = slash ? strndup(argument, (size_t)(slash - argument))
					 : strdup(wish->namespace ? wish->namespace : "default");

	if (!namespace)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	if (slash && wish->namespace && strcmp(namespace, wish->namespace) != 0)
		return mm_fail(err, MM_EUSAGE, "%.120s is of another namespace than --namespace %.63s says", argument,
			       wish->namespace);
	if (mm_aws_has_wildcard(mm_span_str(argument)) && !wish->wildcards) {
		mm_hint(call, "--allow-wildcards has * and ? stand for names, by StringLike in place of StringEquals");
		return mm_fail(err, MM_EUSAGE, "%.120s: a wildcard would trust accounts that nobody named", argument);
	}
	return add_account(request, namespace, name, err);
}

/* ---- what the configuration says of them ------------------------------------------------------------------------ */

static const struct mm_account_record *declared(const struct mm_config *config, const char *namespace, const char *name)
{
	const struct mm_account_record *records = config->service_accounts.v;

	for (size_t i = 0; i < config->service_accounts.n; i++) {
		if (strcmp(records[i].namespace, namespace) == 0 && strcmp(records[i].name, name) == 0)
			return &records[i];
	}
	return NULL;
}

/* The value of an annotation that the accounts agree about; `*out` NULL: none has it. */
static enum mm_code agreed_annotation(const struct mm_trust_request *request, const struct mm_config *config,
				      const char *name, const char *flag, const char **out, struct mm_err *err)
{
	*out = NULL;
	for (size_t i = 0; config && i < request->names.n; i++) {
		const struct mm_account_record *record = declared(config, request->namespaces.v[i],
								  request->names.v[i]);
		const char *value = record ? mm_pairs_find(&record->annotations, name) : NULL;

		if (value && *out && strcmp(value, *out) != 0)
			return mm_fail(err, MM_EUSAGE,
				       "the accounts have different annotations %s, %.100s and %.100s; accepted: those "
				       "of one role at a time, or %s",
				       name, *out, value, flag);
		if (value)
			*out = value;
	}
	return MM_OK;
}

/* ---- the role --------------------------------------------------------------------------------------------------- */

static enum mm_code name_role(struct mm_call *call, const struct mm_trust_wish *wish, struct mm_trust_request *request,
			      struct mm_err *err)
{
	mm_auto_buf arn = {0};

	if (!wish->account) {
		mm_hint(call, "--role-arn arn:aws:iam::ACCOUNT:role/%.64s says both", wish->role);
		return mm_fail(err, MM_EUSAGE, "--role needs --account-id");
	}
	mm_buf_printf(&arn, "arn:%s:iam::%s:role/%s", wish->partition ? wish->partition : "aws", wish->account,
		      wish->role);
	request->role_arn = mm_buf_take(&arn);
	return request->role_arn ? MM_OK : mm_fail(err, MM_ENOMEM, "out of memory");
}

static enum mm_code find_role(struct mm_call *call, const struct mm_trust_wish *wish, const struct mm_config *config,
			      struct mm_trust_request *request, struct mm_err *err)
{
	const char *arn = wish->role_arn;
	enum mm_code code = MM_OK;

	if (wish->role && wish->role_arn)
		return mm_fail(err, MM_EUSAGE, "--role and --role-arn; accepted: one of them");
	if (wish->role)
		return name_role(call, wish, request, err);
	if (!arn)
		code = agreed_annotation(request, config, ROLE_ANNOTATION, "--role-arn", &arn, err);
	return code == MM_OK ? mm_string_set(&request->role_arn, arn, err) : code;
}

/* Role and provider are in one account of one partition: what two of them say must be the same. */
static enum mm_code choose(const char *flag, const char *said, struct mm_span of_role, const char *otherwise,
			   char **out, struct mm_err *err)
{
	struct mm_span chosen = said ? mm_span_str(said) : of_role.p ? of_role : mm_span_str(otherwise);

	if (said && of_role.p && !mm_span_is(of_role, said))
		return mm_fail(err, MM_EUSAGE, "--%s says %.40s, and the role's ARN %.*s; accepted: the same", flag,
			       said, (int)of_role.len, of_role.p);
	*out = strndup(chosen.p, chosen.len);
	return *out ? MM_OK : mm_fail(err, MM_ENOMEM, "out of memory");
}

static enum mm_code find_aws_account(const struct mm_trust_wish *wish, struct mm_trust_request *request,
				     struct mm_err *err)
{
	bool by_flag = wish->role || wish->role_arn;
	struct mm_arn role = {0};
	enum mm_code code = MM_OK;

	if (wish->account && !mm_aws_account_is(mm_span_str(wish->account)))
		return mm_fail(err, MM_EUSAGE, "--account-id: found \"%.40s\"; accepted: 12 digits", wish->account);
	if (request->role_arn && mm_role_arn_parse(request->role_arn, &role, err) != MM_OK)
		code = by_flag ? mm_context(err, MM_EUSAGE, "%s", wish->role ? "--role" : "--role-arn")
			       : mm_context(err, MM_ECONFIG, "service_accounts: " ROLE_ANNOTATION);
	if (code == MM_OK)
		code = choose("account-id", wish->account, role.account, "", &request->account, err);
	if (code == MM_OK)
		code = choose("partition", wish->partition, role.partition, "aws", &request->partition, err);
	request->trust.account = request->account;
	request->trust.partition = request->partition;
	return code;
}

/* ---- audiences, and whether there will be such tokens ----------------------------------------------------------- */

static enum mm_code find_audiences(const struct mm_trust_wish *wish, const struct mm_config *config,
				   struct mm_trust_request *request, struct mm_err *err)
{
	const char *annotated = NULL;
	enum mm_code code = mm_strings_copy(&request->trust.audiences, wish->audiences, err);

	if (code == MM_OK && wish->audiences->n == 0)
		code = agreed_annotation(request, config, AUDIENCE_ANNOTATION, "--audience", &annotated, err);
	if (code == MM_OK && annotated)
		code = mm_strings_add(&request->trust.audiences, annotated, err);
	if (code == MM_OK && request->trust.audiences.n > 0)
		request->audience = request->trust.audiences.v[0];
	return code;
}

static void judge_audience(const struct mm_account_record *record, const char *audience, struct mm_findings *findings)
{
	if (record->audiences.n > 0 && !mm_strings_has(&record->audiences, audience))
		mm_finding_add(findings, MM_FINDING_WARN, "trust.audience-not-declared",
			       "add it to the audiences of the account in service_accounts",
			       "%s/%s: the configuration lets its tokens be for %s and others that it names, but not "
			       "for %s",
			       record->namespace, record->name, record->audiences.v[0], audience);
}

/* A policy for tokens that are never minted helps nobody. */
static void judge_declarations(const struct mm_config *config, const struct mm_trust_request *request,
			       struct mm_findings *findings)
{
	for (size_t i = 0; i < request->names.n; i++) {
		const char *namespace = request->namespaces.v[i], *name = request->names.v[i];
		const struct mm_account_record *record = declared(config, namespace, name);

		if (mm_aws_has_wildcard(mm_span_str(namespace)) || mm_aws_has_wildcard(mm_span_str(name)))
			continue;
		if (record)
			judge_audience(record, request->audience ? request->audience : MM_AWS_AUDIENCE, findings);
		else if (!config->service_accounts.any)
			mm_finding_add(findings, MM_FINDING_WARN, "trust.account-not-declared",
				       "declare it there, or correct its name",
				       "%s/%s: service_accounts of the configuration does not have it, so that no "
				       "token is minted for it",
				       namespace, name);
	}
}

enum mm_code mm_trust_request_fill(struct mm_call *call, const struct mm_trust_wish *wish,
				   const struct mm_config *config, struct mm_trust_request *request,
				   struct mm_findings *findings, struct mm_err *err)
{
	enum mm_code code = MM_OK;

	request->trust.issuer = wish->issuer ? wish->issuer : config ? config->issuer : NULL;
	request->trust.wildcards = wish->wildcards;
	request->trust.pod_identity = wish->pod_identity;
	for (size_t i = 0; i < call->argument_count && code == MM_OK; i++)
		code = take_argument(call, wish, call->arguments[i], request, err);
	if (code == MM_OK)
		code = find_role(call, wish, config, request, err);
	if (code == MM_OK)
		code = find_aws_account(wish, request, err);
	if (code == MM_OK)
		code = find_audiences(wish, config, request, err);
	if (code == MM_OK && config && !wish->pod_identity)
		judge_declarations(config, request, findings);
	return code;
}
