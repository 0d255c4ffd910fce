// SPDX-License-Identifier: GPL-2.0-only
#include "source/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CGROUP_ROOT "/sys/fs/cgroup"

/* A file that holds one number, or "max". UINT64_MAX: it could not be read, or there is no limit.
 */
static uint64_t read_number(const char *path)
{
	FILE *file = fopen(path, "re");
	uint64_t number = UINT64_MAX;

	if (!file)
		return UINT64_MAX;
	if (fscanf(file, "%" SCNu64, &number) != 1)
		number = UINT64_MAX;
	fclose(file);
	return number;
}

/* Lines like "MemTotal:  24689176 kB", and numbers without unit
 * (Documentation/filesystems/proc.rst). */
static void read_meminfo(struct memory_facts *facts)
{
	const struct {
		const char *name;
		uint64_t *value;
	} wanted[] = {
		{"MemTotal", &facts->ram},
		{"SwapTotal", &facts->swap},
		{"CommitLimit", &facts->commit_limit},
		{"Committed_AS", &facts->committed},
		{"Hugepagesize", &facts->huge_size},
	};
	FILE *file = fopen("/proc/meminfo", "re");
	char line[128], name[64];
	uint64_t kb;

	if (!file)
		return;
	while (fgets(line, sizeof(line), file) && sscanf(line, "%63[^:]: %" SCNu64, name, &kb) == 2)
		for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
			if (!strcmp(name, wanted[i].name))
				*wanted[i].value = kb << 10;
	fclose(file);
}

static uint64_t read_huge(uint64_t size, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/kernel/mm/hugepages/hugepages-%" PRIu64 "kB/%s",
		 size >> 10, name);
	return read_number(path);
}

/* Free and not reserved, and what nr_overcommit_hugepages still allows (mm/hugetlb.c). */
static void read_huge_pool(struct memory_facts *facts)
{
	uint64_t free_pages = read_huge(facts->huge_size, "free_hugepages");
	uint64_t reserved = read_huge(facts->huge_size, "resv_hugepages");
	uint64_t may_surplus = read_huge(facts->huge_size, "nr_overcommit_hugepages");
	uint64_t surplus = read_huge(facts->huge_size, "surplus_hugepages");

	if (free_pages == UINT64_MAX || reserved == UINT64_MAX)
		return;
	facts->huge_free = free_pages > reserved ? free_pages - reserved : 0;
	if (may_surplus != UINT64_MAX && surplus != UINT64_MAX && may_surplus > surplus)
		facts->huge_free += may_surplus - surplus;
}

int memory__parse_cgroup(const char *line, int *version, char *path, unsigned long path_size)
{
	const char *controllers = strchr(line, ':'), *name;
	size_t len;

	if (!controllers)
		return -ENOENT;
	controllers++;
	name = strchr(controllers, ':');
	if (!name)
		return -ENOENT;
	/* "0::/path", or "7:cpu,memory:/path" of version 1 */
	*version = 1;
	if (name == controllers && !strncmp(line, "0:", 2))
		*version = 2;
	else if (!memmem(controllers - 1, name - controllers + 2, ":memory:", 8) &&
		 !memmem(controllers - 1, name - controllers + 2, ",memory:", 8) &&
		 !memmem(controllers - 1, name - controllers + 2, ":memory,", 8) &&
		 !memmem(controllers - 1, name - controllers + 2, ",memory,", 8))
		return -ENOENT;
	name++;
	len = strcspn(name, "\n");
	/* "/..": it is outside of our own cgroup namespace, and of what is mounted here. */
	if (*name != '/' || !strncmp(name, "/..", 3) || len >= path_size)
		return -ENOENT;
	memcpy(path, name, len);
	path[len] = '\0';
	return 0;
}

/* Whichever has the least left refuses. */
static void look_at_cgroup(struct memory_facts *facts, int version, const char *cgroup)
{
	const char *base = version == 2 ? CGROUP_ROOT : CGROUP_ROOT "/memory";
	char path[PATH_MAX + 64];
	uint64_t max, used;

	snprintf(path, sizeof(path), "%s%s/%s", base, cgroup,
		 version == 2 ? "memory.max" : "memory.limit_in_bytes");
	max = read_number(path);
	snprintf(path, sizeof(path), "%s%s/%s", base, cgroup,
		 version == 2 ? "memory.current" : "memory.usage_in_bytes");
	used = read_number(path);
	/* Version 1 says no limit as a number near LONG_MAX. */
	if (max >= INT64_MAX / 2 || used == UINT64_MAX)
		return;
	if (facts->cgroup_max != UINT64_MAX && facts->cgroup_used <= facts->cgroup_max &&
	    (used > max || max - used >= facts->cgroup_max - facts->cgroup_used))
		return;
	facts->cgroup_max = max;
	facts->cgroup_used = used;
}

static void read_cgroups(struct memory_facts *facts, uint32_t pid)
{
	char path[64], line[PATH_MAX], cgroup[PATH_MAX];
	int version;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%u/cgroup", pid);
	file = fopen(path, "re");
	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		if (memory__parse_cgroup(line, &version, cgroup, sizeof(cgroup)))
			continue;
		/* Its own and all above it; the root has no limit. */
		while (strlen(cgroup) > 1) {
			look_at_cgroup(facts, version, cgroup);
			*strrchr(cgroup, '/') = '\0';
		}
	}
	fclose(file);
}

void memory__read(struct memory_facts *facts, uint32_t pid, uint64_t huge_size)
{
	uint64_t overcommit = read_number("/proc/sys/vm/overcommit_memory");

	*facts = (struct memory_facts){
		.overcommit = overcommit <= 2 ? (int)overcommit : -1,
		.ram = UINT64_MAX,
		.swap = UINT64_MAX,
		.commit_limit = UINT64_MAX,
		.committed = UINT64_MAX,
		.huge_free = UINT64_MAX,
		.cgroup_max = UINT64_MAX,
		.cgroup_used = UINT64_MAX,
	};
	read_meminfo(facts);
	if (huge_size)
		facts->huge_size = huge_size;
	if (facts->huge_size)
		read_huge_pool(facts);
	if (pid)
		read_cgroups(facts, pid);
}
