/* SPDX-License-Identifier: Apache-2.0 */
/* What registers an issuer with Microsoft Entra: a federated credential for each service account. */
#include "issuer/cloud/artefact.h"
#include "issuer/cloud/registration_parts.h"

#include <mintmark/json.h>
#include <openssl/evp.h>
#include <string.h>

/* Graph: letters, digits, '-' and '_', the first a letter or digit, as in the names of Kubernetes. */
enum mm_code mm_credential_name(const struct mm_registration *registration, const char *account, char **out,
				struct mm_err *err)
{
	enum { HASH_BYTES = 4 };
	uint8_t digest[EVP_MAX_MD_SIZE];
	mm_auto_string label = NULL;
	mm_auto_buf seed = {0}, name = {0};
	enum mm_code code = mm_artefact_label("", account, "-", NULL, &label, err);

	if (code != MM_OK)
		return code;
	mm_buf_printf(&seed, "%s %s", registration->issuer, account);
	if (mm_buf_check(&seed, err) != MM_OK)
		return MM_ENOMEM;
	if (!EVP_Digest(seed.p, seed.len, digest, NULL, EVP_sha256(), NULL))
		return mm_fail_openssl(err, MM_ECRYPTO, "SHA-256");
	mm_buf_printf(&name, "%.*s-", MM_CREDENTIAL_NAME_MAX - 2 * HASH_BYTES - 1, label);
	mm_buf_add_hex(&name, digest, HASH_BYTES);
	*out = mm_buf_take(&name);
	return *out ? MM_OK : mm_fail(err, MM_ENOMEM, "out of memory");
}

/* What is said of one account, ready to be written. */
struct credential {
	const struct mm_registration_account *account;
	char *name, *subject;
	json_t *audiences;
};

static void credential_clear(struct credential *credential)
{
	mm_string_free(&credential->name);
	mm_string_free(&credential->subject);
	json_decref(credential->audiences);
}

static enum mm_code make(const struct mm_registration *registration, size_t i, struct credential *out,
			 struct mm_err *err)
{
	enum mm_code code;

	out->account = &registration->accounts[i];
	out->audiences = mm_registration_audiences(registration, MM_CLOUD_AZURE);
	code = out->audiences ? MM_OK : mm_fail(err, MM_ENOMEM, "out of memory");
	if (code == MM_OK)
		code = mm_credential_name(registration, out->account->name, &out->name, err);
	return code == MM_OK ? mm_registration_subject(out->account->name, &out->subject, err) : code;
}

/* Microsoft Graph v1.0, federatedIdentityCredential. */
static json_t *as_json(const struct mm_registration *registration, const struct credential *credential)
{
	return json_pack("{s:s, s:s, s:s, s:O}", "name", credential->name, "issuer", registration->issuer, "subject",
			 credential->subject, "audiences", credential->audiences);
}

static const char *application_of(const struct credential *credential)
{
	return credential->account->target ? credential->account->target : MM_APPLICATION_PLACEHOLDER;
}

/* ---- az --------------------------------------------------------------------------------------------------------- */

static void add_identity_command(struct mm_buf *out, const struct mm_registration *registration,
				 const struct credential *credential)
{
	const json_t *audience;
	size_t i;

	mm_buf_add_str(out, "az identity federated-credential create");
	mm_shell_add_flag(out, "--name", credential->name, true);
	mm_shell_add_flag(out, "--identity-name", registration->identity, true);
	mm_shell_add_flag(out, "--resource-group", registration->resource_group, true);
	mm_shell_add_flag(out, "--issuer", registration->issuer, true);
	mm_shell_add_flag(out, "--subject", credential->subject, true);
	json_array_foreach(credential->audiences, i, audience)
		mm_shell_add_flag(out, "--audiences", json_string_value(audience), true);
	mm_buf_add_str(out, "\n");
}

static enum mm_code add_application_command(struct mm_buf *out, const struct mm_registration *registration,
					    const struct credential *credential, struct mm_err *err)
{
	json_t *parameters = as_json(registration, credential);
	mm_auto_buf text = {0};
	enum mm_code code = parameters ? mm_json_dump(parameters, false, &text, err)
				       : mm_fail(err, MM_ENOMEM, "out of memory");

	mm_buf_add_str(out, "az ad app federated-credential create");
	mm_shell_add_flag(out, "--id", application_of(credential), true);
	mm_shell_add_flag(out, "--parameters", mm_buf_span(&text).p, false);
	mm_buf_add_str(out, "\n");
	json_decref(parameters);
	return code;
}

enum mm_code mm_render_azure_cli(const struct mm_registration *registration, struct mm_pairs *files, struct mm_err *err)
{
	mm_auto_buf out = {0};
	enum mm_code code = MM_OK;

