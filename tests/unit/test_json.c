// SPDX-License-Identifier: GPL-2.0-only
/*
 * The JSON writer, and the JSON view against golden lines and, by way of tests/live/schema_check,
 * against the schema and another JSON reader than ours. Run from the top of the repository, as
 * make check does, or with SCHEMA_CHECK=PATH.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "base/json_writer.h"
#include "view/json.h"
#include "view/summary.h"

/* 2026-01-02 10:15:01 UTC */
#define BASE_NS 1767348901000000000ll

#define SHMGET_LINE                                                                            \
	"{\"type\":\"call\",\"version\":1,\"time\":\"2026-01-02T10:15:01.123456789Z\","        \
	"\"pid\":4121,\"tid\":4122,\"uid\":1000,\"comm\":\"postgres\",\"ipcns\":4026531839,"   \
	"\"call\":\"shmget\",\"args\":{\"key\":4294967295,\"size\":56,\"shmflg\":1920},"       \
	"\"ret\":32769,\"errno\":null,\"error\":null,\"duration_ns\":4999,\"abi\":\"native\"," \
	"\"text\":\"shmget(0xffffffff, 56, IPC_CREAT|IPC_EXCL|0600) = 32769\"}\n"

static struct call_limits_event shmget_event(void)
{
	return (struct call_limits_event){
		.call = {.head = {.time_ns = 123456789,
				  .type = EVENT_CALL,
				  .pid = 4121,
				  .tid = 4122,
				  .uid = 1000,
				  .ipcns = 4026531839,
				  .comm = "postgres"},
			 .args = {0xffffffff, 56, 03600},
			 .ret = 32769,
			 .duration_ns = 4999,
			 .call = CALL_SHMGET},
		.limits = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
	};
}

/* A view that writes to memory. */
struct capture {
	struct view *view;
	FILE *file;
	char *text;
	size_t len;
};

static void capture_open(struct capture *c)
{
	c->file = open_memstream(&c->text, &c->len);
	assert_non_null(c->file);
	c->view = json_view__new(c->file);
	assert_non_null(c->view);
	c->view->clock_offset_ns = BASE_NS;
	c->view->ops->begin(c->view);
}

static char *capture_close(struct capture *c)
{
	c->view->ops->free(c->view);
	fclose(c->file);
	return c->text;
}

static char *print(const struct call_limits_event *event)
{
	struct capture c;

	capture_open(&c);
	c.view->ops->call(c.view, &event->call);
	return capture_close(&c);
}

static void check(const struct call_limits_event *event, const char *expected)
{
	char *text = print(event);

	assert_string_equal(text, expected);
	free(text);
}

static void check_contains(const struct call_limits_event *event, const char *expected)
{
	char *text = print(event);

	if (!strstr(text, expected))
		fail_msg("no %s in %s", expected, text);
	free(text);
}

/* One object with everything in it. */
static size_t write_sample(char *data, size_t cap)
{
	struct json_writer w;

	json_writer__init(&w, data, cap);
	json_writer__begin(&w, NULL);
	json_writer__str(&w, "a", "x\"\n");
	json_writer__begin(&w, "b");
	json_writer__u64(&w, "c", UINT64_MAX);
	json_writer__begin(&w, "empty");
	json_writer__end(&w);
	json_writer__s64(&w, "d", INT64_MIN);
	json_writer__end(&w);
	json_writer__bool(&w, "e", true);
	json_writer__bool(&w, "f", false);
	json_writer__null(&w, "g");
	json_writer__str(&w, "h", NULL);
	json_writer__string(&w, "i", "cut here", 3);
	json_writer__end(&w);
	return json_writer__finish(&w);
}

static const char sample[] =
	"{\"a\":\"x\\\"\\u000a\",\"b\":{\"c\":18446744073709551615,\"empty\":{},"
	"\"d\":-9223372036854775808},\"e\":true,\"f\":false,\"g\":null,\"h\":null,\"i\":"
	"\"cut\"}\n";

static void test_writer(void **state)
{
	char data[512];

	(void)state;
	assert_int_equal(write_sample(data, sizeof(data)), strlen(sample));
	assert_memory_equal(data, sample, strlen(sample));
}

