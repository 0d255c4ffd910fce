// SPDX-License-Identifier: GPL-2.0-only
#include "view/rm.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "view/cells.h"
#include "view/leaks_json.h"
#include "view/unused.h"

#define LINE_BYTES   4096 /* no line is longer */
#define REASON_BYTES 1024
#define HOLDERS_MAX  5 /* that are named */

static const char *const kinds[] = {"segment", "semaphore set", "queue"};

/* The word of JSON for each enum rm_outcome, and the beginning of a line of text; in a dry run. */
static const char *const outcomes[] = {"would-remove", "would-mark", "removed", "marked",
				       "kept",	       "skipped",    "gone",	"failed"};
static const char *const outcome_words[] = {
	"would remove ", "would mark for removal ",
	"removed ",	 "marked for removal ",
	"kept ",	 "left alone ",
	"gone ",	 "failed to remove ",
};
static const char *const dry_words[] = {
	[RM_KEPT] = "would keep ", [RM_FAILED] = "would fail to remove "};

enum rm_outcome rm_view__outcome(const struct rm_row *row)
{
	if (row->refusal == RM_LAST_USER)
		return RM_SKIPPED;
	if (row->refusal == RM_IN_USE)
		return RM_KEPT;
	switch (row->removal.result) {
	case REMOVAL_POSSIBLE:
		return row->removal.count ? RM_WOULD_MARK : RM_WOULD_REMOVE;
	case REMOVAL_DONE:
		return RM_REMOVED;
	case REMOVAL_MARKED:
		return RM_MARKED;
	case REMOVAL_GONE:
		return RM_GONE;
	case REMOVAL_KEPT:
		return row->removal.reason == REASON_MARKED ? RM_SKIPPED : RM_KEPT;
	default:
		return RM_FAILED;
	}
}

static void count(struct rm_counts *counts, const struct rm_row *row, enum rm_outcome outcome)
{
	switch (outcome) {
	case RM_WOULD_REMOVE:
	case RM_REMOVED:
		counts->removed++;
		counts->bytes += row->info.kind == OBJECT_SHM ? row->info.size : 0;
		break;
	case RM_WOULD_MARK:
	case RM_MARKED:
		counts->marked++;
		/* Nobody meant to remove what somebody has attached. */
		counts->kept += row->removal.reason == REASON_ATTACHED_MEANWHILE;
		break;
	case RM_KEPT:
	case RM_FAILED:
		counts->kept++;
		break;
	default:
		counts->skipped++;
	}
}

struct holders {
	struct buffer *out;
	bool utf8;
	size_t n;
};

static bool put_holder(void *context, const struct ledger_process *process, uint32_t mappings)
{
	struct holders *holders = context;
	struct process_info info;

	(void)mappings;
	if (holders->n++ >= HOLDERS_MAX)
		return true;
	ledger__process_info(process, &info);
	buffer__put_str(holders->out, holders->n > 1 ? ", " : "");
	cells__put_process(holders->out, info.comm, info.pid, holders->utf8);
	return true;
}

void rm_view__put_use(struct buffer *out, const struct ledger *ledger,
		      const struct object_info *info, bool utf8)
{
	const struct ledger_object *object = ledger__find_object(ledger, info->ipcns, info->kind,
								 info->id);
	struct holders holders = {.out = out, .utf8 = utf8};
	struct process_info creator;

	if (info->state == STATE_IDLE && info->owner) {
		ledger__process_info(info->owner, &creator);
		buffer__put_str(out, "not attached, but its creator ");
		cells__put_process(out, creator.comm, creator.pid, utf8);
		buffer__put_str(out, " runs");
		return;
	}
	buffer__put_str(out, "in use by ");
	if (object)
		ledger__for_each_holder(object, put_holder, &holders);
	if (!holders.n && info->waiting) {
		buffer__put_u64(out, info->waiting);
		buffer__put_str(out, info->waiting == 1 ? " process that waits for it"
							: " processes that wait for it");
	} else if (!holders.n) {
		buffer__put_str(out, "processes that may not be seen");
	}
	if (holders.n > HOLDERS_MAX) {
		buffer__put_str(out, " and ");
		buffer__put_u64(out, holders.n - HOLDERS_MAX);
		buffer__put_str(out, " more");
	}
}

