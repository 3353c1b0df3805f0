/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/claim_flags.h"

#include "cli/output.h"

#include <mintmark/json.h>
#include <mintmark/token.h>
#include <string.h>

/* Any JSON value, under the limits for untrusted JSON, which hold for objects: as the only member of one. */
static enum mm_code parse_value(const char *text, json_t **out, struct mm_err *err)
{
	mm_auto_buf wrapped = {0};
	json_t *object = NULL;
	enum mm_code code;

	mm_buf_printf(&wrapped, "{\"value\":%s}", text);
	code = mm_buf_check(&wrapped, err);
	if (code == MM_OK)
		code = mm_json_load(mm_buf_span(&wrapped), MM_TOKEN_MAX, &object, err);
	if (code != MM_OK)
		return code;
	if (json_object_size(object) == 1)
		*out = json_incref(json_object_get(object, "value"));
	else
		code = mm_fail(err, MM_EPARSE, "more than one value");
	json_decref(object);
	return code;
}

static enum mm_code add_claim(struct mm_call *call, json_t *claims, const char *text, struct mm_err *err)
{
	const char *equals = strchr(text, '=');
	mm_auto_string name = equals ? strndup(text, (size_t)(equals - text)) : NULL;
	struct mm_err why = {0};
	json_t *value = NULL;

	if (!equals || equals == text)
		return mm_fail(err, MM_EUSAGE, "token create: --claim: found \"%.80s\"; accepted: NAME=JSON", text);
	if (!name)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	if (json_object_get(claims, name))
		return mm_fail(err, MM_EUSAGE, "token create: --claim: %.80s is given twice", name);
	if (parse_value(equals + 1, &value, &why) != MM_OK) {
		mm_hint(call, "a text needs its quotes: --claim '%.80s=\"%.80s\"'", name, equals + 1);
		return mm_fail(err, MM_EUSAGE, "token create: --claim: the value of %.80s is not JSON", name);
	}
	return json_object_set_new(claims, name, value) == 0 ? MM_OK : mm_fail(err, MM_EPARSE, "claim %.80s", name);
}

enum mm_code mm_collect_claims(struct mm_call *call, const struct mm_strings *texts, json_t **out, struct mm_err *err)
{
	enum mm_code code = MM_OK;

	*out = NULL;
	if (texts->n == 0)
		return MM_OK;
	*out = json_object();
	if (!*out)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	for (size_t i = 0; i < texts->n && code == MM_OK; i++)
		code = add_claim(call, *out, texts->v[i], err);
	return code;
}
