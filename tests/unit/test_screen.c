// SPDX-License-Identifier: GPL-2.0-only
/*
 * The screen of `top` without a terminal: what its lists, its head and its stories say.
 */
#include <locale.h>

#include "screen_fixture.h"

#include "ledger/refusal.h"
#include "view/refusal.h"

static const struct screen_options plain = {.own_ipcns = NS};

/* A segment of so many bytes; by a process that is called by its number. */
static void segment(struct sheet *sheet, uint32_t pid, int32_t id, uint64_t size)
{
	struct object_event event = object_event(&sheet->f, OBJECT_CREATED, pid, OBJECT_SHM, id);

	event.size = size;
	snprintf(event.head.comm, sizeof(event.head.comm), "maker-%u", pid);
	feed(&sheet->f, &event);
}

static void set_limits(struct sheet *sheet, uint32_t ipcns, const struct ipc_limits *limits)
{
	struct snapshot_event event = {
		.head = head(&sheet->f, EVENT_SNAPSHOT, 0),
		.action = SNAPSHOT_END,
		.ipcns = ipcns,
		.limits = *limits,
	};
	struct snapshot_event begin = event;

	/* Read before anything happened, so that it buries nothing. */
	begin.head.time_ns = event.head.time_ns = 1;
	begin.action = SNAPSHOT_BEGIN;
	feed(&sheet->f, &begin);
	feed(&sheet->f, &event);
}

static void test_empty(void **state)
{
	static const char *const said[SCREEN_LISTS] = {
		"no process has made a call",  "there are no segments",
		"there are no semaphore sets", "there are no message queues",
		"nothing is leaked",	       "no shmget, semget or msgget has failed",
		"no IPC namespace is known"};
	static const unsigned int sizes[][2] = {{24, 80}, {50, 200}, {24, 300}, {99, 80}};
	struct sheet sheet;

	(void)state;
	sheet_open(&sheet, &plain);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		sheet_resize(&sheet, sizes[i][0], sizes[i][1]);
		for (int list = 0; list < SCREEN_LISTS; list++) {
			press(&sheet, '1' + list);
			expect_row(&sheet, LIST_TOP + 1, said[list]);
			assert_int_equal(selected_row(&sheet), -1);
			press(&sheet, SCREEN_KEY_DOWN);
			press(&sheet, SCREEN_KEY_END);
			press(&sheet, SCREEN_KEY_ENTER);
			expect_row(&sheet, LIST_TOP + 1, said[list]);
		}
	}
	sheet_close(&sheet);
}

static void test_too_small(void **state)
{
	static const struct screen_options removing = {.own_ipcns = NS, .can_remove = true};
	struct sheet sheet;

	(void)state;
	sheet_open(&sheet, &removing);
	look(&sheet);
	expect_row(&sheet, 4, "1 Processes");
	for (unsigned int rows = 1; rows <= SCREEN_ROWS_MIN; rows++)
		for (unsigned int columns = 1; columns <= 80; columns++) {
			if (rows == SCREEN_ROWS_MIN && columns == 80)
				continue;
			sheet_resize(&sheet, rows, columns);
			draw(&sheet);
			expect_nowhere(&sheet, "Processes");
			press(&sheet, SCREEN_KEY_PAGE_DOWN);
		}
	sheet_resize(&sheet, 21, 100);
	draw(&sheet);
	expect_row(&sheet, 1, "80 x 22, this is 100 x 21");
	assert_true(screen__key(sheet.screen, 'q') & SCREEN_QUIT);
	/* The smallest one, and what tmux leaves of 24 lines; nothing of the keys is missing. */
	for (unsigned int rows = SCREEN_ROWS_MIN; rows < 24; rows++) {
		sheet_resize(&sheet, rows, 80);
		draw(&sheet);
		expect_row(&sheet, 4, "1 Processes");
		expect_row(&sheet, rows - 1, "F1 help");
		press(&sheet, SCREEN_KEY_HELP);
		expect_row(&sheet, 21, "Any key goes back.");
		press(&sheet, ' ');
	}
	sheet_close(&sheet);
}

