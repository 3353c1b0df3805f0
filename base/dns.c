/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/dns.h>

#include <stdbool.h>
#include <string.h>

enum { LABEL_MAX = 63, SUBDOMAIN_MAX = 253 };

static bool is_alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* [a-z0-9]([-a-z0-9]*[a-z0-9])? */
static bool is_label(const char *p, size_t len)
{
	if (len == 0 || !is_alphanumeric(p[0]) || !is_alphanumeric(p[len - 1]))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!is_alphanumeric(p[i]) && p[i] != '-')
			return false;
	}
	return true;
}

static bool is_subdomain(const char *name)
{
	for (const char *dot; (dot = strchr(name, '.')); name = dot + 1) {
		if (!is_label(name, (size_t)(dot - name)))
			return false;
	}
	return is_label(name, strlen(name));
}

enum mm_code mm_dns_label_check(const char *what, const char *name, struct mm_err *err)
{
	if (strlen(name) <= LABEL_MAX && is_label(name, strlen(name)))
		return MM_OK;
	return mm_fail(err, MM_EREFUSED,
		       "%s \"%.80s\": at most %d of a-z, 0-9 and '-', beginning and ending with a letter or digit",
		       what, name, LABEL_MAX);
}

enum mm_code mm_dns_subdomain_check(const char *what, const char *name, struct mm_err *err)
{
	if (strlen(name) <= SUBDOMAIN_MAX && is_subdomain(name))
		return MM_OK;
	return mm_fail(
		err, MM_EREFUSED,
		"%s \"%.80s\": at most %d of a-z, 0-9, '-' and '.', each part beginning and ending with a letter "
		"or digit",
		what, name, SUBDOMAIN_MAX);
}
