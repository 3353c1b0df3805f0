/* SPDX-License-Identifier: Apache-2.0 */
/* A policy document in the forms in which people have it. */
#include "issuer/iam/iam_policy.h"

#include <ctype.h>
#include <mintmark/json.h>
#include <mintmark/suggest.h>
#include <stdlib.h>
#include <string.h>

/* ---- the text --------------------------------------------------------------------------------------------------- */

static int hex_value(char c)
{
	return isdigit((unsigned char)c)    ? c - '0'
	       : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10
					    : -1;
}

/* RFC 3986 §2.1, as IAM's API gives documents: a plus sign is one. */
static enum mm_code percent_decode(struct mm_span text, struct mm_buf *out, struct mm_err *err)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.p[i];

		if (c == '%') {
			int high = i + 2 < text.len ? hex_value(text.p[i + 1]) : -1;
			int low = i + 2 < text.len ? hex_value(text.p[i + 2]) : -1;

			if (high < 0 || low < 0)
				return mm_fail(err, MM_EPARSE,
					       "percent-encoded policy: byte %zu: no two hex digits after %%", i + 1);
			c = (char)(high << 4 | low);
			i += 2;
		}
		mm_buf_add(out, &c, 1);
	}
	return mm_buf_check(out, err);
}

/* JSON, or the same percent-encoded. */
static enum mm_code load(struct mm_span text, json_t **out, struct mm_err *err)
{
	mm_auto_buf decoded = {0};
	enum mm_code code;
	size_t start = 0;

	while (start < text.len && isspace((unsigned char)text.p[start]))
		start++;
	if (start == text.len || text.p[start] != '%')
		return mm_json_load(text, MM_IAM_POLICY_MAX, out, err);
	if (text.len > MM_IAM_POLICY_MAX)
		return mm_fail(err, MM_ELIMIT, "%zu bytes, of which %d are allowed", text.len, MM_IAM_POLICY_MAX);
	code = percent_decode(mm_span(text.p + start, text.len - start), &decoded, err);
	return code == MM_OK ? mm_json_load(mm_buf_span(&decoded), MM_IAM_POLICY_MAX, out, err) : code;
}

/* A member of a role, in the answer of `aws iam get-role` or in what `aws iam create-role` takes; or NULL. */
static json_t *of_role(const json_t *object, const char *member)
{
	const json_t *role = json_object_get(object, "Role");

	return json_object_get(role ? role : object, member);
}

/* `*out` is the policy's object, `*role` the ARN of the role or NULL; both are owned. */
static enum mm_code load_policy(struct mm_span text, json_t **out, char **role, struct mm_err *err)
{
	json_t *whole, *document;
	enum mm_code code = load(text, &whole, err);

	*out = NULL;
	if (code != MM_OK)
		return code;
	document = of_role(whole, "AssumeRolePolicyDocument");
	if (json_is_string(document))
		code = mm_context(err,
				  load(mm_span(json_string_value(document), json_string_length(document)), out, err),
				  "AssumeRolePolicyDocument");
	else if (document && !json_is_object(document))
		code = mm_fail(err, MM_EPARSE, "AssumeRolePolicyDocument: neither a policy nor the text of one");
	else
		*out = json_incref(document ? document : whole);
	if (code == MM_OK && document)
		code = mm_string_set(role, json_string_value(of_role(whole, "Arn")), err);
	json_decref(whole);
	return code;
}

/* ---- the policy ------------------------------------------------------------------------------------------------- */

enum mm_code mm_iam_check_names(const json_t *object, const char *const *known, struct mm_err *err)
{
	json_t *writable = (json_t *)(uintptr_t)object; /* json_object_iter asks for it, and changes nothing */
	const char *name;
	json_t *value;

	json_object_foreach(writable, name, value)
	{
		struct mm_suggestion near = {.wanted = name};
		bool found = false;

		for (size_t i = 0; known[i]; i++) {
			found = found || strcmp(name, known[i]) == 0;
			mm_suggestion_offer(&near, known[i]);
		}
		if (!found && near.nearest)
			return mm_fail(err, MM_EPARSE, "unknown element \"%s\": did you mean \"%s\"?", name,
				       near.nearest);
		if (!found)
			return mm_fail(err, MM_EPARSE, "unknown element \"%s\"", name);
	}
	return MM_OK;
}

