/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/rotor.h"

#include "issuer/retry.h"

#include <mintmark/clockguard.h>
#include <mintmark/file.h>
#include <mintmark/manage.h>
#include <mintmark/thread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define SECOND_NS     INT64_C(1000000000)
#define TOLERANCE_MIN 2 /* seconds; the wall clock is read in whole ones */

/* Written by the rotor before the thread starts and read after it has ended; the job has it in between. */
struct job {
	pthread_t thread;
	struct mm_store *store;
	struct mm_policy policy;
	const struct mm_key_maker *maker;
	mm_time started; /* by both clocks */
	int64_t started_ns;
	int done_fd;
	_Atomic bool makes_key; /* read by the rotor at any time */
	enum mm_code code;
	struct mm_err err;
	bool committed;
};

struct mm_rotor {
	struct mm_rotor_parts parts;
	struct mm_clock_guard guard;
	bool guarding; /* since the first turn */
	struct job job;
	bool works;
	uint64_t revision; /* at the last turn */
	struct mm_retry retry;
};

enum mm_code mm_rotor_new(const struct mm_rotor_parts *parts, struct mm_rotor **out, struct mm_err *err)
{
	mm_auto(mm_rotor) rotor = calloc(1, sizeof *rotor);
	enum mm_code code;

	if (!rotor)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	rotor->parts = *parts;
	rotor->job.maker = parts->maker;
	rotor->job.done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (rotor->job.done_fd < 0)
		return mm_fail_errno(err, "cannot start");
	code = mm_store_share(parts->store, &rotor->job.store, err);
	if (code == MM_OK)
		*out = mm_take(rotor);
	return code;
}

void mm_rotor_free(struct mm_rotor *rotor)
{
	if (!rotor)
		return;
	mm_store_free(rotor->job.store);
	mm_fd_close(&rotor->job.done_fd);
	free(rotor);
}

int mm_rotor_fd(const struct mm_rotor *rotor)
{
	return rotor->job.done_fd;
}

bool mm_rotor_works(const struct mm_rotor *rotor)
{
	return rotor->works;
}

bool mm_rotor_failed(const struct mm_rotor *rotor)
{
	return rotor->retry.delay > 0;
}

bool mm_rotor_makes_key(const struct mm_rotor *rotor)
{
	return rotor->works && rotor->job.makes_key;
}

void mm_rotor_retry(struct mm_rotor *rotor)
{
	mm_retry_at_once(&rotor->retry);
}

/* ---- the job, in its thread -------------------------------------------------------------------------------------- */

/*
 * The real time; but while a key is made, a step forward lets no wait pass that had not passed before. Both clocks are
 * cut to whole seconds, hence the one more.
 */
static mm_time job_clock(void *arg)
{
	const struct job *job = arg;
	mm_time now = mm_clock_now();
	mm_time latest = job->started + (mm_clock_steady_ns() - job->started_ns) / SECOND_NS + 1;

	return now < latest ? now : latest;
}

static enum mm_code make_key(void *arg, const struct mm_alg *alg, unsigned rsa_bits, struct mm_key **out,
			     struct mm_err *err)
{
	struct job *job = arg;
	enum mm_code code;

	job->makes_key = true;
	code = job->maker->make(job->maker->arg, alg, rsa_bits, out, err);
	job->makes_key = false;
	return code;
}

static void *run_job(void *arg)
{
	struct job *job = arg;
	const struct mm_key_maker maker = {make_key, job};
	const struct mm_manage manage = {
		.store = job->store,
		.policy = &job->policy,
		.actor = {.name = "rotor"},
		.maker = &maker,
		.clock = job_clock,
		.clock_arg = job,
	};
	mm_auto_change change = {0};
	uint64_t one = 1;

	job->code = mm_manage_run_due(&manage, &change, &job->err);
	job->committed = job->code == MM_OK && change.after;
	(void)!write(job->done_fd, &one, sizeof one);
	return NULL;
}

/* ---- its result -------------------------------------------------------------------------------------------------- */

static void fail(struct mm_rotor *rotor, const struct mm_err *err, int64_t steady_ns)
{
	mm_counter_add(&rotor->parts.stats->failures, 1);
	if (mm_retry_fail(&rotor->retry, err, steady_ns))
		mm_log(rotor->parts.log, MM_LOG_ERROR,
		       "a due key rotation cannot be committed; it is tried again, and serving goes on", MM_F_ERR(err));
}

