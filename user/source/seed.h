/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a filter by key needs to know at the start: the objects that have the key already.
 */
#ifndef SHMTRACE_SOURCE_SEED_H
#define SHMTRACE_SOURCE_SEED_H

#include <stdint.h>

/* Puts those of our own IPC namespace into the map of objects that pass (bpf/filter.bpf.c). */
void seed__objects(int map_fd, uint32_t key);

#endif
