// SPDX-License-Identifier: GPL-2.0-only
/*
 * The story of one object, process or failure, as text: written anew with each look at the ledger,
 * and kept as it was once its subject has gone.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/escape.h"
#include "base/vector.h"
#include "view/object_story.h"
#include "view/screen_internal.h"
#include "view/words.h"

#define LABEL_COLUMNS 11  /* of OBJECT_STORY_LABEL */
#define LINES_MAX     500 /* of one table in a story: the rest is counted */
#define NS_PER_S      1000000000LL

struct writer {
	FILE *out;
	const struct screen *screen;
	const struct screen_facts *facts;
	struct row_name process;
	const struct ledger_process *found;
	size_t count;
	uint32_t kind;
};

static const char *safe(const struct writer *w, char text[ESCAPE_TEXT_MAX(EVENT_COMM_LEN)],
			const char *comm)
{
	escape__text(text, comm, EVENT_COMM_LEN, w->screen->options.utf8);
	return text;
}

/* "2026-11-24 14:53:51, 3m ago" */
static void put_time(const struct writer *w, const char *label, uint64_t ns, const char *unknown)
{
	time_t seconds = ((long long)ns + w->facts->clock_offset_ns) / NS_PER_S;
	char date[64] = "", age[24] = "";
	struct buffer out;
	struct tm tm;

	fprintf(w->out, "%-10s ", label);
	if (!ns) {
		fprintf(w->out, "%s\n", unknown);
		return;
	}
	if (localtime_r(&seconds, &tm))
		strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S", &tm);
	buffer__init(&out, age, sizeof(age) - 1);
	screen__put_age(&out, ns, w->facts->now_ns);
	fprintf(w->out, "%s, %s ago\n", date, age);
}

static void put_ending(const struct writer *w, const struct process_info *process)
{
	char text[32] = "";
	struct buffer out;

	buffer__init(&out, text, sizeof(text) - 1);
	screen__put_ending(&out, process->alive, process->status);
	fputs(process->alive ? "alive" : text, w->out);
}

static void put_bytes(const struct writer *w, uint64_t bytes)
{
	char text[32] = "";
	struct buffer out;

	fprintf(w->out, "%" PRIu64 " bytes", bytes);
	if (bytes <= 9999)
		return;
	buffer__init(&out, text, sizeof(text) - 1);
	screen__put_bytes(&out, bytes);
	fprintf(w->out, " (%s)", text);
}

static void put_size(const struct writer *w, const struct object_info *object)
{
	if (object->kind == OBJECT_SHM)
		put_bytes(w, object->size);
	else if (object->kind == OBJECT_SEM)
		fprintf(w->out, "%" PRIu64 " semaphores", object->size);
}

static void put_container(const struct writer *w, const struct container *container,
			  const char *how)
{
	char text[ESCAPE_TEXT_MAX(CONTAINER_TEXT_MAX) + 32];
	struct buffer out;

	buffer__init(&out, text, sizeof(text));
	container_view__put_text(&out, container, w->screen->options.utf8);
	if (!container)
		buffer__put_str(&out, "not known");
	fprintf(w->out, "%-10s %.*s%s\n", "container", (int)out.len, text, how);
}

static bool put_holder(void *context, const struct ledger_process *process, uint32_t mappings)
{
	char comm[ESCAPE_TEXT_MAX(EVENT_COMM_LEN)];
	struct writer *w = context;
	struct process_info info;

	if (w->count++ >= LINES_MAX)
		return true;
	ledger__process_info(process, &info);
	fprintf(w->out, "  %7" PRIu32 "  %-15s", info.pid, safe(w, comm, info.comm));
	if (w->kind == OBJECT_SHM)
		fprintf(w->out, "  %" PRIu32 " mapping%s", mappings, mappings == 1 ? "" : "s");
	fputc('\n', w->out);
	return true;
}

static void put_rest(const struct writer *w)
{
	if (!w->count)
		fputs("  none\n", w->out);
	else if (w->count > LINES_MAX)
		fprintf(w->out, "  and %zu more\n", w->count - LINES_MAX);
}

static void put_maker(const struct writer *w, const struct object_info *object)
{
	char comm[ESCAPE_TEXT_MAX(EVENT_COMM_LEN)];
	struct process_info owner;

	fprintf(w->out, "%-10s ", "creator");
	if (object->owner) {
		ledger__process_info(object->owner, &owner);
		fprintf(w->out, "%s (%" PRIu32 "), uid %" PRIu32 ", ", safe(w, comm, owner.comm),
			owner.pid, owner.uid);
		put_ending(w, &owner);
		fprintf(w->out, "; leaked so far: %" PRIu32 "\n", owner.leaked);
	} else if (object->creator) {
		fprintf(w->out, "process %" PRIu32 ", ended before this shmtrace began\n",
			object->creator);
	} else {
		fprintf(w->out, "not known%s\n",
			object->kind == OBJECT_SHM ? ""
						   : ": of sets and queues the kernel keeps none");
	}
}

