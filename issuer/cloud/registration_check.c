/* SPDX-License-Identifier: Apache-2.0 */
/* What a cloud would refuse of a registration, before anything is written. */
#include "issuer/cloud/registration_parts.h"

#include <mintmark/dns.h>
#include <mintmark/trust.h>
#include <string.h>

enum { THUMBPRINTS_MAX = 5, THUMBPRINT_LEN = 40, CREDENTIALS_MAX = 20 };

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define HEX    DIGITS "abcdefABCDEF"

/* ---- what every cloud looks at ---------------------------------------------------------------------------------- */

/* Who asks for a token without naming an algorithm gets the first. */
static void check_signing(const struct mm_registration *registration, const struct mm_cloud *cloud,
			  struct mm_findings *findings)
{
	static const char *const checks[] = {"aws.signing-algorithm", "gcp.signing-algorithm",
					     "azure.signing-algorithm"};
	const char *first = registration->algorithms.n > 0 ? registration->algorithms.v[0] : NULL;

	if (first && !mm_cloud_takes(cloud, first))
		mm_finding_add(findings, MM_FINDING_FAIL, checks[cloud->id],
			       "put RS256, which every cloud takes, first in keys.algorithms",
			       "tokens are signed with %s: %s takes %s%s", first, cloud->title, cloud->algorithms[0],
			       cloud->algorithms[1] ? " to RS512 and ES256 to ES512 alone" : " alone");
}

/* Whether "NAMESPACE/NAME" is what Kubernetes would allow. */
static bool check_account_name(const char *account, struct mm_findings *findings)
{
	mm_auto_string namespace = strndup(account, strcspn(account, "/"));
	const char *slash = strchr(account, '/');
	struct mm_err why = {0};

	if (!namespace)
		findings->failed = true;
	else if (!slash)
		mm_finding_add(findings, MM_FINDING_FAIL, "account.name", "name it NAMESPACE/NAME",
			       "the service account \"%s\" has no namespace", account);
	else if (mm_dns_label_check("namespace", namespace, &why) != MM_OK ||
		 mm_dns_subdomain_check("service account", slash + 1, &why) != MM_OK)
		mm_finding_add(findings, MM_FINDING_FAIL, "account.name",
			       "write namespace and name as they are in Kubernetes; there are no wildcards here",
			       "%s: %s", account, why.text);
	else
		return true;
	return false;
}

static void check_subject(const struct mm_cloud *cloud, const char *account, struct mm_findings *findings)
{
	static const char *const checks[] = {"aws.subject-length", "gcp.subject-length", "azure.subject-length"};
	mm_auto_string subject = NULL;

	if (mm_registration_subject(account, &subject, NULL) != MM_OK)
		findings->failed = true;
	else if (cloud->subject_max > 0 && strlen(subject) > cloud->subject_max)
		mm_finding_add(findings, MM_FINDING_FAIL, checks[cloud->id], "choose shorter names",
			       "the subject %s has %zu characters: %s takes %zu", subject, strlen(subject),
			       cloud->title, cloud->subject_max);
}

/* ---- AWS -------------------------------------------------------------------------------------------------------- */

/* `text` has `min` to `max` characters, all of `accepted`. */
static bool is_of(const char *text, const char *accepted, size_t min, size_t max)
{
	size_t len = strlen(text);

	return len >= min && len <= max && strspn(text, accepted) == len;
}

/* IAM API Reference, CreateRole: RoleName and Path. */
static void check_role(const char *role, struct mm_findings *findings)
{
	static const char name_characters[] = UPPER LOWER DIGITS "_+=,.@-";
	const char *name = mm_role_name(role);

	if (!is_of(name, name_characters, 1, 64) || strspn(role, UPPER LOWER DIGITS "_+=,.@-/") < strlen(role) ||
	    role[0] == '/' || strstr(role, "//"))
		mm_finding_add(findings, MM_FINDING_FAIL, "aws.role-name",
			       "name the role, such as app, or its path and name, such as team/app",
			       "\"%s\" is no name of a role: 1 to 64 letters, digits and + = , . @ _ -", role);
}

