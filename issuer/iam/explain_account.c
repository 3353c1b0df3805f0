/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ServiceAccount as the pod identity webhook reads it. STS knows nothing of it; but what is wrong there is why pods
 * come with another token, or for another role, than was meant.
 */
#include "issuer/iam/explain_parts.h"

#include <mintmark/json.h>
#include <mintmark/suggest.h>
#include <string.h>

#define ROLE_ARN MM_AWS_ANNOTATION_PREFIX "role-arn"
#define AUDIENCE MM_AWS_ANNOTATION_PREFIX "audience"

#define PASS(check, ...) mm_finding_add(&trial->out->account, MM_FINDING_PASS, check, NULL, __VA_ARGS__)
#define SKIP(check, ...) mm_finding_add(&trial->out->account, MM_FINDING_SKIP, check, NULL, __VA_ARGS__)
#define FAIL(check, ...) mm_finding_add(&trial->out->account, MM_FINDING_FAIL, check, NULL, __VA_ARGS__)
/* What STS decides does not hang on it. */
#define WARN(check, remedy, ...) mm_finding_add(&trial->account_hints, MM_FINDING_WARN, check, remedy, __VA_ARGS__)

/* ---- objects of Kubernetes -------------------------------------------------------------------------------------- */

static const char *text_at(const json_t *object, const char *member)
{
	const char *text = mm_json_text(object, member);

	return text ? text : "";
}

static const char *meta(const json_t *object, const char *member)
{
	return text_at(json_object_get(object, "metadata"), member);
}

static json_t *annotations(const json_t *object)
{
	return json_object_get(json_object_get(object, "metadata"), "annotations");
}

static const char *annotation(const json_t *object, const char *name)
{
	return mm_json_text(annotations(object), name);
}

static bool is_kind(const json_t *object, const char *kind)
{
	return strcmp(text_at(object, "kind"), kind) == 0;
}

/* The i-th object: of a List, or the only one. NULL past the last. */
static const json_t *object_at(const json_t *given, size_t i)
{
	const json_t *items = json_object_get(given, "items");

	if (json_is_array(items))
		return json_array_get(items, i);
	return i == 0 ? given : NULL;
}

/* A manifest may leave its namespace to the command line. */
static bool is_in(const json_t *object, struct mm_span namespace)
{
	const char *found = meta(object, "namespace");

	return found[0] == '\0' || mm_span_is(namespace, found);
}

static bool is_of_account(const json_t *object, struct mm_span namespace, struct mm_span name)
{
	return is_in(object, namespace) && mm_span_is(name, meta(object, "name"));
}

/* ---- the role --------------------------------------------------------------------------------------------------- */

/* An annotation that somebody took for the right one: it names a role, or is a few letters away. */
static const char *find_misspelt(const json_t *object)
{
	const char *name;
	json_t *value;

	json_object_foreach(annotations(object), name, value)
	{
		const char *text = json_string_value(value);
		bool names_role = text && mm_behind(text, "arn:aws") && strstr(text, ":role/");

		if (strcmp(name, ROLE_ARN) != 0 && (names_role || mm_edit_distance(name, ROLE_ARN) <= 4))
			return name;
	}
	return NULL;
}

static const char *pod_with_annotation(const json_t *given)
{
	const json_t *object;

	for (size_t i = 0; (object = object_at(given, i)) != NULL; i++) {
		if (is_kind(object, "Pod") && annotation(object, ROLE_ARN))
			return meta(object, "name");
	}
	return NULL;
}

static void explain_missing_role(struct mm_trial *trial)
{
	const char *misspelt = find_misspelt(trial->account);
	const char *pod = pod_with_annotation(trial->asked->service_account);

	FAIL("account.role-arn", "the ServiceAccount has no annotation " ROLE_ARN);
	if (pod)
		WARN("hint.annotation-on-pod", "annotate the ServiceAccount, and make the pod anew",
		     ROLE_ARN " stands on the Pod \"%s\", not on the ServiceAccount \"%s\", where the webhook reads it",
		     pod, meta(trial->account, "name"));
	else if (misspelt)
		WARN("hint.annotation-misspelt", "rename it to " ROLE_ARN ", and make the pods anew",
		     "the annotation is called \"%s\"; the webhook reads " ROLE_ARN " alone", misspelt);
	else
		WARN("hint.annotation-missing",
		     "annotate it with the role's ARN, and make the pods anew: the webhook changes none that runs",
		     "the ServiceAccount \"%s\" has no annotation " ROLE_ARN ", so its pods get no token for AWS",
		     meta(trial->account, "name"));
}

static enum mm_code take_role(struct mm_trial *trial, const char *found, struct mm_err *err)
{
	const char *asked = trial->role_arn;
	struct mm_arn arn;

	if (mm_role_arn_parse(found, &arn, NULL) != MM_OK) {
		FAIL("account.role-arn", "\"%s\" is not the ARN of a role", found);
		WARN("hint.annotation-value", "write it as arn:aws:iam::ACCOUNT:role/NAME, without white space",
		     "the annotation's value \"%s\" is not the ARN of a role", found);
		return MM_OK;
	}
	if (!asked) {
		PASS("account.role-arn", "%s", found);
		return mm_string_set(&trial->role_arn, found, err);
	}
	if (strcmp(asked, found) == 0) {
		PASS("account.role-arn", "%s", found);
		return MM_OK;
	}
	FAIL("account.role-arn", "%s, where %s is asked for", found, asked);
	WARN("hint.annotation-role", "annotate the ServiceAccount with the role that is meant, and make the pods anew",
	     "the annotation names %s, and you ask about %s", found, asked);
	return MM_OK;
}