/* With too little room there is no line at all, and no byte behind the room. */
static void test_writer_without_room(void **state)
{
	(void)state;
	for (size_t cap = 0; cap < 2 * sizeof(sample); cap++) {
		char *data = malloc(cap + 1);
		size_t len;

		assert_non_null(data);
		data[cap] = 'X';
		len = write_sample(data, cap);
		assert_int_equal(data[cap], 'X');
		if (cap < strlen(sample))
			assert_int_equal(len, 0);
		else if (len)
			assert_memory_equal(data, sample, strlen(sample));
		free(data);
	}
}

static void test_writer_numbers(void **state)
{
	/* Around each power of ten, where a digit more is needed. */
	uint64_t power = 1;

	(void)state;
	for (int digits = 1; digits <= 20; digits++, power *= 10) {
		for (int near = -1; near <= 1; near++) {
			uint64_t value = power + near;
			char data[64], expected[64];
			struct json_writer w;

			json_writer__init(&w, data, sizeof(data));
			json_writer__begin(&w, NULL);
			json_writer__u64(&w, "u", value);
			json_writer__s64(&w, "s", -(int64_t)(value >> 1));
			json_writer__end(&w);
			snprintf(expected, sizeof(expected), "{\"u\":%llu,\"s\":%lld}\n",
				 (unsigned long long)value, -(long long)(value >> 1));
			assert_int_equal(json_writer__finish(&w), strlen(expected));
			assert_memory_equal(data, expected, strlen(expected));
		}
	}
}

static void test_writer_misuse(void **state)
{
	char data[1024];
	struct json_writer w;

	(void)state;
	json_writer__init(&w, data, sizeof(data));
	assert_int_equal(json_writer__finish(&w), 0); /* nothing */

	json_writer__init(&w, data, sizeof(data));
	json_writer__begin(&w, NULL);
	assert_int_equal(json_writer__finish(&w), 0); /* not closed */

	json_writer__init(&w, data, sizeof(data));
	json_writer__u64(&w, "a", 1); /* outside */
	assert_int_equal(json_writer__finish(&w), 0);

	json_writer__init(&w, data, sizeof(data));
	json_writer__begin(&w, NULL);
	json_writer__end(&w);
	json_writer__end(&w); /* once too often */
	assert_int_equal(json_writer__finish(&w), 0);

	json_writer__init(&w, data, sizeof(data));
	json_writer__begin(&w, NULL);
	json_writer__end(&w);
	json_writer__begin(&w, NULL); /* a second one */
	json_writer__end(&w);
	assert_int_equal(json_writer__finish(&w), 0);

	json_writer__init(&w, data, sizeof(data));
	json_writer__begin(&w, NULL);
	json_writer__begin(&w, NULL); /* no key */
	json_writer__end(&w);
	json_writer__end(&w);
	assert_int_equal(json_writer__finish(&w), 0);

	for (int depth = 31; depth <= 32; depth++) {
		json_writer__init(&w, data, sizeof(data));
		for (int i = 0; i < depth; i++)
			json_writer__begin(&w, i ? "a" : NULL);
		for (int i = 0; i < depth; i++)
			json_writer__end(&w);
		assert_int_equal(json_writer__finish(&w) != 0, depth == 31);
	}
}

static void test_call(void **state)
{
	struct call_limits_event event = shmget_event();

	(void)state;
	check(&event, SHMGET_LINE);
}

