// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keys and the mouse: they change what is looked at, and say what has to be done for it. Nothing is
 * drawn or read from here.
 */
#include <string.h>

#include "view/screen_internal.h"

#define WHEEL_ROWS 3

static unsigned int show_list(struct screen *screen, int list)
{
	screen->mode = MODE_LIST;
	story__close(&screen->story);
	screen->list = list;
	return SCREEN_DRAW | SCREEN_GATHER;
}

static unsigned int next_list(struct screen *screen, int step)
{
	return show_list(screen, (screen->list + SCREEN_LISTS + step) % SCREEN_LISTS);
}

/* To that row, as far as there is one; to the top, where it then stays, with home. */
static unsigned int move_to(struct screen *screen, size_t position)
{
	screen__state(screen)->position = position;
	screen__follow(screen);
	return SCREEN_DRAW;
}

static unsigned int move_by(struct screen *screen, long step)
{
	const size_t position = screen__state(screen)->position;

	if (step < 0 && position < (size_t)-step)
		return move_to(screen, 0);
	return move_to(screen, position + step);
}

static unsigned int move_home(struct screen *screen)
{
	move_to(screen, 0);
	screen__state(screen)->follow = false;
	return SCREEN_DRAW;
}

static unsigned int sort_by(struct screen *screen, size_t column)
{
	struct list_state *state = screen__state(screen);

	state->reversed = state->sort == column && !state->reversed;
	state->sort = column;
	screen__order(screen);
	return SCREEN_DRAW;
}

/* The next column that is shown, to the left or right. */
static unsigned int sort_beside(struct screen *screen, int step)
{
	struct list_state *state = screen__state(screen);
	struct screen_layout layout;
	size_t at = 0;

	screen__lay_out(screen, &layout);
	while (at + 1 < layout.n && layout.places[at].column < state->sort)
		at++;
	if ((step < 0 && !at) || (step > 0 && at + 1 == layout.n))
		return 0;
	state->reversed = false;
	return sort_by(screen, layout.places[at + step].column);
}

static unsigned int reverse(struct screen *screen)
{
	return sort_by(screen, screen__state(screen)->sort);
}

static unsigned int set_filter(struct screen *screen, size_t len)
{
	screen->filter_len = len;
	screen->filter[len] = '\0';
	screen__order(screen);
	return SCREEN_DRAW;
}

static unsigned int add_to_filter(struct screen *screen, char byte)
{
	if (screen->filter_len + 1 >= sizeof(screen->filter) ||
	    (!screen->options.utf8 && (unsigned char)byte >= 0x7f))
		return 0;
	if (byte >= 'A' && byte <= 'Z')
		byte += 'a' - 'A';
	screen->filter[screen->filter_len] = byte;
	return set_filter(screen, screen->filter_len + 1);
}

/* A whole character, which may have several bytes. */
static unsigned int shorten_filter(struct screen *screen)
{
	size_t len = screen->filter_len;

	while (len && ((unsigned char)screen->filter[--len] & 0xc0) == 0x80)
		;
	return set_filter(screen, len);
}

static unsigned int filter_key(struct screen *screen, int key)
{
	enum { CTRL_U = 'U' - '@', CTRL_H = 'H' - '@', DEL = 0x7f };

	switch (key) {
	case SCREEN_KEY_ENTER:
		screen->mode = MODE_LIST;
		return SCREEN_DRAW;
	case SCREEN_KEY_ESCAPE:
		screen->mode = MODE_LIST;
		return set_filter(screen, 0);
	case SCREEN_KEY_BACKSPACE:
	case CTRL_H:
	case DEL:
		return shorten_filter(screen);
	case CTRL_U:
		return set_filter(screen, 0);
	case SCREEN_KEY_UP:
		return move_by(screen, -1);
	case SCREEN_KEY_DOWN:
		return move_by(screen, 1);
	default:
		return key >= ' ' && key < 0x100 ? add_to_filter(screen, key) : 0;
	}
}

static unsigned int choose_namespace(struct screen *screen, const struct namespace_row *row)
{
	const uint32_t ipcns = row->info.ipcns;

	screen->chosen_ipcns = screen->chosen_ipcns == ipcns ? 0 : ipcns;
	screen->stale = true;
	return SCREEN_DRAW | SCREEN_GATHER;
}

