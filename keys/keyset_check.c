/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold of every committed key set, whoever made it. Nothing here depends on the time of the check: a set
 * that was good when it was committed stays good, or it could never be read again.
 */
#include <inttypes.h>
#include <mintmark/steps.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_MAX INT64_C(315576000) /* ten years: no cache and no token lives that long */

/* The steps of a key's life in their order; a step that was not taken is skipped. */
static const struct step {
	const char *name;
	size_t offset;
} steps[] = {
	{"created", offsetof(struct mm_key_record, created)},
	{"published", offsetof(struct mm_key_record, published)},
	{"activated", offsetof(struct mm_key_record, activated)},
	{"retired", offsetof(struct mm_key_record, retired)},
	{"removed", offsetof(struct mm_key_record, removed)},
};

static mm_time time_of(const struct mm_key_record *record, const struct step *step)
{
	return *(const mm_time *)((const char *)record + step->offset);
}

static enum mm_code check_range(const char *name, mm_time time, struct mm_err *err)
{
	if (time < MM_NEVER || time > MM_TIME_MAX)
		return mm_fail(err, MM_EREFUSED, "%s is not a time between 1970 and 9999", name);
	return MM_OK;
}

static enum mm_code check_order(const char *name, mm_time time, const char *later_name, mm_time later,
				struct mm_err *err)
{
	char text[MM_TIME_TEXT_SIZE], later_text[MM_TIME_TEXT_SIZE];

	if (time == MM_NEVER || later == MM_NEVER || time <= later)
		return MM_OK;
	mm_time_format(time, text);
	mm_time_format(later, later_text);
	return mm_fail(err, MM_EREFUSED, "%s (%s) before it was %s (%s)", later_name, later_text, name, text);
}

static enum mm_code check_steps(const struct mm_key_record *record, struct mm_err *err)
{
	const struct step *last = &steps[0];
	enum mm_code code = MM_OK;

	if (record->created == MM_NEVER)
		return mm_fail(err, MM_EREFUSED, "created is missing");
	for (size_t i = 0; i < MM_COUNT(steps) && code == MM_OK; i++) {
		mm_time time = time_of(record, &steps[i]);

		code = check_range(steps[i].name, time, err);
		if (code != MM_OK || time == MM_NEVER)
			continue;
		code = check_order(last->name, time_of(record, last), steps[i].name, time, err);
		last = &steps[i];
	}
	return code;
}

/* Steps that presuppose another one. A key may be removed or revoked from any state. */
static enum mm_code check_presence(const struct mm_key_record *record, struct mm_err *err)
{
	if (record->published == MM_NEVER && (record->activated != MM_NEVER || record->retired != MM_NEVER))
		return mm_fail(err, MM_EREFUSED, "activated or retired, but never published");
	if (record->tainted != MM_NEVER && record->retired == MM_NEVER)
		return mm_fail(err, MM_EREFUSED, "tainted, but not retired");
	if (record->removed != MM_NEVER && record->activated != MM_NEVER && record->retired == MM_NEVER)
		return mm_fail(err, MM_EREFUSED, "removed, but not retired");
	if (record->published == MM_NEVER && record->publish_wait != 0)
		return mm_fail(err, MM_EREFUSED, "publish_wait without published");
	if (record->activated == MM_NEVER && record->retired == MM_NEVER && record->retire_wait != 0)
		return mm_fail(err, MM_EREFUSED, "retire_wait without activated or retired");
	return MM_OK;
}

static enum mm_code check_waits(const struct mm_key_record *record, struct mm_err *err)
{
	if (record->publish_wait < 0 || record->publish_wait > WAIT_MAX)
		return mm_fail(err, MM_EREFUSED, "publish_wait is not between 0 and %" PRId64 " seconds", WAIT_MAX);
	if (record->retire_wait < 0 || record->retire_wait > WAIT_MAX)
		return mm_fail(err, MM_EREFUSED, "retire_wait is not between 0 and %" PRId64 " seconds", WAIT_MAX);
	if (record->removed != MM_NEVER && record->retired != MM_NEVER && record->revoked == MM_NEVER &&
	    record->removed - record->retired < record->retire_wait)
		return mm_fail(err, MM_EREFUSED, "removed before its retire_wait of %" PRId64 " seconds had passed",
			       record->retire_wait);
	return MM_OK;
}

/* Tainting and revoking come when they must, but not before the key existed; and a revoked key takes no more steps. */
static enum mm_code check_distrust(const struct mm_key_record *record, struct mm_err *err)
{
	enum mm_code code = check_range("tainted", record->tainted, err);

	if (code == MM_OK)
		code = check_order("created", record->created, "tainted", record->tainted, err);
	if (code == MM_OK)
		code = check_range("revoked", record->revoked, err);
	for (size_t i = 0; i < MM_COUNT(steps) && code == MM_OK; i++) {
		if (steps[i].offset != offsetof(struct mm_key_record, removed))
			code = check_order(steps[i].name, time_of(record, &steps[i]), "revoked", record->revoked, err);
	}
	return code;
}

