// SPDX-License-Identifier: GPL-2.0-only
/*
 * Three small files a process, where no iterator of the kernel tells: stat, status (the real uid
 * stands nowhere else) and the link to its IPC namespace. No stdio: at ten thousand processes that
 * would be half of the time.
 */
#include "source/processes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/vector.h"
#include "source/ipcns.h"

#define PIDNS_INIT_INO 0xeffffffcU /* include/linux/proc_ns.h, PROC_PID_INIT_INO */
#define PF_KTHREAD     0x00200000  /* include/linux/sched.h */
#define NS_PER_SEC     1000000000ull
#define STATUS_BYTES   4096
#define THREADS_MAX    7   /* beside the caller's */
#define PER_THREAD     500 /* processes; fewer are not worth a thread */
#define PART	       32  /* that a thread takes at once */

void processes__dir(const struct found_process *process, char dir[PROCESS_DIR_LEN])
{
	snprintf(dir, PROCESS_DIR_LEN, "%u", process->tid);
}

/* The number behind the blank at *at, negative ones as 0. */
static int next_number(const char **at, const char *end, uint64_t *value)
{
	const char *s = *at;
	bool negative;

	if (s == end || *s++ != ' ')
		return -EINVAL;
	negative = s < end && *s == '-';
	s += negative;
	if (s == end || *s < '0' || *s > '9')
		return -EINVAL;
	for (*value = 0; s < end && *s >= '0' && *s <= '9'; s++)
		*value = *value * 10 + (*s - '0');
	if (negative)
		*value = 0;
	*at = s;
	return 0;
}

int processes__parse_stat(const char *text, size_t len, struct process_stat *stat)
{
	/* Numbers of proc(5): 4 ppid, 9 flags, 20 num_threads, 22 starttime, 23 vsize. */
	enum { FIRST = 4, LAST = 23 };
	const char *end = text + len;
	const char *open = memchr(text, '(', len);
	const char *close = memrchr(text, ')', len);
	uint64_t field[LAST + 1];
	size_t comm_len;

	/* Behind the comm there are only numbers: the last parenthesis is the one that ends it. */
	if (!open || !close || close < open || end - close < 3 || close[1] != ' ')
		return -EINVAL;
	memset(stat, 0, sizeof(*stat));
	comm_len = close - open - 1;
	if (comm_len >= sizeof(stat->comm))
		comm_len = sizeof(stat->comm) - 1;
	memcpy(stat->comm, open + 1, comm_len);
	stat->state = close[2];
	close += 3;
	for (int i = FIRST; i <= LAST; i++)
		if (next_number(&close, end, &field[i]))
			return -EINVAL;
	stat->parent = field[4];
	stat->flags = field[9];
	stat->threads = field[20];
	stat->start_ticks = field[22];
	stat->vsize = field[23];
	return 0;
}

int processes__parse_uid(const char *text, size_t len, uint32_t *uid)
{
	static const char label[] = "\nUid:\t";
	const char *at = memmem(text, len, label, sizeof(label) - 1);
	const char *end = text + len;
	uint64_t value = 0;

	if (!at)
		return -EINVAL;
	at += sizeof(label) - 1;
	if (at == end || *at < '0' || *at > '9')
		return -EINVAL;
	for (; at < end && *at >= '0' && *at <= '9'; at++)
		value = value * 10 + (*at - '0');
	*uid = value;
	return 0;
}

/* What one read gives is enough of each of these files. Its length, or -errno. */
static ssize_t read_file(int proc_fd, const char *dir, const char *name, char *data, size_t cap)
{
	char path[PROCESS_DIR_LEN + 16];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	len = read(fd, data, cap);
	if (len < 0)
		len = -errno;
	close(fd);
	return len;
}

uint32_t processes__read_ipcns(int proc_fd, const char *dir)
{
	char path[PROCESS_DIR_LEN + 16], link[64];
	unsigned int inum;
	ssize_t len;

	snprintf(path, sizeof(path), "%s/ns/ipc", dir);
	len = readlinkat(proc_fd, path, link, sizeof(link) - 1);
	if (len < 0)
		return 0;
	link[len] = '\0';
	return sscanf(link, "ipc:[%u]", &inum) == 1 ? inum : 0;
}

/*
 * A process whose first thread has ended goes on with the others, and its own directory then shows
 * neither mappings nor namespaces. 0 where no thread runs.
 */
