// SPDX-License-Identifier: GPL-2.0-only
/* Where the storm's decisions come from: splitmix64, one stream a step. */
#include "storm.h"

uint64_t random__mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return x ^ (x >> 31);
}

uint32_t random__pick(struct runner *r, uint32_t n)
{
	r->random += 0x9e3779b97f4a7c15;
	return (uint32_t)((random__mix(r->random) >> 32) * n >> 32);
}