/* "If you do not include a Version element, the value defaults to 2008-10-17." */
static enum mm_code read_version(const json_t *object, struct mm_iam_policy *policy, struct mm_err *err)
{
	const json_t *version = json_object_get(object, "Version");
	const char *text = json_string_value(version);

	policy->has_version = version != NULL;
	policy->variables = text && strcmp(text, "2012-10-17") == 0;
	if (version && !policy->variables && (!text || strcmp(text, "2008-10-17") != 0))
		return mm_fail(err, MM_EPARSE, "Version: \"%s\": expected \"2012-10-17\" (or \"2008-10-17\")",
			       text ? text : "no string");
	return MM_OK;
}

/* "Policy size calculations do not include white space characters." */
static enum mm_code count_characters(const json_t *object, size_t *out, struct mm_err *err)
{
	mm_auto_buf text = {0};
	enum mm_code code = mm_json_dump(object, false, &text, err);

	*out = 0;
	for (size_t i = 0; code == MM_OK && i < text.len; i++)
		*out += !isspace((unsigned char)text.p[i]) && ((unsigned char)text.p[i] & 0xc0) != 0x80;
	return code;
}

/* One statement may stand without the brackets of a list. */
static enum mm_code read_statements(const json_t *statements, struct mm_iam_policy *policy, struct mm_err *err)
{
	bool list = json_is_array(statements);
	size_t count = list ? json_array_size(statements) : 1;
	enum mm_code code = MM_OK;

	if (count == 0)
		return mm_fail(err, MM_EPARSE, "Statement: an empty list");
	policy->rules = calloc(count, sizeof *policy->rules);
	if (!policy->rules)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	for (size_t i = 0; code == MM_OK && i < count; i++) {
		policy->rule_count++;
		code = mm_context(
			err,
			mm_iam_rule_read(list ? json_array_get(statements, i) : statements, &policy->rules[i], err),
			"Statement[%zu]", i);
	}
	return code;
}

static enum mm_code read_policy(const json_t *object, struct mm_iam_policy *policy, struct mm_err *err)
{
	static const char *const known[] = {"Version", "Id", "Statement", NULL};
	const json_t *statements = json_object_get(object, "Statement"), *id = json_object_get(object, "Id");
	enum mm_code code = mm_iam_check_names(object, known, err);

	if (code == MM_OK && !statements)
		code = mm_fail(err, MM_EPARSE, "no Statement: this is no policy, nor the answer of aws iam get-role");
	if (code == MM_OK && id && !json_is_string(id))
		code = mm_fail(err, MM_EPARSE, "Id: not a string");
	if (code == MM_OK)
		code = read_version(object, policy, err);
	if (code == MM_OK)
		code = count_characters(object, &policy->characters, err);
	return code == MM_OK ? read_statements(statements, policy, err) : code;
}

enum mm_code mm_iam_policy_parse(struct mm_span text, struct mm_iam_policy **out, struct mm_err *err)
{
	mm_auto(mm_iam_policy) policy = calloc(1, sizeof *policy);
	enum mm_code code;
	json_t *object;

	*out = NULL;
	if (!policy)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	code = load_policy(text, &object, &policy->role, err);
	if (code == MM_OK)
		code = read_policy(object, policy, err);
	json_decref(object);
	if (code == MM_OK)
		*out = mm_take(policy);
	return code;
}

void mm_iam_policy_free(struct mm_iam_policy *policy)
{
	if (!policy)
		return;
	for (size_t i = 0; i < policy->rule_count; i++)
		mm_iam_rule_clear(&policy->rules[i]);
	free(policy->rules);
	free(policy->role);
	free(policy);
}

const char *mm_iam_policy_role(const struct mm_iam_policy *policy)
{
	return policy->role;
}
