/* SPDX-License-Identifier: Apache-2.0 */
/* How two names differ that should be one: of a provider, in a URL, an ARN or a condition key; of an audience. */
#include "issuer/iam/explain_parts.h"

#include <string.h>
#include <strings.h>

/* ---- what eyes pass over ---------------------------------------------------------------------------------------- */

/* A name, and what was taken off it. */
struct stripped {
	struct mm_span core;
	struct mm_span scheme; /* "https://", "http://", or "" */
	size_t spaces, slashes;
};

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct stripped strip(const char *text)
{
	static const char *const schemes[] = {"https://", "http://"};
	struct stripped out = {.core = mm_span_str(text), .scheme = {"", 0}};
	struct mm_span *core = &out.core;

	for (; core->len > 0 && is_space(core->p[core->len - 1]); core->len--)
		out.spaces++;
	for (; core->len > 0 && is_space(core->p[0]); core->len--, core->p++)
		out.spaces++;
	for (size_t i = 0; i < MM_COUNT(schemes); i++) {
		size_t len = strlen(schemes[i]);

		if (out.scheme.len > 0 || core->len < len || strncasecmp(core->p, schemes[i], len) != 0)
			continue;
		out.scheme = mm_span(core->p, len);
		*core = mm_span(core->p + len, core->len - len);
	}
	for (; core->len > 0 && core->p[core->len - 1] == '/'; core->len--)
		out.slashes++;
	return out;
}

static bool differ_by_space(const struct stripped *a, const struct stripped *b)
{
	return a->spaces != b->spaces;
}

static bool differ_by_scheme(const struct stripped *a, const struct stripped *b)
{
	return (a->scheme.len == 0) != (b->scheme.len == 0);
}

static bool differ_by_http(const struct stripped *a, const struct stripped *b)
{
	return a->scheme.len > 0 && b->scheme.len > 0 && a->scheme.len != b->scheme.len;
}

static bool differ_by_slash(const struct stripped *a, const struct stripped *b)
{
	return a->slashes != b->slashes;
}

static bool differ_by_case(const struct stripped *a, const struct stripped *b)
{
	return memcmp(a->core.p, b->core.p, a->core.len) != 0;
}

static const struct {
	bool (*differ)(const struct stripped *a, const struct stripped *b);
	const char *check, *by, *remedy;
} lookalikes[] = {
	{differ_by_space, "hint.space", "white space at an end", "take the white space out"},
	{differ_by_scheme, "hint.scheme", "https:// before it",
	 "write it without https:// in condition keys and ARNs, and elsewhere as the token has it"},
	{differ_by_http, "hint.http", "http and https", "AWS takes https alone; write the URL as the token has it"},
	{differ_by_slash, "hint.trailing-slash", "a trailing slash",
	 "AWS compares byte for byte: write it as the token has it"},
	{differ_by_case, "hint.case", "upper and lower case",
	 "AWS compares byte for byte: write it as the token has it"},
};

bool mm_hint_lookalike(struct mm_trial *trial, const char *where, const char *found, const char *own)
{
	struct stripped a = strip(found), b = strip(own);
	bool said = false;

	if (a.core.len != b.core.len || strncasecmp(a.core.p, b.core.p, a.core.len) != 0)
		return false;
	for (size_t i = 0; i < MM_COUNT(lookalikes); i++) {
		if (!lookalikes[i].differ(&a, &b))
			continue;
		MM_HINT(lookalikes[i].check, lookalikes[i].remedy,
			"%s is \"%.160s\", the token's \"%.160s\": they differ by %s", where, found, own,
			lookalikes[i].by);
		said = true;
	}
	return said;
}

/* ---- one provider and another ----------------------------------------------------------------------------------- */

/* The parts of HOST[:PORT]/PATH, and for a cluster of EKS its region: oidc.eks.REGION.amazonaws.com/id/ID. */
struct provider {
	struct mm_span host, port, path, region;
};

static struct provider parse(const char *text)
{
	struct mm_span name = strip(text).core;
	const char *slash = memchr(name.p, '/', name.len);
	struct provider out = {.host = mm_span(name.p, slash ? (size_t)(slash - name.p) : name.len)};
	const char *colon = memchr(out.host.p, ':', out.host.len), *region, *end;

	if (slash)
		out.path = mm_span(slash, name.len - out.host.len);
	if (colon) {
		out.port = mm_span(colon, out.host.len - (size_t)(colon - out.host.p));
		out.host.len -= out.port.len;
	}
	region = mm_span_starts(out.host, "oidc.eks.") ? out.host.p + strlen("oidc.eks.") : NULL;
	end = region ? memmem(region, out.host.len - strlen("oidc.eks."), ".amazonaws.com", 14) : NULL;
	if (end)
		out.region = mm_span(region, (size_t)(end - region));
	return out;
}

void mm_hint_provider(struct mm_trial *trial, const char *where, const char *found, const char *own)
{
	struct provider theirs = parse(found), ours = parse(own);

	if (own[0] == '\0' || mm_hint_lookalike(trial, where, found, own))
		return;
	if (theirs.region.p && ours.region.p && !mm_span_eq(theirs.region, ours.region))
		MM_HINT("hint.region",
			"write the issuer of the cluster that the token is of, in principal and condition keys",
			"%s \"%.160s\" is of region %.*s, the token of %.*s (\"%.160s\")", where, found,
			(int)theirs.region.len, theirs.region.p, (int)ours.region.len, ours.region.p, own);
	else if (!mm_span_eq(theirs.host, ours.host))
		MM_HINT("hint.other-provider",
			"write the token's issuer, without https://, in principal and condition keys",
			"%s is \"%.160s\", which is another provider than the token's, \"%.160s\"", where, found, own);
	else if (!mm_span_eq(theirs.port, ours.port))
		MM_HINT("hint.port", "AWS takes issuers without a port alone",
			"%s is \"%.160s\", the token's issuer \"%.160s\": they differ by the port", where, found, own);
	else if (theirs.path.len == 0 || ours.path.len == 0)
		MM_HINT("hint.path", "write the issuer with its path, as the token has it",
			"%s is \"%.160s\", the token's issuer \"%.160s\": one of them has no path", where, found, own);
	else
		MM_HINT("hint.cluster",
			"write the issuer of the cluster that the token is of, in principal and condition keys",
			"%s \"%.160s\" is of another cluster than the token, \"%.160s\"", where, found, own);
}
