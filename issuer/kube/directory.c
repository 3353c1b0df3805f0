/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/directory.h>

#include <mintmark/claims.h>
#include <mintmark/json.h>
#include <mintmark/refs.h>
#include <stdlib.h>
#include <string.h>

/* In the order of mm_object_record.kind. */
static const char *const kinds[] = {"Pod", "Node", "Secret"};

/* What both kinds of entry begin with, and are sorted by: "Pod", a namespace ("" for a node), a name. */
struct key {
	const char *kind; /* "" for accounts */
	const char *namespace;
	const char *name;
};

struct account {
	struct key key;
	char *namespace, *name;
	char *uid; /* NULL: derived */
	struct mm_strings audiences;
	mm_duration max_ttl;
};

struct object {
	struct key key;
	char *namespace, *name, *uid;
	char *service_account, *node_name, *node_uid;
};

struct mm_directory {
	struct mm_refs refs;
	bool any_account, any_object;
	size_t account_count, object_count;
	struct account *accounts;
	struct object *objects;
};

static int compare_keys(const void *a, const void *b)
{
	const struct key *left = a, *right = b;
	int order = strcmp(left->kind, right->kind);

	if (order == 0)
		order = strcmp(left->namespace, right->namespace);
	return order != 0 ? order : strcmp(left->name, right->name);
}

/* ---- building --------------------------------------------------------------------------------------------------- */

/* `from` may be NULL; then so is the copy. */
static bool copy(const char *from, char **to)
{
	*to = from ? strdup(from) : NULL;
	return *to || !from;
}

static enum mm_code add_account(struct mm_directory *directory, const struct mm_account_record *record,
				struct mm_err *err)
{
	struct account *account = &directory->accounts[directory->account_count++];

	if (!copy(record->namespace, &account->namespace) || !copy(record->name, &account->name) ||
	    !copy(record->uid, &account->uid))
		return mm_fail(err, MM_ENOMEM, "out of memory");
	account->key = (struct key){"", account->namespace, account->name};
	account->max_ttl = record->max_ttl;
	return mm_strings_copy(&account->audiences, &record->audiences, err);
}

static enum mm_code add_object(struct mm_directory *directory, const struct mm_object_record *record,
			       struct mm_err *err)
{
	struct object *object = &directory->objects[directory->object_count++];

	if (!copy(record->namespace, &object->namespace) || !copy(record->name, &object->name) ||
	    !copy(record->uid, &object->uid) || !copy(record->service_account, &object->service_account) ||
	    !copy(record->node_name, &object->node_name) || !copy(record->node_uid, &object->node_uid))
		return mm_fail(err, MM_ENOMEM, "out of memory");
	object->key = (struct key){kinds[record->kind], object->namespace ? object->namespace : "", object->name};
	return MM_OK;
}

static enum mm_code fill(struct mm_directory *directory, const struct mm_config *config, struct mm_err *err)
{
	const struct mm_account_record *accounts = config->service_accounts.v;
	const struct mm_object_record *objects = config->bound_objects.v;
	enum mm_code code = MM_OK;

	for (size_t i = 0; i < config->service_accounts.n && code == MM_OK; i++)
		code = add_account(directory, &accounts[i], err);
	for (size_t i = 0; i < config->bound_objects.n && code == MM_OK; i++)
		code = add_object(directory, &objects[i], err);
	return code;
}

enum mm_code mm_directory_build(const struct mm_config *config, struct mm_directory **out, struct mm_err *err)
{
	mm_auto(mm_directory) directory = calloc(1, sizeof *directory);
	enum mm_code code;

	if (!directory)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	mm_refs_init(&directory->refs);
	directory->any_account = config->service_accounts.any;
	directory->any_object = config->bound_objects.any;
	directory->accounts = calloc(config->service_accounts.n + 1, sizeof *directory->accounts);
	directory->objects = calloc(config->bound_objects.n + 1, sizeof *directory->objects);
	if (!directory->accounts || !directory->objects)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	code = fill(directory, config, err);
	if (code != MM_OK)
		return code;
	qsort(directory->accounts, directory->account_count, sizeof *directory->accounts, compare_keys);
	qsort(directory->objects, directory->object_count, sizeof *directory->objects, compare_keys);
	*out = mm_take(directory);
	return MM_OK;
}

struct mm_directory *mm_directory_ref(struct mm_directory *directory)
{
	mm_refs_take(&directory->refs);
	return directory;
}

void mm_directory_free(struct mm_directory *directory)
{
	if (!directory || !mm_refs_drop(&directory->refs))
		return;
	for (size_t i = 0; i < directory->account_count; i++) {
		struct account *account = &directory->accounts[i];

		free(account->namespace);
		free(account->name);
		free(account->uid);
		mm_strings_free(&account->audiences);
	}
	for (size_t i = 0; i < directory->object_count; i++) {
		struct object *object = &directory->objects[i];

		free(object->namespace);
		free(object->name);
		free(object->uid);
		free(object->service_account);
		free(object->node_name);
		free(object->node_uid);
	}
	free(directory->accounts);
	free(directory->objects);
	free(directory);
}

/* ---- service accounts ------------------------------------------------------------------------------------------- */

static enum mm_code find_account(const struct mm_directory *directory, const char *namespace, const char *name,
				 struct mm_account *out, struct mm_err *err)
{
	const struct key key = {"", namespace, name};
	const struct account *found = bsearch(&key, directory->accounts, directory->account_count,
					      sizeof *directory->accounts, compare_keys);

