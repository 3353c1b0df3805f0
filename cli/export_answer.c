/* SPDX-License-Identifier: Apache-2.0 */
/* What is said of an export for a kube-apiserver: the files, the keys in them, and what has to be done now. */
#include "cli/export_apiserver.h"
#include "cli/output.h"

#include <mintmark/document.h>
#include <string.h>

/* Why API servers have to be restarted; each text but those without a kid has one place for it. */
static const struct {
	const char *name; /* in JSON; NULL: there is nothing to do */
	const char *why;
} reasons[] = {
	[MM_RESTART_NONE] = {NULL, NULL},
	[MM_RESTART_FIRST] = {"first", NULL},
	[MM_RESTART_DROPPED] = {"dropped", "they still trust %s, which is out of use"},
	[MM_RESTART_REPLACED] = {"replaced", "they still sign with %s, which is not the signer any more"},
	[MM_RESTART_ADDED] = {"added", "from then on %s may sign, which they do not trust yet"},
	[MM_RESTART_UNKNOWN] = {"unknown", "tokens by %s are out, which they do not trust yet"},
	[MM_RESTART_REVOKED] = {"revoked", "they still use %s, which is revoked"},
};

static void add_why(struct mm_buf *out, const struct mm_restart *restart)
{
	const char *why = reasons[restart->reason].why, *place = strstr(why, "%s");

	mm_buf_add(out, why, (size_t)(place - why));
	mm_buf_add_str(out, restart->kid);
	mm_buf_add_str(out, place + 2);
}

static void add_restart(struct mm_buf *out, const struct mm_restart *restart, mm_time now)
{
	if (restart->reason == MM_RESTART_NONE) {
		mm_buf_add_str(out, "no API server that has read these keys needs a restart");
		return;
	}
	if (restart->reason == MM_RESTART_FIRST) {
		mm_buf_add_str(out, "there were no files before: start each API server with these");
		return;
	}
	mm_buf_add_str(out, "restart each API server ");
	if (restart->before == MM_NEVER) {
		mm_buf_add_str(out, "when it suits");
	} else if (restart->before <= now) {
		mm_buf_add_str(out, "at once");
	} else {
		mm_buf_add_str(out, "before ");
		mm_add_when(out, restart->before, now);
	}
	mm_buf_add_str(out, ": ");
	add_why(out, restart);
}

static const char *word(bool written)
{
	return written ? "written" : "unchanged";
}

static const char *state_of(const struct mm_key_record *record, mm_time now)
{
	return mm_key_states[mm_key_state(record, now)].name;
}

void mm_apiserver_add_text(struct mm_buf *out, const struct mm_apiserver_exported *exported, const char *dir)
{
	const struct mm_apiserver_files *files = &exported->files;
	const struct mm_key_record *record = NULL;

	mm_buf_printf(out, "%s/" MM_APISERVER_PUB " %s\n", dir, word(exported->change.pub_written));
	while ((record = mm_apiserver_next(files, record)))
		mm_buf_printf(out, "  %s  %s  %s\n", mm_key_kid(record->key), mm_key_alg(record->key)->name,
			      state_of(record, files->now));
	mm_buf_printf(out, "%s/" MM_APISERVER_KEY " %s\n  %s  %s\n", dir, word(exported->change.key_written),
		      mm_key_kid(files->signer->key), files->alg->name);
	add_restart(out, &exported->restart, files->now);
	mm_buf_add_str(out, "\n");
}

void mm_apiserver_add_line(struct mm_buf *out, const struct mm_apiserver_exported *exported)
{
	const struct mm_apiserver_files *files = &exported->files;
	char now[MM_TIME_TEXT_SIZE];

	mm_time_format(files->now, now);
	mm_buf_printf(out, "%s revision %llu: " MM_APISERVER_PUB " %s, " MM_APISERVER_KEY " %s, signer %s; ", now,
		      (unsigned long long)files->set->revision, word(exported->change.pub_written),
		      word(exported->change.key_written), mm_key_kid(files->signer->key));
	add_restart(out, &exported->restart, files->now);
	mm_buf_add_str(out, "\n");
}

/* It is no reason to keep back the keys that it can use: tokens by this one are for other verifiers. */
void mm_apiserver_warn(const struct mm_apiserver_exported *exported)
{
	const struct mm_apiserver_files *files = &exported->files;
	const struct mm_key_record *record = NULL;

	while ((record = mm_jwks_next(files->set, files->alg, files->now, record))) {
		if (!mm_apiserver_verifies(mm_key_alg(record->key)))
			mm_note("warning: %s is not in " MM_APISERVER_PUB ": a kube-apiserver cannot verify %s",
				mm_key_kid(record->key), mm_key_alg(record->key)->name);
	}
}

/* ---- for programs ----------------------------------------------------------------------------------------------- */

static json_t *key_json(const struct mm_key_record *record, mm_time now)
{
	return json_pack("{s:s, s:s, s:s}", "kid", mm_key_kid(record->key), "algorithm", mm_key_alg(record->key)->name,
			 "state", state_of(record, now));
}

/* The keys that are in sa.pub, or those of the JWKS that are not. */
static json_t *keys_json(const struct mm_apiserver_files *files, bool in_pub)
{
	const struct mm_key_record *record = NULL;
	json_t *keys = json_array();

	while ((record = mm_jwks_next(files->set, files->alg, files->now, record))) {
		if (mm_apiserver_verifies(mm_key_alg(record->key)) == in_pub)
			json_array_append_new(keys, key_json(record, files->now));
	}
	return keys;
}

static json_t *restart_json(const struct mm_restart *restart)
{
	mm_auto_buf why = {0};

	if (!reasons[restart->reason].name)
		return json_null();
	if (!reasons[restart->reason].why)
		return json_pack("{s:s, s:n, s:n, s:n}", "reason", reasons[restart->reason].name, "kid", "before",
				 "why");
	add_why(&why, restart);
	return json_pack("{s:s, s:s, s:o, s:s}", "reason", reasons[restart->reason].name, "kid", restart->kid, "before",
			 mm_json_time(restart->before), "why", why.p);
}

static json_t *path_json(const char *dir, const char *name)
{
	return json_sprintf("%s/%s", dir, name);
}

json_t *mm_apiserver_json(const struct mm_apiserver_exported *exported, const char *dir)
{
	const struct mm_apiserver_files *files = &exported->files;

	return json_pack("{s:o, s:I, s:{s:o, s:b, s:o, s:o}, s:{s:o, s:b, s:s, s:s}, s:o}", "time",
			 mm_json_time(files->now), "revision", (json_int_t)files->set->revision, "sa_pub", "path",
			 path_json(dir, MM_APISERVER_PUB), "written", exported->change.pub_written, "keys",
			 keys_json(files, true), "left_out", keys_json(files, false), "sa_key", "path",
			 path_json(dir, MM_APISERVER_KEY), "written", exported->change.key_written, "kid",
			 mm_key_kid(files->signer->key), "algorithm", files->alg->name, "restart",
			 restart_json(&exported->restart));
}
