/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/cloud/artefact.h"

#include <mintmark/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* ---- POSIX shell ------------------------------------------------------------------------------------------------ */

void mm_shell_add_word(struct mm_buf *out, const char *text)
{
	const char *p = text;

	while (is_alnum(*p) || (*p != '\0' && strchr("-_./:@,+=%", *p)))
		p++;
	if (*p == '\0' && p > text) {
		mm_buf_add_str(out, text);
		return;
	}
	/* Within single quotes everything is itself but the quote, which is written outside of them. */
	mm_buf_add_str(out, "'");
	for (p = text; *p != '\0'; p++) {
		if (*p == '\'')
			mm_buf_add_str(out, "'\\''");
		else
			mm_buf_add(out, p, 1);
	}
	mm_buf_add_str(out, "'");
}

void mm_shell_add_flag(struct mm_buf *out, const char *name, const char *value, bool joined)
{
	mm_buf_printf(out, " \\\n  %s%s", name, joined ? "=" : " ");
	mm_shell_add_word(out, value);
}

void mm_shell_add_comment(struct mm_buf *out, struct mm_span text)
{
	while (text.len > 0) {
		const char *end = memchr(text.p, '\n', text.len);
		size_t len = end ? (size_t)(end - text.p) : text.len;

		mm_buf_add_str(out, "# ");
		mm_buf_add(out, text.p, len);
		mm_buf_add_str(out, "\n");
		text = mm_span(text.p + len + (end != NULL), text.len - len - (end != NULL));
	}
}

void mm_shell_add_note(struct mm_buf *out, const char *format, ...)
{
	char *text = NULL;
	va_list args;
	int len;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	if (len >= 0)
		mm_shell_add_comment(out, mm_span(text, (size_t)len));
	else
		out->failed = true;
	free(len >= 0 ? text : NULL);
}

/* ---- Terraform -------------------------------------------------------------------------------------------------- */

/* HCL native syntax specification, "Template Expressions" and "Quoted Template Expressions". */
static void add_template(struct mm_buf *out, const char *text)
{
	for (const char *p = text; *p != '\0'; p++) {
		bool begins = (*p == '$' || *p == '%') && p[1] == '{';

		if (*p == '\n')
			mm_buf_add_str(out, "\\n");
		else if (*p == '"' || *p == '\\')
			mm_buf_printf(out, "\\%c", *p);
		else if ((unsigned char)*p < 0x20 || *p == 0x7f || begins)
			/* Not $${: behind another $ that would be read as something else. */
			mm_buf_printf(out, "\\u%04x", (unsigned)*p);
		else
			mm_buf_add(out, p, 1);
	}
}

void mm_hcl_add_string(struct mm_buf *out, const char *text)
{
	mm_buf_add_str(out, "\"");
	add_template(out, text);
	mm_buf_add_str(out, "\"");
}

static void indent(struct mm_hcl *hcl)
{
	for (int i = 0; i < hcl->depth; i++)
		mm_buf_add_str(hcl->out, "  ");
}

/* The attributes that were set since the last block began or ended, with their signs below each other. */
static void flush(struct mm_hcl *hcl)
{
	size_t width = 0;

	for (size_t i = 0; i < hcl->lines.names.n; i++) {
		size_t len = strlen(hcl->lines.names.v[i]);

		width = len > width ? len : width;
	}
	for (size_t i = 0; i < hcl->lines.values.n; i++) {
		indent(hcl);
		mm_buf_printf(hcl->out, "%-*s = %s\n", (int)width, hcl->lines.names.v[i], hcl->lines.values.v[i]);
	}
	hcl->follows |= hcl->lines.names.n > 0;
	mm_pairs_free(&hcl->lines);
}

void mm_hcl_open(struct mm_hcl *hcl, const char *head)
{
	flush(hcl);
	if (hcl->follows)
		mm_buf_add_str(hcl->out, "\n");
	indent(hcl);
	mm_buf_printf(hcl->out, "%s {\n", head);
	hcl->depth++;
	hcl->follows = false;
}

void mm_hcl_close(struct mm_hcl *hcl)
{
	flush(hcl);
	hcl->depth--;
	indent(hcl);
	mm_buf_add_str(hcl->out, "}\n");
	hcl->follows = true;
}

void mm_hcl_set(struct mm_hcl *hcl, const char *name, const char *expression)
{
	if (mm_strings_add(&hcl->lines.names, name, NULL) != MM_OK ||
	    mm_strings_add(&hcl->lines.values, expression, NULL) != MM_OK)
		hcl->failed = true;
}

void mm_hcl_set_string(struct mm_hcl *hcl, const char *name, const char *text)
{
	mm_auto_buf expression = {0};

	mm_hcl_add_string(&expression, text);
	mm_hcl_set(hcl, name, mm_buf_span(&expression).p);
	hcl->failed |= expression.failed;
}

void mm_hcl_set_list(struct mm_hcl *hcl, const char *name, const json_t *texts)
{
	mm_auto_buf expression = {0};
	const json_t *text;
	size_t i;

	mm_buf_add_str(&expression, "[");
	json_array_foreach(texts, i, text)
	{
		mm_buf_add_str(&expression, i > 0 ? ", " : "");
		mm_hcl_add_string(&expression, json_string_value(text));
	}
	mm_buf_add_str(&expression, "]");
	mm_hcl_set(hcl, name, mm_buf_span(&expression).p);
	hcl->failed |= expression.failed;
}

enum mm_code mm_hcl_check(const struct mm_hcl *hcl, struct mm_err *err)
{
	return hcl->failed ? mm_fail(err, MM_ENOMEM, "out of memory") : mm_buf_check(hcl->out, err);
}

/* Two texts that differ in what may not stand there alone get different ones all the same. */
static void number(struct mm_buf *label, const struct mm_strings *taken)
{
	size_t len = label->len;

	for (int n = 2; !label->failed && mm_strings_has(taken, mm_buf_span(label).p); n++) {
		label->len = len;
		mm_buf_printf(label, "_%d", n);
	}
}

enum mm_code mm_artefact_label(const char *prefix, const char *text, const char *extra, struct mm_strings *taken,
			       char **out, struct mm_err *err)
{
	mm_auto_buf label = {0};

	mm_buf_add_str(&label, prefix);
	for (const char *p = text; *p != '\0'; p++)
		mm_buf_add(&label, is_alnum(*p) || strchr(extra, *p) ? p : "_", 1);
	if (taken)
		number(&label, taken);
	*out = mm_buf_take(&label);
	if (!*out)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	return taken ? mm_strings_add(taken, *out, err) : MM_OK;
}

/* ---- files ------------------------------------------------------------------------------------------------------ */

enum mm_code mm_artefact_add(struct mm_pairs *files, const char *name, const struct mm_buf *content, struct mm_err *err)
{
	enum mm_code code = mm_buf_check(content, err);

	if (code == MM_OK)
		code = mm_strings_add(&files->names, name, err);
	return code == MM_OK ? mm_strings_add(&files->values, mm_buf_span(content).p, err) : code;
}

enum mm_code mm_artefact_add_json(struct mm_pairs *files, const char *name, json_t *content, struct mm_err *err)
{
	mm_auto_buf text = {0};
	enum mm_code code;

	if (!content)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	code = mm_json_dump_pretty(content, &text, err);
	json_decref(content);
	return code == MM_OK ? mm_artefact_add(files, name, &text, err) : code;
}
