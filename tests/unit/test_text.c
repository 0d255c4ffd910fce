// SPDX-License-Identifier: GPL-2.0-only
/*
 * The text view against golden lines. Users read these and scripts cut them into columns: a change
 * here is a change of the interface.
 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "ledger/refusal.h"
#include "view/refusal.h"
#include "view/text.h"

/* 2026-01-02 10:15:01 UTC */
#define BASE_NS 1767348901000000000ll

static const struct call_event shmget_call = {
	.head = {.time_ns = 123456789,
		 .type = EVENT_CALL,
		 .pid = 4121,
		 .tid = 4122,
		 .uid = 1000,
		 .ipcns = 4026531839,
		 .comm = "postgres"},
	.args = {0x52e2c1, 56, 03600},
	.ret = 32769,
	.duration_ns = 4999,
	.call = CALL_SHMGET,
};

#define SHMGET_LINE                                                                                \
	"10:15:01.123456 4121    postgres        shmget(0x52e2c1, 56, IPC_CREAT|IPC_EXCL|0600) = " \
	"32769 <0.000004>\n"

/* A view that writes to memory. */
struct capture {
	struct view *view;
	FILE *file;
	char *text;
	size_t len;
};

static void capture_open(struct capture *c, bool color, bool header)
{
	c->file = open_memstream(&c->text, &c->len);
	assert_non_null(c->file);
	c->view = text_view__new(c->file, color, header);
	assert_non_null(c->view);
	c->view->clock_offset_ns = BASE_NS;
	c->view->ops->begin(c->view);
}

static char *capture_close(struct capture *c)
{
	const struct view_totals totals = {.calls = 1, .lost = {1}};

	c->view->ops->end(c->view, &totals);
	c->view->ops->free(c->view);
	fclose(c->file);
	return c->text;
}

static char *print(const struct call_event *call, bool color)
{
	struct capture c;

	capture_open(&c, color, false);
	c.view->ops->call(c.view, call);
	return capture_close(&c);
}

static void check(const struct call_event *call, const char *expected)
{
	char *text = print(call, false);

	assert_string_equal(text, expected);
	free(text);
}

static struct call_limits_event failed_get(enum call_id id)
{
	struct call_limits_event event = {
		.call = shmget_call,
		.limits = {.shmmax = UINT64_MAX - (1 << 24),
			   .shmall = 18446744073692774399ull,
			   .shmall_used = 4096,
			   .shmmni = 4096,
			   .shmmni_used = 4095,
			   .semmsl = 32001,
			   .semmni = 32000,
			   .semmni_used = 31999,
			   .semmns = 1024000000,
			   .semmns_used = 123,
			   .msgmni = 32768,
			   .msgmni_used = 5},
	};

	event.call.head.type = EVENT_CALL_LIMITS;
	event.call.call = id;
	event.call.ret = -28;
	event.call.flags = CALL_F_LIMITS_EXACT;
	event.call.args[0] = 0;
	if (id == CALL_MSGGET)
		event.call.args[1] = 01600;
	return event;
}

static void test_header(void **state)
{
	struct capture c;
	char *text;

	(void)state;
	capture_open(&c, false, true);
	c.view->ops->call(c.view, &shmget_call);
	text = capture_close(&c);
	assert_string_equal(text, "TIME            PID     COMM            CALL\n" SHMGET_LINE);
	free(text);
}

static void test_line(void **state)
{
	struct call_event call = shmget_call;

	(void)state;
	check(&call, SHMGET_LINE);
	call.duration_ns = 12345678901;
	call.head.pid = 0;
	strcpy(call.head.comm, "a");
	check(&call, "10:15:01.123456 0       a               "
		     "shmget(0x52e2c1, 56, IPC_CREAT|IPC_EXCL|0600) = 32769 <12.345678>\n");
	call.flags = CALL_F_NO_DURATION;
	call.head.pid = 4194304;
	strcpy(call.head.comm, "fifteen_bytes_x");
	check(&call, "10:15:01.123456 4194304 fifteen_bytes_x "
		     "shmget(0x52e2c1, 56, IPC_CREAT|IPC_EXCL|0600) = 32769\n");
}

