/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Would AWS, GCP and Azure accept this issuer? Fetches what they fetch, as they fetch it, and checks all that they and
 * the standards ask for. For any issuer, not only our own; everything that comes from it is hostile.
 */
#ifndef MINTMARK_DOCTOR_H
#define MINTMARK_DOCTOR_H

#include <mintmark/clock.h>
#include <mintmark/cloud.h>

#define MM_DOCTOR_AFTER_MAX 7

/*
 * A check, in the order of the report. It is skipped when one of those in `after` failed; without `after` it is never
 * skipped. The list is in mintmark(1).
 */
struct mm_doctor_check {
	const char *name;
	const char *after[MM_DOCTOR_AFTER_MAX + 1]; /* NULL at the end */
};
extern const struct mm_doctor_check mm_doctor_checks[]; /* ends with a NULL name */

struct mm_doctor_options {
	const char *connect;         /* "ADDR[:PORT]" instead of resolving the issuer's host; NULL: resolve */
	const char *ca_file;         /* to trust besides the system's: that it is not public then is a warning */
	int timeout_ms;              /* for each request; 0 = 5000, what AWS STS gives */
	struct mm_span token;        /* to be checked as well; absent: none */
	struct mm_strings audiences; /* that the token should have; none: each cloud's own */
	const bool *clouds;          /* [MM_CLOUD_COUNT]: which are asked about; NULL: all */
	mm_time now;
};

/*
 * Examines `issuer` and appends findings: passes as well, one for each check of the table that applies, in its order.
 * One broken thing fails one check; what cannot be made because of it is skipped, and names it. No certificate is
 * relied on for fetching: what is wrong with it is a finding. Nobody is let lead us from a public host to an address of
 * our own network (see scope.h). MM_OK whatever is found; MM_EPARSE: `issuer` is no URL at all, or
 * `connect` no address; MM_EIO: `ca_file` cannot be read; MM_ENOMEM, MM_ECRYPTO.
 */
MM_MUSTCHECK enum mm_code mm_doctor(const char *issuer, const struct mm_doctor_options *options,
				    struct mm_findings *findings, struct mm_err *err);

#endif
