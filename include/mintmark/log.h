/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log: one line an event, key=value, to a file descriptor (standard error). Untrusted text is quoted and escaped;
 * a line is one write(2) of at most PIPE_BUF bytes, so that lines of several threads never mix. A reader that sleeps
 * does not stop us: after 0.1 s the line is dropped and counted. Secrets are never given to it.
 *
 *     mm_log(log, MM_LOG_INFO, "key activated", MM_F_STR("kid", kid), MM_F_TIME("retire_at", at));
 *     time=2026-11-22T00:15:00Z level=info msg="key activated" kid=… retire_at=…
 */
#ifndef MINTMARK_LOG_H
#define MINTMARK_LOG_H

#include <mintmark/clock.h>
#include <mintmark/err.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* MM_LOG_AUDIT is written whatever the level; it is none that could be configured. */
enum mm_log_level { MM_LOG_AUDIT = -1, MM_LOG_ERROR, MM_LOG_WARN, MM_LOG_INFO, MM_LOG_DEBUG };
enum mm_log_format { MM_LOG_TEXT, MM_LOG_JSON };

struct mm_log {
	int fd;
	_Atomic int level; /* enum mm_log_level; lines above it are dropped; a reload may change it */
	enum mm_log_format format;

	/* Its own; {0} at first. */
	_Atomic bool stalled; /* the last line was not taken */
	_Atomic uint64_t dropped;
	_Atomic uint64_t unreported; /* of those, how many no line has told of yet */
};

enum mm_field_kind { MM_FIELD_END, MM_FIELD_STR, MM_FIELD_INT, MM_FIELD_TIME, MM_FIELD_DURATION };
struct mm_field {
	enum mm_field_kind kind;
	const char *key;
	const char *text;
	int64_t number;
};

#define MM_F_STR(key, text)          ((struct mm_field){MM_FIELD_STR, (key), (text), 0})
#define MM_F_INT(key, number)        ((struct mm_field){MM_FIELD_INT, (key), NULL, (number)})
#define MM_F_TIME(key, time)         ((struct mm_field){MM_FIELD_TIME, (key), NULL, (time)})
#define MM_F_DURATION(key, duration) ((struct mm_field){MM_FIELD_DURATION, (key), NULL, (duration)})
#define MM_F_ERR(err)                MM_F_STR("error", (err)->text)

/* `log` may be NULL: nothing happens. Any thread; errno is kept. */
#define mm_log(log, level, message, ...)                                                                               \
	mm_log_fields((log), (level), (message), (const struct mm_field[]){__VA_ARGS__ __VA_OPT__(, ){0}})
void mm_log_fields(struct mm_log *log, enum mm_log_level level, const char *message, const struct mm_field *fields);

/* How many lines nobody took. */
uint64_t mm_log_dropped(const struct mm_log *log);

#endif
