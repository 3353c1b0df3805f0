/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where protobuf-c puts what it takes apart. It allocates for each field, known or not, and when a message is sent in
 * pieces, again for all pieces before: what a body of 64 KiB can make it allocate was measured as 2 GB in all, in 77 ms.
 * Here it comes from one block, in proportion to the body: what does not fit is refused (at most 0.3 ms, 0.6 MB), and
 * the whole is cleansed at once.
 */
#ifndef MINTMARK_ISSUER_KUBE_ARENA_H
#define MINTMARK_ISSUER_KUBE_ARENA_H

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
