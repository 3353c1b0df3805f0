/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/tokenworld.h"
#include "tests/unit/keysets.h"
#include "tests/unit/tokens.h"

#include <string.h>

void test_world_refresh(struct test_world *world)
{
	struct mm_err err = {0};

	mm_snapshot_free(world->snapshot);
	assert_ok(mm_snapshot_build(world->config, world->set, true, WORLD_NOW, &world->snapshot, &err), &err);
	world->api.snapshot = world->snapshot;
}

void test_world_make(struct test_world *world, const char *yaml, const char *user)
{
	mm_auto_buf text = {0};
	struct mm_err err = {0};

	*world = (struct test_world){0};
	mm_buf_printf(&text, "issuer: " WORLD_ISSUER "\ndata_dir: /none\nkeys: {algorithm: ES256}\n%s\n", yaml);
	assert_ok(mm_config_parse(mm_buf_span(&text), "f.yaml", "/", &world->config, &err), &err);
	assert_ok(mm_keyset_new(&world->set, &err), &err);
	test_add_first(world->set, test_shared_key("ES256", 0), WORLD_NOW);
	assert_ok(mm_directory_build(world->config, &world->directory, &err), &err);
	assert_ok(mm_rules_build(world->config, &world->rules, &err), &err);
	assert_ok(mm_user_build(user, NULL, &(struct mm_strings){0}, &world->user, &err), &err);
	world->api = (struct mm_token_api){
		.directory = world->directory,
		.rules = world->rules,
		.user = &world->user,
		.now = WORLD_NOW,
	};
	test_world_refresh(world);
}

void test_world_free(struct test_world *world)
{
	mm_snapshot_free(world->snapshot);
	mm_directory_free(world->directory);
	mm_rules_free(world->rules);
	mm_user_clear(&world->user);
	mm_keyset_free(world->set);
	mm_config_free(world->config);
}

json_t *test_world_claims(const struct test_world *world, const struct mm_buf *token)
{
	const struct mm_verify_options options = {.issuer = WORLD_ISSUER, .now = WORLD_NOW};
	MM_CLEANUP(mm_token_clear) struct mm_token found = {0};
	struct mm_err err = {0};

	assert_ok(mm_token_verify(mm_buf_span(token), world->snapshot->verifiers, &options, &found, &err), &err);
	return json_incref(found.claims);
}
