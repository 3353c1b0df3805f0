/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"
#include "cli/change.h"
#include "cli/context.h"
#include "cli/foresee.h"
#include "cli/keyname.h"
#include "cli/keyrow.h"
#include "cli/output.h"
#include "cli/timeline_svg.h"

#include <mintmark/forecast.h>
#include <mintmark/option.h>

struct simulate_options {
	struct mm_common_options common;
	const char *until;
	const char *rotate_every;
	const char *verifier_cache;
	const char *propagation;
	const char *clock_skew;
	const char *max_ttl;
};

/* One run; {0} is an empty one. */
struct simulation {
	struct mm_cli_context context; /* the set is the one found, or a fresh one */
	bool fresh;
	mm_time now, until;
	struct mm_foresight foresight;
};

static void simulation_clear(struct simulation *simulation)
{
	mm_foresight_clear(&simulation->foresight);
	mm_cli_context_clear(&simulation->context);
}

/* ---- the policy to try ------------------------------------------------------------------------------------------- */

static const struct {
	const char *flag;
	const char *option;
	size_t offset; /* of the flag's value */
} tried[] = {
	{"rotate-every", "keys.rotate_every", offsetof(struct simulate_options, rotate_every)},
	{"verifier-cache", "keys.verifier_cache", offsetof(struct simulate_options, verifier_cache)},
	{"propagation", "keys.propagation", offsetof(struct simulate_options, propagation)},
	{"clock-skew", "keys.clock_skew", offsetof(struct simulate_options, clock_skew)},
	{"max-ttl", "tokens.max_ttl", offsetof(struct simulate_options, max_ttl)},
};

static enum mm_code try_value(struct mm_config *config, const char *flag, const struct mm_option *option,
			      const char *text, struct mm_err *err)
{
	mm_auto_buf accepts = {0};
	mm_duration duration;

	if (mm_duration_parse(text, &duration, NULL) == MM_OK && duration >= option->min && duration <= option->max) {
		*(mm_duration *)((char *)config + option->offset) = duration;
		return MM_OK;
	}
	mm_option_accepts(option, &accepts);
	if (mm_buf_check(&accepts, err) != MM_OK)
		return err->code;
	return mm_fail(err, MM_EUSAGE, "key simulate: --%s: found \"%.80s\"; accepted: %s", flag, text, accepts.p);
}

/* Lays the flags over the configuration, and lets the policy be checked as if they stood there. */
static enum mm_code try_policy(const struct simulate_options *options, struct mm_cli_context *context,
			       struct mm_err *err)
{
	for (size_t i = 0; i < MM_COUNT(tried); i++) {
		const char *text = *(const char *const *)((const char *)options + tried[i].offset);
		enum mm_code code;

		if (!text)
			continue;
		code = try_value(context->config, tried[i].flag, mm_option_find(tried[i].option), text, err);
		if (code != MM_OK)
			return code;
		/* What may be wrong from here on does not stand in the file. */
		mm_string_free(&context->config->name);
	}
	return mm_policy_from_config(context->config, &context->policy, err);
}

/* ---- the set to begin with --------------------------------------------------------------------------------------- */

static enum mm_code load_or_make(struct simulation *simulation, struct mm_err *err)
{
	struct mm_cli_context *context = &simulation->context;
	struct mm_err why = {0};
	enum mm_code code = mm_store_open_dir(context->config->data_dir, false, &context->store, &why);

	if (code == MM_OK)
		code = mm_store_load(context->store, MM_LOAD_PUBLIC, &context->set, &why);
	if (code == MM_OK)
		return MM_OK;
	if (code != MM_ENOTFOUND)
		return mm_fail(err, code, "%s", why.text);
	simulation->fresh = true;
	mm_note("key simulate: there is no key set yet; this is the future of a fresh one");
	return mm_forecast_fresh(&context->policy, simulation->now, &context->set, err);
}

static enum mm_code foresee(struct mm_call *call, struct simulation *simulation, struct mm_err *err)
{
	return mm_foresee(call, simulation->context.set, &simulation->context.policy, simulation->now, simulation->now,
			  simulation->until, &simulation->foresight, err);
}

/* ---- for people -------------------------------------------------------------------------------------------------- */

