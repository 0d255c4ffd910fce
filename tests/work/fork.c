// SPDX-License-Identifier: GPL-2.0-only
/*
 * A tree of processes around one segment: attachments that are inherited, added, given back, lost
 * in exec, and lost in death by exit and by SIGKILL. The attach count is checked against the
 * kernel's. Leaves nothing behind.
 */
#include <signal.h>
#include <sys/wait.h>

#include "work.h"

#define DEPTH 3

static long id;

static void detach(long at)
{
	WANT(do_shmdt(at), 0);
}

static long attach(void)
{
	long at = do_shmat(id, 0, 0);

	if (at == -1)
		die("shmat");
	return at;
}

static void tree(int depth, long inherited)
{
	for (int child = 0; depth && child < 2; child++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid == 0) {
			long own = attach();

			tree(depth - 1, inherited);
			if (child)
				detach(own);
			detach(inherited);
			_exit(failures ? 1 : 0);
		}
	}
	for (int status; wait(&status) > 0;)
		if (status)
			failures++;
}

/* A child that ends as `how` says; returns its wait status. */
static int child(void (*how)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid == 0) {
		attach();
		how();
		_exit(99);
	}
	waitpid(pid, &status, 0);
	return status;
}

static void by_exit(void)
{
	_exit(3);
}

static void by_kill(void)
{
	raise(SIGKILL);
}

static void by_exec(void)
{
	char number[24];

	snprintf(number, sizeof(number), "%ld", id);
	execl("/proc/self/exe", "fork", "after-exec", number, NULL);
}

static unsigned long nattch(void)
{
#if defined(__LP64__)
	struct shmid64_ds ds;

	WANT(do_shmctl(id, IPC_STAT, P(&ds)), 0);
	return ds.shm_nattch;
#else
	return 1;
#endif
}

int main(int argc, char **argv)
{
	long at;
	int status;

	if (argc > 2 && !strcmp(argv[1], "after-exec")) {
		id = atol(argv[2]);
		if (nattch() != 1)
			failures++;
		detach(attach());
		return failures ? 1 : 4;
	}
	id = do_shmget(IPC_PRIVATE, 65536, IPC_CREAT | 0600);
	if (id < 0)
		die("shmget");
	at = attach();
	tree(DEPTH, at);
	status = child(by_exit);
	failures += !WIFEXITED(status) || WEXITSTATUS(status) != 3;
	status = child(by_kill);
	failures += !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL;
	status = child(by_exec);
	failures += !WIFEXITED(status) || WEXITSTATUS(status) != 4;
	if (nattch() != 1)
		failures++;
	/* Removed while attached: it stays until the detach. */
	WANT(do_shmctl(id, IPC_RMID, 0), 0);
	detach(at);
	WANT(do_shmat(id, 0, 0), EINVAL);
	return failures ? 1 : 0;
}
