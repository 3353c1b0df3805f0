/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that is needed to register an issuer with a cloud, in the form that its users use already. Pure: what is
 * known about the issuer goes in, files come out, and nothing is called.
 */
#ifndef MINTMARK_REGISTRATION_H
#define MINTMARK_REGISTRATION_H

#include <mintmark/cloud.h>

/* A service account that is to be bound to something of the cloud; everything is borrowed. */
struct mm_registration_account {
	const char *name; /* "namespace/name" */
	/*
	 * AWS: the role's name, behind its path if it has one ("team/app"); GCP: the email of the Google service account;
	 * Azure: the client id of an app registration, unless the registration names an identity. NULL: none is named.
	 */
	const char *target;
};

/* What is registered; everything is borrowed. Members that a cloud does not need are ignored for it. */
struct mm_registration {
	const char *issuer;
	struct mm_strings audiences;  /* none: the cloud's own */
	struct mm_strings algorithms; /* that tokens are or may be signed with; first the one that is not asked for */
	const json_t *jwks;           /* the published one */

	const struct mm_registration_account *accounts;
	size_t account_count;

	/* AWS */
	const char *account;           /* 12 digits; NULL: a placeholder */
	const char *partition;         /* "aws", "aws-cn", "aws-us-gov" */
	struct mm_strings thumbprints; /* none: IAM finds it out for itself */
	/* GCP */
	const char *project_number, *project_id; /* NULL: a placeholder */
	const char *pool, *provider;
	const char *token_file; /* where a workload finds its token, for the credential configuration */
	bool upload_jwks;       /* the private form: the JWKS goes with the provider */
	/* Azure */
	const char *identity, *resource_group; /* of a user-assigned managed identity; NULL: app registrations */
};

/* One form of one cloud: a row, so that help, errors and completion name what there is. */
struct mm_registration_form {
	enum mm_cloud_id cloud;
	const char *name; /* "cli", "json", "terraform", "cloudformation", "files", … */
	const char *help; /* one line */
	bool dir;         /* several files by nature: numbered, for a directory */
	bool names_owner; /* says account, project or application itself: a placeholder where that is not known */
	enum mm_code (*render)(const struct mm_registration *registration, struct mm_pairs *files, struct mm_err *err);
};
extern const struct mm_registration_form mm_registration_forms[]; /* ends with a NULL name; first its default */
const struct mm_registration_form *mm_registration_form(enum mm_cloud_id cloud, const char *name); /* or NULL */

/*
 * What the cloud would refuse (fail) or what would not work as meant (warn): mm_cloud_check_* and the rest of the
 * members. Ask this first: rendering does not check again.
 */
void mm_registration_check(const struct mm_registration *registration, const struct mm_registration_form *form,
			   struct mm_findings *findings);

/*
 * Renders; appends file names (relative, without directories, numbered in the order of use where there are several) and
 * their contents to `files`. All values are quoted as the form requires. MM_EPARSE: text that is not UTF-8; MM_ENOMEM.
 */
MM_MUSTCHECK enum mm_code mm_registration_render(const struct mm_registration *registration,
						 const struct mm_registration_form *form, struct mm_pairs *files,
						 struct mm_err *err);

#endif
