// SPDX-License-Identifier: GPL-2.0-only
/*
 * A label and what it says, a line each, then a table of who holds it, then the verdict.
 */
#include "view/why.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "view/cells.h"
#include "view/container_view.h"
#include "view/limit_columns.h"
#include "view/listing.h"
#include "view/object_story.h"
#include "view/table.h"
#include "view/unused.h"
#include "view/verdict.h"

#define CELL_BYTES  512
#define MODE_MARKED 01000 /* SHM_DEST, include/linux/shm.h */
#define SLACK_S	    1	  /* the kernel's whole seconds, and its clock ticks */

struct writer {
	FILE *out;
	const struct why_story *story;
	const struct why_options *options;
	struct users users;
	bool utf8;
};

/* A text that is put together in a buffer, with the NUL that it has not. */
struct cell {
	struct buffer out;
	char text[CELL_BYTES];
};

static struct buffer *begin_cell(struct cell *cell)
{
	buffer__init(&cell->out, cell->text, sizeof(cell->text) - 1);
	return &cell->out;
}

static const char *end_cell(struct cell *cell)
{
	cell->text[cell->out.len] = '\0';
	return cell->text;
}

size_t why__limits(uint32_t kind, enum ipc_limit limits[2])
{
	size_t count = 0;

	for (int limit = LIMIT_SHMMNI; limit <= IPC_LIMITS_USED; limit++)
		if (ipc_limit__kind(limit) == kind)
			limits[count++] = limit;
	return count;
}

struct limit_search {
	uint32_t ipcns;
	struct ipc_limits *limits;
};

static bool keep_limits(void *context, const struct namespace_info *info)
{
	const struct limit_search *search = context;

	if (info->ipcns == search->ipcns)
		*search->limits = info->limits;
	return info->ipcns != search->ipcns;
}

void why__find_limits(const struct why_story *story, struct ipc_limits *limits)
{
	struct limit_search search = {.ipcns = story->row.info.ipcns, .limits = limits};

	*limits = (struct ipc_limits){0};
	ledger__for_each_namespace(story->ledger, keep_limits, &search);
}

bool why__is_seen(const struct process_info *process)
{
	return process->start_ns;
}

bool why__creator_is_younger(const struct why_story *story)
{
	return story->creator_start_s && story->changed_s &&
	       story->creator_start_s > story->changed_s + SLACK_S;
}

static void put_bytes(const struct writer *w, struct buffer *out, uint64_t bytes)
{
	if (w->options->bytes)
		buffer__put_u64(out, bytes);
	else
		cells__put_bytes(out, bytes);
}

static void put_size(const struct writer *w, const struct object_info *info)
{
	struct cell cell;

	if (info->kind == OBJECT_MSG)
		return;
	begin_cell(&cell);
	if (info->kind == OBJECT_SEM) {
		cells__put_count(&cell.out, info->size, "semaphore");
	} else if (w->options->bytes || info->size < 1024) {
		cells__put_count(&cell.out, info->size, "byte");
	} else {
		cells__put_bytes(&cell.out, info->size);
		buffer__put_str(&cell.out, " (");
		cells__put_count(&cell.out, info->size, "byte");
		buffer__put_char(&cell.out, ')');
	}
	fprintf(w->out, OBJECT_STORY_LABEL "%s\n", "size", end_cell(&cell));
}

/* "2026-11-24 18:27:42, 3m ago"; never: where there is no time. */
static void put_time(const struct writer *w, const char *label, int64_t time_s, const char *never,
		     const char *behind)
{
	struct cell cell;
	int64_t now = w->story->now_s;

	begin_cell(&cell);
	if (time_s > 0) {
		cells__put_time(&cell.out, time_s);
		buffer__put_str(&cell.out, ", ");
		cells__put_age(&cell.out, now > time_s ? now - time_s : 0);
		buffer__put_str(&cell.out, " ago");
		buffer__put_str(&cell.out, behind);
	} else {
		buffer__put_str(&cell.out, never);
	}
	fprintf(w->out, OBJECT_STORY_LABEL "%s\n", label, end_cell(&cell));
}

