// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rows of `shmtrace limits`, as table and as JSON, and when a limit is too full.
 */
#include "ledger_events.h"

#include <limits.h>

#include "view/limit_list.h"

#define SHM (1u << OBJECT_SHM)
#define SEM (1u << OBJECT_SEM)
#define MSG (1u << OBJECT_MSG)

static const struct ipc_limits small = {
	.shmmax = 8192,
	.shmall = ULONG_MAX - (1UL << 24),
	.shmall_used = 3,
	.shmmni = 3,
	.shmmni_used = 3,
	.semmsl = 250,
	.semmni = 128,
	.semmns = 32000,
	.semopm = 100,
	.msgmni = 1000,
	.msgmni_used = 1001,
	.msgmax = 8192,
	.msgmnb = 16384,
};

struct sheet {
	struct fixture f;
	struct limit_list_options options;
	struct limit_report report;
	char *text;
};

static void tell_limits(struct fixture *f, uint32_t ipcns, const struct ipc_limits *limits)
{
	struct snapshot_event event = {
		.head = {.type = EVENT_SNAPSHOT, .time_ns = f->now},
		.action = SNAPSHOT_END,
		.ipcns = ipcns,
		.limits = *limits,
	};

	feed(f, &event);
}

static void sheet_open(struct sheet *s, unsigned int kinds, const char *columns)
{
	*s = (struct sheet){};
	fixture_open(&s->f, true);
	snapshot(&s->f, SNAPSHOT_BEGIN, 0, s->f.now);
	s->options.kinds = kinds;
	s->options.own = NS;
	s->options.ipcns = NS;
	s->options.ids_max = 32768;
	s->options.above = 100;
	s->options.listing.sort = -1;
	s->options.listing.raw = true;
	for (const char *name = columns; name; name = strchr(name, ',')) {
		size_t len;
		int column;

		name += *name == ',';
		len = strcspn(name, ",");
		column = listing__find_column(limit_list__columns, name, len);
		assert_true(column >= 0);
		s->options.listing.columns[s->options.listing.n_columns++] = column;
	}
	s->report.ledger = s->f.ledger;
	s->report.now_ns = 1000000000;
}

static void sheet_print(struct sheet *s)
{
	size_t size = 0;
	FILE *out;

	free(s->text);
	s->text = NULL;
	out = open_memstream(&s->text, &size);
	assert_non_null(out);
	assert_int_equal(limit_list__print(&s->report, &s->options, out), 0);
	fclose(out);
}

static void assert_prints(struct sheet *s, const char *expected)
{
	sheet_print(s);
	assert_string_equal(s->text, expected);
}

static void sheet_close(struct sheet *s)
{
	free(s->text);
	trend__free(s->report.trend);
	fixture_close(&s->f);
}

static void test_numbers(void **state)
{
	struct sheet s;

	(void)state;
	sheet_open(&s, SHM | SEM | MSG, "resource,limit,used,use%,free");
	tell_limits(&s.f, NS, &small);
	assert_prints(&s, "SHMMNI 3 3 100.0 0\n"
			  "SHMALL unlimited 3 0.0 unlimited\n"
			  "SHMMAX 8K - - -\n"
			  "SEMMNI 128 0 0.0 128\n"
			  "SEMMNS 32000 0 0.0 32000\n"
			  "SEMMSL 250 - - -\n"
			  "SEMOPM 100 - - -\n"
			  "MSGMNI 1000 1001 100.1 0\n"
			  "MSGMAX 8K - - -\n"
			  "MSGMNB 16K - - -\n");
	s.options.kinds = SHM;
	s.options.listing.bytes = true;
	assert_prints(&s, "SHMMNI 3 3 100.0 0\n"
			  "SHMALL 18446744073692774399 3 0.0 18446744073692774396\n"
			  "SHMMAX 8192 - - -\n");
	sheet_close(&s);
}

static void test_percent_is_never_rounded_up(void **state)
{
	struct ipc_limits l = small;
	struct sheet s;

	(void)state;
	sheet_open(&s, MSG, "resource,use%");
	l.msgmni = 32000;
	l.msgmni_used = 31999;
	tell_limits(&s.f, NS, &l);
	sheet_print(&s);
	assert_ptr_equal(strstr(s.text, "MSGMNI 99.9\n"), s.text);
	/* Of nothing there is no percentage. */
	l.msgmni = l.msgmni_used = 0;
	tell_limits(&s.f, NS, &l);
	sheet_print(&s);
	assert_ptr_equal(strstr(s.text, "MSGMNI -\n"), s.text);
	sheet_close(&s);
}

static void test_above(void **state)
{
	(void)state;
	assert_false(limit_list__is_above(80, 100, 80));
	assert_true(limit_list__is_above(81, 100, 80));
	assert_true(limit_list__is_above(1601, 2001, 80));
	assert_false(limit_list__is_above(100, 100, 100));
	assert_true(limit_list__is_above(101, 100, 100));
	assert_false(limit_list__is_above(0, 100, 0));
	assert_true(limit_list__is_above(1, ULONG_MAX, 0));
	assert_false(limit_list__is_above(0, 0, 0));
	assert_true(limit_list__is_above(1, 0, 100));
	assert_true(limit_list__is_above(ULONG_MAX, ULONG_MAX, 99));
	assert_false(limit_list__is_above(ULONG_MAX, ULONG_MAX, 100));
}

