/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drives a directory store without the command line, for the tests of crashes, faults and concurrency.
 * What it prints is an acknowledgement: a line is written only after the commit that it names has returned MM_OK.
 */
#include <mintmark/steps.h>
#include <mintmark/store.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TOMBSTONES 3 /* older ones are dropped, so that a set of ten thousand revisions stays small */

static const struct mm_actor actor = {.name = "storetool", .why = "a test"};
static const struct mm_policy policy = {.max_keys = 20};

/* A new key of the algorithm that is quickest to make signs, and its predecessor is retired. */
static enum mm_code swap_signer(struct mm_keyset *set, mm_time now, struct mm_err *err)
{
	mm_auto(mm_key) key = NULL;
	enum mm_code code = mm_key_generate(mm_alg_find(mm_span_str("EdDSA")), 0, &key, err);

	if (code == MM_OK)
		code = mm_keyset_publish(set, key, &policy, 0, now, err);
	if (code == MM_OK)
		code = mm_keyset_activate(set, mm_key_kid(key), &policy, MM_GAP_REFUSED, now, err);
	return code;
}

/* Whatever was retired by an earlier commit is removed. */
static enum mm_code remove_retired(struct mm_keyset *set, mm_time now, struct mm_err *err)
{
	enum mm_code code = MM_OK;

	for (size_t i = 0; i < set->count && code == MM_OK; i++) {
		const struct mm_key_record *record = &set->records[i];

		if (record->retired != MM_NEVER && record->removed == MM_NEVER)
			code = mm_keyset_remove(set, mm_key_kid(record->key), now, err);
	}
	return code;
}

static void forget_the_oldest(struct mm_keyset *set)
{
	size_t removed = 0;

	for (size_t i = 0; i < set->count; i++)
		removed += set->records[i].removed != MM_NEVER;
	if (removed > TOMBSTONES) {
		mm_key_free(set->records[0].key);
		memmove(&set->records[0], &set->records[1], --set->count * sizeof(set->records[0]));
	}
}

/* Each commit writes a key and destroys one. */
static enum mm_code rotate(struct mm_store *store, struct mm_keyset *set, struct mm_err *err)
{
	mm_time now = mm_clock_now();
	enum mm_code code = remove_retired(set, now, err);

	if (code == MM_OK)
		code = swap_signer(set, now, err);
	if (code != MM_OK)
		return code;
	forget_the_oldest(set);
	return mm_store_commit(store, set, set->revision, &actor, now, err);
}

static void acknowledge(const struct mm_store *store, const struct mm_keyset *set)
{
	printf("%llu %s\n", (unsigned long long)set->revision, mm_key_kid(set->records[set->count - 1].key));
	if (store->warning.code != MM_OK)
		fprintf(stderr, "storetool: warning: %s\n", store->warning.text);
}

static enum mm_code load_or_new(struct mm_store *store, struct mm_keyset **set, struct mm_err *err)
{
	struct mm_err why = {0};
	enum mm_code code = mm_store_load(store, MM_LOAD_PRIVATE, set, &why);

	if (code == MM_ENOTFOUND)
		return mm_keyset_new(set, err);
	return code == MM_OK ? MM_OK : mm_fail(err, code, "%s", why.text);
}

/* commit DIR N: N rotations, each from the set that is stored (N = 0: until killed). */
static enum mm_code do_commit(struct mm_store *store, unsigned long n, struct mm_err *err)
{
	enum mm_code code = MM_OK;

	for (unsigned long i = 0; (n == 0 || i < n) && code == MM_OK; i++) {
		mm_auto(mm_keyset) set = NULL;

		code = load_or_new(store, &set, err);
		if (code == MM_OK)
			code = rotate(store, set, err);
		if (code == MM_OK)
			acknowledge(store, set);
	}
	return code;
}

/* contend DIR N: tries until it has won N times; losing to another process is no error, anything else is. */
static enum mm_code do_contend(struct mm_store *store, unsigned long n, struct mm_err *err)
{
	while (n > 0) {
		mm_auto(mm_keyset) set = NULL;
		struct mm_err why = {0};
		enum mm_code code = load_or_new(store, &set, &why);

		if (code == MM_OK)
			code = rotate(store, set, &why);
		if (code == MM_OK) {
			acknowledge(store, set);
			n--;
		} else if (code != MM_ECONFLICT) {
			return mm_fail(err, code, "%s", why.text);
		}
	}
	return MM_OK;
}

/* load DIR: the revision, then a line for each key: kid, state, whether its private half is there. */
static enum mm_code do_load(struct mm_store *store, unsigned long n, struct mm_err *err)
{
	mm_auto(mm_keyset) set = NULL;
	enum mm_code code = mm_store_load(store, MM_LOAD_PRIVATE, &set, err);

	(void)n;
	if (code != MM_OK)
		return code;
	printf("%llu\n", (unsigned long long)set->revision);
	for (size_t i = 0; i < set->count; i++) {
		const struct mm_key_record *record = &set->records[i];

		printf("%s %s %s\n", mm_key_kid(record->key), mm_key_states[mm_key_state(record, mm_clock_now())].name,
		       mm_key_is_private(record->key) ? "private" : "public");
	}
	return MM_OK;
}

static bool stdin_ended(void)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};

	return poll(&in, 1, 0) > 0;
}

/*
 * poll DIR N: loads, with private keys unless N is 0, until standard input ends. A revision that goes back is an
 * error.
 */
static enum mm_code do_poll(struct mm_store *store, unsigned long n, struct mm_err *err)
{
	uint64_t revision = 0;
	unsigned long loads = 0;

	for (; !stdin_ended(); loads++) {
		mm_auto(mm_keyset) set = NULL;
		enum mm_code code = mm_store_load(store, n ? MM_LOAD_PRIVATE : MM_LOAD_PUBLIC, &set, err);

		if (code != MM_OK)
			return code;
		if (set->revision < revision)
			return mm_fail(err, MM_ECONFLICT, "revision %llu after %llu", (unsigned long long)set->revision,
				       (unsigned long long)revision);
		revision = set->revision;
	}
	printf("%llu %lu\n", (unsigned long long)revision, loads);
	return MM_OK;
}

static const struct command {
	const char *name;
	bool create;
	enum mm_code (*run)(struct mm_store *store, unsigned long n, struct mm_err *err);
} commands[] = {
	{"commit", true, do_commit},
	{"contend", true, do_contend},
	{"load", false, do_load},
	{"poll", false, do_poll},
};

static enum mm_code run(const struct command *command, const char *path, unsigned long n, struct mm_err *err)
{
	mm_auto(mm_store) store = NULL;
	enum mm_code code = mm_store_open_dir(path, command->create, &store, err);

	return code == MM_OK ? command->run(store, n, err) : code;
}

int main(int argc, char **argv)
{
	struct mm_err err = {0};

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; argc >= 3 && i < MM_COUNT(commands); i++) {
		if (strcmp(argv[1], commands[i].name) != 0)
			continue;
		if (run(&commands[i], argv[2], argc > 3 ? strtoul(argv[3], NULL, 10) : 1, &err) == MM_OK)
			return 0;
		fprintf(stderr, "storetool: %s\n", err.text);
		return mm_code_exit_status(err.code);
	}
	fprintf(stderr, "usage: storetool commit|contend|load|poll DIR [N]\n");
	return 2;
}
