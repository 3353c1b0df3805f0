/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two documents by which the world verifies tokens, rendered once for each committed revision, complete with their
 * headers: a request costs no rendering, and two replicas at one revision serve the same bytes.
 */
#ifndef MINTMARK_DOCUMENT_H
#define MINTMARK_DOCUMENT_H

#include <mintmark/clock.h>
#include <mintmark/keyset.h>

#define MM_DISCOVERY_PATH "/.well-known/openid-configuration"
#define MM_JWKS_PATH      "/openid/v1/jwks"

struct mm_document {
	const char *path;         /* under the issuer's */
	const char *content_type; /* application/json, application/jwk-set+json */
	struct mm_buf body;
	char etag[MM_KID_SIZE + 2]; /* strong, with its quotes: base64url(SHA-256(body)) */
	mm_time modified;           /* when the revision was committed */
	/* Header lines after status line and Date, each ending in CRLF, the empty line included. */
	struct mm_buf headers;              /* of a 200: with Content-Type and Content-Length */
	struct mm_buf headers_not_modified; /* of a 304 */
};

struct mm_documents {
	struct mm_document discovery;
	struct mm_document jwks;
	mm_duration max_age; /* as their Cache-Control says */
};

/*
 * The order of the JWKS: the active keys come first, that of `first_alg`, which need not have one yet, before others
 * (Entra keeps only the first 100), then the rest in order of creation. Returns the record that follows `after` (NULL:
 * the first one), and NULL after the last.
 */
const struct mm_key_record *mm_jwks_next(const struct mm_keyset *set, const struct mm_alg *first_alg, mm_time now,
					 const struct mm_key_record *after);

/* Renders both. `max_age` goes into Cache-Control. MM_EREFUSED: the JWKS would be empty. */
MM_MUSTCHECK enum mm_code mm_documents_render(const char *issuer, const struct mm_keyset *set,
					      const struct mm_alg *first_alg, mm_duration max_age, mm_time now,
					      struct mm_documents **out, struct mm_err *err);
void mm_documents_free(struct mm_documents *documents);
MM_AUTO(mm_documents)

/*
 * Opens the directory `dir` (made with 0755 unless it is there) of a static host and takes the one lock of all who
 * publish under it, waiting up to `wait_ms`: MM_ETIMEOUT. Load the key set after this: a publisher with an older set
 * can then never come after one with a newer. The lock is flock's on the directory itself, so that no file of ours
 * stands in a web root; closing `*site` (mm_auto_fd), or the end of the process, frees it. MM_EUNSAFE, MM_EIO.
 */
MM_MUSTCHECK enum mm_code mm_site_lock(const char *dir, int wait_ms, int *site, struct mm_err *err);

struct mm_publish_result {
	bool jwks_written; /* false: it was there already, byte for byte and with its mode */
	bool discovery_written;
};

/*
 * Writes both under the locked `site` at their paths (below `prefix`, such as the issuer's path, unless NULL), JWKS
 * before discovery, so that a reader never finds a discovery document whose jwks_uri is not there. Idempotent; what a
 * killed predecessor left is mended: temporaries are removed, files made 0644, and our own directories on the way at
 * least 0755. MM_OK means durable, also of what was there already. MM_EREFUSED: a prefix with "..". MM_EUNSAFE, MM_EIO.
 */
MM_MUSTCHECK enum mm_code mm_documents_publish(const struct mm_documents *documents, int site, const char *prefix,
					       struct mm_publish_result *result, struct mm_err *err);

#endif
