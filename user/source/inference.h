/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where only system calls are seen, what one that succeeded says about an object or a mapping. The
 * rest (munmap, exit, exec, deferred removal, the end of namespaces) the ledger infers, and
 * reconciles.
 */
#ifndef SHMTRACE_SOURCE_INFERENCE_H
#define SHMTRACE_SOURCE_INFERENCE_H

#include "event.h"

union inference {
	struct object_event object;
	struct mapping_event mapping;
};

/* The event, which is in *out; NULL: it says nothing. Its time is that of the call's end. */
const struct event *inference__of(const struct call_ledger_event *call, union inference *out);

#endif
