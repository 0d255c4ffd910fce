// SPDX-License-Identifier: GPL-2.0-only
/*
 * What nobody uses: which objects these are, in which order, whose, and the words for what says so.
 */
#include "ledger_events.h"

#include "view/cells.h"
#include "view/unused.h"

#define NOW	 1000000000LL
#define KILLED	 9
#define LIVING	 5 /* a process that runs */
#define MAKER	 2
#define OTHER_NS 8

static const struct unused_filter all = {.kinds = OBJECT_KINDS_ALL, .now_s = NOW};

static struct object_event found(struct fixture *f, uint32_t kind, int32_t id, uint32_t creator,
				 uint64_t size, int64_t since)
{
	struct object_event event = object_event(f, OBJECT_FOUND, creator, kind, id);

	event.size = size;
	event.start_ns = 0;
	event.past.since = since;
	return event;
}

static void check_evidence(const struct fixture *f, uint32_t kind, int32_t id, const char *expected)
{
	char text[UNUSED_EVIDENCE_BYTES];
	struct object_info info = info_of(f, kind, id);
	struct buffer out;

	buffer__init(&out, text, sizeof(text) - 1);
	unused__put_evidence(&out, f->ledger, &info, true);
	text[out.len] = '\0';
	assert_string_equal(text, expected);
}

static void ended(struct fixture *f, uint32_t pid, uint32_t status)
{
	struct process_event event = {
		.head = head(f, EVENT_PROCESS, pid),
		.start_ns = f->start[pid],
		.action = PROCESS_EXITED,
		.status = status,
	};

	feed(f, &event);
}

static void test_order_and_filters(void **state)
{
	struct object_event event;
	struct unused_filter filter = all;
	struct unused unused;
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	event = found(&f, OBJECT_MSG, 1, 0, 0, NOW - 5);
	feed(&f, &event);
	event = found(&f, OBJECT_SEM, 2, 0, 7, NOW - 100);
	feed(&f, &event);
	event = found(&f, OBJECT_SHM, 3, MAKER, 100, NOW - 10);
	feed(&f, &event);
	event = found(&f, OBJECT_SHM, 4, MAKER, 9000, NOW + 50);
	event.uid = 33;
	feed(&f, &event);
	event = found(&f, OBJECT_SHM, 5, MAKER, 100, NOW - 20);
	event.ipcns = OTHER_NS;
	feed(&f, &event);
	/* Used, idle, marked: none of these is unused. */
	running(&f, LIVING);
	event = found(&f, OBJECT_SHM, 6, LIVING, 100, NOW - 20);
	event.start_ns = f.start[LIVING];
	feed(&f, &event);
	event = found(&f, OBJECT_SHM, 7, MAKER, 100, NOW - 20);
	event.mode = 01600;
	feed(&f, &event);

	assert_int_equal(unused__find(&unused, f.ledger, &filter), 0);
	assert_int_equal(unused.n_orphans, 3);
	assert_int_equal(unused.orphans[0].id, 4);
	assert_int_equal(unused.orphans[1].id, 5); /* older than 3 */
	assert_int_equal(unused.orphans[2].id, 3);
	assert_int_equal(unused.n_unknown, 2);
	assert_int_equal(unused.unknown[0].id, 2);
	unused__free(&unused);

	filter = all;
	filter.min_age_s = 10;
	assert_int_equal(unused__find(&unused, f.ledger, &filter), 0);
	assert_int_equal(unused.n_orphans, 2); /* not 4, whose time is still to come */
	assert_int_equal(unused.n_unknown, 1);
	unused__free(&unused);

	filter = all;
	filter.min_size = 101;
	filter.ipcns = NS;
	assert_int_equal(unused__find(&unused, f.ledger, &filter), 0);
	assert_int_equal(unused.n_orphans, 1);
	assert_int_equal(unused.n_unknown, 0); /* they have no bytes */
	unused__free(&unused);

	filter = all;
	filter.of_user = true;
	filter.uid = 33;
	filter.kinds = 1u << OBJECT_SHM;
	assert_int_equal(unused__find(&unused, f.ledger, &filter), 0);
	assert_int_equal(unused.n_orphans, 1);
	assert_int_equal(unused.orphans[0].id, 4);
	assert_int_equal(unused.n_unknown, 0);
	unused__free(&unused);
	fixture_close(&f);
}

