/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the artefacts of registrations are written with: words of a shell, comments, Terraform's language, files. Any
 * text comes out of the form's own parser as it went in.
 */
#ifndef MINTMARK_ISSUER_CLOUD_ARTEFACT_H
#define MINTMARK_ISSUER_CLOUD_ARTEFACT_H

#include <jansson.h>
#include <mintmark/bytes.h>

/* ---- POSIX shell ------------------------------------------------------------------------------------------------ */

/* One word, in single quotes unless it needs none. */
void mm_shell_add_word(struct mm_buf *out, const char *text);
/* " \", a new line, and NAME with its value: "--name value", or "--name=value" if `joined`. */
void mm_shell_add_flag(struct mm_buf *out, const char *name, const char *value, bool joined);
/*
 * The lines of `text`, each behind "# ". A command that is uncommented line by line is the same again, whatever is in
 * its quotes.
 */
void mm_shell_add_comment(struct mm_buf *out, struct mm_span text);
void mm_shell_add_note(struct mm_buf *out, const char *format, ...) MM_PRINTF(2, 3); /* the same of a sentence */

/* ---- Terraform -------------------------------------------------------------------------------------------------- */

/* A quoted template without any: ${ and %{ are text. */
void mm_hcl_add_string(struct mm_buf *out, const char *text);

/* Blocks and what is in them, laid out as `terraform fmt` does. {.out = …} is a new one; close every block. */
struct mm_hcl {
	struct mm_buf *out;
	int depth;
	struct mm_pairs lines; /* attributes that wait to be aligned */
	bool follows;          /* something stands before, in this block */
	bool failed;
};
/* `head`: "resource \"type\" \"label\"". */
void mm_hcl_open(struct mm_hcl *hcl, const char *head);
void mm_hcl_close(struct mm_hcl *hcl);
/* NAME = EXPRESSION, where the expression is Terraform; NAME = "TEXT"; NAME = ["TEXT", …] of a JSON array. */
void mm_hcl_set(struct mm_hcl *hcl, const char *name, const char *expression);
void mm_hcl_set_string(struct mm_hcl *hcl, const char *name, const char *text);
void mm_hcl_set_list(struct mm_hcl *hcl, const char *name, const json_t *texts);
MM_MUSTCHECK enum mm_code mm_hcl_check(const struct mm_hcl *hcl, struct mm_err *err); /* MM_ENOMEM */

/*
 * PREFIX and what of `text` may stand in a name, with '_' for what may not. `extra`: what may, besides [A-Za-z0-9]. What
 * is in `taken` already is numbered, and what comes out is added to it; NULL: it need not be the only one.
 */
MM_MUSTCHECK enum mm_code mm_artefact_label(const char *prefix, const char *text, const char *extra,
					    struct mm_strings *taken, char **out, struct mm_err *err);

/* ---- files ------------------------------------------------------------------------------------------------------ */

MM_MUSTCHECK enum mm_code mm_artefact_add(struct mm_pairs *files, const char *name, const struct mm_buf *content,
					  struct mm_err *err);
/* The same of JSON, for people; takes `content` over (NULL: MM_ENOMEM). */
MM_MUSTCHECK enum mm_code mm_artefact_add_json(struct mm_pairs *files, const char *name, json_t *content,
					       struct mm_err *err);

#endif
