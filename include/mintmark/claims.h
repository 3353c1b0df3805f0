/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The claims of a service-account token, shaped and ordered as kube-apiserver does (pkg/serviceaccount/claims.go):
 * members sorted at every level, no white space, empty members left out, integer times, aud always an array.
 */
#ifndef MINTMARK_CLAIMS_H
#define MINTMARK_CLAIMS_H

#include <jansson.h>
#include <mintmark/clock.h>
#include <mintmark/dns.h>
#include <mintmark/uuid.h>

/* A Kubernetes object that is named in a token; absent when name is NULL. */
struct mm_object_ref {
	const char *name;
	const char *uid; /* NULL or "" is left out */
};

/* Everything is borrowed. Only issuer, subject or service_account, audiences, the times and jti must be there. */
struct mm_claims {
	const char *issuer;
	const char *subject; /* NULL: system:serviceaccount:NAMESPACE:NAME */
	const char *namespace;
	struct mm_object_ref service_account; /* absent: no kubernetes.io member at all; then `subject` is needed */
	struct mm_object_ref pod;
	struct mm_object_ref node; /* that the pod runs on, or that the token is bound to */
	struct mm_object_ref secret;
	const char *const *audiences;
	size_t audience_count;
	mm_time issued_at; /* also nbf */
	mm_time expires_at;
	mm_time warn_after; /* MM_NEVER: left out */
	const char *jti;
	const json_t *extra; /* an object of further claims, or NULL; the names that mm_claim_name lists are refused */
};

/* The name of the i-th claim that mintmark sets itself, in the order of the payload (sorted); NULL past the last. */
const char *mm_claim_name(size_t i);

/*
 * Appends the payload. MM_EREFUSED: a needed member is missing, no audience, expires before it is issued, a namespace
 * or service account that Kubernetes would not allow, or an extra claim with a name that mintmark sets itself; the line
 * names it. MM_EPARSE: text that is not UTF-8. Nothing is promised about `out` on failure.
 */
MM_MUSTCHECK enum mm_code mm_claims_write(const struct mm_claims *claims, struct mm_buf *out, struct mm_err *err);

/* The stable uid of an account that no one declared: UUIDv5 over issuer, namespace and name. */
MM_MUSTCHECK enum mm_code mm_service_account_uid(const char *issuer, const char *namespace, const char *name,
						 char out[static MM_UUID_SIZE], struct mm_err *err);

#endif
