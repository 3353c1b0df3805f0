/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include "issuer/cloud/registration_parts.h"

#include <stdio.h>
#include <string.h>

#define THUMBPRINT "0123456789abcdef0123456789abcdef01234567"
#define LONG_64    "a234567890123456789012345678901234567890123456789012345678901234"

/* One that every cloud takes; each test breaks one thing of it. */
struct world {
	struct mm_registration registration;
	struct mm_registration_account accounts[32];
	json_t *jwks;
};

static void world_clear(struct world *world)
{
	mm_strings_free(&world->registration.audiences);
	mm_strings_free(&world->registration.algorithms);
	mm_strings_free(&world->registration.thumbprints);
	json_decref(world->jwks);
}
#define auto_world MM_CLEANUP(world_clear) struct world

static void world_make(struct world *world)
{
	struct mm_registration *registration = &world->registration;

	*world = (struct world){.jwks = json_pack("{s:[{s:s, s:s, s:s, s:s}]}", "keys", "kty", "RSA", "alg", "RS256",
						  "use", "sig", "kid", "a")};
	*registration = (struct mm_registration){.issuer = "https://oidc.example.com/id",
						 .jwks = world->jwks,
						 .accounts = world->accounts,
						 .account = "123456789012",
						 .partition = "aws",
						 .project_number = "42",
						 .pool = "mintmark",
						 .provider = "mintmark",
						 .token_file = "/token"};
	test_strings_add(&registration->algorithms, "RS256");
	test_strings_add(&registration->thumbprints, THUMBPRINT);
}

static void add_account(struct world *world, const char *name, const char *target)
{
	world->accounts[world->registration.account_count++] = (struct mm_registration_account){name, target};
}

/* What the form's cloud minds; `check` NULL: nothing, and otherwise nothing else of the same level. */
static void assert_minds(const struct world *world, enum mm_cloud_id cloud, const char *form, const char *check,
			 enum mm_finding_level level)
{
	mm_auto_findings findings = {0};
	size_t found = 0;

	mm_registration_check(&world->registration, mm_registration_form(cloud, form), &findings);
	assert_ok(mm_findings_check(&findings, NULL), NULL);
	for (size_t i = 0; i < findings.n; i++) {
		if (findings.v[i].level < MM_FINDING_WARN)
			continue;
		if (!check || strcmp(findings.v[i].check, check) != 0)
			fail_msg("%s: %s", findings.v[i].check, findings.v[i].text);
		assert_int_equal(findings.v[i].level, level);
		found++;
	}
	assert_int_equal(found, check ? 1 : 0);
}

static void forms_are_found_by_cloud_and_name(void **state)
{
	(void)state;

	for (const struct mm_registration_form *form = mm_registration_forms; form->name; form++) {
		assert_ptr_equal(mm_registration_form(form->cloud, form->name), form);
		assert_non_null(form->render);
		assert_non_null(form->help);
	}
	assert_null(mm_registration_form(MM_CLOUD_AZURE, "cloudformation"));
	assert_null(mm_registration_form(MM_CLOUD_AWS, "CLI"));
}

static void what_is_right_is_not_minded(void **state)
{
	auto_world world;
	(void)state;

	world_make(&world);
	add_account(&world, "prod/app", NULL);
	assert_minds(&world, MM_CLOUD_GCP, "cli", NULL, 0);
	world.accounts[0].target = "client";
	assert_minds(&world, MM_CLOUD_AZURE, "cli", NULL, 0);
	world.accounts[0].target = "team/app";
	assert_minds(&world, MM_CLOUD_AWS, "cli", NULL, 0);
	world.accounts[0].target = "a@b.example";
	assert_minds(&world, MM_CLOUD_GCP, "cli", NULL, 0);
}

