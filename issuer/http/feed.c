/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/feed.h"

#include "issuer/http/announce.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_NS INT64_C(1000000000)

static struct mm_settings settings_of(const struct mm_feed *feed, const struct mm_config *config)
{
	size_t connections = (size_t)config->http.max_connections, allowed = feed->connections_allowed;

	return (struct mm_settings){
		.head_timeout_ns = config->http.head_timeout * SECOND_NS,
		.idle_timeout_ns = config->http.idle_timeout * SECOND_NS,
		.max_connections = allowed && allowed < connections ? allowed : connections,
		.access = (enum mm_access_log)config->log.access,
	};
}

static const char *not_ready(const struct mm_feed *feed)
{
	if (feed->draining)
		return "stopping";
	if (feed->store_failed)
		return "the key set cannot be read";
	return feed->rotation_failed ? "a due key rotation cannot be committed" : NULL;
}

/*
 * Puts a live object of these in place, before anything that it replaces is given up: on failure all stays as it was.
 */
static enum mm_code publish(struct mm_feed *feed, const struct mm_config *config, struct mm_snapshot *snapshot,
			    struct mm_tls *tls, struct mm_err *err)
{
	const struct mm_live_parts parts = {
		.issuer_count = 1,
		.snapshots = &snapshot,
		.tls = tls,
		.settings = settings_of(feed, config),
		.not_ready = not_ready(feed),
	};
	struct mm_live *live;
	enum mm_code code = mm_live_new(&parts, &live, err);

	if (code == MM_OK)
		mm_live_publish(feed->slot, live);
	return code;
}

/* After a change of what /readyz says. */
static void publish_readiness(struct mm_feed *feed)
{
	struct mm_err err = {0};

	if (publish(feed, feed->config, feed->snapshot, feed->tls, &err) != MM_OK)
		mm_log(feed->log, MM_LOG_ERROR, "cannot put a change in place", MM_F_ERR(&err));
}

static void count_success(struct mm_feed *feed, enum mm_reload what)
{
	feed->complaints[what][0] = '\0';
	mm_counter_add(&feed->stats->done[what], 1);
}

/* Whether it is another failure than the last one: what fails for the time being is tried, and fails, each second. */
static bool count_failure(struct mm_feed *feed, enum mm_reload what, const struct mm_err *err)
{
	mm_counter_add(&feed->stats->failed[what], 1);
	if (strcmp(feed->complaints[what], err->text) == 0)
		return false;
	memcpy(feed->complaints[what], err->text, sizeof feed->complaints[what]);
	return true;
}

/*
 * The same for a file that is loaded when its identity changes. When the system is to blame, and not what the file
 * holds, the identity is forgotten, so that the file is tried again although nobody touched it.
 */
static bool count_file_failure(struct mm_feed *feed, enum mm_reload what, struct mm_file_id *id,
			       const struct mm_err *err)
{
	bool is_news = count_failure(feed, what, err);

	if (err->code != MM_EIO && err->code != MM_ENOMEM && err->code != MM_ECRYPTO)
		return true;
	*id = (struct mm_file_id){0};
	return is_news;
}

/* ---- the key set ------------------------------------------------------------------------------------------------- */

static enum mm_code load_snapshot(struct mm_feed *feed, struct mm_snapshot **out, struct mm_err *err)
{
	mm_auto(mm_keyset) set = NULL;
	/* Nothing here signs yet: the private halves stay in their files. */
	enum mm_code code = mm_store_load(feed->store, MM_LOAD_PUBLIC, &set, err);

	if (code == MM_OK)
		code = mm_snapshot_build(feed->config, set, false, mm_clock_now(), out, err);
	return code;
}

static void complain_of_store(struct mm_feed *feed, const struct mm_err *err)
{
	bool was_ready = !feed->store_failed;

	feed->store_failed = true;
	if (was_ready)
		publish_readiness(feed);
	if (count_failure(feed, MM_RELOAD_STORE, err))
		mm_log(feed->log, MM_LOG_ERROR, "the key set cannot be loaded; what was served before is served on",
		       MM_F_ERR(err), MM_F_INT("revision", (int64_t)feed->snapshot->revision));
}

