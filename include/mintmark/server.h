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

struct mm_dev;

/*
 * Listening sockets that are bound before anything is served, for whoever has to know their ports to write a
 * configuration. MM_EIO: an address cannot be bound; MM_ELIMIT, MM_ENOMEM. mm_server_run takes them over.
 */
struct mm_sockets;
MM_MUSTCHECK enum mm_code mm_sockets_bind(const struct mm_config *config, struct mm_sockets **out, struct mm_err *err);
const char *mm_sockets_public(const struct mm_sockets *sockets); /* "127.0.0.1:40123" */
const char *mm_sockets_admin(const struct mm_sockets *sockets);  /* or "unix:/PATH"; NULL: off */
void mm_sockets_free(struct mm_sockets *sockets);
MM_AUTO(mm_sockets)

/* An issuer beside the one that mm_server_run is given. Its URL has another path. */
struct mm_server_issuer {
	const struct mm_config *config; /* of which only the issuer, its keys and its tokens matter */
	struct mm_store *store;
};

struct mm_server_options {
	struct mm_sockets *sockets; /* NULL: as the configuration says */
	const struct mm_server_issuer *more;
	size_t more_count;
	/* Its routes and its clock; keys change by its steps alone, and never by the schedule. NULL: none. */
	struct mm_dev *dev;
	const char *dev_token; /* the only caller there is then, as user "dev"; the configuration's are not used */
	/*
	 * Stops as SIGTERM does when the other end of standard input is closed: of a pipe, a socket or a terminal. What
	 * it sends is not read. A file and /dev/null have no other end, so that </dev/null stops nothing.
	 */
	bool stop_with_stdin;
	const char *config_path; /* read again on SIGHUP and when it changes; NULL: never */
	bool follow;             /* serve what others commit, and rotate nothing */
	/*
	 * Called once when every listener accepts, with the bound addresses (port 0 resolved); may be NULL. When it
	 * fails, nobody has learned where the server is, which therefore ends.
	 */
	enum mm_code (*ready)(void *arg, const char *public_address, const char *admin_address, struct mm_err *err);
	void *ready_arg;
};

/*
 * Serves, and rotates the keys, until SIGTERM or SIGINT; then drains (at most http.drain_timeout). With an admin
 * listener it loads private keys, without one it never does. The stores' handles are used by the main thread only;
 * another one is shared from the first. These signals, SIGHUP and SIGCHLD are blocked when it
 * returns. It does not return when a rotation hangs in the store at the end: then the process ends with status 1.
 * MM_EIO: an address cannot be bound; MM_ECONFIG: certificate or key unusable; the errors of mm_callers_load, of the
 * stores at the start, and of `ready`.
 */
MM_MUSTCHECK enum mm_code mm_server_run(const struct mm_config *config, struct mm_store *store, struct mm_log *log,
					const struct mm_server_options *options, struct mm_err *err);

#endif
