/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The mappings of System V segments in an address space, from /proc/PID/maps. A segment is a file
 * on a file system of the kernel's own, with the id as its inode number and /SYSV and the key it
 * was created with as its name. Nobody can make a file there, so device and name together tell it
 * from a real file that is called so.
 */
#ifndef SHMTRACE_SOURCE_MAPS_H
#define SHMTRACE_SOURCE_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct segment_mapping {
	uint64_t start, end; /* addresses */
	int32_t id;
	uint32_t key; /* as created, also where the kernel has none any more */
};

struct maps_reader;

/* proc_fd: /proc, which must outlive the reader. 0 or -errno. */
int maps__new(struct maps_reader **reader, int proc_fd);
void maps__free(struct maps_reader *reader);

/*
 * Calls found for each mapping of a segment; an error that it returns ends this. dir is that of
 * processes__dir. 0 or -errno: ENOENT and ESRCH where the process has ended, EACCES where we may
 * not look.
 */
int maps__read(struct maps_reader *reader, const char *dir,
	       int (*found)(void *context, const struct segment_mapping *mapping), void *context);

/* A file of that device with the name of a segment is one. */
bool maps__is_of_segments(const struct maps_reader *reader, dev_t device);

/* One line of the file without its newline. False: not the mapping of a segment, by its name. */
bool maps__parse_line(const char *line, size_t len, struct segment_mapping *mapping, dev_t *device);

/*
 * What tells one segment from another with equal id: the size in bytes and the second of its
 * creation, 0 where the kernel does not tell that: shmem does since Linux 5.18 (mm/shmem.c,
 * shmem_getattr), hugetlbfs does not. Needs CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN. 0 or -errno.
 */
int maps__identify(struct maps_reader *reader, const char *dir,
		   const struct segment_mapping *mapping, uint64_t *size, int64_t *created);

#endif
