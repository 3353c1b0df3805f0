/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/keysets.h"

#include <mintmark/apiserver.h>
#include <mintmark/document.h>
#include <mintmark/file.h>
#include <mintmark/steps.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAY 86400

/* A signer, a standby that is not ready yet, and a directory for the files. */
struct fixture {
	struct test_dir dir;
	struct mm_keyset *set;
	char signer[MM_KID_SIZE];
	char standby[MM_KID_SIZE];
	mm_time now;
	bool force;
	struct mm_apiserver_files files;
	struct mm_apiserver_change change;
};

static void publish(struct fixture *fixture, const char *alg, mm_duration wait, char kid[static MM_KID_SIZE])
{
	mm_auto(mm_key) key = test_key(alg);
	struct mm_err err = {0};

	assert_ok(mm_keyset_publish(fixture->set, key, &test_policy, wait, fixture->now, &err), &err);
	memcpy(kid, mm_key_kid(key), MM_KID_SIZE);
}

static void activate(struct fixture *fixture, const char *kid)
{
	struct mm_err err = {0};

	assert_ok(mm_keyset_activate(fixture->set, kid, &test_policy, MM_GAP_ALLOWED, fixture->now, &err), &err);
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);
	struct mm_err err = {0};

	assert_non_null(fixture);
	fixture->now = T0;
	test_dir_make(&fixture->dir);
	assert_ok(mm_keyset_new(&fixture->set, &err), &err);
	publish(fixture, "ES256", 0, fixture->signer);
	activate(fixture, fixture->signer);
	publish(fixture, "ES256", TEST_PUBLISH_WAIT, fixture->standby);
	*state = fixture;
	return 0;
}

static void forget(struct fixture *fixture)
{
	mm_apiserver_files_clear(&fixture->files);
	mm_apiserver_change_clear(&fixture->change);
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	forget(fixture);
	mm_keyset_free(fixture->set);
	test_dir_remove(&fixture->dir);
	free(fixture);
	return 0;
}

static enum mm_code export_as(struct fixture *fixture, const char *alg, struct mm_err *err)
{
	enum mm_code code;

	forget(fixture);
	code = mm_apiserver_render(fixture->set, test_alg(alg), fixture->now, &fixture->files, err);
	return code == MM_OK
		       ? mm_apiserver_write(&fixture->files, fixture->dir.fd, fixture->force, &fixture->change, err)
		       : code;
}

static void export(struct fixture *fixture)
{
	struct mm_err err = {0};

	assert_ok(export_as(fixture, "ES256", &err), &err);
}

static struct mm_restart restart(const struct fixture *fixture)
{
	return mm_apiserver_restart(&fixture->files, &fixture->change, &test_policy);
}

static void assert_restart(const struct fixture *fixture, enum mm_restart_reason reason, const char *kid,
			   mm_time before)
{
	struct mm_restart found = restart(fixture);

	assert_int_equal(found.reason, reason);
	assert_string_equal(found.kid, kid);
	assert_int_equal(found.before, before);
}

/* sa.pub is exactly the public halves of these, NULL at the end. */
static void assert_pub(const struct fixture *fixture, const char *const *kids)
{
	mm_auto_string found = test_file_read(fixture->dir.fd, "sa.pub");
	mm_auto_buf expected = {0};

	for (; *kids; kids++) {
		mm_auto_string pem = test_export(mm_keyset_find(fixture->set, *kids)->key, MM_FORM_PUBLIC_PEM);

		mm_buf_add_str(&expected, pem);
	}
	assert_string_equal(found, expected.p);
}

static void assert_key(const struct fixture *fixture, const char *kid)
{
	mm_auto_string found = test_file_read(fixture->dir.fd, "sa.key");
	mm_auto(mm_key) key = NULL;
	struct mm_err err = {0};

	assert_ok(mm_key_import(mm_span_str(found), NULL, (struct mm_span){0}, &key, &err), &err);
	assert_string_equal(mm_key_kid(key), kid);
}

/* ---- what stands in them ---- */

static void the_signer_comes_first_and_every_key_of_the_jwks_is_there(void **state)
{
	struct fixture *fixture = *state;
	char other[MM_KID_SIZE];

	activate(fixture, fixture->standby); /* created after the one that retires */
	publish(fixture, "ES384", TEST_PUBLISH_WAIT, other);
	export(fixture);
	assert_pub(fixture, (const char *[]){fixture->standby, fixture->signer, other, NULL});
	assert_key(fixture, fixture->standby);
}

