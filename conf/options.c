/* SPDX-License-Identifier: Apache-2.0 */
/* The option table: what may stand in the configuration file, and what holds of each option by itself. */
#include <mintmark/config.h>
#include <mintmark/url.h>

#include <string.h>

#define DAY  ((int64_t)86400)
#define YEAR (365 * DAY)

/* The names in keys/alg.c, which is a floor above; tests/unit/test_options.c compares the two. */
static const char *const algorithm_words[] = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512",
					      "ES256", "ES384", "ES512", "EdDSA", NULL};
/* In the order of enum mm_log_level, mm_log_format and mm_access_log. */
static const char *const level_words[] = {"error", "warn", "info", "debug", NULL};
static const char *const format_words[] = {"text", "json", NULL};
static const char *const access_words[] = {"off", "text", "json", NULL};

static enum mm_code check_issuer(const char *value, struct mm_err *err)
{
	return mm_issuer_url_check(value, NULL, err);
}

static enum mm_code check_address(const char *value, struct mm_err *err)
{
	mm_auto_string host = NULL;
	int port;

	return mm_hostport_parse(value, &host, &port, err);
}

static enum mm_code check_admin_address(const char *value, struct mm_err *err)
{
	mm_auto_string host = NULL;
	enum mm_code code;
	int port;

	if (strcmp(value, "off") == 0)
		return MM_OK;
	code = mm_hostport_parse(value, &host, &port, err);
	if (code == MM_OK && !mm_host_is_loopback(host))
		code = mm_fail(err, MM_EREFUSED,
			       "this version cannot tell callers apart, so the admin listener must not leave the host");
	return code;
}

static enum mm_code check_rsa_bits(const char *value, struct mm_err *err)
{
	if (strcmp(value, "2048") == 0 || strcmp(value, "3072") == 0 || strcmp(value, "4096") == 0)
		return MM_OK;
	return mm_fail(err, MM_EREFUSED, "not a size that mintmark makes");
}

#define AT(member) offsetof(struct mm_config, member)

