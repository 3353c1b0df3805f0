/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A key set that is let in is one that every store would commit, and says the same when it is written and read again.
 */
#include <mintmark/keyset.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	mm_auto(mm_keyset) set = NULL;
	mm_auto(mm_keyset) again = NULL;
	mm_auto_buf text = {0}, text_again = {0};

	if (mm_keyset_decode(mm_span(data, size), &set, NULL) != MM_OK)
		return 0;
	if (mm_keyset_encode(set, &text, NULL) != MM_OK ||
	    mm_keyset_decode(mm_buf_span(&text), &again, NULL) != MM_OK ||
	    mm_keyset_encode(again, &text_again, NULL) != MM_OK ||
	    !mm_span_eq(mm_buf_span(&text), mm_buf_span(&text_again)))
		abort();
	return 0;
}
