/* SPDX-License-Identifier: Apache-2.0 */
/* What is to be said about a chain of which IAM takes the last certificate. */
#include <mintmark/thumbprint.h>

#include <string.h>

/* ---- the way from the server's certificate up ------------------------------------------------------------------- */

/* Indices of the chain: the server's own certificate, its issuer, and so on as far as that was presented. */
struct path {
	size_t v[MM_CERTCHAIN_MAX];
	size_t n;
	bool on[MM_CERTCHAIN_MAX];
};

static bool is_self_signed(const struct mm_certificate *certificate)
{
	return certificate->self_issued && mm_certificate_issued(certificate, certificate);
}

/* A server's own certificate comes first; a file may be written upside down. */
static size_t first_of(const struct mm_certchain *chain)
{
	size_t i = 0;

	while (i < chain->n && chain->v[i].is_ca)
		i++;
	return i < chain->n ? i : 0;
}

static void step_to(struct path *path, size_t i)
{
	path->on[i] = true;
	path->v[path->n++] = i;
}

/* Of several that could be the issuer (cross-signed authorities) the first is taken. False: none was presented. */
static bool climb(const struct mm_certchain *chain, struct path *path)
{
	const struct mm_certificate *below = &chain->v[path->v[path->n - 1]];
	bool is_root = is_self_signed(below);

	for (size_t i = 0; !is_root && i < chain->n; i++) {
		if (!path->on[i] && mm_certificate_issued(&chain->v[i], below)) {
			step_to(path, i);
			return true;
		}
	}
	return false;
}

static void find_path(const struct mm_certchain *chain, struct path *path)
{
	step_to(path, first_of(chain));
	while (climb(chain, path))
		;
}

/* The top intermediate, of which the guide speaks; where there is none, what stands nearest to it. */
static size_t top_of(const struct mm_certchain *chain, const struct path *path)
{
	size_t last = path->v[path->n - 1];

	return path->n > 1 && is_self_signed(&chain->v[last]) ? path->v[path->n - 2] : last;
}

/* ---- its form --------------------------------------------------------------------------------------------------- */

static void judge_single(const struct mm_certificate *leaf, struct mm_findings *findings)
{
	if (is_self_signed(leaf))
		mm_finding_add(
			findings, MM_FINDING_WARN, "chain.self-signed",
			"register the new thumbprint before the certificate is renewed, or use one by an authority",
			"the only certificate, %s, is signed by itself: the thumbprint changes with it", leaf->subject);
	else
		mm_finding_add(
			findings, MM_FINDING_WARN, "chain.leaf-only",
			"have the server present its issuers as well (the file that is often named fullchain.pem)",
			"only the server's own certificate, %s, is presented, and not that of its issuer %s: the "
			"thumbprint is of what every renewal changes",
			leaf->subject, leaf->issuer);
}

static void judge_root(const struct mm_certchain *chain, const struct path *path, struct mm_findings *findings)
{
	size_t root = path->v[path->n - 1], top = top_of(chain, path);
	char hex[MM_THUMBPRINT_SIZE];

	if (path->n == 1 || !is_self_signed(&chain->v[root]))
		return;
	mm_thumbprint_hex(&chain->v[top], hex);
	mm_finding_add(
		findings, MM_FINDING_WARN, "chain.root-included",
		"leave the root out of what the server presents (RFC 8446 §4.4.2); register both until it is gone",
		"certificate %zu, %s, is the root itself%s; without it the last would be %s, with the thumbprint %s",
		root + 1, chain->v[root].subject, root == chain->n - 1 ? ", and as the last one it is taken" : "",
		chain->v[top].subject, hex);
}

static void judge_order(const struct mm_certchain *chain, const struct path *path, struct mm_findings *findings)
{
	static const char remedy[] =
		"present the server's certificate, then its issuer, then that one's (RFC 8446 §4.4.2)";
	size_t top = path->v[path->n - 1], k = 0;

	while (k < path->n && (k == 0 ? path->v[0] == 0 : path->v[k] > path->v[k - 1]))
		k++;
	if (k == 0)
		mm_finding_add(findings, MM_FINDING_WARN, "chain.wrong-order", remedy,
			       "the first certificate, %s, is an authority's; a server presents its own first",
			       chain->v[0].subject);
	else if (k < path->n)
		mm_finding_add(
			findings, MM_FINDING_WARN, "chain.wrong-order", remedy,
			"certificate %zu, %s, is issued by certificate %zu, %s, which is presented before it; the "
			"last one is %s, and the topmost %s",
			path->v[k - 1] + 1, chain->v[path->v[k - 1]].subject, path->v[k] + 1,
			chain->v[path->v[k]].subject, chain->v[chain->n - 1].subject, chain->v[top].subject);
}

static bool is_repeated(const struct mm_certchain *chain, size_t i)
{
	for (size_t k = 0; k < chain->n; k++) {
		if (k != i && memcmp(chain->v[k].sha256, chain->v[i].sha256, sizeof chain->v[k].sha256) == 0)
			return true;
	}
	return false;
}

