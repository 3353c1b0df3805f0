/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A token before a policy, as a row: what differs from a pair that STS accepts, and what is expected. The tokens are
 * really signed.
 */
#ifndef MINTMARK_TESTS_EXPLAINING_H
#define MINTMARK_TESTS_EXPLAINING_H

#include "tests/unit/tokens.h"

#include <mintmark/explain.h>

#define NAME     "oidc.example.com/id/prod"
#define ISSUER   "https://" NAME
#define ACCOUNT  "123456789012"
#define ROLE     "arn:aws:iam::" ACCOUNT ":role/web"
#define PROVIDER "arn:aws:iam::" ACCOUNT ":oidc-provider/" NAME
#define SUBJECT  "system:serviceaccount:prod:web"
#define NOW      1700000000 /* 2023-11-14T22:13:20Z */

/* Condition elements: one operator, one key, one value. */
#define ON(operator, key, value) "{\"" operator"\":{\"" key "\":\"" value "\"}}"
#define ON_SUB(operator, value)  ON(operator, NAME ":sub", value)
#define ON_AUD(operator, value)  ON(operator, NAME ":aud", value)
#define ABSENT                   "-" /* of a claim: the token has it not */

struct explain_row {
	const char *rule; /* why it is so; shown when it is not */

	/* The token, for ISSUER, SUBJECT and sts.amazonaws.com, issued a minute ago for an hour. NULL: like that. */
	const char *token;         /* as it is, in place of all that follows */
	const char *header;        /* the default is {"alg":"ES256","kid":"k1"} */
	const char *alg;           /* of the key that signs, in place of ES256 */
	unsigned key;              /* signed by this one of several keys; 0 is in the JWKS */
	const char *iss, *sub;     /* texts */
	const char *aud;           /* JSON */
	const char *exp, *iat;     /* JSON */
	const char *more;          /* further members */
	bool unverified;           /* there is no JWKS */
	unsigned published;        /* so many keys are in the JWKS; 0: one */
	const char *published_kid; /* under which the key is published, in place of "k1"; ABSENT: without one */

	/* The policy: one Allow for PROVIDER, with SUBJECT and sts.amazonaws.com by StringEquals. */
	const char *policy;    /* the whole document */
	const char *principal; /* JSON */
	const char *action;    /* JSON */
	const char *condition; /* JSON; "": there is none */
	const char *also;      /* further statements */

	/* What else is known: nothing. JSON, but for the ARNs. */
	const char *provider, *provider_arn, *role_arn, *account;
	const char *server;                  /* the issuer that serves the keys */
	const char *context, *context_value; /* one further condition key */
	mm_time now;                         /* 0: NOW */

	bool allowed;
	const char *error; /* a part of what STS answers; NULL: AccessDenied where it is denied */
	const char *hints; /* the names of all, in their order, with spaces between; NULL: there are none */
	const char *says;  /* what the texts of the hints must hold, with | between */
	const char *finds; /* "token.expiry=fail": a finding of another list */
};

/* Each row must be as it says. */
void explain_rows(const struct explain_row *rows, size_t count);
/* The explanation of one row, to be cleared; `*question` holds what it borrows until explain_forget. */
struct explain_question;
struct explain_question *explain_ask(const struct explain_row *row, struct mm_explanation *out, enum mm_code *code,
				     struct mm_err *err);
void explain_forget(struct explain_question *question);

#endif
