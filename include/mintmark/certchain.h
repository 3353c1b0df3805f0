/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The certificates that a TLS server presents, exactly as it presents them: order, repetitions and what does not belong
 * to the chain included. Nothing is trusted and nothing is sent; what is found is data for whoever judges it.
 */
#ifndef MINTMARK_CERTCHAIN_H
#define MINTMARK_CERTCHAIN_H

#include <mintmark/bytes.h>
#include <mintmark/clock.h>
#include <openssl/types.h>

#define MM_CERTCHAIN_MAX 100 /* certificates; OpenSSL's own bound on a message is 100 KiB */

struct mm_certificate {
	X509 *x509;
	char *subject; /* as mm_x509_add_name writes it */
	char *issuer;
	mm_time not_before, not_after;
	uint8_t sha1[20], sha256[32]; /* of the DER */
	bool self_issued;             /* subject and issuer are the same name */
	bool is_ca;                   /* basicConstraints says so, or it is of version 1 and self-issued */
};

struct mm_certchain {
	size_t n;
	struct mm_certificate *v; /* the server's own is the first */
	/* Of a connection; of a file: NULL, "", false. */
	const char *protocol; /* "TLSv1.3"; static */
	char address[64];     /* that was connected to: "192.0.2.1:443", "[2001:db8::1]:443" */
	char *sni;            /* that was sent; NULL: the host is an IP address (RFC 6066 §3) */
};
void mm_certchain_free(struct mm_certchain *chain);
MM_AUTO(mm_certchain)

struct mm_certchain_options {
	const char *connect; /* "ADDR[:PORT]" to go to instead of resolving `host`; SNI stays the host. NULL: resolve */
	int timeout_ms;      /* for everything together, name resolution included; 0 = 5000 */
	/* Asked of each address ("192.0.2.1", "2001:db8::1") before it is connected to; NULL: any may be. */
	bool (*allows)(const char *address, const void *context);
	const void *context; /* for `allows` */
};

/*
 * Connects to `host` (a name, or an IP address without brackets), TLS 1.2 or 1.3, with SNI and ALPN http/1.1 as IAM
 * does, keeps what is presented and closes. MM_ENETWORK: it cannot be resolved or reached, speaks no TLS, or presents
 * nothing; MM_EREFUSED: none of its addresses is allowed; MM_ETIMEOUT: a phase that the line names (resolving,
 * connecting, the TLS handshake) did not end in time; MM_ELIMIT; MM_EPARSE: `connect` is no address.
 */
MM_MUSTCHECK enum mm_code mm_certchain_fetch(const char *host, int port, const struct mm_certchain_options *options,
					     struct mm_certchain **out, struct mm_err *err);

/* Every certificate of a PEM file, or the one of a DER file, in its order. MM_EPARSE: there is none, or it is broken. */
MM_MUSTCHECK enum mm_code mm_certchain_parse(struct mm_span text, struct mm_certchain **out, struct mm_err *err);

/* Whether `issuer` signed `certificate`: names and signature. */
bool mm_certificate_issued(const struct mm_certificate *issuer, const struct mm_certificate *certificate);

/*
 * Whether it is valid at `now`, and should have been renewed all the same: it ends within MM_EXPIRES_SOON, or is in the
 * last third of a shorter life, which is when ACME clients renew.
 */
#define MM_EXPIRES_SOON ((mm_duration)30 * 86400)
bool mm_certificate_expires_soon(const struct mm_certificate *certificate, mm_time now);

/* Whether the certificate is for `host` (RFC 6125: subjectAltName alone; an IP address by its iPAddress entry). */
bool mm_certificate_names(const struct mm_certificate *certificate, const char *host);
/* Appends those hosts, "a.example.com, 192.0.2.1", the first few of many; "no host" where there is none. */
void mm_certificate_add_names(struct mm_buf *out, const struct mm_certificate *certificate);

/*
 * Whether a verifier that trusts `ca_file` (NULL: the system's authorities) accepts the chain for a TLS server at `now`,
 * whatever its name. MM_EVERIFY: it does not, with OpenSSL's reason; MM_ENOTFOUND: the system has no authorities;
 * MM_EIO: `ca_file` cannot be read.
 */
MM_MUSTCHECK enum mm_code mm_certchain_verify(const struct mm_certchain *chain, const char *ca_file, mm_time now,
					      struct mm_err *err);

#endif
