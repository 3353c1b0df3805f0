/* SPDX-License-Identifier: Apache-2.0 */
/* The key sets that a server serves. */
#include "issuer/http/announce.h"
#include "issuer/http/feed_state.h"

/* Without an admin listener nothing here signs: the private halves stay in their files. */
enum mm_code mm_feed_build_snapshot(const struct mm_feed *feed, const struct mm_config *config,
				    const struct mm_keyset *set, struct mm_snapshot **out, struct mm_err *err)
{
	return mm_snapshot_build(config, set, feed->admin, mm_clock_now(), out, err);
}

static const struct mm_config *config_of(const struct mm_feed *feed, size_t i)
{
	return i == 0 ? mm_feed_config(feed) : feed->sources[i].config;
}

enum mm_code mm_feed_load_snapshot(const struct mm_feed *feed, size_t i, struct mm_snapshot **out, struct mm_err *err)
{
	mm_auto(mm_keyset) set = NULL;
	enum mm_code code = mm_store_load(feed->sources[i].store, feed->admin ? MM_LOAD_PRIVATE : MM_LOAD_PUBLIC, &set,
					  err);

	return code == MM_OK ? mm_feed_build_snapshot(feed, config_of(feed, i), set, out, err) : code;
}

/*
 * When a private half cannot be read: what is committed is published all the same, since a revocation cannot wait for a
 * file, and what is held of the private halves signs on. Where that is not enough, nothing signs.
 */
static enum mm_code load_without(const struct mm_feed *feed, size_t i, struct mm_snapshot **out, struct mm_err *err)
{
	const struct mm_config *config = config_of(feed, i);
	mm_auto(mm_keyset) set = NULL;
	enum mm_code code = mm_store_load(feed->sources[i].store, MM_LOAD_PUBLIC, &set, err);

	if (code != MM_OK)
		return code;
	mm_keyset_keep_private(set, feed->snapshots[i]->set, mm_clock_now());
	if (mm_feed_build_snapshot(feed, config, set, out, NULL) == MM_OK)
		return MM_OK;
	return mm_snapshot_build(config, set, false, mm_clock_now(), out, err);
}

static void complain(struct mm_feed *feed, size_t i, const struct mm_err *err)
{
	struct mm_feed_source *source = &feed->sources[i];
	bool was_ready = !source->failed;

	source->failed = true;
	if (was_ready)
		mm_feed_publish_readiness(feed);
	mm_counter_add(&feed->stats->failed[MM_RELOAD_STORE], 1);
	if (mm_feed_is_news(source->complaint, err))
		mm_log(feed->log, MM_LOG_ERROR, "the key set cannot be loaded whole; what is known of it is served",
		       MM_F_ERR(err), MM_F_INT("revision", (int64_t)feed->snapshots[i]->revision));
}

/* `failed`: what is published says so. */
static enum mm_code use(struct mm_feed *feed, struct mm_feed_change *change, bool failed, struct mm_err *err)
{
	struct mm_feed_source *source = &feed->sources[change->source];
	mm_auto(mm_snapshot) before = mm_snapshot_ref(feed->snapshots[change->source]);
	bool failed_before = source->failed;
	enum mm_code code;

	source->failed = failed;
	code = mm_feed_apply(feed, change, err);
	if (code == MM_OK)
		mm_announce_revision(feed->log, feed->stats, before->set, feed->snapshots[change->source],
				     mm_clock_now());
	else
		source->failed = failed_before;
	return code;
}

/* A newer revision, of which a private half is missing. */
static void use_what_is_left(struct mm_feed *feed, size_t i)
{
	MM_CLEANUP(mm_feed_change_clear) struct mm_feed_change change = {.source = i};

	if (load_without(feed, i, &change.snapshot, NULL) == MM_OK &&
	    change.snapshot->revision != feed->snapshots[i]->revision)
		(void)use(feed, &change, true, NULL);
}

static void reload(struct mm_feed *feed, size_t i)
{
	MM_CLEANUP(mm_feed_change_clear) struct mm_feed_change change = {.source = i};
	struct mm_err err = {0};
	enum mm_code code = mm_feed_load_snapshot(feed, i, &change.snapshot, &err);

	if (code == MM_OK)
		code = use(feed, &change, false, &err);
	if (code != MM_OK) {
		if (feed->admin)
			use_what_is_left(feed, i);
		complain(feed, i, &err);
		return;
	}
	feed->sources[i].complaint[0] = '\0';
	mm_feed_count_success(feed, MM_RELOAD_STORE);
}

void mm_feed_check_stores(struct mm_feed *feed)
{
	for (size_t i = 0; i < feed->source_count; i++) {
		if (mm_store_changed(feed->sources[i].store) || feed->sources[i].failed)
			reload(feed, i);
	}
}

void mm_feed_reload_stores(struct mm_feed *feed)
{
	for (size_t i = 0; i < feed->source_count; i++) {
		feed->sources[i].complaint[0] = '\0';
		(void)mm_store_changed(feed->sources[i].store);
		reload(feed, i);
	}
}
