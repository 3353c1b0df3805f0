/* SPDX-License-Identifier: Apache-2.0 */
/* What a kubeconfig says of a server, found out from what serves there. */
#ifndef MINTMARK_CLI_KUBECONFIG_H
#define MINTMARK_CLI_KUBECONFIG_H

#include "cli/certificates.h"
#include "cli/command.h"

#include <mintmark/config.h>

/* {0} is an empty one; all is owned. */
struct mm_kube_server {
	char *url;     /* "https://127.0.0.1:8444": without the issuer's path, which the admin listener does not need */
	char *name;    /* that the certificate is for, where it is for another than that of the URL; NULL: the URL's */
	bool is_plain; /* HTTP */
	struct mm_buf authorities; /* PEM; empty: the system's are to be trusted */
};
void mm_kube_server_clear(struct mm_kube_server *server);

/*
 * The admin listener of the configuration. MM_EREFUSED with a hint: it is off, a Unix-domain socket, or on a port or an
 * address that only the running server knows. The errors of mm_certificates_read.
 */
MM_MUSTCHECK enum mm_code mm_kube_server_find(struct mm_call *call, const struct mm_config *config,
					      struct mm_kube_server *out, struct mm_err *err);
/* A server that the user named; `config` (NULL: none) has its certificate. MM_EUSAGE: that is no URL of a server. */
MM_MUSTCHECK enum mm_code mm_kube_server_named(const char *url, const struct mm_config *config,
					       struct mm_kube_server *out, struct mm_err *err);

/*
 * The certificates of a PEM file, written anew: a private key that stands there too is left out. What `out` held is
 * gone. The errors of mm_certificates_read.
 */
MM_MUSTCHECK enum mm_code mm_kube_authorities_read(const char *path, struct mm_buf *out, struct mm_err *err);

#endif