/* What is wide about the role's trust policy, or too long; the rest was said before. */
static void check_policy(const struct mm_registration *registration, const char *role, struct mm_findings *findings)
{
	mm_auto_findings said = {0};
	json_t *policy = NULL;
	struct mm_err why = {0};
	enum mm_code code = mm_registration_policy(registration, role, json_string(""), &policy, &said, &why);

	json_decref(policy);
	if (code != MM_OK && mm_findings_worst(findings) != MM_FINDING_FAIL)
		mm_finding_add(findings, MM_FINDING_FAIL, "aws.trust-policy", "see 'mintmark trust create'",
			       "the role %s: %s", role, why.text);
	for (size_t i = 0; i < said.n; i++) {
		if (strncmp(said.v[i].check, "trust.", 6) == 0)
			mm_finding_add(findings, said.v[i].level, said.v[i].check, said.v[i].remedy, "the role %s: %s",
				       role, said.v[i].text);
	}
}

static void check_thumbprints(const struct mm_strings *thumbprints, struct mm_findings *findings)
{
	if (thumbprints->n > THUMBPRINTS_MAX)
		mm_finding_add(findings, MM_FINDING_FAIL, "aws.thumbprints-count",
			       "leave out those of certificates that are not served any more",
			       "%zu thumbprints: AWS IAM takes %d", thumbprints->n, THUMBPRINTS_MAX);
	for (size_t i = 0; i < thumbprints->n; i++) {
		if (!is_of(thumbprints->v[i], HEX, THUMBPRINT_LEN, THUMBPRINT_LEN))
			mm_finding_add(findings, MM_FINDING_FAIL, "aws.thumbprint-form",
				       "'mintmark thumbprint URL' prints it; it is SHA-1, and no SHA-256",
				       "the thumbprint \"%s\" is not 40 hexadecimal digits without colons",
				       thumbprints->v[i]);
	}
	if (thumbprints->n == 0)
		mm_finding_add(findings, MM_FINDING_SKIP, "aws.thumbprint-none",
			       "--fetch-thumbprint, if the certificate is of a private authority, or the AWS CLI is of "
			       "before July 2024 and insists",
			       "no thumbprint is registered: AWS IAM finds it out by itself");
}

static void check_aws(const struct mm_registration *registration, const struct mm_registration_form *form,
		      struct mm_findings *findings)
{
	bool has_role = false;

	for (size_t i = 0; i < registration->account_count; i++) {
		const char *role = registration->accounts[i].target;

		has_role |= role != NULL;
		if (role && !mm_registration_target_seen(registration, i)) {
			check_role(role, findings);
			check_policy(registration, role, findings);
		} else if (!role) {
			mm_finding_add(findings, MM_FINDING_WARN, "aws.role-missing", "name the role: --role NAME",
				       "%s has no role, and is left out", registration->accounts[i].name);
		}
	}
	if (registration->account && !mm_aws_account_is(mm_span_str(registration->account)))
		mm_finding_add(findings, MM_FINDING_FAIL, "aws.account-id",
			       "'aws sts get-caller-identity' says which it is",
			       "\"%s\" is no account: 12 digits, without hyphens", registration->account);
	if (!registration->account && has_role && form->names_owner)
		mm_finding_add(findings, MM_FINDING_WARN, "aws.account-missing",
			       "name it: --account-id DIGITS, or put it in its place",
			       "the trust policy names the provider by its ARN, in which " MM_ACCOUNT_PLACEHOLDER
			       " stands for the account");
	check_thumbprints(&registration->thumbprints, findings);
}

/* ---- GCP -------------------------------------------------------------------------------------------------------- */

/* IAM API v1, workloadIdentityPools.create and providers.create. */
static void check_gcp_id(const char *check, const char *what, const char *id, struct mm_findings *findings)
{
	if (!is_of(id, LOWER DIGITS "-", 4, 32) || strncmp(id, "gcp-", 4) == 0)
		mm_finding_add(findings, MM_FINDING_FAIL, check, "choose another id, such as mintmark",
			       "\"%s\" is no id of a %s: 4 to 32 lower-case letters, digits and hyphens, and not gcp- "
			       "at the beginning",
			       id, what);
}

static void check_gcp_account(const char *email, struct mm_findings *findings)
{
	if (!is_of(email, UPPER LOWER DIGITS "-_.@", 3, 320) || !strchr(email, '@'))
		mm_finding_add(findings, MM_FINDING_FAIL, "gcp.service-account",
			       "name it NAME@PROJECT.iam.gserviceaccount.com",
			       "\"%s\" is no email of a Google service account", email);
}

