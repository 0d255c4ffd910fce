// SPDX-License-Identifier: GPL-2.0-only
/*
 * The objects that the storm's processes offer each other, per namespace. It bounds their number:
 * what is pushed out of a full pool is removed. Sets and queues are taken out before they are
 * removed, so that an entry's creator is never that of an earlier object with the same id.
 */
#include "storm.h"

static pool_place *place_of(struct runner *r, enum storm_kind kind)
{
	return &r->storm->pool[r->slot->tag][kind][random__pick(r, STORM_POOL)];
}

static void remove_object(enum storm_kind kind, int32_t id)
{
	if (kind == KIND_SHM)
		do_shmctl(id, IPC_RMID, 0);
	else if (kind == KIND_SEM)
		do_semctl(id, 0, IPC_RMID, 0);
	else
		do_msgctl(id, IPC_RMID, 0);
}

void pool__publish(struct runner *r, enum storm_kind kind, int32_t id)
{
	uint64_t offer = (uint64_t)(id + 1LL) << 32 | (uint32_t)getpid();
	uint64_t old = atomic_exchange(place_of(r, kind), offer);

	if (old && (int32_t)(old >> 32) - 1 != id)
		remove_object(kind, (int32_t)(old >> 32) - 1);
}

/* From a random place on: an empty pool alone has none. */
int32_t pool__look(struct runner *r, enum storm_kind kind, pool_place **place)
{
	pool_place *pool = r->storm->pool[r->slot->tag][kind];
	uint32_t start = random__pick(r, STORM_POOL);

	for (uint32_t i = 0; i < STORM_POOL; i++) {
		pool_place *here = &pool[(start + i) % STORM_POOL];
		uint64_t offer = atomic_load(here);

		if (!offer)
			continue;
		if (place)
			*place = here;
		return (int32_t)(offer >> 32) - 1;
	}
	return -1;
}

int32_t pool__take(struct runner *r, enum storm_kind kind)
{
	pool_place *place;
	uint64_t offer;

	if (pool__look(r, kind, &place) < 0)
		return -1;
	offer = atomic_exchange(place, 0);
	return offer ? (int32_t)(offer >> 32) - 1 : -1;
}

/* 0: not known. */
int32_t pool__creator(struct storm *storm, uint32_t tag, enum storm_kind kind, int32_t id)
{
	for (int i = 0; i < STORM_POOL; i++) {
		uint64_t offer = atomic_load(&storm->pool[tag][kind][i]);

		if (offer && (int32_t)(offer >> 32) - 1 == id)
			return (int32_t)(uint32_t)offer;
	}
	return 0;
}

/*
 * The size says the namespace: no other one has segments of a size with that remainder. That makes
 * equal ids of two namespaces, which look alike in /proc/PID/maps, tellable by the kernel's own
 * word, the size of the mapped file.
 */
long pool__create_segment(struct runner *r, long key, long flags)
{
	long size = (1 + random__pick(r, STORM_PAGES)) * (long)STORM_PAGE - r->slot->tag;

	return result(do_shmget(key, size, flags));
}

long pool__some_segment(struct runner *r)
{
	long id = pool__look(r, KIND_SHM, NULL);

	if (id < 0) {
		id = pool__create_segment(r, IPC_PRIVATE, IPC_CREAT | 0600);
		if (id >= 0)
			pool__publish(r, KIND_SHM, (int32_t)id);
	}
	return id;
}
