/* SPDX-License-Identifier: Apache-2.0 */
/* The audit of a directory store, through its commits. */
#include "keys/audit.h"

#include "tests/unit/dir_store.h"

#include <fcntl.h>
#include <jansson.h>
#include <mintmark/steps.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- reading it -------------------------------------------------------------------------------------------------- */

/* Every line of the audit, which must all be JSON objects. The caller gives it back with json_decref. */
static json_t *audit(void)
{
	mm_auto_string text = test_file_read(dir_fd(), MM_STORE_AUDIT);
	json_t *lines = json_array();

	assert_non_null(text);
	for (char *line = text; *line != '\0';) {
		size_t len = strcspn(line, "\n");
		json_t *parsed = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);

		assert_int_equal(line[len], '\n');
		assert_true(json_is_object(parsed));
		json_array_append_new(lines, parsed);
		line += len + 1;
	}
	return lines;
}

static void json_free(json_t **value)
{
	json_decref(*value);
}
#define auto_json MM_CLEANUP(json_free) json_t *

static const char *text_of(const json_t *line, const char *name)
{
	const char *text = json_string_value(json_object_get(line, name));

	return text ? text : "(none)";
}

static long long number_of(const json_t *line, const char *name)
{
	assert_true(json_is_integer(json_object_get(line, name)));
	return json_integer_value(json_object_get(line, name));
}

/* A line of `event` that leads from one revision to another; `kid` may be NULL. */
static void assert_line(const json_t *line, const char *event, const char *kid, int before, int after)
{
	assert_string_equal(text_of(line, "event"), event);
	assert_string_equal(text_of(line, "kid"), kid ? kid : "(none)");
	assert_int_equal(number_of(line, "revision_before"), before);
	assert_int_equal(number_of(line, "revision_after"), after);
}

/* The bytes of the audit, for what is not to change. */
static char *audit_text(void)
{
	char *text = test_file_read(dir_fd(), MM_STORE_AUDIT);

	assert_non_null(text);
	return text;
}

