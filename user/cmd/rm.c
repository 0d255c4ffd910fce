// SPDX-License-Identifier: GPL-2.0-only
/*
 * shmtrace rm: removes what is proven unused, or what is named. A snapshot into a ledger, what was
 * chosen out of that to the kernel, which is asked once more about each.
 */
#include <argp.h>
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/parse.h"
#include "base/vector.h"
#include "cmd/cmd.h"
#include "cmd/existing.h"
#include "cmd/target.h"
#include "cmd/unused_options.h"
#include "source/ipcns.h"
#include "source/removal.h"
#include "view/listing.h"
#include "view/rm.h"
#include "view/unused.h"

#define LISTS_MAX 3 /* what changes every second will not be older the next time */

enum { OPTION_ORPHANS = 256, OPTION_IPCNS };

struct named {
	struct target target;
	const struct ledger_object *found; /* NULL: it is not there */
	bool again;			   /* another one names the same object */
};

struct rm {
	struct unused_filter filter;
	struct container_filter container;
	struct named *targets;
	size_t n_targets, targets_cap;
	bool orphans;	 /* asked for by name */
	bool filtered;	 /* some option chooses among orphans */
	bool everywhere; /* -A */
	bool in_one;	 /* --ipcns */
	bool yes;
	bool force;
	bool json;
	bool bytes;
	/* What was chosen. */
	struct rm_row *rows;
	size_t n_rows, rows_cap;
	size_t n_unknown;
	size_t n_missing; /* named, and not there */
};

static const struct argp_option argp_options[] = {
	{NULL, 0, NULL, 0, "What, where no object is named:", 1},
	{"orphans", OPTION_ORPHANS, NULL, 0, "all that is proven unused (default)", 1},
	CMD_KIND_OPTIONS(1, "of these, "),
	CMD_UNUSED_OPTIONS(1),
	CMD_CONTAINER_OPTION(1, "made"),
	{"user", 'u', "USER", 0, "owned by this user: a name or a number", 1},
	{"all-namespaces", 'A', NULL, 0, "in all IPC namespaces, not in our own alone", 1},

	{NULL, 0, NULL, 0, "How:", 2},
	{"ipcns", OPTION_IPCNS, "INUM", 0, "in this IPC namespace", 2},
	{"yes", 'y', NULL, 0, "remove; without it, only say what would be removed", 2},
	{"force", 'f', NULL, 0, "what is named also where it is in use", 2},
	{"bytes", 'b', NULL, 0, "exact numbers of bytes", 2},
	{"json", 'J', NULL, 0, "JSON, one object a line", 2},
	CMD_HELP_OPTIONS,
	{}};

static void add_target(struct rm *rm, const struct argp_state *state, const char *text)
{
	struct named *targets, named = {0};

	target__parse(&named.target, state, text);
	targets = vector__room(rm->targets, rm->n_targets, &rm->targets_cap, sizeof(*targets));
	if (!targets)
		argp_failure(state, EXIT_FAILED, 0, "out of memory");
	rm->targets = targets;
	targets[rm->n_targets++] = named;
}

static void check_choice(const struct rm *rm, const struct argp_state *state)
{
	if (rm->n_targets && (rm->orphans || rm->filtered))
		argp_error(state,
			   "'%s': options that choose among orphans do not go with named "
			   "objects",
			   rm->targets[0].target.text);
	if (rm->everywhere && rm->in_one)
		argp_error(state, "-A and --ipcns exclude each other");
	if (rm->force && !rm->n_targets)
		argp_error(state, "--force goes with named objects alone");
}

