/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/hurt.h"

#include "cli/output.h"

#include <mintmark/event.h>
#include <mintmark/steps.h>

/* What a change is looked at with, event by event. */
struct look {
	const struct mm_keyset *before;
	const struct mm_policy *policy;
	mm_time now;
	struct mm_hurt *out;
};

static mm_time if_later(mm_time time, mm_time now)
{
	return time > now ? time : MM_NEVER;
}

/*
 * A JWKS that was fetched under an earlier policy may be held for as long as that said: the waits that were frozen then
 * remember it.
 */
static mm_duration longest_held(const struct mm_key_record *was, const struct look *look)
{
	mm_duration longest = mm_policy_publish_wait(look->policy);

	for (size_t i = 0; i < look->before->count; i++) {
		const struct mm_key_record *record = &look->before->records[i];
		bool counts = record == was || mm_key_states[mm_key_state(record, look->now)].in_jwks;

		if (counts && record->publish_wait > longest)
			longest = record->publish_wait;
	}
	return longest;
}

/* A verifier may have fetched the key as long as it was served; from a destination, until that has the new JWKS. */
static mm_time held_until(const struct mm_key_record *was, const struct look *look)
{
	mm_time last_fetch = was->removed != MM_NEVER ? was->removed : look->now;

	if (was->published == MM_NEVER)
		return MM_NEVER;
	if (look->policy->delivers && was->removed == MM_NEVER)
		return MM_UNFORESEEN;
	return if_later(last_fetch + longest_held(was, look), look->now);
}

/* The wait of a key that signs was frozen with the max_ttl of then; the one of now may be longer. */
static mm_time expired_by(const struct mm_key_record *was, const struct look *look)
{
	mm_duration longest = mm_policy_retire_wait(look->policy);

	if (was->activated == MM_NEVER)
		return MM_NEVER;
	if (was->retired != MM_NEVER)
		return if_later(mm_key_removable_at(was), look->now);
	return look->now + (was->retire_wait > longest ? was->retire_wait : longest);
}

/* Of several, which a schedule may have activated besides, the one that hurts for longest. */
static void take_activated(struct mm_hurt *out, const struct mm_key_record *record, mm_time refused_until)
{
	if (out->activated && refused_until <= out->refused_until)
		return;
	out->activated = record;
	out->refused_until = refused_until;
}

static enum mm_code take_event(void *arg, const struct mm_event *event, struct mm_err *err)
{
	const struct look *look = arg;
	const struct mm_key_record *record = event->record;
	const struct mm_key_record *was = look->before ? mm_keyset_find(look->before, mm_key_kid(record->key)) : NULL;
	struct mm_hurt *out = look->out;
	(void)err;

	if (event->kind == MM_EVENT_REVOKED && was) {
		out->revoked = record;
		out->accepted_until = held_until(was, look);
		out->accepted_for = longest_held(was, look);
		out->expired_by = expired_by(was, look);
	}
	if (event->kind == MM_EVENT_ACTIVATED)
		take_activated(out, record, if_later(mm_key_ready_at(record), look->now));
	return MM_OK;
}

enum mm_code mm_hurt_of(const struct mm_keyset *before, const struct mm_keyset *after, const struct mm_policy *policy,
			mm_time now, struct mm_hurt *out, struct mm_err *err)
{
	struct look look = {.before = before, .policy = policy, .now = now, .out = out};

	*out = (struct mm_hurt){0};
	return mm_keyset_events(before, after, take_event, &look, err);
}

bool mm_hurt_any(const struct mm_hurt *hurt)
{
	return hurt->accepted_until != MM_NEVER || hurt->expired_by != MM_NEVER || hurt->refused_until != MM_NEVER;
}

/* ---- for people ------------------------------------------------------------------------------------------------- */

static void add_until(struct mm_buf *out, const char *sentence, mm_time until, mm_time now)
{
	mm_buf_printf(out, "  %s ", sentence);
	mm_add_when(out, until, now);
	mm_buf_add_str(out, ".\n");
}

