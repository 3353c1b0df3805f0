/* SPDX-License-Identifier: Apache-2.0 */
/* What registers an issuer with Google Cloud: a pool, a provider in it, and who may act for Google service accounts. */
#include "issuer/cloud/artefact.h"
#include "issuer/cloud/registration_parts.h"

#include <mintmark/json.h>
#include <string.h>

#define ROLE     "roles/iam.workloadIdentityUser"
#define MAPPING  "google.subject=assertion.sub"
#define LOCATION "global"

static const char *project_number(const struct mm_registration *registration)
{
	return registration->project_number ? registration->project_number : MM_PROJECT_PLACEHOLDER;
}

/* What a token must be for where no audience was registered, and what a credential configuration names. */
static void add_resource(struct mm_buf *out, const struct mm_registration *registration)
{
	mm_buf_printf(out,
		      "//iam.googleapis.com/projects/%s/locations/" LOCATION "/workloadIdentityPools/%s/providers/%s",
		      project_number(registration), registration->pool, registration->provider);
}

/* ---- the JWKS that is uploaded ---------------------------------------------------------------------------------- */

/* IAM API v1, WorkloadIdentityPoolProvider.Oidc.jwksJson: these members and no others. */
static json_t *upload_key(const json_t *key)
{
	static const char *const members[] = {"kty", "alg", "use", "kid", "n", "e", "x", "y", "crv"};
	json_t *copy = json_object();

	for (size_t i = 0; i < MM_COUNT(members); i++) {
		json_t *value = json_object_get(key, members[i]);

		if (value)
			json_object_set(copy, members[i], value);
	}
	return copy;
}

json_t *mm_registration_upload(const json_t *jwks)
{
	json_t *keys = json_array();
	const json_t *key;
	size_t i;

	json_array_foreach(json_object_get(jwks, "keys"), i, key)
	{
		const char *alg = mm_json_text(key, "alg");

		if (alg && mm_cloud_takes(&mm_clouds[MM_CLOUD_GCP], alg))
			json_array_append_new(keys, upload_key(key));
	}
	return json_pack("{s:o}", "keys", keys);
}

enum mm_code mm_render_gcp_jwks(const struct mm_registration *registration, struct mm_pairs *files, struct mm_err *err)
{
	return mm_artefact_add_json(files, MM_JWKS_FILE, mm_registration_upload(registration->jwks), err);
}

/* ---- gcloud ----------------------------------------------------------------------------------------------------- */

/*
 * A list as gcloud reads it: between commas, or between the character that it is told at the beginning when there are
 * commas in it ("gcloud topic escaping").
 */
static enum mm_code join(const json_t *texts, struct mm_buf *out, struct mm_err *err)
{
	static const char delimiters[] = ",;|!~#&*+\x01";
	const char *delimiter = delimiters;
	mm_auto_buf all = {0};
	const json_t *text;
	size_t i;

	json_array_foreach(texts, i, text) mm_buf_add_str(&all, json_string_value(text));
	while (*delimiter != '\0' && strchr(mm_buf_span(&all).p, *delimiter))
		delimiter++;
	if (*delimiter == '\0')
		return mm_fail(err, MM_EREFUSED, "the audiences have every character in them that could separate them");
	if (*delimiter != ',' || mm_buf_span(&all).p[0] == '^')
		mm_buf_printf(out, "^%c^", *delimiter);
	json_array_foreach(texts, i, text) mm_buf_printf(out, "%.*s%s", i > 0, delimiter, json_string_value(text));
	return mm_buf_check(&all, err);
}

static void add_command(struct mm_buf *out, const struct mm_registration *registration, const char *command,
			const char *name)
{
	mm_buf_printf(out, "gcloud iam %s ", command);
	mm_shell_add_word(out, name);
	if (registration->project_id)
		mm_shell_add_flag(out, "--project", registration->project_id, true);
}

static enum mm_code add_provider(struct mm_buf *out, const struct mm_registration *registration, struct mm_err *err)
{
	json_t *audiences = mm_registration_audiences(registration, MM_CLOUD_GCP);
	mm_auto_buf list = {0};
	enum mm_code code = join(audiences, &list, err);

	add_command(out, registration, "workload-identity-pools providers create-oidc", registration->provider);
	mm_shell_add_flag(out, "--location", LOCATION, true);
	mm_shell_add_flag(out, "--workload-identity-pool", registration->pool, true);
	mm_shell_add_flag(out, "--issuer-uri", registration->issuer, true);
	if (json_array_size(audiences) > 0)
		mm_shell_add_flag(out, "--allowed-audiences", mm_buf_span(&list).p, true);
	mm_shell_add_flag(out, "--attribute-mapping", MAPPING, true);
	if (registration->upload_jwks)
		mm_shell_add_flag(out, "--jwk-json-path", MM_JWKS_FILE, true);
	mm_buf_add_str(out, "\n");
	json_decref(audiences);
	return code == MM_OK ? mm_buf_check(&list, err) : code;
}

