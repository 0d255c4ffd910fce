// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a look of the screen costs: processor time to copy, sort and draw each list, of many objects
 * made by many processes, on a terminal (standard output). Fails if one takes longer than the
 * budget.
 *
 * usage: screen [OBJECTS [PROCESSES [MILLISECONDS]]]
 */
#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "view/screen.h"
#include "view/terminal.h"

#define NS    4026531839U
#define TIMES 20

struct bench {
	struct ledger *ledger;
	struct failures *failures;
	struct terminal *terminal;
	struct screen *screen;
	uint32_t objects, processes;
	uint64_t now;
};

static double cpu_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

static struct event head(struct bench *b, uint32_t type, uint32_t process)
{
	struct event event = {.time_ns = b->now += 1000, .type = type, .ipcns = NS};

	event.pid = event.tid = 1000 + process;
	snprintf(event.comm, sizeof(event.comm), "worker-%" PRIu32, process % 97);
	return event;
}

/* Segments, sets and queues in turn; every other process has ended, and left what it made. */
static void fill(struct bench *b)
{
	for (uint32_t i = 0; i < b->objects; i++) {
		const uint32_t process = i % b->processes;
		const struct object_event created = {
			.head = head(b, EVENT_OBJECT, process),
			.action = OBJECT_CREATED,
			.kind = i % 8	 ? OBJECT_SHM
				: i % 16 ? OBJECT_SEM
					 : OBJECT_MSG,
			.ipcns = NS,
			.id = i,
			.size = 1 + i * 7919U % 1000003,
			.key = i * 2654435761U,
			.mode = 0600,
			.start_ns = 1,
		};

		ledger__apply(b->ledger, &created.head);
	}
	for (uint32_t i = 0; i < b->processes; i += 2) {
		const struct process_event ended = {
			.head = head(b, EVENT_PROCESS, i), .action = PROCESS_EXITED, .start_ns = 1};

		ledger__apply(b->ledger, &ended.head);
	}
}

static void look(struct bench *b)
{
	const struct screen_facts facts = {
		.ledger = b->ledger, .failures = b->failures, .now_ns = b->now += 1000000000};

	if (screen__gather(b->screen, &facts))
		exit(1);
	terminal__draw(b->terminal, b->screen, false);
	if (terminal__flush(b->terminal))
		exit(1);
}

/* Prints afterwards what one list costs: with a filter, each row is looked at, too. */
static double measure(struct bench *b, const char *keys)
{
	double before;

	for (; *keys; keys++)
		screen__key(b->screen, *keys);
	look(b);
	before = cpu_ms();
	for (int i = 0; i < TIMES; i++)
		look(b);
	return (cpu_ms() - before) / TIMES;
}

static bool start(struct bench *b)
{
	const struct ledger_options ledger_options = {.mappings_observed = true};
	const struct screen_options options = {.own_ipcns = NS, .utf8 = true};
	unsigned int rows, columns;
	char why[256];

	b->ledger = ledger__new(&ledger_options);
	b->failures = failures__new(true);
	b->screen = screen__new(&options);
	if (!b->ledger || !b->failures || !b->screen)
		return false;
	if (terminal__open(&b->terminal, TERMINAL_COLOR_AUTO, why, sizeof(why))) {
		fprintf(stderr, "screen: %s\n", why);
		return false;
	}
	fill(b);
	terminal__start(b->terminal);
	terminal__size(b->terminal, &rows, &columns);
	screen__resize(b->screen, rows, columns);
	return true;
}

int main(int argc, char *argv[])
{
	static const struct {
		const char *name, *keys;
	} lists[] = {{"processes", "1"}, {"segments", "2"},   {"segments by name", ">>>>"},
		     {"leaks", "5"},	 {"namespaces", "7"}, {"segments, filtered", "2/9\n"}};
	const size_t n = sizeof(lists) / sizeof(*lists);
	struct bench b = {.objects = argc > 1 ? atoi(argv[1]) : 32000,
			  .processes = argc > 2 ? atoi(argv[2]) : 2000,
			  .now = 1000000000};
	const double budget = argc > 3 ? atof(argv[3]) : 20;
	double ms[sizeof(lists) / sizeof(*lists)];
	int status = 0;

	setlocale(LC_CTYPE, "");
	if (!start(&b))
		return 1;
	for (size_t i = 0; i < n; i++)
		ms[i] = measure(&b, lists[i].keys);
	terminal__close(b.terminal);
	printf("%" PRIu32 " objects, %" PRIu32 " processes; budget of a look: %.0f ms\n", b.objects,
	       b.processes, budget);
	for (size_t i = 0; i < n; i++) {
		printf("%-20s %6.2f ms%s\n", lists[i].name, ms[i],
		       ms[i] > budget ? "  TOO SLOW" : "");
		status |= ms[i] > budget;
	}
	screen__free(b.screen);
	failures__free(b.failures);
	ledger__free(b.ledger);
	return status;
}