static const char *const meanings[MM_PHASE_KINDS] = {
	[MM_PHASE_GENERATED] = "not in the JWKS yet",
	[MM_PHASE_PUBLISHED] = "in the JWKS, waits",
	[MM_PHASE_DELIVERED] = "everywhere, waits",
	[MM_PHASE_READY] = "stands by",
	[MM_PHASE_ACTIVE] = "signs",
	[MM_PHASE_RETIRED] = "stays in the JWKS",
	[MM_PHASE_TAINTED] = "stays in the JWKS",
	[MM_PHASE_REMOVED] = "out of the JWKS",
	[MM_PHASE_REVOKED] = "out of the JWKS",
};

static void add_event(struct mm_buf *out, const struct mm_timeline_event *event)
{
	const struct mm_key *key = event->life->record->key;
	char at[MM_TIME_TEXT_SIZE], to[MM_TIME_TEXT_SIZE], kid[MM_KID_SIZE];

	mm_time_format(event->phase->from, at);
	mm_time_format(event->phase->to, to);
	mm_kid_short(key, kid);
	mm_buf_printf(out, "%s  %-11s  %-9s  %-9s  %s", at, kid, mm_key_alg(key)->name,
		      mm_phase_names[event->phase->kind], meanings[event->phase->kind]);
	if (event->phase->to != MM_NEVER)
		mm_buf_printf(out, " until %s", to);
	mm_buf_add_str(out, "\n");
}

static void add_policy(struct mm_buf *out, const struct mm_policy *policy)
{
	char every[MM_DURATION_TEXT_SIZE], publish[MM_DURATION_TEXT_SIZE], retire[MM_DURATION_TEXT_SIZE];

	mm_duration_format(policy->rotate_every, every);
	mm_duration_format(mm_policy_publish_wait(policy), publish);
	mm_duration_format(mm_policy_retire_wait(policy), retire);
	mm_buf_printf(out, "a key signs for %s, waits %s before it may, and is served for %s afterwards\n\n",
		      policy->rotate_every > 0 ? every : "as long as nobody activates another", publish, retire);
}

static void add_summary(struct mm_buf *out, const struct mm_timeline *timeline)
{
	char at[MM_TIME_TEXT_SIZE], to[MM_TIME_TEXT_SIZE];

	mm_time_format(timeline->most_served_at, at);
	mm_time_format(timeline->to, to);
	mm_buf_printf(out, "\n%zu new %s until %s; at most %zu in the JWKS at once, first at %s\n", timeline->planned,
		      timeline->planned == 1 ? "key" : "keys", to, timeline->most_served, at);
}

static enum mm_code print_text(const struct simulation *simulation, struct mm_err *err)
{
	const struct mm_timeline *timeline = simulation->foresight.timeline;
	const struct mm_policy *policy = &simulation->context.policy;
	mm_auto_buf text = {0};

	add_policy(&text, policy);
	mm_buf_printf(&text, "%-20s  %-11s  %-9s  %-9s  %s\n", "AT", "KEY", "ALGORITHM", "BECOMES", "WHICH MEANS");
	for (size_t i = 0; i < timeline->event_count; i++)
		add_event(&text, &timeline->events[i]);
	add_summary(&text, timeline);
	mm_add_next(&text, simulation->context.set, policy, simulation->now);
	return mm_print(&text, err);
}

/* ---- the other forms --------------------------------------------------------------------------------------------- */

static enum mm_code print_json(const struct simulation *simulation, struct mm_err *err)
{
	const struct mm_timeline *timeline = simulation->foresight.timeline;
	const struct mm_policy *policy = &simulation->context.policy;
	struct mm_action next = mm_schedule_next(simulation->context.set, policy, simulation->now);
	json_t *answer = mm_timeline_json(timeline);
	json_t *waits = json_pack("{s:I, s:I, s:I}", "rotate_every", (json_int_t)policy->rotate_every, "publish_wait",
				  (json_int_t)mm_policy_publish_wait(policy), "retire_wait",
				  (json_int_t)mm_policy_retire_wait(policy));
	json_t *rest = json_pack("{s:b, s:o, s:I, s:I, s:o, s:o}", "fresh", simulation->fresh, "policy", waits,
				 "new_keys", (json_int_t)timeline->planned, "most_served",
				 (json_int_t)timeline->most_served, "most_served_at",
				 mm_json_time(timeline->most_served_at), "next", mm_action_json(&next));

