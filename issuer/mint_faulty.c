/* SPDX-License-Identifier: Apache-2.0 */
/* Minting a token that is wrong on purpose: a good one is minted, taken apart, changed, and signed again. */
#include "issuer/fault.h"

#include <mintmark/base64url.h>
#include <mintmark/json.h>
#include <mintmark/signer.h>
#include <mintmark/token.h>
#include <string.h>

static const struct mm_fault no_fault;

static void clear(struct mm_fault_work *work)
{
	mm_key_free(work->fresh);
	json_decref(work->header);
	json_decref(work->claims);
}

/* ---- the key ----------------------------------------------------------------------------------------------------- */

static const struct {
	const char *state, *remedy;
} wanted[] = {
	[MM_FAULT_KEY_RETIRED] = {"retired", "rotate the keys first"},
	[MM_FAULT_KEY_TAINTED] = {"tainted", "taint a key first"},
};

/* The last key for `alg` that was retired, in good order or because it is tainted. */
static enum mm_code find_retired(struct mm_fault_work *work, enum mm_fault_key which, const struct mm_alg *alg,
				 struct mm_err *err)
{
	const struct mm_keyset *set = work->snapshot->set;

	work->key = NULL;
	for (size_t i = 0; i < set->count; i++) {
		const struct mm_key_record *record = &set->records[i];
		bool tainted = record->tainted != MM_NEVER;

		if (mm_key_state(record, MM_NEVER) == MM_STATE_RETIRED && mm_key_alg(record->key) == alg &&
		    tainted == (which == MM_FAULT_KEY_TAINTED))
			work->key = record->key;
	}
	if (work->key)
		return MM_OK;
	return mm_fail(err, MM_EREFUSED, "no %s key for %s is published: %s", wanted[which].state, alg->name,
		       wanted[which].remedy);
}

static enum mm_code choose_key(struct mm_fault_work *work, const struct mm_fault *fault, const char *signer,
			       struct mm_err *err)
{
	const struct mm_snapshot *snapshot = work->snapshot;
	const struct mm_alg *alg;
	enum mm_code code;

	work->key = mm_keyset_find(snapshot->set, signer)->key;
	alg = mm_key_alg(work->key);
	if (fault->key == MM_FAULT_KEY_SIGNER)
		return MM_OK;
	if (fault->key != MM_FAULT_KEY_FRESH)
		return find_retired(work, fault->key, alg, err);
	code = mm_key_generate(alg, snapshot->policy.rsa_bits, &work->fresh, err);
	work->key = work->fresh;
	return code;
}

/* ---- header and claims ------------------------------------------------------------------------------------------- */

static enum mm_code lay_over(json_t *object, const json_t *changes, struct mm_err *err)
{
	json_t *iterated = (json_t *)(uintptr_t)changes; /* jansson asks for it, and only reads */
	const char *name;
	json_t *value;

	json_object_foreach(iterated, name, value)
	{
		if (json_is_null(value))
			json_object_del(object, name);
		else if (json_object_set(object, name, value) != 0)
			return mm_fail(err, MM_ENOMEM, "out of memory");
	}
	return MM_OK;
}

/* `changes` NULL: none. */
static enum mm_code lay_text_over(json_t *object, const char *changes, struct mm_err *err)
{
	json_t *parsed;
	enum mm_code code;

	if (!changes)
		return MM_OK;
	code = mm_json_load(mm_span_str(changes), MM_TOKEN_MAX, &parsed, err);
	if (code != MM_OK)
		return code;
	code = lay_over(object, parsed, err);
	json_decref(parsed);
	return code;
}

static enum mm_code set_text(json_t *object, const char *name, const char *text, struct mm_err *err)
{
	return json_object_set_new(object, name, json_string(text)) == 0
		       ? MM_OK
		       : mm_fail(err, MM_EPARSE, "%s is not UTF-8", name);
}

static enum mm_code set_times(json_t *claims, const struct mm_fault *fault, mm_time now, struct mm_err *err)
{
	const struct {
		const char *name;
		mm_duration from_now;
	} times[] = {{"exp", fault->times.exp}, {"iat", fault->times.iat}, {"nbf", fault->times.nbf}};

	for (size_t i = 0; i < MM_COUNT(times); i++) {
		if (times[i].from_now != 0 &&
		    json_object_set_new(claims, times[i].name, json_integer(now + times[i].from_now)) != 0)
			return mm_fail(err, MM_ENOMEM, "out of memory");
	}
	return MM_OK;
}

static enum mm_code alter(struct mm_fault_work *work, const struct mm_fault *fault,
			  const struct mm_fault_request *faulty, mm_time now, struct mm_err *err)
{
	enum mm_code code = set_text(work->header, "alg", mm_key_alg(work->key)->name, err);

	if (code == MM_OK)
		code = set_text(work->header, "kid", mm_key_kid(work->key), err);
	if (code == MM_OK && faulty->issuer)
		code = set_text(work->claims, "iss", faulty->issuer, err);
	if (code == MM_OK)
		code = set_times(work->claims, fault, now, err);
	if (code == MM_OK)
		code = lay_text_over(work->header, fault->header, err);
	if (code == MM_OK)
		code = lay_text_over(work->claims, fault->claims, err);
	if (code == MM_OK && fault->alter)
		code = fault->alter(work, err);
	if (code == MM_OK && faulty->claims)
		code = lay_over(work->claims, faulty->claims, err);
	return code;
}

