/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/publisher.h"

#include "issuer/courier.h"

#include <mintmark/file.h>
#include <mintmark/manage.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* The commit that says that all destinations have a revision; its own thread's while it works. */
struct delivery {
	struct mm_job job;
	struct mm_store *store;
	struct mm_snapshot *snapshot; /* that is everywhere */
	enum mm_code code;
	struct mm_err err;
	struct mm_retry retry;
};

struct mm_publisher {
	struct mm_publisher_parts parts;
	int done_fd;
	/* What the couriers were made for. */
	struct mm_strings names;
	char *endpoint, *region;
	struct mm_courier **couriers; /* one for each name */
	size_t count;
	struct mm_retry making; /* of couriers */
	struct delivery delivery;
};

enum mm_code mm_publisher_new(const struct mm_publisher_parts *parts, struct mm_publisher **out, struct mm_err *err)
{
	mm_auto(mm_publisher) publisher = calloc(1, sizeof *publisher);
	enum mm_code code;

	if (!publisher)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	publisher->parts = *parts;
	publisher->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (publisher->done_fd < 0)
		return mm_fail_errno(err, "cannot start");
	publisher->delivery.job.done_fd = publisher->done_fd;
	code = mm_store_share(parts->store, &publisher->delivery.store, err);
	if (code == MM_OK)
		*out = mm_take(publisher);
	return code;
}

static void dismiss_couriers(struct mm_publisher *publisher)
{
	for (size_t i = 0; i < publisher->count; i++)
		mm_courier_free(publisher->couriers[i]);
	free(mm_take(publisher->couriers));
	publisher->count = 0;
	mm_strings_free(&publisher->names);
	mm_string_free(&publisher->endpoint);
	mm_string_free(&publisher->region);
}

void mm_publisher_free(struct mm_publisher *publisher)
{
	if (!publisher)
		return;
	dismiss_couriers(publisher);
	mm_snapshot_free(publisher->delivery.snapshot);
	mm_store_free(publisher->delivery.store);
	mm_fd_close(&publisher->done_fd);
	free(publisher);
}

int mm_publisher_fd(const struct mm_publisher *publisher)
{
	return publisher->done_fd;
}

bool mm_publisher_works(const struct mm_publisher *publisher)
{
	for (size_t i = 0; i < publisher->count; i++) {
		if (publisher->couriers[i]->job.works)
			return true;
	}
	return mm_publisher_commits(publisher);
}

bool mm_publisher_commits(const struct mm_publisher *publisher)
{
	return publisher->delivery.job.works;
}

void mm_publisher_retry(struct mm_publisher *publisher)
{
	for (size_t i = 0; i < publisher->count; i++)
		mm_retry_at_once(&publisher->couriers[i]->retry);
	mm_retry_at_once(&publisher->making);
	mm_retry_at_once(&publisher->delivery.retry);
}

/* ---- couriers, as configured ------------------------------------------------------------------------------------- */

static bool is_made_for(const struct mm_publisher *publisher, const struct mm_config *config)
{
	return publisher->count == config->publish.n && mm_strings_eq(&publisher->names, &config->publish) &&
	       mm_string_eq(publisher->endpoint, config->s3.endpoint) &&
	       mm_string_eq(publisher->region, config->s3.region);
}

static enum mm_code hire_couriers(struct mm_publisher *publisher, const struct mm_config *config, struct mm_err *err)
{
	const struct mm_destination_options options = {.endpoint = config->s3.endpoint, .region = config->s3.region};
	enum mm_code code = mm_strings_copy(&publisher->names, &config->publish, err);

	if (code == MM_OK)
		code = mm_string_set(&publisher->endpoint, config->s3.endpoint, err);
	if (code == MM_OK)
		code = mm_string_set(&publisher->region, config->s3.region, err);
	publisher->couriers = calloc(config->publish.n + 1, sizeof(struct mm_courier *));
	if (code == MM_OK && !publisher->couriers)
		code = mm_fail(err, MM_ENOMEM, "out of memory");
	for (size_t i = 0; code == MM_OK && i < config->publish.n; i++) {
		code = mm_courier_new(config->publish.v[i], &options, publisher->parts.store, publisher->parts.log,
				      publisher->done_fd, &publisher->couriers[i], err);
		publisher->count += code == MM_OK;
	}
	return code;
}

