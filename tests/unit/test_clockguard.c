/* SPDX-License-Identifier: Apache-2.0 */
/* Two clocks that are compared once a second; one of them is set now and then. */
#include "tests/unit/support.h"

#include <mintmark/clockguard.h>

#define WALL      ((mm_time)1795306500)
#define STEADY_NS INT64_C(77123456789)
#define SECOND_NS INT64_C(1000000000)
#define TOLERANCE 2
#define WAIT      3600

struct clocks {
	struct mm_clock_guard guard;
	mm_time wall;
	int64_t steady_ns;
};

static struct clocks started(void)
{
	struct clocks clocks = {.wall = WALL, .steady_ns = STEADY_NS};

	mm_clock_guard_start(&clocks.guard, clocks.wall, clocks.steady_ns);
	return clocks;
}

static void pass(struct clocks *clocks, mm_duration seconds)
{
	clocks->wall += seconds;
	clocks->steady_ns += seconds * SECOND_NS;
}

static mm_duration look(struct clocks *clocks)
{
	return mm_clock_guard_look(&clocks->guard, clocks->wall, clocks->steady_ns, TOLERANCE, WAIT);
}

static bool holds(const struct clocks *clocks)
{
	return mm_clock_guard_holds(&clocks->guard, clocks->steady_ns);
}

static void clocks_that_run_alike_hold_nothing(void **state)
{
	struct clocks clocks = started();

	(void)state;
	assert_false(holds(&clocks));
	for (int i = 0; i < 1000; i++) {
		pass(&clocks, i);
		assert_int_equal(look(&clocks), 0);
		assert_false(holds(&clocks));
	}
}

static void the_fraction_that_the_wall_clock_does_not_show_is_no_gain(void **state)
{
	struct mm_clock_guard guard;

	(void)state;
	mm_clock_guard_start(&guard, WALL, 0); /* it was WALL + 0.999 s */
	for (int64_t ms = 1; ms < 5000; ms++) {
		mm_time wall = WALL + (999 + ms) / 1000;

		assert_int_equal(mm_clock_guard_look(&guard, wall, ms * 1000000, 1, WAIT), 0);
	}
	assert_int_equal(guard.wall, WALL); /* nor a loss */
}

static void a_step_forward_is_told_once_and_held_for_the_longest_wait(void **state)
{
	struct clocks clocks = started();

	(void)state;
	pass(&clocks, 10);
	clocks.wall += 86400;
	assert_int_equal(look(&clocks), 86400);
	assert_true(holds(&clocks));
	pass(&clocks, WAIT - 1);
	assert_int_equal(look(&clocks), 0);
	assert_true(holds(&clocks));
	pass(&clocks, 1);
	assert_false(holds(&clocks));
}

static void what_is_tolerable_is_tolerated(void **state)
{
	struct clocks clocks = started();

	(void)state;
	clocks.wall += TOLERANCE;
	assert_int_equal(look(&clocks), 0);
	assert_false(holds(&clocks));
}

static void small_steps_add_up(void **state)
{
	struct clocks clocks = started();

	(void)state;
	for (int i = 0; i < TOLERANCE; i++) {
		pass(&clocks, 100);
		clocks.wall++;
		assert_int_equal(look(&clocks), 0);
	}
	pass(&clocks, 100);
	clocks.wall++;
	assert_int_equal(look(&clocks), TOLERANCE + 1);
	assert_true(holds(&clocks));
}

static void a_step_back_holds_nothing(void **state)
{
	struct clocks clocks = started();

	(void)state;
	clocks.wall -= 86400;
	assert_int_equal(look(&clocks), 0);
	assert_false(holds(&clocks));
}

/* What was published while the clock was behind seems to have waited for as long as the clock was behind. */
static void putting_right_a_clock_that_was_set_back_is_a_step_forward(void **state)
{
	struct clocks clocks = started();

	(void)state;
	clocks.wall -= 86400;
	assert_int_equal(look(&clocks), 0);
	pass(&clocks, 5);
	clocks.wall += 86400;
	assert_int_equal(look(&clocks), 86400);
	assert_true(holds(&clocks));
}

static void another_step_holds_longer_and_never_shorter(void **state)
{
	struct clocks clocks = started();

	(void)state;
	clocks.wall += 10;
	assert_int_equal(look(&clocks), 10);
	pass(&clocks, WAIT / 2);
	clocks.wall += 10;
	assert_int_equal(look(&clocks), 10);
	pass(&clocks, WAIT - 1);
	assert_true(holds(&clocks));
	clocks.wall += 10;
	assert_int_equal(mm_clock_guard_look(&clocks.guard, clocks.wall, clocks.steady_ns, TOLERANCE, 0), 10);
	assert_true(holds(&clocks));
	pass(&clocks, 1);
	assert_false(holds(&clocks));
}

static void a_host_that_slept_has_gained_nothing(void **state)
{
	struct clocks clocks = started();

	(void)state;
	pass(&clocks, 30 * 86400); /* the steady clock runs on */
	assert_int_equal(look(&clocks), 0);
	assert_false(holds(&clocks));
}

static void a_leap_to_the_end_of_time_is_held_for_no_longer_than_can_be_counted(void **state)
{
	struct clocks clocks = started();

	(void)state;
	clocks.wall = INT64_MAX / 2;
	assert_int_equal(mm_clock_guard_look(&clocks.guard, clocks.wall, clocks.steady_ns, TOLERANCE, INT64_MAX),
			 INT64_MAX / 2 - WALL);
	clocks.steady_ns = INT64_MAX - 1;
	assert_true(holds(&clocks));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clocks_that_run_alike_hold_nothing),
		cmocka_unit_test(the_fraction_that_the_wall_clock_does_not_show_is_no_gain),
		cmocka_unit_test(a_step_forward_is_told_once_and_held_for_the_longest_wait),
		cmocka_unit_test(what_is_tolerable_is_tolerated),
		cmocka_unit_test(small_steps_add_up),
		cmocka_unit_test(a_step_back_holds_nothing),
		cmocka_unit_test(putting_right_a_clock_that_was_set_back_is_a_step_forward),
		cmocka_unit_test(another_step_holds_longer_and_never_shorter),
		cmocka_unit_test(a_host_that_slept_has_gained_nothing),
		cmocka_unit_test(a_leap_to_the_end_of_time_is_held_for_no_longer_than_can_be_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
