/* SPDX-License-Identifier: Apache-2.0 */
/* UUIDs (RFC 9562): random ones for jti, name-based ones for the uids of service accounts. */
#ifndef MINTMARK_UUID_H
#define MINTMARK_UUID_H

#include <mintmark/bytes.h>

#define MM_UUID_SIZE 37 /* 36 characters and NUL */

/* Version 4 from OpenSSL's generator. MM_ECRYPTO: no randomness. */
MM_MUSTCHECK enum mm_code mm_uuid4(char out[static MM_UUID_SIZE], struct mm_err *err);

/*
 * The same with random bytes drawn in advance, for whoever mints many: 50 ns instead of 1.2 us. {0} is an empty pool. It
 * belongs to one thread, and must not be used on both sides of a fork: both would mint the same.
 */
struct mm_uuid_pool {
	uint8_t bytes[1024];
	size_t left;
};
MM_MUSTCHECK enum mm_code mm_uuid4_pooled(struct mm_uuid_pool *pool, char out[static MM_UUID_SIZE], struct mm_err *err);

/* Version 5 (SHA-1) of `name` in the URL namespace (RFC 9562 §6.6). */
MM_MUSTCHECK enum mm_code mm_uuid5_url(struct mm_span name, char out[static MM_UUID_SIZE], struct mm_err *err);

/* 36 characters, hexadecimal and hyphens at their places. */
bool mm_uuid_valid(const char *text);

#endif
