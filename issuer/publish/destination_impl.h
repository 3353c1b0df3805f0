/* SPDX-License-Identifier: Apache-2.0 */
/* What the kinds of destinations share; for destination*.c. */
#ifndef MINTMARK_ISSUER_PUBLISH_DESTINATION_IMPL_H
#define MINTMARK_ISSUER_PUBLISH_DESTINATION_IMPL_H

#include <mintmark/destination.h>
#include <mintmark/s3.h>

struct mm_destination_ops {
	/* As mm_destination_publish; `*result` is {0}, and may be filled in part on a failure. */
	enum mm_code (*publish)(const struct mm_destination *destination, const struct mm_destination_source *source,
				struct mm_destination_result *result, struct mm_err *err);
};

struct mm_destination {
	const struct mm_destination_ops *ops;
	char *text; /* as it was given; of a directory the path */
	bool omit_issuer_path, replace;
	int timeout_ms;
	/* S3 */
	struct mm_s3_location location;
	char *endpoint, *region; /* NULL: of the environment */
};

extern const struct mm_destination_ops mm_destination_dir, mm_destination_s3;

/* The issuer that a discovery document names, owned by the caller; NULL: it names none, or is no such document. */
char *mm_discovery_issuer(struct mm_span document);

#endif
