/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/keysets.h"

#include <fcntl.h>
#include <mintmark/document.h>
#include <mintmark/file.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
	struct test_dir dir;
	struct mm_documents *documents;
};

static struct mm_documents *render(void)
{
	mm_auto(mm_keyset) set = NULL;
	struct mm_documents *documents;
	struct mm_err err = {0};

	assert_ok(mm_keyset_new(&set, &err), &err);
	test_active(set, "ES256");
	assert_ok(mm_documents_render("https://a.example", set, NULL, 600, T0, &documents, &err), &err);
	return documents;
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);

	assert_non_null(fixture);
	test_dir_make(&fixture->dir);
	fixture->documents = render();
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	mm_documents_free(fixture->documents);
	test_dir_remove(&fixture->dir);
	free(fixture);
	return 0;
}

static struct mm_publish_result publish(struct fixture *fixture, const char *prefix)
{
	struct mm_publish_result result;
	struct mm_err err = {0};

	assert_ok(mm_documents_publish(fixture->documents, fixture->dir.fd, prefix, &result, &err), &err);
	return result;
}

static void assert_content(struct fixture *fixture, const char *name, const struct mm_document *document)
{
	mm_auto_string content = test_file_read(fixture->dir.fd, name);

	assert_non_null(content);
	assert_string_equal(content, document->body.p);
}

static void both_documents_stand_at_their_paths(void **state)
{
	struct fixture *fixture = *state;
	struct mm_publish_result result = publish(fixture, NULL);

	assert_true(result.jwks_written);
	assert_true(result.discovery_written);
	assert_content(fixture, "openid/v1/jwks", &fixture->documents->jwks);
	assert_content(fixture, ".well-known/openid-configuration", &fixture->documents->discovery);
}

static void a_prefix_comes_before_the_paths(void **state)
{
	struct fixture *fixture = *state;

	publish(fixture, "/id/prod");
	assert_content(fixture, "id/prod/openid/v1/jwks", &fixture->documents->jwks);
	assert_content(fixture, "id/prod/.well-known/openid-configuration", &fixture->documents->discovery);
}

static void an_empty_prefix_is_none(void **state)
{
	struct fixture *fixture = *state;

	publish(fixture, "");
	assert_content(fixture, "openid/v1/jwks", &fixture->documents->jwks);
}

/* Whoever serves them is another user, and our own umask is 077. */
static void everybody_may_read_them_whatever_the_umask(void **state)
{
	struct fixture *fixture = *state;
	mode_t umask_before = umask(077);

	publish(fixture, NULL);
	umask(umask_before);
	assert_int_equal(test_file_mode(fixture->dir.fd, "openid"), 0755);
	assert_int_equal(test_file_mode(fixture->dir.fd, "openid/v1"), 0755);
	assert_int_equal(test_file_mode(fixture->dir.fd, ".well-known"), 0755);
	assert_int_equal(test_file_mode(fixture->dir.fd, "openid/v1/jwks"), 0644);
	assert_int_equal(test_file_mode(fixture->dir.fd, ".well-known/openid-configuration"), 0644);
}

static void a_directory_that_is_missing_is_made(void **state)
{
	struct fixture *fixture = *state;
	struct mm_err err = {0};
	mm_auto_fd site = -1;
	char path[300];

	snprintf(path, sizeof path, "%s/site/", fixture->dir.path);
	assert_ok(mm_site_lock(path, 0, &site, &err), &err);
	assert_int_equal(test_file_mode(fixture->dir.fd, "site"), 0755);
}

static void what_is_there_already_is_not_written_again(void **state)
{
	struct fixture *fixture = *state;
	struct mm_file_id before, after;
	struct mm_publish_result result;

	publish(fixture, NULL);
	before = mm_file_id(fixture->dir.fd, "openid/v1/jwks");
	result = publish(fixture, NULL);
	after = mm_file_id(fixture->dir.fd, "openid/v1/jwks");
	assert_false(result.jwks_written);
	assert_false(result.discovery_written);
	assert_true(mm_file_id_eq(before, after));
}

static void only_what_changed_is_written(void **state)
{
	struct fixture *fixture = *state;
	struct mm_publish_result result;

	publish(fixture, NULL);
	mm_documents_free(fixture->documents);
	fixture->documents = render(); /* another key: another JWKS, the same discovery document */
	result = publish(fixture, NULL);
	assert_true(result.jwks_written);
	assert_false(result.discovery_written);
	assert_content(fixture, "openid/v1/jwks", &fixture->documents->jwks);
}

