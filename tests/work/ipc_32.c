// SPDX-License-Identifier: GPL-2.0-only
/*
 * What only ipc(2) can say, from a 32-bit program: versions in the upper half of the number,
 * unknown subcalls, arguments behind pointers that are bad, results behind pointers that are bad,
 * and rubbish in the arguments that a subcall does not use. Leaves nothing behind.
 */
#define WORK_IPC
#include <limits.h>

#include "work.h"

#define V1 (1 << 16)

static char buffer[4096] __attribute__((aligned(64)));
static struct {
	long type;
	char text[64];
} message = {1, "text"};

static void unknown(void)
{
	static const long numbers[] = {
		0, 5, 10, 15, 20, 25, 26, 99, 0xffff, -1, INT_MIN, V1, V1 | 5, V1 | 99, 0x7fff0000,
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(numbers); i++) {
		WANT(IPC_CALL(numbers[i], 0, 0, 0, 0, 0), ENOSYS);
		WANT(IPC_CALL(numbers[i], -1, 2, 0x80000000u, P(buffer), 5), ENOSYS);
	}
}

/* Each subcall with versions 1, 2 and 0xffff and with rubbish where it does not look. */
static void versions(void)
{
	static const long subcalls[] = {1, 2, 3, 4, 11, 12, 13, 14, 21, 22, 23, 24};
	static const long versions[] = {0, V1, 2 * V1, -V1};

	for (unsigned int i = 0; i < ARRAY_SIZE(subcalls); i++) {
		for (unsigned int j = 0; j < ARRAY_SIZE(versions); j++) {
			long number = subcalls[i] | versions[j];
			long flags = IPC_NOWAIT;

			/* A get of a key that does not exist; the rest with an id that cannot. */
			if (subcalls[i] == 2 || subcalls[i] == 13 || subcalls[i] == 23)
				IPC_CALL(number, own_key(9), 0, 0, 0x1111, 0x2222);
			else
				IPC_CALL(number, -1, 1, flags, P(buffer), 0x2222);
			IPC_CALL(number, own_key(9) | INT_MIN, 0, 0, 0, 0);
			IPC_CALL(number, -1, 1, flags, 1, 0);
			IPC_CALL(number, -1, 1, flags, -1, -1);
		}
	}
}

static void segments(void)
{
	long id = do_shmget(IPC_PRIVATE, 4096, 0600);
	unsigned long at = 0;

	if (id < 0)
		die("shmget");
	WANT(IPC_CALL(21, id, 0, P(&at), 0, 0), 0);
	WANT(IPC_CALL(22, 1, 2, 3, at, 5), 0);
	WANT(IPC_CALL(21, id, SHM_RDONLY, P(&at), 0, 0), 0);
	WANT(IPC_CALL(22, 0, 0, 0, at, 0), 0);
	WANT(IPC_CALL(21 | V1, id, 0, P(&at), 0, 0), EINVAL);
	/* Attaches and then cannot say where: the attachment stays until the exit. */
	WANT(IPC_CALL(21, id, 0, 0, 0, 0), EFAULT);
	WANT(IPC_CALL(21, id, 0, 1, 0, 0), EFAULT);
	WANT(IPC_CALL(21, -1, 0, 1, 0, 0), EINVAL);
	IPC_CALL(24, id, IPC_STAT, 7, P(buffer), 8);
	IPC_CALL(24, id, IPC_STAT | IPC_64, 7, P(buffer), 8);
	IPC_CALL(24, id, IPC_STAT | IPC_64, 7, 0, 8);
	WANT(IPC_CALL(24, id, IPC_RMID, 0, 0, 0), 0);
}

