/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/iamworld.h"
#include "tests/unit/support.h"

#include <stdlib.h>
#include <string.h>

enum { KEYS_MAX = 8, VALUES_MAX = 8 };

/* The keys of a request, in a copy of the text. */
struct keys {
	char *text;
	struct mm_iam_key v[KEYS_MAX];
	const char *values[KEYS_MAX][VALUES_MAX];
	size_t n;
};

struct mm_iam_policy *test_trust_policy(const char *text)
{
	struct mm_iam_policy *policy = NULL;
	struct mm_err err = {0};

	assert_ok(mm_iam_policy_parse(mm_span_str(text), &policy, &err), &err);
	return policy;
}

static void read_key(char *text, struct keys *out)
{
	struct mm_iam_key *key = &out->v[out->n];
	char *rest = strchr(text, '='), *value, *brackets;

	assert_non_null(rest);
	*rest++ = '\0';
	brackets = strstr(text, "[]");
	if (brackets)
		*brackets = '\0';
	*key = (struct mm_iam_key){.name = text, .values = out->values[out->n++], .multivalued = brackets != NULL};
	while ((value = strsep(&rest, "|")))
		out->values[out->n - 1][key->count++] = value;
}

static void read_keys(const char *request, struct keys *out)
{
	char *rest, *key;

	*out = (struct keys){.text = strdup(request)};
	assert_non_null(out->text);
	rest = out->text;
	while (*request && (key = strsep(&rest, ";")))
		read_key(key, out);
}

static bool knows(void *arg, const char *name)
{
	(void)arg;
	return strncmp(name, "unknown:", strlen("unknown:")) != 0;
}

static void evaluate(const char *policy_text, const char *request_text, struct mm_iam_policy **policy,
		     struct mm_iam_decision *out)
{
	struct mm_iam_request request = {.action = "sts:AssumeRoleWithWebIdentity",
					 .principal_type = "Federated",
					 .principal = TEST_PROVIDER,
					 .knows = knows};
	struct mm_err err = {0};
	struct keys keys;

	*policy = test_trust_policy(policy_text);
	read_keys(request_text, &keys);
	request.keys = keys.v;
	request.key_count = keys.n;
	assert_ok(mm_iam_evaluate(*policy, &request, TEST_NOW, out, &err), &err);
	free(keys.text);
}

enum mm_iam_outcome test_condition(const char *effect, const char *version, const char *condition, const char *request)
{
	mm_auto(mm_iam_policy) policy = NULL;
	mm_auto_iam_decision decision = {0};
	mm_auto_buf text = {0};

	mm_buf_printf(&text,
		      "{\"Version\":\"%s\",\"Statement\":{\"Effect\":\"%s\",\"Principal\":\"*\",\"Action\":\"*\","
		      "\"Condition\":%s}}",
		      version, effect, condition);
	evaluate(text.p, request, &policy, &decision);
	assert_int_equal(decision.count, 1);
	return decision.statements[0].outcome;
}

enum mm_iam_verdict test_verdict(const char *policy_text, const char *request)
{
	mm_auto(mm_iam_policy) policy = NULL;
	mm_auto_iam_decision decision = {0};

	evaluate(policy_text, request, &policy, &decision);
	return decision.verdict;
}
