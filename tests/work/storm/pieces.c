// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mappings that one flow of control has made or inherited and may change. All but shmdt happens
 * in a region that holds nothing but segments, one megabyte each, so that no mistake in this list
 * can hit code or a stack.
 */
#include <sys/mman.h>

#include "storm.h"

#define REGION	     ((char *)0x1000000000)
#define REGION_SIZE  (4096UL << 20)
#define REGION_PLACE (1UL << 20)

void *pieces__place(struct runner *r)
{
	return REGION + random__pick(r, REGION_SIZE / REGION_PLACE) * REGION_PLACE;
}

struct piece *pieces__add(struct runner *r, void *address, size_t length, int32_t id)
{
	struct piece *piece;
	char *at = address;

	if (r->count == STORM_PIECES) {
		if (r->pieces[0].whole)
			do_shmdt(P(r->pieces[0].address));
		else
			munmap(r->pieces[0].address, r->pieces[0].length);
		pieces__drop(r, &r->pieces[0]);
	}
	piece = &r->pieces[r->count++];
	*piece = (struct piece){.address = at, .length = length, .id = id, .tag = r->slot->tag};
	piece->roomy = at >= REGION && at < REGION + REGION_SIZE;
	return piece;
}

void pieces__drop(struct runner *r, struct piece *piece)
{
	*piece = r->pieces[--r->count];
}

/* These pages are no longer the piece's. */
void pieces__cut(struct runner *r, struct piece *piece, char *from, size_t length)
{
	struct piece old = *piece, *rest;

	pieces__drop(r, piece);
	if (from > old.address) {
		rest = pieces__add(r, old.address, (size_t)(from - old.address), old.id);
		rest->tag = old.tag;
		rest->whole = old.whole;
	}
	if (from + length < old.address + old.length) {
		rest = pieces__add(r, from + length,
				   (size_t)(old.address + old.length - (from + length)), old.id);
		rest->tag = old.tag;
	}
}

/* 0, the address in the last piece, or -errno. */
long pieces__attach(struct runner *r, int32_t id, void *address, long flags)
{
	struct shmid64_ds ds;
	struct piece *piece;
	size_t length;
	long at;

	/* Make room first: with full lists shmdt, which any hook sees, gives way. */
	if (r->count == STORM_PIECES)
		pieces__detach(r, &r->pieces[random__pick(r, STORM_PIECES)]);
	at = result(do_shmat(id, P(address), flags));
	if (at < 0 && at > -4096)
		return at;
	/* The id may be gone by now, and its segment with us still: then its first page is known.
	 */
	length = do_shmctl(id, IPC_STAT, P(&ds)) ? STORM_PAGE
						 : (ds.shm_segsz + STORM_PAGE - 1) & -STORM_PAGE;
	piece = pieces__add(r, (void *)at, length, id);
	piece->whole = true;
	return 0;
}

/* One in the region, where everything may be done to it. */
struct piece *pieces__some(struct runner *r)
{
	bool fresh = !random__pick(r, 8);
	uint32_t start = random__pick(r, STORM_PIECES);
	void *place = pieces__place(r);
	long id;

	for (uint32_t i = 0; i < r->count && !fresh; i++) {
		struct piece *piece = &r->pieces[(start + i) % r->count];

		if (piece->roomy)
			return piece;
	}
	id = pool__some_segment(r);
	if (id < 0 || pieces__attach(r, (int32_t)id, place, 0) < 0)
		return NULL;
	return &r->pieces[r->count - 1];
}

/* shmdt takes back all that shmat made there, in parts also: forget those too. */
int pieces__detach(struct runner *r, struct piece *piece)
{
	struct piece old = *piece;
	int err = (int)result(do_shmdt(P(old.address)));

	if (err) {
		/* A part without its first page is not shmdt's. */
		if (!old.whole)
			munmap(old.address, old.length);
		pieces__drop(r, piece);
		return err;
	}
	for (uint32_t i = r->count; i-- > 0;) {
		struct piece *other = &r->pieces[i];

		if (other->id == old.id && other->address >= old.address &&
		    other->address < old.address + STORM_PAGES * STORM_PAGE)
			pieces__drop(r, other);
	}
	return 0;
}
