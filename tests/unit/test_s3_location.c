/* SPDX-License-Identifier: Apache-2.0 */
/* The rules are those of the Amazon S3 User Guide, "General purpose bucket naming rules" and "Naming objects". */
#include "tests/unit/support.h"

#include <mintmark/s3.h>
#include <stdlib.h>
#include <string.h>

static struct mm_err err;

static void a_location_is_a_bucket_and_a_prefix(void **state)
{
	static const struct {
		const char *text, *bucket, *prefix;
	} rows[] = {
		{"s3://abc", "abc", ""},
		{"s3://abc/", "abc", ""},
		{"s3://my.bucket-1/oidc", "my.bucket-1", "oidc"},
		{"s3://bucket/a/b", "bucket", "a/b"},
		{"s3://bucket/a/b/", "bucket", "a/b"},
		{"s3://bucket/.well/..a/b..", "bucket", ".well/..a/b.."},
		{"s3://bucket/k=v, 100% \xc3\xa4", "bucket", "k=v, 100% \xc3\xa4"},
		{"s3://1.2.3.4.5", "1.2.3.4.5", ""},
	};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto_s3_location location = {0};

		assert_true(mm_s3_location_meant(rows[i].text));
		assert_ok(mm_s3_location_parse(rows[i].text, &location, &err), &err);
		assert_string_equal(location.bucket, rows[i].bucket);
		assert_string_equal(location.prefix, rows[i].prefix);
		assert_ok(mm_s3_location_parse(rows[i].text, NULL, &err), &err);
	}
}

static void anything_else_is_refused_with_the_rule(void **state)
{
	static const struct {
		const char *text, *rule;
	} rows[] = {
		{"gs://bucket", "expected s3://BUCKET or s3://BUCKET/PREFIX"},
		{"S3://bucket", "expected s3://BUCKET"},
		{"https://bucket.s3.amazonaws.com/", "expected s3://BUCKET"},
		{"s3:/bucket", "expected s3://BUCKET"},
		{"s3://", "3 to 63 characters"},
		{"s3:///a", "3 to 63 characters"},
		{"s3://ab", "3 to 63 characters"},
		{"s3://Bucket", "a-z, 0-9"},
		{"s3://my_bucket", "a-z, 0-9"},
		{"s3://bucket:9000/a", "a-z, 0-9"},
		{"s3://key@bucket/a", "a-z, 0-9"},
		{"s3://my..bucket", "a-z, 0-9"},
		{"s3://-bucket", "beginning and ending"},
		{"s3://bucket-", "beginning and ending"},
		{"s3://bucket.", "beginning and ending"},
		{"s3://192.168.5.4", "IP address"},
		{"s3://bucket//", "no empty segments"},
		{"s3://bucket//a", "no empty segments"},
		{"s3://bucket/a//b", "no empty segments"},
		{"s3://bucket/a//", "no empty segments"},
		{"s3://bucket/..", "none that is . or .."},
		{"s3://bucket/a/../b", "none that is . or .."},
		{"s3://bucket/./b", "none that is . or .."},
		{"s3://bucket/a?region=eu-west-1", "no ? or #"},
		{"s3://bucket?region=eu-west-1", "a-z, 0-9"},
		{"s3://bucket/a#b", "no ? or #"},
		{"s3://bucket/a\nb", "visible characters"},
		{"s3://bucket/\x1b[2J", "visible characters"},
		{"s3://bucket/\xe2\x80\xae", "visible characters"},
		{"s3://bucket/\xff", "visible characters"},
	};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		struct mm_s3_location location = {0};

		assert_int_equal(mm_s3_location_parse(rows[i].text, &location, &err), MM_EPARSE);
		assert_contains(err.text, rows[i].rule);
		assert_null(location.bucket);
		assert_null(location.prefix);
		mm_err_clear(&err);
	}
}

/* The location with a bucket or a prefix of so many letters. */
static enum mm_code parse_long(const char *begin, size_t letters)
{
	mm_auto_buf text = {0};

	mm_buf_add_str(&text, begin);
	while (letters-- > 0)
		mm_buf_add_str(&text, "a");
	return mm_s3_location_parse(text.p, NULL, NULL);
}

static void bucket_and_prefix_have_their_greatest_lengths(void **state)
{
	(void)state;

	assert_int_equal(parse_long("s3://", 63), MM_OK);
	assert_int_equal(parse_long("s3://", 64), MM_EPARSE);
	assert_int_equal(parse_long("s3://bucket/", MM_S3_PREFIX_MAX), MM_OK);
	assert_int_equal(parse_long("s3://bucket/", MM_S3_PREFIX_MAX + 1), MM_EPARSE);
}

static void what_has_no_scheme_is_a_directory(void **state)
{
	static const char *const directories[] = {"/var/www", "site", "./s3:bucket", "s3:/bucket", "bucket//a"};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(directories); i++)
		assert_false(mm_s3_location_meant(directories[i]));
}

static void an_endpoint_is_an_https_url_or_on_loopback(void **state)
{
	static const char *const good[] = {"https://minio.example.com", "https://h:9000",
					   "https://h/storage/v1/s3",   "http://127.0.0.1:9000",
					   "http://localhost:9000/",    "http://[::1]:9000"};
	static const struct {
		const char *text, *rule;
	} bad[] = {
		{"http://minio.example.com", "http is for loopback hosts alone"},
		{"minio.example.com", "expected https://HOST/PATH"},
		{"s3://bucket", "expected https://HOST/PATH"},
		{"https://key:secret@h", "a user or password has no place in it"},
		{"https://h?x=y", "must not have a query"},
	};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(good); i++)
		assert_ok(mm_s3_endpoint_check(good[i], &err), &err);
	for (size_t i = 0; i < MM_COUNT(bad); i++) {
		assert_int_not_equal(mm_s3_endpoint_check(bad[i].text, &err), MM_OK);
		assert_contains(err.text, bad[i].rule);
		mm_err_clear(&err);
	}
}

static void a_region_can_stand_in_a_host_name_and_in_a_signature(void **state)
{
	static const char *const good[] = {"eu-central-1", "us-gov-west-1", "auto", "RegionOne", "x_1"};
	static const char *const bad[] = {"",
					  "eu central",
					  "eu.central",
					  "eu/central",
					  "\xc3\xa4",
					  "a\n",
					  "a234567890123456789012345678901234567890123456789012345678901234"};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(good); i++)
		assert_ok(mm_s3_region_check(good[i], &err), &err);
	for (size_t i = 0; i < MM_COUNT(bad); i++)
		assert_fails(mm_s3_region_check(bad[i], &err), MM_EREFUSED, &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_location_is_a_bucket_and_a_prefix),
		cmocka_unit_test(anything_else_is_refused_with_the_rule),
		cmocka_unit_test(bucket_and_prefix_have_their_greatest_lengths),
		cmocka_unit_test(what_has_no_scheme_is_a_directory),
		cmocka_unit_test(an_endpoint_is_an_https_url_or_on_loopback),
		cmocka_unit_test(a_region_can_stand_in_a_host_name_and_in_a_signature),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