static void the_first_algorithm_must_be_taken_and_others_need_not(void **state)
{
	auto_world world;
	(void)state;

	world_make(&world);
	test_strings_add(&world.registration.algorithms, "EdDSA");
	assert_minds(&world, MM_CLOUD_AWS, "cli", NULL, 0);
	memcpy(world.registration.algorithms.v[0], "PS256", 6);
	assert_minds(&world, MM_CLOUD_AWS, "cli", "aws.signing-algorithm", MM_FINDING_FAIL);
	assert_minds(&world, MM_CLOUD_GCP, "cli", "gcp.signing-algorithm", MM_FINDING_FAIL);
}

static void names_of_accounts_are_those_of_kubernetes(void **state)
{
	static const char *const names[] = {"app",    "/app",     "prod/",   "Prod/app",
					    "prod/*", "prod/a/b", "a.b/app", LONG_64 "/app"};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(names); i++) {
		auto_world world;

		world_make(&world);
		add_account(&world, names[i], NULL);
		assert_minds(&world, MM_CLOUD_GCP, "cli", "account.name", MM_FINDING_FAIL);
	}
}

static void a_subject_is_as_long_as_the_cloud_takes_it(void **state)
{
	/* "system:serviceaccount:" and the colon between both names are 23 characters. */
	char name[160] = "prod/";
	auto_world world;
	(void)state;

	memset(name + 5, 'a', 127 - 23 - 4);
	world_make(&world);
	add_account(&world, name, NULL);
	assert_minds(&world, MM_CLOUD_GCP, "cli", NULL, 0);
	strcat(name, "a");
	assert_minds(&world, MM_CLOUD_GCP, "cli", "gcp.subject-length", MM_FINDING_FAIL);
	world.accounts[0].target = "client";
	assert_minds(&world, MM_CLOUD_AZURE, "cli", NULL, 0);
}

/* ---- AWS -------------------------------------------------------------------------------------------------------- */

static void accounts_of_aws_have_twelve_digits(void **state)
{
	static const char *const accounts[] = {"", "12345678901", "1234567890123", "1234-5678-9012", "12345678901x"};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(accounts); i++) {
		auto_world world;

		world_make(&world);
		world.registration.account = accounts[i];
		assert_minds(&world, MM_CLOUD_AWS, "cli", "aws.account-id", MM_FINDING_FAIL);
	}
}

static void an_account_is_missed_where_a_role_names_it(void **state)
{
	auto_world world;
	(void)state;

	world_make(&world);
	world.registration.account = NULL;
	assert_minds(&world, MM_CLOUD_AWS, "cli", NULL, 0);
	add_account(&world, "prod/app", "app");
	assert_minds(&world, MM_CLOUD_AWS, "cli", "aws.account-missing", MM_FINDING_WARN);
	assert_minds(&world, MM_CLOUD_AWS, "files", "aws.account-missing", MM_FINDING_WARN);
	assert_minds(&world, MM_CLOUD_AWS, "terraform", NULL, 0);
	assert_minds(&world, MM_CLOUD_AWS, "cloudformation", NULL, 0);
}

static void roles_have_names_that_iam_takes(void **state)
{
	static const char *const good[] = {"app", "a+b=c,d.e@f-g_h", "team/app", "a/b/c"};
	static const char *const bad[] = {"a b", "a\nb", "", "/app", "team//app", "team/", "a$b", LONG_64 "5"};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(good) + MM_COUNT(bad); i++) {
		bool is_good = i < MM_COUNT(good);
		auto_world world;

		world_make(&world);
		add_account(&world, "prod/app", is_good ? good[i] : bad[i - MM_COUNT(good)]);
		assert_minds(&world, MM_CLOUD_AWS, "cli", is_good ? NULL : "aws.role-name", MM_FINDING_FAIL);
	}
}

static void an_account_without_a_role_is_left_out_and_told(void **state)
{
	auto_world world;
	(void)state;

	world_make(&world);
	add_account(&world, "prod/app", NULL);
	assert_minds(&world, MM_CLOUD_AWS, "cli", "aws.role-missing", MM_FINDING_WARN);
}