/* "until", which `sentence` ends with, may be a time, or so long after something that nobody can foresee. */
static void add_until_delivered(struct mm_buf *out, const char *sentence, mm_time until, const char *delivered,
				mm_duration wait, mm_time now)
{
	char text[MM_DURATION_TEXT_SIZE];

	if (until != MM_UNFORESEEN) {
		add_until(out, sentence, until, now);
		return;
	}
	mm_duration_format(wait, text);
	mm_buf_printf(out, "  %s %s", sentence, delivered);
	if (wait > 0)
		mm_buf_printf(out, ", and then for %s", text);
	mm_buf_add_str(out, ".\n");
}

static void add_revoked(struct mm_buf *out, const struct mm_hurt *hurt, mm_time now)
{
	if (hurt->expired_by != MM_NEVER) {
		mm_buf_add_str(out,
			       "  Every token that it signed is refused by a verifier as soon as that fetches the new "
			       "JWKS: workloads need new ones.\n");
		add_until(out, "By themselves the last of them would have expired by", hurt->expired_by, now);
	} else {
		mm_buf_add_str(out, "  It signed no token that is still valid.\n");
	}
	if (hurt->accepted_until != MM_NEVER)
		add_until_delivered(
			out, "A verifier that holds an older JWKS may accept what it signs, or signed, until",
			hurt->accepted_until, "the new one is published everywhere", hurt->accepted_for, now);
	else
		mm_buf_add_str(out, "  No verifier holds a JWKS with it any more.\n");
}

void mm_hurt_add_text(struct mm_buf *out, const struct mm_hurt *hurt, mm_time now)
{
	const struct mm_key_record *activated = hurt->activated;

	if (hurt->revoked)
		add_revoked(out, hurt, now);
	if (!activated)
		return;
	/* The kid of a key that is yet to be made would tell nobody anything. */
	mm_buf_printf(out, "  %s signs from now on, and is %s.\n",
		      mm_key_is_planned(activated->key) ? "A new key" : mm_key_kid(activated->key),
		      hurt->refused_until == MM_NEVER ? "ready: every verifier has had time to fetch it" : "not ready");
	if (hurt->refused_until != MM_NEVER)
		add_until_delivered(out, "A verifier that holds a JWKS without it refuses new tokens until",
				    hurt->refused_until, "it is published everywhere", activated->publish_wait, now);
}

/* ---- for programs ----------------------------------------------------------------------------------------------- */

static json_t *until(mm_time time)
{
	return time == MM_UNFORESEEN ? json_null() : mm_json_time(time);
}

/* NULL, which is left out: the time says it all. */
static json_t *after_delivery(mm_time time, mm_duration wait)
{
	return time == MM_UNFORESEEN ? json_integer(wait) : NULL;
}

static json_t *old_tokens(const struct mm_hurt *hurt)
{
	if (hurt->accepted_until == MM_NEVER && hurt->expired_by == MM_NEVER)
		return json_null();
	return json_pack("{s:s, s:o, s:o*, s:o}", "kid", mm_key_kid(hurt->revoked->key), "accepted_until",
			 until(hurt->accepted_until), "accepted_after_delivery",
			 after_delivery(hurt->accepted_until, hurt->accepted_for), "expired_by",
			 mm_json_time(hurt->expired_by));
}

static json_t *new_tokens(const struct mm_hurt *hurt)
{
	if (hurt->refused_until == MM_NEVER)
		return json_null();
	return json_pack("{s:s, s:o, s:o*}", "kid", mm_key_kid(hurt->activated->key), "refused_until",
			 until(hurt->refused_until), "refused_after_delivery",
			 after_delivery(hurt->refused_until, hurt->activated->publish_wait));
}

json_t *mm_hurt_json(const struct mm_hurt *hurt)
{
	return json_pack("{s:o, s:o}", "old_tokens", old_tokens(hurt), "new_tokens", new_tokens(hurt));
}
