/* SPDX-License-Identifier: Apache-2.0 */
/* What registers an issuer with AWS IAM as resources: Terraform and CloudFormation. */
#include "issuer/cloud/artefact.h"
#include "issuer/cloud/registration_parts.h"

#include <mintmark/json.h>

/* ---- Terraform (hashicorp/aws) ---------------------------------------------------------------------------------- */

#define PROVIDER_LABEL "mintmark"
#define PROVIDER_ARN   "aws_iam_openid_connect_provider." PROVIDER_LABEL ".arn"

static void add_provider(struct mm_hcl *hcl, const struct mm_registration *registration)
{
	json_t *audiences = mm_registration_audiences(registration, MM_CLOUD_AWS);

	mm_hcl_open(hcl, "resource \"aws_iam_openid_connect_provider\" \"" PROVIDER_LABEL "\"");
	mm_hcl_set_string(hcl, "url", registration->issuer);
	mm_hcl_set_list(hcl, "client_id_list", audiences);
	if (registration->thumbprints.n > 0) {
		json_t *list = mm_registration_thumbprints(registration);

		mm_hcl_set_list(hcl, "thumbprint_list", list);
		json_decref(list);
	}
	mm_hcl_close(hcl);
	json_decref(audiences);
}

/* A value that may be one text or an array of them. */
static json_t *as_list(const json_t *value)
{
	return json_is_array(value) ? json_deep_copy(value) : json_pack("[O]", value);
}

static void set_texts(struct mm_hcl *hcl, const char *name, const json_t *value)
{
	json_t *list = as_list(value);

	mm_hcl_set_list(hcl, name, list);
	json_decref(list);
}

/* Condition: {OPERATOR: {KEY: VALUES}}. */
static void add_conditions(struct mm_hcl *hcl, json_t *conditions)
{
	const char *operator, * key;
	json_t *keys, *values;

	json_object_foreach(conditions, operator, keys)
	{
		json_object_foreach(keys, key, values)
		{
			mm_hcl_open(hcl, "condition");
			mm_hcl_set_string(hcl, "test", operator);
			mm_hcl_set_string(hcl, "variable", key);
			set_texts(hcl, "values", values);
			mm_hcl_close(hcl);
		}
	}
}

/* The policy as a data source, which refers to the provider instead of naming it. */
static void add_policy(struct mm_hcl *hcl, const char *label, const json_t *policy)
{
	mm_auto_buf head = {0};
	const json_t *statement;
	size_t i;

	mm_buf_printf(&head, "data \"aws_iam_policy_document\" \"%s\"", label);
	mm_hcl_open(hcl, mm_buf_span(&head).p);
	json_array_foreach(json_object_get(policy, "Statement"), i, statement)
	{
		mm_hcl_open(hcl, "statement");
		set_texts(hcl, "actions", json_object_get(statement, "Action"));
		mm_hcl_open(hcl, "principals");
		mm_hcl_set_string(hcl, "type", "Federated");
		mm_hcl_set(hcl, "identifiers", "[" PROVIDER_ARN "]");
		mm_hcl_close(hcl);
		add_conditions(hcl, json_object_get(statement, "Condition"));
		mm_hcl_close(hcl);
	}
	mm_hcl_close(hcl);
	hcl->failed |= head.failed;
}

static void add_role(struct mm_hcl *hcl, const char *label, const char *role)
{
	mm_auto_buf head = {0}, policy = {0};
	json_t *path = mm_role_path(role);

	mm_buf_printf(&head, "resource \"aws_iam_role\" \"%s\"", label);
	mm_buf_printf(&policy, "data.aws_iam_policy_document.%s.json", label);
	mm_hcl_open(hcl, mm_buf_span(&head).p);
	mm_hcl_set_string(hcl, "name", mm_role_name(role));
	if (path)
		mm_hcl_set_string(hcl, "path", json_string_value(path));
	mm_hcl_set(hcl, "assume_role_policy", mm_buf_span(&policy).p);
	mm_hcl_close(hcl);
	json_decref(path);
	hcl->failed |= head.failed || policy.failed;
}

enum mm_code mm_render_aws_terraform(const struct mm_registration *registration, struct mm_pairs *files,
				     struct mm_err *err)
{
	mm_auto_buf out = {0};
	mm_auto_strings labels = {0};
	struct mm_hcl hcl = {.out = &out};
	enum mm_code code = MM_OK;

