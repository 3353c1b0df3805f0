/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times as text. The calendar is computed here, not by gmtime_r and timegm: glibc's take the lock of the time zone
 * data, which every worker would meet at every response.
 */
#include <mintmark/clock.h>

#include <stdbool.h>
#include <string.h>

#define DAY 86400

struct civil {
	int year, month, day; /* month and day from 1 */
	int hour, minute, second;
	int weekday; /* 0 = Sunday; not read by civil_to_time */
};

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Days from 1970-01-01 to the first of January. */
static int64_t days_to_year(int year)
{
	int64_t past = year - 1;

	return past * 365 + past / 4 - past / 100 + past / 400 - 719162;
}

static mm_time civil_to_time(const struct civil *c)
{
	int64_t days = days_to_year(c->year) + c->day - 1;

	for (int month = 1; month < c->month; month++)
		days += days_in_month(c->year, month);
	return days * DAY + c->hour * 3600 + c->minute * 60 + c->second;
}

static struct civil civil_of(mm_time time)
{
	struct civil c = {.month = 1};
	int64_t days;
	int rest;

	time = time < 0 ? 0 : time > MM_TIME_MAX ? MM_TIME_MAX : time;
	days = time / DAY;
	rest = (int)(time % DAY);
	c.hour = rest / 3600;
	c.minute = rest / 60 % 60;
	c.second = rest % 60;
	c.weekday = (int)((days + 4) % 7); /* 1970-01-01 was a Thursday */
	c.year = 1970 + (int)(days / 366); /* too early by one for each 480 years */
	while (days_to_year(c.year + 1) <= days)
		c.year++;
	days -= days_to_year(c.year);
	for (; days >= days_in_month(c.year, c.month); c.month++)
		days -= days_in_month(c.year, c.month);
	c.day = (int)days + 1;
	return c;
}

static char *put_number(char *out, int value, int digits)
{
	for (int i = digits - 1; i >= 0; i--, value /= 10)
		out[i] = (char)('0' + value % 10);
	return out + digits;
}

static char *put_text(char *out, const char *text)
{
	size_t len = strlen(text);

	memcpy(out, text, len + 1);
	return out + len;
}

