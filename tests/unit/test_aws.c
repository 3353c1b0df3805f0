/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <mintmark/aws.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define KEYS_A "aws_access_key_id = AKIAFILE\naws_secret_access_key = file/secret+\n"

static struct test_dir home;

static const char *const variables[] = {
	"AWS_ACCESS_KEY_ID",           "AWS_SECRET_ACCESS_KEY",       "AWS_SESSION_TOKEN", "AWS_PROFILE",
	"AWS_DEFAULT_PROFILE",         "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE",   "AWS_REGION",
	"AWS_DEFAULT_REGION",          "AWS_ENDPOINT_URL_S3",         "AWS_ENDPOINT_URL",  "AWS_CA_BUNDLE",
	"AWS_WEB_IDENTITY_TOKEN_FILE",
};

static int setup(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT(variables); i++)
		unsetenv(variables[i]);
	test_dir_make(&home);
	assert_int_equal(mkdirat(home.fd, ".aws", 0700), 0);
	setenv("HOME", home.path, 1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	test_dir_remove(&home);
	return 0;
}

static void write_credentials(const char *text)
{
	test_file_write(home.fd, ".aws/credentials", text, 0600);
}

static void write_config(const char *text)
{
	test_file_write(home.fd, ".aws/config", text, 0600);
}

static void set_keys(const char *id, const char *secret)
{
	setenv("AWS_ACCESS_KEY_ID", id, 1);
	setenv("AWS_SECRET_ACCESS_KEY", secret, 1);
}

/* Loads, and the three are these; NULL: there is none. */
static void assert_keys(const char *id, const char *secret, const char *token)
{
	mm_auto_aws_settings settings = {0};
	struct mm_err err = {0};

	assert_ok(mm_aws_settings_load(&settings, &err), &err);
	assert_string_equal(settings.access_key_id, id);
	assert_string_equal(settings.secret_access_key, secret);
	if (token)
		assert_string_equal(settings.session_token, token);
	else
		assert_null(settings.session_token);
}

/* Fails so, and says so, and nothing of a secret. */
static void assert_refused(enum mm_code code, const char *said)
{
	mm_auto_aws_settings settings = {0};
	struct mm_err err = {0};

	assert_int_equal(mm_aws_settings_load(&settings, &err), code);
	assert_contains(err.text, said);
	assert_null(strstr(err.text, "secret+"));
	assert_null(settings.secret_access_key);
}

/* ---- keys ---- */

static void the_environment_goes_before_the_files(void **state)
{
	(void)state;
	write_credentials("[default]\n" KEYS_A "aws_session_token = file-token\n");
	set_keys("AKIAENV", "env/secret+");
	assert_keys("AKIAENV", "env/secret+", NULL);
	setenv("AWS_SESSION_TOKEN", "env-token", 1);
	assert_keys("AKIAENV", "env/secret+", "env-token");
}

static void the_default_profile_is_in_either_file(void **state)
{
	(void)state;
	write_config("[default]\naws_access_key_id = AKIACONFIG\naws_secret_access_key = config-secret+\n");
	assert_keys("AKIACONFIG", "config-secret+", NULL);
	write_credentials("[default]\n" KEYS_A "aws_session_token = file-token\n");
	assert_keys("AKIAFILE", "file/secret+", "file-token");
}

static void a_profile_is_named_by_the_environment(void **state)
{
	(void)state;
	write_credentials("[default]\nx = y\n[mint]\n" KEYS_A);
	setenv("AWS_DEFAULT_PROFILE", "mint", 1);
	assert_keys("AKIAFILE", "file/secret+", NULL);
	setenv("AWS_PROFILE", "default", 1);
	assert_refused(MM_ECONFIG, "profile \"default\" has no keys");
	setenv("AWS_PROFILE", "mnit", 1);
	assert_refused(MM_ECONFIG, "AWS_PROFILE is \"mnit\": there is no [mnit] in ");
}

