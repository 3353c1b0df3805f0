/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing verifies but what the key of RFC 7515 A.3 signed there; that can also be inspected. */
#include <mintmark/token.h>
#include <stdlib.h>

#define KEYS                                                                                                           \
	"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","          \
	"\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}"

#define SIGNED                                                                                                         \
	"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290"    \
	"Ijp0cnVlfQ."

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct mm_verify_options options = {.signature_only = true};
	MM_CLEANUP(mm_token_clear) struct mm_token verified = {0};
	MM_CLEANUP(mm_token_clear) struct mm_token shown = {0};
	mm_auto(mm_jwks) jwks = NULL;
	enum mm_code code;

	if (mm_jwks_parse(mm_span_str(KEYS), &jwks, NULL) != MM_OK)
		abort();
	code = mm_token_verify(mm_span(data, size), jwks, &options, &verified, NULL);
	if (code == MM_OK && (!mm_span_starts(mm_span(data, size), SIGNED) ||
			      mm_token_inspect(mm_span(data, size), &shown, NULL) != MM_OK))
		abort();
	return 0;
}
