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

int privileges__drop(void)
{
	const cap_value_t keep[] = {CAP_BPF};
	int err = 0;
	cap_t caps;

	caps = cap_init(); /* empty */
	if (!caps)
		return -errno;
	if (privileges__have("cap_bpf") && (cap_set_flag(caps, CAP_PERMITTED, 1, keep, CAP_SET) ||
					    cap_set_flag(caps, CAP_EFFECTIVE, 1, keep, CAP_SET)))
		err = -errno;
	if (!err && cap_set_proc(caps))
		err = -errno;
	cap_free(caps);
	if (!err && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		err = -errno;
	return err;
}
