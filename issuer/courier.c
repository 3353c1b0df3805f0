/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/courier.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum mm_code mm_courier_new(const char *name, const struct mm_destination_options *options, struct mm_store *store,
			    struct mm_log *log, int done_fd, struct mm_courier **out, struct mm_err *err)
{
	mm_auto(mm_courier) courier = calloc(1, sizeof *courier);
	enum mm_code code;

	if (!courier || !(courier->name = strdup(name)))
		return mm_fail(err, MM_ENOMEM, "out of memory");
	courier->log = log;
	courier->job.done_fd = done_fd;
	code = mm_destination_new(name, options, &courier->destination, err);
	if (code == MM_OK)
		code = mm_store_share(store, &courier->store, err);
	if (code == MM_OK)
		*out = mm_take(courier);
	return code;
}

void mm_courier_free(struct mm_courier *courier)
{
	if (!courier)
		return;
	mm_destination_result_clear(&courier->result);
	mm_snapshot_free(courier->snapshot);
	mm_store_free(courier->store);
	mm_destination_free(courier->destination);
	free(courier->name);
	free(courier);
}

/* ---- a journey, in its thread ------------------------------------------------------------------------------------ */

/*
 * Once nobody else writes there: what we have in hand must still be the newest, or else an older revision could take the
 * place of a newer one that somebody brought while we waited.
 */
static enum mm_code load(void *arg, struct mm_snapshot **out, struct mm_err *err)
{
	struct mm_courier *courier = arg;
	mm_auto(mm_keyset) newest = NULL;
	enum mm_code code = mm_store_load(courier->store, MM_LOAD_PUBLIC, &newest, err);

	if (code != MM_OK)
		return code;
	courier->overtaken = newest->revision != courier->snapshot->revision;
	if (courier->overtaken)
		return mm_fail(err, MM_ECONFLICT, "revision %" PRIu64 " is not the newest any more",
			       courier->snapshot->revision);
	*out = mm_snapshot_ref(courier->snapshot);
	return MM_OK;
}

static void bring(void *arg)
{
	struct mm_courier *courier = arg;
	const struct mm_destination_source source = {load, courier};

	courier->code = mm_destination_publish(courier->destination, &source, &courier->result, &courier->err);
}

/* ---- from one journey to the next -------------------------------------------------------------------------------- */

static void fail(struct mm_courier *courier, const struct mm_err *err, int64_t steady_ns)
{
	if (mm_retry_fail(&courier->retry, err, steady_ns))
		mm_log(courier->log, MM_LOG_ERROR,
		       "the documents cannot be published; it is tried again, and new keys wait for it",
		       MM_F_STR("destination", courier->name), MM_F_ERR(err));
}

void mm_courier_turn(struct mm_courier *courier, struct mm_snapshot *snapshot, int64_t steady_ns)
{
	bool is_news = snapshot != courier->snapshot;
	struct mm_err err = {0};

	if (courier->job.works || (!is_news && (courier->delivered || !mm_retry_due(&courier->retry, steady_ns))))
		return;
	mm_snapshot_free(courier->snapshot);
	courier->snapshot = mm_snapshot_ref(snapshot);
	courier->delivered = courier->overtaken = false;
	courier->job.run = bring;
	courier->job.arg = courier;
	mm_err_clear(&courier->err);
	if (mm_job_start(&courier->job, &err) != MM_OK)
		fail(courier, &err, steady_ns);
}

bool mm_courier_has_delivered(const struct mm_courier *courier, const struct mm_snapshot *snapshot)
{
	return courier->delivered && courier->snapshot == snapshot;
}

static void tell(struct mm_courier *courier)
{
	const struct mm_destination_result *result = &courier->result;
	bool written = result->jwks_written || result->discovery_written;

	mm_log(courier->log, MM_LOG_INFO, written ? "documents published" : "the documents are published already",
	       MM_F_STR("destination", courier->name), MM_F_INT("revision", (int64_t)result->revision));
	if (result->warning.code != MM_OK)
		mm_log(courier->log, MM_LOG_WARN, "documents published, but not as safely as it could be",
		       MM_F_STR("destination", courier->name), MM_F_ERR(&result->warning));
}

static void take_result(struct mm_courier *courier, int64_t steady_ns)
{
	if (courier->code == MM_OK) {
		(void)mm_retry_succeed(&courier->retry);
		tell(courier);
	} else if (courier->overtaken) {
		mm_retry_put_off(&courier->retry, steady_ns); /* until the newer one is known here too */
	} else {
		fail(courier, &courier->err, steady_ns);
	}
}

bool mm_courier_collect(struct mm_courier *courier, int64_t steady_ns, bool *succeeded)
{
	if (!mm_job_collect(&courier->job))
		return false;
	take_result(courier, steady_ns);
	mm_destination_result_clear(&courier->result);
	*succeeded = courier->delivered = courier->code == MM_OK;
	return *succeeded || !courier->overtaken;
}
