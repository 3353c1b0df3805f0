/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Would AWS, GCP and Azure accept this issuer? Fetches what they fetch, as they fetch it, and checks all that they and
 * the standards ask for. For any issuer, not only our own; everything that comes from it is hostile.
 */
#ifndef MINTMARK_DOCTOR_H
#define MINTMARK_DOCTOR_H

#include <mintmark/clock.h>
#include <mintmark/cloud.h>

struct mm_doctor_options {
	const char *connect;         /* "ADDR[:PORT]" instead of resolving the issuer's host; NULL: resolve */
	const char *ca_file;         /* to trust instead of the system's: findings about public trust become warnings */
	int timeout_ms;              /* for each request; 0 = 5000, what AWS STS gives */
	struct mm_span token;        /* to be checked as well; absent: none */
	struct mm_strings audiences; /* that the token should have; none: each cloud's own */
	const bool *clouds;          /* [MM_CLOUD_COUNT]: which are asked about; NULL: all */
	mm_time now;
};

/*
 * Examines `issuer` and appends findings: passes as well, one for each check, grouped by their names: url.*, tls.*,
 * discovery.*, jwks.*, http.*, clock.*, aws.*, gcp.*, azure.*, token.*. Checks that could not be made because of an
 * earlier failure are skipped by name. MM_OK whatever is found; MM_EPARSE: `issuer` is no URL at all; MM_ENOMEM.
 */
MM_MUSTCHECK enum mm_code mm_doctor(const char *issuer, const struct mm_doctor_options *options,
				    struct mm_findings *findings, struct mm_err *err);

#endif
