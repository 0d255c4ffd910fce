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

/* What it takes, beyond what is open and attached: */
enum privileges_use {
	PRIVILEGES_COUNTING, /* to ask for what the programs missed */
	PRIVILEGES_READING,  /* also to read the kernel's tables, all mappings and namespaces */
	PRIVILEGES_REMOVING, /* also to look at anybody's objects, and remove them */
};

/*
 * Gives up every capability that this use does not need, for good. 0 or -errno.
 */
int privileges__drop(enum privileges_use use);

#endif
