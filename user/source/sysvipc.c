// SPDX-License-Identifier: GPL-2.0-only
#include "source/sysvipc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

int sysvipc__for_each_key(const char *table, uint32_t key, void (*found)(void *context, int id),
			  void *context)
{
	char path[32], *line = NULL;
	size_t size = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/sysvipc/%s", table);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	while (getline(&line, &size, file) > 0) {
		int row_key, id;

		/* key (signed), id, …; the first line holds the names of the columns */
		if (sscanf(line, "%d %d", &row_key, &id) == 2 && (uint32_t)row_key == key)
			found(context, id);
	}
	free(line);
	fclose(file);
	return 0;
}
