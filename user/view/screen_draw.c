// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list that is shown, and the line below it. Only rows that are visible become text.
 */
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "view/screen_internal.h"

#define MESSAGE_ROWS 8 /* SCREEN_MESSAGE_MAX where columns are fewest */

void screen__put(const struct screen *screen, const struct screen_canvas *canvas, unsigned int row,
		 unsigned int column, unsigned int width, const char *text, enum screen_style style)
{
	char line[SCREEN_TEXT_MAX];
	unsigned int taken;
	size_t len = screen__fit(text, width, screen->options.utf8, &taken);

	if (text[len] && width > 1) {
		/* It says that there is more. */
		len = screen__fit(text, width - 1, screen->options.utf8, &taken);
		if (len > sizeof(line) - 8)
			len = sizeof(line) - 8;
		len = snprintf(line, sizeof(line), "%.*s%s", (int)len, text,
			       screen->options.utf8 ? "…" : "~");
		taken++;
	} else {
		if (len > sizeof(line) - 1)
			len = sizeof(line) - 1;
		memcpy(line, text, len);
	}
	while (taken < width && len < sizeof(line) - 1) {
		line[len++] = ' ';
		taken++;
	}
	line[len] = '\0';
	canvas->put(canvas->context, row, column, line, style);
}

static bool has_room(const struct screen_list_ops *ops, unsigned int rank, unsigned int columns)
{
	unsigned int width = 0;

	for (size_t i = 0; i < ops->n_columns; i++)
		if (ops->columns[i].rank <= rank)
			width += ops->columns[i].width + 1;
	return width - 1 <= columns;
}

void screen__lay_out(const struct screen *screen, struct screen_layout *layout)
{
	const struct screen_list_ops *ops = screen_lists[screen->list];
	unsigned int rank = 0, at = 0;

	while (rank < SCREEN_COLUMNS && has_room(ops, rank + 1, screen->columns))
		rank++;
	layout->n = 0;
	for (size_t i = 0; i < ops->n_columns && at < screen->columns; i++) {
		unsigned int width = ops->columns[i].width;

		if (ops->columns[i].rank > rank)
			continue;
		if (i + 1 == ops->n_columns || width > screen->columns - at)
			width = screen->columns - at;
		layout->places[layout->n].column = i;
		layout->places[layout->n].at = at;
		layout->places[layout->n++].width = width;
		at += width + 1;
	}
}

/* A cell, at its side of the column. */
static void put_cell(const struct screen *screen, const struct screen_canvas *canvas,
		     unsigned int row, unsigned int at, unsigned int width, const char *text,
		     bool right, enum screen_style style)
{
	char cell[SCREEN_TEXT_MAX];
	size_t text_width = escape__width(text, screen->options.utf8);

	if (!right || text_width >= width) {
		screen__put(screen, canvas, row, at, width, text, style);
		return;
	}
	snprintf(cell, sizeof(cell), "%*s%s", (int)(width - text_width), "", text);
	screen__put(screen, canvas, row, at, width, cell, style);
}

static void draw_headings(const struct screen *screen, const struct screen_canvas *canvas,
			  const struct screen_layout *layout)
{
	const struct screen_list_ops *ops = screen_lists[screen->list];
	const size_t sort = screen->states[screen->list].sort;

	screen__put(screen, canvas, SCREEN_HEAD_ROWS - 1, 0, screen->columns, "", STYLE_HEADING);
	for (size_t i = 0; i < layout->n; i++) {
		const struct screen_column *column = &ops->columns[layout->places[i].column];

		put_cell(screen, canvas, SCREEN_HEAD_ROWS - 1, layout->places[i].at,
			 layout->places[i].width, column->name, column->right,
			 layout->places[i].column == sort ? STYLE_HEADING_SORTED : STYLE_HEADING);
	}
}

static void draw_row(const struct screen *screen, const struct screen_canvas *canvas,
		     const struct screen_layout *layout, unsigned int y, const void *row,
		     bool selected)
{
	const struct screen_list_ops *ops = screen_lists[screen->list];

	if (selected)
		screen__put(screen, canvas, y, 0, screen->columns, "", STYLE_SELECTED);
	for (size_t i = 0; i < layout->n; i++) {
		const struct screen_column *column = &ops->columns[layout->places[i].column];
		enum screen_style style = column->style ? column->style(row) : STYLE_NORMAL;
		char text[SCREEN_TEXT_MAX];
		struct buffer out;

		buffer__init(&out, text, sizeof(text) - 1);
		column->put(&out, screen, row);
		text[out.len] = '\0';
		put_cell(screen, canvas, y, layout->places[i].at, layout->places[i].width, text,
			 column->right, selected ? STYLE_SELECTED : style);
	}
}

