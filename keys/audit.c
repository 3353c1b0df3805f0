/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/audit.h"

#include <mintmark/event.h>
#include <mintmark/file.h>
#include <mintmark/json.h>
#include <mintmark/steps.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define AUDIT_MODE 0600
#define TEXT_MAX   256   /* bytes of what somebody said; each may become an escape of six */
#define TAIL_MAX   16384 /* more than a whole line and a part of another */

static const char abandoned[] = "abandoned";

struct mm_author mm_author_of(const struct mm_actor *actor)
{
	struct mm_author author = {.actor = actor, .uid = getuid(), .pid = getpid()};
	struct passwd entry, *found = NULL;
	char space[4096];

	if (getpwuid_r(author.uid, &entry, space, sizeof(space), &found) == 0 && found)
		snprintf(author.user, sizeof(author.user), "%s", found->pw_name);
	return author;
}

/* ---- what is written --------------------------------------------------------------------------------------------- */

/* The lines of one commit, and what they have in common. */
struct lines {
	struct mm_buf text;
	const struct mm_author *author;
	uint64_t stored; /* the revision that is there */
	mm_time now;
};

static void add_name(struct mm_buf *text, const char *name)
{
	mm_buf_printf(text, ",\"%s\":", name);
}

static void add_int(struct mm_buf *text, const char *name, int64_t value)
{
	add_name(text, name);
	mm_buf_add_int(text, value);
}

static void add_time(struct mm_buf *text, const char *name, mm_time time)
{
	char formatted[MM_TIME_TEXT_SIZE];

	mm_time_format(time, formatted);
	mm_buf_printf(text, ",\"%s\":\"%s\"", name, formatted);
}

/* Of whoever; too much of it is cut, between two characters. */
static void add_text(struct mm_buf *text, const char *name, const char *value)
{
	char bounded[TEXT_MAX + sizeof("...")];
	size_t len = strlen(value);

	if (len > TEXT_MAX) {
		for (len = TEXT_MAX; len > 0 && ((unsigned char)value[len] & 0xc0) == 0x80;)
			len--;
		snprintf(bounded, sizeof(bounded), "%.*s...", (int)len, value);
		value = bounded;
	}
	add_name(text, name);
	mm_json_add_text(text, value);
}

static void begin_line(struct lines *lines, const char *event)
{
	char now[MM_TIME_TEXT_SIZE];

	mm_time_format(lines->now, now);
	mm_buf_printf(&lines->text, "{\"time\":\"%s\",\"event\":\"%s\"", now, event);
}

static void end_line(struct lines *lines, uint64_t revision_after, const char *why)
{
	const struct mm_author *author = lines->author;

	add_int(&lines->text, "revision_before", (int64_t)lines->stored);
	add_int(&lines->text, "revision_after", (int64_t)revision_after);
	add_text(&lines->text, "actor", author->actor->name);
	add_int(&lines->text, "uid", author->uid);
	if (author->user[0] != '\0')
		add_text(&lines->text, "user", author->user);
	add_int(&lines->text, "pid", author->pid);
	if (why)
		add_text(&lines->text, "why", why);
	mm_buf_add_str(&lines->text, "}\n");
}

/* The waits and times that the event settled. */
static void add_consequences(struct mm_buf *text, const struct mm_event *event)
{
	switch (event->kind) {
	case MM_EVENT_PUBLISHED:
	case MM_EVENT_DELIVERED:
		if (event->record->delivered != MM_NEVER) /* else nobody knows when */
			add_time(text, "ready_at", mm_key_ready_at(event->record));
		break;
	case MM_EVENT_ACTIVATED:
	case MM_EVENT_EXTENDED: add_int(text, "retire_wait", event->record->retire_wait); break;
	case MM_EVENT_RETIRED:
	case MM_EVENT_TAINTED:
		if (event->record->revoked != MM_NEVER) /* at once: then there is nothing to wait for */
			break;
		add_int(text, "retire_wait", event->record->retire_wait);
		add_time(text, "removable_at", mm_key_removable_at(event->record));
		break;
	default: break;
	}
}

static enum mm_code add_event(void *arg, const struct mm_event *event, struct mm_err *err)
{
	struct lines *lines = arg;
	struct mm_buf *text = &lines->text;

	begin_line(lines, mm_event_names[event->kind]);
	add_text(text, "kid", mm_key_kid(event->record->key));
	add_text(text, "alg", mm_key_alg(event->record->key)->name);
	add_consequences(text, event);
	end_line(lines, lines->stored + 1, lines->author->actor->why);
	return mm_buf_check(text, err);
}

static void add_abandoned(struct lines *lines, uint64_t revision, const char *why)
{
	begin_line(lines, abandoned);
	end_line(lines, revision, why);
}

