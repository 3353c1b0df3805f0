/* SPDX-License-Identifier: Apache-2.0 */
/* What a command or the rotor does to a store: load, change a copy, commit once. */
#include <mintmark/manage.h>

#include "keys/key_pool.h"

#include <mintmark/signer.h>

/* Who wants something done whatever others do meanwhile tries so often; each loss means that somebody else succeeded. */
#define TRIES 16

void mm_change_clear(struct mm_change *change)
{
	mm_keyset_free(change->before);
	mm_keyset_free(change->after);
	*change = (struct mm_change){0};
}

/* ---- keys that may sign ------------------------------------------------------------------------------------------ */

/* The second opinion, before the key may sign anything. */
static enum mm_code probe(const struct mm_key *key, struct mm_err *err)
{
	mm_auto(mm_signer) signer = NULL;
	mm_auto(mm_key) public_key = NULL;
	enum mm_code code = mm_signer_local(key, &signer, err);

	if (code == MM_OK)
		code = mm_key_public(key, &public_key, err);
	if (code == MM_OK)
		code = mm_probe(signer, public_key, err);
	return mm_context(err, code, "key %s", mm_key_kid(key));
}

static enum mm_code generate_probed(void *arg, const struct mm_alg *alg, unsigned rsa_bits, struct mm_key **out,
				    struct mm_err *err)
{
	mm_auto(mm_key) key = NULL;
	enum mm_code code = mm_key_generate(alg, rsa_bits, &key, err);

	(void)arg;
	if (code == MM_OK)
		code = probe(key, err);
	if (code == MM_OK)
		*out = mm_take(key);
	return code;
}

const struct mm_key_maker mm_generate_probed = {.make = generate_probed};

/* ---- one verb ---------------------------------------------------------------------------------------------------- */

/* One attempt of a verb to change a set. */
struct attempt {
	const struct mm_manage *manage;
	struct mm_key_maker maker;
	struct mm_keyset *set; /* the copy that is changed */
	mm_time now;
	struct mm_buf why;
	size_t due_steps; /* of the schedule, beside what the verb itself did */
};

struct verb {
	enum mm_code (*apply)(struct attempt *attempt, const void *arg, struct mm_err *err);
	const void *arg;
	bool insists;  /* tries again when another process committed first */
	bool is_first; /* there is no set yet, and must be none */
	bool may_idle; /* does what is due and nothing else, so that there may be nothing to commit */
};

static enum mm_code run_due(struct attempt *attempt, unsigned kinds, struct mm_err *err)
{
	return mm_rotate(attempt->set, attempt->manage->policy, kinds, attempt->now, &attempt->maker, &attempt->why,
			 &attempt->due_steps, err);
}

/* In the same commit: a standby where none is left, an algorithm that is given up. */
static enum mm_code run_consequences(struct attempt *attempt, struct mm_err *err)
{
	return run_due(attempt, MM_ACTIONS_WITHOUT_WAIT, err);
}

static mm_time read_clock(const struct mm_manage *manage)
{
	return manage->clock ? manage->clock(manage->clock_arg) : mm_clock_now();
}

static enum mm_code apply_once(const struct mm_manage *manage, const struct verb *verb, const struct mm_keyset *before,
			       struct attempt *attempt, struct mm_err *err)
{
	enum mm_code code;

	mm_keyset_free(mm_take(attempt->set));
	mm_buf_free(&attempt->why);
	code = before ? mm_keyset_copy(before, &attempt->set, err) : mm_keyset_new(&attempt->set, err);
	attempt->now = read_clock(manage);
	return code == MM_OK ? verb->apply(attempt, verb->arg, err) : code;
}

/* Until no key had to be made in between: then the time is that of the change. */
static enum mm_code apply(const struct mm_manage *manage, const struct verb *verb, const struct mm_keyset *before,
			  struct mm_key_pool *pool, struct attempt *attempt, struct mm_err *err)
{
	enum mm_code code;
	size_t made;

	do {
		made = pool->count;
		mm_key_pool_rewind(pool);
		code = apply_once(manage, verb, before, attempt, err);
	} while (code == MM_OK && pool->count > made);
	return code;
}

