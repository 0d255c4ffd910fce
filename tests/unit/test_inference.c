// SPDX-License-Identifier: GPL-2.0-only
/*
 * What calls say to the ledger where nothing else is seen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <sys/ipc.h>
#include <sys/shm.h>

#include "source/inference.h"

#define IPC_64 0x0100

static struct call_ledger_event call(enum call_id id, int64_t ret, uint64_t first, uint64_t second,
				     uint64_t third)
{
	return (struct call_ledger_event){
		.call = {.head = {.time_ns = 1000,
				  .type = EVENT_CALL_LEDGER,
				  .pid = 42,
				  .tid = 43,
				  .uid = 7,
				  .ipcns = 99,
				  .comm = "maker"},
			 .args = {first, second, third},
			 .ret = ret,
			 .duration_ns = 50,
			 .call = id},
		.mm = 0x1234,
		.start_ns = 5,
		.gid = 8,
	};
}

static const struct object_event *object(const struct call_ledger_event *from, uint32_t action)
{
	static union inference room;
	const struct event *event;

	memset(&room, 0xff, sizeof(room));
	event = inference__of(from, &room);
	assert_non_null(event);
	assert_int_equal(event->type, EVENT_OBJECT);
	/* It is so when the call has ended. */
	assert_int_equal(event->time_ns, 1050);
	assert_int_equal(event->pid, 42);
	assert_string_equal(event->comm, "maker");
	assert_int_equal(room.object.action, action);
	assert_int_equal(room.object.ipcns, 99);
	assert_int_equal(room.object.start_ns, 5);
	assert_int_equal(room.object.changed_ns, 0);
	return &room.object;
}

static const struct mapping_event *mapping(const struct call_ledger_event *from, uint32_t action)
{
	static union inference room;
	const struct event *event;

	memset(&room, 0xff, sizeof(room));
	event = inference__of(from, &room);
	assert_non_null(event);
	assert_int_equal(event->type, EVENT_MAPPING);
	assert_int_equal(event->time_ns, 1050);
	assert_int_equal(room.mapping.action, action);
	assert_int_equal(room.mapping.mm, 0x1234);
	assert_int_equal(room.mapping.count, 1);
	assert_int_equal(room.mapping.size, 0);
	assert_int_equal(room.mapping.start_ns, 5);
	return &room.mapping;
}

static void test_gets(void **state)
{
	const struct call_ledger_event made = call(CALL_SHMGET, 11, 0x5a, 4096,
						   IPC_CREAT | IPC_EXCL | 0640);
	const struct call_ledger_event either = call(CALL_SEMGET, 12, 0x5b, 3, IPC_CREAT | 0600);
	const struct call_ledger_event found = call(CALL_MSGGET, 13, 0x5c, 0600, 0);
	const struct call_ledger_event own = call(CALL_MSGGET, 14, IPC_PRIVATE, 0600, 0);
	const struct object_event *event;

	(void)state;
	event = object(&made, OBJECT_CREATED);
	assert_int_equal(event->kind, OBJECT_SHM);
	assert_int_equal(event->id, 11);
	assert_int_equal(event->key, 0x5a);
	assert_int_equal(event->size, 4096);
	assert_int_equal(event->mode, 0640);
	assert_int_equal(event->uid, 7);
	assert_int_equal(event->gid, 8);
	assert_int_equal(event->cause, 0);
	event = object(&either, OBJECT_CREATED);
	assert_int_equal(event->kind, OBJECT_SEM);
	assert_int_equal(event->size, 3);
	/* Made, or found. */
	assert_int_equal(event->cause, 1);
	event = object(&found, OBJECT_USED);
	assert_int_equal(event->kind, OBJECT_MSG);
	assert_int_equal(event->id, 13);
	event = object(&own, OBJECT_CREATED);
	assert_int_equal(event->size, 0);
	assert_int_equal(event->cause, 0);
}

static void test_mappings(void **state)
{
	const struct call_ledger_event attached = call(CALL_SHMAT, 0x7f0000001000, 21, 0, 0);
	const struct call_ledger_event detached = call(CALL_SHMDT, 0, 0x7f0000001000, 0, 0);

	(void)state;
	assert_int_equal(mapping(&attached, MAPPING_ATTACHED)->id, 21);
	assert_int_equal(mapping(&attached, MAPPING_ATTACHED)->address, 0x7f0000001000);
	assert_int_equal(mapping(&detached, MAPPING_DETACHED)->id, -1);
	assert_int_equal(mapping(&detached, MAPPING_DETACHED)->address, 0x7f0000001000);
}

static void test_controls(void **state)
{
	const struct call_ledger_event removed = call(CALL_SHMCTL, 0, 31, IPC_RMID | IPC_64, 0);
	const struct call_ledger_event set = call(CALL_SEMCTL, 0, 32, 0, IPC_RMID);
	const struct call_ledger_event queue = call(CALL_MSGCTL, 0, 33, IPC_RMID, 0);
	const struct call_ledger_event locked = call(CALL_SHMCTL, 0, 34, SHM_LOCK, 0);
	const struct call_ledger_event unlocked = call(CALL_SHMCTL, 0, 34, SHM_UNLOCK, 0);
	const struct call_ledger_event looked = call(CALL_SHMCTL, 0, 35, IPC_STAT, 0);
	/* SHM_LOCK's number is another command there. */
	const struct call_ledger_event other = call(CALL_MSGCTL, 0, 36, SHM_LOCK, 0);
	union inference room;

	(void)state;
	assert_int_equal(object(&removed, OBJECT_REMOVED)->kind, OBJECT_SHM);
	assert_int_equal(object(&removed, OBJECT_REMOVED)->id, 31);
	assert_int_equal(object(&set, OBJECT_REMOVED)->kind, OBJECT_SEM);
	assert_int_equal(object(&queue, OBJECT_REMOVED)->kind, OBJECT_MSG);
	assert_int_equal(object(&locked, OBJECT_LOCKED)->cause, 1);
	assert_int_equal(object(&unlocked, OBJECT_LOCKED)->cause, 0);
	assert_null(inference__of(&looked, &room));
	assert_null(inference__of(&other, &room));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gets),
		cmocka_unit_test(test_mappings),
		cmocka_unit_test(test_controls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
