/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What all views must agree on when they read a call.
 */
#ifndef SHMTRACE_VIEW_CALL_H
#define SHMTRACE_VIEW_CALL_H

#include <stdbool.h>

#include "event.h"

#define CALL_ERRNO_MAX 4095 /* MAX_ERRNO of the kernel, include/linux/err.h */

/*
 * The kernel's restart codes (include/linux/errno.h): a signal came, and the call either starts
 * again or will return EINTR. The caller sees no result yet.
 */
#define CALL_RESTART_FIRST 512
#define CALL_RESTART_LAST  516

/* Tables are indexed by these: a damaged recording must not lead outside. */
static inline bool call__is_known(const struct call_event *call)
{
	return call->call < CALL_COUNT && call->abi <= ABI_COMPAT_IPC;
}

/* The errno of a call that failed, restart codes included; 0 of one that did not. */
static inline int call__errno(const struct call_event *call)
{
	return call->ret < 0 && call->ret >= -CALL_ERRNO_MAX ? -(int)call->ret : 0;
}

#endif
