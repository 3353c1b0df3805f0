/* SPDX-License-Identifier: Apache-2.0 */
/* TokenRequest: kube-apiserver's checks in its order, and of its own those that rules and declared accounts bring. */
#include "issuer/kube/refuse.h"

#include <mintmark/tokenapi.h>
#include <stdlib.h>
#include <string.h>

/* pkg/apis/authentication/validation and pkg/serviceaccount; in seconds. */
enum {
	LIFETIME_DEFAULT = 3600,
	LIFETIME_MIN = 600,
	LIFETIME_EXTENDED = 3607, /* what kubelet asks for on behalf of pods that do not say how long */
};
#define LIFETIME_MAX (INT64_C(1) << 32)

struct work {
	const struct mm_token_api *api;
	const char *namespace, *name; /* of the path */
	struct mm_token_request *request;
	struct mm_token_api_minted *out;
	struct mm_kube_status *status;
	/* What the steps find out. */
	struct mm_account account;
	struct mm_bindable bound; /* kind NULL: none */
	mm_duration allowed;      /* the longest lifetime by the rules and the account; INT64_MAX: no bound */
};

void mm_token_api_minted_clear(struct mm_token_api_minted *minted)
{
	mm_minted_clear(&minted->minted);
	mm_buf_free(&minted->subject);
	mm_strings_free(&minted->audiences);
	mm_buf_free(&minted->warning);
}

static bool is_set(const char *text)
{
	return text && text[0] != '\0';
}

static bool is_set_otherwise(const char *text, const char *than)
{
	return is_set(text) && strcmp(text, than) != 0;
}

/* ---- whom it is for ---------------------------------------------------------------------------------------------- */

static enum mm_code refuse_text(const struct work *work, const char *name, const char *field, const char *value,
				const char *why, struct mm_err *err)
{
	mm_auto_buf quoted = {0};

	mm_buf_add_quoted(&quoted, mm_span_str(value));
	return mm_refuse_invalid(work->status, name, field, mm_buf_span(&quoted), why, err);
}

static enum mm_code check_names(struct work *work, struct mm_err *err)
{
	const struct mm_object_meta *meta = &work->request->meta;

	if (is_set_otherwise(meta->name, work->name))
		return refuse_text(work, work->name, "metadata.name", meta->name,
				   "must match the service account name if specified", err);
	if (is_set_otherwise(meta->namespace, work->namespace))
		return refuse_text(work, work->name, "metadata.namespace", meta->namespace,
				   "must match the service account namespace if specified", err);
	return MM_OK;
}

static enum mm_code find_account(struct work *work, struct mm_err *err)
{
	enum mm_code code = mm_directory_account(work->api->directory, work->api->snapshot->issuer, work->namespace,
						 work->name, &work->account, err);

	if (code != MM_ENOTFOUND)
		return code;
	mm_err_clear(err);
	return mm_refuse_not_found(work->status, "serviceaccounts", work->name, err);
}

static enum mm_code check_uid(struct work *work, struct mm_err *err)
{
	const char *uid = work->request->meta.uid;
	mm_auto_buf why = {0};

	if (!is_set_otherwise(uid, work->account.uid))
		return MM_OK;
	mm_buf_printf(&why, "the UID in the token request (%s) does not match the UID of the service account (%s)", uid,
		      work->account.uid);
	return mm_refuse_conflict(work->status, MM_KUBE_GROUP, "TokenRequest", work->name, mm_buf_span(&why), err);
}

/* ---- for whom the token is to be --------------------------------------------------------------------------------- */

static enum mm_code refuse_audience(const struct work *work, const char *audience, struct mm_err *err)
{
	mm_auto_buf message = {0};

	mm_buf_add_str(&message, "serviceaccounts ");
	mm_buf_add_quoted(&message, mm_span_str(work->name));
	mm_buf_add_str(&message, " is forbidden: the service account has no audience ");
	mm_buf_add_quoted(&message, mm_span_str(audience));
	return mm_refuse_forbidden(work->status, work->name, mm_buf_span(&message), err);
}

/* An account's own audiences are its default and its limit. */
static enum mm_code set_audiences(struct work *work, struct mm_err *err)
{
	const struct mm_strings *own = work->account.audiences;
	struct mm_strings *asked = &work->request->audiences;

	if (asked->n == 0)
		return mm_strings_copy(asked, own ? own : &work->api->snapshot->audiences, err);
	for (size_t i = 0; i < asked->n; i++) {
		if (asked->v[i][0] == '\0')
			return refuse_text(work, "", "spec.audiences", "", "may not have an empty audience", err);
		if (own && !mm_strings_has(own, asked->v[i]))
			return refuse_audience(work, asked->v[i], err);
	}
	return MM_OK;
}

