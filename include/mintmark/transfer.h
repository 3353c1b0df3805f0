/* SPDX-License-Identifier: Apache-2.0 */
/* What every use of libcurl begins with. */
#ifndef MINTMARK_TRANSFER_H
#define MINTMARK_TRANSFER_H

#include <curl/curl.h>
#include <mintmark/bytes.h>

struct mm_transfer {
	CURL *curl;
	struct curl_slist *connect_to;
	char reason[CURL_ERROR_SIZE]; /* why it failed; "": see curl_easy_strerror */
};

/*
 * A handle that takes nothing from its surroundings (proxies, .netrc) and keeps its deadline in name resolution too.
 * `connect` as in <mintmark/fetch.h>. MM_EPARSE: `connect` is no address. `*transfer` must be {0}, and stay where it is.
 */
MM_MUSTCHECK enum mm_code mm_transfer_begin(struct mm_transfer *transfer, const char *connect, struct mm_err *err);
void mm_transfer_end(struct mm_transfer *transfer);

/* MM_ETIMEOUT, MM_ENOMEM or MM_ENETWORK, with what curl says. */
enum mm_code mm_transfer_failed(const struct mm_transfer *transfer, CURLcode result, struct mm_err *err);

#endif
