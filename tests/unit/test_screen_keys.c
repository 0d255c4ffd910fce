// SPDX-License-Identifier: GPL-2.0-only
/*
 * The screen of `top` without a terminal: what keys and the mouse do to it.
 */
#include "screen_fixture.h"

static const struct screen_options plain = {.own_ipcns = NS};

/* Segments 1 to n, each larger than the one before, in the list of segments. */
static void open_segments(struct sheet *sheet, const struct screen_options *options, int n)
{
	sheet_open(sheet, options);
	for (int id = 1; id <= n; id++) {
		struct object_event event = object_event(&sheet->f, OBJECT_CREATED, 10 + id % 2,
							 OBJECT_SHM, id);

		event.size = id * 100;
		feed(&sheet->f, &event);
	}
	look(sheet);
	press(sheet, '2');
}

static void test_movement(void **state)
{
	struct sheet sheet;

	(void)state;
	open_segments(&sheet, &plain, 40);
	expect_selected(&sheet, LIST_TOP, "40  ");
	expect_row(&sheet, 23, "1-17 of 40");
	press(&sheet, SCREEN_KEY_UP);
	expect_selected(&sheet, LIST_TOP, "40  ");
	press(&sheet, SCREEN_KEY_DOWN);
	expect_selected(&sheet, LIST_TOP + 1, "39  ");
	press(&sheet, SCREEN_KEY_PAGE_DOWN);
	expect_selected(&sheet, 22, "22  ");
	expect_row(&sheet, 23, "3-19 of 40");
	press(&sheet, SCREEN_KEY_END);
	expect_selected(&sheet, 22, "1  ");
	expect_row(&sheet, 23, "24-40 of 40");
	press(&sheet, SCREEN_KEY_PAGE_DOWN);
	expect_selected(&sheet, 22, "1  ");
	press(&sheet, 'k');
	expect_selected(&sheet, 21, "2  ");
	press(&sheet, SCREEN_KEY_HOME);
	expect_selected(&sheet, LIST_TOP, "40  ");
	/* More room, and less. */
	press(&sheet, SCREEN_KEY_END);
	sheet_resize(&sheet, 50, 120);
	draw(&sheet);
	expect_selected(&sheet, LIST_TOP + 39, "1  ");
	sheet_resize(&sheet, 24, 80);
	draw(&sheet);
	expect_selected(&sheet, 22, "1  ");
	sheet_close(&sheet);
}

static void test_other_lists(void **state)
{
	struct sheet sheet;

	(void)state;
	open_segments(&sheet, &plain, 3);
	assert_true(press(&sheet, SCREEN_KEY_TAB) & SCREEN_GATHER);
	expect_row(&sheet, 5, "SEMS");
	press(&sheet, SCREEN_KEY_LEFT);
	press(&sheet, SCREEN_KEY_LEFT);
	expect_row(&sheet, 5, "LEAKED");
	press(&sheet, SCREEN_KEY_BACK_TAB);
	expect_row(&sheet, 5, "FULLEST");
	press(&sheet, SCREEN_KEY_RIGHT);
	expect_row(&sheet, 5, "CALLS");
	press(&sheet, '8');
	press(&sheet, '0');
	expect_row(&sheet, 5, "CALLS");
	assert_int_equal(press(&sheet, 'q'), SCREEN_QUIT);
	assert_int_equal(press(&sheet, SCREEN_KEY_QUIT), SCREEN_QUIT);
	assert_int_equal(press(&sheet, 'z'), 0);
	sheet_close(&sheet);
}

static void test_sorting(void **state)
{
	struct sheet sheet;

	(void)state;
	open_segments(&sheet, &plain, 12);
	expect_row(&sheet, LIST_TOP, "12  ");
	assert_int_equal(sheet.style[5][23], STYLE_HEADING_SORTED);
	press(&sheet, 'r');
	expect_row(&sheet, LIST_TOP, "1  ");
	expect_row(&sheet, LIST_TOP + 11, "12  ");
	/* By key, the smallest first, which here are those of the smallest id. */
	press(&sheet, '<');
	assert_int_equal(sheet.style[5][11], STYLE_HEADING_SORTED);
	expect_row(&sheet, LIST_TOP, "1  ");
	press(&sheet, '<');
	press(&sheet, '<');
	press(&sheet, 'r');
	expect_row(&sheet, LIST_TOP, "12  ");
	/* By name, and of one name by id: comm10 has the even ones. */
	for (int i = 0; i < 6; i++)
		press(&sheet, '>');
	assert_int_equal(sheet.style[5][53], STYLE_HEADING_SORTED);
	expect_row(&sheet, LIST_TOP, "2  ");
	expect_row(&sheet, LIST_TOP, "comm10");
	expect_row(&sheet, LIST_TOP + 6, "1  ");
	expect_row(&sheet, LIST_TOP + 6, "comm11");
	/* Beside the last one there is none. */
	for (int i = 0; i < 20; i++)
		press(&sheet, '>');
	assert_int_equal(sheet.style[5][69], STYLE_HEADING_SORTED);
	sheet_close(&sheet);
}

