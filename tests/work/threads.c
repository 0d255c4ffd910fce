// SPDX-License-Identifier: GPL-2.0-only
/*
 * threads [THREADS] [ROUNDS]: threads that make calls at the same time, on objects of their own
 * and on a semaphore set that they share. Leaves nothing behind.
 */
#include <pthread.h>

#include "work.h"

static long shared_set;
static int rounds = 50;

static void segment_round(int number)
{
	long id = do_shmget(IPC_PRIVATE, 4096L * (number + 1), IPC_CREAT | 0600);
	long at = do_shmat(id, 0, 0);

	if (at == -1)
		die("shmat");
	*(volatile char *)at = 1;
	WANT(do_shmctl(id, IPC_RMID, 0), 0);
	WANT(do_shmdt(at), 0);
}

static void queue_round(int number)
{
	struct {
		long type;
		char text[64];
	} message = {number + 1, "text"};
	long id = do_msgget(IPC_PRIVATE, IPC_CREAT | 0600);

	WANT(do_msgsnd(id, P(&message), number, IPC_NOWAIT), 0);
	WANT(do_msgrcv(id, P(&message), 64, number + 1, IPC_NOWAIT), 0);
	WANT(do_msgctl(id, IPC_RMID, 0), 0);
}

static void *run(void *arg)
{
	int number = (int)(long)arg;
	struct sembuf up = {0, 1, 0}, down = {0, -1, 0};

	for (int i = 0; i < rounds; i++) {
		segment_round(number);
		queue_round(number);
		WANT(do_semop(shared_set, P(&up), 1), 0);
		/* Never waits for long: each thread takes only after it has given. */
		WANT(do_semop(shared_set, P(&down), 1), 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 4;
	pthread_t threads[64];

	if (argc > 2)
		rounds = atoi(argv[2]);
	if (count < 1 || count > (int)ARRAY_SIZE(threads)) {
		fprintf(stderr, "usage: threads [THREADS] [ROUNDS]\n");
		return 2;
	}
	shared_set = do_semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
	if (shared_set < 0)
		die("semget");
	for (int i = 0; i < count; i++)
		if (pthread_create(&threads[i], NULL, run, (void *)(long)i))
			die("pthread_create");
	for (int i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	WANT(do_semctl(shared_set, 0, IPC_RMID, 0), 0);
	return failures ? 1 : 0;
}
