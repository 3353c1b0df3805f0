/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/iam/iam_operator.h"
#include "tests/unit/support.h"

#include <string.h>

/* The guide's, and whether each is "negated matching". */
static const struct {
	const char *name;
	bool negated;
} guide[] = {
	{"StringEquals", false},
	{"StringNotEquals", true},
	{"StringEqualsIgnoreCase", false},
	{"StringNotEqualsIgnoreCase", true},
	{"StringLike", false},
	{"StringNotLike", true},
	{"NumericEquals", false},
	{"NumericNotEquals", true},
	{"NumericLessThan", false},
	{"NumericLessThanEquals", false},
	{"NumericGreaterThan", false},
	{"NumericGreaterThanEquals", false},
	{"DateEquals", false},
	{"DateNotEquals", true},
	{"DateLessThan", false},
	{"DateLessThanEquals", false},
	{"DateGreaterThan", false},
	{"DateGreaterThanEquals", false},
	{"Bool", false},
	{"BinaryEquals", false},
	{"IpAddress", false},
	{"NotIpAddress", true},
	{"ArnEquals", false},
	{"ArnLike", false},
	{"ArnNotEquals", true},
	{"ArnNotLike", true},
	{"Null", false},
};

static void every_operator_of_the_guide_is_known_by_its_name(void **state)
{
	size_t count = 0;

	(void)state;
	for (size_t i = 0; i < MM_COUNT(guide); i++) {
		struct mm_iam_use use = mm_iam_use_of(guide[i].name);

		if (!use.op || strcmp(use.op->name, guide[i].name) != 0 || use.op->negated != guide[i].negated)
			fail_msg("%s", guide[i].name);
		assert_true(use.set == MM_IAM_ONE && !use.if_exists);
	}
	while (mm_iam_operator_at(count))
		count++;
	assert_int_equal(count, MM_COUNT(guide));
}

static void all_but_null_may_be_asked_if_the_key_exists(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT(guide); i++) {
		mm_auto_buf name = {0};
		struct mm_iam_use use;

		mm_buf_printf(&name, "%sIfExists", guide[i].name);
		use = mm_iam_use_of(name.p);
		if (strcmp(guide[i].name, "Null") == 0)
			assert_null(use.op);
		else if (!use.op || strcmp(use.op->name, guide[i].name) != 0 || !use.if_exists)
			fail_msg("%s", name.p);
	}
}

static void set_operators_stand_before_the_name(void **state)
{
	struct mm_iam_use use = mm_iam_use_of("ForAllValues:StringLikeIfExists");

	(void)state;
	assert_string_equal(use.op->name, "StringLike");
	assert_true(use.set == MM_IAM_FOR_ALL && use.if_exists);
	use = mm_iam_use_of("ForAnyValue:NumericLessThanEquals");
	assert_string_equal(use.op->name, "NumericLessThanEquals");
	assert_true(use.set == MM_IAM_FOR_ANY && !use.if_exists);
	use = mm_iam_use_of("foranyvalue:stringlikeifexists");
	assert_string_equal(use.op->name, "StringLike");
	assert_true(use.set == MM_IAM_FOR_ANY && use.if_exists);
}

static void what_is_no_operator_is_none(void **state)
{
	static const char *const names[] = {
		"",
		"String",
		"StringEqual",
		"StringEqualsX",
		"StringMatches",
		"IfExists",
		"StringEqualsIfExist",
		"StringEqualsIfExistsIfExists",
		"ForAllValues:",
		"ForAllValues",
		"ForAnyValues:StringEquals",
		"ForAllValues:ForAnyValue:StringEquals",
		" StringEquals",
		"StringEquals ",
		"BinaryNotEquals",
		"BoolNotEquals",
		"NumericLike",
		"DateLike",
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(names); i++) {
		if (mm_iam_use_of(names[i]).op)
			fail_msg("\"%s\"", names[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_operator_of_the_guide_is_known_by_its_name),
		cmocka_unit_test(all_but_null_may_be_asked_if_the_key_exists),
		cmocka_unit_test(set_operators_stand_before_the_name),
		cmocka_unit_test(what_is_no_operator_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
