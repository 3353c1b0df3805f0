/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happened to keys between two revisions. Derived from the two sets, so that the audit, the log and the answer of
 * a command cannot leave out what was committed, nor tell of what was not.
 */
#ifndef MINTMARK_EVENT_H
#define MINTMARK_EVENT_H

#include <mintmark/keyset.h>

enum mm_event_kind {
	MM_EVENT_PUBLISHED,
	MM_EVENT_DELIVERED, /* later than it was published: by whoever publishes to the destinations */
	MM_EVENT_ACTIVATED,
	MM_EVENT_RETIRED,
	MM_EVENT_TAINTED,
	MM_EVENT_EXTENDED, /* its retire_wait grew, other than by being retired */
	MM_EVENT_REMOVED,
	MM_EVENT_REVOKED,
	MM_EVENT_FORGOTTEN, /* a record that is in the older set alone; our own steps never do that */
	MM_EVENT_KINDS
};
extern const char *const mm_event_names[MM_EVENT_KINDS]; /* "published", … */

struct mm_event {
	enum mm_event_kind kind;
	const struct mm_key_record *record; /* of the newer set; of the older one for MM_EVENT_FORGOTTEN */
};

/*
 * Calls `each` for every event from `before` (NULL: an empty set) to `after`: first the keys that were forgotten, as
 * they stand in `before`; then key by key, as they stand in `after`, the events of each in the order of the kinds. It
 * stops at the first code that is not MM_OK and returns it.
 */
MM_MUSTCHECK enum mm_code mm_keyset_events(const struct mm_keyset *before, const struct mm_keyset *after,
					   enum mm_code (*each)(void *arg, const struct mm_event *event,
								struct mm_err *err),
					   void *arg, struct mm_err *err);

#endif
