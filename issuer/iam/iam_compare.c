/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/iam/iam_compare.h"
#include "issuer/iam/iam_pattern.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <mintmark/clock.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- text ------------------------------------------------------------------------------------------------------- */

enum mm_iam_order mm_iam_compare_text(struct mm_span wanted, const char *got)
{
	return mm_iam_pattern_match(wanted, mm_span_str(got)) ? MM_IAM_EQUAL : MM_IAM_OTHER;
}

static bool is_ascii(struct mm_span text)
{
	for (size_t i = 0; i < text.len; i++) {
		if ((unsigned char)text.p[i] > 0x7f)
			return false;
	}
	return true;
}

enum mm_iam_order mm_iam_compare_text_without_case(struct mm_span wanted, const char *got)
{
	struct mm_span text = mm_span_str(got);

	if (wanted.len == text.len && strncasecmp(wanted.p, text.p, text.len) == 0)
		return MM_IAM_EQUAL;
	return is_ascii(wanted) || is_ascii(text) ? MM_IAM_OTHER : MM_IAM_UNREADABLE;
}

enum { ARN_PARTS = 6 };

static bool split_arn(struct mm_span text, struct mm_span parts[static ARN_PARTS])
{
	for (int i = 0; i < ARN_PARTS - 1; i++) {
		const char *colon = memchr(text.p, ':', text.len);

		if (!colon)
			return false;
		parts[i] = mm_span(text.p, (size_t)(colon - text.p));
		text = mm_span(colon + 1, text.len - parts[i].len - 1);
	}
	parts[ARN_PARTS - 1] = text;
	return true;
}

enum mm_iam_order mm_iam_compare_arn(struct mm_span wanted, const char *got)
{
	struct mm_span pattern[ARN_PARTS], parts[ARN_PARTS];

	if (!split_arn(wanted, pattern) || !split_arn(mm_span_str(got), parts))
		return MM_IAM_UNREADABLE;
	for (int i = 0; i < ARN_PARTS; i++) {
		if (!mm_iam_pattern_match(pattern[i], parts[i]))
			return MM_IAM_OTHER;
	}
	return MM_IAM_EQUAL;
}

/* ---- numbers ---------------------------------------------------------------------------------------------------- */

/* The digits before and after the point, without zeros that mean nothing; what is 0 is not negative. */
struct decimal {
	bool negative;
	struct mm_span whole, fraction;
};

static struct mm_span take_digits(struct mm_span *text)
{
	struct mm_span digits = mm_span(text->p, 0);

	while (digits.len < text->len && isdigit((unsigned char)text->p[digits.len]))
		digits.len++;
	*text = mm_span(text->p + digits.len, text->len - digits.len);
	return digits;
}

static bool take_char(struct mm_span *text, char c)
{
	if (text->len == 0 || *text->p != c)
		return false;
	*text = mm_span(text->p + 1, text->len - 1);
	return true;
}

/* "an integer or decimal value": [-+]DIGITS[.DIGITS], no exponent. */
static bool read_decimal(struct mm_span text, struct decimal *out)
{
	*out = (struct decimal){.negative = take_char(&text, '-')};
	if (!out->negative)
		take_char(&text, '+');
	out->whole = take_digits(&text);
	if (out->whole.len == 0)
		return false;
	if (take_char(&text, '.')) {
		out->fraction = take_digits(&text);
		if (out->fraction.len == 0)
			return false;
	}
	while (take_char(&out->whole, '0'))
		;
	while (out->fraction.len > 0 && out->fraction.p[out->fraction.len - 1] == '0')
		out->fraction.len--;
	if (out->whole.len == 0 && out->fraction.len == 0)
		out->negative = false;
	return text.len == 0;
}

static int compare_digits(struct mm_span a, struct mm_span b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len > 0 ? memcmp(a.p, b.p, len) : 0;

	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_size(const struct decimal *a, const struct decimal *b)
{
	int order = (a->whole.len > b->whole.len) - (a->whole.len < b->whole.len);

	if (order == 0)
		order = compare_digits(a->whole, b->whole);
	return order != 0 ? order : compare_digits(a->fraction, b->fraction);
}

static enum mm_iam_order order_of(int difference)
{
	return difference < 0 ? MM_IAM_LESS : difference > 0 ? MM_IAM_GREATER : MM_IAM_EQUAL;
}

enum mm_iam_order mm_iam_compare_number(struct mm_span wanted, const char *got)
{
	struct decimal limit, number;

	if (!read_decimal(wanted, &limit) || !read_decimal(mm_span_str(got), &number))
		return MM_IAM_UNREADABLE;
	if (limit.negative != number.negative)
		return number.negative ? MM_IAM_LESS : MM_IAM_GREATER;
	return order_of(number.negative ? compare_size(&limit, &number) : compare_size(&number, &limit));
}

/* ---- dates ------------------------------------------------------------------------------------------------------ */

/* The forms of W3C's NOTE-datetime, each completed to the longest; '9' stands for a digit. An offset follows a time. */
static const struct {
	const char *form, *rest;
	bool offset;
} dates[] = {
	{"9999", "-01-01T00:00:00Z", false},
	{"9999-99", "-01T00:00:00Z", false},
	{"9999-99-99", "T00:00:00Z", false},
	{"9999-99-99T99:99", ":00", true},
};

static bool has_form(struct mm_span text, const char *form)
{
	size_t len = strlen(form);

	if (text.len < len)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (form[i] == '9' ? !isdigit((unsigned char)text.p[i]) : text.p[i] != form[i])
			return false;
	}
	return true;
}

