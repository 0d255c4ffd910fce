/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's list of tracepoints. Where nobody has mounted tracefs, it is opened without mounting
 * it anywhere (fsopen(2), since 5.2): the machine is left as it was, however we end.
 */
#ifndef SHMTRACE_SOURCE_TRACEFS_H
#define SHMTRACE_SOURCE_TRACEFS_H

/* A directory descriptor, close-on-exec, owned by the caller; or -errno. */
int tracefs__open(void);

/* Where tracefs is mounted, or NULL where it is not. Static. */
const char *tracefs__mount_point(void);

/* The number of "syscalls/sys_enter_shmget" for perf_event_open(2); -ENOENT: no such event. */
int tracefs__event_id(int tracefs_fd, const char *event);

#endif
