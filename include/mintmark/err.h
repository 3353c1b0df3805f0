/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors: a code from one table, and one line for the user in a caller-owned struct.
 *
 * The first failure writes the line (mm_fail); callers on the way up may put context before it (mm_context).
 * `err` may be NULL everywhere: then only the code is returned. No error is both logged and returned.
 */
#ifndef MINTMARK_ERR_H
#define MINTMARK_ERR_H

#include <mintmark/attr.h>

enum mm_code {
	MM_OK = 0,
	MM_EUSAGE,    /* the command line is wrong */
	MM_ECONFIG,   /* the configuration is wrong */
	MM_EPARSE,    /* input is not in the form that it must have */
	MM_EREFUSED,  /* well-formed, but a rule forbids it (weak key, bad lifetime) */
	MM_EVERIFY,   /* a token or a signature does not verify */
	MM_ELIMIT,    /* larger, deeper or more than the limit */
	MM_ENOTFOUND, /* there is no such thing */
	MM_EEXIST,    /* it is there already, and will not be overwritten */
	MM_ECONFLICT, /* another process committed first (compare-and-swap lost) */
	MM_EUNSAFE,   /* wrong owner, open permissions, a symbolic link */
	MM_EIO,       /* the operating system said no (errno is in the line) */
	MM_ENETWORK,  /* a peer could not be reached or answered wrongly */
	MM_ETIMEOUT,  /* a deadline passed */
	MM_ECRYPTO,   /* OpenSSL failed where input cannot be blamed */
	MM_ENOMEM,    /* allocation failed */
	MM_CODE_COUNT
};

#define MM_ERR_TEXT_MAX 512

struct mm_err {
	enum mm_code code;
	char text[MM_ERR_TEXT_MAX]; /* one line of UTF-8, no control characters; cut and ended in "..." if too long */
};

/* Records `code` and the line, unless `err` already holds a failure; returns the code that `err` holds then. */
enum mm_code mm_fail(struct mm_err *err, enum mm_code code, const char *format, ...) MM_PRINTF(3, 4);

/* As mm_fail(MM_EIO), with ": " and the text of the current errno appended. ENOMEM becomes MM_ENOMEM. */
enum mm_code mm_fail_errno(struct mm_err *err, const char *format, ...) MM_PRINTF(2, 3);

/* As mm_fail, with ": " and the reason of the oldest error in OpenSSL's queue appended; the queue is emptied. */
enum mm_code mm_fail_openssl(struct mm_err *err, enum mm_code code, const char *format, ...) MM_PRINTF(3, 4);

/* Puts "CONTEXT: " before the line in `err` and returns `code`; does nothing when `code` is MM_OK. */
enum mm_code mm_context(struct mm_err *err, enum mm_code code, const char *format, ...) MM_PRINTF(3, 4);

/* Makes `err` empty again. */
void mm_err_clear(struct mm_err *err);

/* The rows of the table. The name is a short stable word ("conflict") for logs and JSON output. */
const char *mm_code_name(enum mm_code code);
int mm_code_http_status(enum mm_code code);
int mm_code_exit_status(enum mm_code code); /* 0, 1 or 2, see mintmark(1) */

#endif
