/* SPDX-License-Identifier: Apache-2.0 */
/* What replicas serve: the same bytes at the same revision, with every key that is served, and no other. */
#include "tests/sim/world.h"

#include <mintmark/document.h>
#include <string.h>

static bool is_served(const struct mm_key_record *record)
{
	return record->published != MM_NEVER && record->removed == MM_NEVER && record->revoked == MM_NEVER;
}

static void render(struct world *world, const struct mm_keyset *set, mm_time now, struct mm_documents **out)
{
	struct mm_err err = {0};
	const struct mm_policy *policy = &world->epoch->policy;

	if (mm_documents_render("https://oidc.example.com/id/sim", set, policy->algs[0], 300, now, out, &err) != MM_OK)
		world_fail(world, "9 the documents are the same everywhere", "not rendered: %s", err.text);
}

static bool same_document(const struct mm_document *a, const struct mm_document *b)
{
	return mm_span_eq(mm_buf_span(&a->body), mm_buf_span(&b->body)) && strcmp(a->etag, b->etag) == 0 &&
	       mm_span_eq(mm_buf_span(&a->headers), mm_buf_span(&b->headers));
}

/* What one replica renders today and another one tomorrow, from sets that they loaded by themselves. */
void documents_check(struct world *world, const struct mm_keyset *set)
{
	mm_auto(mm_documents) here = NULL;
	mm_auto(mm_documents) there = NULL;
	mm_auto(mm_keyset) loaded = NULL;
	struct mm_err err = {0};

	if (mm_store_load(world->store, MM_LOAD_PUBLIC, &loaded, &err) != MM_OK) {
		world_fail(world, "5 what was committed is kept", "%s", err.text);
		return;
	}
	render(world, set, world->now, &here);
	render(world, loaded, world->now + 1 + rng_below(&world->rng, DAY), &there);
	if (!here || !there)
		return;
	if (!same_document(&here->jwks, &there->jwks) || !same_document(&here->discovery, &there->discovery))
		world_fail(world, "9 the documents are the same everywhere", "revision %llu",
			   (unsigned long long)set->revision);
	for (size_t i = 0; i < set->count; i++) {
		const char *kid = mm_key_kid(set->records[i].key);

		if (is_served(&set->records[i]) != !!strstr(here->jwks.body.p, kid))
			world_fail(world, "9 the documents are the same everywhere",
				   "key %s in the JWKS of revision %llu", kid, (unsigned long long)set->revision);
	}
}