/* Columns move rather than run into each other. */
static void test_wide_columns(void **state)
{
	struct call_event call = shmget_call;

	(void)state;
	call.flags = CALL_F_NO_DURATION;
	call.head.pid = UINT32_MAX;
	memset(call.head.comm, '\n', EVENT_COMM_LEN); /* and no NUL at the end */
	check(&call, "10:15:01.123456 4294967295 "
		     "\\x0a\\x0a\\x0a\\x0a\\x0a\\x0a\\x0a\\x0a"
		     "\\x0a\\x0a\\x0a\\x0a\\x0a\\x0a\\x0a\\x0a "
		     "shmget(0x52e2c1, 56, IPC_CREAT|IPC_EXCL|0600) = 32769\n");
	call.head.pid = 1;
	strcpy(call.head.comm, "\xe6\x97\xa5\xe6\x9c\xac");
	check(&call, "10:15:01.123456 1       \xe6\x97\xa5\xe6\x9c\xac            "
		     "shmget(0x52e2c1, 56, IPC_CREAT|IPC_EXCL|0600) = 32769\n");
}

static void test_not_utf8(void **state)
{
	struct call_event call = shmget_call;
	char *text;

	(void)state;
	strcpy(call.head.comm, "\xc3\xa9");
	setlocale(LC_CTYPE, "C");
	text = print(&call, false);
	setlocale(LC_CTYPE, "C.UTF-8");
	assert_memory_equal(text + 24, "\\xc3\\xa9        shmget(", 23);
	free(text);
}

static void test_seconds_pass(void **state)
{
	struct call_event call = shmget_call;
	struct capture c;
	char *text;

	(void)state;
	capture_open(&c, false, false);
	c.view->ops->call(c.view, &call);
	call.head.time_ns += 59000000000;
	c.view->ops->call(c.view, &call);
	/* A call that returned late entered before the one above. */
	call.head.time_ns = 0;
	c.view->ops->call(c.view, &call);
	/* Somebody sets the clock, and to before 1970 at that. */
	c.view->clock_offset_ns = -1;
	c.view->ops->call(c.view, &call);
	text = capture_close(&c);
	assert_memory_equal(text, "10:15:01.123456 ", 16);
	assert_non_null(strstr(text, "\n10:16:00.123456 "));
	assert_non_null(strstr(text, "\n10:15:01.000000 "));
	assert_non_null(strstr(text, "\n23:59:59.999999 "));
	free(text);
}

static void test_local_time(void **state)
{
	char *text;

	(void)state;
	setenv("TZ", "XXX-05:30", 1);
	tzset();
	text = print(&shmget_call, false);
	setenv("TZ", "UTC", 1);
	tzset();
	assert_memory_equal(text, "15:45:01.123456 4121 ", 21);
	free(text);
}

/* A refusal stands below its call, of which the limits alone add nothing. */
static void test_refusal(void **state)
{
	struct call_limits_event event = failed_get(CALL_MSGGET);
	const struct view_suppressed left = {.time_ns = 200000000,
					     .count = 7,
					     .ipcns = 4026531839,
					     .call = CALL_MSGGET,
					     .error = 28,
					     .cause = REFUSAL_LIMIT,
					     .limit = LIMIT_MSGMNI};
	const struct view_suppressed others = {
		.time_ns = 200000000, .count = 8, .call = CALL_COUNT};
	struct view_refusal view = {.remedy = {.n_lines = 1, .lines = {"raise it"}}};
	struct refusal refusal;
	struct capture c;
	char *text;

	(void)state;
	check(&event.call, "10:15:01.123456 4121    postgres        "
			   "msgget(IPC_PRIVATE, IPC_CREAT|0600) = "
			   "-1 ENOSPC (No space left on device) <0.000004>\n");
	event.limits.msgmni_used = 32768;
	refusal__explain(&refusal, &event.call, NULL, NULL);
	view.refusal = &refusal;
	capture_open(&c, false, false);
	c.view->ops->refusal(c.view, &view);
	c.view->ops->suppressed(c.view, &left);
	c.view->ops->suppressed(c.view, &others);
	text = capture_close(&c);
	assert_string_equal(text,
			    "                                          "
			    "MSGMNI: 32768 of 32768 queues in use in ipc:[4026531839]\n"
			    "                                          raise it\n"
			    "10:15:01.200000 -       -               7 more msgget that failed "
			    "with ENOSPC by MSGMNI in ipc:[4026531839]: not explained again\n"
			    "10:15:01.200000 -       -               8 more failures, of too many "
			    "kinds at once: not explained\n");
	free(text);
}

