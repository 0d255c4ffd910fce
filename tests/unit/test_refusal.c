// SPDX-License-Identifier: GPL-2.0-only
/*
 * Why a get was refused: every cause that the kernel's order of checks leaves, by what is known of
 * its path; who fills a limit; and all of it in words.
 */
#include <errno.h>

#include "ledger_events.h"

#include "ledger/refusal.h"
#include "ledger/usage.h"
#include "source/memory.h"
#include "view/refusal.h"

#define KEY    0x1001 /* of the object with id 1 */
#define HUGE   04000
#define NORES  010000
#define GB     (1ULL << 30)
#define ALL(n) ((n) / 4096)

enum { LIKELY, EXACT, NONE };

static const struct ipc_limits roomy = {
	.shmmax = GB,
	.shmall = 1000,
	.shmall_used = 10,
	.shmmni = 100,
	.shmmni_used = 5,
	.semmsl = 250,
	.semmni = 100,
	.semmni_used = 5,
	.semmns = 1000,
	.semmns_used = 10,
	.msgmni = 100,
	.msgmni_used = 5,
};

static const struct memory_facts small_machine = {
	.overcommit = 0,
	.ram = 4 * GB,
	.swap = GB,
	.commit_limit = 3 * GB,
	.committed = GB,
	.huge_size = 2 << 20,
	.huge_free = 3,
	.cgroup_max = UINT64_MAX,
	.cgroup_used = UINT64_MAX,
};

struct path {
	uint8_t stage;
	bool exact_limits;
};

static const struct path unseen = {GET_UNKNOWN, false};
static const struct path looked_up = {GET_LOOKUP, false};
static const struct path making = {GET_NEW, true};
static const struct path making_file = {GET_FILE, true};

static struct call_limits_event get(uint32_t call, uint64_t key, uint64_t size, uint64_t flags,
				    int error, struct path path)
{
	struct call_limits_event event = {
		.call = {.head = {.time_ns = 1,
				  .type = EVENT_CALL,
				  .pid = 40,
				  .tid = 41,
				  .uid = 33,
				  .ipcns = NS,
				  .comm = "caller"},
			 .args = {key, size, flags},
			 .ret = -error,
			 .call = call,
			 .stage = path.stage,
			 .flags = path.exact_limits ? CALL_F_LIMITS_EXACT : 0},
		.limits = roomy,
	};

	if (call == CALL_MSGGET)
		event.call.args[1] = flags;
	if (error == ENOSPC || error == EINVAL || error == ENOMEM)
		event.call.head.type = EVENT_CALL_LIMITS;
	return event;
}

static void explains(const struct fixture *f, const struct call_limits_event *event,
		     const struct memory_facts *memory, enum refusal_cause cause, int certainty,
		     enum ipc_limit limit)
{
	static const enum refusal_certainty want[] = {
		[LIKELY] = CERTAINTY_LIKELY, [EXACT] = CERTAINTY_EXACT, [NONE] = CERTAINTY_UNKNOWN};
	struct refusal refusal;

	assert_true(refusal__is_one(&event->call));
	assert_int_equal(refusal__explain(&refusal, &event->call, f ? f->ledger : NULL, memory), 0);
	assert_string_equal(refusal_cause__name(refusal.cause), refusal_cause__name(cause));
	assert_string_equal(ipc_limit__name(refusal.limit), ipc_limit__name(limit));
	assert_string_equal(refusal_certainty__name(refusal.certainty),
			    refusal_certainty__name(want[certainty]));
}

