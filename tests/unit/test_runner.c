// SPDX-License-Identifier: GPL-2.0-only
/*
 * The process that runs commands: what a command gets, what is told of it, and that nothing of it
 * stays.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/runner.h"

#define PATIENCE_MS 20000

static sigset_t mask; /* SIGUSR2 alone */

/* What the command writes to its standard error, which is ours when the runner is made. */
struct captured {
	int pipe[2];
	int saved;
};

static struct runner *make(const char *command)
{
	struct runner *runner = NULL;

	assert_int_equal(runner__new(&runner, command, &mask), 0);
	return runner;
}

static struct runner *make_captured(struct captured *captured, const char *command)
{
	struct runner *runner;

	assert_int_equal(pipe2(captured->pipe, O_CLOEXEC), 0);
	captured->saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	dup2(captured->pipe[1], STDERR_FILENO);
	runner = make(command);
	dup2(captured->saved, STDERR_FILENO);
	close(captured->saved);
	close(captured->pipe[1]);
	return runner;
}

/* All that was written, once nobody can write any more. */
static void read_captured(struct captured *captured, char *text, size_t size)
{
	size_t len = 0;
	ssize_t got;

	while ((got = read(captured->pipe[0], text + len, size - 1 - len)) > 0)
		len += got;
	text[len] = '\0';
	close(captured->pipe[0]);
}

static struct runner_report next(struct runner *runner)
{
	struct pollfd fd = {.fd = runner__fd(runner), .events = POLLIN};
	struct runner_report report;

	assert_int_equal(poll(&fd, 1, PATIENCE_MS), 1);
	runner__read(runner, &report);
	return report;
}

static int run(struct runner *runner, const char *variable)
{
	return runner__run(runner, variable, strlen(variable) + 1);
}

/* Runs it to its end, and returns its wait status. */
static int run_to_end(struct runner *runner)
{
	struct runner_report report;
	pid_t pid;

	assert_int_equal(run(runner, "SHMTRACE_A=1"), 0);
	report = next(runner);
	assert_int_equal(report.news, RUNNER_STARTED);
	pid = report.pid;
	report = next(runner);
	assert_int_equal(report.news, RUNNER_ENDED);
	assert_int_equal(report.pid, pid);
	return report.status;
}

static void test_status(void **state)
{
	struct runner *runner;
	int status;

	(void)state;
	runner = make("exit 0");
	assert_int_equal(run_to_end(runner), 0);
	assert_int_equal(run_to_end(runner), 0);
	runner__free(runner);

	runner = make("exit 7");
	status = run_to_end(runner);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
	runner__free(runner);

	runner = make("kill -USR1 $$");
	status = run_to_end(runner);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGUSR1);
	runner__free(runner);
}

static void test_variables(void **state)
{
	static const char variables[] =
		"SHMTRACE_A=new\0SHMTRACE_B=$(echo x); \"'\n`id`\0SHMTRACE_C=";
	struct captured captured;
	struct runner *runner;
	char text[1024];

	(void)state;
	setenv("SHMTRACE_A", "old", 1);
	setenv("SHMTRACE_AA", "kept", 1);
	runner = make_captured(&captured, "printf '[%s]' \"$SHMTRACE_A\" \"$SHMTRACE_AA\" "
					  "\"$SHMTRACE_B\" \"${SHMTRACE_C-unset}\"; "
					  "env | grep -c ^SHMTRACE_A=");
	unsetenv("SHMTRACE_A");
	unsetenv("SHMTRACE_AA");
	assert_int_equal(runner__run(runner, variables, sizeof(variables)), 0);
	assert_int_equal(next(runner).news, RUNNER_STARTED);
	assert_int_equal(next(runner).news, RUNNER_ENDED);
	runner__free(runner);
	read_captured(&captured, text, sizeof(text));
	assert_string_equal(text, "[new][kept][$(echo x); \"'\n`id`][]1\n");
}

static void test_descriptors(void **state)
{
	struct captured captured;
	struct runner *runner;
	char text[1024];
	int fd;

	(void)state;
	/* Not close-on-exec: as whoever started us may have left it. */
	fd = open("/dev/null", O_RDONLY);
	assert_true(fd >= 3);
	runner = make_captured(&captured, "readlink /proc/$$/fd/0; exec ls /proc/$$/fd");
	close(fd);
	assert_int_equal(run_to_end(runner), 0);
	runner__free(runner);
	read_captured(&captured, text, sizeof(text));
	assert_string_equal(text, "/dev/null\n0\n1\n2\n3\n");
}

static void test_signals(void **state)
{
	unsigned long long blocked, ignored;
	struct captured captured;
	struct runner *runner;
	sigset_t before, all;
	char text[1024];

	(void)state;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	/* By exec: a shell that waits for its children changes its mask. */
	runner = make_captured(&captured, "exec grep -E '^Sig(Blk|Ign)' /proc/self/status");
	signal(SIGCHLD, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &before, NULL);
	assert_int_equal(run_to_end(runner), 0);
	runner__free(runner);
	read_captured(&captured, text, sizeof(text));
	assert_int_equal(sscanf(text, "SigBlk: %llx SigIgn: %llx", &blocked, &ignored), 2);
	assert_int_equal(blocked, 1ULL << (SIGUSR2 - 1));
	/* The C library ignores two of its own. */
	assert_int_equal(ignored & 0x7fffffff, 0);
}

