/* SPDX-License-Identifier: Apache-2.0 */
/* The private keys of a directory store: one file KID.pem for each, in a directory of their own. */
#include "keys/store_material.h"

#include "keys/store_impl.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <mintmark/file.h>
#include <mintmark/keyio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define SUFFIX    ".pem"
#define NAME_SIZE (MM_KID_SIZE + sizeof(SUFFIX) - 1)
#define KEY_MODE  0600

static void file_name(const struct mm_key *key, char out[static NAME_SIZE])
{
	snprintf(out, NAME_SIZE, "%s" SUFFIX, mm_key_kid(key));
}

/* PKCS#8 does not say for which of its algorithms an RSA key is: the record does. */
static enum mm_code load_one(int keys_fd, struct mm_key_record *record, struct mm_err *err)
{
	mm_auto(mm_key) key = NULL;
	mm_auto_buf pem = {0};
	char name[NAME_SIZE];
	enum mm_code code;

	file_name(record->key, name);
	code = mm_file_read(keys_fd, name, MM_FILE_PRIVATE, MM_KEY_FILE_MAX, &pem, err);
	if (code != MM_OK)
		return code;
	code = mm_key_import(mm_buf_span(&pem), mm_key_alg(record->key), (struct mm_span){0}, &key, err);
	if (code == MM_OK && strcmp(mm_key_kid(key), mm_key_kid(record->key)) != 0)
		code = mm_fail(err, MM_EREFUSED, "it holds another key, %s", mm_key_kid(key));
	if (code != MM_OK)
		return mm_context(err, code, "%s", name);
	mm_key_free(record->key);
	record->key = mm_take(key);
	return MM_OK;
}

enum mm_code mm_material_load(int keys_fd, struct mm_keyset *set, struct mm_err *err)
{
	enum mm_code code = MM_OK;

	for (size_t i = 0; i < set->count && code == MM_OK; i++) {
		if (mm_store_keeps_material(&set->records[i]))
			code = load_one(keys_fd, &set->records[i], err);
	}
	return code;
}

static enum mm_code write_one(int keys_fd, const char *name, const struct mm_key *key, struct mm_err *err)
{
	mm_auto_buf pem = {0};
	enum mm_code code = mm_key_export(key, MM_FORM_PKCS8, &pem, err);

	if (code == MM_OK)
		code = mm_buf_check(&pem, err);
	return code == MM_OK ? mm_file_replace(keys_fd, name, mm_buf_span(&pem), KEY_MODE, err) : code;
}

/* A file that no committed set speaks of is what a crash left: it may be there without being durable. */
static bool is_stored(int keys_fd, const char *name, const struct mm_keyset *stored, const struct mm_key *key)
{
	const struct mm_key_record *known = stored ? mm_keyset_find(stored, mm_key_kid(key)) : NULL;
	struct stat st;

	return known && mm_store_keeps_material(known) && fstatat(keys_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Whether the step to be committed makes it a signer. */
static bool begins_to_sign(const struct mm_keyset *stored, const struct mm_key_record *record)
{
	const struct mm_key_record *known = mm_keyset_find(stored, mm_key_kid(record->key));

	return known && known->activated == MM_NEVER && mm_key_state(record, MM_NEVER) == MM_STATE_ACTIVE;
}

/* A file that is there may have been damaged since it was written; better found out while the old key still signs. */
static enum mm_code check_signer(int keys_fd, const struct mm_key_record *record, struct mm_err *err)
{
	struct mm_key_record copy = *record;
	enum mm_code code;

	copy.key = mm_key_ref(record->key);
	code = load_one(keys_fd, &copy, err);
	mm_key_free(copy.key);
	return mm_context(err, code, "key %s cannot sign: revoke it, or restore its file from a backup",
			  mm_key_kid(record->key));
}

enum mm_code mm_material_store(int keys_fd, const struct mm_keyset *stored, const struct mm_keyset *next,
			       struct mm_err *err)
{
	enum mm_code code = MM_OK;

	for (size_t i = 0; i < next->count && code == MM_OK; i++) {
		const struct mm_key_record *record = &next->records[i];
		char name[NAME_SIZE];

		if (!mm_store_keeps_material(record))
			continue;
		file_name(record->key, name);
		if (is_stored(keys_fd, name, stored, record->key)) {
			if (begins_to_sign(stored, record))
				code = check_signer(keys_fd, record, err);
			continue;
		}
		code = mm_key_is_private(record->key)
			       ? write_one(keys_fd, name, record->key, err)
			       : mm_fail(err, MM_EREFUSED, "%s is missing, and the key set comes without it", name);
	}
	return code;
}

static bool is_key_file(const char *name)
{
	return strlen(name) == NAME_SIZE - 1 && strcmp(name + MM_KID_SIZE - 1, SUFFIX) == 0;
}

static bool has_owner(const struct mm_keyset *set, const char *name)
{
	const struct mm_key_record *record;
	char kid[MM_KID_SIZE];

	snprintf(kid, sizeof(kid), "%.*s", MM_KID_SIZE - 1, name);
	record = set ? mm_keyset_find(set, kid) : NULL;
	return record && mm_store_keeps_material(record);
}

static void dir_close(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

/* A second descriptor, because reading a directory moves its position, and closing the stream closes it. */
static DIR *list(int keys_fd)
{
	mm_auto_fd fd = openat(keys_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

	if (dir)
		fd = -1;
	return dir;
}

enum mm_code mm_material_any(int keys_fd, bool *found, struct mm_err *err)
{
	MM_CLEANUP(dir_close) DIR *dir = list(keys_fd);
	const struct dirent *entry;

	*found = false;
	errno = dir ? 0 : errno;
	while (dir && !*found && (entry = readdir(dir)))
		*found = is_key_file(entry->d_name);
	return errno == 0 ? MM_OK : mm_fail_errno(err, "cannot list the private keys");
}

enum mm_code mm_material_destroy(int keys_fd, const struct mm_keyset *set, struct mm_err *err)
{
	MM_CLEANUP(dir_close) DIR *dir = list(keys_fd);
	enum mm_code result = MM_OK;
	const struct dirent *entry;

	if (!dir)
		return mm_fail_errno(err, "cannot list the private keys");
	/* One that cannot be removed must not save the others. */
	for (errno = 0; (entry = readdir(dir)); errno = 0) {
		enum mm_code code = MM_OK;

		if (is_key_file(entry->d_name) && !has_owner(set, entry->d_name))
			code = mm_file_remove(keys_fd, entry->d_name, err);
		if (result == MM_OK)
			result = code;
	}
	return errno == 0 ? result : mm_fail_errno(err, "cannot list the private keys");
}
