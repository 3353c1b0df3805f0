/* SPDX-License-Identifier: Apache-2.0 */
/* Going there: what the clouds fetch, one thing after the other, each with a deadline. The judges say the rest. */
#include "issuer/doctor/doctor_parts.h"

#include <mintmark/json.h>
#include <stdio.h>
#include <string.h>

struct visit {
	const char *issuer;
	const struct mm_url *url;
	const struct mm_doctor_options *options;
	struct mm_url *jwks_url;                                   /* NULL: not known, or not to be asked */
	struct mm_doctor_server servers[MM_DOCTOR_DOCUMENT_COUNT]; /* without a chain: not reached, or no other one */
	json_t *discovery;
	struct mm_doctor_look jwks; /* the first look at it */
	json_t *sound_keys;
	struct mm_findings *report;
};

static void visit_end(struct visit *visit)
{
	mm_url_free(visit->jwks_url);
	for (size_t i = 0; i < MM_COUNT(visit->servers); i++)
		mm_certchain_free(visit->servers[i].chain);
	json_decref(visit->discovery);
	mm_fetched_clear(&visit->jwks.fetched);
	json_decref(visit->sound_keys);
}

static void look_end(struct mm_doctor_look *look)
{
	mm_fetched_clear(&look->fetched);
}

/* ---- servers ---------------------------------------------------------------------------------------------------- */

/* The scope of what a connection went to: "192.0.2.1:443", "[2001:db8::1]:443". */
static enum mm_scope scope_of_peer(const char *address)
{
	enum mm_scope scope = MM_SCOPE_PUBLIC;
	mm_auto_string host = NULL;
	int port;

	if (mm_hostport_parse(address, &host, &port, NULL) == MM_OK)
		mm_scope_of(host, &scope);
	return scope;
}

/* Whether the issuer may send us to this address for its keys. */
static bool may_be_led(const char *address, const void *context)
{
	const struct mm_doctor_server *issuer = context;
	enum mm_scope scope;

	return mm_scope_of(address, &scope) && mm_scope_may_lead(issuer->scope, scope);
}

/* Reaches a server and judges it. Its chain stays NULL when it could not be reached, for which `*why` is the reason. */
static enum mm_code reach(struct visit *visit, enum mm_doctor_document document, const struct mm_url *url,
			  const struct mm_certchain_options *options, struct mm_err *why, struct mm_err *err)
{
	struct mm_doctor_server *server = &visit->servers[document];
	enum mm_code code;

	server->host = url->host;
	server->placed = options->connect != NULL;
	server->ca_file = visit->options->ca_file;
	server->now = visit->options->now;
	code = mm_certchain_fetch(url->host, url->port, options, &server->chain, why);
	if (code == MM_ENOMEM || code == MM_ECRYPTO)
		return mm_fail(err, code, "%s", why->text);
	if (code != MM_OK)
		return MM_OK;
	server->scope = scope_of_peer(server->chain->address);
	return mm_doctor_judge_chain(document, server, visit->report, err);
}

static enum mm_code reach_issuer(struct visit *visit, struct mm_err *err)
{
	const struct mm_certchain_options options = {.connect = visit->options->connect,
						     .timeout_ms = visit->options->timeout_ms};
	struct mm_err why = {0};
	enum mm_code code = reach(visit, MM_DOCTOR_DISCOVERY, visit->url, &options, &why, err);

	if (code == MM_OK && !visit->servers[MM_DOCTOR_DISCOVERY].chain)
		mm_doctor_judge_unreached(MM_DOCTOR_DISCOVERY, &why, visit->report);
	return code;
}

/* Another port of the issuer's host is where that host is: its address, as --connect takes it. */
static void add_place_of_host(const struct visit *visit, struct mm_buf *out)
{
	const char *address = visit->servers[MM_DOCTOR_DISCOVERY].chain->address, *port = strrchr(address, ':');

	if (port && strcmp(visit->url->host, visit->jwks_url->host) == 0)
		mm_buf_add(out, address, (size_t)(port - address));
}

