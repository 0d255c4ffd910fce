// SPDX-License-Identifier: GPL-2.0-only
/*
 * setns(2) into an IPC namespace concerns one thread, so a thread of ours visits them one after the
 * other and ends: no process has to be started, and nothing be sent between two.
 */
#include "source/namespaces.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/vector.h"
#include "source/ipcns.h"

#define LOOKS_MAX 4 /* at who has moved meanwhile */

static struct ipc_namespace *find(const struct namespaces *namespaces, uint32_t inum)
{
	for (size_t i = 0; i < namespaces->count; i++)
		if (namespaces->list[i].inum == inum)
			return &namespaces->list[i];
	return NULL;
}

static int add(struct namespaces *namespaces, uint32_t inum, const char *mount)
{
	struct ipc_namespace *list;

	if (find(namespaces, inum))
		return 0;
	list = vector__room(namespaces->list, namespaces->count, &namespaces->cap, sizeof(*list));
	if (!list)
		return -ENOMEM;
	namespaces->list = list;
	list += namespaces->count;
	*list = (struct ipc_namespace){.inum = inum};
	if (mount) {
		list->mount = strdup(mount);
		if (!list->mount)
			return -ENOMEM;
	}
	namespaces->count++;
	return 0;
}

/* \040 and the like become what they stand for (proc(5), show_mountinfo of the kernel). */
static void unescape(char *path)
{
	char *to = path;

	for (const char *from = path; *from; to++) {
		unsigned int code;

		if (*from == '\\' && sscanf(from + 1, "%3o", &code) == 1 && code) {
			*to = code;
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

uint32_t namespaces__parse_mount(const char *line, char *path)
{
	unsigned int inum;

	/* id parent major:minor root mount-point options … - nsfs nsfs … */
	if (!strstr(line, " - nsfs ") ||
	    sscanf(line, "%*d %*d %*s ipc:[%u] %[^ \n]", &inum, path) != 2)
		return 0;
	unescape(path);
	return inum;
}

static int add_mounted(struct namespaces *namespaces, int proc_fd)
{
	size_t size = 0, path_size = 0;
	char *line = NULL, *path = NULL;
	int fd = openat(proc_fd, "self/mountinfo", O_RDONLY | O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	int err = 0;

	/* Without it nothing is known of mounts, and nothing is wrong. */
	if (!file) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	while (!err && getline(&line, &size, file) > 0) {
		uint32_t inum;

		if (path_size < size) {
			free(path);
			path = malloc(size + 1);
			path_size = path ? size : 0;
		}
		if (!path) {
			err = -ENOMEM;
			break;
		}
		inum = namespaces__parse_mount(line, path);
		if (inum)
			err = add(namespaces, inum, path);
	}
	free(line);
	free(path);
	fclose(file);
	return err;
}

/* unshare(2) and setns(2) move one thread, and leave the others where they are. */
static int add_threads(struct namespaces *namespaces, int proc_fd,
		       const struct found_process *process)
{
	const struct dirent *entry;
	char path[64];
	int fd, err = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%u/task", process->pid);
	fd = openat(proc_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	while (!err && (entry = readdir(dir))) {
		uint32_t tid = strtoul(entry->d_name, NULL, 10), inum;

		if (!tid || tid == process->tid)
			continue;
		snprintf(path, sizeof(path), "%u", tid);
		inum = processes__read_ipcns(proc_fd, path);
		if (!inum || inum == process->ipcns)
			continue;
		err = add(namespaces, inum, NULL);
		if (!err)
			find(namespaces, inum)->tid = tid;
	}
	closedir(dir);
	return err;
}

static int open_if_same(int dir_fd, const char *path, uint32_t inum)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -errno;
	/* The process may have gone into another one, or the pid to another process. */
	if (fstat(fd, &st) || st.st_ino != inum) {
		close(fd);
		return -ENOENT;
	}
	return fd;
}

struct visit {
	struct namespaces *namespaces;
	const struct processes *processes;
	int proc_fd;
};

/* A descriptor of it, or -errno. */
static int open_namespace(const struct visit *visit, const struct ipc_namespace *ns)
{
	char path[PROCESS_DIR_LEN + 8];
	int fd = -ENOENT;

	if (ns->tid) {
		snprintf(path, sizeof(path), "%u/ns/ipc", ns->tid);
		fd = open_if_same(visit->proc_fd, path, ns->inum);
	}
	if (fd < 0 && ns->mount)
		fd = open_if_same(AT_FDCWD, ns->mount, ns->inum);
	for (size_t i = 0; fd < 0 && i < visit->processes->count; i++) {
		const struct found_process *process = &visit->processes->list[i];

		if (process->ipcns != ns->inum)
			continue;
		snprintf(path, sizeof(path), "%u/ns/ipc", process->tid);
		fd = open_if_same(visit->proc_fd, path, ns->inum);
	}
	return fd;
}

static void *visit_others(void *context)
{
	const struct visit *visit = context;

	for (size_t i = 0; i < visit->namespaces->count; i++) {
		struct ipc_namespace *ns = &visit->namespaces->list[i];
		int fd;

		if (ns->tried)
			continue;
		ns->tried = true;
		fd = open_namespace(visit, ns);
		if (fd < 0)
			ns->err = fd;
		else if (setns(fd, CLONE_NEWIPC))
			ns->err = -errno;
		else
			ns->err = objects__read(&ns->table);
		if (fd >= 0)
			close(fd);
	}
	return NULL;
}

static int start_visit(struct visit *visit)
{
	pthread_t thread;
	int err = -pthread_create(&thread, NULL, visit_others, visit);

	if (!err)
		pthread_join(thread, NULL);
	return err;
}

static int add_if_missed(struct namespaces *namespaces, uint32_t pid, uint32_t inum, bool *missed)
{
	struct ipc_namespace *ns;
	int err = add(namespaces, inum, NULL);

	if (err)
		return err;
	ns = find(namespaces, inum);
	if (ns->tried && ns->err != -ENOENT)
		return 0;
	ns->tried = false;
	ns->err = 0;
	ns->tid = pid;
	*missed = true;
	return 0;
}

static int add_missed_threads(struct namespaces *namespaces, int proc_fd, uint32_t pid,
			      bool *missed)
{
	const struct dirent *entry;
	char path[64];
	int fd, err = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%u/task", pid);
	fd = openat(proc_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	while (!err && (entry = readdir(dir))) {
		uint32_t tid = strtoul(entry->d_name, NULL, 10);
		uint32_t inum = tid ? processes__read_ipcns(proc_fd, entry->d_name) : 0;

		if (inum)
			err = add_if_missed(namespaces, tid, inum, missed);
	}
	closedir(dir);
	return err;
}

/* Nobody who was in it was there any more: a thread may have stayed when the others went. */
static bool any_left(const struct namespaces *namespaces)
{
	for (size_t i = 0; i < namespaces->count; i++)
		if (namespaces->list[i].err == -ENOENT)
			return true;
	return false;
}

/*
 * Processes may have gone from one namespace into another since they were listed: into one that
 * nobody was in then, or that could not be entered by those who were. threads: look at each one.
 */
static int add_missed(struct namespaces *namespaces, int proc_fd, bool threads, bool *missed)
{
	int fd = openat(proc_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	*missed = false;
	if (!dir) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	while (!err && (entry = readdir(dir))) {
		uint32_t pid = strtoul(entry->d_name, NULL, 10), inum;

		inum = pid ? processes__read_ipcns(proc_fd, entry->d_name) : 0;
		if (inum)
			err = add_if_missed(namespaces, pid, inum, missed);
		/* Its first thread may have ended. */
		if (!err && pid && (threads || !inum))
			err = add_missed_threads(namespaces, proc_fd, pid, missed);
	}
	closedir(dir);
	return err;
}

/* Our own is the first. */
static int find_all(struct namespaces *namespaces, const struct processes *processes, int proc_fd,
		    uint32_t own, const struct process_knowledge *knowledge)
{
	uint32_t last = own;
	int err;

	*namespaces = (struct namespaces){0};
	err = add(namespaces, own, NULL);
	for (size_t i = 0; !err && i < processes->count; i++) {
		uint32_t inum = processes->list[i].ipcns;

		/* Neighbours mostly share one. */
		if (inum && inum != last)
			err = add(namespaces, inum, NULL);
		last = inum ? inum : last;
		if (!err && processes->list[i].has_threads &&
		    !(knowledge &&
		      knowledge->is_together(knowledge->context, processes->list[i].pid)))
			err = add_threads(namespaces, proc_fd, &processes->list[i]);
	}
	if (!err)
		err = add_mounted(namespaces, proc_fd);
	return err;
}

static bool has_read(void *context, uint32_t ipcns)
{
	struct namespaces *namespaces = context;

	for (size_t i = 0; i < namespaces->count; i++)
		if (namespaces->list[i].inum == ipcns)
			return namespaces->list[i].tried && namespaces->list[i].err != -ENOENT;
	return false;
}

/* Nobody has to go there. */
static void read_known(struct namespaces *namespaces, const struct process_knowledge *knowledge)
{
	for (size_t i = 0; i < namespaces->count; i++) {
		struct ipc_namespace *ns = &namespaces->list[i];

		ns->tried = !knowledge->read_table(knowledge->context, ns->inum, &ns->table);
		if (!ns->tried)
			objects__free(&ns->table);
	}
}

static bool any_untried(const struct namespaces *namespaces)
{
	for (size_t i = 0; i < namespaces->count; i++)
		if (!namespaces->list[i].tried)
			return true;
	return false;
}

int namespaces__read(struct namespaces *namespaces, const struct processes *processes, int proc_fd,
		     const struct process_knowledge *knowledge)
{
	struct visit visit = {.namespaces = namespaces, .processes = processes, .proc_fd = proc_fd};
	bool missed = true;
	int err = find_all(namespaces, processes, proc_fd, ipcns__inum(), knowledge);

	if (err)
		return err;
	if (knowledge)
		read_known(namespaces, knowledge);
	if (!namespaces->list[0].tried) {
		namespaces->list[0].tried = true;
		namespaces->list[0].err = objects__read(&namespaces->list[0].table);
	}
	if (any_untried(namespaces))
		err = start_visit(&visit);
	if (!err && knowledge && !any_left(namespaces) &&
	    knowledge->are_all_in(knowledge->context, has_read, namespaces))
		return 0;
	for (int i = 0; i < LOOKS_MAX && !err && missed; i++) {
		/* What is known tells of a namespace that no process as a whole is in. */
		err = add_missed(namespaces, proc_fd, knowledge || any_left(namespaces), &missed);
		if (!err && missed)
			err = start_visit(&visit);
	}
	return err;
}

int namespaces__enter(uint32_t inum)
{
	struct processes processes = {0};
	struct namespaces namespaces = {0};
	struct visit visit = {.namespaces = &namespaces, .processes = &processes};
	int fd = -ENOENT, err;

	visit.proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (visit.proc_fd < 0)
		return -errno;
	err = processes__read(&processes, visit.proc_fd);
	if (!err)
		err = find_all(&namespaces, &processes, visit.proc_fd, ipcns__inum(), NULL);
	for (size_t i = 0; !err && i < namespaces.count; i++)
		if (namespaces.list[i].inum == inum)
			fd = open_namespace(&visit, &namespaces.list[i]);
	if (!err && fd < 0)
		err = fd;
	if (!err && setns(fd, CLONE_NEWIPC))
		err = -errno;
	if (fd >= 0)
		close(fd);
	namespaces__free(&namespaces);
	processes__free(&processes);
	close(visit.proc_fd);
	return err;
}

void namespaces__free(struct namespaces *namespaces)
{
	for (size_t i = 0; i < namespaces->count; i++) {
		objects__free(&namespaces->list[i].table);
		free(namespaces->list[i].mount);
	}
	free(namespaces->list);
	*namespaces = (struct namespaces){0};
}
