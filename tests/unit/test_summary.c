// SPDX-License-Identifier: GPL-2.0-only
/*
 * The summary. The heads and rules below were copied from what strace 6.1 -c prints.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "view/summary.h"

#define HEAD "% time     seconds  usecs/call     calls    errors syscall\n"
#define RULE "------ ----------- ----------- --------- --------- ----------------\n"

struct capture {
	struct view *view;
	FILE *file;
	char *text;
	size_t len;
};

static void capture_open(struct capture *c, bool json)
{
	c->file = open_memstream(&c->text, &c->len);
	assert_non_null(c->file);
	c->view = summary_view__new(c->file, json);
	assert_non_null(c->view);
	c->view->ops->begin(c->view);
}

static void feed(struct capture *c, enum call_id id, int count, long long ret, uint64_t duration)
{
	struct call_event call = {
		.head = {.type = EVENT_CALL},
		.call = id,
		.ret = ret,
		.duration_ns = duration,
	};

	while (count--)
		c->view->ops->call(c->view, &call);
}

static void check(struct capture *c, const struct view_totals *totals, const char *expected)
{
	fflush(c->file);
	assert_int_equal(c->len, 0); /* nothing while it runs */
	c->view->ops->end(c->view, totals);
	c->view->ops->free(c->view);
	fclose(c->file);
	assert_string_equal(c->text, expected);
	free(c->text);
}

static void test_table(void **state)
{
	const struct view_totals totals = {.calls = 16};
	struct capture c;

	(void)state;
	capture_open(&c, false);
	feed(&c, CALL_SHMGET, 3, 5, 1000);
	feed(&c, CALL_SHMGET, 1, -28, 2000);
	feed(&c, CALL_SHMAT, 2, 0x7f0000000000, 2500);
	feed(&c, CALL_SEMCTL, 10, 0, 9500);
	check(&c, &totals,
	      HEAD RULE " 90.48    0.000095           9        10           semctl\n"
			"  4.76    0.000005           1         4         1 shmget\n"
			"  4.76    0.000005           2         2           shmat\n" RULE
			"100.00    0.000105           6        16         1 total\n");
}

static void test_no_duration(void **state)
{
	struct call_event call = {.call = CALL_SHMDT, .flags = CALL_F_NO_DURATION};
	const struct view_totals totals = {.calls = 1};
	struct capture c;

	(void)state;
	call.duration_ns = 77777; /* has no meaning */
	capture_open(&c, false);
	c.view->ops->call(c.view, &call);
	check(&c, &totals,
	      HEAD RULE "  0.00    0.000000           0         1           shmdt\n" RULE
			"  0.00    0.000000           0         1           total\n");
	/* The mean is that of the calls whose time is known. */
	capture_open(&c, false);
	c.view->ops->call(c.view, &call);
	feed(&c, CALL_SHMDT, 1, 0, 10000);
	check(&c, &totals,
	      HEAD RULE "100.00    0.000010          10         2           shmdt\n" RULE
			"100.00    0.000010          10         2           total\n");
}

static void test_wide(void **state)
{
	const struct view_totals totals = {.calls = 1};
	struct capture c;

	(void)state;
	capture_open(&c, false);
	feed(&c, CALL_MSGRCV, 1, -514, 1234567890123000000);
	check(&c, &totals,
	      "% time           seconds       usecs/call     calls    errors syscall\n"
	      "------ ----------------- ---------------- --------- --------- ----------------\n"
	      "100.00 1234567890.123000 1234567890123000         1         1 msgrcv\n"
	      "------ ----------------- ---------------- --------- --------- ----------------\n"
	      "100.00 1234567890.123000 1234567890123000         1         1 total\n");
}

static void test_nothing(void **state)
{
	const struct view_totals totals = {0};
	struct capture c;

	(void)state;
	capture_open(&c, false);
	check(&c, &totals, "");
}

static void test_lost(void **state)
{
	struct view_totals totals = {.calls = 1};
	struct view_loss loss = {.calls = {1, 1}};
	struct capture c;

	(void)state;
	totals.lost[CALL_SHMGET] = 7;
	totals.lost[CALL_IPC] = 3;
	capture_open(&c, false);
	c.view->ops->lost(c.view, &loss);
	check(&c, &totals, "lost 10 calls: 7 shmget, 3 ipc (buffer too small, see --buffer)\n");
	capture_open(&c, false);
	feed(&c, CALL_SHMDT, 1, 0, 1000);
	check(&c, &totals,
	      HEAD RULE "100.00    0.000001           1         1           shmdt\n" RULE
			"100.00    0.000001           1         1           total\n"
			"lost 10 calls: 7 shmget, 3 ipc (buffer too small, see --buffer)\n");
}

static void test_json(void **state)
{
	struct view_totals totals = {.calls = 3, .elapsed_ns = 1500000000};
	struct capture c;

	(void)state;
	totals.lost[CALL_SEMGET] = 2;
	capture_open(&c, true);
	feed(&c, CALL_SHMGET, 2, 5, 1000);
	feed(&c, CALL_MSGGET, 1, -2, 3);
	check(&c, &totals,
	      "{\"type\":\"summary\",\"version\":1,\"calls\":{"
	      "\"shmget\":{\"calls\":2,\"errors\":0,\"time_ns\":2000},"
	      "\"msgget\":{\"calls\":1,\"errors\":1,\"time_ns\":3}},"
	      "\"total\":{\"calls\":3,\"errors\":1,\"time_ns\":2003},"
	      "\"lost\":{\"calls\":{\"semget\":2},\"total\":2},\"elapsed_ns\":1500000000}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table), cmocka_unit_test(test_no_duration),
		cmocka_unit_test(test_wide),  cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_lost),  cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
