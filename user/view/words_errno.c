// SPDX-License-Identifier: GPL-2.0-only
/*
 * Errors by name, number and text, as strace 6.1 prints them. User space's are glibc's, which are
 * not translated; to them come those that only the kernel and its tracers see.
 */
#include "view/words.h"

#include <errno.h>
#include <string.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define USER_ERRNO_MAX EHWPOISON /* the last of include/uapi/asm-generic/errno.h */
#define KERNEL_FIRST   512

struct kernel_errno {
	const char *name;
	const char *text;
};

/* include/linux/errno.h; strace has words of its own for those that restart a call. */
#define PLAIN(number, name) [number - KERNEL_FIRST] = {name, "Unknown error " #number}
static const struct kernel_errno kernel_errnos[] = {
	[512 - KERNEL_FIRST] = {"ERESTARTSYS", "To be restarted if SA_RESTART is set"},
	[513 - KERNEL_FIRST] = {"ERESTARTNOINTR", "To be restarted"},
	[514 - KERNEL_FIRST] = {"ERESTARTNOHAND", "To be restarted if no handler"},
	PLAIN(515, "ENOIOCTLCMD"),
	[516 - KERNEL_FIRST] = {"ERESTART_RESTARTBLOCK", "Interrupted by signal"},
	PLAIN(517, "EPROBE_DEFER"),
	PLAIN(518, "EOPENSTALE"),
	PLAIN(521, "EBADHANDLE"),
	PLAIN(522, "ENOTSYNC"),
	PLAIN(523, "EBADCOOKIE"),
	PLAIN(524, "ENOTSUPP"),
	PLAIN(525, "ETOOSMALL"),
	PLAIN(526, "ESERVERFAULT"),
	PLAIN(527, "EBADTYPE"),
	PLAIN(528, "EJUKEBOX"),
	PLAIN(529, "EIOCBQUEUED"),
	PLAIN(530, "ERECALLCONFLICT"),
};

/* Second names, which glibc's table leaves out. */
static const struct {
	const char *name;
	int number;
} aliases[] = {
	{"EWOULDBLOCK", EWOULDBLOCK},
	{"EDEADLOCK", EDEADLOCK},
	{"ENOTSUP", ENOTSUP},
};

static const struct kernel_errno *kernel_errno(int err)
{
	if (err < KERNEL_FIRST || err >= KERNEL_FIRST + (int)ARRAY_SIZE(kernel_errnos))
		return NULL;
	return &kernel_errnos[err - KERNEL_FIRST];
}

const char *words__errno_name(int err)
{
	const struct kernel_errno *kernel = kernel_errno(err);

	if (kernel)
		return kernel->name;
	return err > 0 && err <= USER_ERRNO_MAX ? strerrorname_np(err) : NULL;
}

const char *words__errno_text(int err)
{
	const struct kernel_errno *kernel = kernel_errno(err);

	if (kernel)
		return kernel->text;
	return err > 0 && err <= USER_ERRNO_MAX && strerrorname_np(err) ? strerrordesc_np(err)
									: NULL;
}

int words__errno_number(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++)
		if (!strcasecmp(aliases[i].name, name))
			return aliases[i].number;
	for (int err = 1; err < KERNEL_FIRST + (int)ARRAY_SIZE(kernel_errnos); err++) {
		const char *known = words__errno_name(err);

		if (known && !strcasecmp(known, name))
			return err;
	}
	return -1;
}