/* It may end within a character. */
static const char *filter_text(const struct screen *screen,
			       char text[ESCAPE_TEXT_MAX(SCREEN_FILTER_MAX)])
{
	escape__text(text, screen->filter, SCREEN_FILTER_MAX, screen->options.utf8);
	return text;
}

/* Why the list is empty. */
static void draw_empty(const struct screen *screen, const struct screen_canvas *canvas)
{
	const struct screen_list_ops *ops = screen_lists[screen->list];
	char text[512], filter[ESCAPE_TEXT_MAX(SCREEN_FILTER_MAX)];

	if (screen->n_rows)
		snprintf(text, sizeof(text), "none of %zu has '%s' in it; Esc ends the filter",
			 screen->n_rows, filter_text(screen, filter));
	else if (screen->chosen_ipcns && screen->list != LIST_PROCESSES)
		snprintf(text, sizeof(text), "%s in ipc:[%u]; Esc shows all namespaces", ops->empty,
			 screen->chosen_ipcns);
	else
		snprintf(text, sizeof(text), "%s%s", ops->empty,
			 screen->options.pid ? " by the process of -p" : "");
	screen__put(screen, canvas, SCREEN_HEAD_ROWS + 1, 2, screen->columns - 2, text, STYLE_DIM);
}

static void draw_list(const struct screen *screen, const struct screen_canvas *canvas)
{
	const struct list_state *state = &screen->states[screen->list];
	const size_t page = screen__page(screen);
	struct screen_layout layout;

	screen__lay_out(screen, &layout);
	draw_headings(screen, canvas, &layout);
	if (screen->gathered != screen->list)
		return;
	if (!screen->n_order)
		draw_empty(screen, canvas);
	for (size_t i = 0; i < page && state->top + i < screen->n_order; i++)
		draw_row(screen, canvas, &layout, SCREEN_HEAD_ROWS + i,
			 screen__row(screen, screen->order[state->top + i].row),
			 state->top + i == state->position);
}

static void draw_story(const struct screen *screen, const struct screen_canvas *canvas)
{
	const struct story *story = &screen->story;
	const size_t page = screen__page(screen);
	char line[SCREEN_TEXT_MAX];
	unsigned int at;

	screen__put(screen, canvas, SCREEN_HEAD_ROWS - 1, 0, screen->columns,
		    story->kind == STORY_OBJECT	   ? "The story of an object"
		    : story->kind == STORY_PROCESS ? "The story of a process"
						   : "Why a call failed",
		    STYLE_HEADING);
	for (size_t i = 0; i < page && story->top + i < story->n_lines; i++) {
		const size_t from = story->lines[story->top + i];
		const size_t to = story->top + i + 1 < story->n_lines
					  ? story->lines[story->top + i + 1]
					  : story->text_len;

		snprintf(line, sizeof(line), "%.*s", (int)(to - from), story->text + from);
		line[strcspn(line, "\n")] = '\0';
		at = 1 + story__indent(story, from);
		screen__put(screen, canvas, SCREEN_HEAD_ROWS + i, at, screen->columns - at, line,
			    STYLE_NORMAL);
	}
}

static const char *noun_of(uint32_t kind)
{
	return kind == OBJECT_SHM   ? "segment"
	       : kind == OBJECT_SEM ? "semaphore set"
				    : "message queue";
}

/* What is asked, said or offered, in that order. Returns its style. */
static enum screen_style put_status(const struct screen *screen, char *text, size_t size)
{
	char filter[ESCAPE_TEXT_MAX(SCREEN_FILTER_MAX)];

	if (screen->mode == MODE_CONFIRM) {
		snprintf(text, size, "Remove %s %d in ipc:[%u]? y/n", noun_of(screen->removal.kind),
			 screen->removal.id, screen->removal.ipcns);
		return STYLE_PROMPT;
	}
	if (screen->mode == MODE_FILTER) {
		snprintf(text, size, "Filter: %s_", filter_text(screen, filter));
		return STYLE_PROMPT;
	}
	if (screen->message[0]) {
		snprintf(text, size, "%s", screen->message);
		return STYLE_WARN;
	}
	if (screen->mode == MODE_STORY)
		snprintf(text, size, "Esc back  Space freeze  F1 help  q quit");
	else if (screen->list == LIST_NAMESPACES)
		snprintf(text, size, "F1 help  Enter %s  / filter  Space freeze  q quit",
			 screen->chosen_ipcns ? "all of them" : "only this");
	else
		snprintf(text, size, "F1 help  Enter story  / filter  %sSpace freeze  q quit",
			 screen->options.can_remove && screen->list == LIST_LEAKS ? "d remove  "
										  : "");
	return STYLE_DIM;
}

