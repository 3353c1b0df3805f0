/* SPDX-License-Identifier: Apache-2.0 */
/* Putting the two files in their place, so that whoever reads both at any moment trusts what signs. */
#include <mintmark/apiserver.h>

#include <mintmark/base64url.h>
#include <mintmark/file.h>
#include <mintmark/keyio.h>
#include <mintmark/ossl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

enum { PUB_MODE = 0644, KEY_MODE = 0600, PUB_MAX = 1 << 20 };

enum mm_code mm_apiserver_lock(const char *path, int wait_ms, int *dir, struct mm_err *err)
{
	enum mm_code code = mm_dir_open(path, MM_FILE_OWNED, dir, err);

	if (code == MM_OK)
		code = mm_dir_lock(*dir, path, wait_ms, err);
	if (code != MM_OK)
		mm_fd_close(dir);
	return code;
}

void mm_apiserver_change_clear(struct mm_apiserver_change *change)
{
	mm_strings_free(&change->trusted_before);
	*change = (struct mm_apiserver_change){0};
}

/* ---- what is there ----------------------------------------------------------------------------------------------- */

static enum mm_code fail_foreign(const char *name, const char *what, struct mm_err *err)
{
	return mm_fail(err, MM_EEXIST, "%s holds %s, and is not replaced", name, what);
}

/* MM_OK with nothing appended when there is no such file. */
static enum mm_code read_old(int dir, const char *name, size_t max, struct mm_buf *out, struct mm_err *err)
{
	struct mm_err why = {0};
	enum mm_code code = mm_file_read(dir, name, MM_FILE_ANY, max, out, &why);

	return code == MM_OK || code == MM_ENOTFOUND ? MM_OK : mm_fail(err, code, "%s", why.text);
}

/* The kid of what stands in a PEM block, if that is a PUBLIC KEY; of anything else, the kid of no key. */
static enum mm_code add_kid(struct mm_strings *kids, const unsigned char *spki, size_t len, struct mm_err *err)
{
	unsigned char digest[32];
	char kid[MM_KID_SIZE];

	if (!EVP_Digest(spki, len, digest, NULL, EVP_sha256(), NULL))
		return mm_fail_openssl(err, MM_ECRYPTO, "SHA-256");
	kid[mm_base64url_encode(kid, digest, sizeof digest)] = '\0';
	return mm_strings_add(kids, kid, err);
}

static enum mm_code list_kids(const struct mm_buf *pem, struct mm_strings *kids, struct mm_err *err)
{
	mm_ossl_auto(BIO) bio = BIO_new_mem_buf(pem->p ? pem->p : "", (int)pem->len);
	enum mm_code code = bio ? MM_OK : mm_fail_openssl(err, MM_ENOMEM, MM_APISERVER_PUB);
	char *label, *header;
	unsigned char *data;
	long len;

	while (code == MM_OK && PEM_read_bio(bio, &label, &header, &data, &len)) {
		code = add_kid(kids, data, (size_t)len, err);
		OPENSSL_free(label);
		OPENSSL_free(header);
		OPENSSL_clear_free(data,
				   (size_t)len); /* sa.pub may be a private key: a kube-apiserver reads that too */
	}
	ERR_clear_error();
	return code;
}

static enum mm_code inspect_pub(const struct mm_apiserver_files *files, int dir, bool force, struct mm_strings *trusted,
				struct mm_err *err)
{
	mm_auto_buf old = {0};
	enum mm_code code = read_old(dir, MM_APISERVER_PUB, PUB_MAX, &old, err);

	if (code == MM_OK)
		code = list_kids(&old, trusted, err);
	for (size_t i = 0; code == MM_OK && !force && i < trusted->n; i++) {
		if (!mm_keyset_find(files->set, trusted->v[i]))
			code = fail_foreign(MM_APISERVER_PUB, "a key that is none of this issuer's", err);
	}
	return code;
}

/* `*signer` is the key of the old sa.key; NULL: there was none, or `force` and it cannot be read. */
static enum mm_code inspect_key(const struct mm_apiserver_files *files, int dir, bool force, struct mm_key **signer,
				struct mm_err *err)
{
	mm_auto_buf old = {0};
	enum mm_code code = read_old(dir, MM_APISERVER_KEY, MM_KEY_FILE_MAX, &old, err);
	bool readable;

	*signer = NULL;
	if (code != MM_OK || old.len == 0)
		return code;
	if (mm_span_eq(mm_buf_span(&old), mm_buf_span(&files->key))) {
		*signer = mm_key_ref(files->signer->key);
		return MM_OK;
	}
	readable = mm_key_import(mm_buf_span(&old), NULL, (struct mm_span){0}, signer, NULL) == MM_OK;
	if (force || (readable && mm_keyset_find(files->set, mm_key_kid(*signer))))
		return MM_OK;
	return fail_foreign(MM_APISERVER_KEY,
			    readable ? "a key that is none of this issuer's" : "something else than a private key",
			    err);
}

/* ---- what is to be there ----------------------------------------------------------------------------------------- */

static enum mm_code update_pub(int dir, const struct mm_buf *pub, struct mm_apiserver_change *change,
			       struct mm_err *err)
{
	bool written;
	enum mm_code code = mm_file_update(dir, MM_APISERVER_PUB, mm_buf_span(pub), PUB_MODE, &written, err);

	change->pub_written |= written;
	return code;
}

/* sa.pub while sa.key changes from a key that will not be trusted any more: both are. */
static enum mm_code update_pub_for_both(int dir, const struct mm_apiserver_files *files, const struct mm_key *old,
					struct mm_apiserver_change *change, struct mm_err *err)
{
	mm_auto_buf both = {0};
	enum mm_code code;

	mm_buf_add_span(&both, mm_buf_span(&files->pub));
	code = mm_key_export(old, MM_FORM_PUBLIC_PEM, &both, err);
	return code == MM_OK ? update_pub(dir, &both, change, err) : code;
}

static enum mm_code write_both(int dir, const struct mm_apiserver_files *files, const struct mm_key *old,
			       struct mm_apiserver_change *change, struct mm_err *err)
{
	bool dropped = old && !mm_apiserver_trusts(files, mm_key_kid(old));
	enum mm_code code = dropped ? update_pub_for_both(dir, files, old, change, err)
				    : update_pub(dir, &files->pub, change, err);

	if (code == MM_OK)
		code = mm_file_update(dir, MM_APISERVER_KEY, mm_buf_span(&files->key), KEY_MODE, &change->key_written,
				      err);
	if (code == MM_OK && dropped)
		code = update_pub(dir, &files->pub, change, err);
	return code;
}

enum mm_code mm_apiserver_write(const struct mm_apiserver_files *files, int dir, bool force,
				struct mm_apiserver_change *change, struct mm_err *err)
{
	mm_auto(mm_key) old = NULL;
	enum mm_code code;

	*change = (struct mm_apiserver_change){0};
	code = inspect_pub(files, dir, force, &change->trusted_before, err);
	if (code == MM_OK)
		code = inspect_key(files, dir, force, &old, err);
	if (code != MM_OK)
		return code;
	if (old)
		memcpy(change->signer_before, mm_key_kid(old), sizeof change->signer_before);
	code = mm_file_sweep(dir, MM_APISERVER_PUB, err);
	if (code == MM_OK)
		code = mm_file_sweep(dir, MM_APISERVER_KEY, err);
	return code == MM_OK ? write_both(dir, files, old, change, err) : code;
}