/* The host of jwks_uri, where it is another server, and one that we may be led to. */
static enum mm_code reach_other(struct visit *visit, struct mm_err *err)
{
	const struct mm_url *url = visit->jwks_url;
	const struct mm_doctor_server *issuer = &visit->servers[MM_DOCTOR_DISCOVERY];
	struct mm_certchain_options options = {
		.timeout_ms = visit->options->timeout_ms, .allows = may_be_led, .context = issuer};
	mm_auto_buf place = {0};
	struct mm_err why = {0};
	enum mm_code code;

	if (issuer->chain)
		add_place_of_host(visit, &place);
	code = mm_buf_check(&place, err);
	options.connect = place.p;
	if (code == MM_OK)
		code = reach(visit, MM_DOCTOR_JWKS, url, &options, &why, err);
	if (code != MM_OK)
		return code;
	if (why.code == MM_EREFUSED) {
		mm_finding_add(visit->report, MM_FINDING_FAIL, "discovery.jwks-host",
			       "serve the keys where the clouds can fetch them: beside the discovery document",
			       "an issuer at a %s address cannot lead anybody there: %s", mm_scope_words[issuer->scope],
			       why.text);
		return MM_OK;
	}
	mm_finding_add(visit->report, MM_FINDING_PASS, "discovery.jwks-host", NULL,
		       "%s, where the issuer's is %s: IAM asks for the thumbprints of both", url->host,
		       visit->url->host);
	if (!visit->servers[MM_DOCTOR_JWKS].chain)
		mm_doctor_judge_unreached(MM_DOCTOR_JWKS, &why, visit->report);
	return MM_OK;
}

/* ---- documents -------------------------------------------------------------------------------------------------- */

/*
 * Where a document is fetched: at the address that was judged, so that a name cannot lead to another in the meantime.
 * NULL: what the URL says, for plain http of loopback.
 */
struct place {
	const char *address;
	const struct mm_doctor_server *trusted; /* its certificate was found good; NULL: it was not */
};

/* This is another connection: what was found of the first one must hold of it as well. */
static enum mm_code look_at(const struct visit *visit, const char *url, const struct place *place, size_t max_len,
			    struct mm_doctor_look *look, struct mm_err *err)
{
	const struct mm_doctor_server *server = place->trusted;
	const struct mm_fetch_options options = {
		.timeout_ms = visit->options->timeout_ms,
		.max_len = max_len,
		.connect = place->address,
		.ca_file = server && !server->public ? server->ca_file : NULL,
		.unverified = !server,
	};

	look->code = mm_fetch_look(url, &options, &look->fetched, &look->why);
	return look->code == MM_ENOMEM ? mm_fail(err, MM_ENOMEM, "out of memory") : MM_OK;
}

/* Where a server was met; the address is NULL: nowhere. */
static struct place place_of(const struct visit *visit, enum mm_doctor_document document)
{
	static const char *const checks[][2] = {{"tls.name", "tls.trust"}, {"tls.jwks-name", "tls.jwks-trust"}};
	const struct mm_doctor_server *server = &visit->servers[document];
	bool trusted = mm_doctor_holds(visit->report, checks[document][0]) &&
		       mm_doctor_holds(visit->report, checks[document][1]);

	if (!server->chain)
		return (struct place){0};
	return (struct place){server->chain->address, trusted ? server : NULL};
}

static enum mm_code examine_discovery(struct visit *visit, struct mm_err *err)
{
	struct place place = visit->url->https ? place_of(visit, MM_DOCTOR_DISCOVERY)
					       : (struct place){visit->options->connect, NULL};
	MM_CLEANUP(look_end) struct mm_doctor_look look = {0};
	mm_auto_buf url = {0};
	enum mm_code code;

	mm_discovery_url(visit->issuer, &url);
	code = mm_buf_check(&url, err);
	if (code == MM_OK)
		code = look_at(visit, url.p, &place, MM_DISCOVERY_MAX, &look, err);
	if (code != MM_OK)
		return code;
	if (mm_doctor_judge_answer(MM_DOCTOR_DISCOVERY, &look, visit->report))
		visit->discovery = mm_doctor_judge_discovery(mm_buf_span(&look.fetched.body), visit->issuer, visit->url,
							     &visit->jwks_url, visit->report);
	if (look.code == MM_OK)
		mm_doctor_judge_clock(&look.fetched, visit->options->now, visit->report);
	return MM_OK;
}