static void put_consequence(struct buffer *out, const struct rm_row *row)
{
	if (row->info.state == STATE_IDLE)
		buffer__put_str(out, "then its id and key lead nowhere");
	else if (row->info.kind == OBJECT_SHM)
		buffer__put_str(out, "who has it attached keeps that, but nobody finds it by its "
				     "key any more");
	else
		buffer__put_str(out,
				"calls that wait for it fail with EIDRM, later ones with EINVAL");
}

static bool is_used(const struct rm_row *row)
{
	return row->info.state == STATE_IN_USE || row->info.state == STATE_IDLE;
}

static void put_kept(struct buffer *out, const struct rm_view *view, const struct removal *removal)
{
	switch (removal->reason) {
	case REASON_ATTACHED:
		buffer__put_str(out, "attached by now");
		break;
	case REASON_CREATOR_RUNS:
		buffer__put_str(out, "a process with its creator's number runs by now");
		break;
	case REASON_WAITED_ON:
		buffer__put_u64(out, removal->count);
		buffer__put_str(out, removal->count == 1 ? " process waits" : " processes wait");
		buffer__put_str(out, view->no_hints ? " for it"
						    : " for it; --force removes it, and their "
						      "calls fail with EIDRM");
		break;
	case REASON_MARKED:
		buffer__put_str(out, "marked for removal already, goes with its last detach");
		break;
	case REASON_ANOTHER:
		buffer__put_str(out, "the id is another object's by now, or its owner, mode or key "
				     "have changed");
		break;
	case REASON_USED:
		buffer__put_str(out, "used since it was listed");
		break;
	case REASON_TOO_NEW:
		buffer__put_str(out, "changed in the second in which it was listed; try again");
		break;
	default:
		break;
	}
}

static void put_why(struct buffer *out, const struct rm_view *view, const struct rm_row *row)
{
	if (is_used(row)) {
		rm_view__put_use(out, view->ledger, &row->info, view->utf8);
		buffer__put_str(out, "; ");
		put_consequence(out, row);
	} else {
		if (row->info.state == STATE_UNKNOWN)
			buffer__put_str(out, "not proven unused; ");
		unused__put_evidence(out, view->ledger, &row->info, view->utf8);
	}
	if (row->removal.messages) {
		buffer__put_str(out, "; ");
		cells__put_count(out, row->removal.messages, "message");
		buffer__put_str(out, view->dry ? " would be lost" : " lost");
	}
}

void rm_view__put_reason(struct buffer *out, const struct rm_view *view, const struct rm_row *row)
{
	const struct removal *removal = &row->removal;
	const enum rm_outcome outcome = rm_view__outcome(row);

	if (row->refusal == RM_LAST_USER) {
		unused__put_evidence(out, view->ledger, &row->info, view->utf8);
		buffer__put_str(out, ", and may attach it again");
		buffer__put_str(out, view->no_hints ? "" : "; name it to remove it");
	} else if (row->refusal == RM_IN_USE) {
		rm_view__put_use(out, view->ledger, &row->info, view->utf8);
		if (!view->no_hints) {
			buffer__put_str(out, "; --force removes it: ");
			put_consequence(out, row);
		}
	} else if (outcome == RM_WOULD_REMOVE || outcome == RM_WOULD_MARK ||
		   outcome == RM_REMOVED) {
		put_why(out, view, row);
	} else if (outcome == RM_MARKED) {
		buffer__put_str(out, removal->reason == REASON_ATTACHED_MEANWHILE
					     ? "attached at the very moment of its removal, "
					     : "attached ");
		cells__put_count(out, removal->count, "time");
		buffer__put_str(out, ", goes with the last detach");
	} else if (outcome == RM_GONE) {
		buffer__put_str(out, "removed by somebody else meanwhile");
	} else if (outcome == RM_FAILED) {
		buffer__put_str(out, strerror(-removal->err));
		if ((removal->err == -EPERM || removal->err == -EACCES) && geteuid())
			buffer__put_str(out, "; run as root");
	} else {
		put_kept(out, view, removal);
	}
}

