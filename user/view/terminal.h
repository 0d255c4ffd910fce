/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The terminal as a full screen, through ncurses. Drawing never waits for a terminal that does not
 * take what is written, and however the program ends the terminal is left as it was found.
 */
#ifndef SHMTRACE_VIEW_TERMINAL_H
#define SHMTRACE_VIEW_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

#include "view/screen.h"

struct terminal;

enum terminal_color { TERMINAL_COLOR_AUTO, TERMINAL_COLOR_ALWAYS, TERMINAL_COLOR_NEVER };

struct terminal_input {
	bool is_mouse;
	int key; /* byte or enum screen_key */
	enum screen_mouse mouse;
	unsigned int row, column; /* of the mouse */
};

/*
 * Standard input and output. Nothing is shown yet. 0 or -errno; then why says in one line what is
 * wrong and what to do. ENOTTY: one of them is no terminal.
 */
int terminal__open(struct terminal **terminal, enum terminal_color color, char *why,
		   size_t why_size);
void terminal__close(struct terminal *terminal);

/* The screen comes up; the terminal is as it was before. Both may be called again and again. */
void terminal__start(struct terminal *terminal);
void terminal__stop(struct terminal *terminal);

/* Asks how large it is now. */
void terminal__size(struct terminal *terminal, unsigned int *rows, unsigned int *columns);

/* The next key or mouse event that is there; false: none. Never waits. */
bool terminal__next(struct terminal *terminal, struct terminal_input *input);

/* Makes it show what draw puts on the canvas. all: whatever it may show now. */
void terminal__draw(struct terminal *terminal, const struct screen *screen, bool all);

/*
 * Part of what was drawn has not been taken by the terminal yet: nothing more should be drawn
 * before terminal__flush, to be called when terminal__output_fd is writable, has got rid of it.
 */
bool terminal__is_busy(const struct terminal *terminal);
int terminal__output_fd(const struct terminal *terminal);
/* 0 or -errno: the terminal has gone. */
int terminal__flush(struct terminal *terminal);

#endif
