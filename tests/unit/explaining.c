/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/explaining.h"
#include "tests/unit/support.h"

#include <mintmark/json.h>
#include <stdlib.h>
#include <string.h>

struct explain_question {
	struct mm_explain asked;
	struct mm_iam_policy *policy;
	struct mm_jwks *jwks;
	char *token;
	json_t *provider, *account;
	struct mm_iam_key context;
	const char *context_values[1];
};

/* ---- the token -------------------------------------------------------------------------------------------------- */

/* `given` in place of `usual`; a member that is ABSENT is left out. */
static void add_member(struct mm_buf *out, const char *name, const char *given, const char *usual, bool text)
{
	const char *value = given ? given : usual;

	if (!value || strcmp(value, ABSENT) == 0)
		return;
	mm_buf_printf(out, "%s\"%s\":", out->len > 1 ? "," : "", name);
	if (text)
		mm_json_add_string(out, value);
	else
		mm_buf_add_str(out, value);
}

static char *claims_of(const struct explain_row *row)
{
	mm_auto_buf out = {0};

	mm_buf_add_str(&out, "{");
	add_member(&out, "aud", row->aud, "[\"sts.amazonaws.com\"]", false);
	add_member(&out, "exp", row->exp, "1700003540", false);
	add_member(&out, "iat", row->iat, "1699999940", false);
	add_member(&out, "iss", row->iss, ISSUER, true);
	add_member(&out, "sub", row->sub, SUBJECT, true);
	if (row->more)
		mm_buf_printf(&out, ",%s", row->more);
	mm_buf_add_str(&out, "}");
	return mm_buf_take(&out);
}

static char *token_of(const struct explain_row *row)
{
	const char *alg = row->alg ? row->alg : "ES256";
	mm_auto_string claims = claims_of(row);
	mm_auto_buf header = {0};

	if (row->token)
		return strdup(row->token);
	mm_buf_printf(&header, "{\"alg\":\"%s\",\"kid\":\"k1\"}", alg);
	return test_token(test_shared_key(alg, row->key), row->header ? row->header : header.p, claims);
}

static struct mm_jwks *jwks_of(const struct explain_row *row)
{
	const char *kid = row->published_kid ? row->published_kid : "k1";
	const struct mm_key *key = test_shared_key(row->alg ? row->alg : "ES256", 0);
	mm_auto_string own = test_jwk(key, strcmp(kid, ABSENT) == 0 ? NULL : kid);
	mm_auto_buf text = {0};
	struct mm_jwks *jwks;
	struct mm_err err = {0};

	if (row->unverified)
		return NULL;
	mm_buf_printf(&text, "{\"keys\":[%s", own);
	for (unsigned i = 1; i < row->published; i++) {
		char name[32];
		mm_auto_string other = NULL;

		snprintf(name, sizeof name, "other-%u", i);
		other = test_jwk(key, name);
		mm_buf_printf(&text, ",%s", other);
	}
	mm_buf_add_str(&text, "]}");
	assert_ok(mm_jwks_parse(mm_buf_span(&text), &jwks, &err), &err);
	return jwks;
}

/* ---- the policy ------------------------------------------------------------------------------------------------- */

static struct mm_iam_policy *policy_of(const struct explain_row *row)
{
	static const char usual[] = "{\"StringEquals\":{\"" NAME ":aud\":\"sts.amazonaws.com\",\"" NAME
				    ":sub\":\"" SUBJECT "\"}}";
	const char *condition = row->condition ? row->condition : usual;
	struct mm_iam_policy *policy;
	mm_auto_buf text = {0};
	struct mm_err err = {0};

	mm_buf_printf(&text, "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"Web\",\"Effect\":\"Allow\",");
	mm_buf_printf(&text, "\"Principal\":%s,\"Action\":%s",
		      row->principal ? row->principal : "{\"Federated\":\"" PROVIDER "\"}",
		      row->action ? row->action : "\"sts:AssumeRoleWithWebIdentity\"");
	if (condition[0])
		mm_buf_printf(&text, ",\"Condition\":%s", condition);
	mm_buf_printf(&text, "}%s%s]}", row->also ? "," : "", row->also ? row->also : "");
	if (row->policy) {
		mm_buf_reset(&text);
		mm_buf_add_str(&text, row->policy);
	}
	assert_ok(mm_iam_policy_parse(mm_buf_span(&text), &policy, &err), &err);
	return policy;
}

/* ---- asking ----------------------------------------------------------------------------------------------------- */

