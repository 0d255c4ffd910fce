/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * `trace -c`: nothing while it runs; at the end one table in the form of strace -c, by time.
 */
#ifndef SHMTRACE_VIEW_SUMMARY_H
#define SHMTRACE_VIEW_SUMMARY_H

#include <stdio.h>

#include "view/view.h"

/* The view writes to out and does not own it. json: one object of type "summary" instead. */
struct view *summary_view__new(FILE *out, bool json);

#endif
