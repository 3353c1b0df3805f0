/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each cloud asks of an issuer, as one table, and the checks that follow from a row: registration refuses by them,
 * doctor reports them. The sources of the figures stand beside the rows (issuer/cloud/cloud.c).
 */
#ifndef MINTMARK_CLOUD_H
#define MINTMARK_CLOUD_H

#include <jansson.h>
#include <mintmark/alg.h>
#include <mintmark/finding.h>

enum mm_cloud_id { MM_CLOUD_AWS, MM_CLOUD_GCP, MM_CLOUD_AZURE, MM_CLOUD_COUNT };

struct mm_cloud {
	enum mm_cloud_id id;
	const char *name;                           /* "aws" */
	const char *title;                          /* "AWS IAM" */
	const char *const *algorithms;              /* that its verifiers take; NULL at the end */
	const char *audience;                       /* that its SDKs ask for; NULL: it depends on the provider (GCP) */
	size_t issuer_max;                          /* characters of the issuer URL; 0: no bound is known */
	size_t rsa_keys_max, ec_keys_max, keys_max; /* of a JWKS; 0: no bound is known */
	bool keys_beyond_refused;                   /* a JWKS that is longer is refused (AWS), or cut (Entra) */
	size_t audiences_max, audience_max;         /* how many of a provider, and characters of one */
	size_t subject_max;                         /* characters; 0: no bound is known */
	bool port_allowed;                          /* in the issuer URL */
	int answer_ms;                              /* within which the documents must be there; 0: not known */
	bool needs_kid, needs_alg;                  /* in the header of a token */
};
extern const struct mm_cloud mm_clouds[MM_CLOUD_COUNT];

bool mm_cloud_takes(const struct mm_cloud *cloud, const char *algorithm);

/*
 * Whether the cloud would register this issuer URL: scheme, port, query, length, upper-case host, trailing slash.
 * Adds a finding for each rule that is broken, fail or warn, named aws.issuer-port, gcp.…; none when all is well.
 */
void mm_cloud_check_issuer(const struct mm_cloud *cloud, const char *issuer, struct mm_findings *findings);
/* Audiences that are to be registered: how many, how long, for Azure which. */
void mm_cloud_check_audiences(const struct mm_cloud *cloud, const struct mm_strings *audiences,
			      struct mm_findings *findings);
/*
 * A JWKS as it is published, whoever wrote it: how many keys of which kind, algorithms that the cloud does not take,
 * members that it needs (kid, alg, use). `jwks` is the parsed document.
 */
void mm_cloud_check_jwks(const struct mm_cloud *cloud, const json_t *jwks, struct mm_findings *findings);

#endif
