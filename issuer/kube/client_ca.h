/* SPDX-License-Identifier: Apache-2.0 */
/* The authorities that may say who a client is, and the lists of what they have revoked. */
#ifndef MINTMARK_ISSUER_KUBE_CLIENT_CA_H
#define MINTMARK_ISSUER_KUBE_CLIENT_CA_H

#include <mintmark/attr.h>
#include <mintmark/err.h>
#include <openssl/types.h>

#define MM_CLIENT_CA_MAX  (1 << 20)  /* bytes of a file */
#define MM_CLIENT_CRL_MAX (16 << 20) /* bytes of a file */

/* Immutable once it is shared. */
struct mm_client_ca {
	struct stack_st_X509 *authorities;
	struct stack_st_X509_NAME *names; /* theirs */
	struct stack_st_X509_CRL *lists;  /* at most one by each; empty: nothing is asked about revocation */
	X509_STORE *store;                /* of both, with what else must hold of a client's certificate */
};

/*
 * Reads a PEM file of authorities. MM_EUNSAFE: others can write it. MM_ECONFIG: no certificate in it, a damaged one, or
 * one of no authority, or more of them than TLS can name. MM_ENOTFOUND, MM_ELIMIT, MM_EIO, MM_ENOMEM.
 */
MM_MUSTCHECK enum mm_code mm_client_ca_load(const char *path, struct mm_client_ca **out, struct mm_err *err);
/*
 * Reads a PEM file of lists of revoked certificates into it: from then on each certificate needs a list by its issuer.
 * Errors as above; MM_ECONFIG also: a list by none of the authorities, a second by one of them, one without nextUpdate,
 * which would hold for ever, or one that revokes an authority.
 */
MM_MUSTCHECK enum mm_code mm_client_ca_load_lists(struct mm_client_ca *ca, const char *path, struct mm_err *err);
void mm_client_ca_free(struct mm_client_ca *ca);
MM_AUTO(mm_client_ca)

#endif
