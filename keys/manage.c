/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs: what a command or the rotor does to a key set. How it gets to be committed is in verb.c. */
#include <mintmark/manage.h>

#include "keys/made.h"
#include "keys/verb.h"

#include <mintmark/signer.h>

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

/* ---- what several verbs do --------------------------------------------------------------------------------------- */

static enum mm_code publish_new(struct mm_attempt *attempt, const struct mm_alg *alg, struct mm_err *err)
{
	const struct mm_policy *policy = attempt->manage->policy;

	return mm_publish_made(attempt->set, policy, alg, mm_policy_publish_wait(policy), attempt->now, &attempt->maker,
			       err);
}

static enum mm_code activate_standby(struct mm_attempt *attempt, const struct mm_alg *alg, enum mm_gap gap,
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

/* In the same commit: a standby where none is left, an algorithm that is given up. */
static enum mm_code run_consequences(struct mm_attempt *attempt, struct mm_err *err)
{
	return mm_attempt_run_due(attempt, MM_ACTIONS_WITHOUT_WAIT, err);
}

/* ---- init and import --------------------------------------------------------------------------------------------- */

/* Verifiers know the imported key from a JWKS that somebody else served, and nothing else was in it. */
static enum mm_code first_imported(struct mm_attempt *attempt, const struct mm_key *key, struct mm_err *err)
{
	const struct mm_policy *policy = attempt->manage->policy;
	enum mm_code code = mm_keyset_publish(attempt->set, key, policy, 0, attempt->now, err);

	if (code == MM_OK)
		code = activate_standby(attempt, mm_key_alg(key), MM_GAP_ALLOWED, err);
	for (size_t i = 0; code == MM_OK && i < policy->alg_count; i++)
		code = publish_new(attempt, policy->algs[i], err);
	return code;
}

static enum mm_code apply_init(struct mm_attempt *attempt, const void *arg, struct mm_err *err)
{
	const struct mm_key *import = arg;

	if (import)
		return first_imported(attempt, import, err);
	return mm_publish_first(attempt->set, attempt->manage->policy, attempt->now, &attempt->maker, err);
}

enum mm_code mm_manage_init(const struct mm_manage *manage, const struct mm_key *import, struct mm_change *change,
			    struct mm_err *err)
{
	const struct mm_manage_verb verb = {.apply = apply_init, .arg = import, .is_first = true};
	enum mm_code code = MM_OK;

	*change = (struct mm_change){0};
	if (import)
		code = check_alg(mm_key_alg(import), manage->policy, err);
	if (code == MM_OK && import)
		code = probe(import, err);
	return code == MM_OK ? mm_manage_perform(manage, &verb, change, err) : code;
}

struct import {
	const struct mm_key *key;
	bool activate;
};

static enum mm_code apply_import(struct mm_attempt *attempt, const void *arg, struct mm_err *err)
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
	const struct mm_manage_verb verb = {.apply = apply_import, .arg = &import};
	enum mm_code code = MM_OK;

	*change = (struct mm_change){0};
	if (mm_key_is_private(key)) /* otherwise the set says what is wrong */
		code = probe(key, err);
	return code == MM_OK ? mm_manage_perform(manage, &verb, change, err) : code;
}

/* ---- prepare, activate, rotate ----------------------------------------------------------------------------------- */

static enum mm_code check_standbys(const struct mm_attempt *attempt, const struct mm_alg *alg, struct mm_err *err)
{
	const struct mm_key_record *standby = mm_keyset_standby(attempt->set, alg);
	size_t count = mm_keyset_standby_count(attempt->set, alg);

	if (count < 2)
		return MM_OK;
	return mm_fail(err, MM_EREFUSED, "%zu %s keys stand by already, %s the first of them", count, alg->name,
		       mm_key_kid(standby->key));
}

static enum mm_code apply_prepare(struct mm_attempt *attempt, const void *arg, struct mm_err *err)
{
	const struct mm_policy *policy = attempt->manage->policy;
	const struct mm_alg *alg = arg;
	enum mm_code code = check_alg(alg, policy, err);

	if (code == MM_OK)
		code = check_standbys(attempt, alg, err);
	if (code == MM_OK)
		code = mm_keyset_check_room(attempt->set, policy, err);
	if (code == MM_OK)
		code = publish_new(attempt, alg, err);
	return code == MM_OK ? run_consequences(attempt, err) : code;
}

