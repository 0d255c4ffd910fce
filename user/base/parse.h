/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Strict readers of what stands on the command line: the whole string is the value, or it is
 * refused. All return 0, or -EINVAL (not of this form), -ERANGE (of the form, but too small or too
 * large), -E2BIG (more list members than there is room for); on an error *value, *count etc. are
 * untouched (pids is not).
 */
#ifndef SHMTRACE_BASE_PARSE_H
#define SHMTRACE_BASE_PARSE_H

#include <stddef.h>
#include <stdint.h>

/* The largest PID that a 64-bit kernel gives (PID_MAX_LIMIT, include/linux/threads.h). */
#define PARSE_PID_MAX 4194304

/* Decimal digits only: no sign, blank, 0x or suffix. min and max belong to the range. */
int parse__u64(const char *text, uint64_t min, uint64_t max, uint64_t *value);

/*
 * Bytes: "4096", "64k", "1M", "2GiB". Suffixes k m g t p e in either case, each followed by
 * nothing, "B" or "iB", all powers of 1024, as in lsipc's and ipcmk's; "B" alone is bytes.
 */
int parse__size(const char *text, uint64_t *bytes);

/* Seconds with at most nine decimals, in nanoseconds: "10", "0.5", "10s", "1m", "2h", "7d". */
int parse__seconds(const char *text, uint64_t *ns);

/*
 * An IPC key as the tools print it: "0x52e2c1", decimal, negative decimal (/proc/sysvipc has keys
 * as signed numbers), "IPC_PRIVATE".
 */
int parse__key(const char *text, uint32_t *key);

/* "1,2,3" into pids, which has room for max. Neither empty members nor PIDs out of range. */
int parse__pids(const char *text, uint32_t *pids, size_t max, size_t *count);

/* What an error of the above means, to follow the offending text: "not valid here". Static. */
const char *parse__reason(int err);

#endif