/* ---- what is there ----------------------------------------------------------------------------------------------- */

struct tail {
	off_t size;
	off_t end;         /* of the last whole line: what comes after it was cut short */
	uint64_t revision; /* the one to which the last whole line led; 0 when it says that it was abandoned */
};

static uint64_t revision_told(struct mm_span line)
{
	json_t *root = NULL;
	const char *event = NULL;
	int64_t revision = 0;

	if (mm_json_load(line, line.len, &root, NULL) != MM_OK)
		return 0;
	if (mm_json_get_string(root, "event", &event, NULL) != MM_OK || strcmp(event, abandoned) == 0 ||
	    mm_json_get_int(root, "revision_after", &revision, NULL) != MM_OK || revision < 0)
		revision = 0;
	json_decref(root);
	return (uint64_t)revision;
}

static enum mm_code look_back(int fd, struct tail *tail, struct mm_err *err)
{
	char text[TAIL_MAX];
	const char *last, *before;
	struct stat st;
	ssize_t len;
	off_t from;

	*tail = (struct tail){0};
	if (fstat(fd, &st) != 0)
		return mm_fail_errno(err, "fstat");
	tail->size = st.st_size;
	from = st.st_size > TAIL_MAX ? st.st_size - TAIL_MAX : 0;
	len = pread(fd, text, TAIL_MAX, from);
	if (len < 0)
		return mm_fail_errno(err, "cannot read");
	last = memrchr(text, '\n', (size_t)len);
	if (!last)
		return from == 0 ? MM_OK
				 : mm_fail(err, MM_EPARSE, "its last %d bytes hold no end of a line: move it away",
					   TAIL_MAX);
	before = memrchr(text, '\n', (size_t)(last - text));
	before = before ? before + 1 : text;
	tail->revision = revision_told(mm_span(before, (size_t)(last - before)));
	tail->end = from + (last + 1 - text);
	return MM_OK;
}

/*
 * A line that was cut short is of a commit that never was, for it has to last before the set does; so it is taken back.
 * Where nobody may do that (chattr +a), it is ended.
 */
static void mend(int fd, const struct tail *tail, struct mm_buf *lines)
{
	if (tail->end < tail->size && ftruncate(fd, tail->end) != 0)
		mm_buf_add(lines, "\n", 1);
}

/* Opens the file, and begins `lines` with what has to be said first. */
static enum mm_code begin(int dirfd, struct lines *lines, const char *why, int *fd, struct mm_err *err)
{
	enum mm_code code = mm_file_open_append(dirfd, MM_STORE_AUDIT, MM_FILE_OWNED, AUDIT_MODE, fd, err);
	struct tail tail;

	if (code != MM_OK)
		return code;
	code = look_back(*fd, &tail, err);
	if (code != MM_OK)
		return mm_context(err, code, MM_STORE_AUDIT);
	mend(*fd, &tail, &lines->text);
	if (tail.revision > lines->stored)
		add_abandoned(lines, tail.revision, why);
	return MM_OK;
}

static enum mm_code append(int fd, const struct lines *lines, struct mm_err *err)
{
	enum mm_code code = mm_buf_check(&lines->text, err);

	if (code != MM_OK || lines->text.len == 0)
		return code;
	return mm_context(err, mm_file_append(fd, mm_buf_span(&lines->text), err), "cannot write " MM_STORE_AUDIT);
}

static struct lines lines_of(const struct mm_keyset *stored, const struct mm_keyset *next,
			     const struct mm_author *author)
{
	return (struct lines){.author = author, .stored = stored ? stored->revision : 0, .now = next->committed};
}

enum mm_code mm_audit_events(int dirfd, const struct mm_keyset *stored, const struct mm_keyset *next,
			     const struct mm_author *author, struct mm_err *err)
{
	struct lines lines = lines_of(stored, next, author);
	mm_auto_fd fd = -1;
	enum mm_code code = begin(dirfd, &lines,
				  "it is not stored: its commit was cut short, or an older key set restored", &fd, err);

	if (code == MM_OK)
		code = mm_keyset_events(stored, next, add_event, &lines, err);
	if (code == MM_OK)
		code = append(fd, &lines, err);
	mm_buf_free(&lines.text);
	return code;
}

void mm_audit_abandon(int dirfd, const struct mm_keyset *stored, const struct mm_keyset *next,
		      const struct mm_author *author, const char *why)
{
	struct lines lines = lines_of(stored, next, author);
	mm_auto_fd fd = -1;

	if (begin(dirfd, &lines, why, &fd, NULL) == MM_OK)
		(void)!append(fd, &lines, NULL);
	mm_buf_free(&lines.text);
}
