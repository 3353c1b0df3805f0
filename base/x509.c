/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/x509.h>

#include <mintmark/ossl.h>
#include <openssl/err.h>
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

int mm_no_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)buf, (void)size, (void)writing, (void)arg;
	return -1;
}
