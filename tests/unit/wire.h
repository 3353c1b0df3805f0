/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Protobuf's wire format by hand, so that what is tested does not test itself: a writer of fields, and a reader by path
 * (https://protobuf.dev/programming-guides/encoding).
 */
#ifndef MINTMARK_TESTS_WIRE_H
#define MINTMARK_TESTS_WIRE_H

#include <mintmark/bytes.h>

/* Append one field. */
void wire_int(struct mm_buf *out, unsigned field, uint64_t value);
void wire_text(struct mm_buf *out, unsigned field, const char *text);
void wire_bytes(struct mm_buf *out, unsigned field, struct mm_span bytes);
void wire_message(struct mm_buf *out, unsigned field, const struct mm_buf *message);
/* Kubernetes' envelope: magic and runtime.Unknown. */
void wire_envelope(struct mm_buf *out, const char *api_version, const char *kind, const struct mm_buf *object);

/*
 * What stands at a path of field numbers: "3.2.4#1" is the second field 4 in the first field 2 in field 3. Text and
 * messages; absent when it is not there, and the test fails when the message is malformed.
 */
struct mm_span wire_at(struct mm_span message, const char *path);
/* The varint there, or `absent`. */
uint64_t wire_int_at(struct mm_span message, const char *path, uint64_t absent);
/* The object in an envelope, which must be of that type. */
struct mm_span wire_open(const struct mm_buf *body, const char *api_version, const char *kind);

#endif
