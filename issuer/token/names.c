/* SPDX-License-Identifier: Apache-2.0 */
/* Uids for accounts that nobody declared. */
#include <mintmark/claims.h>

enum mm_code mm_service_account_uid(const char *issuer, const char *namespace, const char *name,
				    char out[static MM_UUID_SIZE], struct mm_err *err)
{
	mm_auto_buf text = {0};
	enum mm_code code;

	mm_buf_add_str(&text, issuer);
	mm_buf_add_str(&text, "#system:serviceaccount:");
	mm_buf_add_str(&text, namespace);
	mm_buf_add_str(&text, ":");
	mm_buf_add_str(&text, name);
	code = mm_buf_check(&text, err);
	if (code == MM_OK)
		mm_uuid5_url(mm_buf_span(&text), out);
	return code;
}
