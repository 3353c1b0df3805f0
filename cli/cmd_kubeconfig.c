/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"
#include "cli/context.h"
#include "cli/kubeconfig.h"
#include "cli/output.h"

#include <errno.h>
#include <mintmark/dns.h>
#include <mintmark/json.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct kubeconfig_options {
	struct mm_common_options common;
	const char *server;
	const char *token;
	const char *client_certificate;
	const char *client_key;
	const char *authority;
	const char *namespace;
	const char *name;
};

/* ---- what was given --------------------------------------------------------------------------------------------- */

static enum mm_code check_options(struct mm_call *call, struct mm_err *err)
{
	const struct kubeconfig_options *options = call->options;
	bool by_certificate = options->client_certificate || options->client_key;

	if (!options->token && !by_certificate) {
		mm_hint(call, "a token is a line of callers.tokens or one of a service account, in a file of its own");
		return mm_fail(err, MM_EUSAGE,
			       "kubeconfig: credentials are missing, and kubectl would ask for a user name; accepted: "
			       "--token FILE, or --client-certificate FILE and --client-key FILE");
	}
	if (options->token && by_certificate)
		return mm_fail(
			err, MM_EUSAGE,
			"kubeconfig: both a token and a certificate, of which the server would look at the token "
			"alone; accepted: one of them");
	if (by_certificate && !(options->client_certificate && options->client_key))
		return mm_fail(err, MM_EUSAGE, "kubeconfig: --client-%s is missing",
			       options->client_key ? "certificate" : "key");
	if (options->name && !mm_utf8_valid(mm_span_str(options->name)))
		return mm_fail(err, MM_EUSAGE, "kubeconfig: --name: not UTF-8");
	if (options->namespace && mm_dns_label_check("namespace", options->namespace, err) != MM_OK)
		return mm_context(err, MM_EUSAGE, "kubeconfig: --namespace");
	return MM_OK;
}

/* The path as kubectl finds it from whatever directory; what is there must be a file. */
static enum mm_code absolute(const char *flag, const char *path, char **out, struct mm_err *err)
{
	mm_auto_buf text = {0};
	mm_auto_string here = NULL;
	struct stat st;

	if (stat(path, &st) < 0)
		return errno == ENOENT ? mm_fail(err, MM_ENOTFOUND, "--%s: %s: there is no such file", flag, path)
				       : mm_fail_errno(err, "--%s: %s", flag, path);
	if (!S_ISREG(st.st_mode))
		return mm_fail(err, MM_EREFUSED, "--%s: %s: no regular file; kubectl reads it at each start", flag,
			       path);
	if (path[0] != '/') {
		here = getcwd(NULL, 0);
		if (!here)
			return mm_fail_errno(err, "the current directory");
		mm_buf_printf(&text, "%s/", here);
	}
	mm_buf_add_str(&text, path);
	if (!mm_utf8_valid(mm_buf_span(&text)))
		return mm_fail(err, MM_EREFUSED, "--%s: the path is not UTF-8, which YAML is", flag);
	*out = mm_buf_take(&text);
	return *out ? MM_OK : mm_fail(err, MM_ENOMEM, "out of memory");
}

/* Of the configuration nothing is needed when server and authority are given. */
static enum mm_code find_server(struct mm_call *call, struct mm_cli_context *context, struct mm_kube_server *server,
				struct mm_err *err)
{
	const struct kubeconfig_options *options = call->options;
	enum mm_code code = MM_OK;

	if (!options->server || !options->authority)
		code = mm_cli_load_config(call, context, err);
	if (code == MM_OK)
		code = options->server ? mm_kube_server_named(options->server, context->config, server, err)
				       : mm_kube_server_find(call, context->config, server, err);
	if (code == MM_OK && options->authority)
		code = mm_kube_authorities_read(options->authority, &server->authorities, err);
	return code;
}

/* What would fail at the first request, or surprise. */
static enum mm_code look_ahead(const struct kubeconfig_options *options, const struct mm_config *config,
			       const struct mm_kube_server *server, struct mm_err *err)
{
	if (server->is_plain && options->client_certificate)
		return mm_fail(err, MM_EREFUSED,
			       "%s is plain HTTP, where nobody can show a certificate; accepted: a server with TLS, or "
			       "--token",
			       server->url);
	if (server->is_plain)
		mm_note("warning: %s is plain HTTP, over which kubectl sends no token: every request will be 401",
			server->url);
	else if (server->authorities.len == 0)
		mm_note("no certificate authority is known; kubectl will trust those of the system");
	if (config && !options->server && options->client_certificate && !config->callers.client_ca)
		mm_note("warning: callers.client_ca is not set, so that no client certificate will be accepted");
	return MM_OK;
}

/* ---- the file --------------------------------------------------------------------------------------------------- */

/* A JSON string is one in YAML, too. */
static void add_field(struct mm_buf *out, const char *key, const char *text)
{
	if (!text)
		return;
	mm_buf_printf(out, "%s: ", key);
	mm_json_add_string(out, text);
	mm_buf_add_str(out, "\n");
}

