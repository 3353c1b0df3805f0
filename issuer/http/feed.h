/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What keeps the workers fed: watches the configuration, the certificate and the key set, and puts a new live object in
 * place whenever one of them has changed for the better. What fails to load is logged once, counted, and changes
 * nothing; it is tried again when its file changes, or after a second if the system was to blame. Used by the main
 * thread only.
 */
#ifndef MINTMARK_ISSUER_HTTP_FEED_H
#define MINTMARK_ISSUER_HTTP_FEED_H

#include "issuer/http/live.h"
#include "issuer/http/stats.h"

#include <mintmark/file.h>
#include <mintmark/log.h>
#include <mintmark/store.h>

struct mm_feed {
	/* Given before mm_feed_start; borrowed. */
	const struct mm_config *config; /* the one in force */
	const char *config_path;        /* NULL: never read again */
	struct mm_store *store;
	struct mm_log *log;
	struct mm_reload_stats *stats;
	struct mm_live_slot *slot;
	size_t connections_allowed; /* on each listener, whatever is configured; 0: no bound */

	/* Its own. */
	struct mm_config *reloaded; /* what `config` points to after the first reload */
	struct mm_snapshot *snapshot;
	struct mm_tls *tls;
	bool store_failed;
	bool rotation_failed;
	bool draining;
	char complaints[MM_RELOAD_COUNT][MM_ERR_TEXT_MAX]; /* that were logged last; "" after a success */
	struct mm_file_id config_id, certificate_id, key_id;
};

/* Loads everything and publishes the first live object. What fails here is fatal: the errors of whatever failed. */
MM_MUSTCHECK enum mm_code mm_feed_start(struct mm_feed *feed, struct mm_err *err);

/* Once a second: loads what has changed since. */
void mm_feed_check(struct mm_feed *feed);
/* When the store's descriptor says so. */
void mm_feed_check_store(struct mm_feed *feed);
/* On SIGHUP: loads everything, changed or not. */
void mm_feed_reload(struct mm_feed *feed);
/* What /readyz says of the rotation of keys from now on. */
void mm_feed_note_rotation(struct mm_feed *feed, bool failed);
/* From now on /readyz says that we are about to stop. */
void mm_feed_drain(struct mm_feed *feed);

void mm_feed_clear(struct mm_feed *feed);

#endif
