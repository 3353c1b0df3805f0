/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/pem.h"

#include <mintmark/ossl.h>
#include <mintmark/x509.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

/* What a block with a label is to us. */
enum block_kind { BLOCK_PRIVATE, BLOCK_PUBLIC, BLOCK_HARMLESS, BLOCK_OTHER, BLOCK_KIND_COUNT };

static const struct block_row {
	const char *label;
	enum block_kind kind;
} block_rows[] = {
	{PEM_STRING_PKCS8INF, BLOCK_PRIVATE},      /* PRIVATE KEY */
	{PEM_STRING_PKCS8, BLOCK_PRIVATE},         /* ENCRYPTED PRIVATE KEY */
	{PEM_STRING_RSA, BLOCK_PRIVATE},           /* RSA PRIVATE KEY */
	{PEM_STRING_ECPRIVATEKEY, BLOCK_PRIVATE},  /* EC PRIVATE KEY */
	{PEM_STRING_PUBLIC, BLOCK_PUBLIC},         /* PUBLIC KEY */
	{PEM_STRING_RSA_PUBLIC, BLOCK_PUBLIC},     /* RSA PUBLIC KEY */
	{PEM_STRING_ECPARAMETERS, BLOCK_HARMLESS}, /* EC PARAMETERS: openssl ecparam -genkey puts it before the key */
};

/* What a file has in it. */
struct inventory {
	struct mm_buf labels; /* "PRIVATE KEY, CERTIFICATE" */
	unsigned count[BLOCK_KIND_COUNT];
};

static void inventory_free(struct inventory *inventory)
{
	mm_buf_free(&inventory->labels);
}

static void note_block(struct inventory *inventory, const char *label)
{
	enum block_kind kind = BLOCK_OTHER;

	for (size_t i = 0; i < MM_COUNT(block_rows); i++)
		if (strcmp(label, block_rows[i].label) == 0)
			kind = block_rows[i].kind;
	inventory->count[kind]++;
	if (inventory->labels.len)
		mm_buf_add_str(&inventory->labels, ", ");
	mm_buf_add_str(&inventory->labels, label);
}

static enum mm_code take_inventory(struct mm_span text, struct inventory *inventory, struct mm_err *err)
{
	mm_ossl_auto(BIO) bio = BIO_new_mem_buf(text.p, (int)text.len);
	char *label, *header;
	unsigned char *data;
	long len;

	if (!bio)
		return mm_fail_openssl(err, MM_ENOMEM, "PEM");
	while (PEM_read_bio(bio, &label, &header, &data, &len)) {
		note_block(inventory, label);
		OPENSSL_free(label);
		OPENSSL_free(header);
		OPENSSL_clear_free(data, (size_t)len);
	}
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		return mm_fail_openssl(err, MM_EPARSE, "PEM is damaged");
	ERR_clear_error();
	return mm_buf_check(&inventory->labels, err);
}

/* Exactly one private key and nothing else, so that nobody imports another key than the one that he sees. */
static enum mm_code check_inventory(const struct inventory *inventory, struct mm_err *err)
{
	const unsigned *count = inventory->count;

	if (!inventory->labels.len)
		return mm_fail(err, MM_EPARSE, "no key found; accepted: a private key in PEM, or a private JWK");
	if (count[BLOCK_PRIVATE] == 1 && !count[BLOCK_PUBLIC] && !count[BLOCK_OTHER])
		return MM_OK;
	if (!count[BLOCK_PRIVATE] && count[BLOCK_PUBLIC] && !count[BLOCK_OTHER])
		return mm_fail(err, MM_EREFUSED, "found a public key (%s) where a private one is needed",
			       inventory->labels.p);
	return mm_fail(err, MM_EPARSE,
		       "found %s; accepted: one block PRIVATE KEY, ENCRYPTED PRIVATE KEY, RSA PRIVATE KEY or "
		       "EC PRIVATE KEY, alone",
		       inventory->labels.p);
}

struct passphrase {
	struct mm_span text;
	bool asked;
};

/* OpenSSL's pem_password_cb: answers from memory, never from a terminal. */
static int answer_passphrase(char *buffer, int size, int for_writing, void *arg)
{
	struct passphrase *passphrase = arg;

	(void)for_writing;
	passphrase->asked = true;
	if (!passphrase->text.p || passphrase->text.len > (size_t)size)
		return -1;
	memcpy(buffer, passphrase->text.p, passphrase->text.len);
	return (int)passphrase->text.len;
}

