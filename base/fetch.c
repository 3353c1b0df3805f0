/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/fetch.h>

#include <curl/curl.h>
#include <mintmark/clock.h>
#include <mintmark/url.h>
#include <pthread.h>
#include <string.h>

enum { REDIRECTS_MAX = 3, TIMEOUT_MS = 5000, LEN_MAX = 512 * 1024 };

struct fetch {
	CURL *curl;
	struct mm_url *first; /* where it began: no redirect leads away from there */
	int64_t deadline_ns;
	size_t max_len;
	struct mm_buf body;
	bool too_long;
	char reason[CURL_ERROR_SIZE];
};

static void fetch_end(struct fetch *fetch)
{
	curl_easy_cleanup(fetch->curl);
	mm_url_free(fetch->first);
	mm_buf_free(&fetch->body);
}

static void init_curl(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

static size_t on_body(char *bytes, size_t size, size_t n, void *context)
{
	struct fetch *fetch = context;
	size_t len = size * n;

	if (len > fetch->max_len - fetch->body.len) {
		fetch->too_long = true;
		return 0;
	}
	mm_buf_add(&fetch->body, bytes, len);
	return fetch->body.failed ? 0 : len;
}

/* What stays the same over all redirects. */
static bool set_options(struct fetch *fetch, const char *ca_file)
{
	CURL *curl = fetch->curl;
	bool done = curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, fetch->first->https ? "https" : "http") == CURLE_OK &&
		    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1) == CURLE_OK &&
		    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
		    curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK &&
		    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*") == CURLE_OK &&
		    curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) == CURLE_OK &&
		    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
		    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
		    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
		    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
		    curl_easy_setopt(curl, CURLOPT_USERAGENT, "mintmark") == CURLE_OK &&
		    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, fetch->reason) == CURLE_OK &&
		    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
		    curl_easy_setopt(curl, CURLOPT_WRITEDATA, fetch) == CURLE_OK;

	/* Debian's libcurl also looks into a directory of its own: with a bundle given, nothing else is trusted. */
	if (done && ca_file)
		done = curl_easy_setopt(curl, CURLOPT_CAINFO, ca_file) == CURLE_OK &&
		       curl_easy_setopt(curl, CURLOPT_CAPATH, NULL) == CURLE_OK;
	return done;
}

static enum mm_code transfer_failed(const struct fetch *fetch, CURLcode result, struct mm_err *err)
{
	if (fetch->too_long)
		return mm_fail(err, MM_ELIMIT, "the answer is longer than the %zu bytes that are allowed",
			       fetch->max_len);
	if (fetch->body.failed || result == CURLE_OUT_OF_MEMORY)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	return mm_fail(err, result == CURLE_OPERATION_TIMEDOUT ? MM_ETIMEOUT : MM_ENETWORK, "%s",
		       fetch->reason[0] ? fetch->reason : curl_easy_strerror(result));
}

/* One request, with the time that is left; `*status` is that of the answer. */
static enum mm_code perform(struct fetch *fetch, const char *url, long *status, struct mm_err *err)
{
	int64_t left_ms = (fetch->deadline_ns - mm_clock_monotonic_ns()) / 1000000;
	CURLcode result;

	if (left_ms <= 0)
		return mm_fail(err, MM_ETIMEOUT, "no answer in time");
	mm_buf_reset(&fetch->body);
	fetch->reason[0] = '\0';
	if (curl_easy_setopt(fetch->curl, CURLOPT_URL, url) != CURLE_OK ||
	    curl_easy_setopt(fetch->curl, CURLOPT_TIMEOUT_MS, (long)left_ms) != CURLE_OK)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	result = curl_easy_perform(fetch->curl);
	if (result != CURLE_OK)
		return transfer_failed(fetch, result, err);
	curl_easy_getinfo(fetch->curl, CURLINFO_RESPONSE_CODE, status);
	return MM_OK;
}

static bool is_redirect(long status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* Where the answer sends us, absolute; `*next` is the caller's. Only the path may be another. */
static enum mm_code next_url(const struct fetch *fetch, char **next, struct mm_err *err)
{
	mm_auto(mm_url) url = NULL;
	char *to = NULL;
	enum mm_code code;

	curl_easy_getinfo(fetch->curl, CURLINFO_REDIRECT_URL, &to);
	if (!to)
		return mm_fail(err, MM_ENETWORK, "a redirect to nowhere");
	code = mm_url_parse(to, &url, NULL);
	if (code == MM_ENOMEM)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	if (code != MM_OK || url->https != fetch->first->https || url->port != fetch->first->port ||
	    strcmp(url->host, fetch->first->host) != 0)
		return mm_fail(err, MM_ENETWORK, "a redirect to %s, which is another host", to);
	mm_string_free(next);
	*next = strdup(to);
	return *next ? MM_OK : mm_fail(err, MM_ENOMEM, "out of memory");
}

/* Follows redirects until there is an answer. */
static enum mm_code follow(struct fetch *fetch, const char *url, struct mm_err *err)
{
	mm_auto_string next = NULL;
	long status = 0;
	enum mm_code code = perform(fetch, url, &status, err);

	for (int redirects = 0; code == MM_OK && is_redirect(status); redirects++) {
		if (redirects == REDIRECTS_MAX)
			return mm_fail(err, MM_ENETWORK, "more than %d redirects", REDIRECTS_MAX);
		code = next_url(fetch, &next, err);
		if (code == MM_OK)
			code = perform(fetch, next, &status, err);
	}
	if (code != MM_OK || status == 200)
		return code;
	return mm_fail(err, status == 404 ? MM_ENOTFOUND : MM_ENETWORK, "the answer is %ld, expected 200", status);
}

static enum mm_code begin(struct fetch *fetch, const struct mm_fetch_options *options, struct mm_err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	if (!fetch->first->https && !mm_host_is_loopback(fetch->first->host))
		return mm_fail(err, MM_EREFUSED, "plain http is for loopback hosts alone, use https");
	pthread_once(&once, init_curl);
	fetch->curl = curl_easy_init();
	if (!fetch->curl || !set_options(fetch, options->ca_file))
		return mm_fail(err, MM_ENETWORK, "libcurl cannot do what is needed");
	fetch->max_len = options->max_len ? options->max_len : LEN_MAX;
	fetch->deadline_ns = mm_clock_monotonic_ns() +
			     (int64_t)(options->timeout_ms ? options->timeout_ms : TIMEOUT_MS) * 1000000;
	return MM_OK;
}

enum mm_code mm_fetch(const char *url, const struct mm_fetch_options *options, struct mm_buf *out, struct mm_err *err)
{
	static const struct mm_fetch_options defaults = {0};
	MM_CLEANUP(fetch_end) struct fetch fetch = {0};
	enum mm_code code = mm_url_parse(url, &fetch.first, err);

	if (code != MM_OK)
		return code;
	code = begin(&fetch, options ? options : &defaults, err);
	if (code == MM_OK)
		code = follow(&fetch, url, err);
	if (code != MM_OK)
		return mm_context(err, code, "%s", url);
	mm_buf_add_span(out, mm_buf_span(&fetch.body));
	return mm_buf_check(out, err);
}
