/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/descriptors.h"

#include <sys/resource.h>

/*
 * What is open besides sockets. In each worker: its event loop, and what wakes it. In the process: standard streams,
 * signals, the store, its watch and the rotor's handle, and what is being read or committed; some to spare.
 */
enum { WORKER_DESCRIPTORS = 2, PROCESS_DESCRIPTORS = 32 };

/* A connection is a descriptor; the soft limit is a relic of select(2), which nothing here uses. */
static int64_t raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return INT64_MAX;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	return limit.rlim_max < INT64_MAX ? (int64_t)limit.rlim_max : INT64_MAX;
}

size_t mm_connections_allowed(const struct mm_config *config, size_t listeners, size_t workers, struct mm_log *log)
{
	int64_t sockets = (int64_t)listeners, configured = config->http.max_connections;
	int64_t limit = raise_limit();
	int64_t own = (int64_t)workers * (sockets + WORKER_DESCRIPTORS) + PROCESS_DESCRIPTORS;
	int64_t allowed = limit > own ? (limit - own) / sockets : 0;

	if (allowed < 1)
		allowed = 1;
	if (allowed < configured)
		mm_log(log, MM_LOG_WARN, "the system allows fewer open files than there may be connections",
		       MM_F_INT("limit", limit), MM_F_INT("needed", own + sockets * configured),
		       MM_F_INT("http.max_connections", configured), MM_F_INT("used", allowed));
	return (size_t)allowed;
}
