/* SPDX-License-Identifier: Apache-2.0 */
/* The answers of the two documents, judged without looking at what they say. */
#include "issuer/doctor/doctor_parts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	SLOW_MS = 1500,
	TOO_SLOW_MS = 5000,  /* AWS STS: "Couldn't retrieve verification key from your identity provider" */
	MAX_AGE_MAX = 86400, /* longer than this a rotated key stays unknown, and a revoked one known */
	CLOCK_WARN = 60,     /* what verifiers forgive */
	CLOCK_FAIL = 300,
	AGE_MAX = 31536000, /* of what a cache gives; a longer one is a lie */
};

static const struct names {
	const char *fetch, *status, *redirects, *size, *type, *cache, *encoding, *time;
	const char *media[3]; /* NULL at the end; the first is the one to use */
	size_t max;
} names[MM_DOCTOR_DOCUMENT_COUNT] = {
	[MM_DOCTOR_DISCOVERY] = {"discovery.fetch",
				 "discovery.status",
				 "discovery.redirects",
				 "discovery.size",
				 "http.discovery-type",
				 "http.discovery-cache",
				 "http.discovery-encoding",
				 "http.discovery-time",
				 {"application/json"},
				 MM_DISCOVERY_MAX},
	[MM_DOCTOR_JWKS] = {"jwks.fetch",
			    "jwks.status",
			    "jwks.redirects",
			    "jwks.size",
			    "http.jwks-type",
			    "http.jwks-cache",
			    "http.jwks-encoding",
			    "http.jwks-time",
			    {"application/jwk-set+json", "application/json"},
			    MM_JWKS_MAX},
};

/* ---- whether there is an answer --------------------------------------------------------------------------------- */

static bool is_redirect(long status)
{
	return status >= 300 && status < 400;
}

static const char *remedy_of_status(long status)
{
	switch (status) {
	case 401:
	case 403: return "let everybody read it: the clouds have no credentials, and it holds nothing secret";
	case 404:
		return "publish it at ISSUER/.well-known/openid-configuration, with jwks_uri naming where the keys are";
	case 429: return "do not throttle it: the clouds ask from few addresses for many";
	default: return "see the log of the server";
	}
}

static void judge_status(const struct names *checks, const struct mm_fetched *fetched, struct mm_findings *report)
{
	if (fetched->status == 200)
		mm_finding_add(report, MM_FINDING_PASS, checks->status, NULL, "200");
	else
		mm_finding_add(report, MM_FINDING_FAIL, checks->status, remedy_of_status(fetched->status),
			       "%.255s: the answer is %ld, expected 200", fetched->url, fetched->status);
}

static void judge_redirects(const struct names *checks, const struct mm_fetched *fetched, struct mm_findings *report)
{
	if (fetched->redirects == 0)
		mm_finding_add(report, MM_FINDING_PASS, checks->redirects, NULL, "none");
	else
		mm_finding_add(report, MM_FINDING_WARN, checks->redirects,
			       "serve the document where it is asked for: verifiers need not follow",
			       "%u on the way to %.255s", fetched->redirects, fetched->url);
}

/* What mm_fetch_look gave up on: a document that is too long, a redirect that is not followed, or no answer. */
static void judge_failure(const struct names *checks, const struct mm_doctor_look *look, struct mm_findings *report)
{
	const struct mm_fetched *fetched = &look->fetched;

	if (look->code != MM_ELIMIT && !is_redirect(fetched->status)) {
		mm_finding_add(report, MM_FINDING_FAIL, checks->fetch,
			       look->code == MM_ETIMEOUT ? "have it answer at once: AWS STS waits 5 s at most"
							 : "see the log of the server",
			       "%s", look->why.text);
		return;
	}
	mm_finding_add(report, MM_FINDING_PASS, checks->fetch, NULL, "%.255s", fetched->url);
	if (is_redirect(fetched->status)) {
		mm_finding_add(report, MM_FINDING_FAIL, checks->redirects,
			       "serve the document where it is asked for: verifiers need not follow", "%s",
			       look->why.text);
		return;
	}
	judge_redirects(checks, fetched, report);
	judge_status(checks, fetched, report);
	if (mm_doctor_holds(report, checks->status))
		mm_finding_add(report, MM_FINDING_FAIL, checks->size, "publish what verifiers need, and nothing else",
			       "%s", look->why.text);
}

