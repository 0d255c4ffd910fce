// SPDX-License-Identifier: GPL-2.0-only
/*
 * refusals [NAME]: makes a shmget, semget or msgget fail for every cause that can be arranged, each
 * in an IPC namespace of its own whose limits it sets, and prints what the tracer has to say of it:
 * "NAME CALL ERRNO CAUSE LIMIT ALSO USED VALUE", - where there is none. The last get of each case
 * is the one; the others do not fail. Status 1 where a call ends otherwise than ipc/{shm,sem,msg}.c
 * say, 77 where the namespaces or the limits may not be made.
 */
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "work.h"

#define KEY	  0x5e117
#define NOBODY	  65534
#define HUGE_2M	  (21 << 26)
#define HUGE_NONE (15 << 26) /* 32 kB: no machine has these */

#ifndef SHM_HUGETLB
#define SHM_HUGETLB 04000
#endif

static long page;

static void set(const char *name, const char *value)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/sys/kernel/%s", name);
	file = fopen(path, "w");
	if (!file || fprintf(file, "%s\n", value) < 0 || fclose(file)) {
		fprintf(stderr, "skipped: %s: %s\n", path, strerror(errno));
		_exit(77);
	}
}

/* These must not fail. */
static void make(long id)
{
	if (id < 0) {
		perror("a get that should not fail");
		_exit(1);
	}
}

static void make_shm(int count, long size)
{
	while (count--)
		make(do_shmget(IPC_PRIVATE, size, 0600));
}

static void make_sem(int count, long nsems)
{
	while (count--)
		make(do_semget(IPC_PRIVATE, nsems, 0600));
}

static void make_msg(int count)
{
	while (count--)
		make(do_msgget(IPC_PRIVATE, 0600));
}

static void become_nobody(void)
{
	const struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_MEMLOCK, &none) || setgroups(0, NULL) ||
	    setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY)) {
		perror("setresuid");
		_exit(1);
	}
}

/* Each arranges things and returns what its last get returned. */

static long shmmni(void)
{
	set("shmmni", "3");
	make_shm(3, 1);
	return do_shmget(KEY, 1, IPC_CREAT | 0600);
}

static long shmmni_zero(void)
{
	set("shmmni", "0");
	return do_shmget(IPC_PRIVATE, 1, 0600);
}

static long shmmni_below_use(void)
{
	make_shm(5, 1);
	set("shmmni", "2");
	return do_shmget(IPC_PRIVATE, 1, 0600);
}

static long shmmni_one_page_left(void)
{
	set("shmmni", "3");
	set("shmall", "4");
	make_shm(3, page);
	return do_shmget(IPC_PRIVATE, page, 0600);
}

static long shmall(void)
{
	set("shmall", "10");
	make_shm(1, 10 * page);
	return do_shmget(IPC_PRIVATE, 1, 0600);
}

static long shmall_rounded(void)
{
	set("shmall", "10");
	make_shm(9, 1);
	return do_shmget(IPC_PRIVATE, page + 1, 0600);
}

static long shmall_one_large(void)
{
	set("shmall", "10");
	return do_shmget(IPC_PRIVATE, 11 * page, 0600);
}

static long shmall_and_shmmni(void)
{
	set("shmall", "10");
	set("shmmni", "2");
	make_shm(2, 5 * page);
	return do_shmget(IPC_PRIVATE, 1, 0600);
}

static long shmall_before_shmmni(void)
{
	set("shmall", "10");
	set("shmmni", "2");
	make_shm(2, page);
	return do_shmget(IPC_PRIVATE, 9 * page, 0600);
}

static long shmmax(void)
{
	set("shmmax", "8192");
	return do_shmget(KEY, 8193, IPC_CREAT | 0600);
}

static long shmmax_before_shmall(void)
{
	set("shmmax", "8192");
	set("shmall", "0");
	return do_shmget(IPC_PRIVATE, 8193, 0600);
}

static long shmmin(void)
{
	return do_shmget(IPC_PRIVATE, 0, 0600);
}

static long shmmin_with_key(void)
{
	return do_shmget(KEY, 0, IPC_CREAT | 0600);
}

static long shm_smaller(void)
{
	make(do_shmget(KEY, 4096, IPC_CREAT | 0600));
	return do_shmget(KEY, 4097, IPC_CREAT | 0600);
}

