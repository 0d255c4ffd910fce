// SPDX-License-Identifier: GPL-2.0-only
/*
 * race SHMTRACE shm|sem|msg RUNS [SEED]: in its own IPC namespace, lets `shmtrace rm --yes` remove
 * an object that nobody uses, stops it before one of its calls about that object, by ptrace(2), and
 * does there what another process might: attaches it, uses it, waits for it, changes it, or removes
 * it and makes another one with the same id and properties. Then looks whether what is used or new
 * is still there, and whether rm has said what happened.
 *
 * Not before the IPC_RMID of a set or queue: that moment is what the manual leaves open. Prints how
 * many runs ended how; status 1 where one ended wrong, 77 where the kernel has no *_next_id.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

#include "work.h"

#define MARKED	  01000 /* SHM_DEST, include/linux/shm.h */
#define BATCH	  50	/* objects made at once: they have to be older than a second */
#define SIZE	  8192
#define SEMS	  2
#define OUT_BYTES 16384

enum kind { SHM, SEM, MSG };
enum action { NONE, HOLD, TOUCH, CHANGE, REPLACE, REPLACE_DEAD, ACTIONS };

static const char *const kind_names[] = {"shm", "sem", "msg"};
static const char *const action_names[] = {"none",   "hold",	"touch",
					   "change", "replace", "replace-dead"};

/* Stops that are numbered: its calls about the object, in their order. */
static const int last_looks[] = {2, 2 * SEMS + 1, 1}; /* the last one that rm decides by */
static const int stops[] = {6, 2 * SEMS + 2, 2};      /* of sets and queues without IPC_RMID */

struct race {
	enum kind kind;
	const char *shmtrace;
	long id, key; /* of the object */
	enum action action;
	int stop;
	bool acted;
	int seen;     /* stops so far */
	pid_t holder; /* 0: none */
	long new_id;  /* of what took its place; -1: nothing */
	char out[OUT_BYTES];
};

static long make(enum kind kind, long key)
{
	const long flags = IPC_CREAT | IPC_EXCL | 0600;

	if (kind == SHM)
		return do_shmget(key, SIZE, flags);
	if (kind == SEM)
		return do_semget(key, SEMS, flags);
	return do_msgget(key, flags);
}

static long control(enum kind kind, long id, long command, void *data)
{
	if (kind == SHM)
		return do_shmctl(id, command, P(data));
	if (kind == SEM)
		return do_semctl(id, 0, command, P(data));
	return do_msgctl(id, command, P(data));
}

/* id -1: only asks whether that may be set. */
static bool set_next_id(enum kind kind, long id)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/sys/kernel/%s_next_id", kind_names[kind]);
	file = fopen(path, "w");
	if (!file)
		return false;
	if (id >= 0)
		fprintf(file, "%ld\n", id);
	return !fclose(file);
}

/* Permissions, and 01000 for a segment that is marked; -1: it is not there. */
static int mode_of(enum kind kind, long id, unsigned long *nattch)
{
	struct shmid64_ds shm;
	struct semid64_ds sem;
	struct msqid64_ds msg;

	*nattch = 0;
	if (control(kind, id, IPC_STAT,
		    kind == SHM	  ? (void *)&shm
		    : kind == SEM ? (void *)&sem
				  : (void *)&msg))
		return -1;
	if (kind == SHM)
		*nattch = shm.shm_nattch;
	return kind == SHM   ? shm.shm_perm.mode
	       : kind == SEM ? sem.sem_perm.mode
			     : msg.msg_perm.mode;
}

static void operate(const struct race *race)
{
	struct sembuf up = {.sem_num = 0, .sem_op = 1};
	struct {
		long type;
		char text[8];
	} message = {.type = 1};

	if (race->kind == SEM)
		do_semop(race->id, P(&up), 1);
	else if (race->kind == MSG)
		do_msgsnd(race->id, P(&message), sizeof(message.text), IPC_NOWAIT);
	else
		do_shmdt(do_shmat(race->id, 0, 0));
}

/* A process that stays: attached, or waiting for the set's second semaphore. */
static void hold(struct race *race)
{
	struct sembuf down = {.sem_num = 1, .sem_op = -1};
	int ready[2];
	char byte;

	if (pipe(ready))
		die("pipe");
	race->holder = fork();
	if (!race->holder) {
		if (race->kind == SHM && *(volatile char *)do_shmat(race->id, 0, 0) != 0)
			_exit(1);
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		if (race->kind == SEM)
			do_semop(race->id, P(&down), 1);
		for (;;)
			pause();
	}
	if (read(ready[0], &byte, 1) != 1)
		die("the holder");
	close(ready[0]);
	close(ready[1]);
	while (race->kind == SEM && do_semctl(race->id, 1, GETNCNT, 0) == 0)
		usleep(100);
}

