/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The time of one of the kernel's clocks.
 */
#ifndef SHMTRACE_BASE_CLOCK_H
#define SHMTRACE_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Nanoseconds. */
uint64_t clock__ns(clockid_t clock);

#endif