static long shm_smaller_beyond_shmmax(void)
{
	make(do_shmget(KEY, 4096, IPC_CREAT | 0600));
	set("shmmax", "4096");
	return do_shmget(KEY, 8192, IPC_CREAT | 0600);
}

static long shm_exists(void)
{
	make(do_shmget(KEY, 4096, IPC_CREAT | 0600));
	return do_shmget(KEY, 1, IPC_CREAT | IPC_EXCL | 0600);
}

static long shm_exists_and_full(void)
{
	make(do_shmget(KEY, 4096, IPC_CREAT | 0600));
	set("shmmni", "1");
	return do_shmget(KEY, 8192, IPC_CREAT | IPC_EXCL | 0600);
}

static long shm_denied(void)
{
	make(do_shmget(KEY, 4096, IPC_CREAT | 0600));
	become_nobody();
	return do_shmget(KEY, 4096, 0600);
}

static long shm_smaller_and_denied(void)
{
	make(do_shmget(KEY, 4096, IPC_CREAT | 0600));
	become_nobody();
	return do_shmget(KEY, 4097, 0600);
}

static long shm_size(void)
{
	set("shmmax", "18446744073709551615");
	set("shmall", "18446744073709551615");
	return do_shmget(IPC_PRIVATE, (long)(1UL << 63), 0600);
}

static long shm_overflow(void)
{
	set("shmmax", "18446744073709551615");
	return do_shmget(IPC_PRIVATE, -1L, 0600);
}

static long overcommit(void)
{
	return do_shmget(IPC_PRIVATE, 1L << 46, 0600);
}

static long huge_size(void)
{
	return do_shmget(IPC_PRIVATE, page, SHM_HUGETLB | HUGE_NONE | 0600);
}

static long huge_pool(void)
{
	/* Of no machine that tests run on. */
	return do_shmget(IPC_PRIVATE, 1L << 46, SHM_HUGETLB | HUGE_2M | 0600);
}

/* Of the size that the machine has by default. */
static long huge_pool_default(void)
{
	return do_shmget(IPC_PRIVATE, 1L << 46, SHM_HUGETLB | 0600);
}

static long huge_denied(void)
{
	become_nobody();
	return do_shmget(IPC_PRIVATE, 2 << 20, SHM_HUGETLB | HUGE_2M | 0600);
}

static long huge_shmall(void)
{
	set("shmall", "10");
	return do_shmget(IPC_PRIVATE, 2 << 20, SHM_HUGETLB | HUGE_2M | 0600);
}

static long semmni(void)
{
	set("sem", "10 100 10 3");
	make_sem(3, 1);
	return do_semget(KEY, 1, IPC_CREAT | 0600);
}

static long semmni_zero(void)
{
	set("sem", "10 100 10 0");
	return do_semget(IPC_PRIVATE, 1, 0600);
}

static long semmns(void)
{
	set("sem", "10 20 10 100");
	make_sem(2, 9);
	return do_semget(IPC_PRIVATE, 3, 0600);
}

static long semmns_and_semmni(void)
{
	set("sem", "10 20 10 2");
	make_sem(2, 10);
	return do_semget(IPC_PRIVATE, 1, 0600);
}

static long semmns_before_semmni(void)
{
	set("sem", "10 20 10 2");
	make_sem(2, 6);
	return do_semget(IPC_PRIVATE, 9, 0600);
}

static long semmni_one_semaphore_left(void)
{
	set("sem", "10 20 10 2");
	make_sem(1, 10);
	make_sem(1, 9);
	return do_semget(IPC_PRIVATE, 1, 0600);
}

static long semmsl(void)
{
	set("sem", "10 100 10 10");
	return do_semget(KEY, 11, IPC_CREAT | 0600);
}

static long semmsl_negative(void)
{
	return do_semget(IPC_PRIVATE, -1, 0600);
}

static long semmsl_before_lookup(void)
{
	make(do_semget(KEY, 2, IPC_CREAT | 0600));
	set("sem", "10 100 10 10");
	return do_semget(KEY, 11, 0600);
}

static long semmsl_before_semmns(void)
{
	set("sem", "10 5 10 0");
	return do_semget(IPC_PRIVATE, 11, 0600);
}

static long sem_smaller(void)
{
	make(do_semget(KEY, 2, IPC_CREAT | 0600));
	return do_semget(KEY, 3, IPC_CREAT | 0600);
}

static long sem_empty(void)
{
	return do_semget(IPC_PRIVATE, 0, 0600);
}

