/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The objects of the Kubernetes API that mintmark speaks, as far as it reads or says anything of them, and their two
 * forms on the wire: JSON, and Kubernetes protobuf (k8s\0, then runtime.Unknown around the object; generated.proto of
 * k8s.io/api). Whatever else an object holds is passed over.
 */
#ifndef MINTMARK_KUBEAPI_H
#define MINTMARK_KUBEAPI_H

#include <jansson.h>
#include <mintmark/clock.h>
#include <mintmark/user.h>

enum mm_media { MM_MEDIA_JSON, MM_MEDIA_PROTOBUF, MM_MEDIA_COUNT };
/* "application/json", "application/vnd.kubernetes.protobuf" */
const char *mm_media_type(enum mm_media media);

/*
 * The form of a body by its Content-Type (RFC 9110 §8.3: no case in type and parameters, parameters passed over);
 * absent or empty is JSON, as kubectl create --raw sends it. False: another one (415).
 */
MM_MUSTCHECK bool mm_media_of_body(struct mm_span content_type, enum mm_media *out);
/*
 * The form of the answer by Accept (RFC 9110 §12.5.1, weights included; of equals the first). Absent or empty: JSON.
 * Ranges with a parameter `as` (Table, …) are passed over. False: neither of the two is accepted (406); `*out` is JSON
 * then.
 */
MM_MUSTCHECK bool mm_media_of_answer(struct mm_span accept, enum mm_media *out);

/* ---- Status: every failure -------------------------------------------------------------------------------------- */

/* metav1.Status. Texts are borrowed or static unless said; `message` is owned (mm_kube_status_clear). */
struct mm_kube_status {
	int code;           /* of HTTP */
	const char *reason; /* metav1.StatusReason, static */
	struct mm_buf message;
	/* details; empty texts are left out, and the whole when all are */
	struct mm_buf name;          /* owned */
	const char *group;           /* static, or NULL */
	const char *kind;            /* static, or NULL; a plural where Kubernetes says a plural */
	const char *cause_reason;    /* "FieldValueInvalid"; NULL: no cause */
	const char *cause_field;     /* "spec.expirationSeconds" */
	struct mm_buf cause_message; /* owned */
	int retry_after;             /* seconds; 0: left out */
};
void mm_kube_status_clear(struct mm_kube_status *status); /* for MM_CLEANUP */
/* Appends it, with a newline after JSON. Texts that are not UTF-8 are mended. MM_ENOMEM. */
MM_MUSTCHECK enum mm_code mm_kube_status_encode(const struct mm_kube_status *status, enum mm_media media,
						struct mm_buf *out, struct mm_err *err);

/* ---- objects ---------------------------------------------------------------------------------------------------- */

/* metav1.ObjectMeta. Here and below texts are owned; NULL and "" both mean that nothing was said. */
struct mm_object_meta {
	char *name;
	char *namespace;
	char *uid;
	mm_time created;                                       /* not read; MM_NEVER: left out (JSON: null) */
	struct mm_strings annotation_names, annotation_values; /* in the order of the names, each once */
};

/* authentication.k8s.io/v1 TokenRequest */
struct mm_token_request {
	struct mm_object_meta meta;
	struct mm_strings audiences;
	bool has_expiration;
	int64_t expiration_seconds;
	bool is_bound; /* there is a boundObjectRef, though it may be empty */
	char *bound_kind, *bound_api_version, *bound_name, *bound_uid;
	/* status */
	struct mm_buf token; /* cleansed */
	mm_time expires;     /* MM_NEVER: none */
};
void mm_token_request_clear(struct mm_token_request *request); /* cleanses; for MM_CLEANUP */

/* authentication.k8s.io/v1 TokenReview */
struct mm_token_review {
	struct mm_object_meta meta;
	struct mm_buf token; /* cleansed */
	struct mm_strings audiences;
	/* status */
	bool authenticated;
	struct mm_user user;
	struct mm_strings status_audiences;
	struct mm_buf error; /* empty: left out */
};
void mm_token_review_clear(struct mm_token_review *review);

/*
 * authentication.k8s.io SelfSubjectReview, which is the same in v1 and in v1beta1; of what is sent only the form is
 * checked.
 */
struct mm_self_subject_review {
	const char *version; /* static: "v1", "v1beta1" */
	struct mm_object_meta meta;
	const struct mm_user *user; /* borrowed */
};
void mm_self_subject_review_clear(struct mm_self_subject_review *review);

/*
 * Decoding. `*out` must be {0} and is cleared by the caller in any case. JSON null is the same as an absent member
 * (kubectl 1.27 to 1.31); kind and apiVersion may be missing, and must be right when they are there. MM_EPARSE,
 * MM_ELIMIT (of nesting, of 100 audiences or annotations, of a text beyond 4096 bytes that is no token, of the memory
 * that protobuf's fields take): 400 with the line, which is Kubernetes' and quotes no token. Duplicate members, wrong
 * types, numbers that are no int64 and texts that are not UTF-8 are refused. Never recurses by what is sent. `version`
 * is static, what the path asks for, and becomes the object's.
 */
MM_MUSTCHECK enum mm_code mm_token_request_decode(enum mm_media media, struct mm_span body,
						  struct mm_token_request *out, struct mm_err *err);
MM_MUSTCHECK enum mm_code mm_token_review_decode(enum mm_media media, struct mm_span body, struct mm_token_review *out,
						 struct mm_err *err);
MM_MUSTCHECK enum mm_code mm_self_subject_review_decode(enum mm_media media, struct mm_span body, const char *version,
							struct mm_self_subject_review *out, struct mm_err *err);

/*
 * Encoding, appended; members and their order as kube-apiserver writes them. Texts must be UTF-8. MM_ENOMEM.
 */
MM_MUSTCHECK enum mm_code mm_token_request_encode(enum mm_media media, const struct mm_token_request *request,
						  struct mm_buf *out, struct mm_err *err);
MM_MUSTCHECK enum mm_code mm_token_review_encode(enum mm_media media, const struct mm_token_review *review,
						 struct mm_buf *out, struct mm_err *err);
MM_MUSTCHECK enum mm_code mm_self_subject_review_encode(enum mm_media media,
							const struct mm_self_subject_review *review, struct mm_buf *out,
							struct mm_err *err);

#endif