static void grow(struct sheet *sheet, int32_t id, uint64_t size)
{
	struct object_event event = object_event(&sheet->f, OBJECT_CREATED, 10, OBJECT_SHM, id);

	destroyed(&sheet->f, 10, id);
	event.size = size;
	event.head.time_ns = sheet->f.now += TICK_NS;
	feed(&sheet->f, &event);
}

static void test_selection_stays_on_its_object(void **state)
{
	struct sheet sheet;

	(void)state;
	open_segments(&sheet, &plain, 40);
	press(&sheet, SCREEN_KEY_DOWN);
	press(&sheet, SCREEN_KEY_DOWN);
	expect_selected(&sheet, LIST_TOP + 2, "38  ");
	/* It moves by its growth, by that of others, and by another order. */
	grow(&sheet, 1, 100000);
	look(&sheet);
	assert_true(strstr(sheet.text[selected_row(&sheet)], "38  ") != NULL);
	grow(&sheet, 38, 200000);
	look(&sheet);
	expect_selected(&sheet, LIST_TOP, "38  ");
	press(&sheet, 'r');
	assert_true(strstr(sheet.text[selected_row(&sheet)], "38  ") != NULL);
	expect_row(&sheet, 23, "24-40 of 40");
	press(&sheet, 'r');
	/* When it goes, what is in its place is selected, and from then on that one. */
	press(&sheet, SCREEN_KEY_DOWN);
	expect_selected(&sheet, LIST_TOP + 1, "1  ");
	destroyed(&sheet.f, 10, 1);
	look(&sheet);
	expect_selected(&sheet, LIST_TOP + 1, "40  ");
	grow(&sheet, 2, 300000);
	look(&sheet);
	assert_true(strstr(sheet.text[selected_row(&sheet)], "40  ") != NULL);
	/* At home it is the first one, whichever that is. */
	press(&sheet, SCREEN_KEY_HOME);
	expect_selected(&sheet, LIST_TOP, "2  ");
	grow(&sheet, 3, 400000);
	look(&sheet);
	expect_selected(&sheet, LIST_TOP, "3  ");
	sheet_close(&sheet);
}

static void test_filter(void **state)
{
	struct sheet sheet;

	(void)state;
	open_segments(&sheet, &plain, 40);
	press(&sheet, '/');
	expect_row(&sheet, 23, "Filter: _");
	type(&sheet, "COMM11");
	expect_row(&sheet, 23, "Filter: comm11_");
	expect_row(&sheet, 23, "1-17 of 20");
	expect_row(&sheet, LIST_TOP, "39  ");
	/* A letter that is a key elsewhere. */
	type(&sheet, "q");
	expect_row(&sheet, LIST_TOP + 1, "none of 40 has 'comm11q' in it; Esc ends the filter");
	press(&sheet, SCREEN_KEY_BACKSPACE);
	press(&sheet, SCREEN_KEY_ENTER);
	expect_row(&sheet, 23, "'comm11'  1-17 of 20");
	/* It goes for all lists and looks, until it is taken off. */
	press(&sheet, '1');
	expect_row(&sheet, 23, "1-1 of 1");
	look(&sheet);
	expect_row(&sheet, 23, "1-1 of 1");
	press(&sheet, SCREEN_KEY_ESCAPE);
	expect_row(&sheet, 23, "1-2 of 2");
	press(&sheet, '2');
	press(&sheet, '/');
	type(&sheet, "0x00001003");
	expect_row(&sheet, 23, "1-1 of 1");
	/* Bytes that are no text here, and more than there is room for. */
	type(&sheet, "\xc3\xa4");
	expect_row(&sheet, 23, "Filter: 0x00001003_");
	for (int i = 0; i < 100; i++)
		type(&sheet, "a");
	press(&sheet, 'U' - '@');
	expect_row(&sheet, 23, "Filter: _");
	expect_row(&sheet, 23, "of 40");
	press(&sheet, SCREEN_KEY_BACKSPACE);
	press(&sheet, SCREEN_KEY_ESCAPE);
	expect_row(&sheet, 23, "F1 help");
	sheet_close(&sheet);
}

