// SPDX-License-Identifier: GPL-2.0-only
/*
 * Very many objects and processes in the IPC namespace it is started in: each process makes its
 * share of segments, sets and queues in turn, has worked with each, and stays attached to one
 * segment. Prints a line when all is there; all of it goes when standard input ends.
 *
 * usage: crowd OBJECTS PROCESSES
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/prctl.h>
#include <signal.h>
#include <unistd.h>

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void make_segment(int *attached)
{
	const int id = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);

	if (id < 0)
		fail("crowd: shmget");
	if (!(*attached)++ && shmat(id, NULL, 0) == (void *)-1)
		fail("crowd: shmat");
}

static void make_set(void)
{
	struct sembuf up = {.sem_op = 1};
	const int id = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);

	if (id < 0 || semop(id, &up, 1))
		fail("crowd: semget");
}

static void make_queue(void)
{
	const struct {
		long type;
		char text[1];
	} message = {.type = 1};
	const int id = msgget(IPC_PRIVATE, IPC_CREAT | 0600);

	if (id < 0 || msgsnd(id, &message, sizeof(message.text), IPC_NOWAIT))
		fail("crowd: msgget");
}

static void live(int first, int step, int objects, int done)
{
	int attached = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int i = first; i < objects; i += step) {
		if (i % 3 == 0)
			make_segment(&attached);
		else if (i % 3 == 1)
			make_set();
		else
			make_queue();
	}
	if (write(done, "", 1) != 1)
		fail("crowd: write");
	close(done);
	for (;;)
		pause();
}

int main(int argc, char *argv[])
{
	const int objects = argc > 1 ? atoi(argv[1]) : 32000;
	const int processes = argc > 2 ? atoi(argv[2]) : 2000;
	int done[2];
	char byte;

	if (processes < 1 || pipe(done))
		fail("crowd");
	for (int i = 0; i < processes; i++) {
		const pid_t pid = fork();

		if (pid < 0)
			fail("crowd: fork");
		if (!pid) {
			close(done[0]);
			live(i, processes, objects, done[1]);
		}
	}
	close(done[1]);
	for (int i = 0; i < processes; i++)
		if (read(done[0], &byte, 1) != 1)
			fail("crowd: a process has ended");
	puts("ready");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return 0;
}
