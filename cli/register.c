/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/register.h"

#include "cli/findings.h"
#include "cli/output.h"
#include "cli/output_dir.h"

#include <mintmark/json.h>
#include <stdlib.h>
#include <string.h>

void mm_register_clear(struct mm_register *run)
{
	mm_findings_free(&run->findings);
	mm_strings_free(&run->registration.audiences);
	mm_strings_free(&run->registration.algorithms);
	mm_strings_free(&run->registration.thumbprints);
	free(run->accounts);
	mm_strings_free(&run->names);
	mm_strings_free(&run->targets);
	json_decref(run->jwks);
	mm_snapshot_free(run->snapshot);
	mm_cli_context_clear(&run->context);
	*run = (struct mm_register){0};
}

/* ---- what is known of the issuer -------------------------------------------------------------------------------- */

/* The i-th of the cloud; NULL past its last. */
static const struct mm_registration_form *nth_form(enum mm_cloud_id cloud, size_t i)
{
	for (const struct mm_registration_form *form = mm_registration_forms; form->name; form++) {
		if (form->cloud == cloud && i-- == 0)
			return form;
	}
	return NULL;
}

#define FORMS(word, cloud)                                                                                             \
	const char *mm_register_##word##_form(size_t i)                                                                \
	{                                                                                                              \
		const struct mm_registration_form *form = nth_form(cloud, i);                                          \
                                                                                                                       \
		return form ? form->name : NULL;                                                                       \
	}                                                                                                              \
	const char *mm_register_##word##_form_help(size_t i)                                                           \
	{                                                                                                              \
		return nth_form(cloud, i)->help;                                                                       \
	}
FORMS(aws, MM_CLOUD_AWS)
FORMS(gcp, MM_CLOUD_GCP)
FORMS(azure, MM_CLOUD_AZURE)

static const char *dir_of(const struct mm_register *run)
{
	const struct mm_register_options *options = run->call->options;

	return options->dry_run && !options->output_dir ? "." : options->output_dir;
}

static enum mm_code find_form(struct mm_register *run, enum mm_cloud_id cloud, struct mm_err *err)
{
	const struct mm_register_options *options = run->call->options;
	const char *name = options->dry_run ? "files" : options->form;

	run->form = name ? mm_registration_form(cloud, name) : nth_form(cloud, 0);
	if (run->form->dir && !dir_of(run) && !mm_wants_json(run->call))
		return mm_fail(err, MM_EUSAGE, "%s: the form %s is several files: --output-dir DIR is missing",
			       run->call->command->name, run->form->name);
	return MM_OK;
}

/* Those that sign; the first of them is what a token gets for which none was named. */
static enum mm_code add_algorithms(struct mm_register *run, struct mm_err *err)
{
	const struct mm_policy *policy = &run->snapshot->policy;
	enum mm_code code = MM_OK;

	for (size_t i = 0; i < policy->alg_count && code == MM_OK; i++)
		code = mm_strings_add(&run->registration.algorithms, policy->algs[i]->name, err);
	return code;
}

/* Each once: a cloud may refuse a list in which one stands twice, and counts them. */
static enum mm_code add_audiences(struct mm_register *run, const struct mm_strings *asked, struct mm_err *err)
{
	struct mm_strings *audiences = &run->registration.audiences;
	enum mm_code code = MM_OK;

	for (size_t i = 0; i < asked->n && code == MM_OK; i++) {
		if (!mm_strings_has(audiences, asked->v[i]))
			code = mm_strings_add(audiences, asked->v[i], err);
	}
	return code;
}

enum mm_code mm_register_open(struct mm_call *call, enum mm_cloud_id cloud, struct mm_register *run, struct mm_err *err)
{
	const struct mm_register_options *options = call->options;
	struct mm_span jwks;
	enum mm_code code;

	run->call = call;
	code = find_form(run, cloud, err);
	if (code == MM_OK)
		code = mm_cli_open_snapshot(call, false, mm_clock_now(), &run->context, &run->snapshot, err);
	if (code != MM_OK)
		return code;
	jwks = mm_buf_span(&run->snapshot->documents->jwks.body);
	code = mm_json_load(jwks, jwks.len, &run->jwks, err);
	run->registration.issuer = run->snapshot->issuer;
	run->registration.jwks = run->jwks;
	if (code == MM_OK)
		code = add_audiences(run, &options->audiences, err);
	return code == MM_OK ? add_algorithms(run, err) : code;
}

/* ---- accounts --------------------------------------------------------------------------------------------------- */

enum mm_code mm_register_add(struct mm_register *run, const char *account, const char *target, struct mm_err *err)
{
	const char *bound_to = target ? target : "";
	enum mm_code code;

	for (size_t i = 0; i < run->names.n; i++) {
		if (strcmp(run->names.v[i], account) == 0 && strcmp(run->targets.v[i], bound_to) == 0)
			return MM_OK;
	}
	code = mm_strings_add(&run->names, account, err);
	return code == MM_OK ? mm_strings_add(&run->targets, bound_to, err) : code;
}

enum mm_code mm_register_add_named(struct mm_register *run, const char *target, struct mm_err *err)
{
	const struct mm_register_options *options = run->call->options;
	enum mm_code code = MM_OK;