/* The dispatcher has asked for the account; only here the audiences are known, and with them the cap. */
static enum mm_code ask_rules(struct work *work, struct mm_err *err)
{
	const struct mm_question question = {
		.user = work->api->user,
		.privilege = MM_PRIV_MINT,
		.namespace = mm_span_str(work->namespace),
		.service_account = mm_span_str(work->name),
		.audiences = (const char *const *)work->request->audiences.v,
		.audience_count = work->request->audiences.n,
	};
	mm_auto_buf message = {0};
	struct mm_decision decision;
	mm_duration own = work->account.max_ttl;

	mm_rules_decide(work->api->rules, &question, &decision);
	work->allowed = own > 0 && own < decision.max_ttl ? own : decision.max_ttl;
	if (decision.allowed)
		return MM_OK;
	mm_rules_forbidden(&question, &decision, (struct mm_span){0}, &message);
	return mm_refuse_forbidden(work->status, work->name, mm_buf_span(&message), err);
}

/* ---- for how long, and bound to what ----------------------------------------------------------------------------- */

const char *mm_token_request_lifetime_fault(int64_t seconds)
{
	if (seconds < LIFETIME_MIN)
		return "may not specify a duration less than 10 minutes";
	return seconds > LIFETIME_MAX ? "may not specify a duration larger than 2^32 seconds" : NULL;
}

static enum mm_code check_lifetime(struct work *work, struct mm_err *err)
{
	struct mm_token_request *request = work->request;
	mm_auto_buf value = {0};
	const char *why;

	if (!request->has_expiration) {
		request->has_expiration = true;
		request->expiration_seconds = LIFETIME_DEFAULT;
	}
	why = mm_token_request_lifetime_fault(request->expiration_seconds);
	if (!why)
		return MM_OK;
	mm_buf_add_int(&value, request->expiration_seconds);
	return mm_refuse_invalid(work->status, "", "spec.expirationSeconds", mm_buf_span(&value), why, err);
}

static const struct bound_kind {
	const char *kind, *resource;
} bound_kinds[] = {{"Pod", "pods"}, {"Node", "nodes"}, {"Secret", "secrets"}};

/* schema.GroupVersionKind as Go writes it: "apps/v1, Kind=Deployment", "/v1, Kind=ConfigMap". */
static enum mm_code refuse_kind(const struct work *work, struct mm_err *err)
{
	const char *version = work->request->bound_api_version ? work->request->bound_api_version : "";
	const char *kind = work->request->bound_kind ? work->request->bound_kind : "";

	return mm_refuse_bad_request(work->status, err, "cannot bind token to object of type %s%.100s, Kind=%.100s",
				     strchr(version, '/') ? "" : "/", version, kind);
}

static const struct bound_kind *find_kind(const struct mm_token_request *request)
{
	if (is_set_otherwise(request->bound_api_version, "v1") || !request->bound_kind)
		return NULL;
	for (size_t i = 0; i < MM_COUNT(bound_kinds); i++) {
		if (strcmp(bound_kinds[i].kind, request->bound_kind) == 0)
			return &bound_kinds[i];
	}
	return NULL;
}

static enum mm_code check_bound_uid(const struct work *work, struct mm_err *err)
{
	const char *said = work->request->bound_uid;
	mm_auto_buf why = {0};

	if (!work->bound.uid || !is_set_otherwise(said, work->bound.uid))
		return MM_OK;
	mm_buf_printf(&why,
		      "the UID in the bound object reference (%s) does not match the UID in record. "
		      "The object might have been deleted and then recreated",
		      said);
	return mm_refuse_conflict(work->status, NULL, work->bound.kind, work->bound.name, mm_buf_span(&why), err);
}

static enum mm_code bind_object(struct work *work, struct mm_err *err)
{
	const struct mm_token_request *request = work->request;
	const struct bound_kind *kind;
	enum mm_code code;

	if (!request->is_bound)
		return MM_OK;
	kind = find_kind(request);
	if (!kind)
		return refuse_kind(work, err);
	if (!is_set(request->bound_name))
		return mm_refuse_bad_request(work->status, err, "Name parameter required.");
	code = mm_directory_bindable(work->api->directory, kind->kind, work->namespace, request->bound_name,
				     request->bound_uid, &work->bound, err);
	if (code == MM_ENOTFOUND) {
		mm_err_clear(err);
		return mm_refuse_not_found(work->status, kind->resource, request->bound_name, err);
	}
	if (code != MM_OK)
		return code;
	if (is_set_otherwise(work->bound.service_account, work->name))
		return mm_refuse_bad_request(work->status, err,
					     "cannot bind token for serviceaccount \"%s\" to pod running with "
					     "different serviceaccount name.",
					     work->name);
	return check_bound_uid(work, err);
}

/* ---- the token --------------------------------------------------------------------------------------------------- */

