/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/rules.h>

#include <mintmark/refs.h>
#include <stdlib.h>
#include <string.h>

struct rule {
	struct mm_strings users, groups;
	unsigned may; /* MAY(…) | … */
	struct mm_strings namespaces, service_accounts, audiences;
	mm_duration max_ttl; /* INT64_MAX: none of its own */
	size_t line;
};
#define MAY(privilege) (1u << (privilege))

struct mm_rules {
	struct mm_refs refs;
	size_t count;
	struct rule rules[];
};

/* ---- building --------------------------------------------------------------------------------------------------- */

static enum mm_code new_rules(size_t count, struct mm_rules **out, struct mm_err *err)
{
	*out = calloc(1, sizeof **out + count * sizeof(*out)->rules[0]);
	if (!*out)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	mm_refs_init(&(*out)->refs);
	(*out)->count = count;
	return MM_OK;
}

static enum mm_code copy_rule(const struct mm_rule_record *record, size_t line, struct rule *rule, struct mm_err *err)
{
	const struct {
		const struct mm_strings *from;
		struct mm_strings *to;
	} lists[] = {
		{&record->users, &rule->users},           {&record->groups, &rule->groups},
		{&record->namespaces, &rule->namespaces}, {&record->service_accounts, &rule->service_accounts},
		{&record->audiences, &rule->audiences},
	};
	enum mm_code code = MM_OK;

	rule->line = line;
	rule->max_ttl = record->max_ttl > 0 ? record->max_ttl : INT64_MAX;
	for (size_t i = 0; i < record->may.n; i++)
		rule->may |= MAY(mm_privilege_find(record->may.v[i]));
	for (size_t i = 0; i < MM_COUNT(lists) && code == MM_OK; i++)
		code = mm_strings_copy(lists[i].to, lists[i].from, err);
	return code;
}

enum mm_code mm_rules_build(const struct mm_config *config, struct mm_rules **out, struct mm_err *err)
{
	const struct mm_rule_record *records = config->rules.v;
	mm_auto(mm_rules) rules = NULL;
	enum mm_code code = new_rules(config->rules.n, &rules, err);

	for (size_t i = 0; i < config->rules.n && code == MM_OK; i++)
		code = copy_rule(&records[i], config->rules.lines[i], &rules->rules[i], err);
	if (code == MM_OK)
		*out = mm_take(rules);
	return code;
}

enum mm_code mm_rules_allow_all(const char *name, struct mm_rules **out, struct mm_err *err)
{
	mm_auto(mm_rules) rules = NULL;
	enum mm_code code = new_rules(1, &rules, err);

	if (code == MM_OK)
		code = mm_strings_add(&rules->rules[0].users, name, err);
	if (code == MM_OK)
		code = mm_strings_add(&rules->rules[0].namespaces, "*", err);
	if (code == MM_OK)
		code = mm_strings_add(&rules->rules[0].service_accounts, "*", err);
	if (code == MM_OK)
		code = mm_strings_add(&rules->rules[0].audiences, "*", err);
	if (code != MM_OK)
		return code;
	rules->rules[0].may = ~0u;
	rules->rules[0].max_ttl = INT64_MAX;
	*out = mm_take(rules);
	return MM_OK;
}

struct mm_rules *mm_rules_ref(struct mm_rules *rules)
{
	mm_refs_take(&rules->refs);
	return rules;
}

void mm_rules_free(struct mm_rules *rules)
{
	if (!rules || !mm_refs_drop(&rules->refs))
		return;
	for (size_t i = 0; i < rules->count; i++) {
		mm_strings_free(&rules->rules[i].users);
		mm_strings_free(&rules->rules[i].groups);
		mm_strings_free(&rules->rules[i].namespaces);
		mm_strings_free(&rules->rules[i].service_accounts);
		mm_strings_free(&rules->rules[i].audiences);
	}
	free(rules);
}

/* ---- one rule --------------------------------------------------------------------------------------------------- */

