/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What keeps the workers fed: watches the configuration, the certificate, the files of callers and the key sets, and
 * puts a new live object in place whenever one of them has changed for the better. What fails to load is logged once,
 * counted, and changes nothing; it is tried again when its file changes, or after a second if the system was to blame.
 * Used by the main thread only.
 */
#ifndef MINTMARK_ISSUER_HTTP_FEED_H
#define MINTMARK_ISSUER_HTTP_FEED_H

#include "issuer/http/live.h"
#include "issuer/http/stats.h"

#include <mintmark/file.h>
#include <mintmark/log.h>
#include <mintmark/store.h>

/* Where an issuer comes from. */
struct mm_feed_source {
	const struct mm_config *config; /* as it was at the start; see mm_feed_config */
	struct mm_store *store;

	/* Its own. */
	bool failed;                     /* the last load */
	char complaint[MM_ERR_TEXT_MAX]; /* that was logged last; "" after a success */
};

#define MM_CALLERS_FILES 3 /* tokens, authorities, CRL */

struct mm_feed {
	/* Given before mm_feed_start; borrowed. */
	struct mm_feed_source *sources; /* the first is the server's, and the only one with a file to read again */
	size_t source_count;
	const char *config_path; /* of the first; NULL: never read again */
	bool admin;              /* there is an admin listener: snapshots sign, and callers are known */
	const char *dev_token;   /* of the only caller, who may do everything; NULL: as configured */
	struct mm_log *log;
	struct mm_reload_stats *stats;
	struct mm_live_slot *slot;
	size_t connections_allowed; /* on each listener, whatever is configured; 0: no bound */

	/* Its own. */
	struct mm_config *reloaded; /* what holds for the first source after the first reload */
	struct mm_snapshot **snapshots;
	struct mm_tls *tls;
	struct mm_callers *callers; /* these three are NULL without an admin listener */
	struct mm_rules *rules;
	struct mm_directory *directory;
	bool rotation_failed;
	bool draining;
	char complaints[MM_RELOAD_COUNT][MM_ERR_TEXT_MAX]; /* of all but key sets */
	struct mm_file_id config_id, certificate_id, key_id, callers_ids[MM_CALLERS_FILES];
};

/* Loads everything and publishes the first live object. What fails here is fatal: the errors of whatever failed. */
MM_MUSTCHECK enum mm_code mm_feed_start(struct mm_feed *feed, struct mm_err *err);

/* The server's configuration that is in force. */
const struct mm_config *mm_feed_config(const struct mm_feed *feed);

/* Once a second: loads what has changed since. */
void mm_feed_check(struct mm_feed *feed);
/* When a store's descriptor says so. */
void mm_feed_check_stores(struct mm_feed *feed);
/* On SIGHUP: loads everything, changed or not. */
void mm_feed_reload(struct mm_feed *feed);
/* What /readyz says of the rotation of keys from now on. */
void mm_feed_note_rotation(struct mm_feed *feed, bool failed);
/* From now on /readyz says that we are about to stop. */
void mm_feed_drain(struct mm_feed *feed);

void mm_feed_clear(struct mm_feed *feed);

#endif
