/* SPDX-License-Identifier: Apache-2.0 */
/* The words that HTTP messages are made of: classes of bytes, names, lists and field lines (RFC 9110 §5). */
#ifndef MINTMARK_ISSUER_HTTP_GRAMMAR_H
#define MINTMARK_ISSUER_HTTP_GRAMMAR_H

#include <mintmark/http.h>

/* Which bytes may stand where. */
enum mm_char_class {
	MM_CHAR_TOKEN = 1,  /* tchar: methods and field names (RFC 9110 §5.6.2) */
	MM_CHAR_TARGET = 2, /* a request target (RFC 3986 §2); percent-encoding is not looked into */
	MM_CHAR_FIELD = 4,  /* a field value (RFC 9110 §5.5) */
	MM_CHAR_HOST = 8,   /* a host name: letters, digits, "-", "." and "_"; RFC 3986 §3.2.2 has more, DNS has not */
};
bool mm_all_of(struct mm_span text, enum mm_char_class class);

/*
 * host [":" port] of an http URI or a Host field (RFC 3986 §3.2): a name, an IPv4 address, or an IPv6 address in
 * brackets, which are not part of `*host`; the port is at most 65535. False: anything else, user information included
 * (RFC 9110 §4.2.4).
 */
bool mm_authority_parse(struct mm_span authority, struct mm_span *host);

/* Splits one field line without its CRLF. False: not a valid field line (RFC 9112 §5), `*why` says what is wrong. */
bool mm_field_parse(struct mm_span line, struct mm_header *field, const char **why);

/* Equal without regard to the case of ASCII letters. */
bool mm_name_is(struct mm_span name, const char *expected);

/* The next element of a comma-separated list (RFC 9110 §5.6.1), without white space around it; takes it off `list`. */
bool mm_list_next(struct mm_span *list, struct mm_span *element);

#endif
