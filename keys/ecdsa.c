/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/ecdsa.h"

#include <string.h>

#define INTEGER      0x02
#define SEQUENCE     0x30
#define LENGTH_1BYTE 0x81 /* the length is in the one byte that follows */

/* The order n of each curve's base point (FIPS 186-4 D.1.2), big-endian. */
static const uint8_t order_p256[32] = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
				       0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
				       0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
static const uint8_t order_p384[48] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
				       0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
				       0xc7, 0x63, 0x4d, 0x81, 0xf4, 0x37, 0x2d, 0xdf, 0x58, 0x1a, 0x0d, 0xb2,
				       0x48, 0xb0, 0xa7, 0x7a, 0xec, 0xec, 0x19, 0x6a, 0xcc, 0xc5, 0x29, 0x73};
static const uint8_t order_p521[66] = {
	0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfa,
	0x51, 0x86, 0x87, 0x83, 0xbf, 0x2f, 0x96, 0x6b, 0x7f, 0xcc, 0x01, 0x48, 0xf7, 0x09, 0xa5, 0xd0, 0x3b,
	0xb5, 0xc9, 0xb8, 0x89, 0x9c, 0x47, 0xae, 0xbb, 0x6f, 0xb7, 0x1e, 0x91, 0x38, 0x64, 0x09};

static const uint8_t *curve_order(size_t len)
{
	switch (len) {
	case sizeof order_p256: return order_p256;
	case sizeof order_p384: return order_p384;
	case sizeof order_p521: return order_p521;
	default: return NULL;
	}
}

/* Whether the `len` bytes are a number in [1, n-1]. Signatures are public: no need for constant time. */
static bool in_range(const uint8_t *number, size_t len)
{
	static const uint8_t zero[MM_ECDSA_DER_MAX];
	const uint8_t *order = curve_order(len);

	return order && memcmp(number, zero, len) != 0 && memcmp(number, order, len) < 0;
}

/* Takes one INTEGER off `der` and writes it right-aligned to `number`. */
static bool take_integer(struct mm_span *der, uint8_t *number, size_t len)
{
	const uint8_t *in = (const uint8_t *)der->p;
	size_t n;

	if (der->len < 3 || in[0] != INTEGER || in[1] == 0 || in[1] > der->len - 2)
		return false;
	n = in[1];
	*der = mm_span(in + 2 + n, der->len - 2 - n);
	in += 2;
	if (in[0] & 0x80)
		return false; /* negative */
	if (in[0] == 0 && n > 1) {
		if (!(in[1] & 0x80))
			return false; /* a leading zero that the sign does not need */
		in++;
		n--;
	}
	if (n > len)
		return false;
	memset(number, 0, len - n);
	memcpy(number + len - n, in, n);
	return in_range(number, len);
}

bool mm_ecdsa_from_der(const struct mm_alg *alg, struct mm_span der, uint8_t *raw)
{
	const uint8_t *in = (const uint8_t *)der.p;
	size_t half = alg->coordinate_len;
	size_t head = 2;
	size_t body;

	if (der.len < 3 || in[0] != SEQUENCE)
		return false;
	body = in[1];
	if (body == LENGTH_1BYTE) {
		head = 3;
		body = in[2];
		if (body < 0x80)
			return false; /* the short form would have done */
	} else if (body > 0x7f) {
		return false;
	}
	if (body != der.len - head)
		return false;
	der = mm_span(in + head, body);
	return take_integer(&der, raw, half) && take_integer(&der, raw + half, half) && der.len == 0;
}

/* Writes one INTEGER and returns the place behind it. */
static uint8_t *put_integer(uint8_t *out, const uint8_t *number, size_t len)
{
	bool sign;

	while (len > 1 && *number == 0) {
		number++;
		len--;
	}
	sign = (*number & 0x80) != 0;
	*out++ = INTEGER;
	*out++ = (uint8_t)(len + sign);
	if (sign)
		*out++ = 0;
	memcpy(out, number, len);
	return out + len;
}

bool mm_ecdsa_to_der(const struct mm_alg *alg, struct mm_span raw, uint8_t der[static MM_ECDSA_DER_MAX], size_t *len)
{
	const uint8_t *r = (const uint8_t *)raw.p;
	size_t half = alg->coordinate_len;
	uint8_t integers[MM_ECDSA_DER_MAX];
	size_t body, head = 0;

	if (raw.len != alg->signature_len || !in_range(r, half) || !in_range(r + half, half))
		return false;
	body = (size_t)(put_integer(put_integer(integers, r, half), r + half, half) - integers);
	der[head++] = SEQUENCE;
	if (body > 0x7f)
		der[head++] = LENGTH_1BYTE;
	der[head++] = (uint8_t)body;
	memcpy(der + head, integers, body);
	*len = head + body;
	return true;
}
