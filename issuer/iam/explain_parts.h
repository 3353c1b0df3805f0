/* SPDX-License-Identifier: Apache-2.0 */
/* What the files that explain share among themselves: one trial, and the steps of it in the order of STS. */
#ifndef MINTMARK_ISSUER_IAM_EXPLAIN_PARTS_H
#define MINTMARK_ISSUER_IAM_EXPLAIN_PARTS_H

#include <mintmark/explain.h>
#include <mintmark/token.h>
#include <mintmark/trust.h>
#include <mintmark/user.h>

/* IAM User Guide, "OIDC federation": a token is taken for five minutes beyond exp, because clocks differ. */
#define MM_STS_SKEW ((mm_duration)300)

/* aud, oaud, sub, amr, email of the provider, and aws:FederatedProvider. */
#define MM_TRIAL_KEYS 6

/* One token before one policy. What the decision borrows is in it, so the explanation owns it. */
struct mm_trial {
	const struct mm_explain *asked; /* during mm_explain alone */
	struct mm_explanation *out;     /* likewise */

	struct mm_token token;              /* claims is NULL when it could not be read */
	const char *issuer, *subject, *azp; /* claims; NULL: not there, or no text */
	const char *name;                   /* of the provider: the issuer without https://; "" without an issuer */
	struct mm_strings audiences;        /* aud, written as a text or as an array */

	char *role_arn;        /* as asked, or of the annotation; NULL: not known */
	char *provider_arn;    /* of the provider that STS would look for; NULL: its account is not known */
	const json_t *account; /* the ServiceAccount of the token, of those that were given; NULL: none */
	const char *action;    /* that is decided upon: the last that was asked for */

	struct mm_findings account_hints; /* come last: they are about the way to STS, not about what STS says */
	bool failed;                      /* there was no memory for what STS answers */

	/* The condition keys of the request: ours, and then those of the question. */
	char *key_names[MM_TRIAL_KEYS];
	struct mm_strings key_values[MM_TRIAL_KEYS];
	struct mm_iam_key *keys;
	size_t key_count;
};

/* What STS answers: the first that is said stands. */
void mm_trial_refuse(struct mm_trial *trial, const char *format, ...) MM_PRINTF(2, 3);
extern const char mm_sts_not_valid[], mm_sts_no_key[];

/* A claim without which STS does nothing is not there, or unreadable. */
void mm_explain_missing(struct mm_trial *trial, const char *check, const char *claim);

/* The steps. Each adds to the findings of its part; MM_OK also for what STS refuses. */
MM_MUSTCHECK enum mm_code mm_explain_token(struct mm_trial *trial, struct mm_err *err); /* form, claims, times */
void mm_explain_times(struct mm_trial *trial);
MM_MUSTCHECK enum mm_code mm_explain_key(struct mm_trial *trial, struct mm_err *err); /* key and signature */
MM_MUSTCHECK enum mm_code mm_explain_account(struct mm_trial *trial, struct mm_err *err);
MM_MUSTCHECK enum mm_code mm_explain_provider(struct mm_trial *trial, struct mm_err *err);
/* The ARN of the registered provider: as asked, or the one of the list that is for the issuer; NULL: not known. */
const char *mm_trial_registered(const struct mm_trial *trial);
/* Makes the condition keys, finds the provider's ARN, evaluates the policy for all that the token asks for. */
MM_MUSTCHECK enum mm_code mm_explain_policy(struct mm_trial *trial, struct mm_err *err);
/* Evaluates it for what claims ask for besides the role: the first that is not allowed decides. */
MM_MUSTCHECK enum mm_code mm_explain_demands(struct mm_trial *trial, struct mm_iam_request *request,
					     struct mm_err *err);

/* ---- hints: what is probably wrong ------------------------------------------------------------------------------ */

/* One of what it was denied for, where a `trial` is at hand. The text names both values, the remedy what to change. */
#define MM_HINT(check, remedy, ...) mm_finding_add(&trial->out->hints, MM_FINDING_FAIL, check, remedy, __VA_ARGS__)

/* Those of the statements and their conditions, after the decision; and the warnings of what is allowed. */
void mm_hint_policy(struct mm_trial *trial);
/* Of one condition of an Allow that does not match. */
void mm_hint_condition(struct mm_trial *trial, const struct mm_iam_statement *statement,
		       const struct mm_iam_condition *condition);

/*
 * In all of these, `where` says whose the value is that was found, and the token has another one. Of several that are
 * wanted, the one that is nearest is told.
 */
void mm_hint_subject(struct mm_trial *trial, const char *where, const char *const *wanted, size_t count);
void mm_hint_audience(struct mm_trial *trial, const char *where, const char *const *wanted, size_t count);
/* What is known to be mistaken for the right audience; false: nothing was said. */
bool mm_hint_audience_mistaken(struct mm_trial *trial, const char *where, const char *const *wanted, size_t count);
/* What STS takes for the token's audience: azp, or the first of aud; NULL: it has none. */
const char *mm_trial_audience(const struct mm_trial *trial);
/* `found` is a provider's name, and `own` that of the token's, both with the scheme or both without; "": unknown. */
void mm_hint_provider(struct mm_trial *trial, const char *where, const char *found, const char *own);
/* True, and said, when the two differ in nothing but what eyes pass over: a slash, a scheme, case, white space. */
bool mm_hint_lookalike(struct mm_trial *trial, const char *where, const char *found, const char *own);

/* ---- small ones -------------------------------------------------------------------------------------------------- */

/* "Statement[0] (Sid)" */
#define MM_LABEL_SIZE 96
void mm_statement_label(const struct mm_iam_statement *statement, char out[static MM_LABEL_SIZE]);
/* `text` behind `prefix`, with and without regard to case; NULL when it does not begin so. */
const char *mm_behind(const char *text, const char *prefix);
const char *mm_behind_nocase(const char *text, const char *prefix);
/* The parts of "system:serviceaccount:NAMESPACE:NAME"; false: it is not of that form. */
bool mm_subject_split(const char *subject, struct mm_span *namespace, struct mm_span *name);
/* How far the two times are apart, in the two largest units: "3h12m". */
void mm_distance_text(mm_time a, mm_time b, char out[static MM_DURATION_TEXT_SIZE]);

#endif