	if (!answer || json_object_update_missing_new(answer, rest) != 0) {
		json_decref(answer);
		answer = NULL;
	}
	return mm_print_json(answer, err);
}

static enum mm_code print_svg(const struct simulation *simulation, struct mm_err *err)
{
	mm_auto_buf title = {0}, drawing = {0};
	enum mm_code code;

	mm_buf_printf(&title, "Signing keys of %s, simulated", simulation->context.config->issuer);
	code = mm_buf_check(&title, err);
	if (code != MM_OK)
		return code;
	mm_timeline_svg(simulation->foresight.timeline, title.p, &drawing);
	return mm_print(&drawing, err);
}

/* ------------------------------------------------------------------------------------------------------------------ */

static enum mm_code run(struct mm_call *call, struct mm_err *err)
{
	static enum mm_code (*const print[])(const struct simulation *simulation, struct mm_err *err) = {
		[MM_PICTURE_TEXT] = print_text,
		[MM_PICTURE_JSON] = print_json,
		[MM_PICTURE_SVG] = print_svg,
	};
	const struct simulate_options *options = call->options;
	MM_CLEANUP(simulation_clear) struct simulation simulation = {.now = mm_clock_now()};
	struct mm_cli_context *context = &simulation.context;
	enum mm_code code = mm_context(
		err, mm_horizon_ahead("until", options->until, simulation.now, &simulation.until, err), "key simulate");

	if (code == MM_OK)
		code = mm_cli_load_config(call, context, err);
	if (code == MM_OK)
		code = try_policy(options, context, err);
	if (code == MM_OK)
		code = load_or_make(&simulation, err);
	if (code == MM_OK)
		code = mm_context(err, foresee(call, &simulation, err), "key simulate");
	return code == MM_OK ? print[options->common.output](&simulation, err) : code;
}

static const struct mm_flag flags[] = {
	{.name = "until",
	 .type = MM_FLAG_TEXT,
	 .offset = offsetof(struct simulate_options, until),
	 .value = "WHEN",
	 .fallback = "1y",
	 .help = "how far to look ahead: 90d, 1y, or a time"},
	{.name = "rotate-every",
	 .type = MM_FLAG_TEXT,
	 .offset = offsetof(struct simulate_options, rotate_every),
	 .value = "DURATION",
	 .help = "in place of keys.rotate_every; 0: by hand"},
	{.name = "verifier-cache",
	 .type = MM_FLAG_TEXT,
	 .offset = offsetof(struct simulate_options, verifier_cache),
	 .value = "DURATION",
	 .help = "in place of keys.verifier_cache"},
	{.name = "propagation",
	 .type = MM_FLAG_TEXT,
	 .offset = offsetof(struct simulate_options, propagation),
	 .value = "DURATION",
	 .help = "in place of keys.propagation"},
	{.name = "clock-skew",
	 .type = MM_FLAG_TEXT,
	 .offset = offsetof(struct simulate_options, clock_skew),
	 .value = "DURATION",
	 .help = "in place of keys.clock_skew"},
	{.name = "max-ttl",
	 .type = MM_FLAG_TEXT,
	 .offset = offsetof(struct simulate_options, max_ttl),
	 .value = "DURATION",
	 .help = "in place of tokens.max_ttl"},
	MM_FLAG_ROW_CONFIG,
	MM_FLAG_ROW_PICTURE,
	{0},
};

const struct mm_command mm_cmd_key_simulate = {
	.name = "key simulate",
	.arguments = "",
	.usage = "Lets the schedule run on a copy of the key set under a clock that runs ahead, and tells what it does "
		 "and when, if nobody does anything by hand. Nothing is changed, and no private key is read. Keys that "
		 "are yet to be made are called planned-1, planned-2 and so on. Without a key set, a fresh one is "
		 "simulated.\n"
		 "\n"
		 "The flags named after options try another policy, which is checked as in the configuration.",
	.flags = flags,
	.options_size = sizeof(struct simulate_options),
	.run = run,
	.help = "tell what the schedule is going to do",
};
