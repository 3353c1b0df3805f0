/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the doctor share. doctor_visit.c asks the network; the judges are pure but for the files of
 * authorities: what was got goes in, and findings are appended to `report`, one for each check that could be made. What
 * a judge is silent about because something else failed is filled in by the table (doctor.h).
 */
#ifndef MINTMARK_ISSUER_DOCTOR_DOCTOR_PARTS_H
#define MINTMARK_ISSUER_DOCTOR_DOCTOR_PARTS_H

#include "issuer/doctor/scope.h"

#include <mintmark/certchain.h>
#include <mintmark/doctor.h>
#include <mintmark/fetch.h>
#include <mintmark/jwks.h>
#include <mintmark/url.h>

/* Some checks are made of both documents, or of both of their hosts. */
enum mm_doctor_document { MM_DOCTOR_DISCOVERY, MM_DOCTOR_JWKS, MM_DOCTOR_DOCUMENT_COUNT };

/* Fetches what the clouds fetch, and has everything judged but the URL. The errors are those of mm_doctor. */
MM_MUSTCHECK enum mm_code mm_doctor_visit(const char *issuer, const struct mm_url *url,
					  const struct mm_doctor_options *options, struct mm_findings *report,
					  struct mm_err *err);

/* Whether the check was made, and did not fail. */
bool mm_doctor_holds(const struct mm_findings *report, const char *check);
/* Where two texts that should be equal byte for byte differ, for people: "a slash at its end". Static. */
const char *mm_doctor_difference(const char *found, const char *wanted);

/* ---- url.* ------------------------------------------------------------------------------------------------------ */
void mm_doctor_judge_url(const char *issuer, const struct mm_url *url, struct mm_findings *report);

/* ---- tls.* ------------------------------------------------------------------------------------------------------ */
struct mm_doctor_server {
	const char *host;
	bool placed; /* the address was given with --connect, and says nothing about the host */
	const char *ca_file;
	mm_time now;
	struct mm_certchain *chain; /* owned; NULL: it was not reached, or does not speak TLS */
	size_t taken;               /* the certificate of which IAM takes the thumbprint */
	enum mm_scope scope;        /* of its address */
	bool public_known, public;  /* whether the system's authorities vouch for it; when there are any */
};
/* Of a server that could not be reached: why. */
void mm_doctor_judge_unreached(enum mm_doctor_document document, const struct mm_err *why, struct mm_findings *report);
/* Of one that was; sets `taken` and `public`. MM_ENOMEM, MM_ECRYPTO; MM_EIO: the file of authorities. */
MM_MUSTCHECK enum mm_code mm_doctor_judge_chain(enum mm_doctor_document document, struct mm_doctor_server *server,
						struct mm_findings *report, struct mm_err *err);

/* ---- http.* and the answers themselves -------------------------------------------------------------------------- */
struct mm_doctor_look {
	struct mm_fetched fetched;
	enum mm_code code; /* of mm_fetch_look, and why */
	struct mm_err why;
};
/* Whether there is a body to be read. */
bool mm_doctor_judge_answer(enum mm_doctor_document document, const struct mm_doctor_look *look,
			    struct mm_findings *report);
void mm_doctor_judge_clock(const struct mm_fetched *fetched, mm_time now, struct mm_findings *report);
void mm_doctor_judge_stability(const struct mm_doctor_look *first, const struct mm_doctor_look *second,
			       struct mm_findings *report);

/* ---- discovery.* ------------------------------------------------------------------------------------------------ */
/* The document, or NULL; the caller's, as `*jwks_url`, which is NULL unless it may be asked. `url` is the issuer's. */
json_t *mm_doctor_judge_discovery(struct mm_span body, const char *issuer, const struct mm_url *url,
				  struct mm_url **jwks_url, struct mm_findings *report);

/* ---- jwks.* ----------------------------------------------------------------------------------------------------- */
enum mm_doctor_verdict {
	MM_KEY_GOOD,
	MM_KEY_ODD,     /* a warning, and the key is used nevertheless */
	MM_KEY_FOREIGN, /* a warning: verifiers pass over it (RFC 7517 §5) */
	MM_KEY_BAD,
};
/* Asked of a key in this order; what follows a rule for which it is FOREIGN or BAD is not asked. */
struct mm_doctor_key_rule {
	const char *check;
	enum mm_doctor_verdict (*judge)(const json_t *key, struct mm_err *why);
	const char *good, *remedy;
};
#define MM_DOCTOR_KEY_RULES 6
extern const struct mm_doctor_key_rule mm_doctor_key_rules[MM_DOCTOR_KEY_RULES];

/*
 * A JWKS of the keys in which nothing failed, the caller's; NULL: there is none. `discovery` is the document, for the
 * algorithms that it lists.
 */
json_t *mm_doctor_judge_jwks(struct mm_span body, const json_t *discovery, struct mm_findings *report);

/* ---- aws.*, gcp.*, azure.* -------------------------------------------------------------------------------------- */
struct mm_doctor_patient {
	const char *issuer;
	const json_t *jwks;                                               /* of sound keys; NULL: there are none */
	const struct mm_doctor_server *servers[MM_DOCTOR_DOCUMENT_COUNT]; /* NULL: none of its own */
};
void mm_doctor_judge_clouds(const struct mm_doctor_patient *patient, const bool *clouds, struct mm_findings *report);

/* ---- token.* ---------------------------------------------------------------------------------------------------- */
/* `jwks` NULL: it cannot be verified. */
void mm_doctor_judge_token(const char *issuer, const struct mm_jwks *jwks, const struct mm_doctor_options *options,
			   struct mm_findings *report);

#endif