static long sem_empty_and_full(void)
{
	set("sem", "10 100 10 0");
	return do_semget(KEY, 0, IPC_CREAT | 0600);
}

static long sem_exists(void)
{
	make(do_semget(KEY, 2, IPC_CREAT | 0600));
	return do_semget(KEY, 3, IPC_CREAT | IPC_EXCL | 0600);
}

static long sem_denied(void)
{
	make(do_semget(KEY, 2, IPC_CREAT | 0600));
	become_nobody();
	return do_semget(KEY, 1, 0600);
}

static long msgmni(void)
{
	set("msgmni", "3");
	make_msg(3);
	return do_msgget(KEY, IPC_CREAT | 0600);
}

static long msgmni_zero(void)
{
	set("msgmni", "0");
	return do_msgget(IPC_PRIVATE, 0600);
}

static long msg_exists(void)
{
	make(do_msgget(KEY, IPC_CREAT | 0600));
	set("msgmni", "1");
	return do_msgget(KEY, IPC_CREAT | IPC_EXCL | 0600);
}

static long msg_denied(void)
{
	make(do_msgget(KEY, IPC_CREAT | 0600));
	become_nobody();
	return do_msgget(KEY, 0600);
}

static const struct refusal_case {
	const char *name;
	const char *call;
	int error;
	const char *said; /* CAUSE LIMIT ALSO USED VALUE */
	long (*run)(void);
} cases[] = {
	{"shmmni", "shmget", ENOSPC, "limit SHMMNI - 3 3", shmmni},
	{"shmmni-zero", "shmget", ENOSPC, "limit SHMMNI - 0 0", shmmni_zero},
	{"shmmni-below-use", "shmget", ENOSPC, "limit SHMMNI - 5 2", shmmni_below_use},
	{"shmmni-one-page-left", "shmget", ENOSPC, "limit SHMMNI - 3 3", shmmni_one_page_left},
	{"shmall", "shmget", ENOSPC, "limit SHMALL - 10 10", shmall},
	{"shmall-rounded", "shmget", ENOSPC, "limit SHMALL - 9 10", shmall_rounded},
	{"shmall-one-large", "shmget", ENOSPC, "limit SHMALL - 0 10", shmall_one_large},
	{"shmall-and-shmmni", "shmget", ENOSPC, "limit SHMALL SHMMNI 10 10", shmall_and_shmmni},
	{"shmall-before-shmmni", "shmget", ENOSPC, "limit SHMALL SHMMNI 2 10",
	 shmall_before_shmmni},
	{"shmmax", "shmget", EINVAL, "limit SHMMAX - - 8192", shmmax},
	{"shmmax-before-shmall", "shmget", EINVAL, "limit SHMMAX - - 8192", shmmax_before_shmall},
	{"shmmin", "shmget", EINVAL, "limit SHMMIN - - 1", shmmin},
	{"shmmin-with-key", "shmget", EINVAL, "limit SHMMIN - - 1", shmmin_with_key},
	{"shm-smaller", "shmget", EINVAL, "smaller - - - -", shm_smaller},
	{"shm-smaller-beyond-shmmax", "shmget", EINVAL, "smaller - - - -",
	 shm_smaller_beyond_shmmax},
	{"shm-exists", "shmget", EEXIST, "exists - - - -", shm_exists},
	{"shm-exists-and-full", "shmget", EEXIST, "exists - - - -", shm_exists_and_full},
	{"shm-denied", "shmget", EACCES, "denied - - - -", shm_denied},
	{"shm-smaller-and-denied", "shmget", EINVAL, "smaller - - - -", shm_smaller_and_denied},
	{"shm-size", "shmget", EINVAL, "size - - - -", shm_size},
	{"shm-overflow", "shmget", ENOSPC, "size - - - -", shm_overflow},
	{"overcommit", "shmget", ENOMEM, "overcommit - - - -", overcommit},
	{"huge-size", "shmget", EINVAL, "huge-size - - - -", huge_size},
	{"huge-pool", "shmget", ENOMEM, "huge-pool - - - -", huge_pool},
	{"huge-pool-default", "shmget", ENOMEM, "huge-pool - - - -", huge_pool_default},
	{"huge-denied", "shmget", EPERM, "huge-denied - - - -", huge_denied},
	{"huge-shmall", "shmget", ENOSPC, "limit SHMALL - 0 10", huge_shmall},
	{"semmni", "semget", ENOSPC, "limit SEMMNI - 3 3", semmni},
	{"semmni-zero", "semget", ENOSPC, "limit SEMMNI - 0 0", semmni_zero},
	{"semmns", "semget", ENOSPC, "limit SEMMNS - 18 20", semmns},
	{"semmns-and-semmni", "semget", ENOSPC, "limit SEMMNS SEMMNI 20 20", semmns_and_semmni},
	{"semmns-before-semmni", "semget", ENOSPC, "limit SEMMNS SEMMNI 12 20",
	 semmns_before_semmni},
	{"semmni-one-semaphore-left", "semget", ENOSPC, "limit SEMMNI - 2 2",
	 semmni_one_semaphore_left},
	{"semmsl", "semget", EINVAL, "limit SEMMSL - - 10", semmsl},
	{"semmsl-negative", "semget", EINVAL, "limit SEMMSL - - 32000", semmsl_negative},
	{"semmsl-before-lookup", "semget", EINVAL, "limit SEMMSL - - 10", semmsl_before_lookup},
	{"semmsl-before-semmns", "semget", EINVAL, "limit SEMMSL - - 10", semmsl_before_semmns},
	{"sem-smaller", "semget", EINVAL, "smaller - - - -", sem_smaller},
	{"sem-empty", "semget", EINVAL, "empty-set - - - -", sem_empty},
	{"sem-empty-and-full", "semget", EINVAL, "empty-set - - - -", sem_empty_and_full},
	{"sem-exists", "semget", EEXIST, "exists - - - -", sem_exists},
	{"sem-denied", "semget", EACCES, "denied - - - -", sem_denied},
	{"msgmni", "msgget", ENOSPC, "limit MSGMNI - 3 3", msgmni},
	{"msgmni-zero", "msgget", ENOSPC, "limit MSGMNI - 0 0", msgmni_zero},
	{"msg-exists", "msgget", EEXIST, "exists - - - -", msg_exists},
	{"msg-denied", "msgget", EACCES, "denied - - - -", msg_denied},
};

