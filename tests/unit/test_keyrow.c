/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include "cli/keyrow.h"

#define CREATED ((mm_time)1000000)

/* A record with a key of its own, published at once, with an hour to wait. */
static struct mm_key_record make_record(void)
{
	struct mm_key_record record = {
		.created = CREATED, .published = CREATED, .publish_wait = 3600, .retire_wait = 7200};
	struct mm_err err = {0};

	assert_ok(mm_key_generate(mm_alg_find(mm_span_str("EdDSA")), 0, &record.key, &err), &err);
	return record;
}

static void check(const struct mm_key_record *record, mm_time now, const char *state, mm_time since, const char *next,
		  mm_time next_at)
{
	struct mm_key_row row = mm_key_row(record, now);

	assert_string_equal(row.state, state);
	assert_int_equal(row.since, since);
	assert_string_equal(row.next, next);
	assert_int_equal(row.next_at, next_at);
}

static void each_state_says_since_when_and_what_comes_next(void **state)
{
	struct mm_key_record record = make_record();
	(void)state;

	check(&record, CREATED + 1, "published", CREATED, "ready", CREATED + 3600);
	check(&record, CREATED + 3600, "ready", CREATED + 3600, "stands by", MM_NEVER);
	record.activated = CREATED + 5000;
	check(&record, CREATED + 5000, "active", CREATED + 5000, "signs", MM_NEVER);
	record.retired = CREATED + 9000;
	check(&record, CREATED + 9001, "retired", CREATED + 9000, "removable", CREATED + 16200);
	record.removed = CREATED + 20000;
	check(&record, CREATED + 20001, "removed", CREATED + 20000, "-", MM_NEVER);
	record.revoked = CREATED + 21000;
	check(&record, CREATED + 21001, "revoked", CREATED + 21000, "-", MM_NEVER);
	mm_key_free(record.key);
}

static void an_unpublished_key_is_generated(void **state)
{
	struct mm_key_record record = make_record();
	(void)state;

	record.published = MM_NEVER;
	check(&record, CREATED + 1, "generated", CREATED, "not published", MM_NEVER);
	mm_key_free(record.key);
}

static void json_has_the_thumbprint_beside_the_kid(void **state)
{
	struct mm_key_record record = make_record();
	json_t *row = mm_key_row_json(&record, CREATED);
	char thumbprint[MM_KID_SIZE];
	struct mm_err err = {0};
	(void)state;

	assert_ok(mm_key_thumbprint(record.key, thumbprint, &err), &err);
	assert_string_equal(json_string_value(json_object_get(row, "thumbprint")), thumbprint);
	assert_string_not_equal(thumbprint, mm_key_kid(record.key));
	json_decref(row);
	mm_key_free(record.key);
}

static void json_has_every_stored_time(void **state)
{
	struct mm_key_record record = make_record();
	json_t *row = mm_key_row_json(&record, CREATED + 1);
	(void)state;

	assert_string_equal(json_string_value(json_object_get(row, "kid")), mm_key_kid(record.key));
	assert_string_equal(json_string_value(json_object_get(row, "algorithm")), "EdDSA");
	assert_string_equal(json_string_value(json_object_get(row, "published")), "1970-01-12T13:46:40Z");
	assert_string_equal(json_string_value(json_object_get(row, "next_at")), "1970-01-12T14:46:40Z");
	assert_true(json_is_null(json_object_get(row, "activated")));
	json_decref(row);
	mm_key_free(record.key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_state_says_since_when_and_what_comes_next),
		cmocka_unit_test(an_unpublished_key_is_generated),
		cmocka_unit_test(json_has_the_thumbprint_beside_the_kid),
		cmocka_unit_test(json_has_every_stored_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
