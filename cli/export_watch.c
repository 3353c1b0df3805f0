/* SPDX-License-Identifier: Apache-2.0 */
/* key export --for kube-apiserver --watch: the files follow the key set. */
#include "cli/export_apiserver.h"
#include "cli/output.h"

#include <fcntl.h>
#include <mintmark/file.h>
#include <mintmark/json.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { LOOK_MS = 1000 };

/* What a signal wants. */
enum order {
	ORDER_NONE, /* there was none */
	ORDER_LOOK, /* at everything, changed or not */
	ORDER_END,
};

struct watch {
	struct mm_call *call;
	const struct mm_apiserver_export *export;
	struct mm_cli_context context;
	struct mm_file_id config_id;
	int signal_fd;
	int store_fd;
	bool failing;
	char complaint[MM_ERR_TEXT_MAX]; /* that was made last; "" after a success */
};

static void watch_clear(struct watch *watch)
{
	mm_cli_context_clear(&watch->context);
	mm_fd_close(&watch->signal_fd);
}

/* ---- what happens ------------------------------------------------------------------------------------------------ */

static enum mm_code open_signals(struct watch *watch, struct mm_err *err)
{
	sigset_t ours;

	sigemptyset(&ours);
	sigaddset(&ours, SIGTERM);
	sigaddset(&ours, SIGINT);
	sigaddset(&ours, SIGHUP);
	sigprocmask(SIG_BLOCK, &ours, NULL);
	watch->signal_fd = signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK);
	return watch->signal_fd >= 0 ? MM_OK : mm_fail_errno(err, "cannot wait for signals");
}

static enum order read_signals(int fd)
{
	struct signalfd_siginfo info;
	enum order order = ORDER_NONE;

	while (order != ORDER_END && read(fd, &info, sizeof info) == sizeof info)
		order = info.ssi_signo == SIGHUP ? ORDER_LOOK : ORDER_END;
	return order;
}

/* Until something happened, or it is time to look where no notice comes (NFS). */
static enum order wait_for_news(const struct watch *watch)
{
	struct pollfd fds[] = {
		{.fd = watch->signal_fd, .events = POLLIN},
		{.fd = watch->store_fd, .events = POLLIN},
	};

	(void)poll(fds, MM_COUNT(fds), LOOK_MS);
	return read_signals(watch->signal_fd);
}

static enum mm_code open_again(const char *path, struct mm_cli_context *out, struct mm_err *err)
{
	enum mm_code code = mm_config_load(path, &out->config, err);

	if (code == MM_OK)
		code = mm_policy_from_config(out->config, &out->policy, err);
	return code == MM_OK ? mm_store_open_dir(out->config->data_dir, false, &out->store, err) : code;
}

/* Whether the file of the configuration is another one than when it was asked last. Standard input has none. */
static bool config_changed(struct watch *watch)
{
	const char *path = watch->context.config->path;
	struct mm_file_id before = watch->config_id;

	if (path)
		watch->config_id = mm_file_id(AT_FDCWD, path);
	return !mm_file_id_eq(before, watch->config_id);
}

/* A new algorithm, a longer max_ttl, another data_dir. What is wrong is told, and the old configuration stays. */
static bool reload_config(struct watch *watch)
{
	mm_auto_context next = {0};
	struct mm_err err = {0};

	if (!watch->context.config->path)
		return false;
	if (open_again(watch->context.config->path, &next, &err) != MM_OK) {
		mm_note("the new configuration is not used: %s", err.text);
		return false;
	}
	mm_cli_context_clear(&watch->context);
	watch->context = next;
	next = (struct mm_cli_context){0};
	watch->store_fd = mm_store_watch_fd(watch->context.store);
	return true;
}

/* ---- what is done ------------------------------------------------------------------------------------------------ */

static enum mm_code print_change(const struct watch *watch, const struct mm_apiserver_exported *exported,
				 struct mm_err *err)
{
	mm_auto_buf line = {0};
	json_t *answer;
	enum mm_code code;

	mm_apiserver_warn(exported);
	if (!mm_wants_json(watch->call)) {
		mm_apiserver_add_line(&line, exported);
		return mm_print(&line, err);
	}
	answer = mm_apiserver_json(exported, watch->export->dir);
	code = answer ? mm_json_dump(answer, false, &line, err) : mm_fail(err, MM_ENOMEM, "out of memory");
	json_decref(answer);
	mm_buf_add_str(&line, "\n");
	return code == MM_OK ? mm_print(&line, err) : code;
}

static void complain(struct watch *watch, const struct mm_err *why)
{
	watch->failing = true;
	if (strcmp(watch->complaint, why->text) == 0)
		return;
	memcpy(watch->complaint, why->text, sizeof watch->complaint);
	mm_note("%s; it is tried again each second", why->text);
}

/* Exports, and tells of it when there is something to tell: at the start, after a failure, or of what was written. */
static enum mm_code look(struct watch *watch, bool first, struct mm_err *err)
{
	mm_auto_exported exported = {0};
	struct mm_err why = {0};
	enum mm_code code = mm_apiserver_export_once(watch->call, watch->export, &watch->context, &exported, &why);
	bool news = first || watch->failing || exported.change.pub_written || exported.change.key_written;

	if (code != MM_OK && first)
		return mm_fail(err, code, "%s", why.text);
	if (code != MM_OK) {
		complain(watch, &why);
		return MM_OK;
	}
	watch->failing = false;
	watch->complaint[0] = '\0';
	return news ? print_change(watch, &exported, err) : MM_OK;
}

static enum mm_code follow(struct watch *watch, struct mm_err *err)
{
	enum mm_code code = MM_OK;
	enum order order;

	while (code == MM_OK && (order = wait_for_news(watch)) != ORDER_END) {
		bool store_changed = mm_store_changed(watch->context.store); /* asked always: it empties store_fd */
		bool asked = order == ORDER_LOOK;
		bool reloaded = (config_changed(watch) || asked) && reload_config(watch);

		if (asked)
			watch->complaint[0] = '\0';
		if (asked || reloaded || store_changed || watch->failing)
			code = look(watch, false, err);
	}
	return code;
}

enum mm_code mm_apiserver_watch(struct mm_call *call, const struct mm_apiserver_export *export, struct mm_err *err)
{
	MM_CLEANUP(watch_clear) struct watch watch = {.call = call, .export = export, .signal_fd = -1};
	enum mm_code code = mm_cli_open_store(call, &watch.context, err);

	if (code == MM_OK)
		code = open_signals(&watch, err);
	if (code != MM_OK)
		return code;
	watch.store_fd = mm_store_watch_fd(watch.context.store);
	(void)config_changed(&watch);
	code = look(&watch, true, err);
	return code == MM_OK ? follow(&watch, err) : code;
}
