/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the two documents are published: a directory of a static host, or a bucket of S3 or of a store that speaks its
 * API. JWKS before discovery, each replaced at once; and whatever runs beside it, an older revision never takes the place
 * of a newer one (docs/decisions/0020).
 */
#ifndef MINTMARK_DESTINATION_H
#define MINTMARK_DESTINATION_H

#include <mintmark/snapshot.h>

struct mm_destination;

struct mm_destination_options {
	/* S3: NULL: AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, then AWS itself; and the region of the environment or profile */
	const char *endpoint;
	const char *region;
	bool omit_issuer_path; /* a directory stands for the issuer URL itself, as s3:// always does */
	bool replace;   /* whatever is there, a newer revision or another issuer's documents: for a new key set */
	int timeout_ms; /* for the lock, and for each request with its repetitions; 0 = 10000 */
};

/*
 * "s3://BUCKET[/PREFIX]": the documents become the objects PREFIX/.well-known/openid-configuration and
 * PREFIX/openid/v1/jwks. Anything else without "://" is a directory: the root of the issuer's host. Nothing is opened
 * yet. MM_EPARSE: neither, or a bucket, prefix, endpoint or region that cannot be one; the line says what is accepted.
 */
MM_MUSTCHECK enum mm_code mm_destination_new(const char *text, const struct mm_destination_options *options,
					     struct mm_destination **out, struct mm_err *err);
void mm_destination_free(struct mm_destination *destination);
MM_AUTO(mm_destination)

/*
 * What is published; asked for once the destination is locked (a directory) or has been looked at (S3), so that what
 * comes is the newest. S3: again whenever somebody else was faster.
 */
struct mm_destination_source {
	enum mm_code (*load)(void *arg, struct mm_snapshot **out, struct mm_err *err);
	void *arg;
};

struct mm_destination_result {
	uint64_t revision; /* that is there now */
	bool jwks_written; /* false: it was there already, byte for byte */
	bool discovery_written;
	char *jwks_place; /* path, or URL of the object */
	char *discovery_place;
	struct mm_err warning; /* what is there, but not as safely as it could be; empty when all was well */
};
void mm_destination_result_clear(struct mm_destination_result *result);

/*
 * Publishes. MM_OK: both documents of result->revision are there, for good. MM_ECONFLICT: a newer revision is there; the
 * line names both. MM_EREFUSED: there are documents of another issuer, or the store said no (its own code and message
 * are in the line); MM_ENOTFOUND: no such bucket; MM_ECONFIG: no credentials; MM_ETIMEOUT, MM_ENETWORK, MM_EUNSAFE,
 * MM_EIO, and the source's. On a failure each of the documents is whole: the old one or the new one.
 */
MM_MUSTCHECK enum mm_code mm_destination_publish(const struct mm_destination *destination,
						 const struct mm_destination_source *source,
						 struct mm_destination_result *result, struct mm_err *err);

#endif
