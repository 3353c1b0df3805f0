/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One of the two files that AWS' tools share (AWS SDKs and Tools Reference Guide, "Shared config and credentials
 * files"): settings in sections. Read as botocore reads them, which is what the AWS command line does; where it takes
 * the wrong thing for right without a word, the line is refused.
 */
#ifndef MINTMARK_ISSUER_PUBLISH_AWS_FILE_H
#define MINTMARK_ISSUER_PUBLISH_AWS_FILE_H

#include <mintmark/bytes.h>

struct mm_aws_setting {
	struct mm_span kind;    /* of the section: "profile", "services", "sso-session" */
	struct mm_span section; /* its name */
	struct mm_span parent;  /* of an indented setting the one above it, as in "s3 ="; absent: it is not indented */
	struct mm_span name;    /* as written; compared without case */
	struct mm_span value;   /* without white space and comment around it */
	size_t line;
};

struct mm_aws_file {
	struct mm_buf text; /* which the spans point into; it holds secrets */
	struct mm_aws_setting *settings;
	size_t count;
	struct mm_span *profiles; /* the names of all profiles, those without settings too */
	size_t profile_count;
};

/* In the credentials file a section is a profile; in the other one it says so, except "default". */
enum mm_aws_file_kind { MM_AWS_CREDENTIALS, MM_AWS_CONFIG };

/* MM_EPARSE with the line and nothing of what stands there, MM_ENOMEM. `text` is taken over, also on a failure. */
MM_MUSTCHECK enum mm_code mm_aws_file_parse(struct mm_buf *text, enum mm_aws_file_kind kind, struct mm_aws_file *out,
					    struct mm_err *err);
void mm_aws_file_clear(struct mm_aws_file *file); /* cleanses */
#define mm_auto_aws_file MM_CLEANUP(mm_aws_file_clear) struct mm_aws_file

bool mm_aws_file_has_profile(const struct mm_aws_file *file, const char *profile);

/*
 * The value of `name` in section `section` of `kind`, below `parent` or not (NULL), borrowed; absent when it is not
 * there or empty. MM_EPARSE: it is there twice.
 */
MM_MUSTCHECK enum mm_code mm_aws_file_get(const struct mm_aws_file *file, const char *kind, struct mm_span section,
					  const char *parent, const char *name, struct mm_span *value,
					  struct mm_err *err);

#endif