/* ---- the token --------------------------------------------------------------------------------------------------- */

static enum mm_code add_part(struct mm_buf *out, const json_t *object, struct mm_err *err)
{
	mm_auto_buf text = {0};
	enum mm_code code = mm_json_add_value(&text, object, err);

	if (code == MM_OK)
		code = mm_buf_check(&text, err);
	if (code != MM_OK)
		return code;
	mm_base64url_add(out, text.p, text.len);
	return mm_buf_check(out, err);
}

static enum mm_code add_text(struct mm_buf *out, const struct mm_fault_work *work, struct mm_err *err)
{
	enum mm_code code = add_part(out, work->header, err);

	mm_buf_add_str(out, ".");
	return code == MM_OK ? add_part(out, work->claims, err) : code;
}

static enum mm_code sign(const struct mm_fault_work *work, const struct mm_fault *fault, struct mm_span text,
			 uint8_t signature[static MM_SIGNATURE_MAX], size_t *len, struct mm_err *err)
{
	mm_auto(mm_signer) signer = NULL;
	enum mm_code code = mm_signer_local(work->key, &signer, err);

	if (code == MM_OK)
		code = mm_sign(signer, text, signature, len, err);
	if (code == MM_OK && fault->seal)
		code = fault->seal(work, text, signature, len, err);
	return code;
}

static enum mm_code write_token(struct mm_fault_work *work, const struct mm_fault *fault, struct mm_buf *token,
				struct mm_err *err)
{
	uint8_t signature[MM_SIGNATURE_MAX];
	size_t len;
	enum mm_code code = add_text(token, work, err);

	if (code == MM_OK)
		code = sign(work, fault, mm_buf_span(token), signature, &len, err);
	if (code == MM_OK && fault->claims_afterwards) {
		mm_buf_reset(token);
		code = lay_text_over(work->claims, fault->claims_afterwards, err);
		if (code == MM_OK)
			code = add_text(token, work, err);
	}
	if (code != MM_OK)
		return code;
	mm_buf_add_str(token, ".");
	mm_base64url_add(token, signature, len);
	if (token->len > MM_TOKEN_MAX)
		return mm_fail(err, MM_ELIMIT, "a token of %zu characters; verifiers accept at most %d", token->len,
			       MM_TOKEN_MAX);
	return mm_buf_check(token, err);
}

static mm_time time_of(const json_t *claims, const char *name)
{
	const json_t *value = json_object_get(claims, name);

	return json_is_integer(value) ? json_integer_value(value) : MM_NEVER;
}

/* What is told of the token is what it says. */
static void describe(const struct mm_fault_work *work, struct mm_minted *out)
{
	const char *jti = mm_json_text(work->claims, "jti");
	const struct mm_key_record *record = mm_keyset_find(work->snapshot->set, mm_key_kid(work->key));

	out->kid = record ? mm_key_kid(record->key) : "";
	out->issued_at = time_of(work->claims, "iat");
	out->expires_at = time_of(work->claims, "exp");
	memset(out->jti, 0, sizeof out->jti);
	if (jti)
		strncpy(out->jti, jti, sizeof out->jti - 1);
}

/* A good token, taken apart: all that is checked of a request, and all that goes into the claims, is as ever. */
static enum mm_code mint_good(const struct mm_mint_request *request, mm_time now, struct mm_fault_work *work,
			      struct mm_minted *out, struct mm_err *err)
{
	MM_CLEANUP(mm_token_clear) struct mm_token token = {0};
	enum mm_code code = mm_mint(work->snapshot, request, now, out, err);

	if (code == MM_OK)
		code = mm_token_inspect(mm_buf_span(&out->token), &token, err);
	work->header = mm_take(token.header);
	work->claims = mm_take(token.claims);
	return code;
}

enum mm_code mm_mint_faulty(const struct mm_snapshot *snapshot, const struct mm_mint_request *request,
			    const struct mm_fault_request *faulty, mm_time now, struct mm_minted *out,
			    struct mm_err *err)
{
	const struct mm_fault *fault = faulty->fault ? faulty->fault : &no_fault;
	MM_CLEANUP(clear) struct mm_fault_work work = {.snapshot = snapshot};
	enum mm_code code = mint_good(request, now, &work, out, err);

	if (code == MM_OK)
		code = choose_key(&work, fault, out->kid, err);
	if (code == MM_OK)
		code = alter(&work, fault, faulty, now, err);
	mm_buf_reset(&out->token);
	if (code == MM_OK)
		code = write_token(&work, fault, &out->token, err);
	if (code == MM_OK)
		describe(&work, out);
	else
		mm_minted_clear(out);
	return code;
}
