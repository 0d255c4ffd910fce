// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the command lines of several commands share: help, and values that are read or refused in
 * one way.
 */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "base/parse.h"
#include "cmd/cmd.h"
#include "source/bpf.h"

void cmd__print_help(const struct argp_state *state)
{
	/* glibc takes its layout from here alone; the note says what everybody knows. */
	setenv("ARGP_HELP_FMT", "no-dup-args-note", 0);
	argp_state_help(state, stdout, ARGP_HELP_STD_HELP);
}

error_t cmd__parse_kind(int key, unsigned int *kinds)
{
	switch (key) {
	case 'm':
		*kinds |= 1u << OBJECT_SHM;
		return 0;
	case 's':
		*kinds |= 1u << OBJECT_SEM;
		return 0;
	case 'q':
		*kinds |= 1u << OBJECT_MSG;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

error_t cmd__parse_help(int key, struct argp_state *state)
{
	switch (key) {
	case 'h':
		cmd__print_help(state);
		return 0;
	case CMD_OPTION_USAGE:
		argp_state_help(state, stdout, ARGP_HELP_USAGE | ARGP_HELP_EXIT_OK);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

void cmd__check(const struct argp_state *state, const char *option, const char *text, int err)
{
	if (err)
		argp_error(state, "%s: '%s' is %s", option, text, parse__reason(err));
}

unsigned int cmd__word(const struct argp_state *state, const char *option, const char *text,
		       const char *const words[])
{
	char all[128] = "";
	size_t len = 0;

	for (unsigned int i = 0; words[i]; i++) {
		if (!strcmp(words[i], text))
			return i;
		if (len < sizeof(all))
			len += snprintf(all + len, sizeof(all) - len, "%s%s", i ? ", " : "",
					words[i]);
	}
	argp_error(state, "%s: '%s' is none of %s", option, text, all);
	return 0;
}

enum hook_set cmd__hooks(const struct argp_state *state, const char *text)
{
	static const char *const sets[] = {[HOOKS_AUTO] = "auto",
					   [HOOKS_FUNCTIONS] = "functions",
					   [HOOKS_SYSCALLS] = "syscalls",
					   NULL};

	return cmd__word(state, "--hooks", text, sets);
}

uint32_t cmd__user(const struct argp_state *state, const char *text)
{
	const struct passwd *user = getpwnam(text);
	uint64_t uid = 0;

	if (user)
		return user->pw_uid;
	if (parse__u64(text, 0, UINT32_MAX - 1, &uid))
		argp_error(state, "-u: no user '%s'", text);
	return uid;
}

const char *cmd__container(const struct argp_state *state, const char *text)
{
	const size_t len = strlen(text);

	if (!len || text[len - 1] == ':')
		argp_error(state, "--container: '%s' names none", text);
	if (strchr(text, '/'))
		argp_error(state,
			   "--container: '%s' is a path; give the id or name of a container, or "
			   "the name of a systemd unit",
			   text);
	if (len >= CONTAINER_ID_LEN + 16)
		argp_error(state, "--container: '%s' is longer than any name", text);
	return text;
}

size_t cmd__buffer(const struct argp_state *state, const char *text)
{
	uint64_t bytes = 0;

	cmd__check(state, "--buffer", text, parse__size(text, &bytes));
	if (!bytes || bytes > BPF_SOURCE_BUFFER_MAX)
		argp_error(state, "--buffer: '%s' is not between 1 and 1G", text);
	return bytes;
}
