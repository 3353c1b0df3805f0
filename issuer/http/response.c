/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/response.h"

#include <mintmark/json.h>

const struct mm_status mm_statuses[MM_STATUS_COUNT] = {
	{200, "OK", "", ""},
	{201, "Created", "", ""},
	{304, "Not Modified", "", ""},
	{400, "Bad Request", "BadRequest", "bad request"},
	{401, "Unauthorized", "Unauthorized", "unauthorized"},
	{403, "Forbidden", "Forbidden", "forbidden"},
	{404, "Not Found", "NotFound", "not found"},
	{405, "Method Not Allowed", "MethodNotAllowed", "method not allowed"},
	{406, "Not Acceptable", "NotAcceptable", "not acceptable"},
	{408, "Request Timeout", "Timeout", "the request took too long to arrive"},
	{409, "Conflict", "Conflict", "conflict"},
	{413, "Content Too Large", "RequestEntityTooLarge", "body too large"},
	{414, "URI Too Long", "BadRequest", "request target too long"},
	{415, "Unsupported Media Type", "UnsupportedMediaType", "unsupported media type"},
	{417, "Expectation Failed", "BadRequest", "unknown expectation"},
	{422, "Unprocessable Content", "Invalid", "invalid"},
	{429, "Too Many Requests", "TooManyRequests", "too many requests"},
	{431, "Request Header Fields Too Large", "BadRequest", "head too large"},
	{500, "Internal Server Error", "InternalError", "internal error"},
	{502, "Bad Gateway", "InternalError", "the answer of another server was of no use"},
	{503, "Service Unavailable", "ServiceUnavailable", "service unavailable"},
	{504, "Gateway Timeout", "Timeout", "timeout"},
};

size_t mm_status_index(int code)
{
	size_t internal_error = 0;

	for (size_t i = 0; i < MM_STATUS_COUNT; i++) {
		if (mm_statuses[i].code == code)
			return i;
		if (mm_statuses[i].code == 500)
			internal_error = i;
	}
	return internal_error;
}

void mm_status_fill(struct mm_kube_status *out, int code, const char *message)
{
	const struct mm_status *status = &mm_statuses[mm_status_index(code)];

	out->code = status->code;
	out->reason = status->reason;
	mm_buf_add_str(&out->message, message ? message : status->message);
}

size_t mm_response_body_len(const struct mm_response *response)
{
	return response->prepared_body ? response->prepared_body->len : response->body.len;
}

static void add_status_line(struct mm_buf *out, int code)
{
	const struct mm_status *status = &mm_statuses[mm_status_index(code)];

	mm_buf_add_str(out, "HTTP/1.1 ");
	mm_buf_add_int(out, status->code);
	mm_buf_add(out, " ", 1);
	mm_buf_add_str(out, status->phrase);
	mm_buf_add_str(out, "\r\n");
}

static void add_date(struct mm_buf *out, mm_time now, struct mm_date *date)
{
	if (date->at != now || !date->text[0]) {
		mm_http_date_format(now, date->text);
		date->at = now;
	}
	mm_buf_add_str(out, "Date: ");
	mm_buf_add(out, date->text, MM_HTTP_DATE_SIZE - 1);
	mm_buf_add_str(out, "\r\n");
}

/* A 304 has no Content-Length here: it would have to be that of the 200 (RFC 9110 §8.6). */
static void add_body_fields(struct mm_buf *out, const struct mm_response *response)
{
	if (response->content_type) {
		mm_buf_add_str(out, "Content-Type: ");
		mm_buf_add_str(out, response->content_type);
		mm_buf_add_str(out, "\r\nX-Content-Type-Options: nosniff\r\n");
	}
	if (response->status != 304) {
		mm_buf_add_str(out, "Content-Length: ");
		mm_buf_add_int(out, (int64_t)response->body.len);
		mm_buf_add_str(out, "\r\n");
	}
}

void mm_response_head(struct mm_buf *out, const struct mm_response *response, bool keep_alive, mm_time now,
		      struct mm_date *date)
{
	add_status_line(out, response->status);
	add_date(out, now, date);
	if (!keep_alive)
		mm_buf_add_str(out, "Connection: close\r\n");
	mm_buf_add_span(out, mm_buf_span(&response->extra_headers));
	if (response->prepared_headers)
		return;
	if (response->no_store)
		mm_buf_add_str(out, "Cache-Control: no-store\r\n");
	add_body_fields(out, response);
	mm_buf_add_str(out, "\r\n");
}

void mm_response_status(struct mm_response *response, enum mm_media media, const struct mm_kube_status *status)
{
	response->status = status->code;
	response->content_type = mm_media_type(media);
	response->no_store = true;
	if (status->retry_after > 0)
		mm_buf_printf(&response->extra_headers, "Retry-After: %d\r\n", status->retry_after);
	if (mm_kube_status_encode(status, media, &response->body, NULL) != MM_OK)
		mm_buf_free(&response->body); /* out of memory: the status line has to do */
}

static void add_plain(struct mm_response *response, int status, const char *message)
{
	response->status = status;
	response->content_type = "application/json";
	response->no_store = true;
	mm_buf_add_str(&response->body, "{\"error\":");
	mm_json_add_string(&response->body, message);
	mm_buf_add_str(&response->body, "}\n");
}

void mm_response_error(struct mm_response *response, enum mm_error_form form, int code, const char *message)
{
	const struct mm_status *status = &mm_statuses[mm_status_index(code)];
	enum mm_media media = form == MM_ERROR_STATUS_PROTOBUF ? MM_MEDIA_PROTOBUF : MM_MEDIA_JSON;
	MM_CLEANUP(mm_kube_status_clear) struct mm_kube_status kube = {0};

	if (form == MM_ERROR_PLAIN) {
		add_plain(response, status->code, message ? message : status->message);
		return;
	}
	mm_status_fill(&kube, code, message);
	kube.retry_after = status->code == 429;
	mm_response_status(response, media, &kube);
}

void mm_response_clear(struct mm_response *response)
{
	mm_buf_free(&response->body);
	mm_buf_free(&response->extra_headers);
	*response = (struct mm_response){0};
}
