/* SPDX-License-Identifier: Apache-2.0 */
/* The rotation policy: the waits that follow from what the operator says of verifiers, and whether they can be kept. */
#include <mintmark/policy.h>

/* Keys of each algorithm beside the retired ones: the active one, its ready standby, and the one published after it. */
#define KEYS_BESIDE_RETIRED 3
#define KEYS_BY_HAND        2 /* the active one and its standby */

bool mm_policy_has_alg(const struct mm_policy *policy, const struct mm_alg *alg)
{
	for (size_t i = 0; i < policy->alg_count; i++) {
		if (policy->algs[i] == alg)
			return true;
	}
	return false;
}

mm_duration mm_policy_publish_wait(const struct mm_policy *policy)
{
	return policy->propagation + policy->verifier_cache + policy->clock_skew;
}

mm_duration mm_policy_retire_wait(const struct mm_policy *policy)
{
	return policy->propagation + policy->max_ttl + policy->clock_skew;
}

struct duration_text {
	char text[MM_DURATION_TEXT_SIZE];
};

static struct duration_text written(mm_duration duration)
{
	struct duration_text out;

	mm_duration_format(duration, out.text);
	return out;
}

/* The standby is published publish_wait before its predecessor's time is up, so that time must be at least as long. */
static enum mm_code check_successor_in_time(const struct mm_policy *policy, struct mm_err *err)
{
	mm_duration publish_wait = mm_policy_publish_wait(policy);

	if (policy->rotate_every >= publish_wait)
		return MM_OK;
	return mm_fail(
		err, MM_ECONFIG,
		"keys.rotate_every: %s is too short for a successor to be ready in time: a new key waits "
		"propagation %s + verifier_cache %s + clock_skew %s = %s before it may sign; accepted: %s or more, "
		"or 0 to rotate by hand",
		written(policy->rotate_every).text, written(policy->propagation).text,
		written(policy->verifier_cache).text, written(policy->clock_skew).text, written(publish_wait).text,
		written(publish_wait).text);
}

/*
 * The longest life of any token, for which a key has to be kept. Where tokens may be extended that is a year, whatever
 * tokens.max_ttl says of the others (docs/decisions/0012).
 */
static mm_duration longest_ttl(const struct mm_config *config)
{
	if (config->tokens.extend_expiration && config->tokens.max_ttl < MM_EXTENDED_TTL)
		return MM_EXTENDED_TTL;
	return config->tokens.max_ttl;
}

static enum mm_code check_jwks_size(const struct mm_config *config, const struct mm_policy *policy, struct mm_err *err)
{
	bool extended = policy->max_ttl > config->tokens.max_ttl;
	mm_duration retire_wait = mm_policy_retire_wait(policy);
	int64_t retired = (retire_wait + policy->rotate_every - 1) / policy->rotate_every;
	int64_t expected = (int64_t)policy->alg_count * (KEYS_BESIDE_RETIRED + retired);

	if (expected <= policy->max_keys)
		return MM_OK;
	return mm_fail(
		err, MM_ECONFIG,
		"keys.max_keys: the JWKS would come to hold %lld keys, more than %u: a retired key stays for "
		"propagation %s + %s %s + clock_skew %s = %s, which at one key each rotate_every %s is %lld "
		"retired keys, and %d others, for each algorithm (there %s %zu); accepted: a longer rotate_every, %s, "
		"or max_keys up to %d",
		(long long)expected, policy->max_keys, written(policy->propagation).text,
		extended ? "extend_expiration" : "max_ttl", written(policy->max_ttl).text,
		written(policy->clock_skew).text, written(retire_wait).text, written(policy->rotate_every).text,
		(long long)retired, KEYS_BESIDE_RETIRED, policy->alg_count == 1 ? "is" : "are", policy->alg_count,
		extended ? "no tokens.extend_expiration" : "a shorter tokens.max_ttl", MM_MAX_KEYS_LIMIT);
}

static enum mm_code check_jwks_size_by_hand(const struct mm_policy *policy, struct mm_err *err)
{
	size_t needed = KEYS_BY_HAND * policy->alg_count;

	if (needed <= policy->max_keys)
		return MM_OK;
	return mm_fail(err, MM_ECONFIG,
		       "keys.max_keys: found %u; accepted: %zu to %d, an active key and a standby for each algorithm",
		       policy->max_keys, needed, MM_MAX_KEYS_LIMIT);
}

static enum mm_code check_rotation(const struct mm_config *config, const struct mm_policy *policy, struct mm_err *err)
{
	enum mm_code code;

	if (policy->rotate_every == 0)
		return mm_config_context(config, "keys.max_keys", check_jwks_size_by_hand(policy, err), err);
	code = mm_config_context(config, "keys.rotate_every", check_successor_in_time(policy, err), err);
	if (code != MM_OK)
		return code;
	return mm_config_context(config, "keys.max_keys", check_jwks_size(config, policy, err), err);
}

static enum mm_code add_alg(struct mm_policy *policy, const char *option, const char *name, struct mm_err *err)
{
	const struct mm_alg *alg = mm_alg_find(mm_span_str(name));

	if (!alg)
		return mm_fail(err, MM_ECONFIG, "%s: found %s; accepted: %s", option, name, mm_alg_names());
	if (mm_policy_has_alg(policy, alg))
		return mm_fail(err, MM_ECONFIG, "%s: %s stands there twice; accepted: each algorithm once", option,
			       name);
	policy->algs[policy->alg_count++] = alg;
	return MM_OK;
}

static enum mm_code add_algs(const struct mm_config *config, struct mm_policy *policy, struct mm_err *err)
{
	const struct mm_strings *several = &config->keys.algorithms;
	enum mm_code code = MM_OK;

	if (several->n == 0)
		return mm_config_context(config, "keys.algorithm",
					 add_alg(policy, "keys.algorithm", config->keys.algorithm, err), err);
	for (size_t i = 0; code == MM_OK && i < several->n; i++)
		code = add_alg(policy, "keys.algorithms", several->v[i], err);
	return mm_config_context(config, "keys.algorithms", code, err);
}

enum mm_code mm_policy_from_config(const struct mm_config *config, struct mm_policy *out, struct mm_err *err)
{
	struct mm_policy policy = {
		.rsa_bits = (unsigned)config->keys.rsa_bits,
		.rotate_every = config->keys.rotate_every,
		.verifier_cache = config->keys.verifier_cache,
		.propagation = config->keys.propagation,
		.clock_skew = config->keys.clock_skew,
		.max_ttl = longest_ttl(config),
		.max_keys = (unsigned)config->keys.max_keys,
		.delivers = config->publish.n > 0,
	};
	enum mm_code code = add_algs(config, &policy, err);

	if (code == MM_OK)
		code = check_rotation(config, &policy, err);
	if (code == MM_OK)
		*out = policy;
	return code;
}
