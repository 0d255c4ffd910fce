// SPDX-License-Identifier: GPL-2.0-only
/*
 * one [STATUS]: a single call, which fails with ENOENT, then the end with STATUS (7).
 */
#include "work.h"

int main(int argc, char **argv)
{
	WANT(do_shmget(own_key(0), 4096, 0600), ENOENT);
	_exit(failures ? 1 : argc > 1 ? atoi(argv[1]) : 7);
}
