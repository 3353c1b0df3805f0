/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/written.h"

#include "conf/values.h"
#include "tests/unit/support.h"

#include <stdlib.h>

struct mm_config *written_config_new(void)
{
	struct mm_config *config = calloc(1, sizeof *config);

	assert_non_null(config);
	return config;
}

enum mm_code written_set(struct mm_config *config, const char *name, const char *yaml, struct mm_err *err)
{
	const struct mm_place place = {.file = "f.yaml", .base_dir = "/base", .name = name};
	mm_auto(mm_yaml) read = NULL;
	mm_auto_buf text = {0};

	mm_buf_printf(&text, "option: %s\n", yaml);
	assert_ok(mm_yaml_read(mm_buf_span(&text), "f.yaml", &read, err), err);
	return mm_option_set(mm_option_find(name), config, &read->items[0], &place, err);
}

void written_accept(struct mm_config *config, const char *name, const char *yaml)
{
	struct mm_err err = {0};

	assert_ok(written_set(config, name, yaml, &err), &err);
}

void written_refuse(const char *name, const char *yaml, const char *part)
{
	mm_auto(mm_config) config = written_config_new();
	mm_auto(mm_config) untouched = written_config_new();
	struct mm_err err = {0};

	assert_int_equal(written_set(config, name, yaml, &err), MM_ECONFIG);
	assert_contains(err.text, part);
	assert_contains(err.text, "; accepted: ");
	assert_true(mm_option_equal(mm_option_find(name), config, untouched));
}

struct mm_config *written_parse(const char *text)
{
	struct mm_config *config = NULL;
	struct mm_err err = {0};

	assert_ok(mm_config_parse(mm_span_str(text), "f.yaml", "/base", &config, &err), &err);
	return config;
}

void written_parse_refuse(const char *text, const char *part)
{
	mm_auto(mm_config) config = NULL;
	struct mm_err err = {0};

	assert_int_equal(mm_config_parse(mm_span_str(text), "f.yaml", "/base", &config, &err), MM_ECONFIG);
	assert_null(config);
	assert_contains(err.text, part);
}
