// SPDX-License-Identifier: GPL-2.0-only
#include "source/containers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "base/log.h"
#include "base/vector.h"
#include "source/kernelfs.h"

#define CGROUP_BYTES 16384 /* a path has 4096 at most; of several hierarchies mostly equal ones */
#define STAT_BYTES   1024
#define PATH_BYTES   4200 /* PATH_MAX, and what the kernel puts around it */

/* Of the processes of a namespace: mostly one, of a container with a manager a few more. */
#define CGROUPS_READ 32

#define PF_EXITING 0x00000004 /* include/linux/sched.h */
#define NS_PER_S   1000000000ULL

/* /proc has the start in clock ticks of 10 ms. */
#define START_TOLERANCE_NS 20000000ULL

#define SEEN	  1024 /* processes, a power of two */
#define NAMED_MAX 4096 /* cgroups; then all are forgotten */

/* A cgroup whose container is known. */
struct named {
	uint32_t id;
	struct container container;
	UT_hash_handle hh;
};

/* By what a snapshot says of the cgroups of a process: whose container is that of another, too. */
struct grouped {
	uint32_t pid;
	uint64_t cgroups;
};

struct group {
	uint64_t cgroups;
	struct container container;
	UT_hash_handle hh;
};

struct containers {
	bool by_id;
	int proc_fd;
	int cgroup2_fd; /* -1: none */
	struct named *named;
	/* Where a process was when it was told: it may be moved. */
	struct seen {
		uint32_t pid, cgroup;
	} seen[SEEN];
	/* Of the snapshot that is being told. */
	struct grouped *grouped; /* by pid, ascending, as they are told */
	size_t n_grouped, grouped_cap;
	struct group *groups;
};

/* Its length, or -errno. */
static ssize_t read_file(int dir_fd, const char *path, char *data, size_t cap)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	while (len < cap && (n = read(fd, data + len, cap - len)) > 0)
		len += n;
	if (len < cap && n < 0 && !len) {
		n = -errno;
		close(fd);
		return n;
	}
	close(fd);
	return len;
}

bool containers__by_id(void)
{
	static const char version2[] = "0::";
	char text[CGROUP_BYTES];
	ssize_t len = read_file(AT_FDCWD, "/proc/self/cgroup", text, sizeof(text));
	const char *newline = len > 0 ? memchr(text, '\n', len) : NULL;

	/* Each hierarchy of version 1, systemd's own too, has a line. */
	return newline && newline == text + len - 1 && !strncmp(text, version2, 3);
}

static bool is_same_start(uint64_t ticks, uint64_t start_ns)
{
	uint64_t ns = ticks * (NS_PER_S / sysconf(_SC_CLK_TCK));
	uint64_t difference = ns > start_ns ? ns - start_ns : start_ns - ns;

	return !start_ns || difference <= START_TOLERANCE_NS;
}

/* text: what the file says. */
static bool read_container(int proc_fd, uint32_t pid, uint64_t start_ns, char text[CGROUP_BYTES],
			   ssize_t *len, struct container *container)
{
	char path[32], data[STAT_BYTES];
	struct process_stat stat;
	ssize_t stat_len;

	snprintf(path, sizeof(path), "%u/cgroup", pid);
	*len = read_file(proc_fd, path, text, CGROUP_BYTES);
	if (*len < 0)
		return false;
	container__parse(text, *len, container);
	/* Read after it, so that the file was of whom this is of. */
	snprintf(path, sizeof(path), "%u/stat", pid);
	stat_len = read_file(proc_fd, path, data, sizeof(data));
	if (stat_len <= 0 || processes__parse_stat(data, stat_len, &stat) ||
	    !is_same_start(stat.start_ticks, start_ns))
		return false;
	/* Who ends is shown in the root of each hierarchy of version 1 (proc_cgroup_show). */
	return !(stat.flags & PF_EXITING) || container->runtime >= RUNTIME_DOCKER;
}

bool containers__read(int proc_fd, uint32_t pid, uint64_t start_ns, struct container *container)
{
	char text[CGROUP_BYTES];
	ssize_t len;

	return read_container(proc_fd, pid, start_ns, text, &len, container);
}

/* Those read last are the likeliest. */
static bool is_read(const uint64_t cgroups[CGROUPS_READ], size_t n_read, uint64_t wanted)
{
	for (size_t i = n_read; wanted && i && i + CGROUPS_READ > n_read; i--)
		if (cgroups[(i - 1) % CGROUPS_READ] == wanted)
			return true;
	return false;
}

