// SPDX-License-Identifier: GPL-2.0-only
/*
 * The head of the screen: how it goes, how full the limits are, and the lists that there are.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "view/screen_internal.h"

#define BAR_COLUMNS_MAX 40
#define SLOT_TEXT	29	     /* of a slot: all but the bar */
#define WIDE		120	     /* columns from which on there is room for more words */
#define UNLIMITED	(1ULL << 50) /* ULONG_MAX - 2^24 is the kernel's default of SHMALL */

static enum screen_style style_of(unsigned int percent)
{
	return percent >= 90 ? STYLE_BAD : percent >= 75 ? STYLE_WARN : STYLE_GOOD;
}

static void draw_title(const struct screen *screen, const struct screen_canvas *canvas)
{
	const struct screen_head *head = &screen->head;
	char left[128], right[128], text[4][24] = {};
	const bool wide = screen->columns >= WIDE;
	struct buffer out[4];
	int len;

	for (int i = 0; i < 4; i++)
		buffer__init(&out[i], text[i], sizeof(text[i]) - 1);
	screen__put_clock(&out[0], head->now_ns, head->clock_offset_ns);
	screen__put_count(&out[1], head->calls_per_second + 0.5, 5);
	screen__put_count(&out[2], head->failed, 5);
	screen__put_count(&out[3], head->lost, 5);
	snprintf(left, sizeof(left), "%s %s  ipc:[%" PRIu32 "] %s", wide ? "shmtrace top" : "top",
		 text[0], head->shown.ipcns, screen->chosen_ipcns ? "chosen" : "own");
	len = snprintf(right, sizeof(right), "%s", head->exact ? "exact" : "inexact");
	if (wide)
		len += snprintf(right + len, sizeof(right) - len, ", drift %" PRIu64, head->drift);
	len += snprintf(right + len, sizeof(right) - len, "  %s calls/s  %s failed  %s lost",
			text[1], text[2], text[3]);
	screen__put(screen, canvas, 0, 0, screen->columns - len - 1, left, STYLE_TITLE);
	screen__put(screen, canvas, 0, screen->columns - len, len, right,
		    head->exact && !head->lost ? STYLE_NORMAL : STYLE_WARN);
}

/* "31999/32000", "5/1024M", "1553/no limit" */
static void put_use(char *text, size_t size, uint64_t used, uint64_t limit)
{
	struct buffer out;

	buffer__init(&out, text, size - 1);
	screen__put_count(&out, used, 6);
	buffer__put_char(&out, '/');
	if (limit >= UNLIMITED)
		buffer__put_str(&out, "no limit");
	else
		screen__put_count(&out, limit, 7);
	text[out.len] = '\0';
}

/* "SEMMNI [||||||     ] 31999/32000  99%" */
static void draw_limit(const struct screen *screen, const struct screen_canvas *canvas,
		       unsigned int row, unsigned int column, unsigned int width,
		       enum ipc_limit limit)
{
	const struct namespace_info *info = &screen->head.shown;
	const uint64_t used = namespace__used(info, limit), value = namespace__limit(info, limit);
	const unsigned int percent = screen__percent(used, value);
	unsigned int bar = width - SLOT_TEXT, filled;
	char text[64], use[32];

	if (!screen->head.known) {
		snprintf(text, sizeof(text), "%-6s not known", ipc_limit__name(limit));
		screen__put(screen, canvas, row, column, width, text, STYLE_DIM);
		return;
	}
	if (bar > BAR_COLUMNS_MAX)
		bar = BAR_COLUMNS_MAX;
	/* What is in use at all shows. */
	filled = used && percent < 100 ? 1 + percent * (bar - 1) / 100 : percent * bar / 100;
	snprintf(text, sizeof(text), "%-6s [", ipc_limit__name(limit));
	screen__put(screen, canvas, row, column, 8, text, STYLE_NORMAL);
	memset(text, '|', filled);
	text[filled] = '\0';
	screen__put(screen, canvas, row, column + 8, bar, text, style_of(percent));
	put_use(use, sizeof(use), used, value);
	snprintf(text, sizeof(text), "]%15s%4u%%", use, percent);
	screen__put(screen, canvas, row, column + 8 + bar, SLOT_TEXT - 8, text,
		    percent >= 75 ? style_of(percent) : STYLE_NORMAL);
}

static void draw_fullest(const struct screen *screen, const struct screen_canvas *canvas,
			 unsigned int row, unsigned int column, unsigned int width)
{
	const struct namespace_row *fullest = &screen->head.fullest;
	char text[64] = "fullest: no limit is 1% full anywhere";

	if (fullest->percent)
		snprintf(text, sizeof(text), "fullest: %s %u%%, ipc:[%" PRIu32 "]",
			 ipc_limit__name(fullest->fullest), fullest->percent, fullest->info.ipcns);
	screen__put(screen, canvas, row, column, width, text,
		    fullest->percent >= 75 ? style_of(fullest->percent) : STYLE_DIM);
}

/* Text of a tab; false: there is no such list. */
static bool tab_text(const struct screen *screen, int list, char *text, size_t size)
{
	if (list >= SCREEN_LISTS)
		return false;
	/* How many there are is of all processes. */
	if (screen->columns >= WIDE && list != LIST_PROCESSES && !screen->options.pid)
		snprintf(text, size, "%d %s %zu", list + 1, screen_lists[list]->title,
			 screen->head.counts[list]);
	else
		snprintf(text, size, "%d %s", list + 1, screen_lists[list]->title);
	return true;
}

static unsigned int tab_gap(const struct screen *screen)
{
	return screen->columns >= WIDE ? 2 : 1;
}

int screen__tab_at(const struct screen *screen, unsigned int column)
{
	unsigned int at = 0;
	char text[64];

	for (int i = 0; tab_text(screen, i, text, sizeof(text)); i++) {
		if (column >= at && column < at + strlen(text))
			return i;
		at += strlen(text) + tab_gap(screen);
	}
	return -1;
}

static void draw_tabs(const struct screen *screen, const struct screen_canvas *canvas)
{
	unsigned int at = 0;
	char text[64];

	for (int i = 0; tab_text(screen, i, text, sizeof(text)); i++) {
		screen__put(screen, canvas, SCREEN_HEAD_ROWS - 2, at, strlen(text), text,
			    i == (int)screen->list ? STYLE_TAB_SHOWN : STYLE_TAB);
		at += strlen(text) + tab_gap(screen);
	}
}

void screen__draw_head(const struct screen *screen, const struct screen_canvas *canvas)
{
	static const enum ipc_limit slots[3][2] = {{LIMIT_SHMMNI, LIMIT_SEMMNI},
						   {LIMIT_SHMALL, LIMIT_SEMMNS},
						   {LIMIT_MSGMNI, LIMIT_NONE}};
	const unsigned int width = (screen->columns - 2) / 2;

	draw_title(screen, canvas);
	for (unsigned int row = 0; row < 3; row++)
		for (unsigned int side = 0; side < 2; side++) {
			const unsigned int column = side * (width + 2);

			if (slots[row][side])
				draw_limit(screen, canvas, 1 + row, column, width,
					   slots[row][side]);
			else
				draw_fullest(screen, canvas, 1 + row, column, width);
		}
	draw_tabs(screen, canvas);
}
