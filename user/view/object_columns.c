// SPDX-License-Identifier: GPL-2.0-only
#include "view/object_columns.h"

#include "view/container_view.h"
#include "view/ledger.h"

#define MODE_PERMISSIONS 0777

void object_column__put_kind(void *list, const void *row, struct buffer *out)
{
	const struct object_info *info = row;

	(void)list;
	buffer__put_str(out, object_kind__name(info->kind));
}

uint64_t object_column__kind(const void *row)
{
	const struct object_info *info = row;

	return info->kind;
}

void object_column__put_id(void *list, const void *row, struct buffer *out)
{
	const struct object_info *info = row;

	(void)list;
	buffer__put_s64(out, info->id);
}

uint64_t object_column__id(const void *row)
{
	const struct object_info *info = row;

	return info->id;
}

void object_column__put_key(void *list, const void *row, struct buffer *out)
{
	const struct object_info *info = row;

	(void)list;
	cells__put_key(out, info->key);
}

uint64_t object_column__key(const void *row)
{
	const struct object_info *info = row;

	return info->key;
}

void object_column__put_owner(void *list, const void *row, struct buffer *out)
{
	const struct object_info *info = row;
	struct object_list *objects = list;

	cells__put_user(out, &objects->users, info->uid, objects->utf8);
}

void object_column__put_uid(void *list, const void *row, struct buffer *out)
{
	const struct object_info *info = row;

	(void)list;
	buffer__put_u64(out, info->uid);
}

uint64_t object_column__uid(const void *row)
{
	const struct object_info *info = row;

	return info->uid;
}

void object_column__put_gid(void *list, const void *row, struct buffer *out)
{
	const struct object_info *info = row;

	(void)list;
	buffer__put_u64(out, info->gid);
}

uint64_t object_column__gid(const void *row)
{
	const struct object_info *info = row;

	return info->gid;
}

void object_column__put_perms(void *list, const void *row, struct buffer *out)
{
	const struct object_info *info = row;
	char text[8];

	(void)list;
	snprintf(text, sizeof(text), "%03o", info->mode & MODE_PERMISSIONS);
	buffer__put_str(out, text);
}

uint64_t object_column__perms(const void *row)
{
	const struct object_info *info = row;

	return info->mode & MODE_PERMISSIONS;
}

void object_column__put_size(void *list, const void *row, struct buffer *out)
{
	const struct object_info *info = row;
	struct object_list *objects = list;
	bool exact = objects->bytes;

	if (info->kind == OBJECT_MSG)
		return;
	if (info->kind == OBJECT_SHM && !exact) {
		cells__put_bytes(out, info->size);
		return;
	}
	buffer__put_u64(out, info->size);
	if (!exact)
		buffer__put_str(out, " sem");
}

uint64_t object_column__size(const void *row)
{
	const struct object_info *info = row;

	return info->size;
}

void object_column__put_state(void *list, const void *row, struct buffer *out)
{
	const struct object_info *info = row;

	(void)list;
	buffer__put_str(out, object_state__name(info->state));
}

/* What has ended before our time has no name. */
void object_column__put_creator(void *list, const void *row, struct buffer *out)
{
	const struct object_info *info = row;
	struct object_list *objects = list;
	struct process_info creator = {.pid = info->creator};

	if (!info->creator)
		return;
	if (info->owner)
		ledger__process_info(info->owner, &creator);
	cells__put_process(out, creator.comm, creator.pid, objects->utf8);
	if (!creator.alive)
		buffer__put_str(out, " ended");
}

uint64_t object_column__creator(const void *row)
{
	const struct object_info *info = row;

	return info->creator;
}

void object_column__put_container(void *list, const void *row, struct buffer *out)
{
	const struct object_list *objects = list;
	bool by_namespace;

	container_view__put_text(out, ledger__container_of(objects->ledger, row, &by_namespace),
				 objects->utf8);
}

void object_column__put_ipcns(void *list, const void *row, struct buffer *out)
{
	const struct object_info *info = row;

	(void)list;
	buffer__put_u64(out, info->ipcns);
}

uint64_t object_column__ipcns(const void *row)
{
	const struct object_info *info = row;

	return info->ipcns;
}