static void semaphores(void)
{
	long id = do_semget(IPC_PRIVATE, 2, 0600), value = 5;
	struct sembuf op = {0, 1, IPC_NOWAIT};
	long soon[2] = {0, 1000};

	if (id < 0)
		die("semget");
	WANT(IPC_CALL(3, id, 0, SETVAL, P(&value), 0), 0);
	WANT(IPC_CALL(3, id, 0, SETVAL | IPC_64, P(&value), 9), 0);
	/* The pointer itself: none, odd, bad. */
	IPC_CALL(3, id, 0, SETVAL, 0, 0);
	IPC_CALL(3, id, 0, SETVAL, 1, 0);
	IPC_CALL(3, id, 0, GETVAL, -1, 0);
	IPC_CALL(3, id, 0, GETVAL, 0, 0);
	IPC_CALL(3, id, 0, IPC_STAT, 1, 0);
	IPC_CALL(3, id, 0, IPC_STAT | IPC_64, 0, 0);
	IPC_CALL(3, id, 0, 99, 1, 0);
	IPC_CALL(3, -1, 0, 99, P(&value), 0);
	for (long cmd = 0; cmd < 23; cmd++) {
		value = P(buffer);
		if (cmd != IPC_RMID && cmd != SETALL)
			IPC_CALL(3, id, 0, cmd | IPC_64, P(&value), 0);
		value = 0;
		if (cmd != IPC_RMID)
			IPC_CALL(3, id, 1, cmd | IPC_64, P(&value), 0);
	}
	WANT(IPC_CALL(1, id, 1, 77, P(&op), 88), 0);
	WANT(IPC_CALL(1 | V1, id, 1, 77, P(&op), 88), 0);
	WANT(IPC_CALL(4, id, 1, 77, P(&op), P(soon)), 0);
	WANT(IPC_CALL(4, id, 1, 77, P(&op), 0), 0);
	WANT(IPC_CALL(4, id, 1, 77, P(&op), 1), EFAULT);
	WANT(IPC_CALL(3, id, 0, IPC_RMID, P(&value), 0), 0);
}

static void queues(void)
{
	long id = do_msgget(IPC_PRIVATE, 0600);
	long kludge[2] = {P(&message), 0}, negative[2] = {P(&message), -5}, none[2] = {0, 1};

	if (id < 0)
		die("msgget");
	for (int i = 0; i < 2; i++)
		WANT(IPC_CALL(11, id, 4, IPC_NOWAIT, P(&message), 99), 0);
	WANT(IPC_CALL(11 | V1, id, 4, IPC_NOWAIT, P(&message), 99), 0);
	WANT(IPC_CALL(12, id, 64, IPC_NOWAIT, P(kludge), 99), 0);
	WANT(IPC_CALL(12, id, 64, IPC_NOWAIT, P(negative), 99), 0);
	WANT(IPC_CALL(12, id, 64, IPC_NOWAIT, 0, 99), EINVAL);
	WANT(IPC_CALL(12, id, 64, IPC_NOWAIT, 1, 99), EFAULT);
	WANT(IPC_CALL(12, id, 64, IPC_NOWAIT, -1, 99), EFAULT);
	IPC_CALL(12, id, 64, IPC_NOWAIT, P(none), 99);
	WANT(IPC_CALL(12 | V1, id, 64, IPC_NOWAIT | MSG_NOERROR, P(&message), 0), ENOMSG);
	WANT(IPC_CALL(12 | V1, id, 64, IPC_NOWAIT, P(&message), -7), ENOMSG);
	WANT(IPC_CALL(12 | 2 * V1, id, 64, IPC_NOWAIT, P(&message), 7), ENOMSG);
	IPC_CALL(12 | V1, id, 64, IPC_NOWAIT, 1, 0);
	IPC_CALL(14, id, IPC_STAT, 7, P(buffer), 8);
	IPC_CALL(14, id, IPC_STAT | IPC_64, 7, P(buffer), 8);
	WANT(IPC_CALL(14, id, IPC_RMID | IPC_64, 0, 0, 0), 0);
}

int main(void)
{
	unknown();
	versions();
	segments();
	semaphores();
	queues();
	return failures ? 1 : 0;
}