static void test_full(void **state)
{
	struct call_limits_event e;

	(void)state;
	for (int seen = 0; seen <= 1; seen++) {
		const struct path path = seen ? making : unseen;
		const int sure = seen ? EXACT : LIKELY;

		e = get(CALL_SHMGET, 0, 1, 0600, ENOSPC, path);
		e.limits.shmmni_used = 100;
		explains(NULL, &e, NULL, REFUSAL_LIMIT, sure, LIMIT_SHMMNI);
		/* The sum is compared first, each segment in whole pages. */
		e.limits.shmall_used = 1000;
		explains(NULL, &e, NULL, REFUSAL_LIMIT, sure, LIMIT_SHMALL);
		e = get(CALL_SHMGET, 0, 4096 * 2 + 1, 0600, ENOSPC, path);
		e.limits.shmall_used = 998;
		explains(NULL, &e, NULL, REFUSAL_LIMIT, sure, LIMIT_SHMALL);
		e.limits.shmall_used = 997;
		explains(NULL, &e, NULL, REFUSAL_UNKNOWN, NONE, LIMIT_NONE);

		e = get(CALL_SEMGET, 0, 3, 0600, ENOSPC, path);
		e.limits.semmns_used = 998;
		explains(NULL, &e, NULL, REFUSAL_LIMIT, sure, LIMIT_SEMMNS);
		e.limits.semmns_used = 997;
		explains(NULL, &e, NULL, REFUSAL_UNKNOWN, NONE, LIMIT_NONE);
		e.limits.semmni_used = 100;
		explains(NULL, &e, NULL, REFUSAL_LIMIT, sure, LIMIT_SEMMNI);

		e = get(CALL_MSGGET, 0, 0, 0600, ENOSPC, path);
		explains(NULL, &e, NULL, REFUSAL_UNKNOWN, NONE, LIMIT_NONE);
		e.limits.msgmni_used = 101;
		explains(NULL, &e, NULL, REFUSAL_LIMIT, sure, LIMIT_MSGMNI);
	}
}

/* A sum that wraps is beyond every limit. */
static void test_sums_do_not_wrap(void **state)
{
	struct call_limits_event e = get(CALL_SHMGET, 0, 1ULL << 62, 0600, ENOSPC, making);

	(void)state;
	e.limits.shmall = e.limits.shmall_used = UINT64_MAX;
	explains(NULL, &e, NULL, REFUSAL_LIMIT, EXACT, LIMIT_SHMALL);
	/* newseg: the size does not fit into pages. */
	e = get(CALL_SHMGET, 0, UINT64_MAX, 0600, ENOSPC, unseen);
	explains(NULL, &e, NULL, REFUSAL_SIZE, EXACT, LIMIT_NONE);
	e = get(CALL_SHMGET, 0, UINT64_MAX - 4094, 0600, ENOSPC, unseen);
	explains(NULL, &e, NULL, REFUSAL_SIZE, EXACT, LIMIT_NONE);
	e = get(CALL_SHMGET, 0, UINT64_MAX - 4095, 0600, ENOSPC, unseen);
	explains(NULL, &e, NULL, REFUSAL_LIMIT, LIKELY, LIMIT_SHMALL);
}

static void test_second_limit_is_told(void **state)
{
	struct call_limits_event e = get(CALL_SEMGET, 0, 3, 0600, ENOSPC, making);
	struct refusal refusal;

	(void)state;
	e.limits.semmns_used = 1000;
	refusal__explain(&refusal, &e.call, NULL, NULL);
	assert_int_equal(refusal.limit, LIMIT_SEMMNS);
	assert_int_equal(refusal.also, LIMIT_NONE);
	assert_int_equal(refusal.used, 1000);
	assert_int_equal(refusal.value, 1000);
	assert_int_equal(refusal.wanted, 3);
	e.limits.semmni_used = 100;
	refusal__explain(&refusal, &e.call, NULL, NULL);
	assert_int_equal(refusal.also, LIMIT_SEMMNI);
}

