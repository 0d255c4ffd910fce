// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which objects nobody uses. The ledger decides; here they are gathered, ordered and summed.
 */
#include "view/unused.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/vector.h"
#include "view/cells.h"

struct search {
	struct unused *unused;
	const struct ledger *ledger;
	const struct unused_filter *filter;
};

bool unused__age(const struct object_info *info, int64_t now_s, uint64_t *seconds)
{
	if (info->past.since <= 0)
		return false;
	/* The clock may have been set back since. */
	*seconds = now_s > info->past.since ? now_s - info->past.since : 0;
	return true;
}

static bool passes(const struct unused_filter *filter, const struct object_info *info)
{
	uint64_t bytes = info->kind == OBJECT_SHM ? info->size : 0;
	uint64_t age = 0;

	if (!(filter->kinds & 1u << info->kind) ||
	    (filter->ipcns && info->ipcns != filter->ipcns) || bytes < filter->min_size ||
	    (filter->of_user && info->uid != filter->uid))
		return false;
	return !filter->min_age_s ||
	       (unused__age(info, filter->now_s, &age) && age >= filter->min_age_s);
}

static bool keep(void *context, const struct ledger_object *object)
{
	struct search *search = context;
	struct unused *u = search->unused;
	struct object_info info, *list;

	ledger__object_info(object, &info);
	if ((info.state != STATE_ORPHAN && info.state != STATE_UNKNOWN) ||
	    !passes(search->filter, &info))
		return true;
	if (search->filter->container &&
	    !container_filter__passes(search->filter->container, search->ledger, object, &info))
		return true;
	if (info.state == STATE_ORPHAN)
		list = vector__room(u->orphans, u->n_orphans, &u->orphans_cap, sizeof(*list));
	else
		list = vector__room(u->unknown, u->n_unknown, &u->unknown_cap, sizeof(*list));
	if (!list) {
		u->out_of_memory = true;
		return false;
	}
	if (info.state == STATE_ORPHAN) {
		u->orphans = list;
		list[u->n_orphans++] = info;
	} else {
		u->unknown = list;
		list[u->n_unknown++] = info;
	}
	return true;
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare(const void *first, const void *second)
{
	const struct object_info *a = first, *b = second;
	int order = compare_numbers(a->kind, b->kind);

	if (!order)
		order = compare_numbers(b->size, a->size);
	/* The oldest first. */
	if (!order)
		order = compare_numbers(a->past.since, b->past.since);
	if (!order)
		order = compare_numbers(a->ipcns, b->ipcns);
	return order ? order : compare_numbers(a->id, b->id);
}

int unused__find(struct unused *unused, const struct ledger *ledger,
		 const struct unused_filter *filter)
{
	struct search search = {.unused = unused, .ledger = ledger, .filter = filter};

	*unused = (struct unused){0};
	ledger__for_each_object(ledger, keep, &search);
	if (unused->n_orphans)
		qsort(unused->orphans, unused->n_orphans, sizeof(*unused->orphans), compare);
	if (unused->n_unknown)
		qsort(unused->unknown, unused->n_unknown, sizeof(*unused->unknown), compare);
	return unused->out_of_memory ? -ENOMEM : 0;
}

void unused__free(struct unused *unused)
{
	free(unused->orphans);
	free(unused->unknown);
	*unused = (struct unused){0};
}

bool unused__creator_end(const struct object_info *info, struct process_info *creator)
{
	if (!info->owner)
		return false;
	ledger__process_info(info->owner, creator);
	return !creator->alive;
}

const struct ledger_process *unused__last_user(const struct ledger *ledger,
					       const struct object_info *info)
{
	uint32_t pid = info->past.last_pids[0];

	if (info->kind != OBJECT_SHM || !pid || pid == info->creator)
		return NULL;
	return ledger__find_process(ledger, pid);
}

static void add_to_sum(struct unused_sum *sum, const struct object_info *info)
{
	sum->kinds[info->kind]++;
	sum->bytes += info->kind == OBJECT_SHM ? info->size : 0;
	sum->semaphores += info->kind == OBJECT_SEM ? info->size : 0;
}

void unused__sum(const struct object_info *list, size_t count, struct unused_sum *sum)
{
	*sum = (struct unused_sum){0};
	for (size_t i = 0; i < count; i++)
		add_to_sum(sum, &list[i]);
}

void unused__put_sum(struct buffer *out, const struct unused_sum *sum)
{
	const char *before = "";

	if (sum->kinds[OBJECT_SHM]) {
		cells__put_count(out, sum->kinds[OBJECT_SHM], "segment");
		buffer__put_str(out, " (");
		cells__put_bytes(out, sum->bytes);
		buffer__put_char(out, ')');
		before = ", ";
	}
	if (sum->kinds[OBJECT_SEM]) {
		buffer__put_str(out, before);
		cells__put_count(out, sum->kinds[OBJECT_SEM], "semaphore set");
		buffer__put_str(out, " (");
		cells__put_count(out, sum->semaphores, "semaphore");
		buffer__put_char(out, ')');
		before = ", ";
	}
	if (sum->kinds[OBJECT_MSG]) {
		buffer__put_str(out, before);
		cells__put_count(out, sum->kinds[OBJECT_MSG], "queue");
	}
}

static int compare_owners(const void *first, const void *second)
{
	const struct unused_owner *a = first, *b = second;
	int order = compare_numbers(b->sum.bytes, a->sum.bytes);

	if (!order)
		order = compare_numbers(b->sum.semaphores, a->sum.semaphores);
	if (!order)
		order = compare_numbers(b->sum.kinds[OBJECT_MSG], a->sum.kinds[OBJECT_MSG]);
	if (!order)
		order = strcmp(a->comm, b->comm);
	if (!order && a->container && b->container)
		order = strcmp(a->container->id, b->container->id);
	if (!order)
		order = !a->container - !b->container;
	return order ? order : compare_numbers(a->uid, b->uid);
}

/* Where two ended differently nothing is said of both. */
static void add_object(struct unused_owner *owner, const struct object_info *info)
{
	bool first = !owner->sum.kinds[OBJECT_SHM] && !owner->sum.kinds[OBJECT_SEM] &&
		     !owner->sum.kinds[OBJECT_MSG];
	struct process_info creator;
	bool ended = unused__creator_end(info, &creator);

	owner->ended = ended && (first || (owner->ended && owner->status == creator.status));
	owner->status = owner->ended ? creator.status : 0;
	owner->observed = info->observed && (first || owner->observed);
	add_to_sum(&owner->sum, info);
	if (info->past.since > 0 && (first || !owner->since || owner->since > info->past.since))
		owner->since = info->past.since;
}

static struct unused_owner *find_owner(struct unused_owner *owners, size_t *count,
				       const struct ledger *ledger, const struct object_info *info)
{
	struct process_info creator = {0};
	struct unused_owner *owner;
	bool by_namespace;
	/* The ledger has each container once. */
	const struct container *container = ledger__container_of(ledger, info, &by_namespace);

	if (info->owner)
		ledger__process_info(info->owner, &creator);
	for (size_t i = 0; i < *count; i++)
		if (owners[i].uid == info->uid && owners[i].container == container &&
		    !strcmp(owners[i].comm, creator.comm))
			return &owners[i];
	owner = &owners[(*count)++];
	*owner = (struct unused_owner){.uid = info->uid, .container = container};
	memcpy(owner->comm, creator.comm, sizeof(owner->comm));
	return owner;
}

struct unused_owner *unused__sum_owners(const struct unused *unused, const struct ledger *ledger,
					size_t *count)
{
	struct unused_owner *owners = calloc(unused->n_orphans + 1, sizeof(*owners));

	*count = 0;
	if (!owners)
		return NULL;
	for (size_t i = 0; i < unused->n_orphans; i++)
		add_object(find_owner(owners, count, ledger, &unused->orphans[i]),
			   &unused->orphans[i]);
	qsort(owners, *count, sizeof(*owners), compare_owners);
	return owners;
}