static void removed_and_revoked_keys_are_not_in_sa_pub(void **state)
{
	struct fixture *fixture = *state;
	struct mm_err err = {0};
	char third[MM_KID_SIZE];

	publish(fixture, "ES256", TEST_PUBLISH_WAIT, third);
	assert_ok(mm_keyset_revoke(fixture->set, fixture->signer, &test_policy, T0, &err), &err);
	assert_ok(mm_keyset_remove(fixture->set, third, T0, &err), &err);
	export(fixture);
	assert_pub(fixture, (const char *[]){fixture->standby, NULL});
}

static void an_ec_key_is_written_as_sec1_and_an_rsa_key_as_pkcs1(void **state)
{
	struct fixture *fixture = *state;
	struct mm_err err = {0};
	char rsa[MM_KID_SIZE];

	export(fixture);
	assert_int_equal(strncmp(fixture->files.key.p, "-----BEGIN EC PRIVATE KEY-----\n", 31), 0);
	publish(fixture, "RS256", 0, rsa);
	activate(fixture, rsa);
	assert_ok(export_as(fixture, "RS256", &err), &err);
	assert_int_equal(strncmp(fixture->files.key.p, "-----BEGIN RSA PRIVATE KEY-----\n", 32), 0);
}

static void of_two_algorithms_the_one_that_is_asked_for_signs_and_both_are_trusted(void **state)
{
	struct fixture *fixture = *state;
	struct mm_err err = {0};
	char rsa[MM_KID_SIZE];

	publish(fixture, "RS256", 0, rsa);
	activate(fixture, rsa);
	assert_ok(export_as(fixture, "RS256", &err), &err);
	assert_pub(fixture, (const char *[]){rsa, fixture->signer, fixture->standby, NULL});
	assert_key(fixture, rsa);
}

static void a_key_that_it_cannot_verify_with_is_left_out(void **state)
{
	struct fixture *fixture = *state;
	char eddsa[MM_KID_SIZE], rs512[MM_KID_SIZE];

	publish(fixture, "EdDSA", 0, eddsa);
	publish(fixture, "RS512", 0, rs512);
	export(fixture);
	assert_pub(fixture, (const char *[]){fixture->signer, fixture->standby, rs512, NULL});
}

static void what_it_cannot_sign_is_refused(void **state)
{
	static const char *const refused[] = {"RS384", "RS512", "PS256", "PS384", "PS512", "EdDSA"};
	struct fixture *fixture = *state;
	struct mm_err err = {0};

	for (size_t i = 0; i < MM_COUNT(refused); i++)
		assert_fails_saying(export_as(fixture, refused[i], &err), MM_EREFUSED, &err, refused[i]);
	assert_fails_saying(export_as(fixture, "ES512", &err), MM_ENOTFOUND, &err, "no key signs ES512");
	assert_int_equal(test_dir_count(fixture->dir.fd), 0);
}

/* ---- how they are written ---- */

static void modes_are_those_of_a_public_and_of_a_private_file(void **state)
{
	struct fixture *fixture = *state;
	mode_t umask_before = umask(077);

	export(fixture);
	umask(umask_before);
	assert_int_equal(test_file_mode(fixture->dir.fd, "sa.pub"), 0644);
	assert_int_equal(test_file_mode(fixture->dir.fd, "sa.key"), 0600);
}

static void what_is_right_already_is_left_alone(void **state)
{
	struct fixture *fixture = *state;
	struct mm_file_id pub, key;

	export(fixture);
	assert_true(fixture->change.pub_written && fixture->change.key_written);
	pub = mm_file_id(fixture->dir.fd, "sa.pub");
	key = mm_file_id(fixture->dir.fd, "sa.key");
	export(fixture);
	assert_false(fixture->change.pub_written || fixture->change.key_written);
	assert_true(mm_file_id_eq(pub, mm_file_id(fixture->dir.fd, "sa.pub")));
	assert_true(mm_file_id_eq(key, mm_file_id(fixture->dir.fd, "sa.key")));
}

static void a_key_that_others_could_read_is_closed(void **state)
{
	struct fixture *fixture = *state;

	export(fixture);
	assert_int_equal(fchmodat(fixture->dir.fd, "sa.key", 0640, 0), 0);
	export(fixture);
	assert_int_equal(test_file_mode(fixture->dir.fd, "sa.key"), 0600);
	assert_true(fixture->change.key_written);
}

