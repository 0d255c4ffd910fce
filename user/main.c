// SPDX-License-Identifier: GPL-2.0-only
/*
 * shmtrace COMMAND: finds the command and hands over to it.
 */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cmd/cmd.h"

static int print_help(FILE *out)
{
	fputs("Usage: shmtrace [COMMAND] [OPTIONS]\n"
	      "Watches System V IPC: shared memory, semaphores and message queues.\n\n"
	      "Commands:\n",
	      out);
	for (const struct command_info *command = commands; command->name; command++)
		fprintf(out, "  %-8s %s\n", command->name, command->summary);
	fputs("\n"
	      "  -h, --help     print this help, or that of COMMAND after its name\n"
	      "  -V, --version  print the version\n"
	      "\n"
	      "Without a command its options are those of trace: 'shmtrace -p 4121'.\n"
	      "Exit status: 0 done; 1 failed; 2 wrong usage; 3 this kernel or these privileges\n"
	      "do not allow it; 4 with --exit-code, something was found; 'trace -- CMD' ends as\n"
	      "CMD ended.\n"
	      "Manual: shmtrace(1), shmtrace-COMMAND(1), shmtrace-json(5).\n",
	      out);
	return fflush(out) || ferror(out) ? EXIT_FAILED : EXIT_DONE;
}

/*
 * One that is closed would be given to the next file, and what is meant for standard error would go
 * into that. What is opened as a path alone refuses reads and writes as if it were closed.
 */
static void hold_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/", O_PATH | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

static int run(const struct command_info *command, int argc, char *argv[])
{
	char name[64];

	/* argp begins its messages with argv[0]. */
	snprintf(name, sizeof(name), "shmtrace %s", command->name);
	argv[0] = name;
	argp_err_exit_status = EXIT_USAGE;
	return command->run(argc, argv);
}

int main(int argc, char *argv[])
{
	const struct command_info *command;
	const char *first = argc > 1 ? argv[1] : "";

	hold_standard_descriptors();
	if (!strcmp(first, "--help") || !strcmp(first, "-h"))
		return print_help(stdout);
	if (!strcmp(first, "--version") || !strcmp(first, "-V")) {
		puts("shmtrace " SHMTRACE_VERSION);
		return fflush(stdout) ? EXIT_FAILED : EXIT_DONE;
	}
	if (argc < 2 || *first == '-')
		return run(commands, argc, argv);
	if (!strcmp(first, "help")) {
		char help[] = "--help";
		char *help_argv[] = {argv[0], help, NULL};

		if (argc == 2)
			return print_help(stdout);
		command = command__find(argv[2]);
		if (command)
			return run(command, 2, help_argv);
		first = argv[2];
	}
	command = command__find(first);
	if (!command) {
		pr_err("no command '%s'; see 'shmtrace --help'", first);
		return EXIT_USAGE;
	}
	return run(command, argc - 1, argv + 1);
}
