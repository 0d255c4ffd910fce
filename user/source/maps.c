// SPDX-License-Identifier: GPL-2.0-only
/*
 * Linux 6.11 can be asked for the shared file mappings of an address space alone, which is twice
 * as fast as reading them all as text; older kernels have the text.
 */
#include "source/maps.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/memfd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "source/processes.h"

#define TEXT_BYTES  (1u << 16)
#define DEVICES_MAX 8 /* one of shmem, one for each size of huge pages */
#define HUGE_SIZES  "/sys/kernel/mm/hugepages"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008u /* Linux 6.3 */
#endif

/* struct procmap_query of include/uapi/linux/fs.h, which Debian 12 does not have yet. */
struct map_query {
	uint64_t size;
	uint64_t query_flags;
	uint64_t query_addr;
	uint64_t vma_start;
	uint64_t vma_end;
	uint64_t vma_flags;
	uint64_t vma_page_size;
	uint64_t vma_offset;
	uint64_t inode;
	uint32_t dev_major;
	uint32_t dev_minor;
	uint32_t vma_name_size;
	uint32_t build_id_size;
	uint64_t vma_name_addr;
	uint64_t build_id_addr;
};

#define MAP_QUERY	  _IOWR('f', 17, struct map_query)
#define QUERY_SHARED	  0x08
#define QUERY_OR_NEXT	  0x10
#define QUERY_FILE_BACKED 0x20

struct maps_reader {
	int proc_fd;
	bool text_only; /* this kernel has no query */
	dev_t devices[DEVICES_MAX];
	size_t n_devices;
	char text[TEXT_BYTES];
};

/* The file system that holds segments also holds the files of memfd_create. */
static int add_device(struct maps_reader *reader, unsigned int flags)
{
	struct stat st;
	int fd, err = 0;

	if (reader->n_devices == DEVICES_MAX)
		return 0;
	/* vm.memfd_noexec=2 refuses it without the flag, kernels before 6.3 with it. */
	fd = memfd_create("shmtrace", MFD_CLOEXEC | MFD_NOEXEC_SEAL | flags);
	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("shmtrace", MFD_CLOEXEC | flags);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		err = -errno;
	else
		reader->devices[reader->n_devices++] = st.st_dev;
	close(fd);
	return err;
}

static void add_huge_devices(struct maps_reader *reader)
{
	const struct dirent *entry;
	DIR *dir = opendir(HUGE_SIZES);

	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		unsigned long long kib;

		if (sscanf(entry->d_name, "hugepages-%llukB", &kib) == 1 && kib)
			add_device(reader, MFD_HUGETLB | (unsigned int)__builtin_ctzll(kib << 10)
								 << MFD_HUGE_SHIFT);
	}
	closedir(dir);
}

int maps__new(struct maps_reader **reader, int proc_fd)
{
	struct maps_reader *new = calloc(1, sizeof(*new));
	int err;

	if (!new)
		return -ENOMEM;
	new->proc_fd = proc_fd;
	err = add_device(new, 0);
	if (err) {
		free(new);
		return err;
	}
	add_huge_devices(new);
	*reader = new;
	return 0;
}

void maps__free(struct maps_reader *reader)
{
	free(reader);
}

