// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who knows which sets and queues: what processes have made or worked with, and what they inherited
 * at fork. See struct lineage.
 */
#include <utlist.h>

#include "ledger/internal.h"

/* Both lists may be long, one of them mostly is not: it takes as long as the shorter one. */
static struct use *find_use(const struct lineage *lineage, const struct ledger_object *object)
{
	struct use *a = lineage->uses, *b = object->uses;

	for (; a && b; a = a->next_of_lineage, b = b->next_of_object) {
		if (a->object == object)
			return a;
		if (b->lineage == lineage)
			return b;
	}
	return NULL;
}

void use__free(struct ledger *ledger, struct use *use)
{
	DL_DELETE2(use->lineage->uses, use, prev_of_lineage, next_of_lineage);
	DL_DELETE2(use->object->uses, use, prev_of_object, next_of_object);
	use->lineage->n_uses--;
	pool__free(&ledger->use_pool, use);
	ledger->n_uses--;
}

static void set_before(struct lineage *lineage, struct lineage *before)
{
	if (lineage->before) {
		DL_DELETE2(lineage->before->afters, lineage, prev_of_before, next_of_before);
		lineage->before->n_afters--;
	}
	lineage->before = before;
	if (before) {
		DL_APPEND2(before->afters, lineage, prev_of_before, next_of_before);
		before->n_afters++;
	}
}

static void set_lineage(struct ledger_process *process, struct lineage *lineage)
{
	if (process->lineage) {
		DL_DELETE2(process->lineage->heirs, process, prev_of_lineage, next_of_lineage);
		process->lineage->n_heirs--;
	}
	process->lineage = lineage;
	if (lineage) {
		DL_APPEND2(lineage->heirs, process, prev_of_lineage, next_of_lineage);
		lineage->n_heirs++;
	}
}

static void move_uses(struct ledger *ledger, struct lineage *from, struct lineage *to)
{
	while (from->uses) {
		struct use *use = from->uses, *same = find_use(to, use->object);

		if (same) {
			if (same->last_ns < use->last_ns)
				same->last_ns = use->last_ns;
			use__free(ledger, use);
			continue;
		}
		DL_DELETE2(from->uses, use, prev_of_lineage, next_of_lineage);
		from->n_uses--;
		use->lineage = to;
		DL_APPEND2(to->uses, use, prev_of_lineage, next_of_lineage);
		to->n_uses++;
	}
}

static void free_lineage(struct ledger *ledger, struct lineage *lineage)
{
	set_before(lineage, NULL);
	pool__free(&ledger->lineage_pool, lineage);
}

/* One that nothing refers to but the one after it. The one with less to move is dissolved. */
static void join(struct ledger *ledger, struct lineage *lineage)
{
	struct lineage *after = lineage->afters;

	if (lineage->n_uses <= after->n_uses + after->n_heirs + after->n_afters) {
		move_uses(ledger, lineage, after);
		set_before(after, lineage->before);
		free_lineage(ledger, lineage);
		return;
	}
	move_uses(ledger, after, lineage);
	while (after->heirs)
		set_lineage(after->heirs, lineage);
	while (after->afters)
		set_before(after->afters, lineage);
	free_lineage(ledger, after);
}

/* Nobody's any more: what it was known by, ends, and what was inherited with it, unless by others.
 */
static void release(struct ledger *ledger, struct lineage *lineage,
		    const struct ledger_process *process, uint64_t time_ns)
{
	while (lineage && !lineage->n_heirs && !lineage->n_afters) {
		struct lineage *before = lineage->before;

		while (lineage->uses) {
			struct ledger_object *object = lineage->uses->object;

			use__free(ledger, lineage->uses);
			object__check_leak(ledger, object, process, time_ns);
		}
		free_lineage(ledger, lineage);
		lineage = before;
	}
	if (lineage && !lineage->n_heirs && lineage->n_afters == 1)
		join(ledger, lineage);
}

void use__remove_all(struct ledger *ledger, struct ledger_process *process, uint64_t time_ns)
{
	struct lineage *lineage = process->lineage;

	set_lineage(process, NULL);
	release(ledger, lineage, process, time_ns);
}

/* What this process alone has: others do not know what is added to it. NULL: out of memory. */
static struct lineage *own_lineage(struct ledger *ledger, struct ledger_process *process)
{
	struct lineage *lineage = process->lineage, *own;

	if (lineage && lineage->n_heirs == 1 && !lineage->n_afters)
		return lineage;
	own = pool__alloc(&ledger->lineage_pool);
	if (!own) {
		ledger->out_of_memory = true;
		return NULL;
	}
	set_before(own, lineage);
	set_lineage(process, own);
	return own;
}

void use__add(struct ledger *ledger, struct ledger_process *process, struct ledger_object *object,
	      uint64_t time_ns)
{
	struct lineage *lineage = own_lineage(ledger, process);
	struct use *use = lineage ? find_use(lineage, object) : NULL;

	if (!lineage)
		return;
	if (use) {
		if (use->last_ns < time_ns)
			use->last_ns = time_ns;
		return;
	}
	use = pool__alloc(&ledger->use_pool);
	if (!use) {
		ledger->out_of_memory = true;
		return;
	}
	use->lineage = lineage;
	use->object = object;
	use->last_ns = time_ns;
	DL_APPEND2(lineage->uses, use, prev_of_lineage, next_of_lineage);
	DL_APPEND2(object->uses, use, prev_of_object, next_of_object);
	lineage->n_uses++;
	ledger->n_uses++;
	object__unreport(object);
}

static struct lineage *first_of(struct lineage *lineage)
{
	while (lineage->before)
		lineage = lineage->before;
	return lineage;
}

/* That errs on the safe side: nothing is called unused while anybody is left who could use it. */
void use__inherit(const struct ledger_process *parent, struct ledger_process *child)
{
	struct lineage *lineage = parent->lineage;

	/* What nothing is left of: others may learn more after it all the same. */
	while (lineage && !lineage->uses)
		lineage = lineage->before;
	if (!lineage)
		return;
	if (!child->lineage) {
		set_lineage(child, lineage);
		return;
	}
	/* It has done something before we heard of its birth, or we have heard of that before. */
	if (first_of(child->lineage) != first_of(lineage))
		set_before(first_of(child->lineage), lineage);
}

/* The next one that comes after `top`, itself or by others; without what comes after this one, if
 * that is left out. NULL: that was the last one. */
static struct lineage *next_after(const struct lineage *top, struct lineage *lineage, bool left_out)
{
	if (lineage->afters && !left_out)
		return lineage->afters;
	while (lineage != top && !lineage->next_of_before)
		lineage = lineage->before;
	return lineage == top ? NULL : lineage->next_of_before;
}

bool use__for_each_process(const struct ledger_object *object,
			   bool (*each)(void *context, const struct ledger_process *process,
					uint32_t mappings),
			   void *context)
{
	for (const struct use *use = object->uses; use; use = use->next_of_object) {
		struct lineage *top = use->lineage, *lineage = top;

		while (lineage) {
			/* Those know it by a use of their own, and have a turn with that. */
			bool left_out = lineage != top && find_use(lineage, object);
			const struct ledger_process *process = left_out ? NULL : lineage->heirs;

			for (; process; process = process->next_of_lineage)
				if (!each(context, process, 0))
					return false;
			lineage = next_after(top, lineage, left_out);
		}
	}
	return true;
}