static void append_to_audit(const char *text)
{
	int fd = openat(dir_fd(), MM_STORE_AUDIT, O_WRONLY | O_APPEND | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

/* ---- committing -------------------------------------------------------------------------------------------------- */

static void commit_as(void **state, struct mm_keyset *set, const struct mm_actor *actor)
{
	struct mm_err err = {0};

	assert_ok(mm_store_commit(store_of(state), set, set->revision, actor, T0 + 1000, &err), &err);
}

/* The standby takes over, and the signer is retired. */
static void swap(struct mm_keyset *set)
{
	struct mm_err err = {0};

	assert_ok(mm_keyset_activate(set, mm_key_kid(set->records[1].key), &test_policy, MM_GAP_ALLOWED, T0 + 10, &err),
		  &err);
}

static const char *kid_of(const struct mm_keyset *set, size_t i)
{
	return mm_key_kid(set->records[i].key);
}

/* ---- what a line says -------------------------------------------------------------------------------------------- */

static void a_first_commit_tells_of_each_key(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);
	auto_json lines = audit();

	assert_int_equal(json_array_size(lines), 3);
	assert_line(json_array_get(lines, 0), "published", kid_of(set, 0), 0, 1);
	assert_line(json_array_get(lines, 1), "activated", kid_of(set, 0), 0, 1);
	assert_line(json_array_get(lines, 2), "published", kid_of(set, 1), 0, 1);
	for (size_t i = 0; i < 3; i++) {
		assert_string_equal(text_of(json_array_get(lines, i), "alg"), "EdDSA");
		assert_string_equal(text_of(json_array_get(lines, i), "time"), "2026-11-22T00:31:40Z");
	}
}

static void a_line_says_who_and_why(void **state)
{
	const struct mm_actor actor = {.name = "key revoke", .why = "the laptop was stolen"};
	const struct passwd *user = getpwuid(getuid());
	mm_auto(mm_keyset) set = test_first_set();
	auto_json lines = NULL;
	const json_t *line;

	commit_as(state, set, &actor);
	lines = audit();
	line = json_array_get(lines, 0);
	assert_string_equal(text_of(line, "actor"), "key revoke");
	assert_string_equal(text_of(line, "why"), "the laptop was stolen");
	assert_int_equal(number_of(line, "uid"), getuid());
	assert_int_equal(number_of(line, "pid"), getpid());
	assert_string_equal(text_of(line, "user"), user ? user->pw_name : "(none)");
}

static void where_nothing_was_said_there_is_no_why(void **state)
{
	const struct mm_actor actor = {.name = "init"};
	mm_auto(mm_keyset) set = test_first_set();
	auto_json lines = NULL;

	commit_as(state, set, &actor);
	lines = audit();
	assert_null(json_object_get(json_array_get(lines, 0), "why"));
}

static void a_line_says_what_follows_from_the_event(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	auto_json lines = NULL;
	const json_t *retired;

	set->records[1].publish_wait = 600;
	set->records[0].retire_wait = TEST_RETIRE_WAIT;
	store_committed(store_of(state), set);
	swap(set);
	store_committed(store_of(state), set);
	lines = audit();
	assert_int_equal(json_array_size(lines), 5);
	assert_string_equal(text_of(json_array_get(lines, 2), "ready_at"), "2026-11-22T00:25:00Z");
	retired = json_array_get(lines, 3);
	assert_line(retired, "retired", kid_of(set, 0), 1, 2);
	assert_int_equal(number_of(retired, "retire_wait"), TEST_RETIRE_WAIT);
	assert_string_equal(text_of(retired, "removable_at"), "2026-11-23T00:17:10Z");
	assert_line(json_array_get(lines, 4), "activated", kid_of(set, 1), 1, 2);
	assert_int_equal(number_of(json_array_get(lines, 4), "retire_wait"), TEST_RETIRE_WAIT);
}

static void a_line_says_when_a_key_is_ready_once_that_is_known(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	auto_json lines = NULL;

	set->records[1].publish_wait = 600;
	set->records[1].delivered = MM_NEVER;
	store_committed(store_of(state), set);
	set->records[1].delivered = T0 + 100;
	store_committed(store_of(state), set);
	lines = audit();
	assert_int_equal(json_array_size(lines), 4);
	assert_line(json_array_get(lines, 2), "published", kid_of(set, 1), 0, 1);
	assert_null(json_object_get(json_array_get(lines, 2), "ready_at"));
	assert_line(json_array_get(lines, 3), "delivered", kid_of(set, 1), 1, 2);
	assert_string_equal(text_of(json_array_get(lines, 3), "ready_at"), "2026-11-22T00:26:40Z");
}

static void a_signer_that_is_revoked_is_not_said_to_be_removable_later(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);
	auto_json lines = NULL;
	struct mm_err err = {0};

	assert_ok(mm_keyset_revoke(set, mm_key_kid(set->records[0].key), &test_policy, T0 + 10, &err), &err);
	store_committed(store_of(state), set);
	lines = audit();
	assert_line(json_array_get(lines, 3), "retired", kid_of(set, 0), 1, 2);
	assert_null(json_object_get(json_array_get(lines, 3), "removable_at"));
	assert_line(json_array_get(lines, 4), "revoked", kid_of(set, 0), 1, 2);
}

static void a_commit_in_which_nothing_happens_to_a_key_adds_no_line(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);
	mm_auto_string before = audit_text();
	mm_auto_string after = NULL;

	store_committed(store_of(state), set);
	after = audit_text();
	assert_string_equal(after, before);
}

/* ---- what somebody may say --------------------------------------------------------------------------------------- */

static void assert_why_is_kept_as(void **state, const char *why, const char *kept)
{
	const struct mm_actor actor = {.name = "test", .why = why};
	mm_auto(mm_keyset) set = test_first_set();
	auto_json lines = NULL;

	commit_as(state, set, &actor);
	lines = audit();
	assert_string_equal(text_of(json_array_get(lines, 0), "why"), kept);
}

static void a_why_cannot_forge_a_line(void **state)
{
	assert_why_is_kept_as(state, "x\"}\n{\"event\":\"revoked", "x\"}\n{\"event\":\"revoked");
}

static void a_why_that_is_not_utf8_leaves_the_line_valid(void **state)
{
	assert_why_is_kept_as(state, "a\xff\xc3z", "a??z");
}

