/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/feeding.h"

#include "tests/unit/keysets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static enum mm_code fragile_load(struct mm_store *store, enum mm_store_load what, struct mm_keyset **out,
				 struct mm_err *err)
{
	struct fragile_store *fragile = (struct fragile_store *)store;

	fragile->loaded = what;
	if (fragile->trouble && (what == MM_LOAD_PRIVATE || !fragile->private_alone))
		return mm_fail(err, MM_EIO, "%s", fragile->trouble);
	return mm_store_load(fragile->memory, what, out, err);
}

static bool fragile_changed(struct mm_store *store)
{
	return mm_store_changed(((struct fragile_store *)store)->memory);
}

const struct mm_store_ops fragile_ops = {.load = fragile_load, .changed = fragile_changed};

void feeding_write_config(struct feeding *feeding, const char *rest)
{
	mm_auto_buf text = {0};

	mm_buf_printf(&text, "issuer: https://h.example\n%s", rest);
	test_file_write(feeding->dir.fd, "new.yaml", text.p, 0600);
	assert_int_equal(renameat(feeding->dir.fd, "new.yaml", feeding->dir.fd, "m.yaml"), 0);
}

void feeding_load_config(struct feeding *feeding)
{
	struct mm_err err = {0};

	mm_config_free(feeding->config);
	assert_ok(mm_config_load(test_dir_path(&feeding->dir, "m.yaml"), &feeding->config, &err), &err);
	feeding->sources[0].config = feeding->config;
}

void feeding_commit(struct feeding *feeding)
{
	struct mm_err err = {0};

	assert_ok(mm_store_commit(feeding->store.memory, feeding->set, feeding->set->revision, &test_actor, T0, &err),
		  &err);
}

int feeding_setup(void **state)
{
	struct feeding *feeding = calloc(1, sizeof *feeding);
	struct mm_err err = {0};

	assert_non_null(feeding);
	test_dir_make(&feeding->dir);
	feeding->log = (struct mm_log){.fd = memfd_create("log", MFD_CLOEXEC), .level = MM_LOG_INFO};
	feeding->store.store.ops = &fragile_ops;
	assert_ok(mm_store_open_memory(&feeding->store.memory, &err), &err);
	feeding->set = test_first_set();
	feeding_commit(feeding);
	feeding_write_config(feeding, "keys: {algorithm: EdDSA}\n");
	mm_live_slot_init(&feeding->slot);
	feeding->sources[0].store = &feeding->store.store;
	feeding->feed = (struct mm_feed){
		.sources = feeding->sources,
		.source_count = 1,
		.log = &feeding->log,
		.stats = &feeding->stats,
		.slot = &feeding->slot,
	};
	feeding_load_config(feeding);
	*state = feeding;
	return 0;
}

int feeding_teardown(void **state)
{
	struct feeding *feeding = *state;

	mm_feed_clear(&feeding->feed);
	mm_live_view_clear(&feeding->view);
	mm_live_slot_clear(&feeding->slot);
	mm_keyset_free(feeding->set);
	mm_store_free(feeding->store.memory);
	mm_config_free(feeding->config);
	close(feeding->log.fd);
	test_dir_remove(&feeding->dir);
	free(feeding);
	return 0;
}

void feeding_start(struct feeding *feeding)
{
	static char path[512];
	struct mm_err err = {0};

	snprintf(path, sizeof path, "%s", test_dir_path(&feeding->dir, "m.yaml"));
	feeding->feed.config_path = path;
	assert_ok(mm_feed_start(&feeding->feed, &err), &err);
}

const struct mm_live *feeding_live(struct feeding *feeding)
{
	return mm_live_look(&feeding->slot, &feeding->view);
}

int feeding_count_logged(const struct feeding *feeding, const char *part)
{
	return test_count_in(feeding->log.fd, part);
}

uint64_t feeding_done(const struct feeding *feeding, enum mm_reload what)
{
	return mm_counter_get(&feeding->stats.done[what]);
}

uint64_t feeding_failed(const struct feeding *feeding, enum mm_reload what)
{
	return mm_counter_get(&feeding->stats.failed[what]);
}
