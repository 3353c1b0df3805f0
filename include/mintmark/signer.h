/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signer seam: sign these bytes with that key. Today OpenSSL in this process; a PKCS#11 provider or a process
 * that holds the keys and no sockets can stand behind the same table.
 */
#ifndef MINTMARK_SIGNER_H
#define MINTMARK_SIGNER_H

#include <mintmark/key.h>

struct mm_signer;

struct mm_signer_ops {
	/*
	 * Signs `message` and writes the JWS form (RFC 7518 §3.4: raw R‖S for ECDSA) to `signature`, at most
	 * MM_SIGNATURE_MAX bytes. Called from any thread, several at once. MM_ECRYPTO.
	 */
	enum mm_code (*sign)(const struct mm_signer *signer, struct mm_span message, uint8_t *signature, size_t *len,
			     struct mm_err *err);
	void (*free)(struct mm_signer *signer);
};

/* Implementations embed this as their first member. */
struct mm_signer {
	const struct mm_signer_ops *ops;
	const struct mm_alg *alg;
	char kid[MM_KID_SIZE];
};

/*
 * A signer in this process: the key is referenced, the contexts are prepared here, so that a signature parses and
 * looks up nothing. MM_EREFUSED: not a private key. MM_ECRYPTO.
 */
MM_MUSTCHECK enum mm_code mm_signer_local(const struct mm_key *key, struct mm_signer **out, struct mm_err *err);

MM_MUSTCHECK enum mm_code mm_sign(const struct mm_signer *signer, struct mm_span message,
				  uint8_t signature[static MM_SIGNATURE_MAX], size_t *len, struct mm_err *err);
/* Appends the JSON of the JOSE header of its tokens: {"alg":…,"kid":…,"typ":"JWT"}. */
void mm_signer_header(const struct mm_signer *signer, struct mm_buf *out);
void mm_signer_free(struct mm_signer *signer);
MM_AUTO(mm_signer)

/*
 * Verifies a JWS signature with the key's own algorithm. MM_EVERIFY: wrong length, r or s outside [1, n-1]
 * (CVE-2022-21449), or it does not verify; the line never says more than that. Any thread.
 */
MM_MUSTCHECK enum mm_code mm_verify(const struct mm_key *key, struct mm_span message, struct mm_span signature,
				    struct mm_err *err);

/*
 * The second opinion that a key needs before it signs for the first time: a probe token by `signer` must verify
 * under libjwt with the algorithm pinned, where libjwt knows the algorithm, and always under OpenSSL with the key read
 * back from its published JWK. MM_ECRYPTO says which opinion was negative; a signer that fails keeps its own code. The
 * caller names the key.
 */
MM_MUSTCHECK enum mm_code mm_probe(const struct mm_signer *signer, const struct mm_key *public_key, struct mm_err *err);

#endif
