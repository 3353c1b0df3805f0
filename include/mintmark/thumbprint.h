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
#define MM_SHA256_HEX_SIZE 65

void mm_thumbprint_hex(const struct mm_certificate *certificate, char out[static MM_THUMBPRINT_SIZE]);
void mm_sha256_hex(const struct mm_certificate *certificate, char out[static MM_SHA256_HEX_SIZE]);

/*
 * Which certificate of a chain IAM takes: the last as presented (its index), and what is to be said about it. Pure but
 * for `ca_file` (NULL: the system's authorities), which stands for IAM's own. `host` NULL: the name is not checked.
 *   fail  chain.name-mismatch chain.expired chain.not-yet-valid
 *   warn  chain.leaf-only chain.self-signed chain.root-included chain.wrong-order chain.unrelated chain.expires-soon
 *   pass  chain.publicly-trusted, and IAM uses its own authorities; chain.private, and it needs the thumbprint
 *   skip  chain.publicly-trusted: there are no authorities to ask
 */
MM_MUSTCHECK enum mm_code mm_thumbprint_judge(const struct mm_certchain *chain, const char *host, const char *ca_file,
					      mm_time now, size_t *taken, struct mm_findings *findings,
					      struct mm_err *err);

struct mm_thumbprint {
	char *host;       /* NULL: of a file */
	int port;         /* 0: of a file */
	const char *role; /* static: "issuer", "jwks_uri", "issuer and jwks_uri", "host", "file" */
	struct mm_certchain *chain;
	size_t taken;
	char hex[MM_THUMBPRINT_SIZE];
	char sha256[MM_SHA256_HEX_SIZE];
	struct mm_findings findings;
};

struct mm_thumbprints {
	size_t n; /* one, or two when jwks_uri stands on another host: that of jwks_uri first */
	struct mm_thumbprint v[2];
	struct mm_findings findings; /* of the whole: discovery.unread, discovery.issuer, discovery.jwks-uri */
};
void mm_thumbprints_clear(struct mm_thumbprints *thumbprints);
#define mm_auto_thumbprints MM_CLEANUP(mm_thumbprints_clear) struct mm_thumbprints

struct mm_thumbprint_options {
	const char *connect; /* see certchain.h; for the host that was named alone */
	const char *ca_file; /* verifies who serves the discovery document; NULL: the public authorities, if they can */
	bool host_alone;     /* the discovery document is not asked */
	int timeout_ms;      /* for each connection; 0 = 5000 */
	mm_time now;
};

/*
 * The thumbprints of an issuer URL, or of HOST[:PORT], for which "https://HOST[:PORT]" is taken to be the issuer. The
 * discovery document is read only for its jwks_uri, and also of a server that nobody vouches for (a thumbprint is what
 * one asks for to have it trusted); of one that is publicly trusted, verified. When it cannot be read, the host's own thumbprint is the answer and a finding says so.
 * MM_EPARSE: no URL or host; MM_EREFUSED: plain http; and the errors of mm_certchain_fetch. `*out` must be {0}.
 */
MM_MUSTCHECK enum mm_code mm_thumbprint_of(const char *target, const struct mm_thumbprint_options *options,
					   struct mm_thumbprints *out, struct mm_err *err);

/* The same of a chain in a file, as mm_certchain_parse takes it; `host`, which may be NULL, is not connected to. */
MM_MUSTCHECK enum mm_code mm_thumbprint_of_file(struct mm_span text, const char *host, mm_time now,
						struct mm_thumbprints *out, struct mm_err *err);

/*
 * Thumbprints as anybody writes them: of either case, with colons, behind "SHA1 Fingerprint="; `out` gets lower-case hex.
 * MM_EPARSE: not hex, or not of as many digits as SHA-1, or SHA-256, has.
 */
MM_MUSTCHECK enum mm_code mm_thumbprint_read(const struct mm_strings *texts, bool sha256, struct mm_strings *out,
					     struct mm_err *err);

/*
 * Compares what is served with what is registered, by the one digest or the other. Appends registered.missing (fail) and
 * registered.unserved (fail; a warning where nothing is missing), or registered.same (pass).
 */
void mm_thumbprint_check(const struct mm_thumbprints *served, bool sha256, const struct mm_strings *registered,
			 struct mm_findings *findings);

#endif
