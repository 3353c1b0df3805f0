/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of service accounts and of the objects that tokens are bound to. mintmark is no cluster: either any of
 * them may be there, or those that the configuration declares.
 */
#ifndef MINTMARK_DIRECTORY_H
#define MINTMARK_DIRECTORY_H

#include <jansson.h>
#include <mintmark/config.h>
#include <mintmark/uuid.h>

struct mm_directory;

/* MM_ENOMEM. */
MM_MUSTCHECK enum mm_code mm_directory_build(const struct mm_config *config, struct mm_directory **out,
					     struct mm_err *err);
struct mm_directory *mm_directory_ref(struct mm_directory *directory);
void mm_directory_free(struct mm_directory *directory); /* gives one reference back; any thread */
MM_AUTO(mm_directory)

/* A service account; borrowed from the directory, or in `any` mode from the question. */
struct mm_account {
	const char *namespace;
	const char *name;
	const char *uid;                    /* declared, or `derived`: do not copy the struct */
	char derived[MM_UUID_SIZE];         /* mm_service_account_uid */
	const struct mm_strings *audiences; /* for whom its tokens may be, and are when nobody was named; NULL: any */
	mm_duration max_ttl;                /* of its tokens; 0: no bound of its own */
};
/*
 * The account, for the issuer whose uids are derived. MM_ENOTFOUND: not declared; in `any` mode: no names that
 * Kubernetes would allow. Any thread.
 */
MM_MUSTCHECK enum mm_code mm_directory_account(const struct mm_directory *directory, const char *issuer,
					       const char *namespace, const char *name, struct mm_account *out,
					       struct mm_err *err);

/* An object that tokens can be bound to; borrowed; in `any` mode it is what the caller says that it is. */
struct mm_bindable {
	const char *kind; /* "Pod", "Node", "Secret" */
	const char *name;
	const char *uid;             /* NULL: not known */
	const char *service_account; /* of a pod; NULL: not known */
	const char *node_name;       /* of a pod that runs; NULL: not known */
	const char *node_uid;
};
/*
 * The object `kind` `name` (a Node has no namespace). `uid` is what the caller says, NULL or "": nothing; it is used
 * where nothing is declared. MM_ENOTFOUND.
 */
MM_MUSTCHECK enum mm_code mm_directory_bindable(const struct mm_directory *directory, const char *kind,
						const char *namespace, const char *name, const char *uid,
						struct mm_bindable *out, struct mm_err *err);

/*
 * Whether the account of verified claims, and what the token is bound to, are still there: declared, where not any may
 * be, and with the uid that is declared for them, if one is. `claims` are such as mm_user_from_claims takes. MM_EVERIFY
 * in the words of kube-apiserver, which looks for the same (pkg/serviceaccount/claims.go), MM_ENOMEM. Any thread.
 */
MM_MUSTCHECK enum mm_code mm_directory_vouch(const struct mm_directory *directory, const json_t *claims,
					     struct mm_err *err);

#endif