static enum mm_code use_snapshot(struct mm_feed *feed, struct mm_snapshot *snapshot, struct mm_err *err)
{
	bool failed_before = feed->store_failed;
	enum mm_code code;

	feed->store_failed = false;
	code = publish(feed, feed->config, snapshot, feed->tls, err);
	if (code != MM_OK) {
		feed->store_failed = failed_before;
		return code;
	}
	mm_snapshot_free(feed->snapshot);
	feed->snapshot = mm_snapshot_ref(snapshot);
	return MM_OK;
}

static void reload_store(struct mm_feed *feed)
{
	mm_auto(mm_snapshot) before = mm_snapshot_ref(feed->snapshot);
	mm_auto(mm_snapshot) snapshot = NULL;
	struct mm_err err = {0};
	enum mm_code code = load_snapshot(feed, &snapshot, &err);

	if (code == MM_OK)
		code = use_snapshot(feed, snapshot, &err);
	if (code != MM_OK) {
		complain_of_store(feed, &err);
		return;
	}
	count_success(feed, MM_RELOAD_STORE);
	/* Here a new revision is in place. */
	mm_announce_revision(feed->log, feed->stats, before->set, snapshot, mm_clock_now());
}

void mm_feed_check_store(struct mm_feed *feed)
{
	if (mm_store_changed(feed->store) || feed->store_failed)
		reload_store(feed);
}

/* ---- certificate and key ----------------------------------------------------------------------------------------- */

/* What is looked at before reading: a change while reading is then seen the next time. */
static bool tls_files_changed(struct mm_feed *feed)
{
	const char *certificate = feed->config->tls.certificate;
	const char *key = feed->config->tls.key;
	struct mm_file_id certificate_id = {0}, key_id = {0};
	bool changed;

	if (certificate)
		certificate_id = mm_file_id(AT_FDCWD, certificate);
	if (key)
		key_id = mm_file_id(AT_FDCWD, key);
	changed = !mm_file_id_eq(certificate_id, feed->certificate_id) || !mm_file_id_eq(key_id, feed->key_id);
	feed->certificate_id = certificate_id;
	feed->key_id = key_id;
	return changed;
}

static enum mm_code load_tls(const struct mm_feed *feed, struct mm_tls **out, struct mm_err *err)
{
	*out = NULL;
	if (!feed->config->tls.certificate)
		return MM_OK;
	return mm_tls_load(feed->config->tls.certificate, feed->config->tls.key, mm_clock_now(), out, err);
}

static void warn_of_exposed_key(const struct mm_feed *feed)
{
	const char *key = feed->config->tls.key;

	if (key && mm_tls_key_exposed(key))
		mm_log(feed->log, MM_LOG_WARN, "every user of this host can read the private key of the certificate",
		       MM_F_STR("tls.key", key), MM_F_STR("remedy", "chmod o-r"));
}

static void complain_of_tls(struct mm_feed *feed, const struct mm_err *err)
{
	if (count_file_failure(feed, MM_RELOAD_TLS, &feed->certificate_id, err))
		mm_log(feed->log, MM_LOG_ERROR, "the new certificate is not used; the old one stays", MM_F_ERR(err),
		       MM_F_TIME("expires", mm_tls_expires(feed->tls)));
}

static void reload_tls(struct mm_feed *feed)
{
	mm_auto(mm_tls) tls = NULL;
	struct mm_err err = {0};
	enum mm_code code = load_tls(feed, &tls, &err);

	if (code == MM_OK && !tls)
		return;
	if (code == MM_OK)
		code = publish(feed, feed->config, feed->snapshot, tls, &err);
	if (code != MM_OK) {
		complain_of_tls(feed, &err);
		return;
	}
	mm_tls_free(feed->tls);
	feed->tls = mm_take(tls);
	count_success(feed, MM_RELOAD_TLS);
	warn_of_exposed_key(feed);
	mm_log(feed->log, MM_LOG_INFO, "certificate loaded", MM_F_TIME("expires", mm_tls_expires(feed->tls)));
}

/* ---- configuration ----------------------------------------------------------------------------------------------- */

