/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reading side of a BPF ring buffer (kernel/bpf/ringbuf.c). libbpf's maps the data twice, one
 * behind the other, and what is mapped twice is counted twice as ours: 8 MiB more. Nor does it show
 * what comes next, which the ledger wants to know (ledger__expect).
 */
#ifndef SHMTRACE_SOURCE_RING_H
#define SHMTRACE_SOURCE_RING_H

#include <stddef.h>

#define RING_RECORD_MAX 512 /* bytes; no record may have more */

struct ring;

struct ring_handler {
	/* Anything but 0 ends the look, after this record. It is gone on return. */
	int (*record)(void *context, const void *record);
	/* Called before each record, with the one that is `distance` later; before the first ones
	 * also with those up to there. Its record is NULL where there is none yet, or none that can
	 * be shown. NULL: not wanted. */
	void (*ahead)(void *context, const void *record);
	unsigned int distance;
	void *context;
};

/* size: of the map, in bytes. 0 or -errno. */
int ring__new(struct ring **ring, int map_fd, size_t size, const struct ring_handler *handler);
void ring__free(struct ring *ring);

/* All that is there. 0, what the handler returned, or -EPROTO: a record that is none of ours. */
int ring__consume(struct ring *ring);

#endif
