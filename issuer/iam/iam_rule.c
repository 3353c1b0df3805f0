/* SPDX-License-Identifier: Apache-2.0 */
/* One statement of a policy (IAM User Guide, "Grammar of the IAM JSON policy language"). */
#include "issuer/iam/iam_policy.h"

#include <mintmark/json.h>
#include <stdlib.h>
#include <string.h>

/* ---- lists ------------------------------------------------------------------------------------------------------ */

/* Where only one stands, the brackets may be left out. */
static size_t list_size(const json_t *list)
{
	return json_is_array(list) ? json_array_size(list) : 1;
}

static const json_t *list_at(const json_t *list, size_t i)
{
	return json_is_array(list) ? json_array_get(list, i) : list;
}

static enum mm_code add_shown(struct mm_iam_element *element, const char *prefix, const char *text, struct mm_err *err)
{
	mm_auto_buf shown = {0};
	enum mm_code code;

	mm_buf_add_str(&shown, element->negated ? "!" : "");
	mm_buf_add_str(&shown, prefix);
	mm_buf_add_str(&shown, text);
	code = mm_buf_check(&shown, err);
	return code == MM_OK ? mm_strings_add(&element->as_shown, shown.p, err) : code;
}

/* Strings, each shown behind `prefix`. */
static enum mm_code read_names(const json_t *list, const char *prefix, struct mm_iam_element *out, struct mm_err *err)
{
	enum mm_code code = MM_OK;

	for (size_t i = 0; code == MM_OK && i < list_size(list); i++) {
		const char *text = json_string_value(list_at(list, i));

		if (!text)
			return mm_fail(err, MM_EPARSE, "expected a string, or a list of strings");
		code = add_shown(out, prefix, text, err);
	}
	return code;
}

/* ---- actions and principals ------------------------------------------------------------------------------------- */

/* The element of either name; both or none is an error. */
static enum mm_code choose(const json_t *object, const char *name, const char *negated_name, const char **which,
			   const json_t **out, struct mm_err *err)
{
	const json_t *plain = json_object_get(object, name), *negated = json_object_get(object, negated_name);

	if (plain && negated)
		return mm_fail(err, MM_EPARSE, "both %s and %s: a statement has one of them", name, negated_name);
	*which = plain ? name : negated_name;
	*out = plain ? plain : negated;
	return *out ? MM_OK : mm_fail(err, MM_EPARSE, "no %s", name);
}

static enum mm_code read_actions(const json_t *object, struct mm_iam_element *out, struct mm_err *err)
{
	const json_t *list;
	const char *name;
	enum mm_code code = choose(object, "Action", "NotAction", &name, &list, err);

	if (code != MM_OK)
		return code;
	out->negated = name[0] == 'N';
	return mm_context(err, read_names(list, "", out, err), "%s", name);
}

static enum mm_code read_principal_map(const json_t *map, struct mm_iam_element *out, struct mm_err *err)
{
	static const char *const known[] = {"AWS", "Federated", "Service", "CanonicalUser", NULL};
	enum mm_code code = mm_iam_check_names(map, known, err);

	for (size_t i = 0; code == MM_OK && known[i]; i++) {
		const json_t *list = json_object_get(map, known[i]);
		mm_auto_buf prefix = {0};

		if (!list)
			continue;
		mm_buf_printf(&prefix, "%s:", known[i]);
		code = mm_buf_check(&prefix, err);
		if (code == MM_OK)
			code = mm_context(err, read_names(list, prefix.p, out, err), "%s", known[i]);
	}
	return code;
}

static bool is_everybody(const struct mm_iam_element *principals)
{
	for (size_t i = 0; i < principals->as_shown.n; i++) {
		const char *principal = mm_iam_as_written(principals, i);

		if (strcmp(principal, "*") == 0 || strcmp(principal, "AWS:*") == 0)
			return true;
	}
	return false;
}

static enum mm_code read_principals(const json_t *object, struct mm_iam_element *out, struct mm_err *err)
{
	const json_t *value;
	const char *name, *text;
	enum mm_code code = choose(object, "Principal", "NotPrincipal", &name, &value, err);

	if (code != MM_OK)
		return code;
	out->negated = name[0] == 'N';
	text = json_string_value(value);
	if (json_is_object(value))
		code = read_principal_map(value, out, err);
	else if (text && strcmp(text, "*") == 0)
		code = add_shown(out, "", text, err);
	else
		code = mm_fail(err, MM_EPARSE, "expected an object like {\"Federated\": \"ARN\"}, or \"*\"");
	out->everybody = is_everybody(out);
	return mm_context(err, code, "%s", name);
}

/* ---- conditions ------------------------------------------------------------------------------------------------- */

/* "Quotation marks are optional for numeric and Boolean values." */
static enum mm_code add_value(const json_t *value, struct mm_strings *out, struct mm_err *err)
{
	mm_auto_buf text = {0};
	enum mm_code code;

