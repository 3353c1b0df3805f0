/* SPDX-License-Identifier: Apache-2.0 */
/* What a crew takes from the sockets that mintmark/server.h tells of. */
#ifndef MINTMARK_ISSUER_HTTP_SOCKETS_H
#define MINTMARK_ISSUER_HTTP_SOCKETS_H

#include "issuer/http/context.h"

#include <mintmark/server.h>

/* How many workers there are to be, each with a descriptor of its own for each listener. */
size_t mm_sockets_workers(const struct mm_sockets *sockets);
/* The descriptor of one worker, which is the caller's from then on; -1: that listener is off. */
int mm_sockets_take(struct mm_sockets *sockets, enum mm_listener_kind kind, size_t worker);

/* As a configuration says it: http.workers, or one for each processor. */
size_t mm_workers_configured(const struct mm_config *config);
bool mm_admin_configured(const struct mm_config *config);

#endif
