/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/cloud.h>

#include <mintmark/json.h>
#include <mintmark/url.h>
#include <string.h>

static const char *const rsa_and_ec[] = {"RS256", "RS384", "RS512", "ES256", "ES384", "ES512", NULL};
static const char *const rs256[] = {"RS256", NULL};

const struct mm_cloud mm_clouds[MM_CLOUD_COUNT] = {
	/*
	 * IAM User Guide, "IAM and AWS STS quotas" and "Create an OIDC identity provider in IAM"; API Reference,
	 * CreateOpenIDConnectProvider. A token without kid is matched against kid "".
	 */
	[MM_CLOUD_AWS] =
		{
			.id = MM_CLOUD_AWS,
			.name = "aws",
			.title = "AWS IAM",
			.algorithms = rsa_and_ec,
			.audience = "sts.amazonaws.com",
			.issuer_max = 255,
			.rsa_keys_max = 100,
			.ec_keys_max = 100,
			.keys_beyond_refused = true,
			.audiences_max = 100,
			.audience_max = 255,
			.answer_ms = 5000,
		},
	/*
	 * IAM API v1, WorkloadIdentityPoolProvider: Oidc.allowedAudiences, Oidc.jwksJson; attributeMapping for the 127
	 * bytes of google.subject. Without audiences, the provider's own name is the one.
	 */
	[MM_CLOUD_GCP] =
		{
			.id = MM_CLOUD_GCP,
			.name = "gcp",
			.title = "Google Cloud workload identity federation",
			.algorithms = rsa_and_ec,
			.audiences_max = 10,
			.audience_max = 256,
			.subject_max = 127,
			.port_allowed = true,
			.needs_kid = true,
			.needs_alg = true,
		},
	/* Microsoft Graph v1.0, federatedIdentityCredential; "Workload identity federation: considerations". */
	[MM_CLOUD_AZURE] =
		{
			.id = MM_CLOUD_AZURE,
			.name = "azure",
			.title = "Microsoft Entra",
			.algorithms = rs256,
			.audience = "api://AzureADTokenExchange",
			.issuer_max = 600,
			.keys_max = 100,
			.audiences_max = 1,
			.audience_max = 600,
			.subject_max = 600,
			.port_allowed = true,
		},
};

bool mm_cloud_takes(const struct mm_cloud *cloud, const char *algorithm)
{
	for (const char *const *name = cloud->algorithms; *name; name++) {
		if (strcmp(*name, algorithm) == 0)
			return true;
	}
	return false;
}

/* The names of findings are static: those of one rule, in the order of enum mm_cloud_id. */
#define CHECK(cloud, rule)                                                                                             \
	(((const char *const[MM_CLOUD_COUNT]){                                                                         \
		[MM_CLOUD_AWS] = "aws." rule, [MM_CLOUD_GCP] = "gcp." rule, [MM_CLOUD_AZURE] = "azure." rule})         \
		 [(cloud)->id])

/* ---- the issuer URL --------------------------------------------------------------------------------------------- */

static bool ends_in_slash(const char *text)
{
	size_t len = strlen(text);

	return len > 0 && text[len - 1] == '/';
}

/* What follows from the parts that the URL has, or should not have. */
static void check_url(const struct mm_cloud *cloud, const char *issuer, const struct mm_url *url,
		      struct mm_findings *findings)
{
	if (!url->https)
		mm_finding_add(findings, MM_FINDING_FAIL, CHECK(cloud, "issuer-scheme"),
			       "serve the documents over https, and have iss begin with https://",
			       "the issuer %s is plain http: %s takes https alone", issuer, cloud->title);
	if (url->port_explicit && !cloud->port_allowed)
		mm_finding_add(findings, MM_FINDING_FAIL, CHECK(cloud, "issuer-port"),
			       "serve the documents at port 443, and leave the port off",
			       "the issuer %s has the port %d: %s takes no port", issuer, url->port, cloud->title);
	if (url->query)
		mm_finding_add(findings, MM_FINDING_FAIL, CHECK(cloud, "issuer-query"), "leave the query off",
			       "the issuer %s has a query, and \"/.well-known/...\" cannot be appended to that "
			       "(OpenID Connect Discovery 1.0 section 3)",
			       issuer);
	if (mm_host_is_loopback(url->host))
		mm_finding_add(findings, MM_FINDING_WARN, CHECK(cloud, "issuer-host"),
			       "name a host that the world can reach",
			       "the issuer's host %s is the loopback of whoever asks: %s cannot fetch its documents",
			       url->host, cloud->title);
}

