/* SPDX-License-Identifier: GPL-2.0-only */
/* The driver's side of the storm: processes are made, killed, waited for, and ended. */
#ifndef SHMTRACE_STORM_DRIVER_H
#define SHMTRACE_STORM_DRIVER_H

#include <signal.h>

#include "storm.h"

/* A crowd of the storm's own processes, and the slot that the driver plays the parent with. */
struct crowd {
	struct storm *storm;
	struct runner runner;
	struct slot self;
	int host_ns;	     /* IPC namespace that the driver was started in */
	uint32_t unexpected; /* processes that ended by themselves */
};

extern volatile sig_atomic_t driver_stop; /* a signal asks the driver to end */

void crowd__fill(struct crowd *crowd, uint32_t procs);
/* Starts a burst of about `steps` steps and kills `kills` on the way. 0, -EINTR or -ETIMEDOUT. */
int crowd__burst(struct crowd *crowd, uint64_t steps, uint32_t kills);
/* Frees the slots of those that have ended. */
void crowd__reap(struct crowd *crowd);
uint32_t crowd__alive(struct crowd *crowd);
void crowd__end(struct crowd *crowd);

#endif
