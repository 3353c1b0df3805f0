/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where protobuf-c puts what it takes apart. It allocates for each field, also for those that it does not know, and
 * once more while it looks for them: 64 KiB of two bytes each would become some megabytes. Here that comes from one
 * block whose size follows the body's; what does not fit is refused, and the whole is cleansed in one go.
 */
#ifndef MINTMARK_KUBE_ARENA_H
#define MINTMARK_KUBE_ARENA_H

#include <google/protobuf-c/protobuf-c.h>
#include <mintmark/attr.h>
#include <stdbool.h>

struct mm_arena {
	ProtobufCAllocator allocator; /* for protobuf-c; frees nothing */
	char *block;
	size_t size, used;
	bool exhausted; /* something did not fit */
};

/* Room for what a body of `len` bytes becomes; false: no memory. The arena must stay where it is. */
MM_MUSTCHECK bool mm_arena_init(struct mm_arena *arena, size_t len);
void mm_arena_free(struct mm_arena *arena); /* cleanses; */
#define mm_auto_arena MM_CLEANUP(mm_arena_free) struct mm_arena

#endif
