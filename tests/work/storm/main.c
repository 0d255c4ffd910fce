// SPDX-License-Identifier: GPL-2.0-only
/*
 * storm: random transitions of System V IPC in hundreds of processes, in bursts, with the kernel's
 * own word after each. See README.md.
 *
 * Exit status: 0; 1 something was not as it must be, or the hook failed; 2 usage; 77 not allowed.
 */
#include <fcntl.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "driver.h"

enum {
	STEPS_FOR_ALL = 10000, /* from so many on, every transition must have happened */
	STEPS_A_ROUND = 8,     /* of each process, until those who have ended are replaced */
};

struct options {
	uint64_t seed, ops;
	uint32_t procs, bursts;
	uint32_t settle; /* ms */
	const char *hook, *truth;
	uint32_t weight[OP_COUNT];
};

static const struct {
	const char *name;
	uint32_t weight;
	bool hooks, leaves;
} operations[OP_COUNT] = {
#define OPERATION_ROW(name, weight, hooks, ns) {#name, weight, hooks, ns},
	OPERATION_LIST(OPERATION_ROW)
#undef OPERATION_ROW
};

static const struct {
	const char *name;
	enum operation op;
} transitions[T_COUNT] = {
#define TRANSITION_ROW(ID, name, op) {name, OP_##op},
	TRANSITION_LIST(TRANSITION_ROW)
#undef TRANSITION_ROW
};

volatile sig_atomic_t driver_stop;

static void stop(int signal)
{
	driver_stop = signal;
}

static void usage(int status)
{
	fprintf(status ? stderr : stdout,
		"usage: storm [--seed N] [--ops N] [--procs N] [--bursts N] [--settle MS]\n"
		"             [--truth DIR] [--quiet-hook CMD] [--no-namespaces] [--calls-only]\n"
		"             [--without OPERATION,...]\n"
		"operations:");
	for (int i = 0; i < OP_COUNT; i++)
		fprintf(status ? stderr : stdout, " %s", operations[i].name);
	fprintf(status ? stderr : stdout, "\n");
	exit(status);
}

static void leave_out(struct options *options, char *list)
{
	for (char *name = strtok(list, ","); name; name = strtok(NULL, ",")) {
		int i = 0;

		while (i < OP_COUNT && strcmp(operations[i].name, name))
			i++;
		if (i == OP_COUNT)
			usage(2);
		options->weight[i] = 0;
	}
}

static uint64_t number(const char *text, uint64_t least, uint64_t most)
{
	char *end;
	uint64_t value = strtoull(text, &end, 0);

	if (end == text || *end || value < least || value > most)
		usage(2);
	return value;
}

