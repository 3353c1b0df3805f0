/* SPDX-License-Identifier: Apache-2.0 */
/* Condition keys of a request, as a command line has them: --context KEY=VALUE, once for each value. */
#ifndef MINTMARK_CLI_CONDITION_KEYS_H
#define MINTMARK_CLI_CONDITION_KEYS_H

#include <mintmark/iam.h>

struct mm_condition_keys {
	struct mm_iam_key *v;     /* names.n of them; they borrow from what follows */
	struct mm_strings names;  /* each once, whatever its case */
	struct mm_strings *lists; /* the values of each; as many as were given */
	size_t given;
};

/* MM_EUSAGE: not KEY=VALUE. `*out` is cleared by the caller, also after a failure. */
MM_MUSTCHECK enum mm_code mm_condition_keys_read(const struct mm_strings *given, struct mm_condition_keys *out,
						 struct mm_err *err);
void mm_condition_keys_clear(struct mm_condition_keys *keys);

#endif
