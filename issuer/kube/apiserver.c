/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of a kube-apiserver must hold, and by when it must have read them. */
#include <mintmark/apiserver.h>

#include <mintmark/document.h>
#include <mintmark/keyio.h>
#include <mintmark/steps.h>
#include <stdio.h>
#include <string.h>

bool mm_apiserver_signs(const struct mm_alg *alg)
{
	return alg->kty == MM_KTY_EC || strcmp(alg->name, "RS256") == 0;
}

bool mm_apiserver_verifies(const struct mm_alg *alg)
{
	return alg->kty != MM_KTY_OKP;
}

/* ---- the files --------------------------------------------------------------------------------------------------- */

const struct mm_key_record *mm_apiserver_next(const struct mm_apiserver_files *files, const struct mm_key_record *after)
{
	do
		after = mm_jwks_next(files->set, files->alg, files->now, after);
	while (after && !mm_apiserver_verifies(mm_key_alg(after->key)));
	return after;
}

static enum mm_code find_signer(struct mm_apiserver_files *files, struct mm_err *err)
{
	const char *alg = files->alg->name;

	if (!mm_apiserver_signs(files->alg))
		return mm_fail(err, MM_EREFUSED,
			       "a kube-apiserver does not sign %s; accepted: RS256, ES256, ES384 or ES512", alg);
	files->signer = mm_keyset_signer(files->set, files->alg, files->now);
	if (!files->signer)
		return mm_fail(err, MM_ENOTFOUND, "no key signs %s", alg);
	return MM_OK;
}

static enum mm_code render_pub(struct mm_apiserver_files *files, struct mm_err *err)
{
	enum mm_code code = MM_OK;

	for (const struct mm_key_record *record = NULL; code == MM_OK && (record = mm_apiserver_next(files, record));)
		code = mm_key_export(record->key, MM_FORM_PUBLIC_PEM, &files->pub, err);
	return code;
}

enum mm_code mm_apiserver_render(const struct mm_keyset *set, const struct mm_alg *alg, mm_time now,
				 struct mm_apiserver_files *out, struct mm_err *err)
{
	enum mm_code code;

	*out = (struct mm_apiserver_files){.set = set, .alg = alg, .now = now};
	code = find_signer(out, err);
	if (code == MM_OK)
		code = render_pub(out, err);
	if (code == MM_OK)
		code = mm_key_export(out->signer->key, MM_FORM_TRADITIONAL, &out->key, err);
	return code;
}

void mm_apiserver_files_clear(struct mm_apiserver_files *files)
{
	mm_buf_free(&files->pub);
	mm_buf_free(&files->key);
	*files = (struct mm_apiserver_files){0};
}

bool mm_apiserver_trusts(const struct mm_apiserver_files *files, const char *kid)
{
	const struct mm_key_record *record = NULL;

	while ((record = mm_apiserver_next(files, record))) {
		if (strcmp(mm_key_kid(record->key), kid) == 0)
			return true;
	}
	return false;
}

/* ---- when they must be read -------------------------------------------------------------------------------------- */

static bool is_earlier(mm_time a, mm_time b)
{
	return a != MM_NEVER && (b == MM_NEVER || a < b);
}

/* The earlier one wins; of two at the same time, the graver one. What is overdue is due now. */
static void offer(struct mm_restart *restart, mm_time now, enum mm_restart_reason reason, const char *kid,
		  mm_time before)
{
	if (is_earlier(before, now))
		before = now;
	if (!is_earlier(before, restart->before) && (before != restart->before || reason <= restart->reason))
		return;
	restart->reason = reason;
	restart->before = before;
	snprintf(restart->kid, sizeof restart->kid, "%s", kid);
}

/* The soonest that it can sign; of a key that is to be delivered, if it were now. */
static mm_time soonest(const struct mm_key_record *record, mm_time now)
{
	return record->delivered == MM_NEVER ? now + record->publish_wait : mm_key_ready_at(record);
}

static void offer_added(struct mm_restart *restart, const struct mm_apiserver_files *files,
			const struct mm_strings *trusted_before)
{
	const struct mm_key_record *record = NULL;

	while ((record = mm_apiserver_next(files, record))) {
		const char *kid = mm_key_kid(record->key);

		if (mm_strings_has(trusted_before, kid))
			continue;
		if (mm_key_is_standby(record))
			offer(restart, files->now, MM_RESTART_ADDED, kid, soonest(record, files->now));
		else
			offer(restart, files->now, MM_RESTART_UNKNOWN, kid, files->now);
	}
}

static void offer_dropped(struct mm_restart *restart, const struct mm_apiserver_files *files,
			  const struct mm_strings *trusted_before)
{
	for (size_t i = 0; i < trusted_before->n; i++) {
		const char *kid = trusted_before->v[i];
		const struct mm_key_record *record = mm_keyset_find(files->set, kid);

		if (mm_apiserver_trusts(files, kid))
			continue;
		if (record && record->revoked != MM_NEVER)
			offer(restart, files->now, MM_RESTART_REVOKED, kid, files->now);
		else
			offer(restart, files->now, MM_RESTART_DROPPED, kid, MM_NEVER);
	}
}

/*
 * Until when API servers may sign with a key that is not the signer any more: for as long as propagation promises, and
 * never so long that their last token could outlive, by any verifier's clock, the key's time in the JWKS. The two are
 * the same unless the policy was changed since that wait was frozen.
 */
static mm_time last_use(const struct mm_key_record *record, const struct mm_policy *policy, mm_time now)
{
	mm_time promised, last;

	if (record->tainted != MM_NEVER || record->removed != MM_NEVER)
		return now;
	if (record->retired == MM_NEVER)
		return MM_NEVER;
	promised = record->retired + policy->propagation;
	last = mm_key_removable_at(record) - policy->max_ttl - policy->clock_skew;
	return promised < last ? promised : last;
}

static void offer_replaced(struct mm_restart *restart, const struct mm_apiserver_files *files, const char *kid,
			   const struct mm_policy *policy)
{
	const struct mm_key_record *record = mm_keyset_find(files->set, kid);

	if (*kid == '\0' || strcmp(kid, mm_key_kid(files->signer->key)) == 0)
		return;
	if (record && record->revoked != MM_NEVER)
		offer(restart, files->now, MM_RESTART_REVOKED, kid, files->now);
	else
		offer(restart, files->now, MM_RESTART_REPLACED, kid,
		      record ? last_use(record, policy, files->now) : files->now);
}

struct mm_restart mm_apiserver_restart(const struct mm_apiserver_files *files, const struct mm_apiserver_change *change,
				       const struct mm_policy *policy)
{
	struct mm_restart restart = {.reason = MM_RESTART_NONE, .before = MM_NEVER};

	if (change->trusted_before.n == 0 && *change->signer_before == '\0') {
		restart.reason = MM_RESTART_FIRST;
		return restart;
	}
	offer_added(&restart, files, &change->trusted_before);
	offer_replaced(&restart, files, change->signer_before, policy);
	offer_dropped(&restart, files, &change->trusted_before);
	return restart;
}
