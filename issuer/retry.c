/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/retry.h"

#include <string.h>

#define SECOND_NS INT64_C(1000000000)

enum { DELAY_FIRST = 1, DELAY_LAST = 60 }; /* seconds */

bool mm_retry_due(const struct mm_retry *retry, int64_t steady_ns)
{
	return steady_ns >= retry->at_ns;
}

void mm_retry_put_off(struct mm_retry *retry, int64_t steady_ns)
{
	retry->at_ns = steady_ns + (retry->delay ? retry->delay : DELAY_FIRST) * SECOND_NS;
}

bool mm_retry_fail(struct mm_retry *retry, const struct mm_err *err, int64_t steady_ns)
{
	bool is_news = strcmp(retry->complaint, err->text) != 0;

	retry->delay = retry->delay ? 2 * retry->delay : DELAY_FIRST;
	if (retry->delay > DELAY_LAST)
		retry->delay = DELAY_LAST;
	mm_retry_put_off(retry, steady_ns);
	memcpy(retry->complaint, err->text, sizeof retry->complaint);
	return is_news;
}

bool mm_retry_succeed(struct mm_retry *retry)
{
	bool had_failed = retry->delay > 0;

	retry->delay = 0;
	retry->complaint[0] = '\0';
	return had_failed;
}

void mm_retry_at_once(struct mm_retry *retry)
{
	retry->at_ns = 0;
	retry->complaint[0] = '\0';
}
