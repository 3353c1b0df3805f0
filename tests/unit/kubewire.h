/* SPDX-License-Identifier: Apache-2.0 */
/* Objects of Kubernetes as it writes them in protobuf, by wire.c. */
#ifndef MINTMARK_TESTS_KUBEWIRE_H
#define MINTMARK_TESTS_KUBEWIRE_H

#include "tests/unit/wire.h"

#include <mintmark/kubeapi.h>

#define KUBEWIRE_NOW  ((mm_time)1795309200)
#define GROUP_VERSION "authentication.k8s.io/v1"

/* ObjectMeta, of which Kubernetes writes the first seven fields also when they are empty. */
void kubewire_meta(struct mm_buf *out, unsigned field, const char *name, const char *namespace, const char *uid,
		   mm_time created);
void kubewire_annotation(struct mm_buf *meta, const char *key, const char *value);
void kubewire_request_status(struct mm_buf *out, unsigned field, const char *token, mm_time expires);
/* A request as kubectl 1.32 and later send it with all flags; as an answer, with a status. */
void kubewire_request(struct mm_buf *out, const char *name, const char *token, mm_time created, mm_time expires);

/* Puts the object into its envelope, and decodes that. */
enum mm_code kubewire_decode(const struct mm_buf *object, struct mm_token_request *out, struct mm_err *err);

void assert_same_bytes(const struct mm_buf *found, const struct mm_buf *expected);

#endif