/* From where the keys are to be fetched, as look_at takes it; false in `*found`: they are out of reach. */
static enum mm_code find_keys(struct visit *visit, struct place *place, bool *found, struct mm_err *err)
{
	enum mm_code code = MM_OK;

	if (visit->jwks_url->https && !mm_url_same_origin(visit->url, visit->jwks_url)) {
		code = reach_other(visit, err);
		*place = place_of(visit, MM_DOCTOR_JWKS);
		*found = place->address;
		return code;
	}
	mm_finding_add(visit->report, MM_FINDING_PASS, "discovery.jwks-host", NULL, "%s", visit->jwks_url->host);
	*found = true;
	if (visit->jwks_url->https)
		*place = place_of(visit, MM_DOCTOR_DISCOVERY);
	else
		place->address = mm_url_same_origin(visit->url, visit->jwks_url) ? visit->options->connect : NULL;
	return MM_OK;
}

static enum mm_code examine_jwks(struct visit *visit, struct mm_err *err)
{
	const char *url = mm_json_text(visit->discovery, "jwks_uri");
	MM_CLEANUP(look_end) struct mm_doctor_look again = {0};
	struct place place = {0};
	bool found = false;
	enum mm_code code = find_keys(visit, &place, &found, err);

	if (code == MM_OK && found)
		code = look_at(visit, url, &place, MM_JWKS_MAX, &visit->jwks, err);
	if (code != MM_OK || !found || !mm_doctor_judge_answer(MM_DOCTOR_JWKS, &visit->jwks, visit->report))
		return code;
	visit->sound_keys = mm_doctor_judge_jwks(mm_buf_span(&visit->jwks.fetched.body), visit->discovery,
						 visit->report);
	code = look_at(visit, url, &place, MM_JWKS_MAX, &again, err);
	if (code == MM_OK)
		mm_doctor_judge_stability(&visit->jwks, &again, visit->report);
	return code;
}

/* ---- everything ------------------------------------------------------------------------------------------------- */

static enum mm_code examine_documents(struct visit *visit, struct mm_err *err)
{
	bool reachable = visit->url->https || mm_host_is_loopback(visit->url->host);
	enum mm_code code = MM_OK;

	if (visit->url->query || !reachable)
		return MM_OK;
	visit->servers[MM_DOCTOR_DISCOVERY].scope = MM_SCOPE_LOOPBACK; /* of plain http */
	if (visit->url->https)
		code = reach_issuer(visit, err);
	if (code == MM_OK && (!visit->url->https || visit->servers[MM_DOCTOR_DISCOVERY].chain))
		code = examine_discovery(visit, err);
	if (code == MM_OK && visit->jwks_url)
		code = examine_jwks(visit, err);
	return code;
}

static void examine_token(const struct visit *visit)
{
	mm_auto(mm_jwks) jwks = NULL;

	if (mm_doctor_holds(visit->report, "jwks.usable") &&
	    mm_jwks_parse(mm_buf_span(&visit->jwks.fetched.body), &jwks, NULL) == MM_ENOMEM)
		visit->report->failed = true;
	mm_doctor_judge_token(visit->issuer, jwks, visit->options, visit->report);
}

enum mm_code mm_doctor_visit(const char *issuer, const struct mm_url *url, const struct mm_doctor_options *options,
			     struct mm_findings *report, struct mm_err *err)
{
	MM_CLEANUP(visit_end) struct visit visit = {.issuer = issuer, .url = url, .options = options, .report = report};
	enum mm_code code = examine_documents(&visit, err);
	struct mm_doctor_patient patient = {.issuer = issuer, .jwks = visit.sound_keys};

	if (code != MM_OK)
		return code;
	for (size_t i = 0; i < MM_COUNT(patient.servers); i++)
		patient.servers[i] = visit.servers[i].chain ? &visit.servers[i] : NULL;
	mm_doctor_judge_clouds(&patient, options->clouds, report);
	if (options->token.p)
		examine_token(&visit);
	return MM_OK;
}
