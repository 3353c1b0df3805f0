/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/cloud/registration_parts.h"

#include <mintmark/user.h>
#include <string.h>

const struct mm_registration_form mm_registration_forms[] = {
	{MM_CLOUD_AWS, "cli", "a shell script of aws commands", false, true, mm_render_aws_cli},
	{MM_CLOUD_AWS, "json", "the input of the aws commands, for --cli-input-json", false, true,
	 mm_render_aws_inputs},
	{MM_CLOUD_AWS, "files", "the same as numbered files, as ccoctl writes them", true, true, mm_render_aws_inputs},
	{MM_CLOUD_AWS, "terraform", "resources of the aws provider", false, false, mm_render_aws_terraform},
	{MM_CLOUD_AWS, "cloudformation", "a template", false, false, mm_render_aws_cloudformation},
	{MM_CLOUD_GCP, "cli", "a shell script of gcloud commands", false, true, mm_render_gcp_cli},
	{MM_CLOUD_GCP, "terraform", "resources of the google provider", false, false, mm_render_gcp_terraform},
	{MM_CLOUD_GCP, "credentials", "the credential configuration that a workload's libraries read", false, true,
	 mm_render_gcp_credentials},
	{MM_CLOUD_GCP, "jwks", "the JWKS as it can be uploaded, for clusters that Google cannot reach", false, false,
	 mm_render_gcp_jwks},
	{MM_CLOUD_AZURE, "cli", "a shell script of az commands", false, true, mm_render_azure_cli},
	{MM_CLOUD_AZURE, "json", "federated credentials, for az ad app federated-credential create --parameters", false,
	 false, mm_render_azure_json},
	{MM_CLOUD_AZURE, "terraform", "resources of the azurerm or azuread provider", false, true,
	 mm_render_azure_terraform},
	{0},
};

const struct mm_registration_form *mm_registration_form(enum mm_cloud_id cloud, const char *name)
{
	for (const struct mm_registration_form *form = mm_registration_forms; form->name; form++) {
		if (form->cloud == cloud && strcmp(form->name, name) == 0)
			return form;
	}
	return NULL;
}

/* ---- what the forms share --------------------------------------------------------------------------------------- */

json_t *mm_registration_audiences(const struct mm_registration *registration, enum mm_cloud_id cloud)
{
	json_t *list = json_array();

	if (registration->audiences.n == 0 && mm_clouds[cloud].audience)
		json_array_append_new(list, json_string(mm_clouds[cloud].audience));
	for (size_t i = 0; i < registration->audiences.n; i++)
		json_array_append_new(list, json_string(registration->audiences.v[i]));
	return list;
}

enum mm_code mm_registration_subject(const char *account, char **out, struct mm_err *err)
{
	mm_auto_buf subject = {0};
	size_t namespace = strcspn(account, "/");

	mm_buf_printf(&subject, MM_USER_SERVICE_ACCOUNT "%.*s:%s", (int)namespace, account,
		      account + namespace + (account[namespace] == '/'));
	*out = mm_buf_take(&subject);
	return *out ? MM_OK : mm_fail(err, MM_ENOMEM, "out of memory");
}

bool mm_registration_target_seen(const struct mm_registration *registration, size_t i)
{
	for (size_t j = 0; j < i; j++) {
		if (registration->accounts[j].target &&
		    strcmp(registration->accounts[j].target, registration->accounts[i].target) == 0)
			return true;
	}
	return false;
}

/* ---- rendering -------------------------------------------------------------------------------------------------- */

static enum mm_code check_text(const char *what, const char *text, struct mm_err *err)
{
	if (text && !mm_utf8_valid(mm_span_str(text)))
		return mm_fail(err, MM_EPARSE, "the %s is not UTF-8", what);
	return MM_OK;
}

/* JSON and Terraform are UTF-8, and jansson takes nothing else. */
static enum mm_code check_texts(const struct mm_registration *registration, struct mm_err *err)
{
	const struct {
		const char *what, *text;
	} rows[] = {
		{"issuer", registration->issuer},
		{"project", registration->project_id},
		{"pool", registration->pool},
		{"provider", registration->provider},
		{"path", registration->token_file},
		{"identity", registration->identity},
		{"resource group", registration->resource_group},
	};
	enum mm_code code = MM_OK;

	for (size_t i = 0; i < MM_COUNT(rows) && code == MM_OK; i++)
		code = check_text(rows[i].what, rows[i].text, err);
	for (size_t i = 0; i < registration->audiences.n && code == MM_OK; i++)
		code = check_text("audience", registration->audiences.v[i], err);
	for (size_t i = 0; i < registration->account_count && code == MM_OK; i++)
		code = check_text("name that an account is bound to", registration->accounts[i].target, err);
	return code;
}

enum mm_code mm_registration_render(const struct mm_registration *registration, const struct mm_registration_form *form,
				    struct mm_pairs *files, struct mm_err *err)
{
	enum mm_code code = check_texts(registration, err);

	return code == MM_OK ? form->render(registration, files, err) : code;
}
