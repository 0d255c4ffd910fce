// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls in the notation of strace 6.1 with -e verbose=none. Where that looks odd (no "|" before the
 * mode after unknown flags of semget, "[]" for no operations, ipc's pointers in place of what they
 * point at) it is what strace prints; tests/unit/test_words.c holds its own output.
 *
 * This runs once an event at full load of a machine, hence no printf. Nothing here can be longer
 * than WORDS_MAX: every argument has a bounded form, and no string comes from outside.
 */
#include "view/words.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <linux/ipc.h>
#include <linux/msg.h>
#include <linux/sem.h>
#include <linux/shm.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#ifndef IPC_64
#define IPC_64 0x100
#endif
#define MODE_BITS	  0777u
#define HUGE_SHIFT	  26 /* SHM_HUGE_SHIFT: log2 of the page size sits above it */
#define HUGE_BITS	  (0x3fu << HUGE_SHIFT)
#define ERRNO_MAX	  4095 /* include/linux/err.h */
#define IPC_VERSION_SHIFT 16   /* of ipc(2)'s first argument */

struct flag {
	uint32_t bit;
	const char *name;
};

/* In strace's order, which is not always that of the bits. */
static const struct flag get_flags[] = {
	{IPC_CREAT, "IPC_CREAT"}, {IPC_EXCL, "IPC_EXCL"}, {IPC_NOWAIT, "IPC_NOWAIT"}};
static const struct flag shmget_flags[] = {{IPC_CREAT, "IPC_CREAT"},
					   {IPC_EXCL, "IPC_EXCL"},
					   {SHM_HUGETLB, "SHM_HUGETLB"},
					   {SHM_NORESERVE, "SHM_NORESERVE"}};
static const struct flag shmat_flags[] = {{SHM_RDONLY, "SHM_RDONLY"},
					  {SHM_RND, "SHM_RND"},
					  {SHM_REMAP, "SHM_REMAP"},
					  {SHM_EXEC, "SHM_EXEC"}};
static const struct flag msg_flags[] = {{MSG_NOERROR, "MSG_NOERROR"},
					{MSG_EXCEPT, "MSG_EXCEPT"},
					{MSG_COPY, "MSG_COPY"},
					{IPC_NOWAIT, "IPC_NOWAIT"}};

#define IPC_COMMANDS                                                             \
	[IPC_RMID] = "IPC_RMID", [IPC_SET] = "IPC_SET", [IPC_STAT] = "IPC_STAT", \
	[IPC_INFO] = "IPC_INFO"

static const char *const shm_commands[] = {
	IPC_COMMANDS,
	[SHM_LOCK] = "SHM_LOCK",
	[SHM_UNLOCK] = "SHM_UNLOCK",
	[SHM_STAT] = "SHM_STAT",
	[SHM_INFO] = "SHM_INFO",
	[SHM_STAT_ANY] = "SHM_STAT_ANY",
};
static const char *const sem_commands[] = {
	IPC_COMMANDS,
	[GETPID] = "GETPID",
	[GETVAL] = "GETVAL",
	[GETALL] = "GETALL",
	[GETNCNT] = "GETNCNT",
	[GETZCNT] = "GETZCNT",
	[SETVAL] = "SETVAL",
	[SETALL] = "SETALL",
	[SEM_STAT] = "SEM_STAT",
	[SEM_INFO] = "SEM_INFO",
	[SEM_STAT_ANY] = "SEM_STAT_ANY",
};
static const char *const msg_commands[] = {
	IPC_COMMANDS,
	[MSG_STAT] = "MSG_STAT",
	[MSG_INFO] = "MSG_INFO",
	[MSG_STAT_ANY] = "MSG_STAT_ANY",
};

/* Each of these writes at p, without a NUL but for stpcpy's, and returns the new end. */

static char *put_char(char *p, char c)
{
	*p = c;
	return p + 1;
}

static char *put_comma(char *p)
{
	return stpcpy(p, ", ");
}

