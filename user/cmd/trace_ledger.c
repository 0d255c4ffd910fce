// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/trace_ledger.h"

#include <stdlib.h>
#include <string.h>

#include "source/live_snapshot.h"
#include "view/leak.h"

#define RECONCILE_NS	 30000000000ULL /* at a slow pace */
#define RECONCILE_MIN_NS 1000000000ULL	/* after a loss, and where mappings are inferred */

struct trace_ledger {
	struct view *view;
	const struct bpf_source_options *filters;
	struct ledger *ledger;
	bool mappings_observed;
	uint64_t reconciled_ns;
	bool changed; /* since then */
};

static bool passes(const struct trace_ledger *self, const struct ledger_leak *leak)
{
	const struct bpf_source_options *filters = self->filters;
	struct process_info subject;
	struct object_info object;
	bool wanted = !filters->n_pids;

	ledger__object_info(leak->object, &object);
	leak__subject(leak, &subject);
	for (size_t i = 0; i < filters->n_pids; i++)
		wanted |= filters->pids[i] == subject.pid;
	return wanted && (!filters->by_uid || filters->uid == subject.uid) &&
	       (!filters->comm || strstr(subject.comm, filters->comm)) &&
	       (!filters->ipcns || filters->ipcns == object.ipcns);
}

static void leaked(void *context, const struct ledger_leak *leak)
{
	struct trace_ledger *self = context;

	if (self->view && self->view->ops->leak && passes(self, leak))
		self->view->ops->leak(self->view, leak);
}

struct trace_ledger *trace_ledger__new(struct view *view, const struct bpf_source_options *filters,
				       bool mappings_observed)
{
	struct trace_ledger *self = calloc(1, sizeof(*self));
	const struct ledger_options options = {
		.mappings_observed = mappings_observed, .leaked = leaked, .context = self};

	if (!self)
		return NULL;
	self->view = view;
	self->filters = filters;
	self->mappings_observed = mappings_observed;
	self->ledger = ledger__new(&options);
	if (!self->ledger) {
		free(self);
		return NULL;
	}
	return self;
}

void trace_ledger__free(struct trace_ledger *self)
{
	if (!self)
		return;
	ledger__free(self->ledger);
	free(self);
}

const struct ledger *trace_ledger__get(const struct trace_ledger *self)
{
	return self->ledger;
}

static int apply_found(void *context, const struct event *event)
{
	struct trace_ledger *self = context;

	return ledger__apply(self->ledger, event);
}

int trace_ledger__start(struct trace_ledger *self, const struct bpf_source *source)
{
	struct snapshot_report report;

	return live_snapshot__read(source, apply_found, self, &report);
}

int trace_ledger__apply(struct trace_ledger *self, const struct event *event)
{
	self->changed = true;
	return ledger__apply(self->ledger, event);
}

int trace_ledger__tick(struct trace_ledger *self, const struct bpf_source *source, uint64_t now_ns)
{
	const bool hasty = !ledger__is_exact(self->ledger) || !self->mappings_observed;
	struct snapshot_report report;

	if (!self->changed ||
	    now_ns - self->reconciled_ns < (hasty ? RECONCILE_MIN_NS : RECONCILE_NS))
		return 0;
	self->changed = false;
	self->reconciled_ns = now_ns;
	return live_snapshot__read(source, apply_found, self, &report);
}
