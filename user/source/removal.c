// SPDX-License-Identifier: GPL-2.0-only
/*
 * Identity: an id alone may be another object's by now. Whatever was made or changed after the list
 * was read has a ctime of that second or a later one, and what was used has its atime, dtime,
 * otime, stime or rtime there. So an object whose times are all older, and whose other properties
 * are those that were listed, is that object, unused since (ipc/shm.c, sem.c and msg.c, 5.10
 * to 7.2).
 */
#include "source/removal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/privileges.h"
#include "source/ipcns.h"
#include "source/namespaces.h"
#include "source/objects.h"

#define MODE_MARKED	 01000 /* SHM_DEST, include/linux/shm.h */
#define MODE_PERMISSIONS 0777

/* Not in the C library's headers: the caller has to define it (semctl(2)). */
union semun {
	int val;
	struct semid_ds *buf;
};

struct run {
	struct removal *list;
	size_t count;
	int64_t listed_s;
	bool dry;
	uint32_t ipcns; /* of those whose turn it is */
	bool forced;	/* kernel.shm_rmid_forced of that namespace */
};

/* What a look at one object found. */
struct look {
	struct ipc_perm perm;
	uint64_t size;
	int64_t changed;
	int64_t last[2];
	uint32_t creator;
	uint32_t nattch;
	uint64_t messages;
};

int64_t removal__clock(void)
{
	struct timespec now;

	/* The kernel's own times are of its last tick (ktime_get_real_seconds). */
	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	return now.tv_sec;
}

/* Times ahead of the clock are of somebody who has set it back since, and tell nothing. */
static bool is_recent(int64_t time_s, int64_t listed_s)
{
	return time_s >= listed_s && time_s <= removal__clock();
}

bool removal__is_too_new(const struct removal *r, int64_t listed_s)
{
	return is_recent(r->past.since, listed_s);
}

static void finish(struct removal *r, enum removal_result result, enum removal_reason reason,
		   uint32_t count)
{
	r->result = result;
	r->reason = reason;
	r->count = count;
}

/* After a call that failed. */
static void finish_error(struct removal *r, int err)
{
	bool gone = err == EINVAL || err == EIDRM;

	r->err = gone ? 0 : -err;
	finish(r, gone ? REMOVAL_GONE : REMOVAL_FAILED, REASON_NONE, 0);
}

/*
 * A process that runs; what has ended holds nothing, also where nobody has waited for it. A thread
 * of another process may have the number: that is no process, and pidfd_open(2) (5.3) says so.
 * Where it cannot be told the process is taken to run.
 */
static bool is_running(uint32_t pid)
{
	struct pollfd fd = {.fd = syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};
	bool ended;

	if (fd.fd < 0)
		return errno != ESRCH && errno != EINVAL && errno != ENOENT;
	ended = poll(&fd, 1, 0) == 1 && fd.revents & POLLIN;
	close(fd.fd);
	return !ended;
}

/* 0, or an errno. */
static int look_at(const struct removal *r, struct look *look)
{
	struct shmid_ds shm;
	struct semid_ds sem;
	struct msqid_ds msg;

	*look = (struct look){0};
	switch (r->kind) {
	case OBJECT_SHM:
		if (shmctl(r->id, IPC_STAT, &shm))
			return errno;
		look->perm = shm.shm_perm;
		look->size = shm.shm_segsz;
		look->changed = shm.shm_ctime;
		look->last[0] = shm.shm_atime;
		look->last[1] = shm.shm_dtime;
		look->creator = shm.shm_cpid;
		look->nattch = shm.shm_nattch;
		return 0;
	case OBJECT_SEM:
		if (semctl(r->id, 0, IPC_STAT, (union semun){.buf = &sem}))
			return errno;
		look->perm = sem.sem_perm;
		look->size = sem.sem_nsems;
		look->changed = sem.sem_ctime;
		look->last[0] = sem.sem_otime;
		return 0;
	default:
		if (msgctl(r->id, IPC_STAT, &msg))
			return errno;
		look->perm = msg.msg_perm;
		look->changed = msg.msg_ctime;
		look->last[0] = msg.msg_stime;
		look->last[1] = msg.msg_rtime;
		look->messages = msg.msg_qnum;
		return 0;
	}
}

