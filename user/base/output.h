/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing to what nobody may read, for however long (a pipe, a socket, a terminal), without waiting
 * for that alone.
 */
#ifndef SHMTRACE_BASE_OUTPUT_H
#define SHMTRACE_BASE_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

struct output {
	FILE *stream; /* to be written to */
	FILE *sink;   /* where that ends up: the same, where writing waits for nobody */
	/*
	 * Returns once poll(2) says that fd takes something. false: what is not written is given
	 * up, with ECANCELED.
	 */
	bool (*await)(void *context, int fd);
	void *context;
};

/* sink becomes its own; await and context are set already. 0 or -ENOMEM. */
int output__open(struct output *output, FILE *sink);
/* Of one that was not opened, nothing. */
void output__close(struct output *output);

#endif
