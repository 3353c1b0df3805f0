/* SPDX-License-Identifier: Apache-2.0 */
/* Every key that is let in is private, and is the same key after export and import. */
#include <mintmark/keyio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct mm_span passphrase = mm_span_str("passphrase");
	mm_auto(mm_key) key = NULL;
	mm_auto(mm_key) again = NULL;
	mm_auto_buf text = {0};

	if (size > MM_KEY_FILE_MAX || mm_key_import(mm_span(data, size), NULL, passphrase, &key, NULL) != MM_OK)
		return 0;
	if (!mm_key_is_private(key) || mm_key_export(key, MM_FORM_PKCS8, &text, NULL) != MM_OK ||
	    mm_key_import(mm_buf_span(&text), mm_key_alg(key), mm_span(NULL, 0), &again, NULL) != MM_OK ||
	    strcmp(mm_key_kid(key), mm_key_kid(again)) != 0)
		abort();
	return 0;
}
