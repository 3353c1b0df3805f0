/* SPDX-License-Identifier: Apache-2.0 */
/* What the token API works with, made of a configuration as it would be written. Every call succeeds or fails the test. */
#ifndef MINTMARK_TESTS_TOKENWORLD_H
#define MINTMARK_TESTS_TOKENWORLD_H

#include "tests/unit/support.h"

#include <mintmark/keyset.h>
#include <mintmark/tokenapi.h>

#define WORLD_NOW    ((mm_time)1700000000) /* 2023-11-14T22:13:20Z */
#define WORLD_ISSUER "https://oidc.example.com/id/prod"

struct test_world {
	struct mm_config *config;
	struct mm_keyset *set; /* an ES256 key that signs */
	struct mm_snapshot *snapshot;
	struct mm_directory *directory;
	struct mm_rules *rules;
	struct mm_user user;
	struct mm_token_api api; /* of all that, at WORLD_NOW, for the user */
};

/* `yaml` beside the issuer: rules, tokens, service_accounts, bound_objects. Its caller is `user`, in no group. */
void test_world_make(struct test_world *world, const char *yaml, const char *user);
/* The snapshot again, after its keys or the configuration have changed. */
void test_world_refresh(struct test_world *world);
void test_world_free(struct test_world *world);

/* Verifies the token with the world's own keys, and gives its claims to the caller. */
json_t *test_world_claims(const struct test_world *world, const struct mm_buf *token);

#endif
