/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/head.h"

#include <string.h>

struct mm_span mm_request_header(const struct mm_request *request, const char *name)
{
	struct mm_span value = {0};

	for (size_t i = 0; i < request->header_count; i++) {
		if (!mm_name_is(request->headers[i].name, name))
			continue;
		if (value.p)
			return (struct mm_span){0};
		value = request->headers[i].value;
	}
	return value;
}

/* What the fields seen so far say; a request that says something twice is refused. */
struct reading {
	struct mm_request *request;
	struct mm_framing *framing;
	bool http_1_0;
	const char *why;
};

static int refuse(struct reading *reading, int status, const char *why)
{
	reading->why = why;
	return status;
}

static int take_method(struct reading *reading, struct mm_span method)
{
	static const struct {
		const char *name;
		enum mm_method method;
	} known[] = {{"GET", MM_GET}, {"HEAD", MM_HEAD}, {"POST", MM_POST}, {"PUT", MM_PUT}};

	if (method.len == 0 || !mm_all_of(method, MM_CHAR_TOKEN))
		return refuse(reading, 400, "malformed method");
	reading->request->method_text = method;
	reading->request->method = MM_OTHER_METHOD;
	for (size_t i = 0; i < MM_COUNT(known); i++) {
		if (mm_span_is(method, known[i].name))
			reading->request->method = known[i].method;
	}
	return 0;
}

static bool valid_authority(struct mm_span authority)
{
	struct mm_span host;

	return mm_authority_parse(authority, &host);
}

/* absolute-form: the scheme and the authority are taken off `target`, what remains is origin-form or empty. */
static int take_authority(struct reading *reading, struct mm_span *target)
{
	const char *after_scheme = memchr(target->p, ':', target->len);
	struct mm_span scheme = mm_span(target->p, after_scheme ? (size_t)(after_scheme - target->p) : 0);
	size_t start = scheme.len + strlen("://");
	size_t end = start;

	if (!(mm_name_is(scheme, "http") || mm_name_is(scheme, "https")) || target->len < start ||
	    memcmp(after_scheme, "://", 3) != 0)
		return refuse(reading, 400, "malformed request target");
	while (end < target->len && target->p[end] != '/' && target->p[end] != '?')
		end++;
	reading->request->host = mm_span(target->p + start, end - start);
	if (!valid_authority(reading->request->host))
		return refuse(reading, 400, "malformed authority in the request target");
	*target = mm_span(target->p + end, target->len - end);
	return 0;
}

static int take_target(struct reading *reading, struct mm_span target)
{
	struct mm_request *request = reading->request;
	const char *question;
	int status;

	if (target.len > MM_TARGET_MAX)
		return refuse(reading, 414, "request target too long");
	if (target.len == 0 || !mm_all_of(target, MM_CHAR_TARGET))
		return refuse(reading, 400, "malformed request target");
	if (target.p[0] != '/') {
		status = take_authority(reading, &target);
		if (status)
			return status;
	}
	question = memchr(target.p, '?', target.len);
	request->path = question ? mm_span(target.p, (size_t)(question - target.p)) : target;
	if (question)
		request->query = mm_span(question + 1, target.len - request->path.len - 1);
	if (request->path.len == 0)
		request->path = mm_span_str("/");
	return 0;
}

static int take_version(struct reading *reading, struct mm_span version)
{
	reading->http_1_0 = mm_span_is(version, "HTTP/1.0");
	if (!reading->http_1_0 && !mm_span_is(version, "HTTP/1.1"))
		return refuse(reading, 400, "unsupported HTTP version");
	reading->request->keep_alive = !reading->http_1_0;
	return 0;
}

static int take_request_line(struct reading *reading, struct mm_span line)
{
	const char *first = memchr(line.p, ' ', line.len);
	const char *last = memrchr(line.p, ' ', line.len);
	const char *end = line.p + line.len;
	int status;

	if (!first || first == last)
		return refuse(reading, 400, "malformed request line");
	status = take_method(reading, mm_span(line.p, (size_t)(first - line.p)));
	if (!status)
		status = take_version(reading, mm_span(last + 1, (size_t)(end - last - 1)));
	if (!status)
		status = take_target(reading, mm_span(first + 1, (size_t)(last - first - 1)));
	return status;
}

bool mm_request_line_parse(struct mm_span line, struct mm_request *request)
{
	return take_request_line(&(struct reading){.request = request}, line) == 0;
}

static int take_host(struct reading *reading, struct mm_span value)
{
	if (!valid_authority(value))
		return refuse(reading, 400, "malformed Host");
	if (!reading->request->host.p) /* the authority of an absolute-form target comes before Host */
		reading->request->host = value;
	return 0;
}

