/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/transfer.h>

#include <mintmark/url.h>
#include <pthread.h>
#include <string.h>

static void init_curl(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

/*
 * QUICK_EXIT: when the time is over while a name is being resolved, the resolver's thread is let go; otherwise curl waits
 * for it, half a minute and more.
 */
static bool set_options(struct mm_transfer *transfer)
{
	CURL *curl = transfer->curl;

	return curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_NOPROXY, "*") == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_USERAGENT, "mintmark") == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, transfer->reason) == CURLE_OK;
}

/* "::HOST:PORT": in place of any host at any port (CURLOPT_CONNECT_TO); an empty port is that of the URL. */
static enum mm_code set_connect_to(struct mm_transfer *transfer, const char *connect, struct mm_err *err)
{
	mm_auto_buf row = {0};
	mm_auto_string host = NULL;
	int port;
	enum mm_code code = mm_host_parse(connect, 0, &host, &port, err);

	if (code != MM_OK)
		return code;
	mm_buf_add_str(&row, "::");
	mm_host_add(&row, host);
	mm_buf_add_str(&row, ":");
	if (port > 0)
		mm_buf_add_int(&row, port);
	code = mm_buf_check(&row, err);
	if (code != MM_OK)
		return code;
	transfer->connect_to = curl_slist_append(NULL, row.p);
	if (!transfer->connect_to ||
	    curl_easy_setopt(transfer->curl, CURLOPT_CONNECT_TO, transfer->connect_to) != CURLE_OK)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	return MM_OK;
}

enum mm_code mm_transfer_begin(struct mm_transfer *transfer, const char *connect, struct mm_err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, init_curl);
	transfer->curl = curl_easy_init();
	if (!transfer->curl || !set_options(transfer))
		return mm_fail(err, MM_ENETWORK, "libcurl cannot do what is needed");
	return connect ? set_connect_to(transfer, connect, err) : MM_OK;
}

void mm_transfer_end(struct mm_transfer *transfer)
{
	curl_easy_cleanup(transfer->curl);
	curl_slist_free_all(transfer->connect_to);
}

enum mm_code mm_transfer_failed(const struct mm_transfer *transfer, CURLcode result, struct mm_err *err)
{
	if (result == CURLE_OUT_OF_MEMORY)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	return mm_fail(err, result == CURLE_OPERATION_TIMEDOUT ? MM_ETIMEOUT : MM_ENETWORK, "%s",
		       transfer->reason[0] ? transfer->reason : curl_easy_strerror(result));
}
