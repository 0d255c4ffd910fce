/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A program that dies by a fault of its own gives the terminal back first.
 */
#ifndef SHMTRACE_VIEW_TERMINAL_CRASH_H
#define SHMTRACE_VIEW_TERMINAL_CRASH_H

#include <termios.h>

/*
 * From now on a deadly signal first writes to fd what ends the full screen, and sets the modes of
 * standard input. terminfo must be loaded.
 */
void terminal_crash__arm(int fd, const struct termios *before);
void terminal_crash__disarm(void);

/* A terminal that Ctrl-S has stopped goes on. */
void terminal_crash__let_go_on(int fd);

#endif