/* What is not known to have been unused for that long passes no --min-age. */
static void test_age_not_known(void **state)
{
	struct unused_filter filter = all;
	struct unused unused;
	struct fixture f;
	uint64_t age;

	(void)state;
	fixture_open(&f, true);
	running(&f, MAKER);
	created(&f, MAKER, 1);
	ended(&f, MAKER, 0);
	assert_false(unused__age(&(struct object_info){0}, NOW, &age));
	assert_int_equal(unused__find(&unused, f.ledger, &filter), 0);
	assert_int_equal(unused.n_orphans, 1);
	unused__free(&unused);
	filter.min_age_s = 1;
	assert_int_equal(unused__find(&unused, f.ledger, &filter), 0);
	assert_int_equal(unused.n_orphans, 0);
	unused__free(&unused);
	fixture_close(&f);
}

static void test_owners(void **state)
{
	struct unused_owner *owners;
	struct object_event event;
	struct unused unused;
	struct fixture f;
	size_t count;

	(void)state;
	fixture_open(&f, true);
	running(&f, MAKER);
	running(&f, 3);
	created(&f, MAKER, 1);
	object(&f, OBJECT_CREATED, MAKER, OBJECT_SEM, 2);
	created(&f, 3, 3);
	ended(&f, MAKER, KILLED);
	ended(&f, 3, 1 << 8);
	event = found(&f, OBJECT_SHM, 4, 9, 100 * SIZE, NOW - 7);
	feed(&f, &event);
	event = found(&f, OBJECT_SHM, 5, 10, SIZE, NOW - 70);
	feed(&f, &event);

	assert_int_equal(unused__find(&unused, f.ledger, &all), 0);
	owners = unused__sum_owners(&unused, f.ledger, &count);
	assert_non_null(owners);
	assert_int_equal(count, 3);
	/* Of whom nothing but the user is known, in one sum: it is the largest. */
	assert_string_equal(owners[0].comm, "");
	assert_int_equal(owners[0].sum.bytes, 101 * SIZE);
	assert_int_equal(owners[0].since, NOW - 70);
	assert_false(owners[0].observed);
	assert_false(owners[0].ended);
	assert_string_equal(owners[1].comm, "comm2");
	assert_int_equal(owners[1].sum.kinds[OBJECT_SHM], 1);
	assert_int_equal(owners[1].sum.kinds[OBJECT_SEM], 1);
	assert_true(owners[1].observed);
	assert_true(owners[1].ended);
	assert_int_equal(owners[1].status, KILLED);
	assert_string_equal(owners[2].comm, "comm3");
	assert_int_equal(owners[2].status, 1 << 8);
	free(owners);
	unused__free(&unused);
	fixture_close(&f);
}

/* Of two with the same name that ended differently, no end is told. */
static void test_owners_with_two_ends(void **state)
{
	struct process_info creator = {0};
	struct unused_owner *owners;
	struct unused unused;
	struct fixture f;
	size_t count;

	(void)state;
	fixture_open(&f, true);
	for (uint32_t pid = 2; pid < 4; pid++) {
		struct object_event event = object_event(&f, OBJECT_CREATED, pid, OBJECT_SHM, pid);

		strcpy(event.head.comm, "httpd");
		feed(&f, &event);
		ended(&f, pid, pid == 2 ? KILLED : 0);
	}
	assert_int_equal(unused__find(&unused, f.ledger, &all), 0);
	for (size_t i = 0; i < unused.n_orphans; i++)
		assert_true(unused__creator_end(&unused.orphans[i], &creator));
	owners = unused__sum_owners(&unused, f.ledger, &count);
	assert_int_equal(count, 1);
	assert_int_equal(owners[0].sum.kinds[OBJECT_SHM], 2);
	assert_false(owners[0].ended);
	free(owners);
	unused__free(&unused);
	fixture_close(&f);
}

