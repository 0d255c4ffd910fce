/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The screen of `top` without a terminal: keys and the ledger go in, lines of text come out. It
 * copies what it shows, so that the ledger may go on while somebody reads.
 */
#ifndef SHMTRACE_VIEW_SCREEN_H
#define SHMTRACE_VIEW_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "view/failures.h"
#include "view/ledger.h"

/* The smallest terminal that is drawn on; a smaller one gets a message. */
#define SCREEN_ROWS_MIN	   22 /* tmux and screen leave 23 of 24, and the page of keys has 22 */
#define SCREEN_COLUMNS_MIN 80

/* The lists, in the order of the keys 1 to 7. */
enum screen_list {
	LIST_PROCESSES,
	LIST_SEGMENTS,
	LIST_SETS,
	LIST_QUEUES,
	LIST_LEAKS,
	LIST_FAILURES,
	LIST_NAMESPACES,
	SCREEN_LISTS,
};

/* Keys that are no bytes of text. Those below 256 are bytes as they come from the terminal. */
enum screen_key {
	SCREEN_KEY_UP = 0x100,
	SCREEN_KEY_DOWN,
	SCREEN_KEY_LEFT,
	SCREEN_KEY_RIGHT,
	SCREEN_KEY_PAGE_UP,
	SCREEN_KEY_PAGE_DOWN,
	SCREEN_KEY_HOME,
	SCREEN_KEY_END,
	SCREEN_KEY_BACK_TAB,
	SCREEN_KEY_BACKSPACE,
	SCREEN_KEY_DELETE,
	SCREEN_KEY_HELP,
	SCREEN_KEY_FILTER,
	SCREEN_KEY_QUIT,
	SCREEN_KEY_ENTER = '\n',
	SCREEN_KEY_TAB = '\t',
	SCREEN_KEY_ESCAPE = 27,
};

enum screen_mouse { SCREEN_CLICK, SCREEN_DOUBLE_CLICK, SCREEN_WHEEL_UP, SCREEN_WHEEL_DOWN };

/* What a key asks of whoever owns the ledger and the terminal. Bits. */
enum screen_reaction {
	SCREEN_DRAW = 1 << 0,
	SCREEN_GATHER = 1 << 1,	 /* screen__gather, then draw */
	SCREEN_REPAINT = 1 << 2, /* the terminal may show something else than was drawn */
	SCREEN_REMOVE = 1 << 3,	 /* screen__removal says what */
	SCREEN_QUIT = 1 << 4,
};

enum screen_style {
	STYLE_NORMAL,
	STYLE_TITLE,
	STYLE_DIM,
	STYLE_GOOD,
	STYLE_WARN,
	STYLE_BAD,
	STYLE_TAB,
	STYLE_TAB_SHOWN,
	STYLE_HEADING,
	STYLE_HEADING_SORTED,
	STYLE_SELECTED,
	STYLE_PROMPT,
	SCREEN_STYLES,
};

/* What is drawn on. text is safe to print and ends before the right edge. */
struct screen_canvas {
	void *context;
	void (*put)(void *context, unsigned int row, unsigned int column, const char *text,
		    enum screen_style style);
};

struct screen_options {
	uint32_t pid;	       /* only this process and what it made; 0: all */
	const char *container; /* only what is in it (container__matches); NULL: all */
	enum ledger_sort sort; /* of the processes at first */
	uint32_t own_ipcns;
	bool utf8;
	bool can_remove; /* offers to remove what is leaked */
};

/* What is shown: all of one moment. */
struct screen_facts {
	const struct ledger *ledger;
	const struct failures *failures;
	uint64_t now_ns;	      /* CLOCK_MONOTONIC */
	long long clock_offset_ns;    /* from there to CLOCK_REALTIME */
	uint64_t calls, failed, lost; /* since the start */
};

struct screen;

/* NULL: out of memory. */
struct screen *screen__new(const struct screen_options *options);
void screen__free(struct screen *screen);

void screen__resize(struct screen *screen, unsigned int rows, unsigned int columns);

/* Bits of enum screen_reaction. */
unsigned int screen__key(struct screen *screen, int key);
unsigned int screen__mouse(struct screen *screen, enum screen_mouse what, unsigned int row,
			   unsigned int column);

/* It is frozen: time alone is no reason to gather. */
bool screen__is_frozen(const struct screen *screen);

/* Copies what is to be shown. 0 or -ENOMEM. */
int screen__gather(struct screen *screen, const struct screen_facts *facts);

/*
 * The object whose removal was confirmed, after SCREEN_REMOVE, as it was shown when that was asked;
 * without its owner.
 */
const struct object_info *screen__removal(const struct screen *screen);

/* A line for the user, until the next key; copied, and escaped if it is not plain. */
void screen__say(struct screen *screen, const char *message);

void screen__draw(const struct screen *screen, const struct screen_canvas *canvas);

#endif