/* What is no fault by itself, but seldom what the tokens say: iss is compared byte for byte. */
static void check_spelling(const struct mm_cloud *cloud, const char *issuer, struct mm_findings *findings)
{
	if (mm_url_has_upper_case(issuer))
		mm_finding_add(findings, MM_FINDING_WARN, CHECK(cloud, "issuer-case"),
			       "write scheme and host in lower case, in the configuration and where it is registered",
			       "the issuer %s has upper-case letters in its scheme or host: %s compares it with iss "
			       "byte for byte",
			       issuer, cloud->title);
	if (ends_in_slash(issuer))
		mm_finding_add(findings, MM_FINDING_WARN, CHECK(cloud, "issuer-slash"),
			       "leave the slash off everywhere, or have iss end in it too",
			       "the issuer %s ends in a slash: with it or without it are two issuers to %s", issuer,
			       cloud->title);
}

void mm_cloud_check_issuer(const struct mm_cloud *cloud, const char *issuer, struct mm_findings *findings)
{
	mm_auto(mm_url) url = NULL;
	struct mm_err err = {0};
	size_t before = findings->n;

	if (mm_url_parse(issuer, &url, &err) != MM_OK) {
		mm_finding_add(findings, MM_FINDING_FAIL, CHECK(cloud, "issuer-url"),
			       "an issuer is https://HOST or https://HOST/PATH", "no issuer URL: %s", err.text);
		return;
	}
	check_url(cloud, issuer, url, findings);
	check_spelling(cloud, issuer, findings);
	if (cloud->issuer_max > 0 && strlen(issuer) > cloud->issuer_max)
		mm_finding_add(findings, MM_FINDING_FAIL, CHECK(cloud, "issuer-length"), "choose a shorter URL",
			       "the issuer has %zu characters: %s takes %zu", strlen(issuer), cloud->title,
			       cloud->issuer_max);
	/* What nobody refuses, but readers disagree on: "//", "..", percent-encoding. */
	if (findings->n == before && mm_issuer_url_check(issuer, NULL, &err) == MM_EREFUSED)
		mm_finding_add(findings, MM_FINDING_WARN, CHECK(cloud, "issuer-path"),
			       "choose a URL that has one way of writing it", "%s", err.text);
}

/* ---- audiences -------------------------------------------------------------------------------------------------- */

void mm_cloud_check_audiences(const struct mm_cloud *cloud, const struct mm_strings *audiences,
			      struct mm_findings *findings)
{
	if (audiences->n > cloud->audiences_max)
		mm_finding_add(findings, MM_FINDING_FAIL, CHECK(cloud, "audiences-count"),
			       "register those that tokens really have",
			       "%zu audiences are to be registered: %s takes %zu", audiences->n, cloud->title,
			       cloud->audiences_max);
	for (size_t i = 0; i < audiences->n; i++) {
		if (strlen(audiences->v[i]) > cloud->audience_max)
			mm_finding_add(findings, MM_FINDING_FAIL, CHECK(cloud, "audience-length"),
				       "choose a shorter audience",
				       "the audience %.40s... has %zu characters: %s takes %zu", audiences->v[i],
				       strlen(audiences->v[i]), cloud->title, cloud->audience_max);
	}
	if (audiences->n > 0 && cloud->audience && !mm_strings_has(audiences, cloud->audience))
		mm_finding_add(findings, MM_FINDING_WARN, CHECK(cloud, "audience-usual"),
			       "add it, unless all your tokens are made for another audience",
			       "%s is not among the audiences (%s): it is what the tools of %s ask tokens for",
			       cloud->audience, audiences->v[0], cloud->title);
}

/* ---- the JWKS --------------------------------------------------------------------------------------------------- */

static bool text_is(const char *text, const char *wanted)
{
	return text && strcmp(text, wanted) == 0;
}

/*
 * What its tokens are signed with, as far as the key tells: `alg`, or what its type is good for (RFC 7518 section 6).
 * NULL: nothing that is in the table.
 */
static const char *key_algorithm(const json_t *key)
{
	const char *alg = mm_json_text(key, "alg"), *kty = mm_json_text(key, "kty"), *crv = mm_json_text(key, "crv");

	if (alg || text_is(kty, "RSA"))
		return alg ? alg : "RS256";
	for (size_t i = 0; i < MM_ALG_COUNT && crv; i++) {
		if (text_is(kty, mm_algs[i].kty_name) && text_is(mm_algs[i].crv, crv))
			return mm_algs[i].name;
	}
	return NULL;
}

/* How many keys of a JWKS share a property, and the first that does, to be named. */
struct tally {
	size_t n, first;
};

static void count(struct tally *tally, size_t i, bool holds)
{
	if (!holds)
		return;
	if (tally->n == 0)
		tally->first = i;
	tally->n++;
}

