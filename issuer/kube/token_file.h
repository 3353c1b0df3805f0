/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kube-apiserver's static token file: who is meant by which bearer token. In memory stands a keyed hash in place of
 * each token, so that neither a dump of the memory nor the time that a look takes tells one.
 */
#ifndef MINTMARK_ISSUER_KUBE_TOKEN_FILE_H
#define MINTMARK_ISSUER_KUBE_TOKEN_FILE_H

#include <mintmark/callers.h>

struct mm_token_file; /* immutable */

/* Reads the file; see mm_callers_load for what it must be, and for the errors. */
MM_MUSTCHECK enum mm_code mm_token_file_load(const char *path, struct mm_token_file **out, struct mm_err *err);
/* The same from text, of which the caller cleanses what is left; `name` stands for the file in messages. */
MM_MUSTCHECK enum mm_code mm_token_file_parse(struct mm_buf *text, const char *name, struct mm_token_file **out,
					      struct mm_err *err);
/* Of one token, for the user `name`. */
MM_MUSTCHECK enum mm_code mm_token_file_of_token(const char *token, const char *name, struct mm_token_file **out,
						 struct mm_err *err);
void mm_token_file_free(struct mm_token_file *file);
MM_AUTO(mm_token_file)

/*
 * The user whose token that is, or NULL; borrowed. All rows are compared, in constant time, whichever it is; the time
 * depends on the length of `token`, which whoever measures it knows. Allocates nothing. Any thread.
 */
const struct mm_user *mm_token_file_find(const struct mm_token_file *file, struct mm_span token);

#endif
