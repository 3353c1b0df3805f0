/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/live.h"

#include <mintmark/url.h>
#include <stdlib.h>
#include <string.h>

enum mm_code mm_live_new(const struct mm_live_parts *parts, struct mm_live **out, struct mm_err *err)
{
	mm_auto(mm_url) url = NULL;
	mm_auto(mm_live) live = NULL;
	enum mm_code code = mm_url_parse(parts->snapshot->issuer, &url, err);

	if (code != MM_OK)
		return code;
	live = calloc(1, sizeof *live);
	if (!live)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	atomic_init(&live->refs, 1);
	live->prefix = strdup(url->path);
	if (!live->prefix)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	live->snapshot = mm_snapshot_ref(parts->snapshot);
	live->tls = parts->tls ? mm_tls_ref(parts->tls) : NULL;
	live->settings = parts->settings;
	live->not_ready = parts->not_ready;
	*out = mm_take(live);
	return MM_OK;
}

struct mm_live *mm_live_ref(const struct mm_live *live)
{
	/* The count is not part of what is immutable. */
	struct mm_live *counted = (struct mm_live *)(uintptr_t)live;

	atomic_fetch_add_explicit(&counted->refs, 1, memory_order_relaxed);
	return counted;
}

void mm_live_free(struct mm_live *live)
{
	if (!live || atomic_fetch_sub_explicit(&live->refs, 1, memory_order_acq_rel) != 1)
		return;
	mm_snapshot_free(live->snapshot);
	mm_tls_free(live->tls);
	free(live->prefix);
	free(live);
}

void mm_live_slot_init(struct mm_live_slot *slot)
{
	pthread_mutex_init(&slot->lock, NULL);
	slot->current = NULL;
	atomic_init(&slot->generation, 0);
}

void mm_live_slot_clear(struct mm_live_slot *slot)
{
	mm_live_free(mm_take(slot->current));
	pthread_mutex_destroy(&slot->lock);
}

void mm_live_publish(struct mm_live_slot *slot, struct mm_live *live)
{
	struct mm_live *previous;

	pthread_mutex_lock(&slot->lock);
	previous = slot->current;
	slot->current = live;
	atomic_fetch_add_explicit(&slot->generation, 1, memory_order_release);
	pthread_mutex_unlock(&slot->lock);
	mm_live_free(previous);
}

const struct mm_live *mm_live_look(struct mm_live_slot *slot, struct mm_live_view *view)
{
	struct mm_live *previous = view->live;

	if (atomic_load_explicit(&slot->generation, memory_order_acquire) == view->generation)
		return view->live;
	pthread_mutex_lock(&slot->lock);
	view->live = mm_live_ref(slot->current);
	view->generation = atomic_load_explicit(&slot->generation, memory_order_relaxed);
	pthread_mutex_unlock(&slot->lock);
	mm_live_free(previous);
	return view->live;
}

void mm_live_view_clear(struct mm_live_view *view)
{
	mm_live_free(mm_take(view->live));
	view->generation = 0;
}
