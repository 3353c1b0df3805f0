/* SPDX-License-Identifier: Apache-2.0 */
/* The members of a stored key record beside its key: times, waits, and whether it was delivered. */
#ifndef MINTMARK_KEYS_KEYSET_MEMBERS_H
#define MINTMARK_KEYS_KEYSET_MEMBERS_H

#include <jansson.h>
#include <mintmark/keyset.h>

/* Adds those that the record has, in their order; false when memory ran out. */
bool mm_members_add(json_t *object, const struct mm_key_record *record);

bool mm_members_has(const char *name); /* whether it is one of them */

/* MM_EPARSE names the member. Whether the values go together is for mm_keyset_check to say. */
MM_MUSTCHECK enum mm_code mm_members_decode(const json_t *object, struct mm_key_record *record, struct mm_err *err);

/* A time in the one spelling that mm_time_format has for it; MM_EPARSE. */
MM_MUSTCHECK enum mm_code mm_members_get_time(const json_t *object, const char *name, mm_time *out, struct mm_err *err);
json_t *mm_members_time(mm_time time);

#endif
