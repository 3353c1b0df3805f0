/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A new issuer: folder, configuration, first keys, in this order. A kill in between leaves a folder on which init can
 * be run again: it keeps a configuration that agrees, and the key set is committed whole or not at all.
 */
#include "cli/args.h"
#include "cli/change.h"
#include "cli/context.h"
#include "cli/init_config.h"
#include "cli/input.h"
#include "cli/keyrow.h"
#include "cli/maker.h"
#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <mintmark/file.h>
#include <mintmark/manage.h>
#include <mintmark/url.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#define CONFIG_NAME "mintmark.yaml"
/* The configuration holds no secrets, and whoever runs mintmark must be able to read it; the folder's mode decides. */
enum { DIR_MODE = 0700, CONFIG_MODE = 0644 };

struct init_options {
	struct mm_common_options common;
	const char *issuer;
	const char *dir;
	const struct mm_alg *alg;
	int rsa_bits; /* index of rsa_bits_words */
	const char *key;
	const char *passphrase_file;
};

static const char *const rsa_bits_words[] = {"2048", "3072", "4096", NULL};
static const unsigned rsa_bits_values[] = {2048, 3072, 4096};

/* What init works on, step by step. */
struct init {
	struct mm_call *call;
	const struct init_options *options;
	struct mm_key *key; /* to import, or NULL */
	int dirfd;          /* of the folder; locked */
	char *config_path;
	struct mm_buf config_text; /* of a configuration that is to be written; empty: there is one, which is kept */
	struct mm_cli_context context;
};

static void init_clear(struct init *init)
{
	mm_key_free(init->key);
	mm_fd_close(&init->dirfd);
	mm_string_free(&init->config_path);
	mm_buf_free(&init->config_text);
	mm_cli_context_clear(&init->context);
}

/* ---- what was asked for ----------------------------------------------------------------------------------------- */

static enum mm_code check_options(struct init *init, struct mm_err *err)
{
	const struct init_options *options = init->options;
	struct mm_err why = {0};

	if (mm_issuer_url_check(options->issuer, NULL, &why) != MM_OK)
		return mm_fail(err, MM_EUSAGE, "init: --issuer: %s", why.text);
	if (options->passphrase_file && !options->key)
		return mm_fail(err, MM_EUSAGE, "init: --passphrase-file needs --key");
	if (!options->key)
		return MM_OK;
	return mm_read_key(init->call, options->key, options->alg, options->passphrase_file, &init->key, err);
}

/* ---- the folder ------------------------------------------------------------------------------------------------- */

static enum mm_code make_folder(struct init *init, struct mm_err *err)
{
	const char *dir = init->options->dir;
	mm_auto_buf path = {0};
	enum mm_code code = mm_dir_make(AT_FDCWD, dir, DIR_MODE, MM_FILE_OWNED, &init->dirfd, err);

	if (code != MM_OK)
		return mm_context(err, code, "init");
	/*
	 * One init at a time: another one would find the configuration of this one without its keys, or write its
	 * own.
	 */
	if (flock(init->dirfd, LOCK_EX | LOCK_NB) != 0)
		return errno == EWOULDBLOCK ? mm_fail(err, MM_ECONFLICT, "init: another init is at work in %s", dir)
					    : mm_fail_errno(err, "init: cannot lock %s", dir);
	mm_buf_printf(&path, "%s%s" CONFIG_NAME, strcmp(dir, ".") == 0 ? "" : dir, strcmp(dir, ".") == 0 ? "" : "/");
	code = mm_buf_check(&path, err);
	init->config_path = code == MM_OK ? mm_buf_take(&path) : NULL;
	return code;
}

/* ---- the configuration ------------------------------------------------------------------------------------------ */

static struct mm_init_wish wish_of(const struct init *init)
{
	const struct init_options *options = init->options;

	return (struct mm_init_wish){
		.issuer = options->issuer,
		.alg = options->alg,
		.rsa_bits = options->rsa_bits >= 0 ? rsa_bits_values[options->rsa_bits] : 0,
		.key = init->key,
	};
}

