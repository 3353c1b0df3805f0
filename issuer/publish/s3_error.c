/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/publish/s3_error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- reading ---------------------------------------------------------------------------------------------------- */

static struct mm_span after(struct mm_span text, const char *what)
{
	const char *at = text.p ? memmem(text.p, text.len, what, strlen(what)) : NULL;

	if (!at)
		return (struct mm_span){0};
	at += strlen(what);
	return mm_span(at, text.len - (size_t)(at - text.p));
}

/* What stands before `what`; all of it when that does not come, as in a body that was cut. */
static struct mm_span before(struct mm_span text, const char *what)
{
	const char *at = text.p ? memmem(text.p, text.len, what, strlen(what)) : NULL;

	return at ? mm_span(text.p, (size_t)(at - text.p)) : text;
}

/* The character that an entity at the start of `text` stands for, and its length; itself when it is none that counts. */
static char entity(struct mm_span text, size_t *len)
{
	static const struct {
		const char *name;
		char c;
	} entities[] = {{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&apos;", '\''}};

	for (size_t i = 0; i < MM_COUNT(entities); i++) {
		if (mm_span_starts(text, entities[i].name)) {
			*len = strlen(entities[i].name);
			return entities[i].c;
		}
	}
	*len = 1;
	return text.p[0];
}

/* The text of the first element of that name, as far as it fits. */
static void read_element(struct mm_span error, const char *name, char *out, size_t size)
{
	char open[32], close[32];
	struct mm_span text;
	size_t n = 0, len;

	snprintf(open, sizeof open, "<%s>", name);
	snprintf(close, sizeof close, "</%s>", name);
	text = before(after(error, open), close);
	for (; text.len > 0 && n + 1 < size; text = mm_span(text.p + len, text.len - len))
		out[n++] = entity(text, &len);
	out[n] = '\0';
}

void mm_s3_error_read(struct mm_span body, struct mm_s3_error *out)
{
	struct mm_span error = after(body, "<Error");

	*out = (struct mm_s3_error){0};
	read_element(error, "Code", out->code, sizeof out->code);
	read_element(error, "Message", out->message, sizeof out->message);
	read_element(error, "Region", out->region, sizeof out->region);
	read_element(error, "Header", out->header, sizeof out->header);
	if (out->header[0] == '\0')
		read_element(error, "ArgumentName", out->header, sizeof out->header);
}

static bool names_condition(const char *text)
{
	return strcasestr(text, "if-match") || strcasestr(text, "if-none-match");
}

bool mm_s3_error_is_of_condition(long status, const struct mm_s3_error *error)
{
	if (status == 501)
		return error->header[0] == '\0' || names_condition(error->header);
	return status == 400 && (names_condition(error->header) || names_condition(error->message));
}

/* ---- telling ---------------------------------------------------------------------------------------------------- */

static const struct {
	const char *code;
	const char *remedy;
} remedies[] = {
	{"AccessDenied", "the credentials need s3:GetObject and s3:PutObject for both objects"},
	{"ExpiredToken", "get fresh temporary credentials"},
	{"InvalidAccessKeyId",
	 "this store does not know the access key id; are credentials and endpoint of one store?"},
	{"InvalidToken", "AWS_SESSION_TOKEN must be that of the same temporary credentials as the keys"},
	{"NoSuchBucket", "make the bucket, or correct its name"},
	{"RequestTimeTooSkewed", "set this host's clock"},
	{"SignatureDoesNotMatch", "the secret access key is not that of the access key id"},
};

static const char *remedy_for(const char *code)
{
	for (size_t i = 0; i < MM_COUNT(remedies); i++) {
		if (strcmp(remedies[i].code, code) == 0)
			return remedies[i].remedy;
	}
	return NULL;
}

static enum mm_code kind_of(long status, const struct mm_s3_error *error)
{
	if (strcmp(error->code, "NoSuchBucket") == 0)
		return MM_ENOTFOUND;
	return status >= 500 || error->code[0] == '\0' ? MM_ENETWORK : MM_EREFUSED;
}

enum mm_code mm_s3_error_fail(long status, const struct mm_s3_error *error, const char *region,
			      const char *bucket_region, struct mm_err *err)
{
	const char *remedy = remedy_for(error->code);
	mm_auto_buf line = {0};

	mm_buf_printf(&line, "the store answers %ld", status);
	if (error->code[0] != '\0')
		mm_buf_printf(&line, " %s", error->code);
	if (error->message[0] != '\0')
		mm_buf_printf(&line, ": %s", error->message);
	if (!bucket_region || *bucket_region == '\0')
		bucket_region = error->region;
	if (*bucket_region != '\0' && strcmp(bucket_region, region) != 0)
		mm_buf_printf(&line,
			      "; the bucket is in region %.64s, not in %s: say so (--region, s3.region, AWS_REGION)",
			      bucket_region, region);
	else if (remedy)
		mm_buf_printf(&line, "; %s", remedy);
	else if (status >= 300 && status < 400)
		mm_buf_add_str(&line, "; a redirect is not followed, so that nobody else is shown what was signed");
	if (mm_buf_check(&line, err) != MM_OK)
		return MM_ENOMEM;
	return mm_fail(err, kind_of(status, error), "%s", line.p);
}
