/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include "cli/args.h"
#include "tests/unit/commands.h"

#include <string.h>

#define WORDS_MAX 16

/* Parses the words of `line`, which are separated by single spaces; two spaces make an empty word. */
static enum mm_code parse(const struct mm_command *command, const char *line, struct mm_args *args, struct mm_err *err)
{
	static char copy[512]; /* what was parsed borrows from it */
	char *words[WORDS_MAX];
	char *rest = copy, *word;
	int count = 0;

	mm_args_clear(args);
	strncpy(copy, line, sizeof copy - 1);
	while (*line != '\0' && (word = strsep(&rest, " ")))
		words[count++] = word;
	return mm_args_parse(command, count, words, args, err);
}

static const struct test_options *accept(const char *line, struct mm_args *args)
{
	struct mm_err err = {0};

	assert_ok(parse(&test_strike, line, args, &err), &err);
	return args->options;
}

static void refuse(const char *line, const char *part)
{
	mm_auto_args args = {0};
	struct mm_err err = {0};

	assert_int_equal(parse(&test_strike, line, &args, &err), MM_EUSAGE);
	assert_contains(err.text, part);
}

static void values_are_attached_or_follow(void **state)
{
	static const char *const lines[] = {"f --text=x", "f --text x", "f -t x", "f -tx",
					    "f -t=x",     "--text=x f", "-t x f"};
	mm_auto_args args = {0};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(lines); i++) {
		assert_string_equal(accept(lines[i], &args)->text, "x");
		assert_int_equal(args.count, 1);
		assert_string_equal(args.positional[0], "f");
	}
}

static void a_value_may_look_like_anything(void **state)
{
	mm_auto_args args = {0};
	(void)state;

	assert_string_equal(accept("f --text=a=b", &args)->text, "a=b");
	assert_string_equal(accept("f --text --quick", &args)->text, "--quick");
	assert_false(accept("f --text --quick", &args)->quick);
	assert_string_equal(accept("f --text -", &args)->text, "-");
	assert_string_equal(accept("f -t==", &args)->text, "=");
}

static void switches_are_off_until_given(void **state)
{
	mm_auto_args args = {0};
	(void)state;

	assert_false(accept("f -tx", &args)->quick);
	assert_true(accept("f -tx --quick", &args)->quick);
	assert_true(accept("f -q -tx", &args)->quick);
}

static void short_switches_can_be_joined(void **state)
{
	const struct test_options *options;
	mm_auto_args args = {0};
	(void)state;

	options = accept("f -qdtx", &args);
	assert_true(options->quick);
	assert_true(options->deep);
	assert_string_equal(options->text, "x");
}

static void after_two_dashes_all_are_arguments(void **state)
{
	mm_auto_args args = {0};
	(void)state;

	accept("-tx -- --quick -t", &args);
	assert_int_equal(args.count, 2);
	assert_string_equal(args.positional[0], "--quick");
	assert_string_equal(args.positional[1], "-t");
}

static void one_dash_is_an_argument(void **state)
{
	mm_auto_args args = {0};
	(void)state;

	accept("f -tx -", &args);
	assert_int_equal(args.count, 2);
	assert_string_equal(args.positional[1], "-");
}

static void lists_collect_in_order(void **state)
{
	const struct test_options *options;
	mm_auto_args args = {0};
	(void)state;

	options = accept("f -tx --item a --item=b --item a", &args);
	assert_int_equal(options->list.n, 3);
	assert_string_equal(options->list.v[0], "a");
	assert_string_equal(options->list.v[1], "b");
	assert_string_equal(options->list.v[2], "a");
}

static void typed_values_are_parsed(void **state)
{
	const struct test_options *options;
	mm_auto_args args = {0};
	(void)state;

	options = accept("f -tx --word three --algorithm ES256 --duration 1h30m --time 2026-11-22T00:15:00Z", &args);
	assert_int_equal(options->word, 2);
	assert_string_equal(options->alg->name, "ES256");
	assert_int_equal(options->duration, 5400);
	assert_int_equal(options->time, 1795306500);
	assert_int_equal(accept("f -tx --time 1795306500", &args)->time, 1795306500);
}

static void what_is_not_given_has_its_default_or_nothing(void **state)
{
	const struct test_options *options;
	mm_auto_args args = {0};
	(void)state;

	options = accept("f -tx", &args);
	assert_int_equal(options->word, 1);
	assert_int_equal(options->other_word, -1);
	assert_int_equal(options->duration, 90);
	assert_int_equal(options->time, MM_NEVER);
	assert_null(options->alg);
	assert_null(options->file);
	assert_int_equal(options->list.n, 0);
}

static void wrong_values_name_what_is_accepted(void **state)
{
	(void)state;

	refuse("f -tx --word four", "--word: found \"four\"; accepted: one, two or three");
	refuse("f -tx --algorithm HS256", "--algorithm: found \"HS256\"; accepted: RS256, ");
	refuse("f -tx --metal sliver", "--metal: found \"sliver\"; did you mean silver?");
	refuse("f -tx --metal lead", "--metal: found \"lead\"; accepted: gold or silver");
	refuse("f -tx --duration 5", "--duration: found \"5\"; accepted: a duration of at least one second");
	refuse("f -tx --duration 0", "--duration: found \"0\"");
	refuse("f -tx --time tomorrow", "--time: found \"tomorrow\"; accepted: a time such as 2026");
	refuse("f -tx --time 0", "--time: found \"0\"");
}

