// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shared memory calls with every flag, command and odd argument. Leaves nothing behind.
 */
#include <limits.h>
#include <sys/mman.h>

#include "work.h"

#define SIZE 8192

static char buffer[65536] __attribute__((aligned(64)));

static void get_and_remove(long key, long size, long flags)
{
	long id = do_shmget(key, size, flags);

	/* Without IPC_EXCL a key might name a segment that somebody else made. */
	if (id >= 0 && ((int)key == IPC_PRIVATE || (flags & IPC_EXCL)))
		WANT(do_shmctl(id, IPC_RMID, 0), 0);
}

static void get_flags(void)
{
	static const long bits[] = {
		IPC_CREAT, IPC_EXCL, SHM_HUGETLB, SHM_NORESERVE, 1 << 14, 1 << 25, 1 << 30,
	};
	static const long modes[] = {0, 0600, 0777, 07777, 01, 044};

	for (unsigned int set = 0; set < 1u << ARRAY_SIZE(bits); set++) {
		long flags = 0;

		for (unsigned int i = 0; i < ARRAY_SIZE(bits); i++)
			flags |= set & (1u << i) ? bits[i] : 0;
		get_and_remove(IPC_PRIVATE, SIZE, flags | modes[set % ARRAY_SIZE(modes)]);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(modes); i++)
		get_and_remove(IPC_PRIVATE, SIZE, modes[i]);
	for (unsigned int huge = 0; huge < 64; huge++) {
		get_and_remove(IPC_PRIVATE, SIZE, SHM_HUGETLB | (long)(huge << 26) | 0600);
		do_shmget(own_key(99), SIZE, (long)(huge << 26) | (huge % 2 ? 0 : IPC_EXCL));
	}
	get_and_remove(own_key(99), SIZE, -1);
	do_shmget(own_key(99), SIZE, LONG_MIN);
	do_shmget(own_key(99), SIZE, INT_MIN);
	get_and_remove(IPC_PRIVATE, SIZE, HIGH_BITS | 0600);
	get_and_remove(HIGH_BITS, SIZE, IPC_CREAT | 0600);
}

static void get_sizes_and_keys(void)
{
	static const long sizes[] = {0, 1, 4096, LONG_MAX, -1, -4096, LONG_MIN, INT_MAX};
	static const long keys[] = {1, 0x7fffffff, -1, -2, INT_MIN, LONG_MIN, LONG_MAX, -0x10000};

	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++)
		if (sizes[i] != INT_MAX) /* might well be granted */
			get_and_remove(IPC_PRIVATE, sizes[i], 0600);
	WANT(do_shmget(IPC_PRIVATE, 0, 0600), EINVAL);
	if (sizeof(long) == 8) /* in 32 bits that is a size */
		WANT(do_shmget(IPC_PRIVATE, -1, 0600), EINVAL);
	for (unsigned int i = 0; i < ARRAY_SIZE(keys); i++)
		get_and_remove(keys[i], 1, 0);
	WANT(do_shmget(own_key(1), 1, 0), ENOENT);
}

/* Where it is granted after all, as it may be in 32 bits, it does not stay. */
static void attach_and_detach(long id, long addr, long flags)
{
	long at = do_shmat(id, addr, flags);

	if (at != -1)
		WANT(do_shmdt(at), 0);
}

