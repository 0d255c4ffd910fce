/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The limits of an IPC namespace in JSON.
 */
#ifndef SHMTRACE_VIEW_LIMITS_H
#define SHMTRACE_VIEW_LIMITS_H

#include "base/json_writer.h"
#include "event.h"

/*
 * Member "limits" of the object that is open: all limits of the namespace. exact: use and limit
 * were read at one moment, at which the kernel compared them.
 */
void limits__put_json(struct json_writer *w, const struct ipc_limits *limits, bool exact);

#endif