static void put_creator(struct writer *w, const struct object_info *info)
{
	const struct why_story *story = w->story;
	struct process_info creator;
	struct cell cell;

	begin_cell(&cell);
	if (info->kind != OBJECT_SHM) {
		buffer__put_str(&cell.out, "not known: of sets and queues the kernel keeps none");
	} else if (!info->creator) {
		buffer__put_str(&cell.out, "not known: not visible from this PID namespace");
	} else {
		unused__put_process(&cell.out, story->ledger, info->creator, w->utf8);
		if (info->owner)
			ledger__process_info(info->owner, &creator);
		if (info->owner && why__is_seen(&creator)) {
			buffer__put_str(&cell.out, ", user ");
			cells__put_user(&cell.out, &w->users, creator.uid, w->utf8);
		}
		if (why__creator_is_younger(story)) {
			buffer__put_str(&cell.out, "; it began ");
			cells__put_age(&cell.out, story->creator_start_s - story->changed_s);
			buffer__put_str(&cell.out,
					" after this was made: the number may have been another's");
		}
	}
	fprintf(w->out, OBJECT_STORY_LABEL "%s\n", "creator", end_cell(&cell));
}

/* Its creator's, or that of all who share its IPC namespace; no line where there is none. */
static void put_container(const struct writer *w, const struct object_info *info)
{
	bool by_namespace;
	const struct container *container = ledger__container_of(w->story->ledger, info,
								 &by_namespace);
	struct cell cell;

	if (!container || container->runtime == RUNTIME_NONE)
		return;
	begin_cell(&cell);
	container_view__put_text(&cell.out, container, w->utf8);
	if (by_namespace)
		buffer__put_str(&cell.out, ", as all processes of its IPC namespace are");
	fprintf(w->out, OBJECT_STORY_LABEL "%s\n", "container", end_cell(&cell));
}

/* Who was the last: "postgres[3774] runs". */
static void put_last(const struct writer *w, const char *label, uint32_t pid)
{
	struct cell cell;

	begin_cell(&cell);
	if (pid)
		unused__put_process(&cell.out, w->story->ledger, pid, w->utf8);
	else
		buffer__put_str(&cell.out, "not visible here");
	fprintf(w->out, OBJECT_STORY_LABEL "%s\n", label, end_cell(&cell));
}

/* What the kernel keeps of its use: times, and of those who used it the last. */
static void put_past(const struct writer *w, const struct object_info *info)
{
	const struct object_past *past = &info->past;

	switch (info->kind) {
	case OBJECT_SHM:
		put_time(w, "attached", past->last[0], "never", "");
		put_time(w, "detached", past->last[1], "never", "");
		if (past->last[0] || past->last[1])
			put_last(w, "last user", past->last_pids[0]);
		break;
	case OBJECT_SEM:
		put_time(w, "operation", past->last[0], "never", "");
		if (past->last[0] || past->last_pids[0])
			put_last(w, "by", past->last_pids[0]);
		if (past->last_pids[1])
			put_last(w, "and by", past->last_pids[1]);
		break;
	default:
		put_time(w, "sent", past->last[0], "never", "");
		if (past->last[0])
			put_last(w, "by", past->last_pids[0]);
		put_time(w, "received", past->last[1], "never", "");
		if (past->last[1])
			put_last(w, "by", past->last_pids[1]);
	}
}

static void put_created(const struct writer *w)
{
	const struct why_story *story = w->story;

	if (story->created_s)
		put_time(w, "created", story->created_s, "", "");
	else
		put_time(w, "created", story->changed_s, "not known",
			 " (or earlier, and changed then)");
}

