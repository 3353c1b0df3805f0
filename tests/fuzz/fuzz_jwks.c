/* SPDX-License-Identifier: Apache-2.0 */
/* Every key that is let in is fit for use: it has an algorithm and can be published. */
#include "issuer/token/token.h"

#include <mintmark/keyio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	mm_auto(mm_jwks) jwks = NULL;

	if (mm_jwks_parse(mm_span(data, size), &jwks, NULL) != MM_OK)
		return 0;
	for (size_t i = 0; i < mm_jwks_count(jwks); i++) {
		json_t *jwk;

		if (mm_key_is_private(mm_jwks_at(jwks, i)) || mm_jwk_from_key(mm_jwks_at(jwks, i), &jwk, NULL) != MM_OK)
			abort();
		json_decref(jwk);
	}
	return 0;
}