/* ---- the audience ----------------------------------------------------------------------------------------------- */

static void check_audience(struct mm_trial *trial)
{
	const char *annotated = annotation(trial->account, AUDIENCE);
	const char *audience = annotated ? annotated : MM_AWS_AUDIENCE;

	if (trial->audiences.n == 0)
		return;
	if (mm_strings_has(&trial->audiences, audience)) {
		PASS("account.audience", "%s", audience);
		return;
	}
	FAIL("account.audience", "the webhook would ask for %s, the token is for %s", audience, trial->audiences.v[0]);
	WARN("hint.annotation-audience",
	     "take the token that the webhook mounts (" MM_AWS_TOKEN_DIR "/token), or change the annotation " AUDIENCE,
	     "with this ServiceAccount the webhook mounts a token for \"%s\"%s, and this one is for \"%s\"", audience,
	     annotated ? "" : " (there is no annotation " AUDIENCE ")", trial->audiences.v[0]);
}

/* ---- whose it is ------------------------------------------------------------------------------------------------ */

static const char *pod_account(const json_t *pod)
{
	const char *name = text_at(json_object_get(pod, "spec"), "serviceAccountName");

	return name[0] ? name : "default"; /* the admission controller's default */
}

static void check_pods(struct mm_trial *trial, struct mm_span name)
{
	const json_t *object;

	for (size_t i = 0; (object = object_at(trial->asked->service_account, i)) != NULL; i++) {
		const char *account = pod_account(object);

		if (!is_kind(object, "Pod") || mm_span_is(name, account))
			continue;
		FAIL("account.pod", "the Pod \"%s\" runs as %s", meta(object, "name"), account);
		WARN("hint.pod-account", "set spec.serviceAccountName of the pod, and make it anew",
		     "the Pod \"%s\" runs as the service account \"%s\", and the token is of \"%.*s\"",
		     meta(object, "name"), account, (int)name.len, name.p);
	}
}

/* Sets trial->account; when another account was given, that is said. */
static void find_account(struct mm_trial *trial, struct mm_span namespace, struct mm_span name)
{
	const json_t *object, *other = NULL;

	for (size_t i = 0; (object = object_at(trial->asked->service_account, i)) != NULL; i++) {
		if (is_kind(object, "ServiceAccount") && is_of_account(object, namespace, name))
			trial->account = object;
		else if (is_kind(object, "ServiceAccount"))
			other = object;
	}
	if (trial->account) {
		PASS("account.found", "%.*s in %.*s", (int)name.len, name.p, (int)namespace.len, namespace.p);
		return;
	}
	if (!other) {
		SKIP("account.found", "no ServiceAccount was given");
		return;
	}
	FAIL("account.found", "given is \"%s\" in \"%s\", the token is of \"%.*s\" in \"%.*s\"", meta(other, "name"),
	     meta(other, "namespace"), (int)name.len, name.p, (int)namespace.len, namespace.p);
	WARN("hint.other-account", "look which service account the pod runs as: spec.serviceAccountName",
	     "the token is of the service account \"%.*s\" in namespace \"%.*s\", and the file has \"%s\" in \"%s\"",
	     (int)name.len, name.p, (int)namespace.len, namespace.p, meta(other, "name"), meta(other, "namespace"));
}

static enum mm_code check_kinds(const json_t *given, struct mm_err *err)
{
	const json_t *object;

	for (size_t i = 0; (object = object_at(given, i)) != NULL; i++) {
		if (!is_kind(object, "ServiceAccount") && !is_kind(object, "Pod"))
			return mm_fail(err, MM_EPARSE,
				       "service account: object %zu is of kind \"%.64s\"; accepted: ServiceAccount, "
				       "Pod, or a List of them, as `kubectl get -o json` prints them",
				       i, text_at(object, "kind"));
	}
	return MM_OK;
}

/* A Pod alone that carries the annotation says what is wrong without its ServiceAccount. */
static void check_pod_alone(struct mm_trial *trial)
{
	const char *pod = trial->account ? NULL : pod_with_annotation(trial->asked->service_account);

	if (pod)
		WARN("hint.annotation-on-pod", "annotate the ServiceAccount, and make the pod anew",
		     ROLE_ARN " stands on the Pod \"%s\", and the webhook reads it on the ServiceAccount alone", pod);
}

enum mm_code mm_explain_account(struct mm_trial *trial, struct mm_err *err)
{
	const json_t *given = trial->asked->service_account;
	struct mm_span namespace, name;
	const char *role;
	enum mm_code code = given ? check_kinds(given, err) : MM_OK;

	if (!given || code != MM_OK)
		return code;
	if (!trial->subject || !mm_subject_split(trial->subject, &namespace, &name)) {
		SKIP("account.found", "the token is not of a service account");
		return MM_OK;
	}
	find_account(trial, namespace, name);
	check_pods(trial, name);
	check_pod_alone(trial);
	if (!trial->account)
		return MM_OK;
	role = annotation(trial->account, ROLE_ARN);
	if (role)
		code = take_role(trial, role, err);
	else
		explain_missing_role(trial);
	check_audience(trial);
	return code;
}
