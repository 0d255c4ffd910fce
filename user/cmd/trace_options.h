/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command line of `shmtrace trace`.
 */
#ifndef SHMTRACE_CMD_TRACE_OPTIONS_H
#define SHMTRACE_CMD_TRACE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "source/bpf.h"

#define TRACE_PIDS_MAX 1024

enum trace_color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct trace_options {
	struct bpf_source_options source; /* pids points into this struct */
	uint32_t pids[TRACE_PIDS_MAX];
	bool json;
	bool summary;
	bool quiet;
	bool leaks;   /* say what is left behind that nothing uses */
	bool explain; /* say why a get failed */
	enum trace_color color;
	const char *container; /* only its calls (container__matches); NULL: all */
	const char *on_limit;  /* what to run when a get is refused for want; NULL: nothing */
	const char *output;    /* NULL: standard output */
	uint64_t duration_ns;  /* 0: no limit */
	uint64_t count;	       /* 0: no limit */
	char **command;	       /* NULL-terminated; NULL: none */
};

/* Ends the program with the status for wrong usage where the command line is wrong. */
void trace_options__parse(struct trace_options *options, int argc, char *argv[]);

#endif
