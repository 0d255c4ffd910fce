// SPDX-License-Identifier: GPL-2.0-only
/*
 * shmtrace why: the story of one object, and whether it may be removed. A snapshot into a ledger,
 * what that has of the object, who has how much of it in memory, and what rm would do with it.
 */
#include <argp.h>
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/vector.h"
#include "cmd/cmd.h"
#include "cmd/existing.h"
#include "cmd/target.h"
#include "source/ipcns.h"
#include "source/residence.h"
#include "view/ledger.h"
#include "view/why.h"

#define NS_PER_S 1000000000LL

/* Reading takes some tens of ns a page that a process has touched: a minute for a large server's
 * hundreds. */
#define RESIDENCE_NS (2 * NS_PER_S)

enum { OPTION_IPCNS = 256 };

/* What the snapshot tells of an object that fits, in whatever namespace, and the ledger forgets. */
struct match {
	uint32_t ipcns;
	int32_t id;
	uint64_t changed_ns; /* CLOCK_MONOTONIC; 0: not known */
	uint32_t hidden;     /* mappings of processes that may not be seen */
};

struct why {
	struct target target;
	unsigned int n_words;
	bool everywhere; /* -A */
	uint32_t ipcns;	 /* --ipcns, or our own */
	bool in_one;
	struct why_options options;
	struct match *matches;
	size_t n_matches, matches_cap;
};

static const struct argp_option argp_options[] = {
	{NULL, 0, NULL, 0, "Where:", 1},
	{"all-namespaces", 'A', NULL, 0, "in all IPC namespaces, not in our own alone", 1},
	{"ipcns", OPTION_IPCNS, "INUM", 0, "in this IPC namespace", 1},

	{NULL, 0, NULL, 0, "Output:", 2},
	{"bytes", 'b', NULL, 0, "exact numbers of bytes, and of limits", 2},
	{"json", 'J', NULL, 0, "JSON, one object a line, with all members", 2},
	CMD_HELP_OPTIONS,
	{}};

/* "shm" "32769", or "shm:32769" as rm takes it. */
static void add_word(struct why *why, const struct argp_state *state, const char *text)
{
	if (why->n_words == 0 && strchr(text, ':')) {
		target__parse(&why->target, state, text);
		why->n_words = 2;
	} else if (why->n_words == 0) {
		target__parse_kind(&why->target, state, text);
		why->n_words = 1;
	} else if (why->n_words == 1) {
		target__parse_number(&why->target, state, text);
		why->n_words = 2;
	} else {
		argp_error(state, "one object at a time: '%s'", text);
	}
}

static void check_choice(const struct why *why, const struct argp_state *state)
{
	if (why->n_words == 0)
		argp_error(state, "which object? As in: shmtrace why shm 32769");
	if (why->n_words == 1)
		argp_error(state,
			   "'%s': which one? Give an id, or a key in hexadecimal, as 0x52e2c1",
			   why->target.text);
	if (why->everywhere && why->in_one)
		argp_error(state, "-A and --ipcns exclude each other");
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct why *why = state->input;
	uint64_t value = 0;

	switch (key) {
	case 'A':
		why->everywhere = true;
		break;
	case OPTION_IPCNS:
		cmd__check(state, "--ipcns", arg, parse__u64(arg, 1, UINT32_MAX, &value));
		why->ipcns = value;
		why->in_one = true;
		break;
	case 'b':
		why->options.bytes = true;
		break;
	case 'J':
		why->options.json = true;
		break;
	case ARGP_KEY_ARG:
		add_word(why, state, arg);
		break;
	case ARGP_KEY_END:
		check_choice(why, state);
		break;
	default:
		return cmd__parse_help(key, state);
	}
	return 0;
}

