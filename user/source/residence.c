// SPDX-License-Identifier: GPL-2.0-only
#include "source/residence.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source/maps.h"
#include "source/processes.h"

struct residence_reader {
	int proc_fd;
	struct maps_reader *maps;
};

int residence__open(struct residence_reader **reader)
{
	struct residence_reader *new = calloc(1, sizeof(*new));
	int err;

	if (!new)
		return -ENOMEM;
	new->proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = new->proc_fd < 0 ? -errno : maps__new(&new->maps, new->proc_fd);
	if (!err) {
		*reader = new;
		return 0;
	}
	residence__close(new);
	return err;
}

void residence__close(struct residence_reader *reader)
{
	if (!reader)
		return;
	maps__free(reader->maps);
	if (reader->proc_fd >= 0)
		close(reader->proc_fd);
	free(reader);
}

uint64_t residence__parse_line(const char *line)
{
	static const char *const formats[] = {"Rss: %" SCNu64 " kB",
					      "Shared_Hugetlb: %" SCNu64 " kB",
					      "Private_Hugetlb: %" SCNu64 " kB"};
	uint64_t kb;

	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (sscanf(line, formats[i], &kb) == 1)
			return kb << 10;
	return 0;
}

static void read_file(struct residence_reader *reader, FILE *file, const char *dir, int32_t id,
		      struct residence *residence)
{
	struct segment_mapping mapping;
	char *line = NULL;
	size_t size = 0;
	uint64_t whole;
	bool inside = false; /* a mapping that is wanted */
	ssize_t len;
	dev_t device;

	while ((len = getline(&line, &size, file)) > 0) {
		/* Mappings begin with an address in lower case, all else with a name. */
		if ((*line < '0' || *line > '9') && (*line < 'a' || *line > 'f')) {
			residence->bytes += inside ? residence__parse_line(line) : 0;
			continue;
		}
		inside = maps__parse_line(line, line[len - 1] == '\n' ? len - 1 : len, &mapping,
					  &device) &&
			 mapping.id == id && maps__is_of_segments(reader->maps, device);
		residence->mappings += inside;
		if (inside && !residence->created_s &&
		    maps__identify(reader->maps, dir, &mapping, &whole, &residence->created_s))
			residence->created_s = 0;
	}
	free(line);
}

int residence__read(struct residence_reader *reader, uint32_t pid, uint64_t start_ns, int32_t id,
		    struct residence *residence)
{
	struct found_process process = {.pid = pid, .start_ns = start_ns};
	char dir[PROCESS_DIR_LEN], path[PROCESS_DIR_LEN + 8];
	FILE *file;
	int fd, err;

	*residence = (struct residence){0};
	/* Perhaps by another thread than its first. */
	if (!processes__look_again(reader->proc_fd, &process))
		return -ENOENT;
	processes__dir(&process, dir);
	snprintf(path, sizeof(path), "%s/smaps", dir);
	fd = openat(reader->proc_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	file = fdopen(fd, "r");
	if (!file) {
		err = -errno;
		close(fd);
		return err;
	}
	read_file(reader, file, dir, id, residence);
	err = ferror(file) ? -EIO : 0;
	fclose(file);
	return err;
}