static void a_why_does_not_reach_a_terminal_raw(void **state)
{
	mm_auto_string text = NULL;

	assert_why_is_kept_as(state, "\x1b[2J\xe2\x80\xae", "\x1b[2J\xe2\x80\xae");
	text = audit_text();
	assert_null(strchr(text, '\x1b'));
	assert_null(strstr(text, "\xe2\x80\xae"));
	assert_contains(text, "\\u202e");
}

static void a_why_that_is_too_long_is_cut_between_two_characters(void **state)
{
	char why[1 + 300 * 2 + 1] = "a", kept[300] = "";

	/* The limit of 256 bytes falls into the middle of an e with an accent. */
	for (int i = 0; i < 300; i++)
		memcpy(why + 1 + 2 * (size_t)i, "\xc3\xa9", 3);
	memcpy(kept, why, 255);
	strcat(kept, "...");
	assert_why_is_kept_as(state, why, kept);
}

/* The last 32 bytes of the file's DER are the seed; their base64 is the end of its only line. */
static void a_private_key_is_nowhere_in_it(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);
	mm_auto_string text = audit_text();

	for (size_t i = 0; i < set->count; i++) {
		mm_auto_string pem = test_file_read(dir_fd(), key_file(&set->records[i]).text);
		char *line = strchr(pem, '\n') + 1, *end = strchr(line, '\n');

		*end = '\0';
		assert_true(end - line >= 40);
		assert_null(strstr(text, end - 40));
	}
}

/* ---- commits that are none --------------------------------------------------------------------------------------- */

static void a_conflict_leaves_no_line(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);
	mm_auto(mm_keyset) late = store_loaded(store_of(state), MM_LOAD_PRIVATE);
	mm_auto_string before = NULL;
	mm_auto_string after = NULL;

	swap(set);
	store_committed(store_of(state), set);
	before = audit_text();
	swap(late);
	assert_int_equal(mm_store_commit(store_of(state), late, 1, &test_actor, T0, NULL), MM_ECONFLICT);
	after = audit_text();
	assert_string_equal(after, before);
}

static void what_the_set_does_not_know_is_abandoned(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);
	mm_auto_string old_set = test_file_read(dir_fd(), "keyset.json");
	mm_auto(mm_keyset) old = store_loaded(store_of(state), MM_LOAD_PRIVATE);
	auto_json lines = NULL;

	/* Killed between the audit and the set: the set is the one before. */
	swap(set);
	store_committed(store_of(state), set);
	test_file_write(dir_fd(), "keyset.json", old_set, 0644);
	swap(old);
	store_committed(store_of(state), old);
	lines = audit();
	assert_int_equal(json_array_size(lines), 8);
	assert_line(json_array_get(lines, 4), "activated", kid_of(set, 1), 1, 2);
	assert_line(json_array_get(lines, 5), "abandoned", NULL, 1, 2);
	assert_contains(text_of(json_array_get(lines, 5), "why"), "not stored");
	assert_line(json_array_get(lines, 6), "retired", kid_of(set, 0), 1, 2);
}

static void what_is_abandoned_is_said_once(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);
	auto_json lines = NULL;

	append_to_audit("{\"event\":\"activated\",\"revision_before\":1,\"revision_after\":2}\n");
	append_to_audit("{\"event\":\"abandoned\",\"revision_before\":1,\"revision_after\":2}\n");
	swap(set);
	store_committed(store_of(state), set);
	lines = audit();
	assert_int_equal(json_array_size(lines), 7);
	assert_line(json_array_get(lines, 5), "retired", kid_of(set, 0), 1, 2);
}

static void a_commit_that_fails_after_the_audit_is_abandoned_at_once(void **state)
{
	const struct mm_author author = mm_author_of(&test_actor);
	mm_auto(mm_keyset) set = with_first_set(state);
	mm_auto(mm_keyset) next = store_loaded(store_of(state), MM_LOAD_PRIVATE);
	auto_json lines = NULL;

	swap(next);
	next->revision = 2;
	assert_ok(mm_audit_events(dir_fd(), set, next, &author, NULL), NULL);
	mm_audit_abandon(dir_fd(), set, next, &author, "the disk is full");
	lines = audit();
	assert_int_equal(json_array_size(lines), 6);
	assert_line(json_array_get(lines, 5), "abandoned", NULL, 1, 2);
	assert_string_equal(text_of(json_array_get(lines, 5), "why"), "the disk is full");
}

