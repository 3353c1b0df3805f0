/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/relations.h"

#include "conf/record_relations.h"

#include <mintmark/option.h>
#include <mintmark/url.h>
#include <stdio.h>
#include <string.h>

/* 0: not in the file. */
static size_t line_of(const struct mm_config *config, const char *name)
{
	return config->lines[mm_option_find(name) - mm_options];
}

/* "FILE:LINE: NAME" of the first of two related options that the file sets; one of them is not at its default. */
static enum mm_code fail_relation(const struct mm_config *config, const char *name, const char *other, const char *why,
				  struct mm_err *err)
{
	const char *set = line_of(config, name) > 0 ? name : other;

	return mm_fail(err, MM_ECONFIG, "%s:%zu: %s: %s", config->name, line_of(config, set), set, why);
}

static enum mm_code check_lifetimes(const struct mm_config *config, struct mm_err *err)
{
	char usual[MM_DURATION_TEXT_SIZE], longest[MM_DURATION_TEXT_SIZE], why[160];

	if (config->tokens.default_ttl <= config->tokens.max_ttl)
		return MM_OK;
	mm_duration_format(config->tokens.default_ttl, usual);
	mm_duration_format(config->tokens.max_ttl, longest);
	snprintf(why, sizeof why, "default_ttl is %s, max_ttl is %s; accepted: a default_ttl of at most max_ttl", usual,
		 longest);
	return fail_relation(config, "tokens.default_ttl", "tokens.max_ttl", why, err);
}

static enum mm_code check_tls(const struct mm_config *config, struct mm_err *err)
{
	if (!config->tls.certificate != !config->tls.key)
		return fail_relation(config, "tls.certificate", "tls.key",
				     "one of certificate and key is missing; accepted: both, or neither", err);
	if (config->tls.certificate && strncmp(config->issuer, "http:", 5) == 0)
		return fail_relation(
			config, "tls.certificate", "tls.key",
			"the issuer is http, so nobody would ask by TLS; accepted: an https issuer, or no tls", err);
	return MM_OK;
}

/* Which of the two would hold nobody should have to guess; one of them may have been meant to be gone. */
static enum mm_code check_algorithms(const struct mm_config *config, struct mm_err *err)
{
	const char *first = "keys.algorithm", *second = "keys.algorithms";

	if (line_of(config, first) == 0 || line_of(config, second) == 0)
		return MM_OK;
	if (line_of(config, second) < line_of(config, first))
		first = "keys.algorithms", second = "keys.algorithm";
	return mm_fail(err, MM_ECONFIG, "%s:%zu: %s: %s stands in line %zu; accepted: one of the two", config->name,
		       line_of(config, second), second, first, line_of(config, first));
}

static bool admin_has_port(const struct mm_config *config)
{
	const char *admin = config->listen.admin;

	return strcmp(admin, MM_LISTEN_OFF) != 0 && !mm_listen_unix_path(admin);
}

/*
 * Sockets with SO_REUSEPORT may share an address, so the kernel would not object: it would deal connections from the
 * world out to the admin listener.
 */
static enum mm_code check_listeners(const struct mm_config *config, struct mm_err *err)
{
	mm_auto_string public_host = NULL;
	mm_auto_string host = NULL;
	int public = 0, admin = 0;
	enum mm_code code;

	if (!admin_has_port(config))
		return MM_OK;
	code = mm_hostport_parse(config->listen.public, &public_host, &public, err);
	if (code == MM_OK)
		code = mm_hostport_parse(config->listen.admin, &host, &admin, err);
	if (code != MM_OK)
		return code;
	if (public == admin && public != 0)
		return fail_relation(
			config, "listen.public", "listen.admin",
			"public and admin have the same port; accepted: two different ports, or admin: off", err);
	if (!mm_host_is_loopback(host) && !config->tls.certificate)
		return fail_relation(config, "listen.admin", "listen.admin",
				     "credentials would leave the host in the clear; accepted: a loopback address, "
				     "unix:/ABSOLUTE/PATH, or tls.certificate and tls.key too",
				     err);
	return MM_OK;
}

static enum mm_code check_callers(const struct mm_config *config, struct mm_err *err)
{
	if (config->callers.client_crl && !config->callers.client_ca)
		return fail_relation(config, "callers.client_crl", "callers.client_crl",
				     "without client_ca nobody has a certificate that it could revoke; accepted: both, "
				     "or no client_crl",
				     err);
	if (config->callers.client_ca && !config->tls.certificate)
		return fail_relation(config, "callers.client_ca", "callers.client_ca",
				     "over plain HTTP nobody can show a certificate; accepted: tls.certificate and "
				     "tls.key too, or no client_ca",
				     err);
	return MM_OK;
}

enum mm_code mm_config_check_relations(const struct mm_config *config, struct mm_err *err)
{
	static enum mm_code (*const checks[])(const struct mm_config *config, struct mm_err *err) = {
		check_lifetimes,
		check_tls,
		check_algorithms,
		check_listeners,
		check_callers,
		mm_rule_records_check,
		mm_account_records_check,
		mm_object_records_check,
	};
	enum mm_code code = MM_OK;

	for (size_t i = 0; i < MM_COUNT(checks) && code == MM_OK; i++)
		code = checks[i](config, err);
	return code;
}