/* ---- its headers ------------------------------------------------------------------------------------------------ */

/* `text` up to the first of `end`, without the spaces around it. */
static struct mm_span word(const char *text, const char *end)
{
	size_t len;

	text += strspn(text, " \t");
	len = strcspn(text, end);
	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		len--;
	return mm_span(text, len);
}

static bool same_word(struct mm_span a, const char *b)
{
	return a.len == strlen(b) && strncasecmp(a.p, b, a.len) == 0;
}

static void judge_type(const struct names *checks, const struct mm_fetched *fetched, struct mm_findings *report)
{
	const char *type = mm_fetched_header(fetched, "content-type");

	for (const char *const *media = checks->media; type && *media; media++) {
		if (same_word(word(type, ";"), *media)) {
			mm_finding_add(report, MM_FINDING_PASS, checks->type, NULL, "%.80s", type);
			return;
		}
	}
	mm_finding_add(report, MM_FINDING_WARN, checks->type,
		       "set Content-Type of what is uploaded, or in the server's table of media types",
		       "Content-Type is %.80s, expected %s", type ? type : "missing", checks->media[0]);
}

/* Whether Cache-Control has the directive, and its value, if it is a number, in `*value` (RFC 9111 §5.2). */
static bool find_directive(const char *control, const char *name, long *value)
{
	for (const char *p = control; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL) {
		struct mm_span directive = word(p, ",=");

		if (!same_word(directive, name))
			continue;
		p = directive.p + directive.len;
		p += strspn(p, " \t=\"");
		*value = *p >= '0' && *p <= '9' ? strtol(p, NULL, 10) : -1;
		return true;
	}
	return false;
}

static void judge_cache(const struct names *checks, const struct mm_fetched *fetched, struct mm_findings *report)
{
	static const char remedy[] = "say Cache-Control: public, max-age=3600, or what the rotation of keys allows";
	const char *control = mm_fetched_header(fetched, "cache-control");
	long age = -1, unused;

	if (!control)
		mm_finding_add(report, MM_FINDING_WARN, checks->cache, remedy,
			       "no Cache-Control: how long it is kept is everybody's guess");
	else if (find_directive(control, "no-store", &unused) || find_directive(control, "no-cache", &unused) ||
		 !find_directive(control, "max-age", &age) || age == 0)
		mm_finding_add(
			report, MM_FINDING_WARN, checks->cache, remedy,
			"Cache-Control is \"%.80s\": each verification may ask anew, and fails when nobody answers",
			control);
	else if (age < 0)
		mm_finding_add(report, MM_FINDING_WARN, checks->cache, remedy,
			       "Cache-Control is \"%.80s\": max-age is no number", control);
	else if (age > MAX_AGE_MAX)
		mm_finding_add(report, MM_FINDING_WARN, checks->cache, remedy,
			       "max-age is %ld s: for so long a new key may be unknown, and a revoked one trusted",
			       age);
	else
		mm_finding_add(report, MM_FINDING_PASS, checks->cache, NULL, "%.80s", control);
}

/* Nothing was asked for but the bytes themselves. */
static void judge_encoding(const struct names *checks, const struct mm_fetched *fetched, struct mm_findings *report)
{
	const char *encoding = mm_fetched_header(fetched, "content-encoding");

	if (!encoding || same_word(word(encoding, ","), "identity"))
		mm_finding_add(report, MM_FINDING_PASS, checks->encoding, NULL, "not compressed");
	else
		mm_finding_add(report, MM_FINDING_FAIL, checks->encoding,
			       "compress only for clients that say Accept-Encoding; upload it without Content-Encoding",
			       "Content-Encoding is %.80s, and no compression was asked for", encoding);
}

static void judge_time(const struct names *checks, const struct mm_fetched *fetched, struct mm_findings *report)
{
	long long ms = (long long)fetched->elapsed_ms;

	if (ms >= TOO_SLOW_MS)
		mm_finding_add(report, MM_FINDING_FAIL, checks->time, "serve it from memory, a file or a CDN",
			       "it took %lld ms: AWS STS gives up after %d", ms, TOO_SLOW_MS);
	else if (ms >= SLOW_MS)
		mm_finding_add(report, MM_FINDING_WARN, checks->time, "serve it from memory, a file or a CDN",
			       "it took %lld ms, of the %d that AWS STS waits", ms, TOO_SLOW_MS);
	else
		mm_finding_add(report, MM_FINDING_PASS, checks->time, NULL, "%lld ms", ms);
}

