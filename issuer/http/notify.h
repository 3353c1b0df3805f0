/* SPDX-License-Identifier: Apache-2.0 */
/* Telling systemd how we are, where it listens: sd_notify(3)'s protocol, one datagram a message. */
#ifndef MINTMARK_ISSUER_HTTP_NOTIFY_H
#define MINTMARK_ISSUER_HTTP_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

/* Sends `state` to $NOTIFY_SOCKET, such as "READY=1"; best effort. */
void mm_notify(const char *state);
void mm_notify_reloading(void); /* RELOADING=1 with the monotonic time that Type=notify-reload asks for */

/* How often "WATCHDOG=1" must be sent ($WATCHDOG_USEC, $WATCHDOG_PID), halved; 0: nobody waits for it. */
int64_t mm_notify_watchdog_ns(void);

#endif
