/* SPDX-License-Identifier: Apache-2.0 */
/* The authorities that may say who a client is, and the lists of what they have revoked. */
#ifndef ISSUER_KUBE_CLIENT_CA_H
#define ISSUER_KUBE_CLIENT_CA_H

#include <mintmark/attr.h>
#include <mintmark/err.h>
#include <openssl/types.h>

#define MM_CLIENT_CA_MAX  (1 << 20)  /* bytes of a file */
#define MM_CLIENT_CRL_MAX (16 << 20) /* bytes of a file */

/* Immutable. */
struct mm_client_ca {
	struct stack_st_X509 *authorities;
	struct stack_st_X509_NAME *names; /* theirs */
	struct stack_st_X509_CRL *lists;  /* empty: nothing is asked about revocation */
	X509_STORE *store;                /* of both, with what else must hold of a client's certificate */
};

/*
 * Reads PEM files; `crl_path` NULL: none. MM_EUNSAFE: others can write one of them. MM_ECONFIG: no certificate or no
 * list in it, a damaged one, a certificate of no authority, or one that a list revokes; a list by none of the
 * authorities, or without nextUpdate, which would hold for ever. MM_ENOTFOUND, MM_ELIMIT, MM_EIO, MM_ENOMEM.
 */
MM_MUSTCHECK enum mm_code mm_client_ca_load(const char *ca_path, const char *crl_path, struct mm_client_ca **out,
					    struct mm_err *err);
void mm_client_ca_free(struct mm_client_ca *ca);
MM_AUTO(mm_client_ca)

#endif