static bool is_same(const struct removal *r, const struct look *look)
{
	return look->perm.__key == (key_t)r->key && look->perm.uid == r->uid &&
	       look->perm.gid == r->gid && look->size == r->size && look->creator == r->creator &&
	       (look->perm.mode & MODE_PERMISSIONS) == (r->mode & MODE_PERMISSIONS);
}

/* pinned: the last attach is ours, and counts once. */
static bool is_unused(struct removal *r, const struct look *look, bool pinned)
{
	if (look->nattch > pinned) {
		finish(r, REMOVAL_KEPT, REASON_ATTACHED, look->nattch - pinned);
		return false;
	}
	if (r->creator && is_running(r->creator)) {
		finish(r, REMOVAL_KEPT, REASON_CREATOR_RUNS, 0);
		return false;
	}
	if ((!pinned && look->last[0] != r->past.last[0]) || look->last[1] != r->past.last[1]) {
		finish(r, REMOVAL_KEPT, REASON_USED, 0);
		return false;
	}
	return true;
}

/* It is the one that was listed, and unused or to be removed by force. If not: why is noted. */
static bool is_proven(const struct run *run, struct removal *r, struct look *look, bool pinned)
{
	int err = look_at(r, look);

	if (err) {
		finish_error(r, err);
		return false;
	}
	r->messages = look->messages;
	if (look->perm.mode & MODE_MARKED) {
		finish(r, REMOVAL_KEPT, REASON_MARKED, 0);
		return false;
	}
	if (!is_same(r, look)) {
		finish(r, REMOVAL_KEPT, REASON_ANOTHER, 0);
		return false;
	}
	if (!r->force && !is_unused(r, look, pinned))
		return false;
	if (run->dry)
		return true;
	if (is_recent(look->changed, run->listed_s) ||
	    (!r->force && ((!pinned && is_recent(look->last[0], run->listed_s)) ||
			   is_recent(look->last[1], run->listed_s)))) {
		finish(r, REMOVAL_KEPT, REASON_TOO_NEW, 0);
		return false;
	}
	return true;
}

/* We have it attached. Who comes between the look and the removal keeps what he has, and is told
 * of. */
static void remove_pinned(const struct run *run, struct removal *r)
{
	struct look look;

	if (!is_proven(run, r, &look, true))
		return;
	if (shmctl(r->id, IPC_RMID, NULL)) {
		finish_error(r, errno);
		return;
	}
	finish(r, REMOVAL_DONE, REASON_NONE, 0);
	if (!look_at(r, &look) && look.nattch > 1)
		finish(r, REMOVAL_MARKED,
		       r->force ? REASON_ATTACHED_BEFORE : REASON_ATTACHED_MEANWHILE,
		       look.nattch - 1);
}

static void remove_segment(const struct run *run, struct removal *r, const struct look *look)
{
	void *pin;

	if (run->forced) {
		/*
		 * There the last detach destroys a segment, also one that we would rather keep:
		 * ours must not be the last one.
		 */
		if (shmctl(r->id, IPC_RMID, NULL))
			finish_error(r, errno);
		else
			finish(r, look->nattch ? REMOVAL_MARKED : REMOVAL_DONE,
			       look->nattch ? REASON_ATTACHED_BEFORE : REASON_NONE, look->nattch);
		return;
	}
	pin = shmat(r->id, NULL, SHM_RDONLY);
	if (pin == (void *)-1) {
		finish_error(r, errno);
		return;
	}
	remove_pinned(run, r);
	shmdt(pin);
}