static void test_found(void **state)
{
	struct sheet s;

	(void)state;
	sheet_open(&s, SHM | SEM, NULL);
	tell_limits(&s.f, NS, &small);
	sheet_print(&s);
	assert_false(s.report.found);
	s.options.kinds = MSG;
	sheet_print(&s);
	assert_true(s.report.found);
	s.options.kinds = SHM;
	s.options.above = 99;
	sheet_print(&s);
	assert_true(s.report.found);
	/* Bounds of one object are never used. */
	s.options.kinds = SEM;
	s.options.above = 0;
	sheet_print(&s);
	assert_false(s.report.found);
	sheet_close(&s);
}

static void found(struct fixture *f, uint32_t creator, uint32_t kind, int32_t id)
{
	struct object_event event = object_event(f, OBJECT_FOUND, creator, kind, id);

	event.size = 4096;
	event.uid = 4000000000U; /* without a name */
	feed(f, &event);
}

static void test_creators(void **state)
{
	struct sheet s;

	(void)state;
	sheet_open(&s, SHM | MSG, "resource,used,orphaned,unknown,creators");
	found_process(&s.f, 2, s.f.now, s.f.now);
	found(&s.f, 2, OBJECT_SHM, 0);
	found(&s.f, 2, OBJECT_SHM, 1);
	found(&s.f, 5, OBJECT_SHM, 2);
	found(&s.f, 0, OBJECT_MSG, 0);
	tell_limits(&s.f, NS, &small);
	sheet_print(&s);
	assert_non_null(strstr(s.text, "SHMMNI 3 1 0 2\\x20by\\x20comm2[2],\\x201\\x20by\\x20[5]"
				       "\\x20ended\n"));
	assert_non_null(strstr(s.text, "MSGMNI 1001 0 1 1\\x20of\\x204000000000\n"));
	/* Two of the ended have no name, and are one. */
	found(&s.f, 6, OBJECT_SHM, 3);
	sheet_print(&s);
	assert_non_null(strstr(s.text, " 2\\x20of\\x204000000000\\x20ended,\\x202\\x20by"));
	for (uint32_t pid = 10; pid < 14; pid++) {
		found_process(&s.f, pid, s.f.now, s.f.now);
		found(&s.f, pid, OBJECT_SHM, pid);
	}
	sheet_print(&s);
	assert_non_null(strstr(s.text, "1\\x20by\\x20comm10[10],\\x20and\\x203\\x20more\n"));
	sheet_close(&s);
}

static void test_namespaces_and_order(void **state)
{
	static const struct ipc_limits unknown;
	struct ipc_limits l = small;
	struct sheet s;

	(void)state;
	sheet_open(&s, MSG, "ipcns,resource,limit");
	l.msgmni = 5;
	tell_limits(&s.f, NS + 2, &l);
	tell_limits(&s.f, NS, &small);
	tell_limits(&s.f, NS + 1, &unknown);
	s.options.ipcns = 0;
	assert_prints(&s, "7 MSGMNI 1000\n7 MSGMAX 8K\n7 MSGMNB 16K\n"
			  "9 MSGMNI 5\n9 MSGMAX 8K\n9 MSGMNB 16K\n");
	assert_int_equal(s.report.n_namespaces, 2);
	s.options.listing.sort = listing__find_column(limit_list__columns, "limit", 5);
	assert_prints(&s, "9 MSGMNI 5\n7 MSGMNI 1000\n7 MSGMAX 8K\n9 MSGMAX 8K\n"
			  "7 MSGMNB 16K\n9 MSGMNB 16K\n");
	s.options.ipcns = NS + 2;
	s.options.listing.sort = -1;
	assert_prints(&s, "9 MSGMNI 5\n9 MSGMAX 8K\n9 MSGMNB 16K\n");
	s.options.ipcns = NS + 3;
	s.options.listing.headings = true;
	assert_prints(&s, "");
	assert_int_equal(s.report.n_namespaces, 0);
	sheet_close(&s);
}

static void test_remedies_are_for_people(void **state)
{
	const struct limit_place places[] = {{NS + 5, 40}, {NS + 1, 41}};
	struct sheet s;

	(void)state;
	sheet_open(&s, MSG, "resource");
	s.options.ipcns = 0;
	s.options.listing.headings = true;
	s.options.listing.raw = false;
	s.report.places = places;
	s.report.n_places = 2;
	tell_limits(&s.f, NS, &small);
	tell_limits(&s.f, NS + 1, &small);
	assert_prints(&s, "RESOURCE\nMSGMNI\nMSGMAX\nMSGMNB\nMSGMNI\nMSGMAX\nMSGMNB\n"
			  "\nMSGMNI: 1001 of 1000 queues in use\n"
			  "  raise it: sysctl -w kernel.msgmni=2002\n"
			  "\nMSGMNI of ipc:[8]: 1001 of 1000 queues in use\n"
			  "  raise it: nsenter -t 41 -i sysctl -w kernel.msgmni=2002\n");
	s.options.listing.raw = true;
	assert_prints(&s, "RESOURCE\nMSGMNI\nMSGMAX\nMSGMNB\nMSGMNI\nMSGMAX\nMSGMNB\n");
	sheet_close(&s);
}

