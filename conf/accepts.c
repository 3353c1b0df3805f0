/* SPDX-License-Identifier: Apache-2.0 */
/* What an option accepts, for messages and the documentation. */
#include <mintmark/option.h>

static void add_words(const struct mm_option *option, struct mm_buf *out)
{
	const char *const *words = option->words;

	if (option->type == MM_OPT_STRINGS)
		mm_buf_printf(out, "a list of %lld to %lld different ones of ", (long long)option->min,
			      (long long)option->max);
	for (size_t i = 0; words[i]; i++)
		mm_buf_printf(out, "%s%s", i == 0 ? "" : words[i + 1] ? ", " : " or ", words[i]);
}

static void add_fields(const struct mm_option *option, struct mm_buf *out)
{
	const struct mm_option *field = option->fields;

	mm_buf_printf(out, "%sa list of at most %lld mappings with ", option->any_word ? "any, or " : "",
		      (long long)option->max);
	for (size_t i = 0; field[i].name; i++)
		mm_buf_printf(out, "%s%s", i == 0 ? "" : field[i + 1].name ? ", " : " and ", field[i].name);
}

static void add_duration(const struct mm_option *option, struct mm_buf *out)
{
	char least[MM_DURATION_TEXT_SIZE], most[MM_DURATION_TEXT_SIZE];

	mm_duration_format(option->min, least);
	mm_duration_format(option->max, most);
	mm_buf_printf(out, "a duration from %s to %s, such as 90s, 15m, 1h or 30d", least, most);
}

static void add_by_type(const struct mm_option *option, struct mm_buf *out)
{
	long long min = option->min, max = option->max;

	switch (option->type) {
	case MM_OPT_DURATION: add_duration(option, out); break;
	case MM_OPT_COMMAND:
		mm_buf_printf(out, "a list of the absolute path of a program and at most %lld arguments", max - 1);
		break;
	case MM_OPT_INT: mm_buf_printf(out, "a whole number from %lld to %lld", min, max); break;
	case MM_OPT_BOOL: mm_buf_add_str(out, "true or false"); break;
	case MM_OPT_RECORDS: add_fields(option, out); break;
	case MM_OPT_PAIRS: mm_buf_printf(out, "a mapping of at most %lld names to texts", max); break;
	case MM_OPT_STRINGS: mm_buf_printf(out, "a list of %lld to %lld different texts", min, max); break;
	case MM_OPT_PATH: mm_buf_printf(out, "a path of %lld to %lld bytes", min, max); break;
	default: mm_buf_printf(out, "a text of %lld to %lld bytes", min, max);
	}
}

void mm_option_accepts(const struct mm_option *option, struct mm_buf *out)
{
	if (option->accepts)
		mm_buf_add_str(out, option->accepts);
	else if (option->words)
		add_words(option, out);
	else
		add_by_type(option, out);
}
