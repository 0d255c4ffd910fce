// SPDX-License-Identifier: GPL-2.0-only
/*
 * The attached segments of one process: lines of /proc/PID/maps, where the inode number is the
 * shmid, and the size of the mapped file from /proc/PID/map_files, which says the namespace.
 */
#include <dirent.h>
#include <sys/stat.h>

#include "truth.h"

void *rows__add(struct rows *rows, size_t size)
{
	char *row;

	if (rows->count == rows->room) {
		rows->room = rows->room ? 2 * rows->room : 64;
		rows->rows = realloc(rows->rows, rows->room * size);
		if (!rows->rows)
			die("realloc");
	}
	row = (char *)rows->rows + rows->count++ * size;
	memset(row, 0, size);
	return row;
}

/*
 * A main thread that has exited before others has no address space: its maps are empty. Then those
 * of another thread say it; /proc/TID exists though no listing shows it.
 */
static FILE *open_maps(int32_t pid, int32_t *tid)
{
	char path[64];
	struct dirent *entry;
	FILE *maps = NULL;
	DIR *tasks;
	int c;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	tasks = opendir(path);
	if (!tasks)
		return NULL;
	while (!maps && (entry = readdir(tasks))) {
		*tid = atoi(entry->d_name);
		if (!*tid)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/maps", *tid);
		maps = fopen(path, "re");
		c = maps ? getc(maps) : EOF;
		if (c != EOF) {
			ungetc(c, maps);
		} else if (maps) {
			fclose(maps);
			maps = NULL;
		}
	}
	closedir(tasks);
	return maps;
}

static int add_mapping(const struct attached *like, struct rows *attached, size_t first)
{
	struct attached *rows = attached->rows, *row;

	for (size_t i = first; i < attached->count; i++) {
		if (rows[i].tag == like->tag && rows[i].id == like->id) {
			rows[i].count++;
			return 0;
		}
	}
	row = rows__add(attached, sizeof(*row));
	*row = *like;
	row->count = 1;
	return 0;
}

int mappings__read(int32_t pid, uint32_t vm, struct rows *attached)
{
	struct attached like = {.pid = pid, .vm = vm};
	size_t first = attached->count;
	unsigned long from, to, inode;
	char line[512], path[80];
	int32_t tid;
	FILE *maps = open_maps(pid, &tid);
	struct stat st;
	int err = 0;

	if (!maps)
		return -ESRCH;
	while (!err && fgets(line, sizeof(line), maps)) {
		if (!strstr(line, " /SYSV") ||
		    sscanf(line, "%lx-%lx %*s %*s %*s %lu", &from, &to, &inode) != 3)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/map_files/%lx-%lx", tid, from, to);
		if (stat(path, &st)) {
			err = -errno;
			continue;
		}
		like.id = (int32_t)inode;
		like.size = (uint64_t)st.st_size;
		like.tag = (uint32_t)(STORM_PAGE - like.size % STORM_PAGE) % STORM_PAGE;
		err = add_mapping(&like, attached, first);
	}
	fclose(maps);
	return err;
}
