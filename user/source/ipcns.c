// SPDX-License-Identifier: GPL-2.0-only
#include "source/ipcns.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>

/* Not in the C library's headers: the caller has to define it (semctl(2)). */
union semun {
	int val;
	struct seminfo *info;
};

uint32_t ipcns__inum(void)
{
	struct stat st;

	return stat("/proc/self/ns/ipc", &st) ? 0 : st.st_ino;
}

uint32_t ipcns__of(uint32_t pid)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%u/ns/ipc", pid);
	return stat(path, &st) ? 0 : st.st_ino;
}

static int read_shm(struct ipc_limits *limits)
{
	struct shminfo info;
	struct shm_info use;

	if (shmctl(0, IPC_INFO, (struct shmid_ds *)&info) < 0 ||
	    shmctl(0, SHM_INFO, (struct shmid_ds *)&use) < 0)
		return -errno;
	limits->shmmax = info.shmmax;
	limits->shmall = info.shmall;
	limits->shmall_used = use.shm_tot;
	limits->shmmni = info.shmmni;
	limits->shmmni_used = use.used_ids;
	return 0;
}

static int read_sem(struct ipc_limits *limits)
{
	struct seminfo info, use;

	if (semctl(0, 0, IPC_INFO, (union semun){.info = &info}) < 0 ||
	    semctl(0, 0, SEM_INFO, (union semun){.info = &use}) < 0)
		return -errno;
	limits->semmsl = info.semmsl;
	limits->semmni = info.semmni;
	limits->semmns = info.semmns;
	limits->semopm = info.semopm;
	/* SEM_INFO puts the sets in use into semusz, the semaphores into semaem (ipc/sem.c). */
	limits->semmni_used = use.semusz;
	limits->semmns_used = use.semaem;
	return 0;
}

static int read_msg(struct ipc_limits *limits)
{
	struct msginfo info, use;

	if (msgctl(0, IPC_INFO, (struct msqid_ds *)&info) < 0 ||
	    msgctl(0, MSG_INFO, (struct msqid_ds *)&use) < 0)
		return -errno;
	limits->msgmni = info.msgmni;
	limits->msgmax = info.msgmax;
	limits->msgmnb = info.msgmnb;
	limits->msgmni_used = use.msgpool; /* queues in use (ipc/msg.c) */
	return 0;
}

/* The word alone, as the kernel reads it (ipc/ipc_sysctl.c, __setup). */
uint32_t ipcns__ids_max(void)
{
	char text[8192], *rest = text, *word;
	FILE *file = fopen("/proc/cmdline", "re");
	uint32_t max = IPCNS_IDS_MAX;
	size_t len;

	if (!file)
		return max;
	len = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[len] = '\0';
	while ((word = strsep(&rest, " \n")))
		if (!strcmp(word, "ipcmni_extend"))
			max = IPCNS_IDS_MAX_EXTENDED;
	return max;
}

int ipcns__limits(struct ipc_limits *limits)
{
	int err;

	memset(limits, 0, sizeof(*limits));
	err = read_shm(limits);
	if (!err)
		err = read_sem(limits);
	if (!err)
		err = read_msg(limits);
	return err;
}
