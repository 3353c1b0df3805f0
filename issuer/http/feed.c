/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/announce.h"
#include "issuer/http/feed_state.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_NS INT64_C(1000000000)

const struct mm_config *mm_feed_config(const struct mm_feed *feed)
{
	return feed->reloaded ? feed->reloaded : feed->sources[0].config;
}

/* ---- putting things in place ------------------------------------------------------------------------------------ */

static struct mm_settings settings_of(const struct mm_feed *feed, const struct mm_config *config)
{
	size_t connections = (size_t)config->http.max_connections, allowed = feed->connections_allowed;

	return (struct mm_settings){
		.head_timeout_ns = config->http.head_timeout * SECOND_NS,
		.idle_timeout_ns = config->http.idle_timeout * SECOND_NS,
		.max_connections = allowed && allowed < connections ? allowed : connections,
		.access = (enum mm_access_log)config->log.access,
		.rate = config->limits.rate,
		.burst = config->limits.burst,
		.concurrent = (size_t)config->limits.concurrent,
	};
}

static const char *not_ready(const struct mm_feed *feed)
{
	if (feed->draining)
		return "stopping";
	for (size_t i = 0; i < feed->source_count; i++) {
		if (feed->sources[i].failed)
			return "the key set cannot be read";
	}
	return feed->rotation_failed ? "a due key rotation cannot be committed" : NULL;
}

static enum mm_code publish(struct mm_feed *feed, const struct mm_feed_change *change, struct mm_err *err)
{
	const struct mm_live_parts parts = {
		.issuer_count = feed->source_count,
		.snapshots = feed->snapshots,
		.callers = change->callers ? change->callers : feed->callers,
		.rules = change->rules ? change->rules : feed->rules,
		.directory = change->directory ? change->directory : feed->directory,
		.tls = change->tls ? change->tls : feed->tls,
		.settings = settings_of(feed, change->config ? change->config : mm_feed_config(feed)),
		.not_ready = not_ready(feed),
	};
	struct mm_live *live;
	enum mm_code code = mm_live_new(&parts, &live, err);

	if (code == MM_OK)
		mm_live_publish(feed->slot, live);
	return code;
}

/* Takes `fresh` over in place of `old`, unless there is none. */
#define REPLACE(type, old, fresh)                                                                                      \
	do {                                                                                                           \
		if (fresh) {                                                                                           \
			type##_free(old);                                                                              \
			(old) = mm_take(fresh);                                                                        \
		}                                                                                                      \
	} while (0)

enum mm_code mm_feed_apply(struct mm_feed *feed, struct mm_feed_change *change, struct mm_err *err)
{
	struct mm_snapshot **place = &feed->snapshots[change->source];
	struct mm_snapshot *before = *place;
	enum mm_code code;

	if (change->snapshot)
		*place = change->snapshot;
	code = publish(feed, change, err);
	*place = before;
	if (code != MM_OK)
		return code;
	REPLACE(mm_config, feed->reloaded, change->config);
	REPLACE(mm_snapshot, *place, change->snapshot);
	REPLACE(mm_tls, feed->tls, change->tls);
	REPLACE(mm_callers, feed->callers, change->callers);
	REPLACE(mm_rules, feed->rules, change->rules);
	REPLACE(mm_directory, feed->directory, change->directory);
	return MM_OK;
}

void mm_feed_change_clear(struct mm_feed_change *change)
{
	mm_config_free(change->config);
	mm_snapshot_free(change->snapshot);
	mm_tls_free(change->tls);
	mm_callers_free(change->callers);
	mm_rules_free(change->rules);
	mm_directory_free(change->directory);
	*change = (struct mm_feed_change){0};
}

void mm_feed_publish_readiness(struct mm_feed *feed)
{
	const struct mm_feed_change nothing = {0};
	struct mm_err err = {0};

	if (publish(feed, &nothing, &err) != MM_OK)
		mm_log(feed->log, MM_LOG_ERROR, "cannot put a change in place", MM_F_ERR(&err));
}

/* ---- counting ---------------------------------------------------------------------------------------------------- */

void mm_feed_count_success(struct mm_feed *feed, enum mm_reload what)
{
	feed->complaints[what][0] = '\0';
	mm_counter_add(&feed->stats->done[what], 1);
}

bool mm_feed_is_news(char complaint[static MM_ERR_TEXT_MAX], const struct mm_err *err)
{
	if (strcmp(complaint, err->text) == 0)
		return false;
	memcpy(complaint, err->text, MM_ERR_TEXT_MAX);
	return true;
}

bool mm_feed_count_failure(struct mm_feed *feed, enum mm_reload what, struct mm_file_id *id, const struct mm_err *err)
{
	bool is_news = mm_feed_is_news(feed->complaints[what], err);

	mm_counter_add(&feed->stats->failed[what], 1);
	if (err->code != MM_EIO && err->code != MM_ENOMEM && err->code != MM_ECRYPTO)
		return true;
	*id = (struct mm_file_id){0};
	return is_news;
}

bool mm_feed_file_changed(const char *path, struct mm_file_id *id)
{
	struct mm_file_id found = {0};
	bool changed;

	if (path)
		found = mm_file_id(AT_FDCWD, path);
	changed = !mm_file_id_eq(found, *id);
	*id = found;
	return changed;
}

