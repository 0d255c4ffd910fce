// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>

#include "cmd/cmd.h"

void cmd__print_help(const struct argp_state *state)
{
	/* glibc takes its layout from here alone; the note says what everybody knows. */
	setenv("ARGP_HELP_FMT", "no-dup-args-note", 0);
	argp_state_help(state, stdout, ARGP_HELP_STD_HELP);
}
