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

enum mm_code mm_feed_load_snapshot(const struct mm_feed *feed, size_t i, struct mm_snapshot **out, struct mm_err *err)
{
	const struct mm_config *config = i == 0 ? mm_feed_config(feed) : feed->sources[i].config;
	mm_auto(mm_keyset) set = NULL;
	enum mm_code code = mm_store_load(feed->sources[i].store, feed->admin ? MM_LOAD_PRIVATE : MM_LOAD_PUBLIC, &set,
					  err);

	return code == MM_OK ? mm_feed_build_snapshot(feed, config, set, out, err) : code;
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
		mm_log(feed->log, MM_LOG_ERROR, "the key set cannot be loaded; what was served before is served on",
		       MM_F_ERR(err), MM_F_INT("revision", (int64_t)feed->snapshots[i]->revision));
}

static enum mm_code use(struct mm_feed *feed, struct mm_feed_change *change, struct mm_err *err)
{
	struct mm_feed_source *source = &feed->sources[change->source];
	bool failed_before = source->failed;
	enum mm_code code;

	source->failed = false; /* what is published says that all is well again */
	code = mm_feed_apply(feed, change, err);
	if (code != MM_OK)
		source->failed = failed_before;
	return code;
}

static void reload(struct mm_feed *feed, size_t i)
{
	MM_CLEANUP(mm_feed_change_clear) struct mm_feed_change change = {.source = i};
	mm_auto(mm_snapshot) before = mm_snapshot_ref(feed->snapshots[i]);
	struct mm_err err = {0};
	enum mm_code code = mm_feed_load_snapshot(feed, i, &change.snapshot, &err);

	if (code == MM_OK)
		code = use(feed, &change, &err);
	if (code != MM_OK) {
		complain(feed, i, &err);
		return;
	}
	feed->sources[i].complaint[0] = '\0';
	mm_feed_count_success(feed, MM_RELOAD_STORE);
	/* Here a new revision is in place. */
	mm_announce_revision(feed->log, feed->stats, before->set, feed->snapshots[i], mm_clock_now());
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
