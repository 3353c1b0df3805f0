/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thumbprints that AWS IAM asks for (IAM User Guide, "Obtain the thumbprint for an OpenID Connect identity
 * provider"): SHA-1 of the DER of the last certificate that the host of jwks_uri presents, and of the issuer's host
 * where that is another one.
 */
#ifndef MINTMARK_THUMBPRINT_H
#define MINTMARK_THUMBPRINT_H

#include <mintmark/certchain.h>
#include <mintmark/finding.h>

#define MM_THUMBPRINT_SIZE 41 /* 40 lower-case hex digits and NUL */
/* What is a certificate that is to expire soon, in seconds; it is warned of. */
#define MM_EXPIRES_SOON ((mm_duration)30 * 86400)

/*
 * Which certificate of a chain IAM takes: the last as presented (its index), and what is to be said about it: leaf
 * only, root included, self-signed, wrong order, expired or soon to be, another name than `host` (NULL: none was asked
 * for), publicly trusted so that IAM uses its own authorities (`ca_file` NULL: the system's). Pure but for that file.
 * Findings are named chain.*.
 */
MM_MUSTCHECK enum mm_code mm_thumbprint_judge(const struct mm_certchain *chain, const char *host, const char *ca_file,
					      mm_time now, size_t *taken, struct mm_findings *findings,
					      struct mm_err *err);
void mm_thumbprint_hex(const struct mm_certificate *certificate, char out[static MM_THUMBPRINT_SIZE]);

struct mm_thumbprint {
	char *host;
	int port;
	const char *role; /* static: "issuer", "jwks_uri", "issuer and jwks_uri", "host", "file" */
	struct mm_certchain *chain;
	size_t taken;
	char hex[MM_THUMBPRINT_SIZE];
	struct mm_findings findings;
};

struct mm_thumbprints {
	size_t n; /* one, or two when jwks_uri stands on another host: that of jwks_uri first */
	struct mm_thumbprint v[2];
	struct mm_findings findings; /* of the whole: no discovery document could be read, … */
};
void mm_thumbprints_clear(struct mm_thumbprints *thumbprints);
#define mm_auto_thumbprints MM_CLEANUP(mm_thumbprints_clear) struct mm_thumbprints

struct mm_thumbprint_options {
	const char *connect; /* see certchain.h; for the host that was named alone */
	const char *ca_file; /* of the discovery document's server; NULL: the system's */
	bool host_alone;     /* the discovery document is not asked */
	int timeout_ms;      /* for each connection; 0 = 5000 */
	mm_time now;
};

/*
 * The thumbprints of an issuer URL, or of HOST[:PORT], for which "https://HOST[:PORT]" is taken to be the issuer. The
 * discovery document is fetched without trusting its certificate (a thumbprint is what one asks for to have it trusted),
 * and only its jwks_uri is used. When it cannot be read, the host's own thumbprint is the answer and a finding says so.
 * MM_EPARSE: no URL or host; MM_EREFUSED: plain http; and the errors of mm_certchain_fetch.
 */
MM_MUSTCHECK enum mm_code mm_thumbprint_of(const char *target, const struct mm_thumbprint_options *options,
					   struct mm_thumbprints *out, struct mm_err *err);

#endif
