/* SPDX-License-Identifier: Apache-2.0 */
/* A request is the same request however its bytes arrive: at once or one by one. */
#include "issuer/http/codec.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum mm_parse feed(char *buf, const uint8_t *data, size_t size, size_t step, struct mm_request *request)
{
	struct mm_codec codec = {0};
	enum mm_parse got = MM_PARSE_MORE;
	size_t len = 0;

	for (size_t fed = 0; fed < size && got == MM_PARSE_MORE; fed += step) {
		memcpy(buf + len, data + fed, step);
		len += step;
		got = mm_codec_feed(&codec, buf, &len, request);
	}
	return got;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct mm_request whole, pieces;
	char *a = malloc(size + 1), *b = malloc(size + 1);
	enum mm_parse got;

	if (!a || !b || size == 0)
		goto out;
	got = feed(a, data, size, size, &whole);
	if (got != feed(b, data, size, 1, &pieces))
		abort();
	if (got == MM_PARSE_DONE && (!mm_span_eq(whole.path, pieces.path) || !mm_span_eq(whole.body, pieces.body) ||
				     whole.header_count != pieces.header_count))
		abort();
out:
	free(a);
	free(b);
	return 0;
}
