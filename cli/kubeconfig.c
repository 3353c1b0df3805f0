/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/kubeconfig.h"

#include "cli/output.h"

#include <arpa/inet.h>
#include <mintmark/ossl.h>
#include <mintmark/url.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

void mm_kube_server_clear(struct mm_kube_server *server)
{
	free(server->url);
	free(server->name);
	mm_buf_free(&server->authorities);
	*server = (struct mm_kube_server){0};
}

/* ---- what a certificate says ------------------------------------------------------------------------------------ */

/* A DNS name or an address as text; NULL: neither, or no name of one host. */
static char *name_text(const GENERAL_NAME *name)
{
	char text[INET6_ADDRSTRLEN];
	int kind;
	const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &kind);
	const unsigned char *bytes = value ? ASN1_STRING_get0_data(value) : NULL;
	int len = value ? ASN1_STRING_length(value) : 0;

	if (kind == GEN_DNS && len > 0 && bytes[0] != '*' && !memchr(bytes, '\0', (size_t)len))
		return strndup((const char *)bytes, (size_t)len);
	if (kind == GEN_IPADD && (len == 4 || len == 16) &&
	    inet_ntop(len == 4 ? AF_INET : AF_INET6, bytes, text, sizeof text))
		return strdup(text);
	return NULL;
}

/* The first name that a host can have, a DNS name rather than an address; NULL: none. */
static char *first_name(const X509 *certificate)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	static const int kinds[] = {GEN_DNS, GEN_IPADD};
	char *found = NULL;

	for (size_t k = 0; k < MM_COUNT(kinds); k++) {
		for (int i = 0; i < sk_GENERAL_NAME_num(names) && !found; i++) {
			const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

			if (name->type == kinds[k])
				found = name_text(name);
		}
	}
	GENERAL_NAMES_free(names);
	ERR_clear_error();
	return found;
}

/* As Go's crypto/tls looks: at the names of the extension alone. */
static bool is_for(X509 *certificate, const char *host)
{
	return X509_check_ip_asc(certificate, host, 0) == 1 ||
	       X509_check_host(certificate, host, 0, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL) == 1;
}

static enum mm_code write_pem(X509 *certificate, struct mm_buf *out, struct mm_err *err)
{
	mm_ossl_auto(BIO) bio = BIO_new(BIO_s_mem());
	char *text;
	long len;

	if (!bio || PEM_write_bio_X509(bio, certificate) != 1)
		return mm_fail_openssl(err, MM_ENOMEM, "cannot write a certificate");
	len = BIO_get_mem_data(bio, &text);
	mm_buf_add(out, text, (size_t)len);
	return mm_buf_check(out, err);
}

/* The end of the chain, where that is what one can trust: an authority, or the server's own without any. */
static enum mm_code take_authority(const struct mm_certificates *chain, struct mm_kube_server *server,
				   struct mm_err *err)
{
	X509 *last = sk_X509_value(chain->list, sk_X509_num(chain->list) - 1);

	if (X509_check_ca(last) > 0 || X509_self_signed(last, 1) == 1)
		return write_pem(last, &server->authorities, err);
	ERR_clear_error();
	return MM_OK;
}

/* ---- the listener ----------------------------------------------------------------------------------------------- */

static enum mm_code set_url(struct mm_kube_server *server, const char *host, int port, struct mm_err *err)
{
	mm_auto_buf url = {0};
	bool in_brackets = strchr(host, ':');

	mm_buf_printf(&url, "http%s://%s%s%s:%d", server->is_plain ? "" : "s", in_brackets ? "[" : "", host,
		      in_brackets ? "]" : "", port);
	server->url = mm_buf_take(&url);
	return server->url ? MM_OK : mm_fail(err, MM_ENOMEM, "out of memory");
}

static bool is_wildcard(const char *host)
{
	return strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
}

