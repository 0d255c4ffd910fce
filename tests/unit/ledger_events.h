/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events for the tests of the ledger, one function for each that happens. Time goes on by itself, a
 * microsecond an event; a test that wants another moment sets `now`. Leaks are kept as reported.
 */
#ifndef TESTS_LEDGER_EVENTS_H
#define TESTS_LEDGER_EVENTS_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ledger/ledger.h"
#include "ledger_check.h"

#define NS	   7 /* the namespace, where a test does not name another */
#define SIZE	   8192
#define TICK_NS	   1000
#define PIDS	   64
#define LEAKS_MAX  32
#define START(pid) (1000000000ULL + (pid)*100000000ULL) /* unless set_start() says otherwise */

struct leak_seen {
	uint32_t ipcns, kind;
	int32_t id;
	uint32_t owner, ended; /* pid; 0: not known */
};

struct fixture {
	struct ledger *ledger;
	uint64_t now;
	uint32_t ns;
	uint64_t start[PIDS];
	struct leak_seen leaks[LEAKS_MAX];
	size_t n_leaks;
};

static inline uint32_t pid_of(const struct ledger_process *process)
{
	struct process_info info;

	if (!process)
		return 0;
	ledger__process_info(process, &info);
	return info.pid;
}

static inline void keep_leak(void *context, const struct ledger_leak *leak)
{
	struct fixture *f = context;
	struct object_info info;

	ledger__object_info(leak->object, &info);
	assert_int_equal(info.state, STATE_ORPHAN);
	assert_in_range(f->n_leaks, 0, LEAKS_MAX - 1);
	f->leaks[f->n_leaks++] = (struct leak_seen){
		.ipcns = info.ipcns,
		.kind = info.kind,
		.id = info.id,
		.owner = pid_of(leak->owner),
		.ended = pid_of(leak->ended),
	};
}

static inline void fixture_open(struct fixture *f, bool mappings_observed)
{
	const struct ledger_options options = {.mappings_observed = mappings_observed,
					       .keep_past = true,
					       .leaked = keep_leak,
					       .context = f};

	*f = (struct fixture){.now = 5000000000ULL, .ns = NS};
	f->ledger = ledger__new(&options);
	assert_non_null(f->ledger);
	for (uint32_t pid = 0; pid < PIDS; pid++)
		f->start[pid] = START(pid);
}

static inline void fixture_close(struct fixture *f)
{
	ledger__free(f->ledger);
}

static inline void feed(struct fixture *f, const void *event)
{
	assert_int_equal(ledger__apply(f->ledger, event), 0);
	ledger_check(f->ledger);
}

static inline struct event head(struct fixture *f, uint32_t type, uint32_t pid)
{
	struct event event = {
		.time_ns = f->now += TICK_NS, .type = type, .pid = pid, .tid = pid, .ipcns = f->ns};

	snprintf(event.comm, sizeof(event.comm), "comm%u", pid);
	return event;
}

static inline struct object_event object_event(struct fixture *f, uint32_t action, uint32_t pid,
					       uint32_t kind, int32_t id)
{
	return (struct object_event){
		.head = head(f, EVENT_OBJECT, pid),
		.action = action,
		.kind = kind,
		.ipcns = f->ns,
		.id = id,
		.size = kind == OBJECT_SHM ? SIZE : 0,
		.key = 0x1000 + id,
		.mode = 0600,
		.start_ns = pid < PIDS ? f->start[pid] : 0,
	};
}

static inline void object(struct fixture *f, uint32_t action, uint32_t pid, uint32_t kind,
			  int32_t id)
{
	struct object_event event = object_event(f, action, pid, kind, id);

	feed(f, &event);
}

static inline void created(struct fixture *f, uint32_t pid, int32_t id)
{
	object(f, OBJECT_CREATED, pid, OBJECT_SHM, id);
}

static inline void destroyed(struct fixture *f, uint32_t pid, int32_t id)
{
	object(f, OBJECT_DESTROYED, pid, OBJECT_SHM, id);
}

static inline void marked(struct fixture *f, uint32_t pid, int32_t id)
{
	object(f, OBJECT_MARKED, pid, OBJECT_SHM, id);
}