const struct mm_option mm_options[] = {
	{.name = "issuer",
	 .type = MM_OPT_STRING,
	 .offset = AT(issuer),
	 .min = 1,
	 .max = 255,
	 .required = true,
	 .check = check_issuer,
	 .accepts = "an https URL without query, fragment or trailing slash (http for loopback hosts alone)",
	 .help = "The issuer URL, compared byte for byte by everyone who verifies a token."},
	{.name = "data_dir",
	 .type = MM_OPT_PATH,
	 .offset = AT(data_dir),
	 .fallback = "/var/lib/mintmark/data",
	 .min = 1,
	 .max = 4096,
	 .help = "The directory with the key set; nobody else may write to it."},
	{.name = "listen.public",
	 .type = MM_OPT_STRING,
	 .offset = AT(listen.public),
	 .fallback = "127.0.0.1:8443",
	 .min = 1,
	 .max = 255,
	 .check = check_address,
	 .accepts = "HOST:PORT",
	 .help = "Where the world reads the two documents."},
	{.name = "listen.admin",
	 .type = MM_OPT_STRING,
	 .offset = AT(listen.admin),
	 .fallback = "127.0.0.1:8444",
	 .min = 1,
	 .max = 255,
	 .check = check_admin_address,
	 .accepts = "HOST:PORT on a loopback address, or off",
	 .help = "Where operators read version, metrics and health; loopback only, or off."},
	{.name = "tls.certificate",
	 .type = MM_OPT_PATH,
	 .offset = AT(tls.certificate),
	 .min = 1,
	 .max = 4096,
	 .help = "PEM file with the certificate and its chain, for both listeners; without it they speak plain HTTP."},
	{.name = "tls.key",
	 .type = MM_OPT_PATH,
	 .offset = AT(tls.key),
	 .min = 1,
	 .max = 4096,
	 .help = "PEM file with the private key of the certificate; a warning is logged when everybody can read it."},
	{.name = "keys.algorithm",
	 .type = MM_OPT_STRING,
	 .offset = AT(keys.algorithm),
	 .fallback = "RS256",
	 .min = 1,
	 .max = 16,
	 .words = algorithm_words,
	 .reloadable = true,
	 .help = "What new keys are made for, and what tokens are signed with. Azure accepts RS256 alone."},
	{.name = "keys.algorithms",
	 .type = MM_OPT_STRINGS,
	 .offset = AT(keys.algorithms),
	 .min = 1,
	 .max = 10,
	 .words = algorithm_words,
	 .reloadable = true,
	 .help = "Several in place of keys.algorithm, each with keys of its own; the first is the default for tokens."},
	{.name = "keys.rsa_bits",
	 .type = MM_OPT_INT,
	 .offset = AT(keys.rsa_bits),
	 .fallback = "2048",
	 .min = 2048,
	 .max = 4096,
	 .reloadable = true,
	 .check = check_rsa_bits,
	 .accepts = "2048, 3072 or 4096",
	 .help = "The size of new RSA keys."},
	{.name = "keys.rotate_every",
	 .type = MM_OPT_DURATION,
	 .offset = AT(keys.rotate_every),
	 .fallback = "30d",
	 .min = 0,
	 .max = 10 * YEAR,
	 .reloadable = true,
	 .help = "How long a key signs before its standby takes over; 0 = until an operator says so."},
	{.name = "keys.verifier_cache",
	 .type = MM_OPT_DURATION,
	 .offset = AT(keys.verifier_cache),
	 .fallback = "1h",
	 .min = 0,
	 .max = 30 * DAY,
	 .reloadable = true,
	 .help = "The longest time for which any verifier keeps a JWKS that it fetched."},
	{.name = "keys.propagation",
	 .type = MM_OPT_DURATION,
	 .offset = AT(keys.propagation),
	 .fallback = "1m",
	 .min = 0,
	 .max = 7 * DAY,
	 .reloadable = true,
	 .help = "How long until every replica and mirror serves a newly committed key set."},
	{.name = "keys.clock_skew",
	 .type = MM_OPT_DURATION,
	 .offset = AT(keys.clock_skew),
	 .fallback = "1m",
	 .min = 0,
	 .max = 1 * DAY,
	 .reloadable = true,
	 .help = "By how much the clocks of issuer and verifiers may differ."},
	{.name = "keys.max_keys",
	 .type = MM_OPT_INT,
	 .offset = AT(keys.max_keys),
	 .fallback = "20",
	 .min = 2, /* the active key and its standby */
	 .max = MM_MAX_KEYS_LIMIT,
	 .reloadable = true,
	 .help = "The most keys that the JWKS may hold. AWS refuses 101, Entra reads the first 100."},
	{.name = "keys.on_change",
	 .type = MM_OPT_COMMAND,
	 .offset = AT(keys.on_change),
	 .min = 1,
	 .max = 64,
	 .reloadable = true,
	 .help = "A command, as a list, that serve runs without a shell at its start and after each change of the "
		 "keys."},
	{.name = "tokens.audiences",
	 .type = MM_OPT_STRINGS,
	 .offset = AT(tokens.audiences),
	 .min = 1,
	 .max = 100,
	 .reloadable = true,
	 .accepts = "a list of 1 to 100 audiences of 1 to 1024 bytes each",
	 .help = "The audiences of a token for which none was asked; without it, the issuer."},
	{.name = "tokens.default_ttl",
	 .type = MM_OPT_DURATION,
	 .offset = AT(tokens.default_ttl),
	 .fallback = "1h",
	 .min = 1,
	 .max = YEAR,
	 .reloadable = true,
	 .help = "The lifetime of a token for which none was asked."},
	{.name = "tokens.max_ttl",
	 .type = MM_OPT_DURATION,
	 .offset = AT(tokens.max_ttl),
	 .fallback = "24h",
	 .min = 1,
	 .max = YEAR,
	 .reloadable = true,
	 .help = "The longest lifetime of any token; a retired key stays published for at least as long."},
	{.name = "http.workers",
	 .type = MM_OPT_INT,
	 .offset = AT(http.workers),
	 .fallback = "0",
	 .min = 0,
	 .max = 256,
	 .help = "Threads that answer requests; 0 = one for each core."},
	{.name = "http.max_connections",
	 .type = MM_OPT_INT,
	 .offset = AT(http.max_connections),
	 .fallback = "10000",
	 .min = 16,
	 .max = 1000000,
	 .reloadable = true,
	 .help = "Open connections on each listener; beyond it the longest idle are closed first."},
	{.name = "http.head_timeout",
	 .type = MM_OPT_DURATION,
	 .offset = AT(http.head_timeout),
	 .fallback = "10s",
	 .min = 1,
	 .max = 300,
	 .reloadable = true,
	 .help = "How long a request may take to arrive, from its first byte, however it drips."},
	{.name = "http.idle_timeout",
	 .type = MM_OPT_DURATION,
	 .offset = AT(http.idle_timeout),
	 .fallback = "60s",
	 .min = 1,
	 .max = 3600,
	 .reloadable = true,
	 .help = "How long a connection may stay open without a request."},
	{.name = "http.drain_timeout",
	 .type = MM_OPT_DURATION,
	 .offset = AT(http.drain_timeout),
	 .fallback = "10s",
	 .min = 0,
	 .max = 600,
	 .help = "How long a stop waits for requests that are under way."},
	{.name = "log.level",
	 .type = MM_OPT_ENUM,
	 .offset = AT(log.level),
	 .fallback = "info",
	 .words = level_words,
	 .reloadable = true,
	 .help = "The least important lines that are logged."},
	{.name = "log.format",
	 .type = MM_OPT_ENUM,
	 .offset = AT(log.format),
	 .fallback = "text",
	 .words = format_words,
	 .help = "Log lines as key=value or as JSON objects."},
	{.name = "log.access",
	 .type = MM_OPT_ENUM,
	 .offset = AT(log.access),
	 .fallback = "off",
	 .words = access_words,
	 .reloadable = true,
	 .help = "A line for each request, as key=value or as JSON objects."},
};