static enum mm_code compose_config(struct init *init, struct mm_err *err)
{
	struct mm_init_wish wish = wish_of(init);
	enum mm_code code = mm_init_compose(&wish, &init->config_text, err);

	if (code != MM_OK)
		return code;
	return mm_config_parse(mm_buf_span(&init->config_text), init->config_path, init->options->dir,
			       &init->context.config, err);
}

/* A configuration that is there is kept, and then it must be the one that was asked for. */
static enum mm_code check_agreement(struct init *init, struct mm_err *err)
{
	struct mm_init_wish wish = wish_of(init);
	mm_auto_buf found = {0};
	const char *option = mm_init_disagreement(&wish, init->context.config, &init->context.policy, &found);
	enum mm_code code = mm_buf_check(&found, err);

	if (code != MM_OK || !option)
		return code;
	mm_hint(init->call, "edit %s, or choose another --dir", init->config_path);
	return mm_fail(err, MM_EEXIST, "init: %s is there already, and its %s is %s", init->config_path, option,
		       found.p);
}

static enum mm_code find_or_compose_config(struct init *init, struct mm_err *err)
{
	struct mm_cli_context *context = &init->context;
	struct stat st;
	bool is_new = fstatat(init->dirfd, CONFIG_NAME, &st, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT;
	enum mm_code code = is_new ? compose_config(init, err)
				   : mm_config_load(init->config_path, &context->config, err);

	if (code == MM_OK)
		code = mm_policy_from_config(context->config, &context->policy, err);
	return code == MM_OK && !is_new ? check_agreement(init, err) : code;
}

/* ---- the keys --------------------------------------------------------------------------------------------------- */

/* Before anything is written: a key set that is there is somebody's. */
static enum mm_code open_empty_store(struct init *init, struct mm_err *err)
{
	struct mm_cli_context *context = &init->context;
	struct mm_err why = {0};
	enum mm_code code = mm_store_open_dir(context->config->data_dir, true, &context->store, err);

	if (code != MM_OK)
		return mm_context(err, code, "init");
	code = mm_store_load(context->store, MM_LOAD_PUBLIC, &context->set, &why);
	if (code == MM_ENOTFOUND)
		return MM_OK;
	if (code != MM_OK)
		return mm_fail(err, code, "init: %s", why.text);
	mm_hint(init->call, "'mintmark key list -c %s' shows it", init->config_path);
	return mm_fail(err, MM_EEXIST, "init: %s holds a key set already; it was not touched",
		       context->config->data_dir);
}

/* `*now` is when they were committed. */
static enum mm_code make_keys(struct init *init, mm_time *now, struct mm_err *err)
{
	struct mm_cli_context *context = &init->context;
	const struct mm_manage manage = {
		.store = context->store,
		.policy = &context->policy,
		.actor = {.name = "init"},
		.maker = &mm_cli_maker,
	};
	mm_auto_change change = {0};
	enum mm_code code;

	code = mm_manage_init(&manage, init->key, &change, err);
	if (code != MM_OK)
		return mm_context(err, code, "init");
	context->set = mm_take(change.after);
	*now = change.now;
	return MM_OK;
}

/* ---- the answer ------------------------------------------------------------------------------------------------- */

static enum mm_code print_json(const struct init *init, mm_time now, struct mm_err *err)
{
	const struct mm_config *config = init->context.config;
	const struct mm_policy *policy = &init->context.policy;
	const struct mm_keyset *set = init->context.set;
	struct mm_action next = mm_schedule_next(set, policy, now);
	json_t *keys = json_array();

	for (size_t i = 0; i < set->count; i++)
		json_array_append_new(keys, mm_key_row_json(set, policy, &set->records[i], now));
	return mm_print_json(json_pack("{s:s, s:s, s:b, s:s, s:I, s:o, s:o}", "issuer", config->issuer, "config",
				       init->config_path, "config_written", init->config_text.len > 0, "data_dir",
				       config->data_dir, "revision", (json_int_t)set->revision, "keys", keys, "next",
				       mm_action_json(&next)),
			     err);
}

static enum mm_code print_text(const struct init *init, mm_time now, struct mm_err *err)
{
	const struct mm_keyset *set = init->context.set;
	mm_auto_buf text = {0};

