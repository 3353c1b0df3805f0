/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/admission.h"

#include "issuer/http/grammar.h"
#include "issuer/http/response.h"
#include "issuer/http/stats.h"
#include "issuer/http/tokenlog.h"

#define TOLD_EVERY_NS INT64_C(1000000000)

/* ---- who is calling ---------------------------------------------------------------------------------------------- */

static struct mm_credentials credentials_of(const struct mm_context *context, const struct mm_request *request)
{
	struct mm_credentials credentials = {.peer = context->peer};

	for (size_t i = 0; i < request->header_count; i++) {
		if (!mm_name_is(request->headers[i].name, "Authorization"))
			continue;
		credentials.authorization_count++;
		credentials.authorization = request->headers[i].value;
	}
	return credentials;
}

static enum mm_code authenticate(struct mm_context *context, const struct mm_credentials *credentials,
				 struct mm_err *err)
{
	const struct mm_live *live = context->live;

	return mm_authenticate(live->callers, context->issuer->snapshot, live->directory, credentials, context->now,
			       &context->caller, err);
}

/* What refused credentials were; of a bearer token nobody can say whether it should have been one of ours. */
static enum mm_caller_kind kind_shown(const struct mm_credentials *credentials)
{
	if (credentials->authorization_count > 0)
		return MM_CALLER_TOKEN;
	if (credentials->peer && credentials->peer->certificate)
		return MM_CALLER_CERTIFICATE;
	return credentials->peer && credentials->peer->has_uid ? MM_CALLER_UNIX : MM_CALLER_NOBODY;
}

/* At most a line a second; it says how many it stands for. */
static void tell_refusal(const struct mm_context *context, const char *kind, const struct mm_err *err)
{
	struct mm_refusals *refusals = context->refusals;

	refusals->untold++;
	if (refusals->told_ns && context->now_ns - refusals->told_ns < TOLD_EVERY_NS)
		return;
	mm_log(context->log, MM_LOG_INFO, "a caller was not recognized", MM_F_STR("by", kind),
	       MM_F_STR("peer", context->address), MM_F_ERR(err), MM_F_INT("times", refusals->untold));
	*refusals = (struct mm_refusals){.told_ns = context->now_ns};
}

static void refuse_caller(const struct mm_context *context, struct mm_response *response)
{
	mm_answer_error(context, response, 401, "Unauthorized");
	mm_buf_add_str(&response->extra_headers,
		       "WWW-Authenticate: Bearer realm=\"mintmark\"\r\n"); /* RFC 9110 §11.6.1 */
}

bool mm_admit_caller(struct mm_context *context, const struct mm_request *request, struct mm_response *response)
{
	struct mm_credentials credentials = credentials_of(context, request);
	struct mm_err err = {0};
	enum mm_code code = authenticate(context, &credentials, &err);
	bool known = code == MM_OK && context->caller.user;
	enum mm_caller_kind kind = known ? context->caller.kind : kind_shown(&credentials);

	mm_counter_add(&context->stats->authentications[kind][known], 1);
	if (known)
		return true;
	mm_identity_clear(&context->caller);
	if (code == MM_OK || code == MM_EVERIFY) {
		if (code == MM_EVERIFY)
			tell_refusal(context, mm_caller_kind_name(kind), &err);
		refuse_caller(context, response);
		return false;
	}
	mm_log(context->log, MM_LOG_ERROR, "cannot find out who is calling", MM_F_ERR(&err));
	mm_answer_error(context, response, mm_code_http_status(code), NULL);
	return false;
}

/* ---- how often --------------------------------------------------------------------------------------------------- */

static void refuse_pace(const struct mm_context *context, struct mm_response *response, int retry_after)
{
	MM_CLEANUP(mm_kube_status_clear)
	struct mm_kube_status status = {.code = 429, .reason = "TooManyRequests", .retry_after = retry_after};

	mm_counter_add(&context->stats->throttled[MM_THROTTLE_RATE], 1);
	mm_buf_add_str(&status.message, "Too many requests, please try again later.");
	mm_response_status(response, context->media, &status);
}

bool mm_admit_pace(const struct mm_context *context, struct mm_response *response)
{
	const struct mm_settings *settings = &context->live->settings;
	int retry_after;

	retry_after = mm_limits_take(context->limits, context->caller.user->name, settings->rate, settings->burst,
				     context->now_ns);
	if (retry_after > 0)
		refuse_pace(context, response, retry_after);
	return retry_after == 0;
}

/* ---- what they may use ------------------------------------------------------------------------------------------- */

static struct mm_question question_of(const struct mm_context *context, enum mm_privilege privilege)
{
	return (struct mm_question){
		.user = context->caller.user,
		.privilege = privilege,
		.namespace = context->namespace,
		.service_account = context->name,
	};
}

/* On the public listener everybody is nobody: a row that asked for a privilege there would be nobody's. */
static bool is_allowed(struct mm_context *context, enum mm_privilege privilege)
{
	struct mm_question question = question_of(context, privilege);

	if (privilege == MM_PRIV_NONE)
		return true;
	if (!context->caller.user)
		return false;
	mm_rules_decide(context->live->rules, &question, &context->decision);
	return context->decision.allowed;
}

/* What the message is about, as Kubernetes' details have it; paths that are no resource have none. */
static void add_details(const struct mm_context *context, enum mm_privilege privilege, struct mm_kube_status *status)
{
	if (privilege == MM_PRIV_MINT) {
		status->kind = "serviceaccounts";
		mm_buf_add_span(&status->name, context->name);
	} else if (privilege == MM_PRIV_REVIEW) {
		status->group = "authentication.k8s.io";
		status->kind = "tokenreviews";
	}
}

bool mm_admit_use(struct mm_context *context, const struct mm_request *request, enum mm_privilege privilege,
		  struct mm_response *response)
{
	struct mm_question question = question_of(context, privilege);
	MM_CLEANUP(mm_kube_status_clear) struct mm_kube_status status = {.code = 403, .reason = "Forbidden"};

	if (is_allowed(context, privilege))
		return true;
	if (!context->caller.user) {
		mm_answer_error(context, response, 403, NULL);
		return false;
	}
	mm_rules_forbidden(&question, &context->decision, request->path, &status.message);
	add_details(context, privilege, &status);
	if (privilege == MM_PRIV_MINT)
		mm_tokenlog_refused(context, &status, NULL);
	mm_response_status(response, context->media, &status);
	return false;
}

bool mm_may_use(struct mm_context *context, const struct mm_request *request, enum mm_privilege privilege)
{
	struct mm_credentials credentials = credentials_of(context, request);

	if (context->listener == MM_ADMIN && privilege != MM_PRIV_NONE &&
	    authenticate(context, &credentials, NULL) != MM_OK)
		return false;
	return is_allowed(context, privilege);
}
