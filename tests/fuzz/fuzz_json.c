/* SPDX-License-Identifier: Apache-2.0 */
/* What is read can be written as Go would, and is JSON again. Whole reals beyond 64 bits look like integers then. */
#include <mintmark/json.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	mm_auto_buf text = {0};
	json_t *value, *again;

	if (mm_json_load(mm_span(data, size), 65536, &value, NULL) != MM_OK)
		return 0;
	if (mm_json_add_value(&text, value, NULL) != MM_OK)
		abort();
	again = json_loadb(text.p, text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, NULL);
	if (!again || json_object_size(again) != json_object_size(value))
		abort();
	json_decref(value);
	json_decref(again);
	return 0;
}
