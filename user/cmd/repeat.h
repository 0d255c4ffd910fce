/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A report again and again, until a signal asks for the end.
 */
#ifndef SHMTRACE_CMD_REPEAT_H
#define SHMTRACE_CMD_REPEAT_H

#include <stdbool.h>
#include <stdint.h>

struct repeat {
	int signal_fd;
	uint64_t interval_ns, next_ns; /* CLOCK_MONOTONIC */
};

/*
 * The first report is due now. From here to repeat__end SIGINT and SIGTERM only end the waiting.
 * 0, or -errno after a message.
 */
int repeat__begin(struct repeat *repeat, uint64_t interval_ns);

/* Until the next report is due; where one took longer, those that it missed are left out. False: a
 * signal has come. */
bool repeat__wait(struct repeat *repeat);

void repeat__end(struct repeat *repeat);

#endif
