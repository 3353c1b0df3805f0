/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/callers.h>

#include "issuer/kube/bearer.h"
#include "issuer/kube/client_certificate.h"
#include "issuer/kube/token_file.h"

#include <mintmark/ossl.h>
#include <mintmark/refs.h>
#include <mintmark/token.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

struct mm_callers {
	struct mm_refs refs;
	/*
	 * Drawn at random, and never 0: what a connection remembers of callers that are gone by now must not be taken
	 * for what these would say, as it could be by their address.
	 */
	uint64_t number;
	struct mm_token_file *tokens;   /* NULL: no such callers */
	struct mm_client_ca *client_ca; /* likewise */
};

/* ---- the object -------------------------------------------------------------------------------------------------- */

static enum mm_code new_callers(struct mm_callers **out, struct mm_err *err)
{
	struct mm_callers *callers = calloc(1, sizeof *callers);

	*out = callers;
	if (!callers)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	mm_refs_init(&callers->refs);
	while (callers->number == 0) {
		if (RAND_bytes((unsigned char *)&callers->number, sizeof callers->number) != 1)
			return mm_fail_openssl(err, MM_ECRYPTO, "no random bytes");
	}
	return MM_OK;
}

/* "mintmark.yaml:7: callers.tokens: WHY" */
static enum mm_code blame(const struct mm_config *config, const char *option, enum mm_code code, struct mm_err *err)
{
	return mm_config_context(config, option, mm_context(err, code, "%s", option), err);
}

static enum mm_code load_authorities(const struct mm_config *config, struct mm_client_ca **out, struct mm_err *err)
{
	mm_auto(mm_client_ca) ca = NULL;
	enum mm_code code = mm_client_ca_load(config->callers.client_ca, &ca, err);

	if (code != MM_OK)
		return blame(config, "callers.client_ca", code, err);
	if (config->callers.client_crl)
		code = mm_client_ca_load_lists(ca, config->callers.client_crl, err);
	if (code != MM_OK)
		return blame(config, "callers.client_crl", code, err);
	*out = mm_take(ca);
	return MM_OK;
}

enum mm_code mm_callers_load(const struct mm_config *config, struct mm_callers **out, struct mm_err *err)
{
	mm_auto(mm_callers) callers = NULL;
	enum mm_code code = new_callers(&callers, err);

	*out = NULL;
	if (code == MM_OK && config->callers.tokens)
		code = blame(config, "callers.tokens",
			     mm_token_file_load(config->callers.tokens, &callers->tokens, err), err);
	if (code == MM_OK && config->callers.client_ca)
		code = load_authorities(config, &callers->client_ca, err);
	if (code == MM_OK)
		*out = mm_take(callers);
	return code;
}

enum mm_code mm_callers_of_token(const char *token, const char *name, struct mm_callers **out, struct mm_err *err)
{
	mm_auto(mm_callers) callers = NULL;
	enum mm_code code = new_callers(&callers, err);

	*out = NULL;
	if (code == MM_OK)
		code = mm_token_file_of_token(token, name, &callers->tokens, err);
	if (code == MM_OK)
		*out = mm_take(callers);
	return code;
}

struct mm_callers *mm_callers_ref(struct mm_callers *callers)
{
	mm_refs_take(&callers->refs);
	return callers;
}

void mm_callers_free(struct mm_callers *callers)
{
	if (!callers || !mm_refs_drop(&callers->refs))
		return;
	mm_token_file_free(callers->tokens);
	mm_client_ca_free(callers->client_ca);
	free(callers);
}

const struct stack_st_X509_NAME *mm_callers_authorities(const struct mm_callers *callers)
{
	return callers->client_ca ? callers->client_ca->names : NULL;
}

/* ---- what is kept with connections and requests ------------------------------------------------------------------ */

static void forget(struct mm_peer *peer)
{
	peer->judged_by = 0;
	mm_user_clear(&peer->user);
	mm_string_free(&peer->refusal);
}

static bool is_remembered(const struct mm_peer *peer, const struct mm_callers *callers, mm_time now)
{
	return peer->judged_by == callers->number && now >= peer->judged_from && now < peer->judged_until;
}

void mm_peer_clear(struct mm_peer *peer)
{
	X509_free(peer->certificate);
	sk_X509_pop_free(peer->chain, X509_free);
	forget(peer);
	*peer = (struct mm_peer){0};
}

void mm_identity_clear(struct mm_identity *identity)
{
	mm_user_clear(&identity->own);
	*identity = (struct mm_identity){0};
}

const char *mm_caller_kind_name(enum mm_caller_kind kind)
{
	static const char *const names[] = {
		[MM_CALLER_NOBODY] = "nobody",
		[MM_CALLER_TOKEN] = "token",
		[MM_CALLER_CERTIFICATE] = "certificate",
		[MM_CALLER_SERVICE_ACCOUNT] = "service-account",
		[MM_CALLER_UNIX] = "unix",
	};

	return names[kind];
}

/* ---- who is it? -------------------------------------------------------------------------------------------------- */

static bool is_jws(struct mm_span token)
{
	size_t dots = 0;

	for (size_t i = 0; i < token.len; i++)
		dots += token.p[i] == '.';
	return dots == 2;
}

