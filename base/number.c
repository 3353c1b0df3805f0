/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as decimal text: integers fast, reals as Go and JavaScript write them. */
#include <mintmark/bytes.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void mm_buf_add_int(struct mm_buf *buf, int64_t value)
{
	/* Two digits at a time: half the divisions. */
	static const char pairs[] = "00010203040506070809101112131415161718192021222324"
				    "25262728293031323334353637383940414243444546474849"
				    "50515253545556575859606162636465666768697071727374"
				    "75767778798081828384858687888990919293949596979899";
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	char digits[sizeof "-9223372036854775808"];
	char *end = digits + sizeof digits;
	char *p = end;

	for (; rest >= 100; rest /= 100) {
		p -= 2;
		memcpy(p, pairs + rest % 100 * 2, 2);
	}
	if (rest >= 10) {
		p -= 2;
		memcpy(p, pairs + rest * 2, 2);
	} else {
		*--p = (char)('0' + rest);
	}
	if (value < 0)
		*--p = '-';
	mm_buf_add(buf, p, (size_t)(end - p));
}

/* The fewest digits that read back as `value` (positive, finite), and the decimal exponent of the first of them. */
struct decimal {
	char digits[24];
	int n;
	int exponent;
};

static struct decimal decimal_of(double value)
{
	struct decimal d = {.n = 0};
	char text[40], *mantissa_end;

	for (int precision = 0; precision <= 16; precision++) {
		snprintf(text, sizeof text, "%.*e", precision, value);
		if (strtod(text, NULL) == value)
			break;
	}
	mantissa_end = strchr(text, 'e');
	for (const char *p = text; p < mantissa_end; p++) {
		if (*p >= '0' && *p <= '9')
			d.digits[d.n++] = *p;
	}
	d.exponent = (int)strtol(mantissa_end + 1, NULL, 10);
	return d;
}

static void add_zeros(struct mm_buf *buf, int n)
{
	while (n-- > 0)
		mm_buf_add(buf, "0", 1);
}

/* The first `whole` digits, a point, and the rest. */
static void add_pointed(struct mm_buf *buf, const struct decimal *d, int whole)
{
	mm_buf_add(buf, d->digits, (size_t)whole);
	if (whole == d->n)
		return;
	mm_buf_add(buf, ".", 1);
	mm_buf_add(buf, d->digits + whole, (size_t)(d->n - whole));
}

void mm_buf_add_double(struct mm_buf *buf, double value)
{
	struct decimal d;

	if (signbit(value))
		mm_buf_add(buf, "-", 1);
	if (value == 0) {
		mm_buf_add(buf, "0", 1);
		return;
	}
	d = decimal_of(fabs(value));
	if (d.exponent < -6 || d.exponent >= 21) {
		add_pointed(buf, &d, 1);
		mm_buf_printf(buf, "e%+d", d.exponent);
	} else if (d.exponent < 0) {
		mm_buf_add(buf, "0.", 2);
		add_zeros(buf, -d.exponent - 1);
		mm_buf_add(buf, d.digits, (size_t)d.n);
	} else if (d.exponent >= d.n) {
		mm_buf_add(buf, d.digits, (size_t)d.n);
		add_zeros(buf, d.exponent + 1 - d.n);
	} else {
		add_pointed(buf, &d, d.exponent + 1);
	}
}
