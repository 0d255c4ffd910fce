/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The beginning of the story of an object, the same on the screen of top and in `shmtrace why`: a
 * label and what it says, a line each. Errors of writing stay on the stream.
 */
#ifndef SHMTRACE_VIEW_OBJECT_STORY_H
#define SHMTRACE_VIEW_OBJECT_STORY_H

#include <stdio.h>

#include "ledger/ledger.h"

#define OBJECT_STORY_LABEL "%-10s " /* of each line */

/* "Segment 32769, key 0x0052e2c1, in ipc:[4026531839]", and an empty line. */
void object_story__put_head(FILE *out, const struct object_info *info);

/* "state      orphan: a leak: …" */
void object_story__put_state(FILE *out, const struct object_info *info);

/* "owner      www-data (uid 33), gid 33, mode 600". user: safe to print; NULL: the number alone. */
void object_story__put_owner(FILE *out, const struct object_info *info, const char *user);

#endif