static inline void removed(struct fixture *f, uint32_t pid, int32_t id)
{
	object(f, OBJECT_REMOVED, pid, OBJECT_SHM, id);
}

static inline void mapping(struct fixture *f, uint32_t action, uint32_t pid, uint64_t mm,
			   int32_t id, uint64_t address)
{
	struct mapping_event event = {
		.head = head(f, EVENT_MAPPING, pid),
		.mm = mm,
		.address = address,
		.ipcns = f->ns,
		.id = id,
		.action = action,
		.count = 1,
		.start_ns = pid < PIDS ? f->start[pid] : 0,
	};

	feed(f, &event);
}

static inline void attached(struct fixture *f, uint32_t pid, uint64_t mm, int32_t id)
{
	mapping(f, MAPPING_ATTACHED, pid, mm, id, 0x10000 * (id + 1));
}

static inline void inherited(struct fixture *f, uint32_t pid, uint64_t mm, int32_t id)
{
	mapping(f, MAPPING_INHERITED, pid, mm, id, 0x10000 * (id + 1));
}

static inline void detached(struct fixture *f, uint32_t pid, uint64_t mm, int32_t id)
{
	mapping(f, MAPPING_DETACHED, pid, mm, id, 0x10000 * (id + 1));
}

/* Where only the system call is seen: its argument alone is known. */
static inline void shmdt(struct fixture *f, uint32_t pid, uint64_t mm, uint64_t address)
{
	mapping(f, MAPPING_DETACHED, pid, mm, -1, address);
}

static inline void process(struct fixture *f, uint32_t action, uint32_t pid, uint32_t child,
			   uint64_t mm)
{
	struct process_event event = {
		.head = head(f, EVENT_PROCESS, pid),
		.mm = mm,
		.action = action,
		.child = child,
		.status = action == PROCESS_EXITED ? 9 : 0,
	};

	event.start_ns = f->start[child ? child : pid];
	feed(f, &event);
}

static inline void forked(struct fixture *f, uint32_t pid, uint32_t child, uint64_t mm)
{
	process(f, PROCESS_FORKED, pid, child, mm);
}

static inline void execed(struct fixture *f, uint32_t pid, uint64_t mm)
{
	process(f, PROCESS_EXECED, pid, 0, mm);
}

/* id NULL: nobody could see where it is. */
static inline void contained(struct fixture *f, uint32_t pid, enum container_runtime runtime,
			     const char *id)
{
	struct container_event event = {.head = head(f, EVENT_CONTAINER, pid),
					.start_ns = f->start[pid],
					.known = id != NULL,
					.runtime = runtime};

	snprintf(event.id, sizeof(event.id), "%s", id ? id : "");
	feed(f, &event);
}

static inline void exited(struct fixture *f, uint32_t pid)
{
	process(f, PROCESS_EXITED, pid, 0, 0);
}

static inline void lost(struct fixture *f, uint64_t total)
{
	struct lost_event event = {.head = head(f, EVENT_LOST, 0), .calls = {total}};

	feed(f, &event);
}

static inline void snapshot(struct fixture *f, uint32_t action, uint32_t ipcns, uint64_t time_ns)
{
	struct snapshot_event event = {
		.head = {.type = EVENT_SNAPSHOT, .time_ns = time_ns},
		.action = action,
		.ipcns = ipcns,
		.limits = {.shmmni = ipcns ? 4096 : 0},
	};

	feed(f, &event);
}

static inline void found_process(struct fixture *f, uint32_t pid, uint64_t from, uint64_t to)
{
	struct process_event event = {
		.head = head(f, EVENT_PROCESS, pid),
		.start_ns = f->start[pid] / 10000000 * 10000000, /* as /proc has it */
		.action = PROCESS_FOUND,
		.parent = 1,
		.read_ns = to,
	};

	event.head.time_ns = from;
	feed(f, &event);
}

/* A process that is there from the beginning. */
static inline void running(struct fixture *f, uint32_t pid)
{
	struct process_event event = {
		.head = head(f, EVENT_PROCESS, pid),
		.start_ns = f->start[pid],
		.action = PROCESS_FOUND,
	};

	feed(f, &event);
}