static void test_call_unknowns(void **state)
{
	struct call_limits_event event = shmget_event();

	(void)state;
	event.call.head.pid = event.call.head.tid = 0;
	event.call.flags = CALL_F_NO_DURATION;
	check_contains(&event, "\"pid\":null,\"tid\":null,\"uid\":1000,");
	check_contains(&event, "\"duration_ns\":null,");

	event = shmget_event();
	event.call.call = CALL_SHMAT;
	event.call.abi = ABI_COMPAT_IPC;
	event.call.flags = CALL_F_NO_RESULT;
	event.call.ret = 0;
	check_contains(&event, "\"ret\":null,\"errno\":null,\"error\":null,");
	check_contains(&event, "\"abi\":\"ipc\",");
	event.call.flags = 0;
	event.call.ret = 0x7f0000001000;
	event.call.abi = ABI_NATIVE;
	check_contains(&event, "\"ret\":139637976731648,");

	event.call.call = CALL_MSGRCV;
	event.call.flags = CALL_F_KLUDGE_FAULT;
	event.call.ret = -14;
	check_contains(&event,
		       "\"args\":{\"msqid\":-1,\"msgp\":null,\"msgsz\":1920,\"msgtyp\":null,"
		       "\"msgflg\":0},\"ret\":-1,\"errno\":14,\"error\":\"EFAULT\",");
	event.call.call = CALL_COUNT;
	check(&event, "");
}

static void test_call_errors(void **state)
{
	struct call_limits_event event = shmget_event();

	(void)state;
	event.call.ret = -17;
	check_contains(&event, "\"ret\":-1,\"errno\":17,\"error\":\"EEXIST\",");
	event.call.ret = -4095;
	check_contains(&event, "\"ret\":-1,\"errno\":4095,\"error\":null,");
	event.call.ret = -4096;
	check_contains(&event, "\"ret\":-4096,\"errno\":null,\"error\":null,");
	event.call.call = CALL_SEMTIMEDOP;
	event.call.ret = -514;
	check_contains(&event, "\"ret\":null,\"errno\":514,\"error\":\"ERESTARTNOHAND\",");
	event.call.ret = -512;
	check_contains(&event, "\"ret\":null,\"errno\":512,\"error\":\"ERESTARTSYS\",");
}

/* As the kernel reads the registers: an int is the lower half of one. */
static void test_args(void **state)
{
	static const char *const expected[CALL_COUNT] = {
		[CALL_SHMGET] = "{\"key\":4294967294,\"size\":18446744073709551613,\"shmflg\":-4}",
		[CALL_SHMAT] = "{\"shmid\":-2,\"shmaddr\":18446744073709551613,\"shmflg\":-4}",
		[CALL_SHMDT] = "{\"shmaddr\":18446744073709551614}",
		[CALL_SHMCTL] = "{\"shmid\":-2,\"cmd\":-3,\"buf\":18446744073709551612}",
		[CALL_SEMGET] = "{\"key\":4294967294,\"nsems\":-3,\"semflg\":-4}",
		[CALL_SEMCTL] =
			"{\"semid\":-2,\"semnum\":-3,\"cmd\":-4,\"arg\":18446744073709551611}",
		[CALL_MSGGET] = "{\"key\":4294967294,\"msgflg\":-3}",
		[CALL_MSGCTL] = "{\"msqid\":-2,\"cmd\":-3,\"buf\":18446744073709551612}",
		[CALL_SEMOP] = "{\"semid\":-2,\"sops\":18446744073709551613,\"nsops\":4294967292}",
		[CALL_SEMTIMEDOP] = "{\"semid\":-2,\"sops\":18446744073709551613,"
				    "\"nsops\":4294967292,\"timeout\":18446744073709551611}",
		[CALL_MSGSND] = "{\"msqid\":-2,\"msgp\":18446744073709551613,"
				"\"msgsz\":18446744073709551612,\"msgflg\":-5}",
		[CALL_MSGRCV] = "{\"msqid\":-2,\"msgp\":18446744073709551613,"
				"\"msgsz\":18446744073709551612,\"msgtyp\":-5,\"msgflg\":-6}",
		[CALL_IPC] = "{\"call\":4294967294,\"first\":-3,\"second\":18446744073709551612,"
			     "\"third\":18446744073709551611,\"ptr\":18446744073709551610,"
			     "\"fifth\":-7}",
	};

	(void)state;
	for (int id = 0; id < CALL_COUNT; id++) {
		struct call_limits_event event = shmget_event();
		char args[256];

		event.call.call = id;
		for (int i = 0; i < EVENT_ARGS_MAX; i++)
			event.call.args[i] = -2 - i;
		snprintf(args, sizeof(args), ",\"args\":%s,", expected[id]);
		check_contains(&event, args);
	}
}