static enum mm_code cap(struct work *work, struct mm_err *err)
{
	mm_duration most = mm_mint_longest_ttl(work->api->snapshot, NULL);
	int64_t *ttl = &work->request->expiration_seconds;

	if (work->allowed < most)
		most = work->allowed;
	if (*ttl <= most)
		return MM_OK;
	mm_buf_printf(&work->out->warning, "requested expiration of %lld seconds shortened to %lld seconds",
		      (long long)*ttl, (long long)most);
	*ttl = most;
	return mm_buf_check(&work->out->warning, err);
}

/*
 * kube-apiserver extends what kubelet asked for in the name of old clients, which never read their token again. Here
 * the token lives no longer than the rules and the account allow.
 */
static bool is_extended(const struct work *work)
{
	const struct mm_snapshot *snapshot = work->api->snapshot;
	const struct mm_strings *audiences = &work->request->audiences;

	if (!snapshot->extend_expiration || work->request->expiration_seconds != LIFETIME_EXTENDED ||
	    work->allowed < MM_EXTENDED_TTL || !work->bound.kind || strcmp(work->bound.kind, "Pod") != 0)
		return false;
	for (size_t i = 0; i < audiences->n; i++) {
		if (!mm_strings_has(&snapshot->audiences, audiences->v[i]))
			return false;
	}
	return true;
}

/* What is wrong with the request is told; why signing fails is for the log alone. */
static enum mm_code refuse_minting(const struct work *work, enum mm_code code, struct mm_err *err)
{
	bool asked_for = code == MM_ELIMIT || (work->api->faulty && code == MM_EREFUSED);
	struct mm_err why = {0};

	if (!asked_for)
		return mm_refuse_internal(work->status, code, "failed to generate token: signing failed");
	if (err)
		why = *err;
	mm_err_clear(err);
	return mm_refuse_bad_request(work->status, err, "%s", why.text);
}

static enum mm_code mint(struct work *work, struct mm_err *err)
{
	const struct mm_token_api *api = work->api;
	const struct mm_mint_request request = {
		.namespace = work->account.namespace,
		.service_account = work->account.name,
		.uid = work->account.uid,
		.audiences = (const char *const *)work->request->audiences.v,
		.audience_count = work->request->audiences.n,
		.ttl = work->request->expiration_seconds,
		.extend = is_extended(work),
		.bound_kind = work->bound.kind,
		.bound = {work->bound.name, work->bound.uid},
		.node = {work->bound.node_name, work->bound.node_uid},
	};
	enum mm_code code = api->faulty ? mm_mint_faulty(api->snapshot, &request, api->faulty, api->now,
							 &work->out->minted, err)
					: mm_mint(api->snapshot, &request, api->now, &work->out->minted, err);

	return code == MM_OK ? MM_OK : refuse_minting(work, code, err);
}

/* ---- the answer -------------------------------------------------------------------------------------------------- */

static enum mm_code answer(struct work *work, struct mm_err *err)
{
	struct mm_token_request *request = work->request;
	struct mm_token_api_minted *out = work->out;
	enum mm_code code;

	request->meta.created = work->api->now;
	request->expires = work->api->faulty ? out->minted.expires_at : work->api->now + request->expiration_seconds;
	mm_buf_free(&request->token);
	request->token = out->minted.token;
	out->minted.token = (struct mm_buf){0};
	mm_buf_printf(&out->subject, MM_USER_SERVICE_ACCOUNT "%s:%s", work->namespace, work->name);
	code = mm_buf_check(&out->subject, err);
	if (code == MM_OK)
		code = mm_strings_copy(&out->audiences, &request->audiences, err);
	if (code == MM_OK)
		code = mm_string_set(&request->meta.name, work->name, err);
	if (code == MM_OK)
		code = mm_string_set(&request->meta.namespace, work->namespace, err);
	return code == MM_OK ? mm_string_set(&request->meta.uid, work->account.uid, err) : code;
}

enum mm_code mm_token_request_answer(const struct mm_token_api *api, const char *namespace, const char *name,
				     struct mm_token_request *request, struct mm_token_api_minted *out,
				     struct mm_kube_status *status, struct mm_err *err)
{
	/* Which of several things that are wrong is told. */
	static enum mm_code (*const steps[])(struct work * work, struct mm_err * err) = {
		check_names,    find_account, check_uid, set_audiences, ask_rules,
		check_lifetime, bind_object,  cap,       mint,          answer,
	};
	struct work work = {
		.api = api, .namespace = namespace, .name = name, .request = request, .out = out, .status = status};
	enum mm_code code = MM_OK;

	for (size_t i = 0; code == MM_OK && i < MM_COUNT(steps); i++)
		code = steps[i](&work, err);
	if (code != MM_OK && status->code == 0)
		return mm_refuse_internal(status, code, "the request could not be answered");
	return code;
}