	if (json_is_string(value))
		mm_buf_add_str(&text, json_string_value(value));
	else if (json_is_boolean(value))
		mm_buf_add_str(&text, json_is_true(value) ? "true" : "false");
	else if (json_is_integer(value))
		mm_buf_add_int(&text, json_integer_value(value));
	else if (json_is_real(value))
		mm_buf_add_double(&text, json_real_value(value));
	else
		return mm_fail(err, MM_EPARSE, "expected a string, a number or a boolean, or a list of them");
	code = mm_buf_check(&text, err);
	return code == MM_OK ? mm_strings_add(out, text.p, err) : code;
}

static enum mm_code read_clause(const char *name, const char *key, const json_t *values, struct mm_iam_clause *out,
				struct mm_err *err)
{
	enum mm_code code = mm_string_set(&out->name, name, err);

	if (code == MM_OK)
		code = mm_string_set(&out->key, key, err);
	out->use = mm_iam_use_of(name);
	for (size_t i = 0; code == MM_OK && i < list_size(values); i++)
		code = mm_context(err, add_value(list_at(values, i), &out->values, err), "%s", key);
	return code;
}

static enum mm_code read_operator(const char *name, json_t *keys, struct mm_iam_rule *rule, struct mm_err *err)
{
	enum mm_code code = MM_OK;
	const char *key;
	json_t *values;

	json_object_foreach(keys, key, values)
	{
		if (code == MM_OK)
			code = read_clause(name, key, values, &rule->clauses[rule->clause_count++], err);
	}
	return mm_context(err, code, "%s", name);
}

static enum mm_code read_conditions(json_t *conditions, struct mm_iam_rule *rule, struct mm_err *err)
{
	enum mm_code code = MM_OK;
	const char *name;
	size_t count = 0;
	json_t *keys;

	if (!json_is_object(conditions))
		return mm_fail(err, MM_EPARSE, "expected an object of operators, like {\"StringEquals\": {…}}");
	json_object_foreach(conditions, name, keys)
	{
		if (!json_is_object(keys))
			return mm_fail(err, MM_EPARSE, "%s: expected an object of condition keys", name);
		count += json_object_size(keys);
	}
	rule->clauses = calloc(count ? count : 1, sizeof *rule->clauses);
	if (!rule->clauses)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	json_object_foreach(conditions, name, keys)
	{
		if (code == MM_OK)
			code = read_operator(name, keys, rule, err);
	}
	return code;
}

/* ---- the statement ---------------------------------------------------------------------------------------------- */

static enum mm_code read_effect(const json_t *object, struct mm_iam_rule *rule, struct mm_err *err)
{
	const char *effect = mm_json_text(object, "Effect");

	rule->deny = effect && strcmp(effect, "Deny") == 0;
	if (effect && (rule->deny || strcmp(effect, "Allow") == 0))
		return MM_OK;
	return mm_fail(err, MM_EPARSE, "Effect: %s%s%s: expected \"Allow\" or \"Deny\"", effect ? "\"" : "",
		       effect ? effect : "missing, or no string", effect ? "\"" : "");
}

static enum mm_code read_sid(const json_t *object, struct mm_iam_rule *rule, struct mm_err *err)
{
	const json_t *sid = json_object_get(object, "Sid");

	if (sid && !json_is_string(sid))
		return mm_fail(err, MM_EPARSE, "Sid: not a string");
	return mm_string_set(&rule->sid, json_string_value(sid), err);
}

enum mm_code mm_iam_rule_read(const json_t *object, struct mm_iam_rule *rule, struct mm_err *err)
{
	static const char *const known[] = {"Sid",       "Effect",   "Principal",   "NotPrincipal", "Action",
					    "NotAction", "Resource", "NotResource", "Condition",    NULL};
	json_t *conditions = json_object_get(object, "Condition");
	enum mm_code code;

	if (!json_is_object(object))
		return mm_fail(err, MM_EPARSE, "not an object");
	code = mm_iam_check_names(object, known, err);
	if (code == MM_OK && (json_object_get(object, "Resource") || json_object_get(object, "NotResource")))
		code = mm_fail(err, MM_EPARSE,
			       "Resource: not allowed in a trust policy, where the role is the resource; leave it out");
	if (code == MM_OK)
		code = read_sid(object, rule, err);
	if (code == MM_OK)
		code = read_effect(object, rule, err);
	if (code == MM_OK)
		code = read_principals(object, &rule->principals, err);
	if (code == MM_OK)
		code = read_actions(object, &rule->actions, err);
	if (code == MM_OK && conditions)
		code = mm_context(err, read_conditions(conditions, rule, err), "Condition");
	return code;
}

void mm_iam_rule_clear(struct mm_iam_rule *rule)
{
	for (size_t i = 0; i < rule->clause_count; i++) {
		free(rule->clauses[i].name);
		free(rule->clauses[i].key);
		mm_strings_free(&rule->clauses[i].values);
	}
	free(rule->clauses);
	free(rule->sid);
	mm_strings_free(&rule->actions.as_shown);
	mm_strings_free(&rule->principals.as_shown);
}