static unsigned int enter(struct screen *screen)
{
	const void *row = screen__selected(screen);

	if (!row)
		return 0;
	if (screen->list == LIST_NAMESPACES)
		return choose_namespace(screen, row);
	screen__follow(screen);
	story__open(screen, row);
	screen->mode = MODE_STORY;
	return SCREEN_DRAW | SCREEN_GATHER;
}

/* What was narrowed is widened again, the last thing first. */
static unsigned int escape(struct screen *screen)
{
	if (screen->filter_len)
		return set_filter(screen, 0);
	if (!screen->chosen_ipcns)
		return 0;
	screen->chosen_ipcns = 0;
	screen->stale = true;
	return SCREEN_DRAW | SCREEN_GATHER;
}

static unsigned int freeze(struct screen *screen)
{
	screen->frozen = !screen->frozen;
	return SCREEN_DRAW | (screen->frozen ? 0 : SCREEN_GATHER);
}

/* Only what is leaked, and only after a question. */
static unsigned int ask_to_remove(struct screen *screen)
{
	const struct object_row *row = screen__selected(screen);

	if (!screen->options.can_remove || screen->list != LIST_LEAKS || !row)
		return 0;
	screen->removal = row->info;
	screen->removal.owner = NULL;
	screen__follow(screen);
	screen->mode = MODE_CONFIRM;
	return SCREEN_DRAW;
}

static unsigned int confirm_key(struct screen *screen, int key)
{
	screen->mode = MODE_LIST;
	return key == 'y' || key == 'Y' ? SCREEN_DRAW | SCREEN_REMOVE : SCREEN_DRAW;
}

static unsigned int other_list_key(struct screen *screen, int key)
{
	switch (key) {
	case '<':
	case ',':
		return sort_beside(screen, -1);
	case '>':
	case '.':
		return sort_beside(screen, 1);
	case 'r':
		return reverse(screen);
	case '/':
	case SCREEN_KEY_FILTER:
		screen->mode = MODE_FILTER;
		return SCREEN_DRAW;
	case SCREEN_KEY_ENTER:
		return enter(screen);
	case SCREEN_KEY_ESCAPE:
		return escape(screen);
	case 'd':
	case SCREEN_KEY_DELETE:
		return ask_to_remove(screen);
	default:
		return 0;
	}
}

static unsigned int list_key(struct screen *screen, int key)
{
	const long page = screen__page(screen);

	if (key >= '1' && key < '1' + SCREEN_LISTS)
		return show_list(screen, key - '1');
	switch (key) {
	case SCREEN_KEY_TAB:
	case SCREEN_KEY_RIGHT:
		return next_list(screen, 1);
	case SCREEN_KEY_BACK_TAB:
	case SCREEN_KEY_LEFT:
		return next_list(screen, -1);
	case SCREEN_KEY_UP:
	case 'k':
		return move_by(screen, -1);
	case SCREEN_KEY_DOWN:
	case 'j':
		return move_by(screen, 1);
	case SCREEN_KEY_PAGE_UP:
		return move_by(screen, -page);
	case SCREEN_KEY_PAGE_DOWN:
		return move_by(screen, page);
	case SCREEN_KEY_HOME:
	case 'g':
		return move_home(screen);
	case SCREEN_KEY_END:
	case 'G':
		return move_to(screen, screen->n_order ? screen->n_order - 1 : 0);
	default:
		return other_list_key(screen, key);
	}
}

static size_t story_page(const struct screen *screen)
{
	return screen__page(screen);
}

static unsigned int scroll_story(struct screen *screen, long step)
{
	struct story *story = &screen->story;
	const size_t page = story_page(screen);
	const size_t last = story->n_lines > page ? story->n_lines - page : 0;

	if (step < 0)
		story->top -= story->top < (size_t)-step ? story->top : (size_t)-step;
	else
		story->top = story->top + step < last ? story->top + step : last;
	return SCREEN_DRAW;
}

