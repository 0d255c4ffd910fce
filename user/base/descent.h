/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The processes that descend from one, by number, as forks and ends of all processes are told. One
 * whose parent has ended still descends.
 */
#ifndef SHMTRACE_BASE_DESCENT_H
#define SHMTRACE_BASE_DESCENT_H

#include <stdbool.h>
#include <stdint.h>

struct descent;

/* NULL: out of memory. */
struct descent *descent__new(uint32_t root);
void descent__free(struct descent *descent);

/* 0 or -ENOMEM: then the child is not known to descend. */
int descent__forked(struct descent *descent, uint32_t parent, uint32_t child);
void descent__ended(struct descent *descent, uint32_t pid);

/* The root is one as well. */
bool descent__has(const struct descent *descent, uint32_t pid);

#endif