static inline void found_mapping(struct fixture *f, uint32_t pid, int32_t id, uint32_t count,
				 uint64_t from)
{
	struct mapping_event event = {
		.head = head(f, EVENT_MAPPING, pid),
		.address = 0x10000 * (id + 1),
		.ipcns = f->ns,
		.id = id,
		.action = MAPPING_FOUND,
		.count = count,
		.start_ns = f->start[pid] / 10000000 * 10000000,
	};

	event.head.time_ns = from;
	feed(f, &event);
}

static inline void found_object(struct fixture *f, uint32_t creator, uint32_t kind, int32_t id,
				uint32_t mode, uint64_t time_ns)
{
	struct object_event event = object_event(f, OBJECT_FOUND, creator, kind, id);

	event.head.time_ns = time_ns;
	event.mode = mode;
	event.key = mode & 01000 ? 0 : event.key;
	event.start_ns = creator && creator < PIDS ? f->start[creator] : 0;
	feed(f, &event);
}

static inline struct object_info info_of(const struct fixture *f, uint32_t kind, int32_t id)
{
	const struct ledger_object *object = ledger__find_object(f->ledger, f->ns, kind, id);
	struct object_info info = {.state = STATE_GONE};

	if (object)
		ledger__object_info(object, &info);
	return info;
}

static inline void expect(const struct fixture *f, int32_t id, enum object_state state,
			  uint32_t nattch)
{
	struct object_info info = info_of(f, OBJECT_SHM, id);

	assert_int_equal(info.state, state);
	assert_int_equal(info.nattch, nattch);
}

static inline void expect_state(const struct fixture *f, uint32_t kind, int32_t id,
				enum object_state state)
{
	assert_int_equal(info_of(f, kind, id).state, state);
}

/* That there has been exactly this leak since the last time that leaks were asked for. */
static inline void expect_leak(struct fixture *f, uint32_t kind, int32_t id, uint32_t owner,
			       uint32_t ended)
{
	assert_int_equal(f->n_leaks, 1);
	assert_int_equal(f->leaks[0].ipcns, f->ns);
	assert_int_equal(f->leaks[0].kind, kind);
	assert_int_equal(f->leaks[0].id, id);
	assert_int_equal(f->leaks[0].owner, owner);
	assert_int_equal(f->leaks[0].ended, ended);
	f->n_leaks = 0;
}

static inline void expect_no_leak(const struct fixture *f)
{
	assert_int_equal(f->n_leaks, 0);
}

struct holder_search {
	uint32_t pid, mappings;
};

static inline bool match_holder(void *context, const struct ledger_process *process,
				uint32_t mappings)
{
	struct holder_search *search = context;

	if (pid_of(process) == search->pid)
		search->mappings += mappings;
	return true;
}

/* How many mappings of the segment the process has. */
static inline uint32_t held_by(const struct fixture *f, int32_t id, uint32_t pid)
{
	const struct ledger_object *object = ledger__find_object(f->ledger, f->ns, OBJECT_SHM, id);
	struct holder_search search = {.pid = pid};

	assert_non_null(object);
	ledger__for_each_holder(object, match_holder, &search);
	return search.mappings;
}

struct process_search {
	uint32_t pid;
	bool alive, found;
	struct process_info info;
};

static inline bool match_process(void *context, const struct ledger_process *process)
{
	struct process_search *search = context;
	struct process_info info;

	ledger__process_info(process, &info);
	if (info.pid != search->pid || info.alive != search->alive)
		return true;
	search->found = true;
	search->info = info;
	return false;
}

/* false: there is none, alive or ended as asked. */
static inline bool find_process(const struct fixture *f, uint32_t pid, bool alive,
				struct process_info *info)
{
	struct process_search search = {.pid = pid, .alive = alive};

	ledger__for_each_process(f->ledger, match_process, &search);
	*info = search.info;
	return search.found;
}

static inline struct ledger_stats stats_of(const struct fixture *f)
{
	struct ledger_stats stats;

	ledger__stats(f->ledger, &stats);
	return stats;
}

#endif
