/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens, and verifiers that keep a JWKS for as long as they may and never fetch it before. */
#include "tests/sim/world.h"

/* ---- what verifiers know ----------------------------------------------------------------------------------------- */

static void fetch(struct world *world, struct verifier *verifier, struct revision *answer)
{
	revision_free(verifier->cache);
	verifier->cache = revision_ref(answer);
	verifier->until = world->now + plan_cache(&world->plan, world->now);
}

static bool asks_destination(struct world *world, const struct verifier *verifier)
{
	return verifier->destination >= 0 && destinations_open(world);
}

/* As a new process, which has nothing yet, and happens to ask that replica. */
void verifier_restart_some(struct world *world, int replica)
{
	for (int i = 0; i < world->plan.verifiers; i++) {
		if (!asks_destination(world, &world->verifiers[i]) && rng_chance(&world->rng, 400))
			fetch(world, &world->verifiers[i], world->replicas[replica].view);
	}
}

void verifier_restart_at_destination(struct world *world, int which)
{
	for (int i = 0; i < world->plan.verifiers; i++) {
		struct verifier *verifier = &world->verifiers[i];

		if (verifier->destination == which && destinations_open(world) && rng_chance(&world->rng, 400))
			fetch(world, verifier, destination_answer(world, which));
	}
}

static bool has_document(struct world *world, struct verifier *verifier)
{
	int replica;

	if (verifier->cache && world->now < verifier->until)
		return true;
	if (asks_destination(world, verifier)) {
		fetch(world, verifier, destination_answer(world, verifier->destination));
		return true;
	}
	replica = replica_any_up(world);
	if (replica < 0)
		return false;
	fetch(world, verifier, world->replicas[replica].view);
	return true;
}

static void verify(struct world *world, int who, const struct token *token)
{
	struct verifier *verifier = &world->verifiers[who];
	const struct mm_key_record *record = &world->newest->set->records[token->key];

	if (world->now >= token->expiry || record->revoked != MM_NEVER || !has_document(world, verifier))
		return;
	world->verified++;
	if (revision_serves(verifier->cache, token->key))
		return;
	if (token->key >= verifier->cache->set->count) {
		if (world->now >= world->facts[token->key].gap_until)
			world_fail(world, "1 no verifier lacks a key",
				   "verifier %d with revision %llu lacks key %zu (%s) of token %llu", who,
				   (unsigned long long)verifier->cache->number, token->key, mm_key_kid(record->key),
				   (unsigned long long)token->number);
		return;
	}
	world_fail(world, "2 no token loses its key",
		   "in revision %llu key %zu (%s) is not served, and token %llu lives for another %lld s",
		   (unsigned long long)verifier->cache->number, token->key, mm_key_kid(record->key),
		   (unsigned long long)token->number, (long long)(token->expiry - world->now));
}

static void verify_by_all(struct world *world, const struct token *token)
{
	for (int i = 0; i < world->plan.verifiers; i++)
		verify(world, i, token);
}

/* ---- tokens ------------------------------------------------------------------------------------------------------ */

/* The slowest verifier takes it for so long, by true time. A clock that was set makes no token live longer. */
static mm_time expiry(const struct world *world, int replica, mm_duration ttl)
{
	return world->now + world->replicas[replica].clock_error + ttl + plan_clock_error(&world->plan);
}

static void keep(struct world *world, const struct token *token)
{
	size_t place = world->token_count < MAX_TOKENS ? world->token_count++
						       : (size_t)rng_below(&world->rng, MAX_TOKENS);

	world->tokens[place] = *token;
}

void verifier_mint(struct world *world, int replica, const struct mm_alg *alg, mm_duration ttl, bool verify_now)
{
	const struct mm_keyset *set = world->replicas[replica].view->set;
	const struct mm_key_record *signer = replica_signer(world, replica, alg);
	struct token token = {.number = world->tokens_minted++};
	struct fact *fact;

	if (ttl > mm_key_longest_ttl(signer, &world->epoch->policy))
		ttl = mm_key_longest_ttl(signer, &world->epoch->policy);
	if (ttl < 1)
		return;
	token.expiry = expiry(world, replica, ttl);
	token.key = (size_t)(signer - set->records);
	fact = &world->facts[token.key];
	if (token.expiry > fact->expiry)
		fact->expiry = token.expiry;
	keep(world, &token);
	world_put(world, rng_below(&world->rng, ttl), EVENT_VERIFY, 0, token.number);
	world_put(world, token.expiry - world->now - 1, EVENT_VERIFY, 0, token.number);
	if (verify_now)
		verify_by_all(world, &token);
}

void verifier_mint_some(struct world *world)
{
	int replica = replica_any_up(world);
	mm_duration max_ttl = world->epoch->policy.max_ttl;

	for (size_t i = 0; replica >= 0 && i < POOL_ALGS; i++) {
		if (replica_signer(world, replica, world->pool->algs[i]))
			verifier_mint(world, replica, world->pool->algs[i], rng_extreme(&world->rng, 1, max_ttl), true);
	}
}

void verifier_last_tokens(struct world *world, int replica)
{
	for (size_t i = 0; i < POOL_ALGS; i++) {
		if (replica_signer(world, replica, world->pool->algs[i]))
			verifier_mint(world, replica, world->pool->algs[i], world->epoch->policy.max_ttl, false);
	}
}

void verifier_token(struct world *world, uint64_t number)
{
	for (size_t i = 0; i < world->token_count; i++) {
		if (world->tokens[i].number == number)
			verify_by_all(world, &world->tokens[i]);
	}
}

/* And those that have expired are forgotten. */
void verifier_all_tokens(struct world *world)
{
	for (size_t i = 0; i < world->token_count;) {
		if (world->tokens[i].expiry <= world->now) {
			world->tokens[i] = world->tokens[--world->token_count];
			continue;
		}
		verify_by_all(world, &world->tokens[i++]);
	}
}