static enum mm_code decode(struct mm_span text, struct mm_span words, EVP_PKEY **out, struct mm_err *err)
{
	mm_ossl_auto(BIO) bio = BIO_new_mem_buf(text.p, (int)text.len);
	struct passphrase passphrase = {.text = words};

	if (!bio)
		return mm_fail_openssl(err, MM_ENOMEM, "PEM");
	*out = PEM_read_bio_PrivateKey_ex(bio, NULL, answer_passphrase, &passphrase, NULL, NULL);
	if (*out)
		return MM_OK;
	if (!passphrase.asked)
		return mm_fail_openssl(err, MM_EPARSE, "the private key is damaged or of an unknown kind");
	if (!words.p) {
		ERR_clear_error();
		return mm_fail(err, MM_EREFUSED, "the private key is encrypted and no passphrase was given");
	}
	return mm_fail_openssl(err, MM_EREFUSED, "the private key is encrypted with another passphrase, or damaged");
}

enum mm_code mm_pem_read_private(struct mm_span text, struct mm_span passphrase, EVP_PKEY **out, struct mm_err *err)
{
	MM_CLEANUP(inventory_free) struct inventory inventory = {0};
	enum mm_code code;

	if (passphrase.len > PEM_BUFSIZE)
		return mm_fail(err, MM_ELIMIT, "the passphrase is longer than %d bytes", PEM_BUFSIZE);
	code = take_inventory(text, &inventory, err);
	if (code == MM_OK)
		code = check_inventory(&inventory, err);
	if (code != MM_OK)
		return code;
	return decode(text, passphrase, out, err);
}

bool mm_pem_has_private(struct mm_span text)
{
	MM_CLEANUP(inventory_free) struct inventory inventory = {0};

	return take_inventory(text, &inventory, NULL) == MM_OK && inventory.count[BLOCK_PRIVATE] > 0;
}

enum mm_code mm_pem_read_public(struct mm_span text, EVP_PKEY **out, struct mm_err *err)
{
	MM_CLEANUP(inventory_free) struct inventory inventory = {0};
	mm_ossl_auto(BIO) bio = BIO_new_mem_buf(text.p, (int)text.len);
	enum mm_code code = take_inventory(text, &inventory, err);

	if (code != MM_OK)
		return code;
	if (!inventory.labels.len)
		return mm_fail(err, MM_EPARSE, "no key found; accepted: PEM, a JWK or a JWKS");
	if (inventory.count[BLOCK_PUBLIC] != 1 || inventory.count[BLOCK_OTHER])
		return mm_fail(err, MM_EPARSE, "found %s; accepted: one block PUBLIC KEY or a private key, alone",
			       inventory.labels.p);
	*out = bio ? PEM_read_bio_PUBKEY(bio, NULL, mm_no_passphrase, NULL) : NULL;
	return *out ? MM_OK : mm_fail_openssl(err, MM_EPARSE, "the public key is damaged or of an unknown kind");
}

enum mm_code mm_pem_write(EVP_PKEY *pkey, enum mm_key_form form, struct mm_buf *out, struct mm_err *err)
{
	static const struct {
		int selection;
		const char *structure;
	} rows[] = {
		[MM_FORM_PKCS8] = {EVP_PKEY_KEYPAIR, "PrivateKeyInfo"},
		[MM_FORM_TRADITIONAL] = {EVP_PKEY_KEYPAIR, "type-specific"},
		[MM_FORM_PUBLIC_PEM] = {EVP_PKEY_PUBLIC_KEY, "SubjectPublicKeyInfo"},
	};
	mm_ossl_auto(OSSL_ENCODER_CTX) encoder = NULL;
	unsigned char *pem = NULL;
	size_t len = 0;

	encoder = OSSL_ENCODER_CTX_new_for_pkey(pkey, rows[form].selection, "PEM", rows[form].structure, NULL);
	if (!encoder || !OSSL_ENCODER_to_data(encoder, &pem, &len))
		return mm_fail_openssl(err, MM_ECRYPTO, "writing a key as PEM");
	mm_buf_add(out, pem, len);
	OPENSSL_clear_free(pem, len);
	return mm_buf_check(out, err);
}
