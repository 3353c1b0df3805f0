/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Refusals in Kubernetes' words (apimachinery/pkg/api/errors). Each function fills an empty status, and returns its
 * code with the same message in `err`. When there is no memory for it, that is MM_ENOMEM and a bare 500.
 */
#ifndef MINTMARK_ISSUER_KUBE_REFUSE_H
#define MINTMARK_ISSUER_KUBE_REFUSE_H

#include "issuer/kube/codec.h"

/* 400 BadRequest. MM_EREFUSED. */
enum mm_code mm_refuse_bad_request(struct mm_kube_status *status, struct mm_err *err, const char *format, ...)
	MM_PRINTF(3, 4);

/* 403 Forbidden, about the service account `name`; `message` holds all of it. MM_EREFUSED. */
enum mm_code mm_refuse_forbidden(struct mm_kube_status *status, const char *name, struct mm_span message,
				 struct mm_err *err);

/* 404 NotFound: 'serviceaccounts "x" not found'; `resource` is a plural, and static. MM_ENOTFOUND. */
enum mm_code mm_refuse_not_found(struct mm_kube_status *status, const char *resource, const char *name,
				 struct mm_err *err);

/*
 * 409 Conflict: 'Operation cannot be fulfilled on Pod "p": WHY', or on "TokenRequest.authentication.k8s.io"; `group`
 * (NULL: the core's) and `kind` are static. MM_ECONFLICT.
 */
enum mm_code mm_refuse_conflict(struct mm_kube_status *status, const char *group, const char *kind, const char *name,
				struct mm_span why, struct mm_err *err);

/*
 * 422 Invalid: 'TokenRequest.authentication.k8s.io "x" is invalid: FIELD: Invalid value: VALUE: WHY'. `name` is "" where
 * Kubernetes names nothing; `value` stands there as it is, quoted if it is a text; `field` is static unless said.
 * MM_EREFUSED.
 */
enum mm_code mm_refuse_invalid(struct mm_kube_status *status, const char *name, const char *field, struct mm_span value,
			       const char *why, struct mm_err *err);

/*
 * 500 InternalError: 'Internal error occurred: WHAT', which reaches the caller. `code` is returned; why it is so stays
 * in `err`, for the log.
 */
enum mm_code mm_refuse_internal(struct mm_kube_status *status, enum mm_code code, const char *what);

#endif
