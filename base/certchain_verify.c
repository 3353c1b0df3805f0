/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/certchain.h>

#include <dirent.h>
#include <mintmark/ossl.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <stdlib.h>
#include <unistd.h>

MM_OSSL_AUTO(X509_STORE, X509_STORE_free)

/* ---- whom to trust ---------------------------------------------------------------------------------------------- */

static bool holds_files(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry = NULL;

	if (!dir)
		return false;
	while ((entry = readdir(dir)) && entry->d_name[0] == '.')
		;
	closedir(dir);
	return entry != NULL;
}

/* OpenSSL looks them up when they are needed, and does not say that there is nothing to look in. */
static bool system_has_authorities(void)
{
	const char *file = getenv("SSL_CERT_FILE"), *dir = getenv("SSL_CERT_DIR");

	return access(file ? file : X509_get_default_cert_file(), R_OK) == 0 ||
	       holds_files(dir ? dir : X509_get_default_cert_dir());
}

static enum mm_code add_authorities(X509_STORE *store, const char *ca_file, struct mm_err *err)
{
	if (ca_file)
		return X509_STORE_load_file(store, ca_file) == 1
			       ? MM_OK
			       : mm_fail_openssl(err, MM_EIO, "%s: no authorities can be read from it", ca_file);
	if (!system_has_authorities())
		return mm_fail(err, MM_ENOTFOUND, "this host has no list of public authorities (ca-certificates)");
	return X509_STORE_set_default_paths(store) == 1
		       ? MM_OK
		       : mm_fail_openssl(err, MM_ECRYPTO, "the system's authorities cannot be used");
}

/* ---- whether they do -------------------------------------------------------------------------------------------- */

/* All that was presented, whatever its order: a verifier finds its way. */
static STACK_OF(X509) * presented(const struct mm_certchain *chain)
{
	STACK_OF(X509) *list = sk_X509_new_null();

	for (size_t i = 1; list && i < chain->n; i++) {
		if (sk_X509_push(list, chain->v[i].x509) <= 0) {
			sk_X509_free(list);
			return NULL;
		}
	}
	return list;
}

static enum mm_code verify_in(X509_STORE_CTX *context, X509_STORE *store, X509 *leaf, STACK_OF(X509) * others,
			      mm_time now, struct mm_err *err)
{
	int error;

	if (X509_STORE_CTX_init(context, store, leaf, others) != 1 ||
	    X509_STORE_CTX_set_default(context, "ssl_server") != 1)
		return mm_fail_openssl(err, MM_ENOMEM, "out of memory");
	X509_STORE_CTX_set_time(context, 0, (time_t)now);
	X509_STORE_CTX_set_flags(context, X509_V_FLAG_PARTIAL_CHAIN); /* as curl does, so that both say the same */
	if (X509_verify_cert(context) == 1)
		return MM_OK;
	error = X509_STORE_CTX_get_error(context);
	ERR_clear_error();
	if (error == X509_V_ERR_OUT_OF_MEM)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	return mm_fail(err, MM_EVERIFY, "%s", X509_verify_cert_error_string(error));
}

static enum mm_code verify(X509_STORE *store, const struct mm_certchain *chain, STACK_OF(X509) * others, mm_time now,
			   struct mm_err *err)
{
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	enum mm_code code = context ? verify_in(context, store, chain->v[0].x509, others, now, err)
				    : mm_fail_openssl(err, MM_ENOMEM, "out of memory");

	X509_STORE_CTX_free(context);
	return code;
}

enum mm_code mm_certchain_verify(const struct mm_certchain *chain, const char *ca_file, mm_time now, struct mm_err *err)
{
	mm_ossl_auto(X509_STORE) store = X509_STORE_new();
	STACK_OF(X509) *others = presented(chain);
	enum mm_code code;

	if (store && others)
		code = add_authorities(store, ca_file, err);
	else
		code = mm_fail(err, MM_ENOMEM, "out of memory");
	if (code == MM_OK)
		code = verify(store, chain, others, now, err);
	sk_X509_free(others);
	return code;
}
