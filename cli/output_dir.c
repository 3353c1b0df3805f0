/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/output_dir.h"

#include "cli/output.h"

#include <fcntl.h>
#include <mintmark/file.h>
#include <string.h>

/* No secrets are among such files: others may read them. */
enum { DIR_MODE = 0755, FILE_MODE = 0644 };

static enum mm_code tell(const char *dir, const char *name, bool written, struct mm_buf *text, json_t *json,
			 struct mm_err *err)
{
	bool has_slash = *dir != '\0' && dir[strlen(dir) - 1] == '/';
	mm_auto_buf path = {0};
	enum mm_code code;

	mm_buf_printf(&path, "%s%s%s", dir, has_slash ? "" : "/", name);
	code = mm_buf_check(&path, err);
	if (code != MM_OK)
		return code;
	mm_add_visible(text, mm_buf_span(&path), false);
	mm_buf_add_str(text, written ? " written\n" : " unchanged\n");
	if (json && json_array_append_new(
			    json, json_pack("{s:s, s:s, s:b}", "name", name, "path", path.p, "written", written)) < 0)
		return mm_fail(err, MM_EREFUSED, "%s: the path is not UTF-8, which JSON is", dir);
	return MM_OK;
}

enum mm_code mm_output_dir_write(const char *dir, const struct mm_pairs *files, struct mm_buf *text, json_t *json,
				 struct mm_err *err)
{
	mm_auto_fd fd = -1;
	enum mm_code code = mm_dir_make(AT_FDCWD, dir, DIR_MODE, MM_FILE_ANY, &fd, err);

	for (size_t i = 0; i < files->names.n && code == MM_OK; i++) {
		const char *name = files->names.v[i];
		bool written = false;

		code = mm_file_update(fd, name, mm_span_str(files->values.v[i]), FILE_MODE, &written, err);
		code = mm_context(err, code, "%s", dir);
		if (code == MM_OK)
			code = tell(dir, name, written, text, json, err);
	}
	return code;
}
