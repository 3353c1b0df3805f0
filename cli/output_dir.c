/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/output_dir.h"

#include "cli/output.h"

#include <fcntl.h>
#include <mintmark/file.h>
#include <string.h>

/* No secrets are among such files: others may read them. */
enum { DIR_MODE = 0755, FILE_MODE = 0644 };

/* `json` is NULL when there is none to be. */
static enum mm_code tell(const char *dir, const char *name, bool written, json_t *json, struct mm_buf *text,
			 struct mm_err *err)
{
	bool has_slash = *dir != '\0' && dir[strlen(dir) - 1] == '/';
	mm_auto_buf path = {0}, visible = {0};
	enum mm_code code;

	mm_buf_printf(&path, "%s%s%s", dir, has_slash ? "" : "/", name);
	mm_add_visible(&visible, mm_buf_span(&path), false);
	code = mm_buf_check(&visible, err);
	if (code != MM_OK)
		return code;
	mm_buf_printf(text, "%s %s\n", visible.p, written ? "written" : "unchanged");
	if (json && json_array_append_new(json, json_pack("{s:s, s:b}", "path", visible.p, "written", written)) < 0)
		return mm_fail(err, MM_EREFUSED, "%s: the path is not UTF-8, which JSON is", visible.p);
	return MM_OK;
}

enum mm_code mm_output_dir_write(const struct mm_call *call, const char *dir, const struct mm_pairs *files,
				 struct mm_err *err)
{
	json_t *json = mm_wants_json(call) ? json_array() : NULL;
	mm_auto_buf text = {0};
	mm_auto_fd fd = -1;
	enum mm_code code = mm_dir_make(AT_FDCWD, dir, DIR_MODE, MM_FILE_ANY, &fd, err);

	for (size_t i = 0; i < files->names.n && code == MM_OK; i++) {
		const char *name = files->names.v[i];
		bool written = false;

		code = mm_file_update(fd, name, mm_span_str(files->values.v[i]), FILE_MODE, &written, err);
		code = mm_context(err, code, "%s", dir);
		if (code == MM_OK)
			code = tell(dir, name, written, json, &text, err);
	}
	if (code == MM_OK && json)
		return mm_print_json(json_pack("{s:o}", "files", json), err);
	json_decref(json);
	return code == MM_OK ? mm_print(&text, err) : code;
}
