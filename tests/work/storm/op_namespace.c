// SPDX-License-Identifier: GPL-2.0-only
/*
 * Operations on IPC namespaces, and what the storm knows of them. Each that the storm makes gets a
 * tag, 1 and up, written into its own kernel.msgmnb: who enters it, and the driver, read there
 * where they are. Inode numbers would not do, they are given again at once.
 */
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>

#include "storm.h"

enum { NO_TAG = 16384 }; /* kernel.msgmnb of a new namespace */

/* thread-self: a process whose main thread has exited has no "self" namespace any more. */
uint64_t namespace__inum(void)
{
	struct stat st;

	return stat("/proc/thread-self/ns/ipc", &st) ? 0 : st.st_ino;
}

/* 0 or -errno. Sysctls are written in namespaces of the storm's own only. */
int namespace__write(struct storm *storm, const char *name, int32_t value)
{
	char path[64], text[16];
	uint64_t inum = namespace__inum();
	int fd, err = 0, length;

	if (!inum || inum == storm->host_inum)
		return -EPERM;
	snprintf(path, sizeof(path), "/proc/sys/kernel/%s", name);
	length = snprintf(text, sizeof(text), "%d", value);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, text, (size_t)length) != length)
		err = -errno;
	close(fd);
	return err;
}

uint32_t namespace__read_tag(void)
{
	char text[16] = "";
	int fd = open("/proc/sys/kernel/msgmnb", O_RDONLY | O_CLOEXEC);
	long value;

	if (fd < 0)
		return 0;
	if (read(fd, text, sizeof(text) - 1) <= 0)
		text[0] = 0;
	close(fd);
	value = atol(text) - NO_TAG;
	return value > 0 && value < STORM_TAGS ? (uint32_t)value : 0;
}

int namespace__found(struct storm *storm)
{
	uint32_t tag = atomic_fetch_add(&storm->tags, 1) + 1;
	int err;

	if (tag >= STORM_TAGS) {
		atomic_fetch_sub(&storm->tags, 1);
		return -ENOSPC;
	}
	if (unshare(CLONE_NEWIPC))
		return -errno;
	err = namespace__write(storm, "msgmnb", (int32_t)(NO_TAG + tag));
	if (err)
		return err;
	atomic_store(&storm->inum[tag], namespace__inum());
	return (int)tag;
}

static void fill(struct runner *r)
{
	for (int i = 0; i < 3; i++)
		op__get(r);
	op__sem(r);
	op__msg(r);
}

void op__unshare(struct runner *r)
{
	int tag;

	if (atomic_load(&r->storm->namespaces) >= STORM_NS_MAX) {
		op__setns(r);
		return;
	}
	/* Only the calling thread moves. */
	if (r->storm->weight[OP_thread] && random__pick(r, 2))
		op__sleeper(r);
	tag = namespace__found(r->storm);
	if (tag < 0)
		return;
	r->slot->tag = (uint32_t)tag;
	atomic_fetch_add(&r->storm->namespaces, 1);
	done(r, T_UNSHARE);
	if (r->count)
		done(r, T_UNSHARE_ATTACHED);
	if (r->threads)
		done(r, T_UNSHARE_THREAD);
	fill(r);
}

/* Most live in the first namespace: look a while for somebody who lives elsewhere. */
static int32_t somebody(struct runner *r)
{
	int32_t pid = 0;

	for (int i = 0; i < 24; i++) {
		struct slot *slot = &r->storm->slot[random__pick(r, r->storm->slots)];

		if (!atomic_load(&slot->pid) || slot->tag == r->slot->tag)
			continue;
		pid = atomic_load(&slot->pid);
		if (slot->tag != 1)
			break;
	}
	return pid;
}

/* Into that of another worker, which may end while we look. */
void op__setns(struct runner *r)
{
	int32_t pid = somebody(r);
	uint32_t tag, old = r->slot->tag;
	char path[64];
	int fd, home;

	if (!pid)
		return;
	snprintf(path, sizeof(path), "/proc/%d/ns/ipc", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	home = open("/proc/thread-self/ns/ipc", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || home < 0 || setns(fd, CLONE_NEWIPC))
		goto out;
	tag = namespace__read_tag();
	if (!tag || atomic_load(&r->storm->inum[tag]) != namespace__inum()) {
		/* Not tagged yet, or the pid is that of a stranger by now. */
		if (setns(home, CLONE_NEWIPC))
			worker__leave(r);
		goto out;
	}
	r->slot->tag = tag;
	if (tag == old)
		goto out;
	done(r, T_SETNS);
	if (r->count) {
		done(r, T_SETNS_ATTACHED);
		if (random__pick(r, 2))
			op__detach(r);
	}
out:
	if (fd >= 0)
		close(fd);
	if (home >= 0)
		close(home);
}

/* A child that fills a namespace of its own and ends; the objects end with it. */
void op__nsdeath(struct runner *r)
{
	int tag;

	if (worker__fork(r))
		return;
	tag = namespace__found(r->storm);
	if (tag < 0)
		worker__leave(r);
	r->slot->tag = (uint32_t)tag;
	fill(r);
	if (random__pick(r, 2))
		op__attach(r);
	done(r, T_NS_LEFT);
	worker__leave(r);
}

/* In the first namespace, where most live, it is never left on. */
void op__forced(struct runner *r)
{
	bool on = random__pick(r, 2) || r->slot->tag == 1;
	struct shmid64_ds ds;
	long id;

	if (namespace__write(r->storm, "shm_rmid_forced", on))
		return;
	done(r, on ? T_FORCED_ON : T_FORCED_OFF);
	if (!on)
		return;
	/* Nobody attaches a fresh one in between: it goes with the only attachment. */
	id = pool__create_segment(r, IPC_PRIVATE, 0600);
	if (id >= 0 && !pieces__attach(r, (int32_t)id, NULL, 0) &&
	    !pieces__detach(r, &r->pieces[r->count - 1]) && do_shmctl(id, IPC_STAT, P(&ds)) == -1)
		done(r, T_FORCED_GONE);
	if (r->slot->tag == 1 && !namespace__write(r->storm, "shm_rmid_forced", 0))
		done(r, T_FORCED_OFF);
}
