/* SPDX-License-Identifier: Apache-2.0 */
/* URLs, parsed strictly (the part of RFC 3986 on which all readers agree), and the rules for an issuer URL. */
#ifndef MINTMARK_URL_H
#define MINTMARK_URL_H

#include <mintmark/bytes.h>

struct mm_url {
	bool https;
	char *host; /* as written, in lower case, IPv6 without brackets */
	int port;   /* explicit, or the scheme's default */
	bool port_explicit;
	char *path;  /* "" or "/…", percent-encoding untouched */
	char *query; /* NULL when there is none */
};

/* http and https only; user information and fragments are refused. MM_EPARSE. `*out` is freed by the caller. */
MM_MUSTCHECK enum mm_code mm_url_parse(const char *text, struct mm_url **out, struct mm_err *err);
void mm_url_free(struct mm_url *url);
MM_AUTO(mm_url)

/* Whether scheme, host and port are the same (RFC 6454 §5). */
bool mm_url_same_origin(const struct mm_url *a, const struct mm_url *b);
/* Whether scheme or host of a URL as it is written, which mm_url_parse takes, have upper-case letters. */
bool mm_url_has_upper_case(const char *text);

/* 127.0.0.0/8, ::1 or "localhost". */
bool mm_host_is_loopback(const char *host);
bool mm_host_is_address(const char *host); /* of IPv4, or of IPv6 without brackets */
/* Appends it as URLs have it: an address of IPv6 in brackets. */
void mm_host_add(struct mm_buf *out, const char *host);

/*
 * An issuer identifier (OpenID Connect Discovery 1.0 §3; RFC 8414 §2): https, no query, no fragment, http for loopback
 * hosts alone; at most 255 characters (AWS). It is compared byte for byte ever after, so nothing is normalised: "." and
 * ".." segments, "//", percent-encoding, upper-case hosts, the default port and a trailing slash are refused with what
 * to write instead. MM_EREFUSED or MM_EPARSE. `*out` (may be NULL) is its parts.
 */
MM_MUSTCHECK enum mm_code mm_issuer_url_check(const char *issuer, struct mm_url **out, struct mm_err *err);

/* "HOST:PORT" with a numeric port 0 to 65535, "[::1]:0"; `*host` is freed by the caller. MM_EPARSE. */
MM_MUSTCHECK enum mm_code mm_hostport_parse(const char *text, char **host, int *port, struct mm_err *err);

/*
 * Where to connect: "HOST", "HOST:PORT", "[::1]:PORT" or a bare IPv6 address, with a port of 1 to 65535 or, when none is
 * written, `default_port`. `*host` is in lower case, without brackets, and freed by the caller. MM_EPARSE.
 */
MM_MUSTCHECK enum mm_code mm_host_parse(const char *text, int default_port, char **host, int *port, struct mm_err *err);

#endif