static int keep_object(struct why *why, const struct object_event *event)
{
	const struct target *target = &why->target;
	struct match *matches;

	if (event->action != OBJECT_FOUND || event->kind != target->kind ||
	    (target->by_key ? event->key != target->key : event->id != target->id))
		return 0;
	matches = vector__room(why->matches, why->n_matches, &why->matches_cap, sizeof(*matches));
	if (!matches)
		return -ENOMEM;
	why->matches = matches;
	matches[why->n_matches++] = (struct match){
		.ipcns = event->ipcns, .id = event->id, .changed_ns = event->changed_ns};
	return 0;
}

static int look_at_event(void *context, const struct event *event)
{
	const struct mapping_event *mapping = (const void *)event;
	struct why *why = context;
	struct match *last = why->n_matches ? &why->matches[why->n_matches - 1] : NULL;

	if (event->type == EVENT_OBJECT)
		return keep_object(why, (const void *)event);
	/* These follow the object's own event. */
	if (event->type == EVENT_MAPPING && !event->pid && why->target.kind == OBJECT_SHM && last &&
	    last->ipcns == mapping->ipcns && last->id == mapping->id)
		last->hidden = mapping->count;
	return 0;
}

static bool keep_holder(void *context, const struct ledger_process *process, uint32_t mappings)
{
	struct why_story *story = context;
	struct why_holder *holders = vector__room(story->holders, story->n_holders,
						  &story->holders_cap, sizeof(*holders));

	if (!holders) {
		free(story->holders);
		*story = (struct why_story){0};
		return false;
	}
	story->holders = holders;
	holders += story->n_holders++;
	*holders = (struct why_holder){.mappings = mappings, .err = -ENODATA};
	ledger__process_info(process, &holders->info);
	return true;
}

static int compare_holders(const void *first, const void *second)
{
	const struct why_holder *a = first, *b = second;

	return (a->info.pid > b->info.pid) - (a->info.pid < b->info.pid);
}

static void read_residence(struct why_story *story)
{
	const uint64_t end_ns = clock__ns(CLOCK_MONOTONIC) + RESIDENCE_NS;
	struct residence_reader *reader = NULL;
	int err = residence__open(&reader);

	for (size_t i = 0; i < story->n_holders; i++) {
		struct why_holder *holder = &story->holders[i];
		struct residence residence = {0};

		if (clock__ns(CLOCK_MONOTONIC) > end_ns)
			err = -ETIME;
		holder->err = err ? err
				  : residence__read(reader, holder->info.pid, holder->info.start_ns,
						    story->row.info.id, &residence);
		if (!holder->err && residence.mappings != holder->mappings)
			holder->err = -EAGAIN;
		if (holder->err)
			continue;
		holder->resident = residence.bytes;
		if (residence.created_s)
			story->created_s = residence.created_s;
	}
	residence__close(reader);
}

/* From another clock; 0 stays 0. */
static int64_t wall_second(uint64_t ns, clockid_t clock)
{
	const int64_t offset = (int64_t)(clock__ns(CLOCK_REALTIME) - clock__ns(clock));

	/* The offset of a moment later: to the nearest second. */
	return ns ? ((int64_t)ns + offset + NS_PER_S / 2) / NS_PER_S : 0;
}

/* 0 or -ENOMEM; story->holders is the caller's. */
static int tell(struct why_story *story, const struct ledger *ledger, const struct match *match,
		const struct ledger_object *object, int64_t listed_s)
{
	struct process_info creator;
	struct object_info info;

	*story = (struct why_story){.ledger = ledger, .object = object};
	ledger__for_each_holder(object, keep_holder, story);
	if (!story->ledger)
		return -ENOMEM;
	if (story->n_holders)
		qsort(story->holders, story->n_holders, sizeof(*story->holders), compare_holders);
	ledger__object_info(object, &info);
	/* An orphan is found by rm without its name. */
	rm_view__choose(&story->row, ledger, &info, info.state != STATE_ORPHAN, false);
	if (story->row.refusal == RM_TRIED)
		removal__run(&story->row.removal, 1, listed_s, true);
	story->now_s = time(NULL);
	story->hidden = match->hidden;
	story->changed_s = wall_second(match->changed_ns, CLOCK_MONOTONIC);
	if (info.owner) {
		ledger__process_info(info.owner, &creator);
		story->creator_start_s = wall_second(creator.start_ns, CLOCK_BOOTTIME);
	}
	if (info.kind == OBJECT_SHM)
		read_residence(story);
	return 0;
}

