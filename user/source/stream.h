/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the programs write into the ring, as events: a record that says both what a call was and
 * what it has done becomes two, and what came before all hooks were on is left out.
 */
#ifndef SHMTRACE_SOURCE_STREAM_H
#define SHMTRACE_SOURCE_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include <bpf/libbpf.h>

#include "event.h"

struct stream;

struct stream_consumer {
	/* Anything but 0 ends the look after this event. It is gone on return. */
	int (*event)(void *context, const struct event *event);
	/* An event that will be handed over soon, or NULL: for ledger__expect. NULL: not wanted. */
	void (*ahead)(void *context, const struct event *event);
	void *context;
};

/*
 * map: the ring, which must outlive the stream. attached_ns: when all hooks were on, by
 * CLOCK_MONOTONIC. 0 or -errno.
 */
int stream__new(struct stream **stream, const struct bpf_map *map, uint64_t attached_ns,
		const struct stream_consumer *consumer);
void stream__free(struct stream *stream);

/* Hands over what is there, some thousands at most. Returns the number of records, or -errno. */
int stream__consume(struct stream *stream);

/* The pause that begins now, as pace__pause. */
int stream__pause_ms(struct stream *stream, bool *listen);

#endif
