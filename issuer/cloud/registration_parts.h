/* SPDX-License-Identifier: Apache-2.0 */
/* What the forms of registrations share (registration_*.c); each renderer is a row of mm_registration_forms. */
#ifndef MINTMARK_ISSUER_CLOUD_REGISTRATION_PARTS_H
#define MINTMARK_ISSUER_CLOUD_REGISTRATION_PARTS_H

#include <jansson.h>
#include <mintmark/registration.h>

/* What stands where a value is not known: seen by people, and refused by the clouds. */
#define MM_ACCOUNT_PLACEHOLDER     "ACCOUNT_ID"
#define MM_PROJECT_PLACEHOLDER     "PROJECT_NUMBER"
#define MM_APPLICATION_PLACEHOLDER "APPLICATION_CLIENT_ID"

#define MM_JWKS_FILE "jwks.json"

typedef enum mm_code mm_registration_renderer(const struct mm_registration *registration, struct mm_pairs *files,
					      struct mm_err *err);
mm_registration_renderer mm_render_aws_cli, mm_render_aws_inputs, mm_render_aws_terraform, mm_render_aws_cloudformation;
mm_registration_renderer mm_render_gcp_cli, mm_render_gcp_terraform, mm_render_gcp_credentials, mm_render_gcp_jwks;
mm_registration_renderer mm_render_azure_cli, mm_render_azure_json, mm_render_azure_terraform;

/* Those to register, or the cloud's own where none was named; an array. NULL: there is no memory. */
json_t *mm_registration_audiences(const struct mm_registration *registration, enum mm_cloud_id cloud);

/* AWS: those to register; an array. NULL: there is no memory. */
json_t *mm_registration_thumbprints(const struct mm_registration *registration);

/* "system:serviceaccount:NAMESPACE:NAME" of "NAMESPACE/NAME"; owned by the caller. MM_ENOMEM. */
MM_MUSTCHECK enum mm_code mm_registration_subject(const char *account, char **out, struct mm_err *err);

/* Whether an account before `i` has the same target: what is made for each target is made at the first. */
bool mm_registration_target_seen(const struct mm_registration *registration, size_t i);

/*
 * AWS: the trust policy of a role for all accounts that have it as their target, with `federated` (taken over) as its
 * principal: the provider's ARN, or what refers to it. What is wide about it is added to `findings`, among what
 * mm_cloud_check_* says. MM_ENOMEM, and the errors of mm_trust_policy.
 */
MM_MUSTCHECK enum mm_code mm_registration_policy(const struct mm_registration *registration, const char *role,
						 json_t *federated, json_t **out, struct mm_findings *findings,
						 struct mm_err *err);
/* The part of `role` behind its path, and the path with its slashes: "/team/"; NULL: it has none, or no memory. */
const char *mm_role_name(const char *role);
json_t *mm_role_path(const char *role);

/* GCP: the JWKS with nothing but what a provider takes: keys for `alg` of its table, and nine members of each. */
json_t *mm_registration_upload(const json_t *jwks);

/*
 * Azure: what a credential is called. Its end is of a hash of issuer and subject, so that two clusters with the same
 * account do not overwrite each other's. MM_ENOMEM.
 */
#define MM_CREDENTIAL_NAME_MAX 120
MM_MUSTCHECK enum mm_code mm_credential_name(const struct mm_registration *registration, const char *account,
					     char **out, struct mm_err *err);

#endif