/* The same name in two containers, and in one that is not known, is three owners. */
static void test_owners_in_containers(void **state)
{
	static const char *const ids[] = {"web", "db", "web"};
	struct container_filter filter = {.pattern = "lxc:web"};
	struct unused_filter some = all;
	struct unused_owner *owners;
	struct unused unused;
	struct fixture f;
	size_t count;

	(void)state;
	fixture_open(&f, true);
	for (uint32_t pid = 2; pid < 6; pid++) {
		struct object_event event = object_event(&f, OBJECT_CREATED, pid, OBJECT_SHM, pid);

		strcpy(event.head.comm, "httpd");
		event.size = pid * SIZE;
		feed(&f, &event);
		if (pid < 5)
			contained(&f, pid, RUNTIME_LXC, ids[pid - 2]);
		ended(&f, pid, 0);
	}
	assert_int_equal(unused__find(&unused, f.ledger, &all), 0);
	owners = unused__sum_owners(&unused, f.ledger, &count);
	assert_int_equal(count, 3);
	assert_string_equal(owners[0].container->id, "web");
	assert_int_equal(owners[0].sum.kinds[OBJECT_SHM], 2);
	assert_int_equal(owners[0].sum.bytes, 6 * SIZE);
	assert_null(owners[1].container);
	assert_string_equal(owners[2].container->id, "db");
	free(owners);
	unused__free(&unused);

	some.container = &filter;
	assert_int_equal(unused__find(&unused, f.ledger, &some), 0);
	assert_int_equal(unused.n_orphans, 2);
	assert_int_equal(filter.passed, 2);
	assert_int_equal(filter.unknown, 1);
	unused__free(&unused);
	fixture_close(&f);
}

static void test_evidence(void **state)
{
	struct object_event event;
	struct object_info info;
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	running(&f, LIVING);
	running(&f, 4);
	object(&f, OBJECT_CREATED, 4, OBJECT_SEM, 20);
	ended(&f, 4, KILLED);
	check_evidence(&f, OBJECT_SEM, 20, "creator comm4[4] has ended: exit SIGKILL");

	event = found(&f, OBJECT_SHM, 1, MAKER, 100, NOW);
	feed(&f, &event);
	check_evidence(&f, OBJECT_SHM, 1, "not attached; creator 2 has ended; never attached");
	event = found(&f, OBJECT_SHM, 2, MAKER, 100, NOW);
	event.past.last[1] = NOW;
	event.past.last_pids[0] = MAKER;
	feed(&f, &event);
	check_evidence(&f, OBJECT_SHM, 2, "not attached; creator 2 has ended");
	event = found(&f, OBJECT_SHM, 3, MAKER, 100, NOW);
	event.past.last[0] = NOW;
	event.past.last_pids[0] = LIVING;
	feed(&f, &event);
	check_evidence(&f, OBJECT_SHM, 3,
		       "not attached; creator 2 has ended; last user comm5[5] runs");
	info = info_of(&f, OBJECT_SHM, 3);
	assert_int_equal(info.state, STATE_ORPHAN);
	assert_int_equal(pid_of(unused__last_user(f.ledger, &info)), LIVING);
	info = info_of(&f, OBJECT_SHM, 2);
	assert_null(unused__last_user(f.ledger, &info));
	event = found(&f, OBJECT_SHM, 4, 0, 100, NOW);
	event.past.last[0] = NOW;
	feed(&f, &event);
	check_evidence(&f, OBJECT_SHM, 4,
		       "not attached; creator not visible here; last user not visible here");

	event = found(&f, OBJECT_SEM, 5, 0, 2, NOW);
	feed(&f, &event);
	check_evidence(&f, OBJECT_SEM, 5, "never operated on");
	event.id = 6;
	event.past.last[0] = NOW;
	event.past.last_pids[0] = 11;
	event.past.last_pids[1] = 12;
	feed(&f, &event);
	check_evidence(&f, OBJECT_SEM, 6, "last operator 11 has ended; 12 has ended");
	event = found(&f, OBJECT_MSG, 7, 0, 0, NOW);
	event.past.last[0] = NOW;
	event.past.last_pids[0] = 11;
	feed(&f, &event);
	check_evidence(&f, OBJECT_MSG, 7, "last sender 11 has ended; nothing was received");
	fixture_close(&f);
}

