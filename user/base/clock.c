// SPDX-License-Identifier: GPL-2.0-only
#include "base/clock.h"

uint64_t clock__ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}