static void where_nothing_was_announced_nothing_is_abandoned(void **state)
{
	const struct mm_author author = mm_author_of(&test_actor);
	mm_auto(mm_keyset) set = with_first_set(state);
	mm_auto_string before = audit_text();
	mm_auto_string after = NULL;

	mm_audit_abandon(dir_fd(), set, set, &author, "it failed before the audit");
	after = audit_text();
	assert_string_equal(after, before);
}

/* ---- what a crash left ------------------------------------------------------------------------------------------- */

static void a_line_that_was_cut_short_is_taken_back(void **state)
{
	static const char *const torn[] = {"{", "{\"time\":\"2026-11-22T00:15:00Z\",\"event\":\"ac", "{\"a\":1}"};
	mm_auto(mm_keyset) set = with_first_set(state);
	mm_auto_string before = audit_text();

	for (size_t i = 0; i < MM_COUNT(torn); i++) {
		mm_auto_string after = NULL;

		append_to_audit(torn[i]);
		store_committed(store_of(state), set);
		after = audit_text();
		assert_string_equal(after, before);
	}
}

static void the_lines_before_one_that_was_cut_short_are_abandoned(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);
	auto_json lines = NULL;

	append_to_audit("{\"event\":\"retired\",\"revision_before\":1,\"revision_after\":2}\n{\"time\":\"20");
	store_committed(store_of(state), set);
	lines = audit();
	assert_int_equal(json_array_size(lines), 5);
	assert_line(json_array_get(lines, 4), "abandoned", NULL, 1, 2);
}

static void a_first_line_that_was_cut_short_is_taken_back(void **state)
{
	auto_json lines = NULL;

	test_file_write(dir_fd(), MM_STORE_AUDIT, "{\"time\":", 0600);
	mm_keyset_free(with_first_set(state));
	lines = audit();
	assert_int_equal(json_array_size(lines), 3);
}

static void a_long_audit_is_read_from_its_end(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);
	auto_json lines = NULL;

	for (int i = 0; i < 1000; i++)
		append_to_audit("{\"event\":\"published\",\"revision_before\":0,\"revision_after\":1}\n");
	append_to_audit("{\"event\":\"retired\",\"revision_before\":1,\"revision_after\":2}\n{\"time\":\"20");
	store_committed(store_of(state), set);
	lines = audit();
	assert_int_equal(json_array_size(lines), 3 + 1000 + 2);
	assert_line(json_array_get(lines, 1004), "abandoned", NULL, 1, 2);
}

static void lines_of_somebody_else_are_left_alone(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);
	mm_auto_string text = NULL;

	append_to_audit("rotated by hand\n");
	swap(set);
	store_committed(store_of(state), set);
	text = audit_text();
	assert_contains(text, "}\nrotated by hand\n{\"time\"");
}

/* ---- rotation of the file ---------------------------------------------------------------------------------------- */

static void an_audit_that_was_moved_away_is_begun_anew(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);
	mm_auto_string old = NULL;
	auto_json lines = NULL;

	assert_int_equal(renameat(dir_fd(), MM_STORE_AUDIT, dir_fd(), "audit.log.1"), 0);
	swap(set);
	store_committed(store_of(state), set);
	lines = audit();
	assert_int_equal(json_array_size(lines), 2);
	old = test_file_read(dir_fd(), "audit.log.1");
	assert_contains(old, "published");
	assert_int_equal(test_file_mode(dir_fd(), MM_STORE_AUDIT), 0600);
}

static void an_audit_that_was_emptied_goes_on(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);
	auto_json lines = NULL;

	test_file_write(dir_fd(), MM_STORE_AUDIT, "", 0640);
	swap(set);
	store_committed(store_of(state), set);
	lines = audit();
	assert_int_equal(json_array_size(lines), 2);
	assert_int_equal(test_file_mode(dir_fd(), MM_STORE_AUDIT), 0640);
}

/* ---- what is refused --------------------------------------------------------------------------------------------- */

static void assert_refused(void **state, struct mm_keyset *set, enum mm_code code, const char *why)
{
	mm_auto(mm_keyset) stored = NULL;

	swap(set);
	assert_commit_fails(state, set, code, why);
	stored = store_loaded(store_of(state), MM_LOAD_PRIVATE);
	assert_int_equal(stored->revision, 1);
}

