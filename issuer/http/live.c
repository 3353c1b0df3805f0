/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/live.h"

#include <mintmark/url.h>
#include <stdlib.h>
#include <string.h>

static enum mm_code add_issuer(struct mm_live *live, struct mm_snapshot *snapshot, struct mm_err *err)
{
	struct mm_live_issuer *issuer = &live->issuers[live->issuer_count];
	mm_auto(mm_url) url = NULL;
	enum mm_code code = mm_url_parse(snapshot->issuer, &url, err);

	if (code != MM_OK)
		return code;
	issuer->prefix = strdup(url->path);
	if (!issuer->prefix)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	issuer->snapshot = mm_snapshot_ref(snapshot);
	live->issuer_count++;
	return MM_OK;
}

enum mm_code mm_live_new(const struct mm_live_parts *parts, struct mm_live **out, struct mm_err *err)
{
	const struct stack_st_X509_NAME *authorities = parts->callers ? mm_callers_authorities(parts->callers) : NULL;
	mm_auto(mm_live) live = calloc(1, sizeof *live);
	enum mm_code code = MM_OK;

	if (!live)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	mm_refs_init(&live->refs);
	live->issuers = calloc(parts->issuer_count, sizeof *live->issuers);
	if (!live->issuers)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	for (size_t i = 0; code == MM_OK && i < parts->issuer_count; i++)
		code = add_issuer(live, parts->snapshots[i], err);
	if (code == MM_OK && parts->tls)
		code = mm_tls_for_callers(parts->tls, authorities, &live->admin_tls, err);
	if (code != MM_OK)
		return code;
	live->callers = parts->callers ? mm_callers_ref(parts->callers) : NULL;
	live->rules = parts->rules ? mm_rules_ref(parts->rules) : NULL;
	live->directory = parts->directory ? mm_directory_ref(parts->directory) : NULL;
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

	mm_refs_take(&counted->refs);
	return counted;
}

void mm_live_free(struct mm_live *live)
{
	if (!live || !mm_refs_drop(&live->refs))
		return;
	for (size_t i = 0; i < live->issuer_count; i++) {
		mm_snapshot_free(live->issuers[i].snapshot);
		free(live->issuers[i].prefix);
	}
	free(live->issuers);
	mm_callers_free(live->callers);
	mm_rules_free(live->rules);
	mm_directory_free(live->directory);
	mm_tls_free(live->tls);
	mm_tls_free(live->admin_tls);
	free(live);
}

void mm_live_slot_init(struct mm_live_slot *slot)
{
	pthread_condattr_t attributes;

	pthread_mutex_init(&slot->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&slot->published, &attributes);
	pthread_condattr_destroy(&attributes);
	slot->current = NULL;
	atomic_init(&slot->generation, 0);
}

void mm_live_slot_clear(struct mm_live_slot *slot)
{
	mm_live_free(mm_take(slot->current));
	pthread_cond_destroy(&slot->published);
	pthread_mutex_destroy(&slot->lock);
}

void mm_live_publish(struct mm_live_slot *slot, struct mm_live *live)
{
	struct mm_live *previous;

	pthread_mutex_lock(&slot->lock);
	previous = slot->current;
	slot->current = live;
	atomic_fetch_add_explicit(&slot->generation, 1, memory_order_release);
	pthread_cond_broadcast(&slot->published);
	pthread_mutex_unlock(&slot->lock);
	mm_live_free(previous);
}

bool mm_live_wait(struct mm_live_slot *slot, size_t issuer, uint64_t revision, int timeout_ms)
{
	int64_t end_ns = mm_clock_monotonic_ns() + timeout_ms * INT64_C(1000000);
	const struct timespec end = {.tv_sec = end_ns / 1000000000, .tv_nsec = end_ns % 1000000000};
	int failure = 0;
	bool there;

	pthread_mutex_lock(&slot->lock);
	while (!(there = slot->current->issuers[issuer].snapshot->revision >= revision) && failure == 0)
		failure = pthread_cond_timedwait(&slot->published, &slot->lock, &end);
	pthread_mutex_unlock(&slot->lock);
	return there;
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
