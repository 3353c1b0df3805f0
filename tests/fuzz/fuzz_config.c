/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration that is accepted can be copied, option by option, and is then the same; one that is not, says why. */
#include "conf/values.h"

#include <mintmark/config.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	mm_auto(mm_config) copy = calloc(1, sizeof *copy);
	mm_auto(mm_config) config = NULL;
	struct mm_err err = {0};

	if (!copy)
		abort();
	if (mm_config_parse(mm_span(data, size), "f", "/", &config, &err) != MM_OK) {
		if (err.code != MM_ECONFIG || err.text[0] != 'f')
			abort();
		return 0;
	}
	for (size_t i = 0; i < mm_option_count; i++) {
		if (mm_option_copy(&mm_options[i], copy, config, NULL) != MM_OK ||
		    !mm_option_equal(&mm_options[i], copy, config))
			abort();
	}
	return 0;
}
