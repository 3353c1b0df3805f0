/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <fcntl.h>
#include <mintmark/destination.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static enum mm_code check(const char *text, struct mm_err *err)
{
	mm_auto(mm_destination) destination = NULL;

	return mm_destination_new(text, &(struct mm_destination_options){0}, &destination, err);
}

static void places_are_taken_for_what_they_are(void **state)
{
	static const char *const right[] = {
		"/var/www",
		"www",
		".",
		"a:b",
		"s3:/bucket",
		"s3://oidc",
		"s3://a.b",
		"s3://oidc/",
		"s3://oidc/id/prod/",
		"s3://oidc/a b+\xc3\xa4",
	};
	static const char *const wrong[] = {
		"",          "s3://",          "s3://ab",         "s3://Upper",     "s3://oidc//x",  "s3://oidc/a/../b",
		"gs://oidc", "https://oidc/x", "file:///var/www", "s3://192.0.2.1", "s3://oidc/x?y",
	};
	struct mm_err err = {0};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(right); i++)
		assert_ok(check(right[i], &err), &err);
	for (size_t i = 0; i < MM_COUNT(wrong); i++)
		assert_fails(check(wrong[i], &err), MM_EPARSE, &err);
}

static void endpoint_and_region_are_checked_for_a_bucket(void **state)
{
	static const struct mm_destination_options wrong[] = {
		{.endpoint = "http://192.0.2.1"},
		{.endpoint = "https://x/?y"},
		{.endpoint = "x"},
		{.region = ""},
		{.region = "a:b"},
	};
	struct mm_err err = {0};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(wrong); i++) {
		mm_auto(mm_destination) destination = NULL;

		assert_fails(mm_destination_new("s3://oidc", &wrong[i], &destination, &err), MM_EPARSE, &err);
		assert_null(destination);
	}
}

/* ---- what fails before anything is published ---- */

static enum mm_code never(void *arg, struct mm_snapshot **out, struct mm_err *err)
{
	(void)arg;
	(void)out;
	(void)err;
	fail_msg("the key set was asked for");
	return MM_OK;
}

static enum mm_code without_keys(void *arg, struct mm_snapshot **out, struct mm_err *err)
{
	(void)arg;
	*out = NULL;
	return mm_fail(err, MM_ENOTFOUND, "no keys");
}

static void assert_failure(const char *text, const struct mm_destination_options *options,
			   const struct mm_destination_source *source, enum mm_code code, const char *said)
{
	mm_auto(mm_destination) destination = NULL;
	struct mm_destination_result result;
	struct mm_err err = {0};

	assert_ok(mm_destination_new(text, options, &destination, &err), &err);
	assert_int_equal(mm_destination_publish(destination, source, &result, &err), code);
	assert_contains(err.text, said);
	assert_null(result.jwks_place);
}

static void the_keys_are_asked_for_under_the_lock_of_a_directory(void **state)
{
	static const struct mm_destination_options hurry = {.timeout_ms = 50};
	struct mm_destination_source source = {.load = never};
	struct test_dir dir;
	(void)state;

	test_dir_make(&dir);
	assert_int_equal(flock(dir.fd, LOCK_EX), 0);
	assert_failure(dir.path, &hurry, &source, MM_ETIMEOUT, dir.path);
	assert_int_equal(flock(dir.fd, LOCK_UN), 0);
	source.load = without_keys;
	assert_failure(dir.path, &hurry, &source, MM_ENOTFOUND, "no keys");
	test_dir_remove(&dir);
}

static void a_bucket_needs_credentials_and_a_region(void **state)
{
	static const struct mm_destination_options any = {0};
	struct mm_destination_source source = {.load = never};
	(void)state;

	setenv("HOME", "/nonexistent", 1);
	for (size_t i = 0; i < 6; i++)
		unsetenv((const char *const[]){"AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL",
					       "AWS_ENDPOINT_URL_S3", "AWS_ACCESS_KEY_ID"}[i]);
	assert_failure("s3://oidc", &any, &source, MM_ECONFIG, "s3://oidc: no credentials");
	setenv("AWS_ACCESS_KEY_ID", "a", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "b", 1);
	assert_failure("s3://oidc", &any, &source, MM_ECONFIG, "s3://oidc: in which region?");
	setenv("AWS_REGION", "a b", 1);
	assert_failure("s3://oidc", &any, &source, MM_EREFUSED, "s3://oidc: region: ");
	setenv("AWS_REGION", "r", 1);
	setenv("AWS_ENDPOINT_URL", "http://192.0.2.1", 1);
	assert_failure("s3://oidc", &any, &source, MM_EREFUSED, "s3://oidc: endpoint: ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places_are_taken_for_what_they_are),
		cmocka_unit_test(endpoint_and_region_are_checked_for_a_bucket),
		cmocka_unit_test(the_keys_are_asked_for_under_the_lock_of_a_directory),
		cmocka_unit_test(a_bucket_needs_credentials_and_a_region),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
