/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/dev.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct issuer {
	struct mm_policy policy;
	struct mm_store *store; /* a handle of our own */
};

struct mm_dev {
	/* One word, so that no thread sees half of a change: twice the shift; or twice the frozen time, and one. */
	_Atomic int64_t clock;
	pthread_mutex_t steps; /* held while keys change: a store's handle belongs to one thread at a time */
	size_t count;
	struct issuer issuers[];
};

/* ---- made and freed ---------------------------------------------------------------------------------------------- */

enum mm_code mm_dev_new(const struct mm_dev_issuer *issuers, size_t count, struct mm_dev **out, struct mm_err *err)
{
	mm_auto(mm_dev) dev = calloc(1, sizeof *dev + count * sizeof dev->issuers[0]);
	enum mm_code code = MM_OK;

	if (!dev)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	pthread_mutex_init(&dev->steps, NULL); /* cannot fail on Linux without attributes */
	dev->count = count;
	for (size_t i = 0; code == MM_OK && i < count; i++) {
		code = mm_policy_from_config(issuers[i].config, &dev->issuers[i].policy, err);
		if (code == MM_OK)
			code = mm_store_share(issuers[i].store, &dev->issuers[i].store, err);
	}
	if (code == MM_OK)
		*out = mm_take(dev);
	return code;
}

void mm_dev_free(struct mm_dev *dev)
{
	if (!dev)
		return;
	for (size_t i = 0; i < dev->count; i++)
		mm_store_free(dev->issuers[i].store);
	pthread_mutex_destroy(&dev->steps);
	free(dev);
}

/* ---- the clock --------------------------------------------------------------------------------------------------- */

static bool is_frozen(int64_t word)
{
	return word & 1;
}

static int64_t half(int64_t word)
{
	return (word - (word & 1)) / 2;
}

mm_time mm_dev_now(void *arg)
{
	const struct mm_dev *dev = arg;
	int64_t word = atomic_load_explicit(&dev->clock, memory_order_relaxed);
	mm_time now = is_frozen(word) ? half(word) : mm_clock_now() + half(word);

	return now < 1 ? 1 : now < MM_TIME_MAX ? now : MM_TIME_MAX;
}

void mm_dev_set_clock(struct mm_dev *dev, struct mm_dev_clock clock)
{
	int64_t word = clock.at == MM_NEVER ? 2 * clock.shift : 2 * clock.at + 1;

	atomic_store_explicit(&dev->clock, word, memory_order_relaxed);
}

struct mm_dev_clock mm_dev_get_clock(const struct mm_dev *dev)
{
	int64_t word = atomic_load_explicit(&dev->clock, memory_order_relaxed);

	return is_frozen(word) ? (struct mm_dev_clock){.at = half(word)} : (struct mm_dev_clock){.shift = half(word)};
}

/* ---- the keys ---------------------------------------------------------------------------------------------------- */

static const struct mm_key_record *retired_first(const struct mm_keyset *set)
{
	const struct mm_key_record *first = NULL;

	for (size_t i = 0; i < set->count; i++) {
		const struct mm_key_record *record = &set->records[i];

		if (mm_key_state(record, MM_NEVER) == MM_STATE_RETIRED && (!first || record->retired < first->retired))
			first = record;
	}
	return first;
}

/* Each step may add a key. A run of tests that rotates without end goes on, and none of its tokens is as old. */
static enum mm_code make_room(const struct mm_manage *manage, const struct mm_keyset *set, struct mm_err *err)
{
	const struct mm_key_record *record = retired_first(set);
	mm_auto_change change = {0};

	if (mm_keyset_served(set) < manage->policy->max_keys || !record)
		return MM_OK;
	return mm_manage_revoke(manage, mm_key_kid(record->key), &change, err);
}

static enum mm_code take(const struct mm_manage *manage, enum mm_dev_step step, const char *kid,
			 struct mm_change *change, struct mm_err *err)
{
	const struct mm_alg *alg = manage->policy->algs[0];
	mm_auto(mm_keyset) set = NULL;
	const struct mm_key_record *usual;
	/* With private halves, since to take them off 20 keys costs more than the step. */
	enum mm_code code = mm_store_load(manage->store, MM_LOAD_PRIVATE, &set, err);

	if (code == MM_OK)
		code = make_room(manage, set, err);
	if (code != MM_OK)
		return code;
	usual = step == MM_DEV_ROTATE ? mm_keyset_standby(set, alg) : mm_keyset_signer(set, alg, MM_NEVER);
	if (!kid && !usual)
		return mm_fail(err, MM_ENOTFOUND, "there is no key for %s", alg->name);
	if (!kid)
		kid = mm_key_kid(usual->key);
	switch (step) {
	case MM_DEV_ROTATE: return mm_manage_activate(manage, kid, MM_GAP_ALLOWED, change, err);
	case MM_DEV_TAINT: return mm_manage_taint(manage, kid, MM_GAP_ALLOWED, change, err);
	default: return mm_manage_revoke(manage, kid, change, err);
	}
}

enum mm_code mm_dev_step(struct mm_dev *dev, size_t index, enum mm_dev_step step, const char *kid,
			 struct mm_change *change, struct mm_err *err)
{
	struct issuer *issuer = &dev->issuers[index];
	const struct mm_manage manage = {.store = issuer->store, .policy = &issuer->policy, .actor = {.name = "dev"}};
	enum mm_code code;

	*change = (struct mm_change){0};
	pthread_mutex_lock(&dev->steps);
	code = take(&manage, step, kid, change, err);
	pthread_mutex_unlock(&dev->steps);
	return code;
}