bool containers__of_namespace(int proc_fd, const struct processes *processes, uint32_t ipcns,
			      struct container *container)
{
	const uint32_t ourselves = getpid();
	struct container other;
	uint64_t cgroups[CGROUPS_READ];
	size_t n_read = 0;

	for (size_t i = 0; i < processes->count; i++) {
		const struct found_process *process = &processes->list[i];

		if (process->ipcns != ipcns || process->pid == ourselves ||
		    is_read(cgroups, n_read, process->cgroups))
			continue;
		if (!containers__read(proc_fd, process->pid, process->start_ns, &other))
			continue;
		if (n_read && !container__equal(container, &other))
			return false;
		*container = other;
		cgroups[n_read++ % CGROUPS_READ] = process->cgroups;
	}
	return n_read;
}

bool containers__resolve(int cgroup2_fd, uint32_t id, struct container *container)
{
	union {
		struct file_handle head;
		char bytes[sizeof(struct file_handle) + sizeof(uint64_t)];
	} handle = {.head = {.handle_bytes = sizeof(uint64_t),
			     .handle_type = 0xfe /* FILEID_KERNFS, include/linux/exportfs.h */}};
	const uint64_t whole = id; /* the high half counts rounds of four billion */
	char link[32], path[PATH_BYTES];
	ssize_t len;
	int fd;

	memcpy(handle.head.f_handle, &whole, sizeof(whole));
	fd = open_by_handle_at(cgroup2_fd, &handle.head, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return false;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	memcpy(path, "0::", 3);
	len = readlink(link, path + 3, sizeof(path) - 3);
	close(fd);
	if (len <= 0)
		return false;
	/* The mount point in front names no container. */
	container__parse(path, len + 3, container);
	return true;
}

struct containers *containers__new(bool by_id)
{
	struct containers *self = calloc(1, sizeof(*self));

	if (!self)
		return NULL;
	self->by_id = by_id;
	self->cgroup2_fd = -1;
	self->proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (by_id)
		self->cgroup2_fd = kernelfs__open(&kernelfs_cgroup2);
	if (by_id && self->cgroup2_fd < 0)
		pr_debug("cannot open the cgroup2 file system: %s", strerror(-self->cgroup2_fd));
	return self;
}

static void forget_names(struct containers *self)
{
	struct named *named, *next;

	HASH_ITER (hh, self->named, named, next) {
		HASH_DEL(self->named, named);
		free(named);
	}
}

static void forget_groups(struct containers *self)
{
	struct group *group, *next;

	HASH_ITER (hh, self->groups, group, next) {
		HASH_DEL(self->groups, group);
		free(group);
	}
	self->n_grouped = 0;
}

void containers__free(struct containers *self)
{
	if (!self)
		return;
	forget_names(self);
	forget_groups(self);
	free(self->grouped);
	if (self->proc_fd >= 0)
		close(self->proc_fd);
	if (self->cgroup2_fd >= 0)
		close(self->cgroup2_fd);
	free(self);
}

/* The process is in that cgroup still: what /proc says is the name of it. */
static bool is_of_cgroup(const struct containers *self, char text[CGROUP_BYTES], ssize_t len,
			 uint32_t id)
{
	char *newline = len > 0 ? memchr(text, '\n', len) : NULL;
	struct stat st;

	if (self->cgroup2_fd < 0 || !newline || strncmp(text, "0::/", 4) != 0)
		return false;
	*newline = '\0';
	return !fstatat(self->cgroup2_fd, text[4] ? text + 4 : ".", &st, 0) &&
	       (uint32_t)st.st_ino == id;
}

static bool look_up(struct containers *self, const struct event *event, struct container *container)
{
	char text[CGROUP_BYTES];
	bool alive;
	ssize_t len;

	if (self->cgroup2_fd >= 0 &&
	    containers__resolve(self->cgroup2_fd, event->cgroup, container))
		return true;
	alive = read_container(self->proc_fd, event->pid, 0, text, &len, container);
	/* Without that file system it cannot be held against anything. */
	return alive && (self->cgroup2_fd < 0 || is_of_cgroup(self, text, len, event->cgroup));
}

/* 1: known; 0: not known, which may be another time; or -ENOMEM. */
static int name_cgroup(struct containers *self, const struct event *event,
		       struct container *container)
{
	struct named *named;

	HASH_FIND(hh, self->named, &event->cgroup, sizeof(event->cgroup), named);
	if (named) {
		*container = named->container;
		return 1;
	}
	if (!look_up(self, event, container))
		return 0;
	if (HASH_COUNT(self->named) >= NAMED_MAX)
		forget_names(self);
	named = calloc(1, sizeof(*named));
	if (!named)
		return -ENOMEM;
	named->id = event->cgroup;
	named->container = *container;
	HASH_ADD(hh, self->named, id, sizeof(named->id), named);
	if (named->hh.tbl)
		return 1;
	free(named);
	return -ENOMEM;
}

static int tell(struct ledger *ledger, uint32_t pid, const struct container *container)
{
	struct container_event event = {.head = {.type = EVENT_CONTAINER, .pid = pid},
					.known = container != NULL};

	if (container) {
		event.runtime = container->runtime;
		memcpy(event.id, container->id, strlen(container->id));
	}
	return ledger__apply(ledger, &event.head);
}

static int see_by_id(struct containers *self, struct ledger *ledger, const struct event *event,
		     bool told)
{
	struct seen *seen = &self->seen[event->pid & (SEEN - 1)];
	struct container container;
	int known;

	if (told && seen->pid == event->pid && seen->cgroup == event->cgroup)
		return 0;
	*seen = (struct seen){.pid = event->pid, .cgroup = event->cgroup};
	known = name_cgroup(self, event, &container);
	return known < 0 ? known : tell(ledger, event->pid, known ? &container : NULL);
}

static int note_group(struct containers *self, const struct process_event *process)
{
	struct grouped *grouped;

	if (process->action != PROCESS_FOUND || !process->cgroups)
		return 0;
	grouped = vector__room(self->grouped, self->n_grouped, &self->grouped_cap,
			       sizeof(*grouped));
	if (!grouped)
		return -ENOMEM;
	self->grouped = grouped;
	grouped[self->n_grouped++] = (struct grouped){.pid = process->head.pid,
						      .cgroups = process->cgroups};
	return 0;
}

static int by_pid(const void *a, const void *b)
{
	const struct grouped *p = a, *q = b;

	return (p->pid > q->pid) - (p->pid < q->pid);
}

/* 0: not known. */
static uint64_t cgroups_of(const struct containers *self, uint32_t pid)
{
	const struct grouped key = {.pid = pid};
	const struct grouped *found = self->n_grouped
					      ? bsearch(&key, self->grouped, self->n_grouped,
							sizeof(key), by_pid)
					      : NULL;

	return found ? found->cgroups : 0;
}

/* By /proc, unless another of the same cgroups has been read for this snapshot. */
static int see_by_proc(struct containers *self, struct ledger *ledger, uint32_t pid,
		       uint64_t start_ns)
{
	const uint64_t cgroups = cgroups_of(self, pid);
	struct container container;
	struct group *group;

	HASH_FIND(hh, self->groups, &cgroups, sizeof(cgroups), group);
	if (group)
		return tell(ledger, pid, &group->container);
	if (!containers__read(self->proc_fd, pid, start_ns, &container))
		return tell(ledger, pid, NULL);
	if (!cgroups)
		return tell(ledger, pid, &container);
	group = calloc(1, sizeof(*group));
	if (!group)
		return -ENOMEM;
	group->cgroups = cgroups;
	group->container = container;
	HASH_ADD(hh, self->groups, cgroups, sizeof(group->cgroups), group);
	if (!group->hh.tbl) {
		free(group);
		return -ENOMEM;
	}
	return tell(ledger, pid, &container);
}

/* Whether the process of the event has to do with System V IPC. */
static bool is_of_interest(const struct event *event)
{
	switch (event->type) {
	case EVENT_CALL:
	case EVENT_CALL_LIMITS:
	case EVENT_OBJECT:
		return true;
	case EVENT_MAPPING:
		/* The process itself comes behind it. */
		return ((const struct mapping_event *)event)->action != MAPPING_FOUND;
	case EVENT_PROCESS:
		return ((const struct process_event *)event)->action == PROCESS_FOUND;
	default:
		return false;
	}
}

int containers__see(struct containers *self, struct ledger *ledger, const struct event *event)
{
	const struct ledger_process *process;
	struct process_info info;
	bool told;

	if (event->type == EVENT_SNAPSHOT && !((const struct snapshot_event *)event)->ipcns)
		forget_groups(self);
	if (event->type == EVENT_PROCESS && note_group(self, (const struct process_event *)event))
		return -ENOMEM;
	if (!event->pid || !is_of_interest(event))
		return 0;
	process = ledger__find_process(ledger, event->pid);
	if (!process || (event->type == EVENT_PROCESS && !ledger__is_attached(process)))
		return 0;
	told = ledger__container_is_told(process);
	if (self->by_id && event->cgroup)
		return see_by_id(self, ledger, event, told);
	if (told)
		return 0;
	ledger__process_info(process, &info);
	return see_by_proc(self, ledger, event->pid, info.start_ns);
}
