/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates in files that a command is given. */
#ifndef MINTMARK_CLI_CERTIFICATES_H
#define MINTMARK_CLI_CERTIFICATES_H

#include <mintmark/bytes.h>
#include <openssl/x509.h>

/* {0} is an empty list. */
struct mm_certificates {
	struct stack_st_X509 *list; /* in the order of the file */
};
void mm_certificates_clear(struct mm_certificates *certificates);
#define mm_auto_certificates MM_CLEANUP(mm_certificates_clear) struct mm_certificates

/*
 * Reads all certificates of a PEM file; whatever else stands in it is passed over. MM_ECONFIG: there is none, or one is
 * damaged. MM_ENOTFOUND, MM_EIO, MM_ELIMIT.
 */
MM_MUSTCHECK enum mm_code mm_certificates_read(const char *path, struct mm_certificates *out, struct mm_err *err);

#endif
