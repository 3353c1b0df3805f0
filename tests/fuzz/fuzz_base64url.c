/* SPDX-License-Identifier: Apache-2.0 */
/* What decodes is canonical: it encodes to the same text again. */
#include <mintmark/base64url.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	mm_auto_buf bytes = {0}, text = {0};

	if (mm_base64url_decode_buf(mm_span(data, size), &bytes, NULL) != MM_OK)
		return 0;
	mm_base64url_add(&text, bytes.p, bytes.len);
	if (text.len != size || (size > 0 && memcmp(text.p, data, size) != 0))
		abort();
	return 0;
}
