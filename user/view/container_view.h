/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Containers in tables and JSON, the same in every command, and the filter for them.
 */
#ifndef SHMTRACE_VIEW_CONTAINER_VIEW_H
#define SHMTRACE_VIEW_CONTAINER_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/json_writer.h"
#include "ledger/ledger.h"

#define CONTAINER_TEXT_MAX 64 /* bytes of a name that are shown; "..." stands for more */

/*
 * "docker:3f2a9c01b7de", "lxc:web", "nginx.service", escaped; "-" where it is in none; nothing
 * where it is not known (NULL).
 */
void container_view__put_text(struct buffer *out, const struct container *container, bool utf8);

/* It is in a container, not in a unit alone. */
bool container_view__is_real(const struct container *container);

/* Object or null: "container" of schema.json. */
void container_view__put_json(struct json_writer *w, const char *key,
			      const struct container *container);

/* "container" and "container_by" of an object. */
void container_view__put_object_json(struct json_writer *w, const struct ledger *ledger,
				     const struct object_info *object);

struct container_filter {
	const char *pattern; /* container__matches; NULL: all pass */
	size_t unknown;	     /* out: objects that did not pass, and whose container is not known */
	size_t passed;	     /* out */
};

/* An object passes with its own container, or with that of one of its holders. */
bool container_filter__passes(struct container_filter *filter, const struct ledger *ledger,
			      const struct ledger_object *object, const struct object_info *info);
bool container_filter__passes_process(const struct container_filter *filter,
				      const struct process_info *process);

#endif
