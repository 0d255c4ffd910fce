// SPDX-License-Identifier: GPL-2.0-only
#include "base/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void __attribute__((noreturn))
run_child(char *const argv[], const sigset_t *mask, int gate, int error_fd)
{
	char go;
	int err;

	if (read(gate, &go, 1) != 1)
		_exit(0); /* abandoned */
	/* An ignored signal stays ignored across exec; the rest exec resets by itself. */
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(argv[0], argv);
	err = errno;
	while (write(error_fd, &err, sizeof(err)) < 0 && errno == EINTR)
		;
	_exit(command__start_failure_status(-err));
}

int command__prepare(struct command *command, char *const argv[], const sigset_t *mask)
{
	int gate[2], error[2], err;

	if (pipe2(gate, O_CLOEXEC))
		return -errno;
	if (pipe2(error, O_CLOEXEC)) {
		err = -errno;
		goto close_gate;
	}
	command->pid = fork();
	if (command->pid < 0) {
		err = -errno;
		goto close_error;
	}
	if (command->pid == 0) {
		/* Our own end, or we would wait for ourselves. */
		close(gate[1]);
		close(error[0]);
		run_child(argv, mask, gate[0], error[1]);
	}
	close(gate[0]);
	close(error[1]);
	command->gate_fd = gate[1];
	command->error_fd = error[0];
	return 0;
close_error:
	close(error[0]);
	close(error[1]);
close_gate:
	close(gate[0]);
	close(gate[1]);
	return err;
}

int command__go(struct command *command)
{
	int err = 0;
	ssize_t len;

	if (write(command->gate_fd, "", 1) != 1)
		err = errno;
	close(command->gate_fd);
	/* Closed by a successful exec, and then there is nothing to read. */
	do
		len = read(command->error_fd, &err, sizeof(err));
	while (len < 0 && errno == EINTR);
	close(command->error_fd);
	return -err;
}

void command__abandon(struct command *command)
{
	close(command->gate_fd);
	close(command->error_fd);
	waitpid(command->pid, NULL, 0);
}

int command__exit_status(int wait_status)
{
	if (WIFSIGNALED(wait_status))
		return 128 + WTERMSIG(wait_status);
	return WEXITSTATUS(wait_status);
}

int command__start_failure_status(int err)
{
	return err == -ENOENT ? 127 : 126;
}
