/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the feed share: a feed in front of a store that can fail, a configuration file, and what is live. */
#ifndef MINTMARK_TESTS_FEEDING_H
#define MINTMARK_TESTS_FEEDING_H

#include "issuer/http/feed.h"
#include "tests/unit/support.h"

/* Memory, which cannot be read, or not whole, while `trouble` is set. */
struct fragile_store {
	struct mm_store store;
	struct mm_store *memory;
	const char *trouble;
	bool private_alone;        /* the trouble is with the private halves */
	enum mm_store_load loaded; /* what was asked for last */
};

extern const struct mm_store_ops fragile_ops;

/* A feed and all that it borrows. */
struct feeding {
	struct test_dir dir;
	struct mm_log log;
	struct fragile_store store;
	struct mm_keyset *set;
	struct mm_config *config;
	struct mm_reload_stats stats;
	struct mm_live_slot slot;
	struct mm_live_view view;
	struct mm_feed_source sources[2];
	struct mm_feed feed;
};

/* Writes what follows the issuer into the configuration file, which is another file from then on. */
void feeding_write_config(struct feeding *feeding, const char *rest);
void feeding_load_config(struct feeding *feeding);
void feeding_commit(struct feeding *feeding);
void feeding_start(struct feeding *feeding); /* must succeed */

const struct mm_live *feeding_live(struct feeding *feeding);
int feeding_count_logged(const struct feeding *feeding, const char *part);
uint64_t feeding_done(const struct feeding *feeding, enum mm_reload what);
uint64_t feeding_failed(const struct feeding *feeding, enum mm_reload what);

int feeding_setup(void **state);
int feeding_teardown(void **state);
#define FEED_TEST(name) cmocka_unit_test_setup_teardown(name, feeding_setup, feeding_teardown)

#endif