static void test_no_limit_of_ours(void **state)
{
	struct call_limits_event e = get(CALL_SHMGET, 0, 1, 0600, ENOSPC, making_file);

	(void)state;
	/* Whatever the numbers say: it failed before they were compared again. */
	e.limits.shmmni_used = 100;
	explains(NULL, &e, NULL, REFUSAL_FILE_SYSTEM, EXACT, LIMIT_NONE);
	e = get(CALL_SHMGET, 0, 1, 0600 | HUGE, ENOSPC, making);
	explains(NULL, &e, NULL, REFUSAL_FILE_SYSTEM, EXACT, LIMIT_NONE);
	e = get(CALL_SHMGET, 0, 1, 0600 | HUGE, ENOSPC, unseen);
	explains(NULL, &e, NULL, REFUSAL_UNKNOWN, NONE, LIMIT_NONE);
	/* Without the numbers nothing is guessed. */
	e = get(CALL_SHMGET, 0, 1, 0600, ENOSPC, unseen);
	e.call.head.type = EVENT_CALL;
	e.limits.shmmni_used = 100;
	explains(NULL, &e, NULL, REFUSAL_UNKNOWN, NONE, LIMIT_NONE);
}

static void test_sizes_of_segments(void **state)
{
	struct call_limits_event e;
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	object(&f, OBJECT_CREATED, 1, OBJECT_SHM, 1); /* KEY, 8192 bytes */
	for (int seen = 0; seen <= 1; seen++) {
		const struct path path = seen ? making : unseen;
		const int sure = seen ? EXACT : LIKELY;

		e = get(CALL_SHMGET, 0, 0, 0600, EINVAL, path);
		explains(&f, &e, NULL, REFUSAL_LIMIT, sure, LIMIT_SHMMIN);
		e = get(CALL_SHMGET, 0, 1, 0600, EINVAL, path);
		explains(&f, &e, NULL, REFUSAL_UNKNOWN, NONE, LIMIT_NONE);
		e = get(CALL_SHMGET, 0, INT64_MAX, 01600, EINVAL, path);
		e.limits.shmmax = UINT64_MAX;
		explains(&f, &e, NULL, REFUSAL_UNKNOWN, NONE, LIMIT_NONE);
		e = get(CALL_SHMGET, 0x999, GB + 1, 01600, EINVAL, path);
		explains(&f, &e, NULL, REFUSAL_LIMIT, sure, LIMIT_SHMMAX);
		e = get(CALL_SHMGET, 0x999, GB, 01600, EINVAL, path);
		explains(&f, &e, NULL, REFUSAL_UNKNOWN, NONE, LIMIT_NONE);
		e = get(CALL_SHMGET, 0x999, GB, 01600 | HUGE, EINVAL, path);
		explains(&f, &e, NULL, REFUSAL_HUGE_SIZE, sure, LIMIT_NONE);
		e = get(CALL_SHMGET, 0, 1ULL << 63, 01600, EINVAL, path);
		e.limits.shmmax = UINT64_MAX;
		explains(&f, &e, NULL, REFUSAL_SIZE, sure, LIMIT_NONE);
	}
	/* The object that has the key comes before SHMMAX. */
	e = get(CALL_SHMGET, KEY, GB + 1, 01600, EINVAL, unseen);
	explains(&f, &e, NULL, REFUSAL_SMALLER, LIKELY, LIMIT_NONE);
	e = get(CALL_SHMGET, KEY, SIZE, 01600, EINVAL, unseen);
	explains(&f, &e, NULL, REFUSAL_UNKNOWN, NONE, LIMIT_NONE);
	e = get(CALL_SHMGET, 0x999, GB + 1, 01600, EINVAL, looked_up);
	explains(&f, &e, NULL, REFUSAL_SMALLER, EXACT, LIMIT_NONE);
	/* After IPC_RMID its key is free: SHMMAX it is. */
	object(&f, OBJECT_MARKED, 1, OBJECT_SHM, 1);
	e = get(CALL_SHMGET, KEY, GB + 1, 01600, EINVAL, unseen);
	explains(&f, &e, NULL, REFUSAL_LIMIT, LIKELY, LIMIT_SHMMAX);
	fixture_close(&f);
}

