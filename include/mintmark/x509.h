/* SPDX-License-Identifier: Apache-2.0 */
/* What a certificate says, in our own words. */
#ifndef MINTMARK_X509_H
#define MINTMARK_X509_H

#include <mintmark/bytes.h>
#include <mintmark/clock.h>
#include <openssl/x509.h>

/* False: it is no time. */
MM_MUSTCHECK bool mm_x509_time(const ASN1_TIME *from, mm_time *out);

/* Appends a name for people to read, "CN=alice,O=team" (RFC 4514), with its characters as UTF-8. */
void mm_x509_add_name(struct mm_buf *out, const X509_NAME *name);

/*
 * Appends the certificates of a PEM file, as many as there are, to `list`, which owns them; what else stands there is
 * passed over. MM_EPARSE: one is broken; MM_ENOMEM.
 */
MM_MUSTCHECK enum mm_code mm_x509_read_pem(struct mm_span text, STACK_OF(X509) * list, struct mm_err *err);

/* For what reads PEM that may hold something encrypted: there is no passphrase. OpenSSL would ask on the terminal. */
int mm_no_passphrase(char *buf, int size, int writing, void *arg);

#endif