static enum mm_code commit(const struct mm_manage *manage, const struct verb *verb, struct attempt *attempt,
			   struct mm_keyset **before, struct mm_change *change, struct mm_err *err)
{
	struct mm_actor actor = manage->actor;
	uint64_t expected = *before ? (*before)->revision : 0;
	enum mm_code code;

	if (verb->may_idle && attempt->due_steps == 0) {
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

static enum mm_code try_once(const struct mm_manage *manage, const struct verb *verb, struct mm_key_pool *pool,
			     struct mm_change *change, struct mm_err *err)
{
	mm_auto(mm_keyset) before = NULL;
	struct attempt attempt = {.manage = manage, .maker = {mm_key_pool_make, pool}};
	enum mm_code code = verb->is_first ? check_empty(manage->store, err)
					   : mm_store_load(manage->store, MM_LOAD_PUBLIC, &before, err);

	if (code == MM_OK)
		code = apply(manage, verb, before, pool, &attempt, err);
	if (code == MM_OK)
		code = commit(manage, verb, &attempt, &before, change, err);
	mm_keyset_free(attempt.set);
	mm_buf_free(&attempt.why);
	return code;
}

static enum mm_code perform(const struct mm_manage *manage, const struct verb *verb, struct mm_change *change,
			    struct mm_err *err)
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

/* ---- init and import --------------------------------------------------------------------------------------------- */

static enum mm_code publish_new(struct attempt *attempt, const struct mm_alg *alg, mm_duration wait, struct mm_err *err)
{
	const struct mm_policy *policy = attempt->manage->policy;
	mm_auto(mm_key) key = NULL;
	enum mm_code code = attempt->maker.make(attempt->maker.arg, alg, policy->rsa_bits, &key, err);

	return code == MM_OK ? mm_keyset_publish(attempt->set, key, policy, wait, attempt->now, err) : code;
}

static enum mm_code activate_standby(struct attempt *attempt, const struct mm_alg *alg, enum mm_gap gap,
				     struct mm_err *err)
{
	const struct mm_key_record *standby = mm_keyset_standby(attempt->set, alg);

	if (!standby)
		return mm_fail(err, MM_EREFUSED, "no %s key stands by", alg->name);
	return mm_keyset_activate(attempt->set, mm_key_kid(standby->key), attempt->manage->policy, gap, attempt->now,
				  err);
}

static enum mm_code check_alg(const struct mm_alg *alg, const struct mm_policy *policy, struct mm_err *err)
{
	mm_auto_buf names = {0};

	if (mm_policy_has_alg(policy, alg))
		return MM_OK;
	for (size_t i = 0; i < policy->alg_count; i++)
		mm_buf_printf(&names, "%s%s", i > 0 ? ", " : "", policy->algs[i]->name);
	return mm_fail(err, MM_EREFUSED, "%s is not among the algorithms that the configuration names (%s)", alg->name,
		       names.p ? names.p : "");
}

/* Nobody can have cached a document of a set that did not exist, so nothing waits (docs/decisions/0002). */
static enum mm_code first_keys(struct attempt *attempt, const struct mm_alg *alg, struct mm_err *err)
{
	enum mm_code code = publish_new(attempt, alg, 0, err);

	if (code == MM_OK)
		code = activate_standby(attempt, alg, MM_GAP_REFUSED, err);
	return code == MM_OK ? publish_new(attempt, alg, 0, err) : code;
}

/* Verifiers know the imported key from a JWKS that somebody else served, and nothing else was in it. */
static enum mm_code first_imported(struct attempt *attempt, const struct mm_key *key, struct mm_err *err)
{
	const struct mm_policy *policy = attempt->manage->policy;
	enum mm_code code = mm_keyset_publish(attempt->set, key, policy, 0, attempt->now, err);

	if (code == MM_OK)
		code = activate_standby(attempt, mm_key_alg(key), MM_GAP_REFUSED, err);
	for (size_t i = 0; code == MM_OK && i < policy->alg_count; i++)
		code = publish_new(attempt, policy->algs[i], mm_policy_publish_wait(policy), err);
	return code;
}

static enum mm_code apply_init(struct attempt *attempt, const void *arg, struct mm_err *err)
{
	const struct mm_policy *policy = attempt->manage->policy;
	const struct mm_key *import = arg;
	enum mm_code code = MM_OK;

	if (import)
		return first_imported(attempt, import, err);
	for (size_t i = 0; code == MM_OK && i < policy->alg_count; i++)
		code = first_keys(attempt, policy->algs[i], err);
	return code;
}

enum mm_code mm_manage_init(const struct mm_manage *manage, const struct mm_key *import, struct mm_change *change,
			    struct mm_err *err)
{
	const struct verb verb = {.apply = apply_init, .arg = import, .is_first = true};
	enum mm_code code = MM_OK;

	*change = (struct mm_change){0};
	if (import)
		code = check_alg(mm_key_alg(import), manage->policy, err);
	if (code == MM_OK && import)
		code = probe(import, err);
	return code == MM_OK ? perform(manage, &verb, change, err) : code;
}

struct import {
	const struct mm_key *key;
	bool activate;
};

static enum mm_code apply_import(struct attempt *attempt, const void *arg, struct mm_err *err)
{
	const struct import *import = arg;
	const struct mm_policy *policy = attempt->manage->policy;
	enum mm_code code = check_alg(mm_key_alg(import->key), policy, err);

	if (code == MM_OK)
		code = mm_keyset_publish(attempt->set, import->key, policy, mm_policy_publish_wait(policy),
					 attempt->now, err);
	if (code == MM_OK && import->activate)
		code = mm_keyset_activate(attempt->set, mm_key_kid(import->key), policy, MM_GAP_ALLOWED, attempt->now,
					  err);
	return code == MM_OK ? run_consequences(attempt, err) : code;
}

enum mm_code mm_manage_import(const struct mm_manage *manage, const struct mm_key *key, bool activate,
			      struct mm_change *change, struct mm_err *err)
{
	const struct import import = {key, activate};
	const struct verb verb = {.apply = apply_import, .arg = &import};
	enum mm_code code = MM_OK;

	*change = (struct mm_change){0};
	if (mm_key_is_private(key)) /* otherwise the set says what is wrong */
		code = probe(key, err);
	return code == MM_OK ? perform(manage, &verb, change, err) : code;
}

/* ---- prepare, activate, rotate ----------------------------------------------------------------------------------- */

static enum mm_code check_standbys(const struct attempt *attempt, const struct mm_alg *alg, struct mm_err *err)
{
	const struct mm_key_record *standby = mm_keyset_standby(attempt->set, alg);
	size_t count = mm_keyset_standby_count(attempt->set, alg);

	if (count < 2)
		return MM_OK;
	return mm_fail(err, MM_EREFUSED, "%zu %s keys stand by already, %s the first of them", count, alg->name,
		       mm_key_kid(standby->key));
}

static enum mm_code apply_prepare(struct attempt *attempt, const void *arg, struct mm_err *err)
{
	const struct mm_policy *policy = attempt->manage->policy;
	const struct mm_alg *alg = arg;
	enum mm_code code = check_alg(alg, policy, err);

	if (code == MM_OK)
		code = check_standbys(attempt, alg, err);
	if (code == MM_OK)
		code = mm_keyset_check_room(attempt->set, policy, err);
	if (code == MM_OK)
		code = publish_new(attempt, alg, mm_policy_publish_wait(policy), err);
	return code == MM_OK ? run_consequences(attempt, err) : code;
}

enum mm_code mm_manage_prepare(const struct mm_manage *manage, const struct mm_alg *alg, struct mm_change *change,
			       struct mm_err *err)
{
	const struct verb verb = {.apply = apply_prepare, .arg = alg ? alg : manage->policy->algs[0]};

	return perform(manage, &verb, change, err);
}

struct swap {
	const char *kid;
	enum mm_gap gap;
};

static enum mm_code apply_activate(struct attempt *attempt, const void *arg, struct mm_err *err)
{
	const struct swap *swap = arg;
	const struct mm_policy *policy = attempt->manage->policy;
	const struct mm_key_record *record = mm_keyset_find(attempt->set, swap->kid);
	enum mm_code code = MM_OK;

	if (record && mm_key_is_standby(record)) /* an algorithm that is not configured would be given up at once */
		code = check_alg(mm_key_alg(record->key), policy, err);
	if (code == MM_OK)
		code = mm_keyset_activate(attempt->set, swap->kid, policy, swap->gap, attempt->now, err);
	return code == MM_OK ? run_consequences(attempt, err) : code;
}

enum mm_code mm_manage_activate(const struct mm_manage *manage, const char *kid, enum mm_gap gap,
				struct mm_change *change, struct mm_err *err)
{
	const struct swap swap = {kid, gap};
	const struct verb verb = {.apply = apply_activate, .arg = &swap};

	return perform(manage, &verb, change, err);
}

static enum mm_code apply_rotate(struct attempt *attempt, const void *arg, struct mm_err *err)
{
	const struct mm_alg *alg = arg;
	enum mm_code code = check_alg(alg, attempt->manage->policy, err);

	if (code == MM_OK)
		code = activate_standby(attempt, alg, MM_GAP_REFUSED, err);
	return code == MM_OK ? run_consequences(attempt, err) : code;
}

enum mm_code mm_manage_rotate(const struct mm_manage *manage, const struct mm_alg *alg, struct mm_change *change,
			      struct mm_err *err)
{
	const struct verb verb = {.apply = apply_rotate, .arg = alg ? alg : manage->policy->algs[0]};

	return perform(manage, &verb, change, err);
}

/* ---- taint and revoke -------------------------------------------------------------------------------------------- */

static enum mm_code apply_taint(struct attempt *attempt, const void *arg, struct mm_err *err)
{
	const struct swap *swap = arg;
	enum mm_code code = mm_keyset_taint(attempt->set, swap->kid, attempt->manage->policy, swap->gap, attempt->now,
					    err);

	return code == MM_OK ? run_consequences(attempt, err) : code;
}

enum mm_code mm_manage_taint(const struct mm_manage *manage, const char *kid, enum mm_gap gap, struct mm_change *change,
			     struct mm_err *err)
{
	const struct swap swap = {kid, gap};
	const struct verb verb = {.apply = apply_taint, .arg = &swap, .insists = true};

	return perform(manage, &verb, change, err);
}

/* A signer that nothing stands by for gets a successor now. */
static enum mm_code find_successor(struct attempt *attempt, const char *kid, struct mm_err *err)
{
	const struct mm_policy *policy = attempt->manage->policy;
	const struct mm_alg *alg;
	mm_auto(mm_key) key = NULL;
	enum mm_code code;

	if (!mm_keyset_lacks_successor(attempt->set, kid))
		return MM_OK;
	alg = mm_key_alg(mm_keyset_find(attempt->set, kid)->key);
	code = attempt->maker.make(attempt->maker.arg, alg, policy->rsa_bits, &key, err);
	return code == MM_OK ? mm_keyset_publish_successor(attempt->set, key, policy, attempt->now, err) : code;
}

static enum mm_code apply_revoke(struct attempt *attempt, const void *arg, struct mm_err *err)
{
	const char *kid = arg;
	enum mm_code code = find_successor(attempt, kid, err);

	if (code == MM_OK)
		code = mm_keyset_revoke(attempt->set, kid, attempt->manage->policy, attempt->now, err);
	return code == MM_OK ? run_consequences(attempt, err) : code;
}

enum mm_code mm_manage_revoke(const struct mm_manage *manage, const char *kid, struct mm_change *change,
			      struct mm_err *err)
{
	const struct verb verb = {.apply = apply_revoke, .arg = kid, .insists = true};

	return perform(manage, &verb, change, err);
}

/* ---- the schedule ------------------------------------------------------------------------------------------------ */

static enum mm_code apply_due(struct attempt *attempt, const void *arg, struct mm_err *err)
{
	(void)arg;
	return run_due(attempt, MM_ACTIONS_ALL, err);
}

enum mm_code mm_manage_run_due(const struct mm_manage *manage, struct mm_change *change, struct mm_err *err)
{
	const struct verb verb = {.apply = apply_due, .insists = true, .may_idle = true};

	return perform(manage, &verb, change, err);
}