static void test_sizes_of_sets(void **state)
{
	struct call_limits_event e;
	struct object_event made;
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	made = object_event(&f, OBJECT_CREATED, 1, OBJECT_SEM, 1);
	made.size = 4;
	feed(&f, &made);
	for (int seen = 0; seen <= 1; seen++) {
		const struct path path = seen ? looked_up : unseen;
		const int sure = seen ? EXACT : LIKELY;

		e = get(CALL_SEMGET, KEY, 251, 0600, EINVAL, path);
		explains(&f, &e, NULL, REFUSAL_LIMIT, sure, LIMIT_SEMMSL);
		e = get(CALL_SEMGET, KEY, (uint32_t)-1, 0600, EINVAL, path);
		explains(&f, &e, NULL, REFUSAL_LIMIT, sure, LIMIT_SEMMSL);
		e = get(CALL_SEMGET, KEY, 250, 0600, EINVAL, path);
		explains(&f, &e, NULL, REFUSAL_SMALLER, sure, LIMIT_NONE);
		e = get(CALL_SEMGET, KEY, 5, 0600, EINVAL, path);
		explains(&f, &e, NULL, REFUSAL_SMALLER, sure, LIMIT_NONE);
	}
	e = get(CALL_SEMGET, 0, 0, 0600, EINVAL, unseen);
	explains(&f, &e, NULL, REFUSAL_EMPTY_SET, LIKELY, LIMIT_NONE);
	e = get(CALL_SEMGET, 0, 0, 0600, EINVAL, making);
	explains(&f, &e, NULL, REFUSAL_EMPTY_SET, EXACT, LIMIT_NONE);
	e = get(CALL_SEMGET, 0x999, 5, 01600, EINVAL, unseen);
	explains(&f, &e, NULL, REFUSAL_UNKNOWN, NONE, LIMIT_NONE);
	fixture_close(&f);
}

static void test_who_has_the_key(void **state)
{
	struct call_limits_event e;
	struct refusal refusal;
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	object(&f, OBJECT_CREATED, 1, OBJECT_MSG, 1);
	e = get(CALL_MSGGET, KEY, 0, 03600, EEXIST, unseen);
	explains(&f, &e, NULL, REFUSAL_EXISTS, EXACT, LIMIT_NONE);
	refusal__explain(&refusal, &e.call, f.ledger, NULL);
	assert_ptr_equal(refusal.object, ledger__find_object(f.ledger, NS, OBJECT_MSG, 1));
	e = get(CALL_MSGGET, KEY, 0, 0600, EACCES, unseen);
	explains(&f, &e, NULL, REFUSAL_DENIED, EXACT, LIMIT_NONE);
	/* Nobody is known who has it. */
	e = get(CALL_MSGGET, 0x999, 0, 0600, EACCES, unseen);
	explains(&f, &e, NULL, REFUSAL_DENIED, LIKELY, LIMIT_NONE);
	e = get(CALL_MSGGET, 0x999, 0, 0600, EACCES, looked_up);
	explains(&f, &e, NULL, REFUSAL_DENIED, EXACT, LIMIT_NONE);
	/* In another namespace, and of another kind, it is another object. */
	e = get(CALL_MSGGET, KEY, 0, 0600, EACCES, unseen);
	e.call.head.ipcns = NS + 1;
	explains(&f, &e, NULL, REFUSAL_DENIED, LIKELY, LIMIT_NONE);
	e = get(CALL_SEMGET, KEY, 1, 0600, EACCES, unseen);
	explains(&f, &e, NULL, REFUSAL_DENIED, LIKELY, LIMIT_NONE);
	fixture_close(&f);
}

