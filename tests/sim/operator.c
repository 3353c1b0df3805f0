/* SPDX-License-Identifier: Apache-2.0 */
/* Whoever types commands, sensible and other ones, by the verbs of the command line. */
#include "tests/sim/world.h"

#include <stdio.h>
#include <string.h>

/* What a command is given, and what must come of it. */
struct command {
	struct world *world;
	struct process process;
	struct mm_key_maker maker;
	struct mm_manage manage;
	struct mm_change change;
	struct mm_err err;
	char kid[MM_KID_SIZE];
	const struct mm_key_record *record; /* of `kid` when it is typed; NULL: there is none */
	enum mm_gap gap;
};

static const struct mm_alg *draw_alg(struct world *world)
{
	return rng_chance(&world->rng, 300) ? NULL : world->pool->algs[rng_below(&world->rng, POOL_ALGS)];
}

/* Some key: one that is in the state half of the time, any other one, or none at all. */
static void draw_key(struct command *command, enum mm_key_state state)
{
	struct world *world = command->world;
	const struct mm_keyset *set = world->newest->set;
	mm_time now = process_clock(&command->process);
	size_t first = (size_t)rng_below(&world->rng, (int64_t)set->count);

	snprintf(command->kid, sizeof command->kid, "no-such-key-%lld", (long long)rng_below(&world->rng, 1000));
	if (rng_chance(&world->rng, 50))
		return;
	command->record = &set->records[first];
	for (size_t i = 0; i < set->count && rng_chance(&world->rng, 995); i++) {
		const struct mm_key_record *record = &set->records[(first + i) % set->count];

		if (mm_key_state(record, now) == state) {
			command->record = record;
			break;
		}
	}
	if (rng_chance(&world->rng, 200))
		command->record = &set->records[first];
	memcpy(command->kid, mm_key_kid(command->record->key), sizeof command->kid);
}

static void draw_gap(struct command *command)
{
	command->gap = rng_chance(&command->world->rng, 250) ? MM_GAP_ALLOWED : MM_GAP_REFUSED;
	command->process.gap = command->gap == MM_GAP_ALLOWED;
}

static const char *alg_name(const struct mm_alg *alg)
{
	return alg ? alg->name : "the first algorithm";
}

/* ---- the verbs --------------------------------------------------------------------------------------------------- */

static enum mm_code prepare(struct command *command)
{
	const struct mm_alg *alg = draw_alg(command->world);

	command->process.brings_keys = true;
	world_trace(command->world, "key prepare for %s", alg_name(alg));
	return mm_manage_prepare(&command->manage, alg, &command->change, &command->err);
}

static enum mm_code rotate(struct command *command)
{
	const struct mm_alg *alg = draw_alg(command->world);

	world_trace(command->world, "key rotate for %s", alg_name(alg));
	return mm_manage_rotate(&command->manage, alg, &command->change, &command->err);
}

static enum mm_code activate(struct command *command)
{
	draw_key(command, rng_chance(&command->world->rng, 500) ? MM_STATE_READY : MM_STATE_PUBLISHED);
	draw_gap(command);
	world_trace(command->world, "key activate %s%s", command->kid, command->process.gap ? " --allow-gap" : "");
	return mm_manage_activate(&command->manage, command->kid, command->gap, &command->change, &command->err);
}

static enum mm_code taint(struct command *command)
{
	draw_key(command, MM_STATE_ACTIVE);
	draw_gap(command);
	world_trace(command->world, "key taint %s%s", command->kid, command->process.gap ? " --allow-gap" : "");
	return mm_manage_taint(&command->manage, command->kid, command->gap, &command->change, &command->err);
}

/* Whatever it is, a key that is not revoked can be. */
static void check_revoked(struct command *command, enum mm_code code)
{
	const struct mm_key_record *record = mm_keyset_find(command->world->newest->set, command->kid);

	if (code == MM_OK && record->revoked == MM_NEVER)
		world_fail(command->world, "6 revoked is revoked", "key %s is not", command->kid);
	if (code != MM_OK && record && record->revoked == MM_NEVER && !command->process.failed)
		world_fail(command->world, "6 revoked is revoked", "key %s cannot be: %s", command->kid,
			   command->err.text);
}

static enum mm_code revoke(struct command *command)
{
	enum mm_code code;

	draw_key(command, rng_chance(&command->world->rng, 700) ? MM_STATE_ACTIVE : MM_STATE_READY);
	command->process.revokes = command->kid;
	world_trace(command->world, "key revoke %s", command->kid);
	code = mm_manage_revoke(&command->manage, command->kid, &command->change, &command->err);
	if (!command->process.dead)
		check_revoked(command, code);
	return code;
}

static enum mm_code import(struct command *command)
{
	struct world *world = command->world;
	size_t family = (size_t)rng_below(&world->rng, POOL_ALGS);
	size_t number = world->plan.first_key;
	bool again = world->dealt[family] > 0 && rng_chance(&world->rng, 100);
	bool public = rng_chance(&world->rng, 50);
	bool activates = rng_chance(&world->rng, 300);
	const struct pool_key *key;

	number += again ? (size_t)rng_below(&world->rng, (int64_t)world->dealt[family]) : world->dealt[family]++;
	key = pool_key(world->pool, world->pool->algs[family], number);
	command->process.brings_keys = true;
	command->process.gap = activates;
	world_trace(world, "key import %s%s", mm_key_kid(key->private), activates ? " --activate" : "");
	return mm_manage_import(&command->manage, public ? key->public : key->private, activates, &command->change,
				&command->err);
}

/* ---- a command --------------------------------------------------------------------------------------------------- */

static const struct verb {
	const char *name;
	enum mm_code (*run)(struct command *command);
	bool names_key;  /* one that is not there is told so */
	bool asks_clock; /* whether a key is ready */
	int weight;      /* an import is dear: the key is probed, by two libraries */
} verbs[] = {
	{"prepare", prepare, false, false, 3}, {"rotate", rotate, false, true, 3},
	{"activate", activate, true, true, 3}, {"taint", taint, true, true, 3},
	{"revoke", revoke, true, false, 3},    {"import", import, false, false, 1},
};

static const struct verb *draw_verb(struct rng *rng)
{
	const struct verb *verb = verbs;
	int64_t left;

	for (left = rng_below(rng, 16); left >= verb->weight; verb++)
		left -= verb->weight;
	return verb;
}

void operator_command(struct world *world)
{
	const struct verb *verb = draw_verb(&world->rng);
	mm_duration error = plan_clock_error(&world->plan);
	struct command command = {.world = world};
	enum mm_code code;

	if (verb->asks_clock && replicas_hold(world))
		return; /* the operator has read the log: the answer would be wrong */
	process_start(&command.process, world, verb->name, rng_extreme(&world->rng, -error, error));
	command.maker = (struct mm_key_maker){process_make_key, &command.process};
	command.manage = process_manage(&command.process, &command.maker);
	world->typing++;
	code = verb->run(&command);
	world->typing--;
	world_trace(world, "key %s: %s", verb->name, code == MM_OK ? "done" : command.err.text);
	process_check(&command.process, code, &command.change, &command.err);
	if (verb->names_key && !command.record && code != MM_ENOTFOUND && !command.process.failed)
		world_fail(world, "5 what failed changed nothing", "%s of a key that is not there: %s", verb->name,
			   code == MM_OK ? "done" : command.err.text);
	mm_change_clear(&command.change);
	process_end(&command.process);
}