/* "key 3 (kid "abc", EdDSA)", for a line. */
#define NAME_SIZE 160
static const char *name_key(const json_t *keys, size_t i, char out[static NAME_SIZE])
{
	const json_t *key = json_array_get(keys, i);
	const char *kid = mm_json_text(key, "kid"), *alg = key_algorithm(key);

	snprintf(out, NAME_SIZE, "key %zu (%s%.64s, %.32s)", i + 1, kid ? "kid " : "no kid", kid ? kid : "",
		 alg ? alg : "of an unknown kind");
	return out;
}

static void check_counts(const struct mm_cloud *cloud, const json_t *keys, struct mm_findings *findings)
{
	size_t n = json_array_size(keys);
	struct tally rsa = {0}, ec = {0};
	const json_t *key;
	size_t i;

	json_array_foreach(keys, i, key)
	{
		count(&rsa, i, text_is(mm_json_text(key, "kty"), "RSA"));
		count(&ec, i, text_is(mm_json_text(key, "kty"), "EC"));
	}
	const struct {
		const char *what;
		size_t n, max;
	} rows[] = {{"RSA keys", rsa.n, cloud->rsa_keys_max},
		    {"EC keys", ec.n, cloud->ec_keys_max},
		    {"keys", n, cloud->keys_max}};

	if (n == 0)
		mm_finding_add(findings, MM_FINDING_FAIL, CHECK(cloud, "keys-none"), "publish the signing key",
			       "the JWKS has no keys");
	for (i = 0; i < MM_COUNT(rows); i++) {
		if (rows[i].max == 0 || rows[i].n <= rows[i].max)
			continue;
		mm_finding_add(findings, cloud->keys_beyond_refused ? MM_FINDING_FAIL : MM_FINDING_WARN,
			       CHECK(cloud, "keys-count"), "publish no more than are needed to verify",
			       "the JWKS has %zu %s: %s %s %zu", rows[i].n, rows[i].what, cloud->title,
			       cloud->keys_beyond_refused ? "fails beyond" : "sees only the first", rows[i].max);
	}
}

/* One key that is not taken is no harm to the others; but then nothing must be signed with it. */
static void check_algorithms(const struct mm_cloud *cloud, const json_t *keys, struct mm_findings *findings)
{
	struct tally foreign = {0};
	char name[NAME_SIZE];
	const json_t *key;
	size_t i;

	json_array_foreach(keys, i, key)
	{
		const char *alg = key_algorithm(key);

		count(&foreign, i, !alg || !mm_cloud_takes(cloud, alg));
	}
	if (foreign.n == 0)
		return;
	mm_finding_add(findings, foreign.n == json_array_size(keys) ? MM_FINDING_FAIL : MM_FINDING_WARN,
		       CHECK(cloud, "key-algorithm"), "sign what is for this cloud with RS256, which every cloud takes",
		       "%zu of %zu keys are for algorithms whose tokens %s refuses, as %s", foreign.n,
		       json_array_size(keys), cloud->title, name_key(keys, foreign.first, name));
}

static void check_members(const struct mm_cloud *cloud, const json_t *keys, struct mm_findings *findings)
{
	const struct {
		const char *member, *check;
		bool needed;
		const char *why;
	} rows[] = {
		{"kid", CHECK(cloud, "key-kid"), cloud->needs_kid, "tokens name their key by it"},
		{"alg", CHECK(cloud, "key-alg"), false, "it says which tokens the key is for"},
		{"use", CHECK(cloud, "key-use"), false, "\"sig\" says that the key is for signatures"},
	};

	for (size_t r = 0; r < MM_COUNT(rows); r++) {
		struct tally without = {0};
		char name[NAME_SIZE];
		const json_t *key;
		size_t i;

		json_array_foreach(keys, i, key) count(&without, i, !mm_json_text(key, rows[r].member));
		if (without.n > 0)
			mm_finding_add(findings, rows[r].needed ? MM_FINDING_FAIL : MM_FINDING_WARN, rows[r].check,
				       "write it into each key of the JWKS",
				       "%zu of %zu keys have no \"%s\", as %s: %s", without.n, json_array_size(keys),
				       rows[r].member, name_key(keys, without.first, name), rows[r].why);
	}
}

void mm_cloud_check_jwks(const struct mm_cloud *cloud, const json_t *jwks, struct mm_findings *findings)
{
	const json_t *keys = json_object_get(jwks, "keys");

	if (!json_is_array(keys)) {
		mm_finding_add(findings, MM_FINDING_FAIL, CHECK(cloud, "jwks-form"),
			       "a JWKS is an object with an array \"keys\" (RFC 7517 section 5)",
			       "the JWKS has no array \"keys\"");
		return;
	}
	check_counts(cloud, keys, findings);
	check_algorithms(cloud, keys, findings);
	check_members(cloud, keys, findings);
}
