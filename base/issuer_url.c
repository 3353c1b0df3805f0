/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/url.h>

#include <string.h>

enum { ISSUER_MAX = 255 };

/* Why nobody would agree on this path being itself, or NULL. `path` is "" or begins with a slash. */
static const char *path_objection(const char *path)
{
	size_t len = strlen(path);

	if (strchr(path, '%'))
		return "percent-encoding in the path is read in two ways; use letters, digits, - . _ ~";
	if (strstr(path, "//"))
		return "the path must not hold \"//\"; write one slash";
	for (const char *p = path; (p = strstr(p, "/.")) != NULL; p++) {
		size_t segment = strcspn(p + 1, "/");

		if (segment == 1 || (segment == 2 && p[2] == '.'))
			return "the path must not hold \".\" or \"..\" segments; write the path that is meant";
	}
	if (len > 0 && path[len - 1] == '/')
		return "it must not end in a slash; leave that off";
	return NULL;
}

/* Why this well-formed URL is no issuer, or NULL. */
static const char *issuer_objection(const char *issuer, const struct mm_url *url)
{
	if (strlen(issuer) > ISSUER_MAX)
		return "it must not be longer than 255 characters (AWS IAM takes no more)";
	if (url->port_explicit && url->port == (url->https ? 443 : 80))
		return url->https ? "leave :443 off, it is the port of https" : "leave :80 off, it is the port of http";
	if (url->query)
		return "it must not have a query (?)";
	if (!url->https && !mm_host_is_loopback(url->host))
		return "it must begin with https:// (http is for loopback hosts alone)";
	if (mm_url_has_upper_case(issuer))
		return "scheme and host must be in lower case; write them so";
	return path_objection(url->path);
}

enum mm_code mm_issuer_url_check(const char *issuer, struct mm_url **out, struct mm_err *err)
{
	mm_auto(mm_url) url = NULL;
	enum mm_code code = mm_url_parse(issuer, &url, err);
	const char *objection;

	if (out)
		*out = NULL;
	if (code != MM_OK)
		return mm_context(err, code, "issuer");
	objection = issuer_objection(issuer, url);
	if (objection)
		return mm_fail(err, MM_EREFUSED, "issuer \"%s\": %s", issuer, objection);
	if (out)
		*out = mm_take(url);
	return MM_OK;
}
