/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long the reader of the ring pauses between two looks.
 *
 * While events come the kernel wakes it no more than once in PACE_INTERVAL_MS (wakeup_interval_ns
 * in bpf/config.bpf.c): a wake-up an event costs more than all the rest. So whoever found something
 * looks again by itself, and waits for a wake-up only when it found nothing for twice that time.
 *
 * What comes meanwhile must have room: two processors that do nothing but call fill 8 MiB in 28 ms
 * (measured on Linux 6.18), and nobody is back from a pause in time on a busy machine. So the next
 * look is soon while there is much, and after a silence, when nobody knows yet how much will come.
 */
#ifndef SHMTRACE_SOURCE_PACE_H
#define SHMTRACE_SOURCE_PACE_H

#include <stdbool.h>

#define PACE_BUSY_MS	 2
#define PACE_INTERVAL_MS 20
/* A wait for a wake-up ends by itself: a caller that is preempted between its look at the clock and
 * its record may take one for granted that has long gone by. */
#define PACE_IDLE_MS 80

/* All zero at the start. */
struct pace {
	unsigned long found; /* events since the last pause */
	bool more;	     /* the last look ended before it had seen all */
	int pause_ms;	     /* the last one, but those that waited for a wake-up */
	unsigned int silent; /* pauses of a whole interval in a row that brought nothing */
};

/* Between two pauses there may be several looks. */
void pace__looked(struct pace *pace, unsigned int found, bool more);

/* The pause that begins now, in ms. *listen: it is to end when the ring becomes readable. */
int pace__pause(struct pace *pace, bool *listen);

#endif