/* It may be elsewhere, or where we may not look. */
static void report_missing(const struct why *why, const struct snapshot_report *report)
{
	static const char *const nouns[] = {"segment", "semaphore set", "queue"};
	char where[40] = "any IPC namespace that can be read";

	if (!why->everywhere)
		snprintf(where, sizeof(where), "ipc:[%u]", why->ipcns);
	pr_err("no %s with %s %s in %s%s", nouns[why->target.kind],
	       why->target.by_key ? "key" : "id", why->target.number, where,
	       why->n_matches ? "" : "; 'shmtrace ls -A' lists those that exist");
	for (size_t i = 0; i < why->n_matches; i++)
		pr_err("there is one in ipc:[%u]: --ipcns %u tells of it", why->matches[i].ipcns,
		       why->matches[i].ipcns);
	if (!why->n_matches)
		existing__report_unseen(report, 0, true);
}

/* 0 or -errno after a message; found: how many stories were told. */
static int tell_all(struct why *why, const struct ledger *ledger, int64_t listed_s, size_t *found)
{
	int err = 0;

	*found = 0;
	for (size_t i = 0; !err && i < why->n_matches; i++) {
		const struct match *match = &why->matches[i];
		const struct ledger_object *object;
		struct why_story story;

		if (!why->everywhere && match->ipcns != why->ipcns)
			continue;
		object = ledger__find_object(ledger, match->ipcns, why->target.kind, match->id);
		if (!object)
			continue;
		err = tell(&story, ledger, match, object, listed_s);
		if (!err && (*found)++ && !why->options.json)
			putchar('\n');
		if (!err)
			err = why__print(&story, &why->options, stdout);
		free(story.holders);
		if (err)
			pr_err("%s", strerror(-err));
	}
	return err ? err : existing__flush();
}

/* The exit status. */
static int run(struct why *why)
{
	const struct existing_options existing = {
		.keep_past = true, .each = look_at_event, .context = why};
	const int64_t listed_s = removal__clock();
	struct snapshot_report report;
	struct ledger *ledger;
	size_t found = 0;
	int err = existing__read(&ledger, &existing, &report);

	if (err)
		return existing__status(err);
	err = existing__check_namespace(ledger, why->everywhere ? 0 : why->ipcns);
	if (!err)
		err = tell_all(why, ledger, listed_s, &found);
	if (!err && found && why->everywhere)
		existing__report_unseen(&report, 0, true);
	if (!err && !found) {
		report_missing(why, &report);
		err = -ENOENT;
	}
	ledger__free(ledger);
	return existing__status(err);
}

int cmd_why(int argc, char *argv[])
{
	static const struct argp argp = {
		.options = argp_options,
		.parser = parse_option,
		.args_doc = "shm|sem|msg ID|KEY",
		.doc = "Tells the story of one System V IPC object: who made it and when, who has "
		       "it, who used it last, what it counts against; and whether it is safe to "
		       "remove. Needs no BPF; an ordinary user sees what that user may see.\v"
		       "A number in decimal is an id, as in 'shmtrace why shm 32769'; one in "
		       "hexadecimal, with 0x, is a key, as in 'shmtrace why shm 0x0052e2c1'. Both "
		       "may also be written as rm takes them: shm:32769.",
	};
	struct why why = {.ipcns = ipcns__inum()};
	int status;

	setlocale(LC_CTYPE, "");
	why.options.own = why.ipcns;
	argp_parse(&argp, argc, argv, ARGP_NO_HELP, NULL, &why);
	status = run(&why);
	free(why.matches);
	return status;
}