/* Whether the couriers are those of the configuration. Those that are on their way are waited for. */
static bool follow_config(struct mm_publisher *publisher, const struct mm_config *config, int64_t steady_ns)
{
	struct mm_err err = {0};

	if (is_made_for(publisher, config))
		return true;
	if (mm_publisher_works(publisher) || !mm_retry_due(&publisher->making, steady_ns))
		return false;
	dismiss_couriers(publisher);
	if (hire_couriers(publisher, config, &err) == MM_OK) {
		(void)mm_retry_succeed(&publisher->making);
		return true;
	}
	dismiss_couriers(publisher);
	if (mm_retry_fail(&publisher->making, &err, steady_ns))
		mm_log(publisher->parts.log, MM_LOG_ERROR, "the destinations of `publish` cannot be used",
		       MM_F_ERR(&err));
	return false;
}

/* ---- the delivery ------------------------------------------------------------------------------------------------ */

static void deliver(void *arg)
{
	struct delivery *delivery = arg;
	const struct mm_manage manage = {
		.store = delivery->store,
		.policy = &delivery->snapshot->policy,
		.actor = {.name = "publisher", .why = "every destination has it"},
	};
	mm_auto_change change = {0};

	delivery->code = mm_manage_deliver(&manage, delivery->snapshot->set, &change, &delivery->err);
}

static void fail_delivery(struct mm_publisher *publisher, const struct mm_err *err, int64_t steady_ns)
{
	if (mm_retry_fail(&publisher->delivery.retry, err, steady_ns))
		mm_log(publisher->parts.log, MM_LOG_ERROR,
		       "it cannot be committed that new keys are published everywhere; it is tried again",
		       MM_F_ERR(err));
}

static void start_delivery(struct mm_publisher *publisher, struct mm_snapshot *snapshot, int64_t steady_ns)
{
	struct delivery *delivery = &publisher->delivery;
	struct mm_err err = {0};

	if (delivery->job.works || !mm_retry_due(&delivery->retry, steady_ns))
		return;
	delivery->snapshot = mm_snapshot_ref(snapshot);
	delivery->job.run = deliver;
	delivery->job.arg = delivery;
	mm_err_clear(&delivery->err);
	if (mm_job_start(&delivery->job, &err) == MM_OK)
		return;
	mm_snapshot_free(mm_take(delivery->snapshot));
	fail_delivery(publisher, &err, steady_ns);
}

static void collect_delivery(struct mm_publisher *publisher, int64_t steady_ns)
{
	struct delivery *delivery = &publisher->delivery;

	if (!mm_job_collect(&delivery->job))
		return;
	mm_snapshot_free(mm_take(delivery->snapshot));
	if (delivery->code != MM_OK) {
		fail_delivery(publisher, &delivery->err, steady_ns);
		return;
	}
	(void)mm_retry_succeed(&delivery->retry);
	mm_retry_put_off(&delivery->retry, steady_ns); /* until it is seen in the store */
}

/* ---- turning ----------------------------------------------------------------------------------------------------- */

static size_t count_behind(const struct mm_publisher *publisher, const struct mm_snapshot *snapshot)
{
	size_t behind = 0;

	for (size_t i = 0; i < publisher->count; i++)
		behind += !mm_courier_has_delivered(publisher->couriers[i], snapshot);
	return behind;
}

void mm_publisher_turn(struct mm_publisher *publisher, const struct mm_config *config, struct mm_snapshot *snapshot,
		       int64_t steady_ns)
{
	struct mm_publisher_stats *stats = publisher->parts.stats;
	size_t behind;

	if (!follow_config(publisher, config, steady_ns))
		return;
	for (size_t i = 0; i < publisher->count; i++)
		mm_courier_turn(publisher->couriers[i], snapshot, steady_ns);
	behind = count_behind(publisher, snapshot);
	stats->behind = behind;
	if (publisher->count == 0)
		stats->revision = 0;
	else if (behind == 0)
		stats->revision = snapshot->revision;
	if (publisher->count > 0 && behind == 0 && mm_keyset_awaits_delivery(snapshot->set))
		start_delivery(publisher, snapshot, steady_ns);
}

void mm_publisher_collect(struct mm_publisher *publisher, int64_t steady_ns)
{
	struct mm_publisher_stats *stats = publisher->parts.stats;
	uint64_t ignored;
	bool succeeded;

	(void)!read(publisher->done_fd, &ignored, sizeof ignored);
	for (size_t i = 0; i < publisher->count; i++) {
		if (mm_courier_collect(publisher->couriers[i], steady_ns, &succeeded))
			mm_counter_add(succeeded ? &stats->succeeded : &stats->failed, 1);
	}
	collect_delivery(publisher, steady_ns);
}