static void what_is_wide_about_a_trust_policy_is_told(void **state)
{
	auto_world world;
	(void)state;

	world_make(&world);
	add_account(&world, "prod/default", "app");
	assert_minds(&world, MM_CLOUD_AWS, "terraform", "trust.default-account", MM_FINDING_WARN);
}

static void thumbprints_are_forty_hex_digits_and_five_at_most(void **state)
{
	static const char *const bad[] = {"01:23:45", THUMBPRINT "0", "x123456789abcdef0123456789abcdef01234567",
					  THUMBPRINT "89abcdef0123456789abcdef"};
	auto_world world;
	(void)state;

	for (size_t i = 0; i < MM_COUNT(bad); i++) {
		auto_world one;

		world_make(&one);
		test_strings_add(&one.registration.thumbprints, bad[i]);
		assert_minds(&one, MM_CLOUD_AWS, "cli", "aws.thumbprint-form", MM_FINDING_FAIL);
	}
	world_make(&world);
	for (size_t i = 1; i < 5; i++)
		test_strings_add(&world.registration.thumbprints, THUMBPRINT);
	assert_minds(&world, MM_CLOUD_AWS, "cli", NULL, 0);
	test_strings_add(&world.registration.thumbprints, THUMBPRINT);
	assert_minds(&world, MM_CLOUD_AWS, "cli", "aws.thumbprints-count", MM_FINDING_FAIL);
}

/* ---- GCP -------------------------------------------------------------------------------------------------------- */

static void ids_of_pools_and_providers_are_those_that_google_takes(void **state)
{
	static const char *const bad[] = {
		"abc", "Mintmark", "gcp-pool", "a_bc", "a b c", "a23456789012345678901234567890123", ""};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(bad); i++) {
		auto_world world;

		world_make(&world);
		world.registration.pool = bad[i];
		assert_minds(&world, MM_CLOUD_GCP, "cli", "gcp.pool-id", MM_FINDING_FAIL);
		world.registration.pool = "a234567890123456789012345678-012";
		world.registration.provider = bad[i];
		assert_minds(&world, MM_CLOUD_GCP, "cli", "gcp.provider-id", MM_FINDING_FAIL);
	}
}

static void a_project_is_a_number_and_missed_where_it_is_named(void **state)
{
	auto_world world;
	(void)state;

	world_make(&world);
	world.registration.project_number = "my-project";
	assert_minds(&world, MM_CLOUD_GCP, "cli", "gcp.project-number", MM_FINDING_FAIL);
	world.registration.project_number = NULL;
	assert_minds(&world, MM_CLOUD_GCP, "cli", NULL, 0);
	assert_minds(&world, MM_CLOUD_GCP, "credentials", "gcp.project-missing", MM_FINDING_WARN);
	add_account(&world, "prod/app", NULL);
	assert_minds(&world, MM_CLOUD_GCP, "cli", "gcp.project-missing", MM_FINDING_WARN);
	assert_minds(&world, MM_CLOUD_GCP, "terraform", NULL, 0);
}

static void google_service_accounts_are_emails(void **state)
{
	static const char *const bad[] = {"app", "a b@c", "a@b/c", "a'@b"};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(bad); i++) {
		auto_world world;

		world_make(&world);
		add_account(&world, "prod/app", bad[i]);
		assert_minds(&world, MM_CLOUD_GCP, "cli", "gcp.service-account", MM_FINDING_FAIL);
	}
}

static void an_uploaded_jwks_is_warned_of(void **state)
{
	auto_world world;
	(void)state;

	world_make(&world);
	world.registration.upload_jwks = true;
	assert_minds(&world, MM_CLOUD_GCP, "cli", "gcp.jwks-uploaded", MM_FINDING_WARN);
}