/* A name may hold anything: it stands there escaped, and there is room for it. */
static void test_evidence_of_hostile_names(void **state)
{
	char text[UNUSED_EVIDENCE_BYTES];
	struct object_event event;
	struct object_info info;
	struct buffer out;
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	for (uint32_t pid = 11; pid < 13; pid++) {
		struct process_event process = {.head = head(&f, EVENT_PROCESS, pid),
						.start_ns = f.start[pid],
						.action = PROCESS_FOUND};

		memset(process.head.comm, '\x1b', EVENT_COMM_LEN - 1);
		process.head.comm[EVENT_COMM_LEN - 1] = '\0';
		feed(&f, &process);
	}
	event = found(&f, OBJECT_MSG, 7, 0, 0, NOW);
	event.past.last[0] = event.past.last[1] = NOW;
	event.past.last_pids[0] = 11;
	event.past.last_pids[1] = 12;
	feed(&f, &event);
	info = info_of(&f, OBJECT_MSG, 7);
	buffer__init(&out, text, sizeof(text));
	unused__put_evidence(&out, f.ledger, &info, true);
	assert_false(out.overflow);
	assert_null(memchr(text, '\x1b', out.len));
	fixture_close(&f);
}

static void check_cell(void (*put)(struct buffer *out, uint64_t value), uint64_t value,
		       const char *expected)
{
	char text[64];
	struct buffer out;

	buffer__init(&out, text, sizeof(text) - 1);
	put(&out, value);
	text[out.len] = '\0';
	assert_string_equal(text, expected);
}

static void test_cells(void **state)
{
	(void)state;
	check_cell(cells__put_age, 0, "0s");
	check_cell(cells__put_age, 59, "59s");
	check_cell(cells__put_age, 60, "1m");
	check_cell(cells__put_age, 7199, "1h");
	check_cell(cells__put_age, 86399, "23h");
	check_cell(cells__put_age, 86400 * 400, "400d");
	check_cell(cells__put_bytes, 0, "0B");
	check_cell(cells__put_bytes, 1023, "1023B");
	check_cell(cells__put_bytes, 1536, "1.5K");
	check_cell(cells__put_bytes, UINT64_MAX, "15E");
}

static void test_sum(void **state)
{
	const struct object_info list[] = {
		{.kind = OBJECT_SHM, .size = 1024},
		{.kind = OBJECT_SHM, .size = 512},
		{.kind = OBJECT_SEM, .size = 1},
		{.kind = OBJECT_MSG},
		{.kind = OBJECT_MSG},
	};
	struct unused_sum sum;
	struct buffer out;
	char text[128];

	(void)state;
	unused__sum(list, 5, &sum);
	buffer__init(&out, text, sizeof(text) - 1);
	unused__put_sum(&out, &sum);
	text[out.len] = '\0';
	assert_string_equal(text, "2 segments (1.5K), 1 semaphore set (1 semaphore), 2 queues");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_and_filters),
		cmocka_unit_test(test_age_not_known),
		cmocka_unit_test(test_owners),
		cmocka_unit_test(test_owners_with_two_ends),
		cmocka_unit_test(test_owners_in_containers),
		cmocka_unit_test(test_evidence),
		cmocka_unit_test(test_evidence_of_hostile_names),
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_sum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
