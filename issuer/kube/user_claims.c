/* SPDX-License-Identifier: Apache-2.0 */
/* Whom our own tokens mean: their claims, as a user of Kubernetes. */
#include <mintmark/user.h>

#include <mintmark/dns.h>
#include <stdlib.h>
#include <string.h>

/* An object that the token is bound to; texts are borrowed from the claims, NULL where there is none. */
struct ref {
	const char *name, *uid;
};

/* What the claims say of a service account. */
struct said {
	const char *subject, *jti, *namespace;
	struct ref account, pod, node;
};

static enum mm_code get_text(const json_t *object, const char *name, const char **out, struct mm_err *err)
{
	const json_t *value = json_object_get(object, name);

	*out = json_string_value(value);
	if (value && !*out)
		return mm_fail(err, MM_EVERIFY, "%s is not a string", name);
	if (*out && **out == '\0')
		*out = NULL;
	return MM_OK;
}

static enum mm_code get_object(const json_t *object, const char *name, const json_t **out, struct mm_err *err)
{
	*out = json_object_get(object, name);
	if (*out && !json_is_object(*out))
		return mm_fail(err, MM_EVERIFY, "%s is not an object", name);
	return MM_OK;
}

static enum mm_code get_ref(const json_t *private, const char *name, struct ref *out, struct mm_err *err)
{
	const json_t *object;
	enum mm_code code = get_object(private, name, &object, err);

	*out = (struct ref){0};
	if (code != MM_OK || !object)
		return code;
	code = get_text(object, "name", &out->name, err);
	if (code == MM_OK)
		code = get_text(object, "uid", &out->uid, err);
	return mm_context(err, code, "%s", name);
}

static enum mm_code read_claims(const json_t *claims, struct said *said, struct mm_err *err)
{
	const json_t *private;
	enum mm_code code = get_object(claims, "kubernetes.io", &private, err);

	if (code == MM_OK && !private)
		code = mm_fail(err, MM_EVERIFY, "it has no kubernetes.io, so it is none of a service account");
	if (code == MM_OK)
		code = get_text(claims, "sub", &said->subject, err);
	if (code == MM_OK)
		code = get_text(claims, "jti", &said->jti, err);
	if (code == MM_OK)
		code = get_text(private, "namespace", &said->namespace, err);
	if (code == MM_OK)
		code = get_ref(private, "serviceaccount", &said->account, err);
	if (code == MM_OK)
		code = get_ref(private, "pod", &said->pod, err);
	return code == MM_OK ? get_ref(private, "node", &said->node, err) : code;
}

static enum mm_code check_names(const struct said *said, struct mm_err *err)
{
	const char *namespace = said->namespace ? said->namespace : "";
	const char *name = said->account.name ? said->account.name : "";
	enum mm_code code = mm_dns_label_check("namespace", namespace, err);

	if (code == MM_OK)
		code = mm_dns_subdomain_check("serviceaccount", name, err);
	return code;
}

/* The account's name is the user's name, so that it must be one that is valid and that `sub` says too. */
static enum mm_code check_account(const struct said *said, struct mm_err *err)
{
	struct mm_err why = {0};

	if (check_names(said, &why) != MM_OK)
		return mm_fail(err, MM_EVERIFY, "%s", why.text);
	if (!said->account.uid)
		return mm_fail(err, MM_EVERIFY, "serviceaccount has no uid");
	if (!said->subject)
		return mm_fail(err, MM_EVERIFY, "sub is missing");
	return MM_OK;
}

static enum mm_code set_name(struct mm_user *user, const struct said *said, struct mm_err *err)
{
	mm_auto_buf name = {0};

	mm_buf_printf(&name, MM_USER_SERVICE_ACCOUNT "%s:%s", said->namespace, said->account.name);
	user->name = mm_buf_take(&name);
	user->uid = strdup(said->account.uid);
	if (!user->name || !user->uid)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	if (strcmp(user->name, said->subject) != 0)
		return mm_fail(err, MM_EVERIFY, "sub is \"%.160s\", not \"%.160s\"", said->subject, user->name);
	return MM_OK;
}

static enum mm_code set_groups(struct mm_user *user, const struct said *said, struct mm_err *err)
{
	mm_auto_buf of_namespace = {0};
	enum mm_code code;

	mm_buf_printf(&of_namespace, MM_GROUP_SERVICE_ACCOUNTS ":%s", said->namespace);
	code = mm_buf_check(&of_namespace, err);
	if (code == MM_OK)
		code = mm_strings_add(&user->groups, MM_GROUP_SERVICE_ACCOUNTS, err);
	if (code == MM_OK)
		code = mm_strings_add(&user->groups, of_namespace.p, err);
	return code == MM_OK ? mm_strings_add(&user->groups, MM_GROUP_AUTHENTICATED, err) : code;
}

static enum mm_code add_extra(struct mm_user *user, const char *key, const char *prefix, const char *value,
			      struct mm_err *err)
{
	struct mm_user_extra *extra = &user->extra[user->extra_count];
	mm_auto_buf text = {0};

	mm_buf_printf(&text, "%s%s", prefix, value);
	*extra = (struct mm_user_extra){.key = key, .value = mm_buf_take(&text)};
	if (!extra->value)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	user->extra_count++;
	return MM_OK;
}

/* kube-apiserver tells of a pod only with its uid, and of a node's uid only with its name. */
static enum mm_code set_extra(struct mm_user *user, const struct said *said, struct mm_err *err)
{
	bool has_pod = said->pod.name && said->pod.uid;
	const struct {
		const char *key, *prefix, *value;
	} rows[MM_USER_EXTRA_MAX] = {
		{"authentication.kubernetes.io/credential-id", "JTI=", said->jti},
		{"authentication.kubernetes.io/node-name", "", said->node.name},
		{"authentication.kubernetes.io/node-uid", "", said->node.name ? said->node.uid : NULL},
		{"authentication.kubernetes.io/pod-name", "", has_pod ? said->pod.name : NULL},
		{"authentication.kubernetes.io/pod-uid", "", has_pod ? said->pod.uid : NULL},
	};
	enum mm_code code = MM_OK;

	for (size_t i = 0; code == MM_OK && i < MM_COUNT(rows); i++) {
		if (rows[i].value)
			code = add_extra(user, rows[i].key, rows[i].prefix, rows[i].value, err);
	}
	return code;
}

enum mm_code mm_user_from_claims(const json_t *claims, struct mm_user *user, struct mm_err *err)
{
	struct said said = {0};
	enum mm_code code = read_claims(claims, &said, err);

	*user = (struct mm_user){0};
	if (code == MM_OK)
		code = check_account(&said, err);
	if (code == MM_OK)
		code = set_name(user, &said, err);
	if (code == MM_OK)
		code = set_groups(user, &said, err);
	if (code == MM_OK)
		code = set_extra(user, &said, err);
	if (code != MM_OK)
		mm_user_clear(user);
	return code;
}
