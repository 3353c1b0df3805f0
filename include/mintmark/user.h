/* SPDX-License-Identifier: Apache-2.0 */
/* Who somebody is, in Kubernetes' words (authentication.k8s.io/v1 UserInfo). */
#ifndef MINTMARK_USER_H
#define MINTMARK_USER_H

#include <jansson.h>
#include <mintmark/bytes.h>
#include <sys/types.h>

#define MM_USER_EXTRA_MAX 5

#define MM_GROUP_AUTHENTICATED    "system:authenticated"
#define MM_GROUP_SERVICE_ACCOUNTS "system:serviceaccounts" /* all; those of a namespace with :NAMESPACE */
#define MM_USER_SERVICE_ACCOUNT   "system:serviceaccount:" /* NAMESPACE:NAME */

struct mm_user_extra {
	const char *key; /* static: "authentication.kubernetes.io/credential-id" */
	char *value;
};

/* Everything is owned; {0} is nobody. */
struct mm_user {
	char *name;
	char *uid; /* NULL: none */
	struct mm_strings groups;
	size_t extra_count; /* sorted by key, as Kubernetes writes maps */
	struct mm_user_extra extra[MM_USER_EXTRA_MAX];
};
void mm_user_clear(struct mm_user *user); /* for MM_CLEANUP */
MM_MUSTCHECK enum mm_code mm_user_copy(const struct mm_user *from, struct mm_user *to, struct mm_err *err);
bool mm_user_is_in(const struct mm_user *user, const char *group);

/*
 * The user that a credential of somebody else's making names (a line of the token file, a certificate), in the groups
 * that it names and in system:authenticated, each once. `uid` NULL or "": none. MM_EREFUSED: a user or group that is
 * empty, longer than 512 bytes, begins or ends with a space, is not UTF-8 or has control characters; one that
 * Kubernetes keeps for itself, or that would pass for another kind of caller: system:anonymous,
 * system:unauthenticated, system:serviceaccount:…, system:serviceaccounts, system:serviceaccounts:…, unix:…. `*user` is
 * {0} then.
 */
MM_MUSTCHECK enum mm_code mm_user_build(const char *name, const char *uid, const struct mm_strings *groups,
					struct mm_user *user, struct mm_err *err);
/* The peer of a Unix-domain socket: user unix:uid:N in the groups unix:gid:N and system:authenticated. */
MM_MUSTCHECK enum mm_code mm_user_from_peer(uid_t uid, gid_t gid, struct mm_user *user, struct mm_err *err);

/*
 * Whom the verified claims of a service-account token mean, as kube-apiserver says it (pkg/serviceaccount/util.go):
 * name, uid, the three groups, and of extra credential-id (JTI=…), node-name, node-uid, pod-name, pod-uid as far as
 * they are there. MM_EVERIFY: the claims are not those of a service account, or its names and `sub` disagree; `*user`
 * is {0} then.
 */
MM_MUSTCHECK enum mm_code mm_user_from_claims(const json_t *claims, struct mm_user *user, struct mm_err *err);

#endif