	if (!found)
		return mm_fail(err, MM_ENOTFOUND, "service account \"%.80s\" in namespace \"%.80s\" is not declared",
			       name, namespace);
	out->namespace = found->namespace;
	out->name = found->name;
	out->uid = found->uid;
	out->audiences = found->audiences.n > 0 ? &found->audiences : NULL;
	out->max_ttl = found->max_ttl;
	return MM_OK;
}

/* Whether Kubernetes would allow an object of such a name. */
static enum mm_code check_names(const char *namespace, const char *what, const char *name, struct mm_err *err)
{
	struct mm_err why = {0};
	enum mm_code code = mm_dns_label_check("namespace", namespace, &why);

	if (code == MM_OK)
		code = mm_dns_subdomain_check(what, name, &why);
	return code == MM_OK ? MM_OK : mm_fail(err, MM_ENOTFOUND, "%s", why.text);
}

/* All of it but a uid that is derived. */
static enum mm_code look_up(const struct mm_directory *directory, const char *namespace, const char *name,
			    struct mm_account *out, struct mm_err *err)
{
	*out = (struct mm_account){.namespace = namespace, .name = name};
	return directory->any_account ? check_names(namespace, "service account", name, err)
				      : find_account(directory, namespace, name, out, err);
}

enum mm_code mm_directory_account(const struct mm_directory *directory, const char *issuer, const char *namespace,
				  const char *name, struct mm_account *out, struct mm_err *err)
{
	enum mm_code code = look_up(directory, namespace, name, out, err);

	if (code == MM_OK && !out->uid) {
		code = mm_service_account_uid(issuer, namespace, name, out->derived, err);
		out->uid = out->derived;
	}
	return code;
}

/* ---- objects that tokens are bound to --------------------------------------------------------------------------- */

static const char *known_kind(const char *kind)
{
	for (size_t i = 0; i < MM_COUNT(kinds); i++) {
		if (strcmp(kinds[i], kind) == 0)
			return kinds[i];
	}
	return NULL;
}

enum mm_code mm_directory_bindable(const struct mm_directory *directory, const char *kind, const char *namespace,
				   const char *name, const char *uid, struct mm_bindable *out, struct mm_err *err)
{
	bool in_namespace = strcmp(kind, "Node") != 0;
	const struct key key = {kind, in_namespace ? namespace : "", name};
	const struct object *found;

	*out = (struct mm_bindable){.kind = known_kind(kind), .name = name, .uid = uid && *uid != '\0' ? uid : NULL};
	if (!out->kind)
		return mm_fail(err, MM_ENOTFOUND, "\"%.80s\": no kind of object that tokens can be bound to", kind);
	if (directory->any_object)
		return check_names(in_namespace ? namespace : "default", kind, name, err);
	found = bsearch(&key, directory->objects, directory->object_count, sizeof *directory->objects, compare_keys);
	if (!found)
		return mm_fail(err, MM_ENOTFOUND, "%s \"%.80s\" is not declared", kind, name);
	out->name = found->name;
	out->uid = found->uid ? found->uid : out->uid;
	out->service_account = found->service_account;
	out->node_name = found->node_name;
	out->node_uid = found->node_uid;
	return MM_OK;
}

/* ---- what tokens speak of --------------------------------------------------------------------------------------- */

/* Of "pod" under kubernetes.io its "name" or "uid"; NULL where it has none. */
static const char *said(const json_t *private, const char *object, const char *member)
{
	return mm_json_text(json_object_get(private, object), member);
}

/* A uid that nobody has declared is no reason to refuse a token of ours. */
static enum mm_code vouch_for_account(const struct mm_directory *directory, const json_t *private, struct mm_err *err)
{
	const char *namespace = mm_json_text(private, "namespace");
	const char *name = said(private, "serviceaccount", "name"), *uid = said(private, "serviceaccount", "uid");
	struct mm_account account;

	if (look_up(directory, namespace, name, &account, NULL) != MM_OK)
		return mm_fail(err, MM_EVERIFY, "serviceaccounts \"%s\" not found", name);
	if (account.uid && strcmp(account.uid, uid) != 0)
		return mm_fail(err, MM_EVERIFY, "service account UID (%s) does not match claim (%s)", account.uid, uid);
	return MM_OK;
}

static enum mm_code vouch_for_object(const struct mm_directory *directory, const json_t *private, const char *kind,
				     const char *member, struct mm_err *err)
{
	const char *namespace = mm_json_text(private, "namespace");
	const char *name = said(private, member, "name"), *uid = said(private, member, "uid");
	struct mm_bindable object;

	if (!name)
		return MM_OK;
	if (mm_directory_bindable(directory, kind, namespace, name, uid, &object, NULL) != MM_OK)
		return mm_fail(err, MM_EVERIFY, "service account token has been invalidated");
	if (object.uid && (!uid || strcmp(object.uid, uid) != 0))
		return mm_fail(err, MM_EVERIFY, "%s UID (%s) does not match service account %s ref claim (%s)", member,
			       object.uid, member, uid ? uid : "");
	return MM_OK;
}

/* The node that a pod runs on is only told, and need not be there any more. */
enum mm_code mm_directory_vouch(const struct mm_directory *directory, const json_t *claims, struct mm_err *err)
{
	const json_t *private = json_object_get(claims, "kubernetes.io");
	enum mm_code code = vouch_for_account(directory, private, err);

	if (code == MM_OK)
		code = vouch_for_object(directory, private, "Secret", "secret", err);
	if (code == MM_OK)
		code = vouch_for_object(directory, private, "Pod", "pod", err);
	if (code == MM_OK && !said(private, "pod", "name"))
		code = vouch_for_object(directory, private, "Node", "node", err);
	return code;
}