static void test_memory(void **state)
{
	struct memory_facts memory = small_machine;
	struct call_limits_event e;

	(void)state;
	e = get(CALL_SHMGET, 0, 6 * GB, 0600, ENOMEM, making_file);
	explains(NULL, &e, &memory, REFUSAL_OVERCOMMIT, EXACT, LIMIT_NONE);
	e.call.stage = GET_UNKNOWN;
	explains(NULL, &e, &memory, REFUSAL_OVERCOMMIT, LIKELY, LIMIT_NONE);
	/* The file was made: it was something else. */
	e.call.stage = GET_NEW;
	explains(NULL, &e, &memory, REFUSAL_KERNEL_MEMORY, EXACT, LIMIT_NONE);
	/* Not accounted, so not refused. */
	e = get(CALL_SHMGET, 0, 6 * GB, 0600 | NORES, ENOMEM, making_file);
	explains(NULL, &e, &memory, REFUSAL_UNKNOWN, NONE, LIMIT_NONE);
	e = get(CALL_SHMGET, 0, 5 * GB, 0600, ENOMEM, making_file);
	explains(NULL, &e, &memory, REFUSAL_UNKNOWN, NONE, LIMIT_NONE);
	/* Nothing is known of the memory. */
	e = get(CALL_SHMGET, 0, 6 * GB, 0600, ENOMEM, making_file);
	explains(NULL, &e, NULL, REFUSAL_UNKNOWN, NONE, LIMIT_NONE);
	memory.overcommit = 1;
	explains(NULL, &e, &memory, REFUSAL_UNKNOWN, NONE, LIMIT_NONE);
	memory.overcommit = 2;
	e = get(CALL_SHMGET, 0, 2 * GB + 1, 0600 | NORES, ENOMEM, making_file);
	explains(NULL, &e, &memory, REFUSAL_OVERCOMMIT, EXACT, LIMIT_NONE);
	e = get(CALL_SHMGET, 0, 2 * GB, 0600, ENOMEM, making_file);
	explains(NULL, &e, &memory, REFUSAL_UNKNOWN, NONE, LIMIT_NONE);

	e = get(CALL_SEMGET, 0, 100, 0600, ENOMEM, making);
	explains(NULL, &e, &memory, REFUSAL_KERNEL_MEMORY, EXACT, LIMIT_NONE);
	e = get(CALL_SEMGET, 0, 100, 0600, ENOMEM, unseen);
	explains(NULL, &e, &memory, REFUSAL_UNKNOWN, NONE, LIMIT_NONE);
	memory.cgroup_max = GB;
	memory.cgroup_used = GB - 4096;
	explains(NULL, &e, &memory, REFUSAL_CGROUP, LIKELY, LIMIT_NONE);
	memory.cgroup_used = GB - (1 << 20) - 6400;
	explains(NULL, &e, &memory, REFUSAL_CGROUP, LIKELY, LIMIT_NONE);
	memory.cgroup_used = GB - (1 << 20) - 6401;
	explains(NULL, &e, &memory, REFUSAL_UNKNOWN, NONE, LIMIT_NONE);
}

static void test_huge_pages(void **state)
{
	struct call_limits_event e = get(CALL_SHMGET, 0, 4 * (2 << 20), 0600 | HUGE, ENOMEM,
					 making);

	(void)state;
	explains(NULL, &e, &small_machine, REFUSAL_HUGE_POOL, EXACT, LIMIT_NONE);
	e.call.stage = GET_UNKNOWN;
	explains(NULL, &e, &small_machine, REFUSAL_HUGE_POOL, LIKELY, LIMIT_NONE);
	e = get(CALL_SHMGET, 0, 3 * (2 << 20), 0600 | HUGE, ENOMEM, making);
	explains(NULL, &e, &small_machine, REFUSAL_UNKNOWN, NONE, LIMIT_NONE);
	e = get(CALL_SHMGET, 0, 1, 0600 | HUGE, EPERM, making);
	explains(NULL, &e, NULL, REFUSAL_HUGE_DENIED, EXACT, LIMIT_NONE);
	e = get(CALL_SHMGET, 0, 1, 0600, EPERM, making);
	explains(NULL, &e, NULL, REFUSAL_UNKNOWN, NONE, LIMIT_NONE);
	e = get(CALL_SHMGET, 0, 1, 0600, ENFILE, unseen);
	explains(NULL, &e, NULL, REFUSAL_FILE_TABLE, EXACT, LIMIT_NONE);

	assert_int_equal(refusal__huge_size(&e.call), 0);
	e.call.args[2] = HUGE | 21 << 26;
	assert_int_equal(refusal__huge_size(&e.call), 2 << 20);
	e.call.args[2] = HUGE;
	assert_int_equal(refusal__huge_size(&e.call), 0);
	assert_true(refusal__is_huge(&e.call));
}