static void the_upload_has_keys_and_members_that_google_takes_and_no_others(void **state)
{
	json_t *jwks = json_loads(
		       "{\"keys\":["
		       "{\"kty\":\"RSA\",\"alg\":\"RS256\",\"use\":\"sig\",\"kid\":\"a\",\"n\":\"1\",\"e\":\"2\","
		       "\"x5c\":[\"3\"],\"key_ops\":[\"verify\"]},"
		       "{\"kty\":\"EC\",\"alg\":\"ES256\",\"use\":\"sig\",\"kid\":\"b\",\"crv\":\"P-256\","
		       "\"x\":\"4\",\"y\":\"5\"},"
		       "{\"kty\":\"RSA\",\"alg\":\"PS256\",\"kid\":\"c\",\"n\":\"1\",\"e\":\"2\"},"
		       "{\"kty\":\"OKP\",\"alg\":\"EdDSA\",\"kid\":\"d\",\"crv\":\"Ed25519\",\"x\":\"6\"}],"
		       "\"other\":1}",
		       0, NULL),
	       *expected = json_loads(
		       "{\"keys\":["
		       "{\"kty\":\"RSA\",\"alg\":\"RS256\",\"use\":\"sig\",\"kid\":\"a\",\"n\":\"1\",\"e\":\"2\"},"
		       "{\"kty\":\"EC\",\"alg\":\"ES256\",\"use\":\"sig\",\"kid\":\"b\",\"crv\":\"P-256\","
		       "\"x\":\"4\",\"y\":\"5\"}]}",
		       0, NULL),
	       *upload = mm_registration_upload(jwks);
	(void)state;

	assert_true(json_equal(upload, expected));
	json_decref(jwks);
	json_decref(expected);
	json_decref(upload);
}

/* ---- Azure ------------------------------------------------------------------------------------------------------ */

static void a_federated_credential_needs_a_subject_and_an_application(void **state)
{
	auto_world world;
	(void)state;

	world_make(&world);
	assert_minds(&world, MM_CLOUD_AZURE, "cli", "azure.account-none", MM_FINDING_FAIL);
	add_account(&world, "prod/app", NULL);
	assert_minds(&world, MM_CLOUD_AZURE, "cli", "azure.application-missing", MM_FINDING_WARN);
	assert_minds(&world, MM_CLOUD_AZURE, "terraform", "azure.application-missing", MM_FINDING_WARN);
	assert_minds(&world, MM_CLOUD_AZURE, "json", NULL, 0);
	world.registration.identity = "identity";
	assert_minds(&world, MM_CLOUD_AZURE, "cli", NULL, 0);
}

static void an_application_has_twenty_credentials_at_most(void **state)
{
	char names[21][16];
	auto_world world;
	(void)state;

	world_make(&world);
	for (size_t i = 0; i < MM_COUNT(names); i++) {
		snprintf(names[i], sizeof names[i], "prod/a%zu", i);
		add_account(&world, names[i], i < 20 ? "one" : "other");
	}
	assert_minds(&world, MM_CLOUD_AZURE, "cli", NULL, 0);
	world.registration.identity = "for all";
	assert_minds(&world, MM_CLOUD_AZURE, "cli", "azure.credentials-count", MM_FINDING_FAIL);
	world.registration.identity = NULL;
	world.accounts[20].target = "one";
	assert_minds(&world, MM_CLOUD_AZURE, "cli", "azure.credentials-count", MM_FINDING_FAIL);
}

static void names_of_credentials_differ_by_issuer_and_account_and_are_not_too_long(void **state)
{
	static const char *const accounts[] = {"prod/app", "prod/a.b", "prod/a-b", "prod-a/b"};
	char names[2][MM_COUNT(accounts)][MM_CREDENTIAL_NAME_MAX + 1];
	char longest[512];
	mm_auto_string name = NULL;
	auto_world world;
	(void)state;

	world_make(&world);
	for (size_t i = 0; i < 2 * MM_COUNT(accounts); i++) {
		mm_auto_string one = NULL;

		world.registration.issuer = i % 2 ? "https://a.example" : "https://b.example";
		assert_ok(mm_credential_name(&world.registration, accounts[i / 2], &one, NULL), NULL);
		strcpy(names[i % 2][i / 2], one);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(names[j % 2][j / 2], one);
	}
	assert_memory_equal(names[0][0], "prod_app-", 9);
	memset(longest, 'a', sizeof longest);
	memcpy(longest + 63, "/", 1);
	longest[63 + 1 + 253] = '\0';
	assert_ok(mm_credential_name(&world.registration, longest, &name, NULL), NULL);
	assert_int_equal(strlen(name), MM_CREDENTIAL_NAME_MAX);
}

