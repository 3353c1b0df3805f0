/* SPDX-License-Identifier: Apache-2.0 */
/* Where AWS' tools look for settings: the environment, and one profile in the two files that they share. */
#ifndef MINTMARK_ISSUER_PUBLISH_AWS_SOURCES_H
#define MINTMARK_ISSUER_PUBLISH_AWS_SOURCES_H

#include "issuer/publish/aws_file.h"

/* An environment variable; an empty one is none, as for the SDKs. */
const char *mm_aws_variable(const char *name);

struct mm_aws_place {
	char *path; /* NULL: there is no home directory */
	struct mm_aws_file file;
};

struct mm_aws_sources {
	const char *profile; /* its name; of the environment, or static */
	struct mm_aws_place credentials, config;
};

/*
 * Reads both files; one that is not there is empty. MM_ECONFIG: the environment names a profile that is in neither.
 * MM_EPARSE, MM_ELIMIT, MM_EUNSAFE, MM_EIO: a file, with its path.
 */
MM_MUSTCHECK enum mm_code mm_aws_sources_load(struct mm_aws_sources *out, struct mm_err *err);
void mm_aws_sources_clear(struct mm_aws_sources *sources);
#define mm_auto_aws_sources MM_CLEANUP(mm_aws_sources_clear) struct mm_aws_sources

const char *mm_aws_place_name(const struct mm_aws_place *place); /* for a line that says where was looked */

/* A setting of the profile in one of the files; absent: it is not there. MM_EPARSE: it is there twice. */
MM_MUSTCHECK enum mm_code mm_aws_place_get(const struct mm_aws_place *place, const char *profile, const char *name,
					   struct mm_span *value, struct mm_err *err);
/* The same: from the config file, else from the credentials file, where many people have written it. */
MM_MUSTCHECK enum mm_code mm_aws_sources_get(const struct mm_aws_sources *sources, const char *name,
					     struct mm_span *value, struct mm_err *err);

#endif
