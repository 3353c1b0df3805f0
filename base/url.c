/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URLs, in the part of RFC 3986 that no two readers disagree about. libcurl's parser would take more for the sake of
 * browsers' users (0x7f.1 for 127.0.0.1, extra slashes, encoded hosts), and what was checked here would not be
 * what others connect to.
 */
#include <mintmark/url.h>

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { PORT_MAX = 65535 };

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Cuts `*rest` at the first of `delimiters`, which stays in `*rest`; returns what stood before it. */
static struct mm_span cut(struct mm_span *rest, const char *delimiters)
{
	size_t len = 0;

	while (len < rest->len && !strchr(delimiters, rest->p[len]))
		len++;
	*rest = mm_span(rest->p + len, rest->len - len);
	return mm_span(rest->p - len, len);
}

/* Path and query: pchar, '/' and '?' of RFC 3986 §3.3; a '%' with its two digits. */
static bool is_path_text(struct mm_span text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.p[i];

		if (c == '%') {
			if (text.len - i < 3 || !is_hex(text.p[i + 1]) || !is_hex(text.p[i + 2]))
				return false;
		} else if (c == '\0' || (!is_alnum(c) && !strchr("-._~!$&'()*+,;=:@/?", c))) {
			return false;
		}
	}
	return true;
}

/* Labels of letters, digits, '-' and '_' between dots, none empty. */
static bool is_name(const char *host)
{
	bool label_empty = true;

	for (; *host != '\0'; host++) {
		if (*host == '.' ? label_empty : !is_alnum(*host) && *host != '-' && *host != '_')
			return false;
		label_empty = *host == '.';
	}
	return !label_empty;
}

/* A name whose last label begins with a digit is an IPv4 address to many readers, however it is written. */
static bool is_name_or_ipv4(const char *host)
{
	const char *dot = strrchr(host, '.');
	const char *last = dot ? dot + 1 : host;
	struct in_addr address;

	if (*last >= '0' && *last <= '9')
		return inet_pton(AF_INET, host, &address) == 1;
	return is_name(host);
}

static bool is_ipv6(const char *host)
{
	struct in6_addr address;

	return inet_pton(AF_INET6, host, &address) == 1;
}

/* A decimal number from `min` to 65535, without leading zeros: one port has one text. */
static bool parse_port(struct mm_span text, int min, int *out)
{
	int port = 0;

	if (text.len == 0 || text.len > 5 || (text.len > 1 && text.p[0] == '0'))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		port = port * 10 + (text.p[i] - '0');
	}
	*out = port;
	return port >= min && port <= PORT_MAX;
}

static bool skip_prefix(struct mm_span *text, const char *prefix)
{
	size_t len = strlen(prefix);

	if (text->len < len || strncasecmp(text->p, prefix, len) != 0)
		return false;
	*text = mm_span(text->p + len, text->len - len);
	return true;
}

/* "HOST", "HOST:PORT" or "[IPV6]:PORT"; `*host` is the caller's, `port->p` is NULL when there is no colon. */
static enum mm_code split_authority(struct mm_span text, char **host, struct mm_span *port, struct mm_err *err)
{
	struct mm_span rest = text;
	bool bracketed = skip_prefix(&rest, "[");
	struct mm_span name = cut(&rest, bracketed ? "]" : ":");
	bool closed = !bracketed || skip_prefix(&rest, "]");
	bool has_port = skip_prefix(&rest, ":");

	*port = has_port ? rest : mm_span(NULL, 0);
	*host = strndup(name.p, name.len);
	if (!*host)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	if (!closed || (!has_port && rest.len > 0) || !(bracketed ? is_ipv6(*host) : is_name_or_ipv4(*host)))
		return mm_fail(err, MM_EPARSE, "\"%.*s\" is not a host: expected a name, 192.0.2.1 or [2001:db8::1]",
			       (int)text.len, text.p);
	return MM_OK;
}

static void lower(char *text)
{
	for (; *text != '\0'; text++) {
		if (*text >= 'A' && *text <= 'Z')
			*text = (char)(*text - 'A' + 'a');
	}
}

static enum mm_code fill_authority(struct mm_span authority, struct mm_url *url, struct mm_err *err)
{
	struct mm_span port;
	enum mm_code code;

	if (memchr(authority.p, '@', authority.len))
		return mm_fail(err, MM_EPARSE, "a user or password has no place in it");
	code = split_authority(authority, &url->host, &port, err);
	if (code != MM_OK)
		return code;
	lower(url->host);
	url->port = url->https ? 443 : 80;
	url->port_explicit = port.p != NULL;
	if (port.p && !parse_port(port, 1, &url->port))
		return mm_fail(err, MM_EPARSE, "the port must be 1 to %d, without leading zeros", PORT_MAX);
	return MM_OK;
}