const size_t mm_option_count = MM_COUNT(mm_options);

const struct mm_option *mm_option_find(const char *name)
{
	for (size_t i = 0; i < mm_option_count; i++) {
		if (strcmp(mm_options[i].name, name) == 0)
			return &mm_options[i];
	}
	return NULL;
}

static void add_words(const struct mm_option *option, struct mm_buf *out)
{
	const char *const *words = option->words;

	if (option->type == MM_OPT_STRINGS)
		mm_buf_printf(out, "a list of %lld to %lld different ones of ", (long long)option->min,
			      (long long)option->max);
	for (size_t i = 0; words[i]; i++)
		mm_buf_printf(out, "%s%s", i == 0 ? "" : words[i + 1] ? ", " : " or ", words[i]);
}

void mm_option_accepts(const struct mm_option *option, struct mm_buf *out)
{
	char least[MM_DURATION_TEXT_SIZE], most[MM_DURATION_TEXT_SIZE];

	if (option->accepts) {
		mm_buf_add_str(out, option->accepts);
	} else if (option->words) {
		add_words(option, out);
	} else if (option->type == MM_OPT_DURATION) {
		mm_duration_format(option->min, least);
		mm_duration_format(option->max, most);
		mm_buf_printf(out, "a duration from %s to %s, such as 90s, 15m, 1h or 30d", least, most);
	} else if (option->type == MM_OPT_COMMAND) {
		mm_buf_printf(out, "a list of the absolute path of a program and at most %lld arguments",
			      (long long)option->max - 1);
	} else if (option->type == MM_OPT_INT) {
		mm_buf_printf(out, "a whole number from %lld to %lld", (long long)option->min, (long long)option->max);
	} else {
		mm_buf_printf(out, "%s of %lld to %lld bytes", option->type == MM_OPT_PATH ? "a path" : "a text",
			      (long long)option->min, (long long)option->max);
	}
}