static void write_object(struct writer *w, const struct ledger_object *object)
{
	const struct container *container;
	struct object_info info;
	bool by_namespace;

	ledger__object_info(object, &info);
	object_story__put_head(w->out, &info);
	object_story__put_state(w->out, &info);
	fprintf(w->out, "%-10s %s\n", "known",
		info.observed ? "observed: its creation was seen"
			      : "inferred: it was there before, or its creation was not seen");
	if (info.kind != OBJECT_MSG) {
		fprintf(w->out, "%-10s ", "size");
		put_size(w, &info);
		fputc('\n', w->out);
	}
	object_story__put_owner(w->out, &info, NULL);
	put_maker(w, &info);
	container = ledger__container_of(w->facts->ledger, &info, &by_namespace);
	put_container(w, container,
		      by_namespace && container->runtime != RUNTIME_NONE
			      ? ", as all processes of its IPC namespace are"
			      : "");
	put_time(w, "created", info.created_ns, "before this shmtrace began");
	put_time(w, "last used", info.last_ns, "not since this shmtrace began");
	if (info.kind == OBJECT_SHM)
		fprintf(w->out, "%-10s %" PRIu32 " mapping%s\n", "attached", info.nattch,
			info.nattch == 1 ? "" : "s");
	fprintf(w->out, "\n%s\n",
		info.kind == OBJECT_SHM ? "Attached by" : "Live processes that made or used it");
	w->count = 0;
	w->kind = info.kind;
	ledger__for_each_holder(object, put_holder, w);
	put_rest(w);
}

static bool find_process(void *context, const struct ledger_process *process)
{
	struct writer *w = context;
	struct process_info info;

	ledger__process_info(process, &info);
	if (info.pid == w->process.a && info.start_ns == w->process.b)
		w->found = process;
	return !w->found;
}

static void put_object_line(struct writer *w, const struct object_info *object, uint32_t mappings)
{
	if (w->count++ >= LINES_MAX)
		return;
	fprintf(w->out, "  %-3s %-10" PRId32 "  0x%08" PRIx32 "  %-7s  ",
		object_kind__name(object->kind), object->id, object->key,
		object_state__name(object->state));
	put_size(w, object);
	if (mappings)
		fprintf(w->out, ", %" PRIu32 " mapping%s", mappings, mappings == 1 ? "" : "s");
	fputc('\n', w->out);
}

static bool put_made(void *context, const struct ledger_object *object)
{
	struct writer *w = context;
	struct object_info info;

	ledger__object_info(object, &info);
	if (info.owner == w->found)
		put_object_line(w, &info, 0);
	return true;
}

struct holding {
	const struct ledger_process *process;
	bool holds;
	uint32_t mappings;
};

static bool is_holder(void *context, const struct ledger_process *process, uint32_t mappings)
{
	struct holding *holding = context;

	holding->holds = process == holding->process;
	holding->mappings = mappings;
	return !holding->holds;
}

static bool put_held(void *context, const struct ledger_object *object)
{
	struct writer *w = context;
	struct holding holding = {.process = w->found};
	struct object_info info;

	ledger__for_each_holder(object, is_holder, &holding);
	if (!holding.holds)
		return true;
	ledger__object_info(object, &info);
	put_object_line(w, &info, holding.mappings);
	return true;
}

static void put_errors(const struct writer *w, const struct process_info *process)
{
	fprintf(w->out, "%-10s %" PRIu64 ", of which %" PRIu64 " failed", "calls", process->calls,
		process->failed);
	for (int i = 0; i < LEDGER_ERRNOS && process->errnos[i].number; i++) {
		const char *error = words__errno_name(process->errnos[i].number);

		fprintf(w->out, "%s%s %" PRIu64, i ? ", " : ": ", error ? error : "?",
			process->errnos[i].count);
	}
	fputc('\n', w->out);
}

static void write_process(struct writer *w)
{
	char comm[ESCAPE_TEXT_MAX(EVENT_COMM_LEN)];
	struct process_info info;

	ledger__process_info(w->found, &info);
	fprintf(w->out, "Process %" PRIu32 ", %s\n\n", info.pid, safe(w, comm, info.comm));
	fprintf(w->out, "%-10s ", "state");
	put_ending(w, &info);
	fprintf(w->out, "\n%-10s %" PRIu32 "\n", "uid", info.uid);
	if (info.parent)
		fprintf(w->out, "%-10s %" PRIu32 "\n", "parent", info.parent);
	put_container(w, info.container, "");
	put_errors(w, &info);
	fprintf(w->out, "%-10s %" PRIu32 " objects since the start; %" PRIu32 " that exist, ",
		"made", info.created, info.existing);
	put_bytes(w, info.existing_bytes);
	fprintf(w->out, "\n%-10s %" PRIu32 " of them\n", "leaked", info.leaked);
	fprintf(w->out, "%-10s %" PRIu32 " segment%s, ", "attached", info.attached,
		info.attached == 1 ? "" : "s");
	put_bytes(w, info.attached_bytes);
	fputs("; at most ", w->out);
	put_bytes(w, info.peak_bytes);
	fputs("\n\nMade by it, and still there\n", w->out);
	w->count = 0;
	ledger__for_each_object(w->facts->ledger, put_made, w);
	put_rest(w);
	fputs("\nAttached or used by it\n", w->out);
	w->count = 0;
	ledger__for_each_object(w->facts->ledger, put_held, w);
	put_rest(w);
}

