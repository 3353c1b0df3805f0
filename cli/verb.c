/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verb.h"

#include "cli/change.h"
#include "cli/confirm.h"
#include "cli/keyname.h"
#include "cli/keyrow.h"
#include "cli/maker.h"
#include "cli/output.h"

#include <stdio.h>
#include <string.h>

#define REASON_MAX 200 /* bytes: a line of the audit is read by people */

void mm_verb_clear(struct mm_verb *verb)
{
	mm_change_clear(&verb->change);
	mm_keyset_free(verb->plan);
	mm_cli_context_clear(&verb->context);
	*verb = (struct mm_verb){0};
}

static const struct mm_verb_options *options_of(const struct mm_verb *verb)
{
	return verb->call->options;
}

/* ---- what is meant ---------------------------------------------------------------------------------------------- */

static enum mm_code check_reason(const struct mm_call *call, const char *reason, struct mm_err *err)
{
	struct mm_span text = mm_span_str(reason);
	unsigned c;

	if (text.len > REASON_MAX || !mm_utf8_valid(text))
		return mm_fail(err, MM_EUSAGE, "%s: --reason: accepted: at most %d bytes of UTF-8", call->command->name,
			       REASON_MAX);
	for (size_t i = 0; i < text.len; i++) {
		if (mm_unseen_at(text, i, &c) > 0)
			return mm_fail(err, MM_EUSAGE,
				       "%s: --reason: U+%04X at byte %zu; accepted: one line of visible text",
				       call->command->name, c, i);
	}
	return MM_OK;
}

enum mm_code mm_verb_open(struct mm_call *call, struct mm_verb *verb, struct mm_err *err)
{
	const struct mm_verb_options *options = call->options;
	struct mm_cli_context *context = &verb->context;
	enum mm_code code = options->reason ? check_reason(call, options->reason, err) : MM_OK;

	verb->call = call;
	if (code == MM_OK)
		code = mm_cli_open_set(call, MM_LOAD_PUBLIC, context, err);
	if (code == MM_OK)
		code = mm_keyset_copy(context->set, &verb->plan, err);
	verb->now = mm_clock_now();
	verb->alg = options->alg ? options->alg : context->policy.algs[0];
	verb->manage = (struct mm_manage){
		.store = context->store,
		.policy = &context->policy,
		.actor = {.name = call->command->name, .why = options->reason},
		.maker = &mm_cli_maker,
	};
	return code;
}

enum mm_code mm_verb_find_key(struct mm_verb *verb, struct mm_err *err)
{
	const char *name = verb->call->arguments[0];
	const struct mm_key_record *record;
	enum mm_code code;

	if (options_of(verb)->alg && strcmp(name, "active") != 0)
		return mm_fail(err, MM_EUSAGE, "--algorithm tells which key active means, and has no use beside a kid");
	code = mm_key_by_name(verb->call, verb->context.set, &verb->context.policy, options_of(verb)->alg, name,
			      verb->now, &record, err);
	if (code != MM_OK)
		return code;
	verb->kid = mm_key_kid(record->key);
	verb->alg = mm_key_alg(record->key);
	return MM_OK;
}

/* ---- the question ----------------------------------------------------------------------------------------------- */

static enum mm_code say(const struct mm_verb *verb, const char *kid, const struct mm_hurt *hurt, struct mm_err *err)
{
	const struct mm_key_record *record = mm_keyset_find(verb->context.set, kid);
	mm_auto_buf text = {0};
	enum mm_code code;

	mm_hurt_add_text(&text, hurt, verb->now);
	code = mm_buf_check(&text, err);
	if (code != MM_OK)
		return code;
	mm_note("%s %s (%s, %s):", verb->call->command->name, kid, verb->alg->name,
		record ? mm_key_states[mm_key_state(record, verb->now)].name : "new");
	fputs(text.p ? text.p : "", stderr);
	return MM_OK;
}

enum mm_code mm_verb_confirm(struct mm_verb *verb, const char *kid, bool always, struct mm_err *err)
{
	struct mm_hurt hurt;
	enum mm_code code = mm_hurt_of(verb->context.set, verb->plan, &verb->context.policy, verb->now, &hurt, err);

	if (code != MM_OK || !(always || mm_hurt_any(&hurt)))
		return code;
	code = say(verb, kid, &hurt, err);
	return code == MM_OK && !options_of(verb)->yes ? mm_confirm(verb->call, err) : code;
}

/* ---- verbs that may leave a gap ---------------------------------------------------------------------------------- */

static enum mm_code confirm_gap(struct mm_verb *verb, const struct mm_gap_verb *how, struct mm_err *err)
{
	enum mm_code code = how->step(verb->plan, verb->kid, &verb->context.policy, MM_GAP_ALLOWED, verb->now, err);

	return code == MM_OK ? mm_verb_confirm(verb, verb->kid, false, err) : code;
}

static enum mm_code run_gap(struct mm_verb *verb, const struct mm_gap_verb *how, struct mm_err *err)
{
	enum mm_gap gap = options_of(verb)->allow_gap ? MM_GAP_ALLOWED : MM_GAP_REFUSED;
	enum mm_code code = gap == MM_GAP_ALLOWED ? confirm_gap(verb, how, err) : MM_OK;

