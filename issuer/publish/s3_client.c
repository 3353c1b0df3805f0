/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/publish/s3_client.h"

#include "issuer/publish/s3_url.h"

#include <mintmark/clock.h>
#include <mintmark/transfer.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { REPETITIONS_MAX = 3, PAUSE_MS = 100 };

struct mm_s3_client {
	struct mm_transfer transfer;
	char *bucket_url, *region;
	struct mm_buf token; /* the header of temporary credentials; empty: none */
	int timeout_ms;
};

static enum mm_code out_of_memory(struct mm_err *err)
{
	return mm_fail(err, MM_ENOMEM, "out of memory");
}

void mm_s3_answer_clear(struct mm_s3_answer *answer)
{
	mm_buf_free(&answer->body);
	*answer = (struct mm_s3_answer){0};
}

/* ---- the client ------------------------------------------------------------------------------------------------- */

static size_t on_body(char *bytes, size_t size, size_t n, void *context)
{
	struct mm_s3_answer *answer = context;
	size_t len = size * n, room = MM_S3_BODY_MAX - answer->body.len;

	answer->cut = len > room;
	mm_buf_add(&answer->body, bytes, answer->cut ? room : len);
	return answer->cut || answer->body.failed ? 0 : len;
}

/* The payload's digest, the time and all headers that are given go into what libcurl signs. */
static bool set_signing(CURL *curl, const struct mm_s3_client_options *options, const char *provider)
{
	return curl_easy_setopt(curl, CURLOPT_AWS_SIGV4, provider) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_USERNAME, options->settings->access_key_id) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_PASSWORD, options->settings->secret_access_key) == CURLE_OK;
}

static bool set_options(CURL *curl, const struct mm_s3_client_options *options)
{
	const char *ca_bundle = options->settings->ca_bundle;
	bool https = strncmp(options->bucket_url, "https:", 6) == 0;
	bool done = curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, https ? "https" : "http") == CURLE_OK &&
		    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1) == CURLE_OK &&
		    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
		    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK;

	/* Debian's libcurl also looks into a directory of its own: with a bundle given, nothing else is trusted. */
	if (done && ca_bundle)
		done = curl_easy_setopt(curl, CURLOPT_CAINFO, ca_bundle) == CURLE_OK &&
		       curl_easy_setopt(curl, CURLOPT_CAPATH, NULL) == CURLE_OK;
	return done;
}

static enum mm_code begin(struct mm_s3_client *client, const struct mm_s3_client_options *options, struct mm_err *err)
{
	mm_auto_buf provider = {0};
	enum mm_code code = mm_transfer_begin(&client->transfer, options->connect, err);

	if (code != MM_OK)
		return code;
	mm_buf_printf(&provider, "aws:amz:%s:s3", options->region);
	if (options->settings->session_token)
		mm_buf_printf(&client->token, "x-amz-security-token: %s", options->settings->session_token);
	client->bucket_url = strdup(options->bucket_url);
	client->region = strdup(options->region);
	if (provider.failed || client->token.failed || !client->bucket_url || !client->region)
		return out_of_memory(err);
	if (!set_options(client->transfer.curl, options) || !set_signing(client->transfer.curl, options, provider.p))
		return mm_fail(err, MM_ENETWORK, "libcurl cannot do what is needed");
	return MM_OK;
}

enum mm_code mm_s3_client_new(const struct mm_s3_client_options *options, struct mm_s3_client **out, struct mm_err *err)
{
	mm_auto(mm_s3_client) client = calloc(1, sizeof *client);
	enum mm_code code;

	*out = NULL;
	if (!client)
		return out_of_memory(err);
	client->timeout_ms = options->timeout_ms;
	code = begin(client, options, err);
	if (code == MM_OK)
		*out = mm_take(client);
	return code;
}

void mm_s3_client_free(struct mm_s3_client *client)
{
	if (!client)
		return;
	mm_transfer_end(&client->transfer);
	mm_buf_free(&client->token);
	free(client->bucket_url);
	free(client->region);
	free(client);
}

/* ---- one try ---------------------------------------------------------------------------------------------------- */

struct request {
	const char *url;
	struct curl_slist *headers;
	const struct mm_span *body; /* NULL: GET */
	int64_t deadline_ns;
};

/* With its fields as a POST has them, the body is in one piece for libcurl, which then signs its digest. */
static bool set_method(CURL *curl, const struct mm_span *body)
{
	if (!body)
		return curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L) == CURLE_OK &&
		       curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, NULL) == CURLE_OK;
	return curl_easy_setopt(curl, CURLOPT_POST, 1L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, "PUT") == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body->p) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->len) == CURLE_OK;
}

static int64_t left_ms(const struct request *request)
{
	return (request->deadline_ns - mm_clock_monotonic_ns()) / 1000000;
}

