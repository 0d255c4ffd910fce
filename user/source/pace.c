// SPDX-License-Identifier: GPL-2.0-only
#include "source/pace.h"

#define MUCH   256 /* events */
#define SILENT 3   /* whole intervals; the first may have begun before the last event */

void pace__looked(struct pace *pace, unsigned int found, bool more)
{
	pace->found += found;
	pace->more = more;
}

int pace__pause(struct pace *pace, bool *listen)
{
	const unsigned long found = pace->found;

	*listen = false;
	if (pace->more)
		return 0;
	pace->found = 0;
	if (found)
		pace->silent = 0;
	else if (pace->pause_ms == PACE_INTERVAL_MS && pace->silent < SILENT)
		pace->silent++;
	if (pace->silent == SILENT) {
		pace->pause_ms = 0;
		*listen = true;
		return PACE_IDLE_MS;
	}
	if (found >= MUCH || !pace->pause_ms)
		pace->pause_ms = PACE_BUSY_MS;
	else if (pace->pause_ms < PACE_INTERVAL_MS / 2)
		pace->pause_ms *= 2;
	else
		pace->pause_ms = PACE_INTERVAL_MS;
	return pace->pause_ms;
}
