/* SPDX-License-Identifier: Apache-2.0 */
/* What each state of a key means, and how it follows from the times in a record (RFC 7583 is the model). */
#include <mintmark/keyset.h>

const struct mm_key_state_row mm_key_states[MM_STATE_COUNT] = {
	[MM_STATE_GENERATED] = {.name = "generated", .has_material = true},
	[MM_STATE_PUBLISHED] = {.name = "published", .in_jwks = true, .accepted = true, .has_material = true},
	[MM_STATE_READY] = {.name = "ready", .in_jwks = true, .accepted = true, .has_material = true},
	[MM_STATE_ACTIVE] = {.name = "active", .in_jwks = true, .signs = true, .accepted = true, .has_material = true},
	[MM_STATE_RETIRED] = {.name = "retired", .in_jwks = true, .accepted = true, .has_material = true},
	[MM_STATE_REMOVED] = {.name = "removed"},
	[MM_STATE_REVOKED] = {.name = "revoked"},
};

/*
 * A step that is recorded was taken, whatever the clock says now: a clock that is set back must not make an active
 * key inactive or a revoked one good. Only the wait from delivered to ready is measured against `now`.
 */
enum mm_key_state mm_key_state(const struct mm_key_record *record, mm_time now)
{
	if (record->revoked != MM_NEVER)
		return MM_STATE_REVOKED;
	if (record->removed != MM_NEVER)
		return MM_STATE_REMOVED;
	if (record->retired != MM_NEVER)
		return MM_STATE_RETIRED;
	if (record->activated != MM_NEVER)
		return MM_STATE_ACTIVE;
	if (record->published == MM_NEVER)
		return MM_STATE_GENERATED;
	if (record->delivered == MM_NEVER)
		return MM_STATE_PUBLISHED; /* whatever the clock says: nobody outside can have it */
	return now - record->delivered >= record->publish_wait ? MM_STATE_READY : MM_STATE_PUBLISHED;
}
