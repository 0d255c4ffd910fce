/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A screen on a sheet of memory, above a ledger that is fed by hand. Whatever is drawn must stay on
 * the sheet.
 */
#ifndef TESTS_SCREEN_FIXTURE_H
#define TESTS_SCREEN_FIXTURE_H

#include "ledger_events.h"

#include "base/escape.h"
#include "view/screen.h"

#define SHEET_ROWS    100
#define SHEET_COLUMNS 320
#define LIST_TOP      6 /* first row of a list */

struct sheet {
	struct fixture f;
	struct failures *failures;
	struct screen *screen;
	unsigned int rows, columns;
	bool utf8;
	uint64_t calls, failed, lost;
	char text[SHEET_ROWS][SHEET_COLUMNS * 4 + 1]; /* puts in the order of their columns */
	enum screen_style style[SHEET_ROWS][SHEET_COLUMNS];
};

static inline void put_on_sheet(void *context, unsigned int row, unsigned int column,
				const char *text, enum screen_style style)
{
	struct sheet *sheet = context;
	const size_t width = escape__width(text, sheet->utf8);

	assert_true(row < sheet->rows);
	assert_true(column + width <= sheet->columns);
	assert_true(style < SCREEN_STYLES);
	for (size_t i = 0; i < width; i++)
		sheet->style[row][column + i] = style;
	/* Tests of wide characters look at nothing but a row that is put at once. */
	if (sheet->utf8) {
		strcat(sheet->text[row], text);
		return;
	}
	for (size_t i = 0; i < width; i++) {
		assert_in_range(text[i], ' ', '~');
		sheet->text[row][column + i] = text[i];
	}
}

static inline void draw(struct sheet *sheet)
{
	const struct screen_canvas canvas = {.context = sheet, .put = put_on_sheet};

	memset(sheet->text, 0, sizeof(sheet->text));
	memset(sheet->style, 0, sizeof(sheet->style));
	for (unsigned int i = 0; i < sheet->rows && !sheet->utf8; i++)
		memset(sheet->text[i], ' ', sheet->columns);
	screen__draw(sheet->screen, &canvas);
}

/* A look at the ledger, a second after the last. */
static inline void look(struct sheet *sheet)
{
	const struct screen_facts facts = {
		.ledger = sheet->f.ledger,
		.failures = sheet->failures,
		.now_ns = sheet->f.now += 1000000000,
		.calls = sheet->calls,
		.failed = sheet->failed,
		.lost = sheet->lost,
	};

	assert_int_equal(screen__gather(sheet->screen, &facts), 0);
	draw(sheet);
}

/* Does what is asked for, as the command does. */
static inline unsigned int react(struct sheet *sheet, unsigned int reaction)
{
	if (reaction & SCREEN_GATHER)
		look(sheet);
	else if (reaction & SCREEN_DRAW)
		draw(sheet);
	return reaction;
}

static inline unsigned int press(struct sheet *sheet, int key)
{
	return react(sheet, screen__key(sheet->screen, key));
}

static inline void type(struct sheet *sheet, const char *keys)
{
	for (; *keys; keys++)
		press(sheet, (unsigned char)*keys);
}

static inline void sheet_resize(struct sheet *sheet, unsigned int rows, unsigned int columns)
{
	sheet->rows = rows;
	sheet->columns = columns;
	screen__resize(sheet->screen, rows, columns);
}

static inline void sheet_open(struct sheet *sheet, const struct screen_options *options)
{
	*sheet = (struct sheet){.utf8 = options->utf8};
	fixture_open(&sheet->f, true);
	sheet->failures = failures__new(options->utf8);
	sheet->screen = screen__new(options);
	assert_non_null(sheet->failures);
	assert_non_null(sheet->screen);
	sheet_resize(sheet, 24, 80);
}

static inline void sheet_close(struct sheet *sheet)
{
	screen__free(sheet->screen);
	failures__free(sheet->failures);
	fixture_close(&sheet->f);
}

static inline void expect_row(const struct sheet *sheet, unsigned int row, const char *text)
{
	if (!strstr(sheet->text[row], text))
		fail_msg("row %u has no '%s': '%s'", row, text, sheet->text[row]);
}

static inline int find_row(const struct sheet *sheet, const char *text)
{
	for (unsigned int i = 0; i < sheet->rows; i++)
		if (strstr(sheet->text[i], text))
			return i;
	return -1;
}

static inline void expect_nowhere(const struct sheet *sheet, const char *text)
{
	if (find_row(sheet, text) >= 0)
		fail_msg("there is '%s': '%s'", text, sheet->text[find_row(sheet, text)]);
}

static inline void expect_somewhere(const struct sheet *sheet, const char *text)
{
	if (find_row(sheet, text) < 0)
		fail_msg("there is no '%s'", text);
}

/* The row that is selected, -1: none. */
static inline int selected_row(const struct sheet *sheet)
{
	for (unsigned int i = LIST_TOP; i < sheet->rows; i++)
		if (sheet->style[i][0] == STYLE_SELECTED)
			return i;
	return -1;
}

static inline void expect_selected(const struct sheet *sheet, unsigned int row, const char *text)
{
	assert_int_equal(selected_row(sheet), row);
	expect_row(sheet, row, text);
}

#endif