static void test_freeze(void **state)
{
	struct sheet sheet;

	(void)state;
	open_segments(&sheet, &plain, 3);
	press(&sheet, ' ');
	assert_true(screen__is_frozen(sheet.screen));
	expect_row(&sheet, 23, "FROZEN  1-3 of 3");
	destroyed(&sheet.f, 10, 3);
	press(&sheet, SCREEN_KEY_ENTER);
	expect_row(&sheet, LIST_TOP, "Gone: removed");
	press(&sheet, SCREEN_KEY_ESCAPE);
	expect_row(&sheet, LIST_TOP, "3  ");
	expect_row(&sheet, 23, "FROZEN  1-3 of 3");
	press(&sheet, 'r');
	expect_row(&sheet, LIST_TOP, "1  ");
	/* Another list was not there when it was frozen. */
	press(&sheet, '5');
	press(&sheet, '2');
	expect_row(&sheet, 23, "FROZEN  1-2 of 2");
	destroyed(&sheet.f, 10, 2);
	press(&sheet, ' ');
	expect_row(&sheet, 23, "1-1 of 1");
	expect_nowhere(&sheet, "FROZEN");
	sheet_close(&sheet);
}

static void test_help(void **state)
{
	struct screen_options removing = plain;
	struct sheet sheet;

	(void)state;
	removing.can_remove = true;
	for (int i = 0; i < 2; i++) {
		open_segments(&sheet, i ? &removing : &plain, 1);
		press(&sheet, '?');
		expect_row(&sheet, 0, "shmtrace top " SHMTRACE_VERSION ": keys");
		expect_somewhere(&sheet, "Any key goes back.");
		expect_nowhere(&sheet, "~");
		if (i)
			expect_somewhere(&sheet, "d, Del, in Leaks");
		else
			expect_nowhere(&sheet, "emove");
		press(&sheet, 'q');
		expect_row(&sheet, LIST_TOP, "1  ");
		press(&sheet, SCREEN_KEY_ENTER);
		press(&sheet, SCREEN_KEY_HELP);
		press(&sheet, 'x');
		expect_row(&sheet, LIST_TOP, "Segment 1");
		sheet_close(&sheet);
	}
}

static void test_removal(void **state)
{
	struct screen_options removing = plain;
	struct object_info removal;
	struct sheet sheet;

	(void)state;
	/* Where nothing can be removed the key is none. */
	open_segments(&sheet, &plain, 3);
	exited(&sheet.f, 10);
	exited(&sheet.f, 11);
	press(&sheet, '5');
	expect_row(&sheet, 23, "1-3 of 3");
	expect_nowhere(&sheet, "d remove");
	assert_int_equal(press(&sheet, 'd'), 0);
	assert_int_equal(press(&sheet, SCREEN_KEY_DELETE), 0);
	sheet_close(&sheet);

	removing.can_remove = true;
	open_segments(&sheet, &removing, 3);
	exited(&sheet.f, 10);
	exited(&sheet.f, 11);
	look(&sheet);
	/* Only what is leaked, and only in that list. */
	assert_int_equal(press(&sheet, 'd'), 0);
	press(&sheet, '5');
	expect_row(&sheet, 23, "d remove");
	press(&sheet, SCREEN_KEY_DOWN);
	expect_selected(&sheet, LIST_TOP + 1, "shm  2");
	press(&sheet, 'd');
	expect_row(&sheet, 23, "Remove segment 2 in ipc:[7]? y/n");
	assert_int_equal(press(&sheet, 'n'), SCREEN_DRAW);
	expect_row(&sheet, 23, "F1 help");
	/* Every other key is a no, also that which asked. */
	press(&sheet, SCREEN_KEY_DELETE);
	assert_int_equal(press(&sheet, 'd'), SCREEN_DRAW);
	press(&sheet, 'd');
	/* The question stays with its object, whatever happens meanwhile. */
	destroyed(&sheet.f, 10, 2);
	look(&sheet);
	expect_row(&sheet, 23, "Remove segment 2 in ipc:[7]? y/n");
	assert_int_equal(screen__mouse(sheet.screen, SCREEN_CLICK, LIST_TOP, 0), 0);
	assert_true(press(&sheet, 'y') & SCREEN_REMOVE);
	removal = *screen__removal(sheet.screen);
	assert_int_equal(removal.ipcns, NS);
	assert_int_equal(removal.kind, OBJECT_SHM);
	assert_int_equal(removal.id, 2);
	assert_null(removal.owner);
	screen__say(sheet.screen, "shm 2 stays: \33[2Jit has gone");
	draw(&sheet);
	expect_row(&sheet, 23, "shm 2 stays: \\x1b[2Jit has gone");
	press(&sheet, 'z');
	expect_row(&sheet, 23, "F1 help");
	sheet_close(&sheet);
}

static void click(struct sheet *sheet, enum screen_mouse what, unsigned int row,
		  unsigned int column)
{
	react(sheet, screen__mouse(sheet->screen, what, row, column));
}

