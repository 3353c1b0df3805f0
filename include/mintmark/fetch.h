/* SPDX-License-Identifier: Apache-2.0 */
/* Fetching a small document from a peer that may be hostile, with libcurl; and looking closely at what it answers. */
#ifndef MINTMARK_FETCH_H
#define MINTMARK_FETCH_H

#include <mintmark/bytes.h>

struct mm_fetch_options {
	const char *ca_file; /* PEM bundle to trust; NULL = the system's, or those of SSL_CERT_FILE and SSL_CERT_DIR */
	int timeout_ms;      /* for everything together; 0 = 5000 */
	size_t max_len;      /* 0 = 512 KiB */
	const char *connect; /* "ADDR[:PORT]" to go to instead of the URL's host, which is still named; NULL: resolve */
	bool unverified;     /* no certificate is checked: for what is judged, and trusted by nobody */
};

/*
 * GET `url` and append the body of a 200 to `out`. https with verification of chain and name, TLS 1.2 or newer; plain
 * http for loopback hosts alone (MM_EREFUSED). At most 3 redirects, only to the same scheme, host and port. No
 * proxies, no cookies, no credentials, no decompression.
 * MM_ENETWORK (what curl says), MM_ETIMEOUT, MM_ELIMIT, MM_ENOTFOUND (404); every line names the URL.
 */
MM_MUSTCHECK enum mm_code mm_fetch(const char *url, const struct mm_fetch_options *options, struct mm_buf *out,
				   struct mm_err *err);

/* One answer, whatever its status. */
struct mm_fetched {
	long status;
	struct mm_pairs headers; /* of the last answer, names in lower case, in order; at most 100, 64 KiB in all */
	struct mm_buf body;
	char *url;          /* that answered, after redirects */
	unsigned redirects; /* that were followed */
	int64_t elapsed_ms; /* until the last byte, name resolution and redirects included */
};
void mm_fetched_clear(struct mm_fetched *fetched);
#define mm_auto_fetched MM_CLEANUP(mm_fetched_clear) struct mm_fetched
/* The value of the first header of that lower-case name; NULL: there is none. */
const char *mm_fetched_header(const struct mm_fetched *fetched, const char *name);

/*
 * As mm_fetch, under the same rules, for whoever judges the answer: every status is MM_OK. `*out` must be {0}. It is
 * filled as far as it came, also on a failure.
 */
MM_MUSTCHECK enum mm_code mm_fetch_look(const char *url, const struct mm_fetch_options *options, struct mm_fetched *out,
					struct mm_err *err);

#endif