static void put_object(struct buffer *out, const struct rm_view *view,
		       const struct object_info *info, struct users *users)
{
	buffer__put_str(out, kinds[info->kind]);
	buffer__put_char(out, ' ');
	buffer__put_s64(out, info->id);
	buffer__put_str(out, " (");
	if (info->kind == OBJECT_SHM && view->bytes)
		cells__put_count(out, info->size, "byte");
	else if (info->kind == OBJECT_SHM)
		cells__put_bytes(out, info->size);
	else if (info->kind == OBJECT_SEM)
		cells__put_count(out, info->size, "semaphore");
	buffer__put_str(out, info->kind == OBJECT_MSG ? "" : ", ");
	buffer__put_str(out, "key ");
	cells__put_key(out, info->key);
	buffer__put_str(out, ", ");
	cells__put_user(out, users, info->uid, view->utf8);
	if (view->namespaces) {
		buffer__put_str(out, ", ipc:[");
		buffer__put_u64(out, info->ipcns);
		buffer__put_char(out, ']');
	}
	buffer__put_char(out, ')');
}

static const char *begin_line(const struct rm_view *view, enum rm_outcome outcome)
{
	const bool has_dry = view->dry && outcome < sizeof(dry_words) / sizeof(*dry_words);

	return has_dry && dry_words[outcome] ? dry_words[outcome] : outcome_words[outcome];
}

static void print_text(const struct rm_view *view, const struct rm_row *row,
		       enum rm_outcome outcome)
{
	struct users users = {0};
	char text[LINE_BYTES];
	struct buffer line;
	size_t len;

	buffer__init(&line, text, sizeof(text));
	buffer__put_str(&line, begin_line(view, outcome));
	put_object(&line, view, &row->info, &users);
	len = line.len;
	buffer__put_str(&line, ": ");
	rm_view__put_reason(&line, view, row);
	if (line.len == len + 2)
		line.len = len;
	buffer__put_char(&line, '\n');
	fwrite_unlocked(text, 1, line.len, view->out);
	users__free(&users);
}

static void print_json(const struct rm_view *view, const struct rm_row *row,
		       enum rm_outcome outcome)
{
	char data[OBJECT_JSON_BYTES], text[REASON_BYTES];
	struct buffer reason;
	struct json_writer w;

	object_json__begin(&w, data, "removal");
	leaks_json__put_object(&w, view->ledger, &row->info);
	if (row->info.kind == OBJECT_MSG)
		json_writer__u64(&w, "messages", row->removal.messages);
	else
		json_writer__null(&w, "messages");
	json_writer__bool(&w, "named", row->named);
	json_writer__bool(&w, "force", row->removal.force);
	json_writer__str(&w, "result", outcomes[outcome]);
	buffer__init(&reason, text, sizeof(text));
	rm_view__put_reason(&reason, view, row);
	json_writer__string(&w, "reason", text, reason.len);
	json_writer__end(&w);
	fwrite_unlocked(data, 1, json_writer__finish(&w), view->out);
}

void rm_view__print(const struct rm_view *view, const struct rm_row *row, struct rm_counts *counts)
{
	enum rm_outcome outcome = rm_view__outcome(row);

	count(counts, row, outcome);
	if (view->json)
		print_json(view, row, outcome);
	else
		print_text(view, row, outcome);
}