static void an_audit_behind_a_link_is_refused(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);

	make_link_of(MM_STORE_AUDIT);
	assert_refused(state, set, MM_EUNSAFE, "audit.log: is a symbolic link");
}

static void an_audit_that_others_may_write_to_is_refused(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);

	chmod_in_dir(MM_STORE_AUDIT, 0620);
	assert_refused(state, set, MM_EUNSAFE, "chmod go-w");
}

static void an_audit_of_another_user_is_refused(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);

	give_away(MM_STORE_AUDIT);
	assert_refused(state, set, MM_EUNSAFE, "audit.log: another user owns it");
}

static void an_audit_that_is_a_pipe_is_refused_at_once(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);

	assert_int_equal(unlinkat(dir_fd(), MM_STORE_AUDIT, 0), 0);
	assert_int_equal(mkfifoat(dir_fd(), MM_STORE_AUDIT, 0600), 0);
	assert_refused(state, set, MM_EUNSAFE, "audit.log: is not a regular file");
}

static void a_file_that_is_no_audit_is_not_cut(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);
	mm_auto_buf foreign = {0};
	mm_auto_string after = NULL;

	for (int i = 0; i < 5000; i++)
		mm_buf_add_str(&foreign, "blob");
	test_file_write(dir_fd(), MM_STORE_AUDIT, foreign.p, 0600);
	assert_refused(state, set, MM_EPARSE, "audit.log: its last 16384 bytes hold no end of a line: move it away");
	after = audit_text();
	assert_string_equal(after, foreign.p);
}

/* The new private key, which was stored before the audit was found wanting. */
static void a_refusal_leaves_no_private_key(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);
	mm_auto(mm_key) key = test_key("EdDSA");
	int keys_before, keys = openat(dir_fd(), "keys", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	keys_before = test_dir_count(keys);
	assert_ok(mm_keyset_publish(set, key, &test_policy, 0, T0 + 10, NULL), NULL);
	chmod_in_dir(MM_STORE_AUDIT, 0622);
	assert_commit_fails(state, set, MM_EUNSAFE, "chmod go-w");
	assert_int_equal(test_dir_count(keys), keys_before);
	close(keys);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, dir_store_open, dir_store_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_first_commit_tells_of_each_key),
		TEST(a_line_says_who_and_why),
		TEST(where_nothing_was_said_there_is_no_why),
		TEST(a_line_says_what_follows_from_the_event),
		TEST(a_line_says_when_a_key_is_ready_once_that_is_known),
		TEST(a_signer_that_is_revoked_is_not_said_to_be_removable_later),
		TEST(a_commit_in_which_nothing_happens_to_a_key_adds_no_line),
		TEST(a_why_cannot_forge_a_line),
		TEST(a_why_that_is_not_utf8_leaves_the_line_valid),
		TEST(a_why_does_not_reach_a_terminal_raw),
		TEST(a_why_that_is_too_long_is_cut_between_two_characters),
		TEST(a_private_key_is_nowhere_in_it),
		TEST(a_conflict_leaves_no_line),
		TEST(what_the_set_does_not_know_is_abandoned),
		TEST(what_is_abandoned_is_said_once),
		TEST(a_commit_that_fails_after_the_audit_is_abandoned_at_once),
		TEST(where_nothing_was_announced_nothing_is_abandoned),
		TEST(a_line_that_was_cut_short_is_taken_back),
		TEST(the_lines_before_one_that_was_cut_short_are_abandoned),
		TEST(a_first_line_that_was_cut_short_is_taken_back),
		TEST(a_long_audit_is_read_from_its_end),
		TEST(lines_of_somebody_else_are_left_alone),
		TEST(an_audit_that_was_moved_away_is_begun_anew),
		TEST(an_audit_that_was_emptied_goes_on),
		TEST(an_audit_behind_a_link_is_refused),
		TEST(an_audit_that_others_may_write_to_is_refused),
		TEST(an_audit_of_another_user_is_refused),
		TEST(an_audit_that_is_a_pipe_is_refused_at_once),
		TEST(a_file_that_is_no_audit_is_not_cut),
		TEST(a_refusal_leaves_no_private_key),
	};

	return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
