/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/trust_parts.h"

#include "cli/output.h"

/* ---- the policy ------------------------------------------------------------------------------------------------- */

/* What AWS would refuse has a remedy among the findings. */
static void hint_remedy(struct mm_call *call, const struct mm_findings *findings)
{
	for (size_t i = 0; i < findings->n; i++) {
		if (findings->v[i].level == MM_FINDING_FAIL && findings->v[i].remedy) {
			mm_hint(call, "%s", findings->v[i].remedy);
			return;
		}
	}
}

static enum mm_code make_policy(struct mm_call *call, const struct mm_trust *trust, struct mm_trust_answer *answer,
				struct mm_err *err)
{
	enum mm_code code;

	if (!trust->pod_identity && *trust->account == '\0') {
		mm_hint(call, "--account-id 123456789012 says it, and so does the role: --role-arn ARN, or "
			      "service_accounts[].annotations of the configuration");
		return mm_fail(err, MM_EUSAGE, "the AWS account is not known");
	}
	code = mm_trust_policy(trust, &answer->parts[MM_TRUST_POLICY], &answer->findings, err);
	if (code == MM_EREFUSED)
		hint_remedy(call, &answer->findings);
	return code;
}

/* ---- what each account has one of ------------------------------------------------------------------------------- */

static enum mm_code make_service_account(const struct mm_trust_account *account, const char *cluster, json_t **out,
					 struct mm_err *err)
{
	(void)cluster;
	return mm_trust_service_account(account, out, err);
}

static enum mm_code make_pod(const struct mm_trust_account *account, const char *cluster, json_t **out,
			     struct mm_err *err)
{
	(void)cluster;
	return mm_trust_pod(account, out, err);
}

static const struct manifest {
	enum mm_trust_part part;
	const char *title;
	bool names_cluster;
	enum mm_code (*make)(const struct mm_trust_account *account, const char *cluster, json_t **out,
			     struct mm_err *err);
} manifests[] = {
	{MM_TRUST_SERVICE_ACCOUNT, "ServiceAccount", false, make_service_account},
	{MM_TRUST_POD, "Pod", false, make_pod},
	{MM_TRUST_ASSOCIATION, "association", true, mm_trust_association},
};

/* One job: the manifests of one kind. */
struct job {
	const struct manifest *manifest;
	const struct mm_trust_request *request;
	const struct mm_trust_order *order;
	struct mm_trust_answer *answer;
};

static enum mm_code skip_pattern(const struct job *job, const struct mm_trust_account *account, struct mm_err *err)
{
	const char *title = job->manifest->title;

	if (!job->order->lenient)
		return mm_fail(err, MM_EUSAGE, "%.63s/%.120s: a pattern is no account that could have a %s",
			       account->namespace, account->name, title);
	mm_finding_add(&job->answer->findings, MM_FINDING_SKIP, "trust.pattern", NULL,
		       "no %s for %s/%s, which is a pattern", title, account->namespace, account->name);
	return MM_OK;
}

static enum mm_code add_one(const struct job *job, size_t i, struct mm_err *err)
{
	const struct mm_trust_request *request = job->request;
	const struct mm_trust_order *order = job->order;
	const struct mm_trust_account account = {
		.namespace = request->namespaces.v[i],
		.name = request->names.v[i],
		.role_arn = request->role_arn,
		.audience = request->audience,
		.ttl = order->ttl,
		.region = order->region,
		.regional_sts = order->regional_sts,
	};
	json_t *object;
	enum mm_code code;

	if (mm_aws_has_wildcard(mm_span_str(account.namespace)) || mm_aws_has_wildcard(mm_span_str(account.name)))
		return skip_pattern(job, &account, err);
	code = job->manifest->make(&account, order->cluster, &object, err);
	if (code == MM_OK && json_array_append_new(job->answer->parts[job->manifest->part], object) < 0)
		code = mm_fail(err, MM_ENOMEM, "out of memory");
	return code;
}

static enum mm_code make_all(const struct job *job, struct mm_err *err)
{
	const struct manifest *manifest = job->manifest;
	const char *missing = !job->request->role_arn                           ? "--role-arn"
			      : manifest->names_cluster && !job->order->cluster ? "--cluster"
										: NULL;
	enum mm_code code = MM_OK;

	if (missing && !job->order->lenient)
		return mm_fail(err, MM_EUSAGE, "%s is missing, which the %s names", missing, manifest->title);
	job->answer->parts[manifest->part] = json_array();
	if (missing) {
		mm_finding_add(&job->answer->findings, MM_FINDING_SKIP, "trust.incomplete", NULL,
			       "no %s: %s is missing, which it names", manifest->title, missing);
		return MM_OK;
	}
	for (size_t i = 0; i < job->request->names.n && code == MM_OK; i++)
		code = add_one(job, i, err);
	return code;
}

/* The webhook takes less than ten minutes for ten and tells nobody, and Kubernetes refuses to mount such a token. */
static void judge_ttl(const struct mm_trust_order *order, struct mm_findings *findings)
{
	char asked[MM_DURATION_TEXT_SIZE], made[MM_DURATION_TEXT_SIZE];

	if (order->ttl == 0 || order->ttl >= MM_AWS_TOKEN_TTL_MIN ||
	    !(order->parts[MM_TRUST_SERVICE_ACCOUNT] || order->parts[MM_TRUST_POD]))
		return;
	mm_duration_format(order->ttl, asked);
	mm_duration_format(MM_AWS_TOKEN_TTL_MIN, made);
	mm_finding_add(
		findings, MM_FINDING_WARN, "trust.expiration-raised", "ask for no less",
		"a pod cannot have a token of %s: Kubernetes refuses it, and the pod identity webhook makes %s of it",
		asked, made);
}

enum mm_code mm_trust_parts_make(struct mm_call *call, const struct mm_trust_request *request,
				 const struct mm_trust_order *order, struct mm_trust_answer *answer, struct mm_err *err)
{
	enum mm_code code = MM_OK;

	if (order->parts[MM_TRUST_POLICY])
		code = make_policy(call, &request->trust, answer, err);
	judge_ttl(order, &answer->findings);
	for (size_t i = 0; i < MM_COUNT(manifests) && code == MM_OK; i++) {
		const struct job job = {&manifests[i], request, order, answer};

		if (order->parts[manifests[i].part])
			code = make_all(&job, err);
	}
	return code == MM_OK ? mm_findings_check(&answer->findings, err) : code;
}
