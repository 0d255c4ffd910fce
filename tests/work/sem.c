// SPDX-License-Identifier: GPL-2.0-only
/*
 * Semaphore calls with every flag, command and odd argument; nothing that blocks for long. Leaves
 * nothing behind.
 */
#include <limits.h>

#include "work.h"

#define NSEMS 3

static char buffer[65536] __attribute__((aligned(64)));
static struct sembuf ops[600];

static void get_and_remove(long key, long nsems, long flags)
{
	long id = do_semget(key, nsems, flags);

	if (id >= 0 && ((int)key == IPC_PRIVATE || (flags & IPC_EXCL)))
		WANT(do_semctl(id, 0, IPC_RMID, 0), 0);
}

static void get(void)
{
	static const long bits[] = {IPC_CREAT, IPC_EXCL, IPC_NOWAIT, 010000, 1 << 20};
	static const long modes[] = {0, 0600, 0777, 07777, 01, 044};
	static const long counts[] = {0, 1, 5, -1, INT_MIN, INT_MAX, HIGH_BITS, HIGH_BITS | 1};
	static const long keys[] = {1, 0x7fffffff, -1, INT_MIN, LONG_MIN, LONG_MAX};

	for (unsigned int set = 0; set < 1u << ARRAY_SIZE(bits); set++) {
		long flags = 0;

		for (unsigned int i = 0; i < ARRAY_SIZE(bits); i++)
			flags |= set & (1u << i) ? bits[i] : 0;
		get_and_remove(IPC_PRIVATE, 1, flags | modes[set % ARRAY_SIZE(modes)]);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(modes); i++)
		get_and_remove(IPC_PRIVATE, 1, modes[i]);
	for (unsigned int i = 0; i < ARRAY_SIZE(counts); i++)
		get_and_remove(IPC_PRIVATE, counts[i], 0600);
	for (unsigned int i = 0; i < ARRAY_SIZE(keys); i++)
		get_and_remove(keys[i], 0, 0);
	get_and_remove(own_key(99), 1, -1);
	do_semget(own_key(99), 1, INT_MIN);
	get_and_remove(IPC_PRIVATE, 1, HIGH_BITS | 0600);
	get_and_remove(HIGH_BITS, 1, IPC_CREAT | 0600);
	WANT(do_semget(own_key(1), 1, 0), ENOENT);
	WANT(do_semget(own_key(1), -1, IPC_CREAT), EINVAL);
}

static void control(long id)
{
	static const long harmless[] = {
		IPC_STAT,
		IPC_INFO,
		SEM_INFO,
		SEM_STAT,
		SEM_STAT_ANY,
		GETPID,
		GETVAL,
		GETALL,
		GETNCNT,
		GETZCNT,
		4,
		10,
		21,
		99,
		0x1ff,
		-1,
		0x200,
		0x7fffffff,
		IPC_STAT | HIGH_BITS,
		HIGH_BITS | 77,
	};
	static const long ours[] = {IPC_SET, SETVAL, SETALL};
	static const long pointers[] = {0, 1, -1, -4096};
	static const long nums[] = {0, 2, NSEMS, -1, INT_MIN, HIGH_BITS | 1};

	for (unsigned int i = 0; i < ARRAY_SIZE(harmless); i++) {
		for (unsigned int version = 0; version <= IPC_64; version += IPC_64) {
			long cmd = harmless[i] ^ (long)version;

			do_semctl(0, 0, cmd, P(buffer));
			do_semctl(-1, 0, cmd, P(buffer));
			for (unsigned int j = 0; j < ARRAY_SIZE(nums); j++)
				do_semctl(id, nums[j], cmd, P(buffer));
			for (unsigned int j = 0; j < ARRAY_SIZE(pointers); j++)
				do_semctl(id, 0, cmd, pointers[j]);
		}
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(ours); i++) {
		for (unsigned int version = 0; version <= IPC_64; version += IPC_64) {
			long cmd = ours[i] | (long)version;
			long fetch = (ours[i] == SETALL ? GETALL : IPC_STAT) | (long)version;

			do_semctl(id, 0, fetch, P(buffer));
			for (unsigned int j = 0; j < ARRAY_SIZE(nums); j++)
				do_semctl(id, nums[j], cmd, ours[i] == SETVAL ? 7 : P(buffer));
			for (unsigned int j = 0; j < ARRAY_SIZE(pointers); j++)
				do_semctl(id, 0, cmd, pointers[j]);
			for (unsigned int j = 0; j < ARRAY_SIZE(no_ids); j++)
				WANT(do_semctl(no_ids[j], 0, cmd,
					       ours[i] == SETVAL ? 1 : P(buffer)),
				     EINVAL);
		}
	}
	WANT(do_semctl(id, 0, SETVAL, 32768), ERANGE);
	WANT(do_semctl(id, 0, SETVAL, 32767), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(no_ids); i++)
		WANT(do_semctl(no_ids[i], 0, IPC_RMID, 0), EINVAL);
}

