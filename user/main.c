// SPDX-License-Identifier: GPL-2.0-only
/*
 * shmtrace COMMAND: finds the command and hands over to it.
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cmd/cmd.h"

static const struct command_info commands[] = {
	{"trace", "show System V IPC calls as they happen (also with no command)", cmd_trace},
	{"top", "show who has made, holds and has left what", cmd_top},
	{"ls", "show what exists now, who made it and who holds it", cmd_ls},
	{"limits", "show how full each limit is, and who fills it", cmd_limits},
	{"leaks", "show what nobody uses any more, and whose it was", cmd_leaks},
	{"why", "tell the story of one object, and whether it is safe to remove", cmd_why},
	{"rm", "remove what is proven unused, or what is named", cmd_rm},
	{"doctor", "say what this kernel and these privileges allow", cmd_doctor},
};

static int print_help(FILE *out)
{
	fputs("Usage: shmtrace [COMMAND] [OPTIONS]\n"
	      "Watches System V IPC: shared memory, semaphores and message queues.\n\n"
	      "Commands:\n",
	      out);
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].summary);
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

static const struct command_info *find_command(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

bool cmd__is_name(const char *name)
{
	return find_command(name) != NULL;
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

	if (!strcmp(first, "--help") || !strcmp(first, "-h"))
		return print_help(stdout);
	if (!strcmp(first, "--version") || !strcmp(first, "-V")) {
		puts("shmtrace " SHMTRACE_VERSION);
		return fflush(stdout) ? EXIT_FAILED : EXIT_DONE;
	}
	if (argc < 2 || *first == '-')
		return run(&commands[0], argc, argv);
	if (!strcmp(first, "help")) {
		char help[] = "--help";
		char *help_argv[] = {argv[0], help, NULL};

		if (argc == 2)
			return print_help(stdout);
		command = find_command(argv[2]);
		if (command)
			return run(command, 2, help_argv);
		first = argv[2];
	}
	command = find_command(first);
	if (!command) {
		pr_err("no command '%s'; see 'shmtrace --help'", first);
		return EXIT_USAGE;
	}
	return run(command, argc - 1, argv + 1);
}
