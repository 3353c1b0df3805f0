/* SPDX-License-Identifier: Apache-2.0 */
/* What a command does to a store: load, change, probe, commit once. */
#include <mintmark/manage.h>

#include <mintmark/signer.h>

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

static enum mm_code add_probed(struct mm_keyset *set, const struct mm_key *key, const struct mm_policy *policy,
			       mm_time now, struct mm_err *err)
{
	enum mm_code code = probe(key, err);

	return code == MM_OK ? mm_keyset_add(set, key, policy, now, err) : code;
}

static enum mm_code add_generated(struct mm_keyset *set, const struct mm_policy *policy, mm_time now,
				  struct mm_err *err)
{
	mm_auto(mm_key) key = NULL;
	enum mm_code code = mm_key_generate(policy->alg, policy->rsa_bits, &key, err);

	return code == MM_OK ? add_probed(set, key, policy, now, err) : code;
}

/* A standby of another algorithm would stand by for nothing. */
static enum mm_code check_alg(const struct mm_key *key, const struct mm_policy *policy, struct mm_err *err)
{
	if (mm_key_alg(key) == policy->alg)
		return MM_OK;
	return mm_fail(err, MM_EREFUSED, "the key is for %s, but keys.algorithm is %s", mm_key_alg(key)->name,
		       policy->alg->name);
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

enum mm_code mm_manage_init(struct mm_store *store, const struct mm_policy *policy, const struct mm_key *import,
			    mm_time now, struct mm_keyset **set, struct mm_err *err)
{
	mm_auto(mm_keyset) next = NULL;
	enum mm_code code;

	*set = NULL;
	code = check_empty(store, err);
	if (code == MM_OK && import)
		code = check_alg(import, policy, err);
	if (code == MM_OK)
		code = mm_keyset_new(&next, err);
	if (code == MM_OK)
		code = import ? add_probed(next, import, policy, now, err) : add_generated(next, policy, now, err);
	if (code == MM_OK)
		code = add_generated(next, policy, now, err);
	/* Verifiers know an imported key from a JWKS that somebody else served, and the standby was not in it. */
	if (code == MM_OK && import)
		next->records[next->count - 1].publish_wait = mm_policy_publish_wait(policy);
	if (code == MM_OK)
		code = mm_store_commit(store, next, 0, now, err);
	if (code == MM_OK)
		*set = mm_take(next);
	return code;
}

enum mm_code mm_manage_import(struct mm_store *store, const struct mm_policy *policy, const struct mm_key *key,
			      mm_time now, struct mm_keyset **set, struct mm_err *err)
{
	mm_auto(mm_keyset) next = NULL;
	enum mm_code code;

	*set = NULL;
	code = mm_store_load(store, MM_LOAD_PUBLIC, &next, err);
	if (code == MM_OK)
		code = add_probed(next, key, policy, now, err);
	if (code == MM_OK)
		code = mm_store_commit(store, next, next->revision, now, err);
	if (code == MM_OK)
		*set = mm_take(next);
	return code;
}