static unsigned int story_key(struct screen *screen, int key)
{
	const long page = story_page(screen);

	if (key >= '1' && key < '1' + SCREEN_LISTS)
		return show_list(screen, key - '1');
	switch (key) {
	case SCREEN_KEY_ESCAPE:
	case SCREEN_KEY_ENTER:
	case SCREEN_KEY_LEFT:
	case SCREEN_KEY_BACKSPACE:
		return show_list(screen, screen->list);
	case SCREEN_KEY_UP:
	case 'k':
		return scroll_story(screen, -1);
	case SCREEN_KEY_DOWN:
	case 'j':
		return scroll_story(screen, 1);
	case SCREEN_KEY_PAGE_UP:
		return scroll_story(screen, -page);
	case SCREEN_KEY_PAGE_DOWN:
		return scroll_story(screen, page);
	case SCREEN_KEY_HOME:
	case 'g':
		return scroll_story(screen, -(long)screen->story.n_lines);
	case SCREEN_KEY_END:
	case 'G':
		return scroll_story(screen, screen->story.n_lines);
	default:
		return 0;
	}
}

/* In every mode but where text is typed or a question stands. */
static unsigned int common_key(struct screen *screen, int key)
{
	enum { CTRL_L = 'L' - '@' };

	switch (key) {
	case 'q':
	case SCREEN_KEY_QUIT:
		return SCREEN_QUIT;
	case '?':
	case 'h':
	case SCREEN_KEY_HELP:
		screen->mode = MODE_HELP;
		return SCREEN_DRAW;
	case ' ':
		return freeze(screen);
	case CTRL_L:
		return SCREEN_DRAW | SCREEN_REPAINT;
	default:
		return screen->mode == MODE_STORY ? story_key(screen, key) : list_key(screen, key);
	}
}

unsigned int screen__key(struct screen *screen, int key)
{
	const bool said = screen->message[0];
	unsigned int reaction;

	screen->message[0] = '\0';
	if (key == '\r')
		key = SCREEN_KEY_ENTER;
	switch (screen->mode) {
	case MODE_HELP:
		if (key == SCREEN_KEY_QUIT)
			return SCREEN_QUIT;
		screen->mode = screen->story.text ? MODE_STORY : MODE_LIST;
		reaction = SCREEN_DRAW;
		break;
	case MODE_FILTER:
		reaction = filter_key(screen, key);
		break;
	case MODE_CONFIRM:
		reaction = confirm_key(screen, key);
		break;
	default:
		reaction = common_key(screen, key);
	}
	return reaction | (said ? SCREEN_DRAW : 0);
}

static unsigned int click_heading(struct screen *screen, unsigned int column)
{
	struct screen_layout layout;

	screen__lay_out(screen, &layout);
	for (size_t i = 0; i < layout.n; i++)
		if (column >= layout.places[i].at &&
		    column < layout.places[i].at + layout.places[i].width)
			return sort_by(screen, layout.places[i].column);
	return 0;
}

static unsigned int click(struct screen *screen, bool twice, unsigned int row, unsigned int column)
{
	const int tab = row == SCREEN_HEAD_ROWS - 2 ? screen__tab_at(screen, column) : -1;
	struct list_state *state = screen__state(screen);
	size_t position;

	if (tab >= 0)
		return show_list(screen, tab);
	if (screen->mode == MODE_STORY || row + 1 < SCREEN_HEAD_ROWS)
		return 0;
	if (row + 1 == SCREEN_HEAD_ROWS)
		return click_heading(screen, column);
	position = state->top + row - SCREEN_HEAD_ROWS;
	if (row - SCREEN_HEAD_ROWS >= screen__page(screen) || position >= screen->n_order)
		return 0;
	move_to(screen, position);
	return twice ? enter(screen) : SCREEN_DRAW;
}

unsigned int screen__mouse(struct screen *screen, enum screen_mouse what, unsigned int row,
			   unsigned int column)
{
	const long step = what == SCREEN_WHEEL_UP ? -WHEEL_ROWS : WHEEL_ROWS;

	if (screen->mode == MODE_CONFIRM)
		return 0;
	if (screen->mode == MODE_HELP)
		return screen__key(screen, SCREEN_KEY_ESCAPE);
	if (what == SCREEN_WHEEL_UP || what == SCREEN_WHEEL_DOWN)
		return screen->mode == MODE_STORY ? scroll_story(screen, step)
						  : move_by(screen, step);
	return click(screen, what == SCREEN_DOUBLE_CLICK, row, column);
}
