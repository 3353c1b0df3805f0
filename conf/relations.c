/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/relations.h"

#include <mintmark/url.h>
#include <stdio.h>
#include <string.h>

/* Where messages say that a wrong relation stands. */
struct source {
	const char *name;
	const struct mm_yaml *yaml;
};

/* "FILE:LINE: NAME" of the first of two related options that the file sets; one of them is not at its default. */
static enum mm_code fail_relation(const struct source *source, const char *name, const char *other, const char *why,
				  struct mm_err *err)
{
	const struct mm_yaml_entry *entry = mm_yaml_find(source->yaml, name);

	if (!entry)
		entry = mm_yaml_find(source->yaml, other);
	return mm_fail(err, MM_ECONFIG, "%s:%zu: %s: %s", source->name, entry ? entry->line : 0,
		       entry ? entry->name : name, why);
}

static enum mm_code check_lifetimes(const struct mm_config *config, const struct source *source, struct mm_err *err)
{
	char usual[MM_DURATION_TEXT_SIZE], longest[MM_DURATION_TEXT_SIZE], why[160];

	if (config->tokens.default_ttl <= config->tokens.max_ttl)
		return MM_OK;
	mm_duration_format(config->tokens.default_ttl, usual);
	mm_duration_format(config->tokens.max_ttl, longest);
	snprintf(why, sizeof why, "default_ttl is %s, max_ttl is %s; accepted: a default_ttl of at most max_ttl", usual,
		 longest);
	return fail_relation(source, "tokens.default_ttl", "tokens.max_ttl", why, err);
}

static enum mm_code check_tls(const struct mm_config *config, const struct source *source, struct mm_err *err)
{
	if (!config->tls.certificate != !config->tls.key)
		return fail_relation(source, "tls.certificate", "tls.key",
				     "one of certificate and key is missing; accepted: both, or neither", err);
	if (config->tls.certificate && strncmp(config->issuer, "http:", 5) == 0)
		return fail_relation(
			source, "tls.certificate", "tls.key",
			"the issuer is http, so nobody would ask by TLS; accepted: an https issuer, or no tls", err);
	return MM_OK;
}

/* Which of the two would hold nobody should have to guess; one of them may have been meant to be gone. */
static enum mm_code check_algorithms(const struct source *source, struct mm_err *err)
{
	const struct mm_yaml_entry *one = mm_yaml_find(source->yaml, "keys.algorithm");
	const struct mm_yaml_entry *several = mm_yaml_find(source->yaml, "keys.algorithms");
	const struct mm_yaml_entry *first = one, *second = several;

	if (!one || !several)
		return MM_OK;
	if (several->line < one->line)
		first = several, second = one;
	return mm_fail(err, MM_ECONFIG, "%s:%zu: %s: %s stands in line %zu; accepted: one of the two", source->name,
		       second->line, second->name, first->name, first->line);
}

static enum mm_code port_of(const char *address, int *port, struct mm_err *err)
{
	mm_auto_string host = NULL;

	return mm_hostport_parse(address, &host, port, err);
}

/*
 * Sockets with SO_REUSEPORT may share an address, so the kernel would not object: it would deal connections from the
 * world out to the admin listener.
 */
static enum mm_code check_ports_differ(const struct mm_config *config, const struct source *source, struct mm_err *err)
{
	int public = 0, admin = 0;
	enum mm_code code;

	if (strcmp(config->listen.admin, "off") == 0)
		return MM_OK;
	code = port_of(config->listen.public, &public, err);
	if (code == MM_OK)
		code = port_of(config->listen.admin, &admin, err);
	if (code != MM_OK || public != admin || public == 0)
		return code;
	return fail_relation(source, "listen.public", "listen.admin",
			     "public and admin have the same port; accepted: two different ports, or admin: off", err);
}

enum mm_code mm_config_check_relations(const struct mm_config *config, const struct mm_yaml *yaml, const char *name,
				       struct mm_err *err)
{
	struct source source = {name, yaml};
	enum mm_code code = check_lifetimes(config, &source, err);

	if (code == MM_OK)
		code = check_tls(config, &source, err);
	if (code == MM_OK)
		code = check_algorithms(&source, err);
	return code == MM_OK ? check_ports_differ(config, &source, err) : code;
}
