// SPDX-License-Identifier: GPL-2.0-only
/*
 * Operations on mappings. The kernel counts mappings in nattch, and never merges those of a
 * segment: what has been split stays split.
 */
#include <sys/mman.h>

#include "storm.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

void op__attach(struct runner *r)
{
	static const long flags[] = {0, SHM_RDONLY, SHM_RND, SHM_RND | SHM_RDONLY};
	long flag = flags[random__pick(r, ARRAY_SIZE(flags))];
	char *place = random__pick(r, 3) ? pieces__place(r) : NULL;
	uint32_t unaligned = random__pick(r, STORM_PAGE);
	struct shmid64_ds ds;
	long id, err;

	if (!random__pick(r, 12)) {
		if (pieces__attach(r, 0x5fffffff, NULL, 0) == -EINVAL)
			done(r, T_ATTACH_GONE);
		return;
	}
	id = pool__some_segment(r);
	if (id < 0)
		return;
	if (place && flag & SHM_RND)
		place += unaligned;
	err = pieces__attach(r, (int32_t)id, place, flag);
	if (err)
		return;
	done(r, place ? T_ATTACH_AT : T_ATTACH);
	if (flag & SHM_RDONLY)
		done(r, T_ATTACH_RDONLY);
	if (!do_shmctl(id, IPC_STAT, P(&ds)) && ds.shm_perm.mode & MODE_DOOMED)
		done(r, T_ATTACH_DOOMED);
}

void op__many(struct runner *r)
{
	long id = pool__some_segment(r);
	int made = 0;

	for (int i = 0; i < 6 && id >= 0; i++)
		made += !pieces__attach(r, (int32_t)id, i % 2 ? pieces__place(r) : NULL, 0);
	if (made > 1)
		done(r, T_ATTACH_MANY);
}

void op__detach(struct runner *r)
{
	struct piece *piece;
	uint32_t tag;

	if (!r->count || !random__pick(r, 10)) {
		if (do_shmdt(0x10000) == -1)
			done(r, T_DETACH_EINVAL);
		return;
	}
	piece = &r->pieces[random__pick(r, r->count)];
	tag = piece->tag;
	if (pieces__detach(r, piece))
		return;
	done(r, T_DETACH);
	if (tag != r->slot->tag)
		done(r, T_DETACH_FOREIGN);
}

void op__remap(struct runner *r)
{
	struct piece *piece = pieces__some(r);
	long id = pool__some_segment(r);
	char *address;

	if (!piece || id < 0)
		return;
	address = piece->address;
	/* The attach itself may make room in the list: forget the old one first. */
	pieces__drop(r, piece);
	if (pieces__attach(r, (int32_t)id, address, SHM_REMAP)) {
		munmap(address, STORM_PAGES * STORM_PAGE);
		return;
	}
	done(r, T_REMAP);
}

/* A page that has others of the same piece on both sides; NULL: none. */
static char *middle(struct runner *r, struct piece *piece)
{
	uint32_t at = random__pick(r, 1000);
	size_t pages = piece ? piece->length / STORM_PAGE : 0;

	return pages < 3 ? NULL : piece->address + (1 + at % (pages - 2)) * STORM_PAGE;
}

void op__munmap(struct runner *r)
{
	struct piece *piece = pieces__some(r);
	char *from = middle(r, piece);
	uint32_t what = random__pick(r, 4);
	size_t length = STORM_PAGE;
	enum transition t = T_MUNMAP_MIDDLE;

	if (!piece)
		return;
	if (!from || what == 0) {
		from = piece->address;
		length = piece->length;
		t = T_MUNMAP_WHOLE;
	} else if (what == 1) {
		from = piece->address;
		t = T_MUNMAP_HEAD;
	}
	if (munmap(from, length))
		return;
	pieces__cut(r, piece, from, length);
	done(r, t);
}

void op__mprotect(struct runner *r)
{
	struct piece *piece = pieces__some(r);
	char *from = middle(r, piece);
	int prot = random__pick(r, 3) ? PROT_NONE : PROT_READ;

	/* The list keeps it as one: shmdt takes back all three parts. */
	if (from && !mprotect(from, STORM_PAGE, prot))
		done(r, T_MPROTECT_MIDDLE);
}

static void move(struct runner *r, struct piece *piece, char *place)
{
	char *address = mremap(piece->address, piece->length, piece->length,
			       MREMAP_MAYMOVE | MREMAP_FIXED, place);

	if (address == MAP_FAILED)
		return;
	piece->address = address;
	piece->whole = false;
	done(r, T_MREMAP_MOVE);
}

/* Another mapping of the same pages: by old length 0, or with the old one kept. */
static void duplicate(struct runner *r, struct piece *piece, char *place, bool keep)
{
	struct piece old = *piece;
	char *address;

	if (keep)
		address = mremap(old.address, old.length, old.length,
				 MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, place);
	else
		address = mremap(old.address, 0, STORM_PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, place);
	if (address == MAP_FAILED) {
		/* Before 5.13 only private memory can be kept. */
		if (keep && errno == EINVAL)
			atomic_store(&r->storm->absent[T_MREMAP_KEEP], true);
		return;
	}
	pieces__add(r, address, keep ? old.length : STORM_PAGE, old.id)->tag = old.tag;
	done(r, keep ? T_MREMAP_KEEP : T_MREMAP_COPY);
}

static void resize(struct runner *r, struct piece *piece, bool grow)
{
	size_t length = grow ? piece->length + STORM_PAGE : piece->length / 2 & -STORM_PAGE;

	if (!length || length > 2 * STORM_PAGES * STORM_PAGE)
		return;
	if (mremap(piece->address, piece->length, length, 0) == MAP_FAILED)
		return;
	piece->length = length;
	done(r, grow ? T_MREMAP_GROW : T_MREMAP_SHRINK);
}

void op__mremap(struct runner *r)
{
	struct piece *piece = pieces__some(r);
	char *place = pieces__place(r);

	if (!piece)
		return;
	switch (random__pick(r, 5)) {
	case 0:
		move(r, piece, place);
		break;
	case 1:
		duplicate(r, piece, place, false);
		break;
	case 2:
		duplicate(r, piece, place, true);
		break;
	default:
		resize(r, piece, random__pick(r, 3));
	}
}

void op__mapfixed(struct runner *r)
{
	struct piece *piece = pieces__some(r);
	char *from = middle(r, piece);

	if (!from)
		return;
	if (mmap(from, STORM_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
	    MAP_FAILED)
		return;
	done(r, T_MAP_OVER);
	munmap(from, STORM_PAGE);
	pieces__cut(r, piece, from, STORM_PAGE);
}

void op__dontfork(struct runner *r)
{
	struct piece *piece = pieces__some(r);

	if (!piece || madvise(piece->address, piece->length, MADV_DONTFORK))
		return;
	piece->dontfork = true;
	done(r, T_DONTFORK);
	if (random__pick(r, 2))
		op__fork(r);
}
