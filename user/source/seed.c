// SPDX-License-Identifier: GPL-2.0-only
#include "source/seed.h"

#include <stddef.h>
#include <string.h>

#include <bpf/bpf.h>

#include "base/log.h"
#include "event.h"
#include "source/ipcns.h"
#include "source/sysvipc.h"

struct seed {
	int map_fd;
	struct object_key key;
};

static void seed_object(void *context, int id)
{
	struct seed *seed = context;
	uint8_t one = 1;

	seed->key.id = id;
	bpf_map_update_elem(seed->map_fd, &seed->key, &one, BPF_ANY);
}

void seed__objects(int map_fd, uint32_t key)
{
	static const char *const tables[] = {
		[OBJECT_SHM] = "shm", [OBJECT_SEM] = "sem", [OBJECT_MSG] = "msg"};
	struct seed seed = {.map_fd = map_fd};

	seed.key.ipcns = ipcns__inum();
	for (uint32_t kind = 0; kind < OBJECT_NONE; kind++) {
		int err;

		seed.key.kind = kind;
		err = sysvipc__for_each_key(tables[kind], key, seed_object, &seed);
		if (err)
			pr_debug("cannot read /proc/sysvipc/%s: %s", tables[kind], strerror(-err));
	}
}
