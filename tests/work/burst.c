// SPDX-License-Identifier: GPL-2.0-only
/*
 * burst COUNT [PROCS] [SECONDS]: PROCS processes (1) that each make COUNT calls as fast as they
 * can, and no longer than SECONDS; COUNT 0 has no end but SECONDS. The call is a shmctl that fails
 * at once. Prints how many there were, of all processes together: "shmctl N".
 */
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "work.h"

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static unsigned long burst(unsigned long count, double end)
{
	unsigned long n = 0;

	while (!count || n < count) {
		do_shmctl(-1, IPC_RMID, 0);
		/* Looking at the clock each time would cost as much as the call. */
		if (++n % 256 == 0 && end > 0 && now() >= end)
			break;
	}
	return n;
}

int main(int argc, char **argv)
{
	unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 0) : 0;
	int procs = argc > 2 ? atoi(argv[2]) : 1;
	double seconds = argc > 3 ? atof(argv[3]) : 0;
	unsigned long total = 0, *counts;

	if (procs < 1 || (!count && seconds <= 0)) {
		fprintf(stderr, "usage: burst COUNT [PROCS] [SECONDS]\n");
		return 2;
	}
	counts = mmap(NULL, (size_t)procs * sizeof(*counts), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (counts == MAP_FAILED)
		die("mmap");

	double end = seconds > 0 ? now() + seconds : 0;

	for (int i = 1; i < procs; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid == 0) {
			counts[i] = burst(count, end);
			_exit(0);
		}
	}
	counts[0] = burst(count, end);
	while (wait(NULL) > 0)
		;
	for (int i = 0; i < procs; i++)
		total += counts[i];
	printf("shmctl %lu\n", total);
	return 0;
}
