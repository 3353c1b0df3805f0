/* SPDX-License-Identifier: Apache-2.0 */
/* The two forms of Kubernetes' objects behind one table each, and what their decoders share. Private to issuer/kube. */
#ifndef MINTMARK_ISSUER_KUBE_CODEC_H
#define MINTMARK_ISSUER_KUBE_CODEC_H

#include <mintmark/kubeapi.h>

#define MM_KUBE_GROUP "authentication.k8s.io"

/* What an object is: {"TokenReview", "v1"}; the texts are static. */
struct mm_kube_type {
	const char *kind;
	const char *version; /* of MM_KUBE_GROUP */
};

enum {
	MM_KUBE_TEXT_MAX = 4096, /* bytes of any text that is no token */
	MM_KUBE_LIST_MAX = 100   /* audiences, or annotations */
};

/* As mm_token_request_decode and its like, of one form. */
struct mm_kube_decoder {
	enum mm_code (*token_request)(struct mm_span body, struct mm_token_request *out, struct mm_err *err);
	enum mm_code (*token_review)(struct mm_span body, struct mm_token_review *out, struct mm_err *err);
	enum mm_code (*self_subject_review)(struct mm_span body, const char *version,
					    struct mm_self_subject_review *out, struct mm_err *err);
};
extern const struct mm_kube_decoder mm_kube_json_decoder;
extern const struct mm_kube_decoder mm_kube_protobuf_decoder;

/* Append the object to `out`, which fails when memory does. */
struct mm_kube_encoder {
	void (*token_request)(const struct mm_token_request *request, struct mm_buf *out);
	void (*token_review)(const struct mm_token_review *review, struct mm_buf *out);
	void (*self_subject_review)(const struct mm_self_subject_review *review, struct mm_buf *out);
	void (*status)(const struct mm_kube_status *status, struct mm_buf *out);
};
extern const struct mm_kube_encoder mm_kube_json_encoder;
extern const struct mm_kube_encoder mm_kube_protobuf_encoder;

/* Whether what was sent is of the type, as far as it says what it is. MM_EPARSE, in Kubernetes' words. */
MM_MUSTCHECK enum mm_code mm_kube_check_type(const struct mm_kube_type *type, struct mm_span sent_kind,
					     struct mm_span sent_version, struct mm_err *err);
/* Puts Kubernetes' words before the line of a body that cannot be taken apart, or whose fields are wrong. */
enum mm_code mm_kube_unrecognized(const struct mm_kube_type *type, struct mm_err *err, enum mm_code code);
enum mm_code mm_kube_unhandled(const struct mm_kube_type *type, struct mm_err *err, enum mm_code code);

/*
 * MM_ELIMIT: the text "spec." "token" is longer than MM_KUBE_TEXT_MAX, or the list has more than MM_KUBE_LIST_MAX
 * entries.
 */
MM_MUSTCHECK enum mm_code mm_kube_check_text(const char *path, const char *name, size_t len, struct mm_err *err);
MM_MUSTCHECK enum mm_code mm_kube_check_list(const char *path, const char *name, size_t count, struct mm_err *err);

/* Adds the pair in the order of the names. MM_EPARSE: the name is there already. MM_ELIMIT, MM_ENOMEM. */
MM_MUSTCHECK enum mm_code mm_kube_annotate(struct mm_object_meta *meta, const char *name, const char *value,
					   struct mm_err *err);

/* The i-th of a user's extra by the order of their keys, as Go writes maps. */
const struct mm_user_extra *mm_kube_extra_at(const struct mm_user *user, size_t i);

bool mm_kube_status_has_details(const struct mm_kube_status *status);
/* Appends `text` as it may stand in a string: if it is not UTF-8, each foreign byte becomes a question mark. */
void mm_kube_mend(const struct mm_buf *text, struct mm_buf *out);

#endif