/* What chooses among orphans. */
static error_t parse_choice(int key, char *arg, struct argp_state *state)
{
	struct rm *rm = state->input;
	struct unused_filter *filter = &rm->filter;
	error_t err = 0;

	switch (key) {
	case OPTION_ORPHANS:
		rm->orphans = true;
		return 0;
	case 'u':
		filter->of_user = true;
		filter->uid = cmd__user(state, arg);
		break;
	case 'A':
		rm->everywhere = true;
		/* fall through */
	default:
		err = cmd_unused__parse(key, arg, state, filter);
		break;
	}
	rm->filtered |= !err;
	return err ? cmd__parse_help(key, state) : 0;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct rm *rm = state->input;
	uint64_t value = 0;

	switch (key) {
	case OPTION_IPCNS:
		cmd__check(state, "--ipcns", arg, parse__u64(arg, 1, UINT32_MAX, &value));
		rm->filter.ipcns = value;
		rm->in_one = true;
		break;
	case 'y':
		rm->yes = true;
		break;
	case 'f':
		rm->force = true;
		break;
	case 'b':
		rm->bytes = true;
		break;
	case 'J':
		rm->json = true;
		break;
	case ARGP_KEY_ARG:
		add_target(rm, state, arg);
		break;
	case ARGP_KEY_END:
		check_choice(rm, state);
		break;
	default:
		return parse_choice(key, arg, state);
	}
	return 0;
}

static int add_row(struct rm *rm, const struct ledger *ledger, const struct object_info *info)
{
	struct rm_row *rows = vector__room(rm->rows, rm->n_rows, &rm->rows_cap, sizeof(*rows));

	if (!rows)
		return -ENOMEM;
	rm->rows = rows;
	rm_view__choose(&rows[rm->n_rows++], ledger, info, rm->n_targets, rm->force);
	return 0;
}

static int choose_orphans(struct rm *rm, const struct ledger *ledger)
{
	struct unused unused;
	int err = unused__find(&unused, ledger, &rm->filter);

	for (size_t i = 0; !err && i < unused.n_orphans; i++)
		err = add_row(rm, ledger, &unused.orphans[i]);
	rm->n_unknown = unused.n_unknown;
	unused__free(&unused);
	return err;
}

/* Of those that name the same object, the first one first. */
static int by_object(const void *a, const void *b)
{
	const struct named *one = *(struct named *const *)a, *other = *(struct named *const *)b;

	if (one->found != other->found)
		return one->found < other->found ? -1 : 1;
	return (one > other) - (one < other);
}

/* By its id and by its key, or twice: one removal. */
static int find_repeated(struct rm *rm)
{
	struct named **sorted = calloc(rm->n_targets + 1, sizeof(struct named *));

	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < rm->n_targets; i++)
		sorted[i] = &rm->targets[i];
	qsort(sorted, rm->n_targets, sizeof(struct named *), by_object);
	for (size_t i = 1; i < rm->n_targets; i++)
		sorted[i]->again = sorted[i]->found == sorted[i - 1]->found;
	free(sorted);
	return 0;
}

static int choose_named(struct rm *rm, const struct ledger *ledger)
{
	int err;

	for (size_t i = 0; i < rm->n_targets; i++) {
		rm->targets[i].found = target__find(&rm->targets[i].target, ledger,
						    rm->filter.ipcns);
		rm->targets[i].again = false;
		rm->n_missing += !rm->targets[i].found;
	}
	err = find_repeated(rm);
	for (size_t i = 0; !err && i < rm->n_targets; i++) {
		struct object_info info;

		if (!rm->targets[i].found || rm->targets[i].again)
			continue;
		ledger__object_info(rm->targets[i].found, &info);
		err = add_row(rm, ledger, &info);
	}
	return err;
}

/* Of what is to be removed, something cannot be told yet from what might take its place. */
static bool is_too_new(const struct rm *rm, int64_t listed_s)
{
	for (size_t i = 0; i < rm->n_rows; i++)
		if (rm->rows[i].refusal == RM_TRIED &&
		    removal__is_too_new(&rm->rows[i].removal, listed_s))
			return true;
	return false;
}

static void await_next_second(int64_t second)
{
	const struct timespec pause = {.tv_nsec = 20000000};

	while (removal__clock() == second)
		nanosleep(&pause, NULL);
}

