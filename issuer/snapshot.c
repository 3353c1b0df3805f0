/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/snapshot.h>

#include <mintmark/refs.h>
#include <mintmark/steps.h>
#include <stdlib.h>
#include <string.h>

/* Longer than this nobody needs to keep a JWKS, whatever the worst verifier does: kube-apiserver says the same. */
enum { MAX_AGE_MAX = 3600 };

struct counted {
	struct mm_snapshot snapshot; /* first: the two pointers are the same */
	struct mm_refs refs;
};

static struct counted *counted(struct mm_snapshot *snapshot)
{
	return (struct counted *)snapshot;
}

static enum mm_code add_signer(struct mm_snapshot *snapshot, const struct mm_alg *alg, mm_time now, struct mm_err *err)
{
	const struct mm_key_record *record = mm_keyset_signer(snapshot->set, alg, now);
	struct mm_snapshot_signer *place = &snapshot->signers[snapshot->signer_count];
	struct mm_signer *signer;
	enum mm_code code;

	if (!record)
		return MM_OK;
	code = mm_signer_local(record->key, &signer, err);
	if (code == MM_OK)
		code = mm_jws_prepare(signer, NULL, &place->jws, err);
	if (code != MM_OK)
		return code;
	place->max_ttl = mm_key_longest_ttl(record, &snapshot->policy);
	snapshot->signer_count++;
	return MM_OK;
}

/* Those of the policy in its order, and then what still signs of an algorithm that is being given up. */
static enum mm_code add_signers(struct mm_snapshot *snapshot, mm_time now, struct mm_err *err)
{
	const struct mm_policy *policy = &snapshot->policy;
	enum mm_code code = MM_OK;

	for (size_t i = 0; code == MM_OK && i < policy->alg_count; i++)
		code = add_signer(snapshot, policy->algs[i], now, err);
	for (size_t i = 0; code == MM_OK && i < MM_ALG_COUNT; i++) {
		if (!mm_policy_has_alg(policy, &mm_algs[i]))
			code = add_signer(snapshot, &mm_algs[i], now, err);
	}
	return code;
}

/* Whatever our own review accepts, which is more than what signs: retired and tainted keys, and those to come. */
static enum mm_code add_verifiers(struct mm_snapshot *snapshot, mm_time now, struct mm_err *err)
{
	const struct mm_keyset *set = snapshot->set;
	const struct mm_key **keys = calloc(set->count + 1, sizeof(*keys));
	size_t count = 0;
	enum mm_code code;

	if (!keys)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	for (size_t i = 0; i < set->count; i++) {
		if (mm_key_states[mm_key_state(&set->records[i], now)].accepted)
			keys[count++] = set->records[i].key;
	}
	code = mm_jwks_from_keys(keys, count, &snapshot->verifiers, err);
	free(keys);
	return code;
}

static enum mm_code add_audiences(struct mm_snapshot *snapshot, const struct mm_config *config, struct mm_err *err)
{
	const struct mm_strings *configured = &config->tokens.audiences;
	enum mm_code code = MM_OK;

	if (configured->n == 0)
		return mm_strings_add(&snapshot->audiences, config->issuer, err);
	for (size_t i = 0; code == MM_OK && i < configured->n; i++)
		code = mm_strings_add(&snapshot->audiences, configured->v[i], err);
	return code;
}

static enum mm_code fill(struct mm_snapshot *snapshot, const struct mm_config *config, const struct mm_keyset *set,
			 mm_time now, struct mm_err *err)
{
	mm_duration max_age;
	enum mm_code code;

	snapshot->revision = set->revision;
	snapshot->default_ttl = config->tokens.default_ttl;
	snapshot->max_ttl = config->tokens.max_ttl;
	snapshot->extend_expiration = config->tokens.extend_expiration;
	snapshot->issuer = strdup(config->issuer);
	if (!snapshot->issuer)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	code = mm_policy_from_config(config, &snapshot->policy, err);
	if (code == MM_OK)
		code = add_audiences(snapshot, config, err);
	if (code == MM_OK)
		code = mm_keyset_copy(set, &snapshot->set, err);
	if (code != MM_OK)
		return code;
	max_age = snapshot->policy.verifier_cache < MAX_AGE_MAX ? snapshot->policy.verifier_cache : MAX_AGE_MAX;
	return mm_documents_render(snapshot->issuer, snapshot->set, snapshot->policy.algs[0], max_age, now,
				   &snapshot->documents, err);
}

enum mm_code mm_snapshot_build(const struct mm_config *config, const struct mm_keyset *set, bool with_signers,
			       mm_time now, struct mm_snapshot **out, struct mm_err *err)
{
	struct counted *fresh = calloc(1, sizeof *fresh);
	mm_auto(mm_snapshot) snapshot = NULL;
	enum mm_code code;

	*out = NULL;
	if (!fresh)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	mm_refs_init(&fresh->refs);
	snapshot = &fresh->snapshot;
	code = fill(snapshot, config, set, now, err);
	if (code == MM_OK && with_signers)
		code = add_signers(snapshot, now, err);
	if (code == MM_OK)
		code = add_verifiers(snapshot, now, err);
	if (code == MM_OK)
		*out = mm_take(snapshot);
	return code;
}

struct mm_snapshot *mm_snapshot_ref(struct mm_snapshot *snapshot)
{
	mm_refs_take(&counted(snapshot)->refs);
	return snapshot;
}

void mm_snapshot_free(struct mm_snapshot *snapshot)
{
	if (!snapshot || !mm_refs_drop(&counted(snapshot)->refs))
		return;
	for (size_t i = 0; i < snapshot->signer_count; i++)
		mm_jws_free(snapshot->signers[i].jws);
	mm_jwks_free(snapshot->verifiers);
	mm_documents_free(snapshot->documents);
	mm_keyset_free(snapshot->set);
	mm_strings_free(&snapshot->audiences);
	free(snapshot->issuer);
	free(counted(snapshot));
}
