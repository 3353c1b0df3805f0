/* SPDX-License-Identifier: Apache-2.0 */
/* What trust create has made, and how it is handed out. */
#ifndef MINTMARK_CLI_TRUST_ANSWER_H
#define MINTMARK_CLI_TRUST_ANSWER_H

#include "cli/command.h"

#include <jansson.h>
#include <mintmark/finding.h>

enum mm_trust_part {
	MM_TRUST_POLICY, /* an object; the others are arrays of objects, one for each service account */
	MM_TRUST_SERVICE_ACCOUNT,
	MM_TRUST_POD,
	MM_TRUST_ASSOCIATION,
	MM_TRUST_PART_COUNT
};

struct mm_trust_answer {
	json_t *parts[MM_TRUST_PART_COUNT]; /* NULL: not wanted */
	struct mm_findings findings;
};
void mm_trust_answer_clear(struct mm_trust_answer *answer);

/*
 * Prints the one part that there is, so that it can be used as it is: JSON for AWS, YAML for kubectl. Several
 * associations cannot be printed: MM_EUSAGE. With -o json everything is one object, findings included.
 */
MM_MUSTCHECK enum mm_code mm_trust_answer_print(const struct mm_call *call, const struct mm_trust_answer *answer,
						struct mm_err *err);

/* Writes numbered files into `dir`, and answers which. */
MM_MUSTCHECK enum mm_code mm_trust_answer_write(const struct mm_call *call, const struct mm_trust_answer *answer,
						const char *dir, struct mm_err *err);

#endif
