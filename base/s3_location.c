/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/s3.h>

#include <arpa/inet.h>
#include <mintmark/dns.h>
#include <mintmark/url.h>
#include <stdlib.h>
#include <string.h>

#define SCHEME "s3://"

enum { BUCKET_MIN = 3, BUCKET_MAX = 63, REGION_MAX = 63 };

/* Why S3 would not have such a bucket, or NULL. */
static const char *bucket_objection(const char *bucket)
{
	struct in_addr address;
	size_t len = strlen(bucket);

	if (len < BUCKET_MIN || len > BUCKET_MAX)
		return "the name of a bucket has 3 to 63 characters";
	if (mm_dns_subdomain_check("bucket", bucket, NULL) != MM_OK)
		return "the name of a bucket is of a-z, 0-9, '-' and '.', each part beginning and ending with a letter "
		       "or digit";
	if (inet_pton(AF_INET, bucket, &address) == 1)
		return "the name of a bucket must not look like an IP address";
	return NULL;
}

static bool is_segment(struct mm_span segment)
{
	return segment.len > 0 && !mm_span_is(segment, ".") && !mm_span_is(segment, "..");
}

static bool are_segments(const char *prefix)
{
	for (const char *slash; (slash = strchr(prefix, '/')); prefix = slash + 1) {
		if (!is_segment(mm_span(prefix, (size_t)(slash - prefix))))
			return false;
	}
	return is_segment(mm_span_str(prefix));
}

static bool is_visible(const char *text)
{
	struct mm_span span = mm_span_str(text);
	unsigned c;

	for (size_t i = 0; i < span.len; i++) {
		if (mm_unseen_at(span, i, &c) > 0)
			return false;
	}
	return mm_utf8_valid(span);
}

/* Why no documents should be put below it, or NULL. */
static const char *prefix_objection(const char *prefix)
{
	if (strlen(prefix) > MM_S3_PREFIX_MAX)
		return "a prefix has at most 900 bytes";
	if (strpbrk(prefix, "?#"))
		return "a prefix has no ? or #; endpoint and region are said elsewhere";
	if (!is_visible(prefix))
		return "a prefix is of visible characters in UTF-8";
	if (*prefix != '\0' && !are_segments(prefix))
		return "a prefix has no empty segments, and none that is . or ..";
	return NULL;
}

/* "BUCKET", "BUCKET/", "BUCKET/PREFIX" or "BUCKET/PREFIX/"; false: out of memory. */
static bool split(const char *text, struct mm_s3_location *out)
{
	size_t bucket_len = strcspn(text, "/");
	const char *prefix = text[bucket_len] == '/' ? text + bucket_len + 1 : "";
	size_t prefix_len = strlen(prefix);

	if (prefix_len > 1 && prefix[prefix_len - 1] == '/')
		prefix_len--;
	out->bucket = strndup(text, bucket_len);
	out->prefix = strndup(prefix, prefix_len);
	return out->bucket && out->prefix;
}

bool mm_s3_location_meant(const char *text)
{
	return strstr(text, "://") != NULL;
}

enum mm_code mm_s3_location_parse(const char *text, struct mm_s3_location *out, struct mm_err *err)
{
	mm_auto_s3_location location = {0};
	const char *objection;

	if (out)
		*out = (struct mm_s3_location){0};
	if (strncmp(text, SCHEME, strlen(SCHEME)) != 0)
		return mm_fail(err, MM_EPARSE, "\"%s\": expected s3://BUCKET or s3://BUCKET/PREFIX", text);
	if (!split(text + strlen(SCHEME), &location))
		return mm_fail(err, MM_ENOMEM, "out of memory");
	objection = bucket_objection(location.bucket);
	if (!objection)
		objection = prefix_objection(location.prefix);
	if (objection)
		return mm_fail(err, MM_EPARSE, "\"%s\": %s", text, objection);
	if (out) {
		*out = location;
		location = (struct mm_s3_location){0};
	}
	return MM_OK;
}

void mm_s3_location_clear(struct mm_s3_location *location)
{
	free(location->bucket);
	free(location->prefix);
	*location = (struct mm_s3_location){0};
}

enum mm_code mm_s3_endpoint_check(const char *text, struct mm_err *err)
{
	mm_auto(mm_url) url = NULL;
	enum mm_code code = mm_url_parse(text, &url, err);

	if (code != MM_OK)
		return code;
	if (url->query)
		return mm_fail(err, MM_EREFUSED, "URL \"%s\": it must not have a query (?)", text);
	/* Answers decide when keys begin to sign, and temporary credentials come with a token. */
	if (!url->https && !mm_host_is_loopback(url->host))
		return mm_fail(err, MM_EREFUSED,
			       "URL \"%s\": it must begin with https:// (http is for loopback hosts alone)", text);
	return MM_OK;
}

enum mm_code mm_s3_region_check(const char *text, struct mm_err *err)
{
	static const char characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	size_t len = strlen(text);

	if (len > 0 && len <= REGION_MAX && strspn(text, characters) == len)
		return MM_OK;
	return mm_fail(err, MM_EREFUSED, "\"%.80s\": no name of a region, such as eu-central-1", text);
}
