// SPDX-License-Identifier: GPL-2.0-only
#include "view/verdict.h"

#include <errno.h>

#include "view/ledger.h"
#include "view/unused.h"

const char *verdict__name(enum verdict verdict)
{
	static const char *const names[] = {"safe", "in-use", "marked", "unknown", "gone"};

	return names[verdict];
}

enum verdict verdict__of(const struct verdict_case *c)
{
	const struct rm_row *row = c->row;
	const enum rm_outcome outcome = rm_view__outcome(row);

	if (outcome == RM_GONE)
		return VERDICT_GONE;
	/* Who may not look at it once more still knows that. */
	if (row->info.state == STATE_DOOMED)
		return VERDICT_MARKED;
	switch (outcome) {
	case RM_WOULD_REMOVE:
	case RM_FAILED:
		return row->info.state == STATE_ORPHAN ? VERDICT_SAFE : VERDICT_UNKNOWN;
	case RM_SKIPPED:
		return row->refusal == RM_LAST_USER ? VERDICT_UNKNOWN : VERDICT_MARKED;
	case RM_KEPT:
		return row->removal.reason == REASON_ANOTHER ? VERDICT_UNKNOWN : VERDICT_IN_USE;
	default:
		return VERDICT_UNKNOWN;
	}
}

static void put_evidence(struct buffer *out, const struct verdict_case *c)
{
	unused__put_evidence(out, c->ledger, &c->row->info, c->utf8);
}

static void put_safe(struct buffer *out, const struct verdict_case *c)
{
	buffer__put_str(out, "safe to remove");
	if (rm_view__outcome(c->row) == RM_FAILED)
		buffer__put_str(out, ", by its owner or by root");
	buffer__put_str(out, ": ");
	put_evidence(out, c);
}

/* In the words of rm, without the options that would do it all the same. */
static void put_reason(struct buffer *out, const struct verdict_case *c)
{
	const struct rm_view view = {
		.ledger = c->ledger, .dry = true, .utf8 = c->utf8, .no_hints = true};

	rm_view__put_reason(out, &view, c->row);
}

static void put_users(struct buffer *out, const struct verdict_case *c)
{
	rm_view__put_use(out, c->ledger, &c->row->info, c->utf8);
	if (c->holders && c->hidden)
		buffer__put_str(out, ", and by processes that may not be seen");
}

static void put_in_use(struct buffer *out, const struct verdict_case *c)
{
	const struct rm_row *row = c->row;

	if (row->refusal == RM_IN_USE && row->info.state == STATE_IN_USE) {
		put_users(out, c);
	} else if (row->refusal == RM_IN_USE || row->removal.reason == REASON_CREATOR_RUNS) {
		buffer__put_str(out, "not safe to remove: ");
		put_reason(out, c);
		return;
	} else {
		buffer__put_str(out, "in use: ");
		put_reason(out, c);
	}
	buffer__put_str(out, "; do not remove it");
}

static void put_marked(struct buffer *out, const struct verdict_case *c)
{
	put_users(out, c);
	buffer__put_str(out, "; marked for removal already, it goes with its last detach");
}

static void put_unknown(struct buffer *out, const struct verdict_case *c)
{
	static const char *const never_kept[] = {
		[OBJECT_SHM] = "its creator is not visible from this PID namespace; ",
		[OBJECT_SEM] = "the kernel keeps neither the creator of a set nor all who use it; ",
		[OBJECT_MSG] = ("the kernel keeps neither the creator of a queue nor all who use "
				"it; "),
	};
	const struct rm_row *row = c->row;

	buffer__put_str(out, "cannot be known");
	if (row->refusal == RM_LAST_USER || row->removal.reason == REASON_ANOTHER) {
		buffer__put_str(out, ": ");
		put_reason(out, c);
		return;
	}
	buffer__put_str(out, ", because ");
	buffer__put_str(out, never_kept[row->info.kind]);
	put_evidence(out, c);
	if (rm_view__outcome(row) == RM_FAILED && row->removal.err != -EPERM) {
		buffer__put_str(out, "; and it may not be looked at: ");
		put_reason(out, c);
	}
}

void verdict__put_sentence(struct buffer *out, const struct verdict_case *c)
{
	switch (verdict__of(c)) {
	case VERDICT_SAFE:
		put_safe(out, c);
		break;
	case VERDICT_IN_USE:
		put_in_use(out, c);
		break;
	case VERDICT_MARKED:
		put_marked(out, c);
		break;
	case VERDICT_UNKNOWN:
		put_unknown(out, c);
		break;
	case VERDICT_GONE:
		buffer__put_str(out, "gone: ");
		put_reason(out, c);
		break;
	}
}

void verdict__put_command(struct buffer *out, const struct verdict_case *c, uint32_t own)
{
	const struct object_info *info = &c->row->info;
	const enum verdict verdict = verdict__of(c);

	if ((verdict != VERDICT_SAFE && verdict != VERDICT_UNKNOWN) ||
	    c->row->removal.reason == REASON_ANOTHER)
		return;
	buffer__put_str(out, "shmtrace rm --yes ");
	if (info->ipcns != own) {
		buffer__put_str(out, "--ipcns ");
		buffer__put_u64(out, info->ipcns);
		buffer__put_char(out, ' ');
	}
	buffer__put_str(out, object_kind__name(info->kind));
	buffer__put_char(out, ':');
	buffer__put_s64(out, info->id);
}
