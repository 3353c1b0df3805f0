/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/hangup.h"

#include <errno.h>
#include <fcntl.h>
#include <mintmark/file.h>
#include <sys/epoll.h>

/* An epoll of its own within that of the event loop: libevent cannot wait for EPOLLHUP alone. */
enum mm_code mm_hangup_watch(int fd, int *watch, struct mm_err *err)
{
	struct epoll_event hangup = {.events = EPOLLRDHUP}; /* EPOLLHUP comes in any case */
	mm_auto_fd epoll = -1;

	*watch = -1;
	if (fcntl(fd, F_GETFD) < 0)
		return MM_OK;
	epoll = epoll_create1(EPOLL_CLOEXEC);
	if (epoll < 0)
		return mm_fail_errno(err, "cannot watch descriptor %d", fd);
	/* EPERM: nothing that could be waited for; EBADF: closed, and its place taken (mm_process_guard_streams). */
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &hangup) != 0)
		return errno == EPERM || errno == EBADF ? MM_OK : mm_fail_errno(err, "cannot watch descriptor %d", fd);
	*watch = epoll;
	epoll = -1;
	return MM_OK;
}
