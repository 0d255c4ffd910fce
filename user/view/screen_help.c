// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page of keys.
 */
#include "view/screen_internal.h"

struct help_line {
	const char *keys, *does;
};

static const struct help_line lines[] = {
	{"1 ... 7, Tab, Left, Right", "another list"},
	{"Up, Down, k, j, PgUp, PgDn", "another row; the mouse and its wheel do it, too"},
	{"End, G", "the last row"},
	{"Home, g", "the first row, whichever that is from now on"},
	{"Enter, double click", "the story of the row; Esc goes back"},
	{"  in Namespaces", "its limits above and its objects alone; again: all"},
	{"<, >", "sort by the column to the left or right"},
	{"r, click on a heading", "reverse the order, sort by that column"},
	{"/", "only rows with a text: name, number, key, state"},
	{"Esc", "all rows, all namespaces again"},
	{"Space", "freeze what is shown, and go on"},
	{"Ctrl-L", "draw all anew"},
	{"F1, ?, h", "this page"},
	{"q, F10, Ctrl-C", "end"},
};

static const struct help_line removal = {"d, Del, in Leaks", "remove the object, after a question"};

static const char *const notes[] = {
	"orphan: nobody uses it, and who made it has ended: a leak.",
	"LAST: how long ago it was used last. AGE: how long ago it was made.",
	"With Shift a terminal marks text with the mouse, as without shmtrace.",
	"Any key goes back.",
};

static void draw_line(const struct screen *screen, const struct screen_canvas *canvas,
		      unsigned int row, const struct help_line *line)
{
	screen__put(screen, canvas, row, 1, 28, line->keys, STYLE_TITLE);
	screen__put(screen, canvas, row, 30, screen->columns - 30, line->does, STYLE_NORMAL);
}

void screen__draw_help(const struct screen *screen, const struct screen_canvas *canvas)
{
	unsigned int row = 2;

	screen__put(screen, canvas, 0, 0, screen->columns,
		    "shmtrace top " SHMTRACE_VERSION ": keys. All else is in shmtrace-top(1).",
		    STYLE_HEADING);
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		draw_line(screen, canvas, row++, &lines[i]);
	if (screen->options.can_remove)
		draw_line(screen, canvas, row++, &removal);
	row++;
	for (size_t i = 0; i < sizeof(notes) / sizeof(*notes); i++)
		screen__put(screen, canvas, row++, 1, screen->columns - 1, notes[i], STYLE_DIM);
}
