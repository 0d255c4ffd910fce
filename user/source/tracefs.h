/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's list of tracepoints.
 */
#ifndef SHMTRACE_SOURCE_TRACEFS_H
#define SHMTRACE_SOURCE_TRACEFS_H

/*
 * The number of "syscalls/sys_enter_shmget" for perf_event_open(2), or -errno. ENOENT: no such
 * event. tracefs_fd is that of kernelfs__open.
 */
int tracefs__event_id(int tracefs_fd, const char *event);

#endif
