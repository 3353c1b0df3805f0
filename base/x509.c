/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/x509.h>

#include <limits.h>
#include <mintmark/ossl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <time.h>

bool mm_x509_time(const ASN1_TIME *from, mm_time *out)
{
	struct tm tm;

	if (!from || ASN1_TIME_to_tm(from, &tm) != 1) {
		ERR_clear_error();
		return false;
	}
	*out = (mm_time)timegm(&tm);
	return true;
}

void mm_x509_add_name(struct mm_buf *out, const X509_NAME *name)
{
	mm_ossl_auto(BIO) bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	long len;

	if (!bio || X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) < 0) {
		ERR_clear_error();
		mm_buf_add_str(out, "?");
		return;
	}
	len = BIO_get_mem_data(bio, &text);
	mm_buf_add(out, text, (size_t)len);
}

/* After the last block there is none that begins; anything else is a block that cannot be read. */
static enum mm_code end_of_pem(int read, struct mm_err *err)
{
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		return mm_fail_openssl(err, MM_EPARSE, "certificate %d in PEM is broken", read + 1);
	ERR_clear_error();
	return MM_OK;
}

enum mm_code mm_x509_read_pem(struct mm_span text, STACK_OF(X509) * list, struct mm_err *err)
{
	mm_ossl_auto(BIO) in = text.len <= INT_MAX ? BIO_new_mem_buf(text.len > 0 ? text.p : "", (int)text.len) : NULL;
	X509 *x509;

	if (!in)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	while ((x509 = PEM_read_bio_X509(in, NULL, mm_no_passphrase, NULL))) {
		if (sk_X509_push(list, x509) > 0)
			continue;
		X509_free(x509);
		return mm_fail(err, MM_ENOMEM, "out of memory");
	}
	return end_of_pem(sk_X509_num(list), err);
}

int mm_no_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)buf, (void)size, (void)writing, (void)arg;
	return -1;
}
