/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/clock.h>

#include <mintmark/bytes.h>
#include <stdio.h>
#include <string.h>

/* Largest first: the order in which they stand in a text. */
static const struct unit {
	char letter;
	int64_t seconds;
} units[] = {{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reads the digits at `*p` and moves on; false when there are none, or too many for 63 bits. */
static bool get_count(const char **p, int64_t *out)
{
	int64_t value = 0;

	if (!is_digit(**p))
		return false;
	for (; is_digit(**p); (*p)++) {
		if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, **p - '0', &value))
			return false;
	}
	*out = value;
	return true;
}

static bool parse(const char *p, mm_duration *out)
{
	size_t next = 0; /* units before this one have been passed */

	*out = 0;
	if (strcmp(p, "0") == 0)
		return true;
	do {
		int64_t count, seconds;

		if (!get_count(&p, &count))
			return false;
		while (next < MM_COUNT(units) && units[next].letter != *p)
			next++;
		if (next == MM_COUNT(units) || __builtin_mul_overflow(count, units[next].seconds, &seconds) ||
		    __builtin_add_overflow(*out, seconds, out))
			return false;
		next++;
		p++;
	} while (*p != '\0');
	return true;
}

enum mm_code mm_duration_parse(const char *text, mm_duration *out, struct mm_err *err)
{
	mm_duration duration;

	if (!parse(text, &duration))
		return mm_fail(err, MM_EPARSE, "\"%s\" is not a duration: expected one like 90s, 15m, 1h30m or 30d",
			       text);
	*out = duration;
	return MM_OK;
}

void mm_duration_format(mm_duration duration, char out[static MM_DURATION_TEXT_SIZE])
{
	int len = 0;

	for (size_t i = 0; i < MM_COUNT(units); i++) {
		int64_t count = duration / units[i].seconds;

		if (count > 0)
			len += snprintf(out + len, (size_t)(MM_DURATION_TEXT_SIZE - len), "%lld%c", (long long)count,
					units[i].letter);
		duration %= units[i].seconds;
	}
	if (len == 0)
		memcpy(out, "0s", 3);
}