static void files_are_named_by_the_environment(void **state)
{
	(void)state;
	test_file_write(home.fd, "elsewhere", "[default]\n" KEYS_A, 0600);
	setenv("AWS_SHARED_CREDENTIALS_FILE", "~/elsewhere", 1);
	assert_keys("AKIAFILE", "file/secret+", NULL);
	setenv("AWS_SHARED_CREDENTIALS_FILE", test_dir_path(&home, "elsewhere"), 1);
	unsetenv("HOME");
	assert_keys("AKIAFILE", "file/secret+", NULL);
	setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null", 1);
	assert_refused(MM_ECONFIG, "has no keys in /dev/null or no file ($HOME is not set)");
}

static void half_of_a_pair_is_said(void **state)
{
	(void)state;
	set_keys("AKIAENV", "");
	assert_refused(MM_ECONFIG, "environment: AWS_ACCESS_KEY_ID is there without AWS_SECRET_ACCESS_KEY");
	set_keys("", "env-secret+");
	assert_refused(MM_ECONFIG, "environment: AWS_SECRET_ACCESS_KEY is there without AWS_ACCESS_KEY_ID");
	set_keys("", "");
	write_credentials("[default]\naws_access_key_id = AKIA\n  aws_secret_access_key = indented-secret+\n");
	assert_refused(MM_ECONFIG, "aws_access_key_id is there without aws_secret_access_key");
}

static void what_would_change_a_header_is_no_key(void **state)
{
	(void)state;
	set_keys("AKIA\r\nx: y", "s");
	assert_refused(MM_ECONFIG, "AWS_ACCESS_KEY_ID holds a space or another character that cannot be in it");
	set_keys("AKIA/x", "s");
	assert_refused(MM_ECONFIG, "AWS_ACCESS_KEY_ID holds");
	set_keys("AKIA", "secret+\n");
	assert_refused(MM_ECONFIG, "AWS_SECRET_ACCESS_KEY holds");
	set_keys("AKIA", "s");
	setenv("AWS_SESSION_TOKEN", "token secret+", 1);
	assert_refused(MM_ECONFIG, "AWS_SESSION_TOKEN holds");
}

static void keys_that_somebody_else_has_are_refused_by_name(void **state)
{
	static const char *const settings[] = {
		"role_arn = arn:aws:iam::1:role/x", "web_identity_token_file = /t",   "sso_session = s",
		"sso_start_url = https://x",        "credential_process = /bin/keys", "login_session = s",
	};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(settings); i++) {
		mm_auto_buf text = {0};

		mm_buf_printf(&text, "[default]\nregion = x\n%s\n", settings[i]);
		write_config(text.p);
		assert_refused(MM_ECONFIG, "which is not supported; mintmark takes keys alone");
	}
	/* Keys in the credentials file go before a process, as for AWS' tools, but not before a role. */
	write_credentials("[default]\n" KEYS_A);
	write_config("[default]\ncredential_process = /bin/keys\n");
	assert_keys("AKIAFILE", "file/secret+", NULL);
	write_config("[default]\nrole_arn = arn:aws:iam::1:role/x\n");
	assert_refused(MM_ECONFIG, "profile \"default\" has role_arn");
	set_keys("AKIAENV", "env-secret+");
	assert_keys("AKIAENV", "env-secret+", NULL);
}

static void a_projected_token_is_refused_by_name(void **state)
{
	(void)state;
	setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/token", 1);
	assert_refused(MM_ECONFIG, "AWS_WEB_IDENTITY_TOKEN_FILE is set, which is not supported");
}

static void without_any_it_is_said_where_was_looked(void **state)
{
	(void)state;
	assert_refused(MM_ECONFIG, "no credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set");
	assert_refused(MM_ECONFIG, "/.aws/credentials or ");
}

/* ---- files ---- */