static void attach(long id)
{
	static const long flags[] = {
		0,
		SHM_RDONLY,
		SHM_RND,
		SHM_EXEC,
		SHM_RDONLY | SHM_RND | SHM_EXEC,
		1,
		0777,
		1 << 16,
		SHM_RDONLY | 1 << 20,
		-1 & ~SHM_REMAP,
		INT_MIN,
		HIGH_BITS,
		HIGH_BITS | SHM_RDONLY,
	};
	/* Addresses that are ours: SHM_REMAP elsewhere would take our own text away. */
	char *arena = mmap(NULL, 16 * SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (arena == MAP_FAILED)
		die("mmap");
	for (unsigned int i = 0; i < ARRAY_SIZE(flags); i++)
		attach_and_detach(id, 0, flags[i]);
	WANT(do_shmat(id, P(arena), 0), EINVAL);
	WANT(do_shmat(id, P(arena), SHM_REMAP), 0);
	WANT(do_shmat(id, P(arena) + 4 * SIZE + 1, SHM_REMAP), EINVAL);
	WANT(do_shmat(id, P(arena) + 4 * SIZE + 5, SHM_REMAP | SHM_RND | SHM_RDONLY), 0);
	WANT(do_shmat(id, 0, SHM_REMAP), EINVAL);
	WANT(do_shmat(id, 4095, 0), EINVAL);
	attach_and_detach(id, -4096, 0);
	attach_and_detach(id, LONG_MIN, SHM_RND);
	WANT(do_shmdt(P(arena)), 0);
	WANT(do_shmdt(P(arena) + 4 * SIZE), 0);
	WANT(do_shmdt(P(arena) + 8 * SIZE), EINVAL);
	WANT(do_shmdt(P(arena) + 1), EINVAL);
	WANT(do_shmdt(0), EINVAL);
	WANT(do_shmdt(-1), EINVAL);
	WANT(do_shmdt(1), EINVAL);
	munmap(arena, 16 * SIZE);
	for (unsigned int i = 0; i < ARRAY_SIZE(no_ids); i++)
		WANT(do_shmat(no_ids[i], 0, 0), EINVAL);
	WANT(do_shmat(HIGH_BITS | 0x7fffffff, 0, 0), EINVAL);
}

static void control(long id)
{
	static const long harmless[] = {
		IPC_STAT,
		IPC_INFO,
		SHM_INFO,
		SHM_STAT,
		SHM_STAT_ANY,
		4,
		5,
		10,
		16,
		99,
		0x1ff,
		-1,
		0x200,
		0x7fffffff,
		IPC_STAT | HIGH_BITS,
		HIGH_BITS | 77,
	};
	static const long ours[] = {IPC_SET, SHM_LOCK, SHM_UNLOCK};
	static const long pointers[] = {0, 1, -1, -4096};

	for (unsigned int i = 0; i < ARRAY_SIZE(harmless); i++) {
		for (unsigned int version = 0; version <= IPC_64; version += IPC_64) {
			long cmd = harmless[i] ^ (long)version;

			do_shmctl(id, cmd, P(buffer));
			do_shmctl(-1, cmd, P(buffer));
			do_shmctl(0, cmd, P(buffer));
			for (unsigned int j = 0; j < ARRAY_SIZE(pointers); j++)
				do_shmctl(id, cmd, pointers[j]);
		}
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(ours); i++) {
		for (unsigned int version = 0; version <= IPC_64; version += IPC_64) {
			long cmd = ours[i] | (long)version;

			do_shmctl(id, IPC_STAT | (long)version, P(buffer));
			do_shmctl(id, cmd, P(buffer));
			do_shmctl(id, cmd, 0);
			do_shmctl(id, cmd, -1);
			for (unsigned int j = 0; j < ARRAY_SIZE(no_ids); j++)
				WANT(do_shmctl(no_ids[j], cmd, P(buffer)), EINVAL);
		}
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(no_ids); i++) {
		WANT(do_shmctl(no_ids[i], IPC_RMID, 0), EINVAL);
		WANT(do_shmctl(no_ids[i], IPC_RMID | IPC_64, -1), EINVAL);
	}
}

int main(void)
{
	long id, same;

	get_flags();
	get_sizes_and_keys();

	id = do_shmget(own_key(0), SIZE, IPC_CREAT | IPC_EXCL | 0600);
	if (id < 0)
		die("shmget");
	WANT(do_shmget(own_key(0), SIZE, IPC_CREAT | IPC_EXCL | 0600), EEXIST);
	WANT(do_shmget(own_key(0), SIZE + 1, 0), EINVAL);
	same = do_shmget(own_key(0), 0, 0);
	if (same != id)
		failures++;
	attach(id);
	control(id);
	WANT(do_shmctl(id, IPC_RMID | HIGH_BITS, P(buffer)), 0);
	WANT(do_shmctl(id, IPC_RMID, 0), EINVAL);
	WANT(do_shmat(id, 0, 0), EINVAL);
	return failures ? 1 : 0;
}