static void test_lists(void **state)
{
	struct sheet sheet;

	(void)state;
	sheet_open(&sheet, &plain);
	segment(&sheet, 10, 4, 3145728);
	attached(&sheet.f, 10, 0x1000, 4);
	segment(&sheet, 11, 5, 100);
	object(&sheet.f, OBJECT_CREATED, 11, OBJECT_SEM, 6);
	object(&sheet.f, OBJECT_CREATED, 11, OBJECT_MSG, 7);
	exited(&sheet.f, 11);
	look(&sheet);
	expect_row(&sheet, LIST_TOP, "     10 comm10          alive");
	expect_row(&sheet, LIST_TOP, "3072K    3072K      0");
	expect_row(&sheet, LIST_TOP + 1, "     11");
	expect_row(&sheet, LIST_TOP + 1, "SIGKILL");
	press(&sheet, '2');
	expect_row(&sheet, LIST_TOP, "4          0x00001004   3072K      1 in-use       10 comm10");
	expect_row(&sheet, LIST_TOP + 1, "5          0x00001005     100      0 orphan ");
	press(&sheet, '3');
	expect_row(&sheet, LIST_TOP, "6          0x00001006");
	press(&sheet, '4');
	expect_row(&sheet, LIST_TOP, "7          0x00001007");
	press(&sheet, '5');
	assert_int_equal(find_row(&sheet, "3072K"), -1);
	expect_row(&sheet, 23, "1-3 of 3");
	/* What was used last is first. */
	expect_row(&sheet, LIST_TOP, "msg  7");
	expect_row(&sheet, LIST_TOP + 2, "shm  5");
	sheet_resize(&sheet, 50, 200);
	draw(&sheet);
	expect_row(&sheet, LIST_TOP, "SIGKILL");
	expect_row(&sheet, LIST_TOP, "observed");
	expect_row(&sheet, 4, "2 Segments 2  3 Semaphores 1  4 Queues 1  5 Leaks 3");
	sheet_close(&sheet);
}

static void test_head(void **state)
{
	const struct ipc_limits limits = {.shmmax = 1,
					  .shmall = UINT64_MAX - (1 << 24),
					  .shmmni = 4,
					  .semmsl = 1,
					  .semmni = 32000,
					  .semmns = 1024000000,
					  .msgmni = 10};
	const struct ipc_limits other = {.shmmax = 1,
					 .shmall = 100,
					 .shmmni = 4096,
					 .semmsl = 1,
					 .semmni = 1,
					 .semmns = 1000,
					 .msgmni = 100};
	struct sheet sheet;

	(void)state;
	sheet_open(&sheet, &plain);
	look(&sheet);
	expect_row(&sheet, 1, "SHMMNI not known");
	set_limits(&sheet, NS, &limits);
	set_limits(&sheet, NS + 1, &other);
	for (int id = 0; id < 3; id++)
		segment(&sheet, 10, id, 4097);
	sheet.f.ns = NS + 1;
	object(&sheet.f, OBJECT_CREATED, 11, OBJECT_SEM, 1);
	sheet.f.ns = NS;
	sheet.calls = 1000;
	sheet.failed = 12;
	look(&sheet);
	expect_row(&sheet, 0, "ipc:[7] own");
	expect_row(&sheet, 0, "exact  1000 calls/s  12 failed  0 lost");
	expect_row(&sheet, 1, "SHMMNI [|||||||   ]            3/4  75%");
	expect_row(&sheet, 1, "SEMMNI [          ]        0/32000   0%");
	expect_row(&sheet, 2, "SHMALL [|         ]     6/no limit   0%");
	expect_row(&sheet, 3, "fullest: SEMMNI 100%, ipc:[8]");
	segment(&sheet, 10, 3, 1);
	look(&sheet);
	expect_row(&sheet, 1, "SHMMNI [||||||||||]            4/4 100%");
	expect_row(&sheet, 0, " 0 calls/s");
	/* The longest numbers that there is room for. */
	segment(&sheet, 10, 4, 999999ULL * 4096);
	look(&sheet);
	expect_row(&sheet, 2, "SHMALL [|         ]  1.0M/no limit   0%");
	destroyed(&sheet.f, 10, 4);
	segment(&sheet, 10, 4, 999900ULL * 4096);
	look(&sheet);
	expect_row(&sheet, 2, "SHMALL [|         ]999907/no limit   0%");
	destroyed(&sheet.f, 10, 4);
	lost(&sheet.f, 5);
	sheet.lost = 5;
	look(&sheet);
	expect_row(&sheet, 0, "inexact");
	expect_row(&sheet, 0, "5 lost");

	press(&sheet, '7');
	expect_selected(&sheet, LIST_TOP, "7          own           4");
	press(&sheet, SCREEN_KEY_DOWN);
	expect_selected(&sheet, LIST_TOP + 1, "8                        0");
	expect_row(&sheet, LIST_TOP + 1, "SEMMNI 100%");
	press(&sheet, SCREEN_KEY_ENTER);
	expect_row(&sheet, 0, "ipc:[8] chosen");
	expect_row(&sheet, 1, "SEMMNI [||||||||||]            1/1 100%");
	press(&sheet, '2');
	expect_row(&sheet, LIST_TOP + 1, "there are no segments in ipc:[8]; Esc shows all");
	press(&sheet, SCREEN_KEY_ESCAPE);
	expect_row(&sheet, 0, "ipc:[7] own");
	expect_row(&sheet, 23, "1-4 of 4");
	sheet_close(&sheet);
}

