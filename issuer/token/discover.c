/* SPDX-License-Identifier: Apache-2.0 */
/* What a stranger does who knows nothing of an issuer but its URL (OpenID Connect Discovery 1.0 §4). */
#include <mintmark/clock.h>
#include <mintmark/document.h>
#include <mintmark/fetch.h>
#include <mintmark/json.h>
#include <mintmark/jwks.h>
#include <mintmark/url.h>
#include <string.h>

enum { TIMEOUT_MS = 5000 };

/* How both documents are fetched: one deadline for the two of them. */
struct manner {
	const char *ca_file;
	int64_t deadline_ns;
};

static enum mm_code fetch(const char *url, const struct manner *manner, size_t max_len, struct mm_buf *out,
			  struct mm_err *err)
{
	int64_t left_ms = (manner->deadline_ns - mm_clock_monotonic_ns()) / 1000000;
	const struct mm_fetch_options options = {
		.ca_file = manner->ca_file, .timeout_ms = (int)left_ms, .max_len = max_len};

	if (left_ms <= 0)
		return mm_fail(err, MM_ETIMEOUT, "%.255s: no time is left to fetch it", url);
	return mm_fetch(url, &options, out, err);
}

void mm_discovery_url(const char *issuer, struct mm_buf *out)
{
	size_t len = strlen(issuer);

	if (len > 0 && issuer[len - 1] == '/')
		len--;
	mm_buf_add(out, issuer, len);
	mm_buf_add_str(out, MM_DISCOVERY_PATH);
}

/* An issuer is foreign here, so only what the standard forbids is refused. */
static enum mm_code parse_issuer(const char *issuer, struct mm_url **out, struct mm_err *err)
{
	enum mm_code code = mm_url_parse(issuer, out, err);

	if (code == MM_OK && (*out)->query)
		return mm_fail(err, MM_EREFUSED, "issuer %.255s: a query is not allowed", issuer);
	return code;
}

/* §4.3: or else any issuer could speak for any other. */
static enum mm_code check_issuer(const json_t *document, const char *issuer, struct mm_err *err)
{
	const char *found = mm_json_text(document, "issuer");

	if (!found)
		return mm_fail(err, MM_EPARSE, "member \"issuer\" is missing or not a string");
	if (strcmp(found, issuer) != 0)
		return mm_fail(err, MM_EREFUSED, "its issuer is \"%.160s\", not \"%.160s\"", found, issuer);
	return MM_OK;
}

/* An issuer on https cannot send us to plain http, not even to our own loopback. */
static enum mm_code check_jwks_uri(const json_t *document, const struct mm_url *issuer, const char **out,
				   struct mm_err *err)
{
	mm_auto(mm_url) url = NULL;
	enum mm_code code;

	*out = mm_json_text(document, "jwks_uri");
	if (!*out)
		return mm_fail(err, MM_EPARSE, "member \"jwks_uri\" is missing or not a string");
	code = mm_url_parse(*out, &url, err);
	if (code != MM_OK)
		return code;
	if (!url->https && (issuer->https || !mm_host_is_loopback(url->host)))
		return mm_fail(err, MM_EREFUSED, "its jwks_uri %.255s is not https", *out);
	return MM_OK;
}

static enum mm_code fetch_jwks(const char *url, const struct manner *manner, struct mm_jwks **out, struct mm_err *err)
{
	mm_auto_buf body = {0};
	enum mm_code code = fetch(url, manner, MM_JWKS_MAX, &body, err);

	if (code != MM_OK)
		return code;
	return mm_context(err, mm_jwks_parse(mm_buf_span(&body), out, err), "%.255s", url);
}

static enum mm_code follow(const json_t *document, const char *issuer, const struct mm_url *parts,
			   const struct manner *manner, const char *document_url, struct mm_jwks **out,
			   struct mm_err *err)
{
	const char *jwks_uri;
	enum mm_code code = check_issuer(document, issuer, err);

	if (code == MM_OK)
		code = check_jwks_uri(document, parts, &jwks_uri, err);
	if (code != MM_OK)
		return mm_context(err, code, "%.255s", document_url);
	return fetch_jwks(jwks_uri, manner, out, err);
}

enum mm_code mm_jwks_discover(const char *issuer, const char *ca_file, int timeout_ms, struct mm_jwks **out,
			      struct mm_err *err)
{
	const struct manner manner = {
		.ca_file = ca_file,
		.deadline_ns = mm_clock_monotonic_ns() + (int64_t)(timeout_ms ? timeout_ms : TIMEOUT_MS) * 1000000,
	};
	mm_auto_buf url = {0}, body = {0};
	mm_auto(mm_url) parts = NULL;
	json_t *document = NULL;
	enum mm_code code;

	*out = NULL;
	code = parse_issuer(issuer, &parts, err);
	mm_discovery_url(issuer, &url);
	if (code == MM_OK)
		code = mm_buf_check(&url, err);
	if (code == MM_OK)
		code = fetch(url.p, &manner, MM_DISCOVERY_MAX, &body, err);
	if (code != MM_OK)
		return code;
	code = mm_json_load(mm_buf_span(&body), MM_DISCOVERY_MAX, &document, err);
	if (code != MM_OK)
		return mm_context(err, code, "%.255s", url.p);
	code = follow(document, issuer, parts, &manner, url.p, out, err);
	json_decref(document);
	return code;
}
