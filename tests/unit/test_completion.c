/* SPDX-License-Identifier: Apache-2.0 */
/* The scripts as text; tests/functional/test_cli.py runs them. */
#include "tests/unit/support.h"

#include "cli/completion.h"
#include "tests/unit/commands.h"

#include <string.h>

static char *script(void (*write)(const struct mm_command *const *commands, struct mm_buf *out))
{
	struct mm_buf text = {0};

	write(test_commands, &text);
	assert_ok(mm_buf_check(&text, NULL), NULL);
	return mm_buf_take(&text);
}

static void bash_knows_every_command(void **state)
{
	mm_auto_string text = script(mm_completion_bash);
	(void)state;

	assert_contains(text, "' plain'|' group'|'group strike'|'group any'|' shell')");
	assert_contains(text, "\t'') _mintmark_offer -W 'plain group shell';");
	assert_contains(text, "\t'group') _mintmark_offer -W 'strike any';");
	assert_contains(text, "\ncomplete -F _mintmark mintmark\n");
}

static void bash_offers_what_a_flag_takes(void **state)
{
	mm_auto_string text = script(mm_completion_bash);
	(void)state;

	assert_contains(text, "'group strike --word'|'group strike -w') _mintmark_offer -W 'one two three';");
	assert_contains(text, "'group strike --algorithm') _mintmark_offer -W 'RS256 RS384");
	assert_contains(text, "'group strike --metal') _mintmark_offer -W 'gold silver';");
	assert_contains(text, "'group strike --file') compopt -o filenames 2>/dev/null; _mintmark_offer -f;");
	assert_contains(text, "'group strike --dir') compopt -o filenames 2>/dev/null; _mintmark_offer -d;");
	/* Nothing is known of texts: nothing is offered, neither flags nor files. */
	assert_contains(text, "'group strike --text'|'group strike -t') return ;;");
	/* A switch takes nothing. */
	assert_null(strstr(text, "strike --quick'"));
}

static void arguments_in_lower_case_are_words(void **state)
{
	mm_auto_string text = script(mm_completion_bash);
	(void)state;

	assert_contains(text, "\t'shell') _mintmark_offer -W 'bash zsh'; compopt -o filenames 2>/dev/null; "
			      "_mintmark_offer -d;");
	assert_contains(text, "\t'group strike') _mintmark_offer -W '-'; compopt");
	assert_contains(text, "\t'group any group') _mintmark_offer -W 'strike any'; return ;;");
	assert_contains(text, "\t'group any') _mintmark_offer -W 'plain group shell';");
}

static void hidden_flags_are_not_offered(void **state)
{
	mm_auto_string bash = script(mm_completion_bash);
	mm_auto_string zsh = script(mm_completion_zsh);
	(void)state;

	assert_null(strstr(bash, "secret"));
	assert_null(strstr(zsh, "secret"));
}

static void zsh_describes_flags_with_quotes_and_colons_escaped(void **state)
{
	mm_auto_string text = script(mm_completion_zsh);
	(void)state;

	assert_contains(text, " '--text:it'\\''s any text\\: with a colon'");
	assert_contains(text, "'group strike --word'|'group strike -w') compadd -- one two three;");
	assert_contains(text, "'group strike --file') _files;");
	assert_contains(text, "'group strike --dir') _files -/;");
	assert_memory_equal(text, "#compdef mintmark\n", 18);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bash_knows_every_command),
		cmocka_unit_test(bash_offers_what_a_flag_takes),
		cmocka_unit_test(arguments_in_lower_case_are_words),
		cmocka_unit_test(hidden_flags_are_not_offered),
		cmocka_unit_test(zsh_describes_flags_with_quotes_and_colons_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