/* One that is longer, and one that differs in the last byte alone. */
static void what_differs_is_replaced(void **state)
{
	struct fixture *fixture = *state;
	struct mm_publish_result result;
	mm_auto_string almost = strdup(fixture->documents->discovery.body.p);
	mm_auto_buf longer = {0};

	publish(fixture, NULL);
	mm_buf_printf(&longer, "%s\n", fixture->documents->jwks.body.p);
	test_file_write(fixture->dir.fd, "openid/v1/jwks", longer.p, 0644);
	almost[strlen(almost) - 1] = '!';
	test_file_write(fixture->dir.fd, ".well-known/openid-configuration", almost, 0644);
	result = publish(fixture, NULL);
	assert_true(result.jwks_written);
	assert_true(result.discovery_written);
	assert_content(fixture, "openid/v1/jwks", &fixture->documents->jwks);
	assert_content(fixture, ".well-known/openid-configuration", &fixture->documents->discovery);
}

static void nothing_else_is_left_behind(void **state)
{
	struct fixture *fixture = *state;
	int fd;

	publish(fixture, NULL);
	assert_int_equal(test_dir_count(fixture->dir.fd), 2);
	fd = openat(fixture->dir.fd, "openid/v1", O_RDONLY | O_DIRECTORY);
	assert_int_equal(test_dir_count(fd), 1);
	close(fd);
}

static void assert_publish_fails(struct fixture *fixture, const char *prefix, enum mm_code code)
{
	struct mm_publish_result result;
	struct mm_err err = {0};

	assert_fails(mm_documents_publish(fixture->documents, fixture->dir.fd, prefix, &result, &err), code, &err);
	assert_false(result.discovery_written);
}

static void links_on_the_way_are_not_followed(void **state)
{
	struct fixture *fixture = *state;
	struct test_dir elsewhere;

	test_dir_make(&elsewhere);
	assert_int_equal(symlinkat(elsewhere.path, fixture->dir.fd, "openid"), 0);
	assert_publish_fails(fixture, NULL, MM_EUNSAFE);
	assert_int_equal(test_dir_count(elsewhere.fd), 0);
	test_dir_remove(&elsewhere);
}

static void a_link_in_place_of_a_file_is_not_followed(void **state)
{
	struct fixture *fixture = *state;
	mm_auto_string untouched = NULL;

	publish(fixture, NULL);
	test_file_write(fixture->dir.fd, "victim", "untouched", 0644);
	assert_int_equal(unlinkat(fixture->dir.fd, "openid/v1/jwks", 0), 0);
	assert_int_equal(symlinkat("../../victim", fixture->dir.fd, "openid/v1/jwks"), 0);
	assert_publish_fails(fixture, NULL, MM_EUNSAFE);
	untouched = test_file_read(fixture->dir.fd, "victim");
	assert_string_equal(untouched, "untouched");
}

static void no_path_leads_out_of_the_directory(void **state)
{
	struct fixture *fixture = *state;

	assert_publish_fails(fixture, "/../x", MM_EREFUSED);
	assert_publish_fails(fixture, "/a/../../x", MM_EREFUSED);
}

/* A reader must never find a discovery document whose JWKS is not there. */
static void without_the_jwks_discovery_is_not_written(void **state)
{
	struct fixture *fixture = *state;

	test_file_write(fixture->dir.fd, "openid", "a file where a directory belongs", 0644);
	assert_publish_fails(fixture, NULL, MM_EIO);
	assert_false(test_file_exists(fixture->dir.fd, ".well-known"));
}

static void the_message_says_what_could_not_be_published(void **state)
{
	struct fixture *fixture = *state;
	struct mm_publish_result result;
	struct mm_err err = {0};

	test_file_write(fixture->dir.fd, "openid", "a file where a directory belongs", 0644);
	assert_int_equal(mm_documents_publish(fixture->documents, fixture->dir.fd, NULL, &result, &err), MM_EIO);
	assert_contains(err.text, "publishing /openid/v1/jwks: ");
}

static void a_place_that_cannot_be_made_is_named(void **state)
{
	struct mm_err err = {0};
	int site;

	(void)state;
	assert_int_equal(mm_site_lock("/nonexistent/x", 0, &site, &err), MM_EIO);
	assert_contains(err.text, "/nonexistent/x");
	assert_int_equal(site, -1);
}