static void test_story_of_an_object(void **state)
{
	struct sheet sheet;

	(void)state;
	sheet_open(&sheet, &plain);
	segment(&sheet, 10, 4, 12345);
	attached(&sheet.f, 10, 0x1000, 4);
	look(&sheet);
	press(&sheet, '2');
	press(&sheet, SCREEN_KEY_ENTER);
	expect_row(&sheet, LIST_TOP, "Segment 4, key 0x00001004, in ipc:[7]");
	expect_somewhere(&sheet, "in-use: somebody has it attached");
	expect_somewhere(&sheet, "12345 bytes (12.1K)");
	expect_somewhere(&sheet, "comm10 (10), uid 0, alive");
	expect_somewhere(&sheet, "     10  comm10           1 mapping");
	/* It goes on with the ledger. */
	detached(&sheet.f, 10, 0x1000, 4);
	look(&sheet);
	expect_somewhere(&sheet, "idle: nobody has it attached");
	expect_somewhere(&sheet, "  none");
	destroyed(&sheet.f, 10, 4);
	look(&sheet);
	expect_row(&sheet, LIST_TOP, "Gone: removed");
	expect_somewhere(&sheet, "idle: nobody has it attached");
	look(&sheet);
	expect_row(&sheet, LIST_TOP, "Gone: removed");
	expect_row(&sheet, LIST_TOP + 2, "Segment 4, key");
	press(&sheet, SCREEN_KEY_ESCAPE);
	expect_somewhere(&sheet, "there are no segments");
	sheet_close(&sheet);
}

static void test_long_lines_of_a_story(void **state)
{
	struct sheet sheet;

	(void)state;
	sheet_open(&sheet, &plain);
	segment(&sheet, 10, 4, 12345);
	exited(&sheet.f, 10);
	look(&sheet);
	press(&sheet, '2');
	press(&sheet, SCREEN_KEY_ENTER);
	expect_row(&sheet, LIST_TOP + 2, " state      orphan: a leak: nobody has it attached, ");
	/* It goes on below its text, not below its label. */
	expect_row(&sheet, LIST_TOP + 3, "            nobody marked it for removal");
	expect_row(&sheet, LIST_TOP + 4, " known      observed");
	sheet_close(&sheet);
}

static void test_long_message(void **state)
{
	static const char message[] = "shm 6 skipped: not attached; creator 11321 has ended; last "
				      "user user2[11057] runs, and may attach it again";
	struct sheet sheet;

	(void)state;
	sheet_open(&sheet, &plain);
	for (uint32_t i = 0; i < 40; i++)
		segment(&sheet, 10, i, 4096);
	press(&sheet, '2');
	screen__say(sheet.screen, "shm 6 removed");
	look(&sheet);
	expect_row(&sheet, 23, "shm 6 removed");
	expect_row(&sheet, 23, "1-17 of 40");
	screen__say(sheet.screen, message);
	look(&sheet);
	/* Its end is what matters: it is over the last rows of the list. */
	expect_row(&sheet, 22, "shm 6 skipped: not attached; creator 11321 has ended; last user ");
	expect_row(&sheet, 23, "and may attach it again");
	expect_nowhere(&sheet, "~");
	press(&sheet, SCREEN_KEY_UP);
	expect_row(&sheet, 23, "1-17 of 40");
	sheet_resize(&sheet, 24, 200);
	screen__say(sheet.screen, message);
	look(&sheet);
	expect_row(&sheet, 23, message);
	sheet_close(&sheet);
}

