/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/kube/arena.h"
#include "tests/unit/support.h"

#include <string.h>

enum { LEN = 1000 };

static void *take(struct mm_arena *arena, size_t size)
{
	return arena->allocator.alloc(arena->allocator.allocator_data, size);
}

static void what_is_taken_is_aligned_and_apart(void **state)
{
	static const size_t sizes[] = {1, 0, 17, 16, 100};
	mm_auto_arena arena = {0};
	char *end;

	(void)state;
	assert_true(mm_arena_init(&arena, LEN));
	end = arena.block;
	for (size_t i = 0; i < MM_COUNT(sizes); i++) {
		char *p = take(&arena, sizes[i]);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % 16, 0);
		assert_true(p >= end);
		end = p + sizes[i];
		memset(p, 0xff, sizes[i]);
	}
	assert_false(arena.exhausted);
	assert_true(end <= arena.block + arena.used);
}

static void what_does_not_fit_is_refused(void **state)
{
	static const size_t sizes[] = {SIZE_MAX, SIZE_MAX - 15, SIZE_MAX / 2, 1 << 20};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(sizes); i++) {
		mm_auto_arena arena = {0};

		assert_true(mm_arena_init(&arena, LEN));
		assert_non_null(take(&arena, 1));
		assert_null(take(&arena, sizes[i]));
		assert_true(arena.exhausted);
	}
}

static void the_last_byte_can_be_taken_and_no_more(void **state)
{
	mm_auto_arena arena = {0};

	(void)state;
	assert_true(mm_arena_init(&arena, LEN));
	assert_non_null(take(&arena, arena.size));
	assert_false(arena.exhausted);
	assert_null(take(&arena, 1));
	assert_true(arena.exhausted);
}

static void room_follows_the_body(void **state)
{
	mm_auto_arena none = {0}, small = {0}, large = {0};

	(void)state;
	assert_true(mm_arena_init(&none, 0));
	assert_true(mm_arena_init(&small, LEN));
	assert_true(mm_arena_init(&large, 65536));
	assert_non_null(take(&none, 1));
	assert_true(small.size >= 2 * LEN && large.size >= 2 * 65536);
	assert_true(large.size <= 10 * 65536);
}

static void nothing_is_given_back_before_the_end(void **state)
{
	mm_auto_arena arena = {0};
	void *p;

	(void)state;
	assert_true(mm_arena_init(&arena, LEN));
	p = take(&arena, 8);
	arena.allocator.free(arena.allocator.allocator_data, p);
	assert_ptr_not_equal(take(&arena, 8), p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_taken_is_aligned_and_apart),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(the_last_byte_can_be_taken_and_no_more),
		cmocka_unit_test(room_follows_the_body),
		cmocka_unit_test(nothing_is_given_back_before_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
