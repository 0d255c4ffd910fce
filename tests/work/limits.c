// SPDX-License-Identifier: GPL-2.0-only
/*
 * limits shmmni|shmall|semmni|semmns|msgmni [SECONDS]: in an IPC namespace of its own, lowers that
 * limit and creates until ENOSPC. Prints "NAME USE LIMIT" and stays for SECONDS (0), so that
 * somebody may look. What it made dies with the namespace. Status 77 where it may not.
 */
#include <sched.h>
#include <sys/stat.h>

#include "work.h"

#define PAGES_EACH 3

static long make_shm(void)
{
	return do_shmget(IPC_PRIVATE, 1, 0600);
}

static long make_shm_pages(void)
{
	/* The last byte begins a page: use is counted in whole pages. */
	return do_shmget(IPC_PRIVATE, (PAGES_EACH - 1) * sysconf(_SC_PAGESIZE) + 1, 0600);
}

static long make_sem(void)
{
	return do_semget(IPC_PRIVATE, 1, 0600);
}

static long make_sems(void)
{
	return do_semget(IPC_PRIVATE, 4, 0600);
}

static long make_msg(void)
{
	return do_msgget(IPC_PRIVATE, 0600);
}

static const struct limit {
	const char *arg;
	const char *name;
	const char *file;
	const char *value;
	long limit;
	long each; /* what one creation uses of it */
	long (*make)(void);
} limits[] = {
	{"shmmni", "SHMMNI", "shmmni", "5", 5, 1, make_shm},
	{"shmall", "SHMALL", "shmall", "10", 10, PAGES_EACH, make_shm_pages},
	{"semmni", "SEMMNI", "sem", "250 1000 100 6", 6, 1, make_sem},
	{"semmns", "SEMMNS", "sem", "250 10 100 100", 10, 4, make_sems},
	{"msgmni", "MSGMNI", "msgmni", "4", 4, 1, make_msg},
};

static void enter_namespace(void)
{
	struct stat before, after;

	if (stat("/proc/self/ns/ipc", &before))
		die("/proc/self/ns/ipc");
	if (unshare(CLONE_NEWIPC)) {
		fprintf(stderr, "skipped: unshare: %s\n", strerror(errno));
		exit(77);
	}
	/* The host's own limit must never be the one that is lowered. */
	if (stat("/proc/self/ns/ipc", &after) || after.st_ino == before.st_ino) {
		fprintf(stderr, "still in the old IPC namespace\n");
		exit(1);
	}
}

static void lower(const struct limit *limit)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/sys/kernel/%s", limit->file);
	file = fopen(path, "w");
	if (!file || fprintf(file, "%s\n", limit->value) < 0 || fclose(file)) {
		fprintf(stderr, "skipped: %s: %s\n", path, strerror(errno));
		exit(77);
	}
}

int main(int argc, char **argv)
{
	const struct limit *limit = NULL;
	long use = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(limits); i++)
		if (argc > 1 && !strcmp(argv[1], limits[i].arg))
			limit = &limits[i];
	if (!limit) {
		fprintf(stderr, "usage: limits shmmni|shmall|semmni|semmns|msgmni [SECONDS]\n");
		return 2;
	}
	enter_namespace();
	lower(limit);

	for (int i = 0; i < 100; i++) {
		errno = 0;
		if (limit->make() < 0)
			break;
		use += limit->each;
	}
	if (errno != ENOSPC)
		die(limit->arg);
	if (use > limit->limit || use + limit->each <= limit->limit) {
		fprintf(stderr, "ENOSPC at %ld of %ld\n", use, limit->limit);
		return 1;
	}
	printf("%s %ld %ld\n", limit->name, use, limit->limit);
	fflush(stdout);
	if (argc > 2)
		sleep((unsigned int)atoi(argv[2]));
	return 0;
}
