/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/trust_answer.h"

#include "cli/findings.h"
#include "cli/output.h"
#include "cli/output_dir.h"

#include <mintmark/json.h>
#include <mintmark/yaml.h>

void mm_trust_answer_clear(struct mm_trust_answer *answer)
{
	for (size_t i = 0; i < MM_TRUST_PART_COUNT; i++)
		json_decref(answer->parts[i]);
	mm_findings_free(&answer->findings);
}

/* ---- one part as a text ----------------------------------------------------------------------------------------- */

static enum mm_code add_json(const json_t *object, struct mm_buf *out, struct mm_err *err)
{
	return mm_json_dump_pretty(object, out, err);
}

/* Documents of one stream. */
static enum mm_code add_manifests(const json_t *objects, struct mm_buf *out, struct mm_err *err)
{
	json_t *object;
	size_t i;

	json_array_foreach(objects, i, object)
	{
		if (i > 0)
			mm_buf_add_str(out, "---\n");
		mm_yaml_add(out, object);
	}
	return mm_buf_check(out, err);
}

/* --cli-input-json takes one call's parameters. */
static enum mm_code add_association(const json_t *objects, struct mm_buf *out, struct mm_err *err)
{
	if (json_array_size(objects) > 1)
		return mm_fail(err, MM_EUSAGE,
			       "each service account has an association of its own; accepted: one account, "
			       "--output-dir DIR, or -o json");
	return add_json(json_array_get(objects, 0), out, err);
}

static const struct {
	const char *member; /* in JSON */
	const char *file;
	bool each; /* a file for each object */
	enum mm_code (*add)(const json_t *value, struct mm_buf *out, struct mm_err *err);
} parts[MM_TRUST_PART_COUNT] = {
	[MM_TRUST_POLICY] = {"policy", "trust-policy.json", false, add_json},
	[MM_TRUST_SERVICE_ACCOUNT] = {"service_accounts", "service-accounts.yaml", false, add_manifests},
	[MM_TRUST_POD] = {"pods", "pods.yaml", false, add_manifests},
	[MM_TRUST_ASSOCIATION] = {"associations", "association.json", true, add_association},
};

/* ---- printed ---------------------------------------------------------------------------------------------------- */

static enum mm_code print_json(const struct mm_trust_answer *answer, struct mm_err *err)
{
	json_t *json = json_object();

	for (size_t i = 0; i < MM_TRUST_PART_COUNT; i++) {
		if (answer->parts[i])
			json_object_set(json, parts[i].member, answer->parts[i]);
	}
	if (json_object_set_new(json, "findings", mm_findings_json(&answer->findings)) < 0) {
		json_decref(json);
		json = NULL;
	}
	return mm_print_json(json, err);
}

enum mm_code mm_trust_answer_print(const struct mm_call *call, const struct mm_trust_answer *answer, struct mm_err *err)
{
	mm_auto_buf text = {0};
	enum mm_code code = MM_OK;

	if (mm_wants_json(call))
		return print_json(answer, err);
	for (size_t i = 0; i < MM_TRUST_PART_COUNT && code == MM_OK; i++) {
		if (answer->parts[i])
			code = parts[i].add(answer->parts[i], &text, err);
	}
	return code == MM_OK ? mm_print(&text, err) : code;
}

/* ---- written ---------------------------------------------------------------------------------------------------- */

static enum mm_code add_file(struct mm_pairs *files, size_t part, const json_t *value, struct mm_err *err)
{
	mm_auto_buf name = {0}, text = {0};
	enum mm_code code = parts[part].add(value, &text, err);

	mm_buf_printf(&name, "%02zu-%s", files->names.n + 1, parts[part].file);
	if (code == MM_OK)
		code = mm_buf_check(&text, err);
	if (code == MM_OK)
		code = mm_buf_check(&name, err);
	if (code == MM_OK)
		code = mm_strings_add(&files->names, name.p, err);
	return code == MM_OK ? mm_strings_add(&files->values, text.p, err) : code;
}

static enum mm_code add_part(struct mm_pairs *files, size_t part, json_t *value, struct mm_err *err)
{
	enum mm_code code = MM_OK;

	if (!parts[part].each)
		return json_is_array(value) && json_array_size(value) == 0 ? MM_OK : add_file(files, part, value, err);
	for (size_t i = 0; i < json_array_size(value) && code == MM_OK; i++) {
		json_t *one = json_pack("[O]", json_array_get(value, i));

		code = add_file(files, part, one, err);
		json_decref(one);
	}
	return code;
}

static enum mm_code write_files(const struct mm_call *call, const struct mm_pairs *files,
				const struct mm_findings *findings, const char *dir, struct mm_err *err)
{
	json_t *list = mm_wants_json(call) ? json_array() : NULL;
	mm_auto_buf text = {0};
	enum mm_code code = mm_output_dir_write(dir, files, &text, list, err);

	if (code == MM_OK && list)
		return mm_print_json(json_pack("{s:o, s:o}", "files", list, "findings", mm_findings_json(findings)),
				     err);
	json_decref(list);
	return code == MM_OK ? mm_print(&text, err) : code;
}

enum mm_code mm_trust_answer_write(const struct mm_call *call, const struct mm_trust_answer *answer, const char *dir,
				   struct mm_err *err)
{
	mm_auto_pairs files = {0};
	enum mm_code code = MM_OK;

	for (size_t i = 0; i < MM_TRUST_PART_COUNT && code == MM_OK; i++) {
		if (answer->parts[i])
			code = add_part(&files, i, answer->parts[i], err);
	}
	return code == MM_OK ? write_files(call, &files, &answer->findings, dir, err) : code;
}