/* Another way up, such as a second signature on an authority's key, belongs there too. */
static bool belongs(const struct mm_certchain *chain, const struct path *path, size_t i)
{
	for (size_t k = 0; k < path->n; k++) {
		if (mm_certificate_issued(&chain->v[i], &chain->v[path->v[k]]))
			return true;
	}
	return false;
}

static void judge_strangers(const struct mm_certchain *chain, const struct path *path, struct mm_findings *findings)
{
	for (size_t i = 0; i < chain->n; i++) {
		bool repeated = is_repeated(chain, i);

		if (path->on[i] || (!repeated && belongs(chain, path, i)))
			continue;
		mm_finding_add(findings, MM_FINDING_WARN, "chain.unrelated",
			       "have the server present nothing but its certificate and the issuers above it",
			       "certificate %zu, %s, %s%s", i + 1, chain->v[i].subject,
			       repeated ? "is presented twice" : "issued none of the others",
			       i == chain->n - 1 ? ", and as the last one it is taken" : "");
		return;
	}
}

/* ---- its content ------------------------------------------------------------------------------------------------ */

static void judge_name(const struct mm_certificate *leaf, const char *host, struct mm_findings *findings)
{
	mm_auto_buf names = {0};

	if (!host || mm_certificate_names(leaf, host))
		return;
	mm_certificate_add_names(&names, leaf);
	findings->failed = findings->failed || names.failed;
	mm_finding_add(findings, MM_FINDING_FAIL, "chain.name-mismatch",
		       "get a certificate that names the host in its subjectAltName, or correct the host",
		       "the server's certificate, %s, is for %s, not for %s", leaf->subject, mm_buf_span(&names).p,
		       host);
}

static void judge_dates(const struct mm_certchain *chain, const struct path *path, mm_time now,
			struct mm_findings *findings)
{
	for (size_t k = 0; k < path->n; k++) {
		const struct mm_certificate *certificate = &chain->v[path->v[k]];
		bool taken = path->v[k] == chain->n - 1;
		char from[MM_TIME_TEXT_SIZE], until[MM_TIME_TEXT_SIZE];

		mm_time_format(certificate->not_before, from);
		mm_time_format(certificate->not_after, until);
		if (now > certificate->not_after)
			mm_finding_add(findings, MM_FINDING_FAIL, "chain.expired", "renew it",
				       "certificate %zu, %s, expired at %s", path->v[k] + 1, certificate->subject,
				       until);
		else if (now < certificate->not_before)
			mm_finding_add(findings, MM_FINDING_FAIL, "chain.not-yet-valid",
				       "wait until then, or set the clock of this host or of the authority",
				       "certificate %zu, %s, is not valid before %s", path->v[k] + 1,
				       certificate->subject, from);
		else if (mm_certificate_expires_soon(certificate, now))
			mm_finding_add(
				findings, MM_FINDING_WARN, "chain.expires-soon",
				taken ? "register the thumbprint of its successor beside this one, before it is served"
				      : "renew it",
				"certificate %zu, %s, expires at %s%s", path->v[k] + 1, certificate->subject, until,
				taken ? ", and the thumbprint is of this one" : "");
	}
}

static enum mm_code judge_trust(const struct mm_certchain *chain, const char *ca_file, mm_time now,
				struct mm_findings *findings, struct mm_err *err)
{
	struct mm_err why = {0};
	enum mm_code code = mm_certchain_verify(chain, ca_file, now, &why);

	if (code == MM_OK)
		mm_finding_add(
			findings, MM_FINDING_PASS, "chain.publicly-trusted", NULL,
			"a public authority vouches for the server: IAM relies on its own list of those, and uses "
			"the thumbprint only if this ends, or if the server insists on TLS 1.3");
	else if (code == MM_EVERIFY)
		mm_finding_add(findings, MM_FINDING_PASS, "chain.private", NULL,
			       "no public authority vouches for the server (%s): IAM needs the thumbprint", why.text);
	else if (code == MM_ENOTFOUND)
		mm_finding_add(findings, MM_FINDING_SKIP, "chain.publicly-trusted",
			       "install the package ca-certificates, or name a file in SSL_CERT_FILE",
			       "whether IAM knows the authority cannot be told: %s", why.text);
	else
		return mm_fail(err, code, "%s", why.text);
	return MM_OK;
}

enum mm_code mm_thumbprint_judge(const struct mm_certchain *chain, const char *host, const char *ca_file, mm_time now,
				 size_t *taken, struct mm_findings *findings, struct mm_err *err)
{
	struct path path = {.n = 0};

	*taken = chain->n - 1;
	find_path(chain, &path);
	if (chain->n == 1)
		judge_single(&chain->v[0], findings);
	judge_order(chain, &path, findings);
	judge_root(chain, &path, findings);
	judge_strangers(chain, &path, findings);
	judge_name(&chain->v[path.v[0]], host, findings);
	judge_dates(chain, &path, now, findings);
	return judge_trust(chain, ca_file, now, findings, err);
}