static void reset(long id)
{
	for (int i = 0; i < NSEMS; i++)
		WANT(do_semctl(id, i, SETVAL, 0), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(ops); i++) {
		ops[i].sem_num = 0;
		ops[i].sem_op = 1;
		ops[i].sem_flg = IPC_NOWAIT;
	}
}

static void operate(long id)
{
	static const long counts[] = {0, 1, 2, 3, 500, 501, -1, INT_MAX, HIGH_BITS | 1};
	static const long pointers[] = {0, 1, -1, -4096};

	for (unsigned int i = 0; i < ARRAY_SIZE(counts); i++) {
		do_semop(id, P(ops), counts[i]);
		for (unsigned int j = 0; j < ARRAY_SIZE(pointers); j++)
			do_semop(id, pointers[j], counts[i]);
	}
	reset(id);
	WANT(do_semop(id, P(ops), 1), 0);
	WANT(do_semop(id, P(ops), 0), EINVAL);
	WANT(do_semop(id, P(ops), -1), E2BIG);
	WANT(do_semop(id, 1, 1), EFAULT);
	ops[0].sem_num = NSEMS;
	WANT(do_semop(id, P(ops), 1), EFBIG);
	ops[0].sem_num = 1;
	ops[0].sem_op = -1;
	WANT(do_semop(id, P(ops), 1), EAGAIN);
	ops[0].sem_op = 32767;
	ops[1] = ops[0];
	WANT(do_semop(id, P(ops), 2), ERANGE);
	ops[0].sem_op = 0;
	ops[0].sem_flg = IPC_NOWAIT | SEM_UNDO;
	WANT(do_semop(id, P(ops), 1), 0);
	WANT(do_semop(id | HIGH_BITS, P(ops), 1), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(no_ids); i++)
		WANT(do_semop(no_ids[i], P(ops), 1), EINVAL);
}

static void operate_timed(long id)
{
	struct work_timespec none = {0, 0}, soon = {0, 20000000}, late = {3600, 999999999};
	struct work_timespec bad = {0, 1000000000}, negative = {-1, 0};

	reset(id);
	WANT(do_semtimedop(id, P(ops), 1, 0), 0);
	WANT(do_semtimedop(id, P(ops), 1, P(&late)), 0);
	WANT(do_semtimedop(id, P(ops), 1, P(&bad)), EINVAL);
	WANT(do_semtimedop(id, P(ops), 1, P(&negative)), EINVAL);
	WANT(do_semtimedop(id, P(ops), 1, 1), EFAULT);
	WANT(do_semtimedop(id, P(ops), 1, -1), EFAULT);
	WANT(do_semtimedop(id, P(ops), 0, P(&soon)), EINVAL);
	WANT(do_semtimedop(id, 0, 0, 0), EINVAL);
	WANT(do_semtimedop(id, 0, 1, P(&none)), EFAULT);
	WANT(do_semtimedop(id, P(ops), 100000, P(&none)), E2BIG);
	ops[0].sem_num = NSEMS;
	WANT(do_semtimedop(id, P(ops), 1, P(&none)), EFBIG);
	ops[0].sem_num = 2;
	ops[0].sem_op = -1;
	WANT(do_semtimedop(id, P(ops), 1, 0), EAGAIN);
	ops[0].sem_flg = 0;
	WANT(do_semtimedop(id, P(ops), 1, P(&none)), EAGAIN);
	WANT(do_semtimedop(id, P(ops), 1, P(&soon)), EAGAIN);
	for (unsigned int i = 0; i < ARRAY_SIZE(no_ids); i++)
		WANT(do_semtimedop(no_ids[i], P(ops), 1, P(&none)), EINVAL);
}

int main(void)
{
	long id;

	get();
	id = do_semget(own_key(0), NSEMS, IPC_CREAT | IPC_EXCL | 0600);
	if (id < 0)
		die("semget");
	WANT(do_semget(own_key(0), NSEMS, IPC_CREAT | IPC_EXCL | 0600), EEXIST);
	WANT(do_semget(own_key(0), NSEMS + 1, 0), EINVAL);
	WANT(do_semget(own_key(0), 0, 0), 0);
	reset(id);
	operate(id);
	operate_timed(id);
	control(id);
	WANT(do_semctl(id, 0, IPC_RMID, P(buffer)), 0);
	WANT(do_semctl(id, 0, IPC_RMID, 0), EINVAL);
	WANT(do_semop(id, P(ops), 1), EINVAL);
	return failures ? 1 : 0;
}
