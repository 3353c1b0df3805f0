/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/keyhelp.h"
#include "keys/rsa.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct mm_alg *test_alg(const char *name)
{
	const struct mm_alg *alg = mm_alg_find(mm_span_str(name));

	assert_non_null(alg);
	return alg;
}

static struct mm_key *published_rsa(const struct mm_alg *alg)
{
	struct mm_err err = {0};
	struct mm_key *key = NULL;
	json_t *vector = test_vector("rfc7515-a2.json");
	char *jwk = json_dumps(json_object_get(vector, "jwk"), 0);

	assert_ok(mm_key_import(mm_span_str(jwk), alg, (struct mm_span){0}, &key, &err), &err);
	free(jwk);
	json_decref(vector);
	return key;
}

struct mm_key *test_key(const char *name)
{
	const struct mm_alg *alg = test_alg(name);
	struct mm_err err = {0};
	struct mm_key *key = NULL;

	if (alg->kty == MM_KTY_RSA)
		return published_rsa(alg);
	assert_ok(mm_key_generate(alg, 0, &key, &err), &err);
	return key;
}

json_t *test_vector(const char *name)
{
	const char *srcdir = getenv("MM_SRCDIR");
	char path[1024];
	json_error_t error;
	json_t *vector;

	snprintf(path, sizeof path, "%s/tests/vectors/%s", srcdir ? srcdir : ".", name);
	vector = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	if (!vector)
		print_error("%s: %s\n", path, error.text);
	assert_non_null(vector);
	return vector;
}

const char *test_vector_text(const json_t *vector, const char *name)
{
	const char *text = json_string_value(json_object_get(vector, name));

	assert_non_null(text);
	return text;
}

char *test_export(const struct mm_key *key, enum mm_key_form form)
{
	struct mm_err err = {0};
	struct mm_buf text = {0};

	assert_ok(mm_key_export(key, form, &text, &err), &err);
	return mm_buf_take(&text);
}

EVP_PKEY *test_rsa_public(const BIGNUM *n, const BIGNUM *e)
{
	struct mm_err err = {0};
	struct mm_rsa rsa = {0};
	EVP_PKEY *pkey = NULL;

	rsa.v[MM_RSA_N] = BN_dup(n);
	rsa.v[MM_RSA_E] = BN_dup(e);
	assert_ok(mm_rsa_to_pkey(&rsa, false, &pkey, &err), &err);
	mm_rsa_free(&rsa);
	return pkey;
}
