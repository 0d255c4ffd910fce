/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls whose end was missed. One is counted when its thread calls again (bpf/calls.bpf.c). Those
 * that never did are still stashed: their thread has ended, or it is long out of a call that does
 * not sleep.
 */
#ifndef SHMTRACE_SOURCE_UNFINISHED_H
#define SHMTRACE_SOURCE_UNFINISHED_H

#include "event.h"

#define CALLS_BLOCKING \
	(1U << CALL_SEMOP | 1U << CALL_SEMTIMEDOP | 1U << CALL_MSGSND | 1U << CALL_MSGRCV)

/*
 * Once the programs do no more. places, table: the maps that stash calls (bpf/stash.bpf.h). Threads
 * have the numbers of the initial pid namespace, and so must we.
 */
void unfinished__add(int places, int table, unsigned long long lost[CALL_COUNT]);

#endif
