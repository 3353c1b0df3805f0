/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/fetch.h>

#include <mintmark/clock.h>
#include <mintmark/transfer.h>
#include <mintmark/url.h>
#include <stdlib.h>
#include <string.h>

enum { REDIRECTS_MAX = 3, TIMEOUT_MS = 5000, LEN_MAX = 512 * 1024, HEADERS_MAX = 100, HEAD_MAX = 64 * 1024 };

struct fetch {
	struct mm_transfer transfer;
	struct mm_url *first; /* where it began: no redirect leads away from there */
	int64_t began_ns, deadline_ns;
	size_t max_len, head_len;
	struct mm_fetched *out;
	bool head_too_long, body_too_long;
};

static void fetch_end(struct fetch *fetch)
{
	mm_transfer_end(&fetch->transfer);
	mm_url_free(fetch->first);
}

/* Headers are read once the answer is there; here they are only counted, so that an endless head ends. */
static size_t on_header(char *bytes, size_t size, size_t n, void *context)
{
	struct fetch *fetch = context;
	size_t len = size * n;

	(void)bytes;
	fetch->head_too_long = len > HEAD_MAX - fetch->head_len;
	if (fetch->head_too_long)
		return 0;
	fetch->head_len += len;
	return len;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *context)
{
	struct fetch *fetch = context;
	struct mm_buf *body = &fetch->out->body;
	size_t len = size * n;

	fetch->body_too_long = len > fetch->max_len - body->len;
	if (fetch->body_too_long)
		return 0;
	mm_buf_add(body, bytes, len);
	return body->failed ? 0 : len;
}

/*
 * Whom to trust: those of the file, or the system's, of which OpenSSL and curl(1) are told in the environment, and
 * libcurl is not. Debian's libcurl also looks into a directory of its own: with a file given, nothing else is trusted.
 */
static bool set_authorities(CURL *curl, const char *ca_file)
{
	const char *file = ca_file ? ca_file : getenv("SSL_CERT_FILE"), *dir = getenv("SSL_CERT_DIR");

	if (file && curl_easy_setopt(curl, CURLOPT_CAINFO, file) != CURLE_OK)
		return false;
	return (!ca_file && !dir) || curl_easy_setopt(curl, CURLOPT_CAPATH, ca_file ? NULL : dir) == CURLE_OK;
}

/* What stays the same over all redirects. */
static bool set_options(struct fetch *fetch, const struct mm_fetch_options *options)
{
	CURL *curl = fetch->transfer.curl;
	bool verified = !options->unverified;
	bool done = curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, fetch->first->https ? "https" : "http") == CURLE_OK &&
		    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1) == CURLE_OK &&
		    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
		    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, verified ? 1L : 0L) == CURLE_OK &&
		    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, verified ? 2L : 0L) == CURLE_OK &&
		    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
		    curl_easy_setopt(curl, CURLOPT_HEADERDATA, fetch) == CURLE_OK &&
		    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
		    curl_easy_setopt(curl, CURLOPT_WRITEDATA, fetch) == CURLE_OK;

	return done && set_authorities(curl, options->ca_file);
}

/* ---- one answer ------------------------------------------------------------------------------------------------- */

static enum mm_code add_header(struct mm_pairs *headers, const char *name, const char *value, struct mm_err *err)
{
	enum mm_code code;

	if (headers->names.n == HEADERS_MAX)
		return mm_fail(err, MM_ELIMIT, "the answer has more than %d headers", HEADERS_MAX);
	code = mm_strings_add(&headers->names, name, err);
	if (code != MM_OK)
		return code;
	for (char *p = headers->names.v[headers->names.n - 1]; *p != '\0'; p++) {
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	}
	return mm_strings_add(&headers->values, value, err);
}

/* What is there of an answer, complete or not. */
static enum mm_code take_head(const struct fetch *fetch, struct mm_err *err)
{
	struct curl_header *header = NULL;
	enum mm_code code = MM_OK;

	curl_easy_getinfo(fetch->transfer.curl, CURLINFO_RESPONSE_CODE, &fetch->out->status);
	while (code == MM_OK && (header = curl_easy_nextheader(fetch->transfer.curl, CURLH_HEADER, -1, header)))
		code = add_header(&fetch->out->headers, header->name, header->value, err);
	return code;
}

static enum mm_code transfer_failed(const struct fetch *fetch, CURLcode result, struct mm_err *err)
{
	if (fetch->head_too_long)
		return mm_fail(err, MM_ELIMIT, "the headers are longer than %d bytes", HEAD_MAX);
	if (fetch->body_too_long)
		return mm_fail(err, MM_ELIMIT, "the answer is longer than the %zu bytes that are allowed",
			       fetch->max_len);
	return mm_transfer_failed(&fetch->transfer, fetch->out->body.failed ? CURLE_OUT_OF_MEMORY : result, err);
}