/* Whatever a token has wrong with it, it does not hold; what is wrong with us stays what it is. */
static enum mm_code refuse_token(enum mm_code code, const struct mm_err *why, struct mm_err *err)
{
	bool is_ours = code == MM_ENOMEM || code == MM_ECRYPTO;

	return mm_fail(err, is_ours ? code : MM_EVERIFY, "bearer token: %s", why->text);
}

static enum mm_code identify_account(const struct mm_snapshot *snapshot, const struct mm_directory *directory,
				     struct mm_span text, mm_time now, struct mm_identity *out, struct mm_err *err)
{
	const struct mm_verify_options options = {
		.issuer = snapshot->issuer,
		.audiences = (const char *const *)snapshot->audiences.v,
		.audience_count = snapshot->audiences.n,
		.now = now,
		.leeway = MM_LEEWAY,
	};
	MM_CLEANUP(mm_token_clear) struct mm_token token = {0};
	struct mm_err why = {0};
	enum mm_code code = mm_token_verify(text, snapshot->verifiers, &options, &token, &why);

	if (code == MM_OK)
		code = mm_user_from_claims(token.claims, &out->own, &why);
	if (code == MM_OK)
		code = mm_directory_vouch(directory, token.claims, &why);
	if (code != MM_OK) {
		mm_user_clear(&out->own);
		return refuse_token(code, &why, err);
	}
	out->kind = MM_CALLER_SERVICE_ACCOUNT;
	out->user = &out->own;
	return MM_OK;
}

static enum mm_code identify_bearer(const struct mm_callers *callers, const struct mm_snapshot *snapshot,
				    const struct mm_directory *directory, struct mm_span authorization, mm_time now,
				    struct mm_identity *out, struct mm_err *err)
{
	struct mm_span token;
	enum mm_code code = mm_bearer_read(authorization, &token, err);

	if (code != MM_OK)
		return code;
	out->user = callers->tokens ? mm_token_file_find(callers->tokens, token) : NULL;
	if (out->user) {
		out->kind = MM_CALLER_TOKEN;
		return MM_OK;
	}
	if (snapshot->verifiers && is_jws(token))
		return identify_account(snapshot, directory, token, now, out, err);
	return mm_fail(err, MM_EVERIFY, "bearer token: unknown");
}

static enum mm_code judge_certificate(const struct mm_callers *callers, struct mm_peer *peer, mm_time now,
				      struct mm_err *err)
{
	if (!callers->client_ca)
		return mm_fail(err, MM_EVERIFY, "client certificate: callers.client_ca is not set any more");
	return mm_client_certificate_user(callers->client_ca, peer->certificate, peer->chain, now, &peer->user,
					  &peer->judged_until, err);
}

static enum mm_code judge_uid(struct mm_peer *peer, struct mm_err *err)
{
	peer->judged_until = MM_TIME_MAX;
	return mm_user_from_peer(peer->uid, peer->gid, &peer->user, err);
}

/* What is refused is refused for this second: a certificate that holds no more would cost us a look for each request. */
static enum mm_code judge(const struct mm_callers *callers, struct mm_peer *peer, mm_time now, struct mm_err *err)
{
	struct mm_err why = {0};
	enum mm_code code = peer->certificate ? judge_certificate(callers, peer, now, &why) : judge_uid(peer, &why);

	if (code == MM_EVERIFY) {
		peer->refusal = strdup(why.text);
		peer->judged_until = now + 1;
	}
	if (code == MM_OK || peer->refusal) {
		peer->judged_by = callers->number;
		peer->judged_from = now;
	}
	return code == MM_OK ? MM_OK : mm_fail(err, code, "%s", why.text);
}

static enum mm_code identify_peer(const struct mm_callers *callers, struct mm_peer *peer, mm_time now,
				  struct mm_identity *out, struct mm_err *err)
{
	if (!is_remembered(peer, callers, now)) {
		enum mm_code code;

		forget(peer);
		code = judge(callers, peer, now, err);
		if (code != MM_OK)
			return code;
	} else if (peer->refusal) {
		return mm_fail(err, MM_EVERIFY, "%s", peer->refusal);
	}
	out->kind = peer->certificate ? MM_CALLER_CERTIFICATE : MM_CALLER_UNIX;
	out->user = &peer->user;
	return MM_OK;
}

enum mm_code mm_authenticate(const struct mm_callers *callers, const struct mm_snapshot *snapshot,
			     const struct mm_directory *directory, const struct mm_credentials *credentials,
			     mm_time now, struct mm_identity *out, struct mm_err *err)
{
	struct mm_peer *peer = credentials->peer;

	*out = (struct mm_identity){0};
	if (credentials->authorization_count > 1)
		return mm_fail(err, MM_EVERIFY, "%zu Authorization headers", credentials->authorization_count);
	if (credentials->authorization_count == 1)
		return identify_bearer(callers, snapshot, directory, credentials->authorization, now, out, err);
	if (peer && (peer->certificate || peer->has_uid))
		return identify_peer(callers, peer, now, out, err);
	return MM_OK;
}