static void prepare(struct rm_row *row, const struct object_info *info)
{
	*row = (struct rm_row){
		.info = *info,
		.removal = {.ipcns = info->ipcns,
			    .kind = info->kind,
			    .id = info->id,
			    .key = info->key,
			    .mode = info->mode,
			    .uid = info->uid,
			    .gid = info->gid,
			    .creator = info->creator,
			    .size = info->size,
			    .past = info->past},
	};
}

void rm_view__choose(struct rm_row *row, const struct ledger *ledger,
		     const struct object_info *info, bool named, bool force)
{
	prepare(row, info);
	row->named = named;
	row->removal.force = force;
	if (is_used(row) && !force)
		row->refusal = RM_IN_USE;
	else if (!named && unused__last_user(ledger, info))
		row->refusal = RM_LAST_USER;
}

bool rm_view__put_outcome(struct buffer *out, const struct rm_view *view, const struct rm_row *row)
{
	enum rm_outcome outcome = rm_view__outcome(row);
	size_t len;

	buffer__put_str(out, outcomes[outcome]);
	len = out->len;
	buffer__put_str(out, ": ");
	rm_view__put_reason(out, view, row);
	if (out->len == len + 2)
		out->len = len;
	return outcome == RM_REMOVED;
}

static void put_objects(struct buffer *out, size_t number, uint64_t bytes)
{
	cells__put_count(out, number, "object");
	if (bytes) {
		buffer__put_str(out, " (");
		cells__put_bytes(out, bytes);
		buffer__put_char(out, ')');
	}
}

static void print_end_json(const struct rm_view *view, const struct rm_counts *counts,
			   size_t unknown)
{
	char data[OBJECT_JSON_BYTES];
	struct json_writer w;

	object_json__begin(&w, data, "rm");
	json_writer__bool(&w, "dry_run", view->dry);
	json_writer__u64(&w, "removed", counts->removed);
	json_writer__u64(&w, "bytes", counts->bytes);
	json_writer__u64(&w, "marked", counts->marked);
	json_writer__u64(&w, "kept", counts->kept);
	json_writer__u64(&w, "skipped", counts->skipped);
	json_writer__u64(&w, "unknown", unknown);
	json_writer__end(&w);
	fwrite_unlocked(data, 1, json_writer__finish(&w), view->out);
}

void rm_view__print_end(const struct rm_view *view, const struct rm_counts *counts, size_t unknown)
{
	char text[LINE_BYTES];
	struct buffer line;

	if (view->json) {
		print_end_json(view, counts, unknown);
		return;
	}
	buffer__init(&line, text, sizeof(text));
	if (!counts->removed && !counts->marked && !counts->kept) {
		buffer__put_str(&line, "nothing to remove\n");
	} else if (view->dry) {
		buffer__put_str(&line, "nothing was removed; --yes removes ");
		if (counts->removed || counts->marked)
			put_objects(&line, counts->removed, counts->bytes);
		else
			buffer__put_str(&line, "nothing either");
		if (counts->marked) {
			buffer__put_str(&line, " and marks ");
			buffer__put_u64(&line, counts->marked);
		}
		buffer__put_char(&line, '\n');
	} else {
		buffer__put_str(&line, "removed: ");
		put_objects(&line, counts->removed, counts->bytes);
		if (counts->marked) {
			buffer__put_str(&line, "; marked for removal: ");
			buffer__put_u64(&line, counts->marked);
		}
		if (counts->kept) {
			buffer__put_str(&line, "; not as asked: ");
			buffer__put_u64(&line, counts->kept);
		}
		buffer__put_char(&line, '\n');
	}
	if (unknown) {
		buffer__put_str(&line, "not proven unused, removed only by name: ");
		put_objects(&line, unknown, 0);
		buffer__put_str(&line, view->namespaces ? " (see shmtrace leaks -A --unknown)\n"
							: " (see shmtrace leaks --unknown)\n");
	}
	fwrite_unlocked(text, 1, line.len, view->out);
}
