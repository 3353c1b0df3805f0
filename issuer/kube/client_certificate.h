/* SPDX-License-Identifier: Apache-2.0 */
/* Whom a client certificate names, and for how long that can be believed. */
#ifndef MINTMARK_ISSUER_KUBE_CLIENT_CERTIFICATE_H
#define MINTMARK_ISSUER_KUBE_CLIENT_CERTIFICATE_H

#include "issuer/kube/client_ca.h"

#include <mintmark/clock.h>
#include <mintmark/user.h>

/*
 * CN is the user, each O a group. `chain`, which may be NULL, is what the client sent besides. `*until` is when it has
 * to be asked again: the earliest end of a certificate in the chain or of a list by one of their issuers. MM_EVERIFY:
 * expired or not valid yet, revoked, of no authority of ours, for no TLS client, too weak, no CN or two, a name that
 * mm_user_build refuses, no list that is valid now where there are lists; the line names the subject. `*user` is {0}
 * then. MM_ECRYPTO, MM_ENOMEM. Any thread.
 */
MM_MUSTCHECK enum mm_code mm_client_certificate_user(const struct mm_client_ca *ca, X509 *certificate,
						     struct stack_st_X509 *chain, mm_time now, struct mm_user *user,
						     mm_time *until, struct mm_err *err);

#endif
