/* SPDX-License-Identifier: Apache-2.0 */
/* The URL by itself: what nobody takes, and what two readers would take for two issuers. */
#include "issuer/doctor/doctor_parts.h"

#include <string.h>
#include <strings.h>

static bool is_plain(const char *issuer, const struct mm_url *url)
{
	(void)issuer;
	return !url->https;
}

static bool has_query(const char *issuer, const struct mm_url *url)
{
	(void)issuer;
	return url->query != NULL;
}

static bool spells_out_the_port(const char *issuer, const struct mm_url *url)
{
	(void)issuer;
	return url->port_explicit && url->port == (url->https ? 443 : 80);
}

static bool ends_in_slash(const char *issuer, const struct mm_url *url)
{
	size_t len = strlen(url->path);

	(void)issuer;
	return len > 0 && url->path[len - 1] == '/';
}

static bool has_upper_case(const char *issuer, const struct mm_url *url)
{
	(void)url;
	return mm_url_has_upper_case(issuer);
}

/* RFC 3986 §6.2.2: what readers normalise before they fetch, and what is compared as it stands. */
static bool is_normalised(const char *issuer, const struct mm_url *url)
{
	const char *path = url->path;

	(void)issuer;
	if (strchr(path, '%') || strstr(path, "//"))
		return true;
	for (const char *p = path; (p = strstr(p, "/.")) != NULL; p++) {
		size_t segment = strcspn(p + 1, "/");

		if (segment == 1 || (segment == 2 && p[2] == '.'))
			return true;
	}
	return false;
}

static const struct rule {
	const char *check;
	bool (*broken)(const char *issuer, const struct mm_url *url);
	enum mm_finding_level level; /* when it is broken */
	const char *bad, *remedy, *good;
} rules[] = {
	{"url.https", is_plain, MM_FINDING_FAIL, "plain http, which no cloud takes",
	 "serve the documents over https, and have iss begin with https://", "https"},
	{"url.query", has_query, MM_FINDING_FAIL,
	 "it has a query, behind which \"/.well-known/openid-configuration\" cannot stand (OpenID Connect Discovery "
	 "1.0 section 3)",
	 "leave the query off", "no query"},
	{"url.port", spells_out_the_port, MM_FINDING_WARN, "it spells out the port that its scheme has anyway",
	 "leave the port off, here and in iss: with it and without it are two issuers",
	 "the port of the scheme is not spelled out"},
	{"url.slash", ends_in_slash, MM_FINDING_WARN, "it ends in a slash: with it and without it are two issuers",
	 "leave the slash off wherever the issuer is named, or write it everywhere", "no slash at its end"},
	{"url.case", has_upper_case, MM_FINDING_WARN,
	 "upper-case letters in scheme or host: it is compared byte for byte",
	 "write scheme and host in lower case wherever the issuer is named", "scheme and host in lower case"},
	{"url.path", is_normalised, MM_FINDING_WARN,
	 "its path has \"//\", a dot segment or percent-encoding, of which some readers make another path",
	 "choose a path of letters, digits, - . _ ~ and single slashes", "a path with one way of writing it"},
};

void mm_doctor_judge_url(const char *issuer, const struct mm_url *url, struct mm_findings *report)
{
	for (size_t i = 0; i < MM_COUNT(rules); i++) {
		const struct rule *rule = &rules[i];

		if (rule->broken(issuer, url))
			mm_finding_add(report, rule->level, rule->check, rule->remedy, "%.255s: %s", issuer, rule->bad);
		else
			mm_finding_add(report, MM_FINDING_PASS, rule->check, NULL, "%s", rule->good);
	}
}

static bool slash_apart(const char *longer, const char *shorter)
{
	size_t len = strlen(shorter);

	return strncmp(longer, shorter, len) == 0 && strcmp(longer + len, "/") == 0;
}

static const char *after_scheme(const char *url)
{
	const char *colon = strstr(url, "://");

	return colon ? colon + 3 : url;
}

const char *mm_doctor_difference(const char *found, const char *wanted)
{
	if (slash_apart(found, wanted))
		return "it has a slash at its end that does not belong there";
	if (slash_apart(wanted, found))
		return "it lacks the slash at its end";
	if (strcasecmp(found, wanted) == 0)
		return "upper and lower case differ";
	if (strcmp(after_scheme(found), after_scheme(wanted)) == 0)
		return "the scheme differs";
	return "it is another issuer";
}
