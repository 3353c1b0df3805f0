/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/kubewire.h"

#include "tests/unit/support.h"

void kubewire_meta(struct mm_buf *out, unsigned field, const char *name, const char *namespace, const char *uid,
		   mm_time created)
{
	mm_auto_buf meta = {0}, time = {0};

	wire_text(&meta, 1, name);
	wire_text(&meta, 2, "");
	wire_text(&meta, 3, namespace);
	wire_text(&meta, 4, "");
	wire_text(&meta, 5, uid);
	wire_text(&meta, 6, "");
	wire_int(&meta, 7, 0);
	if (created != MM_NEVER) {
		wire_int(&time, 1, (uint64_t)created);
		wire_int(&time, 2, 0);
	}
	wire_message(&meta, 8, &time);
	wire_message(out, field, &meta);
}

static void put_bound_object(struct mm_buf *out, unsigned field)
{
	mm_auto_buf object = {0};

	wire_text(&object, 1, "Pod");
	wire_text(&object, 2, "v1");
	wire_text(&object, 3, "web-0");
	wire_text(&object, 4, "u-2");
	wire_message(out, field, &object);
}

void kubewire_request_status(struct mm_buf *out, unsigned field, const char *token, mm_time expires)
{
	mm_auto_buf status = {0}, time = {0};

	wire_text(&status, 1, token);
	if (expires != MM_NEVER) {
		wire_int(&time, 1, (uint64_t)expires);
		wire_int(&time, 2, 0);
	}
	wire_message(&status, 2, &time);
	wire_message(out, field, &status);
}

void kubewire_request(struct mm_buf *out, const char *name, const char *token, mm_time created, mm_time expires)
{
	mm_auto_buf spec = {0};

	wire_text(&spec, 1, "https://sts.example.com");
	wire_text(&spec, 1, "b");
	put_bound_object(&spec, 3);
	wire_int(&spec, 4, 3600);
	kubewire_meta(out, 1, name, "", "", created);
	wire_message(out, 2, &spec);
	kubewire_request_status(out, 3, token, expires);
}

void kubewire_annotation(struct mm_buf *meta, const char *key, const char *value)
{
	mm_auto_buf entry = {0};

	wire_text(&entry, 1, key);
	wire_text(&entry, 2, value);
	wire_message(meta, 12, &entry);
}

enum mm_code kubewire_decode(const struct mm_buf *object, struct mm_token_request *out, struct mm_err *err)
{
	mm_auto_buf body = {0};

	wire_envelope(&body, GROUP_VERSION, "TokenRequest", object);
	return mm_token_request_decode(MM_MEDIA_PROTOBUF, mm_buf_span(&body), out, err);
}

void assert_same_bytes(const struct mm_buf *found, const struct mm_buf *expected)
{
	assert_int_equal(found->len, expected->len);
	assert_memory_equal(found->p, expected->p, expected->len);
}
