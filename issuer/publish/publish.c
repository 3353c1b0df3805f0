/* SPDX-License-Identifier: Apache-2.0 */
/* Writing the documents out for a static host. */
#include <mintmark/document.h>

#include <fcntl.h>
#include <mintmark/file.h>
#include <string.h>

enum { DIR_MODE = 0755, FILE_MODE = 0644 };

/* Goes from `*fd` down into `name`, which is made if needed and must not be a link; the old descriptor is closed. */
static enum mm_code descend(int *fd, const char *name, struct mm_err *err)
{
	int child;
	enum mm_code code;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return mm_fail(err, MM_EREFUSED, "a path with \"%s\" in it", name);
	code = mm_dir_make(*fd, name, DIR_MODE, MM_FILE_ANY, &child, err);
	if (code != MM_OK)
		return code;
	mm_fd_close(fd);
	*fd = child;
	return MM_OK;
}

/* Opens the directory in which `path` (cut up here) stands below `dir`, component by component; `*name` is the last. */
static enum mm_code open_place(const char *dir, char *path, int *fd, const char **name, struct mm_err *err)
{
	char *state, *component = strtok_r(path, "/", &state), *next;
	enum mm_code code = mm_dir_make(AT_FDCWD, dir, DIR_MODE, MM_FILE_ANY, fd, err);

	while (code == MM_OK && (next = strtok_r(NULL, "/", &state))) {
		code = descend(fd, component, err);
		component = next;
	}
	*name = component;
	return code;
}

/* Whether the file is there with these very bytes. MM_EUNSAFE: something else has its name. */
static enum mm_code is_current(int dirfd, const char *name, const struct mm_document *document, bool *current,
			       struct mm_err *err)
{
	mm_auto_buf found = {0};
	struct mm_err reason = {0};
	enum mm_code code = mm_file_read(dirfd, name, MM_FILE_ANY, document->body.len, &found, &reason);

	*current = code == MM_OK && mm_span_eq(mm_buf_span(&found), mm_buf_span(&document->body));
	if (code == MM_OK || code == MM_ENOTFOUND || code == MM_ELIMIT)
		return MM_OK;
	return mm_fail(err, code, "%s", reason.text);
}

static enum mm_code publish_at(const struct mm_document *document, const char *dir, char *path, bool *written,
			       struct mm_err *err)
{
	mm_auto_fd fd = -1;
	const char *name = NULL;
	bool current = false;
	enum mm_code code = open_place(dir, path, &fd, &name, err);

	if (code == MM_OK)
		code = is_current(fd, name, document, &current, err);
	if (code == MM_OK && !current)
		code = mm_file_replace(fd, name, mm_buf_span(&document->body), FILE_MODE, err);
	*written = code == MM_OK && !current;
	return code;
}

static enum mm_code publish(const struct mm_document *document, const char *dir, const char *prefix, bool *written,
			    struct mm_err *err)
{
	mm_auto_buf path = {0};
	enum mm_code code;

	mm_buf_add_str(&path, prefix ? prefix : "");
	mm_buf_add_str(&path, document->path);
	code = mm_buf_check(&path, err);
	if (code == MM_OK)
		code = publish_at(document, dir, path.p, written, err);
	return mm_context(err, code, "publishing %s under %s", document->path, dir);
}

enum mm_code mm_documents_publish(const struct mm_documents *documents, const char *dir, const char *prefix,
				  struct mm_publish_result *result, struct mm_err *err)
{
	enum mm_code code;

	*result = (struct mm_publish_result){0};
	code = publish(&documents->jwks, dir, prefix, &result->jwks_written, err);
	if (code == MM_OK)
		code = publish(&documents->discovery, dir, prefix, &result->discovery_written, err);
	return code;
}