/* A key that is not in the set stands in `name`: it stays there until --force. */
static void assert_foreign_is_kept(struct fixture *fixture, const char *name, enum mm_key_form form, mode_t mode)
{
	mm_auto(mm_key) foreign = test_key("ES256");
	mm_auto_string pem = test_export(foreign, form);
	mm_auto_string kept = NULL;
	struct mm_err err = {0};

	test_file_write(fixture->dir.fd, name, pem, mode);
	assert_fails_saying(export_as(fixture, "ES256", &err), MM_EEXIST, &err, name);
	kept = test_file_read(fixture->dir.fd, name);
	assert_string_equal(kept, pem);
	assert_int_equal(test_dir_count(fixture->dir.fd), 1);
	fixture->force = true;
	export(fixture);
	assert_pub(fixture, (const char *[]){fixture->signer, fixture->standby, NULL});
	assert_key(fixture, fixture->signer);
}

static void a_private_key_of_somebody_else_is_not_replaced_unless_forced(void **state)
{
	assert_foreign_is_kept(*state, "sa.key", MM_FORM_PKCS8, 0600);
}

static void a_public_key_of_somebody_else_is_not_replaced_unless_forced(void **state)
{
	assert_foreign_is_kept(*state, "sa.pub", MM_FORM_PUBLIC_PEM, 0644);
}

static void a_private_key_in_the_place_of_the_public_one_is_somebody_elses(void **state)
{
	assert_foreign_is_kept(*state, "sa.pub", MM_FORM_TRADITIONAL, 0600);
}

static void what_is_no_key_is_not_replaced_unless_forced(void **state)
{
	struct fixture *fixture = *state;
	struct mm_err err = {0};

	test_file_write(fixture->dir.fd, "sa.key", "my notes\n", 0600);
	assert_fails_saying(export_as(fixture, "ES256", &err), MM_EEXIST, &err, "something else than a private key");
	fixture->force = true;
	export(fixture);
	assert_key(fixture, fixture->signer);
}

static void the_key_that_was_imported_is_taken_over_in_whatever_form_it_stands(void **state)
{
	struct fixture *fixture = *state;
	mm_auto_string pem = test_export(mm_keyset_find(fixture->set, fixture->signer)->key, MM_FORM_PKCS8);

	test_file_write(fixture->dir.fd, "sa.key", pem, 0600);
	export(fixture);
	assert_true(fixture->change.key_written);
	assert_string_equal(fixture->change.signer_before, fixture->signer);
}

static void links_are_refused(void **state)
{
	struct fixture *fixture = *state;
	struct mm_err err = {0};

	test_file_write(fixture->dir.fd, "target", "precious", 0600);
	assert_int_equal(symlinkat("target", fixture->dir.fd, "sa.key"), 0);
	assert_fails_saying(export_as(fixture, "ES256", &err), MM_EUNSAFE, &err, "sa.key: is a symbolic link");
	assert_false(test_file_exists(fixture->dir.fd, "sa.pub"));
}

static void leftovers_of_a_killed_export_are_swept(void **state)
{
	struct fixture *fixture = *state;

	test_file_write(fixture->dir.fd, ".sa.key.tmp.0a1b2c", "half a private key", 0600);
	export(fixture);
	assert_int_equal(test_dir_count(fixture->dir.fd), 2);
}

static void a_directory_that_others_may_write_to_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct mm_err err = {0};
	mm_auto_fd dir = -1;

	assert_int_equal(fchmod(fixture->dir.fd, 0755), 0);
	assert_ok(mm_apiserver_lock(fixture->dir.path, 0, &dir, &err), &err);
	mm_fd_close(&dir);
	assert_int_equal(fchmod(fixture->dir.fd, 0775), 0);
	assert_fails_saying(mm_apiserver_lock(fixture->dir.path, 0, &dir, &err), MM_EUNSAFE, &err, "chmod go-w");
}

static void two_exports_take_turns(void **state)
{
	struct fixture *fixture = *state;
	struct mm_err err = {0};
	mm_auto_fd first = -1, second = -1;

	assert_ok(mm_apiserver_lock(fixture->dir.path, 0, &first, &err), &err);
	assert_fails(mm_apiserver_lock(fixture->dir.path, 0, &second, &err), MM_ETIMEOUT, &err);
	assert_int_equal(second, -1);
}

