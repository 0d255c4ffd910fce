// SPDX-License-Identifier: GPL-2.0-only
/*
 * namespaces COUNT: as many processes, each in an IPC namespace of its own with limits and contents
 * that no other has. Prints the pid of each; all end with the first. Status 77 where it may not.
 */
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "work.h"

static void put_number(const char *file, const char *text)
{
	FILE *out = fopen(file, "we");

	if (!out || fputs(text, out) < 0 || fclose(out))
		die(file);
}

static void lower_limits(unsigned int n)
{
	char text[64];

	snprintf(text, sizeof(text), "%u", 20 + n);
	put_number("/proc/sys/kernel/shmmni", text);
	snprintf(text, sizeof(text), "%u", 1000 + n);
	put_number("/proc/sys/kernel/shmall", text);
	snprintf(text, sizeof(text), "%u", 30 + n);
	put_number("/proc/sys/kernel/msgmni", text);
	snprintf(text, sizeof(text), "%u %u %u %u", 40 + n, 2000 + n, 50 + n, 60 + n);
	put_number("/proc/sys/kernel/sem", text);
}

static void fill(unsigned int n)
{
	const long page = sysconf(_SC_PAGESIZE);

	for (unsigned int i = 0; i < n % 7; i++)
		if (do_shmget(IPC_PRIVATE, (n % 11) * page + 1 + i, 0600) < 0)
			die("shmget");
	for (unsigned int i = 0; i < n % 5; i++)
		if (do_semget(IPC_PRIVATE, 1 + n % 9 + i, 0600) < 0)
			die("semget");
	for (unsigned int i = 0; i < n % 4; i++)
		if (do_msgget(IPC_PRIVATE, 0600) < 0)
			die("msgget");
}

static void enter_namespace(void)
{
	struct stat before, after;

	if (stat("/proc/self/ns/ipc", &before))
		die("/proc/self/ns/ipc");
	if (unshare(CLONE_NEWIPC)) {
		fprintf(stderr, "skipped: unshare: %s\n", strerror(errno));
		exit(77);
	}
	/* The host's own limits must never be those that are lowered. */
	if (stat("/proc/self/ns/ipc", &after) || after.st_ino == before.st_ino)
		die("still in the old IPC namespace");
}

static void live(unsigned int n, int ready_fd)
{
	char byte = 0;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL))
		die("prctl");
	enter_namespace();
	lower_limits(n);
	fill(n);
	if (write(ready_fd, &byte, 1) != 1)
		die("write");
	for (;;)
		pause();
}

/* 0, or the status to end with. */
static int start(unsigned int n)
{
	int ready[2], status = 1;
	char byte;
	pid_t pid;

	if (pipe(ready))
		die("pipe");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		close(ready[0]);
		live(n, ready[1]);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1) {
		waitpid(pid, &status, 0);
		return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
	}
	close(ready[0]);
	printf("%d\n", pid);
	fflush(stdout);
	return 0;
}

int main(int argc, char *argv[])
{
	unsigned int count = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;

	if (!count) {
		fprintf(stderr, "usage: namespaces COUNT\n");
		return 2;
	}
	for (unsigned int n = 0; n < count; n++) {
		int status = start(n);

		if (status)
			return status;
	}
	for (;;)
		pause();
}