static void write_failure(struct writer *w, const struct failure *failure)
{
	char comm[ESCAPE_TEXT_MAX(EVENT_COMM_LEN)];

	if (failure->call != CALL_COUNT)
		fprintf(w->out,
			"%s\n\n%-10s %s (%" PRIu32 "), uid %" PRIu32 ", in ipc:[%" PRIu32 "]\n",
			failure->call_text, "by", safe(w, comm, failure->comm), failure->pid,
			failure->uid, failure->ipcns);
	put_time(w, "first", failure->time_ns, "");
	if (failure->count > 1)
		put_time(w, "last", failure->last_ns, "");
	fprintf(w->out, "%-10s %" PRIu64 "%s\n\n%s", "times", failure->count,
		failure->count > 1 ? ", by this process or others" : "", failure->why);
}

/* false: its subject is not there any more. */
static bool write_story(struct writer *w, const struct story *story)
{
	const struct ledger_object *object;

	switch (story->kind) {
	case STORY_OBJECT:
		object = ledger__find_object(w->facts->ledger, story->object.ipcns,
					     story->object.kind, story->object.id);
		if (object)
			write_object(w, object);
		return object != NULL;
	case STORY_PROCESS:
		w->process = story->process;
		ledger__for_each_process(w->facts->ledger, find_process, w);
		if (w->found)
			write_process(w);
		return w->found != NULL;
	default:
		write_failure(w, story->failure);
		return true;
	}
}

/* What it was, and that it is no more. */
static void keep_gone(struct story *story, const struct writer *w)
{
	const char *subject = story->kind == STORY_PROCESS
				      ? "Ended, and nothing that it made is left"
				      : "Gone: removed, or its namespace has ended";
	char clock[16] = "";
	struct buffer out;

	buffer__init(&out, clock, sizeof(clock) - 1);
	screen__put_clock(&out, w->facts->now_ns, w->facts->clock_offset_ns);
	fprintf(w->out, "%s (noticed at %s). It was:\n\n%s", subject, clock,
		story->text ? story->text : "not there when this was opened\n");
	story->gone_ns = w->facts->now_ns;
}

void story__gather(struct screen *screen, const struct screen_facts *facts)
{
	struct story *story = &screen->story;
	struct writer w = {.screen = screen, .facts = facts};
	char *text = NULL;
	size_t len = 0;

	if (story->gone_ns)
		return;
	w.out = open_memstream(&text, &len);
	if (!w.out) {
		screen->out_of_memory = true;
		return;
	}
	if (!write_story(&w, story))
		keep_gone(story, &w);
	if (fclose(w.out)) {
		free(text);
		screen->out_of_memory = true;
		return;
	}
	free(story->text);
	story->text = text;
	story->text_len = len;
	story->columns = 0;
	story__wrap(screen);
}

unsigned int story__indent(const struct story *story, size_t at)
{
	const bool goes_on = at && story->text[at - 1] != '\n';

	return !goes_on ? 0 : story->kind == STORY_FAILURE ? 2 : LABEL_COLUMNS;
}

void story__wrap(struct screen *screen)
{
	struct story *story = &screen->story;
	const unsigned int columns = screen->columns > 2 ? screen->columns - 2 : 1;
	size_t at = 0, page = screen__page(screen);

	if (!story->text)
		return;
	if (story->columns != columns) {
		story->n_lines = 0;
		while (at < story->text_len) {
			size_t *lines = vector__room(story->lines, story->n_lines,
						     &story->lines_cap, sizeof(*lines));

			if (!lines) {
				screen->out_of_memory = true;
				break;
			}
			story->lines = lines;
			lines[story->n_lines++] = at;
			at += screen__next_line(story->text + at,
						columns > LABEL_COLUMNS
							? columns - story__indent(story, at)
							: columns,
						screen->options.utf8);
		}
		story->columns = columns;
	}
	if (story->top + page > story->n_lines)
		story->top = story->n_lines > page ? story->n_lines - page : 0;
}

void story__open(struct screen *screen, const void *row)
{
	struct story *story = &screen->story;
	const struct object_row *object = row;

	story__close(story);
	switch (screen->list) {
	case LIST_PROCESSES:
		story->kind = STORY_PROCESS;
		screen_processes.name(&story->process, row);
		break;
	case LIST_FAILURES:
		story->kind = STORY_FAILURE;
		story->failure = ((const struct failure_row *)row)->failure;
		failure__hold(story->failure);
		break;
	default:
		story->kind = STORY_OBJECT;
		story->object = (struct object_key){.ipcns = object->info.ipcns,
						    .kind = object->info.kind,
						    .id = object->info.id};
	}
}

void story__close(struct story *story)
{
	size_t *lines = story->lines;
	size_t lines_cap = story->lines_cap;

	if (story->failure)
		failure__release(story->failure);
	free(story->text);
	/* The room for lines is used again. */
	*story = (struct story){.lines = lines, .lines_cap = lines_cap};
}
