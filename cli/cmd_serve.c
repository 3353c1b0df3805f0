/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"
#include "cli/context.h"
#include "cli/output.h"

#include <mintmark/harden.h>
#include <mintmark/log.h>
#include <mintmark/server.h>
#include <mintmark/url.h>
#include <string.h>
#include <unistd.h>

struct serve_options {
	struct mm_common_options common;
	bool follow;
};

/* Documents of an https issuer, served to other hosts without TLS: right behind a proxy only. */
static void warn_of_plain_http(struct mm_log *log, const struct mm_config *config)
{
	mm_auto_string host = NULL;
	int port;

	if (config->tls.certificate || strncmp(config->issuer, "https:", 6) != 0)
		return;
	if (mm_hostport_parse(config->listen.public, &host, &port, NULL) == MM_OK && !mm_host_is_loopback(host))
		mm_log(log, MM_LOG_WARN,
		       "the issuer is https, but the public listener speaks plain HTTP to other hosts",
		       MM_F_STR("listen.public", config->listen.public),
		       MM_F_STR("remedy", "set tls.certificate and tls.key, or listen on loopback behind a proxy"));
}

static enum mm_code run(struct mm_call *call, struct mm_err *err)
{
	const struct serve_options *asked = call->options;
	struct mm_log log = {.fd = STDERR_FILENO};
	struct mm_server_options options = {.follow = asked->follow};
	mm_auto_context context = {0};
	enum mm_code code = mm_cli_open_set(call, MM_LOAD_PUBLIC, &context, err);

	if (code != MM_OK)
		return code;
	log.level = (int)context.config->log.level;
	log.format = (enum mm_log_format)context.config->log.format;
	options.config_path = context.config->path;
	warn_of_plain_http(&log, context.config);
	if (!mm_process_lock_memory())
		mm_log(&log, MM_LOG_DEBUG, "memory is not locked, keys may reach the swap",
		       MM_F_STR("remedy", "LimitMEMLOCK=infinity, or no swap"));
	return mm_server_run(context.config, context.store, &log, &options, err);
}

static const struct mm_flag flags[] = {
	{.name = "follow",
	 .type = MM_FLAG_SWITCH,
	 .offset = offsetof(struct serve_options, follow),
	 .help = "serve what others commit, and rotate nothing: on a read-only file system, or on a copy"},
	MM_FLAG_ROW_CONFIG,
	{0},
};

const struct mm_command mm_cmd_serve = {
	.name = "serve",
	.arguments = "",
	.usage =
		"Serves the discovery document and the JWKS on listen.public until SIGTERM or SIGINT. On listen.admin "
		"it "
		"answers the Kubernetes API for service-account tokens: TokenRequest, TokenReview, SelfSubjectReview; "
		"besides the documents and metrics.\n"
		"\n"
		"Whoever calls the admin listener shows a bearer token of callers.tokens, a client certificate by "
		"callers.client_ca, or a token of this issuer, or comes by a Unix-domain socket; rules say who may do "
		"what. Health and version are for everybody. Only with listen.admin are private keys loaded.\n"
		"\n"
		"Keys are rotated as keys.rotate_every says, by one of all processes that serve a key set. While that "
		"fails, /readyz says so and serving goes on. With --follow others have to see to it.\n"
		"\n"
		"SIGHUP reads the configuration again, and so does a change of the file; a configuration that is wrong "
		"is reported and changes nothing. Certificate, key and the files of callers are read again when they "
		"change, the key set when another process commits to it.",
	.flags = flags,
	.options_size = sizeof(struct serve_options),
	.run = run,
	.help = "serve the documents and the token API, and rotate the keys",
	.private_keys = true,
};