/* `*passing`: it may be otherwise in a moment. */
static enum mm_code try_once(struct mm_s3_client *client, const struct request *request, struct mm_s3_answer *answer,
			     bool *passing, struct mm_err *err)
{
	CURL *curl = client->transfer.curl;
	int64_t left = left_ms(request);
	CURLcode result;

	*passing = false;
	mm_s3_answer_clear(answer);
	client->transfer.reason[0] = '\0';
	if (left <= 0)
		return mm_fail(err, MM_ETIMEOUT, "no answer in time");
	if (!set_method(curl, request->body) || curl_easy_setopt(curl, CURLOPT_URL, request->url) != CURLE_OK ||
	    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, request->headers) != CURLE_OK ||
	    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer) != CURLE_OK ||
	    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)left) != CURLE_OK)
		return out_of_memory(err);
	result = curl_easy_perform(curl);
	if (answer->body.failed)
		return out_of_memory(err);
	if (result != CURLE_OK && !answer->cut) {
		*passing = result == CURLE_COULDNT_CONNECT || result == CURLE_SEND_ERROR ||
			   result == CURLE_RECV_ERROR || result == CURLE_GOT_NOTHING || result == CURLE_PARTIAL_FILE;
		return mm_transfer_failed(&client->transfer, result, err);
	}
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer->status);
	*passing = answer->status == 429 || answer->status == 500 || (answer->status >= 502 && answer->status <= 504);
	return MM_OK;
}

/* ---- a request -------------------------------------------------------------------------------------------------- */

/*
 * 50 to 100 ms, then twice and four times as long: many who were sent away at once do not come back at once. False:
 * there is no time for it.
 */
static bool pause_before(int repetition, const struct request *request)
{
	int64_t longest_ns = ((int64_t)PAUSE_MS << repetition) * 1000000;
	int64_t pause_ns = longest_ns / 2 + mm_clock_monotonic_ns() % (longest_ns / 2);
	struct timespec pause = {.tv_sec = pause_ns / 1000000000, .tv_nsec = pause_ns % 1000000000};

	if (pause_ns / 1000000 >= left_ms(request))
		return false;
	nanosleep(&pause, NULL);
	return true;
}

static enum mm_code perform(struct mm_s3_client *client, const struct request *request, struct mm_s3_answer *answer,
			    struct mm_err *err)
{
	bool passing;
	enum mm_code code = try_once(client, request, answer, &passing, err);

	for (int i = 0; passing && i < REPETITIONS_MAX && pause_before(i, request); i++) {
		mm_err_clear(err);
		code = try_once(client, request, answer, &passing, err);
	}
	return code;
}

static void free_headers(struct curl_slist **headers)
{
	for (struct curl_slist *row = *headers; row; row = row->next)
		OPENSSL_cleanse(row->data, strlen(row->data));
	curl_slist_free_all(*headers);
}

static bool add_header(struct curl_slist **headers, const char *text)
{
	struct curl_slist *grown = curl_slist_append(*headers, text);

	if (grown)
		*headers = grown;
	return grown != NULL;
}

/* S3 wants it in each request, and libcurl 7.88 does not say what it has signed. */
static bool add_digest(struct curl_slist **headers, struct mm_span body)
{
	mm_auto_buf row = {0};
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned len;

	if (!EVP_Digest(body.p, body.len, digest, &len, EVP_sha256(), NULL))
		return false;
	mm_buf_add_str(&row, "x-amz-content-sha256: ");
	mm_buf_add_hex(&row, digest, len);
	return !row.failed && add_header(headers, row.p);
}

static enum mm_code ask(struct mm_s3_client *client, const char *key, const struct mm_strings *headers,
			const struct mm_span *body, struct mm_s3_answer *answer, struct mm_err *err)
{
	MM_CLEANUP(free_headers) struct curl_slist *list = NULL;
	mm_auto_buf url = {0};
	struct request request = {.body = body};
	struct mm_err why = {0};
	bool added = add_digest(&list, body ? *body : mm_span("", 0)) &&
		     (client->token.len == 0 || add_header(&list, client->token.p));
	enum mm_code code;

	for (size_t i = 0; headers && added && i < headers->n; i++)
		added = add_header(&list, headers->v[i]);
	mm_buf_add_str(&url, client->bucket_url);
	mm_s3_add_key(&url, key);
	if (!added || url.failed)
		return out_of_memory(err);
	request.url = url.p;
	request.headers = list;
	request.deadline_ns = mm_clock_monotonic_ns() + (int64_t)client->timeout_ms * 1000000;
	code = perform(client, &request, answer, &why);
	/* The handle must not keep what goes away here. */
	curl_easy_setopt(client->transfer.curl, CURLOPT_HTTPHEADER, NULL);
	return code == MM_OK ? MM_OK : mm_fail(err, code, "%s: %s", url.p, why.text);
}

enum mm_code mm_s3_get(struct mm_s3_client *client, const char *key, struct mm_s3_answer *answer, struct mm_err *err)
{
	return ask(client, key, NULL, NULL, answer, err);
}

enum mm_code mm_s3_put(struct mm_s3_client *client, const char *key, const struct mm_strings *headers,
		       struct mm_span body, struct mm_s3_answer *answer, struct mm_err *err)
{
	return ask(client, key, headers, &body, answer, err);
}

const char *mm_s3_header(struct mm_s3_client *client, const char *name)
{
	struct curl_header *header;

	if (curl_easy_header(client->transfer.curl, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
		return NULL;
	return header->value;
}

enum mm_code mm_s3_fail(struct mm_s3_client *client, const struct mm_s3_answer *answer, struct mm_err *err)
{
	struct mm_s3_error error;

	mm_s3_error_read(mm_buf_span(&answer->body), &error);
	return mm_s3_error_fail(answer->status, &error, client->region, mm_s3_header(client, "x-amz-bucket-region"),
				err);
}