/* Four digits are a year, the first of W3C's forms: nobody means the first hours of 1970. */
static bool read_date(struct mm_span text, mm_time *out)
{
	char full[64];
	int len = snprintf(full, sizeof full, "%.*s", (int)(text.len < sizeof full ? text.len : sizeof full), text.p);

	for (size_t i = 0; i < MM_COUNT(dates); i++) {
		size_t form = strlen(dates[i].form);

		if (!has_form(text, dates[i].form) || dates[i].offset != (text.len > form))
			continue;
		if (dates[i].offset && text.p[form] == ':') /* it has seconds already */
			break;
		len = snprintf(full, sizeof full, "%.*s%s%.*s", (int)form, text.p, dates[i].rest,
			       (int)(text.len - form < sizeof full ? text.len - form : sizeof full), text.p + form);
		break;
	}
	return len < (int)sizeof full && mm_time_parse(full, out, NULL) == MM_OK;
}

enum mm_iam_order mm_iam_compare_date(struct mm_span wanted, const char *got)
{
	mm_time limit, time;

	if (!read_date(wanted, &limit) || !read_date(mm_span_str(got), &time))
		return MM_IAM_UNREADABLE;
	return order_of((time > limit) - (time < limit));
}

/* ---- the rest --------------------------------------------------------------------------------------------------- */

bool mm_iam_read_bool(struct mm_span text, bool *out)
{
	*out = text.len == 4 && strncasecmp(text.p, "true", 4) == 0;
	return *out || (text.len == 5 && strncasecmp(text.p, "false", 5) == 0);
}

enum mm_iam_order mm_iam_compare_bool(struct mm_span wanted, const char *got)
{
	bool a, b;

	if (!mm_iam_read_bool(wanted, &a) || !mm_iam_read_bool(mm_span_str(got), &b))
		return MM_IAM_UNREADABLE;
	return a == b ? MM_IAM_EQUAL : MM_IAM_OTHER;
}

/* The value is encoded, three bytes at a time, so that the policy's text must be canonical (RFC 4648 §3.5). */
enum mm_iam_order mm_iam_compare_binary(struct mm_span wanted, const char *got)
{
	size_t len = strlen(got);

	if (wanted.len != (len + 2) / 3 * 4)
		return MM_IAM_OTHER;
	for (size_t i = 0; i < len; i += 3) {
		unsigned char quantum[5];

		EVP_EncodeBlock(quantum, (const unsigned char *)got + i, len - i < 3 ? (int)(len - i) : 3);
		if (memcmp(quantum, wanted.p + i / 3 * 4, 4) != 0)
			return MM_IAM_OTHER;
	}
	return MM_IAM_EQUAL;
}

/* An address of either family in network order, and the number of its bits. */
static bool read_address(const char *text, unsigned char out[static 16], int *bits)
{
	*bits = inet_pton(AF_INET, text, out) == 1 ? 32 : inet_pton(AF_INET6, text, out) == 1 ? 128 : 0;
	return *bits > 0;
}

/* "203.0.113.0/24"; "/32" and "/128" may be left out. */
static bool read_range(struct mm_span text, unsigned char out[static 16], int *bits, int *prefix)
{
	char address[INET6_ADDRSTRLEN + sizeof "/128"], *slash;

	if (text.len >= sizeof address)
		return false;
	memcpy(address, text.p, text.len);
	address[text.len] = '\0';
	slash = strchr(address, '/');
	if (slash)
		*slash++ = '\0';
	if (!read_address(address, out, bits))
		return false;
	*prefix = *bits;
	if (!slash)
		return true;
	if (strlen(slash) > 3 || slash[0] == '\0' || slash[strspn(slash, "0123456789")] != '\0')
		return false;
	*prefix = (int)strtol(slash, NULL, 10); /* at most three digits */
	return *prefix <= *bits;
}

enum mm_iam_order mm_iam_compare_ip(struct mm_span wanted, const char *got)
{
	unsigned char range[16], address[16];
	int bits, prefix, got_bits;

	if (!read_range(wanted, range, &bits, &prefix) || !read_address(got, address, &got_bits))
		return MM_IAM_UNREADABLE;
	if (bits != got_bits || memcmp(range, address, (size_t)prefix / 8) != 0)
		return MM_IAM_OTHER;
	if (prefix % 8 != 0 && ((range[prefix / 8] ^ address[prefix / 8]) >> (8 - prefix % 8)) != 0)
		return MM_IAM_OTHER;
	return MM_IAM_EQUAL;
}
