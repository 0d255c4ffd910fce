// SPDX-License-Identifier: GPL-2.0-only
/*
 * The *_STAT_ANY commands take an index, and IPC_INFO says which is the last in use. 0.9 us an
 * object where the text of /proc/sysvipc takes 1.2 us without its parsing.
 */
#include "source/objects.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include "base/clock.h"
#include "base/vector.h"
#include "source/ipcns.h"

/* Not in the C library's headers: the caller has to define it (semctl(2)). */
union semun {
	int val;
	struct semid_ds *buf;
	struct seminfo *info;
};

int objects__add_row(struct object_table *table, const struct object_row *row)
{
	struct object_row *rows = vector__room(table->rows, table->n_rows, &table->rows_cap,
					       sizeof(*rows));

	if (!rows)
		return -ENOMEM;
	table->rows = rows;
	rows[table->n_rows++] = *row;
	return 0;
}

/* Semaphores of one set mostly have the same last operator: it is noted once in a row. */
int objects__add_use(struct object_table *table, uint32_t kind, int32_t id, int32_t pid)
{
	const struct object_use *last = table->n_uses ? &table->uses[table->n_uses - 1] : NULL;
	struct object_use *uses;

	if (pid <= 0 ||
	    (last && last->kind == kind && last->id == id && last->pid == (uint32_t)pid))
		return 0;
	uses = vector__room(table->uses, table->n_uses, &table->uses_cap, sizeof(*uses));
	if (!uses)
		return -ENOMEM;
	table->uses = uses;
	uses[table->n_uses++] = (struct object_use){.kind = kind, .id = id, .pid = pid};
	return 0;
}

static void set_owner(struct object_row *row, const struct ipc_perm *perm)
{
	row->key = perm->__key;
	row->mode = perm->mode;
	row->uid = perm->uid;
	row->gid = perm->gid;
}

static void set_past(struct object_row *row, int64_t first, int64_t second)
{
	row->past.last[0] = first;
	row->past.last[1] = second;
	row->past.since = row->changed;
	for (int i = 0; i < 2; i++)
		if (row->past.since < row->past.last[i])
			row->past.since = row->past.last[i];
}

static int read_segments(struct object_table *table)
{
	struct shminfo info;
	int last = shmctl(0, IPC_INFO, (struct shmid_ds *)&info);

	if (last < 0)
		return -errno;
	for (int i = 0; i <= last; i++) {
		struct object_row row = {.kind = OBJECT_SHM};
		struct shmid_ds ds;

		row.id = shmctl(i, SHM_STAT_ANY, &ds);
		if (row.id < 0)
			continue;
		set_owner(&row, &ds.shm_perm);
		row.size = ds.shm_segsz;
		row.nattch = ds.shm_nattch;
		row.creator = ds.shm_cpid;
		row.changed = ds.shm_ctime;
		set_past(&row, ds.shm_atime, ds.shm_dtime);
		row.past.last_pids[0] = ds.shm_lpid;
		if (objects__add_row(table, &row))
			return -ENOMEM;
	}
	return 0;
}

static void keep_operator(struct object_past *past, uint32_t pid)
{
	if (!past->last_pids[0] || past->last_pids[0] == pid)
		past->last_pids[0] = pid;
	else if (!past->last_pids[1])
		past->last_pids[1] = pid;
}

int64_t objects__count_waiting(int32_t id, uint64_t semaphores)
{
	int64_t count = 0;

	for (uint64_t i = 0; i < semaphores; i++) {
		int more = semctl(id, i, GETNCNT), less = semctl(id, i, GETZCNT);

		if (more < 0 || less < 0)
			return -errno;
		count += more + less;
	}
	return count;
}

/* Who has never finished an operation is none of the operators. */
static void count_waiting(struct object_row *set)
{
	int64_t count;

	for (int i = 0; i < 2; i++)
		if (set->past.last_pids[i] && (!kill(set->past.last_pids[i], 0) || errno == EPERM))
			return;
	count = objects__count_waiting(set->id, set->size);
	set->waiting = count > 0 ? count : 0;
}

static int read_operators(struct object_table *table, struct object_row *set, uint64_t *semaphores)
{
	if (*semaphores + set->size > OBJECTS_SEMAPHORES_MAX) {
		table->sets_unreadable++;
		return 0;
	}
	*semaphores += set->size;
	for (uint64_t i = 0; i < set->size; i++) {
		int pid = semctl(set->id, i, GETPID);

		if (pid < 0) {
			/* It may also have gone by now. */
			table->sets_unreadable += errno == EACCES;
			return 0;
		}
		if (pid > 0)
			keep_operator(&set->past, pid);
		if (objects__add_use(table, OBJECT_SEM, set->id, pid))
			return -ENOMEM;
	}
	count_waiting(set);
	return 0;
}

static int read_sets(struct object_table *table)
{
	uint64_t semaphores = 0;
	struct seminfo info;
	int last = semctl(0, 0, IPC_INFO, (union semun){.info = &info});

	if (last < 0)
		return -errno;
	for (int i = 0; i <= last; i++) {
		struct object_row row = {.kind = OBJECT_SEM};
		struct semid_ds ds;

		row.id = semctl(i, 0, SEM_STAT_ANY, (union semun){.buf = &ds});
		if (row.id < 0)
			continue;
		set_owner(&row, &ds.sem_perm);
		row.size = ds.sem_nsems;
		row.changed = ds.sem_ctime;
		set_past(&row, ds.sem_otime, 0);
		if (read_operators(table, &row, &semaphores) || objects__add_row(table, &row))
			return -ENOMEM;
	}
	return 0;
}

static int read_queues(struct object_table *table)
{
	struct msginfo info;
	int last = msgctl(0, IPC_INFO, (struct msqid_ds *)&info);

	if (last < 0)
		return -errno;
	for (int i = 0; i <= last; i++) {
		struct object_row row = {.kind = OBJECT_MSG};
		struct msqid_ds ds;

		row.id = msgctl(i, MSG_STAT_ANY, &ds);
		if (row.id < 0)
			continue;
		set_owner(&row, &ds.msg_perm);
		row.changed = ds.msg_ctime;
		set_past(&row, ds.msg_stime, ds.msg_rtime);
		row.past.last_pids[0] = ds.msg_lspid;
		row.past.last_pids[1] = ds.msg_lrpid;
		if (objects__add_row(table, &row) ||
		    objects__add_use(table, OBJECT_MSG, row.id, ds.msg_lspid) ||
		    objects__add_use(table, OBJECT_MSG, row.id, ds.msg_lrpid))
			return -ENOMEM;
	}
	return 0;
}

int objects__read(struct object_table *table)
{
	int err;

	memset(table, 0, sizeof(*table));
	table->time_ns = clock__ns(CLOCK_MONOTONIC);
	err = read_segments(table);
	if (!err)
		err = read_sets(table);
	if (!err)
		err = read_queues(table);
	if (ipcns__limits(&table->limits))
		memset(&table->limits, 0, sizeof(table->limits));
	return err;
}

void objects__free(struct object_table *table)
{
	free(table->rows);
	free(table->uses);
	memset(table, 0, sizeof(*table));
}
