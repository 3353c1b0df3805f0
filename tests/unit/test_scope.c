/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/doctor/scope.h"

#include "tests/unit/support.h"

/* Both ends of each block, and their neighbours (IANA special-purpose address registries). */
static const struct {
	const char *address;
	enum mm_scope scope;
} rows[] = {
	{"0.0.0.0", MM_SCOPE_LOOPBACK},
	{"0.255.255.255", MM_SCOPE_LOOPBACK},
	{"1.0.0.0", MM_SCOPE_PUBLIC},
	{"9.255.255.255", MM_SCOPE_PUBLIC},
	{"10.0.0.0", MM_SCOPE_PRIVATE},
	{"10.255.255.255", MM_SCOPE_PRIVATE},
	{"11.0.0.0", MM_SCOPE_PUBLIC},
	{"100.63.255.255", MM_SCOPE_PUBLIC},
	{"100.64.0.0", MM_SCOPE_PRIVATE},
	{"100.127.255.255", MM_SCOPE_PRIVATE},
	{"100.128.0.0", MM_SCOPE_PUBLIC},
	{"126.255.255.255", MM_SCOPE_PUBLIC},
	{"127.0.0.1", MM_SCOPE_LOOPBACK},
	{"127.255.255.255", MM_SCOPE_LOOPBACK},
	{"128.0.0.0", MM_SCOPE_PUBLIC},
	{"169.253.255.255", MM_SCOPE_PUBLIC},
	{"169.254.169.254", MM_SCOPE_LINK_LOCAL},
	{"169.255.0.0", MM_SCOPE_PUBLIC},
	{"172.15.255.255", MM_SCOPE_PUBLIC},
	{"172.16.0.0", MM_SCOPE_PRIVATE},
	{"172.31.255.255", MM_SCOPE_PRIVATE},
	{"172.32.0.0", MM_SCOPE_PUBLIC},
	{"192.0.0.170", MM_SCOPE_PRIVATE},
	{"192.0.1.0", MM_SCOPE_PUBLIC},
	{"192.167.255.255", MM_SCOPE_PUBLIC},
	{"192.168.0.1", MM_SCOPE_PRIVATE},
	{"192.169.0.0", MM_SCOPE_PUBLIC},
	{"198.17.255.255", MM_SCOPE_PUBLIC},
	{"198.18.0.0", MM_SCOPE_PRIVATE},
	{"198.19.255.255", MM_SCOPE_PRIVATE},
	{"198.20.0.0", MM_SCOPE_PUBLIC},
	{"223.255.255.255", MM_SCOPE_PUBLIC},
	{"224.0.0.1", MM_SCOPE_PRIVATE},
	{"255.255.255.255", MM_SCOPE_PRIVATE},
	{"8.8.8.8", MM_SCOPE_PUBLIC},
	{"::", MM_SCOPE_LOOPBACK},
	{"::1", MM_SCOPE_LOOPBACK},
	{"2600:1f00::1", MM_SCOPE_PUBLIC},
	{"fe80::1", MM_SCOPE_LINK_LOCAL},
	{"febf::1", MM_SCOPE_LINK_LOCAL},
	{"fec0::1", MM_SCOPE_PRIVATE},
	{"fbff::1", MM_SCOPE_PUBLIC},
	{"fc00::1", MM_SCOPE_PRIVATE},
	{"fd00:ec2::254", MM_SCOPE_PRIVATE},
	{"ff02::1", MM_SCOPE_PRIVATE},
	{"::ffff:127.0.0.1", MM_SCOPE_LOOPBACK},
	{"::ffff:8.8.8.8", MM_SCOPE_PUBLIC},
	{"::ffff:169.254.169.254", MM_SCOPE_LINK_LOCAL},
	{"::10.0.0.1", MM_SCOPE_PRIVATE},
	{"64:ff9b::a00:1", MM_SCOPE_PRIVATE},
	{"64:ff9b::808:808", MM_SCOPE_PUBLIC},
	{"2002:7f00:1::", MM_SCOPE_LOOPBACK},
	{"2002:808:808::1", MM_SCOPE_PUBLIC},
};

static void an_address_has_the_scope_of_its_block(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		enum mm_scope scope;

		assert_true(mm_scope_of(rows[i].address, &scope));
		if (scope != rows[i].scope)
			fail_msg("%s is %s, expected %s", rows[i].address, mm_scope_words[scope],
				 mm_scope_words[rows[i].scope]);
	}
}

static void what_is_no_address_has_no_scope(void **state)
{
	static const char *const texts[] = {"",      "localhost",    "127.1",   "0x7f.0.0.1",
					    "[::1]", "fe80::1%eth0", "1.2.3.4 "};
	enum mm_scope scope;

	(void)state;
	for (size_t i = 0; i < MM_COUNT(texts); i++)
		assert_false(mm_scope_of(texts[i], &scope));
}

static void one_is_led_into_the_world_or_to_neighbours_and_nowhere_else(void **state)
{
	(void)state;
	for (int from = MM_SCOPE_PUBLIC; from <= MM_SCOPE_LOOPBACK; from++) {
		for (int to = MM_SCOPE_PUBLIC; to <= MM_SCOPE_LOOPBACK; to++)
			assert_int_equal(mm_scope_may_lead((enum mm_scope)from, (enum mm_scope)to),
					 to == MM_SCOPE_PUBLIC || to == from);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_has_the_scope_of_its_block),
		cmocka_unit_test(what_is_no_address_has_no_scope),
		cmocka_unit_test(one_is_led_into_the_world_or_to_neighbours_and_nowhere_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
