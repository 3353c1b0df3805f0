/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/mint.h>

#include <mintmark/token.h>
#include <string.h>

/* Bytes for which the payload of most tokens has room: one allocation instead of four, each copied and cleansed. */
enum { PAYLOAD_USUAL = 1000 };

void mm_minted_clear(struct mm_minted *minted)
{
	mm_buf_free(&minted->token);
	*minted = (struct mm_minted){0};
}

/* The kinds of objects that a token may be bound to, and where they stand among the claims (KEP-1205). */
static const struct bound_kind {
	const char *name;
	size_t offset;
} bound_kinds[] = {
	{"Pod", offsetof(struct mm_claims, pod)},
	{"Node", offsetof(struct mm_claims, node)},
	{"Secret", offsetof(struct mm_claims, secret)},
};

static enum mm_code bind_object(const struct mm_mint_request *request, struct mm_claims *claims, struct mm_err *err)
{
	for (size_t i = 0; i < MM_COUNT(bound_kinds); i++) {
		if (strcmp(request->bound_kind, bound_kinds[i].name) != 0)
			continue;
		if (!request->service_account)
			return mm_fail(err, MM_EREFUSED, "a token without a service account cannot be bound to a %s",
				       request->bound_kind);
		if (!request->bound.name)
			return mm_fail(err, MM_EREFUSED, "the name of the %s to bind to is missing",
				       request->bound_kind);
		claims->node = request->node;
		*(struct mm_object_ref *)((char *)claims + bound_kinds[i].offset) = request->bound;
		return mm_dns_subdomain_check(request->bound_kind, request->bound.name, err);
	}
	return mm_fail(err, MM_EREFUSED, "cannot bind a token to a %.64s; possible: Pod, Node, Secret",
		       request->bound_kind);
}

/* What the operator allows, and the key set has promised: a token that is extended is bound by the promise alone. */
static mm_duration longest_ttl(const struct mm_snapshot *snapshot, const struct mm_snapshot_signer *signer)
{
	return snapshot->max_ttl < signer->max_ttl ? snapshot->max_ttl : signer->max_ttl;
}

static enum mm_code fail_lifetime(const struct mm_snapshot *snapshot, mm_duration longest, mm_duration ttl,
				  struct mm_err *err)
{
	char asked[MM_DURATION_TEXT_SIZE], most[MM_DURATION_TEXT_SIZE], configured[MM_DURATION_TEXT_SIZE];

	mm_duration_format(ttl < 0 ? 0 : ttl, asked);
	mm_duration_format(longest, most);
	mm_duration_format(snapshot->max_ttl, configured);
	if (ttl > snapshot->max_ttl || (ttl < 1 && longest > 0))
		return mm_fail(err, MM_EREFUSED, "a lifetime of %s%s; possible: 1s to %s (tokens.max_ttl)",
			       ttl < 0 ? "less than " : "", asked, configured);
	return mm_fail(
		err, MM_EREFUSED,
		"a lifetime of %s; possible as yet: 1s to %s, since the key set does not keep the key for longer; "
		"serve, or 'mintmark key rotate --due', makes it %s (tokens.max_ttl)",
		asked, most, configured);
}

/* The default lifetime gives way to what is possible; one that was asked for does not. */
static enum mm_code set_lifetime(const struct mm_snapshot *snapshot, const struct mm_snapshot_signer *signer,
				 const struct mm_mint_request *request, mm_time now, struct mm_claims *claims,
				 struct mm_err *err)
{
	mm_duration longest = longest_ttl(snapshot, signer), ttl = request->ttl;
	bool extended = request->extend && signer->max_ttl >= MM_EXTENDED_TTL;

	if (ttl == 0)
		ttl = snapshot->default_ttl < longest ? snapshot->default_ttl : longest;
	if (ttl < 1 || ttl > longest)
		return fail_lifetime(snapshot, longest, ttl, err);
	claims->issued_at = now;
	claims->expires_at = now + (extended ? MM_EXTENDED_TTL : ttl);
	claims->warn_after = extended ? now + ttl : MM_NEVER;
	return MM_OK;
}

static void set_audiences(const struct mm_snapshot *snapshot, const struct mm_mint_request *request,
			  struct mm_claims *claims)
{
	bool asked = request->audience_count > 0;

	claims->audiences = asked ? request->audiences : (const char *const *)snapshot->audiences.v;
	claims->audience_count = asked ? request->audience_count : snapshot->audiences.n;
}

/* To a verifier such a subject is a service account, and it believes no other claim about it. */
static enum mm_code check_subject(const struct mm_mint_request *request, struct mm_err *err)
{
	static const char prefix[] = "system:serviceaccount:";
	mm_auto_buf own = {0};
	enum mm_code code;

