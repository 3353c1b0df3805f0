/* SPDX-License-Identifier: Apache-2.0 */
/* Noticing that the other end of a descriptor has gone, without reading from it. */
#ifndef MINTMARK_ISSUER_HTTP_HANGUP_H
#define MINTMARK_ISSUER_HTTP_HANGUP_H

#include <mintmark/err.h>

/*
 * `*watch` becomes readable when the other end of `fd` is closed, and is closed by the caller; -1 when that can never
 * be: of a file and of /dev/null, at whose end one always is, and of what is closed already. A pipe, a socket and a
 * terminal have another end. What it sends stays unread: others may share the descriptor. MM_EIO.
 */
MM_MUSTCHECK enum mm_code mm_hangup_watch(int fd, int *watch, struct mm_err *err);

#endif