/* The command's standard error is closed with ours: no descriptor may take its place. */
static void test_closed_descriptors(void **state)
{
	struct runner *runner;
	int saved[3];

	(void)state;
	for (int fd = 0; fd < 3; fd++) {
		saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 10);
		close(fd);
	}
	runner = make(
		"for fd in 0 1 2; do [ $(readlink /proc/$$/fd/$fd) = /dev/null ] || exit 9; done");
	for (int fd = 0; fd < 3; fd++) {
		/* Its socket may have been given one of these numbers. */
		if (runner__fd(runner) == fd)
			continue;
		dup2(saved[fd], fd);
		close(saved[fd]);
	}
	assert_int_equal(run_to_end(runner), 0);
	if (runner__fd(runner) < 3) {
		int fd = runner__fd(runner);

		runner__free(runner);
		dup2(saved[fd], fd);
		close(saved[fd]);
		return;
	}
	runner__free(runner);
}

static void test_one_at_a_time(void **state)
{
	struct runner *runner = make("sleep 0.3");
	struct runner_report report;

	(void)state;
	assert_false(runner__is_busy(runner));
	assert_int_equal(run(runner, "SHMTRACE_A=1"), 0);
	assert_true(runner__is_busy(runner));
	assert_int_equal(run(runner, "SHMTRACE_A=2"), -EBUSY);
	assert_int_equal(next(runner).news, RUNNER_STARTED);
	assert_int_equal(run(runner, "SHMTRACE_A=3"), -EBUSY);
	runner__read(runner, &report);
	assert_int_equal(report.news, RUNNER_NO_NEWS);
	assert_int_equal(next(runner).news, RUNNER_ENDED);
	assert_false(runner__is_busy(runner));
	assert_int_equal(run(runner, "SHMTRACE_A=4"), 0);
	runner__free(runner);
}

static void test_size(void **state)
{
	struct runner *runner = make("[ ${#SHMTRACE_A} = 16372 ]");
	char *variable = malloc(RUNNER_VARIABLES_MAX + 1);

	(void)state;
	assert_non_null(variable);
	memset(variable, 'x', RUNNER_VARIABLES_MAX + 1);
	memcpy(variable, "SHMTRACE_A=", strlen("SHMTRACE_A="));
	variable[RUNNER_VARIABLES_MAX] = '\0';
	assert_int_equal(runner__run(runner, variable, RUNNER_VARIABLES_MAX + 1), -EMSGSIZE);
	assert_int_equal(runner__run(runner, variable, RUNNER_VARIABLES_MAX),
			 -EMSGSIZE); /* no NUL */
	assert_int_equal(runner__run(runner, variable, 0), -EMSGSIZE);
	assert_false(runner__is_busy(runner));
	variable[RUNNER_VARIABLES_MAX - 1] = '\0';
	assert_int_equal(runner__run(runner, variable, RUNNER_VARIABLES_MAX), 0);
	assert_int_equal(next(runner).news, RUNNER_STARTED);
	/* All but the name, "=" and the NUL. */
	assert_int_equal(next(runner).status, 0);
	runner__free(runner);
	free(variable);
}

static void test_gone(void **state)
{
	struct runner *runner = make("exit 0");
	struct runner_report report;

	(void)state;
	kill(runner__pid(runner), SIGKILL);
	assert_int_equal(next(runner).news, RUNNER_GONE);
	assert_int_equal(runner__fd(runner), -1);
	assert_false(runner__is_busy(runner));
	assert_int_equal(run(runner, "SHMTRACE_A=1"), -EPIPE);
	runner__read(runner, &report);
	assert_int_equal(report.news, RUNNER_NO_NEWS); /* once */
	runner__free(runner);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* The command runs on; the process that ran it has ended and is waited for. */
static void test_free_while_running(void **state)
{
	struct captured captured;
	struct runner *runner = make_captured(&captured,
					      "echo begun >&2; sleep 0.3; echo ended >&2");
	char text[64];
	pid_t pid = runner__pid(runner);

	(void)state;
	assert_int_equal(run(runner, "SHMTRACE_A=1"), 0);
	assert_int_equal(next(runner).news, RUNNER_STARTED);
	runner__free(runner);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	read_captured(&captured, text, sizeof(text));
	assert_string_equal(text, "begun\nended\n");
}

/* What has been asked for is still run when who asked has ended at once. */
static void test_free_after_request(void **state)
{
	struct captured captured;
	struct runner *runner = make_captured(&captured, "echo run >&2");
	char text[64];

	(void)state;
	assert_int_equal(run(runner, "SHMTRACE_A=1"), 0);
	runner__free(runner);
	read_captured(&captured, text, sizeof(text));
	assert_string_equal(text, "run\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_variables),
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_signals),
		cmocka_unit_test(test_closed_descriptors),
		cmocka_unit_test(test_one_at_a_time),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_free_while_running),
		cmocka_unit_test(test_free_after_request),
	};

	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR2);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
