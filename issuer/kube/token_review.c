/* SPDX-License-Identifier: Apache-2.0 */
/* TokenReview: what kube-apiserver's JWT authenticator does with a token, and says of one that is not valid. */
#include "issuer/kube/refuse.h"

#include <mintmark/json.h>
#include <mintmark/token.h>
#include <mintmark/tokenapi.h>
#include <string.h>

struct work {
	const struct mm_token_api *api;
	struct mm_token_review *review;
	const struct mm_strings *wanted; /* audiences: those asked for, or the API's */
	struct mm_token token;
};

/* What ends in a newline was read from a file; kube-apiserver passes over it, too (request/bearertoken). */
static struct mm_span token_of(const struct mm_token_review *review)
{
	struct mm_span token = mm_buf_span(&review->token);

	while (token.len > 0 && memchr(" \t\r\n", token.p[token.len - 1], 4))
		token.len--;
	return token;
}

/* ---- why not ----------------------------------------------------------------------------------------------------- */

/* Each authenticator of kube-apiserver adds its reason; that for bearer tokens as such has none but this. */
static const char nothing_more[] = "invalid bearer token";

/* MM_EVERIFY; the review says why. */
static enum mm_code reject(struct work *work, const char *why, struct mm_err *err)
{
	struct mm_buf *error = &work->review->error;
	enum mm_code code;

	if (why)
		mm_buf_printf(error, "[%s, %s]", nothing_more, why);
	else
		mm_buf_add_str(error, nothing_more);
	code = mm_buf_check(error, err);
	return code == MM_OK ? MM_EVERIFY : code;
}

/* Whether it says that it is by another issuer, or by none: then nothing more is told of it. */
static bool is_foreign(struct work *work)
{
	MM_CLEANUP(mm_token_clear) struct mm_token said = {0};
	const json_t *claims = work->token.claims;
	const char *issuer;

	if (!claims && mm_token_inspect(token_of(work->review), &said, NULL) == MM_OK)
		claims = said.claims;
	issuer = mm_json_text(claims, "iss");
	return !issuer || strcmp(issuer, work->api->snapshot->issuer) != 0;
}

/* The audiences of a token, which may have a single one for an array. */
static size_t audience_count(const json_t *claims)
{
	const json_t *value = json_object_get(claims, "aud");

	return json_is_array(value) ? json_array_size(value) : 1;
}

static const char *audience_at(const json_t *claims, size_t i)
{
	const json_t *value = json_object_get(claims, "aud");

	return json_string_value(json_is_array(value) ? json_array_get(value, i) : value);
}

/* Lists as Go's %q writes them: ["a" "b"] */
static enum mm_code reject_audience(struct work *work, struct mm_err *err)
{
	mm_auto_buf why = {0};
	enum mm_code code;

	mm_buf_add_str(&why, "token audiences [");
	for (size_t i = 0; i < audience_count(work->token.claims); i++) {
		mm_buf_add_str(&why, i == 0 ? "" : " ");
		mm_buf_add_quoted(&why, mm_span_str(audience_at(work->token.claims, i)));
	}
	mm_buf_add_str(&why, "] is invalid for the target audiences [");
	for (size_t i = 0; i < work->wanted->n; i++) {
		mm_buf_add_str(&why, i == 0 ? "" : " ");
		mm_buf_add_quoted(&why, mm_span_str(work->wanted->v[i]));
	}
	mm_buf_add_str(&why, "]");
	code = mm_buf_check(&why, err);
	return code == MM_OK ? reject(work, why.p, err) : code;
}

/*
 * In the words of pkg/serviceaccount (jwt.go, claims.go); but for the signature it shows there what its library says.
 * Of the form nothing is said.
 */
static const char *const fault_texts[] = {
	[MM_TOKEN_NO_KEY] = "invalid signature, no keys found",
	[MM_TOKEN_SIGNATURE] = "invalid signature",
	[MM_TOKEN_EXPIRED] = "service account token has expired",
	[MM_TOKEN_EARLY] = "service account token is not valid yet",
	[MM_TOKEN_FUTURE] = "service account token is issued in the future",
	[MM_TOKEN_CLAIM] = "service account token claims could not be validated due to unexpected validation error",
};

