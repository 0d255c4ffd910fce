/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ledger beside the stream of `trace`: it says what is left behind, and who fills a limit.
 */
#ifndef SHMTRACE_CMD_TRACE_LEDGER_H
#define SHMTRACE_CMD_TRACE_LEDGER_H

#include "ledger/ledger.h"
#include "source/bpf.h"
#include "view/view.h"

struct trace_ledger;

/*
 * Leaks go to the view (NULL: they are not wanted), if the filters for processes, namespaces and
 * the container (NULL: all) let their subject pass. All are borrowed. NULL: out of memory.
 */
struct trace_ledger *trace_ledger__new(struct view *view, const struct bpf_source_options *filters,
				       const char *container, bool mappings_observed);
void trace_ledger__free(struct trace_ledger *self);

/* What all events so far have made of it. */
const struct ledger *trace_ledger__get(const struct trace_ledger *self);

/* What exists already, once; the source must outlive the ledger. 0 or -errno. */
int trace_ledger__start(struct trace_ledger *self, const struct bpf_source *source);

/* As ledger__expect. */
void trace_ledger__expect(struct trace_ledger *self, const struct event *event);
/* 0 or -ENOMEM. */
int trace_ledger__apply(struct trace_ledger *self, const struct event *event);

/* The container of that process; NULL: not known. Valid until the next event. */
const struct container *trace_ledger__container(const struct trace_ledger *self, uint32_t pid);

/*
 * Compares with the kernel's tables, if it is time or something was lost, and says what is left
 * behind for good. idle: nothing is waiting in the ring, which is the better moment. true in *said:
 * the view has written. 0 or -errno.
 */
int trace_ledger__tick(struct trace_ledger *self, uint64_t now_ns, bool idle, bool *said);

/* Says, at the end, what has been left behind just now. 0 or -errno. */
int trace_ledger__finish(struct trace_ledger *self, uint64_t now_ns);

#endif
