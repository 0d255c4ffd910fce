// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "cmd/cmd.h"

const struct command_info commands[] = {
	{"trace", "show System V IPC calls as they happen (also with no command)", cmd_trace},
	{"top", "show who has made, holds and has left what", cmd_top},
	{"ls", "show what exists now, who made it and who holds it", cmd_ls},
	{"limits", "show how full each limit is, and who fills it", cmd_limits},
	{"leaks", "show what nobody uses any more, and whose it was", cmd_leaks},
	{"why", "tell the story of one object, and whether it is safe to remove", cmd_why},
	{"rm", "remove what is proven unused, or what is named", cmd_rm},
	{"doctor", "say what this kernel and these privileges allow", cmd_doctor},
	{NULL, NULL, NULL},
};

const struct command_info *command__find(const char *name)
{
	for (const struct command_info *command = commands; command->name; command++)
		if (!strcmp(command->name, name))
			return command;
	return NULL;
}
