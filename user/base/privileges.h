/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Capabilities: what we have, and giving up what we no longer need.
 */
#ifndef SHMTRACE_BASE_PRIVILEGES_H
#define SHMTRACE_BASE_PRIVILEGES_H

#include <stdbool.h>

/* Is that capability ("cap_bpf") effective? cap_sys_admin, which includes it, is not looked at. */
bool privileges__have(const char *capability);

/*
 * Runs before what is being watched: at full load a reader that waits its turn loses events. The
 * niceness (-10) is inherited by processes started later. 0 or -errno.
 */
int privileges__raise_priority(void);

/*
 * Gives up every capability but CAP_BPF, for good: with it what the programs missed can still be
 * asked for. Files are open and programs attached by then. keep_reading: keeps also what it takes
 * to read the kernel's tables, all processes' mappings and all namespaces again. 0 or -errno.
 */
int privileges__drop(bool keep_reading);

#endif