/* ---- rendering -------------------------------------------------------------------------------------------------- */

static void what_is_not_utf8_is_not_rendered(void **state)
{
	(void)state;

	for (const struct mm_registration_form *form = mm_registration_forms; form->name; form++) {
		struct mm_err err = {0};
		struct mm_pairs files = {0};
		auto_world world;

		world_make(&world);
		add_account(&world, "prod/app", "\xff");
		assert_fails(mm_registration_render(&world.registration, form, &files, &err), MM_EPARSE, &err);
		world.accounts[0].target = NULL;
		test_strings_add(&world.registration.audiences, "\xc3");
		assert_fails(mm_registration_render(&world.registration, form, &files, &err), MM_EPARSE, &err);
		assert_int_equal(files.names.n, 0);
	}
}

static void every_form_has_a_file_and_each_its_own_name(void **state)
{
	(void)state;

	for (const struct mm_registration_form *form = mm_registration_forms; form->name; form++) {
		struct mm_pairs files = {0};
		struct mm_err err = {0};
		auto_world world;

		world_make(&world);
		add_account(&world, "prod/a", "one@x");
		add_account(&world, "prod/b", "two@x");
		add_account(&world, "prod/c", "one@x");
		assert_ok(mm_registration_render(&world.registration, form, &files, &err), &err);
		assert_true(files.names.n > 0);
		assert_int_equal(files.names.n, files.values.n);
		for (size_t i = 0; i < files.names.n; i++) {
			assert_null(strchr(files.names.v[i], '/'));
			for (size_t j = 0; j < i; j++)
				assert_string_not_equal(files.names.v[i], files.names.v[j]);
		}
		mm_strings_free(&files.names);
		mm_strings_free(&files.values);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms_are_found_by_cloud_and_name),
		cmocka_unit_test(what_is_right_is_not_minded),
		cmocka_unit_test(the_first_algorithm_must_be_taken_and_others_need_not),
		cmocka_unit_test(names_of_accounts_are_those_of_kubernetes),
		cmocka_unit_test(a_subject_is_as_long_as_the_cloud_takes_it),
		cmocka_unit_test(accounts_of_aws_have_twelve_digits),
		cmocka_unit_test(an_account_is_missed_where_a_role_names_it),
		cmocka_unit_test(roles_have_names_that_iam_takes),
		cmocka_unit_test(an_account_without_a_role_is_left_out_and_told),
		cmocka_unit_test(what_is_wide_about_a_trust_policy_is_told),
		cmocka_unit_test(thumbprints_are_forty_hex_digits_and_five_at_most),
		cmocka_unit_test(ids_of_pools_and_providers_are_those_that_google_takes),
		cmocka_unit_test(a_project_is_a_number_and_missed_where_it_is_named),
		cmocka_unit_test(google_service_accounts_are_emails),
		cmocka_unit_test(an_uploaded_jwks_is_warned_of),
		cmocka_unit_test(the_upload_has_keys_and_members_that_google_takes_and_no_others),
		cmocka_unit_test(a_federated_credential_needs_a_subject_and_an_application),
		cmocka_unit_test(an_application_has_twenty_credentials_at_most),
		cmocka_unit_test(names_of_credentials_differ_by_issuer_and_account_and_are_not_too_long),
		cmocka_unit_test(what_is_not_utf8_is_not_rendered),
		cmocka_unit_test(every_form_has_a_file_and_each_its_own_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
