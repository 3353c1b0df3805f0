/* SPDX-License-Identifier: Apache-2.0 */
/* The objects in either form: which functions read and write them. */
#include "issuer/kube/codec.h"

static const struct mm_kube_decoder *const decoders[MM_MEDIA_COUNT] = {
	[MM_MEDIA_JSON] = &mm_kube_json_decoder,
	[MM_MEDIA_PROTOBUF] = &mm_kube_protobuf_decoder,
};

static const struct mm_kube_encoder *const encoders[MM_MEDIA_COUNT] = {
	[MM_MEDIA_JSON] = &mm_kube_json_encoder,
	[MM_MEDIA_PROTOBUF] = &mm_kube_protobuf_encoder,
};

enum mm_code mm_token_request_decode(enum mm_media media, struct mm_span body, struct mm_token_request *out,
				     struct mm_err *err)
{
	return decoders[media]->token_request(body, out, err);
}

enum mm_code mm_token_review_decode(enum mm_media media, struct mm_span body, struct mm_token_review *out,
				    struct mm_err *err)
{
	return decoders[media]->token_review(body, out, err);
}

enum mm_code mm_self_subject_review_decode(enum mm_media media, struct mm_span body, const char *version,
					   struct mm_self_subject_review *out, struct mm_err *err)
{
	out->version = version;
	return decoders[media]->self_subject_review(body, version, out, err);
}

enum mm_code mm_token_request_encode(enum mm_media media, const struct mm_token_request *request, struct mm_buf *out,
				     struct mm_err *err)
{
	encoders[media]->token_request(request, out);
	return mm_buf_check(out, err);
}

enum mm_code mm_token_review_encode(enum mm_media media, const struct mm_token_review *review, struct mm_buf *out,
				    struct mm_err *err)
{
	encoders[media]->token_review(review, out);
	return mm_buf_check(out, err);
}

enum mm_code mm_self_subject_review_encode(enum mm_media media, const struct mm_self_subject_review *review,
					   struct mm_buf *out, struct mm_err *err)
{
	encoders[media]->self_subject_review(review, out);
	return mm_buf_check(out, err);
}

enum mm_code mm_kube_status_encode(const struct mm_kube_status *status, enum mm_media media, struct mm_buf *out,
				   struct mm_err *err)
{
	encoders[media]->status(status, out);
	return mm_buf_check(out, err);
}
