/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Kubernetes and EKS are told, so that a pod finds its role: as amazon-eks-pod-identity-webhook does it
 * (pkg/handler/handler.go) and reads it (pkg/cache/cache.go).
 */
#include <mintmark/trust.h>

#include <mintmark/dns.h>
#include <stdio.h>
#include <string.h>

#define VOLUME     "aws-iam-token"
#define TOKEN_FILE "token"

#define DIGITS  "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

enum { CLUSTER_NAME_MAX = 100 };

static enum mm_code check(const struct mm_trust_account *account, struct mm_err *err)
{
	struct mm_arn role;
	enum mm_code code = mm_dns_label_check("namespace", account->namespace, err);

	if (code == MM_OK)
		code = mm_dns_subdomain_check("service account", account->name, err);
	if (code == MM_OK)
		code = mm_role_arn_parse(account->role_arn, &role, err);
	if (code == MM_OK && account->audience && !mm_utf8_valid(mm_span_str(account->audience)))
		code = mm_fail(err, MM_EREFUSED, "the audience is not UTF-8");
	return code;
}

static enum mm_code finish(json_t *object, json_t **out, struct mm_err *err)
{
	*out = object;
	return object ? MM_OK : mm_fail(err, MM_ENOMEM, "out of memory");
}

static json_t *metadata(const struct mm_trust_account *account)
{
	return json_pack("{s:s, s:s}", "name", account->name, "namespace", account->namespace);
}

/* ---- the ServiceAccount ----------------------------------------------------------------------------------------- */

/* What is not asked for is left to the webhook's own flags. An annotation is a text. */
static json_t *annotations(const struct mm_trust_account *account)
{
	char ttl[24];

	snprintf(ttl, sizeof ttl, "%lld", (long long)account->ttl);
	return json_pack("{s:s, s:s*, s:s*, s:s*}", MM_AWS_ANNOTATION_PREFIX "role-arn", account->role_arn,
			 MM_AWS_ANNOTATION_PREFIX "audience", account->audience,
			 MM_AWS_ANNOTATION_PREFIX "token-expiration", account->ttl > 0 ? ttl : NULL,
			 MM_AWS_ANNOTATION_PREFIX "sts-regional-endpoints", account->regional_sts ? "true" : NULL);
}

enum mm_code mm_trust_service_account(const struct mm_trust_account *account, json_t **out, struct mm_err *err)
{
	enum mm_code code = check(account, err);
	json_t *described;

	*out = NULL;
	if (code != MM_OK)
		return code;
	described = metadata(account);
	if (json_object_set_new(described, "annotations", annotations(account)) < 0) {
		json_decref(described);
		return mm_fail(err, MM_ENOMEM, "out of memory");
	}
	return finish(json_pack("{s:s, s:s, s:o}", "apiVersion", "v1", "kind", "ServiceAccount", "metadata", described),
		      out, err);
}

/* ---- the Pod ---------------------------------------------------------------------------------------------------- */

/* In the webhook's order; false: no memory. */
static bool add_variable(json_t *list, const char *name, const char *value)
{
	return !value || json_array_append_new(list, json_pack("{s:s, s:s}", "name", name, "value", value)) == 0;
}

static json_t *environment(const struct mm_trust_account *account)
{
	json_t *list = json_array();

	if (add_variable(list, "AWS_STS_REGIONAL_ENDPOINTS", account->regional_sts ? "regional" : NULL) &&
	    add_variable(list, "AWS_DEFAULT_REGION", account->region) &&
	    add_variable(list, "AWS_REGION", account->region) &&
	    add_variable(list, "AWS_ROLE_ARN", account->role_arn) &&
	    add_variable(list, "AWS_WEB_IDENTITY_TOKEN_FILE", MM_AWS_TOKEN_DIR "/" TOKEN_FILE))
		return list;
	json_decref(list);
	return NULL;
}

static json_t *container(const struct mm_trust_account *account)
{
	return json_pack("{s:s, s:s, s:[s, s], s:o, s:[{s:s, s:s, s:b}]}", "name", "app", "image", "amazon/aws-cli",
			 "args", "sts", "get-caller-identity", "env", environment(account), "volumeMounts", "name",
			 VOLUME, "mountPath", MM_AWS_TOKEN_DIR, "readOnly", 1);
}

static json_t *volume(const struct mm_trust_account *account)
{
	mm_duration asked = account->ttl > 0 ? account->ttl : MM_AWS_TOKEN_TTL;
	mm_duration ttl = asked < MM_AWS_TOKEN_TTL_MIN ? MM_AWS_TOKEN_TTL_MIN : asked;

	return json_pack("{s:s, s:{s:[{s:{s:s, s:I, s:s}}]}}", "name", VOLUME, "projected", "sources",
			 "serviceAccountToken", "audience", account->audience ? account->audience : MM_AWS_AUDIENCE,
			 "expirationSeconds", (json_int_t)ttl, "path", TOKEN_FILE);
}

enum mm_code mm_trust_pod(const struct mm_trust_account *account, json_t **out, struct mm_err *err)
{
	enum mm_code code = check(account, err);

	*out = NULL;
	if (code != MM_OK)
		return code;
	return finish(json_pack("{s:s, s:s, s:o, s:{s:s, s:s, s:[o], s:[o]}}", "apiVersion", "v1", "kind", "Pod",
				"metadata", metadata(account), "spec", "serviceAccountName", account->name,
				"restartPolicy", "Never", "containers", container(account), "volumes", volume(account)),
		      out, err);
}

/* ---- EKS Pod Identity ------------------------------------------------------------------------------------------- */

/* Amazon EKS API Reference, CreateCluster: name. */
static bool is_cluster(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= CLUSTER_NAME_MAX && strchr(LETTERS DIGITS, name[0]) &&
	       strspn(name, LETTERS DIGITS "-_") == len;
}

enum mm_code mm_trust_association(const struct mm_trust_account *account, const char *cluster, json_t **out,
				  struct mm_err *err)
{
	enum mm_code code = check(account, err);

	*out = NULL;
	if (code == MM_OK && !is_cluster(cluster))
		code = mm_fail(
			err, MM_EREFUSED,
			"EKS cluster \"%.120s\": accepted: 1 to 100 letters, digits, '-' and '_', beginning with "
			"a letter or digit",
			cluster);
	if (code != MM_OK)
		return code;
	return finish(json_pack("{s:s, s:s, s:s, s:s}", "clusterName", cluster, "namespace", account->namespace,
				"serviceAccount", account->name, "roleArn", account->role_arn),
		      out, err);
}
