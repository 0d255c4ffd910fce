/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Signals as something to read, for what goes on until somebody ends it.
 */
#ifndef SHMTRACE_BASE_SIGNALS_H
#define SHMTRACE_BASE_SIGNALS_H

#include <signal.h>

/*
 * Blocks SIGINT, SIGTERM, SIGHUP (unless it is ignored) and those of `more`, which ends with 0; a
 * write to what nobody reads any more fails, and is no signal. What was blocked before goes to
 * *before, if that is wanted. A descriptor to read struct signalfd_siginfo from without waiting
 * (signalfd(2)), which is the caller's, or -errno.
 */
int signals__open(const int *more, sigset_t *before);

#endif
