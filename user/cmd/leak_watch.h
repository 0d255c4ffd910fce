/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What `trace` needs to say that something was left behind: a ledger beside the stream.
 */
#ifndef SHMTRACE_CMD_LEAK_WATCH_H
#define SHMTRACE_CMD_LEAK_WATCH_H

#include "ledger/ledger.h"
#include "source/bpf.h"
#include "view/view.h"

struct leak_watch;

/*
 * Leaks go to the view, if the filters for processes and namespaces let their subject pass. Both
 * are borrowed. NULL: out of memory.
 */
struct leak_watch *leak_watch__new(struct view *view, const struct bpf_source_options *filters,
				   bool mappings_observed);
void leak_watch__free(struct leak_watch *watch);

/* Of the view's own source: what exists already. 0 or -errno. */
int leak_watch__start(struct leak_watch *watch, const struct bpf_source *source);

/* 0 or -ENOMEM. */
int leak_watch__apply(struct leak_watch *watch, const struct event *event);

/*
 * To be called when nothing is waiting in the ring: compares with the kernel's tables, if it is
 * time or something was lost. 0 or -errno.
 */
int leak_watch__tick(struct leak_watch *watch, const struct bpf_source *source, uint64_t now_ns);

#endif