static void test_trend(void **state)
{
	struct ipc_limits l = small;
	struct sheet s;

	(void)state;
	sheet_open(&s, SEM, "resource,per-min,full-in");
	s.report.trend = trend__new();
	tell_limits(&s.f, NS, &l);
	sheet_print(&s);
	assert_ptr_equal(strstr(s.text, "SEMMNI - -\nSEMMNS - -\nSEMMSL - -\n"), s.text);
	l.semmni_used = 28;
	l.semmns_used = 1;
	tell_limits(&s.f, NS, &l);
	s.report.now_ns += 10000000000;
	sheet_print(&s);
	/* 28 in 10 s, and room for 100; 1 in 10 s, and room for 31999. */
	assert_ptr_equal(strstr(s.text, "SEMMNI +168.0 35s\nSEMMNS +6.0 3d16h\nSEMMSL - -\n"),
			 s.text);
	l.semmni_used = 128;
	l.semmns_used = 0;
	tell_limits(&s.f, NS, &l);
	s.report.now_ns += 10000000000;
	sheet_print(&s);
	assert_ptr_equal(strstr(s.text, "SEMMNI +384.0 full\nSEMMNS 0.0 -\n"), s.text);
	l.semmni_used = 3;
	tell_limits(&s.f, NS, &l);
	for (int i = 0; i < 4; i++) {
		s.report.now_ns += 30000000000;
		sheet_print(&s);
	}
	assert_ptr_equal(strstr(s.text, "SEMMNI 0.0 -\n"), s.text);
	/* What shrinks comes before what stays as it is, and what is never full last. */
	l.semmns_used = 600;
	tell_limits(&s.f, NS, &l);
	sheet_print(&s);
	l.semmns_used = 0;
	l.semmni_used = 4;
	tell_limits(&s.f, NS, &l);
	s.report.now_ns += 60000000000;
	s.options.listing.sort = listing__find_column(limit_list__columns, "per-min", 7);
	sheet_print(&s);
	assert_ptr_equal(strstr(s.text,
				"SEMMNS -600.0 -\nSEMMSL - -\nSEMOPM - -\nSEMMNI +1.0 2h4m\n"),
			 s.text);
	s.options.listing.sort = listing__find_column(limit_list__columns, "full-in", 7);
	sheet_print(&s);
	assert_ptr_equal(strstr(s.text, "SEMMNI "), s.text);
	sheet_close(&s);
}

static void test_json(void **state)
{
	struct sheet s;

	(void)state;
	sheet_open(&s, SHM, NULL);
	found_process(&s.f, 2, s.f.now, s.f.now);
	found(&s.f, 2, OBJECT_SHM, 0);
	contained(&s.f, 2, RUNTIME_LXC, "web");
	tell_limits(&s.f, NS, &small);
	s.options.listing.json = true;
	s.options.above = 99;
	sheet_print(&s);
	assert_ptr_equal(
		strstr(s.text,
		       "{\"type\":\"usage\",\"version\":1,\"ipcns\":7,\"resource\":\"SHMMNI\","
		       "\"time\":\"1970-01-01T00:00:01.000000000Z\",\"unit\":\"segments\","
		       "\"limit\":3,\"used\":3,\"percent\":100,\"free\":0,\"objects\":1,"
		       "\"orphaned\":0,\"objects_orphaned\":0,\"unknown\":0,"
		       "\"objects_unknown\":0,\"creators\":1,\"change\":null,\"change_ns\":null,"
		       "\"full_in_s\":null,\"remedy\":{\"look\":null,\"remove\":null,"
		       "\"raise\":\"sysctl -w kernel.shmmni=6\",\"raise_to\":6}}\n"
		       "{\"type\":\"creator\",\"version\":1,\"ipcns\":7,\"resource\":\"SHMMNI\","
		       "\"comm\":\"comm2\",\"uid\":0,\"pid\":2,\"container\":{"
		       "\"runtime\":\"lxc\",\"id\":\"web\"},\"alive\":true,\"amount\":1,"
		       "\"orphaned\":0,\"objects\":1,\"objects_orphaned\":0}\n"),
		s.text);
	assert_non_null(strstr(s.text, "\"limit\":18446744073692774399,\"used\":3,"));
	assert_non_null(strstr(s.text, "\"resource\":\"SHMMAX\",\"time\":\"1970-01-01T00:00:01."
				       "000000000Z\",\"unit\":\"bytes a segment\",\"limit\":8192,"
				       "\"used\":null,\"percent\":null,\"free\":null,"
				       "\"objects\":null,"));
	sheet_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_percent_is_never_rounded_up),
		cmocka_unit_test(test_above),
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_creators),
		cmocka_unit_test(test_namespaces_and_order),
		cmocka_unit_test(test_remedies_are_for_people),
		cmocka_unit_test(test_trend),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