static void test_what_is_none(void **state)
{
	struct call_limits_event e = get(CALL_SHMGET, 0x999, 1, 0600, ENOENT, unseen);

	(void)state;
	assert_false(refusal__is_one(&e.call));
	e = get(CALL_SHMGET, 0x999, 1, 0600, EINVAL, unseen);
	e.call.ret = 5;
	assert_false(refusal__is_one(&e.call));
	e = get(CALL_SHMAT, 1, 0, 0, EINVAL, unseen);
	assert_false(refusal__is_one(&e.call));
	/* Errors of the kernel's own, and results that look negative. */
	e = get(CALL_SHMGET, 0x999, 1, 0600, 512, unseen);
	assert_false(refusal__is_one(&e.call));
	e.call.ret = INT64_MIN;
	assert_false(refusal__is_one(&e.call));
}

/* Four makers: two processes of one name, of which one lives; an unknown one; others. */
static void fill(struct fixture *f)
{
	struct object_event made;

	for (uint32_t pid = 1; pid <= 5; pid++) {
		for (uint32_t n = 0; n < pid; n++) {
			made = object_event(f, OBJECT_CREATED, pid, OBJECT_SEM, pid * 10 + n);
			made.size = 10;
			/* 1 and 2 are one name and user. */
			if (pid == 2)
				memcpy(made.head.comm, "comm1", 6);
			feed(f, &made);
		}
	}
	process(f, PROCESS_EXITED, 5, 0, 0);
	process(f, PROCESS_EXITED, 1, 0, 0);
	object(f, OBJECT_CREATED, 6, OBJECT_SHM, 1);
	f->ns = NS + 1;
	object(f, OBJECT_CREATED, 7, OBJECT_SEM, 1);
	f->ns = NS;
}

static void test_usage(void **state)
{
	struct usage usage;
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	fill(&f);
	assert_int_equal(ledger__usage(f.ledger, NS, LIMIT_SEMMNI, &usage), 0);
	assert_int_equal(usage.amount, 15);
	assert_int_equal(usage.objects, 15);
	assert_int_equal(usage.orphaned, 6); /* of 5, and the one of 1 */
	assert_int_equal(usage.n_holders, 4);
	assert_string_equal(usage.holders[0].comm, "comm5");
	assert_int_equal(usage.holders[0].amount, 5);
	assert_int_equal(usage.holders[0].orphaned, 5);
	assert_int_equal(usage.holders[0].pid, 5);
	assert_false(usage.holders[0].alive);
	assert_string_equal(usage.holders[1].comm, "comm4");
	assert_true(usage.holders[1].alive);
	assert_int_equal(usage.holders[1].orphaned, 0);
	/* Two of 3: by name comm1 comes first, and it is of two processes, one of which lives. */
	assert_string_equal(usage.holders[2].comm, "comm1");
	assert_int_equal(usage.holders[2].amount, 3);
	assert_int_equal(usage.holders[2].orphaned, 1);
	assert_int_equal(usage.holders[2].pid, 0);
	assert_true(usage.holders[2].alive);

	assert_int_equal(ledger__usage(f.ledger, NS, LIMIT_SEMMNS, &usage), 0);
	assert_int_equal(usage.amount, 150);
	assert_int_equal(usage.orphaned, 60);
	assert_int_equal(usage.objects_orphaned, 6);
	assert_int_equal(usage.holders[0].amount, 50);
	assert_int_equal(ledger__usage(f.ledger, NS, LIMIT_SHMALL, &usage), 0);
	assert_int_equal(usage.amount, ALL(SIZE));
	assert_int_equal(ledger__usage(f.ledger, NS, LIMIT_MSGMNI, &usage), 0);
	assert_int_equal(usage.amount, 0);
	assert_int_equal(usage.n_holders, 0);
	assert_int_equal(ledger__usage(f.ledger, NS + 1, LIMIT_SEMMNI, &usage), 0);
	assert_int_equal(usage.amount, 1);
	fixture_close(&f);
}