static void test_lost(void **state)
{
	struct view_loss loss = {.time_ns = 2120000000};
	struct capture c;
	char *text;

	(void)state;
	loss.calls[CALL_SHMGET] = 1200;
	loss.calls[CALL_SEMCTL] = 34;
	capture_open(&c, false, false);
	c.view->ops->lost(c.view, &loss);
	loss.calls[CALL_SHMGET] = 1;
	loss.calls[CALL_SEMCTL] = 0;
	c.view->ops->lost(c.view, &loss);
	text = capture_close(&c);
	assert_string_equal(text, "10:15:03.120000 -       -               lost 1234 calls: "
				  "1200 shmget, 34 semctl (buffer too small, see --buffer)\n"
				  "10:15:03.120000 -       -               lost 1 call: "
				  "1 shmget (buffer too small, see --buffer)\n");
	free(text);
}

/* The longest loss there can be still is a line. */
static void test_lost_all(void **state)
{
	struct view_loss loss = {.time_ns = 2120000000};
	struct capture c;
	char *text;

	(void)state;
	for (int i = 0; i < CALL_COUNT; i++)
		loss.calls[i] = UINT64_MAX / CALL_COUNT;
	capture_open(&c, true, false);
	c.view->ops->lost(c.view, &loss);
	text = capture_close(&c);
	assert_non_null(strstr(text, " ipc (buffer too small, see --buffer)\033[0m\n"));
	free(text);
}

static void strip_sgr(char *text)
{
	char *to = text;

	while (*text) {
		if (text[0] == '\033') {
			assert_int_equal(text[1], '[');
			text += 2 + strspn(text + 2, "0123456789;");
			assert_int_equal(*text++, 'm');
		} else {
			*to++ = *text++;
		}
	}
	*to = '\0';
}

static void test_color(void **state)
{
	struct call_limits_event event = failed_get(CALL_SHMGET);
	char *plain, *colored = print(&shmget_call, true);

	(void)state;
	assert_string_equal(colored, "\033[2m10:15:01.123456\033[0m 4121    postgres        "
				     "\033[1;36mshmget\033[0m(0x52e2c1, 56, "
				     "IPC_CREAT|IPC_EXCL|0600) = 32769 <0.000004>\n");
	free(colored);
	colored = print(&event.call, true);
	assert_non_null(strstr(
		colored, ") \033[31m= -1 ENOSPC (No space left on device)\033[0m <0.000004>\n"));
	free(colored);

	for (int id = 0; id < CALL_COUNT; id++) {
		event = failed_get(id);
		for (int failed = 0; failed < 2; failed++) {
			event.call.ret = failed ? -28 : 5;
			plain = print(&event.call, false);
			colored = print(&event.call, true);
			assert_string_not_equal(plain, colored);
			strip_sgr(colored);
			assert_string_equal(plain, colored);
			free(plain);
			free(colored);
		}
	}
}

static void test_hostile_comm(void **state)
{
	(void)state;
	for (int byte = 1; byte < 256; byte++) {
		struct call_event call = shmget_call;
		size_t len;
		char *text;

		memset(call.head.comm, byte, EVENT_COMM_LEN - 1);
		text = print(&call, false);
		len = strlen(text);
		for (size_t i = 0; i + 1 < len; i++)
			assert_in_range((unsigned char)text[i], 0x20, 0x7e);
		assert_int_equal(text[len - 1], '\n');
		free(text);
	}
}

static void test_unknown_call(void **state)
{
	struct call_event call = shmget_call;

	(void)state;
	call.call = CALL_COUNT;
	check(&call, "");
	call = shmget_call;
	call.abi = ABI_COMPAT_IPC + 1;
	check(&call, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header),	     cmocka_unit_test(test_line),
		cmocka_unit_test(test_wide_columns), cmocka_unit_test(test_not_utf8),
		cmocka_unit_test(test_seconds_pass), cmocka_unit_test(test_local_time),
		cmocka_unit_test(test_refusal),	     cmocka_unit_test(test_lost),
		cmocka_unit_test(test_lost_all),     cmocka_unit_test(test_color),
		cmocka_unit_test(test_hostile_comm), cmocka_unit_test(test_unknown_call),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	if (!setlocale(LC_CTYPE, "C.UTF-8")) {
		print_message("test_text: skipped: no C.UTF-8 locale\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
