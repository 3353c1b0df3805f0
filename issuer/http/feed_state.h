/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the feed share: feed.c has the whole and the configuration; each other part one kind of file. */
#ifndef MINTMARK_ISSUER_HTTP_FEED_STATE_H
#define MINTMARK_ISSUER_HTTP_FEED_STATE_H

#include "issuer/http/feed.h"

/* ---- feed.c ---- */

/* What is to take the place of what is served, and is owned until then; NULL: that stays. */
struct mm_feed_change {
	struct mm_config *config; /* of the first source */
	size_t source;            /* of the snapshot */
	struct mm_snapshot *snapshot;
	struct mm_tls *tls;
	struct mm_callers *callers;
	struct mm_rules *rules;
	struct mm_directory *directory;
};
void mm_feed_change_clear(struct mm_feed_change *change); /* for MM_CLEANUP */

/*
 * Publishes what is served with that change in it, takes over what the change holds, and frees what that replaces. On
 * failure nothing has changed. MM_ENOMEM, MM_ECRYPTO, MM_EPARSE.
 */
MM_MUSTCHECK enum mm_code mm_feed_apply(struct mm_feed *feed, struct mm_feed_change *change, struct mm_err *err);
/* After a change of what /readyz says. */
void mm_feed_publish_readiness(struct mm_feed *feed);

void mm_feed_count_success(struct mm_feed *feed, enum mm_reload what);
/*
 * Counts the failure of a file that is loaded when its identity changes; returns whether it is to be logged. When the
 * system is to blame, and not what the file holds, the identity is forgotten, so that the file is tried again although
 * nobody touched it.
 */
bool mm_feed_count_failure(struct mm_feed *feed, enum mm_reload what, struct mm_file_id *id, const struct mm_err *err);
/* Whether a failure is another one than that which was logged last, and remembers it. */
bool mm_feed_is_news(char complaint[static MM_ERR_TEXT_MAX], const struct mm_err *err);

/*
 * Whether the file at `path` (NULL: none) is another one than `*id` says; sets it. What is looked at before reading: a
 * change while reading is then seen the next time.
 */
bool mm_feed_file_changed(const char *path, struct mm_file_id *id);

/* ---- feed_store.c ---- */

/* A snapshot of what is stored for that source; and one of a set in hand. */
MM_MUSTCHECK enum mm_code mm_feed_load_snapshot(const struct mm_feed *feed, size_t source, struct mm_snapshot **out,
						struct mm_err *err);
MM_MUSTCHECK enum mm_code mm_feed_build_snapshot(const struct mm_feed *feed, const struct mm_config *config,
						 const struct mm_keyset *set, struct mm_snapshot **out,
						 struct mm_err *err);
void mm_feed_reload_stores(struct mm_feed *feed);

/* ---- feed_tls.c ---- */

bool mm_feed_tls_changed(struct mm_feed *feed);
/* `*out` is NULL without a certificate. */
MM_MUSTCHECK enum mm_code mm_feed_load_tls(const struct mm_feed *feed, struct mm_tls **out, struct mm_err *err);
void mm_feed_reload_tls(struct mm_feed *feed);
void mm_feed_warn_of_exposed_key(const struct mm_feed *feed);

/* ---- feed_callers.c: nothing of it is done without an admin listener ---- */

bool mm_feed_callers_changed(struct mm_feed *feed);
/* Callers, rules and directory for that configuration; callers only if it names other files than the one in force. */
MM_MUSTCHECK enum mm_code mm_feed_load_access(const struct mm_feed *feed, const struct mm_config *config,
					      struct mm_feed_change *change, struct mm_err *err);
void mm_feed_reload_callers(struct mm_feed *feed);

#endif
