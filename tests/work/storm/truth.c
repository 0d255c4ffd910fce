// SPDX-License-Identifier: GPL-2.0-only
/*
 * The truth of a quiet moment, from the kernel: /proc/sysvipc in every namespace in which a thread
 * of the storm lives, and the mappings of every process. The driver's own knowledge adds only the
 * creators of sets and queues, which the kernel forgets, and the numbers of namespaces that nobody
 * lives in but attachments keep.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <sys/stat.h>

#include "truth.h"

struct visible { /* a namespace */
	uint64_t inum;
	uint32_t tag;
	int fd;
};

struct segment {
	uint32_t tag;
	int32_t id;
	uint64_t nattch, sum;
};

struct reading {
	struct storm *storm;
	struct truth *truth;
	struct rows visible, segments, attached;
};

static void __attribute__((format(printf, 2, 3))) line(struct truth *truth, const char *format, ...)
{
	struct rows rows = {truth->lines, truth->count, truth->room};
	va_list args;

	va_start(args, format);
	if (vasprintf(rows__add(&rows, sizeof(char *)), format, args) < 0)
		die("vasprintf");
	va_end(args);
	truth->lines = rows.rows;
	truth->count = rows.count;
	truth->room = rows.room;
}

static void add_namespace(struct reading *reading, const char *path)
{
	struct visible *visible = reading->visible.rows;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	/* A main thread that has exited has none any more. */
	if (fd < 0)
		return;
	if (fstat(fd, &st))
		die("fstat");
	for (size_t i = 0; i < reading->visible.count; i++) {
		if (visible[i].inum == st.st_ino) {
			close(fd);
			return;
		}
	}
	visible = rows__add(&reading->visible, sizeof(*visible));
	visible->inum = st.st_ino;
	visible->fd = fd;
}

/* Each thread has a namespace of its own, though all but one of a process mostly agree. */
static void find_namespaces(struct reading *reading, int32_t pid)
{
	char path[80];
	struct dirent *entry;
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	tasks = opendir(path);
	if (!tasks)
		return;
	while ((entry = readdir(tasks))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%d/ns/ipc", pid, atoi(entry->d_name));
		add_namespace(reading, path);
	}
	closedir(tasks);
}

static void read_row(struct reading *reading, const struct visible *ns, enum storm_kind kind,
		     const char *row)
{
	static const char *const names[KIND_COUNT] = {"shm", "sem", "msg"};
	struct segment *segment;
	unsigned long size = 0, nattch = 0;
	unsigned int mode;
	int key, id, creator = 0;

	if (kind == KIND_SHM) {
		if (sscanf(row, "%d %d %o %lu %d %*d %lu", &key, &id, &mode, &size, &creator,
			   &nattch) != 6)
			return;
		segment = rows__add(&reading->segments, sizeof(*segment));
		*segment = (struct segment){.tag = ns->tag, .id = id, .nattch = nattch};
	} else {
		if (sscanf(row, "%d %d %o %lu", &key, &id, &mode, &size) != 4)
			return;
		creator = pool__creator(reading->storm, ns->tag, kind, id);
		if (kind == KIND_MSG)
			size = 0;
	}
	line(reading->truth, "object %lu %s %d %d %lu %lu %o", ns->inum, names[kind], id, key, size,
	     nattch, mode);
	if (creator)
		line(reading->truth, "creator %lu %s %d %d", ns->inum, names[kind], id, creator);
}

/* The files belong to the namespace of who opens them. */
static int read_namespace(struct reading *reading, struct visible *ns)
{
	static const char *const paths[KIND_COUNT] = {"/proc/sysvipc/shm", "/proc/sysvipc/sem",
						      "/proc/sysvipc/msg"};
	char row[512];

	if (setns(ns->fd, CLONE_NEWIPC))
		return -errno;
	ns->tag = namespace__read_tag();
	line(reading->truth, "namespace %lu", ns->inum);
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		FILE *file = fopen(paths[kind], "re");

		if (!file)
			return -errno;
		while (fgets(row, sizeof(row), file))
			read_row(reading, ns, (enum storm_kind)kind, row);
		fclose(file);
	}
	return 0;
}

static const struct visible *namespace_of(const struct reading *reading, uint32_t tag)
{
	const struct visible *visible = reading->visible.rows;

	for (size_t i = 0; i < reading->visible.count; i++)
		if (visible[i].tag == tag)
			return &visible[i];
	return NULL;
}

static struct segment *segment_of(const struct reading *reading, const struct attached *attached)
{
	struct segment *segments = reading->segments.rows;

	for (size_t i = 0; i < reading->segments.count; i++)
		if (segments[i].tag == attached->tag && segments[i].id == attached->id)
			return &segments[i];
	return NULL;
}

/*
 * A namespace that only attachments keep cannot be entered: its attached segments are known, its
 * other objects, keys and modes are not.
 */
