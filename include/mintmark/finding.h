/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a check found: for everything that judges something and has more than one thing to say (thumbprint, register,
 * trust, doctor). A finding has a stable name for programs, one line for people, and what to do about it.
 */
#ifndef MINTMARK_FINDING_H
#define MINTMARK_FINDING_H

#include <mintmark/bytes.h>

enum mm_finding_level { MM_FINDING_PASS, MM_FINDING_SKIP, MM_FINDING_WARN, MM_FINDING_FAIL };
extern const char *const mm_finding_levels[]; /* "pass", "skip", "warn", "fail" */

struct mm_finding {
	enum mm_finding_level level;
	const char
		*check; /* static: "chain.leaf-only"; lower case, dots between the parts, documented in mintmark(1) */
	char *text;     /* one line: what was found, and what was wanted */
	const char *remedy; /* static: what to do about it; NULL: nothing, or the text says it */
};

/* {0} is an empty list. Additions do not return an error: a failed allocation sticks, and mm_findings_check tells. */
struct mm_findings {
	struct mm_finding *v;
	size_t n;
	bool failed;
};

/*
 * Appends one. Untrusted text in `format`'s arguments is made one visible line (mm_unseen_at), and is cut after some
 * hundred bytes.
 */
void mm_finding_add(struct mm_findings *findings, enum mm_finding_level level, const char *check, const char *remedy,
		    const char *format, ...) MM_PRINTF(5, 6);
/* Appends another list's finding as it stands. */
void mm_finding_repeat(struct mm_findings *findings, const struct mm_finding *finding);
/* Appends all of `from`, which is empty afterwards. */
void mm_findings_move(struct mm_findings *to, struct mm_findings *from);
/* The worst level in the list; MM_FINDING_PASS of an empty one. */
enum mm_finding_level mm_findings_worst(const struct mm_findings *findings);
size_t mm_findings_count(const struct mm_findings *findings, enum mm_finding_level level);
/* The first with that name, or NULL. */
const struct mm_finding *mm_findings_find(const struct mm_findings *findings, const char *check);
MM_MUSTCHECK enum mm_code mm_findings_check(const struct mm_findings *findings, struct mm_err *err); /* MM_ENOMEM */
void mm_findings_free(struct mm_findings *findings);
#define mm_auto_findings MM_CLEANUP(mm_findings_free) struct mm_findings

#endif
