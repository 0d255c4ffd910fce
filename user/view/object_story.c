// SPDX-License-Identifier: GPL-2.0-only
#include "view/object_story.h"

#include <inttypes.h>

#include "view/ledger.h"

#define MODE_PERMISSIONS 0777
#define MODE_MARKED	 01000 /* SHM_DEST and SHM_LOCKED, include/linux/shm.h */
#define MODE_LOCKED	 02000

static const char *meaning(const struct object_info *object)
{
	const bool segment = object->kind == OBJECT_SHM;

	switch (object->state) {
	case STATE_IN_USE:
		return segment		 ? "somebody has it attached"
		       : object->waiting ? "processes wait for it"
					 : "a live process made or used it";
	case STATE_IDLE:
		return "nobody has it attached, but its creator lives";
	case STATE_ORPHAN:
		return segment ? "a leak: nobody has it attached, its creator has ended, and "
				 "nobody "
				 "marked it for removal"
			       : "a leak: all processes that made or used it have ended";
	case STATE_DOOMED:
		return "marked for removal, it goes with its last detach";
	case STATE_UNKNOWN:
		return "older than this shmtrace, and nobody is known to use it: that proves "
		       "nothing";
	default:
		return "it is gone";
	}
}

void object_story__put_head(FILE *out, const struct object_info *info)
{
	static const char *const nouns[] = {"Segment", "Semaphore set", "Message queue"};

	fprintf(out, "%s %" PRId32 ", key 0x%08" PRIx32 ", in ipc:[%" PRIu32 "]\n\n",
		nouns[info->kind], info->id, info->key, info->ipcns);
}

void object_story__put_state(FILE *out, const struct object_info *info)
{
	fprintf(out, OBJECT_STORY_LABEL "%s: %s\n", "state", object_state__name(info->state),
		meaning(info));
}

void object_story__put_owner(FILE *out, const struct object_info *info, const char *user)
{
	fprintf(out, OBJECT_STORY_LABEL, "owner");
	if (user)
		fprintf(out, "%s (uid %" PRIu32 ")", user, info->uid);
	else
		fprintf(out, "uid %" PRIu32, info->uid);
	fprintf(out, ", gid %" PRIu32 ", mode %03o%s%s\n", info->gid, info->mode & MODE_PERMISSIONS,
		info->mode & MODE_MARKED ? ", marked for removal" : "",
		info->mode & MODE_LOCKED ? ", locked in memory" : "");
}
