/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that is needed to register an issuer with a cloud, in the form that its users use already. Pure: what is
 * known about the issuer goes in, files come out, and nothing is called.
 */
#ifndef MINTMARK_REGISTRATION_H
#define MINTMARK_REGISTRATION_H

#include <mintmark/cloud.h>
#include <mintmark/records.h>

/* What is registered; everything is borrowed. Members that a cloud does not need are ignored for it. */
struct mm_registration {
	const char *issuer;
	struct mm_strings audiences;  /* none: the cloud's own */
	struct mm_strings algorithms; /* that tokens are or may be signed with: what has keys in the JWKS */
	const json_t *jwks;           /* the published one */

	/* AWS */
	const char *account;           /* 12 digits; NULL: a placeholder that is easily seen */
	const char *partition;         /* "aws", "aws-cn", "aws-us-gov" */
	struct mm_strings thumbprints; /* none: IAM finds it out for itself */
	/* GCP */
	const char *project_number, *project_id, *pool, *provider;
	bool upload_jwks; /* the private form: the JWKS goes with the provider */
	/* Azure */
	const char *application, *identity, *resource_group; /* one of application (app registration) and identity */
	/* Of service accounts that are to be bound: "namespace/name"; for Azure at least one, its subject is exact */
	struct mm_strings accounts;
	const char *role; /* AWS: name of the role of those accounts; GCP: the email of the Google service account */
};

/* One form of one cloud: a row, so that help, errors and completion name what there is. */
struct mm_registration_form {
	enum mm_cloud_id cloud;
	const char *name; /* "cli", "json", "terraform", "cloudformation", "files", "gcloud", "az" */
	const char *help; /* one line */
	bool dir;         /* several files by nature: numbered, for --output-dir */
	enum mm_code (*render)(const struct mm_registration *registration, struct mm_pairs *files, struct mm_err *err);
};
extern const struct mm_registration_form mm_registration_forms[]; /* ends with a NULL name */
const struct mm_registration_form *mm_registration_form(enum mm_cloud_id cloud, const char *name); /* or NULL */

/*
 * What the cloud would refuse (fail) or what would not work as meant (warn): mm_cloud_check_* and the rest of the
 * members. Ask this first: rendering does not check again.
 */
void mm_registration_check(const struct mm_registration *registration, const struct mm_cloud *cloud,
			   struct mm_findings *findings);

/*
 * Renders; appends file names (relative, without directories, numbered in the order of use where there are several) and
 * their contents to `files`. All values are quoted as the form requires. MM_EPARSE: text that is not UTF-8; MM_ENOMEM.
 */
MM_MUSTCHECK enum mm_code mm_registration_render(const struct mm_registration *registration,
						 const struct mm_registration_form *form, struct mm_pairs *files,
						 struct mm_err *err);

#endif
