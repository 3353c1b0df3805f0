/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/alg.h>

#include <jwt.h>

/* name, kty, kty_name, crv, group, digest, pss, coordinate_len, signature_len, libjwt */
const struct mm_alg mm_algs[MM_ALG_COUNT] = {
	{"RS256", MM_KTY_RSA, "RSA", NULL, NULL, "SHA256", false, 0, 0, JWT_ALG_RS256},
	{"RS384", MM_KTY_RSA, "RSA", NULL, NULL, "SHA384", false, 0, 0, JWT_ALG_RS384},
	{"RS512", MM_KTY_RSA, "RSA", NULL, NULL, "SHA512", false, 0, 0, JWT_ALG_RS512},
	{"PS256", MM_KTY_RSA, "RSA", NULL, NULL, "SHA256", true, 0, 0, -1},
	{"PS384", MM_KTY_RSA, "RSA", NULL, NULL, "SHA384", true, 0, 0, -1},
	{"PS512", MM_KTY_RSA, "RSA", NULL, NULL, "SHA512", true, 0, 0, -1},
	{"ES256", MM_KTY_EC, "EC", "P-256", "prime256v1", "SHA256", false, 32, 64, JWT_ALG_ES256},
	{"ES384", MM_KTY_EC, "EC", "P-384", "secp384r1", "SHA384", false, 48, 96, JWT_ALG_ES384},
	{"ES512", MM_KTY_EC, "EC", "P-521", "secp521r1", "SHA512", false, 66, 132, JWT_ALG_ES512},
	{"EdDSA", MM_KTY_OKP, "OKP", "Ed25519", "ED25519", NULL, false, 32, 64, -1},
};

const struct mm_alg *mm_alg_find(struct mm_span name)
{
	for (size_t i = 0; i < MM_ALG_COUNT; i++)
		if (mm_span_is(name, mm_algs[i].name))
			return &mm_algs[i];
	return NULL;
}

const char *mm_alg_names(void)
{
	return "RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA";
}
