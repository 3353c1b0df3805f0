/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include "issuer/publish/s3_url.h"

static void buckets_are_where_aws_has_them(void **state)
{
	static const struct {
		const char *bucket, *endpoint, *region, *url;
	} rows[] = {
		{"oidc", NULL, "eu-central-1", "https://oidc.s3.eu-central-1.amazonaws.com"},
		{"oidc", NULL, "us-east-1", "https://oidc.s3.us-east-1.amazonaws.com"},
		{"oidc", NULL, "us-gov-west-1", "https://oidc.s3.us-gov-west-1.amazonaws.com"},
		{"oidc", NULL, "cn-north-1", "https://oidc.s3.cn-north-1.amazonaws.com.cn"},
		{"oidc", NULL, "us-iso-east-1", "https://oidc.s3.us-iso-east-1.c2s.ic.gov"},
		{"oidc", NULL, "us-isob-east-1", "https://oidc.s3.us-isob-east-1.sc2s.sgov.gov"},
		/* The wildcard of the certificate is for one label. */
		{"oidc.example.com", NULL, "eu-west-1", "https://s3.eu-west-1.amazonaws.com/oidc.example.com"},
		{"oidc.example.com", NULL, "cn-north-1", "https://s3.cn-north-1.amazonaws.com.cn/oidc.example.com"},
		{"oidc", "https://minio.example.com:9000", "r", "https://minio.example.com:9000/oidc"},
		{"oidc", "http://127.0.0.1:9000/", "r", "http://127.0.0.1:9000/oidc"},
		{"oidc", "https://storage.example.com/v1/s3//", "r", "https://storage.example.com/v1/s3/oidc"},
	};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto_buf url = {0};

		mm_s3_add_bucket_url(&url, rows[i].bucket, rows[i].endpoint, rows[i].region);
		assert_string_equal(url.p, rows[i].url);
	}
}

static void keys_are_encoded_as_they_are_signed(void **state)
{
	static const struct {
		const char *key, *path;
	} rows[] = {
		{"id/.well-known/openid-configuration", "/id/.well-known/openid-configuration"},
		{"AZaz09-._~/x", "/AZaz09-._~/x"},
		{"a b+c", "/a%20b%2Bc"},
		{"100%2f", "/100%252f"},
		{"!'()*&=@:,;$", "/%21%27%28%29%2A%26%3D%40%3A%2C%3B%24"},
		{"\xc3\xa4", "/%C3%A4"},
	};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto_buf path = {0};

		mm_s3_add_key(&path, rows[i].key);
		assert_string_equal(path.p, rows[i].path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buckets_are_where_aws_has_them),
		cmocka_unit_test(keys_are_encoded_as_they_are_signed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