static void test_mouse(void **state)
{
	struct sheet sheet;

	(void)state;
	open_segments(&sheet, &plain, 40);
	click(&sheet, SCREEN_CLICK, LIST_TOP + 4, 30);
	expect_selected(&sheet, LIST_TOP + 4, "36  ");
	click(&sheet, SCREEN_WHEEL_DOWN, 0, 0);
	expect_selected(&sheet, LIST_TOP + 7, "33  ");
	click(&sheet, SCREEN_WHEEL_UP, 0, 0);
	click(&sheet, SCREEN_WHEEL_UP, 0, 0);
	click(&sheet, SCREEN_WHEEL_UP, 0, 0);
	expect_selected(&sheet, LIST_TOP, "40  ");
	/* On a heading, again on it, on the head, on the last line. */
	click(&sheet, SCREEN_CLICK, 5, 2);
	expect_row(&sheet, LIST_TOP, "24  ");
	click(&sheet, SCREEN_CLICK, 5, 2);
	expect_selected(&sheet, LIST_TOP, "40  ");
	click(&sheet, SCREEN_CLICK, 1, 2);
	click(&sheet, SCREEN_CLICK, 23, 2);
	click(&sheet, SCREEN_CLICK, 5000, 2);
	expect_selected(&sheet, LIST_TOP, "40  ");
	click(&sheet, SCREEN_DOUBLE_CLICK, LIST_TOP + 1, 2);
	expect_row(&sheet, LIST_TOP, "Segment 39");
	click(&sheet, SCREEN_WHEEL_DOWN, LIST_TOP, 2);
	click(&sheet, SCREEN_CLICK, LIST_TOP, 2);
	expect_row(&sheet, LIST_TOP, "Segment 39");
	/* On a tab. */
	click(&sheet, SCREEN_CLICK, 4, 30);
	expect_row(&sheet, 5, "SEMS");
	click(&sheet, SCREEN_CLICK, 4, 79);
	expect_row(&sheet, 5, "SEMS");
	press(&sheet, '?');
	click(&sheet, SCREEN_CLICK, 4, 0);
	expect_row(&sheet, 5, "SEMS");
	sheet_close(&sheet);
}

static uint32_t draw_lot(uint64_t *random, uint32_t below)
{
	*random = *random * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(*random >> 33) % below;
}

static void change_something(struct sheet *sheet, uint64_t *random)
{
	const uint32_t pid = 10 + draw_lot(random, 5), kind = draw_lot(random, 3);
	const int32_t id = draw_lot(random, 60);

	switch (draw_lot(random, 4)) {
	case 0:
		object(&sheet->f, OBJECT_DESTROYED, pid, kind, id);
		break;
	case 1:
		attached(&sheet->f, pid, 0x1000 * pid, id);
		break;
	case 2:
		exited(&sheet->f, pid);
		sheet->f.start[pid] += 100000000;
		break;
	default:
		object(&sheet->f, OBJECT_CREATED, pid, kind, id);
	}
}

/* Whatever is pressed, clicked, resized or happens: what is drawn stays on the sheet. */
static void test_anything(void **state)
{
	static const char keys[] = "1234567<>r/?hgGjkd ny\t\n\33\177ab0 qz,.";
	struct screen_options options = {.own_ipcns = NS, .can_remove = true};
	uint64_t random = 42;
	struct sheet sheet;

	(void)state;
	open_segments(&sheet, &options, 50);
	for (int i = 0; i < 20000; i++) {
		sheet.f.n_leaks = 0;
		switch (draw_lot(&random, 8)) {
		case 0:
			change_something(&sheet, &random);
			break;
		case 1:
			look(&sheet);
			break;
		case 2:
			press(&sheet, SCREEN_KEY_UP + draw_lot(&random, 15));
			break;
		case 3:
			click(&sheet, draw_lot(&random, 4), draw_lot(&random, SHEET_ROWS),
			      draw_lot(&random, SHEET_COLUMNS));
			break;
		case 4:
			if (draw_lot(&random, 10))
				sheet_resize(&sheet, SCREEN_ROWS_MIN + draw_lot(&random, 60),
					     80 + draw_lot(&random, 200));
			else
				sheet_resize(&sheet, 1 + draw_lot(&random, 99),
					     1 + draw_lot(&random, 300));
			draw(&sheet);
			break;
		default:
			press(&sheet, keys[draw_lot(&random, sizeof(keys) - 1)]);
		}
	}
	sheet_close(&sheet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_movement),
		cmocka_unit_test(test_other_lists),
		cmocka_unit_test(test_sorting),
		cmocka_unit_test(test_selection_stays_on_its_object),
		cmocka_unit_test(test_filter),
		cmocka_unit_test(test_freeze),
		cmocka_unit_test(test_help),
		cmocka_unit_test(test_removal),
		cmocka_unit_test(test_mouse),
		cmocka_unit_test(test_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
