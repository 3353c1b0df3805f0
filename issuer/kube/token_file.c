/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL's low-level SHA-256, although it is deprecated: its state lies on the stack. EVP takes memory for each state,
 * and so may fail, and takes twice as long (docs/decisions/0017).
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "issuer/kube/token_file.h"

#include "issuer/kube/bearer.h"
#include "issuer/kube/csv.h"

#include <mintmark/file.h>
#include <mintmark/token.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

struct row {
	uint8_t hash[SHA256_DIGEST_LENGTH]; /* of the token */
	size_t line;
	struct mm_user user;
};

struct mm_token_file {
	/* HMAC-SHA-256 (RFC 2104) under a key drawn for this object: SHA-256 once it has read K^ipad, and K^opad. */
	SHA256_CTX inner, outer;
	size_t count;
	struct row *rows; /* sorted by hash */
};

/* ---- the hash ---------------------------------------------------------------------------------------------------- */

static enum mm_code draw_key(struct mm_token_file *file, struct mm_err *err)
{
	enum { IPAD = 0x36, OPAD = 0x5c };
	uint8_t key[SHA256_CBLOCK];

	if (RAND_priv_bytes(key, sizeof key) != 1)
		return mm_fail_openssl(err, MM_ECRYPTO, "no random bytes");
	for (size_t i = 0; i < sizeof key; i++)
		key[i] ^= IPAD;
	SHA256_Init(&file->inner);
	SHA256_Update(&file->inner, key, sizeof key);
	for (size_t i = 0; i < sizeof key; i++)
		key[i] ^= IPAD ^ OPAD;
	SHA256_Init(&file->outer);
	SHA256_Update(&file->outer, key, sizeof key);
	OPENSSL_cleanse(key, sizeof key);
	return MM_OK;
}

static void hash_token(const struct mm_token_file *file, struct mm_span token, uint8_t out[static SHA256_DIGEST_LENGTH])
{
	SHA256_CTX state = file->inner;

	SHA256_Update(&state, token.p, token.len);
	SHA256_Final(out, &state);
	state = file->outer;
	SHA256_Update(&state, out, SHA256_DIGEST_LENGTH);
	SHA256_Final(out, &state); /* which cleanses what it held of the token */
}

