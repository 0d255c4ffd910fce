/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A call in the words of strace 6.1: what `strace -a1 -e trace=%ipc -e verbose=none` prints for it,
 * character for character, without prefix, padding, latency or newline.
 */
#ifndef SHMTRACE_VIEW_WORDS_H
#define SHMTRACE_VIEW_WORDS_H

#include <stddef.h>

#include "event.h"

#define WORDS_MAX 512 /* no call needs more, NUL included */

/*
 * Writes "name(args) = result" and its NUL to buf, which must have WORDS_MAX bytes. Only ASCII,
 * no control characters. Returns the length.
 */
size_t words__call(char *buf, const struct call_event *call);

/* "shmget" of CALL_SHMGET, "?" of a number that is no call. Static. */
const char *words__call_name(unsigned int call);

/*
 * "ENOSPC" of 28, NULL where that number has no name. Also the kernel's own from 512 to 530,
 * which user space never sees but a tracer may (include/linux/errno.h). Static.
 */
const char *words__errno_name(int err);

/* "No space left on device" of 28, always English; NULL where there is no name. Static. */
const char *words__errno_text(int err);

/* 28 of "ENOSPC" or "enospc", also of second names as EWOULDBLOCK; -1 of any other string. */
int words__errno_number(const char *name);

#endif