/* The arguments of 32-bit callers come zero-extended: -5 as 4294967291. */
static void test_compat_long(void **state)
{
	struct call_limits_event event = shmget_event();

	(void)state;
	event.call.call = CALL_MSGRCV;
	event.call.args[3] = 4294967291;
	check_contains(&event, "\"msgtyp\":4294967291,");
	event.call.abi = ABI_COMPAT;
	check_contains(&event, "\"msgtyp\":-5,");
	check_contains(&event, "\"abi\":\"compat\",");
}

static void test_limits(void **state)
{
	struct call_limits_event event = shmget_event();

	(void)state;
	event.call.head.type = EVENT_CALL_LIMITS;
	event.call.ret = -28;
	event.call.flags = CALL_F_LIMITS_EXACT;
	check_contains(&event, "(No space left on device)\",\"limits\":{\"exact\":true,"
			       "\"shmmni\":{\"used\":5,\"limit\":4},"
			       "\"shmall\":{\"used\":3,\"limit\":2},"
			       "\"shmmax\":{\"limit\":1},\"semmsl\":{\"limit\":6},"
			       "\"semmni\":{\"used\":8,\"limit\":7},"
			       "\"semmns\":{\"used\":10,\"limit\":9},"
			       "\"msgmni\":{\"used\":12,\"limit\":11}}}\n");
	event.call.flags = 0;
	check_contains(&event, "\"limits\":{\"exact\":false,");
}

static void test_lost_and_end(void **state)
{
	struct view_totals totals = {.calls = 9, .failed = 2, .elapsed_ns = 1500000000};
	struct view_loss loss = {.time_ns = 59000000001};
	const struct call_limits_event shmget = shmget_event();
	struct capture c;
	char *text;

	(void)state;
	totals.lost[CALL_IPC] = loss.calls[CALL_IPC] = 3;
	totals.lost[CALL_SHMGET] = loss.calls[CALL_SHMGET] = 4;
	capture_open(&c);
	c.view->ops->call(c.view, &shmget.call); /* in another second */
	c.view->ops->lost(c.view, &loss);
	c.view->ops->end(c.view, &totals);
	text = capture_close(&c);
	assert_string_equal(
		text, SHMGET_LINE
		"{\"type\":\"lost\",\"version\":1,\"time\":\"2026-01-02T10:16:00.000000001Z\","
		"\"calls\":{\"shmget\":4,\"ipc\":3},\"total\":7}\n"
		"{\"type\":\"end\",\"version\":1,\"time\":\"2026-01-02T10:16:00.000000001Z\","
		"\"calls\":9,\"failed\":2,\"lost\":{\"calls\":{\"shmget\":4,\"ipc\":3},"
		"\"total\":7},\"elapsed_ns\":1500000000}\n");
	free(text);

	capture_open(&c);
	memset(totals.lost, 0, sizeof(totals.lost));
	c.view->ops->end(c.view, &totals);
	text = capture_close(&c);
	assert_string_equal(text, "{\"type\":\"end\",\"version\":1,\"time\":null,\"calls\":9,"
				  "\"failed\":2,\"lost\":{\"calls\":{},\"total\":0},"
				  "\"elapsed_ns\":1500000000}\n");
	free(text);
}

static void test_hostile_comm(void **state)
{
	struct call_limits_event event = shmget_event();

	(void)state;
	strcpy(event.call.head.comm, "\",\"pid\":1\n\xff\xc2\x85");
	check_contains(&event, "\"comm\":\"\\\",\\\"pid\\\":1\\u000a\xef\xbf\xbd\\u0085\",");
	for (int byte = 1; byte < 256; byte++) {
		char *text;

		memset(event.call.head.comm, byte, EVENT_COMM_LEN);
		text = print(&event);
		for (size_t i = 0; i + 1 < strlen(text); i++)
			assert_true((unsigned char)text[i] >= 0x20 && text[i] != 0x7f);
		assert_int_equal(text[strlen(text) - 1], '\n');
		free(text);
	}
}

