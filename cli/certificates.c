/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/certificates.h"

#include <mintmark/file.h>
#include <mintmark/ossl.h>
#include <mintmark/x509.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#define FILE_MAX (1 << 20) /* bytes */

void mm_certificates_clear(struct mm_certificates *certificates)
{
	sk_X509_pop_free(certificates->list, X509_free);
	certificates->list = NULL;
}

static enum mm_code read_all(BIO *bio, struct stack_st_X509 *list, struct mm_err *err)
{
	X509 *certificate;

	while ((certificate = PEM_read_bio_X509(bio, NULL, mm_no_passphrase, NULL))) {
		if (sk_X509_push(list, certificate) > 0)
			continue;
		X509_free(certificate);
		return mm_fail(err, MM_ENOMEM, "out of memory");
	}
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		return mm_fail_openssl(err, MM_ECONFIG, "damaged certificate");
	ERR_clear_error();
	return sk_X509_num(list) > 0 ? MM_OK : mm_fail(err, MM_ECONFIG, "no certificate in it; accepted: PEM");
}

enum mm_code mm_certificates_read(const char *path, struct mm_certificates *out, struct mm_err *err)
{
	mm_auto_buf text = {0};
	mm_ossl_auto(BIO) bio = NULL;
	enum mm_code code = mm_path_read(path, MM_FILE_ANY, FILE_MAX, &text, err);

	if (code != MM_OK)
		return code;
	out->list = sk_X509_new_null();
	bio = BIO_new_mem_buf(text.p ? text.p : "", (int)text.len);
	if (!bio || !out->list)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	return mm_context(err, read_all(bio, out->list, err), "%s", path);
}