static void test_story_of_a_process(void **state)
{
	struct call_event call;
	struct sheet sheet;

	(void)state;
	sheet_open(&sheet, &plain);
	for (int id = 0; id < 700; id++)
		segment(&sheet, 10, id, 4096);
	attached(&sheet.f, 10, 0x1000, 3);
	call = (struct call_event){
		.head = head(&sheet.f, EVENT_CALL, 10), .call = CALL_SHMGET, .ret = -28};
	feed(&sheet.f, &call);
	look(&sheet);
	press(&sheet, SCREEN_KEY_ENTER);
	expect_row(&sheet, LIST_TOP, "Process 10, ");
	expect_somewhere(&sheet, "calls      1, of which 1 failed: ENOSPC 1");
	expect_somewhere(&sheet, "made       700 objects since the start; 700 that exist");
	/* 500 of the 700 are told, and the rest is counted. */
	press(&sheet, SCREEN_KEY_END);
	expect_somewhere(&sheet, "and 200 more");
	expect_row(&sheet, 22, "shm 3           0x00001003  in-use   4096 bytes, 1 mapping");
	press(&sheet, SCREEN_KEY_HOME);
	expect_row(&sheet, LIST_TOP, "Process 10, ");
	press(&sheet, SCREEN_KEY_PAGE_DOWN);
	expect_nowhere(&sheet, "Process 10, ");
	/* Lines are as long as the terminal is wide, and what is looked at stays in it. */
	sheet_resize(&sheet, 90, 200);
	draw(&sheet);
	sheet_close(&sheet);
}

static struct call_limits_event refused(struct sheet *sheet, uint32_t pid)
{
	struct call_limits_event event = {
		.call = {.head = head(&sheet->f, EVENT_CALL_LIMITS, pid),
			 .args = {0, 1, 0600},
			 .ret = -28,
			 .call = CALL_SEMGET,
			 .flags = CALL_F_LIMITS_EXACT,
			 .stage = GET_NEW},
		.limits = {.shmmax = 1,
			   .shmall = 1,
			   .shmmni = 1,
			   .semmsl = 250,
			   .semmni = 100,
			   .semmni_used = 100,
			   .semmns = 1000,
			   .semmns_used = 100,
			   .msgmni = 1},
	};

	strcpy(event.call.head.comm, "httpd");
	return event;
}

static void refuse(struct sheet *sheet, uint32_t pid)
{
	struct call_limits_event event = refused(sheet, pid);
	struct view_refusal said = {};
	struct refusal refusal;
	struct view *view = failures__view(sheet->failures);

	assert_int_equal(refusal__explain(&refusal, &event.call, sheet->f.ledger, NULL), 0);
	assert_int_equal(refusal.cause, REFUSAL_LIMIT);
	said.refusal = &refusal;
	view->ops->refusal(view, &said);
}

static void test_failures(void **state)
{
	struct view_suppressed alike = {.time_ns = 1,
					.count = 41,
					.ipcns = NS,
					.call = CALL_SEMGET,
					.error = 28,
					.cause = REFUSAL_LIMIT,
					.limit = LIMIT_SEMMNI};
	struct view_suppressed others = {.time_ns = 2, .count = 9, .call = CALL_COUNT};
	struct sheet sheet;
	struct view *view;

	(void)state;
	sheet_open(&sheet, &plain);
	view = failures__view(sheet.failures);
	refuse(&sheet, 10);
	press(&sheet, '6');
	expect_row(&sheet, LIST_TOP,
		   "     10 httpd           semget ENOSPC     1 SEMMNI: 100 of 100 sets");
	view->ops->suppressed(view, &alike);
	view->ops->suppressed(view, &others);
	look(&sheet);
	expect_somewhere(&sheet, "semget ENOSPC    42 SEMMNI: 100 of 100 sets");
	expect_somewhere(&sheet, "9 failures of too many kinds");
	press(&sheet, SCREEN_KEY_DOWN);
	for (int i = 0; i < 2 && !strstr(sheet.text[selected_row(&sheet)], "httpd"); i++)
		press(&sheet, SCREEN_KEY_UP);
	press(&sheet, SCREEN_KEY_ENTER);
	expect_row(&sheet, LIST_TOP,
		   "semget(IPC_PRIVATE, 1, 0600) = -1 ENOSPC (No space left on device)");
	expect_somewhere(&sheet, "httpd (10), uid 0, in ipc:[7]");
	expect_somewhere(&sheet, "42, by this process or others");
	expect_somewhere(&sheet, "SEMMNI: 100 of 100 sets in use in ipc:[7]");
	/* What is looked at stays, also when newer ones push it out. */
	for (int i = 0; i < FAILURES_MAX + 5; i++)
		refuse(&sheet, 11);
	look(&sheet);
	expect_somewhere(&sheet, "httpd (10), uid 0, in ipc:[7]");
	press(&sheet, SCREEN_KEY_ESCAPE);
	expect_row(&sheet, 23, "of 1000");
	assert_int_equal(failures__count(sheet.failures), FAILURES_MAX);
	assert_int_equal(failures__at(sheet.failures, 0)->number, 8);
	sheet_close(&sheet);
}

