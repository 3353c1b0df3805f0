/* SPDX-License-Identifier: Apache-2.0 */
/* Amazon Resource Names (AWS General Reference, "Amazon Resource Names"; IAM User Guide, "IAM identifiers"). */
#include <mintmark/trust.h>
#include <string.h>

#define DIGITS  "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define ROLE    "role/"
#define ROLE_CHARS                                                                                                     \
	DIGITS LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"                                                                    \
		       "+=,.@_-/"

enum { ACCOUNT_LEN = 12, ARN_MAX = 2048, ROLE_NAME_MAX = 64 };

/* What stands before the next colon, or everything; `*rest` goes behind it. */
static struct mm_span next_part(const char **rest)
{
	size_t len = strcspn(*rest, ":");
	struct mm_span part = mm_span(*rest, len);

	*rest += len + ((*rest)[len] == ':');
	return part;
}

static bool is_of(struct mm_span text, const char *characters)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.p[i] == '\0' || !strchr(characters, text.p[i]))
			return false;
	}
	return true;
}

bool mm_aws_account_is(struct mm_span text)
{
	return text.len == ACCOUNT_LEN && is_of(text, DIGITS);
}

bool mm_aws_has_wildcard(struct mm_span text)
{
	return memchr(text.p, '*', text.len) || memchr(text.p, '?', text.len);
}

static bool is_visible_ascii(const char *text)
{
	while (*text > ' ' && *text <= '~')
		text++;
	return *text == '\0';
}

enum mm_code mm_arn_parse(const char *text, struct mm_arn *out, struct mm_err *err)
{
	const char *rest = text;

	*out = (struct mm_arn){0};
	if (strlen(text) <= ARN_MAX && is_visible_ascii(text) && mm_span_is(next_part(&rest), "arn")) {
		out->partition = next_part(&rest);
		out->service = next_part(&rest);
		out->region = next_part(&rest);
		out->account = next_part(&rest);
		out->resource = mm_span_str(rest);
	}
	if (out->partition.len > 0 && out->service.len > 0 && out->resource.len > 0 &&
	    is_of(out->partition, LETTERS DIGITS "-"))
		return MM_OK;
	return mm_fail(err, MM_EPARSE, "\"%.120s\": no ARN, which is arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE",
		       text);
}

/* Why it is none, or NULL. */
static const char *role_objection(const struct mm_arn *arn)
{
	struct mm_span name = arn->resource;
	const char *slash;

	if (!mm_span_is(arn->service, "iam") || arn->region.len > 0)
		return "of IAM, without a region";
	if (!mm_aws_account_is(arn->account))
		return "with an account of 12 digits";
	if (!mm_span_starts(name, ROLE) || !is_of(name, ROLE_CHARS))
		return "with role/NAME, of letters, digits and + = , . @ _ - /";
	while ((slash = memchr(name.p, '/', name.len)))
		name = mm_span(slash + 1, name.len - (size_t)(slash + 1 - name.p));
	return name.len > 0 && name.len <= ROLE_NAME_MAX ? NULL : "with a name of 1 to 64 characters";
}

enum mm_code mm_role_arn_parse(const char *text, struct mm_arn *out, struct mm_err *err)
{
	enum mm_code code = mm_arn_parse(text, out, err);
	const char *objection = code == MM_OK ? role_objection(out) : NULL;

	if (objection)
		return mm_fail(err, MM_EPARSE,
			       "\"%.120s\": no ARN of a role; such as arn:aws:iam::123456789012:role/NAME is accepted, "
			       "%s",
			       text, objection);
	return code;
}

const char *mm_aws_provider_name(const char *issuer)
{
	static const char scheme[] = "https://";

	return strncmp(issuer, scheme, strlen(scheme)) == 0 ? issuer + strlen(scheme) : NULL;
}
