/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP server: listeners, workers and the loop that keeps them fed with the newest snapshot. Returns when it was
 * told to stop. Threads and signals are its own affair; everything else comes from the configuration.
 */
#ifndef MINTMARK_SERVER_H
#define MINTMARK_SERVER_H

#include <mintmark/config.h>
#include <mintmark/log.h>
#include <mintmark/store.h>

struct mm_server_options {
	const char *config_path; /* read again on SIGHUP and when it changes; NULL: never */
	bool follow;             /* serve what others commit, and rotate nothing */
	/* Called once when every listener accepts, with the bound addresses (port 0 resolved); may be NULL. */
	void (*ready)(void *arg, const char *public_address, const char *admin_address);
	void *ready_arg;
};

/*
 * Serves, and rotates the keys, until SIGTERM or SIGINT; then drains (at most http.drain_timeout). The store's handle
 * is used by the main thread only; another one is shared from it. These signals, SIGHUP and SIGCHLD are blocked when it
 * returns. It does not return when a rotation hangs in the store at the end: then the process ends with status 1.
 * MM_EIO: an address cannot be bound; MM_ECONFIG: certificate or key unusable; the store's errors at start.
 */
MM_MUSTCHECK enum mm_code mm_server_run(const struct mm_config *config, struct mm_store *store, struct mm_log *log,
					const struct mm_server_options *options, struct mm_err *err);

#endif