/* With TLS: the host by which the certificate can be verified. */
static enum mm_code find_secure(struct mm_call *call, const struct mm_config *config, const char *host, int port,
				struct mm_kube_server *server, struct mm_err *err)
{
	mm_auto_certificates chain = {0};
	mm_auto_string name = NULL;
	enum mm_code code = mm_certificates_read(config->tls.certificate, &chain, err);

	if (code == MM_OK)
		code = take_authority(&chain, server, err);
	if (code != MM_OK)
		return code;
	name = first_name(sk_X509_value(chain.list, 0));
	if (!name) {
		mm_hint(call, "kubectl looks at no other name of a certificate than its subjectAltName");
		return mm_fail(err, MM_EREFUSED, "%s: the certificate is for no host", config->tls.certificate);
	}
	if (is_wildcard(host))
		return set_url(server, name, port, err);
	if (!is_for(sk_X509_value(chain.list, 0), host))
		server->name = mm_take(name);
	return set_url(server, host, port, err);
}

static enum mm_code find_port(struct mm_call *call, const struct mm_config *config, char **host, int *port,
			      struct mm_err *err)
{
	const char *admin = config->listen.admin, *path = mm_listen_unix_path(admin);
	enum mm_code code;

	if (strcmp(admin, MM_LISTEN_OFF) == 0) {
		mm_hint(call, "set listen.admin to HOST:PORT, or name a server with --server URL");
		return mm_fail(err, MM_EREFUSED, "listen.admin is off: there is nobody to ask for tokens");
	}
	if (path) {
		mm_hint(call,
			"'curl --unix-socket %s http://localhost/...' reaches it; for kubectl set listen.admin to "
			"HOST:PORT",
			path);
		return mm_fail(err, MM_EREFUSED, "listen.admin is %s: kubectl cannot use a Unix-domain socket", admin);
	}
	code = mm_hostport_parse(admin, host, port, err);
	if (code == MM_OK && *port == 0) {
		mm_hint(call, "the log of 'mintmark serve' says which it is: --server URL");
		return mm_fail(err, MM_EREFUSED, "listen.admin is %s: the port is chosen at each start", admin);
	}
	return code;
}

enum mm_code mm_kube_server_find(struct mm_call *call, const struct mm_config *config, struct mm_kube_server *out,
				 struct mm_err *err)
{
	mm_auto_string host = NULL;
	int port = 0;
	enum mm_code code = find_port(call, config, &host, &port, err);

	out->is_plain = !config->tls.certificate;
	if (code != MM_OK)
		return code;
	return out->is_plain ? set_url(out, host, port, err) : find_secure(call, config, host, port, out, err);
}

enum mm_code mm_kube_server_named(const char *url, const struct mm_config *config, struct mm_kube_server *out,
				  struct mm_err *err)
{
	mm_auto_certificates chain = {0};
	mm_auto(mm_url) parsed = NULL;
	struct mm_err why = {0};
	enum mm_code code = mm_url_parse(url, &parsed, &why);

	if (code == MM_OK && parsed->query)
		code = mm_fail(&why, MM_EPARSE, "it has a query");
	if (code != MM_OK)
		return mm_fail(err, code == MM_ENOMEM ? code : MM_EUSAGE,
			       "kubeconfig: --server: found \"%.200s\"; accepted: https://HOST:PORT (%s)", url,
			       why.text);
	out->is_plain = !parsed->https;
	out->url = strdup(url);
	if (!out->url)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	if (out->is_plain || !config || !config->tls.certificate)
		return MM_OK;
	code = mm_certificates_read(config->tls.certificate, &chain, err);
	return code == MM_OK ? take_authority(&chain, out, err) : code;
}

enum mm_code mm_kube_authorities_read(const char *path, struct mm_buf *out, struct mm_err *err)
{
	mm_auto_certificates certificates = {0};
	enum mm_code code = mm_certificates_read(path, &certificates, err);

	mm_buf_reset(out);
	for (int i = 0; i < sk_X509_num(certificates.list) && code == MM_OK; i++)
		code = write_pem(sk_X509_value(certificates.list, i), out, err);
	return code;
}