/* 0 or -errno after a message. *ledger: of the last list, which the caller frees. */
static int choose(struct rm *rm, struct ledger **ledger, int64_t *listed_s)
{
	const struct existing_options existing = {.keep_past = true};
	struct snapshot_report report;
	int err;

	for (int lists = 1;; lists++) {
		rm->n_rows = rm->n_missing = 0;
		rm->container.passed = rm->container.unknown = 0;
		*listed_s = removal__clock();
		err = existing__read(ledger, &existing, &report);
		if (err)
			return err;
		err = existing__check_namespace(*ledger, rm->filter.ipcns);
		if (err)
			return err;
		rm->filter.now_s = time(NULL);
		err = rm->n_targets ? choose_named(rm, *ledger) : choose_orphans(rm, *ledger);
		if (err) {
			pr_err("%s", strerror(-err));
			return err;
		}
		if (!rm->yes || lists == LISTS_MAX || !is_too_new(rm, *listed_s))
			break;
		ledger__free(*ledger);
		*ledger = NULL;
		await_next_second(*listed_s);
	}
	for (size_t i = 0; i < rm->n_targets; i++)
		if (!rm->targets[i].found)
			pr_err("no object %s in ipc:[%u]; 'shmtrace ls%s' lists those that exist",
			       rm->targets[i].target.text, rm->filter.ipcns,
			       rm->in_one ? " -A" : "");
	existing__report_unseen(&report, rm->filter.kinds, rm->everywhere);
	existing__report_container(&rm->container);
	return 0;
}

/* Only what was not refused: the list is apart, since the kernel's side knows nothing of rows. */
static int try_all(struct rm *rm, int64_t listed_s)
{
	struct removal *list = calloc(rm->n_rows + 1, sizeof(*list));
	size_t count = 0;

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < rm->n_rows; i++)
		if (rm->rows[i].refusal == RM_TRIED)
			list[count++] = rm->rows[i].removal;
	removal__run(list, count, listed_s, !rm->yes);
	count = 0;
	for (size_t i = 0; i < rm->n_rows; i++)
		if (rm->rows[i].refusal == RM_TRIED)
			rm->rows[i].removal = list[count++];
	free(list);
	return 0;
}

/* The exit status. */
static int run(struct rm *rm)
{
	struct rm_view view = {.out = stdout,
			       .json = rm->json,
			       .dry = !rm->yes,
			       .bytes = rm->bytes,
			       .namespaces = rm->filter.ipcns != ipcns__inum(),
			       .utf8 = listing__utf8()};
	struct rm_counts counts = {0};
	struct ledger *ledger = NULL;
	int64_t listed_s;
	int status, err = choose(rm, &ledger, &listed_s);

	if (!err) {
		err = try_all(rm, listed_s);
		if (err)
			pr_err("%s", strerror(-err));
	}
	if (!err) {
		view.ledger = ledger;
		for (size_t i = 0; i < rm->n_rows; i++)
			rm_view__print(&view, &rm->rows[i], &counts);
		rm_view__print_end(&view, &counts, rm->n_unknown);
		err = existing__flush();
	}
	ledger__free(ledger);
	status = existing__status(err);
	return !status && (counts.kept || rm->n_missing) ? EXIT_FAILED : status;
}

int cmd_rm(int argc, char *argv[])
{
	static const struct argp argp = {
		.options = argp_options,
		.parser = parse_option,
		.args_doc = "[shm:ID|sem:ID|msg:ID]...",
		.doc = "Removes System V IPC objects that are proven unused, or those that are "
		       "named, by id or, in hexadecimal, by key. Says what it would remove; "
		       "removes "
		       "with --yes.",
	};
	struct rm rm = {.filter = {.ipcns = ipcns__inum()}};
	int status;

	rm.filter.container = &rm.container;
	setlocale(LC_CTYPE, "");
	argp_parse(&argp, argc, argv, ARGP_NO_HELP, NULL, &rm);
	if (!rm.filter.kinds)
		rm.filter.kinds = OBJECT_KINDS_ALL;
	status = run(&rm);
	free(rm.targets);
	free(rm.rows);
	return status;
}
