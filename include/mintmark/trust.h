/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lets service accounts assume a role of AWS: the role's trust policy, the annotated ServiceAccount, and what a pod
 * needs where no pod identity webhook injects it. Pure; everything that goes in is borrowed.
 */
#ifndef MINTMARK_TRUST_H
#define MINTMARK_TRUST_H

#include <jansson.h>
#include <mintmark/clock.h>
#include <mintmark/finding.h>

#define MM_AWS_AUDIENCE "sts.amazonaws.com"
/* The pod identity webhook's (amazon-eks-pod-identity-webhook). */
#define MM_AWS_ANNOTATION_PREFIX "eks.amazonaws.com/"
#define MM_AWS_TOKEN_DIR         "/var/run/secrets/eks.amazonaws.com/serviceaccount"
#define MM_AWS_TOKEN_TTL         ((mm_duration)86400)
#define MM_AWS_TOKEN_TTL_MIN     ((mm_duration)600)

/* "arn:aws:iam::123456789012:oidc-provider/HOST/PATH" and its parts; views into the text. */
struct mm_arn {
	struct mm_span partition, service, region, account, resource;
};
MM_MUSTCHECK enum mm_code mm_arn_parse(const char *text, struct mm_arn *out, struct mm_err *err); /* MM_EPARSE */
/* That of a role, arn:aws:iam::123456789012:role/[PATH/]NAME, and nothing else. MM_EPARSE. */
MM_MUSTCHECK enum mm_code mm_role_arn_parse(const char *text, struct mm_arn *out, struct mm_err *err);
bool mm_aws_account_is(struct mm_span text);   /* 12 digits */
bool mm_aws_has_wildcard(struct mm_span text); /* * or ?, as IAM has them */

/* What the resource of a provider's ARN begins with; its name follows. */
#define MM_AWS_OIDC_PROVIDER "oidc-provider/"
/* How IAM names the issuer in condition keys and ARNs: without "https://". NULL when it is no https URL. */
const char *mm_aws_provider_name(const char *issuer);

struct mm_trust {
	const char *issuer;
	const char *partition, *account;
	struct mm_strings subjects;  /* "system:serviceaccount:NAMESPACE:NAME"; with * or ? only if `wildcards` */
	bool wildcards;              /* StringLike, for the subjects that have one */
	struct mm_strings audiences; /* none: MM_AWS_AUDIENCE */
	/* The pods.eks.amazonaws.com form instead: no federation, the association says which account. */
	bool pod_identity;
};

/*
 * The trust policy as a JSON object. Exact subjects and those with wildcards get statements of their own, so that both
 * must not hold at once. What is wide (every account of a namespace, any namespace) is warned of: trust.wide-issuer,
 * .wide-namespace, .wide-account, .default-account, .size. Nothing was checked before: MM_EREFUSED for an issuer that
 * AWS would not register (the finding aws.… has the remedy), for names that Kubernetes would not allow, or for a
 * wildcard that was not asked for; the line says what to write. MM_ENOMEM.
 */
MM_MUSTCHECK enum mm_code mm_trust_policy(const struct mm_trust *trust, json_t **out, struct mm_findings *findings,
					  struct mm_err *err);

/* What the webhook would do for one account; the ServiceAccount's annotations, and the pod's part. */
struct mm_trust_account {
	const char *namespace, *name;
	const char *role_arn;
	const char *audience; /* NULL: MM_AWS_AUDIENCE */
	mm_duration ttl;      /* 0: MM_AWS_TOKEN_TTL; less than MM_AWS_TOKEN_TTL_MIN becomes that, as there */
	const char *region;   /* AWS_REGION and AWS_DEFAULT_REGION; NULL: left out */
	bool regional_sts;    /* AWS_STS_REGIONAL_ENDPOINTS=regional */
};
/*
 * Each of these: MM_EREFUSED, MM_EPARSE for names that Kubernetes or AWS would not take, MM_ENOMEM. The ServiceAccount
 * with its annotations, as an object to be written as JSON or YAML; what is NULL or 0 is left to the webhook.
 */
MM_MUSTCHECK enum mm_code mm_trust_service_account(const struct mm_trust_account *account, json_t **out,
						   struct mm_err *err);
/* A Pod with the projected volume, mount and environment, as an object; a container named "app" to copy from. */
MM_MUSTCHECK enum mm_code mm_trust_pod(const struct mm_trust_account *account, json_t **out, struct mm_err *err);
/* `aws eks create-pod-identity-association --cli-input-json`: cluster, namespace, account, role. */
MM_MUSTCHECK enum mm_code mm_trust_association(const struct mm_trust_account *account, const char *cluster,
					       json_t **out, struct mm_err *err);

#endif