/* Overcommitting is the machine's own setting, which is not ours to change. */
static int may_run(const struct refusal_case *c)
{
	FILE *file;
	int mode = 0;

	if (c->run != overcommit)
		return 1;
	file = fopen("/proc/sys/vm/overcommit_memory", "r");
	if (!file || fscanf(file, "%d", &mode) != 1)
		mode = -1;
	if (file)
		fclose(file);
	if (mode == 1)
		fprintf(stderr, "skipped: %s: vm.overcommit_memory is 1\n", c->name);
	return mode != 1;
}

/* What its run was, to the parent; then it stays, or its namespace's number would be another's. */
static void run_child(const struct refusal_case *c, int report)
{
	char status = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (unshare(CLONE_NEWIPC)) {
		fprintf(stderr, "skipped: unshare: %s\n", strerror(errno));
		_exit(77);
	}
	if (c->run() != -1 || errno != c->error) {
		fprintf(stderr, "%s: %s, not %s\n", c->name, strerror(errno), strerror(c->error));
		_exit(1);
	}
	if (write(report, &status, 1) == 1)
		pause();
	_exit(1);
}

/* 0, or the status that it ended with. */
static int run(const struct refusal_case *c, pid_t *pid)
{
	int report[2], status = 0;
	char done;

	fflush(stdout);
	if (pipe(report))
		die("pipe");
	*pid = fork();
	if (*pid < 0)
		die("fork");
	if (*pid == 0) {
		close(report[0]);
		run_child(c, report[1]);
	}
	close(report[1]);
	if (read(report[0], &done, 1) == 1) {
		printf("%s %s %s %s\n", c->name, c->call, strerrorname_np(c->error), c->said);
	} else {
		waitpid(*pid, &status, 0);
		status = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
		*pid = 0;
	}
	close(report[0]);
	return status;
}

int main(int argc, char *argv[])
{
	pid_t pids[ARRAY_SIZE(cases)] = {};
	int worst = 0;

	page = sysconf(_SC_PAGESIZE);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int status;

		if ((argc > 1 && strcmp(argv[1], cases[i].name)) || !may_run(&cases[i]))
			continue;
		status = run(&cases[i], &pids[i]);
		if (status)
			worst = status;
	}
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (!pids[i])
			continue;
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	return worst;
}
