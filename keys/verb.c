/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/verb.h"

#include "keys/key_pool.h"

/* Who wants something done whatever others do tries so often; each loss means that somebody else succeeded. */
#define TRIES 16

enum mm_code mm_attempt_run_due(struct mm_attempt *attempt, unsigned kinds, struct mm_err *err)
{
	return mm_rotate(attempt->set, attempt->manage->policy, kinds, attempt->now, &attempt->maker, &attempt->why,
			 &attempt->steps, err);
}

static mm_time read_clock(const struct mm_manage *manage)
{
	return manage->clock ? manage->clock(manage->clock_arg) : mm_clock_now();
}

static enum mm_code apply_once(const struct mm_manage_verb *verb, const struct mm_keyset *before,
			       struct mm_attempt *attempt, struct mm_err *err)
{
	enum mm_code code;

	mm_keyset_free(mm_take(attempt->set));
	mm_buf_free(&attempt->why);
	code = before ? mm_keyset_copy(before, &attempt->set, err) : mm_keyset_new(&attempt->set, err);
	attempt->now = read_clock(attempt->manage);
	return code == MM_OK ? verb->apply(attempt, verb->arg, err) : code;
}

/* Until no key had to be made in between: then the time is that of the change. */
static enum mm_code apply(const struct mm_manage_verb *verb, const struct mm_keyset *before, struct mm_key_pool *pool,
			  struct mm_attempt *attempt, struct mm_err *err)
{
	enum mm_code code;
	size_t made;

	do {
		made = pool->count;
		mm_key_pool_rewind(pool);
		code = apply_once(verb, before, attempt, err);
	} while (code == MM_OK && pool->count > made);
	return code;
}

static enum mm_code commit(const struct mm_manage_verb *verb, struct mm_attempt *attempt, struct mm_keyset **before,
			   struct mm_change *change, struct mm_err *err)
{
	const struct mm_manage *manage = attempt->manage;
	struct mm_actor actor = manage->actor;
	uint64_t expected = *before ? (*before)->revision : 0;
	enum mm_code code;

	if (verb->may_idle && attempt->steps == 0) {
		*change = (struct mm_change){.before = mm_take(*before), .now = attempt->now};
		return MM_OK;
	}
	if (verb->may_idle && !actor.why) /* other verbs are done because somebody wants it */
		actor.why = attempt->why.p;
	code = mm_store_commit(manage->store, attempt->set, expected, &actor, attempt->now, err);
	if (code == MM_OK)
		*change = (struct mm_change){mm_take(*before), mm_take(attempt->set), attempt->now};
	return code;
}

static enum mm_code check_empty(struct mm_store *store, struct mm_err *err)
{
	mm_auto(mm_keyset) found = NULL;
	struct mm_err reason = {0};
	enum mm_code code = mm_store_load(store, MM_LOAD_PUBLIC, &found, &reason);

	if (code == MM_ENOTFOUND)
		return MM_OK;
	if (code != MM_OK)
		return mm_fail(err, code, "%s", reason.text);
	return mm_fail(err, MM_EEXIST, "there is a key set already (revision %llu); it was not touched",
		       (unsigned long long)found->revision);
}

static enum mm_code try_once(const struct mm_manage *manage, const struct mm_manage_verb *verb,
			     struct mm_key_pool *pool, struct mm_change *change, struct mm_err *err)
{
	mm_auto(mm_keyset) before = NULL;
	struct mm_attempt attempt = {.manage = manage, .maker = {mm_key_pool_make, pool}};
	enum mm_code code = verb->is_first ? check_empty(manage->store, err)
					   : mm_store_load(manage->store, MM_LOAD_PUBLIC, &before, err);

	if (code == MM_OK)
		code = apply(verb, before, pool, &attempt, err);
	if (code == MM_OK)
		code = commit(verb, &attempt, &before, change, err);
	mm_keyset_free(attempt.set);
	mm_buf_free(&attempt.why);
	return code;
}

enum mm_code mm_manage_perform(const struct mm_manage *manage, const struct mm_manage_verb *verb,
			       struct mm_change *change, struct mm_err *err)
{
	MM_CLEANUP(mm_key_pool_clear)
	struct mm_key_pool pool = {.maker = manage->maker ? manage->maker : &mm_generate_probed};
	struct mm_err why = {0};
	enum mm_code code;
	int tries = verb->insists ? TRIES : 1;

	*change = (struct mm_change){0};
	do {
		mm_err_clear(&why);
		code = try_once(manage, verb, &pool, change, &why);
	} while (code == MM_ECONFLICT && --tries > 0);
	return code == MM_OK ? MM_OK : mm_fail(err, code, "%s", why.text);
}