static void a_broken_file_is_named_with_its_line(void **state)
{
	(void)state;
	set_keys("AKIA", "s");
	write_config("[default]\nsecret+\n");
	assert_refused(MM_EPARSE, "/.aws/config: line 2: expected NAME = VALUE");
}

static void a_file_that_is_too_long_is_refused(void **state)
{
	mm_auto_buf text = {0};
	(void)state;

	mm_buf_add_str(&text, "[default]\n");
	while (text.len < 300000)
		mm_buf_add_str(&text, "a = b\n");
	write_config(text.p);
	assert_refused(MM_ELIMIT, "/.aws/config");
}

static void a_directory_in_the_place_of_a_file_is_refused(void **state)
{
	(void)state;
	setenv("AWS_CONFIG_FILE", home.path, 1);
	set_keys("AKIA", "s");
	assert_refused(MM_EIO, home.path);
}

static void a_home_that_is_closed_is_an_empty_one(void **state)
{
	(void)state;
	set_keys("AKIA", "s");
	setenv("HOME", test_dir_path(&home, "file"), 1);
	test_file_write(home.fd, "file", "", 0600);
	assert_keys("AKIA", "s", NULL);
}

/* ---- settings ---- */

static void assert_settings(const char *region, const char *endpoint, const char *ca_bundle)
{
	mm_auto_aws_settings settings = {0};
	struct mm_err err = {0};
	const char *const expected[] = {region, endpoint, ca_bundle};

	assert_ok(mm_aws_settings_load(&settings, &err), &err);
	for (size_t i = 0; i < MM_COUNT(expected); i++) {
		const char *found = (const char *const[]){settings.region, settings.endpoint_s3, settings.ca_bundle}[i];

		if (expected[i] ? !found || strcmp(found, expected[i]) != 0 : found != NULL)
			fail_msg("setting %zu: %s, not %s", i, found ? found : "none",
				 expected[i] ? expected[i] : "none");
	}
}

static void settings_come_from_the_profile_and_the_environment_before_it(void **state)
{
	(void)state;
	set_keys("AKIA", "s");
	assert_settings(NULL, NULL, NULL);
	write_credentials("[default]\nregion = of-credentials\n");
	assert_settings("of-credentials", NULL, NULL);
	write_config("[default]\nregion = of-config\nendpoint_url = https://a\nca_bundle = /ca\n"
		     "s3 =\n  region = nested\n  endpoint_url = https://nested\n");
	assert_settings("of-config", "https://a", "/ca");
	write_config("[default]\nendpoint_url = https://a\nservices = mine\n"
		     "[services mine]\ns3 =\n  endpoint_url = https://b\n[services other]\ns3 =\n  endpoint_url = c\n");
	assert_settings("of-credentials", "https://b", NULL);
	setenv("AWS_DEFAULT_REGION", "default-region", 1);
	setenv("AWS_ENDPOINT_URL", "https://c", 1);
	setenv("AWS_CA_BUNDLE", "/env", 1);
	assert_settings("default-region", "https://c", "/env");
	setenv("AWS_REGION", "region", 1);
	setenv("AWS_ENDPOINT_URL_S3", "https://d", 1);
	assert_settings("region", "https://d", "/env");
}

int main(void)
{
#define test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		test(the_environment_goes_before_the_files),
		test(the_default_profile_is_in_either_file),
		test(a_profile_is_named_by_the_environment),
		test(files_are_named_by_the_environment),
		test(half_of_a_pair_is_said),
		test(what_would_change_a_header_is_no_key),
		test(keys_that_somebody_else_has_are_refused_by_name),
		test(a_projected_token_is_refused_by_name),
		test(without_any_it_is_said_where_was_looked),
		test(a_broken_file_is_named_with_its_line),
		test(a_file_that_is_too_long_is_refused),
		test(a_directory_in_the_place_of_a_file_is_refused),
		test(a_home_that_is_closed_is_an_empty_one),
		test(settings_come_from_the_profile_and_the_environment_before_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