static char *put_unsigned(char *p, uint64_t value)
{
	char digits[20];
	unsigned int n = 0;

	do {
		digits[n++] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	while (n)
		*p++ = digits[--n];
	return p;
}

static char *put_signed(char *p, int64_t value)
{
	if (value >= 0)
		return put_unsigned(p, (uint64_t)value);
	return put_unsigned(put_char(p, '-'), -(uint64_t)value);
}

/* As %#lx: zero has no prefix. */
static char *put_hex(char *p, uint64_t value)
{
	int shift = 60;

	if (!value)
		return put_char(p, '0');
	p = stpcpy(p, "0x");
	while (!(value >> shift))
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		*p++ = "0123456789abcdef"[value >> shift & 15];
	return p;
}

static char *put_address(char *p, uint64_t address)
{
	return address ? put_hex(p, address) : stpcpy(p, "NULL");
}

/* At least three digits, one of them a leading zero: 000, 001, 044, 0600. */
static char *put_mode(char *p, uint32_t mode)
{
	*p++ = '0';
	if (mode >> 6 & 7)
		*p++ = (char)('0' + (mode >> 6 & 7));
	*p++ = (char)('0' + (mode >> 3 & 7));
	*p++ = (char)('0' + (mode & 7));
	return p;
}

static char *put_key(char *p, uint64_t key)
{
	return (uint32_t)key ? put_hex(p, (uint32_t)key) : stpcpy(p, "IPC_PRIVATE");
}

static char *put_int(char *p, uint64_t value)
{
	return put_signed(p, (int32_t)value);
}

/* The comment that strace puts after a number without a name. */
static char *put_unknown(char *p, const char *prefix)
{
	p = stpcpy(p, " /* ");
	p = stpcpy(p, prefix);
	return stpcpy(p, "??? */");
}

/* Names joined by "|"; *left gets the bits that have none. */
static char *put_names(char *p, const struct flag *flags, unsigned int count, uint32_t bits,
		       uint32_t *left)
{
	char *start = p;

	for (unsigned int i = 0; i < count; i++) {
		if (!(bits & flags[i].bit))
			continue;
		if (p != start)
			p = put_char(p, '|');
		p = stpcpy(p, flags[i].name);
		bits &= ~flags[i].bit;
	}
	*left = bits;
	return p;
}

static char *put_flags(char *p, const struct flag *flags, unsigned int count, uint64_t arg,
		       const char *prefix)
{
	char *start = p;
	uint32_t left;

	p = put_names(p, flags, count, (uint32_t)arg, &left);
	if (p != start)
		return left ? put_hex(put_char(p, '|'), left) : p;
	p = put_hex(p, left);
	return left ? put_unknown(p, prefix) : p;
}

static char *put_command(char *p, const char *const *names, unsigned int count, uint64_t arg,
			 const char *prefix)
{
	uint32_t cmd = (uint32_t)arg;

	if (cmd & IPC_64)
		p = stpcpy(p, "IPC_64|");
	cmd &= ~(uint32_t)IPC_64;
	if (cmd < count && names[cmd])
		return stpcpy(p, names[cmd]);
	return put_unknown(put_hex(p, cmd), prefix);
}

static char *put_shmget_flags(char *p, uint64_t arg)
{
	uint32_t bits = (uint32_t)arg & ~MODE_BITS & ~HUGE_BITS;
	uint32_t huge = (uint32_t)arg & HUGE_BITS, left;
	char *start = p;

	p = put_names(p, shmget_flags, ARRAY_SIZE(shmget_flags), bits, &left);
	if (left)
		p = put_hex(p == start ? p : put_char(p, '|'), left);
	if (huge) {
		if (p != start)
			p = put_char(p, '|');
		p = put_unsigned(p, huge >> HUGE_SHIFT);
		p = stpcpy(p, "<<SHM_HUGE_SHIFT");
	}
	if (p != start)
		p = put_char(p, '|');
	return put_mode(p, (uint32_t)arg & MODE_BITS);
}

/* Of semget and msgget. Flags that are all unknown are not parted from the mode. */
static char *put_get_flags(char *p, uint64_t arg)
{
	char *start = p, *names;
	uint32_t left;

	names = put_names(p, get_flags, ARRAY_SIZE(get_flags), (uint32_t)arg & ~MODE_BITS, &left);
	p = names;
	if (left)
		p = put_hex(names == start ? p : put_char(p, '|'), left);
	if (names != start)
		p = put_char(p, '|');
	return put_mode(p, (uint32_t)arg & MODE_BITS);
}

static char *put_shmget(char *p, const struct call_event *call)
{
	p = put_comma(put_key(p, call->args[0]));
	p = put_comma(put_unsigned(p, call->args[1]));
	return put_shmget_flags(p, call->args[2]);
}

static char *put_shmat(char *p, const struct call_event *call)
{
	p = put_comma(put_int(p, call->args[0]));
	p = put_comma(put_address(p, call->args[1]));
	return put_flags(p, shmat_flags, ARRAY_SIZE(shmat_flags), call->args[2], "SHM_");
}

static char *put_shmctl(char *p, const struct call_event *call)
{
	p = put_comma(put_int(p, call->args[0]));
	p = put_command(p, shm_commands, ARRAY_SIZE(shm_commands), call->args[1], "SHM_");
	return put_address(put_comma(p), call->args[2]);
}

static char *put_semget(char *p, const struct call_event *call)
{
	p = put_comma(put_key(p, call->args[0]));
	p = put_comma(put_int(p, call->args[1]));
	return put_get_flags(p, call->args[2]);
}

static char *put_semctl(char *p, const struct call_event *call)
{
	/* With verbose=none strace does not follow ipc's pointer, and prints the pointer. */
	int arg = call->abi == ABI_COMPAT_IPC ? 5 : 3;

	p = put_comma(put_int(p, call->args[0]));
	p = put_comma(put_int(p, call->args[1]));
	p = put_command(p, sem_commands, ARRAY_SIZE(sem_commands), call->args[2], "SEM_");
	return put_address(put_comma(p), call->args[arg]);
}

static char *put_semop(char *p, const struct call_event *call)
{
	uint32_t count = (uint32_t)call->args[2];

	p = put_comma(put_int(p, call->args[0]));
	if (!count && call->args[1])
		p = stpcpy(p, "[]");
	else
		p = put_address(p, call->args[1]);
	p = put_unsigned(put_comma(p), count);
	if (call->call == CALL_SEMTIMEDOP)
		p = put_address(put_comma(p), call->args[3]);
	return p;
}

static char *put_msgget(char *p, const struct call_event *call)
{
	p = put_comma(put_key(p, call->args[0]));
	return put_get_flags(p, call->args[1]);
}

static char *put_msgctl(char *p, const struct call_event *call)
{
	p = put_comma(put_int(p, call->args[0]));
	p = put_command(p, msg_commands, ARRAY_SIZE(msg_commands), call->args[1], "MSG_");
	return put_address(put_comma(p), call->args[2]);
}

static char *put_msgsnd(char *p, const struct call_event *call)
{
	p = put_comma(put_int(p, call->args[0]));
	p = put_comma(put_address(p, call->args[1]));
	p = put_comma(put_unsigned(p, call->args[2]));
	return put_flags(p, msg_flags, ARRAY_SIZE(msg_flags), call->args[3], "MSG_");
}

/*
 * Version 0 of ipc(2)'s msgrcv takes buffer and type from a struct ipc_kludge, whose address
 * args[5] holds. strace does not look into it with verbose=none: it prints its address, and no type
 * at all.
 */
static bool is_kludge(const struct call_event *call)
{
	return call->abi == ABI_COMPAT_IPC && (call->flags & CALL_F_KLUDGE_FAULT || call->args[5]);
}

static char *put_msgrcv(char *p, const struct call_event *call)
{
	bool kludge = is_kludge(call);

	p = put_comma(put_int(p, call->args[0]));
	p = put_comma(put_address(p, call->args[kludge ? 5 : 1]));
	p = put_comma(put_unsigned(p, call->args[2]));
	if (!kludge) {
		/* A long: of a 32-bit caller it has only the lower half. */
		p = put_signed(p, call->abi == ABI_NATIVE ? (int64_t)call->args[3]
							  : (int32_t)call->args[3]);
		p = put_comma(p);
	}
	return put_flags(p, msg_flags, ARRAY_SIZE(msg_flags), call->args[4], "MSG_");
}

static char *put_ipc(char *p, const struct call_event *call)
{
	uint32_t number = (uint32_t)call->args[0];

	if (number >> IPC_VERSION_SHIFT) {
		p = put_unsigned(p, number >> IPC_VERSION_SHIFT);
		p = stpcpy(p, "<<16|");
	}
	p = put_unsigned(p, number & 0xffff);
	for (int i = 1; i < EVENT_ARGS_MAX; i++)
		p = put_hex(put_comma(p), call->args[i]);
	return p;
}

static char *put_args(char *p, const struct call_event *call)
{
	switch (call->call) {
	case CALL_SHMGET:
		return put_shmget(p, call);
	case CALL_SHMAT:
		return put_shmat(p, call);
	case CALL_SHMDT:
		return put_address(p, call->args[0]);
	case CALL_SHMCTL:
		return put_shmctl(p, call);
	case CALL_SEMGET:
		return put_semget(p, call);
	case CALL_SEMCTL:
		return put_semctl(p, call);
	case CALL_SEMOP:
	case CALL_SEMTIMEDOP:
		return put_semop(p, call);
	case CALL_MSGGET:
		return put_msgget(p, call);
	case CALL_MSGCTL:
		return put_msgctl(p, call);
	case CALL_MSGSND:
		return put_msgsnd(p, call);
	case CALL_MSGRCV:
		return put_msgrcv(p, call);
	default:
		return put_ipc(p, call);
	}
}

static char *put_error(char *p, int err)
{
	const char *name = words__errno_name(err), *text = words__errno_text(err);

	/* These never reach the caller: the call starts again, or fails with EINTR. */
	if ((err >= 512 && err <= 514) || err == 516)
		p = stpcpy(p, "? ");
	else
		p = stpcpy(p, "-1 ");
	if (!name || !text) {
		p = stpcpy(p, "(errno ");
		p = put_signed(p, err);
	} else {
		p = stpcpy(p, name);
		p = stpcpy(p, " (");
		p = stpcpy(p, text);
	}
	return put_char(p, ')');
}

static char *put_result(char *p, const struct call_event *call)
{
	if (call->ret < 0 && call->ret >= -ERRNO_MAX)
		return put_error(p, (int)-call->ret);
	if (call->call != CALL_SHMAT)
		return put_signed(p, call->ret);
	if (call->flags & CALL_F_NO_RESULT)
		return put_char(p, '?');
	return put_hex(p, (uint64_t)call->ret);
}

static const char *const call_names[] = {
#define CALL_NAME(ID, name) [CALL_##ID] = #name,
	CALL_LIST(CALL_NAME)
#undef CALL_NAME
};

const char *words__call_name(unsigned int call)
{
	return call < CALL_COUNT ? call_names[call] : "?";
}

size_t words__call(char *buf, const struct call_event *call)
{
	char *p = stpcpy(buf, words__call_name(call->call));

	/* The only number that i386 has for it is that with 64-bit times. */
	if (call->call == CALL_SEMTIMEDOP && call->abi == ABI_COMPAT)
		p = stpcpy(p, "_time64");
	p = put_char(p, '(');
	p = put_args(p, call);
	p = stpcpy(p, ") = ");
	p = put_result(p, call);
	*p = '\0';
	return (size_t)(p - buf);
}
