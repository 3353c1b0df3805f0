/* SPDX-License-Identifier: Apache-2.0 */
/* From the times in the records to stretches of time, one after the other. */
#include <mintmark/timeline.h>
#include <stdlib.h>

const char *const mm_phase_names[MM_PHASE_KINDS] = {
	[MM_PHASE_GENERATED] = "generated", [MM_PHASE_PUBLISHED] = "published", [MM_PHASE_DELIVERED] = "delivered",
	[MM_PHASE_READY] = "ready",         [MM_PHASE_ACTIVE] = "active",       [MM_PHASE_RETIRED] = "retired",
	[MM_PHASE_TAINTED] = "tainted",     [MM_PHASE_REMOVED] = "removed",     [MM_PHASE_REVOKED] = "revoked",
};

/* ---- one life ---------------------------------------------------------------------------------------------------- */

/* Ends the phase before it; one that would be empty is not there at all. */
static void begin(struct mm_life *life, enum mm_phase_kind kind, mm_time at)
{
	struct mm_phase *last = life->count > 0 ? &life->phases[life->count - 1] : NULL;

	if (at == MM_NEVER)
		return;
	if (last && at <= last->from) {
		last->kind = kind;
		return;
	}
	if (last)
		last->to = at;
	life->phases[life->count++] = (struct mm_phase){.kind = kind, .from = at, .to = MM_NEVER};
}

/* When a standby stopped being one; MM_NEVER: it stands by. */
static mm_time stopped_waiting(const struct mm_key_record *record)
{
	const mm_time ends[] = {record->activated, record->retired, record->removed, record->revoked};
	mm_time first = MM_NEVER;

	for (size_t i = 0; i < MM_COUNT(ends); i++) {
		if (ends[i] != MM_NEVER && (first == MM_NEVER || ends[i] < first))
			first = ends[i];
	}
	return first;
}

/* Whether `time` came while the key stood by; what comes with a delivery that never was does not. */
static bool while_waiting(const struct mm_key_record *record, mm_time time)
{
	mm_time end = stopped_waiting(record);

	return record->delivered != MM_NEVER && (end == MM_NEVER || time < end);
}

static struct mm_life live(const struct mm_key_record *record)
{
	struct mm_life life = {.record = record};

	begin(&life, MM_PHASE_GENERATED, record->created);
	begin(&life, MM_PHASE_PUBLISHED, record->published);
	if (record->delivered > record->published && while_waiting(record, record->delivered))
		begin(&life, MM_PHASE_DELIVERED, record->delivered);
	if (while_waiting(record, mm_key_ready_at(record)))
		begin(&life, MM_PHASE_READY, mm_key_ready_at(record));
	begin(&life, MM_PHASE_ACTIVE, record->activated);
	begin(&life, MM_PHASE_RETIRED, record->retired);
	begin(&life, MM_PHASE_TAINTED, record->tainted);
	/* Of a tombstone that was revoked its file may have been removed before or afterwards: that changes nothing. */
	if (record->revoked == MM_NEVER || (record->removed != MM_NEVER && record->removed < record->revoked))
		begin(&life, MM_PHASE_REMOVED, record->removed);
	begin(&life, MM_PHASE_REVOKED, record->revoked);
	return life;
}

/* The schedule knows of some phases when they end, though that is beyond the forecast. */
static void foresee_end(struct mm_life *life, const struct mm_keyset *set, const struct mm_policy *policy, mm_time at)
{
	struct mm_phase *last = &life->phases[life->count - 1];
	struct mm_action action = mm_schedule_key(set, policy, life->record, at > last->from ? at : last->from);

	if (action.kind != MM_ACTION_NONE && action.at > last->from && action.at >= at)
		last->to = action.at;
}

/* ---- the window -------------------------------------------------------------------------------------------------- */

mm_time mm_timeline_begin(const struct mm_keyset *set, mm_time now)
{
	mm_time begin_at = now;

	for (size_t i = 0; i < set->count; i++) {
		const struct mm_key_record *record = &set->records[i];

		if (mm_key_states[mm_key_state(record, now)].in_jwks && record->published < begin_at)
			begin_at = record->published;
	}
	return begin_at;
}

bool mm_timeline_shows(const struct mm_timeline *timeline, const struct mm_phase *phase, mm_time *from, mm_time *to)
{
	if (phase->kind == MM_PHASE_REMOVED || phase->from > timeline->to)
		return false;
	*from = phase->from > timeline->from ? phase->from : timeline->from;
	*to = phase->to != MM_NEVER && phase->to < timeline->to ? phase->to : timeline->to;
	if (phase->kind != MM_PHASE_REVOKED)
		return *from < *to;
	*to = *from;
	return phase->from >= timeline->from;
}

