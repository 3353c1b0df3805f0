/* SPDX-License-Identifier: Apache-2.0 */
/* UUIDs (RFC 9562): random ones for jti, name-based ones for the uids of service accounts. */
#ifndef MINTMARK_UUID_H
#define MINTMARK_UUID_H

#include <mintmark/bytes.h>

#define MM_UUID_SIZE 37 /* 36 characters and NUL */

/* Version 4 from OpenSSL's generator. MM_ECRYPTO: no randomness. */
MM_MUSTCHECK enum mm_code mm_uuid4(char out[static MM_UUID_SIZE], struct mm_err *err);

/* Version 5 (SHA-1) of `name` in the URL namespace (RFC 9562 §6.6). */
void mm_uuid5_url(struct mm_span name, char out[static MM_UUID_SIZE]);

#endif
