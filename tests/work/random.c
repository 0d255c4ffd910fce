// SPDX-License-Identifier: GPL-2.0-only
/*
 * random SEED COUNT: COUNT calls with arguments drawn from pools of odd values, the same for the
 * same SEED but for ids, keys and addresses. Never blocks. What could change an object gets ids of
 * our own or ids that no object has (no_ids), so it is safe on a host. Leaves nothing behind.
 */
#include <limits.h>
#include <signal.h>
#include <sys/mman.h>

#include "work.h"

#define OWN_MAX 16

enum kind { SHM, SEM, MSG, KINDS };

struct own {
	long id;
	long key; /* IPC_PRIVATE or one of own_key() */
};

static struct own own[KINDS][OWN_MAX];
static int own_count[KINDS];

static char buffer[65536] __attribute__((aligned(64)));
static struct {
	long type;
	char text[16384];
} message;
static struct sembuf ops[512];
static char *arena; /* the only place where SHM_REMAP may take something away */
static long attached[64];
static unsigned int attached_count;
static volatile sig_atomic_t stop;
static unsigned long long state;

static unsigned int draw(unsigned int below)
{
	/* xorshift64* */
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (unsigned int)((state * 0x2545f4914f6cdd1dULL) >> 33) % below;
}

#define PICK(pool) ((pool)[draw(ARRAY_SIZE(pool))])

/* Now and then with bits above an int, which the kernel does not see. */
static long high(long value)
{
	return draw(8) ? value : value | HIGH_BITS;
}

static long pick_id(enum kind kind)
{
	if (own_count[kind] && draw(4))
		return high(own[kind][draw((unsigned int)own_count[kind])].id);
	return PICK(no_ids);
}

static long pick_pointer(void)
{
	static const long pool[] = {0, 1, -1, -4096, INT_MIN, LONG_MIN};

	return draw(3) ? P(buffer) : PICK(pool);
}

static long pick_flags(const long *names, unsigned int count)
{
	static const long extra[] = {1 << 16, 1 << 20, 1 << 30, INT_MIN, HIGH_BITS, 07777, -1};
	long flags = 0;

	for (unsigned int i = 0; i < count; i++)
		flags |= draw(2) ? names[i] : 0;
	return draw(4) ? flags : flags | PICK(extra);
}

/*
 * Key and flags of a get. With a key that is not yet ours IPC_EXCL goes with IPC_CREAT, else we
 * could take somebody else's object for our own.
 */
static long pick_key(enum kind kind, long *flags)
{
	static const long foreign[] = {1, -1, 0x7fffffff, INT_MIN + 1, 0x1234};
	long key;

	if (!draw(3))
		return high(IPC_PRIVATE);
	key = draw(3) ? own_key((int)draw(8)) : PICK(foreign);
	for (int i = 0; i < own_count[kind]; i++)
		if ((int)own[kind][i].key == (int)key)
			return key;
	if (*flags & IPC_CREAT)
		*flags |= IPC_EXCL;
	return high(key);
}

static void remove_own(enum kind kind, int i)
{
	long id = own[kind][i].id;

	switch (kind) {
	case SHM:
		WANT(do_shmctl(id, IPC_RMID, 0), 0);
		break;
	case SEM:
		WANT(do_semctl(id, 0, IPC_RMID, 0), 0);
		break;
	default:
		WANT(do_msgctl(id, IPC_RMID, 0), 0);
		break;
	}
	own[kind][i] = own[kind][--own_count[kind]];
}

static void remember(enum kind kind, long id, long key, long flags)
{
	if (id < 0 ||
	    ((int)key != IPC_PRIVATE && (flags & (IPC_CREAT | IPC_EXCL)) != (IPC_CREAT | IPC_EXCL)))
		return;
	if (own_count[kind] == OWN_MAX)
		remove_own(kind, (int)draw(OWN_MAX));
	own[kind][own_count[kind]++] = (struct own){id, (int)key};
}

/* Sizes beyond any address space, also in 32 bits: a smaller one would fit with SHM_REMAP. */
static void random_get(enum kind kind)
{
	static const long names[] = {IPC_CREAT, IPC_EXCL, 04000, 010000, 0600, 0177, 1 << 26};
	static const long sizes[] = {0, 1, 4096, 65536, -1, -4096, 100000};
	static const long counts[] = {0, 1, 5, 30, -1, INT_MIN, INT_MAX, 32001};
	long flags = pick_flags(names, ARRAY_SIZE(names));
	long key = pick_key(kind, &flags);
	long id;

	if (kind == SHM)
		id = do_shmget(key, PICK(sizes), flags);
	else if (kind == SEM)
		id = do_semget(key, high(PICK(counts)), flags);
	else
		id = do_msgget(key, flags);
	remember(kind, id, key, flags);
}

static void random_shmat(void)
{
	static const long names[] = {SHM_RDONLY, SHM_RND, SHM_EXEC, SHM_REMAP};
	static const long addrs[] = {1, -1, -4096, LONG_MIN};
	long flags = pick_flags(names, ARRAY_SIZE(names));
	long addr = 0, at;

	if (draw(2))
		addr = P(arena) + (long)draw(64) * 4096 + (draw(4) ? 0 : 5);
	else if (!draw(3))
		addr = PICK(addrs);
	/* Up to 128 KiB come behind the address: only the arena has that much to lose. */
	if (addr < P(arena) || addr >= P(arena) + 64 * 4096)
		flags &= ~SHM_REMAP;
	/* Rounding down would put it at NULL, and the bad pointers would be good ones. */
	if (addr == 1)
		flags &= ~SHM_RND;
	at = do_shmat(pick_id(SHM), addr, flags);
	if (at == -1)
		return;
	if (attached_count < ARRAY_SIZE(attached))
		attached[attached_count++] = at;
	else
		do_shmdt(at);
}

