/* SPDX-License-Identifier: Apache-2.0 */
/* Writing the documents out for a static host. */
#include <mintmark/document.h>

#include <fcntl.h>
#include <mintmark/file.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DIR_MODE = 0755, FILE_MODE = 0644, MODE_BITS = 07777 };

/* ---- the lock ---- */

enum mm_code mm_site_lock(const char *dir, int wait_ms, int *site, struct mm_err *err)
{
	enum mm_code code = mm_dir_make(AT_FDCWD, dir, DIR_MODE, MM_FILE_ANY, site, err);

	if (code == MM_OK)
		code = mm_dir_lock(*site, dir, wait_ms, err);
	if (code != MM_OK)
		mm_fd_close(site);
	return code;
}

/* ---- the way to a file ---- */

/* Whoever was killed between making a directory of ours and opening it to others left it closed to the web server. */
static enum mm_code mend_dir(int fd, const char *name, struct mm_err *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return mm_fail_errno(err, "%s", name);
	if ((st.st_mode & DIR_MODE) == DIR_MODE || st.st_uid != geteuid())
		return MM_OK;
	if (fchmod(fd, (st.st_mode & MODE_BITS) | DIR_MODE) != 0 || fsync(fd) != 0)
		return mm_fail_errno(err, "%s: cannot open the directory to others", name);
	return MM_OK;
}

/* Goes from `*fd` down into `name`, which is made if needed and must not be a link; the old descriptor is closed. */
static enum mm_code descend(int *fd, const char *name, struct mm_err *err)
{
	mm_auto_fd child = -1;
	enum mm_code code;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return mm_fail(err, MM_EREFUSED, "a path with \"%s\" in it", name);
	code = mm_dir_make(*fd, name, DIR_MODE, MM_FILE_ANY, &child, err);
	if (code == MM_OK)
		code = mend_dir(child, name, err);
	if (code != MM_OK)
		return code;
	mm_fd_close(fd);
	*fd = child;
	child = -1;
	return MM_OK;
}

/*
 * Opens the directory in which `path` (cut up here) stands below `site`, component by component; `*name` is the last.
 */
static enum mm_code open_place(int site, char *path, int *fd, const char **name, struct mm_err *err)
{
	char *state, *component = strtok_r(path, "/", &state), *next;
	enum mm_code code = MM_OK;

	*name = component;
	*fd = fcntl(site, F_DUPFD_CLOEXEC, 0);
	if (*fd < 0)
		return mm_fail_errno(err, "cannot open the directory");
	while (code == MM_OK && (next = strtok_r(NULL, "/", &state))) {
		code = descend(fd, component, err);
		*name = component = next;
	}
	return code;
}

/* ---- the file ---- */

static enum mm_code publish_at(const struct mm_document *document, int site, char *path, bool *written,
			       struct mm_err *err)
{
	mm_auto_fd fd = -1;
	const char *name = NULL;
	enum mm_code code = open_place(site, path, &fd, &name, err);

	if (code == MM_OK)
		code = mm_file_sweep(fd, name, err);
	if (code == MM_OK)
		code = mm_file_update(fd, name, mm_buf_span(&document->body), FILE_MODE, written, err);
	return code;
}

static enum mm_code publish(const struct mm_document *document, int site, const char *prefix, bool *written,
			    struct mm_err *err)
{
	mm_auto_buf path = {0};
	enum mm_code code;

	mm_buf_add_str(&path, prefix ? prefix : "");
	mm_buf_add_str(&path, document->path);
	code = mm_buf_check(&path, err);
	if (code == MM_OK)
		code = publish_at(document, site, path.p, written, err);
	return mm_context(err, code, "publishing %s", document->path);
}

enum mm_code mm_documents_publish(const struct mm_documents *documents, int site, const char *prefix,
				  struct mm_publish_result *result, struct mm_err *err)
{
	enum mm_code code;

	*result = (struct mm_publish_result){0};
	code = publish(&documents->jwks, site, prefix, &result->jwks_written, err);
	if (code == MM_OK)
		code = publish(&documents->discovery, site, prefix, &result->discovery_written, err);
	return code;
}