static void says(const struct fixture *f, const struct call_limits_event *event,
		 const struct memory_facts *memory, const char *want)
{
	struct view_refusal view = {};
	char text[REFUSAL_TEXT_MAX];
	struct refusal refusal;
	struct buffer out;

	refusal__explain(&refusal, &event->call, f ? f->ledger : NULL, memory);
	view.refusal = &refusal;
	buffer__init(&out, text, sizeof(text) - 1);
	refusal__put_text(&out, &view, 2, false);
	text[out.len] = '\0';
	assert_string_equal(text, want);
}

static void test_words(void **state)
{
	struct call_limits_event e;
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	fill(&f);
	e = get(CALL_SEMGET, 0, 3, 0600, ENOSPC, making);
	e.limits.semmns_used = 1000;
	e.limits.semmni_used = 100;
	says(&f, &e, NULL,
	     "  SEMMNS: 1000 of 1000 semaphores in use in ipc:[7], 3 more asked for; "
	     "SEMMNI is full as well\n"
	     "  made by comm5 (5, uid 0, ended): 50, orphaned 50; comm4 (4, uid 0): 40; "
	     "comm1 (uid 0): 30, orphaned 10; others: 30\n");
	e = get(CALL_SEMGET, 0, 300, 0600, EINVAL, unseen);
	says(&f, &e, NULL,
	     "  likely SEMMSL: 300 asked for, at most 250 semaphores a set in ipc:[7]\n");
	e = get(CALL_SEMGET, 0, (uint32_t)-1, 0600, EINVAL, looked_up);
	says(&f, &e, NULL, "  SEMMSL: -1 asked for, at most 250 semaphores a set in ipc:[7]\n");
	e = get(CALL_SHMGET, KEY, SIZE + 1, 0600, EINVAL, looked_up);
	says(&f, &e, NULL,
	     "  what has the key is smaller: segment 1 of 8192 bytes, mode 0600, owner uid 0, "
	     "made by comm6 (6)\n");
	process(&f, PROCESS_EXITED, 6, 0, 0);
	e = get(CALL_SHMGET, KEY, SIZE, 0600, EACCES, looked_up);
	says(&f, &e, NULL,
	     "  what has the key is not for uid 33: segment 1 of 8192 bytes, mode 0600, owner uid "
	     "0, made by comm6 (6, ended)\n");
	e = get(CALL_SHMGET, 0x999, SIZE, 03600, EEXIST, looked_up);
	says(&f, &e, NULL, "  the key is taken: segment not known\n");
	e = get(CALL_MSGGET, 0, 0, 0600, ENOSPC, unseen);
	says(&f, &e, NULL,
	     "  cause not known; MSGMNI: 5 of 100 queues in use in ipc:[7], read after the call "
	     "returned\n");
	e = get(CALL_SHMGET, 0, 6 * GB, 0600, ENOMEM, making_file);
	says(&f, &e, &small_machine,
	     "  overcommit: 6442450944 bytes asked for, memory and swap have 5368709120 "
	     "(vm.overcommit_memory=0)\n");
	e = get(CALL_SHMGET, 0, 8 << 20, 0600 | HUGE, ENOMEM, unseen);
	says(&f, &e, &small_machine,
	     "  likely huge pages: 4 of 2048 kB asked for, 3 free; see vm.nr_hugepages\n");
	fixture_close(&f);
}