static json_t *parsed(const char *text)
{
	struct mm_err err = {0};
	json_t *out = NULL;

	if (text)
		assert_ok(mm_json_load(mm_span_str(text), 1 << 20, &out, &err), &err);
	return out;
}

struct explain_question *explain_ask(const struct explain_row *row, struct mm_explanation *out, enum mm_code *code,
				     struct mm_err *err)
{
	struct explain_question *question = calloc(1, sizeof *question);

	assert_non_null(question);
	question->policy = policy_of(row);
	question->jwks = jwks_of(row);
	question->token = token_of(row);
	question->provider = parsed(row->provider);
	question->account = parsed(row->account);
	question->context_values[0] = row->context_value;
	question->context = (struct mm_iam_key){.name = row->context, .values = question->context_values, .count = 1};
	question->asked = (struct mm_explain){
		.policy = question->policy,
		.token = mm_span_str(question->token),
		.jwks = question->jwks,
		.issuer = row->server,
		.provider = question->provider,
		.provider_arn = row->provider_arn,
		.role_arn = row->role_arn,
		.service_account = question->account,
		.context = &question->context,
		.context_count = row->context ? 1 : 0,
		.now = row->now ? row->now : NOW,
	};
	*code = mm_explain(&question->asked, out, err);
	return question;
}

void explain_forget(struct explain_question *question)
{
	mm_iam_policy_free(question->policy);
	mm_jwks_free(question->jwks);
	free(question->token);
	json_decref(question->provider);
	json_decref(question->account);
	free(question);
}

/* ---- what is expected ------------------------------------------------------------------------------------------- */

static char *names_of(const struct mm_findings *findings)
{
	mm_auto_buf out = {0};

	mm_buf_add_str(&out, "");
	for (size_t i = 0; i < findings->n; i++)
		mm_buf_printf(&out, "%s%s", i > 0 ? " " : "", findings->v[i].check);
	return mm_buf_take(&out);
}

static void assert_says(const struct explain_row *row, const struct mm_findings *hints)
{
	mm_auto_string parts = strdup(row->says ? row->says : "");
	mm_auto_buf texts = {0};
	char *rest = parts, *part;

	mm_buf_add_str(&texts, "");
	for (size_t i = 0; i < hints->n; i++)
		mm_buf_printf(&texts, "%s\n", hints->v[i].text);
	while ((part = strsep(&rest, "|")) != NULL) {
		if (!strstr(texts.p, part))
			fail_msg("%s: \"%s\" is not said in:\n%s", row->rule, part, texts.p);
	}
}

static void assert_finds(const struct explain_row *row, const struct mm_explanation *explanation)
{
	const struct mm_findings *lists[] = {&explanation->token, &explanation->provider, &explanation->account};
	mm_auto_string name = strdup(row->finds);
	const struct mm_finding *found = NULL;
	char *level = strchr(name, '=');

	assert_non_null(level);
	*level++ = '\0';
	for (size_t i = 0; i < MM_COUNT(lists) && !found; i++)
		found = mm_findings_find(lists[i], name);
	if (!found)
		fail_msg("%s: no finding %s", row->rule, name);
	else if (strcmp(mm_finding_levels[found->level], level) != 0)
		fail_msg("%s: %s is %s: %s", row->rule, name, mm_finding_levels[found->level], found->text);
}

static void assert_row(const struct explain_row *row)
{
	mm_auto_explanation explanation = {0};
	const char *error = row->error ? row->error : row->allowed ? NULL : "AccessDenied: Not authorized to perform ";
	mm_auto_string hints = NULL;
	struct explain_question *question;
	struct mm_err err = {0};
	enum mm_code code;

	question = explain_ask(row, &explanation, &code, &err);
	assert_ok(code, &err);
	hints = names_of(&explanation.hints);
	if (explanation.allowed != row->allowed)
		fail_msg("%s: %s, %s; hints: %s", row->rule, explanation.allowed ? "allowed" : "denied",
			 explanation.error ? explanation.error : "", hints);
	if (!error != !explanation.error || (error && !strstr(explanation.error, error)))
		fail_msg("%s: STS answers %s", row->rule, explanation.error ? explanation.error : "nothing");
	if (strcmp(hints, row->hints ? row->hints : "") != 0)
		fail_msg("%s: hints are: %s", row->rule, hints);
	assert_says(row, &explanation.hints);
	if (row->finds)
		assert_finds(row, &explanation);
	explain_forget(question);
}

void explain_rows(const struct explain_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_row(&rows[i]);
}