static uint32_t running_thread(int proc_fd, uint32_t pid)
{
	struct process_stat stat;
	const struct dirent *entry;
	char path[PROCESS_DIR_LEN + 8], data[1024];
	uint32_t found = 0;
	DIR *dir;
	int fd;

	snprintf(path, sizeof(path), "%u/task", pid);
	fd = openat(proc_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	while (!found && (entry = readdir(dir))) {
		uint32_t tid = strtoul(entry->d_name, NULL, 10);
		struct found_process thread = {.pid = pid, .tid = tid};
		ssize_t len;

		if (!tid || tid == pid)
			continue;
		processes__dir(&thread, path);
		len = read_file(proc_fd, path, "stat", data, sizeof(data));
		if (len > 0 && !processes__parse_stat(data, len, &stat) && stat.vsize)
			found = tid;
	}
	closedir(dir);
	return found;
}

/* False: it has ended, or is about to. */
static bool read_process(int proc_fd, uint32_t pid, long ticks_per_sec, struct found_process *p)
{
	char dir[PROCESS_DIR_LEN], data[STATUS_BYTES];
	struct process_stat stat;
	ssize_t len;

	*p = (struct found_process){.pid = pid, .tid = pid};
	processes__dir(p, dir);
	len = read_file(proc_fd, dir, "stat", data, sizeof(data));
	if (len <= 0 || processes__parse_stat(data, len, &stat))
		return false;
	if (stat.state == 'Z' || stat.state == 'X') {
		p->tid = stat.threads > 1 ? running_thread(proc_fd, pid) : 0;
		if (!p->tid)
			return false;
		processes__dir(p, dir);
	}
	p->has_memory = stat.vsize || p->tid != pid;
	p->has_threads = stat.threads > 1;
	p->parent = stat.parent;
	p->start_ns = stat.start_ticks * (NS_PER_SEC / ticks_per_sec);
	memcpy(p->comm, stat.comm, sizeof(p->comm));
	if (stat.flags & PF_KTHREAD) {
		p->ipcns = IPCNS_INIT_INO;
		return true;
	}
	len = read_file(proc_fd, dir, "status", data, sizeof(data));
	if (len <= 0 || processes__parse_uid(data, len, &p->uid))
		return false;
	p->ipcns = processes__read_ipcns(proc_fd, dir);
	return true;
}

static int by_pid(const void *a, const void *b)
{
	const struct found_process *p = a, *q = b;

	return (p->pid > q->pid) - (p->pid < q->pid);
}

int processes__add(struct processes *processes, const struct found_process *process)
{
	void *list = vector__room(processes->list, processes->count, &processes->cap,
				  sizeof(*processes->list));

	if (!list)
		return -ENOMEM;
	processes->list = list;
	processes->list[processes->count++] = *process;
	return 0;
}

/* The numbers alone; what is behind them comes later. */
static int list_processes(struct processes *processes, int proc_fd)
{
	const struct dirent *entry;
	int err = 0, fd;
	DIR *dir;

	fd = openat(proc_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	dir = fdopendir(fd);
	if (!dir) {
		err = -errno;
		close(fd);
		return err;
	}
	while (!err && (entry = readdir(dir))) {
		const struct found_process process = {.pid = strtoul(entry->d_name, NULL, 10)};

		if (process.pid)
			err = processes__add(processes, &process);
	}
	closedir(dir);
	return err;
}

struct readers {
	struct processes *processes;
	int proc_fd;
	long ticks_per_sec;
	size_t next; /* taken by adding to it */
};

static void *read_some(void *context)
{
	struct readers *readers = context;
	struct processes *processes = readers->processes;

	for (;;) {
		size_t first = __atomic_fetch_add(&readers->next, PART, __ATOMIC_RELAXED);

		if (first >= processes->count)
			return NULL;
		for (size_t i = first; i < first + PART && i < processes->count; i++)
			if (!read_process(readers->proc_fd, processes->list[i].pid,
					  readers->ticks_per_sec, &processes->list[i]))
				processes->list[i].pid = 0;
	}
}

/* All of it is the kernel's time, which processors can share. */
static void read_all(struct processes *processes, int proc_fd)
{
	struct readers readers = {
		.processes = processes, .proc_fd = proc_fd, .ticks_per_sec = sysconf(_SC_CLK_TCK)};
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	pthread_t threads[THREADS_MAX];
	size_t started = 0;

	while (started < THREADS_MAX && (long)started + 1 < processors &&
	       processes->count > (started + 1) * PER_THREAD &&
	       !pthread_create(&threads[started], NULL, read_some, &readers))
		started++;
	read_some(&readers);
	while (started)
		pthread_join(threads[--started], NULL);
}

void processes__sort(struct processes *processes)
{
	if (processes->count)
		qsort(processes->list, processes->count, sizeof(*processes->list), by_pid);
}

int processes__read(struct processes *processes, int proc_fd)
{
	size_t kept = 0;
	int err;

	*processes = (struct processes){0};
	err = list_processes(processes, proc_fd);
	if (err)
		return err;
	read_all(processes, proc_fd);
	for (size_t i = 0; i < processes->count; i++)
		if (processes->list[i].pid)
			processes->list[kept++] = processes->list[i];
	processes->count = kept;
	processes__sort(processes);
	return 0;
}

bool processes__look_again(int proc_fd, struct found_process *process)
{
	const long ticks_per_sec = sysconf(_SC_CLK_TCK);
	const uint64_t tick_ns = NS_PER_SEC / ticks_per_sec;
	struct found_process again;

	if (!read_process(proc_fd, process->pid, ticks_per_sec, &again) ||
	    again.start_ns / tick_ns != process->start_ns / tick_ns)
		return false;
	again.start_ns = process->start_ns;
	again.cgroups = process->cgroups;
	*process = again;
	return true;
}

void processes__free(struct processes *processes)
{
	free(processes->list);
	*processes = (struct processes){0};
}

const struct found_process *processes__find(const struct processes *processes, uint32_t pid)
{
	struct found_process key = {.pid = pid};

	if (!pid || !processes->count)
		return NULL;
	return bsearch(&key, processes->list, processes->count, sizeof(key), by_pid);
}

bool processes__is_hidden(int proc_fd, uint32_t pid)
{
	char path[PROCESS_DIR_LEN];

	/* Signal 0 asks and does nothing. */
	if (!pid || (kill(pid, 0) && errno != EPERM))
		return false;
	snprintf(path, sizeof(path), "%u", pid);
	return faccessat(proc_fd, path, F_OK, 0);
}

bool processes__are_confined(int proc_fd)
{
	struct stat st;

	return !fstatat(proc_fd, "self/ns/pid", &st, 0) && st.st_ino != PIDNS_INIT_INO;
}
