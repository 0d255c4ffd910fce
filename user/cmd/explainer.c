// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/explainer.h"

#include <errno.h>
#include <stdlib.h>

#include "source/ipcns.h"
#include "source/memory.h"
#include "view/refusal.h"

#define INTERVAL_NS 1000000000ULL
/*
 * Kinds of failure that are told apart at once. Each costs a walk through the ledger, so that this
 * also bounds what a second of failures may cost.
 */
#define KINDS_MAX 64

#define ANCESTORS_MAX 64

struct kind {
	uint64_t until_ns;	     /* explained again from then on; 0: not in use */
	struct view_suppressed left; /* out, since it was explained */
	bool shortage;		     /* refusal__is_shortage, of the one explained */
};

struct explainer {
	struct view *view;
	const struct ledger *ledger;
	struct limit_command *limit_command;
	uint32_t own_ipcns;
	uint32_t ids_max;
	size_t n_kinds;
	struct kind kinds[KINDS_MAX];
	struct kind others; /* of all that found no room above */
};

struct explainer *explainer__new(struct view *view, const struct ledger *ledger,
				 struct limit_command *limit_command)
{
	struct explainer *explainer = calloc(1, sizeof(*explainer));

	if (!explainer)
		return NULL;
	explainer->view = view;
	explainer->ledger = ledger;
	explainer->limit_command = limit_command;
	explainer->own_ipcns = ipcns__inum();
	explainer->ids_max = ipcns__ids_max();
	explainer->others.left.call = CALL_COUNT;
	return explainer;
}

void explainer__free(struct explainer *explainer)
{
	free(explainer);
}

/* What the numbers that came with the call say of it: cheap, and enough to tell kinds apart. */
static struct kind kind_of(const struct call_event *call)
{
	struct refusal refusal;

	refusal__explain(&refusal, call, NULL, NULL);
	return (struct kind){
		.left = {.ipcns = call->head.ipcns,
			 .call = call->call,
			 .error = refusal.error,
			 .cause = refusal.cause,
			 .limit = refusal.limit},
		.shortage = refusal__is_shortage(&refusal),
	};
}

static bool is_alike(const struct view_suppressed *a, const struct view_suppressed *b)
{
	return a->ipcns == b->ipcns && a->call == b->call && a->error == b->error &&
	       a->cause == b->cause && a->limit == b->limit;
}

static bool say_left(struct explainer *explainer, struct kind *kind)
{
	if (!kind->left.count)
		return false;
	explainer->view->ops->suppressed(explainer->view, &kind->left);
	kind->left.count = 0;
	return true;
}

/* A second has passed without another of its kind: its place is free. */
static bool expire(struct explainer *explainer, uint64_t now_ns)
{
	bool said = false;

	for (size_t i = 0; i < explainer->n_kinds;) {
		struct kind *kind = &explainer->kinds[i];

		if (now_ns < kind->until_ns) {
			i++;
			continue;
		}
		said |= say_left(explainer, kind);
		*kind = explainer->kinds[--explainer->n_kinds];
	}
	if (now_ns >= explainer->others.until_ns)
		said |= say_left(explainer, &explainer->others);
	return said;
}

static struct kind *find_kind(struct explainer *explainer, const struct view_suppressed *like)
{
	for (size_t i = 0; i < explainer->n_kinds; i++)
		if (is_alike(&explainer->kinds[i].left, like))
			return &explainer->kinds[i];
	return NULL;
}

static void leave_out(struct explainer *explainer, struct kind *kind, bool shortage,
		      const struct call_event *call)
{
	if (!kind->left.count && kind->until_ns <= call->head.time_ns)
		kind->until_ns = call->head.time_ns + INTERVAL_NS;
	kind->left.count++;
	kind->left.time_ns = call->head.time_ns;
	if (shortage && explainer->limit_command)
		limit_command__left_out(explainer->limit_command, call);
}

/*
 * The way into the caller's namespace: who is refused often ends, what it descends from rather
 * stays. Of those in the namespace the one that is farthest up.
 */
static uint32_t find_resident(const struct explainer *explainer, const struct call_event *call)
{
	uint32_t resident = call->head.pid, pid = resident, ipcns;
	const struct ledger_process *process;
	struct process_info info;

	/* Where a parent has ended its number may be a descendant's, and the way up a circle. */
	for (int i = 0; i < ANCESTORS_MAX; i++) {
		process = ledger__find_process(explainer->ledger, pid);
		if (!process)
			break;
		ledger__process_info(process, &info);
		pid = info.parent;
		ipcns = ipcns__of(pid);
		/* 0: it has ended since the call. */
		if (ipcns && ipcns != call->head.ipcns)
			break;
		if (ipcns)
			resident = pid;
	}
	return resident;
}

/* Returns whether it was refused for want of something. */
static bool explain(struct explainer *explainer, const struct call_event *call)
{
	struct remedy_place place = {.ids_max = explainer->ids_max};
	struct memory_facts memory;
	struct view_refusal said;
	struct refusal refusal;
	bool shortage;

	if (call->head.ipcns != explainer->own_ipcns) {
		place.ipcns = call->head.ipcns;
		place.pid = find_resident(explainer, call);
	}
	if (call->ret == -ENOMEM)
		memory__read(&memory, call->head.pid, refusal__huge_size(call));
	/* Without memory for it nobody is named: the cause is told all the same. */
	refusal__explain(&refusal, call, explainer->ledger, call->ret == -ENOMEM ? &memory : NULL);
	said = (struct view_refusal){.refusal = &refusal};
	shortage = refusal__is_shortage(&refusal);
	if (refusal.cause == REFUSAL_LIMIT && shortage)
		remedy__find(&said.remedy, refusal.limit, &refusal.limits,
			     refusal.has_usage ? &refusal.usage : NULL, &place, refusal.wanted);
	explainer->view->ops->refusal(explainer->view, &said);
	if (shortage && explainer->limit_command)
		limit_command__refused(explainer->limit_command, &said,
				       explainer->view->clock_offset_ns);
	return shortage;
}

void explainer__apply(struct explainer *explainer, const struct event *event)
{
	const struct call_event *call = (const struct call_event *)event;
	struct kind like, *kind;

	if ((event->type != EVENT_CALL && event->type != EVENT_CALL_LIMITS) ||
	    !refusal__is_one(call))
		return;
	like = kind_of(call);
	expire(explainer, event->time_ns);
	kind = find_kind(explainer, &like.left);
	if (kind) {
		leave_out(explainer, kind, kind->shortage, call);
		return;
	}
	if (explainer->n_kinds == KINDS_MAX) {
		leave_out(explainer, &explainer->others, like.shortage, call);
		return;
	}
	kind = &explainer->kinds[explainer->n_kinds++];
	*kind = like;
	kind->until_ns = event->time_ns + INTERVAL_NS;
	kind->shortage = explain(explainer, call);
}

bool explainer__tick(struct explainer *explainer, uint64_t now_ns)
{
	return expire(explainer, now_ns);
}

void explainer__finish(struct explainer *explainer)
{
	expire(explainer, UINT64_MAX);
}
