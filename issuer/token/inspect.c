/* SPDX-License-Identifier: Apache-2.0 */
/* Taking a token apart, and showing it without believing it. */
#include "issuer/token/token.h"

#include <mintmark/base64url.h>
#include <mintmark/json.h>
#include <string.h>

static size_t count_dots(struct mm_span text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++)
		n += text.p[i] == '.';
	return n;
}

static const char *find_dot(const char *from, const char *end)
{
	return from < end ? memchr(from, '.', (size_t)(end - from)) : NULL;
}

/* Dots are counted before anything else is done with the text: each of them once cost others an allocation
 * (CVE-2025-27144, CVE-2025-30204). */
enum mm_code mm_token_split(struct mm_span text, struct mm_token_parts *parts, struct mm_err *err)
{
	const char *end = text.p + text.len, *first, *second;

	if (text.len > MM_TOKEN_MAX)
		return mm_fail(err, MM_ELIMIT, "token: %zu characters, of which %d are allowed", text.len,
			       MM_TOKEN_MAX);
	first = find_dot(text.p, end);
	second = first ? find_dot(first + 1, end) : NULL;
	if (!second || find_dot(second + 1, end))
		return mm_fail(err, MM_EPARSE, "token: not a JWS in compact form: %zu dots instead of 2",
			       count_dots(text));
	*parts = (struct mm_token_parts){
		.header = mm_span(text.p, (size_t)(first - text.p)),
		.payload = mm_span(first + 1, (size_t)(second - first - 1)),
		.signature = mm_span(second + 1, (size_t)(end - second - 1)),
		.signed_text = mm_span(text.p, (size_t)(second - text.p)),
	};
	return MM_OK;
}

static enum mm_code read_kid(struct mm_token *token, struct mm_err *err)
{
	const char *kid;

	if (!json_object_get(token->header, "kid"))
		return MM_OK;
	if (mm_json_get_string(token->header, "kid", &kid, err) != MM_OK)
		return mm_context(err, MM_EPARSE, "token: header");
	if (strlen(kid) > MM_KID_MAX)
		return mm_fail(err, MM_ELIMIT, "token: kid of %zu bytes, of which %d are allowed", strlen(kid),
			       MM_KID_MAX);
	memcpy(token->kid, kid, strlen(kid) + 1);
	return MM_OK;
}

enum mm_code mm_token_read_header(const struct mm_token_parts *parts, struct mm_token *token, struct mm_err *err)
{
	mm_auto_buf text = {0};
	enum mm_code code;

	code = mm_base64url_decode_buf(parts->header, &text, err);
	if (code == MM_OK)
		code = mm_json_load(mm_buf_span(&text), MM_TOKEN_HEADER_MAX, &token->header, err);
	if (code != MM_OK)
		return mm_context(err, code, "token: header");
	return read_kid(token, err);
}

enum mm_code mm_token_read_payload(const struct mm_token_parts *parts, bool json, struct mm_token *token,
				   struct mm_err *err)
{
	enum mm_code code = mm_base64url_decode_buf(parts->payload, &token->payload, err);

	if (code == MM_OK && json)
		code = mm_json_load(mm_buf_span(&token->payload), MM_TOKEN_MAX, &token->claims, err);
	return mm_context(err, code, "token: payload");
}

enum mm_code mm_token_inspect(struct mm_span text, struct mm_token *token, struct mm_err *err)
{
	struct mm_token_parts parts;
	enum mm_code code = mm_token_split(text, &parts, err);

	if (code == MM_OK)
		code = mm_token_read_header(&parts, token, err);
	if (code == MM_OK)
		code = mm_token_read_payload(&parts, true, token, err);
	return code;
}

void mm_token_clear(struct mm_token *token)
{
	json_decref(token->header);
	json_decref(token->claims);
	mm_buf_free(&token->payload);
	*token = (struct mm_token){0};
}
