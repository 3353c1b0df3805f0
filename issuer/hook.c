/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/hook.h"

#include "issuer/spawn.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECOND_NS     INT64_C(1000000000)
#define RUN_MAX_NS    (60 * SECOND_NS)
#define GRACE_NS      (5 * SECOND_NS)
#define RETRY_LEAST_S 1
#define RETRY_MOST_S  300

#define REVISION_TEXT_SIZE 21
#define END_TEXT_SIZE      32

/* ---- one run: what it is given ----------------------------------------------------------------------------------- */

/* What serve's environment says of these is not for the command: it is set anew, or systemd means serve alone. */
static bool is_inherited(const char *variable)
{
	static const char *const not_these[] = {"MINTMARK_REVISION", "MINTMARK_CONFIG", "MINTMARK_DATA_DIR",
						"MINTMARK_ISSUER",   "NOTIFY_SOCKET",   "WATCHDOG_PID",
						"WATCHDOG_USEC"};

	for (size_t i = 0; i < MM_COUNT(not_these); i++) {
		size_t len = strlen(not_these[i]);

		if (strncmp(variable, not_these[i], len) == 0 && variable[len] == '=')
			return false;
	}
	return true;
}

static enum mm_code add_variable(struct mm_strings *environment, const char *name, const char *value,
				 struct mm_err *err)
{
	mm_auto_buf variable = {0};
	enum mm_code code;

	if (!value)
		return MM_OK;
	mm_buf_printf(&variable, "%s=%s", name, value);
	code = mm_buf_check(&variable, err);
	return code == MM_OK ? mm_strings_add(environment, variable.p, err) : code;
}

static enum mm_code compose_environment(const struct mm_config *config, uint64_t revision,
					struct mm_strings *environment, struct mm_err *err)
{
	char number[REVISION_TEXT_SIZE];
	enum mm_code code = MM_OK;

	for (size_t i = 0; code == MM_OK && environ[i]; i++) {
		if (is_inherited(environ[i]))
			code = mm_strings_add(environment, environ[i], err);
	}
	snprintf(number, sizeof number, "%" PRIu64, revision);
	if (code == MM_OK)
		code = add_variable(environment, "MINTMARK_REVISION", number, err);
	if (code == MM_OK)
		code = add_variable(environment, "MINTMARK_CONFIG", config->path, err);
	if (code == MM_OK)
		code = add_variable(environment, "MINTMARK_DATA_DIR", config->data_dir, err);
	return code == MM_OK ? add_variable(environment, "MINTMARK_ISSUER", config->issuer, err) : code;
}

/* ---- one run: from start to end ---------------------------------------------------------------------------------- */

static enum mm_code run(const struct mm_strings *command, const struct mm_config *config, uint64_t revision, pid_t *pid,
			struct mm_err *err)
{
	mm_auto_strings environment = {0};
	enum mm_code code = compose_environment(config, revision, &environment, err);

	return code == MM_OK ? mm_spawn(command, &environment, pid, err) : code;
}

/*
 * What a command leaves behind becomes our child when we are process 1 of a container, and nobody else waits for it
 * then. The run itself is left to has_ended(); what stands behind it here is found at the next turn.
 */
static void bury_orphans(const struct mm_hook *hook)
{
	siginfo_t info = {0};

	while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0 &&
	       info.si_pid != hook->pid) {
		(void)waitpid(info.si_pid, NULL, WNOHANG);
		info.si_pid = 0;
	}
}

