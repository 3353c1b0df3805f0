/* SPDX-License-Identifier: Apache-2.0 */
/* A certificate for loopback hosts that is made for one process and gone with it: see `mintmark dev --tls`. */
#ifndef MINTMARK_CLI_THROWAWAY_TLS_H
#define MINTMARK_CLI_THROWAWAY_TLS_H

#include <mintmark/bytes.h>

#define MM_THROWAWAY_PATH_SIZE 32

/* Certificate and key are in memory; under these paths this process alone can read them. {-1, -1} is none. */
struct mm_throwaway_tls {
	int certificate_fd, key_fd;
	char certificate_path[MM_THROWAWAY_PATH_SIZE], key_path[MM_THROWAWAY_PATH_SIZE];
	struct mm_buf certificate; /* PEM: what clients are to trust */
};
#define MM_NO_THROWAWAY_TLS                                                                                            \
	{                                                                                                              \
		.certificate_fd = -1, .key_fd = -1                                                                     \
	}

/* Self-signed, ECDSA with P-256, for localhost, 127.0.0.1 and ::1, valid for a year. MM_ECRYPTO, MM_EIO. */
MM_MUSTCHECK enum mm_code mm_throwaway_tls_make(struct mm_throwaway_tls *out, struct mm_err *err);
void mm_throwaway_tls_clear(struct mm_throwaway_tls *tls); /* for MM_CLEANUP */

#endif