/* How IAM names one account as a principal ("Principal identifiers"). */
static enum mm_code principal_of(const struct mm_registration *registration, const char *pool, const char *account,
				 struct mm_buf *out, struct mm_err *err)
{
	mm_auto_string subject = NULL;
	enum mm_code code = mm_registration_subject(account, &subject, err);

	if (code != MM_OK)
		return code;
	mm_buf_add_str(out, "principal://iam.googleapis.com/");
	if (pool)
		mm_buf_add_str(out, pool);
	else
		mm_buf_printf(out, "projects/%s/locations/" LOCATION "/workloadIdentityPools/%s",
			      project_number(registration), registration->pool);
	mm_buf_printf(out, "/subject/%s", subject);
	return mm_buf_check(out, err);
}

static enum mm_code add_binding(struct mm_buf *out, const struct mm_registration *registration,
				const struct mm_registration_account *account, struct mm_err *err)
{
	mm_auto_buf principal = {0};
	enum mm_code code = principal_of(registration, NULL, account->name, &principal, err);

	if (code != MM_OK)
		return code;
	mm_buf_add_str(out, "\n");
	if (!account->target) {
		mm_shell_add_note(out, "%s is this principal, to which roles can be granted:\n%s", account->name,
				  principal.p);
		return MM_OK;
	}
	add_command(out, registration, "service-accounts add-iam-policy-binding", account->target);
	mm_shell_add_flag(out, "--role", ROLE, true);
	mm_shell_add_flag(out, "--member", principal.p, true);
	mm_buf_add_str(out, "\n");
	return MM_OK;
}

enum mm_code mm_render_gcp_cli(const struct mm_registration *registration, struct mm_pairs *files, struct mm_err *err)
{
	mm_auto_buf out = {0}, audience = {0};
	enum mm_code code;

	mm_shell_add_note(&out, "Registers %s with Google Cloud.", registration->issuer);
	if (registration->audiences.n == 0) {
		add_resource(&audience, registration);
		mm_shell_add_note(&out, "The audience of tokens is then https:%s", mm_buf_span(&audience).p);
	}
	add_command(&out, registration, "workload-identity-pools create", registration->pool);
	mm_shell_add_flag(&out, "--location", LOCATION, true);
	mm_buf_add_str(&out, "\n\n");
	if (registration->upload_jwks)
		mm_shell_add_note(&out, MM_JWKS_FILE " is what 'mintmark register gcp --form jwks' prints.");
	code = add_provider(&out, registration, err);
	for (size_t i = 0; i < registration->account_count && code == MM_OK; i++)
		code = add_binding(&out, registration, &registration->accounts[i], err);
	if (code == MM_OK)
		code = mm_artefact_add(files, "register-gcp.sh", &out, err);
	return code == MM_OK && registration->upload_jwks ? mm_render_gcp_jwks(registration, files, err) : code;
}

/* ---- Terraform (hashicorp/google) ------------------------------------------------------------------------------- */

#define POOL_LABEL "google_iam_workload_identity_pool.mintmark"

static void set_project(struct mm_hcl *hcl, const struct mm_registration *registration)
{
	if (registration->project_id)
		mm_hcl_set_string(hcl, "project", registration->project_id);
}

static enum mm_code add_oidc(struct mm_hcl *hcl, const struct mm_registration *registration, struct mm_err *err)
{
	json_t *audiences = mm_registration_audiences(registration, MM_CLOUD_GCP),
	       *jwks = mm_registration_upload(registration->jwks);
	mm_auto_buf text = {0};
	enum mm_code code = mm_json_dump(jwks, false, &text, err);

	mm_hcl_open(hcl, "oidc");
	mm_hcl_set_string(hcl, "issuer_uri", registration->issuer);
	if (json_array_size(audiences) > 0)
		mm_hcl_set_list(hcl, "allowed_audiences", audiences);
	if (registration->upload_jwks)
		mm_hcl_set_string(hcl, "jwks_json", mm_buf_span(&text).p);
	mm_hcl_close(hcl);
	json_decref(audiences);
	json_decref(jwks);
	return code;
}

