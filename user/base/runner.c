// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two sides speak by a socket that keeps messages apart: a request is the variables of a run,
 * each answer is a struct runner_report. No side ever waits for room, since at most one request and
 * two answers are under way.
 */
#include "base/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define SOCKET_FD 3 /* in the runner */
#define END_MS	  1000

struct runner {
	pid_t pid;
	bool reaped;
	int fd; /* -1: it is gone */
	bool busy;
};

/*
 * /dev/null, standard error twice, and the socket. Nothing else of ours stays open here: readers of
 * our output would wait for us, and every command would inherit it.
 */
static int set_descriptors(int socket_fd)
{
	int flags, null;

	/* Any of 0 to 2 may have been closed when the program began, and be something else now. */
	socket_fd = fcntl(socket_fd, F_DUPFD_CLOEXEC, SOCKET_FD);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (socket_fd < 0 || null < 0)
		return -errno;
	null = fcntl(null, F_DUPFD_CLOEXEC, SOCKET_FD);
	if (null < 0)
		return -errno;
	flags = fcntl(STDERR_FILENO, F_GETFD);
	/* What was inherited has come through an exec. */
	if (flags < 0 || flags & FD_CLOEXEC)
		dup2(null, STDERR_FILENO);
	if (dup2(null, STDIN_FILENO) < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0 ||
	    (socket_fd != SOCKET_FD && dup3(socket_fd, SOCKET_FD, O_CLOEXEC) < 0))
		return -errno;
	closefrom(SOCKET_FD + 1);
	return 0;
}

static bool is_same_variable(const char *a, const char *b)
{
	size_t len = strcspn(a, "=");

	return !strncmp(a, b, len) && b[len] == '=';
}

/* Our own environment with the variables of a request; to be freed. NULL: out of memory. */
static char **make_environment(char *request, size_t len)
{
	size_t n_own = 0, n_new = 0, n = 0;
	char **all;

	while (environ[n_own])
		n_own++;
	for (size_t i = 0; i < len; i++)
		n_new += !request[i];
	all = calloc(n_own + n_new + 1, sizeof(*all));
	if (!all)
		return NULL;
	for (char *variable = request; n < n_new; variable += strlen(variable) + 1)
		all[n++] = variable;
	for (size_t i = 0; i < n_own; i++) {
		bool replaced = false;

		for (size_t j = 0; j < n_new; j++)
			replaced |= is_same_variable(all[j], environ[i]);
		if (!replaced)
			all[n++] = environ[i];
	}
	return all;
}

/* 0 or -errno. */
static int spawn(pid_t *pid, const char *command, const sigset_t *mask, char **environment)
{
	char *argv[] = {(char *)"sh", (char *)"-c", (char *)command, NULL};
	posix_spawnattr_t attributes;
	sigset_t reset;
	int err;

	err = posix_spawnattr_init(&attributes);
	if (err)
		return -err;
	/* An ignored signal stays ignored across exec. */
	sigemptyset(&reset);
	sigaddset(&reset, SIGPIPE);
	posix_spawnattr_setsigdefault(&attributes, &reset);
	posix_spawnattr_setsigmask(&attributes, mask);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	err = posix_spawn(pid, "/bin/sh", NULL, &attributes, argv, environment);
	posix_spawnattr_destroy(&attributes);
	return -err;
}

static void answer(const struct runner_report *report)
{
	/* Where nobody takes it, the next look at the socket says so. */
	send(SOCKET_FD, report, sizeof(*report), MSG_NOSIGNAL);
}

/* false: who has asked for it has ended first. */
static bool await_end(pid_t pid, int child_fd, int *status)
{
	struct pollfd fds[] = {{.fd = SOCKET_FD, .events = POLLIN},
			       {.fd = child_fd, .events = POLLIN}};
	struct signalfd_siginfo info;

	for (;;) {
		if (waitpid(pid, status, WNOHANG) > 0)
			return true;
		if (poll(fds, 2, -1) < 0)
			continue;
		/* No request comes while a command runs: it can only be the end. */
		if (fds[0].revents)
			return false;
		while (read(child_fd, &info, sizeof(info)) > 0)
			;
	}
}