static bool names_number(const struct mm_registration *registration, const struct mm_registration_form *form)
{
	return form->names_owner && (registration->account_count > 0 || strcmp(form->name, "credentials") == 0);
}

static void check_gcp(const struct mm_registration *registration, const struct mm_registration_form *form,
		      struct mm_findings *findings)
{
	const char *number = registration->project_number;

	check_gcp_id("gcp.pool-id", "workload identity pool", registration->pool, findings);
	check_gcp_id("gcp.provider-id", "provider", registration->provider, findings);
	if (number && !is_of(number, DIGITS, 1, 20))
		mm_finding_add(findings, MM_FINDING_FAIL, "gcp.project-number",
			       "'gcloud projects describe ID --format=value(projectNumber)' says which it is",
			       "\"%s\" is no number of a project: digits alone", number);
	if (!number && names_number(registration, form))
		mm_finding_add(findings, MM_FINDING_WARN, "gcp.project-missing",
			       "name it: --project-number NUMBER, or put it in its place",
			       "principals are named by the number of the project, for which " MM_PROJECT_PLACEHOLDER
			       " stands");
	for (size_t i = 0; i < registration->account_count; i++) {
		if (registration->accounts[i].target && !mm_registration_target_seen(registration, i))
			check_gcp_account(registration->accounts[i].target, findings);
	}
	if (registration->upload_jwks)
		mm_finding_add(
			findings, MM_FINDING_WARN, "gcp.jwks-uploaded",
			"upload it again after each change, before a new key signs: keys.on_change runs a command",
			"Google will not see changes of the keys by itself");
}

/* ---- Azure ------------------------------------------------------------------------------------------------------ */

/* How many credentials the application or identity of account `i` gets. */
static size_t credentials_of(const struct mm_registration *registration, size_t i)
{
	const char *target = registration->accounts[i].target;
	size_t n = 0;

	for (size_t j = 0; j < registration->account_count; j++) {
		const char *other = registration->accounts[j].target;

		n += registration->identity || mm_string_eq(target, other);
	}
	return n;
}

static void check_azure(const struct mm_registration *registration, const struct mm_registration_form *form,
			struct mm_findings *findings)
{
	bool has_placeholder = false;

	if (registration->account_count == 0)
		mm_finding_add(findings, MM_FINDING_FAIL, "azure.account-none",
			       "name the service accounts: --service-account NAMESPACE/NAME",
			       "a federated credential is for one subject, without wildcards, and none is named");
	for (size_t i = 0; i < registration->account_count; i++) {
		if (credentials_of(registration, i) > CREDENTIALS_MAX) {
			mm_finding_add(
				findings, MM_FINDING_FAIL, "azure.credentials-count",
				"spread them over several applications or identities",
				"%zu federated credentials of one application or identity: Microsoft Entra takes "
				"%d",
				credentials_of(registration, i), CREDENTIALS_MAX);
			break;
		}
	}
	for (size_t i = 0; i < registration->account_count && !registration->identity; i++)
		has_placeholder |= !registration->accounts[i].target;
	if (has_placeholder && form->names_owner)
		mm_finding_add(findings, MM_FINDING_WARN, "azure.application-missing",
			       "name it: --application ID, or --identity NAME and --resource-group NAME",
			       MM_APPLICATION_PLACEHOLDER " stands for the application that gets the credential");
}

/* ----------------------------------------------------------------------------------------------------------------- */

void mm_registration_check(const struct mm_registration *registration, const struct mm_registration_form *form,
			   struct mm_findings *findings)
{
	static void (*const checks[])(const struct mm_registration *, const struct mm_registration_form *,
				      struct mm_findings *) = {
		[MM_CLOUD_AWS] = check_aws, [MM_CLOUD_GCP] = check_gcp, [MM_CLOUD_AZURE] = check_azure};
	const struct mm_cloud *cloud = &mm_clouds[form->cloud];

	mm_cloud_check_issuer(cloud, registration->issuer, findings);
	mm_cloud_check_jwks(cloud, registration->jwks, findings);
	check_signing(registration, cloud, findings);
	mm_cloud_check_audiences(cloud, &registration->audiences, findings);
	for (size_t i = 0; i < registration->account_count; i++) {
		if (check_account_name(registration->accounts[i].name, findings))
			check_subject(cloud, registration->accounts[i].name, findings);
	}
	checks[form->cloud](registration, form, findings);
}
