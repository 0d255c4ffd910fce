// SPDX-License-Identifier: GPL-2.0-only
/*
 * calls CPU: the calls whose cost is measured, by order. Reads orders from standard input, one a
 * line, and answers each with one line of JSON:
 *
 *   KIND BATCHES MS              BATCHES batches of calls, about MS milliseconds each
 *   ticks KIND CALLS BATCHES     the cheapest of BATCHES batches of CALLS calls each
 *   probe T0                     calls until the next order; the id that each names is its time:
 *                                -1000000 - tenths of a millisecond since T0 (CLOCK_MONOTONIC, ns)
 *   load SECONDS PROCS           all of PROCS processes call as fast as they can
 *
 * The kinds: fail is a shmctl that fails at once; life is shmget, shmat, shmdt and IPC_RMID of one
 * segment, together; other is getppid, which nobody traces; single is fail, but one call every 100
 * us, and timed alone, with the time that it takes to look at the clock. Runs on CPU, or -1: on
 * any.
 */
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "../work/work.h"

#define LIFE_SIZE \
	40961 /* bytes that nobody else asks for: the lines of these calls are told by it */
/* Nor does anybody else ask for this id, which no segment has. */
#define FAIL_ID	     -47110
#define BATCHES_MAX  4096
#define SINGLE_PAUSE 100000 /* ns */
#define PROBE_PAUSE  100000 /* ns */
#define PROBE_ID     1000000
#define PROBES_MAX   200000
#define NS_PER_SEC   1000000000ULL

static uint64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_SEC + (uint64_t)ts.tv_nsec;
}

/* In an emulator that counts instructions, their number. */
static uint64_t ticks(void)
{
#if defined(__x86_64__)
	uint32_t low, high;

	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high)::"memory");
	return (uint64_t)high << 32 | low;
#elif defined(__aarch64__)
	uint64_t value;

	__asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(value)::"memory");
	return value;
#else
	return now_ns(CLOCK_MONOTONIC);
#endif
}

static void call_fail(void)
{
	do_shmctl(FAIL_ID, IPC_RMID, 0);
}

static void call_life(void)
{
	long id = do_shmget(IPC_PRIVATE, LIFE_SIZE, IPC_CREAT | 0600);
	long at = do_shmat(id, 0, 0);

	if (at == -1)
		die("shmat");
	do_shmdt(at);
	do_shmctl(id, IPC_RMID, 0);
}

static void call_other(void)
{
	syscall(SYS_getppid);
}

static const struct kind {
	const char *name;
	void (*call)(void);
} kinds[] = {{"fail", call_fail}, {"life", call_life}, {"other", call_other}};

static const struct kind *find_kind(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	return NULL;
}

static double batch(const struct kind *kind, unsigned long calls)
{
	uint64_t begin = now_ns(CLOCK_MONOTONIC);

	for (unsigned long i = 0; i < calls; i++)
		kind->call();
	return (double)(now_ns(CLOCK_MONOTONIC) - begin) / (double)calls;
}

