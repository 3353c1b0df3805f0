/* SPDX-License-Identifier: Apache-2.0 */
/* In a token file that is taken, each row's token is its user's, who is somebody. */
#include "issuer/kube/csv.h"
#include "issuer/kube/token_file.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	mm_auto(mm_token_file) file = NULL;
	mm_auto_buf text = {0}, copy = {0};
	struct mm_csv_record record;
	struct mm_csv csv;

	mm_buf_add(&text, data, size);
	mm_buf_add(&copy, data, size);
	if (mm_token_file_parse(&text, "fuzz", &file, NULL) != MM_OK || copy.len == 0)
		return 0;
	csv = (struct mm_csv){.at = copy.p + (mm_span_starts(mm_buf_span(&copy), "\xef\xbb\xbf") ? 3 : 0)};
	while (mm_csv_next(&csv, &record, NULL) == MM_OK && record.count > 0) {
		const struct mm_user *user = mm_token_file_find(file, mm_span_str(record.fields[0]));

		if (!user || strcmp(user->name, record.fields[1]) != 0 || !mm_user_is_in(user, MM_GROUP_AUTHENTICATED))
			abort();
	}
	return 0;
}
