/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An object that is named on the command line: by its id in decimal, or by its key in hexadecimal.
 */
#ifndef SHMTRACE_CMD_TARGET_H
#define SHMTRACE_CMD_TARGET_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

#include "ledger/ledger.h"

/* "shm:32769" or "shm:0x52e2c1" */
struct target {
	const char *text;   /* as it was given; for one of two words, the second */
	const char *number; /* the part of it that is the id or key */
	uint32_t kind;
	bool by_key;
	int32_t id;
	uint32_t key; /* never IPC_PRIVATE, which is the key of many */
};

/* What is wrong ends the program, as in cmd/cmd.h. */
void target__parse(struct target *target, const struct argp_state *state, const char *text);

/* The same in two words: "shm" "32769". */
void target__parse_kind(struct target *target, const struct argp_state *state, const char *text);
void target__parse_number(struct target *target, const struct argp_state *state, const char *text);

/* NULL: there is none in that IPC namespace. */
const struct ledger_object *target__find(const struct target *target, const struct ledger *ledger,
					 uint32_t ipcns);

#endif
