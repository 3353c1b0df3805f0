/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TokenRequest and TokenReview: what Kubernetes' API server does with them, without HTTP and without a wire format.
 * Both change the object that was sent into the answer, or say in a Status why not, in Kubernetes' words
 * (pkg/registry/core/serviceaccount/storage/token.go, pkg/registry/authentication/tokenreview).
 */
#ifndef MINTMARK_TOKENAPI_H
#define MINTMARK_TOKENAPI_H

#include <mintmark/directory.h>
#include <mintmark/fault.h>
#include <mintmark/kubeapi.h>
#include <mintmark/rules.h>

/* What they work with; everything is borrowed. */
struct mm_token_api {
	const struct mm_snapshot *snapshot; /* with signers */
	const struct mm_directory *directory;
	const struct mm_rules *rules;
	const struct mm_user *user; /* who asks */
	mm_time now;
	const struct mm_fault_request *faulty; /* `mintmark dev`: the token is to be wrong so; NULL: mm_mint */
};

/* What there is to tell of a token that was minted: for the answer's Warning header and for the audit. */
struct mm_token_api_minted {
	struct mm_minted minted;     /* but the token, which is in the answer */
	struct mm_buf subject;       /* sub */
	struct mm_strings audiences; /* aud */
	struct mm_buf warning;       /* 'requested expiration of 7200 seconds shortened to 3600 seconds'; empty: none */
};
void mm_token_api_minted_clear(struct mm_token_api_minted *minted); /* cleanses */

/*
 * Answers a TokenRequest for the account of the path. Order: names in the body that disagree with the path (422),
 * account unknown (404), uid differs (409), audiences: an empty one (422), one that the account's own do not hold or
 * that no rule allows (403), lifetime below 600 s or above 2^32 (422), bound object (400, 404, 409), cap to what
 * tokens.max_ttl, the account, the rules and the key set allow (a warning), the extension, signing (500; 400: the token
 * would be too long). A lifetime that nobody asked for is 3600 s. A cap may well be below 600 s.
 *
 * The extension needs tokens.extend_expiration, a Pod, 3607 s, none but the API's audiences, no rule and no account
 * that sets a bound below a year, and a key set that has promised as much (mm_mint_request.extend).
 *
 * MM_OK: `request` is the answer (201) and `out` is filled. Otherwise `status` is filled, whatever the code, and `err`
 * has the same message, or of a failure inside (500) the cause, which is for the log alone.
 */
MM_MUSTCHECK enum mm_code mm_token_request_answer(const struct mm_token_api *api, const char *namespace,
						  const char *name, struct mm_token_request *request,
						  struct mm_token_api_minted *out, struct mm_kube_status *status,
						  struct mm_err *err);

/* What is wrong with a lifetime that a TokenRequest asks for, in Kubernetes' words; NULL: nothing. */
const char *mm_token_request_lifetime_fault(int64_t seconds);

/*
 * Answers a TokenReview; MM_OK (201) also for a token that is not valid, with `error` in Kubernetes' words; what was
 * sent stays in it. Retired and tainted keys are accepted, revoked and removed ones are not known.
 *
 * As kube-apiserver looks whether the account and what the token is bound to are still there: they must be declared
 * (where any may be, any are), and if the directory has a uid declared for them, with that uid.
 *
 * MM_EREFUSED and a status (400): no token in it. MM_ENOMEM, MM_ECRYPTO and a status (500).
 */
MM_MUSTCHECK enum mm_code mm_token_review_answer(const struct mm_token_api *api, struct mm_token_review *review,
						 struct mm_kube_status *status, struct mm_err *err);

#endif
