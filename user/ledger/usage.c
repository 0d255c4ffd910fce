// SPDX-License-Identifier: GPL-2.0-only
#include "ledger/usage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/internal.h"

const char *ipc_limit__name(enum ipc_limit limit)
{
	static const char *const names[] = {[LIMIT_NONE] = "",
#define IPC_LIMIT_NAME(NAME, kind, unit) [LIMIT_##NAME] = #NAME,
					    IPC_LIMIT_LIST(IPC_LIMIT_NAME)
#undef IPC_LIMIT_NAME
	};

	return names[limit];
}

const char *ipc_limit__unit(enum ipc_limit limit)
{
	static const char *const units[] = {[LIMIT_NONE] = "",
#define IPC_LIMIT_UNIT(NAME, kind, unit) [LIMIT_##NAME] = unit,
					    IPC_LIMIT_LIST(IPC_LIMIT_UNIT)
#undef IPC_LIMIT_UNIT
	};

	return units[limit];
}

uint32_t ipc_limit__kind(enum ipc_limit limit)
{
	static const uint8_t kinds[] = {[LIMIT_NONE] = OBJECT_NONE,
#define IPC_LIMIT_KIND(NAME, kind, unit) [LIMIT_##NAME] = OBJECT_##kind,
					IPC_LIMIT_LIST(IPC_LIMIT_KIND)
#undef IPC_LIMIT_KIND
	};

	return kinds[limit];
}

uint64_t ipc_limit__value(enum ipc_limit limit, const struct ipc_limits *limits)
{
	switch (limit) {
	case LIMIT_SHMMNI:
		return limits->shmmni;
	case LIMIT_SHMALL:
		return limits->shmall;
	case LIMIT_SHMMAX:
		return limits->shmmax;
	case LIMIT_SHMMIN:
		return 1; /* include/uapi/linux/shm.h, SHMMIN */
	case LIMIT_SEMMNI:
		return limits->semmni;
	case LIMIT_SEMMNS:
		return limits->semmns;
	case LIMIT_SEMMSL:
		return limits->semmsl;
	case LIMIT_SEMOPM:
		return limits->semopm;
	case LIMIT_MSGMNI:
		return limits->msgmni;
	case LIMIT_MSGMAX:
		return limits->msgmax;
	case LIMIT_MSGMNB:
		return limits->msgmnb;
	case LIMIT_NONE:
		break;
	}
	return 0;
}

uint64_t ipc_limit__used(enum ipc_limit limit, const struct ipc_limits *limits)
{
	switch (limit) {
	case LIMIT_SHMMNI:
		return limits->shmmni_used;
	case LIMIT_SHMALL:
		return limits->shmall_used;
	case LIMIT_SEMMNI:
		return limits->semmni_used;
	case LIMIT_SEMMNS:
		return limits->semmns_used;
	case LIMIT_MSGMNI:
		return limits->msgmni_used;
	default:
		return 0;
	}
}

struct holder_key {
	char comm[EVENT_COMM_LEN];
	const struct ledger_container *container;
	uint64_t uid; /* no padding */
};

struct holder {
	struct holder_key key;
	struct usage_holder sum;
	bool several; /* creators */
	UT_hash_handle hh;
};

struct gathered_key {
	uint32_t ipcns;
	uint32_t limit; /* enum ipc_limit */
};

/* The use of one limit of one namespace. */
struct gathered {
	struct gathered_key key;
	struct usage usage;
	struct holder *holders;
	UT_hash_handle hh;
};

uint64_t ledger__amount(const struct ledger_object *object, enum ipc_limit limit)
{
	switch (limit) {
	case LIMIT_SHMALL:
		return object__pages(object);
	case LIMIT_SEMMNS:
		return object->size;
	default:
		return 1;
	}
}

static struct holder *get_holder(struct holder **holders, const struct ledger_object *object)
{
	struct holder_key key = {.uid = object->owner ? object->owner->uid : object->uid};
	struct holder *holder;

	if (object->owner) {
		/* Behind its NUL there may be bytes of an older name (fill_who in bpf/). */
		memcpy(key.comm, object->owner->comm,
		       strnlen(object->owner->comm, sizeof(object->owner->comm)));
		key.container = object->owner->container;
	}
	HASH_FIND(hh, *holders, &key, sizeof(key), holder);
	if (holder)
		return holder;
	holder = calloc(1, sizeof(*holder));
	if (!holder)
		return NULL;
	holder->key = key;
	holder->sum.uid = key.uid;
	holder->sum.pid = object->creator;
	holder->sum.container = key.container ? &key.container->container : NULL;
	memcpy(holder->sum.comm, key.comm, sizeof(key.comm));
	HASH_ADD(hh, *holders, key, sizeof(key), holder);
	if (!holder->hh.tbl) {
		free(holder);
		return NULL;
	}
	return holder;
}