/* ---- by when they must be read ---- */

static void into_an_empty_directory_there_is_no_restart_but_a_start(void **state)
{
	struct fixture *fixture = *state;

	export(fixture);
	assert_restart(fixture, MM_RESTART_FIRST, "", MM_NEVER);
}

static void without_a_change_there_is_nothing_to_do(void **state)
{
	struct fixture *fixture = *state;

	export(fixture);
	export(fixture);
	assert_restart(fixture, MM_RESTART_NONE, "", MM_NEVER);
}

static void a_new_standby_must_be_trusted_before_it_is_ready(void **state)
{
	struct fixture *fixture = *state;
	char kid[MM_KID_SIZE];

	export(fixture);
	fixture->now = T0 + DAY;
	publish(fixture, "ES256", TEST_PUBLISH_WAIT, kid);
	export(fixture);
	assert_restart(fixture, MM_RESTART_ADDED, kid, T0 + DAY + TEST_PUBLISH_WAIT);
}

/* It cannot sign sooner, whenever that comes. */
static void one_that_is_to_be_delivered_is_ready_a_wait_from_now_at_the_soonest(void **state)
{
	struct fixture *fixture = *state;
	char kid[MM_KID_SIZE];

	export(fixture);
	publish(fixture, "ES256", TEST_PUBLISH_WAIT, kid);
	fixture->set->records[fixture->set->count - 1].delivered = MM_NEVER;
	fixture->now = T0 + 5 * DAY;
	export(fixture);
	assert_restart(fixture, MM_RESTART_ADDED, kid, T0 + 5 * DAY + TEST_PUBLISH_WAIT);
}

static void a_standby_that_is_ready_before_it_is_exported_is_due_at_once(void **state)
{
	struct fixture *fixture = *state;
	char kid[MM_KID_SIZE];

	export(fixture);
	publish(fixture, "ES256", TEST_PUBLISH_WAIT, kid);
	fixture->now = T0 + DAY;
	export(fixture);
	assert_restart(fixture, MM_RESTART_ADDED, kid, T0 + DAY);
}

/* The arithmetic of docs/kube-apiserver.md: the last token of the old key expires before it leaves the JWKS. */
static void a_replaced_signer_may_be_in_use_for_as_long_as_propagation_says(void **state)
{
	struct fixture *fixture = *state;

	export(fixture);
	fixture->now = T0 + DAY;
	activate(fixture, fixture->standby);
	export(fixture);
	assert_restart(fixture, MM_RESTART_REPLACED, fixture->signer, T0 + DAY + test_policy.propagation);
}

/* max_ttl or propagation was changed after the old key's retire_wait was frozen: the shorter of both counts. */
static void a_changed_policy_never_stretches_that(void **state)
{
	struct fixture *fixture = *state;
	struct mm_policy policy = test_policy;

	export(fixture);
	activate(fixture, fixture->standby);
	export(fixture);
	policy.max_ttl = test_policy.max_ttl / 2;
	assert_int_equal(mm_apiserver_restart(&fixture->files, &fixture->change, &policy).before,
			 T0 + test_policy.propagation);
	policy.max_ttl = test_policy.max_ttl;
	policy.propagation = 10 * test_policy.propagation;
	assert_int_equal(mm_apiserver_restart(&fixture->files, &fixture->change, &policy).before,
			 T0 + test_policy.propagation);
}

static void a_replaced_signer_is_overdue_once_that_has_passed(void **state)
{
	struct fixture *fixture = *state;

	export(fixture);
	activate(fixture, fixture->standby);
	fixture->now = T0 + test_policy.propagation + 1;
	export(fixture);
	assert_restart(fixture, MM_RESTART_REPLACED, fixture->signer, fixture->now);
}

static void of_two_reasons_the_earlier_one_is_told(void **state)
{
	struct fixture *fixture = *state;
	char kid[MM_KID_SIZE];

	export(fixture);
	activate(fixture, fixture->standby);
	publish(fixture, "ES256", TEST_PUBLISH_WAIT, kid);
	export(fixture);
	assert_restart(fixture, MM_RESTART_REPLACED, fixture->signer, T0 + test_policy.propagation);
}

