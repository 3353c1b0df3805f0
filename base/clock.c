/* SPDX-License-Identifier: Apache-2.0 */
/* The one file that reads the system clock. */
#include <mintmark/clock.h>

#include <time.h>

mm_time mm_clock_now(void)
{
	struct timespec now;

	/* None of the clocks can fail: they exist on every Linux, and the pointer is good. */
	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec;
}

static int64_t nanoseconds_of(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t mm_clock_monotonic_ns(void)
{
	return nanoseconds_of(CLOCK_MONOTONIC);
}

int64_t mm_clock_steady_ns(void)
{
	return nanoseconds_of(CLOCK_BOOTTIME);
}