/* Another process's name is data, and the longest text fits. */
static void test_hostile_names(void **state)
{
	struct view_refusal view = {};
	struct call_limits_event e;
	char text[REFUSAL_TEXT_MAX];
	struct object_event made;
	struct refusal refusal;
	struct fixture f;
	struct buffer out;

	(void)state;
	fixture_open(&f, true);
	for (uint32_t pid = 1; pid <= 4; pid++) {
		made = object_event(&f, OBJECT_CREATED, pid, OBJECT_MSG, INT32_MAX - 0x1000 - pid);
		memset(made.head.comm, '\n', sizeof(made.head.comm));
		made.head.comm[0] = pid;
		made.head.uid = made.uid = UINT32_MAX - pid;
		feed(&f, &made);
	}
	e = get(CALL_MSGGET, 0, 0, 0600, ENOSPC, unseen);
	e.limits.msgmni = e.limits.msgmni_used = UINT32_MAX;
	refusal__explain(&refusal, &e.call, f.ledger, NULL);
	view.refusal = &refusal;
	view.remedy.n_lines = REMEDY_LINES;
	for (size_t i = 0; i < REMEDY_LINES; i++)
		memset(view.remedy.lines[i], 'x', REMEDY_LINE_BYTES - 1);
	buffer__init(&out, text, sizeof(text));
	refusal__put_text(&out, &view, 64, false);
	assert_false(out.overflow);
	for (size_t i = 0, lines = 0; i < out.len; i++) {
		assert_true(text[i] == '\n' || text[i] >= ' ');
		lines += text[i] == '\n';
		if (i + 1 == out.len)
			assert_int_equal(lines, 2 + REMEDY_LINES);
	}
	fixture_close(&f);
}

static void test_cgroup_lines(void **state)
{
	static const struct {
		const char *line;
		int version; /* 0: not the memory controller's */
		const char *path;
	} lines[] = {
		{"0::/system.slice/httpd.service\n", 2, "/system.slice/httpd.service"},
		{"0::/\n", 2, "/"},
		{"7:cpu,memory:/docker/abc\n", 1, "/docker/abc"},
		{"7:memory:/a:b\n", 1, "/a:b"},
		{"7:memory,cpu:/x", 1, "/x"},
		{"7:a,memory,cpu:/x", 1, "/x"},
		{"1:name=systemd:/x\n", 0, NULL},
		{"7:memory_x:/x\n", 0, NULL},
		{"10::/x\n", 0, NULL},
		{"0::/../other\n", 0, NULL},
		{"0:memory", 0, NULL},
		{"", 0, NULL},
	};
	char path[64];
	int version;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		int err = memory__parse_cgroup(lines[i].line, &version, path, sizeof(path));

		assert_int_equal(err, lines[i].version ? 0 : -ENOENT);
		if (err)
			continue;
		assert_int_equal(version, lines[i].version);
		assert_string_equal(path, lines[i].path);
	}
	assert_int_equal(memory__parse_cgroup("0::/longer", &version, path, 5), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_sums_do_not_wrap),
		cmocka_unit_test(test_second_limit_is_told),
		cmocka_unit_test(test_no_limit_of_ours),
		cmocka_unit_test(test_sizes_of_segments),
		cmocka_unit_test(test_sizes_of_sets),
		cmocka_unit_test(test_who_has_the_key),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_huge_pages),
		cmocka_unit_test(test_what_is_none),
		cmocka_unit_test(test_usage),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_cgroup_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
