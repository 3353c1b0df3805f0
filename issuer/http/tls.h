/* SPDX-License-Identifier: Apache-2.0 */
/* The server's side of TLS: an immutable context made of a certificate chain and its key, shared by reference count. */
#ifndef MINTMARK_ISSUER_HTTP_TLS_H
#define MINTMARK_ISSUER_HTTP_TLS_H

#include <mintmark/bytes.h>
#include <mintmark/clock.h>
#include <openssl/types.h>

#define MM_TLS_FILE_MAX 262144 /* bytes of a chain or key file */

struct mm_tls;
struct stack_st_X509_NAME;

/*
 * TLS 1.2 or newer, ALPN http/1.1 and nothing else, no renegotiation, no compression. Everything is read and checked
 * before anything is used. MM_ECONFIG: no certificate or key in the file, a key with a passphrase, a certificate of
 * another key, or one that has expired at `now` or is not valid yet (five minutes of clock skew are
 * granted); MM_ENOTFOUND, MM_EIO; the line names the file.
 */
MM_MUSTCHECK enum mm_code mm_tls_load(const char *certificate_path, const char *key_path, mm_time now,
				      struct mm_tls **out, struct mm_err *err);
/*
 * The same certificate for a listener that has callers: no session is resumed there, so that each connection proves
 * anew who it is. With `authorities` the client is asked for a certificate of one of them (the names are copied) and
 * may have none; that it holds the key of the one it shows is all that TLS checks. A chain of more than 16 KiB, or a key
 * that would take long (RSA beyond 8192 bits, a strange exponent, DSA), ends the handshake. MM_ECRYPTO, MM_ENOMEM.
 */
MM_MUSTCHECK enum mm_code mm_tls_for_callers(const struct mm_tls *tls, const struct stack_st_X509_NAME *authorities,
					     struct mm_tls **out, struct mm_err *err);
/* Whether every user of the host may read the file; false when it is not there. Worth a warning, no more: see tls.c. */
bool mm_tls_key_exposed(const char *key_path);
struct mm_tls *mm_tls_ref(struct mm_tls *tls);
void mm_tls_free(struct mm_tls *tls); /* gives one reference back; any thread */
MM_AUTO(mm_tls)

/* When the first certificate of the chain expires. */
mm_time mm_tls_expires(const struct mm_tls *tls);

/* A server-side connection on the descriptor, which stays the caller's; NULL when out of memory. SSL_free ends it. */
SSL *mm_tls_accept(const struct mm_tls *tls, int fd);

#endif