static void change(const struct race *race)
{
	struct shmid64_ds shm;
	struct semid64_ds sem;
	struct msqid64_ds msg;
	void *data = race->kind == SHM	 ? (void *)&shm
		     : race->kind == SEM ? (void *)&sem
					 : (void *)&msg;

	control(race->kind, race->id, IPC_STAT, data);
	shm.shm_perm.mode = sem.sem_perm.mode = msg.msg_perm.mode = 0640;
	msg.msg_qbytes = 4096;
	control(race->kind, race->id, IPC_SET, data);
}

/* The same id, key, size and owner; made by us, or by a process that ends. */
static void replace(struct race *race, bool dead)
{
	int channel[2];
	pid_t child;

	control(race->kind, race->id, IPC_RMID, NULL);
	if (!set_next_id(race->kind, race->id))
		die("next_id");
	if (!dead) {
		race->new_id = make(race->kind, race->key);
		return;
	}
	if (pipe(channel))
		die("pipe");
	child = fork();
	if (!child) {
		long id = make(race->kind, race->key);

		_exit(write(channel[1], &id, sizeof(id)) != sizeof(id));
	}
	if (read(channel[0], &race->new_id, sizeof(race->new_id)) != sizeof(race->new_id))
		die("the child");
	waitpid(child, NULL, 0);
	close(channel[0]);
	close(channel[1]);
}

static void act(struct race *race)
{
	race->acted = true;
	switch (race->action) {
	case HOLD:
		hold(race);
		break;
	case TOUCH:
		operate(race);
		break;
	case CHANGE:
		change(race);
		break;
	case REPLACE:
		replace(race, false);
		break;
	case REPLACE_DEAD:
		replace(race, true);
		break;
	default:
		break;
	}
}

/* Is it one of the calls that are numbered? */
static bool is_about(const struct race *race, const struct __ptrace_syscall_info *info)
{
	const uint64_t *args = info->seccomp.args;
	uint64_t command = info->seccomp.nr == SYS_semctl ? args[2] : args[1];

	if (info->seccomp.nr == SYS_shmdt)
		return true;
	if ((int)args[0] != race->id)
		return false;
	if (info->seccomp.nr == SYS_shmat)
		return true;
	return command == IPC_STAT || command == IPC_RMID ||
	       (info->seccomp.nr == SYS_semctl && (command == GETNCNT || command == GETZCNT));
}

#define TRACE_CALL(name)                                       \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1), \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE)

static void become_shmtrace(const struct race *race, int out)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		TRACE_CALL(shmctl),
		TRACE_CALL(shmat),
		TRACE_CALL(shmdt),
		TRACE_CALL(semctl),
		TRACE_CALL(msgctl),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = ARRAY_SIZE(filter), .filter = filter};
	char name[32];

	snprintf(name, sizeof(name), "%s:%ld", kind_names[race->kind], race->id);
	dup2(out, STDOUT_FILENO);
	ptrace(PTRACE_TRACEME, 0, 0, 0);
	raise(SIGSTOP);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		die("seccomp");
	execl(race->shmtrace, race->shmtrace, "rm", "-J", "--yes", name, NULL);
	die(race->shmtrace);
}

static void follow(struct race *race, pid_t child)
{
	struct __ptrace_syscall_info info;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		int signal = 0;

		if (WIFEXITED(status) || WIFSIGNALED(status)) {
			if (pid == child)
				return;
			continue;
		}
		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8)) {
			if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) > 0 &&
			    is_about(race, &info) && race->seen++ == race->stop)
				act(race);
		} else if (status >> 16 == 0 && WSTOPSIG(status) != SIGSTOP &&
			   WSTOPSIG(status) != SIGTRAP) {
			signal = WSTOPSIG(status);
		}
		ptrace(PTRACE_CONT, pid, 0, signal);
	}
}

static void run(struct race *race)
{
	char path[] = "/tmp/race-XXXXXX";
	int status, out = mkstemp(path);
	pid_t child;
	ssize_t len;

	if (out < 0)
		die("mkstemp");
	unlink(path);
	child = fork();
	if (!child)
		become_shmtrace(race, out);
	if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status))
		die("the child");
	ptrace(PTRACE_SETOPTIONS, child, 0,
	       PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL);
	ptrace(PTRACE_CONT, child, 0, 0);
	follow(race, child);
	len = pread(out, race->out, sizeof(race->out) - 1, 0);
	race->out[len > 0 ? len : 0] = '\0';
	close(out);
}

static bool said(const struct race *race, const char *result)
{
	char text[64];

	snprintf(text, sizeof(text), "\"result\":\"%s\"", result);
	return strstr(race->out, text);
}

