/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/certificates.h"

#include <mintmark/file.h>
#include <mintmark/x509.h>

#define FILE_MAX (1 << 20) /* bytes */

void mm_certificates_clear(struct mm_certificates *certificates)
{
	sk_X509_pop_free(certificates->list, X509_free);
	certificates->list = NULL;
}

static enum mm_code fill(struct mm_span text, struct mm_certificates *out, struct mm_err *err)
{
	struct mm_err why = {0};
	enum mm_code code;

	out->list = sk_X509_new_null();
	if (!out->list)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	code = mm_x509_read_pem(text, out->list, &why);
	if (code != MM_OK)
		return mm_fail(err, code == MM_EPARSE ? MM_ECONFIG : code, "%s", why.text);
	return sk_X509_num(out->list) > 0 ? MM_OK : mm_fail(err, MM_ECONFIG, "no certificate in it; accepted: PEM");
}

enum mm_code mm_certificates_read(const char *path, struct mm_certificates *out, struct mm_err *err)
{
	mm_auto_buf text = {0};
	enum mm_code code = mm_path_read(path, MM_FILE_ANY, FILE_MAX, &text, err);

	if (code != MM_OK)
		return code;
	return mm_context(err, fill(mm_buf_span(&text), out, err), "%s", path);
}
