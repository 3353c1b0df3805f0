/* SPDX-License-Identifier: Apache-2.0 */
/* One document as an object in a bucket, with marks of whose it is and of which revision (docs/decisions/0020). */
#ifndef MINTMARK_ISSUER_PUBLISH_S3_OBJECT_H
#define MINTMARK_ISSUER_PUBLISH_S3_OBJECT_H

#include "issuer/publish/s3_client.h"

#include <mintmark/document.h>

enum mm_s3_seen {
	MM_S3_ABSENT,
	MM_S3_THERE,
	MM_S3_HIDDEN, /* the store does not say: without the right to list, what is not there is forbidden as well */
};

/* What was there when it was looked at; texts that it does not have are NULL. */
struct mm_s3_object {
	char *key;
	enum mm_s3_seen seen;
	struct mm_buf body;
	char *etag;
	char *content_type;
	char *cache_control;
	char *issuer; /* its marks */
	char *revision;
};

/* What it is to be. */
struct mm_s3_content {
	const struct mm_document *document;
	const char *issuer;
	uint64_t revision;
	mm_duration max_age;
};

void mm_s3_object_clear(struct mm_s3_object *object);

/* Looks what is there now. As mm_s3_get, and mm_s3_fail for every other answer. */
MM_MUSTCHECK enum mm_code mm_s3_object_look(struct mm_s3_client *client, struct mm_s3_object *object,
					    struct mm_err *err);

/* The revision that it is marked with. False: none, or no number. */
bool mm_s3_object_revision(const struct mm_s3_object *object, uint64_t *revision);

/* Byte for byte, with its marks, and with the headers that a verifier is shown. */
bool mm_s3_object_is(const struct mm_s3_object *object, const struct mm_s3_content *content);

enum mm_s3_put_outcome {
	MM_S3_PUT_DONE,
	MM_S3_PUT_OVERTAKEN,     /* it is not as it was seen any more: look again */
	MM_S3_PUT_NO_CONDITIONS, /* nothing was done: the store does not know conditional writes */
};

/*
 * Puts `content` in its place; when `conditional`, only if the object is as it was seen. As mm_s3_put, and mm_s3_fail.
 */
MM_MUSTCHECK enum mm_code mm_s3_object_put(struct mm_s3_client *client, const struct mm_s3_object *object,
					   const struct mm_s3_content *content, bool conditional,
					   enum mm_s3_put_outcome *outcome, struct mm_err *err);

#endif
