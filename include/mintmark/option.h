/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options of the configuration. Each is a row of one table (conf/options.c), from which the loader, the
 * documentation and the tests of the sample file work.
 */
#ifndef MINTMARK_OPTION_H
#define MINTMARK_OPTION_H

#include <mintmark/records.h>

enum mm_option_type {
	MM_OPT_STRING,
	MM_OPT_PATH,
	MM_OPT_DURATION,
	MM_OPT_INT,
	MM_OPT_ENUM,
	MM_OPT_STRINGS,      /* a list of different texts; struct mm_strings */
	MM_OPT_COMMAND,      /* the absolute path of a program, and its arguments; likewise */
	MM_OPT_DESTINATIONS, /* a list of different directories and s3:// locations; likewise */
	MM_OPT_BOOL,         /* true or false */
	MM_OPT_PAIRS,        /* a mapping of whatever names to texts; struct mm_pairs */
	MM_OPT_RECORDS,      /* a list of mappings; struct mm_records */
};
struct mm_option {
	const char *name; /* "keys.rotate_every" */
	enum mm_option_type type;
	size_t offset;        /* in struct mm_config, or in the record */
	const char *fallback; /* as it would be written in the file; NULL = required or absent, see `required` */
	int64_t min, max;     /* of durations (seconds), integers, lengths of texts (bytes), and numbers of items */
	/*
	 * MM_OPT_ENUM: the accepted words in the order of their values. MM_OPT_STRING, and each item of MM_OPT_STRINGS:
	 * likewise, or NULL for any text. NULL at the end.
	 */
	const char *const *words;
	/*
	 * MM_OPT_RECORDS: the options of each record, up to one without a name, with offsets in a struct of
	 * record_size; required and fallback hold of each record. With any_word "any" may stand in place of the list.
	 */
	const struct mm_option *fields;
	size_t record_size;
	bool any_word;
	bool required;
	bool reloadable; /* whether a reload may change it; otherwise a changed value is reported and not used */
	/* A further rule for the written value, for each item of a list, for each name of pairs; or NULL. */
	enum mm_code (*check)(const char *value, struct mm_err *err);
	const char *accepts; /* what would be accepted, for error messages; NULL: what type and range say */
	const char *help;    /* one line */
};
extern const struct mm_option mm_options[];
extern const size_t mm_option_count;

const struct mm_option *mm_option_find(const char *name); /* NULL when unknown */

/* Appends what the option accepts: "a duration from 1s to 365d, such as 90s, 15m, 1h or 30d". */
void mm_option_accepts(const struct mm_option *option, struct mm_buf *out);

#endif
