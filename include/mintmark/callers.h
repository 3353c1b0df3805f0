/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is calling the admin listener: static bearer tokens, client certificates, this issuer's own service-account
 * tokens, the peer of a Unix-domain socket. What is known of callers is immutable once loaded; whoever changes a file
 * gets a new object. What a caller may do is another question: mintmark/rules.h.
 */
#ifndef MINTMARK_CALLERS_H
#define MINTMARK_CALLERS_H

#include <mintmark/clock.h>
#include <mintmark/config.h>
#include <mintmark/directory.h>
#include <mintmark/snapshot.h>
#include <mintmark/user.h>
#include <openssl/types.h>
#include <sys/types.h>

#define MM_TOKEN_FILE_MAX (1 << 20) /* bytes */

struct mm_callers;

/*
 * Reads callers.tokens, callers.client_ca and callers.client_crl, whichever the configuration names.
 *
 * The token file is kube-apiserver's: CSV (RFC 4180), `token,user,uid[,"group1,group2"]`, more columns are ignored,
 * empty lines too. Of a token only a keyed hash stays in memory; the text is cleansed. MM_EUNSAFE: it is not
 * MM_FILE_HANDED, or one of the other files not MM_FILE_OWNED, and the command that mends it. MM_ECONFIG: a token
 * that no header can carry (RFC 6750 §2.1), one token twice, a user or group that mm_user_build refuses, too few
 * columns, each with file and line and never with the token; no certificate in the CA file, one that is no authority,
 * or one that the CRL revokes; a CRL by none of the authorities, a second by one of them, or one without nextUpdate.
 * MM_ENOTFOUND, MM_ELIMIT, MM_EIO, MM_ECRYPTO, MM_ENOMEM.
 */
MM_MUSTCHECK enum mm_code mm_callers_load(const struct mm_config *config, struct mm_callers **out, struct mm_err *err);
/* For `mintmark dev`: that one bearer token is the user `name`. */
MM_MUSTCHECK enum mm_code mm_callers_of_token(const char *token, const char *name, struct mm_callers **out,
					      struct mm_err *err);
struct mm_callers *mm_callers_ref(struct mm_callers *callers);
void mm_callers_free(struct mm_callers *callers); /* gives one reference back; any thread */
MM_AUTO(mm_callers)

/* The names of the authorities by which clients are asked for a certificate; NULL: they are not. Borrowed. */
const struct stack_st_X509_NAME *mm_callers_authorities(const struct mm_callers *callers);

/*
 * What one connection proved, kept with it: TLS has shown that the peer holds the certificate's key, and nothing else.
 * Who that is is remembered for the callers and the time that it was found for.
 */
struct mm_peer {
	X509 *certificate;           /* owned; NULL: none */
	struct stack_st_X509 *chain; /* owned: the intermediates that the client sent; may be NULL */
	bool has_uid;                /* a Unix-domain socket (SO_PEERCRED) */
	uid_t uid;
	gid_t gid;

	/*
	 * Its own: what callers of that number (0: nobody has been asked) have found for judged_from <= now <
	 * judged_until: the user, or why there is none, which holds for one second.
	 */
	uint64_t judged_by;
	mm_time judged_from, judged_until;
	char *refusal; /* NULL: none */
	struct mm_user user;
};
void mm_peer_clear(struct mm_peer *peer);

/* What came with one request. */
struct mm_credentials {
	size_t authorization_count;   /* of Authorization headers */
	struct mm_span authorization; /* the only one */
	struct mm_peer *peer;         /* NULL: nothing is known of the connection */
};

enum mm_caller_kind {
	MM_CALLER_NOBODY,
	MM_CALLER_TOKEN,
	MM_CALLER_CERTIFICATE,
	MM_CALLER_SERVICE_ACCOUNT,
	MM_CALLER_UNIX
};
const char *mm_caller_kind_name(enum mm_caller_kind kind); /* for the log: "nobody", "token", "certificate", … */

/* The answer; {0} is nobody. mm_identity_clear in any case. Do not copy the struct. */
struct mm_identity {
	enum mm_caller_kind kind;
	/* NULL: nobody; borrowed from the callers, the peer (until it is asked again) or `own`. */
	const struct mm_user *user;
	struct mm_user own;
};
void mm_identity_clear(struct mm_identity *identity);

/*
 * An Authorization header decides alone when there is one: its token is in the file, or was minted by `snapshot` for
 * one of its audiences (which are the API's), and `directory` still vouches for it (mm_directory_vouch). Without one it is
 * the certificate, then the peer's uid: user unix:uid:N, group unix:gid:N. Everybody who is somebody is in system:authenticated too. MM_OK with kind MM_CALLER_NOBODY: there
 * were no credentials at all. MM_EVERIFY: what was shown does not hold (an unknown token, several headers, another
 * scheme than Bearer, a certificate that has expired, is revoked, is for no client, has no CN, or is of another CA, a
 * reserved name); the line is for the log, never for the caller. MM_ENOMEM, MM_ECRYPTO. Any thread.
 */
MM_MUSTCHECK enum mm_code mm_authenticate(const struct mm_callers *callers, const struct mm_snapshot *snapshot,
					  const struct mm_directory *directory,
					  const struct mm_credentials *credentials, mm_time now,
					  struct mm_identity *out, struct mm_err *err);

#endif
