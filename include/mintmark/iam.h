/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy language of AWS IAM, as far as trust policies for web identities need it: read strictly, evaluated as
 * documented (IAM User Guide, "Policy evaluation logic", "IAM JSON policy elements"), and told step by step. What is
 * not known here (an operator, an element) is named and never silently passes.
 */
#ifndef MINTMARK_IAM_H
#define MINTMARK_IAM_H

#include <jansson.h>
#include <mintmark/clock.h>
#include <mintmark/finding.h>

#define MM_IAM_POLICY_MAX                                                                                              \
	65536 /* bytes that are read; IAM's own quota of a trust policy is 2,048 to 8,192 characters */

struct mm_iam_policy;

/*
 * Reads a policy document: JSON, or the same percent-encoded as IAM's API gives it, or the answer of `aws iam get-role`
 * (the AssumeRolePolicyDocument in it). MM_EPARSE: not of that form, with the place ("Statement[1]: Condition: …"):
 * an unknown or repeated element, a wrong type, no Effect; Resource, which trust policies have not. MM_ELIMIT.
 */
MM_MUSTCHECK enum mm_code mm_iam_policy_parse(struct mm_span text, struct mm_iam_policy **out, struct mm_err *err);
void mm_iam_policy_free(struct mm_iam_policy *policy);
MM_AUTO(mm_iam_policy)

/* The ARN of the role that the answer of `aws iam get-role` is about; NULL: it does not say. Borrowed, and unchecked. */
const char *mm_iam_policy_role(const struct mm_iam_policy *policy);

#define MM_STS_WEB_IDENTITY "sts:AssumeRoleWithWebIdentity" /* the action by which tokens are used */

/* A condition key of a request: "oidc.example.com:sub". Keys are compared without case, values as the operator says. */
struct mm_iam_key {
	const char *name;
	const char *const *values;
	size_t count;     /* 0: the request does not have it */
	bool multivalued; /* an array by nature: wants ForAnyValue or ForAllValues */
};

struct mm_iam_request {
	const char *action;         /* MM_STS_WEB_IDENTITY */
	const char *principal_type; /* "Federated" */
	const char *principal;      /* the ARN of the provider; compared exactly, as IAM does */
	const struct mm_iam_key *keys;
	size_t key_count;
	/*
	 * Whether a key that is not in `keys` is absent from every such request (an oidc key without its claim), or one
	 * of which nothing can be known here (aws:SourceIp): the latter makes a condition undecided. NULL: all are
	 * known. Not asked for aws:CurrentTime and aws:EpochTime.
	 */
	bool (*knows)(void *arg, const char *name);
	void *arg;
};

enum mm_iam_outcome { MM_IAM_MATCH, MM_IAM_NO_MATCH, MM_IAM_UNDECIDED };

/* One key of one operator of one statement. Texts are borrowed from the policy and the request. */
struct mm_iam_condition {
	const char *operator;      /* as written: "ForAnyValue:StringLike" */
	const char *key;           /* as written */
	const char *const *wanted; /* as written; variables are not expanded */
	size_t wanted_count;
	const struct mm_iam_key *got; /* NULL: the request does not have the key */
	/*
	 * What cannot be evaluated (an unknown operator, a value that is not of its type, a variable without a value)
	 * does not match in an Allow, and is undecided in a Deny.
	 */
	enum mm_iam_outcome outcome;
	const char *why; /* static: "the key is not in the request", "unknown operator"; NULL: the values decided */
};

struct mm_iam_statement {
	size_t index;    /* in the policy, from 0 */
	const char *sid; /* NULL: it has none */
	bool deny;
	bool action_matches, principal_matches;
	struct mm_strings actions, principals; /* as written; principals as "Federated:ARN"; Not… elements marked "!" */
	struct mm_iam_condition *conditions;
	size_t condition_count;
	enum mm_iam_outcome outcome; /* of the whole statement; undecided when nothing but undecided conditions fail */
};

enum mm_iam_verdict {
	MM_IAM_ALLOWED,
	MM_IAM_DENIED,          /* no statement allows it */
	MM_IAM_DENIED_EXPLICIT, /* a Deny matches, or an undecided Deny could */
	MM_IAM_UNKNOWN,         /* it hangs on undecided conditions: not allowed as far as is known */
};

struct mm_iam_decision {
	enum mm_iam_verdict verdict;
	struct mm_iam_statement *statements; /* all of the policy, in order */
	size_t count;
	struct mm_iam_times *times; /* its own: the keys aws:CurrentTime and aws:EpochTime, which `got` may lead to */
};
void mm_iam_decision_clear(struct mm_iam_decision *decision);
#define mm_auto_iam_decision MM_CLEANUP(mm_iam_decision_clear) struct mm_iam_decision

/*
 * Evaluates. Operators: String*, Numeric*, Date*, Bool, BinaryEquals, IpAddress, NotIpAddress, Arn*, Null; IfExists;
 * ForAllValues:, ForAnyValue:. Policy variables (${aws:…}, with a default) in the values of String and Arn operators
 * of version 2012-10-17. `now` is the value of aws:CurrentTime and aws:EpochTime. The decision borrows from both.
 * MM_ENOMEM.
 */
MM_MUSTCHECK enum mm_code mm_iam_evaluate(const struct mm_iam_policy *policy, const struct mm_iam_request *request,
					  mm_time now, struct mm_iam_decision *out, struct mm_err *err);

/*
 * What is wrong or unwise in a trust policy by itself, without a token: a scheme or a slash too many in a condition
 * key, a `*` under StringEquals, no condition on sub or on aud, wide wildcards, a key for another provider than the
 * principal's, an unknown operator, a wrong action, Principal "*", version 2008, statements that can never match. Named
 * policy.* and listed in mintmark(1); the text tells the statement ("Statement[0] (Sid)") first. A statement to which
 * nothing is objected is a pass, policy.statement.
 */
void mm_iam_lint(const struct mm_iam_policy *policy, struct mm_findings *findings);

#endif