static void recover(struct mm_rotor *rotor)
{
	if (mm_retry_succeed(&rotor->retry))
		mm_log(rotor->parts.log, MM_LOG_INFO, "no key rotation is overdue any more");
}

void mm_rotor_collect(struct mm_rotor *rotor, int64_t steady_ns)
{
	struct job *job = &rotor->job;
	uint64_t ignored;

	if (!rotor->works || read(job->done_fd, &ignored, sizeof ignored) != sizeof ignored)
		return;
	pthread_join(job->thread, NULL);
	rotor->works = false;
	if (job->code == MM_OK)
		recover(rotor);
	else if (job->code != MM_ECONFLICT) /* others commit all the time: then something is done */
		fail(rotor, &job->err, steady_ns);
	/* Also if all went well: a server that cannot load what was committed would have it done for ever. */
	mm_retry_put_off(&rotor->retry, steady_ns);
	if (job->committed && job->store->warning.code != MM_OK)
		mm_log(rotor->parts.log, MM_LOG_WARN, "a key rotation was committed, but left something undone",
		       MM_F_ERR(&job->store->warning));
	else if (job->code == MM_OK && !job->committed)
		mm_log(rotor->parts.log, MM_LOG_DEBUG, "another process has done what was due");
}

/* ---- turning ----------------------------------------------------------------------------------------------------- */

static mm_duration longer(mm_duration a, mm_duration b)
{
	return a > b ? a : b;
}

/* After so long, whatever is waited for now is over, by any clock. */
static mm_duration longest_wait(const struct mm_keyset *set, const struct mm_policy *policy, mm_time now)
{
	mm_duration longest = longer(mm_policy_publish_wait(policy), mm_policy_retire_wait(policy));

	for (size_t i = 0; i < set->count; i++) {
		const struct mm_key_record *record = &set->records[i];

		if (mm_key_states[mm_key_state(record, now)].in_jwks)
			longest = longer(longest, longer(record->publish_wait, record->retire_wait));
	}
	return longest;
}

/* Whether the clocks allow a step. */
static bool trust_clock(struct mm_rotor *rotor, const struct mm_keyset *set, const struct mm_policy *policy,
			mm_time now, int64_t steady_ns)
{
	mm_duration hold = longest_wait(set, policy, now);
	mm_duration gain;
	bool holds;

	if (!rotor->guarding)
		mm_clock_guard_start(&rotor->guard, now, steady_ns);
	rotor->guarding = true;
	gain = mm_clock_guard_look(&rotor->guard, now, steady_ns, longer(policy->clock_skew, TOLERANCE_MIN), hold);
	holds = mm_clock_guard_holds(&rotor->guard, steady_ns);
	if (gain > 0)
		mm_log(rotor->parts.log, MM_LOG_WARN,
		       "the clock was set forward: no key is rotated until every wait has passed for certain",
		       MM_F_DURATION("by", gain), MM_F_DURATION("held_for", hold), MM_F_TIME("until", now + hold));
	else if (rotor->parts.stats->held && !holds)
		mm_log(rotor->parts.log, MM_LOG_INFO,
		       "every wait has passed since the clock was set: rotation goes on");
	rotor->parts.stats->held = holds;
	return !holds;
}

static void start_job(struct mm_rotor *rotor, const struct mm_policy *policy, mm_time now, int64_t steady_ns)
{
	struct job *job = &rotor->job;
	struct mm_err err = {0};

	job->policy = *policy;
	job->started = now;
	job->started_ns = steady_ns;
	job->committed = false;
	mm_err_clear(&job->err);
	rotor->works = mm_thread_start(&job->thread, run_job, job, &err) == MM_OK;
	if (rotor->works)
		return;
	fail(rotor, &err, steady_ns);
}

void mm_rotor_turn(struct mm_rotor *rotor, const struct mm_keyset *set, const struct mm_policy *policy, mm_time now,
		   int64_t steady_ns)
{
	bool clock_is_good = trust_clock(rotor, set, policy, now, steady_ns);
	struct mm_action next;

	if (rotor->works)
		return;
	if (set->revision != rotor->revision)
		rotor->retry.at_ns = 0;
	rotor->revision = set->revision;
	next = mm_schedule_next(set, policy, now);
	if (!mm_action_is_due(&next, now))
		recover(rotor);
	else if (clock_is_good && mm_retry_due(&rotor->retry, steady_ns))
		start_job(rotor, policy, now, steady_ns);
}
