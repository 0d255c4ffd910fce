/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The live stream as text, one line a call:
 *
 *   TIME            PID     COMM            CALL
 *   10:15:01.123456 4121    postgres        shmget(0x52e2c1, 56, IPC_CREAT|0600) = 32769 <0.000004>
 *
 * Local time of the moment the call entered the kernel, and its duration in seconds. Below a call
 * that failed with ENOSPC stand the limits of its IPC namespace at that moment. Every byte of
 * another process is escaped.
 */
#ifndef SHMTRACE_VIEW_TEXT_H
#define SHMTRACE_VIEW_TEXT_H

#include <stdbool.h>
#include <stdio.h>

#include "view/view.h"

/* The view writes to out and does not own it. Colours are ANSI SGR. */
struct view *text_view__new(FILE *out, bool color, bool header);

#endif
