/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two files of a kube-apiserver that signs by itself: sa.pub with every key that it must trust, and sa.key with the
 * one that it signs with. It reads both at its start and never again, so that what comes of a change is a time by which
 * every API server must have been restarted. docs/kube-apiserver.md walks through a rotation.
 */
#ifndef MINTMARK_APISERVER_H
#define MINTMARK_APISERVER_H

#include <mintmark/keyset.h>

#define MM_APISERVER_PUB "sa.pub" /* mode 0644 */
#define MM_APISERVER_KEY "sa.key" /* mode 0600 */

/* Whether it signs with keys of that algorithm: with RSA always RS256, with EC what fits the curve, with no others. */
bool mm_apiserver_signs(const struct mm_alg *alg);
/* Whether it verifies with them: all but Ed25519, which it skips in a file (k8s.io/client-go/util/keyutil). */
bool mm_apiserver_verifies(const struct mm_alg *alg);

struct mm_apiserver_files {
	const struct mm_keyset *set; /* borrowed, as are its records */
	const struct mm_alg *alg;
	mm_time now;
	const struct mm_key_record *signer;
	struct mm_buf pub; /* a PUBLIC KEY for each that mm_apiserver_next gives: `signer` first */
	struct mm_buf key; /* RSA PRIVATE KEY or EC PRIVATE KEY of `signer` */
};

/*
 * Both files as they are to be at `now`, from a set with private halves; cleared by the caller in any case.
 * MM_EREFUSED: it cannot sign with `alg`. MM_ENOTFOUND: no key of `alg` signs.
 */
MM_MUSTCHECK enum mm_code mm_apiserver_render(const struct mm_keyset *set, const struct mm_alg *alg, mm_time now,
					      struct mm_apiserver_files *out, struct mm_err *err);
void mm_apiserver_files_clear(struct mm_apiserver_files *files);
#define mm_auto_apiserver_files MM_CLEANUP(mm_apiserver_files_clear) struct mm_apiserver_files

/* The records in sa.pub, in its order: that of a JWKS, without what it cannot verify with. As mm_jwks_next. */
const struct mm_key_record *mm_apiserver_next(const struct mm_apiserver_files *files,
					      const struct mm_key_record *after);
bool mm_apiserver_trusts(const struct mm_apiserver_files *files, const char *kid); /* whether it is in sa.pub */

/*
 * Opens the directory `path`, which nobody else may write to (MM_EUNSAFE), and takes the one lock of all who write
 * these files there, waiting up to `wait_ms`: MM_ETIMEOUT. Load the key set after this, or an older one could come
 * after a newer. Closing `*dir` frees it. MM_ENOTFOUND: there is no such directory; none is made.
 */
MM_MUSTCHECK enum mm_code mm_apiserver_lock(const char *path, int wait_ms, int *dir, struct mm_err *err);

/* What was there, and what became of it. */
struct mm_apiserver_change {
	bool pub_written; /* false: it was there already, byte for byte and with its mode */
	bool key_written;
	struct mm_strings trusted_before; /* kids of the old sa.pub, in its order; empty: there was none */
	char signer_before[MM_KID_SIZE];  /* of the old sa.key; "": there was none, or none that can be read */
};
void mm_apiserver_change_clear(struct mm_apiserver_change *change);
#define mm_auto_apiserver_change MM_CLEANUP(mm_apiserver_change_clear) struct mm_apiserver_change

/*
 * Writes both into the locked `dir`, each at once and durably, and leaves alone what is right already. At every moment
 * sa.pub trusts the key in sa.key: it is written first, and where it drops the old signer, once more after sa.key; so a
 * crash leaves a pair that works, and the next call finishes. MM_EEXIST: a file holds a key that is not in the set, and
 * `force` is not given. MM_EUNSAFE: a link or no regular file has its name. MM_EIO names the file. `change` is cleared
 * by the caller in any case.
 */
MM_MUSTCHECK enum mm_code mm_apiserver_write(const struct mm_apiserver_files *files, int dir, bool force,
					     struct mm_apiserver_change *change, struct mm_err *err);

/* Why every API server must be restarted now; the most pressing reason. */
enum mm_restart_reason {
	MM_RESTART_NONE,     /* nothing that they have read has changed */
	MM_RESTART_FIRST,    /* there were no files before */
	MM_RESTART_DROPPED,  /* they trust a key that is not in use any more: no hurry */
	MM_RESTART_REPLACED, /* they sign with a key that is not the signer any more */
	MM_RESTART_ADDED,    /* they do not trust a key that may sign from `before` on */
	MM_RESTART_UNKNOWN,  /* they do not trust a key by which tokens are out already */
	MM_RESTART_REVOKED,  /* they trust, or sign with, a key that is revoked */
};

struct mm_restart {
	enum mm_restart_reason reason;
	char kid[MM_KID_SIZE]; /* of the key that it is about; "" for NONE and FIRST */
	mm_time before;        /* when all must have been restarted: `now`: at once; MM_NEVER: no hurry */
};

/*
 * What has to be done after `change`. One restart serves all reasons, so that of several the one with the earliest
 * `before` is told. An API server signs with the old key until *its* restart, which must come within `propagation`: the
 * retire_wait of that key has room for it.
 */
struct mm_restart mm_apiserver_restart(const struct mm_apiserver_files *files, const struct mm_apiserver_change *change,
				       const struct mm_policy *policy);

#endif