/* One request, with the time that is left. */
static enum mm_code perform(struct fetch *fetch, const char *url, struct mm_err *err)
{
	int64_t left_ms = (fetch->deadline_ns - mm_clock_monotonic_ns()) / 1000000;
	CURL *curl = fetch->transfer.curl;
	CURLcode result;

	if (left_ms <= 0)
		return mm_fail(err, MM_ETIMEOUT, "no answer in time");
	mm_buf_reset(&fetch->out->body);
	mm_pairs_free(&fetch->out->headers);
	fetch->head_len = 0;
	fetch->transfer.reason[0] = '\0';
	if (curl_easy_setopt(curl, CURLOPT_URL, url) != CURLE_OK ||
	    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)left_ms) != CURLE_OK)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	result = curl_easy_perform(curl);
	if (result == CURLE_OK)
		return take_head(fetch, err);
	take_head(fetch, NULL);
	return transfer_failed(fetch, result, err);
}

/* ---- redirects -------------------------------------------------------------------------------------------------- */

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

	curl_easy_getinfo(fetch->transfer.curl, CURLINFO_REDIRECT_URL, &to);
	if (!to)
		return mm_fail(err, MM_ENETWORK, "a redirect to nowhere");
	code = mm_url_parse(to, &url, NULL);
	if (code == MM_ENOMEM)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	if (code != MM_OK || !mm_url_same_origin(url, fetch->first))
		return mm_fail(err, MM_ENETWORK, "a redirect to %s, which is another host", to);
	return mm_string_set(next, to, err);
}

/* Follows redirects until there is an answer. out->url is where we are. */
static enum mm_code follow(struct fetch *fetch, struct mm_err *err)
{
	struct mm_fetched *out = fetch->out;
	enum mm_code code = perform(fetch, out->url, err);

	while (code == MM_OK && is_redirect(out->status)) {
		if (out->redirects == REDIRECTS_MAX)
			return mm_fail(err, MM_ENETWORK, "more than %d redirects", REDIRECTS_MAX);
		code = next_url(fetch, &out->url, err);
		if (code != MM_OK)
			return code;
		out->redirects++;
		code = perform(fetch, out->url, err);
	}
	return code;
}

/* ---- what others call ------------------------------------------------------------------------------------------- */

static enum mm_code begin(struct fetch *fetch, const char *url, const struct mm_fetch_options *options,
			  struct mm_err *err)
{
	enum mm_code code;

	if (!fetch->first->https && !mm_host_is_loopback(fetch->first->host))
		return mm_fail(err, MM_EREFUSED, "plain http is for loopback hosts alone, use https");
	code = mm_transfer_begin(&fetch->transfer, options->connect, err);
	if (code != MM_OK)
		return code;
	if (!set_options(fetch, options))
		return mm_fail(err, MM_ENETWORK, "libcurl cannot do what is needed");
	fetch->max_len = options->max_len ? options->max_len : LEN_MAX;
	fetch->began_ns = mm_clock_monotonic_ns();
	fetch->deadline_ns = fetch->began_ns +
			     (int64_t)(options->timeout_ms ? options->timeout_ms : TIMEOUT_MS) * 1000000;
	return mm_string_set(&fetch->out->url, url, err);
}

enum mm_code mm_fetch_look(const char *url, const struct mm_fetch_options *options, struct mm_fetched *out,
			   struct mm_err *err)
{
	static const struct mm_fetch_options defaults = {0};
	MM_CLEANUP(fetch_end) struct fetch fetch = {.out = out};
	enum mm_code code = mm_url_parse(url, &fetch.first, err);

	if (code != MM_OK)
		return code;
	code = begin(&fetch, url, options ? options : &defaults, err);
	if (code == MM_OK) {
		code = follow(&fetch, err);
		out->elapsed_ms = (mm_clock_monotonic_ns() - fetch.began_ns) / 1000000;
	}
	return mm_context(err, code, "%s", url);
}

enum mm_code mm_fetch(const char *url, const struct mm_fetch_options *options, struct mm_buf *out, struct mm_err *err)
{
	mm_auto_fetched fetched = {0};
	enum mm_code code = mm_fetch_look(url, options, &fetched, err);

	if (code != MM_OK)
		return code;
	if (fetched.status != 200)
		return mm_fail(err, fetched.status == 404 ? MM_ENOTFOUND : MM_ENETWORK,
			       "%s: the answer is %ld, expected 200", url, fetched.status);
	mm_buf_add_span(out, mm_buf_span(&fetched.body));
	return mm_buf_check(out, err);
}

const char *mm_fetched_header(const struct mm_fetched *fetched, const char *name)
{
	return mm_pairs_find(&fetched->headers, name);
}

void mm_fetched_clear(struct mm_fetched *fetched)
{
	mm_pairs_free(&fetched->headers);
	mm_buf_free(&fetched->body);
	free(fetched->url);
	*fetched = (struct mm_fetched){0};
}
