/* SPDX-License-Identifier: Apache-2.0 */
/* Verifying a token: the key's algorithm decides, and the header may only agree with it (RFC 8725 §3.1). */
#include "issuer/token/token.h"

#include <mintmark/base64url.h>
#include <mintmark/json.h>
#include <mintmark/signer.h>
#include <string.h>
#include <strings.h>

/*
 * What a token says that it is (RFC 8725 §3.11): a logout token or a DPoP proof by the same key is not an identity
 * token. Media types have no case, and "application/" may stand before them (RFC 7515 §4.1.9). Many issuers, old
 * kube-apiservers among them, say nothing.
 */
static bool is_identity_token(const char *type)
{
	static const char prefix[] = "application/";

	if (strncasecmp(type, prefix, strlen(prefix)) == 0)
		type += strlen(prefix);
	return strcasecmp(type, "JWT") == 0 || strcasecmp(type, "at+jwt") == 0;
}

static enum mm_code check_type(const json_t *header, bool any_payload, struct mm_err *err)
{
	const json_t *type = json_object_get(header, "typ");

	if (!type)
		return MM_OK;
	if (!json_is_string(type))
		return mm_fail(err, MM_EVERIFY, "token: typ is not a string");
	if (!any_payload && !is_identity_token(json_string_value(type)))
		return mm_fail(err, MM_EVERIFY, "token: typ is \"%.64s\", not JWT", json_string_value(type));
	return MM_OK;
}

/* Checks what would change the meaning of the token; jwk, jku, x5u, x5c and whatever else is there is not looked at. */
static enum mm_code check_header(const json_t *header, bool any_payload, const struct mm_alg **alg, struct mm_err *err)
{
	/* RFC 7515 §4.1.11, RFC 7797: no extension is understood. */
	static const char *const refused[] = {"crit", "b64"};
	const char *name = mm_json_text(header, "alg");

	for (size_t i = 0; i < MM_COUNT(refused); i++) {
		if (json_object_get(header, refused[i]))
			return mm_fail(err, MM_EVERIFY, "token: its header has \"%s\", which is not accepted",
				       refused[i]);
	}
	if (!name)
		return mm_fail(err, MM_EVERIFY, "token: alg is missing or not a string");
	*alg = mm_alg_find(mm_span_str(name));
	if (!*alg)
		return mm_fail(err, MM_EVERIFY, "token: alg is \"%.64s\"; accepted: %s", name, mm_alg_names());
	return check_type(header, any_payload, err);
}

struct attempt {
	const struct mm_alg *alg; /* that the header names */
	struct mm_span message;
	struct mm_span signature;
	struct mm_token *token; /* whose fault is what would be wrong if the next step failed */
};

static enum mm_code verify_by_kid(const struct attempt *attempt, const struct mm_jwks *jwks, struct mm_err *err)
{
	const char *kid = attempt->token->kid;
	const struct mm_key *key = mm_jwks_find(jwks, mm_span_str(kid));
	size_t index;
	const char *reason = key ? NULL : mm_jwks_not_taken(jwks, kid, &index);

	if (reason)
		return mm_fail(err, MM_EVERIFY, "token: key %zu of the JWKS has its kid, but was not taken: %s", index,
			       reason);
	if (!key)
		return mm_fail(err, MM_EVERIFY, "token: no key has its kid \"%.64s\" (of %zu in the JWKS)", kid,
			       mm_jwks_count(jwks));
	attempt->token->fault = MM_TOKEN_SIGNATURE;
	if (mm_key_alg(key) != attempt->alg)
		return mm_fail(err, MM_EVERIFY, "token: alg is %s, but the key \"%.64s\" is for %s", attempt->alg->name,
			       kid, mm_key_alg(key)->name);
	return mm_context(err, mm_verify(key, attempt->message, attempt->signature, err), "token");
}

static enum mm_code verify_by_any(const struct attempt *attempt, const struct mm_jwks *jwks, struct mm_err *err)
{
	size_t tried = 0;

	for (size_t i = 0; i < mm_jwks_count(jwks); i++) {
		const struct mm_key *key = mm_jwks_at(jwks, i);
		struct mm_err reason = {0};
		enum mm_code code;

		if (mm_key_alg(key) != attempt->alg)
			continue;
		attempt->token->fault = MM_TOKEN_SIGNATURE;
		code = mm_verify(key, attempt->message, attempt->signature, &reason);
		if (code != MM_EVERIFY)
			return code == MM_OK ? code : mm_fail(err, code, "%s", reason.text);
		tried++;
	}
	return mm_fail(err, MM_EVERIFY, "token: it has no kid, and none of the %zu keys for %s verifies it", tried,
		       attempt->alg->name);
}

static enum mm_code verify_signature(const struct mm_token_parts *parts, const struct mm_jwks *jwks,
				     const struct mm_alg *alg, struct mm_token *token, struct mm_err *err)
{
	uint8_t signature[MM_SIGNATURE_MAX];
	struct attempt attempt = {.alg = alg, .message = parts->signed_text, .token = token};
	size_t len;
	enum mm_code code;

	code = mm_base64url_decode(parts->signature, signature, sizeof signature, &len, err);
	if (code != MM_OK)
		return mm_context(err, code, "token: signature");
	attempt.signature = mm_span(signature, len);
	token->fault = MM_TOKEN_NO_KEY;
	code = token->kid[0] ? verify_by_kid(&attempt, jwks, err) : verify_by_any(&attempt, jwks, err);
	if (code != MM_OK)
		return code;
	token->alg = alg;
	token->fault = MM_TOKEN_FORM;
	return MM_OK;
}

enum mm_code mm_token_verify(struct mm_span text, const struct mm_jwks *jwks, const struct mm_verify_options *options,
			     struct mm_token *token, struct mm_err *err)
{
	bool any_payload = options->signature_only;
	struct mm_token_parts parts;
	const struct mm_alg *alg = NULL;
	enum mm_code code = mm_token_split(text, &parts, err);

	token->fault = MM_TOKEN_FORM;
	if (code == MM_OK)
		code = mm_token_read_header(&parts, token, err);
	if (code == MM_OK)
		code = check_header(token->header, any_payload, &alg, err);
	if (code == MM_OK)
		code = verify_signature(&parts, jwks, alg, token, err);
	if (code == MM_OK)
		code = mm_token_read_payload(&parts, !any_payload, token, err);
	if (code != MM_OK)
		return code;
	token->fault = MM_TOKEN_GOOD;
	return any_payload ? MM_OK : mm_token_check_claims(options, token, err);
}
