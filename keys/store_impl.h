/* SPDX-License-Identifier: Apache-2.0 */
/* What the stores share among themselves. */
#ifndef MINTMARK_KEYS_STORE_IMPL_H
#define MINTMARK_KEYS_STORE_IMPL_H

#include <mintmark/store.h>

/* MM_ECONFLICT: the store is at revision `stored`, and the caller expected another one. */
enum mm_code mm_store_conflict(uint64_t stored, uint64_t expected, struct mm_err *err);

/* Whether the private half of this record's key is to be kept. It does not depend on the time. */
bool mm_store_keeps_material(const struct mm_key_record *record);

#endif
