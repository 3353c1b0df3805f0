/* SPDX-License-Identifier: Apache-2.0 */
/* How the delivery of a key is written; the other members are in test_keyset_codec.c. */
#include "tests/unit/keysets.h"

#include "keys/keyset_members.h"

#include <mintmark/json.h>
#include <string.h>

#define PUBLISHED "\"created\":\"2026-11-22T00:15:00Z\",\"published\":\"2026-11-22T00:15:00Z\",\"publish_wait\":3720"

static void assert_written(const struct mm_key_record *record, const char *expected)
{
	json_t *object = json_object();
	mm_auto_buf text = {0};
	struct mm_err err = {0};

	assert_true(mm_members_add(object, record));
	assert_ok(mm_json_dump(object, false, &text, &err), &err);
	assert_string_equal(text.p, expected);
	json_decref(object);
}

static enum mm_code decode(const char *text, struct mm_key_record *record, struct mm_err *err)
{
	json_t *object = json_loads(text, 0, NULL);
	enum mm_code code;

	assert_non_null(object);
	code = mm_members_decode(object, record, err);
	json_decref(object);
	return code;
}

/* Both ways. */
static void assert_form(const struct mm_key_record *record, const char *text)
{
	struct mm_key_record read = {0};
	struct mm_err err = {0};

	assert_written(record, text);
	assert_ok(decode(text, &read, &err), &err);
	assert_memory_equal(&read, record, sizeof read);
}

/* Every key set of the time before destinations is one of this form. */
static void what_is_delivered_by_being_published_says_nothing_of_it(void **state)
{
	const struct mm_key_record record = {.created = T0, .published = T0, .delivered = T0, .publish_wait = 3720};
	(void)state;

	assert_form(&record, "{" PUBLISHED "}");
}

static void what_awaits_its_delivery_says_so(void **state)
{
	const struct mm_key_record record = {.created = T0, .published = T0, .publish_wait = 3720};
	(void)state;

	assert_form(&record, "{" PUBLISHED ",\"awaits_delivery\":true}");
}

static void a_delivery_that_came_later_is_a_time(void **state)
{
	const struct mm_key_record record = {
		.created = T0, .published = T0, .delivered = T0 + 9, .publish_wait = 3720, .revoked = T0 + 10};
	(void)state;

	assert_form(&record,
		    "{" PUBLISHED ",\"delivered\":\"2026-11-22T00:15:09Z\",\"revoked\":\"2026-11-22T00:15:10Z\"}");
}

/* It must not come to have been delivered by being read again. */
static void a_tombstone_of_a_key_that_was_never_delivered_remembers_it(void **state)
{
	const struct mm_key_record record = {.created = T0, .published = T0, .publish_wait = 3720, .revoked = T0 + 10};
	(void)state;

	assert_form(&record, "{" PUBLISHED ",\"awaits_delivery\":true,\"revoked\":\"2026-11-22T00:15:10Z\"}");
}

static void what_was_never_published_awaits_nothing(void **state)
{
	const struct mm_key_record record = {.created = T0};
	(void)state;

	assert_form(&record, "{\"created\":\"2026-11-22T00:15:00Z\"}");
}

static void awaits_delivery_is_true_where_it_can_be_and_nowhere_else(void **state)
{
	static const char *const texts[] = {
		"{" PUBLISHED ",\"awaits_delivery\":false}",
		"{" PUBLISHED ",\"awaits_delivery\":1}",
		"{" PUBLISHED ",\"awaits_delivery\":null}",
		"{" PUBLISHED ",\"awaits_delivery\":true,\"delivered\":\"2026-11-22T00:15:09Z\"}",
		"{\"created\":\"2026-11-22T00:15:00Z\",\"awaits_delivery\":true}",
	};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(texts); i++) {
		struct mm_key_record record = {0};
		struct mm_err err = {0};

		assert_fails_saying(decode(texts[i], &record, &err), MM_EPARSE, &err,
				    "awaits_delivery: accepted: true");
	}
}

static void delivered_is_written_like_any_time(void **state)
{
	struct mm_key_record record = {0};
	struct mm_err err = {0};
	(void)state;

	assert_fails_saying(decode("{" PUBLISHED ",\"delivered\":\"2026-11-22T01:15:09+01:00\"}", &record, &err),
			    MM_EPARSE, &err, "delivered: found");
	assert_fails_saying(decode("{" PUBLISHED ",\"delivered\":true}", &record, &err), MM_EPARSE, &err, "delivered");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_delivered_by_being_published_says_nothing_of_it),
		cmocka_unit_test(what_awaits_its_delivery_says_so),
		cmocka_unit_test(a_delivery_that_came_later_is_a_time),
		cmocka_unit_test(a_tombstone_of_a_key_that_was_never_delivered_remembers_it),
		cmocka_unit_test(what_was_never_published_awaits_nothing),
		cmocka_unit_test(awaits_delivery_is_true_where_it_can_be_and_nowhere_else),
		cmocka_unit_test(delivered_is_written_like_any_time),
	};

	return cmocka_run_group_tests_name("keyset_members", tests, NULL, NULL);
}
