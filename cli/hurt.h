/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is hurt by a change of the key set, and until when. Derived from the sets before and after it, as events are, so
 * that what is said before a change (the same steps, taken on a copy) and after it cannot be two stories.
 */
#ifndef MINTMARK_CLI_HURT_H
#define MINTMARK_CLI_HURT_H

#include <jansson.h>
#include <mintmark/steps.h>

/* Records are borrowed from the newer set. */
struct mm_hurt {
	const struct mm_key_record
		*revoked; /* its tokens are refused by whoever fetches the new JWKS; NULL: none was */
	/*
	 * They, and forged ones, by whoever holds an older one; MM_NEVER: nobody. MM_UNFORESEEN: for accepted_for after
	 * every destination has the new JWKS.
	 */
	mm_time accepted_until;
	mm_duration accepted_for;
	mm_time expired_by;                    /* the last of them, by itself; MM_NEVER: none is valid any more */
	const struct mm_key_record *activated; /* signs from now on; NULL: what signed before */
	/*
	 * Its tokens, by whoever holds a JWKS without it; MM_NEVER: everybody can have it. MM_UNFORESEEN: for its
	 * publish_wait after every destination has it.
	 */
	mm_time refused_until;
};

MM_MUSTCHECK enum mm_code mm_hurt_of(const struct mm_keyset *before, const struct mm_keyset *after,
				     const struct mm_policy *policy, mm_time now, struct mm_hurt *out,
				     struct mm_err *err);

/* Whether anybody is. */
bool mm_hurt_any(const struct mm_hurt *hurt);

/* Whole sentences, a line each, indented by two spaces. What takes over is said even if it is ready. */
void mm_hurt_add_text(struct mm_buf *out, const struct mm_hurt *hurt, mm_time now);

/*
 * {"old_tokens": {kid, accepted_until, expired_by}, "new_tokens": {kid, refused_until}}, each null where nobody is. Of
 * a time that depends on destinations there are the seconds after the delivery instead: accepted_after_delivery,
 * refused_after_delivery.
 */
json_t *mm_hurt_json(const struct mm_hurt *hurt);

#endif
