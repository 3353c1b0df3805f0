/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/wire.h"

#include "tests/unit/support.h"

#include <stdlib.h>
#include <string.h>

enum { VARINT = 0, LENGTH_DELIMITED = 2 };

static const char magic[] = {'k', '8', 's', '\0'};

/* ---- writing ------------------------------------------------------------------------------------------------------- */

static void put_varint(struct mm_buf *out, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		mm_buf_add(out, &(char){(char)(value | 0x80)}, 1);
	mm_buf_add(out, &(char){(char)value}, 1);
}

void wire_int(struct mm_buf *out, unsigned field, uint64_t value)
{
	put_varint(out, field << 3 | VARINT);
	put_varint(out, value);
}

void wire_bytes(struct mm_buf *out, unsigned field, struct mm_span bytes)
{
	put_varint(out, field << 3 | LENGTH_DELIMITED);
	put_varint(out, bytes.len);
	mm_buf_add_span(out, bytes);
}

void wire_text(struct mm_buf *out, unsigned field, const char *text)
{
	wire_bytes(out, field, mm_span_str(text));
}

void wire_message(struct mm_buf *out, unsigned field, const struct mm_buf *message)
{
	wire_bytes(out, field, mm_buf_span(message));
}

void wire_envelope(struct mm_buf *out, const char *api_version, const char *kind, const struct mm_buf *object)
{
	mm_auto_buf type = {0};

	wire_text(&type, 1, api_version);
	wire_text(&type, 2, kind);
	mm_buf_add(out, magic, sizeof magic);
	wire_message(out, 1, &type);
	wire_message(out, 2, object);
	wire_text(out, 3, "");
	wire_text(out, 4, "");
}

/* ---- reading ------------------------------------------------------------------------------------------------------- */

struct field {
	uint64_t number, wire_type;
	uint64_t value;      /* of a varint */
	struct mm_span span; /* else */
};

static struct mm_span without(struct mm_span message, size_t len)
{
	assert_true(len <= message.len);
	return mm_span(message.p + len, message.len - len);
}

static uint64_t take_varint(struct mm_span *message)
{
	uint64_t value = 0;
	unsigned char byte;
	int shift = 0;

	do {
		assert_true(message->len > 0 && shift < 64);
		byte = (unsigned char)message->p[0];
		*message = without(*message, 1);
		value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	return value;
}

static bool take_field(struct mm_span *message, struct field *out)
{
	uint64_t tag;

	if (message->len == 0)
		return false;
	tag = take_varint(message);
	*out = (struct field){.number = tag >> 3, .wire_type = tag & 7};
	out->value = take_varint(message);
	if (out->wire_type == VARINT)
		return true;
	assert_int_equal(out->wire_type, LENGTH_DELIMITED);
	out->span = mm_span(message->p, out->value);
	*message = without(*message, out->value);
	return true;
}

static bool find(struct mm_span message, const char *path, struct field *out)
{
	char *rest;
	uint64_t number = strtoul(path, &rest, 10);
	size_t skipped = *rest == '#' ? strtoul(rest + 1, &rest, 10) : 0;

	while (take_field(&message, out)) {
		if (out->number == number && skipped-- == 0)
			return *rest == '.' ? find(out->span, rest + 1, out) : true;
	}
	return false;
}

struct mm_span wire_at(struct mm_span message, const char *path)
{
	struct field field;

	if (!find(message, path, &field))
		return mm_span(NULL, 0);
	assert_int_equal(field.wire_type, LENGTH_DELIMITED);
	return field.span;
}

uint64_t wire_int_at(struct mm_span message, const char *path, uint64_t absent)
{
	struct field field;

	if (!find(message, path, &field))
		return absent;
	assert_int_equal(field.wire_type, VARINT);
	return field.value;
}

struct mm_span wire_open(const struct mm_buf *body, const char *api_version, const char *kind)
{
	struct mm_span message = mm_buf_span(body);

	assert_true(message.len > sizeof magic && memcmp(message.p, magic, sizeof magic) == 0);
	message = without(message, sizeof magic);
	assert_true(mm_span_is(wire_at(message, "1.1"), api_version));
	assert_true(mm_span_is(wire_at(message, "1.2"), kind));
	assert_true(mm_span_is(wire_at(message, "3"), ""));
	assert_true(mm_span_is(wire_at(message, "4"), ""));
	return wire_at(message, "2");
}
