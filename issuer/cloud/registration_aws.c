/* SPDX-License-Identifier: Apache-2.0 */
/* What registers an issuer with AWS IAM by calls of its API: their inputs, and the commands that make them. */
#include "issuer/cloud/artefact.h"
#include "issuer/cloud/registration_parts.h"

#include <mintmark/json.h>
#include <mintmark/trust.h>
#include <string.h>

/* ---- the inputs of the calls (IAM API Reference) ---------------------------------------------------------------- */

const char *mm_role_name(const char *role)
{
	const char *slash = strrchr(role, '/');

	return slash ? slash + 1 : role;
}

json_t *mm_role_path(const char *role)
{
	const char *name = mm_role_name(role);

	return name == role ? NULL : json_sprintf("/%.*s", (int)(name - role), role);
}

json_t *mm_registration_thumbprints(const struct mm_registration *registration)
{
	json_t *list = json_array();

	for (size_t i = 0; i < registration->thumbprints.n; i++)
		json_array_append_new(list, json_string(registration->thumbprints.v[i]));
	return list;
}

static json_t *provider_arn(const struct mm_registration *registration)
{
	return json_sprintf("arn:%s:iam::%s:oidc-provider/%s", registration->partition,
			    registration->account ? registration->account : MM_ACCOUNT_PLACEHOLDER,
			    mm_aws_provider_name(registration->issuer));
}

static json_t *provider_input(const struct mm_registration *registration)
{
	json_t *input = json_pack("{s:s, s:o}", "Url", registration->issuer, "ClientIDList",
				  mm_registration_audiences(registration, MM_CLOUD_AWS));

	if (registration->thumbprints.n > 0)
		json_object_set_new(input, "ThumbprintList", mm_registration_thumbprints(registration));
	return input;
}

/* The statements name the provider, each as its only principal. */
static void set_principal(json_t *policy, json_t *federated)
{
	json_t *statement;
	size_t i;

	json_array_foreach(json_object_get(policy, "Statement"), i, statement)
		json_object_set(json_object_get(statement, "Principal"), "Federated", federated);
}

enum mm_code mm_registration_policy(const struct mm_registration *registration, const char *role, json_t *federated,
				    json_t **out, struct mm_findings *findings, struct mm_err *err)
{
	mm_auto_strings subjects = {0};
	enum mm_code code = federated ? MM_OK : mm_fail(err, MM_ENOMEM, "out of memory");

	for (size_t i = 0; i < registration->account_count && code == MM_OK; i++) {
		const struct mm_registration_account *account = &registration->accounts[i];
		mm_auto_string subject = NULL;

		if (!account->target || strcmp(account->target, role) != 0)
			continue;
		code = mm_registration_subject(account->name, &subject, err);
		if (code == MM_OK)
			code = mm_strings_add(&subjects, subject, err);
	}
	if (code == MM_OK) {
		/* Any account will do: the principal is set below. */
		const struct mm_trust trust = {.issuer = registration->issuer,
					       .partition = registration->partition,
					       .account = "000000000000",
					       .subjects = subjects,
					       .audiences = registration->audiences};

		code = mm_trust_policy(&trust, out, findings, err);
	}
	if (code == MM_OK)
		set_principal(*out, federated);
	json_decref(federated);
	return code;
}

static enum mm_code role_input(const struct mm_registration *registration, const char *role, json_t **out,
			       struct mm_err *err)
{
	json_t *policy = NULL, *path = mm_role_path(role);
	mm_auto_findings said = {0};
	mm_auto_buf text = {0};
	enum mm_code code = mm_registration_policy(registration, role, provider_arn(registration), &policy, &said, err);

	if (code == MM_OK)
		code = mm_json_dump(policy, false, &text, err);
	json_decref(policy);
	*out = code == MM_OK ? json_pack("{s:s, s:s}", "RoleName", mm_role_name(role), "AssumeRolePolicyDocument",
					 mm_buf_span(&text).p)
			     : NULL;
	if (path && json_object_set_new(*out, "Path", path) != 0 && code == MM_OK)
		code = mm_fail(err, MM_ENOMEM, "out of memory");
	return code;
}

enum mm_code mm_render_aws_inputs(const struct mm_registration *registration, struct mm_pairs *files,
				  struct mm_err *err)
{
	enum mm_code code = mm_artefact_add_json(files, "01-iam-identity-provider.json", provider_input(registration),
						 err);
	size_t roles = 0;

	for (size_t i = 0; i < registration->account_count && code == MM_OK; i++) {
		const char *role = registration->accounts[i].target;
		mm_auto_buf name = {0};
		json_t *input = NULL;

		if (!role || mm_registration_target_seen(registration, i))
			continue;
		mm_buf_printf(&name, "02-%zu-%s-role.json", roles++, mm_role_name(role));
		code = role_input(registration, role, &input, err);
		if (code == MM_OK)
			code = mm_artefact_add_json(files, mm_buf_span(&name).p, input, err);
		if (code == MM_OK)
			code = mm_buf_check(&name, err);
	}
	return code;
}

/* ---- the commands ----------------------------------------------------------------------------------------------- */

