// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rows of the list that is shown: copied from the ledger, filtered, sorted, and one of them
 * selected. The selection stays on what it is on, wherever that goes when the order changes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/vector.h"
#include "view/screen_internal.h"

#define NS_PER_S      1000000000ULL
#define WORDS_BYTES   8192 /* what the filter looks into: the longest is why a call failed */
#define RATE_LEAST_NS (NS_PER_S / 2) /* a rate over less than that says nothing */

const struct screen_list_ops *const screen_lists[SCREEN_LISTS] = {
	[LIST_PROCESSES] = &screen_processes,
	[LIST_SEGMENTS] = &screen_segments,
	[LIST_SETS] = &screen_sets,
	[LIST_QUEUES] = &screen_queues,
	[LIST_LEAKS] = &screen_leaks,
	[LIST_FAILURES] = &screen_failures,
	[LIST_NAMESPACES] = &screen_namespaces,
};

struct screen *screen__new(const struct screen_options *options)
{
	struct screen *screen = calloc(1, sizeof(*screen));

	if (!screen)
		return NULL;
	screen->options = *options;
	for (int i = 0; i < SCREEN_LISTS; i++)
		screen->states[i].sort = screen_lists[i]->first_sort;
	screen->states[LIST_PROCESSES].sort = screen__process_sort(options->sort);
	screen->stale = true;
	screen->rows = SCREEN_ROWS_MIN;
	screen->columns = SCREEN_COLUMNS_MIN;
	return screen;
}

void screen__free_rows(struct screen *screen)
{
	if (screen->gathered == LIST_FAILURES)
		for (size_t i = 0; i < screen->n_rows; i++)
			failure__release(((struct failure_row *)screen->data)[i].failure);
	screen->n_rows = screen->n_order = 0;
}

void screen__free(struct screen *screen)
{
	if (!screen)
		return;
	screen__free_rows(screen);
	story__close(&screen->story);
	free(screen->story.lines);
	free(screen->data);
	free(screen->order);
	free(screen->namespaces);
	free(screen);
}

void *screen__add_row(struct screen *screen)
{
	void *data = vector__room(screen->data, screen->n_rows, &screen->rows_cap,
				  screen->row_size);

	if (!data) {
		screen->out_of_memory = true;
		return NULL;
	}
	screen->data = data;
	return (char *)data + screen->n_rows++ * screen->row_size;
}

static void to_lower(char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] >= 'A' && text[i] <= 'Z')
			text[i] += 'a' - 'A';
}

/* The filter is kept in lower case. */
static bool passes(const struct screen *screen, const void *row)
{
	char words[WORDS_BYTES];
	struct buffer out;

	if (!screen->filter_len)
		return true;
	buffer__init(&out, words, sizeof(words));
	screen_lists[screen->list]->put_words(&out, row);
	to_lower(words, out.len);
	return memmem(words, out.len, screen->filter, screen->filter_len);
}

struct comparison {
	const struct screen *screen;
	bool falling;
};

static int compare_names(const struct screen *screen, uint32_t a, uint32_t b)
{
	const struct screen_list_ops *ops = screen_lists[screen->list];
	struct row_name x, y;

	ops->name(&x, screen__row(screen, a));
	ops->name(&y, screen__row(screen, b));
	if (x.a != y.a)
		return x.a < y.a ? -1 : 1;
	return x.b < y.b ? -1 : x.b > y.b;
}

static int compare(const void *a, const void *b, void *context)
{
	const struct comparison *comparison = context;
	const struct row_order *x = a, *y = b;

	if (x->value != y->value)
		return (x->value < y->value) == comparison->falling ? 1 : -1;
	if (x->value2 != y->value2)
		return (x->value2 < y->value2) == comparison->falling ? 1 : -1;
	return compare_names(comparison->screen, x->row, y->row);
}

static bool collect(struct screen *screen)
{
	const struct list_state *state = screen__state(screen);
	const struct screen_column *column = &screen_lists[screen->list]->columns[state->sort];

	if (screen->order_cap < screen->n_rows) {
		struct row_order *grown = reallocarray(screen->order, screen->n_rows,
						       sizeof(*grown));

		if (!grown) {
			screen->out_of_memory = true;
			return false;
		}
		screen->order = grown;
		screen->order_cap = screen->n_rows;
	}
	screen->n_order = 0;
	for (size_t i = 0; i < screen->n_rows; i++) {
		struct row_order *order = &screen->order[screen->n_order];

		if (!passes(screen, screen__row(screen, i)))
			continue;
		*order = (struct row_order){.row = i};
		if (column->value)
			column->value(order, screen__row(screen, i));
		screen->n_order++;
	}
	return true;
}

static void name_at(const struct screen *screen, size_t position, struct row_name *name)
{
	screen_lists[screen->list]->name(name, screen__row(screen, screen->order[position].row));
}

/* Where what was selected is now; if it has gone, what is in its place. */
static void find_selected(struct screen *screen)
{
	struct list_state *state = screen__state(screen);
	struct row_name name;

	if (!state->follow) {
		state->position = state->top = 0;
		return;
	}
	for (size_t i = 0; i < screen->n_order; i++) {
		name_at(screen, i, &name);
		if (name.a != state->selected.a || name.b != state->selected.b)
			continue;
		/* Its place on the terminal stays, too, as far as there are rows around it. */
		if (i >= state->position)
			state->top += i - state->position;
		else
			state->top -= state->position - i < state->top ? state->position - i
								       : state->top;
		state->position = i;
		break;
	}
}

