/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/kube/arena.h"

#include <openssl/crypto.h>
#include <stdalign.h>
#include <stdlib.h>

/*
 * A body's bytes are copied twice, out of the envelope and out of the object. The rest is for what stands around each
 * field, some 150 bytes: in small bodies it is most of what they need.
 */
enum { ROOM_FOR_EACH_BYTE = 8, ROOM = 32768 };

static void *take(void *data, size_t size)
{
	struct mm_arena *arena = data;
	size_t aligned = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	char *taken = arena->block + arena->used;

	if (aligned < size || aligned > arena->size - arena->used) {
		arena->exhausted = true;
		return NULL;
	}
	arena->used += aligned;
	return taken;
}

static void give_back(void *data, void *taken)
{
	(void)data;
	(void)taken;
}

bool mm_arena_init(struct mm_arena *arena, size_t len)
{
	size_t size = len * ROOM_FOR_EACH_BYTE + ROOM;

	*arena = (struct mm_arena){.allocator = {take, give_back, arena}, .block = malloc(size), .size = size};
	return arena->block;
}

void mm_arena_free(struct mm_arena *arena)
{
	if (arena->block)
		OPENSSL_cleanse(arena->block, arena->used);
	free(arena->block);
	*arena = (struct mm_arena){0};
}
