// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls that a signal interrupts: with a handler (EINTR for the caller), and with a stop and a
 * continuation, after which the kernel makes msgrcv and msgsnd again and only semop fails. Always
 * the same calls with the same results. Leaves nothing behind.
 */
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "work.h"

static struct {
	long type;
	char text[8192];
} message = {1, ""};

static void on_alarm(int sig)
{
	(void)sig;
}

/* Again and again: the first one might come before the call sleeps. */
static void alarms(long microseconds)
{
	struct itimerval timer = {{0, microseconds}, {0, microseconds}};

	setitimer(ITIMER_REAL, &timer, NULL);
}

static void handled(long set, long queue, long full)
{
	struct sembuf down = {0, -1, 0};
	struct work_timespec hour = {3600, 0};
	struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};

	/* SA_RESTART changes nothing for these calls. */
	sigaction(SIGALRM, &action, NULL);
	alarms(30000);
	WANT(do_semop(set, P(&down), 1), EINTR);
	WANT(do_semtimedop(set, P(&down), 1, P(&hour)), EINTR);
	WANT(do_msgrcv(queue, P(&message), 100, 0, 0), EINTR);
	WANT(do_msgsnd(full, P(&message), 8000, 0), EINTR);
	alarms(0);
}

/*
 * Waits until the child is in its call: /proc/PID/syscall then begins with the number, and says
 * "running" before. A tracer's stop at the entry looks the same and does as well: the signal then
 * waits for the call, which sees it before it sleeps.
 */
static void await_call(pid_t pid)
{
	struct timespec pause = {0, 2000000};
	char path[64], line[64];
	long number;

	snprintf(path, sizeof(path), "/proc/%d/syscall", pid);
	for (int i = 0; i < 5000; i++) {
		FILE *file = fopen(path, "r");
		char *got = file ? fgets(line, sizeof(line), file) : NULL;

		if (file)
			fclose(file);
		if (got && sscanf(line, "%ld", &number) == 1 &&
		    (number == SYS_msgrcv || number == SYS_msgsnd
#ifdef SYS_semop
		     || number == SYS_semop
#endif
		     ))
			return;
		nanosleep(&pause, NULL);
	}
	kill(pid, SIGKILL);
	fprintf(stderr, "%s never shows the call\n", path);
	exit(1);
}

static void stop_and_continue(pid_t pid)
{
	int status;

	await_call(pid);
	kill(pid, SIGSTOP);
	if (waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status))
		failures++;
	kill(pid, SIGCONT);
}

static void finish(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || status)
		failures++;
}

static pid_t start(void)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	return pid;
}

static void stopped(long set, long queue, long full)
{
	struct sembuf down = {0, -1, 0};
	pid_t pid = start();

	if (pid == 0) {
		WANT(do_semop(set, P(&down), 1), EINTR);
		_exit(failures ? 1 : 0);
	}
	stop_and_continue(pid);
	finish(pid);

	pid = start();
	if (pid == 0) {
		WANT(do_msgrcv(queue, P(&message), 100, 0, 0), 0);
		_exit(failures ? 1 : 0);
	}
	stop_and_continue(pid);
	await_call(pid);
	WANT(do_msgsnd(queue, P(&message), 4, 0), 0);
	finish(pid);

	pid = start();
	if (pid == 0) {
		WANT(do_msgsnd(full, P(&message), 8000, 0), 0);
		_exit(failures ? 1 : 0);
	}
	stop_and_continue(pid);
	await_call(pid);
	WANT(do_msgrcv(full, P(&message), 8192, 0, 0), 0);
	finish(pid);
}

int main(void)
{
	long set = do_semget(IPC_PRIVATE, 1, 0600);
	long queue = do_msgget(IPC_PRIVATE, 0600);
	long full = do_msgget(IPC_PRIVATE, 0600);

	if (set < 0 || queue < 0 || full < 0)
		die("semget or msgget");
	for (int i = 0; i < 100000; i++)
		if (do_msgsnd(full, P(&message), 8000, IPC_NOWAIT) < 0)
			break;
	handled(set, queue, full);
	stopped(set, queue, full);
	WANT(do_semctl(set, 0, IPC_RMID, 0), 0);
	WANT(do_msgctl(queue, IPC_RMID, 0), 0);
	WANT(do_msgctl(full, IPC_RMID, 0), 0);
	return failures ? 1 : 0;
}