static bool nobody_waits(struct removal *r)
{
	int64_t waiting = objects__count_waiting(r->id, r->size);

	if (waiting < 0)
		finish_error(r, -waiting);
	else if (waiting)
		finish(r, REMOVAL_KEPT, REASON_WAITED_ON, waiting);
	return !waiting;
}

/* As the kernel asks (ipcctl_obtain_check, ipc/util.c), before a segment is attached for nothing.
 */
static bool may_remove(const struct look *look)
{
	const uid_t uid = geteuid();

	return uid == look->perm.uid || uid == look->perm.cuid || privileges__have("cap_sys_admin");
}

static void remove_one(const struct run *run, struct removal *r)
{
	struct look look;
	int err;

	if (!is_proven(run, r, &look, false))
		return;
	if (r->kind == OBJECT_SEM && !r->force && !nobody_waits(r))
		return;
	if (!may_remove(&look)) {
		finish_error(r, EPERM);
		return;
	}
	if (run->dry) {
		finish(r, REMOVAL_POSSIBLE, REASON_NONE, look.nattch);
		return;
	}
	if (r->kind == OBJECT_SHM) {
		remove_segment(run, r, &look);
		return;
	}
	/* Counting took its time: the last look is the call before the removal, and nothing
	 * between. */
	if (!is_proven(run, r, &look, false))
		return;
	err = r->kind == OBJECT_SEM ? semctl(r->id, 0, IPC_RMID) : msgctl(r->id, IPC_RMID, NULL);
	if (err)
		finish_error(r, errno);
	else
		finish(r, REMOVAL_DONE, REASON_NONE, 0);
}

/* /proc/sys/kernel is that of the thread's own namespace. Where it cannot be read, the worse holds.
 */
static bool rmid_is_forced(void)
{
	int fd = open("/proc/sys/kernel/shm_rmid_forced", O_RDONLY | O_CLOEXEC);
	char value = '1';

	if (fd >= 0 && read(fd, &value, 1) != 1)
		value = '1';
	if (fd >= 0)
		close(fd);
	return value != '0';
}

static void remove_all(struct run *run)
{
	run->forced = rmid_is_forced();
	for (size_t i = 0; i < run->count; i++)
		if (run->list[i].ipcns == run->ipcns)
			remove_one(run, &run->list[i]);
}

static void fail_all(struct run *run, int err)
{
	for (size_t i = 0; i < run->count; i++) {
		struct removal *r = &run->list[i];

		if (r->ipcns != run->ipcns)
			continue;
		/* It ends with its last process, and all that was in it. */
		r->err = err == -ENOENT ? 0 : err;
		finish(r, err == -ENOENT ? REMOVAL_GONE : REMOVAL_FAILED, REASON_NONE, 0);
	}
}

static void *remove_there(void *context)
{
	struct run *run = context;
	int err = namespaces__enter(run->ipcns);

	if (err)
		fail_all(run, err);
	else
		remove_all(run);
	return NULL;
}

static bool is_first_of_namespace(const struct removal *list, size_t i)
{
	for (size_t before = 0; before < i; before++)
		if (list[before].ipcns == list[i].ipcns)
			return false;
	return true;
}

void removal__run(struct removal *list, size_t count, int64_t listed_s, bool dry)
{
	struct run run = {.list = list, .count = count, .listed_s = listed_s, .dry = dry};
	uint32_t own = ipcns__inum();
	pthread_t thread;
	int err;

	for (size_t i = 0; i < count; i++) {
		/* Neighbours mostly share one. */
		if ((i && list[i].ipcns == list[i - 1].ipcns) || !is_first_of_namespace(list, i))
			continue;
		run.ipcns = list[i].ipcns;
		if (run.ipcns == own) {
			remove_all(&run);
			continue;
		}
		err = -pthread_create(&thread, NULL, remove_there, &run);
		if (err)
			fail_all(&run, err);
		else
			pthread_join(thread, NULL);
	}
}
