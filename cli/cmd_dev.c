/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"
#include "cli/dev_ready.h"
#include "cli/throwaway_tls.h"

#include <mintmark/base64url.h>
#include <mintmark/dev.h>
#include <mintmark/server.h>
#include <mintmark/url.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TOKEN_BYTES 24
#define WORKERS_MAX 64

struct dev_options {
	const char *listen;
	const char *admin;
	const struct mm_alg *alg;
	const char *issuer;
	struct mm_strings paths;
	struct mm_strings audiences;
	const char *workers;
	bool tls;
	int log_level;
};

static const char *const log_levels[] = {"error", "warn", "info", "debug", NULL};

/* One run; what is made for it is owned, {MM_NO_THROWAWAY_TLS} is an empty one. */
struct run {
	struct mm_throwaway_tls tls;
	struct mm_sockets *sockets;
	struct mm_dev_issuers issuers;
	struct mm_server_issuer *more; /* all but the first */
	struct mm_dev *dev;
	char token[64];
};

static void clear(struct run *run)
{
	mm_dev_free(run->dev);
	free(run->more);
	mm_dev_issuers_clear(&run->issuers);
	mm_sockets_free(run->sockets);
	mm_throwaway_tls_clear(&run->tls);
	OPENSSL_cleanse(run->token, sizeof run->token);
}

/* ---- what the flags say ------------------------------------------------------------------------------------------ */

/* Its caller may do everything, and what it mints is good wherever somebody trusts these keys. */
static enum mm_code check_loopback(const char *flag, const char *address, int *port, struct mm_err *err)
{
	mm_auto_string host = NULL;
	enum mm_code code = mm_hostport_parse(address, &host, port, NULL);

	if (code == MM_OK && mm_host_is_loopback(host))
		return MM_OK;
	return mm_fail(err, MM_EUSAGE,
		       "--%s: found \"%.80s\"; accepted: HOST:PORT on this host alone, such as 127.0.0.1:0 or "
		       "localhost:8080",
		       flag, address);
}

static enum mm_code check_options(const struct dev_options *options, struct mm_err *err)
{
	int public = 0, admin = 0;
	enum mm_code code = check_loopback("listen", options->listen, &public, err);
	struct mm_err why = {0};

	if (code == MM_OK)
		code = check_loopback("admin", options->admin, &admin, err);
	if (code == MM_OK && admin != 0 && admin == public)
		code = mm_fail(err, MM_EUSAGE, "--admin: found \"%.80s\"; accepted: another port than that of --listen",
			       options->admin);
	if (code == MM_OK && options->issuer && mm_issuer_url_check(options->issuer, NULL, &why) != MM_OK)
		code = mm_fail(err, MM_EUSAGE, "--issuer: %s", why.text);
	if (code == MM_OK && options->issuer && options->tls && strncmp(options->issuer, "https:", 6) != 0)
		code = mm_fail(err, MM_EUSAGE, "--tls: needs an https issuer, and %.160s is none", options->issuer);
	return code;
}

static enum mm_code parse_workers(const char *text, int64_t *workers, struct mm_err *err)
{
	char *end;
	long number = strtol(text, &end, 10);

	if (*end != '\0' || number < 1 || number > WORKERS_MAX)
		return mm_fail(err, MM_EUSAGE, "--workers: found \"%.80s\"; accepted: 1 to %d", text, WORKERS_MAX);
	*workers = number;
	return MM_OK;
}

/* ---- what is made of them ---------------------------------------------------------------------------------------- */

static enum mm_code make_token(struct run *run, struct mm_err *err)
{
	uint8_t bytes[TOKEN_BYTES];

	if (RAND_bytes(bytes, sizeof bytes) != 1)
		return mm_fail_openssl(err, MM_ECRYPTO, "no randomness");
	run->token[mm_base64url_encode(run->token, bytes, sizeof bytes)] = '\0';
	return MM_OK;
}

/* The ports have to be known before the issuers are, whose URLs have them; `localhost` is only a placeholder. */
static enum mm_code bind_sockets(struct run *run, const struct mm_dev_setting *setting, struct mm_err *err)
{
	mm_auto(mm_config) config = NULL;
	enum mm_code code = mm_dev_config(setting, "https://localhost", &config, err);

	return code == MM_OK ? mm_sockets_bind(config, &run->sockets, err) : code;
}

static enum mm_code make_issuers(struct run *run, const struct dev_options *options,
				 const struct mm_dev_setting *setting, struct mm_err *err)
{
	mm_auto_buf base = {0};
	enum mm_code code;

	if (options->issuer)
		mm_buf_add_str(&base, options->issuer);
	else
		mm_buf_printf(&base, "http%s://%s", options->tls ? "s" : "", mm_sockets_public(run->sockets));
	code = mm_buf_check(&base, err);
	if (code == MM_OK)
		code = mm_dev_issuers_make(setting, base.p, &options->paths, &run->issuers, err);
	return code;
}

static enum mm_code make_dev(struct run *run, struct mm_err *err)
{
	size_t count = run->issuers.count;
	struct mm_dev_issuer *issuers = calloc(count, sizeof *issuers);
	enum mm_code code;

