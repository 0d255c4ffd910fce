/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The limits that came with a call that failed with ENOSPC, in words and in JSON.
 */
#ifndef SHMTRACE_VIEW_LIMITS_H
#define SHMTRACE_VIEW_LIMITS_H

#include "base/buffer.h"
#include "base/json_writer.h"
#include "event.h"

/*
 * "SHMMNI: 4096 of 4096 segments in use, SHMALL: … pages in use in ipc:[4026531839]": the limits
 * that can make this call fail with ENOSPC, no newline. Nothing for a call other than the gets.
 */
void limits__put_text(struct buffer *out, const struct call_limits_event *event);

/*
 * Member "limits" of the object that is open: all limits of the namespace. exact: use and limit
 * were read at one moment, at which the kernel compared them.
 */
void limits__put_json(struct json_writer *w, const struct ipc_limits *limits, bool exact);

#endif