	if (!request->subject || strncmp(request->subject, prefix, strlen(prefix)) != 0)
		return MM_OK;
	if (!request->service_account || !request->namespace)
		return mm_fail(err, MM_EREFUSED,
			       "the subject \"%.160s\" is a service account's: name that account and its namespace",
			       request->subject);
	mm_buf_printf(&own, "%s%s:%s", prefix, request->namespace, request->service_account);
	code = mm_buf_check(&own, err);
	if (code == MM_OK && strcmp(request->subject, own.p) != 0)
		code = mm_fail(err, MM_EREFUSED,
			       "the subject \"%.160s\" is not that of the service account, \"%.160s\"",
			       request->subject, own.p);
	return code;
}

/* `uid` holds the derived uid of an account that no one declared. */
static enum mm_code set_account(const struct mm_snapshot *snapshot, const struct mm_mint_request *request,
				char uid[static MM_UUID_SIZE], struct mm_claims *claims, struct mm_err *err)
{
	claims->subject = request->subject;
	if (!request->service_account)
		return MM_OK;
	claims->namespace = request->namespace;
	claims->service_account = (struct mm_object_ref){request->service_account, request->uid};
	if (request->uid || !request->namespace)
		return MM_OK; /* a missing namespace is refused where the claims are written */
	claims->service_account.uid = uid;
	return mm_service_account_uid(snapshot->issuer, request->namespace, request->service_account, uid, err);
}

static enum mm_code fail_no_signer(const struct mm_snapshot *snapshot, const struct mm_alg *alg, struct mm_err *err)
{
	mm_auto_buf names = {0};
	enum mm_code code;

	if (snapshot->signer_count == 0)
		return mm_fail(err, MM_EREFUSED, "no active key to sign with");
	for (size_t i = 0; i < snapshot->signer_count; i++)
		mm_buf_printf(&names, "%s%s", i > 0 ? ", " : "", mm_jws_alg(snapshot->signers[i].jws)->name);
	code = mm_buf_check(&names, err);
	if (code != MM_OK)
		return code;
	return mm_fail(err, MM_EREFUSED, "no active key for %s to sign with; possible: %s", alg->name, names.p);
}

static enum mm_code find_signer(const struct mm_snapshot *snapshot, const struct mm_alg *alg,
				const struct mm_snapshot_signer **out, struct mm_err *err)
{
	for (size_t i = 0; i < snapshot->signer_count; i++) {
		*out = &snapshot->signers[i];
		if (!alg || mm_jws_alg((*out)->jws) == alg)
			return MM_OK;
	}
	return fail_no_signer(snapshot, alg, err);
}

mm_duration mm_mint_longest_ttl(const struct mm_snapshot *snapshot, const struct mm_alg *alg)
{
	const struct mm_snapshot_signer *signer = NULL;

	return find_signer(snapshot, alg, &signer, NULL) == MM_OK ? longest_ttl(snapshot, signer) : 0;
}

static enum mm_code sign_claims(const struct mm_jws *jws, const struct mm_claims *claims, struct mm_buf *token,
				struct mm_err *err)
{
	mm_auto_buf payload = {0};
	enum mm_code code;

	mm_buf_reserve(&payload, PAYLOAD_USUAL);
	code = mm_claims_write(claims, &payload, err);
	if (code == MM_OK)
		code = mm_jws_sign(jws, mm_buf_span(&payload), token, err);
	if (code == MM_OK && token->len > MM_TOKEN_MAX)
		code = mm_fail(err, MM_ELIMIT, "a token of %zu characters; verifiers accept at most %d", token->len,
			       MM_TOKEN_MAX);
	return code;
}

enum mm_code mm_mint(const struct mm_snapshot *snapshot, const struct mm_mint_request *request, mm_time now,
		     struct mm_minted *out, struct mm_err *err)
{
	struct mm_claims claims = {.issuer = snapshot->issuer, .jti = out->jti, .extra = request->extra};
	const struct mm_snapshot_signer *signer = NULL;
	char uid[MM_UUID_SIZE];
	enum mm_code code;

	*out = (struct mm_minted){0};
	set_audiences(snapshot, request, &claims);
	code = find_signer(snapshot, request->alg, &signer, err);
	if (code == MM_OK)
		code = set_lifetime(snapshot, signer, request, now, &claims, err);
	if (code == MM_OK)
		code = check_subject(request, err);
	if (code == MM_OK)
		code = set_account(snapshot, request, uid, &claims, err);
	if (code == MM_OK && request->bound_kind)
		code = bind_object(request, &claims, err);
	if (code == MM_OK)
		code = mm_uuid4(out->jti, err);
	if (code == MM_OK)
		code = sign_claims(signer->jws, &claims, &out->token, err);
	if (code != MM_OK) {
		mm_minted_clear(out);
		return code;
	}
	out->kid = mm_jws_kid(signer->jws);
	out->issued_at = claims.issued_at;
	out->expires_at = claims.expires_at;
	return MM_OK;
}
