/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"
#include "cli/context.h"
#include "cli/export_apiserver.h"
#include "cli/keyname.h"
#include "cli/output.h"

#include <fcntl.h>
#include <mintmark/file.h>
#include <mintmark/keyio.h>
#include <string.h>
#include <sys/stat.h>

enum { PRIVATE_MODE = 0600, PUBLIC_MODE = 0644 };

struct export_options {
	struct mm_common_options common;
	int format;
	const char *out;
	bool force;
	bool private;
	int target; /* -1, or the index in target_words */
	const struct mm_alg *alg;
	bool watch;
};

static const char *const target_words[] = {"kube-apiserver", NULL};

/* In the order of `format_words`. */
static const struct {
	enum mm_key_form form;
	bool private;
} formats[] = {
	{MM_FORM_PUBLIC_PEM, false}, {MM_FORM_PUBLIC_JWK, false}, {MM_FORM_PKCS8, true},
	{MM_FORM_TRADITIONAL, true}, {MM_FORM_PRIVATE_JWK, true},
};
static const char *const format_words[] = {"public-pem", "public-jwk", "pkcs8", "traditional", "private-jwk", NULL};

static enum mm_code find_key(struct mm_call *call, const struct mm_cli_context *context,
			     const struct mm_key_record **out, struct mm_err *err)
{
	enum mm_code code = mm_key_by_name(call, context->set, &context->policy, NULL, call->arguments[0],
					   mm_clock_now(), out, err);

	return mm_context(err, code, "key export");
}

static enum mm_code check_private(struct mm_call *call, const struct mm_key_record *record, struct mm_err *err)
{
	const struct export_options *options = call->options;

	if (!formats[options->format].private)
		return MM_OK;
	if (!mm_key_is_private(record->key))
		return mm_fail(err, MM_ENOTFOUND, "key export: the private half of %s is gone (state %s)",
			       mm_key_kid(record->key), mm_key_states[mm_key_state(record, mm_clock_now())].name);
	return MM_OK;
}

/* Whether the command line allows it, before any key is read. */
static enum mm_code check_options(struct mm_call *call, struct mm_err *err)
{
	const struct export_options *options = call->options;

	if (options->force && !options->out)
		return mm_fail(err, MM_EUSAGE, "key export: --force needs --out");
	if (options->out && strcmp(options->out, "-") == 0) {
		mm_hint(call, "without --out it is printed, a private form with --private");
		return mm_fail(err, MM_EUSAGE, "key export: --out: found \"-\"; accepted: the name of a file");
	}
	if (!formats[options->format].private || options->out || options->private)
		return MM_OK;
	mm_hint(call, "--out FILE writes it to a file of mode 0600; --private prints it all the same");
	return mm_fail(err, MM_EUSAGE, "key export: %s is a private key, and is not printed unasked",
		       format_words[options->format]);
}

/* Opens the directory of `path`; `*name` is the last component. */
static enum mm_code open_parent(const char *path, int *fd, const char **name, struct mm_err *err)
{
	const char *slash = strrchr(path, '/');
	mm_auto_string parent = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup("./");

	if (!parent)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	*name = slash ? slash + 1 : path;
	if (**name == '\0')
		return mm_fail(err, MM_EUSAGE, "key export: --out: %s is a directory; accepted: a file", path);
	*fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *fd >= 0 ? MM_OK : mm_fail_errno(err, "key export: %s", parent);
}

/* What a key would take the place of: as root, /dev/stdout would be a file from then on. */
static enum mm_code check_replaceable(int fd, const char *name, const char *path, struct mm_err *err)
{
	struct stat st;

	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || S_ISREG(st.st_mode))
		return MM_OK;
	return mm_fail(err, MM_EUNSAFE, "key export: %s is not a regular file, and is not replaced", path);
}

static enum mm_code write_file(struct mm_call *call, const struct mm_buf *text, struct mm_err *err)
{
	const struct export_options *options = call->options;
	mode_t mode = formats[options->format].private ? PRIVATE_MODE : PUBLIC_MODE;
	const char *name = NULL;
	mm_auto_fd fd = -1;
	enum mm_code code = open_parent(options->out, &fd, &name, err);

	if (code == MM_OK)
		code = check_replaceable(fd, name, options->out, err);
	if (code != MM_OK)
		return code;
	code = (options->force ? mm_file_replace : mm_file_create)(fd, name, mm_buf_span(text), mode, err);
	if (code == MM_EEXIST) {
		mm_hint(call, "--force replaces it");
		mm_err_clear(err);
		return mm_fail(err, code, "key export: %s is there already", options->out);
	}
	return mm_context(err, code, "key export: %s", options->out);
}

static enum mm_code run_one(struct mm_call *call, struct mm_err *err)
{
	const struct export_options *options = call->options;
	bool private = formats[options->format].private;
	const struct mm_key_record *record = NULL;
	mm_auto_context context = {0};
	mm_auto_buf text = {0};
	enum mm_code code = check_options(call, err);

