// SPDX-License-Identifier: GPL-2.0-only
/*
 * One report of leaks: the objects, then their owners, then all in one line.
 */
#include "view/leaks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "view/container_view.h"
#include "view/leak.h"
#include "view/leaks_columns.h"
#include "view/leaks_json.h"
#include "view/ledger.h"

#define OWNER_BYTES 1024 /* all cells of one owner, or a line of text */

static const struct table_column owner_columns[] = {
	{"OWNER", false, false}, {"COMM", false, false},      {"SEGMENTS", true, false},
	{"BYTES", true, false},	 {"SETS", true, false},	      {"SEMAPHORES", true, false},
	{"QUEUES", true, false}, {"SINCE", false, false},     {"ENDED", false, false},
	{"KNOWN", false, false}, {"CONTAINER", false, false},
};

#define OWNER_COLUMNS	(sizeof(owner_columns) / sizeof(*owner_columns))
#define OWNER_COMM	1
#define OWNER_ENDED	8
#define OWNER_CONTAINER 10

static void put_cell(struct buffer *out, const char *cells[], size_t *n)
{
	buffer__put_char(out, '\0');
	cells[++*n] = out->data + out->len;
}

/* Columns that say nothing of anybody are left out: their numbers, into shown. How many stay. */
static size_t choose_columns(const struct unused_owner *owners, size_t count,
			     size_t shown[OWNER_COLUMNS])
{
	bool says[OWNER_COLUMNS];
	size_t n = 0;

	memset(says, true, sizeof(says));
	says[OWNER_COMM] = says[OWNER_ENDED] = says[OWNER_CONTAINER] = false;
	for (size_t i = 0; i < count; i++) {
		const struct container *container = owners[i].container;

		says[OWNER_COMM] |= *owners[i].comm;
		says[OWNER_ENDED] |= owners[i].ended;
		says[OWNER_CONTAINER] |= container && container->runtime != RUNTIME_NONE;
	}
	for (size_t i = 0; i < OWNER_COLUMNS; i++)
		if (says[i])
			shown[n++] = i;
	return n;
}

static int add_owner(struct leaks *leaks, struct table *table, const struct unused_owner *owner,
		     const size_t *shown, size_t n_shown)
{
	const struct process_info end = {.status = owner->status};
	const struct unused_sum *sum = &owner->sum;
	const char *cells[OWNER_COLUMNS + 1];
	char text[OWNER_BYTES];
	struct buffer out;
	size_t n = 0;

	buffer__init(&out, text, sizeof(text));
	cells[0] = text;
	cells__put_user(&out, &leaks->objects.users, owner->uid, leaks->objects.utf8);
	put_cell(&out, cells, &n);
	cells__put_escaped(&out, owner->comm, leaks->objects.utf8);
	put_cell(&out, cells, &n);
	buffer__put_u64(&out, sum->kinds[OBJECT_SHM]);
	put_cell(&out, cells, &n);
	if (leaks->objects.bytes)
		buffer__put_u64(&out, sum->bytes);
	else
		cells__put_bytes(&out, sum->bytes);
	put_cell(&out, cells, &n);
	buffer__put_u64(&out, sum->kinds[OBJECT_SEM]);
	put_cell(&out, cells, &n);
	buffer__put_u64(&out, sum->semaphores);
	put_cell(&out, cells, &n);
	buffer__put_u64(&out, sum->kinds[OBJECT_MSG]);
	put_cell(&out, cells, &n);
	if (owner->since)
		cells__put_time(&out, owner->since);
	put_cell(&out, cells, &n);
	if (owner->ended)
		leak__put_ending(&out, &end);
	put_cell(&out, cells, &n);
	buffer__put_str(&out, object_known__name(owner->observed));
	put_cell(&out, cells, &n);
	container_view__put_text(&out, owner->container, leaks->objects.utf8);
	put_cell(&out, cells, &n);
	for (size_t i = 0; i < n_shown; i++)
		cells[i] = cells[shown[i]];
	return out.overflow ? -ENOMEM : table__add(table, cells);
}

