/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/managing.h"

#include <string.h>

static enum mm_code make(void *arg, const struct mm_alg *alg, unsigned rsa_bits, struct mm_key **out,
			 struct mm_err *err)
{
	struct managing *m = arg;

	m->made++;
	m->now += m->making_takes;
	return mm_generate_probed.make(NULL, alg, rsa_bits, out, err);
}

static mm_time clock_of(void *arg)
{
	return ((struct managing *)arg)->now;
}

void managing_start(struct managing *m, const char *first, const char *second)
{
	*m = (struct managing){.policy = test_policy_for(first, second), .now = T0};
	assert_ok(mm_store_open_memory(&m->store, &m->err), &m->err);
	m->maker = (struct mm_key_maker){make, m};
	m->manage = (struct mm_manage){
		.store = m->store,
		.policy = &m->policy,
		.actor = {.name = "test"},
		.maker = &m->maker,
		.clock = clock_of,
		.clock_arg = m,
	};
}

void managing_end(struct managing *m)
{
	mm_change_clear(&m->change);
	mm_store_free(m->store);
}

struct mm_change *managing_change(struct managing *m)
{
	mm_change_clear(&m->change);
	mm_err_clear(&m->err);
	return &m->change;
}

enum mm_key_state managing_state(const struct managing *m, size_t record)
{
	assert_non_null(m->change.after);
	assert_true(record < m->change.after->count);
	return mm_key_state(&m->change.after->records[record], m->now);
}

const char *managing_kid(struct managing *m, size_t record)
{
	assert_non_null(m->change.after);
	assert_true(record < m->change.after->count && record < MANAGING_KIDS);
	return memcpy(m->kids[record], mm_key_kid(m->change.after->records[record].key), MM_KID_SIZE);
}
