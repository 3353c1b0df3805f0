/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/base64url.h>

#include <endian.h>
#include <string.h>

/* clang-format off */

/* The two characters of every 12 bits: encoding by pairs is 3.5 times as fast as by single characters. */
#define EACH(X, first) \
	X(first, 'A') X(first, 'B') X(first, 'C') X(first, 'D') X(first, 'E') X(first, 'F') X(first, 'G') X(first, 'H') \
	X(first, 'I') X(first, 'J') X(first, 'K') X(first, 'L') X(first, 'M') X(first, 'N') X(first, 'O') X(first, 'P') \
	X(first, 'Q') X(first, 'R') X(first, 'S') X(first, 'T') X(first, 'U') X(first, 'V') X(first, 'W') X(first, 'X') \
	X(first, 'Y') X(first, 'Z') X(first, 'a') X(first, 'b') X(first, 'c') X(first, 'd') X(first, 'e') X(first, 'f') \
	X(first, 'g') X(first, 'h') X(first, 'i') X(first, 'j') X(first, 'k') X(first, 'l') X(first, 'm') X(first, 'n') \
	X(first, 'o') X(first, 'p') X(first, 'q') X(first, 'r') X(first, 's') X(first, 't') X(first, 'u') X(first, 'v') \
	X(first, 'w') X(first, 'x') X(first, 'y') X(first, 'z') X(first, '0') X(first, '1') X(first, '2') X(first, '3') \
	X(first, '4') X(first, '5') X(first, '6') X(first, '7') X(first, '8') X(first, '9') X(first, '-') X(first, '_')
#define PAIR(first, second) {first, second},
#define ROW(first) EACH(PAIR, first)
static const char pairs[64 * 64][2] = {
	ROW('A') ROW('B') ROW('C') ROW('D') ROW('E') ROW('F') ROW('G') ROW('H')
	ROW('I') ROW('J') ROW('K') ROW('L') ROW('M') ROW('N') ROW('O') ROW('P')
	ROW('Q') ROW('R') ROW('S') ROW('T') ROW('U') ROW('V') ROW('W') ROW('X')
	ROW('Y') ROW('Z') ROW('a') ROW('b') ROW('c') ROW('d') ROW('e') ROW('f')
	ROW('g') ROW('h') ROW('i') ROW('j') ROW('k') ROW('l') ROW('m') ROW('n')
	ROW('o') ROW('p') ROW('q') ROW('r') ROW('s') ROW('t') ROW('u') ROW('v')
	ROW('w') ROW('x') ROW('y') ROW('z') ROW('0') ROW('1') ROW('2') ROW('3')
	ROW('4') ROW('5') ROW('6') ROW('7') ROW('8') ROW('9') ROW('-') ROW('_')
};

/* The value of each character; BAD, the only one with bit 6, for those outside the alphabet. */
#define BAD 0x40
static const uint8_t values[256] = {
#define BAD8  BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD
#define BAD32 BAD8, BAD8, BAD8, BAD8
	BAD32,
	BAD8, BAD, BAD, BAD, BAD, BAD,  62, BAD, BAD,                 /* - */
	 52,  53,  54,  55,  56,  57,  58,  59,  60,  61, BAD, BAD, BAD, BAD, BAD, BAD, /* 0-9 */
	BAD,   0,   1,   2,   3,   4,   5,   6,   7,   8,   9,  10,  11,  12,  13,  14, /* A-O */
	 15,  16,  17,  18,  19,  20,  21,  22,  23,  24,  25, BAD, BAD, BAD, BAD,  63, /* P-Z _ */
	BAD,  26,  27,  28,  29,  30,  31,  32,  33,  34,  35,  36,  37,  38,  39,  40, /* a-o */
	 41,  42,  43,  44,  45,  46,  47,  48,  49,  50,  51, BAD, BAD, BAD, BAD, BAD, /* p-z */
	BAD32, BAD32, BAD32, BAD32,
};
/* clang-format on */

/* Writes the pair for the 12 lowest bits. */
static void put_pair(char *out, uint64_t bits)
{
	memcpy(out, pairs[bits & 0xfff], 2);
}

/* The last one or two bytes, as if zeros came after them. */
static char *put_tail(char *out, const uint8_t *in, size_t len)
{
	uint32_t group = (uint32_t)in[0] << 16 | (len == 2 ? (uint32_t)in[1] << 8 : 0);

	put_pair(out, group >> 12);
	if (len == 2)
		out[2] = pairs[group & 0xfff][0];
	return out + len + 1;
}

