// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which container the ledger has of each process and object, and that it keeps each of them once,
 * and no longer than anybody is in it.
 */
#include "ledger_events.h"

#define WEB "web"
#define DB  "db"

static const char *container_of(const struct fixture *f, uint32_t pid)
{
	struct process_info info;
	const struct ledger_process *process = ledger__find_process(f->ledger, pid);

	assert_non_null(process);
	ledger__process_info(process, &info);
	return info.container ? info.container->id : NULL;
}

static void check(const struct fixture *f, uint32_t pid, const char *expected)
{
	const char *id = container_of(f, pid);

	if (!expected)
		assert_null(id);
	else
		assert_string_equal(id ? id : "(not known)", expected);
}

static void check_object_of(const struct fixture *f, int32_t id, const char *expected,
			    bool by_namespace)
{
	struct object_info info = info_of(f, OBJECT_SHM, id);
	bool by = !by_namespace;
	const struct container *container = ledger__container_of(f->ledger, &info, &by);

	if (!expected)
		assert_null(container);
	else
		assert_string_equal(container ? container->id : "(not known)", expected);
	assert_int_equal(by, by_namespace);
}

static bool is_told(const struct fixture *f, uint32_t pid)
{
	return ledger__container_is_told(ledger__find_process(f->ledger, pid));
}

/* ipcns: all that is told of it. */
static void namespace_contained(struct fixture *f, uint32_t ipcns, const char *id)
{
	struct container_event event = {
		.head = head(f, EVENT_CONTAINER, 0), .known = id != NULL, .runtime = RUNTIME_LXC};

	event.head.ipcns = ipcns;
	snprintf(event.id, sizeof(event.id), "%s", id ? id : "");
	feed(f, &event);
}

static void test_told(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	created(&f, 2, 1);
	check(&f, 2, NULL);
	assert_false(is_told(&f, 2));
	contained(&f, 2, RUNTIME_LXC, WEB);
	check(&f, 2, WEB);
	assert_true(is_told(&f, 2));
	check_object_of(&f, 1, WEB, false);
	/* It is moved. */
	contained(&f, 2, RUNTIME_LXC, DB);
	check(&f, 2, DB);
	/* It could not be read again: what was said stays. */
	contained(&f, 2, RUNTIME_NONE, NULL);
	check(&f, 2, DB);
	exited(&f, 2);
	check_object_of(&f, 1, DB, false);
	/* Of nobody. */
	contained(&f, 3, RUNTIME_LXC, WEB);
	assert_null(ledger__find_process(f.ledger, 3));
	fixture_close(&f);
}

/* The number is another process's by now. */
static void test_another_process(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	created(&f, 2, 1);
	f.start[2] += 1000000000;
	contained(&f, 2, RUNTIME_LXC, WEB);
	check(&f, 2, NULL);
	created(&f, 2, 3);
	contained(&f, 2, RUNTIME_LXC, DB);
	check(&f, 2, DB);
	check_object_of(&f, 1, NULL, false);
	fixture_close(&f);
}

static void test_fork_and_exec(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	created(&f, 2, 1);
	contained(&f, 2, RUNTIME_DOCKER, WEB);
	forked(&f, 2, 3, 0x30);
	forked(&f, 3, 4, 0x40);
	check(&f, 4, WEB);
	assert_false(is_told(&f, 4));
	contained(&f, 4, RUNTIME_NONE, NULL);
	check(&f, 4, WEB);
	/* Nothing moves out of a container. */
	execed(&f, 3, 0x31);
	check(&f, 3, WEB);
	/* But it may have a container in it, which is to be looked for. */
	execed(&f, 4, 0x41);
	assert_false(is_told(&f, 4));
	check(&f, 4, WEB);

	/* A service moves what it starts. */
	contained(&f, 2, RUNTIME_UNIT, "cron.service");
	forked(&f, 2, 5, 0x50);
	check(&f, 5, "cron.service");
	execed(&f, 5, 0x51);
	check(&f, 5, NULL);
	/* What was told of the process itself is more. */
	execed(&f, 2, 0x21);
	check(&f, 2, "cron.service");
	assert_false(is_told(&f, 2));
	fixture_close(&f);
}

/* A fork that is told after what was found. */
static void test_late_fork(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	created(&f, 2, 1);
	contained(&f, 2, RUNTIME_DOCKER, WEB);
	created(&f, 3, 2);
	contained(&f, 3, RUNTIME_DOCKER, DB);
	forked(&f, 2, 3, 0x30);
	check(&f, 3, DB);
	fixture_close(&f);
}

static void test_namespace(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	created(&f, 2, 1);
	namespace_contained(&f, NS, WEB);
	namespace_contained(&f, NS + 1, DB);
	check_object_of(&f, 1, WEB, true);
	/* The creator's own is nearer. */
	contained(&f, 2, RUNTIME_LXC, DB);
	check_object_of(&f, 1, DB, false);
	created(&f, 3, 2);
	check_object_of(&f, 2, WEB, true);
	/* They are in several by now. */
	namespace_contained(&f, NS, NULL);
	check_object_of(&f, 2, NULL, false);
	fixture_close(&f);
}

static size_t containers_in(const struct fixture *f)
{
	return HASH_COUNT(f->ledger->containers);
}

/* Each is kept once, and goes with the last who was in it. */
static void test_kept_once(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	for (uint32_t pid = 2; pid < 32; pid++) {
		created(&f, pid, pid);
		contained(&f, pid, RUNTIME_DOCKER, pid & 1 ? WEB : DB);
	}
	assert_int_equal(containers_in(&f), 2);
	/* The same name, by another runtime. */
	contained(&f, 2, RUNTIME_PODMAN, DB);
	assert_int_equal(containers_in(&f), 3);
	for (uint32_t pid = 2; pid < 32; pid++)
		exited(&f, pid);
	/* What they made is left, and it is known whose it was. */
	assert_int_equal(containers_in(&f), 3);
	check_object_of(&f, 3, WEB, false);
	for (uint32_t pid = 2; pid < 32; pid++)
		destroyed(&f, 1, pid);
	assert_int_equal(containers_in(&f), 0);
	fixture_close(&f);
}

/* An id without an end, and a runtime that there is not. */
static void test_hostile(void **state)
{
	struct container_event event;
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	created(&f, 2, 1);
	event = (struct container_event){
		.head = head(&f, EVENT_CONTAINER, 2), .known = 1, .runtime = RUNTIME_LXC};
	memset(event.id, 'x', sizeof(event.id));
	feed(&f, &event);
	assert_int_equal(strlen(container_of(&f, 2)), CONTAINER_ID_LEN - 1);
	event.runtime = 4000000000;
	strcpy(event.id, "y");
	feed(&f, &event);
	check(&f, 2, "y");
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_told),	      cmocka_unit_test(test_another_process),
		cmocka_unit_test(test_fork_and_exec), cmocka_unit_test(test_late_fork),
		cmocka_unit_test(test_namespace),     cmocka_unit_test(test_kept_once),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