/* "FROZEN  'post'  1-17 of 32000" */
static void put_place(const struct screen *screen, char *text, size_t size)
{
	const struct list_state *state = &screen->states[screen->list];
	const struct story *story = &screen->story;
	const size_t page = screen__page(screen);
	char filter[ESCAPE_TEXT_MAX(SCREEN_FILTER_MAX)];
	size_t first = state->top, all = screen->n_order;
	unsigned int taken;
	int len = 0;

	if (screen->mode == MODE_STORY) {
		first = story->top;
		all = story->n_lines;
	}
	if (screen->frozen)
		len += snprintf(text + len, size - len, "FROZEN  ");
	if (screen->filter_len && screen->mode != MODE_FILTER && screen->mode != MODE_STORY)
		len += snprintf(text + len, size - len, "'%.*s'  ",
				(int)screen__fit(filter_text(screen, filter), 20,
						 screen->options.utf8, &taken),
				filter);
	if (all)
		snprintf(text + len, size - len, "%zu-%zu of %zu", first + 1,
			 first + page < all ? first + page : all, all);
	else
		text[len] = '\0';
}

/* What one line has no room for is said over the list, until a key is pressed. */
static void draw_long(const struct screen *screen, const struct screen_canvas *canvas,
		      const char *text, enum screen_style style)
{
	const unsigned int width = screen->columns - 1;
	size_t at[MESSAGE_ROWS + 1] = {0};
	unsigned int n = 0;
	char line[SCREEN_TEXT_MAX];

	while (n < MESSAGE_ROWS && text[at[n]]) {
		at[n + 1] = at[n] + screen__next_line(text + at[n], width, screen->options.utf8);
		n++;
	}
	for (unsigned int i = 0; i < n; i++) {
		snprintf(line, sizeof(line), "%.*s", (int)(at[i + 1] - at[i]), text + at[i]);
		screen__put(screen, canvas, screen->rows - n + i, 0, screen->columns - (i + 1 == n),
			    line, style);
	}
}

static void draw_status(const struct screen *screen, const struct screen_canvas *canvas)
{
	char status[SCREEN_TEXT_MAX + 8], place[128] = "";
	const enum screen_style style = put_status(screen, status, sizeof(status));
	unsigned int width = escape__width(status, screen->options.utf8);

	if (style == STYLE_WARN && width > screen->columns - 1) {
		draw_long(screen, canvas, status, style);
		return;
	}
	put_place(screen, place, sizeof(place));
	width = escape__width(place, screen->options.utf8);
	/* What is asked or said comes first. */
	if (style != STYLE_DIM &&
	    escape__width(status, screen->options.utf8) + width + 2 > screen->columns)
		width = 0;
	screen__put(screen, canvas, screen->rows - 1, 0, screen->columns - (width ? width + 2 : 1),
		    status, style);
	if (width)
		screen__put(screen, canvas, screen->rows - 1, screen->columns - width - 1, width,
			    place, screen->frozen ? STYLE_PROMPT : STYLE_DIM);
}

/* A head that is cut would say something else than is so. */
static void draw_too_small(const struct screen *screen, const struct screen_canvas *canvas)
{
	char text[3][64];

	snprintf(text[0], sizeof(text[0]), "shmtrace top needs");
	snprintf(text[1], sizeof(text[1]), "%d x %d, this is %u x %u.", SCREEN_COLUMNS_MIN,
		 SCREEN_ROWS_MIN, screen->columns, screen->rows);
	snprintf(text[2], sizeof(text[2]), "q quits.");
	for (unsigned int i = 0; i < 3 && i < screen->rows; i++)
		screen__put(screen, canvas, i, 0, screen->columns, text[i], STYLE_NORMAL);
}

void screen__draw(const struct screen *screen, const struct screen_canvas *canvas)
{
	if (screen->rows < SCREEN_ROWS_MIN || screen->columns < SCREEN_COLUMNS_MIN) {
		draw_too_small(screen, canvas);
		return;
	}
	if (screen->mode == MODE_HELP) {
		screen__draw_help(screen, canvas);
		return;
	}
	screen__draw_head(screen, canvas);
	if (screen->mode == MODE_STORY)
		draw_story(screen, canvas);
	else
		draw_list(screen, canvas);
	draw_status(screen, canvas);
}