static void missing_and_empty_values_are_told(void **state)
{
	(void)state;

	refuse("f --text", "--text: the value is missing; accepted: TEXT");
	refuse("f -t", "--text: the value is missing");
	refuse("f --text=", "--text: found nothing; accepted: TEXT");
	refuse("f -tx --item=", "--item: found nothing");
}

static void a_switch_takes_no_value(void **state)
{
	(void)state;

	refuse("f -tx --quick=yes", "--quick: takes no value, found \"yes\"");
}

static void a_flag_is_given_once(void **state)
{
	(void)state;

	refuse("f -tx --text y", "--text: given twice");
	refuse("f -tx -q -q", "--quick: given twice");
}

static void unknown_flags_name_the_nearest(void **state)
{
	(void)state;

	refuse("f -tx --wrod one", "unknown flag --wrod; did you mean --word?");
	refuse("f -tx --quik=1", "unknown flag --quik; did you mean --quick?");
	refuse("f -tx --hepl", "unknown flag --hepl; did you mean --help?");
	refuse("f -tx --zzzzzzz", "unknown flag --zzzzzzz");
	refuse("f -tx -z", "unknown flag -z");
	refuse("f -tx -qz", "unknown flag -z");
}

static void hidden_flags_work_but_are_not_suggested(void **state)
{
	mm_auto_args args = {0};
	struct mm_err err = {0};
	(void)state;

	assert_string_equal(accept("f -tx --secret s", &args)->hidden, "s");
	assert_int_equal(parse(&test_strike, "f -tx --secre s", &args, &err), MM_EUSAGE);
	assert_string_equal(err.text, "unknown flag --secre");
}

static void required_flags_are_missed(void **state)
{
	(void)state;

	refuse("f", "--text TEXT is missing");
}

static void arguments_are_counted(void **state)
{
	mm_auto_args args = {0};
	struct mm_err err = {0};
	(void)state;

	refuse("-tx", "an argument is missing; accepted: FILE [TOKEN|-]");
	refuse("-tx a b c", "\"c\" is an argument too many; accepted: FILE [TOKEN|-]");
	assert_int_equal(parse(&test_plain, "a", &args, &err), MM_EUSAGE);
	assert_contains(err.text, "\"a\" is an argument too many; accepted: none");
	mm_err_clear(&err);
	assert_ok(parse(&test_plain, "", &args, &err), &err);
	assert_ok(parse(&test_any, "", &args, &err), &err);
	assert_ok(parse(&test_any, "a b c d e", &args, &err), &err);
	assert_int_equal(args.count, 5);
}

static void counts_follow_from_the_text(void **state)
{
	static const struct {
		const char *text;
		size_t least, most;
	} rows[] = {
		{"", 0, 0},
		{"FILE", 1, 1},
		{"[TOKEN|-]", 0, 1},
		{"A [B] [C]", 1, 3},
		{"[COMMAND]...", 0, SIZE_MAX},
		{"A [B]...", 1, SIZE_MAX},
		{"KID|active", 1, 1},
	};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		size_t least, most;

		mm_arguments_count(rows[i].text, &least, &most);
		assert_int_equal(least, rows[i].least);
		assert_true(most == rows[i].most);
	}
}

static void help_needs_nothing_else(void **state)
{
	static const char *const lines[] = {"--help", "-h", "f --help", "-qh"};
	mm_auto_args args = {0};
	struct mm_err err = {0};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(lines); i++) {
		assert_ok(parse(&test_strike, lines[i], &args, &err), &err);
		assert_true(args.help);
	}
	assert_ok(parse(&test_strike, "f -t -h", &args, &err), &err);
	assert_false(args.help);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_attached_or_follow),
		cmocka_unit_test(a_value_may_look_like_anything),
		cmocka_unit_test(switches_are_off_until_given),
		cmocka_unit_test(short_switches_can_be_joined),
		cmocka_unit_test(after_two_dashes_all_are_arguments),
		cmocka_unit_test(one_dash_is_an_argument),
		cmocka_unit_test(lists_collect_in_order),
		cmocka_unit_test(typed_values_are_parsed),
		cmocka_unit_test(what_is_not_given_has_its_default_or_nothing),
		cmocka_unit_test(wrong_values_name_what_is_accepted),
		cmocka_unit_test(missing_and_empty_values_are_told),
		cmocka_unit_test(a_switch_takes_no_value),
		cmocka_unit_test(a_flag_is_given_once),
		cmocka_unit_test(unknown_flags_name_the_nearest),
		cmocka_unit_test(hidden_flags_work_but_are_not_suggested),
		cmocka_unit_test(required_flags_are_missed),
		cmocka_unit_test(arguments_are_counted),
		cmocka_unit_test(counts_follow_from_the_text),
		cmocka_unit_test(help_needs_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