/* At any time while it is served, also once it signs: until then nobody outside can have it. */
static enum mm_code check_delivery(const struct mm_key_record *record, struct mm_err *err)
{
	enum mm_code code = check_range("delivered", record->delivered, err);

	if (code == MM_OK && record->delivered != MM_NEVER && record->published == MM_NEVER)
		return mm_fail(err, MM_EREFUSED, "delivered, but never published");
	if (code == MM_OK)
		code = check_order("published", record->published, "delivered", record->delivered, err);
	if (code == MM_OK)
		code = check_order("delivered", record->delivered, "removed", record->removed, err);
	if (code == MM_OK)
		code = check_order("delivered", record->delivered, "revoked", record->revoked, err);
	return code;
}

static enum mm_code check_record(const struct mm_key_record *record, struct mm_err *err)
{
	enum mm_code code = check_steps(record, err);

	if (code == MM_OK)
		code = check_presence(record, err);
	if (code == MM_OK)
		code = check_waits(record, err);
	if (code == MM_OK)
		code = check_distrust(record, err);
	if (code == MM_OK)
		code = check_delivery(record, err);
	return mm_context(err, code, "key %s", mm_key_kid(record->key));
}

static int compare_kids(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum mm_code check_unique(const struct mm_keyset *set, struct mm_err *err)
{
	enum mm_code code = MM_OK;
	const char **kids;

	if (set->count == 0)
		return MM_OK;
	kids = calloc(set->count, sizeof(*kids));
	if (!kids)
		return mm_fail(err, MM_ENOMEM, "key set: out of memory");
	for (size_t i = 0; i < set->count; i++)
		kids[i] = mm_key_kid(set->records[i].key);
	qsort(kids, set->count, sizeof(*kids), compare_kids);
	for (size_t i = 1; i < set->count && code == MM_OK; i++) {
		if (strcmp(kids[i - 1], kids[i]) == 0)
			code = mm_fail(err, MM_EREFUSED, "key %s: it is in the key set twice", kids[i]);
	}
	free(kids);
	return code;
}

/* When a key that signed stopped signing; MM_NEVER: it still signs, or never did. */
static mm_time stopped(const struct mm_key_record *record)
{
	if (record->activated == MM_NEVER)
		return MM_NEVER;
	return record->retired != MM_NEVER ? record->retired : record->revoked;
}

/* The one key that signs with `alg`; NULL when there is none. */
static enum mm_code sole_signer(const struct mm_keyset *set, const struct mm_alg *alg,
				const struct mm_key_record **signer, struct mm_err *err)
{
	*signer = NULL;
	for (size_t i = 0; i < set->count; i++) {
		const struct mm_key_record *record = &set->records[i];

		if (mm_key_alg(record->key) != alg || mm_key_state(record, MM_TIME_MAX) != MM_STATE_ACTIVE)
			continue;
		if (*signer)
			return mm_fail(err, MM_EREFUSED, "%s: two keys sign, %s and %s", alg->name,
				       mm_key_kid((*signer)->key), mm_key_kid(record->key));
		*signer = record;
	}
	return MM_OK;
}

/*
 * An algorithm without a signer is one that is being introduced (keys wait, none has signed yet) or was given up (keys
 * have signed, none waits). A standby that was there when the signer stopped must have taken over in that commit.
 */
static enum mm_code check_succession(const struct mm_keyset *set, const struct mm_alg *alg, struct mm_err *err)
{
	const struct mm_key_record *last = NULL;

	for (size_t i = 0; i < set->count; i++) {
		const struct mm_key_record *record = &set->records[i];

		if (mm_key_alg(record->key) == alg && stopped(record) != MM_NEVER &&
		    (!last || stopped(record) > stopped(last)))
			last = record;
	}
	for (size_t i = 0; i < set->count && last; i++) {
		const struct mm_key_record *record = &set->records[i];

		if (mm_key_alg(record->key) == alg && mm_key_is_standby(record) && record->published <= stopped(last))
			return mm_fail(err, MM_EREFUSED,
				       "%s: no key signs: %s stopped, and its standby %s did not take over", alg->name,
				       mm_key_kid(last->key), mm_key_kid(record->key));
	}
	return MM_OK;
}

/* Exactly one signer for each algorithm in use (rotation.md, invariant 3). */
static enum mm_code check_signers(const struct mm_keyset *set, struct mm_err *err)
{
	size_t signers = 0;

	for (size_t i = 0; i < MM_ALG_COUNT; i++) {
		const struct mm_key_record *signer;
		enum mm_code code = sole_signer(set, &mm_algs[i], &signer, err);

		if (code == MM_OK && !signer)
			code = check_succession(set, &mm_algs[i], err);
		if (code != MM_OK)
			return code;
		signers += signer != NULL;
	}
	return signers > 0 || set->count == 0 ? MM_OK : mm_fail(err, MM_EREFUSED, "no key signs");
}

enum mm_code mm_keyset_check(const struct mm_keyset *set, struct mm_err *err)
{
	enum mm_code code = MM_OK;

	for (size_t i = 0; i < set->count && code == MM_OK; i++)
		code = check_record(&set->records[i], err);
	if (code == MM_OK)
		code = check_unique(set, err);
	return code == MM_OK ? check_signers(set, err) : code;
}
