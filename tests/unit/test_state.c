/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/keysets.h"

/* Each row takes one step more than the row above it. */
static void each_step_leads_to_its_state(void **state)
{
	struct mm_key_record record = {.created = T0};
	(void)state;

	assert_int_equal(mm_key_state(&record, T0 + 1000), MM_STATE_GENERATED);
	record.published = T0 + 5;
	record.publish_wait = 100;
	assert_int_equal(mm_key_state(&record, T0 + 1000), MM_STATE_PUBLISHED);
	record.delivered = T0 + 10;
	assert_int_equal(mm_key_state(&record, T0 + 109), MM_STATE_PUBLISHED);
	assert_int_equal(mm_key_state(&record, T0 + 1000), MM_STATE_READY);
	record.activated = T0 + 200;
	assert_int_equal(mm_key_state(&record, T0 + 1000), MM_STATE_ACTIVE);
	record.retired = T0 + 300;
	assert_int_equal(mm_key_state(&record, T0 + 1000), MM_STATE_RETIRED);
	record.removed = T0 + 400;
	assert_int_equal(mm_key_state(&record, T0 + 1000), MM_STATE_REMOVED);
	record.revoked = T0 + 500;
	assert_int_equal(mm_key_state(&record, T0 + 1000), MM_STATE_REVOKED);
}

static void ready_begins_with_the_second_in_which_the_wait_is_over(void **state)
{
	const struct mm_key_record record = {.created = T0, .published = T0, .delivered = T0, .publish_wait = 3720};
	(void)state;

	assert_int_equal(mm_key_state(&record, T0 + 3719), MM_STATE_PUBLISHED);
	assert_int_equal(mm_key_state(&record, T0 + 3720), MM_STATE_READY);
}

static void the_wait_begins_when_the_key_is_delivered(void **state)
{
	const struct mm_key_record record = {
		.created = T0, .published = T0, .delivered = T0 + 50000, .publish_wait = 3720};
	(void)state;

	assert_int_equal(mm_key_state(&record, T0 + 53719), MM_STATE_PUBLISHED);
	assert_int_equal(mm_key_state(&record, T0 + 53720), MM_STATE_READY);
}

static void until_it_is_delivered_a_key_is_never_ready(void **state)
{
	const struct mm_key_record record = {.created = T0, .published = T0};
	(void)state;

	assert_int_equal(mm_key_state(&record, T0), MM_STATE_PUBLISHED);
	assert_int_equal(mm_key_state(&record, MM_TIME_MAX), MM_STATE_PUBLISHED);
}

static void without_a_wait_a_published_key_is_ready_at_once(void **state)
{
	const struct mm_key_record record = {.created = T0, .published = T0, .delivered = T0};
	(void)state;

	assert_int_equal(mm_key_state(&record, T0), MM_STATE_READY);
}

static void a_clock_set_back_takes_no_step_back(void **state)
{
	const mm_time long_ago = T0 - 10 * 365 * 86400;
	struct mm_key_record record = {.created = T0, .published = T0, .delivered = T0, .activated = T0};
	(void)state;

	assert_int_equal(mm_key_state(&record, long_ago), MM_STATE_ACTIVE);
	record.retired = T0;
	assert_int_equal(mm_key_state(&record, long_ago), MM_STATE_RETIRED);
	record.revoked = T0;
	assert_int_equal(mm_key_state(&record, long_ago), MM_STATE_REVOKED);
}

static void a_clock_set_back_makes_nothing_ready_early(void **state)
{
	const struct mm_key_record record = {.created = T0, .published = T0, .delivered = T0, .publish_wait = 60};
	(void)state;

	assert_int_equal(mm_key_state(&record, T0 - 3600), MM_STATE_PUBLISHED);
}

static void a_key_can_be_revoked_from_every_state(void **state)
{
	const struct mm_key_record generated = {.created = T0, .revoked = T0};
	const struct mm_key_record standby = {.created = T0, .published = T0, .delivered = T0, .revoked = T0};
	const struct mm_key_record active = {
		.created = T0, .published = T0, .delivered = T0, .activated = T0, .revoked = T0};
	(void)state;

	assert_int_equal(mm_key_state(&generated, T0), MM_STATE_REVOKED);
	assert_int_equal(mm_key_state(&standby, T0), MM_STATE_REVOKED);
	assert_int_equal(mm_key_state(&active, T0), MM_STATE_REVOKED);
}

/* The table of rotation.md, as text: in JWKS, signs, accepted, has material. */
static void the_table_says_what_the_design_says(void **state)
{
	static const struct {
		enum mm_key_state state;
		const char *name, *row;
	} design[] = {
		{MM_STATE_GENERATED, "generated", "---m"}, {MM_STATE_PUBLISHED, "published", "j-am"},
		{MM_STATE_READY, "ready", "j-am"},         {MM_STATE_ACTIVE, "active", "jsam"},
		{MM_STATE_RETIRED, "retired", "j-am"},     {MM_STATE_REMOVED, "removed", "----"},
		{MM_STATE_REVOKED, "revoked", "----"},
	};
	(void)state;

	assert_int_equal(MM_COUNT(design), MM_STATE_COUNT);
	for (size_t i = 0; i < MM_COUNT(design); i++) {
		const struct mm_key_state_row *row = &mm_key_states[design[i].state];
		const char found[] = {row->in_jwks ? 'j' : '-', row->signs ? 's' : '-', row->accepted ? 'a' : '-',
				      row->has_material ? 'm' : '-', '\0'};

		assert_string_equal(row->name, design[i].name);
		assert_string_equal(found, design[i].row);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_step_leads_to_its_state),
		cmocka_unit_test(ready_begins_with_the_second_in_which_the_wait_is_over),
		cmocka_unit_test(the_wait_begins_when_the_key_is_delivered),
		cmocka_unit_test(until_it_is_delivered_a_key_is_never_ready),
		cmocka_unit_test(without_a_wait_a_published_key_is_ready_at_once),
		cmocka_unit_test(a_clock_set_back_takes_no_step_back),
		cmocka_unit_test(a_clock_set_back_makes_nothing_ready_early),
		cmocka_unit_test(a_key_can_be_revoked_from_every_state),
		cmocka_unit_test(the_table_says_what_the_design_says),
	};

	return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
