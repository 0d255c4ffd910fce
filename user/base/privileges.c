// SPDX-License-Identifier: GPL-2.0-only
#include "base/privileges.h"

#include <errno.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>

bool privileges__have(const char *capability)
{
	cap_flag_value_t value = CAP_CLEAR;
	cap_value_t number;
	cap_t caps;

	if (cap_from_name(capability, &number))
		return false;
	caps = cap_get_proc();
	if (!caps)
		return false;
	cap_get_flag(caps, number, CAP_EFFECTIVE, &value);
	cap_free(caps);
	return value == CAP_SET;
}

int privileges__raise_priority(void)
{
	return setpriority(PRIO_PROCESS, 0, -10) ? -errno : 0;
}

/* Only what we have: cap_set_proc refuses the rest. */
static int keep(cap_t caps, const cap_value_t *values, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *name = cap_to_name(values[i]);
		bool have = name && privileges__have(name);

		cap_free(name);
		if (have && (cap_set_flag(caps, CAP_PERMITTED, 1, &values[i], CAP_SET) ||
			     cap_set_flag(caps, CAP_EFFECTIVE, 1, &values[i], CAP_SET)))
			return -errno;
	}
	return 0;
}

int privileges__drop(enum privileges_use use)
{
	static const cap_value_t needed[] = {
		CAP_BPF,
		/* Reading again: */
		CAP_PERFMON, CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH, CAP_SYS_ADMIN,
		/* Removing: IPC_STAT and shmat need it (ipcperms, ipc/util.c); IPC_RMID takes
		   CAP_SYS_ADMIN (ipcctl_obtain_check). */
		CAP_IPC_OWNER};
	static const size_t counts[] = {
		[PRIVILEGES_COUNTING] = 1,
		[PRIVILEGES_READING] = 5,
		[PRIVILEGES_REMOVING] = 6,
	};
	cap_t caps = cap_init(); /* empty */
	int err;

	if (!caps)
		return -errno;
	err = keep(caps, needed, counts[use]);
	if (!err && cap_set_proc(caps))
		err = -errno;
	cap_free(caps);
	if (!err && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		err = -errno;
	return err;
}