const struct mm_user *mm_token_file_find(const struct mm_token_file *file, struct mm_span token)
{
	uint8_t hash[SHA256_DIGEST_LENGTH];
	size_t found = 0; /* its number, from 1 */

	hash_token(file, token, hash);
	for (size_t i = 0; i < file->count; i++) {
		size_t is_same = CRYPTO_memcmp(file->rows[i].hash, hash, sizeof hash) == 0;

		found |= (0 - is_same) & (i + 1);
	}
	return found > 0 ? &file->rows[found - 1].user : NULL;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static enum mm_code read_groups(char *list, struct mm_strings *groups, struct mm_err *err)
{
	enum mm_code code = MM_OK;

	for (char *group; code == MM_OK && (group = strsep(&list, ","));)
		code = mm_strings_add(groups, group, err);
	return code;
}

/* `groups` NULL or "": none. */
static enum mm_code fill_row(const struct mm_token_file *file, const char *token, const char *name, const char *uid,
			     char *groups, struct row *row, struct mm_err *err)
{
	mm_auto_strings list = {0};
	enum mm_code code = MM_OK;

	if (!mm_bearer_is_token(mm_span_str(token)))
		return mm_fail(err, MM_EREFUSED,
			       "the token has %s; accepted: 1 to %d of A-Z a-z 0-9 - . _ ~ + /, and = at its end",
			       *token ? "characters that no header can carry, or too many" : "no characters",
			       MM_TOKEN_MAX);
	if (groups && *groups)
		code = read_groups(groups, &list, err);
	if (code == MM_OK)
		code = mm_user_build(name, uid, &list, &row->user, err);
	if (code == MM_OK)
		hash_token(file, mm_span_str(token), row->hash);
	return code;
}

static enum mm_code add_row(struct mm_token_file *file, const struct mm_csv_record *record, struct mm_err *err)
{
	struct row *row;
	enum mm_code code;

	if (record->count < 3)
		return mm_fail(
			err, MM_EREFUSED,
			"%zu of at least 3 columns; accepted: token,user,uid or token,user,uid,\"group1,group2\"",
			record->count);
	/* Full at every power of two: the capacity need not be stored. */
	if ((file->count & (file->count - 1)) == 0) {
		row = reallocarray(file->rows, file->count ? file->count * 2 : 1, sizeof *row);
		if (!row)
			return mm_fail(err, MM_ENOMEM, "out of memory");
		file->rows = row;
	}
	row = &file->rows[file->count];
	*row = (struct row){.line = record->line};
	code = fill_row(file, record->fields[0], record->fields[1], record->fields[2],
			record->count > 3 ? record->fields[3] : NULL, row, err);
	file->count += code == MM_OK;
	return code;
}

static int compare_rows(const void *a, const void *b)
{
	return memcmp(((const struct row *)a)->hash, ((const struct row *)b)->hash, SHA256_DIGEST_LENGTH);
}

/* Which of two users would a token be, that both have? */
static enum mm_code check_unique(struct mm_token_file *file, const char *name, struct mm_err *err)
{
	if (file->count > 0)
		qsort(file->rows, file->count, sizeof *file->rows, compare_rows);
	for (size_t i = 1; i < file->count; i++) {
		const struct row *a = &file->rows[i - 1], *b = &file->rows[i];
		size_t first = a->line < b->line ? a->line : b->line;

		if (compare_rows(a, b) == 0)
			return mm_fail(err, MM_ECONFIG, "%s:%zu: the same token as in line %zu", name,
				       a->line + b->line - first, first);
	}
	return MM_OK;
}

static enum mm_code add_rows(struct mm_token_file *file, struct mm_csv *csv, const char *name, struct mm_err *err)
{
	struct mm_err why = {0};
	enum mm_code code;

	for (;;) {
		struct mm_csv_record record;

		code = mm_csv_next(csv, &record, &why);
		if (code == MM_OK && record.count == 0)
			return MM_OK;
		if (code == MM_OK)
			code = add_row(file, &record, &why);
		if (code != MM_OK)
			return mm_fail(err, code == MM_ENOMEM ? code : MM_ECONFIG, "%s:%zu: %s", name, record.line,
				       why.text);
	}
}

static enum mm_code new_file(struct mm_token_file **out, struct mm_err *err)
{
	*out = calloc(1, sizeof **out);
	return *out ? draw_key(*out, err) : mm_fail(err, MM_ENOMEM, "out of memory");
}

/* A byte order mark, as editors on Windows put it there, is passed over. */
static char *after_mark(struct mm_buf *text)
{
	static const char mark[] = "\xef\xbb\xbf";

	return mm_span_starts(mm_buf_span(text), mark) ? text->p + strlen(mark) : text->p;
}

enum mm_code mm_token_file_parse(struct mm_buf *text, const char *name, struct mm_token_file **out, struct mm_err *err)
{
	mm_auto(mm_token_file) file = NULL;
	enum mm_code code = new_file(&file, err);

	*out = NULL;
	if (code == MM_OK && text->len > 0) {
		struct mm_csv csv = {.at = after_mark(text), .line = 1};

		if (memchr(text->p, '\0', text->len))
			return mm_fail(err, MM_ECONFIG, "%s: a NUL byte is in it", name);
		code = add_rows(file, &csv, name, err);
	}
	if (code == MM_OK)
		code = check_unique(file, name, err);
	if (code == MM_OK)
		*out = mm_take(file);
	return code;
}

enum mm_code mm_token_file_load(const char *path, struct mm_token_file **out, struct mm_err *err)
{
	mm_auto_buf text = {0};
	enum mm_code code = mm_path_read(path, MM_FILE_HANDED, MM_TOKEN_FILE_MAX, &text, err);

	*out = NULL;
	return code == MM_OK ? mm_token_file_parse(&text, path, out, err) : code;
}

enum mm_code mm_token_file_of_token(const char *token, const char *name, struct mm_token_file **out, struct mm_err *err)
{
	mm_auto(mm_token_file) file = NULL;
	enum mm_code code = new_file(&file, err);

	*out = NULL;
	if (code != MM_OK)
		return code;
	file->rows = calloc(1, sizeof *file->rows);
	if (!file->rows)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	code = fill_row(file, token, name, NULL, NULL, &file->rows[0], err);
	if (code != MM_OK)
		return code;
	file->count = 1;
	*out = mm_take(file);
	return MM_OK;
}

void mm_token_file_free(struct mm_token_file *file)
{
	if (!file)
		return;
	for (size_t i = 0; i < file->count; i++)
		mm_user_clear(&file->rows[i].user);
	OPENSSL_cleanse(&file->inner, sizeof file->inner);
	OPENSSL_cleanse(&file->outer, sizeof file->outer);
	free(file->rows);
	free(file);
}
