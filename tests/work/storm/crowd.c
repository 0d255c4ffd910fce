// SPDX-License-Identifier: GPL-2.0-only
/*
 * The crowd of processes, seen by the driver. It is the subreaper of all, knows each by its slot,
 * and kills by pidfd, so that a pid that has been given again is never hit.
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <limits.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "driver.h"

static bool gone(int32_t pid)
{
	return kill(pid, 0) && errno == ESRCH;
}

static void free_slot(struct crowd *crowd, struct slot *slot)
{
	atomic_store(&slot->pid, 0);
	atomic_fetch_sub(&crowd->storm->live, 1);
	atomic_store(&slot->claimed, 0);
}

void crowd__reap(struct crowd *crowd)
{
	struct storm *storm = crowd->storm;

	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	for (uint32_t i = 0; i < storm->slots; i++) {
		struct slot *slot = &storm->slot[i];
		int32_t pid = atomic_load(&slot->pid);
		int32_t claimed = (int32_t)atomic_load(&slot->claimed);

		if (!claimed)
			continue;
		if (!pid) {
			/* Its parent was killed before the kernel had made the child, or after. */
			if (gone(claimed) && !atomic_load(&slot->pid) &&
			    (int32_t)atomic_load(&slot->claimed) == claimed)
				free_slot(crowd, slot);
		} else if (gone(pid)) {
			if (!atomic_load(&slot->leaving)) {
				fprintf(stderr, "storm: process %d ended by itself\n", pid);
				crowd->unexpected++;
			}
			free_slot(crowd, slot);
		}
	}
}

uint32_t crowd__alive(struct crowd *crowd)
{
	uint32_t alive = 0;

	for (uint32_t i = 0; i < crowd->storm->slots; i++)
		alive += atomic_load(&crowd->storm->slot[i].claimed) != 0;
	return alive;
}

void crowd__fill(struct crowd *crowd, uint32_t procs)
{
	struct runner *r = &crowd->runner;

	for (uint32_t alive = crowd__alive(crowd); alive < procs && !driver_stop; alive++) {
		long pid = worker__fork(r);

		if (pid < 0)
			return;
		if (pid)
			continue;
		signal(SIGCHLD, SIG_IGN);
		signal(SIGINT, SIG_IGN);
		signal(SIGHUP, SIG_IGN);
		signal(SIGTERM, SIG_DFL);
		close(crowd->host_ns);
		worker__run(r);
	}
}

/* What the pid names by now must be one of ours: the name that all of them have says so. */
static bool kill_slot(struct slot *slot)
{
	int32_t pid = atomic_load(&slot->pid);
	char path[64], name[16] = "";
	int pidfd, fd;
	bool killed = false;

	if (!pid)
		return false;
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && read(fd, name, sizeof(name) - 1) > 0 && !strcmp(name, "storm\n") &&
	    atomic_load(&slot->pid) == pid) {
		atomic_store(&slot->leaving, 1);
		killed = !syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
	}
	if (fd >= 0)
		close(fd);
	close(pidfd);
	return killed;
}

static void nap(long milliseconds)
{
	struct timespec time = {.tv_sec = milliseconds / 1000,
				.tv_nsec = milliseconds % 1000 * 1000000};

	nanosleep(&time, NULL);
}

/*
 * All are quiet when one look over the table finds so and nobody was claimed during it: only who is
 * not quiet makes children.
 */
static bool all_quiet(struct crowd *crowd)
{
	struct storm *storm = crowd->storm;
	uint32_t claims = atomic_load(&storm->claims);
	uint32_t now = atomic_load(&storm->generation);

	crowd__reap(crowd);
	for (uint32_t i = 0; i < storm->slots; i++) {
		struct slot *slot = &storm->slot[i];

		if (!atomic_load(&slot->claimed))
			continue;
		if (!atomic_load(&slot->pid) || atomic_load(&slot->quiet) != now ||
		    gone(atomic_load(&slot->pid)) || atomic_load(&slot->leaving))
			return false;
	}
	return claims == atomic_load(&storm->claims);
}

