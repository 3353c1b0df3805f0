/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All that workers need from the rest of the program, in one immutable object: a table of issuers, who may call and do
 * what, the TLS contexts and the settings that a reload may change. The main thread puts a new one in place; workers
 * use it from their next event on. Why it is done this way: docs/decisions/0006-live-swap.md.
 */
#ifndef MINTMARK_ISSUER_HTTP_LIVE_H
#define MINTMARK_ISSUER_HTTP_LIVE_H

#include "issuer/http/tls.h"

#include <mintmark/callers.h>
#include <mintmark/directory.h>
#include <mintmark/refs.h>
#include <mintmark/rules.h>
#include <mintmark/snapshot.h>
#include <pthread.h>
#include <stdatomic.h>

/* From the configuration, in the units that the event loop counts in. */
struct mm_settings {
	int64_t head_timeout_ns;
	int64_t idle_timeout_ns;
	size_t max_connections; /* for each listener */
	enum mm_access_log access;
	int64_t rate, burst; /* of one caller to the admin listener, see mm_limits_take */
	size_t concurrent;   /* requests to the admin listener that are under way */
};

/* One issuer, told from the others by the path of a request. */
struct mm_live_issuer {
	char *prefix; /* the path of its URL, "" when it has none */
	struct mm_snapshot *snapshot;
};

struct mm_live {
	struct mm_refs refs;
	size_t issuer_count; /* at least 1; more than that only in `mintmark dev` */
	struct mm_live_issuer *issuers;
	struct mm_callers *callers; /* these three are NULL without an admin listener */
	struct mm_rules *rules;
	struct mm_directory *directory;
	struct mm_tls *tls;       /* NULL: plain HTTP */
	struct mm_tls *admin_tls; /* the same certificate for callers; NULL likewise */
	struct mm_settings settings;
	const char *not_ready; /* static; NULL: ready */
};

/* What a new one is made of; everything is borrowed, references are taken. */
struct mm_live_parts {
	size_t issuer_count;
	struct mm_snapshot *const *snapshots;
	struct mm_callers *callers;
	struct mm_rules *rules;
	struct mm_directory *directory;
	struct mm_tls *tls;
	struct mm_settings settings;
	const char *not_ready;
};

/* MM_EPARSE: the issuer of a snapshot is no URL. MM_ECRYPTO, MM_ENOMEM. The caller has the first reference. */
MM_MUSTCHECK enum mm_code mm_live_new(const struct mm_live_parts *parts, struct mm_live **out, struct mm_err *err);
struct mm_live *mm_live_ref(const struct mm_live *live);
void mm_live_free(struct mm_live *live); /* gives one reference back; any thread */
MM_AUTO(mm_live)

/* The place where the newest one stands. {0} after mm_live_slot_init. */
struct mm_live_slot {
	pthread_mutex_t lock; /* held for the length of a pointer copy */
	pthread_cond_t published;
	struct mm_live *current;
	_Atomic uint64_t generation;
};
void mm_live_slot_init(struct mm_live_slot *slot);
void mm_live_slot_clear(struct mm_live_slot *slot);

/* Puts `live` in place and takes over the caller's reference. */
void mm_live_publish(struct mm_live_slot *slot, struct mm_live *live);

/*
 * Waits until that revision of an issuer is in place, or a later one; false after `timeout_ms`. Blocks: only for what
 * `mintmark dev` answers, whose callers are to see what they changed.
 */
bool mm_live_wait(struct mm_live_slot *slot, size_t issuer, uint64_t revision, int timeout_ms);

/* What one reader holds: a reference to the newest that it has seen. {0} before the first look. */
struct mm_live_view {
	struct mm_live *live;
	uint64_t generation;
};

/* The newest, valid until the next call with this view. Nothing new costs one atomic load. */
const struct mm_live *mm_live_look(struct mm_live_slot *slot, struct mm_live_view *view);
void mm_live_view_clear(struct mm_live_view *view);

#endif