enum mm_code mm_manage_prepare(const struct mm_manage *manage, const struct mm_alg *alg, struct mm_change *change,
			       struct mm_err *err)
{
	const struct mm_manage_verb verb = {.apply = apply_prepare, .arg = alg ? alg : manage->policy->algs[0]};

	return mm_manage_perform(manage, &verb, change, err);
}

struct swap {
	const char *kid;
	enum mm_gap gap;
};

static enum mm_code apply_activate(struct mm_attempt *attempt, const void *arg, struct mm_err *err)
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
	const struct mm_manage_verb verb = {.apply = apply_activate, .arg = &swap};

	return mm_manage_perform(manage, &verb, change, err);
}

static enum mm_code apply_rotate(struct mm_attempt *attempt, const void *arg, struct mm_err *err)
{
	const struct mm_alg *alg = arg;
	enum mm_code code = check_alg(alg, attempt->manage->policy, err);

	if (code == MM_OK)
		code = activate_standby(attempt, alg, MM_GAP_REFUSED, err);
	/* Who rotates believes the clock: a key is ready by it. So keys may leave by it, or the JWKS would fill up. */
	return code == MM_OK ? mm_attempt_run_due(attempt, MM_ACTIONS_WITHOUT_WAIT | 1U << MM_ACTION_REMOVE, err)
			     : code;
}

enum mm_code mm_manage_rotate(const struct mm_manage *manage, const struct mm_alg *alg, struct mm_change *change,
			      struct mm_err *err)
{
	const struct mm_manage_verb verb = {.apply = apply_rotate, .arg = alg ? alg : manage->policy->algs[0]};

	return mm_manage_perform(manage, &verb, change, err);
}

/* ---- taint and revoke -------------------------------------------------------------------------------------------- */

static enum mm_code apply_taint(struct mm_attempt *attempt, const void *arg, struct mm_err *err)
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
	const struct mm_manage_verb verb = {.apply = apply_taint, .arg = &swap, .insists = true};

	return mm_manage_perform(manage, &verb, change, err);
}

/* A signer that nothing stands by for gets a successor now. */
static enum mm_code find_successor(struct mm_attempt *attempt, const char *kid, struct mm_err *err)
{
	const struct mm_policy *policy = attempt->manage->policy;
	const struct mm_alg *alg;
	mm_auto(mm_key) key = NULL;
	enum mm_code code;

	if (!mm_keyset_lacks_successor(attempt->set, kid, policy))
		return MM_OK;
	alg = mm_key_alg(mm_keyset_find(attempt->set, kid)->key);
	code = attempt->maker.make(attempt->maker.arg, alg, policy->rsa_bits, &key, err);
	return code == MM_OK ? mm_keyset_publish_successor(attempt->set, key, policy, attempt->now, err) : code;
}

static enum mm_code apply_revoke(struct mm_attempt *attempt, const void *arg, struct mm_err *err)
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
	const struct mm_manage_verb verb = {.apply = apply_revoke, .arg = kid, .insists = true};

	return mm_manage_perform(manage, &verb, change, err);
}

/* ---- deliver ----------------------------------------------------------------------------------------------------- */

static enum mm_code apply_deliver(struct mm_attempt *attempt, const void *arg, struct mm_err *err)
{
	attempt->steps = mm_keyset_deliver(attempt->set, arg, attempt->manage->policy, attempt->now);
	mm_buf_add_str(&attempt->why, "every destination has it");
	return mm_buf_check(&attempt->why, err);
}

enum mm_code mm_manage_deliver(const struct mm_manage *manage, const struct mm_keyset *delivered,
			       struct mm_change *change, struct mm_err *err)
{
	const struct mm_manage_verb verb = {
		.apply = apply_deliver, .arg = delivered, .insists = true, .may_idle = true};

	return mm_manage_perform(manage, &verb, change, err);
}

/* ---- the schedule ------------------------------------------------------------------------------------------------ */

static enum mm_code apply_due(struct mm_attempt *attempt, const void *arg, struct mm_err *err)
{
	(void)arg;
	return mm_attempt_run_due(attempt, MM_ACTIONS_ALL, err);
}

enum mm_code mm_manage_run_due(const struct mm_manage *manage, struct mm_change *change, struct mm_err *err)
{
	const struct mm_manage_verb verb = {.apply = apply_due, .insists = true, .may_idle = true};

	return mm_manage_perform(manage, &verb, change, err);
}