/* What other processes are called is theirs; what reaches the terminal is not. */
/* Where there is room, and for the filter and stories in any case. */
static void test_containers(void **state)
{
	static const struct screen_options options = {.own_ipcns = NS};
	static const struct screen_options one = {.own_ipcns = NS, .container = "docker:c0ffee"};
	static const char id[] = "c0ffee0000112233445566778899aabbccddeeff00112233445566778899aabb";
	const struct screen_options *const all[] = {&options, &one};
	struct sheet sheet;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		sheet_open(&sheet, all[i]);
		created(&sheet.f, 2, 1);
		contained(&sheet.f, 2, RUNTIME_DOCKER, id);
		created(&sheet.f, 3, 2);
		contained(&sheet.f, 3, RUNTIME_UNIT, "\x1b[31mred.service");
		created(&sheet.f, 4, 3);
		look(&sheet);
		expect_nowhere(&sheet, "CONTAINER");
		sheet_resize(&sheet, 24, 160);
		look(&sheet);
		expect_row(&sheet, LIST_TOP - 1, "CONTAINER");
		expect_somewhere(&sheet, " docker:c0ffee000011 ");
		if (i)
			expect_nowhere(&sheet, "comm3");
		else
			expect_somewhere(&sheet, " \\x1b[31mred.service ");
		type(&sheet, "2");
		expect_row(&sheet, LIST_TOP - 1, "CONTAINER");
		expect_somewhere(&sheet, " docker:c0ffee000011 ");
		assert_int_equal(find_row(&sheet, "comm3") < 0, i);
		type(&sheet, "/coffee");
		expect_nowhere(&sheet, "comm2");
		press(&sheet, SCREEN_KEY_ESCAPE);
		type(&sheet, "/c0ffee");
		expect_somewhere(&sheet, "comm2");
		expect_nowhere(&sheet, "comm3");
		press(&sheet, SCREEN_KEY_ENTER);
		press(&sheet, SCREEN_KEY_ENTER);
		expect_somewhere(&sheet, "container  docker:c0ffee000011");
		sheet_close(&sheet);
	}
}

static void test_hostile_names(void **state)
{
	const struct screen_options utf8 = {.own_ipcns = NS, .utf8 = true};
	struct object_event event;
	struct sheet sheet;

	(void)state;
	sheet_open(&sheet, &plain);
	event = object_event(&sheet.f, OBJECT_CREATED, 10, OBJECT_SHM, 1);
	memcpy(event.head.comm, "\33[2J\33]0;x\7\xff\xfe\n", 14);
	feed(&sheet.f, &event);
	look(&sheet);
	expect_row(&sheet, LIST_TOP, "\\x1b[2J\\x1b]0;~ alive");
	press(&sheet, SCREEN_KEY_ENTER);
	expect_row(&sheet, LIST_TOP, "Process 10, \\x1b[2J\\x1b]0;x\\x07\\xff\\xfe\\x0a");
	sheet_close(&sheet);

	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		fail_msg("there is no locale C.UTF-8");
	sheet_open(&sheet, &utf8);
	event = object_event(&sheet.f, OBJECT_CREATED, 10, OBJECT_SHM, 1);
	memcpy(event.head.comm, "\u6f22\u5b57\u6f22\u5b57\u6f22", 15);
	feed(&sheet.f, &event);
	look(&sheet);
	expect_row(&sheet, LIST_TOP, "\u6f22\u5b57\u6f22\u5b57\u6f22     alive");
	setlocale(LC_CTYPE, "C");
	sheet_close(&sheet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_too_small),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_story_of_an_object),
		cmocka_unit_test(test_long_lines_of_a_story),
		cmocka_unit_test(test_long_message),
		cmocka_unit_test(test_story_of_a_process),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_containers),
		cmocka_unit_test(test_hostile_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