	mm_buf_printf(&text, "%s %s\nmade the first keys in %s:\n", init->config_text.len > 0 ? "made" : "kept",
		      init->config_path, init->context.config->data_dir);
	for (size_t i = 0; i < set->count; i++) {
		const struct mm_key_record *record = &set->records[i];
		enum mm_key_state state = mm_key_state(record, now);

		mm_buf_printf(&text, "  %s %s, %s", mm_key_alg(record->key)->name, mm_key_kid(record->key),
			      mm_key_states[state].name);
		if (state == MM_STATE_PUBLISHED) {
			mm_buf_add_str(&text, ", ");
			mm_add_ready(&text, record, now);
		}
		mm_buf_add_str(&text, "\n");
	}
	mm_add_next(&text, set, &init->context.policy, now);
	mm_buf_printf(&text, "now try:\n  mintmark serve -c %s\n  mintmark token create default -c %s\n",
		      init->config_path, init->config_path);
	return mm_print(&text, err);
}

static enum mm_code run(struct mm_call *call, struct mm_err *err)
{
	MM_CLEANUP(init_clear) struct init init = {.call = call, .options = call->options, .dirfd = -1};
	mm_time now = 0;
	enum mm_code code = check_options(&init, err);

	if (code == MM_OK)
		code = make_folder(&init, err);
	if (code == MM_OK)
		code = find_or_compose_config(&init, err);
	if (code == MM_OK)
		code = open_empty_store(&init, err);
	if (code == MM_OK && init.config_text.len > 0)
		code = mm_file_replace(init.dirfd, CONFIG_NAME, mm_buf_span(&init.config_text), CONFIG_MODE, err);
	if (code == MM_OK)
		code = make_keys(&init, &now, err);
	if (code != MM_OK)
		return code;
	mm_cli_note_warning(&init.context);
	return (mm_wants_json(call) ? print_json : print_text)(&init, now, err);
}

#define AT(member) offsetof(struct init_options, member)

static const struct mm_flag flags[] = {
	{.name = "issuer",
	 .type = MM_FLAG_TEXT,
	 .offset = AT(issuer),
	 .value = "URL",
	 .required = true,
	 .help = "the issuer URL: https, or http for a loopback host"},
	{.name = "dir",
	 .type = MM_FLAG_DIR,
	 .offset = AT(dir),
	 .value = "DIR",
	 .fallback = ".",
	 .help = "the folder for configuration and keys; made when missing"},
	{.name = "algorithm",
	 .type = MM_FLAG_ALGORITHM,
	 .offset = AT(alg),
	 .value = "ALG",
	 .help = "of the keys; without it that of --key, or RS256"},
	{.name = "rsa-bits",
	 .type = MM_FLAG_WORD,
	 .offset = AT(rsa_bits),
	 .value = "BITS",
	 .words = rsa_bits_words,
	 .help = "the size of RSA keys; without it that of --key, or 2048"},
	{.name = "key",
	 .type = MM_FLAG_FILE,
	 .offset = AT(key),
	 .value = "FILE",
	 .help = "a private key that becomes the active one, as for 'key import'"},
	{.name = "passphrase-file",
	 .type = MM_FLAG_FILE,
	 .offset = AT(passphrase_file),
	 .value = "FILE",
	 .help = "the first line is the passphrase of an encrypted key, - for standard input"},
	MM_FLAG_ROW_OUTPUT,
	{0},
};

const struct mm_command mm_cmd_init = {
	.name = "init",
	.arguments = "",
	.usage = "Makes DIR with a configuration, mintmark.yaml, and a key set in DIR/data: an active key and a "
		 "standby. The standby of a new issuer is ready at once; beside an imported key, which verifiers know "
		 "already, it waits until they have had time to fetch it. A configuration that is there already is "
		 "kept when it agrees with the flags, and each algorithm that it names gets a key and a standby; a "
		 "key set that is there already is never touched (exit status 1).\n"
		 "\n"
		 "When it was interrupted, run it again.",
	.flags = flags,
	.options_size = sizeof(struct init_options),
	.run = run,
	.help = "make a new issuer: configuration, first key and standby",
	.private_keys = true,
};