/* One line of /proc: of a thread, below the name of the file. */
static void print_file(int32_t pid, const char *tid, const char *name)
{
	char path[96], text[1024];
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%s/%s", pid, tid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	if (length <= 0)
		return;
	text[length] = 0;
	for (char *end = text; (end = strchr(end, '\n'));)
		*end = ';';
	fprintf(stderr, "storm:     %s %s: %s\n", tid, name, text);
}

static void print_threads(int32_t pid)
{
	static const char *const files[] = {"stat", "wchan", "syscall", "stack"};
	struct dirent *entry;
	char path[64];
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	tasks = opendir(path);
	if (!tasks)
		return;
	while ((entry = readdir(tasks)))
		for (size_t i = 0; i < ARRAY_SIZE(files) && entry->d_name[0] != '.'; i++)
			print_file(pid, entry->d_name, files[i]);
	closedir(tasks);
}

/* Who keeps a burst from its end. */
static void print_busy(struct crowd *crowd)
{
	struct storm *storm = crowd->storm;
	uint32_t now = atomic_load(&storm->generation);

	for (uint32_t i = 0; i < storm->slots; i++) {
		struct slot *slot = &storm->slot[i];
		int32_t pid = atomic_load(&slot->pid);

		if (!atomic_load(&slot->claimed) ||
		    (pid && atomic_load(&slot->quiet) == now && !atomic_load(&slot->leaving)))
			continue;
		fprintf(stderr,
			"storm:   pid %d, claimed by %u, %u steps left, at operation %u, "
			"generation %u of %u%s\n",
			pid, atomic_load(&slot->claimed), atomic_load(&slot->left),
			atomic_load(&slot->op), atomic_load(&slot->quiet), now,
			atomic_load(&slot->leaving) ? ", leaving" : "");
		print_threads(pid ? pid : (int32_t)atomic_load(&slot->claimed));
	}
}

static void wake(struct storm *storm)
{
	atomic_fetch_add(&storm->generation, 1);
	syscall(SYS_futex, &storm->generation, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

int crowd__burst(struct crowd *crowd, uint64_t steps, uint32_t kills)
{
	struct storm *storm = crowd->storm;
	uint32_t alive = crowd__alive(crowd);
	uint32_t share = alive ? (uint32_t)((steps + alive - 1) / alive) : 0;
	time_t give_up = time(NULL) + 240; /* of an emulated machine on a busy host */

	for (uint32_t i = 0; i < storm->slots; i++)
		atomic_store(&storm->slot[i].left, share);
	wake(storm);
	while (!all_quiet(crowd)) {
		if (driver_stop)
			return -EINTR;
		if (time(NULL) > give_up) {
			print_busy(crowd);
			return -ETIMEDOUT;
		}
		/* A burst may be over in milliseconds: kill half of what is left to kill at once.
		 */
		for (uint32_t i = (kills + 1) / 2; i > 0; i--) {
			uint32_t victim = random__pick(&crowd->runner, storm->slots);

			if (!kill_slot(&storm->slot[victim]))
				continue;
			kills--;
			done(&crowd->runner, T_KILL_OTHER);
		}
		nap(kills ? 1 : 3);
	}
	return 0;
}

void crowd__end(struct crowd *crowd)
{
	struct storm *storm = crowd->storm;

	atomic_store(&storm->over, 1);
	wake(storm);
	for (int i = 0; i < 1000; i++) {
		crowd__reap(crowd);
		if (!crowd__alive(crowd))
			return;
		/* Five seconds to leave by themselves. */
		for (uint32_t slot = 0; i >= 500 && slot < storm->slots; slot++)
			kill_slot(&storm->slot[slot]);
		nap(10);
	}
	fprintf(stderr, "storm: %u processes would not end\n", crowd__alive(crowd));
	crowd->unexpected++;
}
