/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The live stream as JSON Lines: one object a line, as user/view/schema.json says.
 */
#ifndef SHMTRACE_VIEW_JSON_H
#define SHMTRACE_VIEW_JSON_H

#include <stdio.h>

#include "view/view.h"

/* The view writes to out and does not own it. */
struct view *json_view__new(FILE *out);

#endif