/* Lines of every kind at their extremes. */
static void emit_all(FILE *out)
{
	static const int64_t results[] = {0,	1,    INT32_MAX, 0x7ffffffff000, -1,	   -28,
					  -512, -516, -4095,	 INT64_MAX,	 INT64_MIN};
	static const uint64_t values[] = {0, 1, INT32_MAX, 1u << 31, UINT32_MAX, UINT64_MAX};
	struct view_totals totals = {.calls = UINT64_MAX, .failed = UINT64_MAX};
	struct view *view = json_view__new(out), *summary = summary_view__new(out, true);
	struct call_limits_event event;
	struct view_loss loss = {.time_ns = 1};

	assert_non_null(view);
	assert_non_null(summary);
	view->ops->end(view, &totals);
	summary->ops->end(summary, &totals);
	view->clock_offset_ns = BASE_NS;
	/* Fewer combinations than there are: the checker takes a quarter of a millisecond a line.
	 */
	for (int i = 0; i < CALL_COUNT * 66; i++) {
		event = shmget_event();
		event.call.call = i % CALL_COUNT;
		event.call.ret = results[i / CALL_COUNT % 11];
		event.call.abi = i % 3;
		event.call.flags = i / 7 % 16;
		event.call.head.pid = event.call.head.tid = i % 5;
		event.call.head.time_ns = i * 1000000001ull;
		memset(event.call.head.comm, i % 256, EVENT_COMM_LEN);
		for (int j = 0; j < EVENT_ARGS_MAX; j++)
			event.call.args[j] = values[i / CALL_COUNT % 6];
		view->ops->call(view, &event.call);
		summary->ops->call(summary, &event.call);
	}
	for (int id = CALL_SHMGET; id <= CALL_MSGGET; id++) {
		if (id != CALL_SHMGET && id != CALL_SEMGET && id != CALL_MSGGET)
			continue;
		event.call.call = id;
		event.call.ret = -28;
		event.call.head.type = EVENT_CALL_LIMITS;
		memset(&event.limits, 0xff, sizeof(event.limits));
		view->ops->call(view, &event.call);
	}
	for (int id = 0; id < CALL_COUNT; id++)
		loss.calls[id] = totals.lost[id] = UINT64_MAX / CALL_COUNT;
	view->ops->lost(view, &loss);
	view->ops->end(view, &totals);
	summary->ops->end(summary, &totals);
	view->ops->free(view);
	summary->ops->free(summary);
}

/* Runs the checker over a file; its exit status. */
static int run_checker(const char *path)
{
	const char *checker = getenv("SCHEMA_CHECK") ?: "tests/live/schema_check";
	char command[512];
	int status;

	if (access(checker, R_OK)) {
		print_message("test_json: skipped: no %s from here\n", checker);
		return 77;
	}
	snprintf(command, sizeof(command), "/usr/bin/python3 '%s' '%s'", checker, path);
	status = system(command);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status) == 127 ? 77 : WEXITSTATUS(status);
}

static void test_schema(void **state)
{
	char path[] = "/tmp/shmtrace-test-json-XXXXXX";
	int fd = mkstemp(path);
	FILE *out = fdopen(fd, "w");
	int status;

	(void)state;
	assert_non_null(out);
	emit_all(out);
	assert_int_equal(fclose(out), 0);
	status = run_checker(path);
	if (status == 0) {
		/* And the checker can say no. */
		out = fopen(path, "a");
		assert_non_null(out);
		fputs("{\"type\":\"end\",\"version\":1}\n", out);
		fclose(out);
		print_message("test_json: the next complaint is wanted\n");
		assert_int_equal(run_checker(path), 1);
	}
	unlink(path);
	if (status == 77)
		skip();
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_writer),	       cmocka_unit_test(test_writer_without_room),
		cmocka_unit_test(test_writer_numbers), cmocka_unit_test(test_writer_misuse),
		cmocka_unit_test(test_call),	       cmocka_unit_test(test_call_unknowns),
		cmocka_unit_test(test_call_errors),    cmocka_unit_test(test_args),
		cmocka_unit_test(test_compat_long),    cmocka_unit_test(test_limits),
		cmocka_unit_test(test_lost_and_end),   cmocka_unit_test(test_hostile_comm),
		cmocka_unit_test(test_schema),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