static void put_limits(const struct writer *w, const struct object_info *info)
{
	enum ipc_limit of_kind[2];
	struct ipc_limits limits;
	size_t n = why__limits(info->kind, of_kind);

	why__find_limits(w->story, &limits);
	for (size_t i = 0; i < n; i++) {
		const struct limit_row row = {
			.limit = of_kind[i],
			.value = ipc_limit__value(of_kind[i], &limits),
			.used = ipc_limit__used(of_kind[i], &limits),
		};

		fprintf(w->out, OBJECT_STORY_LABEL "%s: %" PRIu64 " of %" PRIu64 " %s in use, ",
			i ? "" : "limits", ipc_limit__name(row.limit),
			ledger__amount(w->story->object, row.limit), row.used,
			ipc_limit__unit(row.limit));
		if (limit_row__is_unlimited(&row) && !w->options->bytes)
			fputs("unlimited\n", w->out);
		else
			fprintf(w->out, "limit %" PRIu64 "\n", row.value);
	}
}

struct holder_column {
	struct table_column table;
	/* Where it says something; NULL: always. */
	bool (*is_shown)(const struct why_story *story);
	void (*put)(struct writer *w, const struct why_holder *holder, struct buffer *out);
};

static void put_pid(struct writer *w, const struct why_holder *holder, struct buffer *out)
{
	(void)w;
	buffer__put_u64(out, holder->info.pid);
}

static void put_comm(struct writer *w, const struct why_holder *holder, struct buffer *out)
{
	cells__put_escaped(out, holder->info.comm, w->utf8);
}

static void put_user(struct writer *w, const struct why_holder *holder, struct buffer *out)
{
	if (!why__is_seen(&holder->info))
		buffer__put_char(out, '-');
	else
		cells__put_user(out, &w->users, holder->info.uid, w->utf8);
}

static void put_holder_container(struct writer *w, const struct why_holder *holder,
				 struct buffer *out)
{
	container_view__put_text(out, holder->info.container, w->utf8);
}

static void put_mappings(struct writer *w, const struct why_holder *holder, struct buffer *out)
{
	(void)w;
	buffer__put_u64(out, holder->mappings);
}

static void put_resident(struct writer *w, const struct why_holder *holder, struct buffer *out)
{
	if (holder->err)
		buffer__put_char(out, '-');
	else
		put_bytes(w, out, holder->resident);
}

static bool is_segment(const struct why_story *story)
{
	return story->row.info.kind == OBJECT_SHM;
}

static bool is_somewhere(const struct why_story *story)
{
	for (size_t i = 0; i < story->n_holders; i++) {
		const struct container *container = story->holders[i].info.container;

		if (container && container->runtime != RUNTIME_NONE)
			return true;
	}
	return false;
}

static const struct holder_column columns[] = {
	{{"PID", true, false}, NULL, put_pid},
	{{"COMM", false, false}, NULL, put_comm},
	{{"USER", false, false}, NULL, put_user},
	{{"CONTAINER", false, false}, is_somewhere, put_holder_container},
	{{"MAPPINGS", true, false}, is_segment, put_mappings},
	{{"RESIDENT", true, false}, is_segment, put_resident},
};

#define COLUMNS (sizeof(columns) / sizeof(*columns))

static int put_holder_table(struct writer *w)
{
	const struct table_options options = {.headings = true, .utf8 = w->utf8};
	const struct why_story *story = w->story;
	struct table_column shown[COLUMNS];
	const char *cells[COLUMNS];
	struct cell texts[COLUMNS];
	struct table *table;
	size_t n = 0;
	int err = 0;

	for (size_t i = 0; i < COLUMNS; i++)
		if (!columns[i].is_shown || columns[i].is_shown(story))
			shown[n++] = columns[i].table;
	table = table__new(shown, n, &options);
	if (!table)
		return -ENOMEM;
	for (size_t h = 0; !err && h < story->n_holders; h++) {
		n = 0;
		for (size_t i = 0; i < COLUMNS; i++) {
			if (columns[i].is_shown && !columns[i].is_shown(story))
				continue;
			columns[i].put(w, &story->holders[h], begin_cell(&texts[n]));
			cells[n] = end_cell(&texts[n]);
			n++;
		}
		err = table__add(table, cells);
	}
	if (!err)
		table__print(table, w->out);
	table__free(table);
	return err;
}

