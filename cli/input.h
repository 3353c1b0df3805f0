/* SPDX-License-Identifier: Apache-2.0 */
/* What a command is given to read: a token, a private key, a passphrase, a trust policy. */
#ifndef MINTMARK_CLI_INPUT_H
#define MINTMARK_CLI_INPUT_H

#include "cli/command.h"

#include <mintmark/iam.h>
#include <mintmark/jwks.h>

/*
 * The token that the only argument is, or that stands on standard input when the argument is "-" or missing; one
 * newline at its end is dropped. MM_EUSAGE: missing, and standard input is a terminal. MM_ELIMIT.
 */
MM_MUSTCHECK enum mm_code mm_read_token(struct mm_call *call, struct mm_buf *out, struct mm_err *err);

/* Appends the token in `path` ("-": standard input), without one newline at its end. MM_ELIMIT. */
MM_MUSTCHECK enum mm_code mm_read_token_file(const char *path, struct mm_buf *out, struct mm_err *err);

/*
 * The private key in `path` ("-": standard input), which nobody else may read, as mm_key_import takes it. The
 * passphrase is the first line of `passphrase_path`, under the same rule; NULL: there is none. `alg` may be NULL.
 */
MM_MUSTCHECK enum mm_code mm_read_key(struct mm_call *call, const char *path, const struct mm_alg *alg,
				      const char *passphrase_path, struct mm_key **out, struct mm_err *err);

/* The trust policy in `path` ("-": standard input), as mm_iam_policy_parse takes it. */
MM_MUSTCHECK enum mm_code mm_read_policy(const char *path, struct mm_iam_policy **out, struct mm_err *err);

/* The key set in `path` ("-": standard input), as mm_jwks_parse takes it. */
MM_MUSTCHECK enum mm_code mm_read_jwks(const char *path, struct mm_jwks **out, struct mm_err *err);

#endif
