/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the commands that change the key set have in common: their flags, the key that is meant, the question before
 * somebody is hurt, and the answer.
 */
#ifndef MINTMARK_CLI_VERB_H
#define MINTMARK_CLI_VERB_H

#include "cli/context.h"

#include <mintmark/manage.h>

/* Their options begin with this; each has the flags that it needs. */
struct mm_verb_options {
	struct mm_common_options common;
	const char *reason;
	const struct mm_alg *alg; /* NULL: the first of the configuration */
	bool allow_gap;
	bool yes;
};

#define MM_FLAG_ROW_REASON                                                                                             \
	{                                                                                                              \
		.name = "reason", .type = MM_FLAG_TEXT, .offset = offsetof(struct mm_verb_options, reason),            \
		.value = "TEXT", .help = "why, in a line of your own, for the audit"                                   \
	}
#define MM_FLAG_ROW_ALGORITHM(whose)                                                                                   \
	{                                                                                                              \
		.name = "algorithm", .type = MM_FLAG_ALGORITHM, .offset = offsetof(struct mm_verb_options, alg),       \
		.value = "ALG", .help = whose "; without it the first that is configured"                              \
	}
#define MM_FLAG_ROW_WHOSE_ACTIVE MM_FLAG_ROW_ALGORITHM("the one whose key active means")
#define MM_FLAG_ROW_ALLOW_GAP                                                                                          \
	{                                                                                                              \
		.name = "allow-gap", .type = MM_FLAG_SWITCH, .offset = offsetof(struct mm_verb_options, allow_gap),    \
		.help = "even if the key that signs next is not ready: verifiers will refuse tokens"                   \
	}
#define MM_FLAG_ROW_YES                                                                                                \
	{                                                                                                              \
		.name = "yes", .type = MM_FLAG_SWITCH, .offset = offsetof(struct mm_verb_options, yes),                \
		.help = "say who will be hurt, and do not ask"                                                         \
	}

/* One run of such a command; {0} is an empty one. */
struct mm_verb {
	struct mm_call *call;
	struct mm_cli_context context; /* the set as it was found */
	struct mm_keyset *plan;        /* a copy, on which a step is tried before it is taken */
	mm_time now;                   /* when both were read */
	const struct mm_alg *alg;      /* the algorithm that is meant */
	const char *kid;               /* of the key that is meant, borrowed from the set; NULL: whichever is next */
	struct mm_manage manage;       /* borrows from the context */
	struct mm_change change;
};
void mm_verb_clear(struct mm_verb *verb);
#define mm_auto_verb MM_CLEANUP(mm_verb_clear) struct mm_verb

/* Opens the configuration, the store and the set. MM_EUSAGE: --reason is longer than a line. */
MM_MUSTCHECK enum mm_code mm_verb_open(struct mm_call *call, struct mm_verb *verb, struct mm_err *err);

/* The key that the first argument names, as mm_key_by_name: verb->kid, and verb->alg is that of the key. */
MM_MUSTCHECK enum mm_code mm_verb_find_key(struct mm_verb *verb, struct mm_err *err);

/*
 * Says on standard error who will be hurt by what was done to the plan with the key `kid`, and asks unless --yes was
 * given. Where nobody will be, neither, unless `always`. Errors as mm_confirm.
 */
MM_MUSTCHECK enum mm_code mm_verb_confirm(struct mm_verb *verb, const char *kid, bool always, struct mm_err *err);

/* What `key activate` and `key taint` do to the key that is named, which leaves a gap if --allow-gap says so. */
struct mm_gap_verb {
	/* On the plan, to tell who will be hurt. */
	enum mm_code (*step)(struct mm_keyset *set, const char *kid, const struct mm_policy *policy, enum mm_gap gap,
			     mm_time now, struct mm_err *err);
	enum mm_code (*run)(const struct mm_manage *manage, const char *kid, enum mm_gap gap, struct mm_change *change,
			    struct mm_err *err);
	void (*hint)(struct mm_verb *verb, enum mm_gap gap); /* when it was refused */
};
/* The whole command: with --allow-gap it says who will be hurt, and asks. */
MM_MUSTCHECK enum mm_code mm_verb_run_gap(struct mm_call *call, const struct mm_gap_verb *how, struct mm_err *err);

/*
 * After a refusal, the hint: when the key `kid` (NULL: the next of verb->alg) becomes ready, or when the JWKS has room
 * for another key. Neither says anything where that is not why.
 */
void mm_verb_hint_not_ready(struct mm_verb *verb, const char *kid);
void mm_verb_hint_full(struct mm_verb *verb);

/* MM_OK: prints the answer. Otherwise the line gets the name of the command before it. */
MM_MUSTCHECK enum mm_code mm_verb_finish(struct mm_verb *verb, enum mm_code code, struct mm_err *err);

#endif
