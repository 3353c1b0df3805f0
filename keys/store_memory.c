/* SPDX-License-Identifier: Apache-2.0 */
/* A store in memory: for tests, `dev` and simulation. It keeps the same promises as the others, until it is closed. */
#include "keys/store_impl.h"

#include <stdlib.h>

struct memory_store {
	struct mm_store store;
	struct mm_keyset *committed; /* NULL before the first commit; with the private halves */
	uint64_t loaded;             /* the revision that was loaded last */
};

static struct memory_store *self(struct mm_store *store)
{
	return (struct memory_store *)store;
}

static enum mm_code drop_private_half(struct mm_key_record *record, struct mm_err *err)
{
	struct mm_key *public;
	enum mm_code code;

	if (!mm_key_is_private(record->key))
		return MM_OK;
	code = mm_key_public(record->key, &public, err);
	if (code != MM_OK)
		return code;
	mm_key_free(record->key);
	record->key = public;
	return MM_OK;
}

static enum mm_code memory_load(struct mm_store *store, enum mm_store_load what, struct mm_keyset **out,
				struct mm_err *err)
{
	struct memory_store *memory = self(store);
	mm_auto(mm_keyset) set = NULL;
	enum mm_code code;

	if (!memory->committed)
		return mm_fail(err, MM_ENOTFOUND, "there is no key set yet");
	code = mm_keyset_copy(memory->committed, &set, err);
	for (size_t i = 0; code == MM_OK && what == MM_LOAD_PUBLIC && i < set->count; i++)
		code = drop_private_half(&set->records[i], err);
	if (code != MM_OK)
		return code;
	memory->loaded = set->revision;
	*out = mm_take(set);
	return MM_OK;
}

/* The private half comes with the record, or is here already. */
static enum mm_code fill_private_half(const struct mm_keyset *stored, struct mm_key_record *record, struct mm_err *err)
{
	const struct mm_key_record *known = stored ? mm_keyset_find(stored, mm_key_kid(record->key)) : NULL;

	if (mm_key_is_private(record->key))
		return MM_OK;
	if (!known || !mm_key_is_private(known->key))
		return mm_fail(err, MM_EREFUSED, "key %s: its private half is missing", mm_key_kid(record->key));
	mm_key_free(record->key);
	record->key = mm_key_ref(known->key);
	return MM_OK;
}

static enum mm_code memory_commit(struct mm_store *store, const struct mm_keyset *next, uint64_t expected,
				  const struct mm_actor *actor, struct mm_err *err)
{
	struct memory_store *memory = self(store);
	uint64_t revision = memory->committed ? memory->committed->revision : 0;
	mm_auto(mm_keyset) copy = NULL;
	enum mm_code code;

	(void)actor; /* it has no audit */
	if (revision != expected)
		return mm_store_conflict(revision, expected, err);
	code = mm_keyset_copy(next, &copy, err);
	for (size_t i = 0; code == MM_OK && i < copy->count; i++) {
		struct mm_key_record *record = &copy->records[i];

		code = mm_store_keeps_material(record) ? fill_private_half(memory->committed, record, err)
						       : drop_private_half(record, err);
	}
	if (code != MM_OK)
		return code;
	mm_keyset_free(memory->committed);
	memory->committed = mm_take(copy);
	return MM_OK;
}

/* One handle in one thread: nobody else can commit, so there is nothing to wait for. */
static int memory_watch_fd(struct mm_store *store)
{
	(void)store;
	return -1;
}

static bool memory_changed(struct mm_store *store)
{
	const struct memory_store *memory = self(store);

	return memory->committed && memory->committed->revision != memory->loaded;
}

static enum mm_code memory_share(struct mm_store *store, struct mm_store **out, struct mm_err *err)
{
	(void)store;
	*out = NULL;
	return mm_fail(err, MM_EIO, "memory store: it cannot be shared yet");
}

static void memory_close(struct mm_store *store)
{
	mm_keyset_free(self(store)->committed);
	free(store);
}

static const struct mm_store_ops memory_ops = {
	.load = memory_load,
	.commit = memory_commit,
	.watch_fd = memory_watch_fd,
	.changed = memory_changed,
	.share = memory_share,
	.close = memory_close,
};

enum mm_code mm_store_open_memory(struct mm_store **out, struct mm_err *err)
{
	struct memory_store *memory = calloc(1, sizeof(*memory));

	if (!memory)
		return mm_fail(err, MM_ENOMEM, "memory store: out of memory");
	memory->store.ops = &memory_ops;
	*out = &memory->store;
	return MM_OK;
}