static int take_content_length(struct reading *reading, struct mm_span value)
{
	size_t length = 0;

	if (value.len == 0)
		return refuse(reading, 400, "malformed Content-Length");
	for (size_t i = 0; i < value.len; i++) {
		if (value.p[i] < '0' || value.p[i] > '9')
			return refuse(reading, 400, "malformed Content-Length");
		if (length <= MM_BODY_MAX)
			length = length * 10 + (size_t)(value.p[i] - '0');
	}
	reading->framing->has_length = true;
	reading->framing->length = length;
	return 0;
}

static int take_transfer_encoding(struct reading *reading, struct mm_span value)
{
	if (!mm_span_is(value, "chunked"))
		return refuse(reading, 400, "Transfer-Encoding other than chunked");
	if (reading->http_1_0)
		return refuse(reading, 400, "Transfer-Encoding in HTTP/1.0");
	reading->framing->chunked = true;
	return 0;
}

static int take_expect(struct reading *reading, struct mm_span value)
{
	if (!mm_name_is(value, "100-continue"))
		return refuse(reading, 417, "unknown expectation");
	reading->framing->expect_continue = !reading->http_1_0;
	return 0;
}

static int take_connection(struct reading *reading, struct mm_span value)
{
	struct mm_span option;

	while (mm_list_next(&value, &option)) {
		if (mm_name_is(option, "close"))
			reading->request->keep_alive = false;
	}
	return 0;
}

/* The fields that mean something to the connection. */
static const struct known_field {
	const char *name;
	int (*take)(struct reading *reading, struct mm_span value);
	const char *twice; /* why a second one is refused; NULL: it is not */
} known_fields[] = {
	{"Host", take_host, "several Host fields"},
	{"Content-Length", take_content_length, "several Content-Length fields"},
	{"Transfer-Encoding", take_transfer_encoding, "several Transfer-Encoding fields"},
	{"Expect", take_expect, "several Expect fields"},
	{"Connection", take_connection, NULL},
};

static int take_field(struct reading *reading, const struct mm_header *field, unsigned *seen)
{
	for (size_t i = 0; i < MM_COUNT(known_fields); i++) {
		const struct known_field *known = &known_fields[i];

		if (!mm_name_is(field->name, known->name))
			continue;
		if (known->twice && (*seen & 1u << i))
			return refuse(reading, 400, known->twice);
		*seen |= 1u << i;
		return known->take(reading, field->value);
	}
	return 0;
}

static int take_fields(struct reading *reading, struct mm_span rest, unsigned *seen)
{
	struct mm_request *request = reading->request;

	while (rest.len > 2) {
		const char *end = memchr(rest.p, '\n', rest.len);
		size_t len = (size_t)(end - rest.p) + 1;
		struct mm_header *field = &request->headers[request->header_count];
		int status;

		if (request->header_count == MM_HEADERS_MAX)
			return refuse(reading, 431, "too many fields");
		if (!mm_field_parse(mm_span(rest.p, len - 2), field, &reading->why))
			return 400;
		request->header_count++;
		status = take_field(reading, field, seen);
		if (status)
			return status;
		rest = mm_span(rest.p + len, rest.len - len);
	}
	return 0;
}

/* What no single field shows (RFC 9112 §3.2, §6.1, §6.3). */
static int check_whole(struct reading *reading, bool host_seen)
{
	if (!host_seen && !reading->http_1_0)
		return refuse(reading, 400, "no Host");
	if (reading->framing->chunked && reading->framing->has_length)
		return refuse(reading, 400, "both Transfer-Encoding and Content-Length");
	if (reading->framing->length > MM_BODY_MAX)
		return refuse(reading, 413, "body too large");
	return 0;
}

int mm_head_parse(struct mm_span head, struct mm_request *request, struct mm_framing *framing, const char **why)
{
	struct reading reading = {.request = request, .framing = framing};
	const char *end = memchr(head.p, '\n', head.len);
	size_t line_len = (size_t)(end - head.p) + 1;
	unsigned seen = 0;
	int status;

	/* Not the array of fields: clearing 2 KiB for each request would show. */
	request->path = request->query = request->host = request->body = (struct mm_span){0};
	request->header_count = 0;
	*framing = (struct mm_framing){0};

	status = take_request_line(&reading, mm_span(head.p, line_len - 2));
	if (!status)
		status = take_fields(&reading, mm_span(head.p + line_len, head.len - line_len), &seen);
	if (!status)
		status = check_whole(&reading, seen & 1u);
	*why = reading.why;
	return status;
}