static void one_at_a_time_publishes_in_a_directory(void **state)
{
	struct fixture *fixture = *state;
	struct mm_err err = {0};
	int first, second;

	assert_ok(mm_site_lock(fixture->dir.path, 0, &first, &err), &err);
	assert_int_equal(mm_site_lock(fixture->dir.path, 0, &second, &err), MM_ETIMEOUT);
	assert_contains(err.text, fixture->dir.path);
	assert_int_equal(second, -1);
	mm_fd_close(&first);
	mm_err_clear(&err);
	assert_ok(mm_site_lock(fixture->dir.path, 0, &second, &err), &err);
	mm_fd_close(&second);
	assert_int_equal(test_dir_count(fixture->dir.fd), 0);
}

static void temporaries_of_a_killed_predecessor_are_removed(void **state)
{
	struct fixture *fixture = *state;

	publish(fixture, NULL);
	test_file_write(fixture->dir.fd, "openid/v1/.jwks.tmp.0123ab", "half", 0600);
	test_file_write(fixture->dir.fd, ".well-known/.openid-configuration.tmp.0123ab", "half", 0600);
	publish(fixture, NULL);
	assert_false(test_file_exists(fixture->dir.fd, "openid/v1/.jwks.tmp.0123ab"));
	assert_false(test_file_exists(fixture->dir.fd, ".well-known/.openid-configuration.tmp.0123ab"));
}

/* The directory belongs to a web site; others may write to it in the way that we do. */
static void temporaries_of_others_stay(void **state)
{
	struct fixture *fixture = *state;

	publish(fixture, NULL);
	test_file_write(fixture->dir.fd, "openid/v1/.index.html.tmp.0123ab", "half", 0600);
	test_file_write(fixture->dir.fd, ".well-known/.security.txt.tmp.0123ab", "half", 0600);
	publish(fixture, NULL);
	assert_true(test_file_exists(fixture->dir.fd, "openid/v1/.index.html.tmp.0123ab"));
	assert_true(test_file_exists(fixture->dir.fd, ".well-known/.security.txt.tmp.0123ab"));
}

static void a_file_of_another_mode_is_written_again(void **state)
{
	struct fixture *fixture = *state;
	struct mm_publish_result result;

	publish(fixture, NULL);
	assert_int_equal(fchmodat(fixture->dir.fd, "openid/v1/jwks", 0600, 0), 0);
	result = publish(fixture, NULL);
	assert_true(result.jwks_written);
	assert_false(result.discovery_written);
	assert_int_equal(test_file_mode(fixture->dir.fd, "openid/v1/jwks"), 0644);
}

/* Bits that the operator added stay. */
static void directories_are_opened_to_others(void **state)
{
	struct fixture *fixture = *state;

	publish(fixture, NULL);
	assert_int_equal(fchmodat(fixture->dir.fd, "openid", 0700, 0), 0);
	assert_int_equal(fchmodat(fixture->dir.fd, ".well-known", 02770, 0), 0);
	publish(fixture, NULL);
	assert_int_equal(test_file_mode(fixture->dir.fd, "openid"), 0755);
	assert_int_equal(test_file_mode(fixture->dir.fd, ".well-known"), 02775);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(both_documents_stand_at_their_paths),
		TEST(a_prefix_comes_before_the_paths),
		TEST(an_empty_prefix_is_none),
		TEST(everybody_may_read_them_whatever_the_umask),
		TEST(a_directory_that_is_missing_is_made),
		TEST(what_is_there_already_is_not_written_again),
		TEST(only_what_changed_is_written),
		TEST(what_differs_is_replaced),
		TEST(nothing_else_is_left_behind),
		TEST(links_on_the_way_are_not_followed),
		TEST(a_link_in_place_of_a_file_is_not_followed),
		TEST(no_path_leads_out_of_the_directory),
		TEST(without_the_jwks_discovery_is_not_written),
		TEST(the_message_says_what_could_not_be_published),
		TEST(a_place_that_cannot_be_made_is_named),
		TEST(one_at_a_time_publishes_in_a_directory),
		TEST(temporaries_of_a_killed_predecessor_are_removed),
		TEST(temporaries_of_others_stay),
		TEST(a_file_of_another_mode_is_written_again),
		TEST(directories_are_opened_to_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
