// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the ledger costs with 1 thousand to 1 million live objects: resident bytes of an object, and
 * time of an event. Function hooks; a process makes and attaches eight segments, and
 * one segment at a time is detached, destroyed, made and attached anew.
 *
 * usage: ledger [OBJECTS...]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ledger/ledger.h"

#define PER_PROCESS 8
#define EVENTS	    4000000 /* measured, of each size */
#define NS	    4026531839U
#define BATCH	    1024 /* events made beforehand, so that their making is not measured */

struct row {
	size_t objects;
	double bytes, ns, ns_ahead;
};

struct bench {
	struct ledger *ledger;
	uint64_t now, random;
	int32_t *ids; /* of each place */
	int32_t next_id;
	size_t places;
};

static uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/* What the kernel counts for us: malloc does not know what is unused in its own pages. */
static size_t resident(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	size_t pages = 0;

	if (!file || fscanf(file, "%*u %zu", &pages) != 1) {
		fprintf(stderr, "ledger: cannot read /proc/self/statm\n");
		exit(1);
	}
	fclose(file);
	return pages * sysconf(_SC_PAGESIZE);
}

static size_t draw(struct bench *b, size_t below)
{
	b->random = b->random * 6364136223846793005ULL + 1442695040888963407ULL;
	return (b->random >> 33) % below;
}

static struct event head(struct bench *b, uint32_t type, size_t place)
{
	return (struct event){
		.time_ns = ++b->now,
		.type = type,
		.pid = 1000 + place / PER_PROCESS,
		.tid = 1000 + place / PER_PROCESS,
		.ipcns = NS,
		.comm = "bench",
	};
}

static struct object_event object(struct bench *b, uint32_t action, size_t place)
{
	return (struct object_event){
		.head = head(b, EVENT_OBJECT, place),
		.action = action,
		.ipcns = NS,
		.id = b->ids[place],
		.size = 65536,
		.mode = 0600,
		.start_ns = 1,
	};
}

static struct mapping_event mapping(struct bench *b, uint32_t action, size_t place)
{
	return (struct mapping_event){
		.head = head(b, EVENT_MAPPING, place),
		.mm = 0xffff888000000000ULL + place / PER_PROCESS * 1088,
		.ipcns = NS,
		.id = b->ids[place],
		.action = action,
		.count = 1,
		.start_ns = 1,
	};
}

/* The mix: four events that leave as many objects as there were. */
struct round {
	struct mapping_event detached;
	struct object_event destroyed, created;
	struct mapping_event attached;
};

static void make_round(struct bench *b, struct round *round, size_t place)
{
	round->detached = mapping(b, MAPPING_DETACHED, place);
	round->destroyed = object(b, OBJECT_DESTROYED, place);
	b->ids[place] = b->next_id++;
	round->created = object(b, OBJECT_CREATED, place);
	round->attached = mapping(b, MAPPING_ATTACHED, place);
}

static void fill(struct bench *b)
{
	for (size_t i = 0; i < b->places; i++) {
		struct object_event created;
		struct mapping_event attached;

		b->ids[i] = b->next_id++;
		created = object(b, OBJECT_CREATED, i);
		attached = mapping(b, MAPPING_ATTACHED, i);
		ledger__apply(b->ledger, &created.head);
		ledger__apply(b->ledger, &attached.head);
	}
}

static const struct event *event_of(const struct round *rounds, size_t i)
{
	const struct round *round = &rounds[i / 4];

	switch (i % 4) {
	case 0:
		return &round->detached.head;
	case 1:
		return &round->destroyed.head;
	case 2:
		return &round->created.head;
	default:
		return &round->attached.head;
	}
}

/* Of one half of the rounds. ahead: as who reads them from a ring buffer sees those that come next,
 * which stand in the other half. */
static void apply_half(struct bench *b, const struct round *rounds, size_t half, bool ahead)
{
	for (size_t i = half * BATCH; i < (half + 1) * BATCH; i++) {
		const size_t next = (i + LEDGER_EXPECT_AHEAD) % (2 * BATCH);

		if (ahead)
			ledger__expect(b->ledger, event_of(rounds, next));
		ledger__apply(b->ledger, event_of(rounds, i));
	}
}

static void make_half(struct bench *b, struct round *rounds, size_t half)
{
	for (size_t i = 0; i < BATCH / 4; i++)
		make_round(b, &rounds[half * BATCH / 4 + i], draw(b, b->places));
}

static double measure(struct bench *b, struct round *rounds, bool ahead)
{
	uint64_t spent = 0, begin;
	size_t half = 0, events;

	make_half(b, rounds, half);
	for (events = 0; events < EVENTS; events += BATCH) {
		make_half(b, rounds, !half);
		begin = clock_ns();
		apply_half(b, rounds, half, ahead);
		spent += clock_ns() - begin;
		half = !half;
	}
	apply_half(b, rounds, half, false);
	return (double)spent / events;
}

/* Events of objects and mappings have one size, so rounds are what a ring buffer would hold. */
static struct row run(size_t objects)
{
	struct bench b = {.random = 1, .places = objects, .ids = malloc(objects * sizeof(int32_t))};
	const struct ledger_options options = {.mappings_observed = true};
	struct round *rounds = malloc(2 * BATCH / 4 * sizeof(*rounds));
	struct row row = {.objects = objects};
	size_t before;

	b.ledger = ledger__new(&options);
	if (!b.ids || !rounds || !b.ledger) {
		fprintf(stderr, "ledger: out of memory with %zu objects\n", objects);
		exit(1);
	}
	memset(rounds, 1, 2 * BATCH / 4 * sizeof(*rounds));
	memset(b.ids, 1, objects * sizeof(int32_t));
	before = resident();
	fill(&b);
	row.bytes = (double)(resident() - before) / objects;
	row.ns = measure(&b, rounds, false);
	row.ns_ahead = measure(&b, rounds, true);
	ledger__free(b.ledger);
	free(rounds);
	free(b.ids);
	return row;
}

int main(int argc, char **argv)
{
	static const size_t sizes[] = {1000, 10000, 100000, 1000000};
	size_t n = argc > 1 ? (size_t)argc - 1 : sizeof(sizes) / sizeof(sizes[0]);
	struct row first = {0};

	printf("%10s %14s %10s %12s %8s %10s %12s %8s\n", "objects", "bytes/object", "ns/event",
	       "events/s", "ratio", "ahead", "events/s", "ratio");
	for (size_t i = 0; i < n; i++) {
		struct row row = run(argc > 1 ? strtoull(argv[i + 1], NULL, 10) : sizes[i]);

		if (i == 0)
			first = row;
		printf("%10zu %14.1f %10.1f %12.0f %8.2f %10.1f %12.0f %8.2f\n", row.objects,
		       row.bytes, row.ns, 1e9 / row.ns, row.ns / first.ns, row.ns_ahead,
		       1e9 / row.ns_ahead, row.ns_ahead / first.ns_ahead);
	}
	return 0;
}