	mm_shell_add_note(&out, "Registers %s with Microsoft Entra.", registration->issuer);
	for (size_t i = 0; i < registration->account_count && code == MM_OK; i++) {
		MM_CLEANUP(credential_clear) struct credential credential = {0};

		code = make(registration, i, &credential, err);
		if (code == MM_OK && registration->identity)
			add_identity_command(&out, registration, &credential);
		else if (code == MM_OK)
			code = add_application_command(&out, registration, &credential, err);
	}
	return code == MM_OK ? mm_artefact_add(files, "register-azure.sh", &out, err) : code;
}

/* ---- JSON ------------------------------------------------------------------------------------------------------- */

enum mm_code mm_render_azure_json(const struct mm_registration *registration, struct mm_pairs *files,
				  struct mm_err *err)
{
	enum mm_code code = MM_OK;

	for (size_t i = 0; i < registration->account_count && code == MM_OK; i++) {
		MM_CLEANUP(credential_clear) struct credential credential = {0};
		mm_auto_buf name = {0};

		code = make(registration, i, &credential, err);
		if (code != MM_OK)
			break;
		mm_buf_printf(&name, "%02zu-%s.json", i + 1, credential.name);
		code = mm_artefact_add_json(files, mm_buf_span(&name).p, as_json(registration, &credential), err);
		if (code == MM_OK)
			code = mm_buf_check(&name, err);
	}
	return code;
}

/* ---- Terraform (hashicorp/azurerm, hashicorp/azuread) ----------------------------------------------------------- */

#define IDENTITY "data.azurerm_user_assigned_identity.mintmark"

static void add_identity(struct mm_hcl *hcl, const struct mm_registration *registration)
{
	mm_hcl_open(hcl, "data \"azurerm_user_assigned_identity\" \"mintmark\"");
	mm_hcl_set_string(hcl, "name", registration->identity);
	mm_hcl_set_string(hcl, "resource_group_name", registration->resource_group);
	mm_hcl_close(hcl);
}

static void add_application(struct mm_hcl *hcl, const char *label, const struct credential *credential)
{
	mm_auto_buf head = {0};

	mm_buf_printf(&head, "data \"azuread_application\" \"%s\"", label);
	mm_hcl_open(hcl, mm_buf_span(&head).p);
	mm_hcl_set_string(hcl, "client_id", application_of(credential));
	mm_hcl_close(hcl);
	hcl->failed |= head.failed;
}

static void add_credential(struct mm_hcl *hcl, const struct mm_registration *registration, const char *label,
			   const struct credential *credential)
{
	bool identity = registration->identity;
	mm_auto_buf head = {0}, owner = {0};

	mm_buf_printf(&head, "resource \"%s\" \"%s\"",
		      identity ? "azurerm_federated_identity_credential"
			       : "azuread_application_federated_identity_credential",
		      label);
	mm_buf_printf(&owner, "data.azuread_application.%s.id", label);
	mm_hcl_open(hcl, mm_buf_span(&head).p);
	mm_hcl_set(hcl, identity ? "user_assigned_identity_id" : "application_id",
		   identity ? IDENTITY ".id" : mm_buf_span(&owner).p);
	mm_hcl_set_string(hcl, identity ? "name" : "display_name", credential->name);
	mm_hcl_set_string(hcl, "issuer", registration->issuer);
	mm_hcl_set_string(hcl, "subject", credential->subject);
	mm_hcl_set_list(hcl, identity ? "audience" : "audiences", credential->audiences);
	mm_hcl_close(hcl);
	hcl->failed |= head.failed || owner.failed;
}

enum mm_code mm_render_azure_terraform(const struct mm_registration *registration, struct mm_pairs *files,
				       struct mm_err *err)
{
	mm_auto_buf out = {0};
	mm_auto_strings labels = {0};
	struct mm_hcl hcl = {.out = &out};
	enum mm_code code = MM_OK;

	if (registration->identity)
		add_identity(&hcl, registration);
	for (size_t i = 0; i < registration->account_count && code == MM_OK; i++) {
		MM_CLEANUP(credential_clear) struct credential credential = {0};
		mm_auto_string label = NULL;

		code = make(registration, i, &credential, err);
		if (code == MM_OK)
			code = mm_artefact_label("account_", credential.account->name, "-", &labels, &label, err);
		if (code != MM_OK)
			break;
		if (!registration->identity)
			add_application(&hcl, label, &credential);
		add_credential(&hcl, registration, label, &credential);
	}
	if (code == MM_OK)
		code = mm_hcl_check(&hcl, err);
	return code == MM_OK ? mm_artefact_add(files, "mintmark-azure.tf", &out, err) : code;
}