static void a_tainted_signer_must_be_out_of_use_at_once(void **state)
{
	struct fixture *fixture = *state;
	struct mm_err err = {0};

	export(fixture);
	assert_ok(mm_keyset_taint(fixture->set, fixture->signer, &test_policy, MM_GAP_ALLOWED, T0, &err), &err);
	export(fixture);
	assert_restart(fixture, MM_RESTART_REPLACED, fixture->signer, T0);
}

static void a_revoked_key_must_be_out_of_use_at_once_signer_or_not(void **state)
{
	struct fixture *fixture = *state;
	struct mm_err err = {0};
	char third[MM_KID_SIZE];

	publish(fixture, "ES256", TEST_PUBLISH_WAIT, third);
	export(fixture);
	assert_ok(mm_keyset_revoke(fixture->set, third, &test_policy, T0, &err), &err);
	export(fixture);
	assert_restart(fixture, MM_RESTART_REVOKED, third, T0);
	assert_ok(mm_keyset_revoke(fixture->set, fixture->signer, &test_policy, T0, &err), &err);
	export(fixture);
	assert_restart(fixture, MM_RESTART_REVOKED, fixture->signer, T0);
	assert_pub(fixture, (const char *[]){fixture->standby, NULL});
}

static void a_key_that_leaves_in_good_order_is_no_hurry(void **state)
{
	struct fixture *fixture = *state;
	struct mm_err err = {0};

	activate(fixture, fixture->standby);
	export(fixture);
	fixture->now = T0 + TEST_RETIRE_WAIT;
	assert_ok(mm_keyset_remove(fixture->set, fixture->signer, fixture->now, &err), &err);
	export(fixture);
	assert_restart(fixture, MM_RESTART_DROPPED, fixture->signer, MM_NEVER);
}

static void a_signer_that_was_never_in_sa_pub_is_due_at_once(void **state)
{
	struct fixture *fixture = *state;
	char kid[MM_KID_SIZE];

	export(fixture);
	publish(fixture, "ES256", TEST_PUBLISH_WAIT, kid);
	activate(fixture, kid);
	export(fixture);
	assert_restart(fixture, MM_RESTART_UNKNOWN, kid, T0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_signer_comes_first_and_every_key_of_the_jwks_is_there),
		TEST(removed_and_revoked_keys_are_not_in_sa_pub),
		TEST(an_ec_key_is_written_as_sec1_and_an_rsa_key_as_pkcs1),
		TEST(of_two_algorithms_the_one_that_is_asked_for_signs_and_both_are_trusted),
		TEST(a_key_that_it_cannot_verify_with_is_left_out),
		TEST(what_it_cannot_sign_is_refused),
		TEST(modes_are_those_of_a_public_and_of_a_private_file),
		TEST(what_is_right_already_is_left_alone),
		TEST(a_key_that_others_could_read_is_closed),
		TEST(a_private_key_of_somebody_else_is_not_replaced_unless_forced),
		TEST(a_public_key_of_somebody_else_is_not_replaced_unless_forced),
		TEST(a_private_key_in_the_place_of_the_public_one_is_somebody_elses),
		TEST(what_is_no_key_is_not_replaced_unless_forced),
		TEST(the_key_that_was_imported_is_taken_over_in_whatever_form_it_stands),
		TEST(links_are_refused),
		TEST(leftovers_of_a_killed_export_are_swept),
		TEST(a_directory_that_others_may_write_to_is_refused),
		TEST(two_exports_take_turns),
		TEST(into_an_empty_directory_there_is_no_restart_but_a_start),
		TEST(without_a_change_there_is_nothing_to_do),
		TEST(a_new_standby_must_be_trusted_before_it_is_ready),
		TEST(one_that_is_to_be_delivered_is_ready_a_wait_from_now_at_the_soonest),
		TEST(a_standby_that_is_ready_before_it_is_exported_is_due_at_once),
		TEST(a_replaced_signer_may_be_in_use_for_as_long_as_propagation_says),
		TEST(a_changed_policy_never_stretches_that),
		TEST(a_replaced_signer_is_overdue_once_that_has_passed),
		TEST(of_two_reasons_the_earlier_one_is_told),
		TEST(a_tainted_signer_must_be_out_of_use_at_once),
		TEST(a_revoked_key_must_be_out_of_use_at_once_signer_or_not),
		TEST(a_key_that_leaves_in_good_order_is_no_hurry),
		TEST(a_signer_that_was_never_in_sa_pub_is_due_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
