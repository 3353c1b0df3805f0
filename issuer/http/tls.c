/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/tls.h"

#include <mintmark/file.h>
#include <mintmark/ossl.h>
#include <mintmark/refs.h>
#include <mintmark/x509.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <sys/stat.h>

/* TLS 1.2: forward secrecy and authenticated encryption only (RFC 9325 §4.2). Those of TLS 1.3 all are. */
#define TLS12_CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20"

/* Seconds by which our clock may be behind that of who made the certificate. */
#define CLOCK_SKEW 300

/*
 * Bytes of a client's certificate and its chain, nine of the usual ones. They are parsed before anybody knows who it
 * is: OpenSSL's 100 KB cost 1.2 MB of memory and 0.1 s for each connection of a stranger.
 */
#define CLIENT_CHAIN_MAX 16384
/* Bits of a client's RSA key and of its public exponent, which commonly is 65537. */
#define CLIENT_RSA_MAX      8192
#define CLIENT_EXPONENT_MAX 33

struct mm_tls {
	struct mm_refs refs;
	SSL_CTX *context;
	mm_time expires;
};

static enum mm_code read_pem(const char *path, struct mm_buf *text, BIO **bio, struct mm_err *err)
{
	enum mm_code code = mm_path_read(path, MM_FILE_ANY, MM_TLS_FILE_MAX, text, err);

	if (code != MM_OK)
		return code;
	*bio = BIO_new_mem_buf(text->p, (int)text->len);
	return *bio ? MM_OK : mm_fail_openssl(err, MM_ENOMEM, "%s", path);
}

/* The certificates after the first, to the end of the file. */
static enum mm_code add_chain(SSL_CTX *context, BIO *bio, const char *path, struct mm_err *err)
{
	for (;;) {
		X509 *issuer = PEM_read_bio_X509(bio, NULL, mm_no_passphrase, NULL);
		unsigned long why = ERR_peek_last_error();

		if (issuer && SSL_CTX_add0_chain_cert(context, issuer) == 1)
			continue;
		X509_free(issuer);
		if (!issuer && ERR_GET_REASON(why) == PEM_R_NO_START_LINE) {
			ERR_clear_error();
			return MM_OK;
		}
		return mm_fail_openssl(err, MM_ECONFIG, "%s: damaged certificate in the chain", path);
	}
}

static enum mm_code check_time(const X509 *certificate, const char *path, mm_time now, mm_time *expires,
			       struct mm_err *err)
{
	char text[MM_TIME_TEXT_SIZE];
	mm_time begins;

	if (!mm_x509_time(X509_get0_notBefore(certificate), &begins) ||
	    !mm_x509_time(X509_get0_notAfter(certificate), expires))
		return mm_fail(err, MM_ECONFIG, "%s: unreadable period of validity", path);
	mm_time_format(*expires, text);
	if (*expires <= now)
		return mm_fail(err, MM_ECONFIG, "%s: the certificate expired at %s", path, text);
	mm_time_format(begins, text);
	if (begins > now + CLOCK_SKEW)
		return mm_fail(err, MM_ECONFIG, "%s: the certificate is not valid before %s", path, text);
	return MM_OK;
}

static enum mm_code load_certificate(struct mm_tls *tls, const char *path, mm_time now, struct mm_err *err)
{
	mm_auto_buf text = {0};
	mm_ossl_auto(BIO) bio = NULL;
	mm_ossl_auto(X509) certificate = NULL;
	enum mm_code code = read_pem(path, &text, &bio, err);

	if (code != MM_OK)
		return code;
	certificate = PEM_read_bio_X509_AUX(bio, NULL, mm_no_passphrase, NULL);
	if (!certificate)
		return mm_fail_openssl(err, MM_ECONFIG, "%s: no certificate in it", path);
	code = check_time(certificate, path, now, &tls->expires, err);
	if (code != MM_OK)
		return code;
	if (SSL_CTX_use_certificate(tls->context, certificate) != 1)
		return mm_fail_openssl(err, MM_ECONFIG, "%s: the certificate cannot be used", path);
	return add_chain(tls->context, bio, path, err);
}

static enum mm_code load_key(struct mm_tls *tls, const char *path, const char *certificate_path, struct mm_err *err)
{
	mm_auto_buf text = {0};
	mm_ossl_auto(BIO) bio = NULL;
	mm_ossl_auto(EVP_PKEY) pkey = NULL;
	enum mm_code code = read_pem(path, &text, &bio, err);

	if (code != MM_OK)
		return code;
	pkey = PEM_read_bio_PrivateKey(bio, NULL, mm_no_passphrase, NULL);
	if (!pkey)
		return mm_fail_openssl(err, MM_ECONFIG, "%s: no private key in it, or one with a passphrase", path);
	if (X509_check_private_key(SSL_CTX_get0_certificate(tls->context), pkey) != 1) {
		ERR_clear_error();
		return mm_fail(err, MM_ECONFIG, "%s: not the key of the certificate in %s", path, certificate_path);
	}
	if (SSL_CTX_use_PrivateKey(tls->context, pkey) != 1)
		return mm_fail_openssl(err, MM_ECONFIG, "%s: the key cannot be used", path);
	return MM_OK;
}

/* A client that offers protocols and not http/1.1 gets no_application_protocol (RFC 7301 §3.2). */
static int select_http11(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *offered,
			 unsigned offered_len, void *arg)
{
	static const unsigned char ours[] = "\x08http/1.1";
	unsigned char *chosen;

	(void)ssl, (void)arg;
	if (SSL_select_next_proto(&chosen, out_len, ours, sizeof ours - 1, offered, offered_len) !=
	    OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *new_context(void)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());

	if (!context)
		return NULL;
	SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
					     SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
					  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF); /* resumption is by tickets */
	SSL_CTX_set_alpn_select_cb(context, select_http11, NULL);
	if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
	    SSL_CTX_set_cipher_list(context, TLS12_CIPHERS) == 1)
		return context;
	SSL_CTX_free(context);
	return NULL;
}

