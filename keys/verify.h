/* SPDX-License-Identifier: Apache-2.0 */
/* What a key keeps for whoever verifies with it again and again. Private to keys/. */
#ifndef MINTMARK_KEYS_VERIFY_H
#define MINTMARK_KEYS_VERIFY_H

#include <mintmark/key.h>

/*
 * A context that is ready to verify with the key, only to be copied: preparing one anew looks up the algorithms each
 * time, which costs a third of an RSA verification. Made when it is first asked for, and kept with the key. MM_ECRYPTO.
 * Any thread.
 */
MM_MUSTCHECK enum mm_code mm_key_verifying(const struct mm_key *key, const EVP_MD_CTX **out, struct mm_err *err);

#endif
