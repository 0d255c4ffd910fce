// SPDX-License-Identifier: GPL-2.0-only
/*
 * Message queue calls with every flag, command and odd argument; none that blocks. Leaves nothing
 * behind.
 */
#include <limits.h>

#include "work.h"

static char buffer[65536] __attribute__((aligned(64)));

static struct {
	long type;
	char text[8192];
} message;

static void get_and_remove(long key, long flags)
{
	long id = do_msgget(key, flags);

	if (id >= 0 && ((int)key == IPC_PRIVATE || (flags & IPC_EXCL)))
		WANT(do_msgctl(id, IPC_RMID, 0), 0);
}

static void get(void)
{
	static const long bits[] = {IPC_CREAT, IPC_EXCL, IPC_NOWAIT, 010000, 1 << 20};
	static const long modes[] = {0, 0600, 0777, 07777, 01, 044};
	static const long keys[] = {1, 0x7fffffff, -1, INT_MIN, LONG_MIN, LONG_MAX};

	for (unsigned int set = 0; set < 1u << ARRAY_SIZE(bits); set++) {
		long flags = 0;

		for (unsigned int i = 0; i < ARRAY_SIZE(bits); i++)
			flags |= set & (1u << i) ? bits[i] : 0;
		get_and_remove(IPC_PRIVATE, flags | modes[set % ARRAY_SIZE(modes)]);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(modes); i++)
		get_and_remove(IPC_PRIVATE, modes[i]);
	for (unsigned int i = 0; i < ARRAY_SIZE(keys); i++)
		get_and_remove(keys[i], 0);
	get_and_remove(own_key(99), -1);
	do_msgget(own_key(99), INT_MIN);
	get_and_remove(IPC_PRIVATE, HIGH_BITS | 0600);
	get_and_remove(HIGH_BITS, IPC_CREAT | 0600);
	WANT(do_msgget(own_key(1), 0), ENOENT);
}

static void control(long id)
{
	static const long harmless[] = {
		IPC_STAT,
		IPC_INFO,
		MSG_INFO,
		MSG_STAT,
		MSG_STAT_ANY,
		4,
		10,
		14,
		99,
		0x1ff,
		-1,
		0x200,
		0x7fffffff,
		IPC_STAT | HIGH_BITS,
		HIGH_BITS | 77,
	};
	static const long pointers[] = {0, 1, -1, -4096};

	for (unsigned int i = 0; i < ARRAY_SIZE(harmless); i++) {
		for (unsigned int version = 0; version <= IPC_64; version += IPC_64) {
			long cmd = harmless[i] ^ (long)version;

			do_msgctl(id, cmd, P(buffer));
			do_msgctl(-1, cmd, P(buffer));
			do_msgctl(0, cmd, P(buffer));
			for (unsigned int j = 0; j < ARRAY_SIZE(pointers); j++)
				do_msgctl(id, cmd, pointers[j]);
		}
	}
	for (unsigned int version = 0; version <= IPC_64; version += IPC_64) {
		long cmd = IPC_SET | (long)version;

		do_msgctl(id, IPC_STAT | (long)version, P(buffer));
		do_msgctl(id, cmd, P(buffer));
		do_msgctl(id, cmd, 0);
		do_msgctl(id, cmd, -1);
		for (unsigned int j = 0; j < ARRAY_SIZE(no_ids); j++)
			WANT(do_msgctl(no_ids[j], cmd, P(buffer)), EINVAL);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(no_ids); i++)
		WANT(do_msgctl(no_ids[i], IPC_RMID, 0), EINVAL);
}