static void judge_cors(const struct mm_fetched *fetched, struct mm_findings *report)
{
	const char *origin = mm_fetched_header(fetched, "access-control-allow-origin");

	mm_finding_add(report, MM_FINDING_PASS, "http.cors", NULL, "%s%.80s",
		       origin ? "Access-Control-Allow-Origin: " : "none, which only verifiers in browsers would miss",
		       origin ? origin : "");
}

bool mm_doctor_judge_answer(enum mm_doctor_document document, const struct mm_doctor_look *look,
			    struct mm_findings *report)
{
	const struct names *checks = &names[document];
	const struct mm_fetched *fetched = &look->fetched;

	if (look->code != MM_OK) {
		judge_failure(checks, look, report);
		return false;
	}
	mm_finding_add(report, MM_FINDING_PASS, checks->fetch, NULL, "%.255s", fetched->url);
	judge_status(checks, fetched, report);
	judge_redirects(checks, fetched, report);
	judge_time(checks, fetched, report);
	if (fetched->status != 200)
		return false;
	mm_finding_add(report, MM_FINDING_PASS, checks->size, NULL, "%zu bytes", fetched->body.len);
	judge_type(checks, fetched, report);
	judge_cache(checks, fetched, report);
	judge_encoding(checks, fetched, report);
	if (document == MM_DOCTOR_DISCOVERY)
		judge_cors(fetched, report);
	return mm_doctor_holds(report, checks->encoding);
}

/* ---- what takes two looks, or a clock --------------------------------------------------------------------------- */

/* A cache says how old the answer is that it gives (RFC 9111 §5.1). */
static mm_duration age_of(const struct mm_fetched *fetched)
{
	const char *age = mm_fetched_header(fetched, "age");
	long seconds = age ? strtol(age, NULL, 10) : 0;

	return seconds > 0 && seconds <= AGE_MAX ? seconds : 0;
}

void mm_doctor_judge_clock(const struct mm_fetched *fetched, mm_time now, struct mm_findings *report)
{
	const char *date = mm_fetched_header(fetched, "date");
	enum mm_finding_level level;
	mm_duration distance;
	mm_time theirs;

	if (!date || mm_http_date_parse(date, &theirs, NULL) != MM_OK) {
		mm_finding_add(report, MM_FINDING_SKIP, "clock.date", NULL, "the server does not say what time it has");
		return;
	}
	theirs += age_of(fetched);
	distance = theirs > now ? theirs - now : now - theirs;
	level = distance >= CLOCK_FAIL ? MM_FINDING_FAIL : distance >= CLOCK_WARN ? MM_FINDING_WARN : MM_FINDING_PASS;
	if (level == MM_FINDING_PASS)
		mm_finding_add(report, level, "clock.date", NULL, "the server's clock agrees with ours");
	else
		mm_finding_add(
			report, level, "clock.date",
			"have both set their clocks by NTP: tokens are refused that seem to come from the future",
			"the server's clock is %lld s %s ours (%.40s)", (long long)distance,
			theirs > now ? "ahead of" : "behind", date);
}

void mm_doctor_judge_stability(const struct mm_doctor_look *first, const struct mm_doctor_look *second,
			       struct mm_findings *report)
{
	static const char remedy[] = "have every replica and cache serve the same JWKS";

	if (second->code != MM_OK)
		mm_finding_add(report, MM_FINDING_WARN, "jwks.stable", remedy, "asked again at once: %s",
			       second->why.text);
	else if (second->fetched.status != first->fetched.status)
		mm_finding_add(report, MM_FINDING_WARN, "jwks.stable", remedy,
			       "asked again at once, the answer is %ld in place of %ld", second->fetched.status,
			       first->fetched.status);
	else if (!mm_span_eq(mm_buf_span(&first->fetched.body), mm_buf_span(&second->fetched.body)))
		mm_finding_add(report, MM_FINDING_WARN, "jwks.stable", remedy,
			       "asked again at once, it gave other bytes: %zu before, %zu then",
			       first->fetched.body.len, second->fetched.body.len);
	else
		mm_finding_add(report, MM_FINDING_PASS, "jwks.stable", NULL, "the same bytes when asked again");
}
