// SPDX-License-Identifier: GPL-2.0-only
/* Operations on the objects themselves: made, looked up, changed, removed, made again. */
#include "storm.h"

enum { KEYS = 10, FEW_KEYS = 4 };

/* Equal keys in all namespaces, which are different objects. */
static long some_key(struct runner *r, uint32_t keys)
{
	return 0x57000001 + random__pick(r, keys);
}

static int stat_segment(int32_t id, struct shmid64_ds *ds)
{
	return (int)result(do_shmctl(id, IPC_STAT, P(ds)));
}

void op__get(struct runner *r)
{
	long key = some_key(r, KEYS), id;

	switch (random__pick(r, 8)) {
	case 0:
	case 1:
	case 2:
		id = pool__create_segment(r, key, IPC_CREAT | IPC_EXCL | 0600);
		if (id >= 0)
			done(r, T_SHM_KEYED);
		else if (id == -EEXIST)
			done(r, T_SHM_EEXIST);
		break;
	case 3:
	case 4:
		id = pool__create_segment(r, IPC_PRIVATE, 0640);
		if (id >= 0)
			done(r, T_SHM_PRIVATE);
		break;
	case 5:
		id = pool__create_segment(r, key, IPC_CREAT | 0666);
		if (id >= 0)
			done(r, T_SHM_EITHER);
		break;
	case 6:
		id = result(do_shmget(key, 0, 0));
		if (id >= 0)
			done(r, T_SHM_LOOKUP);
		else if (id == -ENOENT)
			done(r, T_SHM_ENOENT);
		break;
	default:
		id = result(do_shmget(key, 1 << 20, 0));
		if (id == -EINVAL)
			done(r, T_SHM_EINVAL);
	}
	if (id >= 0)
		pool__publish(r, KIND_SHM, (int32_t)id);
}

/* Marked with our own attachment there, then attached once more by its id. */
static void mark(struct runner *r)
{
	struct piece *piece = pieces__some(r);
	void *place = pieces__place(r);
	struct shmid64_ds ds;
	int32_t id;

	if (!piece || piece->tag != r->slot->tag)
		return;
	id = piece->id;
	if (stat_segment(id, &ds))
		return;
	if (do_shmctl(id, IPC_RMID, 0))
		return;
	done(r, ds.shm_perm.mode & MODE_DOOMED ? T_RMID_TWICE : T_RMID_ATTACHED);
	if (random__pick(r, 2) && !pieces__attach(r, id, place, 0))
		done(r, T_ATTACH_DOOMED);
}

void op__rmid(struct runner *r)
{
	struct shmid64_ds ds;
	pool_place *place;
	int32_t id;

	if (random__pick(r, 2)) {
		mark(r);
		return;
	}
	if (!random__pick(r, 8)) {
		if (do_shmctl(0x5fffffff, IPC_RMID, 0) == -1)
			done(r, T_RMID_GONE);
		return;
	}
	id = pool__look(r, KIND_SHM, &place);
	if (id < 0)
		return;
	if (stat_segment(id, &ds)) {
		/* shm_rmid_forced or somebody's last detach. */
		atomic_store(place, 0);
		return;
	}
	if (do_shmctl(id, IPC_RMID, 0))
		return;
	if (ds.shm_nattch) {
		done(r, ds.shm_perm.mode & MODE_DOOMED ? T_RMID_TWICE : T_RMID_ATTACHED);
		return;
	}
	done(r, T_RMID_IDLE);
	atomic_store(place, 0);
}

void op__set(struct runner *r)
{
	int32_t id = (int32_t)pool__some_segment(r);
	struct shmid64_ds ds;
	bool owner = random__pick(r, 2);

	if (id < 0 || stat_segment(id, &ds))
		return;
	if (owner)
		ds.shm_perm.uid = ds.shm_perm.gid = random__pick(r, 1000);
	else
		ds.shm_perm.mode = (__kernel_mode_t)random__pick(r, 01000);
	if (!do_shmctl(id, IPC_SET, P(&ds)))
		done(r, owner ? T_SET_OWNER : T_SET_MODE);
}

void op__lock(struct runner *r)
{
	int32_t id = (int32_t)pool__some_segment(r);
	bool lock = random__pick(r, 2);

	if (id >= 0 && !do_shmctl(id, lock ? SHM_LOCK : SHM_UNLOCK, 0))
		done(r, lock ? T_LOCK : T_UNLOCK);
}

static void sem_get(struct runner *r)
{
	bool keyed = random__pick(r, 2);
	long sems = 1 + random__pick(r, 6);
	long id = result(do_semget(keyed ? some_key(r, FEW_KEYS) : IPC_PRIVATE, sems,
				   IPC_CREAT | IPC_EXCL | 0600));

	if (id < 0) {
		done(r, T_SEM_FAIL);
		return;
	}
	done(r, keyed ? T_SEM_KEYED : T_SEM_PRIVATE);
	pool__publish(r, KIND_SEM, (int32_t)id);
}

