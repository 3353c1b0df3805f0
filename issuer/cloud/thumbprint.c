/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/thumbprint.h>

#include <mintmark/fetch.h>
#include <mintmark/json.h>
#include <mintmark/jwks.h>
#include <mintmark/url.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HTTPS_PORT = 443 };

/* ---- one thumbprint --------------------------------------------------------------------------------------------- */

static void write_hex(const uint8_t *bytes, size_t len, char *out)
{
	for (size_t i = 0; i < len; i++)
		snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

void mm_thumbprint_hex(const struct mm_certificate *certificate, char out[static MM_THUMBPRINT_SIZE])
{
	write_hex(certificate->sha1, sizeof certificate->sha1, out);
}

void mm_sha256_hex(const struct mm_certificate *certificate, char out[static MM_SHA256_HEX_SIZE])
{
	write_hex(certificate->sha256, sizeof certificate->sha256, out);
}

/* `chain` is taken over, `host` copied. */
static enum mm_code add(struct mm_thumbprints *out, struct mm_certchain *chain, const char *host, int port,
			const char *role, mm_time now, struct mm_err *err)
{
	struct mm_thumbprint *made = &out->v[out->n++];
	enum mm_code code;

	*made = (struct mm_thumbprint){.chain = chain, .port = port, .role = role};
	if (host && !(made->host = strdup(host)))
		return mm_fail(err, MM_ENOMEM, "out of memory");
	code = mm_thumbprint_judge(chain, host, NULL, now, &made->taken, &made->findings, err);
	if (code != MM_OK)
		return code;
	mm_thumbprint_hex(&chain->v[made->taken], made->hex);
	mm_sha256_hex(&chain->v[made->taken], made->sha256);
	return mm_findings_check(&made->findings, err);
}

void mm_thumbprints_clear(struct mm_thumbprints *thumbprints)
{
	for (size_t i = 0; i < thumbprints->n; i++) {
		free(thumbprints->v[i].host);
		mm_certchain_free(thumbprints->v[i].chain);
		mm_findings_free(&thumbprints->v[i].findings);
	}
	mm_findings_free(&thumbprints->findings);
	*thumbprints = (struct mm_thumbprints){0};
}

enum mm_code mm_thumbprint_of_file(struct mm_span text, const char *host, mm_time now, struct mm_thumbprints *out,
				   struct mm_err *err)
{
	struct mm_certchain *chain;
	enum mm_code code = mm_certchain_parse(text, &chain, err);

	return code == MM_OK ? add(out, chain, host, 0, "file", now, err) : code;
}

/* ---- what was asked for ----------------------------------------------------------------------------------------- */

struct target {
	struct mm_buf issuer;
	char *host;
	int port;
	bool is_url; /* the issuer was named, and not its host alone */
};

static void target_clear(struct target *target)
{
	mm_buf_free(&target->issuer);
	free(target->host);
}

static enum mm_code parse_url(const char *text, struct target *target, struct mm_err *err)
{
	mm_auto(mm_url) url = NULL;
	enum mm_code code = mm_url_parse(text, &url, err);

	if (code != MM_OK)
		return code;
	if (!url->https)
		return mm_fail(err, MM_EREFUSED,
			       "%.255s: plain http has no certificate, and IAM takes https:// issuers alone", text);
	if (url->query)
		return mm_fail(err, MM_EREFUSED, "%.255s: an issuer has no query (?)", text);
	target->is_url = true;
	target->port = url->port;
	target->host = mm_take(url->host);
	mm_buf_add_str(&target->issuer, text);
	return mm_buf_check(&target->issuer, err);
}

static enum mm_code parse_target(const char *text, struct target *target, struct mm_err *err)
{
	enum mm_code code;

	if (strstr(text, "://"))
		return parse_url(text, target, err);
	code = mm_host_parse(text, HTTPS_PORT, &target->host, &target->port, err);
	if (code != MM_OK)
		return code;
	mm_buf_add_str(&target->issuer, "https://");
	mm_host_add(&target->issuer, target->host);
	if (target->port != HTTPS_PORT)
		mm_buf_printf(&target->issuer, ":%d", target->port);
	return mm_buf_check(&target->issuer, err);
}

/* ---- the discovery document ------------------------------------------------------------------------------------- */

static void add_unread(struct mm_findings *findings, const char *why)
{
	mm_finding_add(
		findings, MM_FINDING_WARN, "discovery.unread",
		"ask again when it is served: if jwks_uri is on another host, the thumbprint of that one is needed",
		"whether the keys are on this host is not known, its discovery document cannot be read: %s", why);
}

/* Whether a public authority vouches for what was seen: then it must for what is read as well. */
static bool is_trusted(const struct target *target, const struct mm_certchain *chain, mm_time now)
{
	return mm_certificate_names(&chain->v[0], target->host) && mm_certchain_verify(chain, NULL, now, NULL) == MM_OK;
}

/* The document as it is served at the address whose certificates were seen. */
static enum mm_code read_document(const struct target *target, const struct mm_thumbprint_options *options,
				  const struct mm_certchain *chain, json_t **out, struct mm_err *err)
{
	const struct mm_fetch_options fetching = {
		.ca_file = options->ca_file,
		.timeout_ms = options->timeout_ms,
		.max_len = MM_DISCOVERY_MAX,
		.connect = chain->address,
		.unverified = !options->ca_file && !is_trusted(target, chain, options->now),
	};
	mm_auto_buf url = {0}, body = {0};
	enum mm_code code;

	mm_discovery_url(target->issuer.p, &url);
	code = mm_buf_check(&url, err);
	if (code == MM_OK)
		code = mm_fetch(url.p, &fetching, &body, err);
	if (code != MM_OK)
		return code;
	return mm_context(err, mm_json_load(mm_buf_span(&body), MM_DISCOVERY_MAX, out, err), "%.255s", url.p);
}

static void judge_issuer(const struct target *target, const json_t *document, struct mm_findings *findings)
{
	const char *issuer = mm_json_text(document, "issuer");

	if (target->is_url && (!issuer || strcmp(issuer, target->issuer.p) != 0))
		mm_finding_add(findings, MM_FINDING_WARN, "discovery.issuer",
			       "register the issuer as the document has it: it is compared byte for byte",
			       "the discovery document is of the issuer %.200s, not of %.200s",
			       issuer ? issuer : "(none)", target->issuer.p);
}

/* `*out` stays NULL where there is none to follow, and a finding says why. */
static enum mm_code find_jwks_host(const struct target *target, const struct mm_thumbprint_options *options,
				   const struct mm_certchain *chain, struct mm_url **out, struct mm_findings *findings,
				   struct mm_err *err)
{
	json_t *document = NULL;
	struct mm_err why = {0};
	const char *uri;
	enum mm_code code = read_document(target, options, chain, &document, &why);

	if (code == MM_ENOMEM)
		return mm_fail(err, code, "%s", why.text);
	if (code != MM_OK) {
		add_unread(findings, why.text);
		return MM_OK;
	}
	judge_issuer(target, document, findings);
	uri = mm_json_text(document, "jwks_uri");
	code = mm_url_parse(uri ? uri : "", out, &why);
	if (code == MM_OK && !(*out)->https) {
		mm_url_free(*out);
		*out = NULL;
	}
	if (!*out && code != MM_ENOMEM)
		mm_finding_add(findings, MM_FINDING_FAIL, "discovery.jwks-uri",
			       "set jwks_uri of the discovery document to the https:// URL of the JWKS",
			       "its jwks_uri is %.200s, expected https://HOST/PATH", uri ? uri : "missing");
	json_decref(document);
	return code == MM_ENOMEM ? mm_fail(err, code, "out of memory") : MM_OK;
}

/* ---- everything ------------------------------------------------------------------------------------------------- */

static enum mm_code add_jwks_host(const struct mm_url *jwks, const struct mm_thumbprint_options *options,
				  struct mm_thumbprints *out, struct mm_err *err)
{
	const struct mm_certchain_options connecting = {.timeout_ms = options->timeout_ms};
	struct mm_certchain *chain;
	enum mm_code code = mm_certchain_fetch(jwks->host, jwks->port, &connecting, &chain, err);

	if (code != MM_OK)
		return mm_context(err, code, "the host of jwks_uri");
	return add(out, chain, jwks->host, jwks->port, "jwks_uri", options->now, err);
}

static enum mm_code add_all(const struct target *target, const struct mm_thumbprint_options *options,
			    struct mm_thumbprints *out, struct mm_err *err)
{
	const struct mm_certchain_options connecting = {.connect = options->connect, .timeout_ms = options->timeout_ms};
	const char *role = target->is_url ? "issuer" : "host";
	mm_auto(mm_certchain) chain = NULL;
	mm_auto(mm_url) jwks = NULL;
	enum mm_code code = mm_certchain_fetch(target->host, target->port, &connecting, &chain, err);

	if (code == MM_OK && !options->host_alone)
		code = find_jwks_host(target, options, chain, &jwks, &out->findings, err);
	if (code == MM_OK && jwks) {
		bool same = strcmp(jwks->host, target->host) == 0 && jwks->port == target->port;

		role = same ? "issuer and jwks_uri" : "issuer";
		if (!same)
			code = add_jwks_host(jwks, options, out, err);
	}
	if (code == MM_OK)
		code = add(out, mm_take(chain), target->host, target->port, role, options->now, err);
	return code == MM_OK ? mm_findings_check(&out->findings, err) : code;
}

enum mm_code mm_thumbprint_of(const char *target, const struct mm_thumbprint_options *options,
			      struct mm_thumbprints *out, struct mm_err *err)
{
	MM_CLEANUP(target_clear) struct target parsed = {0};
	enum mm_code code = parse_target(target, &parsed, err);

	return code == MM_OK ? add_all(&parsed, options, out, err) : code;
}