static void add_base64(struct mm_buf *out, const char *key, const struct mm_buf *data)
{
	char *room;

	if (data->len == 0)
		return;
	mm_buf_printf(out, "%s: ", key);
	room = mm_buf_reserve(out, (data->len + 2) / 3 * 4 + 1);
	if (room)
		out->len += (size_t)EVP_EncodeBlock((unsigned char *)room, (const unsigned char *)data->p,
						    (int)data->len);
	mm_buf_add_str(out, "\n");
}

struct paths {
	char *token, *certificate, *key;
};

static void paths_clear(struct paths *paths)
{
	mm_string_free(&paths->token);
	mm_string_free(&paths->certificate);
	mm_string_free(&paths->key);
}

static enum mm_code find_paths(const struct kubeconfig_options *options, struct paths *paths, struct mm_err *err)
{
	enum mm_code code;

	if (options->token)
		return absolute("token", options->token, &paths->token, err);
	code = absolute("client-certificate", options->client_certificate, &paths->certificate, err);
	return code == MM_OK ? absolute("client-key", options->client_key, &paths->key, err) : code;
}

static enum mm_code print(const struct kubeconfig_options *options, const struct mm_kube_server *server,
			  const struct paths *paths, struct mm_err *err)
{
	mm_auto_buf out = {0};

	mm_buf_add_str(&out, "apiVersion: v1\nkind: Config\nclusters:\n");
	add_field(&out, "- name", options->name);
	mm_buf_add_str(&out, "  cluster:\n");
	add_field(&out, "    server", server->url);
	add_field(&out, "    tls-server-name", server->name);
	add_base64(&out, "    certificate-authority-data", &server->authorities);
	mm_buf_add_str(&out, "users:\n");
	add_field(&out, "- name", options->name);
	mm_buf_add_str(&out, "  user:\n");
	add_field(&out, "    tokenFile", paths->token);
	add_field(&out, "    client-certificate", paths->certificate);
	add_field(&out, "    client-key", paths->key);
	mm_buf_add_str(&out, "contexts:\n");
	add_field(&out, "- name", options->name);
	mm_buf_add_str(&out, "  context:\n");
	add_field(&out, "    cluster", options->name);
	add_field(&out, "    user", options->name);
	add_field(&out, "    namespace", options->namespace);
	add_field(&out, "current-context", options->name);
	return mm_print(&out, err);
}

static enum mm_code run(struct mm_call *call, struct mm_err *err)
{
	const struct kubeconfig_options *options = call->options;
	MM_CLEANUP(mm_kube_server_clear) struct mm_kube_server server = {0};
	MM_CLEANUP(paths_clear) struct paths paths = {0};
	mm_auto_context context = {0};
	enum mm_code code = check_options(call, err);

	if (code == MM_OK)
		code = find_paths(options, &paths, err);
	if (code == MM_OK)
		code = find_server(call, &context, &server, err);
	if (code == MM_OK)
		code = look_ahead(options, context.config, &server, err);
	return code == MM_OK ? print(options, &server, &paths, err) : code;
}

#define AT(member) offsetof(struct kubeconfig_options, member)

static const struct mm_flag flags[] = {
	{.name = "server",
	 .type = MM_FLAG_TEXT,
	 .offset = AT(server),
	 .value = "URL",
	 .help = "where the admin listener is reached; without it as listen.admin and the certificate say"},
	{.name = "token",
	 .type = MM_FLAG_FILE,
	 .offset = AT(token),
	 .value = "FILE",
	 .help = "the file with the bearer token, which kubectl will read"},
	{.name = "client-certificate",
	 .type = MM_FLAG_FILE,
	 .offset = AT(client_certificate),
	 .value = "FILE",
	 .help = "the client certificate, which kubectl will read"},
	{.name = "client-key",
	 .type = MM_FLAG_FILE,
	 .offset = AT(client_key),
	 .value = "FILE",
	 .help = "its private key, which kubectl will read"},
	{.name = "certificate-authority",
	 .type = MM_FLAG_FILE,
	 .offset = AT(authority),
	 .value = "FILE",
	 .help = "the authorities to embed; without it the last one of tls.certificate"},
	{.name = "namespace",
	 .letter = 'n',
	 .type = MM_FLAG_TEXT,
	 .offset = AT(namespace),
	 .value = "NAMESPACE",
	 .help = "the namespace that kubectl uses without --namespace"},
	{.name = "name",
	 .type = MM_FLAG_TEXT,
	 .offset = AT(name),
	 .value = "NAME",
	 .fallback = "mintmark",
	 .help = "what cluster, user and context are called"},
	MM_FLAG_ROW_CONFIG,
	{0},
};

const struct mm_command mm_cmd_kubeconfig = {
	.name = "kubeconfig",
	.arguments = "",
	.usage = "Prints a kubeconfig with which kubectl and other Kubernetes clients mint and review tokens at the "
		 "admin listener. It holds no secret: token, certificate and key stay in their files, which it names "
		 "by absolute paths. The certificate authority is embedded.",
	.flags = flags,
	.options_size = sizeof(struct kubeconfig_options),
	.run = run,
	.help = "print a kubeconfig for the admin listener",
};