static bool run_one(const char *command, const sigset_t *mask, int child_fd, char **environment)
{
	struct runner_report report = {.news = RUNNER_STARTED};

	report.err = environment ? spawn(&report.pid, command, mask, environment) : -ENOMEM;
	if (report.err) {
		report.news = RUNNER_NOT_STARTED;
		answer(&report);
		return true;
	}
	answer(&report);
	if (!await_end(report.pid, child_fd, &report.status))
		return false;
	report.news = RUNNER_ENDED;
	answer(&report);
	return true;
}

static void __attribute__((noreturn)) serve(int fd, const char *command, const sigset_t *mask)
{
	char request[RUNNER_VARIABLES_MAX];
	char **environment;
	sigset_t set;
	ssize_t len;
	int child_fd;
	bool go_on;

	/* Its end is ours alone to decide: Ctrl-C is meant for the program, not for a command. */
	setsid();
	sigfillset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
	/* Ignored, it would take the status of commands with it. */
	signal(SIGCHLD, SIG_DFL);
	prctl(PR_SET_NAME, "shmtrace-run");
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	if (set_descriptors(fd))
		_exit(1);
	child_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (child_fd < 0)
		_exit(1);
	do {
		len = recv(SOCKET_FD, request, sizeof(request), 0);
		if (len <= 0)
			break;
		environment = make_environment(request, len);
		go_on = run_one(command, mask, child_fd, environment);
		free(environment);
	} while (go_on);
	_exit(0);
}

int runner__new(struct runner **result, const char *command, const sigset_t *mask)
{
	struct runner *runner = calloc(1, sizeof(*runner));
	int pair[2], err;

	if (!runner)
		return -ENOMEM;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) {
		err = -errno;
		goto free_runner;
	}
	runner->pid = fork();
	if (runner->pid < 0) {
		err = -errno;
		goto close_pair;
	}
	if (runner->pid == 0)
		serve(pair[1], command, mask);
	close(pair[1]);
	runner->fd = pair[0];
	*result = runner;
	return 0;
close_pair:
	close(pair[0]);
	close(pair[1]);
free_runner:
	free(runner);
	return err;
}

pid_t runner__pid(const struct runner *runner)
{
	return runner->pid;
}

int runner__fd(const struct runner *runner)
{
	return runner->fd;
}

bool runner__is_busy(const struct runner *runner)
{
	return runner->busy;
}

int runner__run(struct runner *runner, const char *variables, size_t len)
{
	if (runner->fd < 0)
		return -EPIPE;
	if (runner->busy)
		return -EBUSY;
	if (!len || len > RUNNER_VARIABLES_MAX || variables[len - 1])
		return -EMSGSIZE;
	if (send(runner->fd, variables, len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return -errno;
	runner->busy = true;
	return 0;
}

void runner__reap(struct runner *runner)
{
	if (!runner->reaped)
		runner->reaped = waitpid(runner->pid, NULL, WNOHANG) != 0;
}

void runner__read(struct runner *runner, struct runner_report *report)
{
	ssize_t len;

	*report = (struct runner_report){.news = RUNNER_NO_NEWS};
	if (runner->fd < 0)
		return;
	len = recv(runner->fd, report, sizeof(*report), MSG_DONTWAIT);
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (len == sizeof(*report)) {
		runner->busy = report->news == RUNNER_STARTED;
		return;
	}
	*report = (struct runner_report){.news = RUNNER_GONE};
	close(runner->fd);
	runner->fd = -1;
	runner->busy = false;
}

void runner__free(struct runner *runner)
{
	if (!runner)
		return;
	if (runner->fd >= 0)
		close(runner->fd);
	/* It ends at once, unless something keeps it: then it is left to init. */
	for (int ms = 0; ms < END_MS; ms++) {
		runner__reap(runner);
		if (runner->reaped)
			break;
		usleep(1000);
	}
	free(runner);
}