/* Busy in between, as a server is: an idle processor would have to wake up first. */
static double batch_of_single(unsigned long calls)
{
	uint64_t begin, took = 0;

	for (unsigned long i = 0; i < calls; i++) {
		const uint64_t end = now_ns(CLOCK_MONOTONIC) + SINGLE_PAUSE;

		do
			begin = now_ns(CLOCK_MONOTONIC);
		while (begin < end);
		call_fail();
		took += now_ns(CLOCK_MONOTONIC) - begin;
	}
	return (double)took / (double)calls;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* How many calls take about that long: the cheapest of some, as the first are slow. */
static unsigned long calibrate(const struct kind *kind, double ns, unsigned long *made)
{
	double cheapest = 1e12;

	for (int i = 0; i < 8; i++) {
		double cost = batch(kind, 16);

		cheapest = cost < cheapest ? cost : cheapest;
		*made += 16;
	}
	return cheapest * 16 > ns ? 16 : (unsigned long)(ns / cheapest);
}

static void measure(const struct kind *kind, int batches, double ms)
{
	static double costs[BATCHES_MAX];
	unsigned long made = 0, calls = calibrate(kind, ms * 1e6, &made);

	if (batches < 1 || batches > BATCHES_MAX)
		batches = 1;
	for (int i = 0; i < batches; i++)
		costs[i] = batch(kind, calls);
	made += calls * (unsigned long)batches;
	qsort(costs, (size_t)batches, sizeof(*costs), compare);
	printf("{\"kind\":\"%s\",\"rounds\":%lu,\"median\":%.2f,\"min\":%.2f}\n", kind->name, made,
	       costs[batches / 2], costs[0]);
}

static void measure_single(int batches, double ms)
{
	const unsigned long calls = (unsigned long)(ms * 1e6 / SINGLE_PAUSE) + 1;
	static double costs[BATCHES_MAX];

	if (batches < 1 || batches > BATCHES_MAX)
		batches = 1;
	for (int i = 0; i < batches; i++)
		costs[i] = batch_of_single(calls);
	qsort(costs, (size_t)batches, sizeof(*costs), compare);
	printf("{\"kind\":\"single\",\"rounds\":%lu,\"median\":%.2f,\"min\":%.2f}\n",
	       calls * (unsigned long)batches, costs[batches / 2], costs[0]);
}

static void count_ticks(const struct kind *kind, unsigned long calls, unsigned long batches)
{
	uint64_t cheapest = UINT64_MAX;

	for (unsigned long n = 0; n < batches; n++) {
		uint64_t begin = ticks(), end;

		for (unsigned long i = 0; i < calls; i++)
			kind->call();
		end = ticks();
		if (end - begin < cheapest)
			cheapest = end - begin;
	}
	printf("{\"kind\":\"%s\",\"calls\":%lu,\"ticks\":%" PRIu64 "}\n", kind->name, calls,
	       cheapest);
}

static bool has_order(void)
{
	struct pollfd fd = {.fd = STDIN_FILENO, .events = POLLIN};

	return poll(&fd, 1, 0) > 0;
}

static void probe(uint64_t t0)
{
	static uint32_t times[PROBES_MAX];
	const struct timespec pause = {.tv_nsec = PROBE_PAUSE};
	size_t n = 0;

	do {
		times[n] = (uint32_t)((now_ns(CLOCK_MONOTONIC) - t0) / 100000);
		do_shmctl(-PROBE_ID - (long)times[n], IPC_RMID, 0);
		n++;
		nanosleep(&pause, NULL);
	} while (n < PROBES_MAX && !has_order());
	printf("{\"probes\":[%" PRIu32, times[0]);
	for (size_t i = 1; i < n; i++)
		printf(",%" PRIu32, times[i]);
	printf("]}\n");
}

static unsigned long call_until(uint64_t end)
{
	unsigned long n = 0;

	do {
		for (int i = 0; i < 256; i++)
			call_fail();
		n += 256;
	} while (now_ns(CLOCK_MONOTONIC) < end);
	return n;
}

static void load(double seconds, int procs)
{
	uint64_t end = now_ns(CLOCK_MONOTONIC) + (uint64_t)(seconds * 1e9);
	unsigned long total = 0, *counts;
	cpu_set_t all;

	memset(&all, 0xff, sizeof(all));
	counts = mmap(NULL, (size_t)procs * sizeof(*counts), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (counts == MAP_FAILED)
		die("mmap");
	for (int i = 0; i < procs; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid == 0) {
			sched_setaffinity(0, sizeof(all), &all);
			counts[i] = call_until(end);
			_exit(0);
		}
	}
	while (wait(NULL) > 0)
		;
	for (int i = 0; i < procs; i++)
		total += counts[i];
	munmap(counts, (size_t)procs * sizeof(*counts));
	printf("{\"kind\":\"load\",\"rounds\":%lu}\n", total);
}

static int obey(const char *order)
{
	unsigned long calls, batches;
	const struct kind *kind;
	char name[16];
	uint64_t t0;
	double number;
	int count;

	if (sscanf(order, "probe %" SCNu64, &t0) == 1)
		probe(t0);
	else if (sscanf(order, "load %lf %d", &number, &count) == 2)
		load(number, count);
	else if (sscanf(order, "ticks %15s %lu %lu", name, &calls, &batches) == 3 &&
		 (kind = find_kind(name)))
		count_ticks(kind, calls, batches);
	else if (sscanf(order, "single %d %lf", &count, &number) == 2)
		measure_single(count, number);
	else if (sscanf(order, "%15s %d %lf", name, &count, &number) == 3 &&
		 (kind = find_kind(name)))
		measure(kind, count, number);
	else
		return fprintf(stderr, "calls: no such order: %s", order), 2;
	fflush(stdout);
	return 0;
}

int main(int argc, char **argv)
{
	int cpu = argc > 1 ? atoi(argv[1]) : -1, status;
	char order[256];
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu < 0 ? 0 : cpu, &set);
	if (cpu >= 0 && sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
	printf("{\"pid\":%d}\n", getpid());
	fflush(stdout);
	/* Unbuffered, so that a poll sees the next order. */
	setvbuf(stdin, NULL, _IONBF, 0);
	while (fgets(order, sizeof(order), stdin)) {
		status = obey(order);
		if (status)
			return status;
	}
	return 0;
}
