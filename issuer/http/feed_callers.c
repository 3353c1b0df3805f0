/* SPDX-License-Identifier: Apache-2.0 */
/* Who may call the admin listener, and do what there. */
#include "issuer/http/feed_state.h"

#include <string.h>

#define DEV_USER "dev"

static void files_of(const struct mm_config *config, const char *files[static MM_CALLERS_FILES])
{
	files[0] = config->callers.tokens;
	files[1] = config->callers.client_ca;
	files[2] = config->callers.client_crl;
}

bool mm_feed_callers_changed(struct mm_feed *feed)
{
	const char *files[MM_CALLERS_FILES];
	bool changed = false;

	if (!feed->admin)
		return false;
	files_of(mm_feed_config(feed), files);
	for (size_t i = 0; i < MM_CALLERS_FILES; i++)
		changed |= mm_feed_file_changed(files[i], &feed->callers_ids[i]);
	return changed;
}

static bool names_other_files(const struct mm_config *a, const struct mm_config *b)
{
	const char *files_a[MM_CALLERS_FILES], *files_b[MM_CALLERS_FILES];

	files_of(a, files_a);
	files_of(b, files_b);
	for (size_t i = 0; i < MM_CALLERS_FILES; i++) {
		if (!files_a[i] != !files_b[i] || (files_a[i] && strcmp(files_a[i], files_b[i]) != 0))
			return true;
	}
	return false;
}

static enum mm_code load_callers(const struct mm_feed *feed, const struct mm_config *config, struct mm_callers **out,
				 struct mm_err *err)
{
	if (feed->dev_token)
		return mm_callers_of_token(feed->dev_token, DEV_USER, out, err);
	return mm_callers_load(config, out, err);
}

static enum mm_code build_rules(const struct mm_feed *feed, const struct mm_config *config, struct mm_rules **out,
				struct mm_err *err)
{
	return feed->dev_token ? mm_rules_allow_all(DEV_USER, out, err) : mm_rules_build(config, out, err);
}

/* A file that is broken meanwhile does not stand in the way of a configuration that does not change its name. */
enum mm_code mm_feed_load_access(const struct mm_feed *feed, const struct mm_config *config,
				 struct mm_feed_change *change, struct mm_err *err)
{
	enum mm_code code;

	if (!feed->admin)
		return MM_OK;
	code = build_rules(feed, config, &change->rules, err);
	if (code == MM_OK)
		code = mm_directory_build(config, &change->directory, err);
	if (code == MM_OK && (!feed->callers || names_other_files(config, mm_feed_config(feed))))
		code = load_callers(feed, config, &change->callers, err);
	return code;
}

void mm_feed_reload_callers(struct mm_feed *feed)
{
	MM_CLEANUP(mm_feed_change_clear) struct mm_feed_change change = {0};
	struct mm_err err = {0};
	enum mm_code code;

	if (!feed->admin)
		return;
	code = load_callers(feed, mm_feed_config(feed), &change.callers, &err);
	if (code == MM_OK)
		code = mm_feed_apply(feed, &change, &err);
	if (code == MM_OK) {
		mm_feed_count_success(feed, MM_RELOAD_CALLERS);
		mm_log(feed->log, MM_LOG_INFO, "callers loaded");
	} else if (mm_feed_count_failure(feed, MM_RELOAD_CALLERS, &feed->callers_ids[0], &err)) {
		mm_log(feed->log, MM_LOG_ERROR, "the new callers are not used; the old ones stay", MM_F_ERR(&err));
	}
}
