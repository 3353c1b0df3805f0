/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/record_relations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One list of the configuration, for messages. */
struct list {
	const char *file;
	const char *name; /* "rules" */
	const struct mm_records *records;
};

static enum mm_code fail_record(const struct list *list, size_t i, const char *why, struct mm_err *err)
{
	return mm_fail(err, MM_ECONFIG, "%s:%zu: %s[%zu]: %s", list->file, list->records->lines[i], list->name, i, why);
}

/* ---- names that are there once ----------------------------------------------------------------------------------- */

struct named {
	const char *kind, *namespace, *name;
	size_t i; /* of the record */
};

static int compare_names(const struct named *a, const struct named *b)
{
	int order = strcmp(a->kind, b->kind);

	if (order == 0)
		order = strcmp(a->namespace, b->namespace);
	return order != 0 ? order : strcmp(a->name, b->name);
}

/* For qsort: equal ones in the order of the file. */
static int compare_named(const void *one, const void *other)
{
	const struct named *a = one, *b = other;
	int order = compare_names(a, b);

	return order != 0 ? order : (a->i > b->i) - (a->i < b->i);
}

/* Sorts `named`, one for each record; there may be thousands. */
static enum mm_code check_names_differ(const struct list *list, struct named *named, struct mm_err *err)
{
	qsort(named, list->records->n, sizeof *named, compare_named);
	for (size_t i = 1; i < list->records->n; i++) {
		const struct named *first = &named[i - 1], *again = &named[i];

		if (compare_names(first, again) == 0)
			return mm_fail(err, MM_ECONFIG,
				       "%s:%zu: %s[%zu]: %s %s%s%s: repeated; it stands in line %zu already",
				       list->file, list->records->lines[again->i], list->name, again->i, again->kind,
				       again->namespace, *again->namespace ? "/" : "", again->name,
				       list->records->lines[first->i]);
	}
	return MM_OK;
}

/* ---- rules ------------------------------------------------------------------------------------------------------- */

static enum mm_code check_minting_rule(const struct list *list, size_t i, const struct mm_rule_record *rule,
				       struct mm_err *err)
{
	if (rule->namespaces.n > 0 && rule->service_accounts.n > 0 && rule->audiences.n > 0)
		return MM_OK;
	return fail_record(list, i,
			   "may mint, but not said for what; accepted: namespaces, service_accounts and audiences too, "
			   "each [\"*\"] for any",
			   err);
}

static enum mm_code check_other_rule(const struct list *list, size_t i, const struct mm_rule_record *rule,
				     struct mm_err *err)
{
	if (rule->namespaces.n == 0 && rule->service_accounts.n == 0 && rule->audiences.n == 0 && rule->max_ttl == 0)
		return MM_OK;
	return fail_record(list, i,
			   "namespaces, service_accounts, audiences and max_ttl only bound minting; accepted: a rule "
			   "without them, or mint in may",
			   err);
}

static bool is_everybody(const struct mm_strings *names)
{
	return mm_strings_has(names, "*");
}

/* Users and groups are either, not both: beside everybody a second list looks as if it narrowed, and does not. */
static enum mm_code check_who(const struct list *list, size_t i, const struct mm_rule_record *rule, struct mm_err *err)
{
	if (rule->users.n == 0 && rule->groups.n == 0)
		return fail_record(list, i, "for nobody; accepted: users, groups, or both", err);
	if ((is_everybody(&rule->users) || is_everybody(&rule->groups)) && rule->users.n + rule->groups.n > 1)
		return fail_record(list, i, "\"*\" is everybody already; accepted: it alone, or names", err);
	return MM_OK;
}

enum mm_code mm_rule_records_check(const struct mm_config *config, struct mm_err *err)
{
	const struct list list = {config->name, "rules", &config->rules};
	const struct mm_rule_record *rules = config->rules.v;
	enum mm_code code = MM_OK;

	for (size_t i = 0; i < config->rules.n && code == MM_OK; i++) {
		code = check_who(&list, i, &rules[i], err);
		if (code == MM_OK)
			code = mm_strings_has(&rules[i].may, "mint") ? check_minting_rule(&list, i, &rules[i], err)
								     : check_other_rule(&list, i, &rules[i], err);
	}
	return code;
}

/* ---- service accounts -------------------------------------------------------------------------------------------- */

enum mm_code mm_account_records_check(const struct mm_config *config, struct mm_err *err)
{
	const struct list list = {config->name, "service_accounts", &config->service_accounts};
	const struct mm_account_record *accounts = list.records->v;
	size_t n = list.records->n;
	struct named *named = calloc(n ? n : 1, sizeof *named);
	enum mm_code code = named ? MM_OK : mm_fail(err, MM_ENOMEM, "out of memory");

	for (size_t i = 0; i < n && code == MM_OK; i++)
		named[i] = (struct named){"account", accounts[i].namespace, accounts[i].name, i};
	if (code == MM_OK)
		code = check_names_differ(&list, named, err);
	free(named);
	return code;
}

/* ---- bound objects ----------------------------------------------------------------------------------------------- */

/* In the order of struct mm_object_record's kinds: what each has, and what not. */
static const struct kind {
	const char *name;
	bool in_namespace, runs;
	const char *accepts;
} kinds[] = {
	{"Pod", true, true,
	 "namespace, name, uid and service_account, and where it runs on a node both node_name and node_uid"},
	{"Node", false, false, "name and uid alone"},
	{"Secret", true, false, "namespace, name and uid alone"},
};

static enum mm_code check_object(const struct list *list, size_t i, const struct mm_object_record *object,
				 struct mm_err *err)
{
	const struct kind *kind = &kinds[object->kind];
	const struct {
		const char *name;
		bool there, wanted;
	} fields[] = {
		{"namespace", object->namespace, kind->in_namespace},
		{"service_account", object->service_account, kind->runs},
		{"node_name", object->node_name, kind->runs && object->node_uid},
		{"node_uid", object->node_uid, kind->runs && object->node_name},
	};
	char why[256];

	for (size_t f = 0; f < MM_COUNT(fields); f++) {
		if (fields[f].there == fields[f].wanted)
			continue;
		snprintf(why, sizeof why, "a %s with%s %s; accepted: %s", kind->name, fields[f].there ? "" : "out",
			 fields[f].name, kind->accepts);
		return fail_record(list, i, why, err);
	}
	return MM_OK;
}

enum mm_code mm_object_records_check(const struct mm_config *config, struct mm_err *err)
{
	const struct list list = {config->name, "bound_objects", &config->bound_objects};
	const struct mm_object_record *objects = list.records->v;
	size_t n = list.records->n;
	struct named *named = calloc(n ? n : 1, sizeof *named);
	enum mm_code code = named ? MM_OK : mm_fail(err, MM_ENOMEM, "out of memory");

	for (size_t i = 0; i < n && code == MM_OK; i++) {
		const char *namespace = objects[i].namespace;

		named[i] = (struct named){kinds[objects[i].kind].name, namespace ? namespace : "", objects[i].name, i};
		code = check_object(&list, i, &objects[i], err);
	}
	if (code == MM_OK)
		code = check_names_differ(&list, named, err);
	free(named);
	return code;
}