	if (code == MM_OK)
		code = mm_cli_open_set(call, private ? MM_LOAD_PRIVATE : MM_LOAD_PUBLIC, &context, err);
	if (code == MM_OK)
		code = find_key(call, &context, &record, err);
	if (code == MM_OK)
		code = check_private(call, record, err);
	if (code == MM_OK)
		code = mm_context(err, mm_key_export(record->key, formats[options->format].form, &text, err),
				  "key export: %s", mm_key_kid(record->key));
	if (code != MM_OK)
		return code;
	return options->out ? write_file(call, &text, err) : mm_print(&text, err);
}

/* ---- --for kube-apiserver --------------------------------------------------------------------------------------- */

/* Flags of the one way that say nothing in the other are mistakes. */
static enum mm_code check_target(const struct mm_call *call, struct mm_err *err)
{
	const struct export_options *options = call->options;
	bool has_target = options->target >= 0;
	const struct {
		const char *name;
		bool given, wants_target;
	} rows[] = {
		{"format", options->format > 0, false},     {"out", options->out, false},
		{"private", options->private, false},       {"algorithm", options->alg, true},
		{"output json", mm_wants_json(call), true}, {"watch", options->watch, true},
	};

	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		if (rows[i].given && rows[i].wants_target != has_target)
			return mm_fail(err, MM_EUSAGE, "key export: --%s %s --for", rows[i].name,
				       has_target ? "cannot be combined with" : "needs");
	}
	return MM_OK;
}

static enum mm_code run(struct mm_call *call, struct mm_err *err)
{
	const struct export_options *options = call->options;
	const struct mm_apiserver_export export = {call->arguments[0], options->alg, options->force};
	enum mm_code code = check_target(call, err);

	if (code != MM_OK)
		return code;
	if (options->target < 0)
		return run_one(call, err);
	return (options->watch ? mm_apiserver_watch : mm_apiserver_export)(call, &export, err);
}

#define AT(member) offsetof(struct export_options, member)

static const struct mm_flag flags[] = {
	{.name = "for",
	 .type = MM_FLAG_WORD,
	 .offset = AT(target),
	 .value = "WHOM",
	 .words = target_words,
	 .help = "write sa.pub and sa.key into DIR for"},
	{.name = "algorithm",
	 .type = MM_FLAG_ALGORITHM,
	 .offset = AT(alg),
	 .value = "ALG",
	 .help = "with --for, what is to be signed; without it the first of keys.algorithms"},
	{.name = "watch",
	 .type = MM_FLAG_SWITCH,
	 .offset = AT(watch),
	 .help = "with --for, go on until SIGTERM, and write again after each change of the keys"},
	{.name = "format",
	 .type = MM_FLAG_WORD,
	 .offset = AT(format),
	 .value = "FORM",
	 .fallback = "public-pem",
	 .words = format_words,
	 .help = "the form"},
	{.name = "out",
	 .type = MM_FLAG_FILE,
	 .offset = AT(out),
	 .value = "FILE",
	 .help = "write to FILE, of mode 0600 for private forms; without it, print"},
	{.name = "force",
	 .type = MM_FLAG_SWITCH,
	 .offset = AT(force),
	 .help = "replace FILE when it is there; with --for, also keys that are none of this issuer's"},
	{.name = "private",
	 .type = MM_FLAG_SWITCH,
	 .offset = AT(private),
	 .help = "print a private form on standard output"},
	MM_FLAG_ROW_CONFIG,
	MM_FLAG_ROW_OUTPUT,
	{0},
};

const struct mm_command mm_cmd_key_export = {
	.name = "key export",
	.arguments = "KID|active|DIR",
	.usage = "Writes out the key with that kid, or the active one, in one of these forms:\n"
		 "\n"
		 "public-pem: PUBLIC KEY, what --service-account-key-file of kube-apiserver reads\n"
		 "public-jwk: as it stands in the JWKS\n"
		 "pkcs8: PRIVATE KEY\n"
		 "traditional: RSA PRIVATE KEY or EC PRIVATE KEY, what kube-apiserver reads\n"
		 "private-jwk: a JWK with the private members\n"
		 "\n"
		 "Private forms are written to --out FILE, and printed only with --private.\n"
		 "\n"
		 "With --for kube-apiserver, writes DIR/sa.pub, every key that must be trusted now, and then "
		 "DIR/sa.key, the one that signs, for a kube-apiserver that signs by itself: each at once and "
		 "durably, or not at all where nothing changed. The answer says by when the API servers must have "
		 "been restarted, for they read keys at their start alone.",
	.flags = flags,
	.options_size = sizeof(struct export_options),
	.run = run,
	.help = "write out a key, public unless asked otherwise",
	.private_keys = true,
};
