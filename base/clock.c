/* SPDX-License-Identifier: Apache-2.0 */
/* The one file that reads the system clock. */
#include <mintmark/clock.h>

#include <time.h>

mm_time mm_clock_now(void)
{
	struct timespec now;

	/* Neither clock can fail: both exist on every Linux, and the pointer is good. */
	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec;
}

int64_t mm_clock_monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