static bool config_file_changed(struct mm_feed *feed)
{
	struct mm_file_id id;
	bool changed;

	if (!feed->config_path)
		return false;
	id = mm_file_id(AT_FDCWD, feed->config_path);
	changed = !mm_file_id_eq(id, feed->config_id);
	feed->config_id = id;
	return changed;
}

static void log_fixed(const struct mm_feed *feed, const struct mm_strings *names)
{
	for (size_t i = 0; i < names->n; i++)
		mm_log(feed->log, MM_LOG_WARN, "a changed option takes effect at the next start",
		       MM_F_STR("option", names->v[i]));
}

/* A new configuration is used as a whole or not at all: the documents that follow from it are rendered before. */
static enum mm_code load_config(struct mm_feed *feed, struct mm_err *err)
{
	mm_auto_strings fixed = {0};
	mm_auto(mm_config) next = NULL;
	mm_auto(mm_snapshot) snapshot = NULL;
	enum mm_code code = mm_config_load(feed->config_path, &next, err);

	if (code == MM_OK)
		code = mm_config_fixed_changes(feed->config, next, &fixed, err);
	if (code == MM_OK)
		code = mm_config_keep_fixed(feed->config, next, err);
	if (code == MM_OK)
		code = mm_snapshot_build(next, feed->snapshot->set, false, mm_clock_now(), &snapshot, err);
	if (code == MM_OK)
		code = publish(feed, next, snapshot, feed->tls, err);
	if (code != MM_OK)
		return code;
	log_fixed(feed, &fixed);
	mm_config_free(feed->reloaded);
	feed->config = feed->reloaded = mm_take(next);
	mm_snapshot_free(feed->snapshot);
	feed->snapshot = mm_take(snapshot);
	atomic_store(&feed->log->level, (int)feed->config->log.level);
	return MM_OK;
}

static void reload_config(struct mm_feed *feed)
{
	struct mm_err err = {0};
	struct mm_action next;

	if (load_config(feed, &err) == MM_OK) {
		count_success(feed, MM_RELOAD_CONFIG);
		next = mm_snapshot_next(feed->snapshot, mm_clock_now());
		mm_log(feed->log, MM_LOG_INFO, "configuration loaded", MM_F_STR("file", feed->config_path),
		       MM_F_NEXT(next));
		return;
	}
	if (count_file_failure(feed, MM_RELOAD_CONFIG, &feed->config_id, &err))
		mm_log(feed->log, MM_LOG_ERROR, "the new configuration is not used; the old one stays", MM_F_ERR(&err));
}

/* ---- all of it --------------------------------------------------------------------------------------------------- */

enum mm_code mm_feed_start(struct mm_feed *feed, struct mm_err *err)
{
	enum mm_code code;

	(void)config_file_changed(feed);
	(void)tls_files_changed(feed);
	code = load_tls(feed, &feed->tls, err);
	if (code == MM_OK)
		code = load_snapshot(feed, &feed->snapshot, err);
	if (code == MM_OK)
		code = publish(feed, feed->config, feed->snapshot, feed->tls, err);
	if (code == MM_OK)
		warn_of_exposed_key(feed);
	return code;
}

void mm_feed_check(struct mm_feed *feed)
{
	if (config_file_changed(feed))
		reload_config(feed);
	if (tls_files_changed(feed))
		reload_tls(feed);
	mm_feed_check_store(feed);
}

void mm_feed_reload(struct mm_feed *feed)
{
	memset(feed->complaints, 0, sizeof feed->complaints); /* who asks is told, even if it is the same as before */
	if (feed->config_path) {
		(void)config_file_changed(feed);
		reload_config(feed);
	}
	(void)tls_files_changed(feed);
	reload_tls(feed);
	(void)mm_store_changed(feed->store);
	reload_store(feed);
}

void mm_feed_note_rotation(struct mm_feed *feed, bool failed)
{
	if (feed->rotation_failed == failed)
		return;
	feed->rotation_failed = failed;
	publish_readiness(feed);
}

void mm_feed_drain(struct mm_feed *feed)
{
	feed->draining = true;
	publish_readiness(feed);
}

void mm_feed_clear(struct mm_feed *feed)
{
	mm_snapshot_free(mm_take(feed->snapshot));
	mm_tls_free(mm_take(feed->tls));
	mm_config_free(mm_take(feed->reloaded));
}