static enum mm_code reject_fault(struct work *work, struct mm_err *err)
{
	enum mm_token_fault fault = work->token.fault;

	if (is_foreign(work))
		return reject(work, NULL, err);
	if (fault == MM_TOKEN_AUDIENCE)
		return reject_audience(work, err);
	return reject(work, fault_texts[fault], err);
}

/* ---- the token --------------------------------------------------------------------------------------------------- */

static bool is_about_the_token(enum mm_code code)
{
	return code == MM_EPARSE || code == MM_ELIMIT || code == MM_EVERIFY || code == MM_EREFUSED;
}

static enum mm_code verify(struct work *work, struct mm_err *err)
{
	const struct mm_snapshot *snapshot = work->api->snapshot;
	const struct mm_verify_options options = {
		.issuer = snapshot->issuer,
		.audiences = (const char *const *)work->wanted->v,
		.audience_count = work->wanted->n,
		.now = work->api->now,
		.leeway = MM_LEEWAY,
	};
	enum mm_code code = mm_token_verify(token_of(work->review), snapshot->verifiers, &options, &work->token, err);

	return is_about_the_token(code) ? reject_fault(work, err) : code;
}

static enum mm_code find_user(struct work *work, struct mm_err *err)
{
	enum mm_code code = mm_user_from_claims(work->token.claims, &work->review->user, err);

	return is_about_the_token(code) ? reject(work, fault_texts[MM_TOKEN_CLAIM], err) : code;
}

/* Whether what it speaks of is still there. */
static enum mm_code find_objects(struct work *work, struct mm_err *err)
{
	struct mm_err why = {0};
	enum mm_code code = mm_directory_vouch(work->api->directory, work->token.claims, &why);

	if (code == MM_EVERIFY)
		return reject(work, why.text, err);
	return code == MM_OK ? MM_OK : mm_fail(err, code, "%s", why.text);
}

/* ---- the answer -------------------------------------------------------------------------------------------------- */

static bool has_audience(const json_t *claims, const char *audience)
{
	for (size_t i = 0; i < audience_count(claims); i++) {
		if (strcmp(audience_at(claims, i), audience) == 0)
			return true;
	}
	return false;
}

static enum mm_code accept_token(struct work *work, struct mm_err *err)
{
	enum mm_code code = MM_OK;

	for (size_t i = 0; code == MM_OK && i < work->wanted->n; i++) {
		if (has_audience(work->token.claims, work->wanted->v[i]))
			code = mm_strings_add(&work->review->status_audiences, work->wanted->v[i], err);
	}
	work->review->authenticated = code == MM_OK;
	return code;
}

static enum mm_code judge(struct work *work, struct mm_err *err)
{
	enum mm_code code = verify(work, err);

	if (code == MM_OK)
		code = find_user(work, err);
	if (code == MM_OK)
		code = find_objects(work, err);
	if (code == MM_OK)
		code = accept_token(work, err);
	if (code != MM_OK)
		mm_user_clear(&work->review->user);
	return code;
}

enum mm_code mm_token_review_answer(const struct mm_token_api *api, struct mm_token_review *review,
				    struct mm_kube_status *status, struct mm_err *err)
{
	struct work work = {
		.api = api,
		.review = review,
		.wanted = review->audiences.n > 0 ? &review->audiences : &api->snapshot->audiences,
	};
	enum mm_code code;

	if (review->token.len == 0)
		return mm_refuse_bad_request(status, err, "token is required for TokenReview in authentication");
	code = judge(&work, err);
	mm_token_clear(&work.token);
	if (code != MM_OK && code != MM_EVERIFY)
		return mm_refuse_internal(status, code, "the token could not be reviewed");
	mm_err_clear(err);
	return MM_OK;
}