static int print_owners(struct leaks *leaks, const struct listing_options *options,
			const struct unused_owner *owners, size_t count, FILE *out)
{
	const struct table_options table_options = {
		.headings = options->headings,
		.width = options->width,
		.utf8 = leaks->objects.utf8,
	};
	struct table_column columns[OWNER_COLUMNS];
	size_t shown[OWNER_COLUMNS], n_shown = choose_columns(owners, count, shown);
	struct table *table;
	int err;

	for (size_t i = 0; i < n_shown; i++)
		columns[i] = owner_columns[shown[i]];
	table = table__new(columns, n_shown, &table_options);
	err = table ? 0 : -ENOMEM;
	for (size_t i = 0; !err && i < count; i++)
		err = add_owner(leaks, table, &owners[i], shown, n_shown);
	if (!err) {
		putc_unlocked('\n', out);
		table__print(table, out);
		putc_unlocked('\n', out);
	}
	table__free(table);
	return err;
}

static void print_total(const struct unused *unused, bool listed, FILE *out)
{
	char text[OWNER_BYTES];
	struct unused_sum sum;
	struct buffer line;

	buffer__init(&line, text, sizeof(text));
	unused__sum(unused->orphans, unused->n_orphans, &sum);
	buffer__put_str(&line, unused->n_orphans ? "orphans: " : "no orphans");
	unused__put_sum(&line, &sum);
	if (unused->n_unknown) {
		unused__sum(unused->unknown, unused->n_unknown, &sum);
		buffer__put_str(&line, "\nnot proven, but nobody is known to use: ");
		unused__put_sum(&line, &sum);
		buffer__put_str(&line, listed ? "" : " (see --unknown)");
	}
	fprintf(out, "%.*s\n", (int)line.len, text);
}

/*
 * The command that would remove what is listed, which without --yes only says so. What is not
 * proven has to be named, which one line does for so many.
 */
#define ADVICE_NAMES 32

static void put_choice(struct buffer *line, const struct unused_filter *filter)
{
	static const char *const kinds[] = {
		[OBJECT_SHM] = " -m", [OBJECT_SEM] = " -s", [OBJECT_MSG] = " -q"};

	buffer__put_str(line, filter->ipcns ? "" : " -A");
	for (int kind = 0; filter->kinds != OBJECT_KINDS_ALL && kind < OBJECT_NONE; kind++)
		if (filter->kinds & 1u << kind)
			buffer__put_str(line, kinds[kind]);
	if (filter->min_age_s) {
		buffer__put_str(line, " --min-age ");
		buffer__put_u64(line, filter->min_age_s);
	}
	if (filter->min_size) {
		buffer__put_str(line, " --min-size ");
		buffer__put_u64(line, filter->min_size);
	}
}

static void print_advice(const struct unused *unused, const struct leaks_options *options,
			 FILE *out)
{
	const size_t names = unused->n_unknown < ADVICE_NAMES ? unused->n_unknown : ADVICE_NAMES;
	char text[OWNER_BYTES];
	struct buffer line;

	buffer__init(&line, text, sizeof(text));
	if (unused->n_orphans) {
		buffer__put_str(&line, "remove the orphans: shmtrace rm");
		put_choice(&line, &options->filter);
		buffer__put_char(&line, '\n');
	}
	/* An id is an object of one namespace alone. */
	if (unused->n_unknown && options->unknown && options->filter.ipcns) {
		buffer__put_str(&line, "remove ");
		buffer__put_str(&line, names < unused->n_unknown ? "the first of " : "");
		buffer__put_str(&line, unused->n_orphans ? "the others" : "these");
		buffer__put_str(&line, ": shmtrace rm");
		for (size_t i = 0; i < names; i++) {
			buffer__put_char(&line, ' ');
			buffer__put_str(&line, object_kind__name(unused->unknown[i].kind));
			buffer__put_char(&line, ':');
			buffer__put_s64(&line, unused->unknown[i].id);
		}
		buffer__put_char(&line, '\n');
	}
	/* Those of one namespace after the other. */
	if (unused->n_unknown && options->unknown && !options->filter.ipcns) {
		buffer__put_str(&line, "remove ");
		buffer__put_str(&line, unused->n_orphans ? "the others" : "these");
		buffer__put_str(&line, ": shmtrace rm --ipcns IPCNS KIND:ID...\n");
	}
	if (names < unused->n_unknown && options->unknown && options->filter.ipcns) {
		buffer__put_str(&line, "remove all that is listed: shmtrace leaks --unknown");
		put_choice(&line, &options->filter);
		/* Without -r nothing left would be no name, which means all orphans. */
		buffer__put_str(&line, " -rno kind,id | tr ' ' : | xargs -r shmtrace rm\n");
	}
	if (line.len)
		fprintf(out, "%.*s", (int)line.len, text);
}