/* NULL, or what is wrong. */
static const char *judge(const struct race *race)
{
	const int last_look = last_looks[race->kind];
	const bool in_time = race->stop <= last_look; /* rm must see it */
	unsigned long nattch, new_nattch;
	int mode = mode_of(race->kind, race->id, &nattch);

	if (!race->acted)
		return "it never came to that call";
	if (race->new_id >= 0) {
		int new_mode = mode_of(race->kind, race->new_id, &new_nattch);

		if (new_mode < 0)
			return "removed an object that it had not listed";
		if (new_mode & MARKED || new_nattch)
			return "marked or attached an object that it had not listed";
		if (race->new_id == race->id && said(race, "removed"))
			return "says that it removed what another has replaced";
		return NULL;
	}
	if (race->action == REPLACE || race->action == REPLACE_DEAD)
		return "could not make another one";
	if (race->action == NONE || !in_time) {
		/* Attached at the last moment, or just behind it: marked, and that is said. */
		if (race->action == HOLD && race->kind == SHM) {
			if (mode < 0 || !(mode & MARKED) || nattch != 1)
				return "the attached segment is not there";
			return race->stop == last_look + 3 || said(race, "marked")
				       ? NULL
				       : "does not say that it is attached";
		}
		if (mode >= 0)
			return "left what nobody uses";
		return said(race, "removed") ? NULL : "does not say that it removed";
	}
	if (mode < 0)
		return "removed what is used";
	if (mode & MARKED)
		return "marked what is used";
	return said(race, "kept") ? NULL : "does not say that it kept";
}

static void clean_up(struct race *race)
{
	if (race->holder) {
		kill(race->holder, SIGKILL);
		waitpid(race->holder, NULL, 0);
	}
	control(race->kind, race->id, IPC_RMID, NULL);
	if (race->new_id >= 0)
		control(race->kind, race->new_id, IPC_RMID, NULL);
}

/* Nobody can attach a queue or be seen waiting for one; who waits for a set must have come before
 * it is counted. */
static void choose(struct race *race)
{
	do {
		race->action = rand() % ACTIONS;
		race->stop = rand() % stops[race->kind];
	} while (race->action == HOLD &&
		 (race->kind == MSG || (race->kind == SEM && race->stop > 2 * SEMS - 1)));
	if (race->action == NONE)
		race->stop = 0;
}

static void make_batch(enum kind kind, long ids[BATCH], long keys[BATCH])
{
	int channel[2];
	pid_t child;

	for (int i = 0; i < BATCH; i++)
		keys[i] = i % 3 ? own_key(i) : IPC_PRIVATE;
	if (pipe(channel))
		die("pipe");
	child = fork();
	if (!child) {
		for (int i = 0; i < BATCH; i++) {
			ids[i] = make(kind, keys[i]);
			if (ids[i] < 0)
				die("make");
		}
		_exit(write(channel[1], ids, BATCH * sizeof(*ids)) < 0);
	}
	if (read(channel[0], ids, BATCH * sizeof(*ids)) != BATCH * sizeof(*ids))
		die("the child");
	waitpid(child, NULL, 0);
	close(channel[0]);
	close(channel[1]);
	usleep(1050000);
}

static int race_all(struct race *race, long runs)
{
	long ids[BATCH], keys[BATCH], counts[ACTIONS] = {0};
	int wrong = 0;

	for (long i = 0; i < runs; i++) {
		const char *what;

		if (i % BATCH == 0)
			make_batch(race->kind, ids, keys);
		race->id = ids[i % BATCH];
		race->key = keys[i % BATCH];
		race->holder = 0;
		race->new_id = -1;
		race->seen = 0;
		race->acted = false;
		choose(race);
		run(race);
		what = judge(race);
		if (what) {
			printf("%s: %s before call %d: %s\n%s", kind_names[race->kind],
			       action_names[race->action], race->stop, what, race->out);
			wrong++;
		}
		counts[race->action]++;
		clean_up(race);
	}
	printf("%s %ld", kind_names[race->kind], runs);
	for (int i = 0; i < ACTIONS; i++)
		printf(" %s %ld", action_names[i], counts[i]);
	printf(" wrong %d\n", wrong);
	return wrong != 0;
}

int main(int argc, char *argv[])
{
	static struct race race;

	if (argc < 4) {
		fprintf(stderr, "usage: race SHMTRACE shm|sem|msg RUNS [SEED]\n");
		return 2;
	}
	race.shmtrace = argv[1];
	while (race.kind < MSG && strcmp(kind_names[race.kind], argv[2]))
		race.kind++;
	srand(argc > 4 ? atoi(argv[4]) : 1);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (unshare(CLONE_NEWIPC)) {
		fprintf(stderr, "race: skipped: no IPC namespace of its own: %s\n",
			strerror(errno));
		return 77;
	}
	if (!set_next_id(race.kind, -1)) {
		fprintf(stderr, "race: skipped: no kernel.%s_next_id (CONFIG_CHECKPOINT_RESTORE)\n",
			kind_names[race.kind]);
		return 77;
	}
	return race_all(&race, atol(argv[3]));
}