static void parse(int argc, char **argv, struct options *options)
{
	static const struct option names[] = {
		{"seed", 1, NULL, 's'},	      {"ops", 1, NULL, 'o'},
		{"procs", 1, NULL, 'p'},      {"bursts", 1, NULL, 'b'},
		{"settle", 1, NULL, 'e'},     {"truth", 1, NULL, 't'},
		{"quiet-hook", 1, NULL, 'q'}, {"no-namespaces", 0, NULL, 'n'},
		{"calls-only", 0, NULL, 'c'}, {"without", 1, NULL, 'w'},
		{"help", 0, NULL, 'h'},	      {NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		switch (c) {
		case 's':
			options->seed = number(optarg, 0, UINT64_MAX);
			break;
		case 'o':
			options->ops = number(optarg, 1, UINT32_MAX);
			break;
		case 'p':
			options->procs = (uint32_t)number(optarg, 1, STORM_SLOTS_MAX / 2 - 64);
			break;
		case 'b':
			options->bursts = (uint32_t)number(optarg, 1, 1000000);
			break;
		case 'e':
			options->settle = (uint32_t)number(optarg, 0, 60000);
			break;
		case 't':
			options->truth = optarg;
			break;
		case 'q':
			options->hook = optarg;
			break;
		case 'n':
			for (int i = 0; i < OP_COUNT; i++)
				if (operations[i].leaves)
					options->weight[i] = 0;
			break;
		case 'c':
			for (int i = 0; i < OP_COUNT; i++)
				if (operations[i].hooks)
					options->weight[i] = 0;
			break;
		case 'w':
			leave_out(options, optarg);
			break;
		default:
			usage(c == 'h' ? 0 : 2);
		}
	}
	if (optind != argc)
		usage(2);
}

static void start(struct crowd *crowd, struct options *options)
{
	int memfd = memfd_create("storm", 0);
	struct storm *storm;
	struct sigaction action = {.sa_handler = stop};
	int tag;

	if (memfd < 0 || ftruncate(memfd, sizeof(*storm)))
		die("memfd_create");
	storm = mmap(NULL, sizeof(*storm), PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
	if (storm == MAP_FAILED)
		die("mmap");
	storm->memfd = memfd;
	storm->driver = getpid();
	storm->driver_pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	storm->host_inum = namespace__inum();
	storm->slots = 2 * options->procs + 64;
	storm->generation = 1;
	memcpy(storm->weight, options->weight, sizeof(storm->weight));
	crowd->host_ns = open("/proc/self/ns/ipc", O_RDONLY | O_CLOEXEC);
	if (storm->driver_pidfd < 0 || !storm->host_inum || crowd->host_ns < 0)
		die("pidfd_open or /proc/self/ns/ipc");
	/* pidfd_open(2) closes on exec; the crowd needs it. */
	fcntl(storm->driver_pidfd, F_SETFD, 0);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	prctl(PR_SET_NAME, "storm");
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	tag = namespace__found(storm);
	if (tag != 1) {
		fprintf(stderr, "storm: cannot have an IPC namespace: %s\n", strerror(-tag));
		exit(77);
	}
	crowd->storm = storm;
	crowd->self = (struct slot){.seed = options->seed, .tag = 1};
	crowd->runner = (struct runner){.storm = storm, .slot = &crowd->self};
	crowd->runner.random = random__mix(options->seed ^ 0x5701);
}

/* CMD N, in the IPC namespace that the driver was started in. */
static int run_hook(struct crowd *crowd, const char *hook, unsigned int moment)
{
	char command[4096];
	int status;
	pid_t pid;

	snprintf(command, sizeof(command), "%s %u", hook, moment);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		if (setns(crowd->host_ns, CLONE_NEWIPC))
			_exit(126);
		close(crowd->storm->memfd);
		close(crowd->storm->driver_pidfd);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	if (pid > 0 && status == 0)
		return 0;
	fprintf(stderr, "storm: the hook failed at moment %u, status 0x%x\n", moment, status);
	return -1;
}

/* Everybody is quiet: what the kernel says, the hook, and that the kernel still says the same. */
static int moment(struct crowd *crowd, const struct options *options, unsigned int n)
{
	struct timespec settle = {.tv_sec = options->settle / 1000,
				  .tv_nsec = options->settle % 1000 * 1000000};
	struct truth before, after = {0};
	int err;

	nanosleep(&settle, NULL);
	err = truth__read(crowd->storm, &before);
	if (!err && options->truth)
		err = truth__write(&before, options->truth, n);
	if (err) {
		fprintf(stderr, "storm: cannot read or write the truth: %s\n", strerror(-err));
		goto out;
	}
	if (options->hook)
		err = run_hook(crowd, options->hook, n);
	/* A process that has ended cannot be read: that is not quiet either. */
	if (truth__read(crowd->storm, &after) || !truth__equal(&before, &after)) {
		fprintf(stderr, "storm: moment %u was not quiet\n", n);
		err = -EBUSY;
	}
	if (before.wrong)
		err = -EINVAL;
	atomic_store(&crowd->storm->namespaces, before.live_namespaces);
	printf("moment %u: %lu steps, %u processes, %u namespaces, %zu lines\n", n,
	       atomic_load(&crowd->storm->steps), crowd__alive(crowd), before.live_namespaces,
	       before.count);
out:
	truth__free(&before);
	truth__free(&after);
	return err;
}

/*
 * In rounds of a few steps each, with those who have ended replaced between them: otherwise a long
 * burst ends with few processes and fewer steps.
 */
static int burst(struct crowd *crowd, const struct options *options, uint64_t target)
{
	uint32_t kills = options->weight[OP_kill] ? 1 + options->procs / 50 : 0;
	uint64_t most = (uint64_t)options->procs * STEPS_A_ROUND;
	uint64_t steps = atomic_load(&crowd->storm->steps);
	int err = 0;

	while (!err && steps < target) {
		uint64_t before = steps, left = target - steps;

		crowd__fill(crowd, options->procs);
		err = crowd__burst(crowd, left < most ? left : most, kills);
		steps = atomic_load(&crowd->storm->steps);
		/* No process can be made any more. */
		if (!err && steps == before)
			err = -EAGAIN;
	}
	return err;
}

static int bursts(struct crowd *crowd, const struct options *options)
{
	int failed = 0, err;

	for (uint32_t i = 1; i <= options->bursts; i++) {
		err = burst(crowd, options, options->ops * i / options->bursts);
		if (err) {
			fprintf(stderr, "storm: burst %u: %s\n", i, strerror(-err));
			return -1;
		}
		failed |= moment(crowd, options, i);
	}
	return failed;
}

/* 0, or how many transitions never happened that should have. */
static int report(struct storm *storm)
{
	int missing = 0;

	for (int i = 0; i < T_COUNT; i++) {
		enum operation op = transitions[i].op;
		uint64_t count = atomic_load(&storm->done[i]);
		const char *note = "";

		if (!storm->weight[op] && !count) {
			note = "  left out";
		} else if (!count && atomic_load(&storm->absent[i])) {
			note = "  not in this kernel";
		} else if (!count) {
			note = "  NEVER";
			missing++;
		}
		printf("%8lu  %-9s %s%s\n", count, operations[op].name, transitions[i].name, note);
	}
	return missing;
}

int main(int argc, char **argv)
{
	struct options options = {.ops = 10000,
				  .procs = 200,
				  .bursts = 10,
				  .settle = 30,
				  .seed = (uint64_t)time(NULL)};
	struct crowd crowd = {0};
	int failed, missing;

	if (argc == 4 && !strcmp(argv[1], "--worker"))
		return worker__main(argv + 2);
	for (int i = 0; i < OP_COUNT; i++)
		options.weight[i] = operations[i].weight;
	parse(argc, argv, &options);
	printf("seed %lu\n", options.seed);
	fflush(stdout);
	if (!compat__available())
		options.weight[OP_compat] = 0;
	start(&crowd, &options);
	failed = bursts(&crowd, &options);
	crowd__end(&crowd);
	/* All have ended: what stays is nobody's. */
	if (!driver_stop)
		failed |= moment(&crowd, &options, options.bursts + 1);
	missing = report(crowd.storm);
	if (options.ops >= STEPS_FOR_ALL && missing)
		failed = 1;
	if (failed || crowd.unexpected)
		fprintf(stderr, "storm: failed; repeat with --seed %lu\n", options.seed);
	return failed || crowd.unexpected;
}
