/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is read can be written as Go would, and is JSON again. Whole reals beyond 64 bits look like integers then. And
 * the quick way reads nothing that jansson would not, and the same, in the same order.
 */
#include "base/json_plain.h"

#include <mintmark/json.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compare_with_jansson(struct mm_span text)
{
	json_t *plain = mm_json_plain(text), *value;
	char *ours, *theirs;

	if (!plain)
		return;
	value = json_loadb(text.p, text.len, JSON_REJECT_DUPLICATES, NULL);
	ours = json_dumps(plain, JSON_COMPACT);
	theirs = json_dumps(value, JSON_COMPACT);
	if (!ours || !theirs || strcmp(ours, theirs) != 0)
		abort();
	free(ours);
	free(theirs);
	json_decref(plain);
	json_decref(value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	mm_auto_buf text = {0};
	json_t *value, *again;

	compare_with_jansson(mm_span(data, size));
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