static enum mm_code add_member(struct mm_hcl *hcl, const struct mm_registration *registration,
			       const struct mm_registration_account *account, struct mm_strings *labels,
			       struct mm_err *err)
{
	mm_auto_buf principal = {0}, member = {0}, head = {0}, id = {0};
	mm_auto_string label = NULL;
	enum mm_code code = mm_artefact_label("account_", account->name, "-", labels, &label, err);

	if (code == MM_OK)
		code = principal_of(registration, "${" POOL_LABEL ".name}", account->name, &principal, err);
	if (code != MM_OK)
		return code;
	mm_buf_printf(&head, "resource \"google_service_account_iam_member\" \"%s\"", label);
	mm_buf_printf(&id, "projects/-/serviceAccounts/%s", account->target);
	mm_buf_printf(&member, "\"%s\"", principal.p);
	mm_hcl_open(hcl, mm_buf_span(&head).p);
	mm_hcl_set_string(hcl, "service_account_id", mm_buf_span(&id).p);
	mm_hcl_set_string(hcl, "role", ROLE);
	mm_hcl_set(hcl, "member", mm_buf_span(&member).p);
	mm_hcl_close(hcl);
	hcl->failed |= head.failed || id.failed || member.failed;
	return MM_OK;
}

enum mm_code mm_render_gcp_terraform(const struct mm_registration *registration, struct mm_pairs *files,
				     struct mm_err *err)
{
	mm_auto_buf out = {0};
	mm_auto_strings labels = {0};
	struct mm_hcl hcl = {.out = &out};
	enum mm_code code;

	mm_hcl_open(&hcl, "resource \"google_iam_workload_identity_pool\" \"mintmark\"");
	set_project(&hcl, registration);
	mm_hcl_set_string(&hcl, "workload_identity_pool_id", registration->pool);
	mm_hcl_close(&hcl);
	mm_hcl_open(&hcl, "resource \"google_iam_workload_identity_pool_provider\" \"mintmark\"");
	set_project(&hcl, registration);
	mm_hcl_set(&hcl, "workload_identity_pool_id", POOL_LABEL ".workload_identity_pool_id");
	mm_hcl_set_string(&hcl, "workload_identity_pool_provider_id", registration->provider);
	mm_hcl_set(&hcl, "attribute_mapping", "{ \"google.subject\" = \"assertion.sub\" }");
	code = add_oidc(&hcl, registration, err);
	mm_hcl_close(&hcl);
	for (size_t i = 0; i < registration->account_count && code == MM_OK; i++) {
		if (registration->accounts[i].target)
			code = add_member(&hcl, registration, &registration->accounts[i], &labels, err);
	}
	if (code == MM_OK)
		code = mm_hcl_check(&hcl, err);
	return code == MM_OK ? mm_artefact_add(files, "mintmark-gcp.tf", &out, err) : code;
}

/* ---- the credential configuration (AIP-4117) --------------------------------------------------------------------- */

static json_t *credentials(const struct mm_registration *registration, const char *email)
{
	mm_auto_buf resource = {0};
	json_t *config;

	add_resource(&resource, registration);
	config = json_pack("{s:s, s:s, s:s, s:s, s:s, s:{s:s, s:{s:s}}}", "universe_domain", "googleapis.com", "type",
			   "external_account", "audience", mm_buf_span(&resource).p, "subject_token_type",
			   "urn:ietf:params:oauth:token-type:jwt", "token_url", "https://sts.googleapis.com/v1/token",
			   "credential_source", "file", registration->token_file, "format", "type", "text");
	if (email)
		json_object_set_new(config, "service_account_impersonation_url",
				    json_sprintf("https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/"
						 "%s:generateAccessToken",
						 email));
	return config;
}

enum mm_code mm_render_gcp_credentials(const struct mm_registration *registration, struct mm_pairs *files,
				       struct mm_err *err)
{
	enum mm_code code = MM_OK;
	bool direct = registration->account_count == 0;

	for (size_t i = 0; i < registration->account_count && code == MM_OK; i++) {
		const char *email = registration->accounts[i].target;
		mm_auto_buf name = {0};

		direct |= !email;
		if (!email || mm_registration_target_seen(registration, i))
			continue;
		mm_buf_printf(&name, "credentials-%s.json", email);
		code = mm_artefact_add_json(files, mm_buf_span(&name).p, credentials(registration, email), err);
		if (code == MM_OK)
			code = mm_buf_check(&name, err);
	}
	/* One for all that act as themselves. */
	if (code == MM_OK && direct)
		code = mm_artefact_add_json(files, "credentials.json", credentials(registration, NULL), err);
	return code;
}