	run->more = calloc(count, sizeof *run->more);
	if (!issuers || !run->more) {
		free(issuers);
		return mm_fail(err, MM_ENOMEM, "out of memory");
	}
	for (size_t i = 0; i < count; i++) {
		const struct mm_dev_made *made = &run->issuers.v[i];

		issuers[i] = (struct mm_dev_issuer){made->config, made->store};
		if (i > 0)
			run->more[i - 1] = (struct mm_server_issuer){made->config, made->store};
	}
	code = mm_dev_new(issuers, count, &run->dev, err);
	free(issuers);
	return code;
}

static enum mm_code make(struct run *run, const struct dev_options *options, struct mm_err *err)
{
	struct mm_dev_setting setting = {
		.public = options->listen,
		.admin = options->admin,
		.alg = options->alg,
		.audiences = &options->audiences,
		.log_level = log_levels[options->log_level],
	};
	enum mm_code code = parse_workers(options->workers, &setting.workers, err);

	if (code == MM_OK && options->tls)
		code = mm_throwaway_tls_make(&run->tls, err);
	setting.certificate = options->tls ? run->tls.certificate_path : NULL;
	setting.key = options->tls ? run->tls.key_path : NULL;
	if (code == MM_OK)
		code = bind_sockets(run, &setting, err);
	if (code == MM_OK)
		code = make_issuers(run, options, &setting, err);
	if (code == MM_OK)
		code = make_token(run, err);
	return code == MM_OK ? make_dev(run, err) : code;
}

static enum mm_code run_dev(struct mm_call *call, struct mm_err *err)
{
	const struct dev_options *options = call->options;
	MM_CLEANUP(clear) struct run run = {.tls = MM_NO_THROWAWAY_TLS};
	struct mm_log log = {.fd = STDERR_FILENO, .level = options->log_level};
	struct mm_dev_ready ready = {.issuers = &run.issuers, .token = run.token};
	struct mm_server_options server = {
		.dev_token = run.token, .stop_with_stdin = true, .ready = mm_dev_tell, .ready_arg = &ready};
	enum mm_code code = check_options(options, err);

	if (code == MM_OK)
		code = make(&run, options, err);
	if (code != MM_OK)
		return mm_context(err, code, "dev");
	ready.authority = options->tls ? run.tls.certificate.p : NULL;
	server.sockets = mm_take(run.sockets);
	server.more = run.more;
	server.more_count = run.issuers.count - 1;
	server.dev = run.dev;
	return mm_server_run(run.issuers.v[0].config, run.issuers.v[0].store, &log, &server, err);
}

#define AT(member) offsetof(struct dev_options, member)

static const struct mm_flag flags[] = {
	{.name = "listen",
	 .type = MM_FLAG_TEXT,
	 .offset = AT(listen),
	 .value = "HOST:PORT",
	 .fallback = "127.0.0.1:0",
	 .help = "where the documents are; loopback alone, and port 0 is any that is free"},
	{.name = "admin",
	 .type = MM_FLAG_TEXT,
	 .offset = AT(admin),
	 .value = "HOST:PORT",
	 .fallback = "127.0.0.1:0",
	 .help = "where tokens are made, likewise"},
	{.name = "algorithm",
	 .type = MM_FLAG_ALGORITHM,
	 .offset = AT(alg),
	 .value = "ALG",
	 .fallback = "ES256",
	 .help = "what the keys are for; one of RSA takes up to 0.7 s to make"},
	{.name = "issuer",
	 .type = MM_FLAG_TEXT,
	 .offset = AT(issuer),
	 .value = "URL",
	 .help = "the issuer that documents and tokens name; without it the address of the documents"},
	{.name = "path",
	 .type = MM_FLAG_LIST,
	 .offset = AT(paths),
	 .value = "PATH",
	 .help = "one issuer more, with keys of its own, at this path under the first"},
	{.name = "audience",
	 .type = MM_FLAG_LIST,
	 .offset = AT(audiences),
	 .value = "AUDIENCE",
	 .help = "whom a token is for when nobody was named; without it its issuer"},
	{.name = "tls",
	 .type = MM_FLAG_SWITCH,
	 .offset = AT(tls),
	 .help = "speak HTTPS, by a certificate that is made for this run (kubectl sends its token over nothing else)"},
	{.name = "workers",
	 .type = MM_FLAG_TEXT,
	 .offset = AT(workers),
	 .value = "N",
	 .fallback = "2",
	 .help = "threads that answer requests"},
	{.name = "log-level",
	 .type = MM_FLAG_WORD,
	 .offset = AT(log_level),
	 .value = "LEVEL",
	 .fallback = "warn",
	 .words = log_levels,
	 .help = "how much is logged to standard error"},
	{0},
};

const struct mm_command mm_cmd_dev = {
	.name = "dev",
	.arguments = "",
	.usage = "Serves a throwaway issuer for tests: keys in memory, on this host alone, without a configuration. "
		 "When it is ready, one line of JSON on standard output tells issuer, jwks_uri, url, admin_url, "
		 "admin_token, pid, issuers and, with --tls, the certificate to trust as ca. It stops on SIGTERM or "
		 "SIGINT, or when the other end of its standard input is closed, as it is when its parent ends.\n"
		 "\n"
		 "With admin_token as bearer token, tokens are made at admin_url as Kubernetes makes them. There is "
		 "more for tests: wrong tokens by annotations (see 'mintmark token create --help' for the faults), "
		 "a clock that can be frozen, keys that are rotated, tainted and revoked at once. docs/testing.md "
		 "shows all of it.",
	.flags = flags,
	.options_size = sizeof(struct dev_options),
	.run = run_dev,
	.help = "serve a throwaway issuer for tests",
};