	for (size_t i = 0; i < options->accounts.n && code == MM_OK; i++)
		code = mm_register_add(run, options->accounts.v[i], target, err);
	return code;
}

enum mm_code mm_register_add_annotated(struct mm_register *run, const char *annotation,
				       enum mm_code (*take)(struct mm_register *run, const char *account,
							    const char *value, struct mm_err *err),
				       struct mm_err *err)
{
	const struct mm_register_options *options = run->call->options;
	const struct mm_records *records = &run->context.config->service_accounts;
	const struct mm_account_record *accounts = records->v;
	size_t before = run->names.n;
	enum mm_code code = MM_OK;

	if (!options->all_accounts)
		return MM_OK;
	for (size_t i = 0; i < records->n && code == MM_OK; i++) {
		const char *value = mm_pairs_find(&accounts[i].annotations, annotation);
		mm_auto_buf name = {0};

		if (!value)
			continue;
		mm_buf_printf(&name, "%s/%s", accounts[i].namespace, accounts[i].name);
		code = mm_buf_check(&name, err);
		if (code == MM_OK)
			code = take(run, name.p, value, err);
	}
	if (code == MM_OK && run->names.n == before)
		mm_finding_add(&run->findings, MM_FINDING_WARN, "account.none",
			       "service_accounts[].annotations in mintmark.yaml(5) says how",
			       "no account of the configuration has the annotation %s", annotation);
	return code;
}

/* The accounts as the registration wants them. */
static enum mm_code set_accounts(struct mm_register *run, struct mm_err *err)
{
	run->accounts = calloc(run->names.n + 1, sizeof *run->accounts);
	if (!run->accounts)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	for (size_t i = 0; i < run->names.n; i++) {
		run->accounts[i].name = run->names.v[i];
		run->accounts[i].target = *run->targets.v[i] ? run->targets.v[i] : NULL;
	}
	run->registration.accounts = run->accounts;
	run->registration.account_count = run->names.n;
	return MM_OK;
}

/* ---- the answer ------------------------------------------------------------------------------------------------- */

static json_t *answer_json(const struct mm_register *run, json_t *files)
{
	return json_pack("{s:s, s:s, s:s, s:o, s:o}", "cloud", mm_clouds[run->form->cloud].name, "form",
			 run->form->name, "issuer", run->registration.issuer, "findings",
			 mm_findings_json(&run->findings), "files", files);
}

static enum mm_code print(struct mm_register *run, const struct mm_pairs *files, struct mm_err *err)
{
	mm_auto_buf text = {0};

	if (mm_wants_json(run->call)) {
		json_t *list = json_array();

		for (size_t i = 0; i < files->names.n; i++)
			json_array_append_new(list, json_pack("{s:s, s:s}", "name", files->names.v[i], "content",
							      files->values.v[i]));
		return mm_print_json(answer_json(run, list), err);
	}
	if (files->names.n != 1) {
		mm_hint(run->call, "--output-dir DIR writes them; -o json prints all");
		return mm_fail(err, MM_EUSAGE, "%s: these are %zu files, and one can be printed",
			       run->call->command->name, files->names.n);
	}
	mm_buf_add_str(&text, files->values.v[0]);
	return mm_print(&text, err);
}

static enum mm_code write_files(struct mm_register *run, const char *dir, const struct mm_pairs *files,
				struct mm_err *err)
{
	json_t *list = mm_wants_json(run->call) ? json_array() : NULL;
	mm_auto_buf text = {0};
	enum mm_code code = mm_output_dir_write(dir, files, &text, list, err);

	if (code == MM_OK)
		return list ? mm_print_json(answer_json(run, list), err) : mm_print(&text, err);
	json_decref(list);
	return mm_context(err, code, "%s", run->call->command->name);
}

static enum mm_code refuse(struct mm_register *run, struct mm_err *err)
{
	enum mm_code code = mm_wants_json(run->call) ? mm_print_json(answer_json(run, json_array()), err) : MM_OK;

	if (code != MM_OK)
		return code;
	return mm_fail(err, MM_EREFUSED, "%s: %s would refuse this, or refuse the tokens", run->call->command->name,
		       mm_clouds[run->form->cloud].title);
}

enum mm_code mm_register_finish(struct mm_register *run, struct mm_err *err)
{
	const char *dir = dir_of(run);
	mm_auto_pairs files = {0};
	enum mm_code code = set_accounts(run, err);

	if (code == MM_OK)
		mm_registration_check(&run->registration, run->form, &run->findings);
	if (code == MM_OK)
		code = mm_findings_check(&run->findings, err);
	if (code != MM_OK)
		return code;
	mm_findings_note(&run->findings, MM_FINDING_SKIP);
	if (mm_findings_worst(&run->findings) == MM_FINDING_FAIL)
		return refuse(run, err);
	code = mm_context(err, mm_registration_render(&run->registration, run->form, &files, err), "%s",
			  run->call->command->name);
	if (code != MM_OK)
		return code;
	return dir ? write_files(run, dir, &files, err) : print(run, &files, err);
}