bool maps__is_of_segments(const struct maps_reader *reader, dev_t device)
{
	for (size_t i = 0; i < reader->n_devices; i++)
		if (reader->devices[i] == device)
			return true;
	return false;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "/SYSV0052e2c1 (deleted)", and nothing else. */
static bool parse_name(const char *name, size_t len, uint32_t *key)
{
	static const char head[] = "/SYSV", tail[] = " (deleted)";
	const size_t head_len = sizeof(head) - 1, tail_len = sizeof(tail) - 1;

	if (len != head_len + 8 + tail_len || memcmp(name, head, head_len) ||
	    memcmp(name + head_len + 8, tail, tail_len))
		return false;
	*key = 0;
	for (size_t i = head_len; i < head_len + 8; i++) {
		int digit = hex_digit(name[i]);

		if (digit < 0)
			return false;
		*key = *key << 4 | digit;
	}
	return true;
}

/* Lower-case hexadecimal digits followed by `stop`. */
static bool parse_hex(const char **at, const char *end, char stop, uint64_t *value)
{
	const char *s = *at;

	for (*value = 0; s < end && hex_digit(*s) >= 0; s++)
		*value = *value << 4 | hex_digit(*s);
	if (s == *at || s == end || *s != stop)
		return false;
	*at = s + 1;
	return true;
}

bool maps__parse_line(const char *line, size_t len, struct segment_mapping *mapping, dev_t *device)
{
	const char *end = line + len, *at = line;
	uint64_t offset, major, minor, inode = 0;

	/* start-end rw-s offset major:minor inode    name */
	if (!parse_hex(&at, end, '-', &mapping->start) || !parse_hex(&at, end, ' ', &mapping->end))
		return false;
	if (end - at < 5 || at[3] != 's' || at[4] != ' ')
		return false;
	at += 5;
	if (!parse_hex(&at, end, ' ', &offset) || !parse_hex(&at, end, ':', &major) ||
	    !parse_hex(&at, end, ' ', &minor))
		return false;
	if (at == end || *at < '0' || *at > '9')
		return false;
	for (; at < end && *at >= '0' && *at <= '9'; at++)
		inode = inode * 10 + (*at - '0');
	while (at < end && *at == ' ')
		at++;
	mapping->id = inode;
	*device = makedev(major, minor);
	return inode <= INT32_MAX && parse_name(at, end - at, &mapping->key);
}

static int read_lines(struct maps_reader *reader, size_t len,
		      int (*found)(void *context, const struct segment_mapping *mapping),
		      void *context)
{
	const char *at = reader->text, *end = reader->text + len;
	int err = 0;

	/* Few lines name a segment: look for the name, not at the lines. */
	while (!err && (at = memmem(at, end - at, " /SYSV", 6))) {
		const char *line = memrchr(reader->text, '\n', at - reader->text);
		const char *line_end = memchr(at, '\n', end - at);
		struct segment_mapping mapping;
		dev_t device;

		line = line ? line + 1 : reader->text;
		if (!line_end)
			line_end = end;
		if (maps__parse_line(line, line_end - line, &mapping, &device) &&
		    maps__is_of_segments(reader, device))
			err = found(context, &mapping);
		at = line_end;
	}
	return err;
}

static int read_text(struct maps_reader *reader, int fd,
		     int (*found)(void *context, const struct segment_mapping *mapping),
		     void *context)
{
	size_t kept = 0; /* of a line that is not yet whole */
	int err;

	for (;;) {
		ssize_t len = read(fd, reader->text + kept, sizeof(reader->text) - kept);
		const char *last;
		size_t whole;

		if (len < 0)
			return -errno;
		len += kept;
		last = memrchr(reader->text, '\n', len);
		/* At the end everything; a line is never as long as the buffer. */
		whole = last && len > (ssize_t)kept ? (size_t)(last + 1 - reader->text)
						    : (size_t)len;
		err = read_lines(reader, whole, found, context);
		if (err || len == (ssize_t)kept)
			return err;
		kept = len - whole;
		memmove(reader->text, reader->text + whole, kept);
	}
}

/* Sets the name's length; it ends with NUL. */
static bool query_name(int fd, const struct map_query *at, char name[PATH_MAX], size_t *len)
{
	struct map_query query = {
		.size = sizeof(query),
		.query_addr = at->vma_start,
		.vma_name_addr = (uintptr_t)name,
		.vma_name_size = PATH_MAX,
	};

	if (ioctl(fd, MAP_QUERY, &query) || !query.vma_name_size || query.inode != at->inode)
		return false;
	*len = strnlen(name, PATH_MAX);
	return true;
}

/* -ENOTTY: this kernel cannot be asked. */
static int read_queries(struct maps_reader *reader, int fd,
			int (*found)(void *context, const struct segment_mapping *mapping),
			void *context)
{
	char name[PATH_MAX];
	uint64_t address = 0;
	size_t len;

	for (;;) {
		struct map_query query = {
			.size = sizeof(query),
			.query_flags = QUERY_SHARED | QUERY_FILE_BACKED | QUERY_OR_NEXT,
			.query_addr = address,
		};
		struct segment_mapping mapping;
		int err;

		if (ioctl(fd, MAP_QUERY, &query))
			return errno == ENOENT ? 0 : -errno;
		address = query.vma_end;
		if (!maps__is_of_segments(reader, makedev(query.dev_major, query.dev_minor)) ||
		    query.inode > INT32_MAX || !query_name(fd, &query, name, &len) ||
		    !parse_name(name, len, &mapping.key))
			continue;
		mapping.start = query.vma_start;
		mapping.end = query.vma_end;
		mapping.id = query.inode;
		err = found(context, &mapping);
		if (err)
			return err;
	}
}

int maps__read(struct maps_reader *reader, const char *dir,
	       int (*found)(void *context, const struct segment_mapping *mapping), void *context)
{
	char path[PROCESS_DIR_LEN + 8];
	int fd, err = -ENOTTY;

	snprintf(path, sizeof(path), "%s/maps", dir);
	fd = openat(reader->proc_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (!reader->text_only)
		err = read_queries(reader, fd, found, context);
	if (err == -ENOTTY) {
		reader->text_only = true;
		err = read_text(reader, fd, found, context);
	}
	close(fd);
	return err;
}

int maps__identify(struct maps_reader *reader, const char *dir,
		   const struct segment_mapping *mapping, uint64_t *size, int64_t *created)
{
	char path[PROCESS_DIR_LEN + 64];
	struct statx st;

	snprintf(path, sizeof(path), "%s/map_files/%llx-%llx", dir,
		 (unsigned long long)mapping->start, (unsigned long long)mapping->end);
	if (statx(reader->proc_fd, path, 0, STATX_INO | STATX_SIZE | STATX_BTIME, &st))
		return -errno;
	if (st.stx_ino != (uint64_t)mapping->id ||
	    !maps__is_of_segments(reader, makedev(st.stx_dev_major, st.stx_dev_minor)))
		return -ENOENT; /* something else is mapped there by now */
	*size = st.stx_size;
	/* Its other times change with each page that is written first (mm/memory.c). */
	*created = st.stx_mask & STATX_BTIME ? st.stx_btime.tv_sec : 0;
	return 0;
}
