/* SPDX-License-Identifier: Apache-2.0 */
/* Whom a trust policy is for. */
#ifndef MINTMARK_ISSUER_CLOUD_TRUST_SUBJECT_H
#define MINTMARK_ISSUER_CLOUD_TRUST_SUBJECT_H

#include <mintmark/trust.h>

/*
 * Sorts the subjects of `trust` into exact ones and those with wildcards, each once; of wide ones it warns. MM_EREFUSED:
 * none at all, names that Kubernetes would not allow, or a wildcard that was not asked for. MM_ENOMEM.
 */
MM_MUSTCHECK enum mm_code mm_trust_subjects(const struct mm_trust *trust, struct mm_strings *exact,
					    struct mm_strings *wild, struct mm_findings *findings, struct mm_err *err);

#endif
