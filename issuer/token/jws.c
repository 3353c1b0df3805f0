/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/jws.h>

#include <mintmark/base64url.h>
#include <stdlib.h>

struct mm_jws {
	struct mm_signer *signer;
	struct mm_buf header; /* encoded, with the '.' that follows it */
};

static void encode_header(struct mm_jws *jws, const char *header)
{
	mm_auto_buf text = {0};

	if (header)
		mm_buf_add_str(&text, header);
	else
		mm_signer_header(jws->signer, &text);
	mm_base64url_add(&jws->header, text.p, text.len);
	mm_buf_add_str(&jws->header, ".");
	jws->header.failed |= text.failed;
}

enum mm_code mm_jws_prepare(struct mm_signer *signer, const char *header, struct mm_jws **out, struct mm_err *err)
{
	mm_auto(mm_jws) jws = calloc(1, sizeof *jws);
	enum mm_code code;

	*out = NULL;
	if (!jws) {
		mm_signer_free(signer);
		return mm_fail(err, MM_ENOMEM, "out of memory");
	}
	jws->signer = signer;
	encode_header(jws, header);
	code = mm_buf_check(&jws->header, err);
	if (code == MM_OK)
		*out = mm_take(jws);
	return code;
}

const struct mm_alg *mm_jws_alg(const struct mm_jws *jws)
{
	return jws->signer->alg;
}

const char *mm_jws_kid(const struct mm_jws *jws)
{
	return jws->signer->kid;
}

void mm_jws_free(struct mm_jws *jws)
{
	if (!jws)
		return;
	mm_signer_free(jws->signer);
	mm_buf_free(&jws->header);
	free(jws);
}

/* Where the signature is encoded is known only once it is made, but how long it can be is: one allocation for all. */
static size_t signature_text_max(const struct mm_alg *alg)
{
	return mm_base64url_len(alg->signature_len ? alg->signature_len : MM_SIGNATURE_MAX);
}

enum mm_code mm_jws_sign(const struct mm_jws *jws, struct mm_span payload, struct mm_buf *token, struct mm_err *err)
{
	size_t start = token->len, signature_len;
	uint8_t signature[MM_SIGNATURE_MAX];
	enum mm_code code;

	if (!mm_buf_reserve(token,
			    jws->header.len + mm_base64url_len(payload.len) + 1 + signature_text_max(jws->signer->alg)))
		return mm_buf_check(token, err);
	mm_buf_add_span(token, mm_buf_span(&jws->header));
	mm_base64url_add(token, payload.p, payload.len);
	code = mm_sign(jws->signer, mm_span(token->p + start, token->len - start), signature, &signature_len, err);
	if (code != MM_OK)
		return code;
	mm_buf_add_str(token, ".");
	mm_base64url_add(token, signature, signature_len);
	return mm_buf_check(token, err);
}
