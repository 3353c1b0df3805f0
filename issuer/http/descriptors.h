/* SPDX-License-Identifier: Apache-2.0 */
/* How many descriptors there are, and who gets them. */
#ifndef MINTMARK_ISSUER_HTTP_DESCRIPTORS_H
#define MINTMARK_ISSUER_HTTP_DESCRIPTORS_H

#include <mintmark/config.h>
#include <mintmark/log.h>

/*
 * Raises the limit of open files as far as the system allows, and returns how many connections each of `listeners` may
 * have (at least 1) so that the process keeps descriptors of its own: out of those, it could not open the key set or
 * the certificate when they change. Warns when that is less than http.max_connections.
 */
size_t mm_connections_allowed(const struct mm_config *config, size_t listeners, size_t workers, struct mm_log *log);

#endif
