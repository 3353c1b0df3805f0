/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may do what. Rules only allow; what none allows is denied. A rule allows what all of its parts fit, and the parts
 * of different rules are never combined.
 */
#ifndef MINTMARK_RULES_H
#define MINTMARK_RULES_H

#include <mintmark/clock.h>
#include <mintmark/config.h>
#include <mintmark/user.h>

/* What it takes to use a route; a row of rules.c says what each is called in Kubernetes. */
enum mm_privilege {
	MM_PRIV_NONE,          /* nothing */
	MM_PRIV_AUTHENTICATED, /* to be somebody */
	MM_PRIV_MINT,          /* a rule with `mint` */
	MM_PRIV_REVIEW,        /* a rule with `review` */
	MM_PRIV_METRICS,       /* a rule with `metrics` */
	MM_PRIV_DEV,           /* what `mintmark dev` adds; no configuration can allow it */
	MM_PRIV_COUNT
};

/* What `may` says for it: "mint"; NULL: no configuration can allow it. And back; MM_PRIV_NONE: no such word. */
const char *mm_privilege_word(enum mm_privilege privilege);
enum mm_privilege mm_privilege_find(const char *word);

struct mm_rules;

/* From the records of the configuration, which were checked when it was loaded. MM_ENOMEM. */
MM_MUSTCHECK enum mm_code mm_rules_build(const struct mm_config *config, struct mm_rules **out, struct mm_err *err);
/* For `mintmark dev`: the user `name` may do everything, nobody else anything. */
MM_MUSTCHECK enum mm_code mm_rules_allow_all(const char *name, struct mm_rules **out, struct mm_err *err);
struct mm_rules *mm_rules_ref(struct mm_rules *rules);
void mm_rules_free(struct mm_rules *rules); /* gives one reference back; any thread */
MM_AUTO(mm_rules)

/* What is asked; everything is borrowed. For all but MM_PRIV_MINT the rest after `privilege` is not looked at. */
struct mm_question {
	const struct mm_user *user; /* NULL: nobody */
	enum mm_privilege privilege;
	struct mm_span namespace;
	struct mm_span service_account;
	/* None: not asked about yet (the dispatcher knows the path and not the body). A token always has one. */
	const char *const *audiences;
	size_t audience_count;
};

struct mm_decision {
	bool allowed;
	size_t rule;         /* the first rule that allows it, from 0 (MM_PRIV_NONE and _AUTHENTICATED need none) */
	size_t line;         /* where that rule stands in the configuration; 0: in none */
	mm_duration max_ttl; /* the longest lifetime of all rules that allow it; INT64_MAX: they set no bound */
	/*
	 * Denied, although without the audiences it were allowed: the first audience that no rule allows (borrowed), or
	 * each would be allowed, but no one rule allows all.
	 */
	const char *audience;
	bool audiences_apart;
};

/*
 * Decides. Any thread; allocates nothing. In a rule `*` stands for one or more characters, never for none; names
 * without it are compared byte for byte. In `users` and `groups` only a lone `*` is a wildcard: everybody who is
 * somebody.
 */
void mm_rules_decide(const struct mm_rules *rules, const struct mm_question *question, struct mm_decision *decision);

/* Whether `text` fits `pattern`, see above; nothing fits an empty text. Linear in text.len. */
bool mm_glob_match(const char *pattern, struct mm_span text);

/* Why one rule does not allow what is asked, in the order in which the parts are looked at. */
enum mm_rule_part { MM_RULE_ALLOWS, MM_RULE_WHO, MM_RULE_MAY, MM_RULE_NAMESPACE, MM_RULE_ACCOUNT, MM_RULE_AUDIENCE };
size_t mm_rules_count(const struct mm_rules *rules);
enum mm_rule_part mm_rules_explain(const struct mm_rules *rules, size_t rule, const struct mm_question *question);

/*
 * What a denied caller reads, in Kubernetes' words: 'serviceaccounts "x" is forbidden: User "u" cannot create resource
 * "serviceaccounts/token" in API group "" in the namespace "n"', with ': no rule allows the audience "a"' or ': no
 * rule allows these audiences together' after it where that is why; 'forbidden: User "u" cannot get path "/metrics"'.
 * Names are quoted (mm_buf_add_quoted). `path` is for what is no resource.
 */
void mm_rules_forbidden(const struct mm_question *question, const struct mm_decision *decision, struct mm_span path,
			struct mm_buf *out);

#endif
