/* SPDX-License-Identifier: Apache-2.0 */
/* Requests for the objects of one bucket, signed by libcurl (AWS Signature Version 4). Belongs to one thread. */
#ifndef MINTMARK_ISSUER_PUBLISH_S3_CLIENT_H
#define MINTMARK_ISSUER_PUBLISH_S3_CLIENT_H

#include "issuer/publish/s3_error.h"

#include <mintmark/aws.h>

#define MM_S3_BODY_MAX (512 * 1024) /* bytes of an answer; what is longer is no document of ours */

struct mm_s3_client;

struct mm_s3_client_options {
	const char *bucket_url; /* without a slash at its end */
	const char *region;
	const struct mm_aws_settings *settings; /* keys, token, ca_bundle; copied */
	const char *connect;                    /* as in fetch.h; NULL: resolve */
	int timeout_ms;                         /* for one request with all its repetitions */
};

/* MM_ENOMEM, MM_ENETWORK: libcurl cannot do what is needed. */
MM_MUSTCHECK enum mm_code mm_s3_client_new(const struct mm_s3_client_options *options, struct mm_s3_client **out,
					   struct mm_err *err);
void mm_s3_client_free(struct mm_s3_client *client);
MM_AUTO(mm_s3_client)

struct mm_s3_answer {
	long status;
	struct mm_buf body; /* at most MM_S3_BODY_MAX */
	bool cut;           /* there was more of it */
};
void mm_s3_answer_clear(struct mm_s3_answer *answer);
#define mm_auto_s3_answer MM_CLEANUP(mm_s3_answer_clear) struct mm_s3_answer

/*
 * One object. Whatever the store answers is MM_OK. Answers that ask for patience (429, 500, 502, 503, 504) and broken
 * connections are met by a few repetitions with growing pauses, within the time. No redirect is followed. `*answer` must
 * be {0}. MM_ENETWORK, MM_ETIMEOUT, MM_ENOMEM; the line names the URL.
 */
MM_MUSTCHECK enum mm_code mm_s3_get(struct mm_s3_client *client, const char *key, struct mm_s3_answer *answer,
				    struct mm_err *err);

/* `headers` ("Name: value") are sent and signed. */
MM_MUSTCHECK enum mm_code mm_s3_put(struct mm_s3_client *client, const char *key, const struct mm_strings *headers,
				    struct mm_span body, struct mm_s3_answer *answer, struct mm_err *err);

/* A header of the last answer, by any case; NULL: none. Good until the next request. */
const char *mm_s3_header(struct mm_s3_client *client, const char *name);

/* Fails as mm_s3_error_fail, for the last answer. */
enum mm_code mm_s3_fail(struct mm_s3_client *client, const struct mm_s3_answer *answer, struct mm_err *err);

#endif
