/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of TokenRequest share: a cluster in small, somebody who asks it for tokens, and what she gets. */
#ifndef MINTMARK_TESTS_ASKING_H
#define MINTMARK_TESTS_ASKING_H

#include "tests/unit/tokenworld.h"

#define BUILDER_UID "11111111-2222-4333-8444-555555555555"
#define POD_UID     "66666666-2222-4333-8444-555555555555"
#define NODE_UID    "77777777-2222-4333-8444-555555555555"

/* What is declared is all that there is: the accounts builder, derived, limited and foreign, pods, a node, a secret. */
extern const char ask_declared[];

/* Any account and any object; whoever is somebody may mint everything. */
#define ASK_ANYTHING                                                                                                   \
	"rules:\n- {users: ['*'], may: [mint], namespaces: ['*'], service_accounts: ['*'], audiences: ['*']}\n"

/* A TokenRequest with that boundObjectRef. */
#define ASK_BOUND(members) "{\"spec\":{\"boundObjectRef\":{" members "}}}"

/* An answer, or a refusal, and what it takes to look at it. */
struct answer {
	struct test_world world;
	struct mm_token_request request;
	struct mm_token_api_minted minted;
	struct mm_kube_status status;
	struct mm_err err;
	enum mm_code code;
	json_t *claims; /* of an answer */
};

void ask_begin(struct answer *answer, const char *yaml);
/* alice asks for a token of the account in the namespace default; the request is JSON. */
void ask(struct answer *answer, const char *name, const char *json);
void ask_forget(struct answer *answer); /* before she asks again */
void ask_end(struct answer *answer);

/* The text at a path: claim_text(claims, "kubernetes.io", "pod", "uid"); NULL: there is none. */
#define claim_text(claims, ...) claim_text_at((claims), (const char *const[]){__VA_ARGS__, NULL})
const char *claim_text_at(const json_t *claims, const char *const *path);
int64_t claim_time(const json_t *claims, const char *name);

#endif
