/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Would AWS STS accept this token for this role, and if not, why? What AssumeRoleWithWebIdentity does, in its order: the
 * token, the provider, the policy; and for whatever fails, what is probably wrong.
 */
#ifndef MINTMARK_EXPLAIN_H
#define MINTMARK_EXPLAIN_H

#include <mintmark/iam.h>
#include <mintmark/jwks.h>

/* What is asked; everything is borrowed. */
struct mm_explain {
	const struct mm_iam_policy *policy;
	struct mm_span token;
	const struct mm_jwks *jwks; /* to verify the signature by; NULL: it is not verified, and that is said */
	const char *issuer;         /* that serves the keys: iss must be it; NULL: not known */
	/* `aws iam get-open-id-connect-provider`: Url, ClientIDList; or list-open-id-connect-providers; NULL: not known */
	const json_t *provider;
	const char *provider_arn;         /* NULL: taken from the policy's principal */
	const char *role_arn;             /* NULL: as the policy's file or the annotation says, or not known */
	const json_t *service_account;    /* a ServiceAccount, a Pod, or a List of them; NULL: not known */
	const struct mm_iam_key *context; /* further condition keys: aws:SourceIp, … */
	size_t context_count;
	mm_time now;
};

struct mm_explanation {
	bool allowed;
	const char *principal; /* what the policy's principals are held against; borrowed; NULL: nothing was */
	char *error; /* what STS would answer: "InvalidIdentityToken: …", "AccessDenied: …"; NULL when allowed */
	struct mm_findings token;        /* token.*: form, algorithm, key, signature, times, issuer, audience */
	struct mm_findings provider;     /* provider.* */
	struct mm_findings account;      /* account.*: annotations of the ServiceAccount */
	struct mm_findings hints;        /* hint.*: what is probably wrong, the likeliest first */
	struct mm_iam_decision decision; /* borrows from policy, context and explanation */
	bool decided;                    /* false: STS would have refused the token before it looked at the policy */
	struct mm_trial *trial;          /* private: what the decision borrows */
};
void mm_explanation_clear(struct mm_explanation *explanation);
#define mm_auto_explanation MM_CLEANUP(mm_explanation_clear) struct mm_explanation

/*
 * Explains. A token that is refused is no error: MM_OK with allowed false. The policy is evaluated also for a token that
 * STS would have refused before, as far as it can be read, so that one run tells all. MM_EPARSE: provider, service
 * account or an ARN are not what they should be; MM_EUSAGE: a context key that is the token's; MM_ENOMEM, MM_ECRYPTO.
 */
MM_MUSTCHECK enum mm_code mm_explain(const struct mm_explain *question, struct mm_explanation *out, struct mm_err *err);

#endif
