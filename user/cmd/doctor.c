// SPDX-License-Identifier: GPL-2.0-only
/*
 * shmtrace doctor: what this kernel and these privileges allow.
 */
#include <argp.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cmd/cmd.h"
#include "source/diagnosis.h"
#include "view/diagnosis.h"

enum { OPTION_DEBUG = 256, OPTION_USAGE };

static const struct argp_option argp_options[] = {
	{"json", 'J', NULL, 0, "one JSON object", 0},
	{"debug", OPTION_DEBUG, NULL, 0, "say what is tried", 0},
	{"help", 'h', NULL, 0, "print this help", -1},
	{"usage", OPTION_USAGE, NULL, OPTION_HIDDEN, NULL, -1},
	{}};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	bool *json = state->input;

	(void)arg;
	switch (key) {
	case 'J':
		*json = true;
		break;
	case OPTION_DEBUG:
		log__set_level(LOG_DEBUG);
		break;
	case 'h':
		cmd__print_help(state);
		break;
	case OPTION_USAGE:
		argp_state_help(state, stdout, ARGP_HELP_USAGE | ARGP_HELP_EXIT_OK);
		break;
	case ARGP_KEY_ARG:
		argp_error(state, "no argument is taken: '%s'", arg);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

int cmd_doctor(int argc, char *argv[])
{
	static const struct argp argp = {
		.options = argp_options,
		.parser = parse_option,
		.doc = "Says what this kernel and these privileges allow: each hook with the ways "
		       "that "
		       "it can be reached, and what to do where tracing cannot work. Exit status 3 "
		       "where it cannot.",
	};
	struct diagnosis *diagnosis;
	bool json = false;
	int status;

	argp_parse(&argp, argc, argv, ARGP_NO_HELP, NULL, &json);
	diagnosis = diagnosis__make();
	if (!diagnosis) {
		pr_err("out of memory");
		return EXIT_FAILED;
	}
	if (json)
		diagnosis__print_json(diagnosis, stdout);
	else
		diagnosis__print_text(diagnosis, stdout);
	status = diagnosis->usable ? EXIT_DONE : EXIT_NOT_ALLOWED;
	diagnosis__free(diagnosis);
	if ((fflush(stdout) || ferror(stdout)) && errno != EPIPE) {
		pr_err("cannot write to standard output: %s", strerror(errno));
		return EXIT_FAILED;
	}
	return status;
}