static bool is_meant(const struct rule *rule, const struct mm_user *user)
{
	if (mm_strings_has(&rule->users, "*") || mm_strings_has(&rule->groups, "*") ||
	    mm_strings_has(&rule->users, user->name))
		return true;
	for (size_t i = 0; i < rule->groups.n; i++) {
		if (mm_user_is_in(user, rule->groups.v[i]))
			return true;
	}
	return false;
}

static bool fits_any(const struct mm_strings *globs, struct mm_span name)
{
	for (size_t i = 0; i < globs->n; i++) {
		if (mm_glob_match(globs->v[i], name))
			return true;
	}
	return false;
}

/* The first audience that the rule does not allow; NULL: it allows all. */
static const char *stopped_audience(const struct rule *rule, const struct mm_question *question)
{
	for (size_t i = 0; i < question->audience_count; i++) {
		if (!fits_any(&rule->audiences, mm_span_str(question->audiences[i])))
			return question->audiences[i];
	}
	return NULL;
}

static enum mm_rule_part explain(const struct rule *rule, const struct mm_question *question)
{
	if (!question->user || !is_meant(rule, question->user))
		return MM_RULE_WHO;
	if (!(rule->may & MAY(question->privilege)))
		return MM_RULE_MAY;
	if (question->privilege != MM_PRIV_MINT)
		return MM_RULE_ALLOWS;
	if (!fits_any(&rule->namespaces, question->namespace))
		return MM_RULE_NAMESPACE;
	if (!fits_any(&rule->service_accounts, question->service_account))
		return MM_RULE_ACCOUNT;
	return stopped_audience(rule, question) ? MM_RULE_AUDIENCE : MM_RULE_ALLOWS;
}

size_t mm_rules_count(const struct mm_rules *rules)
{
	return rules->count;
}

enum mm_rule_part mm_rules_explain(const struct mm_rules *rules, size_t rule, const struct mm_question *question)
{
	return explain(&rules->rules[rule], question);
}

/* ---- all of them ------------------------------------------------------------------------------------------------ */

static bool some_rule_allows(const struct mm_rules *rules, const struct mm_question *question, const char *audience)
{
	struct mm_question alone = *question;

	alone.audiences = &audience;
	alone.audience_count = 1;
	for (size_t i = 0; i < rules->count; i++) {
		if (explain(&rules->rules[i], &alone) == MM_RULE_ALLOWS)
			return true;
	}
	return false;
}

/* Some rule lacks nothing but audiences: is there one that no rule allows, or do rules allow each, but not all? */
static void blame_audience(const struct mm_rules *rules, const struct mm_question *question,
			   struct mm_decision *decision)
{
	for (size_t i = 0; i < question->audience_count && !decision->audience; i++) {
		if (!some_rule_allows(rules, question, question->audiences[i]))
			decision->audience = question->audiences[i];
	}
	decision->audiences_apart = !decision->audience;
}

static void decide_by_rules(const struct mm_rules *rules, const struct mm_question *question,
			    struct mm_decision *decision)
{
	bool only_audience = false;

	for (size_t i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->rules[i];
		enum mm_rule_part part = explain(rule, question);

		only_audience = only_audience || part == MM_RULE_AUDIENCE;
		if (part != MM_RULE_ALLOWS)
			continue;
		if (!decision->allowed)
			*decision = (struct mm_decision){.allowed = true, .rule = i, .line = rule->line};
		if (rule->max_ttl > decision->max_ttl)
			decision->max_ttl = rule->max_ttl;
	}
	if (!decision->allowed && only_audience)
		blame_audience(rules, question, decision);
}

void mm_rules_decide(const struct mm_rules *rules, const struct mm_question *question, struct mm_decision *decision)
{
	*decision = (struct mm_decision){0};
	if (question->privilege == MM_PRIV_NONE || question->privilege == MM_PRIV_AUTHENTICATED) {
		decision->allowed = question->privilege == MM_PRIV_NONE || question->user;
		decision->max_ttl = decision->allowed ? INT64_MAX : 0;
	} else {
		decide_by_rules(rules, question, decision);
	}
}