bool mm_timeline_has(const struct mm_timeline *timeline, enum mm_phase_kind kind)
{
	mm_time from, to;

	for (size_t i = 0; i < timeline->count; i++) {
		for (size_t j = 0; j < timeline->lives[i].count; j++) {
			const struct mm_phase *phase = &timeline->lives[i].phases[j];

			if (phase->kind == kind && mm_timeline_shows(timeline, phase, &from, &to))
				return true;
		}
	}
	return false;
}

static bool happens(const struct mm_timeline *timeline, const struct mm_phase *phase)
{
	return phase->from >= timeline->from && phase->from <= timeline->to;
}

static bool is_in_window(const struct mm_timeline *timeline, const struct mm_life *life)
{
	mm_time from, to;

	for (size_t i = 0; i < life->count; i++) {
		if (mm_timeline_shows(timeline, &life->phases[i], &from, &to) || happens(timeline, &life->phases[i]))
			return true;
	}
	return false;
}

static void add_lives(struct mm_timeline *timeline, const struct mm_keyset *set, const struct mm_alg *alg,
		      const struct mm_policy *policy)
{
	for (size_t i = 0; i < set->count; i++) {
		struct mm_life life = live(&set->records[i]);

		if (mm_key_alg(life.record->key) != alg)
			continue;
		foresee_end(&life, set, policy, timeline->to);
		if (is_in_window(timeline, &life)) {
			timeline->lives[timeline->count++] = life;
			timeline->planned += mm_key_is_planned(life.record->key);
		} else {
			timeline->left_out++;
		}
	}
}

/* ---- events ------------------------------------------------------------------------------------------------------ */

static int compare_events(const void *a, const void *b)
{
	const struct mm_timeline_event *x = a, *y = b;

	if (x->phase->from != y->phase->from)
		return x->phase->from < y->phase->from ? -1 : 1;
	if (x->phase->kind != y->phase->kind)
		return x->phase->kind < y->phase->kind ? -1 : 1;
	return x->life < y->life ? -1 : x->life > y->life;
}

static void add_events(struct mm_timeline *timeline)
{
	for (size_t i = 0; i < timeline->count; i++) {
		const struct mm_life *life = &timeline->lives[i];

		for (size_t j = 0; j < life->count; j++) {
			const struct mm_phase *phase = &life->phases[j];

			if (happens(timeline, phase))
				timeline->events[timeline->event_count++] = (struct mm_timeline_event){life, phase};
		}
	}
	qsort(timeline->events, timeline->event_count, sizeof *timeline->events, compare_events);
}

/* ---- how many are served ----------------------------------------------------------------------------------------- */

static bool is_served(const struct mm_key_record *record, mm_time at)
{
	return record->published != MM_NEVER && record->published <= at &&
	       (record->removed == MM_NEVER || record->removed > at) &&
	       (record->revoked == MM_NEVER || record->revoked > at);
}

static void count_served(struct mm_timeline *timeline, mm_time at)
{
	size_t served = 0;

	for (size_t i = 0; i < timeline->count; i++)
		served += is_served(timeline->lives[i].record, at);
	if (served > timeline->most_served) {
		timeline->most_served = served;
		timeline->most_served_at = at;
	}
}

/* The number grows only when a key is published. */
static void find_most_served(struct mm_timeline *timeline)
{
	count_served(timeline, timeline->from);
	for (size_t i = 0; i < timeline->event_count; i++) {
		mm_time published = timeline->events[i].life->record->published;

		if (published == timeline->events[i].phase->from)
			count_served(timeline, published);
	}
}

/* ------------------------------------------------------------------------------------------------------------------ */

enum mm_code mm_timeline_new(const struct mm_keyset *future, const struct mm_policy *policy, mm_time from, mm_time now,
			     mm_time to, struct mm_timeline **out, struct mm_err *err)
{
	mm_auto(mm_timeline) timeline = calloc(1, sizeof *timeline);

	if (from > now || now >= to)
		return mm_fail(err, MM_EREFUSED, "a timeline shows a time before it ends, and none before it begins");
	if (timeline) {
		timeline->lives = calloc(future->count + 1, sizeof *timeline->lives);
		timeline->events = calloc(future->count * MM_PHASE_KINDS + 1, sizeof *timeline->events);
	}
	if (!timeline || !timeline->lives || !timeline->events)
		return mm_fail(err, MM_ENOMEM, "timeline: out of memory");
	timeline->from = from;
	timeline->now = now;
	timeline->to = to;
	for (size_t i = 0; i < MM_ALG_COUNT; i++)
		add_lives(timeline, future, &mm_algs[i], policy);
	add_events(timeline);
	find_most_served(timeline);
	*out = mm_take(timeline);
	return MM_OK;
}

void mm_timeline_free(struct mm_timeline *timeline)
{
	if (!timeline)
		return;
	free(timeline->lives);
	free(timeline->events);
	free(timeline);
}
