/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/input.h"

#include "cli/output.h"

#include <mintmark/file.h>
#include <mintmark/keyio.h>
#include <mintmark/token.h>
#include <string.h>
#include <unistd.h>

#define PASSPHRASE_FILE_MAX 4096 /* bytes */

/* One newline at the end belongs to the file, not to what is in it. */
static void drop_newline(struct mm_buf *text)
{
	if (text->len > 0 && text->p[text->len - 1] == '\n')
		text->len--;
	if (text->len > 0 && text->p[text->len - 1] == '\r')
		text->len--;
}

enum mm_code mm_read_token_file(const char *path, struct mm_buf *out, struct mm_err *err)
{
	enum mm_code code = mm_path_read(path, MM_FILE_ANY, MM_TOKEN_MAX + 2, out, err);

	drop_newline(out);
	return code;
}

enum mm_code mm_read_token(struct mm_call *call, struct mm_buf *out, struct mm_err *err)
{
	if (call->argument_count > 0 && strcmp(call->arguments[0], "-") != 0) {
		mm_buf_add_str(out, call->arguments[0]);
		return mm_buf_check(out, err);
	}
	if (call->argument_count == 0 && isatty(STDIN_FILENO)) {
		mm_hint(call, "'... | mintmark %s -' reads it from a pipe and keeps it out of process listings",
			call->command->name);
		return mm_fail(err, MM_EUSAGE, "%s: the token is missing", call->command->name);
	}
	return mm_read_token_file("-", out, err);
}

/* A passphrase may end in spaces; only what follows the first line is not part of it. */
static enum mm_code read_passphrase(const char *path, struct mm_buf *out, struct mm_err *err)
{
	enum mm_code code = mm_path_read(path, MM_FILE_PRIVATE, PASSPHRASE_FILE_MAX, out, err);
	const char *newline = code == MM_OK && out->len > 0 ? memchr(out->p, '\n', out->len) : NULL;

	if (newline)
		out->len = (size_t)(newline - out->p) + 1;
	drop_newline(out);
	if (code == MM_OK && out->len == 0)
		code = mm_fail(err, MM_EREFUSED, "%s: the first line is empty; accepted: a passphrase", path);
	return code;
}

enum mm_code mm_read_key(struct mm_call *call, const char *path, const struct mm_alg *alg, const char *passphrase_path,
			 struct mm_key **out, struct mm_err *err)
{
	struct mm_span passphrase = {0};
	mm_auto_buf text = {0}, secret = {0};
	enum mm_code code = MM_OK;

	if (passphrase_path && strcmp(path, "-") == 0 && strcmp(passphrase_path, "-") == 0)
		return mm_fail(err, MM_EUSAGE, "%s: key and passphrase cannot both be standard input",
			       call->command->name);
	if (passphrase_path) {
		code = read_passphrase(passphrase_path, &secret, err);
		passphrase = mm_buf_span(&secret);
	}
	if (code == MM_OK)
		code = mm_path_read(path, MM_FILE_PRIVATE, MM_KEY_FILE_MAX, &text, err);
	if (code != MM_OK)
		return code;
	code = mm_key_import(mm_buf_span(&text), alg, passphrase, out, err);
	return mm_context(err, code, "%s", strcmp(path, "-") == 0 ? "standard input" : path);
}

enum mm_code mm_read_policy(const char *path, struct mm_iam_policy **out, struct mm_err *err)
{
	mm_auto_buf text = {0};
	enum mm_code code = mm_path_read(path, MM_FILE_ANY, MM_IAM_POLICY_MAX, &text, err);

	if (code != MM_OK)
		return code;
	code = mm_iam_policy_parse(mm_buf_span(&text), out, err);
	return mm_context(err, code, "%s", strcmp(path, "-") == 0 ? "standard input" : path);
}

enum mm_code mm_read_jwks(const char *path, struct mm_jwks **out, struct mm_err *err)
{
	mm_auto_buf text = {0};
	enum mm_code code = mm_path_read(path, MM_FILE_ANY, MM_JWKS_MAX, &text, err);

	if (code != MM_OK)
		return code;
	code = mm_jwks_parse(mm_buf_span(&text), out, err);
	return mm_context(err, code, "%s", strcmp(path, "-") == 0 ? "standard input" : path);
}
