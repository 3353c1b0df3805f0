/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A store in memory: for tests, `dev` and simulation. It keeps the same promises as the others, until its last handle
 * is closed. The handles share one core behind a mutex.
 */
#include "keys/store_impl.h"

#include <mintmark/file.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>

struct memory_store {
	struct mm_store store;
	struct core *core;
	struct memory_store *next; /* handle of the same core */
	int notice;                /* an eventfd; -1 until somebody asks for it */
	uint64_t loaded;           /* the revision that was loaded last */
};

struct core {
	pthread_mutex_t mutex;        /* for what follows, and for `next` and `notice` of each handle */
	struct mm_keyset *committed;  /* NULL before the first commit; with the private halves */
	struct memory_store *handles; /* with the last of them the core is freed */
};

static struct memory_store *self(struct mm_store *store)
{
	return (struct memory_store *)store;
}

static uint64_t revision_of(const struct core *core)
{
	return core->committed ? core->committed->revision : 0;
}

/* ---- load ------------------------------------------------------------------------------------------------------- */

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

static void drain(const struct memory_store *memory)
{
	eventfd_t count;

	if (memory->notice >= 0)
		(void)eventfd_read(memory->notice, &count);
}

static enum mm_code copy_committed(struct memory_store *memory, struct mm_keyset **out, struct mm_err *err)
{
	struct core *core = memory->core;
	enum mm_code code;

	pthread_mutex_lock(&core->mutex);
	drain(memory);
	code = core->committed ? mm_keyset_copy(core->committed, out, err)
			       : mm_fail(err, MM_ENOTFOUND, "there is no key set yet");
	pthread_mutex_unlock(&core->mutex);
	return code;
}

static enum mm_code memory_load(struct mm_store *store, enum mm_store_load what, struct mm_keyset **out,
				struct mm_err *err)
{
	struct memory_store *memory = self(store);
	mm_auto(mm_keyset) set = NULL;
	enum mm_code code = copy_committed(memory, &set, err);

	for (size_t i = 0; code == MM_OK && what == MM_LOAD_PUBLIC && i < set->count; i++)
		code = drop_private_half(&set->records[i], err);
	if (code != MM_OK)
		return code;
	memory->loaded = set->revision;
	*out = mm_take(set);
	return MM_OK;
}

/* ---- commit ----------------------------------------------------------------------------------------------------- */

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

static void notify_all(const struct core *core)
{
	for (const struct memory_store *handle = core->handles; handle; handle = handle->next) {
		if (handle->notice >= 0)
			(void)eventfd_write(handle->notice, 1); /* full is readable too */
	}
}

static enum mm_code commit_locked(struct core *core, const struct mm_keyset *next, uint64_t expected,
				  struct mm_err *err)
{
	mm_auto(mm_keyset) copy = NULL;
	enum mm_code code;

	if (revision_of(core) != expected)
		return mm_store_conflict(revision_of(core), expected, err);
	code = mm_keyset_copy(next, &copy, err);
	for (size_t i = 0; code == MM_OK && i < copy->count; i++) {
		struct mm_key_record *record = &copy->records[i];

		code = mm_store_keeps_material(record) ? fill_private_half(core->committed, record, err)
						       : drop_private_half(record, err);
	}
	if (code != MM_OK)
		return code;
	mm_keyset_free(core->committed);
	core->committed = mm_take(copy);
	notify_all(core);
	return MM_OK;
}

static enum mm_code memory_commit(struct mm_store *store, const struct mm_keyset *next, uint64_t expected,
				  const struct mm_actor *actor, struct mm_err *err)
{
	struct core *core = self(store)->core;
	enum mm_code code;

	(void)actor; /* there is no audit */
	pthread_mutex_lock(&core->mutex);
	code = commit_locked(core, next, expected, err);
	pthread_mutex_unlock(&core->mutex);
	return code;
}

/* ---- notice of commits ------------------------------------------------------------------------------------------ */

static int memory_watch_fd(struct mm_store *store)
{
	struct memory_store *memory = self(store);

	pthread_mutex_lock(&memory->core->mutex);
	if (memory->notice < 0)
		memory->notice = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_unlock(&memory->core->mutex);
	return memory->notice;
}

static bool memory_changed(struct mm_store *store)
{
	const struct memory_store *memory = self(store);
	bool changed;

	pthread_mutex_lock(&memory->core->mutex);
	drain(memory);
	changed = revision_of(memory->core) != memory->loaded;
	pthread_mutex_unlock(&memory->core->mutex);
	return changed;
}

/* ---- open, share and close -------------------------------------------------------------------------------------- */

static void free_core(struct core *core)
{
	mm_keyset_free(core->committed);
	pthread_mutex_destroy(&core->mutex);
	free(core);
}

static void memory_close(struct mm_store *store)
{
	struct memory_store *memory = self(store);
	struct core *core = memory->core;
	struct memory_store **link = &core->handles;
	bool last;

	pthread_mutex_lock(&core->mutex);
	while (*link != memory)
		link = &(*link)->next;
	*link = memory->next;
	last = !core->handles;
	pthread_mutex_unlock(&core->mutex);
	if (last)
		free_core(core);
	mm_fd_close(&memory->notice);
	free(memory);
}

static enum mm_code make_handle(struct core *core, struct mm_store **out, struct mm_err *err);

static enum mm_code memory_share(struct mm_store *store, struct mm_store **out, struct mm_err *err)
{
	return make_handle(self(store)->core, out, err);
}

static const struct mm_store_ops memory_ops = {
	.load = memory_load,
	.commit = memory_commit,
	.watch_fd = memory_watch_fd,
	.changed = memory_changed,
	.share = memory_share,
	.close = memory_close,
};

static enum mm_code make_handle(struct core *core, struct mm_store **out, struct mm_err *err)
{
	struct memory_store *memory = calloc(1, sizeof(*memory));

	if (!memory)
		return mm_fail(err, MM_ENOMEM, "memory store: out of memory");
	*memory = (struct memory_store){.store.ops = &memory_ops, .core = core, .notice = -1};
	pthread_mutex_lock(&core->mutex);
	memory->next = core->handles;
	core->handles = memory;
	pthread_mutex_unlock(&core->mutex);
	*out = &memory->store;
	return MM_OK;
}

enum mm_code mm_store_open_memory(struct mm_store **out, struct mm_err *err)
{
	struct core *core = calloc(1, sizeof(*core));
	enum mm_code code;

	if (!core)
		return mm_fail(err, MM_ENOMEM, "memory store: out of memory");
	pthread_mutex_init(&core->mutex, NULL); /* cannot fail on Linux without attributes */
	code = make_handle(core, out, err);
	if (code != MM_OK)
		free_core(core);
	return code;
}
