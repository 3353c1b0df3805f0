/* SPDX-License-Identifier: Apache-2.0 */
/* Time. `now` is a parameter everywhere; the system clock is read in base/clock.c and nowhere else. */
#ifndef MINTMARK_CLOCK_H
#define MINTMARK_CLOCK_H

#include <mintmark/err.h>
#include <stdint.h>

typedef int64_t mm_time;     /* seconds since the epoch, UTC; MM_NEVER = has not happened */
typedef int64_t mm_duration; /* seconds, never negative */
#define MM_NEVER    ((mm_time)0)
#define MM_TIME_MAX INT64_C(253402300799) /* 9999-12-31T23:59:59Z, the last that RFC 3339 can write */

mm_time mm_clock_now(void);
int64_t mm_clock_monotonic_ns(void); /* nanoseconds from an arbitrary start: for deadlines and latencies */
int64_t mm_clock_steady_ns(void);    /* the same, and it runs on while the host sleeps: for waits */

#define MM_TIME_TEXT_SIZE 21 /* "2026-11-22T00:15:00Z" and NUL */
/* RFC 3339 in UTC, whole seconds. Times outside the years 1970 to 9999 are written as the nearest of them. */
void mm_time_format(mm_time time, char out[static MM_TIME_TEXT_SIZE]);
/* RFC 3339 with "Z" or an offset, or digits alone (seconds since the epoch). MM_EPARSE says what is accepted. */
MM_MUSTCHECK enum mm_code mm_time_parse(const char *text, mm_time *out, struct mm_err *err);
/* "Sun, 22 Nov 2026 00:15:00 GMT" (RFC 9110 §5.6.7), 29 characters and NUL. */
#define MM_HTTP_DATE_SIZE 30
void mm_http_date_format(mm_time time, char out[static MM_HTTP_DATE_SIZE]);
/* IMF-fixdate only; MM_EPARSE otherwise (a recipient may ignore the obsolete forms in a condition). */
MM_MUSTCHECK enum mm_code mm_http_date_parse(const char *text, mm_time *out, struct mm_err *err);

#define MM_DURATION_TEXT_SIZE 32
/* "90s", "15m", "1h30m", "30d", "0" or "0s": units d h m s, each at most once and in that order (Go's, plus d). */
MM_MUSTCHECK enum mm_code mm_duration_parse(const char *text, mm_duration *out, struct mm_err *err);
/* The one text with the largest units, zeros left out: 5400 gives "1h30m", 0 gives "0s". */
void mm_duration_format(mm_duration duration, char out[static MM_DURATION_TEXT_SIZE]);

#endif