/* Whether the run has ended, and how (waitpid). What is left of one that we ended goes with it. */
static bool has_ended(const struct mm_hook *hook, int *status)
{
	siginfo_t info = {0};

	/* Left to be waited for: until then nobody else can get its number, which is that of the group too. */
	if (waitid(P_PID, (id_t)hook->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0)
		return false;
	if (hook->ending)
		(void)kill(-hook->pid, SIGKILL);
	*status = -1;
	(void)waitpid(hook->pid, status, WNOHANG);
	return true;
}

static void describe_end(int status, char out[static END_TEXT_SIZE])
{
	if (WIFEXITED(status))
		snprintf(out, END_TEXT_SIZE, "exit status %d", WEXITSTATUS(status));
	else if (WIFSIGNALED(status))
		snprintf(out, END_TEXT_SIZE, "signal %d", WTERMSIG(status));
	else
		snprintf(out, END_TEXT_SIZE, "unknown");
}

/* ---- one run after another --------------------------------------------------------------------------------------- */

/* 1 s, 2 s, 4 s, … after each further failure. */
static mm_duration retry_delay(unsigned failures)
{
	mm_duration delay = RETRY_LEAST_S;

	while (failures-- > 1 && delay < RETRY_MOST_S)
		delay *= 2;
	return delay < RETRY_MOST_S ? delay : RETRY_MOST_S;
}

/* Counts it, and returns when the next run is due. */
static mm_duration count_failure(struct mm_hook *hook, int64_t now_ns)
{
	mm_duration delay = retry_delay(++hook->failures);

	hook->retry_ns = now_ns + delay * SECOND_NS;
	mm_counter_add(&hook->stats->failed, 1);
	return delay;
}

static void look_after_end(struct mm_hook *hook, int status, int64_t now_ns)
{
	int64_t milliseconds = (now_ns - hook->started_ns) / (SECOND_NS / 1000);
	char how[END_TEXT_SIZE];

	hook->pid = 0;
	if (status == 0) {
		hook->failures = 0;
		mm_counter_add(&hook->stats->succeeded, 1);
		mm_log(hook->log, MM_LOG_INFO, "keys.on_change succeeded",
		       MM_F_INT("revision", (int64_t)hook->revision), MM_F_INT("milliseconds", milliseconds));
		return;
	}
	describe_end(status, how);
	mm_log(hook->log, MM_LOG_ERROR, "keys.on_change failed", MM_F_INT("revision", (int64_t)hook->revision),
	       MM_F_STR("command", hook->command.v[0]), MM_F_STR("result", how), MM_F_INT("milliseconds", milliseconds),
	       MM_F_DURATION("retry_in", count_failure(hook, now_ns)));
}

static void end_what_takes_too_long(struct mm_hook *hook, int64_t now_ns)
{
	if (now_ns < hook->end_ns)
		return;
	mm_log(hook->log, MM_LOG_WARN, "keys.on_change takes too long and is ended",
	       MM_F_INT("revision", (int64_t)hook->revision), MM_F_STR("command", hook->command.v[0]),
	       MM_F_STR("signal", hook->ending ? "SIGKILL" : "SIGTERM"));
	(void)kill(-hook->pid, hook->ending ? SIGKILL : SIGTERM);
	hook->ending = true;
	hook->end_ns = now_ns + GRACE_NS;
}

void mm_hook_finish(struct mm_hook *hook, int64_t now_ns)
{
	int status;

	bury_orphans(hook);
	if (hook->pid == 0)
		return;
	if (has_ended(hook, &status))
		look_after_end(hook, status, now_ns);
	else
		end_what_takes_too_long(hook, now_ns);
}

static void forget(struct mm_hook *hook)
{
	mm_strings_free(&hook->command);
	hook->revision = 0;
	hook->failures = 0;
}

/* A command that is new was never told of anything. */
static bool is_news(const struct mm_hook *hook, const struct mm_config *config, uint64_t revision)
{
	return revision != hook->revision || !mm_strings_eq(&config->keys.on_change, &hook->command);
}

static void start(struct mm_hook *hook, const struct mm_config *config, uint64_t revision, int64_t now_ns)
{
	const struct mm_strings *command = &config->keys.on_change;
	struct mm_err err = {0};
	enum mm_code code;

	if (is_news(hook, config, revision))
		hook->failures = 0;
	hook->revision = revision;
	code = mm_strings_copy(&hook->command, command, &err);
	if (code == MM_OK)
		code = run(command, config, revision, &hook->pid, &err);
	if (code != MM_OK) {
		hook->pid = 0;
		mm_log(hook->log, MM_LOG_ERROR, "keys.on_change cannot be run", MM_F_INT("revision", (int64_t)revision),
		       MM_F_ERR(&err), MM_F_DURATION("retry_in", count_failure(hook, now_ns)));
		return;
	}
	hook->started_ns = now_ns;
	hook->end_ns = now_ns + RUN_MAX_NS;
	hook->ending = false;
	mm_log(hook->log, MM_LOG_INFO, "keys.on_change is run", MM_F_INT("revision", (int64_t)revision),
	       MM_F_STR("command", command->v[0]), MM_F_INT("pid", hook->pid));
}

void mm_hook_turn(struct mm_hook *hook, const struct mm_config *config, uint64_t revision, int64_t now_ns)
{
	mm_hook_finish(hook, now_ns);
	if (hook->pid != 0)
		return;
	if (config->keys.on_change.n == 0)
		forget(hook);
	else if (is_news(hook, config, revision) || (hook->failures > 0 && now_ns >= hook->retry_ns))
		start(hook, config, revision, now_ns);
}

void mm_hook_end(struct mm_hook *hook, int64_t now_ns)
{
	hook->end_ns = now_ns;
	mm_hook_finish(hook, now_ns);
}

bool mm_hook_runs(const struct mm_hook *hook)
{
	return hook->pid != 0;
}

void mm_hook_clear(struct mm_hook *hook)
{
	if (hook->pid != 0)
		(void)kill(-hook->pid, SIGKILL);
	hook->pid = 0;
	forget(hook);
}