	if (code != MM_OK)
		return code;
	code = how->run(&verb->manage, verb->kid, gap, &verb->change, err);
	if (code == MM_EREFUSED)
		how->hint(verb, gap);
	return code;
}

enum mm_code mm_verb_run_gap(struct mm_call *call, const struct mm_gap_verb *how, struct mm_err *err)
{
	mm_auto_verb verb = {0};
	enum mm_code code = mm_verb_open(call, &verb, err);

	if (code != MM_OK)
		return code;
	code = mm_verb_find_key(&verb, err);
	if (code == MM_OK)
		code = run_gap(&verb, how, err);
	return mm_verb_finish(&verb, code, err);
}

/* ---- why not, and until when ------------------------------------------------------------------------------------- */

static bool has_flag(const struct mm_call *call, const char *name)
{
	for (const struct mm_flag *flag = call->command->flags; flag->name; flag++) {
		if (strcmp(flag->name, name) == 0)
			return true;
	}
	return false;
}

/* What is stored by now, which may be another set than was found at first; NULL when it cannot be read. */
static struct mm_keyset *load_again(const struct mm_verb *verb)
{
	struct mm_keyset *set = NULL;

	return mm_store_load(verb->context.store, MM_LOAD_PUBLIC, &set, NULL) == MM_OK ? set : NULL;
}

void mm_verb_hint_not_ready(struct mm_verb *verb, const char *kid)
{
	mm_auto(mm_keyset) set = load_again(verb);
	const struct mm_key_record *next = NULL;
	mm_time now = mm_clock_now();
	char ready[MM_READY_SIZE];

	if (set)
		next = kid ? mm_keyset_find(set, kid) : mm_keyset_standby(set, verb->alg);
	if (set && !next && !kid)
		mm_hint(verb->call, "'mintmark key prepare --algorithm %s' publishes one", verb->alg->name);
	if (!next || mm_key_state(next, now) != MM_STATE_PUBLISHED)
		return;
	mm_ready_format(next, now, ready);
	if (mm_key_awaits_delivery(next))
		mm_hint(verb->call,
			"it is %s: by serve, or by 'mintmark publish'; 'mintmark key activate %s --allow-gap' does it "
			"before, and says who will be hurt",
			ready, mm_key_kid(next->key));
	else if (has_flag(verb->call, "allow-gap"))
		mm_hint(verb->call, "it is %s; --allow-gap does it before, and says who will be hurt", ready);
	else
		mm_hint(verb->call,
			"it is %s; 'mintmark key activate %s --allow-gap' does it before, and says who will be hurt",
			ready, mm_key_kid(next->key));
}

void mm_verb_hint_full(struct mm_verb *verb)
{
	mm_auto(mm_keyset) set = load_again(verb);
	const struct mm_policy *policy = &verb->context.policy;
	mm_time now = mm_clock_now();
	mm_auto_buf at = {0};
	struct mm_action removal;

	if (!set || mm_keyset_served(set) < policy->max_keys)
		return;
	removal = mm_schedule_next_of(set, policy, 1U << MM_ACTION_REMOVE, now);
	if (removal.kind != MM_ACTION_NONE)
		mm_add_when(&at, removal.at, now);
	if (at.p)
		mm_hint(verb->call,
			"%s may go at %s, and serve or 'mintmark key rotate --due' removes it then; or raise "
			"keys.max_keys",
			mm_key_kid(removal.record->key), at.p);
	else
		mm_hint(verb->call, "raise keys.max_keys: no key leaves the JWKS by itself");
}

/* ---- the answer ------------------------------------------------------------------------------------------------- */

static enum mm_code print_text(const struct mm_verb *verb, struct mm_err *err)
{
	const struct mm_change *change = &verb->change;
	mm_auto_buf text = {0};
	enum mm_code code = mm_change_add_events(&text, change, err);

	if (text.len == 0)
		mm_buf_add_str(&text, "nothing is due\n");
	mm_add_next(&text, mm_change_result(change), &verb->context.policy, change->now);
	return code == MM_OK ? mm_print(&text, err) : code;
}

static enum mm_code print_json(const struct mm_verb *verb, struct mm_err *err)
{
	json_t *answer = NULL;
	enum mm_code code = mm_change_json(&verb->change, &verb->context.policy, &verb->context.store->warning, &answer,
					   err);

	return code == MM_OK ? mm_print_json(answer, err) : code;
}

static enum mm_code print_answer(const struct mm_verb *verb, struct mm_err *err)
{
	const struct mm_keyset *after = verb->change.after;
	enum mm_code code = (mm_wants_json(verb->call) ? print_json : print_text)(verb, err);

	if (!after)
		return code;
	/* Whoever tries it again, because it failed, does it twice. */
	return mm_context(err, code, "%s: done, revision %llu is committed, but nobody could be told",
			  verb->call->command->name, (unsigned long long)after->revision);
}

enum mm_code mm_verb_finish(struct mm_verb *verb, enum mm_code code, struct mm_err *err)
{
	if (code == MM_OK) {
		mm_cli_note_warning(&verb->context);
		return print_answer(verb, err);
	}
	if (code == MM_ECONFLICT)
		mm_hint(verb->call, "another process changed the key set at the same moment: look at 'mintmark key "
				    "list', and try again");
	return mm_context(err, code, "%s", verb->call->command->name);
}