/* `rest` is "", "/path", "?query" or "/path?query". */
static enum mm_code fill_path(struct mm_span rest, struct mm_url *url, struct mm_err *err)
{
	struct mm_span path;

	if (memchr(rest.p, '#', rest.len))
		return mm_fail(err, MM_EPARSE, "a fragment (#) has no place in it");
	if (!is_path_text(rest))
		return mm_fail(err, MM_EPARSE, "its path holds a character that must be percent-encoded");
	path = cut(&rest, "?");
	url->path = strndup(path.p, path.len);
	if (rest.len > 0)
		url->query = strndup(rest.p + 1, rest.len - 1);
	if (!url->path || (rest.len > 0 && !url->query))
		return mm_fail(err, MM_ENOMEM, "out of memory");
	return MM_OK;
}

static enum mm_code fill(struct mm_span text, struct mm_url *url, struct mm_err *err)
{
	enum mm_code code;

	url->https = skip_prefix(&text, "https://");
	if (!url->https && !skip_prefix(&text, "http://"))
		return mm_fail(err, MM_EPARSE, "expected https://HOST/PATH");
	code = fill_authority(cut(&text, "/?#"), url, err);
	return code == MM_OK ? fill_path(text, url, err) : code;
}

enum mm_code mm_url_parse(const char *text, struct mm_url **out, struct mm_err *err)
{
	mm_auto(mm_url) url = calloc(1, sizeof *url);
	enum mm_code code;

	*out = NULL;
	if (!url)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	code = fill(mm_span_str(text), url, err);
	if (code != MM_OK)
		return mm_context(err, code, "URL \"%s\"", text);
	*out = mm_take(url);
	return MM_OK;
}

void mm_url_free(struct mm_url *url)
{
	if (!url)
		return;
	free(url->host);
	free(url->path);
	free(url->query);
	free(url);
}

bool mm_url_same_origin(const struct mm_url *a, const struct mm_url *b)
{
	return a->https == b->https && a->port == b->port && strcmp(a->host, b->host) == 0;
}

bool mm_url_has_upper_case(const char *text)
{
	size_t end = strcspn(text, ":") + strlen("://");

	end += strcspn(text + end, "/?");
	for (size_t i = 0; i < end; i++) {
		if (text[i] >= 'A' && text[i] <= 'Z')
			return true;
	}
	return false;
}

bool mm_host_is_address(const char *host)
{
	struct in6_addr address;

	return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1;
}

void mm_host_add(struct mm_buf *out, const char *host)
{
	mm_buf_printf(out, strchr(host, ':') ? "[%s]" : "%s", host);
}

bool mm_host_is_loopback(const char *host)
{
	struct in6_addr six;
	struct in_addr four;

	if (inet_pton(AF_INET, host, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	if (inet_pton(AF_INET6, host, &six) == 1)
		return IN6_IS_ADDR_LOOPBACK(&six);
	return strcasecmp(host, "localhost") == 0;
}

enum mm_code mm_hostport_parse(const char *text, char **host, int *port, struct mm_err *err)
{
	mm_auto_string name = NULL;
	struct mm_span digits;
	enum mm_code code = split_authority(mm_span_str(text), &name, &digits, err);

	*host = NULL;
	if (code != MM_OK)
		return code;
	if (!digits.p || !parse_port(digits, 0, port))
		return mm_fail(err, MM_EPARSE, "\"%s\": expected HOST:PORT with a port of 0 to %d", text, PORT_MAX);
	*host = mm_take(name);
	return MM_OK;
}

enum mm_code mm_host_parse(const char *text, int default_port, char **host, int *port, struct mm_err *err)
{
	mm_auto_string name = NULL;
	struct mm_span digits = {0};
	enum mm_code code = MM_OK;

	*host = NULL;
	if (!is_ipv6(text))
		code = split_authority(mm_span_str(text), &name, &digits, err);
	else if (!(name = strdup(text)))
		code = mm_fail(err, MM_ENOMEM, "out of memory");
	if (code != MM_OK)
		return code;
	*port = default_port;
	if (digits.p && !parse_port(digits, 1, port))
		return mm_fail(err, MM_EPARSE, "\"%s\": the port must be 1 to %d", text, PORT_MAX);
	lower(name);
	*host = mm_take(name);
	return MM_OK;
}
