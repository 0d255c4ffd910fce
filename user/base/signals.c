// SPDX-License-Identifier: GPL-2.0-only
#include "base/signals.h"

#include <errno.h>
#include <stddef.h>
#include <sys/signalfd.h>

int signals__open(const int *more, sigset_t *before)
{
	struct sigaction hangup;
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	/* nohup ignores it, and a blocked signal would come to us all the same. */
	if (!sigaction(SIGHUP, NULL, &hangup) && hangup.sa_handler != SIG_IGN)
		sigaddset(&set, SIGHUP);
	for (; *more; more++)
		sigaddset(&set, *more);
	sigprocmask(SIG_BLOCK, &set, before);
	signal(SIGPIPE, SIG_IGN);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}