/* ---- configuration ----------------------------------------------------------------------------------------------- */

static void log_fixed(const struct mm_feed *feed, const struct mm_strings *names)
{
	for (size_t i = 0; i < names->n; i++)
		mm_log(feed->log, MM_LOG_WARN, "a changed option takes effect at the next start",
		       MM_F_STR("option", names->v[i]));
}

/* A new configuration is used as a whole or not at all: all that follows from it is made before. */
static enum mm_code load_config(struct mm_feed *feed, struct mm_err *err)
{
	MM_CLEANUP(mm_feed_change_clear) struct mm_feed_change change = {0};
	mm_auto_strings fixed = {0};
	enum mm_code code = mm_config_load(feed->config_path, &change.config, err);

	if (code == MM_OK)
		code = mm_config_fixed_changes(mm_feed_config(feed), change.config, &fixed, err);
	if (code == MM_OK)
		code = mm_config_keep_fixed(mm_feed_config(feed), change.config, err);
	if (code == MM_OK)
		code = mm_feed_build_snapshot(feed, change.config, feed->snapshots[0]->set, &change.snapshot, err);
	if (code == MM_OK)
		code = mm_feed_load_access(feed, change.config, &change, err);
	if (code == MM_OK)
		code = mm_feed_apply(feed, &change, err);
	if (code != MM_OK)
		return code;
	log_fixed(feed, &fixed);
	atomic_store(&feed->log->level, (int)mm_feed_config(feed)->log.level);
	return MM_OK;
}

static void reload_config(struct mm_feed *feed)
{
	struct mm_err err = {0};
	struct mm_action next;

	if (load_config(feed, &err) == MM_OK) {
		mm_feed_count_success(feed, MM_RELOAD_CONFIG);
		next = mm_snapshot_next(feed->snapshots[0], mm_clock_now());
		mm_log(feed->log, MM_LOG_INFO, "configuration loaded", MM_F_STR("file", feed->config_path),
		       MM_F_NEXT(next));
		return;
	}
	if (mm_feed_count_failure(feed, MM_RELOAD_CONFIG, &feed->config_id, &err))
		mm_log(feed->log, MM_LOG_ERROR, "the new configuration is not used; the old one stays", MM_F_ERR(&err));
}

static bool config_changed(struct mm_feed *feed)
{
	return mm_feed_file_changed(feed->config_path, &feed->config_id);
}

/* ---- all of it --------------------------------------------------------------------------------------------------- */

static enum mm_code load_snapshots(struct mm_feed *feed, struct mm_err *err)
{
	enum mm_code code = MM_OK;

	feed->snapshots = calloc(feed->source_count, sizeof(struct mm_snapshot *));
	if (!feed->snapshots)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	for (size_t i = 0; code == MM_OK && i < feed->source_count; i++)
		code = mm_feed_load_snapshot(feed, i, &feed->snapshots[i], err);
	return code;
}

enum mm_code mm_feed_start(struct mm_feed *feed, struct mm_err *err)
{
	MM_CLEANUP(mm_feed_change_clear) struct mm_feed_change first = {0};
	enum mm_code code;

	(void)config_changed(feed);
	(void)mm_feed_tls_changed(feed);
	(void)mm_feed_callers_changed(feed);
	code = mm_feed_load_tls(feed, &first.tls, err);
	if (code == MM_OK)
		code = mm_feed_load_access(feed, mm_feed_config(feed), &first, err);
	if (code == MM_OK)
		code = load_snapshots(feed, err);
	if (code == MM_OK)
		code = mm_feed_apply(feed, &first, err);
	if (code == MM_OK)
		mm_feed_warn_of_exposed_key(feed);
	return code;
}

void mm_feed_check(struct mm_feed *feed)
{
	if (config_changed(feed))
		reload_config(feed);
	if (mm_feed_tls_changed(feed))
		mm_feed_reload_tls(feed);
	if (mm_feed_callers_changed(feed))
		mm_feed_reload_callers(feed);
	mm_feed_check_stores(feed);
}

void mm_feed_reload(struct mm_feed *feed)
{
	memset(feed->complaints, 0, sizeof feed->complaints); /* who asks is told, even if it is the same as before */
	if (feed->config_path) {
		(void)config_changed(feed);
		reload_config(feed);
	}
	(void)mm_feed_tls_changed(feed);
	mm_feed_reload_tls(feed);
	(void)mm_feed_callers_changed(feed);
	mm_feed_reload_callers(feed);
	mm_feed_reload_stores(feed);
}

void mm_feed_note_rotation(struct mm_feed *feed, bool failed)
{
	if (feed->rotation_failed == failed)
		return;
	feed->rotation_failed = failed;
	mm_feed_publish_readiness(feed);
}

void mm_feed_drain(struct mm_feed *feed)
{
	feed->draining = true;
	mm_feed_publish_readiness(feed);
}

void mm_feed_clear(struct mm_feed *feed)
{
	for (size_t i = 0; feed->snapshots && i < feed->source_count; i++)
		mm_snapshot_free(feed->snapshots[i]);
	free(mm_take(feed->snapshots));
	mm_tls_free(mm_take(feed->tls));
	mm_callers_free(mm_take(feed->callers));
	mm_rules_free(mm_take(feed->rules));
	mm_directory_free(mm_take(feed->directory));
	mm_config_free(mm_take(feed->reloaded));
}
