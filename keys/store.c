/* SPDX-License-Identifier: Apache-2.0 */
/* The store seam: what holds for every store, and the call into the one that is behind the handle. */
#include "keys/store_impl.h"

#include <inttypes.h>

enum mm_code mm_store_conflict(uint64_t stored, uint64_t expected, struct mm_err *err)
{
	return mm_fail(err, MM_ECONFLICT,
		       "the key set is at revision %" PRIu64 ", not %" PRIu64 ": somebody else committed first", stored,
		       expected);
}

bool mm_store_keeps_material(const struct mm_key_record *record)
{
	return mm_key_states[mm_key_state(record, record->created)].has_material;
}

/* What would be written for the last revision, or for a clock that was never set, could not be read again. */
static enum mm_code check_stamp(uint64_t expected, mm_time now, struct mm_err *err)
{
	if (expected >= MM_REVISION_MAX)
		return mm_fail(err, MM_ELIMIT, "the key set is at the last revision that there can be");
	if (now <= MM_NEVER)
		return mm_fail(err, MM_EREFUSED, "the clock of this host is not set: it says 1970 or earlier");
	return MM_OK;
}

/* A plan of the future (mm_forecast) is a set like any other, but for its keys. */
static enum mm_code check_fit(const struct mm_keyset *set, struct mm_err *err)
{
	enum mm_code code = MM_OK;

	for (size_t i = 0; i < set->count && code == MM_OK; i++)
		code = mm_key_check_made(set->records[i].key, err);
	if (code == MM_OK)
		code = mm_keyset_check(set, err);
	return mm_context(err, code, "the key set is not fit to be stored");
}

enum mm_code mm_store_load(struct mm_store *store, enum mm_store_load what, struct mm_keyset **out, struct mm_err *err)
{
	return store->ops->load(store, what, out, err);
}

enum mm_code mm_store_commit(struct mm_store *store, struct mm_keyset *next, uint64_t expected,
			     const struct mm_actor *actor, mm_time now, struct mm_err *err)
{
	const uint64_t revision = next->revision;
	const mm_time committed = next->committed;
	enum mm_code code = check_stamp(expected, now, err);

	mm_err_clear(&store->warning);
	if (code == MM_OK)
		code = check_fit(next, err);
	if (code != MM_OK)
		return code;
	next->revision = expected + 1;
	next->committed = now;
	code = store->ops->commit(store, next, expected, actor, err);
	if (code != MM_OK) {
		next->revision = revision;
		next->committed = committed;
	}
	return code;
}

enum mm_code mm_store_share(struct mm_store *store, struct mm_store **out, struct mm_err *err)
{
	return store->ops->share(store, out, err);
}

int mm_store_watch_fd(struct mm_store *store)
{
	return store->ops->watch_fd(store);
}

bool mm_store_changed(struct mm_store *store)
{
	return store->ops->changed(store);
}

void mm_store_free(struct mm_store *store)
{
	if (store)
		store->ops->close(store);
}