static void keep_visible(struct screen *screen)
{
	struct list_state *state = screen__state(screen);
	const size_t page = screen__page(screen);

	if (state->position >= screen->n_order)
		state->position = screen->n_order ? screen->n_order - 1 : 0;
	if (state->top + page > screen->n_order)
		state->top = screen->n_order > page ? screen->n_order - page : 0;
	if (state->position < state->top)
		state->top = state->position;
	if (state->position >= state->top + page)
		state->top = state->position - page + 1;
}

void screen__follow(struct screen *screen)
{
	struct list_state *state = screen__state(screen);

	keep_visible(screen);
	state->follow = screen->n_order > 0;
	if (state->follow)
		name_at(screen, state->position, &state->selected);
}

void screen__order(struct screen *screen)
{
	const struct list_state *state = screen__state(screen);
	const struct screen_column *column = &screen_lists[screen->list]->columns[state->sort];
	struct comparison comparison = {.screen = screen,
					.falling = column->falling != state->reversed};

	if (screen->gathered != screen->list || !collect(screen))
		return;
	if (screen->n_order)
		qsort_r(screen->order, screen->n_order, sizeof(*screen->order), compare,
			&comparison);
	find_selected(screen);
	keep_visible(screen);
	if (state->follow && screen->n_order)
		name_at(screen, state->position, &screen__state(screen)->selected);
}

const void *screen__selected(const struct screen *screen)
{
	const struct list_state *state = &screen->states[screen->list];

	if (screen->gathered != screen->list || state->position >= screen->n_order)
		return NULL;
	return screen__row(screen, screen->order[state->position].row);
}

static void count_rate(struct screen *screen, const struct screen_facts *facts)
{
	const uint64_t passed = facts->now_ns - screen->rate_ns;

	/* Before the first look nothing was counted. */
	if (screen->rate_ns && passed < RATE_LEAST_NS)
		return;
	screen->head.calls_per_second = screen->rate_ns ? (facts->calls - screen->rate_calls) /
								  (passed / 1e9)
							: 0;
	screen->rate_ns = facts->now_ns;
	screen->rate_calls = facts->calls;
}

static void gather_head(struct screen *screen, const struct screen_facts *facts)
{
	struct screen_head *head = &screen->head;
	const uint32_t shown = screen->chosen_ipcns ? screen->chosen_ipcns
						    : screen->options.own_ipcns;

	head->now_ns = facts->now_ns;
	head->clock_offset_ns = facts->clock_offset_ns;
	head->exact = ledger__is_exact(facts->ledger);
	head->drift = ledger__drift(facts->ledger);
	head->failed = facts->failed;
	head->lost = facts->lost;
	count_rate(screen, facts);
	head->known = false;
	head->shown = (struct namespace_info){.ipcns = shown};
	head->fullest = (struct namespace_row){};
	memset(head->counts, 0, sizeof(head->counts));
	head->counts[LIST_FAILURES] = failures__count(facts->failures);
	head->counts[LIST_NAMESPACES] = screen->n_namespaces;
	for (size_t i = 0; i < screen->n_namespaces; i++) {
		const struct namespace_row *row = &screen->namespaces[i];

		if (row->percent > head->fullest.percent)
			head->fullest = *row;
		if (row->info.ipcns == shown) {
			head->shown = row->info;
			head->known = row->info.limits.shmmni != 0;
		}
		if (screen->chosen_ipcns && row->info.ipcns != shown)
			continue;
		head->counts[LIST_SEGMENTS] += row->info.segments;
		head->counts[LIST_SETS] += row->info.sets;
		head->counts[LIST_QUEUES] += row->info.queues;
		head->counts[LIST_LEAKS] += row->info.orphans;
	}
}

static void gather_rows(struct screen *screen, const struct screen_facts *facts)
{
	const struct screen_list_ops *ops = screen_lists[screen->list];

	screen__free_rows(screen);
	if (screen->row_size != ops->row_size) {
		free(screen->data);
		screen->data = NULL;
		screen->rows_cap = 0;
		screen->row_size = ops->row_size;
	}
	screen->gathered = screen->list;
	screen->stale = false;
	screen__gather_namespaces(screen, facts);
	gather_head(screen, facts);
	ops->gather(screen, facts);
	screen__order(screen);
}

int screen__gather(struct screen *screen, const struct screen_facts *facts)
{
	screen->out_of_memory = false;
	/* A frozen list stays as it is; another one was not there when it was frozen. */
	if (!screen->frozen || screen->stale || screen->gathered != screen->list)
		gather_rows(screen, facts);
	if (screen->mode == MODE_STORY)
		story__gather(screen, facts);
	return screen->out_of_memory ? -ENOMEM : 0;
}

void screen__resize(struct screen *screen, unsigned int rows, unsigned int columns)
{
	screen->rows = rows;
	screen->columns = columns;
	if (screen->gathered == screen->list)
		keep_visible(screen);
	story__wrap(screen);
}

bool screen__is_frozen(const struct screen *screen)
{
	return screen->frozen;
}

const struct object_info *screen__removal(const struct screen *screen)
{
	return &screen->removal;
}

void screen__say(struct screen *screen, const char *message)
{
	/* Room for the worst that escaping makes of it. */
	escape__text(screen->message, message, SCREEN_MESSAGE_MAX, screen->options.utf8);
}