void mm_time_format(mm_time time, char out[static MM_TIME_TEXT_SIZE])
{
	struct civil c = civil_of(time);

	out = put_number(out, c.year, 4);
	*out++ = '-';
	out = put_number(out, c.month, 2);
	*out++ = '-';
	out = put_number(out, c.day, 2);
	*out++ = 'T';
	out = put_number(out, c.hour, 2);
	*out++ = ':';
	out = put_number(out, c.minute, 2);
	*out++ = ':';
	out = put_number(out, c.second, 2);
	put_text(out, "Z");
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reads exactly `digits` digits and moves on. */
static bool get_number(const char **p, int digits, int *out)
{
	int value = 0;

	for (int i = 0; i < digits; i++) {
		if (!is_digit((*p)[i]))
			return false;
		value = value * 10 + ((*p)[i] - '0');
	}
	*p += digits;
	*out = value;
	return true;
}

/* Reads one of the characters in `set` and moves on. */
static bool get_char(const char **p, const char *set)
{
	if (**p == '\0' || !strchr(set, **p))
		return false;
	(*p)++;
	return true;
}

/* A leap second (60) is let through here; only the caller knows whether it stands at the end of a UTC day. */
static bool civil_valid(const struct civil *c)
{
	return c->month >= 1 && c->month <= 12 && c->day >= 1 && c->day <= days_in_month(c->year, c->month) &&
	       c->hour <= 23 && c->minute <= 59 && c->second <= 60;
}

/* ".5" and the like, which are dropped. */
static bool skip_fraction(const char **p)
{
	if (!get_char(p, "."))
		return true;
	if (!is_digit(**p))
		return false;
	while (is_digit(**p))
		(*p)++;
	return true;
}

/* "Z" or "+01:30", in seconds east of UTC. */
static bool get_offset(const char **p, int *out)
{
	int sign = **p == '-' ? -1 : 1, hours, minutes;

	*out = 0;
	if (get_char(p, "Zz"))
		return true;
	if (!get_char(p, "+-") || !get_number(p, 2, &hours) || !get_char(p, ":") || !get_number(p, 2, &minutes))
		return false;
	*out = sign * (hours * 3600 + minutes * 60);
	return hours <= 23 && minutes <= 59;
}

static bool parse_rfc3339(const char *p, mm_time *out)
{
	struct civil c = {0};
	int offset;

	if (!get_number(&p, 4, &c.year) || !get_char(&p, "-") || !get_number(&p, 2, &c.month) || !get_char(&p, "-") ||
	    !get_number(&p, 2, &c.day) || !get_char(&p, "Tt") || !get_number(&p, 2, &c.hour) || !get_char(&p, ":") ||
	    !get_number(&p, 2, &c.minute) || !get_char(&p, ":") || !get_number(&p, 2, &c.second) ||
	    !skip_fraction(&p) || !get_offset(&p, &offset) || *p != '\0' || c.year < 1 || !civil_valid(&c))
		return false;
	*out = civil_to_time(&c) - offset;
	return c.second < 60 || *out % DAY == 0;
}

/* Seconds since the epoch. */
static bool parse_digits(const char *p, mm_time *out)
{
	mm_time value = 0;

	if (*p == '\0')
		return false;
	for (; is_digit(*p) && value <= MM_TIME_MAX; p++)
		value = value * 10 + (*p - '0');
	*out = value;
	return *p == '\0';
}

enum mm_code mm_time_parse(const char *text, mm_time *out, struct mm_err *err)
{
	mm_time time;

	if ((!parse_digits(text, &time) && !parse_rfc3339(text, &time)) || time < 0 || time > MM_TIME_MAX)
		return mm_fail(err, MM_EPARSE,
			       "\"%s\" is not a time: expected RFC 3339 like 2026-11-22T00:15:00Z, or seconds since "
			       "the epoch, from 1970 to 9999",
			       text);
	*out = time;
	return MM_OK;
}

static const char weekdays[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

void mm_http_date_format(mm_time time, char out[static MM_HTTP_DATE_SIZE])
{
	struct civil c = civil_of(time);

	out = put_text(out, weekdays[c.weekday]);
	out = put_text(out, ", ");
	out = put_number(out, c.day, 2);
	*out++ = ' ';
	out = put_text(out, months[c.month - 1]);
	*out++ = ' ';
	out = put_number(out, c.year, 4);
	*out++ = ' ';
	out = put_number(out, c.hour, 2);
	*out++ = ':';
	out = put_number(out, c.minute, 2);
	*out++ = ':';
	out = put_number(out, c.second, 2);
	put_text(out, " GMT");
}

/* The number of the month whose name stands at `p`, or 0. */
static int month_at(const char *p)
{
	for (int i = 0; i < 12; i++) {
		if (memcmp(p, months[i], 3) == 0)
			return i + 1;
	}
	return 0;
}

/* The numbers are read at their places; whether everything else is right, writing the time again tells. */
static bool parse_http_date(const char *text, mm_time *out)
{
	struct civil c = {0};
	char again[MM_HTTP_DATE_SIZE];
	const char *day = text + 5, *year = text + 12, *hour = text + 17, *minute = text + 20, *second = text + 23;

	if (strlen(text) != MM_HTTP_DATE_SIZE - 1)
		return false;
	c.month = month_at(text + 8);
	if (!get_number(&day, 2, &c.day) || !get_number(&year, 4, &c.year) || !get_number(&hour, 2, &c.hour) ||
	    !get_number(&minute, 2, &c.minute) || !get_number(&second, 2, &c.second) || c.year < 1970 ||
	    !civil_valid(&c))
		return false;
	*out = civil_to_time(&c);
	mm_http_date_format(*out, again);
	return strcmp(text, again) == 0;
}

enum mm_code mm_http_date_parse(const char *text, mm_time *out, struct mm_err *err)
{
	mm_time time;

	if (!parse_http_date(text, &time))
		return mm_fail(err, MM_EPARSE, "not a date like \"Sun, 22 Nov 2026 00:15:00 GMT\"");
	*out = time;
	return MM_OK;
}