static int print_tables(struct leaks *leaks, const struct unused *unused,
			const struct leaks_options *options, const struct listing *objects,
			FILE *out)
{
	const struct listing_options *listing = &options->listing;
	struct unused_owner *owners;
	size_t n_owners = 0;
	char text[64];
	struct buffer time;
	int err = 0;

	if (options->timed && listing->headings) {
		buffer__init(&time, text, sizeof(text));
		cells__put_time(&time, leaks->now_s);
		fprintf(out, "%.*s\n", (int)time.len, text);
	}
	if (leaks->n_rows || listing->raw)
		err = listing__print(objects, out);
	if (err || listing->raw)
		return err;
	owners = unused__sum_owners(unused, leaks->objects.ledger, &n_owners);
	if (!owners)
		return -ENOMEM;
	if (n_owners)
		err = print_owners(leaks, listing, owners, n_owners, out);
	else if (leaks->n_rows)
		putc_unlocked('\n', out);
	free(owners);
	if (!err)
		print_total(unused, options->unknown, out);
	/* Not in what goes on, or what a script reads, or where a name would have to be quoted. */
	if (!err && listing->headings && !options->timed &&
	    !(options->filter.container && options->filter.container->pattern))
		print_advice(unused, options, out);
	return err;
}

static int print_json(const struct leaks *leaks, const struct unused *unused, FILE *out)
{
	char line[OBJECT_JSON_BYTES];
	struct unused_owner *owners;
	size_t n_owners;

	for (size_t i = 0; i < leaks->n_rows; i++)
		fwrite_unlocked(line, 1,
				leaks_json__unused(line, leaks->objects.ledger, &leaks->rows[i],
						   leaks->now_s),
				out);
	owners = unused__sum_owners(unused, leaks->objects.ledger, &n_owners);
	if (!owners)
		return -ENOMEM;
	for (size_t i = 0; i < n_owners; i++)
		fwrite_unlocked(line, 1, leaks_json__owner(line, &owners[i]), out);
	free(owners);
	fwrite_unlocked(line, 1, leaks_json__total(line, unused, leaks->now_s), out);
	return 0;
}

static bool is_in_container(const struct leaks *leaks)
{
	bool found = false, by_namespace;

	for (size_t i = 0; i < leaks->n_rows; i++)
		found |= container_view__is_real(ledger__container_of(
			leaks->objects.ledger, &leaks->rows[i], &by_namespace));
	return found;
}

/* Sorts the objects as the user wants them, and writes all. */
static int print(struct leaks *leaks, const struct unused *unused,
		 const struct leaks_options *options, FILE *out)
{
	const struct listing objects = {
		.columns = leaks__columns,
		.options = &options->listing,
		.shown = SHOWN_ALWAYS | (options->filter.ipcns ? 0 : SHOWN_WITH_ALL) |
			 (is_in_container(leaks) ? SHOWN_WITH_CONTAINER : 0),
		.utf8 = leaks->objects.utf8,
		.list = leaks,
		.rows = leaks->rows,
		.n_rows = leaks->n_rows,
		.row_size = sizeof(*leaks->rows),
	};
	int err = listing__sort(&objects);

	if (err)
		return err;
	return options->listing.json ? print_json(leaks, unused, out)
				     : print_tables(leaks, unused, options, &objects, out);
}

/* The proven ones before the others. 0 or -ENOMEM. */
static int keep_rows(struct leaks *leaks, const struct unused *unused, bool unknown)
{
	size_t n_unknown = unknown ? unused->n_unknown : 0;

	leaks->rows = calloc(unused->n_orphans + n_unknown + 1, sizeof(*leaks->rows));
	if (!leaks->rows)
		return -ENOMEM;
	for (size_t i = 0; i < unused->n_orphans; i++)
		leaks->rows[leaks->n_rows++] = unused->orphans[i];
	for (size_t i = 0; i < n_unknown; i++)
		leaks->rows[leaks->n_rows++] = unused->unknown[i];
	return 0;
}

int leaks__print(const struct ledger *ledger, const struct leaks_options *options, FILE *out,
		 bool *found)
{
	struct leaks leaks = {
		.objects = {.ledger = ledger,
			    .utf8 = listing__utf8(),
			    .bytes = options->listing.bytes},
		.now_s = options->filter.now_s,
	};
	struct unused unused;
	int err = unused__find(&unused, ledger, &options->filter);

	if (!err)
		err = keep_rows(&leaks, &unused, options->unknown);
	*found = leaks.n_rows;
	if (!err)
		err = print(&leaks, &unused, options, out);
	unused__free(&unused);
	free(leaks.rows);
	users__free(&leaks.objects.users);
	return err;
}