void op__sem(struct runner *r)
{
	struct sembuf up = {.sem_op = 1, .sem_flg = IPC_NOWAIT};
	uint32_t what = random__pick(r, 8);
	struct semid64_ds ds;
	int32_t id;

	if (what < 2) {
		sem_get(r);
		return;
	}
	if (what == 2) {
		if (do_semget(some_key(r, FEW_KEYS), 1, 0) >= 0)
			done(r, T_SEM_LOOKUP);
		return;
	}
	id = what == 3 ? pool__take(r, KIND_SEM) : pool__look(r, KIND_SEM, NULL);
	if (id < 0) {
		sem_get(r);
	} else if (what == 3) {
		if (!do_semctl(id, 0, IPC_RMID, 0))
			done(r, T_SEM_REMOVE);
	} else if (what == 4) {
		if (do_semctl(id, 0, IPC_STAT, P(&ds)))
			return;
		ds.sem_perm.mode = (__kernel_mode_t)random__pick(r, 01000);
		if (!do_semctl(id, 0, IPC_SET, P(&ds)))
			done(r, T_SEM_CHANGE);
	} else {
		if (what == 5)
			up.sem_flg |= SEM_UNDO;
		if (!do_semop(id, P(&up), 1))
			done(r, what == 5 ? T_SEM_UNDONE : T_SEM_UP);
	}
}

static void msg_get(struct runner *r)
{
	bool keyed = random__pick(r, 2);
	long id = result(do_msgget(keyed ? some_key(r, FEW_KEYS) : IPC_PRIVATE,
				   IPC_CREAT | IPC_EXCL | 0600));

	if (id < 0) {
		done(r, T_MSG_FAIL);
		return;
	}
	done(r, keyed ? T_MSG_KEYED : T_MSG_PRIVATE);
	pool__publish(r, KIND_MSG, (int32_t)id);
}

void op__msg(struct runner *r)
{
	struct {
		long type;
		char text[8];
	} message = {.type = 1};
	uint32_t what = random__pick(r, 8);
	struct msqid64_ds ds;
	int32_t id;

	if (what < 2) {
		msg_get(r);
		return;
	}
	if (what == 2) {
		if (do_msgget(some_key(r, FEW_KEYS), 0) >= 0)
			done(r, T_MSG_LOOKUP);
		return;
	}
	id = what == 3 ? pool__take(r, KIND_MSG) : pool__look(r, KIND_MSG, NULL);
	if (id < 0) {
		msg_get(r);
	} else if (what == 3) {
		if (!do_msgctl(id, IPC_RMID, 0))
			done(r, T_MSG_REMOVE);
	} else if (what == 4) {
		if (do_msgctl(id, IPC_STAT, P(&ds)))
			return;
		ds.msg_perm.mode = (__kernel_mode_t)random__pick(r, 01000);
		if (!do_msgctl(id, IPC_SET, P(&ds)))
			done(r, T_MSG_CHANGE);
	} else if (what == 5) {
		if (do_msgrcv(id, P(&message), sizeof(message.text), 0, IPC_NOWAIT | MSG_NOERROR) >=
		    0)
			done(r, T_MSG_RECEIVE);
	} else {
		if (!do_msgsnd(id, P(&message), sizeof(message.text), IPC_NOWAIT))
			done(r, T_MSG_SEND);
	}
}

/*
 * The exact id, which otherwise recurs after millions of creations. Somebody else's creation may
 * take the wish; then this one gets another id.
 */
void op__reuse(struct runner *r)
{
	static const char *const names[KIND_COUNT] = {"shm_next_id", "sem_next_id", "msg_next_id"};
	static const enum transition made[KIND_COUNT] = {T_REUSE_SHM, T_REUSE_SEM, T_REUSE_MSG};
	enum storm_kind kind = random__pick(r, KIND_COUNT);
	int32_t id = pool__take(r, kind);
	struct shmid64_ds ds;
	long again;
	int err;

	if (id < 0)
		return;
	if (kind == KIND_SHM && (stat_segment(id, &ds) || ds.shm_nattch))
		return;
	err = (int)(kind == KIND_SHM   ? do_shmctl(id, IPC_RMID, 0)
		    : kind == KIND_SEM ? do_semctl(id, 0, IPC_RMID, 0)
				       : do_msgctl(id, IPC_RMID, 0));
	if (err)
		return;
	err = namespace__write(r->storm, names[kind], id);
	if (err == -ENOENT) {
		/* CONFIG_CHECKPOINT_RESTORE is not set. */
		atomic_store(&r->storm->absent[made[kind]], true);
		return;
	}
	if (kind == KIND_SHM)
		again = pool__create_segment(r, IPC_PRIVATE, IPC_CREAT | 0600);
	else
		again = kind == KIND_SEM ? do_semget(IPC_PRIVATE, 2, 0600)
					 : do_msgget(IPC_PRIVATE, 0600);
	if (again >= 0)
		pool__publish(r, kind, (int32_t)again);
	if (again == id)
		done(r, made[kind]);
}
