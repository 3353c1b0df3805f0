/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/clockguard.h>

#define SECOND_NS INT64_C(1000000000)

void mm_clock_guard_start(struct mm_clock_guard *guard, mm_time wall, int64_t steady_ns)
{
	*guard = (struct mm_clock_guard){.wall = wall, .steady_ns = steady_ns, .hold_until_ns = steady_ns};
}

static int64_t saturating_end(int64_t steady_ns, mm_duration wait)
{
	return wait > (INT64_MAX - steady_ns) / SECOND_NS ? INT64_MAX : steady_ns + wait * SECOND_NS;
}

/*
 * Linux slews both clocks together (adjtimex(2)): only a step makes them differ. So the point at which they agreed
 * stays where it was as long as the gain is tolerable, and small steps add up; but it follows every loss, or else the
 * step that puts a clock right which was set back would look like none.
 */
mm_duration mm_clock_guard_look(struct mm_clock_guard *guard, mm_time wall, int64_t steady_ns, mm_duration tolerance,
				mm_duration longest_wait)
{
	mm_duration gain = wall - guard->wall - (steady_ns - guard->steady_ns) / SECOND_NS;
	int64_t end;

	if (gain >= 0 && gain <= tolerance)
		return 0;
	guard->wall = wall;
	guard->steady_ns = steady_ns;
	if (gain < 0)
		return 0;
	end = saturating_end(steady_ns, longest_wait);
	if (end > guard->hold_until_ns)
		guard->hold_until_ns = end;
	return gain;
}

bool mm_clock_guard_holds(const struct mm_clock_guard *guard, int64_t steady_ns)
{
	return steady_ns < guard->hold_until_ns;
}