size_t mm_base64url_encode(char *out, const void *bytes, size_t len)
{
	const uint8_t *in = bytes;
	char *start = out;

	/* Six bytes at a time, read as eight. */
	for (; len >= 8; len -= 6, in += 6, out += 8) {
		uint64_t word;

		memcpy(&word, in, sizeof word);
		word = be64toh(word);
		put_pair(out, word >> 52);
		put_pair(out + 2, word >> 40);
		put_pair(out + 4, word >> 28);
		put_pair(out + 6, word >> 16);
	}
	for (; len >= 3; len -= 3, in += 3, out += 4) {
		uint32_t group = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];

		put_pair(out, group >> 12);
		put_pair(out + 2, group);
	}
	if (len > 0)
		out = put_tail(out, in, len);
	return (size_t)(out - start);
}

void mm_base64url_add(struct mm_buf *buf, const void *bytes, size_t len)
{
	char *room = mm_buf_reserve(buf, mm_base64url_len(len));

	if (room)
		buf->len += mm_base64url_encode(room, bytes, len);
}

static enum mm_code bad_character(struct mm_span text, struct mm_err *err)
{
	size_t i = 0;

	while (i < text.len && values[(uint8_t)text.p[i]] != BAD)
		i++;
	return mm_fail(err, MM_EPARSE, "base64url: byte %zu (0x%02x) is not in the alphabet A-Z a-z 0-9 - _", i + 1,
		       i < text.len ? (unsigned)(uint8_t)text.p[i] : 0U);
}

/* The last two or three characters: one or two bytes, and bits that must be zero. */
static enum mm_code decode_tail(struct mm_span text, uint8_t *out, struct mm_err *err)
{
	size_t tail = text.len % 4;
	const uint8_t *in = (const uint8_t *)text.p + text.len - tail;
	unsigned a, b, c;

	if (tail == 0)
		return MM_OK;
	a = values[in[0]];
	b = values[in[1]];
	c = tail == 3 ? values[in[2]] : 0;
	if ((a | b | c) & BAD)
		return bad_character(text, err);
	if (tail == 2 ? b & 15 : c & 3)
		return mm_fail(err, MM_EPARSE, "base64url: the unused last bits are not zero");
	out[0] = (uint8_t)(a << 2 | b >> 4);
	if (tail == 3)
		out[1] = (uint8_t)(b << 4 | c >> 2);
	return MM_OK;
}

enum mm_code mm_base64url_decode(struct mm_span text, void *out, size_t cap, size_t *len, struct mm_err *err)
{
	const uint8_t *in = (const uint8_t *)text.p;
	size_t groups = text.len / 4, tail = text.len % 4;
	size_t decoded = groups * 3 + (tail ? tail - 1 : 0);
	uint8_t *to = out;
	unsigned bad = 0;

	if (tail == 1)
		return mm_fail(err, MM_EPARSE, "base64url: no bytes encode to %zu characters", text.len);
	if (decoded > cap)
		return mm_fail(err, MM_ELIMIT, "base64url: %zu bytes, of which %zu are allowed", decoded, cap);
	for (size_t i = 0; i < groups; i++, in += 4, to += 3) {
		unsigned a = values[in[0]], b = values[in[1]], c = values[in[2]], d = values[in[3]];

		bad |= a | b | c | d;
		to[0] = (uint8_t)(a << 2 | b >> 4);
		to[1] = (uint8_t)(b << 4 | c >> 2);
		to[2] = (uint8_t)(c << 6 | d);
	}
	if (bad & BAD)
		return bad_character(text, err);
	*len = decoded;
	return decode_tail(text, to, err);
}

enum mm_code mm_base64url_decode_buf(struct mm_span text, struct mm_buf *out, struct mm_err *err)
{
	size_t cap = text.len / 4 * 3 + 2, len = 0;
	char *room = mm_buf_reserve(out, cap);
	enum mm_code code;

	if (!room)
		return mm_buf_check(out, err);
	code = mm_base64url_decode(text, room, cap, &len, err);
	if (code != MM_OK)
		len = 0;
	out->len += len;
	out->p[out->len] = '\0';
	return code;
}