static void send(long id)
{
	static const long sizes[] = {0, 1, 100, -1, LONG_MIN, INT_MAX, LONG_MAX};
	static const long pointers[] = {0, 1, -1, -4096};
	static const long flags[] = {
		0, MSG_NOERROR, MSG_EXCEPT, MSG_COPY, 0777, 1 << 16, -1, INT_MIN, HIGH_BITS,
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(flags); i++) {
		message.type = 1 + i;
		do_msgsnd(id, P(&message), 10, IPC_NOWAIT | flags[i]);
		for (unsigned int j = 0; j < ARRAY_SIZE(pointers); j++)
			do_msgsnd(id, pointers[j], 10, IPC_NOWAIT | flags[i]);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++)
		do_msgsnd(id, P(&message), sizes[i], IPC_NOWAIT);
	message.type = 0;
	WANT(do_msgsnd(id, P(&message), 1, IPC_NOWAIT), EINVAL);
	message.type = -1;
	WANT(do_msgsnd(id, P(&message), 1, IPC_NOWAIT), EINVAL);
	message.type = LONG_MAX;
	WANT(do_msgsnd(id, P(&message), 1, IPC_NOWAIT), 0);
	WANT(do_msgsnd(id, P(&message), -1, IPC_NOWAIT), EINVAL);
	for (unsigned int i = 0; i < ARRAY_SIZE(no_ids); i++)
		WANT(do_msgsnd(no_ids[i], P(&message), 1, IPC_NOWAIT), EINVAL);

	/* Fill the queue: msgmnb bytes, 16384 unless configured. */
	for (int i = 0; i < 100000; i++)
		if (do_msgsnd(id, P(&message), 4096, IPC_NOWAIT) < 0)
			break;
	WANT(do_msgsnd(id, P(&message), 4096, IPC_NOWAIT), EAGAIN);
}

static void receive(long id)
{
	static const long types[] = {1, 2, 0, -3, -1, 99, LONG_MIN, INT_MIN, HIGH_BITS, INT_MAX};
	static const long flags[] = {
		0,	  MSG_NOERROR, MSG_EXCEPT, MSG_NOERROR | MSG_EXCEPT,
		MSG_COPY, 0777,	       1 << 16,	   MSG_COPY | MSG_EXCEPT,
		-1,	  INT_MIN,     HIGH_BITS,
	};
	static const long sizes[] = {0, -1, LONG_MIN, INT_MAX};

	WANT(do_msgrcv(id, P(&message), 1, 1, IPC_NOWAIT), E2BIG);
	WANT(do_msgrcv(id, P(&message), 1, 1, IPC_NOWAIT | MSG_NOERROR), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(types); i++)
		for (unsigned int j = 0; j < ARRAY_SIZE(flags); j++)
			do_msgrcv(id, P(buffer), 60000, types[i], IPC_NOWAIT | flags[j]);
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++)
		do_msgrcv(id, P(buffer), sizes[i], 99, IPC_NOWAIT);
	WANT(do_msgrcv(id, P(buffer), -1, 0, IPC_NOWAIT), EINVAL);
	while (do_msgrcv(id, P(buffer), 60000, 0, IPC_NOWAIT) >= 0)
		;
	WANT(do_msgrcv(id, P(buffer), 100, 0, IPC_NOWAIT), ENOMSG);
	message.type = 5;
	WANT(do_msgsnd(id, P(&message), 8, 0), 0);
	WANT(do_msgrcv(id, 1, 100, 5, IPC_NOWAIT), EFAULT);
	WANT(do_msgrcv(id, 0, 100, 5, IPC_NOWAIT), ENOMSG);
	for (unsigned int i = 0; i < ARRAY_SIZE(no_ids); i++)
		WANT(do_msgrcv(no_ids[i], P(buffer), 1, 0, IPC_NOWAIT), EINVAL);
}

int main(void)
{
	long id;

	get();
	id = do_msgget(own_key(0), IPC_CREAT | IPC_EXCL | 0600);
	if (id < 0)
		die("msgget");
	WANT(do_msgget(own_key(0), IPC_CREAT | IPC_EXCL | 0600), EEXIST);
	WANT(do_msgget(own_key(0), 0), 0);
	send(id);
	receive(id);
	control(id);
	WANT(do_msgctl(id, IPC_RMID, P(buffer)), 0);
	WANT(do_msgctl(id, IPC_RMID, 0), EINVAL);
	WANT(do_msgrcv(id, P(buffer), 1, 0, IPC_NOWAIT), EINVAL);
	return failures ? 1 : 0;
}