/* Where there is no room for all, the lowest stay. */
static void keep_id(struct usage *usage, int32_t id)
{
	size_t i = usage->n_orphan_ids;

	if (i < USAGE_ORPHAN_IDS)
		usage->n_orphan_ids++;
	else if (usage->orphan_ids[--i] < id)
		return;
	for (; i && usage->orphan_ids[i - 1] > id; i--)
		usage->orphan_ids[i] = usage->orphan_ids[i - 1];
	usage->orphan_ids[i] = id;
}

static int add_object(struct gathered *gathered, const struct ledger_object *object)
{
	const enum object_state state = object__state(object);
	const uint64_t amount = ledger__amount(object, gathered->key.limit);
	struct holder *holder = get_holder(&gathered->holders, object);
	struct usage *usage = &gathered->usage;

	if (!holder)
		return -ENOMEM;
	usage->objects++;
	usage->amount += amount;
	if (state == STATE_UNKNOWN) {
		usage->objects_unknown++;
		usage->unknown += amount;
	}
	holder->sum.objects++;
	holder->sum.amount += amount;
	if (state == STATE_ORPHAN) {
		usage->objects_orphaned++;
		usage->orphaned += amount;
		holder->sum.objects_orphaned++;
		holder->sum.orphaned += amount;
		keep_id(usage, object->key.id);
	}
	if (holder->sum.pid != object->creator)
		holder->several = true;
	holder->sum.alive |= object->owner && object->owner->alive;
	holder->sum.objects_ended += object->owner ? !object->owner->alive : object->creator != 0;
	return 0;
}

/* Equal amounts: by name, so that the same ledger always says the same. */
static int by_amount(const struct holder *a, const struct holder *b)
{
	int order;

	if (a->sum.amount != b->sum.amount)
		return a->sum.amount > b->sum.amount ? -1 : 1;
	order = strcmp(a->sum.comm, b->sum.comm);
	if (!order && a->sum.container && b->sum.container)
		order = strcmp(a->sum.container->id, b->sum.container->id);
	if (!order)
		order = !a->sum.container - !b->sum.container;
	return order ? order : (a->sum.uid > b->sum.uid) - (a->sum.uid < b->sum.uid);
}

/* The largest holders into the usage; the others go. */
static void finish(struct gathered *gathered)
{
	struct usage *usage = &gathered->usage;
	struct holder *holder, *next;

	HASH_SORT(gathered->holders, by_amount);
	HASH_ITER (hh, gathered->holders, holder, next) {
		if (usage->n_holders < USAGE_HOLDERS) {
			if (holder->several)
				holder->sum.pid = 0;
			usage->holders[usage->n_holders] = holder->sum;
		}
		usage->n_holders++;
		HASH_DEL(gathered->holders, holder);
		free(holder);
	}
}

int ledger__usage(const struct ledger *ledger, uint32_t ipcns, enum ipc_limit limit,
		  struct usage *usage)
{
	struct gathered gathered = {.key = {.ipcns = ipcns, .limit = limit}};
	const uint32_t kind = ipc_limit__kind(limit);
	struct hash_walk walk = hash__walk(&ledger->objects);
	struct ledger_object *object;
	int err = 0;

	while ((object = hash__next(&walk))) {
		if (object->key.ipcns != ipcns || object->key.kind != kind)
			continue;
		err = add_object(&gathered, object);
		if (err)
			break;
	}
	finish(&gathered);
	*usage = gathered.usage;
	return err;
}

static struct gathered *get_gathered(struct gathered **all, uint32_t ipcns, enum ipc_limit limit)
{
	struct gathered_key key = {.ipcns = ipcns, .limit = limit};
	struct gathered *gathered;

	HASH_FIND(hh, *all, &key, sizeof(key), gathered);
	if (gathered)
		return gathered;
	gathered = calloc(1, sizeof(*gathered));
	if (!gathered)
		return NULL;
	gathered->key = key;
	HASH_ADD(hh, *all, key, sizeof(key), gathered);
	if (!gathered->hh.tbl) {
		free(gathered);
		return NULL;
	}
	return gathered;
}

static int gather(const struct ledger *ledger, struct gathered **all)
{
	struct hash_walk walk = hash__walk(&ledger->objects);
	struct ledger_object *object;

	while ((object = hash__next(&walk))) {
		for (int limit = LIMIT_SHMMNI; limit <= IPC_LIMITS_USED; limit++) {
			struct gathered *gathered;

			if (object->key.kind != ipc_limit__kind(limit))
				continue;
			gathered = get_gathered(all, object->key.ipcns, limit);
			if (!gathered || add_object(gathered, object))
				return -ENOMEM;
		}
	}
	return 0;
}

int ledger__for_each_usage(const struct ledger *ledger,
			   bool (*each)(void *context, uint32_t ipcns, enum ipc_limit limit,
					const struct usage *usage),
			   void *context)
{
	struct gathered *all = NULL, *gathered, *next;
	int err = gather(ledger, &all);
	bool more = !err;

	HASH_ITER (hh, all, gathered, next) {
		finish(gathered);
		if (more)
			more = each(context, gathered->key.ipcns, gathered->key.limit,
				    &gathered->usage);
		HASH_DEL(all, gathered);
		free(gathered);
	}
	return err;
}