static void random_shmdt(void)
{
	static const long addrs[] = {0, 1, -1, -4096, LONG_MIN};
	unsigned int i;

	if (!attached_count || !draw(4)) {
		do_shmdt(PICK(addrs));
		return;
	}
	/* Need not succeed: SHM_REMAP may have put another segment in its place. */
	i = draw(attached_count);
	do_shmdt(attached[i]);
	attached[i] = attached[--attached_count];
}

static long pick_cmd(const long *names, unsigned int count)
{
	static const long unknown[] = {4, 10, 22, 99, 0x1ff, -1, 0x200, INT_MIN, HIGH_BITS | 77};
	long cmd = draw(8) ? names[draw(count)] : PICK(unknown);

	return high(draw(3) ? cmd : cmd | IPC_64);
}

static void random_ctl(enum kind kind)
{
	static const long shm[] = {
		IPC_SET, IPC_STAT, IPC_INFO, SHM_LOCK, SHM_UNLOCK, SHM_STAT, SHM_INFO, SHM_STAT_ANY,
	};
	static const long sem[] = {
		IPC_SET, IPC_STAT, IPC_INFO, GETPID,   GETVAL,	 GETALL,       GETNCNT,
		GETZCNT, SETVAL,   SETALL,   SEM_STAT, SEM_INFO, SEM_STAT_ANY,
	};
	static const long msg[] = {IPC_SET, IPC_STAT, IPC_INFO, MSG_STAT, MSG_INFO, MSG_STAT_ANY};
	static const long values[] = {0, 1, 32767, 32768, -1};
	static const long nums[] = {0, 1, 4, 30, -1, INT_MIN, INT_MAX};
	long id = pick_id(kind);

	if (own_count[kind] && !draw(10)) {
		remove_own(kind, (int)draw((unsigned int)own_count[kind]));
	} else if (kind == SHM) {
		do_shmctl(id, pick_cmd(shm, ARRAY_SIZE(shm)), pick_pointer());
	} else if (kind == SEM) {
		long cmd = pick_cmd(sem, ARRAY_SIZE(sem));

		do_semctl(id, high(PICK(nums)), cmd, draw(2) ? PICK(values) : pick_pointer());
	} else {
		do_msgctl(id, pick_cmd(msg, ARRAY_SIZE(msg)), pick_pointer());
	}
}

static void random_semop(void)
{
	static const long counts[] = {0, 1, 1, 1, 2, 3, 500, 501, -1, INT_MAX};
	static const short values[] = {1, 1, -1, 0, 32767, -32767};
	static const long pointers[] = {0, 1, -1, -4096};
	static const struct work_timespec times[] = {{0, 0}, {0, 1}, {-1, 0}, {0, 1000000000}};
	long count = high(PICK(counts)), sops = draw(6) ? P(ops) : PICK(pointers);

	for (int i = 0; i < 3; i++) {
		ops[i].sem_num = (unsigned short)draw(6);
		ops[i].sem_op = PICK(values);
	}
	if (draw(2))
		do_semop(pick_id(SEM), sops, count);
	else
		do_semtimedop(pick_id(SEM), sops, count,
			      draw(3) ? P(&times[draw(ARRAY_SIZE(times))]) : PICK(pointers));
}

static void random_message(void)
{
	static const long names[] = {MSG_NOERROR, MSG_EXCEPT, MSG_COPY};
	static const long sizes[] = {0, 1, 8, 100, 8192, 8193, -1, LONG_MIN, INT_MAX};
	static const long types[] = {0, 1, 2, 3, -3, -1, LONG_MIN, INT_MIN, HIGH_BITS};
	long flags = IPC_NOWAIT | pick_flags(names, ARRAY_SIZE(names));
	long id = pick_id(MSG), size = PICK(sizes), pointer = pick_pointer();

	if (draw(2)) {
		do_msgrcv(id, pointer, size, PICK(types), flags);
		return;
	}
	message.type = (long)draw(4);
	do_msgsnd(id, pointer == P(buffer) ? P(&message) : pointer, size, flags);
}

static void on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

int main(int argc, char **argv)
{
	long count = argc > 2 ? atol(argv[2]) : 0;

	if (count <= 0) {
		fprintf(stderr, "usage: random SEED COUNT\n");
		return 2;
	}
	state = strtoull(argv[1], NULL, 0) * 2654435761u + 1;
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	arena = mmap(NULL, 128 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (arena == MAP_FAILED)
		die("mmap");
	for (unsigned int i = 0; i < ARRAY_SIZE(ops); i++)
		ops[i] = (struct sembuf){0, 1, IPC_NOWAIT};

	for (long i = 0; i < count && !stop; i++) {
		switch (draw(8)) {
		case 0:
		case 1:
			random_get((enum kind)draw(KINDS));
			break;
		case 2:
			random_shmat();
			break;
		case 3:
			random_shmdt();
			break;
		case 4:
		case 5:
			random_ctl((enum kind)draw(KINDS));
			break;
		case 6:
			random_semop();
			break;
		default:
			random_message();
			break;
		}
	}
	while (attached_count)
		do_shmdt(attached[--attached_count]);
	for (int kind = 0; kind < KINDS; kind++)
		while (own_count[kind])
			remove_own((enum kind)kind, 0);
	return failures ? 1 : 0;
}