	add_provider(&hcl, registration);
	for (size_t i = 0; i < registration->account_count && code == MM_OK; i++) {
		const char *role = registration->accounts[i].target;
		mm_auto_findings said = {0};
		mm_auto_string label = NULL;
		json_t *policy = NULL;

		if (!role || mm_registration_target_seen(registration, i))
			continue;
		code = mm_artefact_label("role_", role, "_-", &labels, &label, err);
		if (code == MM_OK)
			code = mm_registration_policy(registration, role, json_string(""), &policy, &said, err);
		if (code == MM_OK) {
			add_policy(&hcl, label, policy);
			add_role(&hcl, label, role);
		}
		json_decref(policy);
	}
	if (code == MM_OK)
		code = mm_hcl_check(&hcl, err);
	return code == MM_OK ? mm_artefact_add(files, "mintmark-aws.tf", &out, err) : code;
}

/* ---- CloudFormation --------------------------------------------------------------------------------------------- */

static json_t *provider_resource(const struct mm_registration *registration)
{
	json_t *properties = json_pack("{s:s, s:o}", "Url", registration->issuer, "ClientIdList",
				       mm_registration_audiences(registration, MM_CLOUD_AWS));

	if (registration->thumbprints.n > 0)
		json_object_set_new(properties, "ThumbprintList", mm_registration_thumbprints(registration));
	return json_pack("{s:s, s:o}", "Type", "AWS::IAM::OIDCProvider", "Properties", properties);
}

static enum mm_code role_resource(const struct mm_registration *registration, const char *role, json_t **out,
				  struct mm_err *err)
{
	json_t *policy = NULL, *properties, *path = mm_role_path(role);
	mm_auto_findings said = {0};
	enum mm_code code = mm_registration_policy(registration, role, json_pack("{s:s}", "Ref", "OidcProvider"),
						   &policy, &said, err);

	properties = json_pack("{s:s, s:o}", "RoleName", mm_role_name(role), "AssumeRolePolicyDocument", policy);
	if (path)
		json_object_set_new(properties, "Path", path);
	*out = json_pack("{s:s, s:o}", "Type", "AWS::IAM::Role", "Properties", properties);
	return code;
}

/* Logical ids are letters and digits; two roles that differ in nothing else get different ones all the same. */
static enum mm_code add_resource(json_t *resources, const char *role, json_t *resource, struct mm_err *err)
{
	mm_auto_buf id = {0};

	mm_buf_add_str(&id, "Role");
	for (const char *p = mm_role_name(role); *p != '\0'; p++) {
		if ((*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z'))
			mm_buf_add(&id, p, 1);
	}
	while (!id.failed && json_object_get(resources, id.p))
		mm_buf_add_str(&id, "X");
	if (json_object_set_new(resources, mm_buf_span(&id).p, resource) != 0)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	return mm_buf_check(&id, err);
}

enum mm_code mm_render_aws_cloudformation(const struct mm_registration *registration, struct mm_pairs *files,
					  struct mm_err *err)
{
	json_t *resources = json_pack("{s:o}", "OidcProvider", provider_resource(registration));
	enum mm_code code = MM_OK;

	for (size_t i = 0; i < registration->account_count && code == MM_OK; i++) {
		const char *role = registration->accounts[i].target;
		json_t *resource = NULL;

		if (!role || mm_registration_target_seen(registration, i))
			continue;
		code = role_resource(registration, role, &resource, err);
		if (code == MM_OK)
			code = add_resource(resources, role, resource, err);
		else
			json_decref(resource);
	}
	if (code != MM_OK) {
		json_decref(resources);
		return code;
	}
	return mm_artefact_add_json(files, "mintmark-aws.template.json",
				    json_pack("{s:s, s:s, s:o, s:{s:{s:s, s:{s:s}}}}", "AWSTemplateFormatVersion",
					      "2010-09-09", "Description",
					      "An OpenID Connect issuer that AWS IAM trusts, registered by mintmark",
					      "Resources", resources, "Outputs", "OidcProviderArn", "Description",
					      "The provider, for trust policies", "Value", "Ref", "OidcProvider"),
				    err);
}