/* Empty, but set up. */
static enum mm_code new_tls(struct mm_tls **out, struct mm_err *err)
{
	mm_auto(mm_tls) tls = calloc(1, sizeof *tls);

	if (!tls)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	mm_refs_init(&tls->refs);
	tls->context = new_context();
	if (!tls->context)
		return mm_fail_openssl(err, MM_ECRYPTO, "cannot set up TLS");
	*out = mm_take(tls);
	return MM_OK;
}

enum mm_code mm_tls_load(const char *certificate_path, const char *key_path, mm_time now, struct mm_tls **out,
			 struct mm_err *err)
{
	mm_auto(mm_tls) tls = NULL;
	enum mm_code code = new_tls(&tls, err);

	if (code == MM_OK)
		code = load_certificate(tls, certificate_path, now, err);
	if (code == MM_OK)
		code = load_key(tls, key_path, certificate_path, err);
	if (code == MM_OK)
		*out = mm_take(tls);
	return code;
}

/* ---- for callers ------------------------------------------------------------------------------------------------- */

/*
 * Whether a signature by that key is verified within a millisecond or so. A stranger chooses the key, and need not even
 * sign with it: with 16384 bits, a long exponent or a DSA key any bytes would cost us twenty times that.
 */
static bool is_quick(EVP_PKEY *key)
{
	mm_ossl_auto(BIGNUM) exponent = NULL;

	if (!key)
		return false;
	if (EVP_PKEY_is_a(key, "EC") || EVP_PKEY_is_a(key, "ED25519") || EVP_PKEY_is_a(key, "ED448"))
		return true;
	return (EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS")) &&
	       EVP_PKEY_get_bits(key) <= CLIENT_RSA_MAX &&
	       EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1 &&
	       BN_num_bits(exponent) <= CLIENT_EXPONENT_MAX;
}

/*
 * Any certificate will do for TLS, which checks the signature by its key next. Whose it is, and whether it still holds,
 * is asked with each request (mm_authenticate): a connection does not outlive its certificate, and who shows a bad one
 * gets an answer that says so.
 */
static int accept_any(X509_STORE_CTX *store, void *arg)
{
	(void)arg;
	if (is_quick(X509_get0_pubkey(X509_STORE_CTX_get0_cert(store))))
		return 1;
	X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
	return 0;
}

static bool copy_certificate(SSL_CTX *to, SSL_CTX *from)
{
	STACK_OF(X509) *chain = NULL;

	return SSL_CTX_get0_chain_certs(from, &chain) == 1 &&
	       SSL_CTX_use_cert_and_key(to, SSL_CTX_get0_certificate(from), SSL_CTX_get0_privatekey(from), chain, 1) ==
		       1;
}

/* Neither a session at the server nor one in a ticket; TLS 1.3 would send tickets for the former, too. */
static bool forbid_resumption(SSL_CTX *context)
{
	SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
	return SSL_CTX_set_num_tickets(context, 0) == 1;
}

static bool ask_for_certificate(SSL_CTX *context, const STACK_OF(X509_NAME) * authorities)
{
	STACK_OF(X509_NAME) *names = SSL_dup_CA_list(authorities);

	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(context, accept_any, NULL);
	SSL_CTX_set_max_cert_list(context, CLIENT_CHAIN_MAX);
	SSL_CTX_set_client_CA_list(context, names); /* takes them over */
	return names;
}

enum mm_code mm_tls_for_callers(const struct mm_tls *tls, const struct stack_st_X509_NAME *authorities,
				struct mm_tls **out, struct mm_err *err)
{
	mm_auto(mm_tls) copy = NULL;
	enum mm_code code = new_tls(&copy, err);

	if (code != MM_OK)
		return code;
	copy->expires = tls->expires;
	if (!copy_certificate(copy->context, tls->context) || !forbid_resumption(copy->context) ||
	    (authorities && !ask_for_certificate(copy->context, authorities)))
		return mm_fail_openssl(err, MM_ECRYPTO, "cannot set up TLS");
	*out = mm_take(copy);
	return MM_OK;
}

/*
 * Not an error, unlike a signing key that others can read: whoever has this one can pose as the server, but makes no
 * tokens. The group may read it: files of a certificate tool often are root:ssl-cert, and credentials of systemd 0440.
 */
bool mm_tls_key_exposed(const char *key_path)
{
	struct stat st;

	return stat(key_path, &st) == 0 && (st.st_mode & S_IROTH);
}

struct mm_tls *mm_tls_ref(struct mm_tls *tls)
{
	mm_refs_take(&tls->refs);
	return tls;
}

void mm_tls_free(struct mm_tls *tls)
{
	if (!tls || !mm_refs_drop(&tls->refs))
		return;
	SSL_CTX_free(tls->context);
	free(tls);
}

mm_time mm_tls_expires(const struct mm_tls *tls)
{
	return tls->expires;
}

SSL *mm_tls_accept(const struct mm_tls *tls, int fd)
{
	SSL *ssl = SSL_new(tls->context);

	if (!ssl || SSL_set_fd(ssl, fd) != 1) {
		SSL_free(ssl);
		ERR_clear_error();
		return NULL;
	}
	SSL_set_accept_state(ssl);
	return ssl;
}