static const char *unknown_residence(int err)
{
	switch (err) {
	case -EAGAIN:
		return "the process has changed meanwhile, or has a segment of that id from "
		       "another namespace";
	case -ETIME:
		return "reading takes too long";
	case -ENOENT:
	case -ESRCH:
		return "the process has ended meanwhile";
	default:
		return strerror(-err);
	}
}

static void put_unseen(const struct writer *w)
{
	const struct why_story *story = w->story;
	const char *hint = geteuid() ? "; run as root" : "";
	int err = 0;

	if (story->hidden)
		fprintf(w->out, "%s%" PRIu32 " mapping%s of processes that may not be seen%s\n",
			story->n_holders ? "and " : "", story->hidden,
			story->hidden == 1 ? "" : "s", hint);
	for (size_t i = 0; !err && i < story->n_holders; i++)
		err = story->holders[i].err;
	if (err && story->row.info.kind == OBJECT_SHM)
		fprintf(w->out, "-: not known from /proc/PID/smaps: %s\n", unknown_residence(err));
}

static int put_holders(struct writer *w, const struct object_info *info)
{
	int err = 0;

	fprintf(w->out, "\n%s\n",
		info->kind == OBJECT_SHM ? "Attached by"
					 : "Live processes that were the last to use it");
	if (w->story->n_holders)
		err = put_holder_table(w);
	else if (!w->story->hidden)
		fputs("nobody\n", w->out);
	put_unseen(w);
	return err;
}

static void put_verdict(const struct writer *w)
{
	const struct why_story *story = w->story;
	const struct verdict_case verdict = {.row = &story->row,
					     .ledger = story->ledger,
					     .holders = story->n_holders,
					     .hidden = story->hidden,
					     .utf8 = w->utf8};
	char text[VERDICT_BYTES], command[VERDICT_BYTES];
	struct buffer out;

	buffer__init(&out, text, sizeof(text));
	verdict__put_sentence(&out, &verdict);
	fprintf(w->out, "\nVerdict: %.*s\n", (int)out.len, text);
	buffer__init(&out, command, sizeof(command));
	verdict__put_command(&out, &verdict, w->options->own);
	if (out.len)
		fprintf(w->out, "To remove it%s%s: %.*s\n",
			verdict__of(&verdict) == VERDICT_SAFE ? "" : " all the same",
			geteuid() && geteuid() != story->row.info.uid ? ", as its owner or as root"
								      : "",
			(int)out.len, command);
}

static int print_text(struct writer *w)
{
	const struct object_info *info = &w->story->row.info;
	struct cell user;
	int err;

	begin_cell(&user);
	cells__put_user(&user.out, &w->users, info->uid, w->utf8);
	object_story__put_head(w->out, info);
	object_story__put_state(w->out, info);
	put_size(w, info);
	object_story__put_owner(w->out, info, end_cell(&user));
	put_created(w);
	put_creator(w, info);
	put_container(w, info);
	put_past(w, info);
	if (info->kind == OBJECT_SHM)
		fprintf(w->out, OBJECT_STORY_LABEL "%s\n", "marked",
			info->mode & MODE_MARKED ? "yes: nobody finds it by its key any more"
						 : "no");
	put_limits(w, info);
	err = put_holders(w, info);
	put_verdict(w);
	return err;
}

int why__print(const struct why_story *story, const struct why_options *options, FILE *out)
{
	struct writer w = {.out = out, .story = story, .options = options, .utf8 = listing__utf8()};
	int err = 0;

	if (options->json)
		why__print_json(story, options->own, out);
	else
		err = print_text(&w);
	users__free(&w.users);
	return err;
}