static void tell_kept(struct reading *reading)
{
	const struct attached *attached = reading->attached.rows;
	struct truth *truth = reading->truth;

	for (size_t i = 0; i < reading->attached.count; i++) {
		const struct attached *a = &attached[i];
		struct segment *segment = segment_of(reading, a);
		uint64_t inum = atomic_load(&reading->storm->inum[a->tag]);

		if (namespace_of(reading, a->tag) || !segment || !segment->sum)
			continue;
		line(truth, "partial %lu", inum);
		line(truth, "object %lu shm %d - %lu %lu -", inum, a->id, a->size, segment->sum);
		segment->sum = 0; /* told */
	}
}

/* One address space counts once, however many processes share it. */
static void sum_up(struct reading *reading)
{
	const struct attached *attached = reading->attached.rows;
	uint32_t vms = atomic_load(&reading->storm->vms) + 1;
	int32_t *first = calloc(vms, sizeof(*first));
	struct segment *segment;

	if (!first)
		die("calloc");
	for (size_t i = 0; i < reading->attached.count; i++) {
		const struct attached *a = &attached[i];
		const struct visible *ns = namespace_of(reading, a->tag);

		line(reading->truth, "attached %lu %d %d %u",
		     ns ? ns->inum : atomic_load(&reading->storm->inum[a->tag]), a->id, a->pid,
		     a->count);
		segment = segment_of(reading, a);
		if (!segment) {
			if (ns) {
				fprintf(stderr,
					"storm: process %d maps shmid %d, which does not exist\n",
					a->pid, a->id);
				reading->truth->wrong++;
				continue;
			}
			segment = rows__add(&reading->segments, sizeof(*segment));
			*segment = (struct segment){.tag = a->tag, .id = a->id};
		}
		if (first[a->vm] && first[a->vm] != a->pid)
			continue;
		first[a->vm] = a->pid;
		segment->sum += a->count;
	}
	free(first);
}

static void compare_sums(struct reading *reading)
{
	const struct segment *segments = reading->segments.rows;

	for (size_t i = 0; i < reading->segments.count; i++) {
		const struct segment *s = &segments[i];

		if (!namespace_of(reading, s->tag) || s->sum == s->nattch)
			continue;
		fprintf(stderr, "storm: shmid %d of namespace %u: nattch %lu, mappings %lu\n",
			s->id, s->tag, s->nattch, s->sum);
		reading->truth->wrong++;
	}
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* 0 or -errno. The caller is in its own namespace again afterwards. */
int truth__read(struct storm *storm, struct truth *truth)
{
	struct reading reading = {.storm = storm, .truth = truth};
	int home = open("/proc/self/ns/ipc", O_RDONLY | O_CLOEXEC), err = 0;
	struct visible *visible;

	*truth = (struct truth){0};
	add_namespace(&reading, "/proc/self/ns/ipc");
	for (uint32_t i = 0; i < storm->slots; i++) {
		struct slot *slot = &storm->slot[i];
		int32_t pid = atomic_load(&slot->pid);

		if (!pid)
			continue;
		line(truth, "process %d", pid);
		find_namespaces(&reading, pid);
		err = mappings__read(pid, slot->vm, &reading.attached);
		if (err)
			goto out;
	}
	visible = reading.visible.rows;
	for (size_t i = 0; i < reading.visible.count && !err; i++)
		err = read_namespace(&reading, &visible[i]);
	if (setns(home, CLONE_NEWIPC))
		die("setns");
	if (err)
		goto out;
	sum_up(&reading);
	compare_sums(&reading);
	tell_kept(&reading);
	truth->live_namespaces = (uint32_t)reading.visible.count;
	qsort(truth->lines, truth->count, sizeof(char *), by_text);
out:
	visible = reading.visible.rows;
	for (size_t i = 0; i < reading.visible.count; i++)
		close(visible[i].fd);
	close(home);
	free(reading.visible.rows);
	free(reading.segments.rows);
	free(reading.attached.rows);
	return err;
}

void truth__free(struct truth *truth)
{
	for (size_t i = 0; i < truth->count; i++)
		free(truth->lines[i]);
	free(truth->lines);
	*truth = (struct truth){0};
}

int truth__write(const struct truth *truth, const char *directory, unsigned int number)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/truth.%u", directory, number);
	file = fopen(path, "we");
	if (!file)
		return -errno;
	for (size_t i = 0; i < truth->count; i++)
		/* A namespace is partial once, however many segments keep it. */
		if (!i || strcmp(truth->lines[i], truth->lines[i - 1]))
			fprintf(file, "%s\n", truth->lines[i]);
	return fclose(file) ? -errno : 0;
}

/* Says the first line in which they differ. */
bool truth__equal(const struct truth *a, const struct truth *b)
{
	for (size_t i = 0; i < a->count || i < b->count; i++) {
		const char *one = i < a->count ? a->lines[i] : "(end)";
		const char *two = i < b->count ? b->lines[i] : "(end)";

		if (strcmp(one, two)) {
			fprintf(stderr, "storm: first \"%s\", then \"%s\"\n", one, two);
			return false;
		}
	}
	return true;
}
