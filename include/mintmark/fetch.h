/* SPDX-License-Identifier: Apache-2.0 */
/* Fetching a small document from a peer that may be hostile, with libcurl. */
#ifndef MINTMARK_FETCH_H
#define MINTMARK_FETCH_H

#include <mintmark/bytes.h>

struct mm_fetch_options {
	const char *ca_file; /* PEM bundle to trust instead of the system's; NULL = the system's */
	int timeout_ms;      /* for everything together; 0 = 5000 */
	size_t max_len;      /* 0 = 512 KiB */
};

/*
 * GET `url` and append the body of a 200 to `out`. https with verification of chain and name, TLS 1.2 or newer; plain
 * http for loopback hosts alone (MM_EREFUSED). At most 3 redirects, only to the same scheme, host and port. No
 * proxies, no cookies, no credentials, no decompression.
 * MM_ENETWORK (what curl says), MM_ETIMEOUT, MM_ELIMIT, MM_ENOTFOUND (404); every line names the URL.
 */
MM_MUSTCHECK enum mm_code mm_fetch(const char *url, const struct mm_fetch_options *options, struct mm_buf *out,
				   struct mm_err *err);

#endif