/* The flags of the AWS CLI for the members of the inputs. */
static const struct {
	const char *member, *flag;
	bool literal; /* taken as it is, whatever it looks like */
} flags[] = {
	{"Url", "--url", true},
	{"OpenIDConnectProviderArn", "--open-id-connect-provider-arn", true},
	{"ClientIDList", "--client-id-list", false},
	{"ClientID", "--client-id", false},
	{"ThumbprintList", "--thumbprint-list", false},
	{"RoleName", "--role-name", false},
	{"Path", "--path", false},
	{"AssumeRolePolicyDocument", "--assume-role-policy-document", true},
};

/* Not taken for a flag, a file (file://, and of the AWS CLI 1 https://, "Loading a parameter from a file") or JSON. */
static bool is_plain(const char *text)
{
	return text[0] != '\0' && !strchr("-[{", text[0]) && !strstr(text, "://");
}

static bool is_plain_value(const json_t *value)
{
	const json_t *element;
	size_t i;

	if (json_is_string(value))
		return is_plain(json_string_value(value));
	json_array_foreach(value, i, element)
	{
		if (!is_plain(json_string_value(element)))
			return false;
	}
	return true;
}

static bool can_be_flags(const json_t *input)
{
	for (size_t i = 0; i < MM_COUNT(flags); i++) {
		const json_t *value = json_object_get(input, flags[i].member);

		if (value && !flags[i].literal && !is_plain_value(value))
			return false;
	}
	return true;
}

static void add_flags(struct mm_buf *out, const json_t *input)
{
	for (size_t i = 0; i < MM_COUNT(flags); i++) {
		const json_t *value = json_object_get(input, flags[i].member), *element;
		size_t j;

		if (json_is_string(value))
			mm_shell_add_flag(out, flags[i].flag, json_string_value(value), false);
		json_array_foreach(value, j, element)
		{
			if (j == 0) {
				mm_shell_add_flag(out, flags[i].flag, json_string_value(element), false);
				continue;
			}
			mm_buf_add_str(out, " ");
			mm_shell_add_word(out, json_string_value(element));
		}
	}
}

/* `aws iam OPERATION` with its input, which is taken over. */
static enum mm_code add_call(struct mm_buf *out, const char *operation, json_t *input, struct mm_err *err)
{
	mm_auto_buf text = {0};
	enum mm_code code = input ? MM_OK : mm_fail(err, MM_ENOMEM, "out of memory");

	mm_buf_printf(out, "aws iam %s", operation);
	if (code == MM_OK && can_be_flags(input)) {
		add_flags(out, input);
	} else if (code == MM_OK) {
		code = mm_json_dump(input, false, &text, err);
		mm_shell_add_flag(out, "--cli-input-json", mm_buf_span(&text).p, false);
	}
	mm_buf_add_str(out, "\n");
	json_decref(input);
	return code;
}

static enum mm_code add_changes(struct mm_buf *out, const struct mm_registration *registration, struct mm_err *err)
{
	json_t *audiences = mm_registration_audiences(registration, MM_CLOUD_AWS);
	enum mm_code code = MM_OK;
	mm_auto_buf calls = {0};

	for (size_t i = 0; i < json_array_size(audiences) && code == MM_OK; i++)
		code = add_call(&calls, "add-client-id-to-open-id-connect-provider",
				json_pack("{s:o, s:O}", "OpenIDConnectProviderArn", provider_arn(registration),
					  "ClientID", json_array_get(audiences, i)),
				err);
	json_decref(audiences);
	if (code == MM_OK && registration->thumbprints.n > 0)
		code = add_call(&calls, "update-open-id-connect-provider-thumbprint",
				json_pack("{s:o, s:o}", "OpenIDConnectProviderArn", provider_arn(registration),
					  "ThumbprintList", mm_registration_thumbprints(registration)),
				err);
	mm_buf_add_str(out, "\n");
	mm_shell_add_note(out, "If it is there already (EntityAlreadyExists), these change it instead.%s",
			  registration->thumbprints.n > 0 ? "\nThe thumbprints replace all that are registered." : "");
	mm_shell_add_comment(out, mm_buf_span(&calls));
	return code;
}

static enum mm_code add_role(struct mm_buf *out, const struct mm_registration *registration, const char *role,
			     struct mm_err *err)
{
	json_t *input = NULL;
	enum mm_code code = role_input(registration, role, &input, err);

	if (code != MM_OK)
		return code;
	mm_buf_add_str(out, "\n");
	mm_shell_add_note(out, "What the role %s may do is yet to be said: aws iam attach-role-policy.", role);
	return add_call(out, "create-role", input, err);
}

enum mm_code mm_render_aws_cli(const struct mm_registration *registration, struct mm_pairs *files, struct mm_err *err)
{
	mm_auto_buf out = {0};
	enum mm_code code;

	mm_shell_add_note(&out, "Registers %s with AWS IAM.", registration->issuer);
	code = add_call(&out, "create-open-id-connect-provider", provider_input(registration), err);
	if (code == MM_OK)
		code = add_changes(&out, registration, err);
	for (size_t i = 0; i < registration->account_count && code == MM_OK; i++) {
		if (registration->accounts[i].target && !mm_registration_target_seen(registration, i))
			code = add_role(&out, registration, registration->accounts[i].target, err);
	}
	return code == MM_OK ? mm_artefact_add(files, "register-aws.sh", &out, err) : code;
}
