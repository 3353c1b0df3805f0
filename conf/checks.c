/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/checks.h"

#include <mintmark/config.h>
#include <mintmark/dns.h>
#include <mintmark/s3.h>
#include <mintmark/url.h>
#include <string.h>
#include <sys/un.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define DIGITS  "0123456789"

enum mm_code mm_check_issuer(const char *value, struct mm_err *err)
{
	return mm_issuer_url_check(value, NULL, err);
}

enum mm_code mm_check_address(const char *value, struct mm_err *err)
{
	mm_auto_string host = NULL;
	int port;

	return mm_hostport_parse(value, &host, &port, err);
}

/* Absolute, since clients have to write it too, and know nothing of the folder of our file. */
static enum mm_code check_socket_path(const char *path, struct mm_err *err)
{
	if (*path != '/' || path[strlen(path) - 1] == '/')
		return mm_fail(err, MM_EREFUSED, "not the absolute path of a socket");
	if (strlen(path) >= sizeof((struct sockaddr_un *)NULL)->sun_path)
		return mm_fail(err, MM_EREFUSED, "a socket's path has at most %zu bytes",
			       sizeof((struct sockaddr_un *)NULL)->sun_path - 1);
	return MM_OK;
}

enum mm_code mm_check_admin_address(const char *value, struct mm_err *err)
{
	const char *path = mm_listen_unix_path(value);

	if (strcmp(value, MM_LISTEN_OFF) == 0)
		return MM_OK;
	return path ? check_socket_path(path, err) : mm_check_address(value, err);
}

enum mm_code mm_check_destination(const char *value, struct mm_err *err)
{
	return mm_s3_location_meant(value) ? mm_s3_location_parse(value, NULL, err) : MM_OK;
}

enum mm_code mm_check_rsa_bits(const char *value, struct mm_err *err)
{
	if (strcmp(value, "2048") == 0 || strcmp(value, "3072") == 0 || strcmp(value, "4096") == 0)
		return MM_OK;
	return mm_fail(err, MM_EREFUSED, "not a size that mintmark makes");
}

enum mm_code mm_check_label(const char *value, struct mm_err *err)
{
	return mm_dns_label_check("name", value, err);
}

enum mm_code mm_check_subdomain(const char *value, struct mm_err *err)
{
	return mm_dns_subdomain_check("name", value, err);
}

/* A glob with a character that no name has would never fit anything: a rule that only looks as if it allowed. */
static enum mm_code check_glob(const char *value, const char *characters, struct mm_err *err)
{
	size_t len = strspn(value, characters);

	if (value[len] == '\0')
		return MM_OK;
	return mm_fail(err, MM_EREFUSED, "no name has a \"%c\" in it", value[len]);
}

enum mm_code mm_check_label_glob(const char *value, struct mm_err *err)
{
	return check_glob(value, LETTERS DIGITS "-*", err);
}

enum mm_code mm_check_subdomain_glob(const char *value, struct mm_err *err)
{
	return check_glob(value, LETTERS DIGITS "-.*", err);
}

enum mm_code mm_check_who(const char *value, struct mm_err *err)
{
	if (strcmp(value, "system:anonymous") == 0 || strcmp(value, "system:unauthenticated") == 0)
		return mm_fail(err, MM_EREFUSED, "nobody without credentials can be allowed anything");
	if (strchr(value, '*') && strcmp(value, "*") != 0)
		return mm_fail(err, MM_EREFUSED, "users and groups are compared byte for byte; * is one alone");
	return MM_OK;
}

/* k8s.io/apimachinery/pkg/util/validation, IsQualifiedName: [SUBDOMAIN/]NAME. */
enum mm_code mm_check_annotation(const char *value, struct mm_err *err)
{
	static const char ends[] = LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS;
	static const char inside[] = LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS "-_.";
	const char *slash = strchr(value, '/'), *name = slash ? slash + 1 : value;
	mm_auto_string prefix = slash ? strndup(value, (size_t)(slash - value)) : NULL;
	size_t len = strlen(name);

	if (slash && !prefix)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	if (prefix && mm_dns_subdomain_check("prefix", prefix, NULL) != MM_OK)
		return mm_fail(err, MM_EREFUSED, "what stands before the slash is no DNS name");
	if (len < 1 || len > 63 || strspn(name, inside) != len || !strchr(ends, name[0]) ||
	    !strchr(ends, name[len - 1]))
		return mm_fail(err, MM_EREFUSED, "no name of an annotation");
	return MM_OK;
}
