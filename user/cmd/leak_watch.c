// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/leak_watch.h"

#include <stdlib.h>
#include <string.h>

#include "source/live_snapshot.h"
#include "view/leak.h"

#define RECONCILE_NS	 30000000000ULL /* at a slow pace */
#define RECONCILE_MIN_NS 1000000000ULL	/* after a loss, and where mappings are inferred */

struct leak_watch {
	struct view *view;
	const struct bpf_source_options *filters;
	struct ledger *ledger;
	bool mappings_observed;
	uint64_t reconciled_ns;
	bool changed; /* since then */
};

static bool passes(const struct leak_watch *watch, const struct ledger_leak *leak)
{
	const struct bpf_source_options *filters = watch->filters;
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
	struct leak_watch *watch = context;

	if (watch->view->ops->leak && passes(watch, leak))
		watch->view->ops->leak(watch->view, leak);
}

struct leak_watch *leak_watch__new(struct view *view, const struct bpf_source_options *filters,
				   bool mappings_observed)
{
	struct leak_watch *watch = calloc(1, sizeof(*watch));
	const struct ledger_options options = {
		.mappings_observed = mappings_observed, .leaked = leaked, .context = watch};

	if (!watch)
		return NULL;
	watch->view = view;
	watch->filters = filters;
	watch->mappings_observed = mappings_observed;
	watch->ledger = ledger__new(&options);
	if (!watch->ledger) {
		free(watch);
		return NULL;
	}
	return watch;
}

void leak_watch__free(struct leak_watch *watch)
{
	if (!watch)
		return;
	ledger__free(watch->ledger);
	free(watch);
}

static int apply_found(void *context, const struct event *event)
{
	struct leak_watch *watch = context;

	return ledger__apply(watch->ledger, event);
}

int leak_watch__start(struct leak_watch *watch, const struct bpf_source *source)
{
	struct snapshot_report report;

	return live_snapshot__read(source, apply_found, watch, &report);
}

int leak_watch__apply(struct leak_watch *watch, const struct event *event)
{
	watch->changed = true;
	return ledger__apply(watch->ledger, event);
}

int leak_watch__tick(struct leak_watch *watch, const struct bpf_source *source, uint64_t now_ns)
{
	const bool hasty = !ledger__is_exact(watch->ledger) || !watch->mappings_observed;
	struct snapshot_report report;

	if (!watch->changed ||
	    now_ns - watch->reconciled_ns < (hasty ? RECONCILE_MIN_NS : RECONCILE_NS))
		return 0;
	watch->changed = false;
	watch->reconciled_ns = now_ns;
	return live_snapshot__read(source, apply_found, watch, &report);
}
